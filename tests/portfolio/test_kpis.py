"""Key figures that can be argued with: value, formula, inputs. The examples of `docs/rules.md`."""

from datetime import date
from decimal import Decimal

import pytest
from build import LEA, a_credit_note, a_customer, a_payment, ago, an_invoice, imported
from hypothesis import given
from hypothesis import strategies as st

from crm.core.periods import Period
from crm.portfolio.actions import ListCustomers, ShowCustomer
from crm.portfolio.figures import ShowKpi
from crm.portfolio.kpis import Sums, dso, overdue_rate, rounded

QUARTER = Period(date(2026, 9, 1), date(2026, 11, 30))

QUARTER_S_FILE = """
    number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount
    F-9;Dupont;2026-09-10;2026-10-25;150000.00;2026-10-30;100000.00
    F-10;Dupont;2026-10-10;2026-11-24;180000.00;2026-11-28;80000.00
    F-11;Martin;2026-11-10;2026-12-25;220000.00;;
    F-8;Martin;2026-08-01;2026-09-15;80000.00;2026-09-20;
"""


def figure(crm, kpi: str, **asked) -> dict:
    return crm.runner.read(ShowKpi(kpi=kpi, **asked), LEA).as_json()


# The pure part


def test_dso_of_the_worked_example():
    assert dso(Sums(receivables=45_000_000, overdue=15_000_000, sales=55_000_000, days=91)) == Decimal("74.45")


def test_what_cannot_be_divided_is_undefined_never_zero():
    assert dso(Sums(1, 1, 0, 91)) is None
    assert dso(Sums(1, 1, -5, 91)) is None
    assert overdue_rate(Sums(0, 0, 1, 91)) is None


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(1, 400))
def test_dso_grows_with_what_is_owed_and_is_rounded_half_up(owed, sales, days):
    value = dso(Sums(owed, 0, sales, days))
    assert value is not None
    assert abs(value * sales - Decimal(owed * days)) <= Decimal("0.0051") * sales
    more = dso(Sums(owed + 1, 0, sales, days))
    assert more is not None
    assert more >= value


