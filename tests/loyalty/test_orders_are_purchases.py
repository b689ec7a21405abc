"""Purchases are orders where they are known, else invoices; one that was wholly credited or called off is none."""

from datetime import date

import pytest
from build import LEA, TODAY, a_credit_note, a_customer, ago, an_invoice, clean, imported

from crm.loyalty.queries import purchases
from crm.orders.actions.orders import EndOrder, ListOrders, RecordOrder
from crm.receivables.queries import Whose


@pytest.fixture
def house(crm):
    for number in ("C-1", "C-2"):
        a_customer(crm, number, f"House {number}")
    return crm


def bought(crm, day: date = TODAY):
    """Number of a customer → last purchase in days before today, ever, of late, spent of late."""
    with crm.database.reading() as session:
        found = purchases(session, day, Whose())
    return {key: ((TODAY - told.last).days, told.ever, told.frequency, told.monetary) for key, told in found.items()}


def an_order(crm, number, days, amount="100", **more):
    crm.runner.run(RecordOrder(customer="C-1", number=number, amount=amount, ordered=ago(days), **more), LEA)


def invoiced(crm, number, days, amount="100.00", **more):
    """Issued so many days ago."""
    an_invoice(crm, number, customer="C-1", amount=amount, days_late=days - 30, **more)


def test_without_invoices_orders_count_by_themselves(house):
    an_order(house, "O-1", 500)
    an_order(house, "O-2", 20)
    an_order(house, "O-3", 5, "70")
    assert bought(house) == {1: (5, 3, 2, 17_000)}
    assert bought(house, ago(10)) == {1: (20, 2, 1, 10_000)}, "as known on a day"


def test_the_invoices_of_an_order_are_no_second_purchase(house):
    an_order(house, "O-1", 40, "100")
    an_order(house, "O-2", 30, "60", reference="BC-9")
    invoiced(house, "F-1", 20, "55.00", order_reference="O-1")
    invoiced(house, "F-2", 10, "45.00", order_reference="O-1")
    invoiced(house, "F-3", 5, "60.00", order_reference="BC-9")
    invoiced(house, "F-4", 3, "12.00")
    assert bought(house) == {1: (3, 3, 3, 17_200)}, "what names no order is a purchase of its own"


def test_an_invoice_that_names_no_order_stands_for_one_that_no_invoice_names(house):
    invoiced(house, "F-0", 200, "80.00")
    for turn in (1, 2):
        an_order(house, f"O-{turn}", 50 - turn)
        invoiced(house, f"F-{turn}", 30 - turn)
    assert bought(house) == {1: (48, 3, 3, 28_000)}, "and those before the first order count as ever"
    invoiced(house, "F-3", 2, "30.00")
    assert bought(house) == {1: (2, 4, 4, 31_000)}, "one more than there are orders"


def test_what_was_wholly_credited_or_called_off_is_no_purchase(house):
    an_order(house, "O-1", 40)
    invoiced(house, "F-1", 30, order_reference="O-1")
    an_order(house, "O-2", 25, "50")
    house.runner.run(EndOrder(order="O-2", outcome="cancelled", day=ago(20)), LEA)
    assert bought(house) == {1: (40, 1, 1, 10_000)}
    a_credit_note(house, "A-1", customer="C-1", days_ago=9, amount="-40.00", original_invoice="F-1")
    assert bought(house) == {1: (40, 1, 1, 6_000)}, "a part of it given back"
    a_credit_note(house, "A-2", customer="C-1", days_ago=8, amount="-60.00", original_invoice="F-1")
    assert bought(house) == {}
    assert bought(house, ago(22)) == {1: (25, 2, 2, 15_000)}, "before any of it"


def test_orders_come_in_by_a_file_whose_second_reading_creates_nothing(house):
    file = """
        number;customer;order_date;total_incl_tax;total_excl_tax;reference;promised_date;status
        O-1;C-1;2026-10-01;120.00;100.00;BC-1;2026-10-20;invoiced
        O-2;House C-2;2026-11-02;60.50;;;;
        O-3;C-1;2026-11-03;36.00;30.00;;;annulée
    """
    report = clean(imported(house, file))
    assert (report.kind, report.created) == ("orders-csv", 3)
    again = imported(house, file)
    assert (again.created, again.updated, again.duplicates) == (0, 0, 3)
    told = house.runner.read(ListOrders(), LEA).as_json()["orders"]
    assert [(one["number"], one["customer"], one["amount"], one["status"]) for one in told] == [
        ("O-3", "C-1", "36.00", "cancelled"),
        ("O-2", "C-2", "60.50", "open"),
        ("O-1", "C-1", "120.00", "invoiced"),
    ]
    assert bought(house) == {1: (54, 1, 1, 10_000), 2: (22, 1, 1, 6_050)}


def test_lines_that_cannot_be_taken_over_are_told_and_the_rest_is_kept(house):
    report = imported(
        house,
        """
        number;customer;order_date;total_incl_tax;status
        O-1;C-1;2026-10-01;120.00;
        O-1;C-1;2026-10-02;99.00;
        O-2;Nobody;2026-10-01;10.00;
        O-3;C-1;2026-10-01;-10.00;
        O-4;C-1;2026-10-01;10.00;perhaps
        O-5;C-1;2026-10-01;;
        """,
    )
    assert (report.read, report.created, [problem.line for problem in report.problems]) == (6, 1, [3, 4, 5, 6, 7])
    changed = imported(house, "number;customer;order_date;total_incl_tax;status\nO-1;C-1;2026-10-01;120.00;facturée\n")
    assert (changed.updated, len(changed.problems)) == (1, 0)
    assert imported(house, "number;customer;order_date;total_incl_tax\nO-1;C-1;2026-10-01;121.00\n").problems
