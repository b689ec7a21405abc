"""What stands beside receivables in the books: suppliers, advances, and whether all of it agrees."""

from datetime import date

from build import LEA, an_invoice, imported
from ledgers_in import Entered, Posted, a_fec, customer, receipt, sale

from crm.core.errors import NotFound
from crm.customers.actions import UpdateCompany
from crm.followup.actions.assumptions import ConfirmAssumptions, ListDebtorsWithoutAddress, ReviewAssumptions
from crm.followup.actions.dunning import PreviewDunning
from crm.receivables.actions.books import CheckAccounting, ListAccountingLines, ListPayables

NAME = "123456789FEC20261231.txt"
OCT, NOV = date(2026, 10, 5), date(2026, 11, 2)


def purchase(piece: str, aux: str, name: str, euros: int, day: date, code: str = "") -> Entered:
    cents = euros * 100
    return Entered("AC", f"AC{piece}", day, piece, (Posted("607000", cents), Posted("401000", -cents, aux, name, code)))


def paid_out(piece: str, aux: str, name: str, euros: int, day: date, code: str = "") -> Entered:
    cents = euros * 100
    return Entered("BQ", f"BQ{piece}", day, piece, (Posted("401000", cents, aux, name, code), Posted("512000", -cents)))


SUPPLIED = (
    purchase("A1", "FDUP", "SARL Maison Dup", 300, OCT),
    purchase("A2", "FBOIS", "Bois et Cie", 80, OCT, "A"),
    paid_out("R2", "FBOIS", "Bois et Cie", 80, NOV, "A"),
    purchase("A3", "FBOIS", "Bois et Cie", 50, NOV, "B"),
)


def payables(crm, **asked):
    return crm.runner.read(ListPayables(**asked), LEA).as_json()


def test_what_we_owe_suppliers(crm):
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT), *SUPPLIED), name=NAME)
    told = payables(crm)
    assert told["total"] == "350.00"
    assert [(one["supplier"], one["balance"], one["oldest"], one["unbalanced_codes"]) for one in told["suppliers"]] == [
        ("FDUP", "300.00", "2026-10-05", []),
        ("FBOIS", "50.00", "2026-11-02", ["B"]),
    ]
    assert payables(crm, supplier="bois")["total"] == "50.00"
    assert payables(crm, supplier="DUP")["total"] == "300.00", "a customer is found by name among the suppliers"
    try:
        payables(crm, supplier="Inconnu")
    except NotFound:
        return
    raise AssertionError("an unknown supplier is told")


def test_a_later_file_replaces_what_we_owe(crm):
    imported(crm, a_fec(*SUPPLIED), name=NAME)
    imported(crm, a_fec(*SUPPLIED, paid_out("R1", "FDUP", "SARL Maison Dup", 300, NOV)), name=NAME)
    assert payables(crm)["total"] == "50.00"


def test_a_customer_whom_we_owe_is_asked_about_before_a_reminder(crm):
    crm.runner.run(UpdateCompany(name="Comptoir", sender_name="Léa"), LEA)
    imported(crm, "number;name;regime;contact_name;email\nDUP;Maison Dup;B2B;Ana;ana@dup.example\n")
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT), *SUPPLIED), name=NAME)
    (message,) = crm.runner.read(PreviewDunning(), LEA).as_json()["messages"]
    assert message["verdict"] == "ask"
    assert any("€300.00" in reason and "offset" in reason for reason in message["reasons"])
    kinds = crm.runner.read(ReviewAssumptions(), LEA).as_json()["counts"]
    assert kinds == {"due_dates": 1, "settled_outside": 0, "opening_balances": 0, "unallocated": 0, "also_supplier": 1}


def test_the_books_and_the_aged_balance_agree_and_what_differs_is_named(crm):
    advance = Entered("BQ", "BQ9", NOV, "V9", (Posted("512000", 60_000), customer("LEA", -60_000, "419100")))
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT), receipt("V1", "DUP", 200, NOV), advance), name=NAME)
    (year,) = crm.runner.read(CheckAccounting(), LEA).as_json()["years"]
    assert (year["books"], year["aged_balance"], year["difference"], year["advances"]) == (
        "1000.00",
        "1000.00",
        "0.00",
        "-600.00",
    )
    an_invoice(crm, "F-99", customer="DUP", days_late=5, amount="36.00")
    told = crm.runner.read(CheckAccounting(), LEA).as_json()
    assert told["years"][0]["difference"] == "36.00"
    assert [(one["document"], one["amount"]) for one in told["not_in_books"]] == [("F-99", "36.00")]
    assert told["advances"] == [{"customer": "LEA", "name": "Maison Lea", "amount": "-600.00"}]


def test_each_line_says_what_it_was_taken_for_and_why(crm):
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT, code="A"), receipt("V1", "DUP", 1200, NOV, code="A")), name=NAME)
    told = crm.runner.read(ListAccountingLines(customer="DUP"), LEA).as_json()["lines"]
    assert [(one["role"], one["rule"], one["amount"], one["code"], one["document"]) for one in told] == [
        ("invoice", "D/70 VE", "1200.00", "A", "F1"),
        ("payment", "C/51 BQ", "-1200.00", "A", "V1"),
    ]


def test_debtors_without_an_address_are_listed(crm):
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT), sale("F2", "LEA", 60, OCT)), name=NAME)
    told = crm.runner.read(ListDebtorsWithoutAddress(), LEA).as_json()["customers"]
    assert [(one["customer"], one["total"]) for one in told] == [("DUP", "1200.00"), ("LEA", "60.00")]
    imported(crm, "customer;name;email\nDUP;Ana;ana@dup.example\n", kind="contacts-csv")
    told = crm.runner.read(ListDebtorsWithoutAddress(), LEA).as_json()["customers"]
    assert [one["customer"] for one in told] == ["LEA"]


def test_assumed_due_dates_are_counted_anew_by_the_terms_of_the_customer(crm):
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT)), name=NAME)
    (assumed,) = crm.runner.read(ReviewAssumptions(kind="due_dates"), LEA).as_json()["assumptions"]
    assert (assumed["invoices"], assumed["terms"]) == (["F1"], "30")
    left = crm.runner.run(ConfirmAssumptions(kind="due_dates", customer="DUP", terms="45 EOM A"), LEA).result
    assert left.as_json()["assumptions"] == []
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT), sale("F2", "DUP", 60, OCT)), name=NAME)
    (assumed,) = crm.runner.read(ReviewAssumptions(kind="due_dates"), LEA).as_json()["assumptions"]
    assert (assumed["invoices"], assumed["terms"]) == (["F2"], "45 EOM A"), "a later file leaves what was confirmed"


def test_lettered_items_said_to_be_owed_are_reminded_and_stay_so(crm):
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT, code="Z")), name=NAME)
    crm.runner.run(ConfirmAssumptions(kind="settled_outside", customer="DUP", answer="owed"), LEA)
    imported(crm, a_fec(sale("F1", "DUP", 1200, OCT, code="Z"), sale("F2", "DUP", 60, OCT)), name=NAME)
    assert crm.runner.read(ReviewAssumptions(kind="settled_outside"), LEA).as_json()["assumptions"] == []
