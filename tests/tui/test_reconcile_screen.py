"""The workbench of the bank on a real database: one key a line for the easy ones, and every way out for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from build import LEA, a_customer, an_invoice, imported, open_amounts
from textual.pilot import Pilot
from textual.widgets import Static

from crm.bootstrap import Crm
from crm.customers.actions import UpdateCompany
from crm.receivables.actions.bank import ListLearned
from crm.receivables.actions.matching import MatchPayments
from crm.tui.app import RelanceApp
from crm.tui.screens.act import ActPanel
from crm.tui.screens.reconcile import ReconcileScreen
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine

WIDE, NARROW = (140, 40), (80, 24)


@dataclass
class Bench:
    """Somebody at the workbench."""

    app: RelanceApp
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each followed to its end."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into the field that has the focus."""
        await self.press(*text)

    async def settle(self) -> None:
        """Wait until no worker is at work and no message is under way."""
        quiet = 0
        while quiet < 3:
            await self.pilot.pause()
            quiet = quiet + 1 if all(worker.is_finished for worker in self.app.workers) else 0

    @property
    def screen(self) -> ReconcileScreen:
        """The workbench."""
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, ReconcileScreen))

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Label and code, in the order of the list."""
        return [(card.row.label, card.row.code) for card in self.screen._table.members]

    def part(self, name: str) -> str:
        """What a part of the screen says."""
        return str(self.screen.query_one(f"#{name}", Static).render())

    @property
    def keys(self) -> str:
        """The line of keys."""
        return self.screen.query_one(KeysLine).render().plain

    @property
    def said(self) -> str:
        """The say line."""
        return self.screen.query_one(SayLine).said

    @property
    def notice(self) -> str:
        """What stands in the place of the list."""
        notice = self.screen.query_one(Notice)
        return notice.words if notice.display else ""


def at_the_bench(crm: Crm, story: Callable[[Bench], Awaitable[None]], *, size: tuple[int, int] = WIDE) -> None:
    """Play a story at the workbench of a house."""

    async def play() -> None:
        app = RelanceApp(lambda: crm, theme="ardoise", section="4")
        async with app.run_test(size=size) as pilot:
            bench = Bench(app, pilot)
            await bench.settle()
            await story(bench)
            assert app.unexpected == []

    asyncio.run(play())


BANK = """
    Date;Libellé;Montant;Contrepartie
    23/11/2026;VIR REGLEMENT GARAGE ABGRALL;300,00;
    20/11/2026;VIR KERBRAT F2026-0113;120,00;
    19/11/2026;VIR SOCIETE INCONNUE;44,00;
    18/11/2026;PRLV URSSAF BRETAGNE;-310,00;
