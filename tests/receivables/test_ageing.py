"""The aged balance: which column a day belongs to, and what is never added up."""

from datetime import date, timedelta

import pytest
from build import LEA, a_credit_note, a_customer, a_payment, ago, allocated, an_invoice, columns_of, open_amounts

from crm.core.errors import NotFound
from crm.receivables.actions import AgedBalance, ExplainBalance, ListInvoices, ShowInvoice
from crm.receivables.ageing import AgeingLine, Bucket, Standing, bucket_of, standing, totals

AS_OF = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("due", "days", "column"),
    [
        (date(2026, 11, 25), -1, "not_due"),
        (date(2026, 11, 24), 0, "not_due"),
        (date(2026, 11, 23), 1, "1-30"),
        (date(2026, 10, 25), 30, "1-30"),
        (date(2026, 10, 24), 31, "31-60"),
        (date(2026, 9, 30), 55, "31-60"),
        (date(2026, 9, 25), 60, "31-60"),
        (date(2026, 9, 24), 61, "61-90"),
        (date(2026, 8, 26), 90, "61-90"),
        (date(2026, 8, 25), 91, "over_90"),
        (date(2020, 1, 1), 2519, "over_90"),
    ],
)
def test_the_column_of_a_due_date(crm, due, days, column):
    assert (AS_OF - due).days == days
    assert bucket_of(days).value == column
    an_invoice(crm, days_late=days, amount="12.34")
    assert columns_of(crm) == {column: "12.34", "total": "12.34"}
    (line,) = crm.runner.read(ListInvoices(), LEA).as_json()["invoices"]
    assert line["days_overdue"] == max(0, days)


@pytest.mark.parametrize(
    ("open_cents", "late", "disputed", "where"),
    [
        (0, 50, True, Standing.PAID),
        (1, 50, True, Standing.DISPUTED),
        (1, -5, True, Standing.DISPUTED),
        (1, 1, False, Standing.OVERDUE),
        (1, 0, False, Standing.NOT_DUE),
        (-1, 0, False, Standing.NOT_DUE),
    ],
)
def test_where_a_document_stands(open_cents, late, disputed, where):
    assert standing(open_cents, late, disputed=disputed) is where


def test_totals_are_kept_per_currency():
    lines = (
        AgeingLine("C-1", "A", "", "USD", 100, oldest_days=3),
        AgeingLine("C-1", "A", "", "EUR", 1, 2, 3, 4, 5, -6, oldest_days=99),
        AgeingLine("C-2", "B", "", "EUR", 10, 20, 30, 40, 50, -60, oldest_days=12),
    )
    found = totals(lines)
    assert list(found) == ["EUR", "USD"]
    assert (found["EUR"].ages, found["EUR"].unallocated, found["EUR"].total) == ((11, 22, 33, 44, 55), -66, 99)
    assert (found["EUR"].oldest_days, found["EUR"].overdue) == (99, 154)
    assert found["USD"].total == 100
    assert [found["EUR"].cents(bucket) for bucket in Bucket] == [11, 22, 33, 44, 55, -66]


# Facts and days


def test_a_partial_payment_lowers_its_invoice_from_its_day_on(crm):
    """
    invoice  F-1  due 12 days ago   120.00
    payment  P-1   3 days ago        50.00, set against it
    """
    an_invoice(crm, "F-1", days_late=12, amount="120.00")
    a_payment(crm, "P-1", days_ago=3, amount="50.00")
    allocated(crm, "P-1", "F-1", "50.00")
    assert columns_of(crm, as_of=ago(4)) == {"1-30": "120.00", "total": "120.00"}
    assert columns_of(crm) == {"1-30": "70.00", "total": "70.00"}
    assert columns_of(crm, as_of=ago(50)) == {}


def test_money_and_credit_notes_without_use_stand_apart(crm):
    an_invoice(crm, amount="120.00")
    a_payment(crm, amount="50.00")
    a_credit_note(crm, amount="-20.00")
    assert columns_of(crm) == {"1-30": "120.00", "unallocated": "-70.00", "total": "50.00"}


