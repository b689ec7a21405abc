"""The application: quitting, help, the palette, both themes, both languages, and what it costs to start."""

import asyncio
import subprocess
import sys

import pytest
from fakes import FakeCrm
from textual.color import Color
from visits import NARROW, WIDE, Visit, Visiting

from crm.core.i18n import _
from crm.tui.app import RelanceApp
from crm.tui.screens.explain import ExplainPanel
from crm.tui.screens.help import HelpPanel
from crm.tui.screens.invoices import InvoicesScreen
from crm.tui.screens.palette import PalettePanel
from crm.tui.theme import TOKENS
from crm.tui.widgets.sheet_table import SheetTable


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        ([], WIDE),
        (["x", "question_mark"], WIDE),
        (["slash", "a"], NARROW),
        (["h"], WIDE),
        (["ctrl+p"], NARROW),
        (["enter"], NARROW),
    ],
)
def test_ctrl_q_quits_from_everywhere(keys: list[str], size: tuple[int, int]) -> None:
    async def play() -> RelanceApp:
        app = RelanceApp(lambda: FakeCrm(), section="3")  # type: ignore[arg-type, return-value]  # a stand-in with what the test needs
        async with app.run_test(size=size) as pilot:
            for key in (*keys, "ctrl+q"):
                await pilot.press(key)
                await pilot.pause()
        return app

    app = asyncio.run(play())
    assert not app.is_running
    assert app.return_code == 0


def test_ctrl_c_says_how_to_quit(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("ctrl+c")
        assert someone.said == _("To quit: ctrl+q.")

    visit(story)


@pytest.mark.parametrize("key", ["question_mark", "f1"])
def test_help_names_every_key_of_the_screen(visit: Visiting, key: str) -> None:
    async def story(someone: Visit) -> None:
        shown = [label.partition(" ")[0] for label in someone.keys.split("   ")]
        await someone.press(key)
        assert isinstance(someone.app.screen, HelpPanel)
        words = someone.app.screen.words
        assert all(name in words for name in (*shown, "ctrl+p", "ctrl+q", "F5", "tab"))
        await someone.press(key)
        assert isinstance(someone.app.screen, InvoicesScreen)

    visit(story)


def test_help_speaks_the_language_of_the_screen(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("question_mark")
        words = someone.app.screen.words  # type: ignore[attr-defined]  # the screen of this story has it
        assert "se déplacer" in words
        assert not {"Scroll", "Focus", "Quit", "Copy"} & set(words.split())

    visit(story)


def test_the_palette_finds_an_action_by_a_part_of_its_name(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("ctrl+p")
        assert isinstance(someone.app.screen, PalettePanel)
        await someone.type(_("explain")[:6])
        await someone.press("enter")
        assert isinstance(someone.app.screen, ExplainPanel)

    visit(story)


def test_the_palette_offers_only_what_is_there(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("ctrl+p")
        table = someone.app.screen.query_one(SheetTable)
        labels = [entry.label for entry in table.rows]
        assert _("other currency") not in labels
        assert _("sort") in labels
        await someone.press("down", "down", "up")
        assert table.cursor == 2
        await someone.type("zzz")
        assert not table.rows
        await someone.press("enter", "escape")
        assert isinstance(someone.app.screen, InvoicesScreen)

    visit(story)


@pytest.mark.parametrize(("theme", "place"), [("ardoise", 0), ("papier", 1)])
def test_the_theme_of_the_settings_is_worn(visit: Visiting, theme: str, place: int) -> None:
    async def story(someone: Visit) -> None:
        assert someone.app.screen.styles.background == Color.parse(TOKENS["background"][place])
        raised = someone.table("customers").render_line(1)
        grounds = {segment.style.bgcolor.name for segment in raised if segment.style and segment.style.bgcolor}
        assert grounds == {TOKENS["raised"][place]}

    visit(story, theme=theme)


def test_english(visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")

    async def story(someone: Visit) -> None:
        await someone.press("t", "down")
        assert someone.head().startswith("Aged balance  on 24 Nov 2026 · 27 customers · incl. VAT")
        assert "€12,450.30" in someone.lines("customers")[2]
        assert someone.keys.startswith("enter open   ")
        assert all(key in someone.keys for key in ("x explain", "/ search", "t sort", "l dispute"))
        assert someone.lines("documents")[0].split()[:3] == ["Invoice", "Issued", "Due"]

    visit(story)


def test_no_colour_leaves_every_sign(visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def story(someone: Visit) -> None:
        line = someone.lines("customers")[1]
        assert line.startswith("▌Transports Girard")
        assert "+96" in someone.lines("documents")[1]

    visit(story)


def test_the_terminal_loads_nothing_heavy() -> None:
    heavy = [
        "babel",
        "openpyxl",
        "holidays",
        "typst",
        "stdnum",
        "schwifty",
        "jinja2",
        "email_validator",
        "sklearn",
        "twilio",
    ]
    code = f"import sys, crm.tui.app; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
