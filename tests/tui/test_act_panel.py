"""From fields to yes: completion, what is wrong, the card, stale and refused, long work that stops."""

from datetime import date
from typing import Any

import pytest
from pydantic import Field
from visits import NARROW, WIDE, Guest, Staying

from crm.core.actions import Action, Effect, Registry
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.core.money import eur
from crm.core.runner import Context, Runner
from crm.core.sheets import Column, Sheet
from crm.customers.actions import UpdateContact, UpdateCustomer
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import OpenDispute, RecordPromise
from crm.tui.screens.act import ActPanel
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.screens.today import TodayScreen
from crm.tui.widgets.progress import ProgressLine

NB = "\u00a0"


async def propose(guest: Guest, kind: type[Action[Any]], **given: Any) -> ActPanel:
    guest.app.propose(kind, given, ask=True)
    await guest.settle()
    assert isinstance(guest.screen, ActPanel)
    return guest.screen


def test_a_customer_is_completed_while_one_types(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, RecordPromise)
        panel._form.entry("customer").focus()
        await guest.type("dupon")
        options = guest.words("#options").splitlines()
        assert [line.strip().split("  ")[0] for line in options] == ["Dupond Matériaux", "Dupont Frères"]
        await guest.press("down", "down", "enter")
        assert panel._form.entry("customer").value == "Dupont Frères"
        assert panel._form.values["customer"] == "C-6"
        await guest.press("enter")
        await guest.type("27/11")
        await guest.press("enter")
        assert "Dupont Frères · Lorient" in guest.card
        assert f"12,60{NB}€" in guest.card

    stay(story)


def test_open_invoices_are_offered_for_the_customer(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, OpenDispute, customer="C-1")
        panel._form.entry("invoice").focus()
        await guest.settle()
        assert [line.split()[0] for line in guest.words("#options").splitlines()] == ["F-101", "F-102", "F-103"]
        await guest.press("down", "down", "enter")
        assert panel._form.values["invoice"] == "F-102"

    stay(story)


def test_what_is_wrong_is_told_while_one_types(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, RecordPromise, customer="C-1")
        await guest.type("99/99")
        assert "99/99" in panel._form.trouble
        await guest.press(*["backspace"] * 5)
        await guest.type("27/11")
        assert panel._form.trouble == ""

    stay(story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_rule_of_the_house_is_told_in_the_form(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, RecordPromise, customer="C-1", amount=eur("99999"))
        await guest.type("27/11")
        await guest.press("enter")
        assert _("More is promised than is owed ({owed}).")[:20] in panel._form.trouble
        assert not panel.has_class("-carded")

    stay(story, size=size)


def test_the_card_shows_old_and_new(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await propose(guest, UpdateContact, customer="C-1")
        guest.screen._form.entry("email").focus()
        await guest.type("nouveau@girard.example")
        await guest.press("enter")
        assert "compta@girard.example → nouveau@girard.example" in guest.card

    stay(story)


def test_a_choice_turns_by_arrows_and_by_letters(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, OpenDispute, customer="C-1", invoice="F-101")
        entry = panel._form.entry("reason")
        entry.focus()
        await guest.press("right", "right")
        assert entry.answer == "damaged_goods"
        await guest.press("left")
        assert entry.answer == "missing_goods"
        await guest.press("a")
        assert entry.answer == "other"

    stay(story)


def test_enter_never_commits_and_escape_gives_up(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await propose(guest, RecordPromise, customer="C-5", by=date(2026, 11, 27))
        await guest.press("enter", "enter", "enter")
        assert guest.card
        await guest.press("n")
        assert isinstance(guest.screen, TodayScreen)
        assert not guest.crm.runner.read(ShowCustomer(customer="C-5"), guest.crm.actor).card.holds

    stay(story)


def test_m_goes_back_to_the_form_with_what_was_typed(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        panel = await propose(guest, RecordPromise, customer="C-5")
        await guest.type("27/11")
        await guest.press("enter", "m")
        assert panel._form.entry("by").answer == "27/11"
        assert not panel.has_class("-carded")

    stay(story)


def test_what_changed_in_between_is_told_and_nothing_is_recorded(
    stay: Staying, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(guest: Guest) -> None:
        await propose(guest, UpdateCustomer, customer="C-5", regime="B2C")
        guest.screen._form.entry("city").focus()
        await guest.press("enter")

        def stale(*_any: object) -> None:
            raise Stale("La facture a été réglée entre-temps.", next_step="Rien n'a été enregistré.")

        monkeypatch.setattr(Runner, "commit", stale)
        await guest.press("o")
        assert guest.notice.startswith("La facture a été réglée entre-temps.")
        monkeypatch.undo()
        await guest.press("enter")
        assert guest.card
        await guest.press("o")
        assert isinstance(guest.screen, TodayScreen)

    stay(story)


def test_a_reading_action_shows_its_answer(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        guest.app.propose(ShowCustomer, {"customer": "C-1"})
        await guest.settle()
        assert isinstance(guest.screen, SheetPanel)
        assert "Transports Girard" in guest.words("#title")

    stay(story)


class CountSheep(Action[Any]):
    """Count until somebody stops it."""

    effect = Effect.WRITE

    most: int = Field(10, description="How many")

    def perform(self, context: Context) -> Any:
        """Tell each one; the story presses escape at the third."""
        for sheep in range(self.most):
            context.progress("moutons", sheep, self.most)
        return Sheet("", (Column("a", ""),), ())


def test_long_work_says_how_far_it_is_and_escape_stops_it(stay: Staying, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def until_stopped(line: ProgressLine, _what: str, done: int, _total: int | None) -> bool:
        told.append(done)
        if done == 3:
            line.stop()
        return done < 3

    monkeypatch.setattr(ProgressLine, "told", until_stopped)

    async def story(guest: Guest) -> None:
        guest.crm.__dict__["registry"] = Registry([*guest.crm.registry, CountSheep])
        panel = await propose(guest, CountSheep, most=1000)
        await guest.press("enter")
        assert told == [0, 1, 2, 3]
        assert not panel.has_class("-working")
        assert not panel.has_class("-carded")

    stay(story)
