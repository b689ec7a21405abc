"""The shell: sections, keys in both layouts, keys bound anew, faults nobody foresaw, a house that does not open."""

import asyncio
from pathlib import Path

import pytest
from textual.events import ScreenResume
from visits import NARROW, WIDE, Guest, Staying

from crm.core.errors import Invalid, Refused
from crm.core.i18n import _
from crm.tui.app import RelanceApp
from crm.tui.keys import DIGITS, VERBS, keymap
from crm.tui.screens.help import HelpPanel
from crm.tui.screens.opening import OpeningScreen
from crm.tui.sections import SECTIONS
from crm.tui.widgets.chrome import TopLine
from crm.tui.widgets.notice import Notice


def test_no_two_verbs_share_a_key() -> None:
    keys = [key for verb in VERBS.values() for key in verb.keys.split(",")]
    keys += [key for digits in DIGITS.values() for key in digits.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("size", [WIDE, NARROW, (200, 60)])
def test_every_section_opens_by_its_digit_and_by_the_french_top_row(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        for section in SECTIONS:
            for key in DIGITS[section.digit].split(","):
                await guest.press(key)
                assert isinstance(guest.screen, section.screen_kind())
                assert f"{section.digit} {_(section.name)}" in guest.top
                assert len(guest.top) <= size[0]

    stay(story, size=size)


def test_what_waits_stands_behind_the_section(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.waiting = {"3": 7}
        line = guest.screen.query_one(TopLine)
        assert _("Invoices") + " 7" in line.render().plain

    stay(story)


def test_narrow_says_digits_and_the_current_section(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.waiting = {"3": 7}
        top = guest.screen.query_one(TopLine).render().plain
        assert "3· " in top
        assert _("Customers") not in top

    stay(story, size=(60, 20))


def test_a_verb_may_have_another_key(stay: Staying, tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('help = "w"\n')

    async def story(guest: Guest) -> None:
        assert guest.keys.endswith("w " + _("help"))
        await guest.press("w")
        assert isinstance(guest.screen, HelpPanel)

    stay(story, keys=path)


@pytest.mark.parametrize("text", ['explain = "h"\n', 'dance = "w"\n', "help = 3\n", "help = [\n"])
def test_keys_that_cannot_be_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    with pytest.raises(Invalid):
        keymap(path)


def test_without_a_file_the_keys_are_ours(tmp_path: Path) -> None:
    assert keymap(tmp_path / "keys.toml") == {}


def test_help_says_what_is_decided_here_and_every_key(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("question_mark")
        words = guest.screen.words
        assert words.startswith(
            _("What first: what waits for your yes, whom to call, what was promised, what to repair.")
        )
        for sign in ("◆", "■", "↗", "ctrl+p", "ctrl+q", "F1", "é"):
            assert sign in words
        await guest.press("question_mark")

    stay(story)


def test_a_fault_in_a_key_is_a_sentence_with_its_file(stay: Staying, tmp_path: Path) -> None:
    async def story(guest: Guest) -> None:
        def broken() -> None:
            raise RuntimeError("[bold]boom")

        guest.screen.action_undo = broken
        await guest.press("z")
        assert guest.said.startswith("✗ " + _("Something unexpected happened: {what}.").format(what="RuntimeError"))
        (log,) = (tmp_path / "faults").glob("*.log")
        assert str(log) in guest.said
        assert "boom" in log.read_text()
        await guest.press("2")
        assert guest.top

    stay(story, faults=True)


def test_a_fault_in_a_handler_leaves_the_screen_open(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        screen = guest.screen
        screen.reload = lambda: 1 / 0
        guest.app.committed(None, "")
        screen.post_message(ScreenResume())
        await guest.settle()
        assert guest.said.startswith("✗ ")
        assert "ZeroDivisionError" in guest.said
        await guest.press("3")

    stay(story, faults=True)


def test_a_house_that_does_not_open_says_why_and_tries_again() -> None:
    tried = []

    def opening() -> object:
        tried.append(1)
        raise Refused("Cette base est d'une autre version.", next_step="crm db upgrade")

    async def play() -> None:
        app = RelanceApp(opening)  # type: ignore[arg-type]  # a stand-in with what the test needs
        async with app.run_test(size=WIDE) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert isinstance(app.screen, OpeningScreen)
            words = app.screen.query_one(Notice).words
            assert words.startswith("✗ Cette base est d'une autre version.")
            assert "crm db upgrade" in words
            await pilot.press("enter")
            await app.workers.wait_for_complete()
            assert len(tried) == 2
            await pilot.press("ctrl+q")

    asyncio.run(play())


def test_what_is_read_in_the_background_speaks_the_language_of_the_screen(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-2")
        await guest.settle()
        assert "Held until" in guest.said
        await guest.press("r")
        assert "Held until" in guest.screen.words

    stay(story, language="en")