def test_a_credit_note_that_was_used_stands_apart_no_longer(crm):
    an_invoice(crm, amount="120.00")
    a_credit_note(crm, amount="-20.00", days_ago=5)
    allocated(crm, "AV-1", "F-1", "15.00")
    assert columns_of(crm) == {"1-30": "105.00", "unallocated": "-5.00", "total": "100.00"}
    assert columns_of(crm, as_of=ago(6)) == {"1-30": "120.00", "total": "120.00"}


def test_money_of_an_unknown_payer_has_a_line_of_its_own(crm):
    an_invoice(crm, amount="120.00")
    a_payment(crm, customer="", amount="50.00")
    told = crm.runner.read(AgedBalance(), LEA).as_json()
    assert told["currencies"]["EUR"]["total"] == "70.00"
    assert [(line["customer"], line["total"]) for line in told["customers"]] == [("Dupont", "120.00"), ("", "-50.00")]
    narrowed = crm.runner.read(AgedBalance(customer="Dupont"), LEA).as_json()
    assert narrowed["currencies"]["EUR"]["total"] == "120.00"


def test_currencies_are_never_added(crm):
    an_invoice(crm, "F-1", amount="100.00")
    an_invoice(crm, "F-2", amount="100.00", currency="USD")
    an_invoice(crm, "F-3", amount="1000", currency="JPY")
    a_payment(crm, "P-1", amount="30.00", currency="USD")
    told = crm.runner.read(AgedBalance(), LEA).as_json()
    assert {code: line["total"] for code, line in told["currencies"].items()} == {
        "EUR": "100.00",
        "JPY": "1000",
        "USD": "70.00",
    }
    assert [(line["customer"], line["currency"]) for line in told["customers"]] == [
        ("Dupont", "EUR"),
        ("Dupont", "JPY"),
        ("Dupont", "USD"),
    ]
    opened = crm.runner.read(ExplainBalance(currency="USD"), LEA).as_json()
    assert [(line["document"], line["open"]) for line in opened["lines"]] == [("F-2", "100.00"), ("P-1", "-30.00")]


def test_the_oldest_debt_comes_first(crm):
    an_invoice(crm, "F-1", customer="Young", days_late=-10, amount="900.00")
    an_invoice(crm, "F-2", customer="Old", days_late=100, amount="10.00")
    an_invoice(crm, "F-3", customer="Late", days_late=5, amount="50.00")
    told = crm.runner.read(AgedBalance(), LEA).as_json()
    assert [line["customer"] for line in told["customers"]] == ["Old", "Late", "Young"]


def test_whoever_owes_nothing_has_no_line(crm):
    an_invoice(crm, paid_date=ago(1))
    a_customer(crm, "C-2", "Martin")
    assert crm.runner.read(AgedBalance(), LEA).as_json() == {"as_of": "2026-11-24", "currencies": {}, "customers": []}


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"customer": "C-1"}, {"C-1"}),
        ({"customer": "dupont"}, {"C-1"}),
        ({"city": "brest"}, {"C-1", "C-2"}),
        ({"segment": "vip"}, {"C-2"}),
        ({"assignee": "U1"}, {"C-2", "C-3"}),
        ({"city": "Brest", "assignee": "U1"}, {"C-2"}),
        ({"city": "Nowhere"}, set()),
    ],
)
def test_the_question_can_be_narrowed(crm, asked, who):
    from build import imported

    imported(crm, "number;name;role\nU1;Lucie;account_manager\n")
    for number, name, city, segment, manager in (
        ("C-1", "Dupont", "Brest", "", ""),
        ("C-2", "Martin", "Brest", "vip", "U1"),
        ("C-3", "Zola", "Rennes", "", "U1"),
    ):
        a_customer(crm, number, name, city=city, segment=segment, account_manager=manager)
        an_invoice(crm, f"F-{number}", customer=number)
    assert {line["customer"] for line in crm.runner.read(AgedBalance(**asked), LEA).as_json()["customers"]} == who


# Explaining a figure


