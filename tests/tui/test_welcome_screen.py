"""The first steps: who we are, our account, a file, the reminders as they are set, how the first message leaves."""

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.customers.actions import ShowCompany
from crm.tui.screens.how_to import HowToPanel
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.today import TodayScreen
from crm.tui.screens.welcome import WelcomeScreen

NB = "\u00a0"


def company(guest: Guest) -> object:
    return guest.crm.runner.read(ShowCompany(), guest.crm.actor)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_from_the_name_to_the_terminal(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        assert isinstance(guest.screen, WelcomeScreen)
        await guest.type("Armor [Distribution]")
        await guest.press("enter")
        assert "Armor [Distribution]" in guest.card
        assert not company(guest).known
        await guest.press("o")
        assert company(guest).name == "Armor [Distribution]"
        assert guest.words("#title") == _("On which account are you paid?")
        await guest.type("FR1420041010050500013M02606")
        await guest.press("enter", "o")
        assert len(company(guest).accounts) == 1
        assert guest.words("#title") == _("Bring in what is owed")
        await guest.press("i")
        assert isinstance(guest.screen, ImportScreen)
        await guest.press("escape", "v")
        assert isinstance(guest.screen, HowToPanel)
        await guest.press("escape", "enter")
        assert _("formal notice") in guest.words("#reading")
        await guest.press("enter")
        assert "crm go-live" in guest.words("#reading")
        await guest.press("enter")
        assert isinstance(guest.screen, TodayScreen)

    stay(story, full=False, size=size)


def test_the_other_answers_are_looked_at_before_anything_is_written(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.type("Armor")
        await guest.press("down")
        await guest.type("552081318")
        await guest.press("enter")
        assert "SIREN" in guest.screen._form.trouble
        assert not company(guest).known
        await guest.press(*["backspace"] * 9)
        await guest.type("552081317")
        await guest.press("enter")
        assert "552081317" in guest.card

    stay(story, full=False)


def test_without_a_name_nothing_goes_on(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("enter")
        assert guest.screen._form.trouble
        assert guest.card == ""

    stay(story, full=False)


def test_enter_never_commits(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.type("Armor")
        await guest.press("enter", "enter", "enter")
        assert guest.card
        assert not company(guest).known
        await guest.press("n")
        assert guest.screen._form.entry("name").answer == "Armor"

    stay(story, full=False)


def test_an_account_may_wait(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.type("Armor")
        await guest.press("enter", "o", "enter")
        assert guest.words("#title") == _("Bring in what is owed")

    stay(story, full=False)


def test_later_leaves_and_the_steps_come_back_by_name(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("escape")
        assert isinstance(guest.screen, TodayScreen)
        await guest.press("ctrl+p")
        await guest.type(_("First steps"))
        await guest.press("enter")
        assert isinstance(guest.screen, WelcomeScreen)

    stay(story, full=False)


def test_what_is_known_stands_in_the_form(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_place("first-steps")
        await guest.settle()
        assert guest.screen._form.entry("name").answer == "Armor Distribution"

    stay(story)
