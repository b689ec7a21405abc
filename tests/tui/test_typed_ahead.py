"""What is typed faster than screens open lands where it was meant; what was said yes to is done before the terminal closes."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import SOPHIE, Homes
from sqlmodel import select
from visits import Guest, Staying

from crm.bootstrap import Crm
from crm.core.errors import OutsideFault
from crm.core.i18n import use_language
from crm.followup.actions.dunning import RunDunning
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.tui import typed_ahead
from crm.tui.app import RelanceApp
from crm.tui.screens.act import ActPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.customers import CustomersScreen
from crm.tui.screens.followup import FollowupScreen
from crm.tui.screens.importing import ImportScreen, PathField
from crm.tui.screens.palette import PalettePanel
from crm.tui.widgets.action_form import ActionForm
from crm.tui.widgets.say_line import Field


def test_a_path_typed_with_the_key_that_asks_for_it_lands_in_the_field(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.at_once("i", then="/tmp/no such folder/factures.csv")
        await guest.settle()
        assert isinstance(guest.screen, ImportScreen)
        assert guest.screen.query_one(PathField).value.endswith("/tmp/no such folder/factures.csv")

    stay(story, section="2")


def test_words_typed_with_the_key_of_the_palette_find_and_open(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.at_once("ctrl+p", then="go live\n")
        await guest.settle()
        assert isinstance(guest.screen, ActPanel)
        assert guest.screen.query_one(ActionForm).display

    stay(story, section="2", language="en")


def test_a_key_goes_to_the_screen_that_the_key_before_it_leads_to(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.at_once("2", "slash", then="caron\n\n")
        await guest.settle()
        assert isinstance(guest.screen, CustomerScreen)
        assert guest.screen.subject.name == "Menuiserie Caron"
        guest.at_once("escape", "escape", "ctrl+p", then="journal")
        await guest.settle()
        assert isinstance(guest.screen, PalettePanel)
        assert guest.screen.query_one(Field).value == "journal"

    stay(story, section="1")


def test_keys_pressed_while_the_house_opens_wait_for_it(homes: Homes, tmp_path: Path) -> None:
    may_open = threading.Event()

    def opening() -> Crm:
        may_open.wait()
        return homes.opened(tmp_path)

    async def play() -> None:
        use_language("fr")
        app = RelanceApp(opening, section="1")
        async with app.run_test() as pilot:
            guest = Guest(app, pilot, None, {}, crm=None)  # type: ignore[arg-type]  # nothing here asks for either
            guest.at_once("2", "slash", then="caron")
            await pilot.pause()
            may_open.set()
            await guest.settle()
            assert isinstance(app.screen, CustomersScreen)
            assert guest.lines("customers")[1].strip().startswith("▌Menuiserie Caron")
        assert app.crm is not None
        app.crm.close()

    asyncio.run(play())


def test_the_keyboard_never_goes_dead(stay: Staying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_ahead, "_PATIENCE", 0)

    async def story(guest: Guest) -> None:
        guest.app.keys.expect()  # of a screen that never arrives
        guest.at_once("2", "f5", "3")
        await guest.settle()
        assert guest.app.current_mode == "3"

    stay(story, section="1")


# Quitting


@pytest.fixture
def slow_send(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], threading.Event]:
    """Sending waits until it may go on; then it is done, or fails."""

    def arranged(fault: Exception | None = None) -> threading.Event:
        may_go_on, perform = threading.Event(), RunDunning.perform

        def slow(action: RunDunning, context: object) -> object:
            may_go_on.wait()
            if fault is not None:
                raise fault
            return perform(action, context)  # type: ignore[arg-type]  # whatever the runner gave

        monkeypatch.setattr(RunDunning, "perform", slow)
        return may_go_on

    return arranged


def live(crm: Crm) -> None:
    """Messages leave by e-mail."""
    crm.runner.run(GoLive(channel="email"), SOPHIE)


def queued(crm: Crm) -> int:
    """How many messages wait to leave."""
    with crm.database.reading() as session:
        return len(session.exec(select(OutgoingMessage)).all())


async def at_a_message_read_to_its_end(guest: Guest) -> None:
    """Select the first message, and have its end on screen."""
    assert isinstance(guest.screen, FollowupScreen)
    while "o send" not in guest.words("#answers"):
        await guest.press("o")


async def left(guest: Guest) -> None:
    """Wait until the terminal is closed."""
    while guest.app.is_running:
        await asyncio.sleep(0)


def test_a_message_sent_with_the_last_key_before_quitting_is_in_the_outbox(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await at_a_message_read_to_its_end(guest)
        guest.at_once("o", "ctrl+q")
        await left(guest)
        assert queued(guest.crm) == 1

    stay(story, section="5", language="en", size=(140, 60), before=live)


def test_quitting_waits_for_a_yes_in_hand(
    stay: Staying, slow_send: Callable[[Exception | None], threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_ahead, "_PATIENCE", 0)  # the key to quit comes while it is at work
    may_go_on = slow_send(None)

    async def story(guest: Guest) -> None:
        await at_a_message_read_to_its_end(guest)
        guest.at_once("o", "ctrl+q")
        while "recorded" not in guest.said:
            await guest.pilot.pause()
        assert guest.said == "○ Your last yes is being recorded: Relance closes once it is done."
        assert guest.app.is_running
        may_go_on.set()
        await left(guest)
        assert queued(guest.crm) == 1

    stay(story, section="5", language="en", size=(140, 60), before=live)


def test_what_is_refused_while_one_quits_is_told_and_the_terminal_stays(
    stay: Staying, slow_send: Callable[[Exception | None], threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_ahead, "_PATIENCE", 0)
    may_go_on = slow_send(OutsideFault("The disk is full."))

    async def story(guest: Guest) -> None:
        await at_a_message_read_to_its_end(guest)
        guest.at_once("o", "ctrl+q")
        while "recorded" not in guest.said:
            await guest.pilot.pause()
        may_go_on.set()
        await guest.settle()
        assert guest.said == "✗ The disk is full. Nothing has left."
        assert guest.app.is_running
        assert queued(guest.crm) == 0

    stay(story, section="5", language="en", size=(140, 60), before=live)
