"""The boards: promises by date, disputes by age and owner, payment plans; and what the sheet and the day say of them."""

from datetime import timedelta

import pytest
from homes import TODAY, eur
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.receivables.actions import CreatePaymentPlan, ListDisputes, ListPaymentPlans, ListPromises
from crm.tui.screens.act import ActPanel
from crm.tui.screens.boards import DisputesScreen, PlansScreen, PromisesScreen
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.deals import OpportunitiesScreen, QuotesScreen


async def open_board(guest: Guest, word: str) -> None:
    guest.app.open_place(word)
    await guest.settle()


def a_plan(guest: Guest, customer: str = "C-1") -> None:
    """Three instalments, the first one today."""
    action = CreatePaymentPlan(customer=customer, installments=3, first=TODAY)
    guest.crm.runner.run(action, guest.crm.actor)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_one_key_leads_through_the_boards(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("2")
        await guest.press("u")
        assert isinstance(guest.screen, PromisesScreen)
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        for board in (DisputesScreen, PlansScreen, QuotesScreen, OpportunitiesScreen, PromisesScreen):
            await guest.press("u")
            assert isinstance(guest.screen, board)
        await guest.press("escape")

    stay(story, size=size)


def test_an_empty_board_of_plans_teaches(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_board(guest, "plans")
        assert guest.notice.startswith(_("No payment plan yet."))
        await guest.press("escape")

    stay(story)


def test_a_promise_is_put_off_from_its_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_board(guest, "promises")
        await guest.press("f")
        assert guest.screen.subject.customer == "C-3", "awaited"
        await guest.press("m")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape")
        await guest.press("f", "f", "f")
        assert _("Nothing here: f shows the rest.") in " ".join(guest.lines("rows"))
        await guest.press("escape")

    stay(story)


def test_a_dispute_is_resolved_from_its_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_board(guest, "disputes")
        await guest.press("l")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape", "f")
        assert guest.screen.subject.invoice == "F-801", "by owner"
        await guest.press("x", "escape", "escape")
        assert len(guest.crm.runner.read(ListDisputes(status="open"), guest.crm.actor).lines) == 1

    stay(story)


def test_a_plan_is_made_from_the_sheet_and_stands_on_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-1")
        await guest.settle()
        await guest.press("plus", "é")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape")
        a_plan(guest)
        guest.screen.reload()
        await guest.settle()
        assert isinstance(guest.screen, CustomerScreen)
        assert guest.crm.runner.read(ListPaymentPlans(), guest.crm.actor).lines[0].customer == "C-1"

    stay(story)


def test_a_plan_is_signed_read_and_explained_from_its_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        a_plan(guest)
        await open_board(guest, "plans")
        assert guest.screen.subject.customer == "C-1"
        for key in ("m", "n"):
            await guest.press(key)
            assert isinstance(guest.screen, ActPanel)
            await guest.press("escape")
        for key in ("v", "x"):
            await guest.press(key)
            assert not isinstance(guest.screen, PlansScreen)
            await guest.press("escape")
        await guest.press("escape")

    stay(story)


def test_what_was_promised_is_still_there(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        lines = guest.crm.runner.read(ListPromises(), guest.crm.actor).lines
        assert [(line.customer, line.word.by) for line in lines][:2] == [
            ("C-1", TODAY - timedelta(days=1)), ("C-3", TODAY),
        ]  # fmt: skip  # read as a table: columns side by side
        assert lines[0].word.cents == eur("3500.00").cents

    stay(story)
