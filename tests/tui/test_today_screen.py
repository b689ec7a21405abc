"""Today: what waits, whom to call, what was promised, what to repair; each with its key."""

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ListProposals, RefuseProposal
from crm.core.i18n import _
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import ListDisputes, ListPromises
from crm.tui.screens.act import ActPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.today import ProposalsScreen, TodayScreen
from crm.tui.screens.welcome import WelcomeScreen
from crm.tui.worklist import WorkItem

NB = "\u00a0"


def items(guest: Guest) -> list[str]:
    return [row.name for row in guest.table("work").rows if isinstance(row, WorkItem)]


def test_the_list_stands_in_the_order_of_what_unblocks_most(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert isinstance(guest.screen, TodayScreen)
        assert items(guest) == [
            "Brasserie du Port",
            "Électricité Morvan",
            _("Reminders of the day"),
            "Transports Girard",
            "Menuiserie Caron",
            "Transports Girard",
            "Librairie du Coin",
            "Depuis le 23 nov.",
        ]
        lines = [line.strip() for line in guest.lines("work") if line.strip()]
        assert lines[0].startswith(_("Wait for your yes") + "  3")
        assert lines[1].startswith("▌◆  Brasserie du Port")
        assert guest.head().startswith("Bonjour Sophie.") or guest.head().startswith("Hello Sophie.")

    stay(story)


def test_the_card_says_what_a_yes_changes_and_o_does_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        for words in (f"3{NB}400,00{NB}€", "vendredi 27 novembre 2026", "Brasserie du Port"):
            assert words in guest.card
        await guest.press("o")
        promise = guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines
        assert [line.word.cents for line in promise] == [340_000]
        assert guest.said.startswith("✓ " + _("Promise of {amount} recorded.").format(amount=f"3{NB}400,00{NB}€"))
        assert items(guest)[0] == "Électricité Morvan"

    stay(story)


def test_n_asks_why_and_refuses(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("n", "3")
        assert "Brasserie du Port" not in items(guest)
        assert guest.said.startswith("✓ " + _("Refused."))
        await guest.press("n", "escape")
        assert "Électricité Morvan" in items(guest)

    stay(story)


def test_m_gives_other_values_to_what_is_proposed(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("m")
        assert isinstance(guest.screen, ActPanel)
        form = guest.screen._form
        form.entry("amount").value = "1 000"
        form.entry("by").focus()
        await guest.press("enter")
        assert f"1{NB}000,00{NB}€" in guest.card
        await guest.press("o")
        lines = guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines
        assert [line.word.cents for line in lines] == [100_000]
        assert len(guest.crm.runner.read(ListProposals(), guest.crm.actor).rows) == 1

    stay(story)


def test_narrow_shows_the_card_before_the_yes(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert "o" in guest.keys.split()
        await guest.press("o")
        assert f"3{NB}400,00{NB}€" in guest.card
        assert not guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines
        await guest.press("escape", "o", "o")
        assert guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines

    stay(story, size=NARROW)


def test_z_takes_the_yes_back_after_its_card(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("down", "o")
        assert guest.crm.runner.read(ListDisputes(customer="C-5"), guest.crm.actor).lines
        await guest.press("z")
        assert _("Undo") in guest.card
        assert f"412,80{NB}€" in guest.card
        await guest.press("o")
        assert not guest.crm.runner.read(ListDisputes(customer="C-5"), guest.crm.actor).lines
        assert guest.said.startswith("✓ " + _("Undone."))
        assert "Électricité Morvan" in items(guest)

    stay(story)


def test_what_is_to_be_repaired_opens_its_form(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("end", "m")
        assert isinstance(guest.screen, ActPanel)
        guest.screen._form.entry("regime").focus()
        await guest.press("right", "enter", "o")
        card = guest.crm.runner.read(ShowCustomer(customer="C-11"), guest.crm.actor)
        assert card.card.customer.regime == "B2B"
        assert "Librairie du Coin" not in items(guest)

    stay(story)


def test_enter_opens_the_customer_and_the_run_its_section(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("enter")
        assert isinstance(guest.screen, CustomerScreen)
        await guest.press("escape", "down", "down", "enter")
        assert "5 " in guest.top
        assert type(guest.screen).__name__ == "FollowupScreen"

    stay(story)


def test_everything_done_says_so_and_offers_an_hours_work(stay: Staying) -> None:
    def done(crm: Crm) -> None:
        for row in crm.runner.read(ListProposals(), crm.actor).rows:
            crm.runner.run(RefuseProposal(proposal=row.id), crm.actor)

    async def story(guest: Guest) -> None:
        guest.app.open_place("proposals")
        await guest.settle()
        assert isinstance(guest.screen, ProposalsScreen)
        assert guest.notice.startswith(_("Nothing waits for your yes."))
        await guest.press("escape")
        assert isinstance(guest.screen, TodayScreen)

    stay(story, before=done)


def test_capital_o_says_yes_to_all_after_one_card(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_place("proposals")
        await guest.settle()
        await guest.press("O")
        assert f"3{NB}812,80{NB}€" in guest.card
        await guest.press("o")
        assert not guest.crm.runner.read(ListProposals(), guest.crm.actor).rows
        assert guest.crm.runner.read(ListPromises(customer="C-4"), guest.crm.actor).lines
        assert guest.crm.runner.read(ListDisputes(customer="C-5"), guest.crm.actor).lines

    stay(story)


def test_the_first_day_teaches(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert isinstance(guest.screen, WelcomeScreen)
        await guest.press("escape")
        assert guest.notice.startswith(_("No invoice yet."))
        await guest.press("i")
        assert isinstance(guest.screen, ImportScreen)

    stay(story, full=False)


@pytest.mark.parametrize("size", [NARROW, WIDE, (200, 60)])
def test_money_expected_stands_with_its_figures(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        chart = guest.screen.query_one("#expected")
        assert chart.display == (size[0] >= 110)
        assert f"1{NB}200{NB}€" in chart.words

    stay(story, size=size)
