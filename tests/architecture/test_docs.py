"""The documentation holds: its links lead somewhere, its commands exist, and the first steps of the README can be followed."""

import re
import shlex
from pathlib import Path

import pytest

from crm.cli.contents import contents

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*.md")))
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]+)")
COMMAND = re.compile(r"`crm ([a-z]+(?:-[a-z]+)*)")
EXAMPLES = {"list-holds"}
"""Commands that CONTRIBUTING adds as an example."""


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language, without their fences."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    broken = [target for target in LINK.findall(prose(page)) if not (page.parent / target).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page):
    known = {name for commands in contents().values() for name in commands} | EXAMPLES
    named = set(COMMAND.findall(page.read_text("utf-8")))
    assert named <= known


def test_the_first_steps_of_the_readme_can_be_followed(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_LANGUAGE", "fr")
    readme = ROOT / "README.md"
    for name, text in zip(("factures.csv", "releve.csv"), blocks(readme, "csv"), strict=True):
        (tmp_path / name).write_text(text, "utf-8")
    lines = [line for block in blocks(readme, "console") for line in block.splitlines()]
    steps = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("crm ")]
    assert len(steps) >= 10
    for step in steps:
        told = shell(*step)
        assert told.code == 0, (step, told.out, told.err)


def test_every_target_that_is_named_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {
        target
        for page in PAGES
        for target in re.findall(r"\bmake ([a-z]+)\b(?=[`\s])", "\n".join(blocks(page, "console")))
    }
    assert named
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()
