"""Customers found by any word of theirs, a page at a time, with what they owe and what comes next."""

from datetime import UTC, date, datetime

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, an_invoice
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import Propose
from crm.core.i18n import use_language
from crm.customers.actions import PlaceHold
from crm.customers.interactions import LogInteraction
from crm.customers.models import Customer
from crm.messaging.models import OutgoingMessage
from crm.portfolio.history import AddNote
from crm.portfolio.search import CustomerPage, SearchCustomers
from crm.receivables.actions import RecordPromise


def search(crm: Crm, text: str = "", **asked: object) -> CustomerPage:
    return crm.runner.read(SearchCustomers(text=text, **asked), LEA)


def found(crm: Crm, text: str = "", **asked: object) -> list[str]:
    return [row.name for row in search(crm, text, **asked).rows]


@pytest.fixture
def town(crm: Crm) -> Crm:
    """Five customers, three of whom owe something."""
    a_customer(crm, "C-1", "Électricité Morvan", city="Épinal", siren="552081317", regime="B2B")
    a_customer(crm, "C-2", "Dupont Frères", city="Lorient", contact_name="Hélène Caron", email="h.caron@dupont.example")
    a_customer(crm, "C-3", "Dupond Matériaux", city="Saint-Pol-de-Léon", aliases="DM Bois|Matériaux 29", regime="B2C")
    a_customer(crm, "C-4", "100% Fleurs", city="Brest", regime="B2B")
    a_customer(crm, "X_77", "Garage [Lefèvre]", city="Brest", regime="B2B")
    an_invoice(crm, "F-1", customer="C-1", days_late=40, amount="100.00")
    an_invoice(crm, "F-2", customer="C-1", days_late=5, amount="20.00")
    an_invoice(crm, "F-3", customer="C-2", days_late=90, amount="50.00")
    an_invoice(crm, "F-4", customer="C-4", days_late=-10, amount="900.00")
    return crm


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("morvan", ["Électricité Morvan"]),
        ("ELEC mor", ["Électricité Morvan"]),
        ("epinal", ["Électricité Morvan"]),
        ("saint pol", ["Dupond Matériaux"]),
        ("dm bois", ["Dupond Matériaux"]),
        ("caron", ["Dupont Frères"]),
        ("h.caron@dupont.example", ["Dupont Frères"]),
        ("55208", ["Électricité Morvan"]),
        ("c-2", ["Dupont Frères"]),
        ("x_7", ["Garage [Lefèvre]"]),
        ("100%", ["100% Fleurs"]),
        ("dupont lorient", ["Dupont Frères"]),
        ("_", ["Garage [Lefèvre]"]),
        ("%", []),
        ("nobody", []),
    ],
)
def test_any_word_finds(town: Crm, text: str, names: list[str]) -> None:
    assert found(town, text) == names


def test_names_alone_are_looked_through_first(town: Crm) -> None:
    assert found(town, "dupo", names_only=True) == ["Dupond Matériaux", "Dupont Frères"]
    assert found(town, "brest", names_only=True) == []
    assert found(town, "c-4", names_only=True) == ["100% Fleurs"]


def test_pages_follow_each_other_without_gap_or_twice(town: Crm) -> None:
    whole = found(town)
    assert [name for offset in range(0, 6, 2) for name in found(town, offset=offset, limit=2)] == whole
    assert search(town, limit=2, count=True).total == 5
    assert search(town, limit=2).total is None


@pytest.mark.parametrize(
    ("order", "first"),
    [("overdue", "Électricité Morvan"), ("late", "Dupont Frères"), ("balance", "100% Fleurs"), ("name", "100% Fleurs")],
)
def test_an_order_is_by_money_or_by_name(town: Crm, order: str, first: str) -> None:
    page = search(town, sort=order, sums=True)
    assert page.rows[0].name == first
    assert page.total == 5
    assert page.sums["EUR"].overdue == 17_000
    assert page.sums["EUR"].total == 107_000


