"""Amounts: alone, added up, a little less, a little more."""

from datetime import date

import pytest
from stories import ALIZE, DUPONT, MARTIN, line, matcher, owed, settled, shown

from crm.receivables.matching.certainty import COMMIT
from crm.receivables.matching.facts import Residual, Rule


def test_the_amount_alone_is_certain_only_for_one_cheque_and_an_amount_of_its_own() -> None:
    one, two = owed("F1001", 84_217), owed("F1002", 84_217, MARTIN)
    deposit = line("REMISE CHEQUE 1234567", 84_217)
    assert settled(matcher(one).propose(deposit), one) == {"F1001": 84_217}
    both = matcher(one, two).propose(deposit)
    assert both.committed is None
    assert both.candidates[0].certainty < 0.7
    assert {match.customer_id for match in both.candidates} == {DUPONT.customer_id, MARTIN.customer_id}


@pytest.mark.parametrize("label", ["REMISE CHEQUES 1234567", "REMISE DE 2 CHEQUES", "VIR SEPA UN INCONNU", "VERSEMENT"])
def test_else_an_amount_alone_is_only_proposed(label: str) -> None:
    made = matcher(owed("F1001", 84_217)).propose(line(label, 84_217))
    assert made.committed is None
    assert made.candidates[0].customer_id == DUPONT.customer_id


def test_what_a_label_excepts_is_not_paid() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 61_350), owed("F1003", 12_345))
    made = matcher(*items).propose(line("SOLDE SAUF F1003", 145_567, name="MENUISERIE DUPONT"))
    assert settled(made, *items) == {"F1001": 84_217, "F1002": 61_350}


def test_two_invoices_of_one_amount_are_left_to_a_person() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 84_217, issued=date(2026, 2, 12)))
    made = matcher(*items).propose(line("VIR", 84_217, name="MENUISERIE DUPONT"))
    assert made.committed is None
    assert {*shown(made, 0, *items), *shown(made, 1, *items)} == {"F1001", "F1002"}
    assert "presque" in made.why_not or "Another" in made.why_not


def test_an_invoice_that_did_not_exist_yet_is_not_the_one() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 84_217, issued=date(2026, 4, 10)))
    assert settled(matcher(*items).propose(line("VIR", 84_217, name="MENUISERIE DUPONT")), *items) == {"F1001": 84_217}


def test_one_invoice_or_two_that_add_up_to_it_are_left_to_a_person() -> None:
    items = (owed("F1001", 30_010), owed("F1002", 50_020), owed("F1003", 80_030))
    made = matcher(*items).propose(line("VIR", 80_030, name="MENUISERIE DUPONT"))
    assert made.committed is None
    assert shown(made, 0, *items) == {"F1003": 80_030}
    assert shown(made, 1, *items) == {"F1001": 30_010, "F1002": 50_020}


@pytest.mark.parametrize(
    ("paid", "rule"),
    [(("A1", "A2", "A3", "A4"), Rule.AMOUNT_ALL), (("A1", "A2"), Rule.AMOUNT_DUE), (("A1", "A3"), Rule.AMOUNT_SUM)],
)
def test_sums_of_the_payers_invoices(paid: tuple[str, ...], rule: Rule) -> None:
    """
    A1 and A2 are due, A3 and A4 are not
    """
    items = (
        owed("A1", 10_013, issued=date(2026, 1, 5)),
        owed("A2", 20_457, issued=date(2026, 2, 3)),
        owed("A3", 31_009, issued=date(2026, 3, 4)),
        owed("A4", 47_111, issued=date(2026, 3, 15)),
    )
    cents = {item.number: item.open_cents for item in items}
    made = matcher(*items).propose(line("REGLEMENT", sum(cents[number] for number in paid), name="MENUISERIE DUPONT"))
    assert settled(made, *items) == {number: cents[number] for number in paid}
    assert made.committed is not None
    assert made.committed.rule is rule
    assert made.committed.full


def test_a_credit_note_is_netted() -> None:
    """Paid: the invoice less the credit note that corrects it."""
    items = (owed("F1001", 84_217), owed("AV12", -10_017, corrects="F1001"), owed("F1002", 33_333))
    made = matcher(*items).propose(line("F1001 MOINS AVOIR", 74_200, name="MENUISERIE DUPONT"))
    match = made.committed
    assert match is not None
    assert settled(made, *items) == {"F1001": 74_200}
    assert [(use.credit_id, use.item_id, use.cents) for use in match.credits] == [(items[1].id, items[0].id, 10_017)]
    assert match.full


