"""What a customer objects to: the part in dispute waits, the rest is due; and each objection ends by an act of its own."""

from dataclasses import replace
from datetime import date

import pytest
from build import (
    LEA,
    TODAY,
    a_credit_note,
    a_customer,
    a_payment,
    ago,
    allocated,
    an_invoice,
    clean,
    columns_of,
    imported,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.basics import Undo
from crm.core.calendar import Clock
from crm.core.errors import Ambiguous, Invalid, NotAllowed, NotFound, Refused
from crm.core.i18n import use_language
from crm.core.money import plain
from crm.customers.actions import UpdateCompany
from crm.followup.actions.dunning import PreviewDunning
from crm.receivables.actions import ListDisputes, ListInvoices, OpenDispute, ResolveDispute, ShowInvoice, UpdateDispute
from crm.receivables.actions.dispute_reasons import AddDisputeReason, ListDisputeReasons, RetireDisputeReason
from crm.receivables.disputes import Age, age_of

USERS = """
    number;name;email;role
    U1;Sophie Le Bihan;sophie@armor.example;manager
    U2;Lucie Kervella;lucie@armor.example;account_manager
    U3;Lucie Morel;morel@armor.example;account_manager
"""


def at(crm, day: date):
    """The same company on another day."""
    return replace(crm, clock=Clock.at(day.isoformat()))


def disputed(crm, invoice: str = "F-1", *, on: date | None = None, **more) -> None:
    at(crm, on or TODAY).runner.run(OpenDispute(invoice=invoice, **({"reason": "missing_goods"} | more)), LEA)


def resolved(crm, outcome: str, *, on: date | None = None, **more):
    action = ResolveDispute(outcome=outcome, **({"invoice": "F-1"} | more))
    return at(crm, on or TODAY).runner.run(action, LEA).result.as_json()["disputes"][0]


def listed(crm, day: date | None = None, **asked):
    return at(crm, day or TODAY).runner.read(ListDisputes(**asked), LEA).as_json()


def parts(crm, day: date | None = None, number: str = "F-1"):
    """What is open of an invoice, and what of that is in dispute."""
    card = crm.runner.read(ShowInvoice(invoice=number, as_of=day), LEA).as_json()
    return card["open"], card["disputed"], card["standing"]


def asked_for(crm, day: date | None = None):
    """Verdict and total of the day's message to the customer."""
    house = at(crm, day or TODAY)
    return [
        (line.verdict.value, plain(line.total)) for line in house.runner.read(PreviewDunning(no_text=True), LEA).lines
    ]


@pytest.fixture
def house(crm):
    """A team, and a customer who owes 1000."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    clean(imported(crm, USERS))
    a_customer(crm, "C-1", "Dupont", regime="B2B", account_manager="U2", contact_name="Mme Durand", email="c@d.example")
    an_invoice(crm, "F-1", days_late=20, amount="1000.00")
    return crm


def test_the_undisputed_part_stays_due_and_is_reminded(house):
    disputed(house, amount="300")
    assert parts(house) == ("1000.00", "300.00", "overdue")
    assert asked_for(house) == [("send", "700.00")]


def test_a_dispute_has_an_owner_a_deadline_and_a_credit_note_to_come(house):
    disputed(house, amount="300", owner="Sophie", deadline=ago(-9), credit="120", note="two pallets short")
    (line,) = listed(house)["disputes"]
    assert (line["owner"], line["deadline"], line["credit_expected"]) == ("U1", ago(-9).isoformat(), "120.00")
    assert (line["late"], line["status"], line["note"]) == (False, "open", "two pallets short")


def test_without_a_word_it_is_for_the_account_manager_within_ten_days(house):
    disputed(house)
    (line,) = listed(house)["disputes"]
    assert (line["owner"], line["deadline"]) == ("U2", "2026-12-04")


def test_an_answer_that_is_overdue_says_so(house):
    disputed(house, on=ago(30))
    disputed(house_with_another(house), "F-2")
    assert [line["invoice"] for line in listed(house, late=True)["disputes"]] == ["F-1"]
    use_language("fr")
    assert house.runner.read(ListDisputes(), LEA).as_sheet().rows[0][-1] == "réponse en retard"


def house_with_another(house):
    an_invoice(house, "F-2", days_late=5, amount="500.00")
    return house


def test_rejected_the_whole_is_due_again_and_the_follow_up_resumes(house):
    disputed(house, on=ago(8))
    assert asked_for(house) == [("hold", "0.00")]
    line = resolved(house, "rejected", note="signed delivery note sent")
    assert (line["status"], line["outcome"], line["credit_awaited"]) == ("resolved", "rejected", "0.00")
    assert parts(house) == ("1000.00", "0.00", "overdue")
    assert parts(house, ago(1)) == ("1000.00", "1000.00", "disputed"), "the past stays as it was"
    assert asked_for(house) == [("send", "1000.00")]


def test_accepted_nobody_is_asked_for_what_we_are_about_to_credit(house):
    disputed(house, amount="300", on=ago(8))
    line = resolved(house, "accepted", on=ago(5))
    assert (line["credit_expected"], line["credit_awaited"]) == ("300.00", "300.00")
    assert parts(house) == ("1000.00", "300.00", "overdue")
    a_credit_note(house, "AV-1", days_ago=2, amount="-300.00")
    allocated(house, "AV-1", "F-1", "300")
    assert parts(house) == ("700.00", "0.00", "overdue")
    assert listed(house)["disputes"][0]["credit_awaited"] == "0.00"


def test_founded_in_part_the_rest_is_due(house):
    disputed(house, amount="300", on=ago(8))
    resolved(house, "partial", amount="80", on=ago(5))
    assert parts(house) == ("1000.00", "80.00", "overdue")
    a_credit_note(house, "AV-1", days_ago=2, amount="-80.00")
    allocated(house, "AV-1", "F-1", "80")
    assert parts(house) == ("920.00", "0.00", "overdue")


def test_the_credit_note_that_is_named_settles_its_part_at_once(house):
    disputed(house, on=ago(8))
    a_credit_note(house, "AV-1", days_ago=9, amount="-80.00")
    line = resolved(house, "accepted", credit_note="AV-1")
    assert (line["credit_note"], line["credit_expected"], line["credit_awaited"]) == ("AV-1", "80.00", "0.00")
    assert parts(house) == ("920.00", "0.00", "overdue"), "also when it is older than the objection"
    assert "unallocated" not in columns_of(house)
    (use,) = house.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()["settlements"]
    assert (use["document"], use["kind"], use["amount"]) == ("AV-1", "credit_note", "80.00")


def test_a_credit_note_that_is_larger_keeps_the_rest_for_later(house):
    disputed(house, amount="300", on=ago(8))
    a_credit_note(house, "AV-1", days_ago=2, amount="-500.00")
    resolved(house, "accepted", amount="300", credit_note="AV-1")
    assert parts(house) == ("700.00", "0.00", "overdue")
    assert columns_of(house)["unallocated"] == "-200.00"


def test_taking_the_resolution_back_frees_the_credit_note_again(house):
    disputed(house, amount="300", on=ago(8))
    a_credit_note(house, "AV-1", days_ago=2, amount="-300.00")
    before = [parts(house), columns_of(house), listed(house)]
    done = house.runner.run(ResolveDispute(invoice="F-1", outcome="accepted", credit_note="AV-1"), LEA)
    house.runner.run(Undo(entry=done.entry_id), LEA)
    assert [parts(house), columns_of(house), listed(house)] == before


def test_well_founded_and_nothing_to_credit_leaves_all_of_it_due(house):
    disputed(house, reason="missing_po")
    resolved(house, "accepted", amount="0", note="order number sent")
    assert parts(house) == ("1000.00", "0.00", "overdue")


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        ({"outcome": "partial"}, Invalid),
        ({"outcome": "rejected", "amount": "10"}, Invalid),
        ({"outcome": "accepted", "amount": "300.01"}, Refused),
        ({"outcome": "accepted", "credit_note": "F-1"}, NotFound),
        ({"outcome": "accepted", "credit_note": "AV-9"}, NotFound),
        ({"outcome": "rejected", "invoice": "F-9"}, NotFound),
    ],
)
def test_what_cannot_end_a_dispute_is_refused(house, asked, family):
    disputed(house, amount="300")
    with pytest.raises(family):
        resolved(house, **asked)


def test_another_customers_credit_note_ends_nothing(house):
    disputed(house)
    a_credit_note(house, "AV-1", customer="Autre")
    with pytest.raises(Refused):
        resolved(house, "accepted", credit_note="AV-1")


def test_what_is_not_in_dispute_cannot_be_resolved_and_of_several_one_is_named(house):
    with pytest.raises(NotFound):
        resolved(house, "rejected")
    disputed(house)
    disputed(house_with_another(house), "F-2")
    with pytest.raises(Ambiguous):
        resolved(house, "rejected", invoice=None, customer="Dupont")
    resolved(house, "rejected", invoice="F-2")
    assert resolved(house, "rejected", invoice=None, customer="Dupont")["invoice"] == "F-1"


def test_the_history_is_kept(house):
    disputed(house, on=ago(20), amount="300")
    resolved(house, "rejected", on=ago(15))
    disputed(house, on=ago(10), reason="price_error")
    lines = listed(house)["disputes"]
    assert [(line["reason"], line["status"], line["outcome"]) for line in lines] == [
        ("missing_goods", "resolved", "rejected"),
        ("price_error", "open", None),
    ]
    assert [line["status"] for line in listed(house, ago(16))["disputes"]] == ["open"], "as it stood then"


def test_a_dispute_is_given_to_somebody_else(house):
    disputed(house)
    house.runner.run(UpdateDispute(invoice="F-1", owner="Kervella", deadline=ago(-30), credit="50", note="asked"), LEA)
    (line,) = listed(house)["disputes"]
    assert (line["owner"], line["deadline"], line["credit_expected"]) == ("U2", ago(-30).isoformat(), "50.00")


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        ({}, Invalid),
        ({"owner": "Lucie"}, Ambiguous),
        ({"owner": "Gaston"}, NotFound),
        ({"deadline": ago(1)}, Refused),
        ({"credit": "1000.01"}, Refused),
    ],
)
def test_what_a_dispute_cannot_become(house, asked, family):
    disputed(house)
    with pytest.raises(family):
        house.runner.run(UpdateDispute(invoice="F-1", **asked), LEA)


# The list of reasons


def test_the_company_has_reasons_of_its_own(house):
    (added,) = house.runner.run(AddDisputeReason(label="Palette cassée"), LEA).result.lines
    assert (added.code, added.label) == ("own_palette_cassee", "Palette cassée")
    disputed(house, reason=added.code)
    (line,) = listed(house, reason=added.code)["disputes"]
    assert (line["reason"], line["reason_label"]) == ("own_palette_cassee", "Palette cassée")
    with pytest.raises(Refused):
        house.runner.run(AddDisputeReason(label="palette cassee"), LEA)


def test_a_retired_reason_is_for_older_disputes_only(house):
    disputed(house, reason="late_delivery")
    house.runner.run(RetireDisputeReason(reason="late_delivery"), LEA)
    with pytest.raises(Refused):
        disputed(house_with_another(house), "F-2", reason="late_delivery")
    assert listed(house, reason="late_delivery")["disputes"][0]["reason_label"] == "delivered late"
    house.runner.run(AddDisputeReason(label="delivered late"), LEA)
    disputed(house, "F-2", reason="late_delivery")
    use_language("fr")
    labels = {line.code: line.label for line in house.runner.read(ListDisputeReasons(), LEA).lines}
    assert labels["late_delivery"] == "livraison tardive"


@pytest.mark.parametrize("reason", ["own_unheard_of", "other"])
def test_what_cannot_be_retired(house, reason):
    with pytest.raises((NotFound, Refused)):
        house.runner.run(RetireDisputeReason(reason=reason), LEA)


def test_the_list_of_reasons_is_not_for_everybody(house):
    from build import TOM

    with pytest.raises(NotAllowed):
        house.runner.run(AddDisputeReason(label="Palette cassée"), TOM)


# Totals and rates


def test_disputes_add_up_by_reason_age_and_owner(house):
    disputed(house, on=ago(20), amount="300")
    disputed(house_with_another(house), "F-2", owner="U1")
    told = listed(house, status="open")
    assert told["totals"]["reason"] == [{"value": "missing_goods", "currency": "EUR", "count": 2, "amount": "800.00"}]
    assert [(row["value"], row["amount"]) for row in told["totals"]["age"]] == [("0-7", "500.00"), ("16-30", "300.00")]
    assert [(row["value"], row["count"]) for row in told["totals"]["owner"]] == [("U1", 1), ("U2", 1)]
    assert [line["invoice"] for line in listed(house, amount_min="400")["disputes"]] == ["F-2"]
    assert [line["invoice"] for line in listed(house, period=f"{ago(25)}/{ago(15)}")["disputes"]] == ["F-1"]
    assert [line["invoice"] for line in listed(house, owner="U1")["disputes"]] == ["F-2"]


def test_the_share_in_dispute_is_that_of_the_invoices_issued(house):
    """
    issued in the period: 1000 (300 of it in dispute), 500, 500; before it: 100, in dispute
    """
    disputed(house, amount="300")
    an_invoice(house, "F-2", days_late=5, amount="500.00")
    an_invoice(house, "F-3", days_late=-5, amount="500.00")
    an_invoice(house, "F-4", days_late=200, amount="100.00")
    disputed(house, "F-4")
    rate = listed(house)["rate"]
    assert (rate["invoices"], rate["disputed_invoices"], rate["by_count"]) == (3, 1, "33.33")
    assert (rate["amount_disputed"], rate["amount_invoiced"], rate["by_value"]) == ("300.00", "2000.00", "15.00")
    assert "33.33%" in house.runner.read(ListDisputes(), LEA).as_sheet().notes[0]
    assert listed(house, period="2020-01-01/2020-12-31")["rate"]["by_count"] is None


@pytest.mark.parametrize(
    ("days", "age"), [(0, Age.WEEK), (7, Age.WEEK), (8, Age.FORTNIGHT), (15, Age.FORTNIGHT), (16, Age.MONTH), (30, Age.MONTH), (31, Age.OLDER)]
)  # fmt: skip  # read as a table: columns side by side
def test_ages_of_disputes(days, age):
    assert age_of(days) is age


# A law


@settings(max_examples=25)
@given(data=st.data())
def test_disputed_and_undisputed_are_what_is_open(new_house, data):
    """Whatever is disputed, paid, credited and resolved, in whatever order: on every day the parts add up, none negative."""
    with new_house() as crm:
        crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)
        an_invoice(crm, "F-1", days_late=40, amount="1000.00")
        left = 100_000
        part = data.draw(st.one_of(st.none(), st.integers(1, left)))
        disputed(crm, on=ago(30), amount=plain(part) if part else None)
        for place, days in enumerate(sorted(data.draw(st.lists(st.integers(1, 28), max_size=3)), reverse=True)):
            cents = data.draw(st.integers(1, max(1, left // 2)))
            left -= cents
            if data.draw(st.booleans()):
                a_payment(crm, f"P-{place}", days_ago=days, amount=plain(cents))
                allocated(crm, f"P-{place}", "F-1", plain(cents))
            else:
                a_credit_note(crm, f"AV-{place}", days_ago=days, amount=plain(-cents))
                allocated(crm, f"AV-{place}", "F-1", plain(cents))
        outcome = data.draw(st.sampled_from(["", "accepted", "rejected", "partial"]))
        if outcome:
            amount = plain(data.draw(st.integers(0, part or 100_000))) if outcome == "partial" else None
            resolved(crm, outcome, on=ago(data.draw(st.integers(0, 29))), amount=amount)
        for day in (31, 30, 20, 10, 1, 0):
            (line,) = crm.runner.read(ListInvoices(as_of=ago(day), customer="Dupont"), LEA).lines[:1]
            still, held, _standing = (line.open, line.disputed, line.standing)
            assert 0 <= held <= still
            assert (day <= 30) or held == 0
        if outcome == "rejected":
            assert line.disputed == 0