"""


@pytest.fixture
def bank(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """One line that is matched, one with two uses, one nobody knows, one set aside."""
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    a_customer(crm, "C-1", "Menuiserie Kerbrat")
    a_customer(crm, "C-2", "Garage Abgrall")
    an_invoice(crm, "F2026-0113", customer="C-1", amount="120.00")
    an_invoice(crm, "F2026-0200", customer="C-2", amount="300.00", days_late=20)
    an_invoice(crm, "F2026-0201", customer="C-2", amount="300.00", days_late=3)
    imported(crm, BANK, kind="bank-csv")
    crm.runner.run(MatchPayments(), LEA)
    return crm


def test_without_a_bank_line_it_says_what_is_useful(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)

    async def story(bench: Bench) -> None:
        assert "No bank line yet." in bench.notice
        assert "i import a statement" in bench.notice

    at_the_bench(crm, story)


def test_what_is_to_be_decided_stands_first_with_its_uses_and_their_equation(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        assert bench.rows == [
            ("VIR REGLEMENT GARAGE ABGRALL", ""),
            ("VIR SOCIETE INCONNUE", ""),
            ("VIR KERBRAT F2026-0113", "AA"),
            ("PRLV URSSAF BRETAGNE", ""),
        ]
        assert "2 to decide" in bench.part("counts")
        assert bench.part("candidates").count(" · Garage Abgrall") == 2
        assert "Settle 1 document" in bench.part("card")
        assert "matched in full, code AA" in bench.part("card")
        assert "Why it is yours to decide:" in bench.part("why")

    at_the_bench(bank, story)


def test_yes_is_one_key_and_the_next_line_is_selected(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        first = bench.part("candidates").split(" · ")[0][-10:]
        await bench.press("o")
        assert first not in open_amounts(bank)
        assert "300.00" in bench.said
        assert bench.screen._table.selected is not None
        assert bench.screen._table.selected.row.label == "VIR SOCIETE INCONNUE"
        assert "1 to decide" in bench.part("counts")

    at_the_bench(bank, story)


def test_another_use_is_chosen_by_its_digit(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        second = bench.part("candidates").split("2 F2026")[1][:5]
        await bench.press("2")
        assert f"F2026{second}" in bench.part("card")
        await bench.press("o")
        assert f"F2026{second}" not in open_amounts(bank)

    at_the_bench(bank, story)


def test_a_payment_is_split_by_hand_after_a_card(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("c", *["backspace"] * 20)
        await bench.type("F2026-0200=100.00")
        await bench.press("space")
        await bench.type("F2026-0201=200.00")
        await bench.press("enter")
        assert isinstance(bench.app.screen, ActPanel)
        await bench.press("o")
        assert open_amounts(bank) == {"F2026-0200": "200.00", "F2026-0201": "100.00"}

    at_the_bench(bank, story)


def test_no_sets_it_aside_and_yes_takes_it_up_again(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("j", "n", "1")
        assert [label for label, _code in bench.rows][-2:] == ["VIR SOCIETE INCONNUE", "PRLV URSSAF BRETAGNE"]
        assert "1 to decide" in bench.part("counts")
        assert len(bank.runner.read(ListLearned(), LEA).rows) == 1
        await bench.press("end", "k", "o")
        assert "2 to decide" in bench.part("counts")
        assert bank.runner.read(ListLearned(), LEA).rows == ()

    at_the_bench(bank, story)


def test_a_matched_line_is_taken_apart_after_a_card(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("j", "j", "n")
        assert isinstance(bench.app.screen, ActPanel)
        await bench.press("o")
        assert open_amounts(bank)["F2026-0113"] == "120.00"

    at_the_bench(bank, story)


def test_the_last_act_is_undone_after_a_card(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("o")
        assert len(open_amounts(bank)) == 1
        await bench.press("z")
        assert isinstance(bench.app.screen, ActPanel)
        await bench.press("o")
        assert len(open_amounts(bank)) == 2
        assert "2 to decide" in bench.part("counts")

    at_the_bench(bank, story)


def test_words_and_amounts_find_a_line(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("slash")
        await bench.type("inconnue")
        assert [label for label, _code in bench.rows] == ["VIR SOCIETE INCONNUE"]
        await bench.press("escape")
        assert len(bench.rows) == 4

    at_the_bench(bank, story)


@pytest.fixture
def recorded(bank: Crm) -> Crm:
    """Beside the bank lines, a payment from a list that two invoices may be meant by."""
    a_customer(bank, "C-3", "Boulangerie Tanguy")
    an_invoice(bank, "F2026-0301", customer="C-3", amount="75.00", days_late=9)
    an_invoice(bank, "F2026-0302", customer="C-3", amount="75.00", days_late=2)
    rows = "reference;customer;date;amount;label\nV-7;C-3;2026-11-21;75.00;CHEQUE TANGUY\n"
    imported(bank, rows, kind="payments-csv")
    bank.runner.run(MatchPayments(), LEA)
    return bank


def test_a_recorded_payment_without_a_bank_line_is_decided_among_them(recorded: Crm) -> None:
    async def story(bench: Bench) -> None:
        assert [label for label, _code in bench.rows][:3] == [
            "VIR REGLEMENT GARAGE ABGRALL",
            "CHEQUE TANGUY",
            "VIR SOCIETE INCONNUE",
        ]
        assert "3 to decide" in bench.part("counts")
        await bench.press("j")
        assert "Recorded without a bank line" in bench.part("line")
        assert bench.part("candidates").count(" · Boulangerie Tanguy") == 2
        await bench.press("2", "o")
        assert "75.00 matched" in bench.said
        assert "2 to decide" in bench.part("counts")
        assert len([number for number in open_amounts(recorded) if number.startswith("F2026-030")]) == 1

    at_the_bench(recorded, story)


def test_a_recorded_payment_is_found_and_split_after_a_card(recorded: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("slash")
        await bench.type("tanguy")
        await bench.press("enter")
        assert [label for label, _code in bench.rows] == ["CHEQUE TANGUY"]
        await bench.press("c", *["backspace"] * 20)
        await bench.type("F2026-0301=25.00")
        await bench.press("space")
        await bench.type("F2026-0302=50.00")
        await bench.press("enter")
        assert isinstance(bench.app.screen, ActPanel)
        await bench.press("o")
        left = open_amounts(recorded)
        assert (left["F2026-0301"], left["F2026-0302"]) == ("50.00", "25.00")

    at_the_bench(recorded, story)


def test_no_leaves_a_recorded_payment_as_money_on_account(recorded: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("j", "n", "1")
        assert "CHEQUE TANGUY" not in [label for label, _code in bench.rows]
        assert "2 to decide" in bench.part("counts")
        assert open_amounts(recorded)["F2026-0301"] == "75.00"

    at_the_bench(recorded, story)


def test_on_a_narrow_screen_the_keys_stand_below(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        assert "o yes" in bench.keys
        assert "code AA" in bench.part("card")

    at_the_bench(bank, story, size=NARROW)


def test_what_was_settled_meanwhile_is_told(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        imported(
            bank, "reference;customer;date;amount;label\nV-1;C-2;2026-11-22;300.00;F2026-0200\n", kind="payments-csv"
        )
        imported(
            bank, "reference;customer;date;amount;label\nV-2;C-2;2026-11-22;300.00;F2026-0201\n", kind="payments-csv"
        )
        bank.runner.run(MatchPayments(), LEA)
        await bench.press("o")
        assert "V-1" not in bench.said
        assert bench.said

    at_the_bench(bank, story)


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        (("l",), "open_dispute"),
        (("+", "p"), "record_promise"),
        (("+", "e"), "create_payment_plan"),
        (("+", "n"), "add_note"),
        (("+", "d"), "mark_doubtful"),
    ],
)
def test_what_the_customer_of_a_line_says_is_noted_from_the_line(bank: Crm, keys: tuple[str, ...], action: str) -> None:
    async def story(bench: Bench) -> None:
        assert bench.screen.subject.customer == "C-2"
        await bench.press(*keys)
        panel = bench.app.screen
        assert isinstance(panel, ActPanel)
        assert panel._kind.action_name() == action
        await bench.press("escape", "escape")

    at_the_bench(bank, story)


def test_a_payer_nobody_knows_becomes_a_customer_from_any_line(bank: Crm) -> None:
    async def story(bench: Bench) -> None:
        await bench.press("+", "k")
        panel = bench.app.screen
        assert isinstance(panel, ActPanel)
        assert panel._kind.action_name() == "create_customer"
        await bench.press("escape", "escape")

    at_the_bench(bank, story)