def test_an_early_payment_discount_is_recognised() -> None:
    items = (owed("F1001", 1_200_000), owed("F1002", 33_333))
    made = matcher(*items).propose(line("VIR", 1_176_000, name="MENUISERIE DUPONT", day=date(2026, 2, 20)))
    assert made.committed is not None
    assert made.committed.residual_reason is Residual.DISCOUNT
    assert made.committed.residual_cents == 24_000
    assert not made.committed.full


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (1_198_500, Residual.BANK_FEE),
        (1_199_997, Residual.ROUNDING),
        (1_140_000, Residual.RETENTION),
        (500_000, Residual.PARTIAL),
        (1_204_000, Residual.OVERPAYMENT),
    ],
)
def test_a_named_invoice_takes_the_money_and_the_difference_has_a_reason(received: int, reason: Residual) -> None:
    items = (owed("F2026-0113", 1_200_000), owed("F2026-0114", 33_333))
    made = matcher(*items).propose(line("FACT F2026-0113", received, name="MENUISERIE DUPONT"))
    assert settled(made, *items) == {"F2026-0113": min(received, 1_200_000)}
    assert made.committed is not None
    assert made.committed.residual_reason is reason
    assert made.committed.residual_cents == 1_200_000 - received


def test_money_on_account_follows_the_order_of_the_law_and_waits_for_a_yes() -> None:
    """
    F1001 due 12/03   F1002 due 30/03   received 20/03 with no word
    """
    items = (owed("F1001", 84_217), owed("F1002", 120_000, issued=date(2026, 2, 28)))
    made = matcher(*items).propose(line("VIREMENT", 100_000, name="MENUISERIE DUPONT"))
    assert made.committed is None
    assert made.candidates[0].rule is Rule.LEGAL_ORDER
    assert shown(made, 0, *items) == {"F1001": 84_217, "F1002": 15_783}


def test_a_number_that_is_settled_tells_a_second_payment() -> None:
    items = (owed("F2026-0113", 84_217, open_cents=0), owed("F2026-0114", 84_217))
    made = matcher(*items).propose(line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT"))
    assert made.committed is None
    assert made.candidates[0].rule is Rule.DUPLICATE
    assert made.candidates[0].residual_reason is Residual.DUPLICATE


def test_a_number_like_ours_that_is_not_open_holds_the_money_back() -> None:
    items = (owed("F2026-0151", 84_217),)
    made = matcher(*items).propose(line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT"))
    assert made.committed is None


def test_a_number_with_one_slip_is_forgiven_where_payer_and_amount_agree() -> None:
    items = (owed("F2026-0113", 84_217), owed("F2026-0142", 12_345))
    for slip in ("F2026-0131", "F2026-0118"):
        made = matcher(*items).propose(line(f"FACT {slip}", 84_217, name="MENUISERIE DUPONT"))
        assert settled(made, *items) == {"F2026-0113": 84_217}
    assert matcher(*items).propose(line("FACT F2026-0131", 84_217, name="UN INCONNU")).committed is None


def test_currencies_never_meet() -> None:
    items = (owed("F2026-0113", 84_217, currency="USD"), owed("F2026-0114", 12_000))
    made = matcher(*items).propose(line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT"))
    assert made.committed is None
    assert all("F2026-0113" not in shown(made, place, *items) for place in range(len(made.candidates)))
    assert settled(
        matcher(*items).propose(line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT", currency="USD")), *items
    ) == {"F2026-0113": 84_217}


def test_a_deposit_of_two_cheques_is_proposed() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 61_350, MARTIN), owed("F1003", 12_345, ALIZE))
    made = matcher(*items).propose(line("REMISE 2 CHEQUES 7654321", 145_567))
    assert made.committed is None
    assert made.candidates[0].rule is Rule.REMITTANCE
    assert shown(made, 0, *items) == {"F1001": 84_217, "F1002": 61_350}


def test_the_customer_known_beforehand_is_believed() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 84_217, MARTIN))
    made = matcher(*items).propose(line("CHQ 123", 84_217, customer_id=DUPONT.customer_id))
    assert settled(made, *items) == {"F1001": 84_217}


def test_every_answer_says_why() -> None:
    items = (owed("F2026-0113", 84_217), owed("F2026-0114", 12_000))
    made = matcher(*items).propose(line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT"))
    assert made.committed is not None
    assert "F2026-0113" in made.committed.why
    assert "Menuiserie Dupont SARL" in made.committed.why
    assert made.committed.certainty >= COMMIT


def test_sums_stay_bounded_on_a_bad_day() -> None:
    """Three thousand open invoices of one customer, and an amount that none of their sums makes."""
    items = tuple(owed(f"F{serial:05}", 10_000 + 2 * serial) for serial in range(3_000))
    made = matcher(*items).propose(line("VIREMENT", 7_777_777, name="MENUISERIE DUPONT"))
    assert made.committed is None
