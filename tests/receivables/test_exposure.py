"""Credit limits: what is outstanding, what is left, who is over; and holds on new orders."""

import pytest
from build import LEA, a_credit_note, a_customer, a_payment, ago, an_invoice

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.errors import Refused
from crm.followup.actions.dunning import PreviewDunning
from crm.orders.actions.orders import EndOrder, RecordOrder
from crm.receivables.actions import ListExposure, ShowExposure
from crm.receivables.actions.exposure import LiftOrderHold, PlaceOrderHold


@pytest.fixture
def house(crm: Crm) -> Crm:
    """
    C-1  limit 1,000    owes 1,200, of which 900 late; 250 unallocated
    C-2  limit   500    owes 700
    C-3  limit   300    owes nothing
    C-4  no limit       owes 50, and 10 dollars
    """
    for number, name, limit in (("C-1", "Dupont", "1000"), ("C-2", "Martin", "500"), ("C-3", "Zola", "300")):
        a_customer(crm, number, name, credit_limit=limit, regime="B2B")
    a_customer(crm, "C-4", "Weil", regime="B2B")
    an_invoice(crm, "F-1", customer="C-1", amount="900.00", days_late=10)
    an_invoice(crm, "F-2", customer="C-1", amount="300.00", days_late=-10)
    a_payment(crm, "P-1", customer="C-1", amount="200.00")
    a_credit_note(crm, "AV-1", customer="C-1", amount="-50.00")
    an_invoice(crm, "F-3", customer="C-2", amount="700.00", days_late=1)
    an_invoice(crm, "F-4", customer="C-4", amount="50.00")
    an_invoice(crm, "F-5", customer="C-4", amount="10.00", currency="USD")
    return crm


def told(crm: Crm, **asked) -> list[dict]:
    return crm.runner.read(ListExposure(**asked), LEA).as_json()["exposures"]


def test_who_is_over_the_limit_comes_first(house):
    assert [(one["customer"], one["currency"], one["exposure"], one["limit"], one["left"], one["exceeded"])
            for one in told(house)] == [
        ("C-2", "EUR", "700.00", "500.00", "-200.00", True),
        ("C-1", "EUR", "950.00", "1000.00", "50.00", False),
        ("C-4", "EUR", "50.00", None, None, False),
        ("C-4", "USD", "10.00", None, None, False),
        ("C-3", "EUR", "0.00", "300.00", "300.00", False),
    ]  # fmt: skip  # read as a table: columns side by side
    assert [one["customer"] for one in told(house, exceeded=True)] == ["C-2"]


def test_exposure_is_what_is_open_less_what_is_unallocated(house):
    (one,) = house.runner.read(ShowExposure(customer="C-1"), LEA).as_json()["exposures"]
    assert (one["open"], one["unallocated"], one["orders"], one["exposure"]) == ("1200.00", "-250.00", "0.00", "950.00")


def test_orders_count_until_an_invoice_names_them_or_they_are_over(house):
    """
    O-1  C-1   400 ordered, 150 of it invoiced by its number, 100 by the customer's reference
    O-2  C-1    80 called off
    O-3  C-4    70 ordered, invoiced for more
    O-4  C-4    20 dollars
    O-5  C-5    30 of somebody who owes nothing; O-6 was invoiced without its number
    """
    a_customer(house, "C-5", "Nobody", regime="B2B")
    for customer, number, amount, more in (
        ("C-1", "O-1", "400", {"reference": "BC-7"}),
        ("C-1", "O-2", "80", {}),
        ("C-4", "O-3", "70", {}),
        ("C-4", "O-4", "20 USD", {}),
        ("C-5", "O-5", "30", {}),
        ("C-5", "O-6", "60", {}),
    ):
        house.runner.run(RecordOrder(customer=customer, number=number, amount=amount, ordered=ago(60), **more), LEA)
    house.runner.run(EndOrder(order="O-2", outcome="cancelled"), LEA)
    house.runner.run(EndOrder(order="O-6", outcome="invoiced", day=ago(3)), LEA)
    for number, customer, amount, order in (
        ("F-11", "C-1", "150.00", "O-1"),
        ("F-12", "C-1", "100.00", "BC-7"),
        ("F-13", "C-4", "75.00", "O-3"),
        ("F-14", "C-2", "10.00", "BC-7"),
    ):
        an_invoice(house, number, customer=customer, amount=amount, order_reference=order, days_late=-20)
    assert {(one["customer"], one["currency"]): one["orders"] for one in told(house) if one["orders"] != "0.00"} == {
        ("C-1", "EUR"): "150.00",
        ("C-4", "USD"): "20.00",
        ("C-5", "EUR"): "30.00",
    }, "another customer's reference is another one's"
    (one,) = house.runner.read(ShowExposure(customer="C-1"), LEA).as_json()["exposures"]
    assert (one["open"], one["orders"], one["exposure"], one["exceeded"]) == ("1450.00", "150.00", "1350.00", True)
    (then,) = house.runner.read(ShowExposure(customer="C-5", as_of=ago(10)), LEA).as_json()["exposures"]
    assert then["orders"] == "90.00", "the one that was invoiced since was still under way"


def test_a_customer_with_nothing_outstanding_has_its_limit_left(house):
    (one,) = house.runner.read(ShowExposure(customer="C-3"), LEA).as_json()["exposures"]
    assert (one["exposure"], one["left"]) == ("0.00", "300.00")


def test_a_hold_on_orders_is_told_and_lifted(house):
    house.runner.run(PlaceOrderHold(customer="C-2", reason="limit exceeded"), LEA)
    assert told(house)[0]["order_hold"] == "limit exceeded"
    with pytest.raises(Refused, match="already"):
        house.runner.run(PlaceOrderHold(customer="C-2", reason="again"), LEA)
    house.runner.run(LiftOrderHold(customer="C-2", reason="paid"), LEA)
    assert told(house)[0]["order_hold"] is None
    house.runner.run(Undo(), LEA)
    assert told(house)[0]["order_hold"] == "limit exceeded"
    house.runner.run(LiftOrderHold(customer="C-2", reason="paid"), LEA)
    with pytest.raises(Refused, match="not on hold"):
        house.runner.run(LiftOrderHold(customer="C-2", reason="again"), LEA)


def test_a_hold_on_orders_holds_no_reminder(house):
    def verdicts() -> list[tuple[str, str]]:
        messages = house.runner.read(PreviewDunning(no_text=True), LEA).as_json()["messages"]
        return [(one["customer"], one["verdict"]) for one in messages]

    before = verdicts()
    house.runner.run(PlaceOrderHold(customer="C-2", reason="limit exceeded"), LEA)
    assert verdicts() == before
    assert before


def test_a_hold_without_limit_or_debt_is_listed(house):
    a_customer(house, "C-5", "Noël")
    house.runner.run(PlaceOrderHold(customer="C-5", reason="letters come back"), LEA)
    assert [one["customer"] for one in told(house) if one["order_hold"]] == ["C-5"]