def test_what_is_owed_is_that_of_the_aged_balance(town: Crm) -> None:
    a_payment(town, "P-1", customer="C-1", amount="30.00")
    (row,) = search(town, "morvan").rows
    assert (row.owed.overdue, row.owed.total, row.owed.oldest_days) == (12_000, 9_000, 40)


def test_ready_filters(town: Crm) -> None:
    town.runner.run(PlaceHold(customer="C-4", reason="vu au salon"), LEA)
    town.runner.run(RecordPromise(customer="C-2", by=ago(-3)), LEA)
    town.runner.run(
        Propose(action="set_segment", fields={"customer": "C-1", "segment": "vip"}, subject="C-1", reason="achète"), LEA
    )
    assert found(town, only="overdue", sort="overdue") == ["Électricité Morvan", "Dupont Frères"]
    assert found(town, only="held") == ["100% Fleurs"]
    assert found(town, only="promised") == ["Dupont Frères"]
    assert found(town, only="proposed") == ["Électricité Morvan"]
    assert found(town, only="no_regime") == ["Dupont Frères"]
    assert found(town, only="no_address") == [
        "100% Fleurs",
        "Dupond Matériaux",
        "Électricité Morvan",
        "Garage [Lefèvre]",
    ]
    (row,) = search(town, "c-4").rows
    assert row.hold == "vu au salon"
    (row,) = search(town, "c-2").rows
    assert row.promise == date(2026, 11, 27)
    (row,) = search(town, "c-1").rows
    assert row.proposal == "achète"


def test_two_currencies_are_never_added(crm: Crm) -> None:
    a_customer(crm, "C-1", "Northwind")
    an_invoice(crm, "F-1", customer="C-1", amount="10.00")
    an_invoice(crm, "F-2", customer="C-1", amount="900.00", currency="USD")
    (row,) = search(crm).rows
    assert (row.owed.currency, row.owed.total, row.currencies) == ("EUR", 1_000, 2)
    assert search(crm, sums=True).sums["USD"].total == 90_000


def test_the_answer_as_json_and_as_a_sheet(town: Crm) -> None:
    use_language("en")
    page = search(town, "morvan")
    assert page.as_json()["customers"][0] | {"customer": "C-1"} == page.as_json()["customers"][0]
    assert page.as_json()["customers"][0]["overdue"] == "120.00"
    assert page.as_sheet().rows[0][:2] == ("C-1", "Électricité Morvan")
    assert page.as_of == TODAY


def test_the_last_exchange_is_one_that_took_place(town: Crm) -> None:
    def call(customer: str, days: int, outcome: str) -> None:
        town.runner.run(
            LogInteraction(customer=customer, channel="phone", date=ago(days), outcome=outcome, note="."), LEA
        )

    call("C-1", 9, "reached")
    call("C-1", 2, "no_answer")
    town.runner.run(AddNote(customer="C-1", note="un mot pour nous"), LEA)
    with town.database.writing() as session:
        owner = dict(session.execute(select(Customer.number, Customer.id)).all())
        for place, (number, days, state) in enumerate([("C-2", 4, "sent"), ("C-2", 1, "held"), ("C-1", 30, "sent")]):
            session.add(
                OutgoingMessage(
                    purpose="dunning",
                    customer_id=owner[number],
                    channel="email",
                    recipient="a@b.example",
                    text=".",
                    message_id=str(place),
                    dedupe_key=str(place),
                    state=state,
                    day=ago(days),
                    queued_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
                )
            )
        session.commit()
    told = {row.number: row.exchange for row in search(town, exchanges=True).rows}
    assert told == {"C-1": ago(9), "C-2": ago(4), "C-3": None, "C-4": None, "X_77": None}
    with town.database.writing() as session:
        session.get(Customer, owner["C-2"]).root_id = owner["C-4"]
        session.commit()
    assert {row.number: row.exchange for row in search(town, exchanges=True).rows}["C-4"] == ago(4)