@pytest.mark.parametrize(
    ("value", "shown"), [("0.005", "0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("74.445", "74.45")]
)
def test_two_decimals_half_up(value, shown):
    assert rounded(Decimal(value)) == Decimal(shown)


# Through the action


def test_dso_of_a_quarter_with_its_inputs(crm):
    imported(crm, QUARTER_S_FILE)
    told = figure(crm, "dso", period=QUARTER)
    assert (told["kpi"], told["value"], told["unit"], told["as_of"]) == ("dso", "61.22", "days", "2026-11-30")
    assert told["inputs"] == {
        "receivables": "370000.00",
        "overdue": "150000.00",
        "sales": "550000.00",
        "days": 91,
        "disputed": "0.00",
        "without_disputed": "61.22",
        "period": "2026-09-01/2026-11-30",
    }
    assert told["formula"]
    assert told["method"]


def test_the_worked_example_of_74_45(crm):
    """
    sales    Sep 150,000   Oct 180,000   Nov 220,000
    owed     450,000 at the end of November, of which 300,000 not due
    """
    imported(
        crm,
        """
        number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount
        F-9;Dupont;2026-09-10;2026-10-25;150000.00;;
        F-10;Dupont;2026-10-10;2026-12-09;180000.00;2026-11-02;100000.00
        F-11;Martin;2026-11-10;2026-12-25;220000.00;;
        """,
    )
    assert figure(crm, "dso", period=QUARTER)["value"] == "74.45"
    assert figure(crm, "total_receivables", period=QUARTER) | {"method": ""} == {
        "kpi": "total_receivables",
        "value": "450000.00",
        "unit": "EUR",
        "formula": "total of the aged balance",
        "inputs": {
            "receivables": "450000.00",
            "overdue": "150000.00",
            "sales": "550000.00",
            "days": 91,
            "disputed": "0.00",
            "without_disputed": "450000.00",
            "period": "2026-09-01/2026-11-30",
        },
        "method": "",
        "as_of": "2026-11-30",
    }
    assert figure(crm, "overdue_amount", period=QUARTER)["value"] == "150000.00"
    assert (
        figure(crm, "overdue_rate", period=QUARTER)["value"],
        figure(crm, "overdue_rate", period=QUARTER)["unit"],
    ) == (
        "33.33",
        "percent",
    )


def test_credit_notes_and_unused_money_lower_sales_and_what_is_owed(crm):
    an_invoice(crm, "F-1", amount="1000.00", days_late=0)
    a_credit_note(crm, "AV-1", amount="-100.00", days_ago=3)
    a_payment(crm, "P-1", amount="50.00")
    told = figure(crm, "dso")["inputs"]
    assert (told["sales"], told["receivables"]) == ("900.00", "850.00")


def test_the_last_ninety_days_if_no_period_is_named(crm):
    an_invoice(crm, "in", days_late=59, amount="10.00")
    an_invoice(crm, "out", days_late=61, amount="100.00")
    assert figure(crm, "dso")["inputs"] | {"overdue": "", "receivables": "", "without_disputed": ""} == {
        "receivables": "",
        "overdue": "",
        "sales": "10.00",
        "days": 90,
        "disputed": "0.00",
        "without_disputed": "",
        "period": "2026-08-27/2026-11-24",
    }


def test_a_figure_that_is_undefined_says_why(crm):
    told = figure(crm, "dso")
    assert told["value"] is None
    assert "no sales" in told["method"]
    assert figure(crm, "overdue_rate")["value"] is None
    assert figure(crm, "total_receivables")["value"] == "0.00"


def test_a_figure_is_of_one_currency_and_of_whom_it_was_asked_for(crm):
    an_invoice(crm, "F-1", customer="Dupont", amount="100.00")
    an_invoice(crm, "F-2", customer="Martin", amount="40.00")
    an_invoice(crm, "F-3", customer="Martin", amount="7.00", currency="USD")
    assert figure(crm, "total_receivables")["value"] == "140.00"
    assert figure(crm, "total_receivables", customer="Martin")["value"] == "40.00"
    assert (
        figure(crm, "overdue_amount", currency="USD")["value"],
        figure(crm, "overdue_amount", currency="USD")["unit"],
    ) == (
        "7.00",
        "USD",
    )


# Customers


def test_customers_are_listed_with_what_each_owes(crm):
    a_customer(crm, "C-1", "Dupont", city="Brest")
    a_customer(crm, "C-2", "Martin", city="Rennes")
    an_invoice(crm, "F-1", customer="C-1", amount="100.00")
    an_invoice(crm, "F-2", customer="C-1", amount="40.00", days_late=-5)
    told = crm.runner.read(ListCustomers(), LEA).as_json()["customers"]
    assert [(row["customer"], row["name"], row["balance"], row["overdue"]) for row in told] == [
        ("C-1", "Dupont", "140.00", "100.00"),
        ("C-2", "Martin", "0.00", "0.00"),
    ]


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"city": "brest"}, ["C-1", "C-3"]),
        ({"query": "mar"}, ["C-2"]),
        ({"query": "hotel ren"}, ["C-4"]),
        ({"limit": 1}, ["C-1"]),
        ({"query": "c-3"}, ["C-3"]),
        ({"city": "Nowhere"}, []),
    ],
)
def test_customers_are_found_by_city_and_words(crm, asked, who):
    for number, name, city in (
        ("C-1", "Dupont", "Brest"),
        ("C-2", "Martin", "Rennes"),
        ("C-3", "Zola", "BREST"),
        ("C-4", "Hôtel", "Rennes"),
    ):
        a_customer(crm, number, name, city=city)
    found = [row["customer"] for row in crm.runner.read(ListCustomers(**asked), LEA).as_json()["customers"]]
    assert sorted(found) == who


def test_a_customer_tells_identity_balance_and_next_step(crm):
    a_customer(crm, city="Brest", regime="B2B", contact_name="Anne", email="anne@dupont.example")
    an_invoice(crm, "F-1", customer="C-1", amount="100.00", days_late=12)
    an_invoice(crm, "F-2", customer="C-1", amount="5.00", currency="USD", days_late=-3)
    told = crm.runner.read(ShowCustomer(customer="C-1"), LEA).as_json()
    assert (told["customer"], told["name"], told["account_manager"]) == ("C-1", "Dupont", "")
    assert (told["currency"], told["balance"], told["overdue"]) == ("EUR", "100.00", "100.00")
    assert told["currencies"]["USD"]["total"] == "5.00"
    assert told["contacts"][0]["email"] == "anne@dupont.example"
    assert "12" in told["next_step"]


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda crm: a_customer(crm, regime="B2B"), "Nothing is due"),
        (lambda crm: a_customer(crm), "regime"),
        (lambda crm: (a_customer(crm, regime="B2B"), an_invoice(crm, days_late=-9)), "Wait"),
        (lambda crm: (a_customer(crm, regime="B2B"), an_invoice(crm, days_late=1)), "1 day"),
        (lambda crm: (a_customer(crm, regime="B2B"), an_invoice(crm, paid_date=ago(1))), "Nothing is due"),
    ],
)
def test_the_next_step(crm, prepare, told):
    prepare(crm)
    assert told in crm.runner.read(ShowCustomer(customer="Dupont"), LEA).as_json()["next_step"]
