"""The accountants' rules of matching, row by row, on a ledger: what a code may and may not join, and what a match leaves alone."""

from datetime import date

import pytest
from build import LEA, a_customer, a_payment, ago, allocated, an_invoice, columns_of, imported

from crm.core.errors import CrmError
from crm.core.money import eur
from crm.receivables.actions import AgedBalance, CreatePaymentPlan, ShowInvoice
from crm.receivables.actions.matching import ConfirmMatch, MatchPayments
from crm.receivables.actions.payments import ListPayments, RecordPayment, UnmatchPayment

HEAD = "Date;Libellé;Montant;Contrepartie;IBAN;Référence\n"


def uses(crm, invoice: str = "F-1") -> list[tuple[str, str, str]]:
    """Code, amount and day of whatever settles an invoice."""
    told = crm.runner.read(ShowInvoice(invoice=invoice), LEA).as_json()["settlements"]
    return [(one["code"], one["amount"], one["date"]) for one in told]


def run(crm, action):
    return crm.runner.run(action, LEA).result.as_json()


@pytest.fixture
def two(crm):
    a_customer(crm, "C-1", "Dupont")
    a_customer(crm, "C-2", "Martin")
    an_invoice(crm, "F-1", customer="C-1", amount="120.00", days_late=40)
    an_invoice(crm, "F-2", customer="C-2", amount="80.00", days_late=12)
    return crm


def test_a_code_taken_apart_is_not_used_again_that_year(two):
    run(two, RecordPayment(invoice="F-1"))
    assert uses(two)[-1][0] == "AA"
    run(two, UnmatchPayment(invoice="F-1"))
    run(two, RecordPayment(invoice="F-1", received=ago(1)))
    assert uses(two)[0][0] == "AB"


def test_each_account_counts_its_own_codes(two):
    run(two, RecordPayment(invoice="F-1"))
    run(two, RecordPayment(invoice="F-2"))
    assert (uses(two, "F-1")[-1][0], uses(two, "F-2")[-1][0]) == ("AA", "AA")


def test_no_code_joins_two_customers(two):
    """What Dupont sent and was kept for Dupont settles nothing of Martin's, whoever asks."""
    a_payment(two, "P-1", amount="80.00", customer="C-1")
    run(two, MatchPayments())
    with pytest.raises(CrmError):
        run(two, RecordPayment(invoice="F-2", customer="C-1", amount=eur("80.00")))
    assert uses(two, "F-2") == []
    assert columns_of(two, customer="C-1")["unallocated"] == "-80.00"


def test_a_match_is_dated_by_the_later_of_its_documents(crm):
    """Money that was there before the invoice settles it from the day the invoice is issued."""
    a_customer(crm, "C-1", "Dupont")
    a_payment(crm, "P-1", amount="120.00", days_ago=30)
    an_invoice(crm, "F-1", amount="120.00", issue_date=ago(10), due_date=ago(-20))
    allocated(crm, "P-1", "F-1", "120.00")
    assert [use[1:] for use in uses(crm)] == [("120.00", ago(10).isoformat())]
    assert columns_of(crm, as_of=ago(11)) == {"unallocated": "-120.00", "total": "-120.00"}


def test_matching_alters_no_amount(two):
    a_payment(two, "P-1", amount="150.00", customer="C-1")
    before = two.runner.read(AgedBalance(), LEA).as_json()["currencies"]["EUR"]["total"]
    allocated(two, "P-1", "F-1", "120.00")
    assert two.runner.read(AgedBalance(), LEA).as_json()["currencies"]["EUR"]["total"] == before
    assert two.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()["total"] == "120.00"
    (payment,) = two.runner.read(ListPayments(), LEA).as_json()["payments"]
    assert (payment["amount"], payment["unallocated"]) == ("150.00", "30.00")


def test_a_plan_splits_what_is_open_and_matches_nothing(two):
    run(two, CreatePaymentPlan(invoice="F-1", installments=3, first=date(2026, 12, 5)))
    card = two.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()
    assert (card["settlements"], card["open"], card["total"]) == ([], "120.00", "120.00")
    assert columns_of(two, customer="C-1") == {"not_due": "120.00", "total": "120.00"}


def test_the_order_in_which_money_finds_its_invoices(crm):
    """First what it names, then its amount alone if the payer is sure, then a sum of the oldest; an amount by itself asks."""
    a_customer(crm, "C-1", "Menuiserie Kerbrat")
    for number, amount, late in (
        ("F2026-0113", "120.00", 40),
        ("F2026-0114", "80.00", 30),
        ("F2026-0115", "55.00", 20),
    ):
        an_invoice(crm, number, customer="C-1", amount=amount, days_late=late)
    rows = (
        "20/11/2026;VIR INCONNU;55,00;;;R-0",
        "20/11/2026;VIR MENUISERIE KERBRAT F2026-0115;55,00;;;R-1",
        "21/11/2026;VIR MENUISERIE KERBRAT;200,00;;;R-2",
    )
    imported(crm, HEAD + "\n".join(rows) + "\n", kind="bank-csv", name="banque.csv")
    told = run(crm, MatchPayments())
    found = {tuple(item["number"] for item in one["invoices"]) for one in told["matched"]}
    assert ("F2026-0115",) in found
    assert {one["amount"] for one in told["proposed"]} <= {"55.00", "200.00"}
    assert ("F2026-0113", "F2026-0114") in found | {
        tuple(item["number"] for item in one["invoices"]) for one in told["proposed"]
    }
    assert not any(one["payments"] == ["R-0"] for one in told["matched"]), "an amount alone is never certain"
    with pytest.raises(CrmError):
        run(crm, ConfirmMatch(line=10**6))
