"""A customer's sheet: who, what is owed, what comes next, what happened; and every verb a customer has."""

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import ListDisputes, ListPromises
from crm.tui.screens.act import ActPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.explain import ExplainPanel
from crm.tui.screens.sheet_panel import SheetPanel

NB = "\u00a0"


async def open_sheet(guest: Guest, number: str) -> None:
    guest.app.open_customer(number)
    await guest.settle()
    assert isinstance(guest.screen, CustomerScreen)


def test_the_sheet_says_who_and_what_is_owed(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-1")
        facts = guest.words("#facts").splitlines()
        assert facts[0].startswith(f"Transports Girard  Landerneau · C-1 · SIREN 552{NB}081{NB}317")
        assert f"16{NB}240,00{NB}€" in facts[2]
        assert f"+96{NB}j" in facts[2]
        over = _("over its limit by {amount}").format(amount=f"1{NB}240,00{NB}€")
        assert over in " ".join(line.strip(" ") for line in facts[3:5])
        assert facts[4].startswith(" " * 12), "what has no room goes on below the figures, not below the label"
        assert "✗" in facts[5]
        assert len(guest.table("documents").rows) == 3
        assert "Michel Girard" in guest.words("#contacts")

    stay(story)


def test_a_hold_is_the_first_line(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-2")
        first = guest.words("#facts").splitlines()[0]
        assert first.startswith("■ ")
        assert "échéancier en discussion" in first
        assert "10 déc." in first

    stay(story)


def test_how_it_moves_is_drawn_with_its_first_and_last_value(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-2")
        facts = guest.words("#facts")
        balance = next(line for line in facts.splitlines() if line.startswith(_("12 months")))
        assert any(step in balance for step in "▁▂▃▄▅▆▇")
        assert balance.rstrip().endswith(f"11{NB}880{NB}€")
        delay = next(line for line in facts.splitlines() if line.startswith(_("Delay")))
        assert f"+12{NB}j" in delay
        assert delay.rstrip().endswith(f"+19{NB}j")

    stay(story)


def test_the_timeline_is_filtered_and_searched(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-2")
        everything = len(guest.table("timeline").rows)
        assert everything >= 3
        await guest.press("f", "f", "f")
        lines = [line for line in guest.lines("timeline") if line.strip()]
        assert len(lines) == 2 * 2
        assert f"2{NB}200,00{NB}€" in lines[0]
        await guest.press("escape")
        await guest.press("slash")
        await guest.type("echeancier")
        assert sum(not row.more for row in guest.table("timeline").rows) == 1

    stay(story)


def test_the_proposal_of_the_customer_stands_on_top(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-4")
        assert f"3{NB}400,00{NB}€" in guest.card
        await guest.press("o")
        assert guest.card == ""
        assert guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines

    stay(story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_promise_takes_plus_p_a_day_and_a_yes(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-5")
        await guest.press("plus", "p")
        assert isinstance(guest.screen, ActPanel)
        await guest.type("27/11")
        assert "vendredi 27 novembre 2026" in guest.words("#echo-by")
        await guest.press("enter")
        assert f"2{NB}318,55{NB}€" in guest.card
        await guest.press("o")
        assert isinstance(guest.screen, CustomerScreen)
        (line,) = guest.crm.runner.read(ListPromises(customer="C-5"), guest.crm.actor).lines
        assert (line.word.by.isoformat(), line.word.cents) == ("2026-11-27", 231_855)
        assert guest.said.startswith("✓ ")

    stay(story, size=size)


def test_l_on_an_invoice_opens_a_dispute_about_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-1")
        await guest.press("down", "l")
        assert guest.screen._form.entry("invoice").answer == "F-102"
        await guest.press("right", "enter", "o")
        (line,) = guest.crm.runner.read(ListDisputes(customer="C-1"), guest.crm.actor).lines
        assert (line.invoice, line.reason) == ("F-102", "missing_goods")

    stay(story)


def test_s_suspends_until_a_day(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-1")
        await guest.press("s")
        guest.screen._form.entry("until").focus()
        await guest.type("10/12")
        await guest.press("enter", "o")
        holds = guest.crm.runner.read(ShowCustomer(customer="C-1"), guest.crm.actor).card.holds
        assert [hold.until.isoformat() for hold in holds] == ["2026-12-10"]
        assert guest.words("#facts").startswith("■ ")

    stay(story)


def test_every_figure_and_document_opens(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-1")
        await guest.press("x")
        assert isinstance(guest.screen, ExplainPanel)
        await guest.press("escape", "enter")
        assert isinstance(guest.screen, SheetPanel)
        assert "F-101" in guest.words("#title")

    stay(story)


def test_an_exchange_is_noted_and_what_follows_is_offered(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_sheet(guest, "C-5")
        await guest.press("plus", "x")
        guest.screen._form.entry("outcome").focus()
        await guest.press("right", "enter", "o")
        assert "promesse" in guest.words("Choices")
        await guest.press("p")
        await guest.type("vendredi")
        await guest.press("enter", "o")
        assert guest.crm.runner.read(ListPromises(customer="C-5"), guest.crm.actor).lines
        lines = [line for line in guest.lines("timeline") if line.strip()]
        assert any("joint" in line for line in lines)

    stay(story)
