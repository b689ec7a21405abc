"""One picture of each screen, in one theme and one language; and every other combination once, for faults and widths.

A picture that differs is written beside the test run; `NEW_PICTURES=1` keeps the new ones.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from homes import Homes
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import use_language
from crm.tui.plain.pages import PAGES
from crm.tui.plain.terminal import PlainTerminal
from crm.tui.sections import SECTIONS
from crm.tui.widgets.sheet_table import SheetTable

FOLDER = Path(__file__).parent / "pictures"
_IDS = re.compile(r"terminal-\d+")
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)

SCREENS: dict[str, tuple[str, ...]] = {
    "today": (),
    "customers": ("2",),
    "customer": ("2", "enter"),
    "customer-form": ("2", "enter", "plus", "p"),
    "invoices": ("3",),
    "invoices-explain": ("3", "x"),
    "reconcile": ("4",),
    "palette": ("ctrl+p",),
    "help": ("question_mark",),
    "filters": ("2", "f"),
    "templates": ("ctrl+p", *"texts of the rem", "enter"),
    "template": ("ctrl+p", *"text of the first", "enter", "e", "ctrl+home", *"Dear {{ cust"),
    "scenario": ("5", "c", "enter", "down", "down", "greater_than_sign"),
    "rehearsal": ("5", "c", "v", "plus", "down", "down", "down", "enter"),
    "undo": ("z",),
}
"""Picture → the keys that lead to it."""


def plain_svg(svg: str) -> str:
    """A picture without what differs from run to run or machine to machine."""
    return _FONTS.sub("", _IDS.sub("terminal", svg))


def compare(name: str, svg: str, folder: Path) -> None:
    """The picture is the one that was kept."""
    kept, found = FOLDER / f"{name}.svg", plain_svg(svg)
    if os.environ.get("NEW_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(found, "utf-8")
    elif kept.read_text("utf-8") != found:
        new = folder / f"{name}.svg"
        new.write_text(found, "utf-8")
        pytest.fail(f"{name} looks different: compare {new} with {kept}")


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_looks_as_it_did(stay: Staying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")

    async def story(guest: Guest) -> None:
        for key in SCREENS[name]:
            await guest.press(key)
        compare(name, guest.app.export_screenshot(), tmp_path)

    stay(story, size=(120, 32), language="en")


def lines_of(guest: Guest) -> Sequence[str]:
    """Every table of the screen on top, as it is drawn."""
    tables = [table for table in guest.screen.query(SheetTable) if table.display]
    return [table.render_line(y).text for table in tables for y in range(table.size.height)]


@pytest.mark.parametrize(
    ("theme", "language", "size"),  # each meets each other at least once
    [
        ("ardoise", "fr", NARROW),
        ("papier", "en", NARROW),
        ("papier", "fr", WIDE),
        ("ardoise", "en", WIDE),
        ("ardoise", "fr", (200, 60)),
        ("papier", "en", (200, 60)),
    ],
)
def test_every_combination_shows_every_section(
    stay: Staying, monkeypatch: pytest.MonkeyPatch, theme: str, language: str, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", language)

    async def story(guest: Guest) -> None:
        for section in SECTIONS:
            await guest.press(section.digit)
            assert guest.keys
            assert len(guest.keys) <= size[0]
            assert all(len(line) <= size[0] for line in lines_of(guest))
            await guest.press("question_mark", "question_mark")
        await guest.press("2", "enter", "escape", "comma", "escape")
        for word in ("templates", "template", "scenarios", "scenario", "rehearsal"):
            guest.app.open_place(word)
            await guest.settle()
            assert len(guest.keys) <= size[0]
            assert all(len(line) <= size[0] for line in lines_of(guest))
            await guest.press("escape")

    stay(story, size=size, theme=theme, language=language)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("word", sorted(PAGES))
def test_every_page_is_read_out_in_both_languages(homes: Homes, tmp_path: Path, word: str, language: str) -> None:
    use_language(language)
    crm = homes.opened(tmp_path, language=language)
    said: list[str] = []

    def nobody(_prompt: str) -> str:
        raise EOFError

    PlainTerminal(crm, nobody, said.append).run(word)
    crm.close()
    assert said
