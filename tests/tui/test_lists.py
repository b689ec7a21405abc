"""Promises, disputes, tasks, the journal: an answer with the verbs of its customers."""

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.basics import ListJournal
from crm.core.i18n import _
from crm.tui.screens.act import ActPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.lists import JournalScreen


async def open_list(guest: Guest, word: str) -> None:
    guest.app.open_place(word)
    await guest.settle()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize(("word", "customer"), [("promises", "C-3"), ("disputes", "C-8")])
def test_a_row_opens_its_customer(stay: Staying, word: str, customer: str, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_list(guest, word)
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        assert guest.screen.subject.customer == customer
        await guest.press("enter")
        assert isinstance(guest.screen, CustomerScreen)
        await guest.press("escape", "escape")

    stay(story, size=size)


def test_a_list_is_searched(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_list(guest, "promises")
        await guest.press("slash")
        await guest.type("caron")
        assert len(guest.table("rows").rows) == 1
        assert guest.screen.subject.customer == "C-3"

    stay(story)


def test_an_empty_list_teaches(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_list(guest, "tasks")
        assert guest.notice.startswith(_("Nothing is to be done."))
        await guest.press("escape")

    stay(story)


def test_the_journal_takes_the_selected_act_back(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_list(guest, "journal")
        assert isinstance(guest.screen, JournalScreen)
        await guest.press("down", "down", "z")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("o")
        entries = guest.crm.runner.read(ListJournal(limit=1), guest.crm.actor).entries
        assert entries[0].undoes is not None

    stay(story)
