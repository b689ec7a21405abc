"""The boards of sales, the day's quotes to chase, and what the sheet says of both."""

from datetime import timedelta

from homes import TODAY
from visits import NARROW, Guest, Staying

from crm.core.i18n import _
from crm.orders.actions.opportunities import OpenOpportunity
from crm.orders.actions.orders import ListOrders
from crm.orders.actions.quotes import ListQuotes, RecordQuote
from crm.tui.screens.act import ActPanel
from crm.tui.screens.deals import OpportunitiesScreen, QuotesScreen


def some_sales(guest: Guest) -> None:
    """A quote of four days ago, one of a month ago, and a sale in negotiation."""
    for number, customer, days in (("D-1", "C-2", 4), ("D-2", "C-4", 30)):
        action = RecordQuote(customer=customer, number=number, amount="1200", sent=TODAY - timedelta(days=days))
        guest.crm.runner.run(action, guest.crm.actor)
    sale = OpenOpportunity(
        customer="C-2", subject="Terrasse", amount="4000", stage="negotiation", next_step="Visite sur place"
    )
    guest.crm.runner.run(sale, guest.crm.actor)


def test_empty_boards_teach(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        for word, told in (
            ("quotes", _("No quote waits for an answer.")),
            ("opportunities", _("No sale is under way.")),
        ):
            guest.app.open_place(word)
            await guest.settle()
            assert guest.notice.startswith(told)
            await guest.press("escape")

    stay(story)


def test_a_quote_is_answered_chased_and_made_an_order_from_its_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        some_sales(guest)
        guest.app.open_place("quotes")
        await guest.settle()
        assert isinstance(guest.screen, QuotesScreen)
        assert guest.screen.subject.customer == "C-2", "the latest first"
        for key in ("m", "r"):
            await guest.press(key)
            assert isinstance(guest.screen, ActPanel)
            await guest.press("escape")
        await guest.press("x")
        assert not isinstance(guest.screen, QuotesScreen)
        await guest.press("escape", "o")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape", "f")
        assert _("Nothing here: f shows the rest.") in " ".join(guest.lines("rows"))
        await guest.press("escape")
        assert guest.crm.runner.read(ListOrders(), guest.crm.actor).lines == (), "nothing was agreed to"

    stay(story, size=NARROW)


def test_an_opportunity_is_moved_on_and_ended_from_its_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        some_sales(guest)
        guest.app.open_place("opportunities")
        await guest.settle()
        assert isinstance(guest.screen, OpportunitiesScreen)
        assert "3\u00a0000,00" in guest.head(), "weighted"
        for key in ("m", "n"):
            await guest.press(key)
            assert isinstance(guest.screen, ActPanel)
            await guest.press("escape")
        await guest.press("x")
        assert not isinstance(guest.screen, OpportunitiesScreen)
        await guest.press("escape", "escape")

    stay(story)


def test_the_day_names_quotes_to_chase_and_leads_to_their_board(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        some_sales(guest)
        guest.screen.reload()
        await guest.settle()
        told = " ".join(guest.lines("work"))
        assert _("Quotes to chase") in told
        assert "D-2" in told, told

    stay(story)


def test_a_quote_is_noted_from_the_sheet_and_stands_on_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        some_sales(guest)
        guest.app.open_customer("C-2")
        await guest.settle()
        told = str(guest.screen.query_one("#facts").content)
        assert _("Quotes") in told
        assert "Visite sur place" in told
        await guest.press("plus", "v", "d")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape")
        assert len(guest.crm.runner.read(ListQuotes(customer="C-2"), guest.crm.actor).lines) == 1

    stay(story)