def test_a_figure_opens_to_its_lines_with_formula_and_day(crm):
    an_invoice(crm, "F-1", days_late=12, amount="120.00", paid_date=ago(2), paid_amount="20.00")
    an_invoice(crm, "F-2", days_late=20, amount="30.00")
    an_invoice(crm, "F-3", days_late=40, amount="1.00")
    told = crm.runner.read(ExplainBalance(customer="Dupont", bucket="1-30"), LEA).as_json()
    assert (told["figure"], told["value"], told["as_of"]) == ("1-30", "130.00", "2026-11-24")
    assert told["formula"]
    assert told["lines"] == [
        {
            "document": "F-2",
            "kind": "invoice",
            "customer": "Dupont",
            "date": "2026-10-05",
            "due_date": "2026-11-04",
            "days_overdue": 20,
            "total": "30.00",
            "open": "30.00",
        },
        {
            "document": "F-1",
            "kind": "invoice",
            "customer": "Dupont",
            "date": "2026-10-13",
            "due_date": "2026-11-12",
            "days_overdue": 12,
            "total": "120.00",
            "open": "100.00",
        },
    ]


def test_an_invoice_tells_what_settled_it_and_when(crm):
    an_invoice(crm, amount="120.00", paid_date=ago(8), paid_amount="20.00")
    a_credit_note(crm, amount="-30.00", days_ago=6)
    allocated(crm, "AV-1", "F-1", "30.00")
    told = crm.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()
    assert (told["total"], told["open"], told["standing"]) == ("120.00", "70.00", "overdue")
    assert [(use["document"], use["kind"], use["date"], use["amount"]) for use in told["settlements"]] == [
        ("F-1", "payment", "2026-11-16", "20.00"),
        ("AV-1", "credit_note", "2026-11-18", "30.00"),
    ]
    before = crm.runner.read(ShowInvoice(invoice="F-1", as_of=ago(7)), LEA).as_json()
    assert (before["open"], len(before["settlements"])) == ("100.00", 1)


def test_an_invoice_that_is_not_there_or_not_yet_is_told(crm):
    an_invoice(crm, "F2026-0042", days_late=-30)
    with pytest.raises(NotFound) as told:
        crm.runner.read(ShowInvoice(invoice="F2025-0042"), LEA)
    assert told.value.candidates == ("F2026-0042",)
    with pytest.raises(NotFound):
        crm.runner.read(ShowInvoice(invoice="F2026-0042", as_of=AS_OF - timedelta(1)), LEA)


# Listing


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, ["paid", "part", "late", "dispute", "soon", "AV-1"]),
        ({"status": "open"}, ["part", "late", "dispute", "AV-1", "soon"]),
        ({"status": "overdue"}, ["part", "late"]),
        ({"status": "paid"}, ["paid"]),
        ({"status": "disputed"}, ["dispute"]),
        ({"status": "not_due"}, ["AV-1", "soon"]),
        ({"status": "partially_paid"}, ["part"]),
        ({"amount_min": "100"}, ["part", "late"]),
        ({"amount_max": "-1"}, ["AV-1"]),
        ({"days_overdue_min": 20}, ["part", "late"]),
        ({"days_overdue_min": 21, "days_overdue_max": 39}, ["late"]),
        ({"period": "2026-11-01/2026-11-30"}, ["late", "dispute", "AV-1"]),
        ({"sort": "amount", "limit": 2}, ["late", "part"]),
        ({"status": "open", "limit": 1}, ["part"]),
    ],
)
def test_invoices_are_listed_by_standing_amount_and_age(crm, asked, numbers):
    an_invoice(crm, "paid", days_late=50, amount="10.00", paid_date=ago(1))
    an_invoice(crm, "part", days_late=40, amount="150.00", paid_date=ago(1), paid_amount="50.00")
    an_invoice(crm, "late", days_late=22, amount="200.00")
    an_invoice(crm, "dispute", days_late=10, amount="30.00", disputed="yes")
    an_invoice(crm, "soon", days_late=-20, amount="40.00")
    a_credit_note(crm, "AV-1", days_ago=5, amount="-20.00")
    found = crm.runner.read(ListInvoices(**asked), LEA).as_json()["invoices"]
    listed = [line["number"] for line in found]
    assert (sorted(listed) if not asked else listed) == (sorted(numbers) if not asked else numbers)


def test_a_day_in_the_past_is_answered_as_it_was_then(crm):
    an_invoice(crm, "F-1", days_late=12, amount="120.00", paid_date=ago(2))
    an_invoice(crm, "F-2", days_late=-30, amount="80.00")
    assert open_amounts(crm, ago(3)) == {"F-1": "120.00"}
    assert open_amounts(crm, ago(-1)) == {"F-2": "80.00"}
    assert open_amounts(crm, ago(60)) == {}
