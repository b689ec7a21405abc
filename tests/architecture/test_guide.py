"""The guide stays true: its pictures are there and tell of nobody's machine, its keys and commands are in the product."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

from crm.core.i18n import use_language
from crm.tui.app import RelanceApp
from crm.tui.keys import DIGITS, VERBS
from crm.tui.screens import importing
from crm.tui.screens.columns import ColumnsPanel
from crm.tui.screens.scenario import ScenarioScreen
from crm.tui.screens.template import TemplateScreen
from crm.tui.sections import PLACES, SECTIONS
from crm.tui.widgets.chrome import key_name
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.template_field import TemplateField

ROOT = Path(__file__).parents[2]
GUIDE, README, FOLDER = ROOT / "docs" / "guide.md", ROOT / "README.md", ROOT / "docs" / "pictures"
IMAGE = re.compile(r"!\[([^\]]+)\]\(([^)]+\.svg)\)")
CODE = re.compile(r"`([^`\n]+)`")
ADDRESS = re.compile(r"https?://(?!www\.w3\.org/)|url\((?!#)")
MACHINE = re.compile(r"/(?:tmp|home|root|work|Users)/")


def shown() -> dict[Path, set[str]]:
    """Page → names of the pictures it shows."""
    return {
        page: {Path(place).stem for _told, place in IMAGE.findall(page.read_text("utf-8"))} for page in (GUIDE, README)
    }


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the pictures that `make pictures` takes."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import take_pictures

    monkeypatch.delitem(sys.modules, "take_pictures")
    return set(take_pictures.PICTURES)


def test_every_picture_is_taken_kept_and_shown(pictures):
    assert {file.stem for file in FOLDER.glob("*.svg")} == pictures
    assert set.union(*shown().values()) == pictures
    assert 2 <= len(shown()[README]) <= 3


def test_pictures_say_what_they_show():
    told = [words for page in (GUIDE, README) for words, _place in IMAGE.findall(page.read_text("utf-8"))]
    assert all(len(words) > 5 for words in told)


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.svg")))
def test_pictures_need_no_network_and_name_no_machine(name):
    svg = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert ADDRESS.findall(svg) == []
    assert MACHINE.findall(svg) == []
    assert "mar.&#160;24&#160;nov." in svg, "the day stands still"


def bindings() -> Iterator[str]:
    """Every key of the terminal, as Textual calls it."""
    for spelt in (*DIGITS.values(), *(verb.keys for verb in VERBS.values())):
        yield from spelt.split(",")
    screens = [place.screen_kind() for place in (*SECTIONS, *PLACES)]
    fields = [kind for kind in vars(importing).values() if isinstance(kind, type) and hasattr(kind, "BINDINGS")]
    for kind in (
        RelanceApp,
        SheetTable,
        ColumnsPanel,
        ScenarioScreen,
        TemplateScreen,
        TemplateField,
        *screens,
        *fields,
    ):
        for base in kind.__mro__:
            for binding in vars(base).get("BINDINGS", ()):
                if isinstance(binding, Binding):
                    yield from binding.key.split(",")


def test_every_key_of_the_guide_is_a_key():
    use_language("fr")
    known = {key_name(key.strip()) for key in bindings()}
    prose = re.sub(r"```.*?```", "", GUIDE.read_text("utf-8"), flags=re.DOTALL)
    keys = {word for word in CODE.findall(prose) if not word.startswith(("crm", "make"))}
    assert len(keys) > 20
    assert keys - known == set()


def test_every_command_of_the_guide_is_understood(shell):
    for page in (GUIDE, README):
        for words in CODE.findall(page.read_text("utf-8")):
            if not words.startswith("crm ") or words == "crm --help" or words.endswith("COMMANDE --help"):
                continue
            _crm, command, *options = shlex.split(words)
            told = shell(command, "--help", today=None)
            assert told.code == 0, words
            assert all(option in told.out for option in options if option.startswith("--")), words
