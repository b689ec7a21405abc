"""What nears its limitation: derived from due dates, regimes and part payments, as of any day."""

from datetime import date, timedelta

import pytest
from build import LEA, TODAY, a_credit_note, a_customer, a_payment, allocated, an_invoice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.customers.actions import UpdateCustomer
from crm.law import queries
from crm.law.actions import RecordLegalValue
from crm.law.limitation import limitation
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import ListLimitations, limitation_words


def listed(crm: Crm, **asked: object) -> dict[str, str]:
    """Invoice → last day."""
    found = crm.runner.read(ListLimitations(**asked), LEA).as_json()["limitations"]
    return {line["invoice"]: line["limitation_date"] for line in found}


def due(crm: Crm, number: str, day: str, customer: str = "C-1", **cells: object) -> None:
    """An invoice due on a day, sent 30 days before."""
    when = date.fromisoformat(day)
    an_invoice(crm, number, customer=customer, due_date=when, issue_date=when - timedelta(30), **cells)


@pytest.fixture
def three(crm: Crm) -> Crm:
    """A consumer, a business and a public body; today is 24 November 2026."""
    a_customer(crm, "C-1", "Jeanne Tanguy", regime="B2C")
    a_customer(crm, "C-2", "Dupont Frères", regime="B2B")
    a_customer(crm, "C-3", "Mairie de Crozon", regime="B2G")
    return crm


def test_the_soonest_stands_first(three):
    """
    consumer      due 15/03/2025   two years: 15/03/2027, in 111 days
    business      due 10/01/2022   five years: 10/01/2027, in 47 days
    public body   due 05/05/2022   end of the fourth year after: 31/12/2026, in 37 days
    """
    due(three, "F-1", "2025-03-15")
    due(three, "F-2", "2022-01-10", "C-2")
    due(three, "F-3", "2022-05-05", "C-3")
    assert listed(three) == {"F-3": "2026-12-31", "F-2": "2027-01-10", "F-1": "2027-03-15"}
    assert list(listed(three)) == ["F-3", "F-2", "F-1"]
    first = three.runner.read(ListLimitations(), LEA).as_json()["limitations"][0]
    assert first == {
        "invoice": "F-3",
        "customer": "C-3",
        "name": "Mairie de Crozon",
        "regime": "B2G",
        "due_date": "2022-05-05",
        "currency": "EUR",
        "open": "120.00",
        "counted_from": "2022-05-05",
        "limitation_date": "2026-12-31",
        "days_left": 37,
    }


def test_the_same_age_is_an_alarm_for_a_consumer_and_none_for_a_business(three):
    due(three, "F-1", "2025-01-10")
    due(three, "F-2", "2025-01-10", "C-2")
    assert listed(three) == {"F-1": "2027-01-10"}
    assert listed(three, customer="C-2") == {}


@pytest.mark.parametrize(("day", "near"), [("2025-05-23", True), ("2025-05-24", False), ("2024-11-24", True)])
def test_the_alarm_is_raised_180_days_before_and_lasts_to_the_last_day(three, day, near):
    """180 days from 24/11/2026 is 23/05/2027; the last day itself still counts."""
    due(three, "F-1", day)
    assert bool(listed(three)) is near


def test_what_can_no_longer_be_claimed_is_told_on_request(three):
    due(three, "F-1", "2024-11-23")
    assert listed(three) == {}
    assert listed(three, lapsed=True) == {"F-1": "2026-11-23"}


def test_a_part_payment_starts_the_term_anew(three):
    """
    due       15/03/2024   15/03/2026
    payment   01/10/2025   01/10/2027
    """
    due(three, "F-1", "2024-03-15")
    assert listed(three, lapsed=True) == {"F-1": "2026-03-15"}
    a_payment(three, "P-1", customer="C-1", date="2025-10-01", amount="20.00")
    allocated(three, "P-1", "F-1", "20.00")
    assert listed(three, lapsed=True) == {}
    assert listed(three, within=400) == {"F-1": "2027-10-01"}


