"""Money that is not the customers', and money that goes back."""

from datetime import date

import pytest
from stories import DUPONT, MAIRIE, MARTIN, line, matcher, owed, settled

from crm.receivables.matching.aside import aside_sentence
from crm.receivables.matching.facts import Aside, Receipt, Rule


@pytest.mark.parametrize(
    ("label", "cents", "kind"),
    [
        ("VIR DGFIP REMBT CREDIT TVA", 120_000, Aside.TAX),
        ("PRLV SEPA URSSAF ILE DE FRANCE", -340_000, Aside.SOCIAL),
        ("VIR SALAIRES MARS", -900_000, Aside.SALARY),
        ("ECHEANCE PRET 00123", -55_000, Aside.LOAN),
        ("VIR ATELIER RELANCE", 500_000, Aside.INTERNAL),
        ("CARTE 12/03 STATION TOTAL", -6_543, Aside.CARD_PURCHASE),
        ("FRAIS VIRT SEPA N 792664", -450, Aside.BANK_FEES),
        ("FRAIS REJET PRLV", -1_500, Aside.BANK_FEES),
        ("COMMISSION D OPPOSITION CHEQUE", -1_500, Aside.BANK_FEES),
        ("VIR STRIPE PAYMENTS EUROPE", 83_412, Aside.PAYOUT),
        ("REMISE CB TPE 0012", 83_412, Aside.PAYOUT),
        ("REMBT SINISTRE 4412", 83_412, Aside.INSURANCE),
        ("INTERETS CREDITEURS", 412, Aside.INTEREST),
        ("VIR FOURNISSEUR BOIS ET CIE", -412_00, Aside.OUTGOING),
        ("VIR", 0, Aside.NOTHING),
    ],
)
def test_lines_that_are_not_customers_money_are_set_aside(label: str, cents: int, kind: Aside) -> None:
    made = matcher(owed("F1001", 84_217)).propose(line(label, cents))
    assert made.set_aside is kind
    assert made.committed is None
    assert aside_sentence(kind)


def test_a_public_buyer_paying_through_the_treasury_is_a_customer() -> None:
    items = (owed("F2026-0113", 84_217, MAIRIE), owed("F2026-0114", 84_217, DUPONT))
    made = matcher(*items).propose(line("VIR DRFIP BRETAGNE F2026-0113", 84_217))
    assert settled(made, *items) == {"F2026-0113": 84_217}


def test_a_rejected_direct_debit_takes_its_receipt_back() -> None:
    """It is owed again from its original due date: the receipt's uses are reopened."""
    item = owed("F1001", 84_217, open_cents=0)
    receipts = (
        Receipt(70, date(2026, 3, 10), 84_217, "EUR", DUPONT.customer_id, uses=((item.id, 84_217),)),
        Receipt(71, date(2026, 3, 11), 84_217, "EUR", MARTIN.customer_id),
    )
    made = matcher(item, receipts=receipts).propose(line("PRLV SEPA REJETE MENUISERIE DUPONT AM04", -84_217))
    assert made.committed is not None
    assert (made.committed.rule, made.committed.reverses) == (Rule.BOUNCE, 70)
    assert made.committed.reopens == ((item.id, 84_217),)


def test_two_receipts_that_may_have_bounced_are_left_to_a_person() -> None:
    receipts = tuple(
        Receipt(number, date(2026, 3, 10), 84_217, "EUR", customer) for number, customer in ((70, 1), (71, 2))
    )
    made = matcher(receipts=receipts).propose(line("IMPAYE", -84_217, reversal=True))
    assert made.committed is None
    assert {match.reverses for match in made.candidates} == {70, 71}


def test_a_refund_pays_back_a_credit_note() -> None:
    items = (owed("AV12", -10_017), owed("F1002", 33_333))
    made = matcher(*items).propose(line("VIR REMBOURSEMENT AV12", -10_017, name="MENUISERIE DUPONT"))
    assert made.candidates[0].rule is Rule.REFUND
    assert made.candidates[0].allocations == ((items[0].id, -10_017),)