def test_a_payment_taken_back_starts_nothing(three):
    due(three, "F-1", "2024-12-15")
    a_payment(three, "P-1", customer="C-1", date="2026-10-01", amount="20.00")
    allocated(three, "P-1", "F-1", "20.00")
    assert listed(three) == {}
    allocated(three, "P-1", "F-1", "-20.00")
    assert listed(three) == {"F-1": "2026-12-15"}


def test_a_payment_after_the_last_day_revives_nothing(three):
    due(three, "F-1", "2024-03-15")
    a_payment(three, "P-1", customer="C-1", date="2026-03-16", amount="20.00")
    allocated(three, "P-1", "F-1", "20.00")
    assert listed(three, lapsed=True) == {"F-1": "2026-03-15"}


def test_a_credit_note_is_no_acknowledgement(three):
    due(three, "F-1", "2024-12-15")
    a_credit_note(three, "AV-1", customer="C-1", amount="-20.00")
    allocated(three, "AV-1", "F-1", "20.00")
    assert listed(three) == {"F-1": "2026-12-15"}


def test_what_is_settled_is_no_concern(three):
    due(three, "F-1", "2024-12-15", paid_date="2025-02-01")
    due(three, "F-2", "2024-12-15", disputed="yes")
    assert listed(three, lapsed=True) == {"F-2": "2026-12-15"}


def test_an_unstated_regime_is_counted_by_the_shortest_term_until_it_is_stated(crm):
    a_customer(crm, "C-1", "Dupont")
    due(crm, "F-1", "2024-12-15")
    assert listed(crm) == {"F-1": "2026-12-15"}
    crm.runner.run(UpdateCustomer(customer="C-1", regime="B2B"), LEA)
    assert listed(crm) == {}
    crm.runner.run(Undo(), LEA)
    assert listed(crm) == {"F-1": "2026-12-15"}


def test_a_recorded_term_moves_the_alarm(three):
    due(three, "F-1", "2024-12-15")
    longer = {"series": "limitation_consumer", "value": "3", "valid_from": "2024-01-01", "source": "a new law"}
    three.runner.run(RecordLegalValue.model_validate(longer), LEA)
    assert listed(three) == {}
    assert listed(three, within=400) == {"F-1": "2027-12-15"}


def test_the_sheet_of_a_customer_carries_the_alarm(three):
    due(three, "F-1", "2024-12-15")
    due(three, "F-2", "2025-01-15")
    due(three, "F-3", "2020-01-15")
    sheet = three.runner.read(ShowCustomer(customer="C-1"), LEA)
    assert [line["invoice"] for line in sheet.as_json()["limitations"]] == ["F-3", "F-1", "F-2"]
    (told,) = [row[1] for row in sheet.as_sheet().rows if row[0] == "Limitation"]
    assert told.value == "limitation of F-1 after 15 Dec: act in court before (and 2 more ones)"
    assert told.opens == ListLimitations(customer="C-1", lapsed=True)


def test_the_alarm_in_words(three):
    assert limitation_words((), TODAY) == ""
    due(three, "F-3", "2020-01-15")
    lines = three.runner.read(ListLimitations(lapsed=True), LEA).lines
    assert limitation_words(lines, TODAY) == "F-3 can no longer be claimed in court, last day was 15 Jan 2022"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 3_000), st.sampled_from(["C-1", "C-2", "C-3"]), st.integers(0, 2_000))
def test_the_list_agrees_with_the_law(three, days, customer, within):
    """What the statement leaves out early has a last day later than asked for."""
    when = TODAY - timedelta(days)
    number = f"F-{customer}-{days}-{within}"
    due(three, number, when.isoformat(), customer)
    regime = {"C-1": "B2C", "C-2": "B2B", "C-3": "B2G"}[customer]
    with three.database.reading() as session:
        last = limitation(when, regime, queries.series(session)).last_day
    assert (number in listed(three, within=within, lapsed=True)) is (last <= TODAY + timedelta(within))
