"""Late-payment penalties kept apart from invoices: the vectors of the law as documents in a database, and the decisions."""

from datetime import date, timedelta

import pytest
from build import LEA, a_credit_note, a_customer, a_payment, ago, allocated, clean, imported
from hypothesis import given
from hypothesis import strategies as st

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.errors import Invalid, NotFound, Refused
from crm.core.money import eur
from crm.customers.actions import PlaceHold, UpdateCompany
from crm.law.series import overlay, shipped
from crm.ledger.actions.entries import ListEntries, RecordEntries
from crm.receivables.actions import ListInvoices, OpenDispute
from crm.receivables.actions.penalties import (
    ClaimPenalties,
    KeepPenalties,
    ListPenalties,
    ShowPenalties,
    WaivePenalties,
)
from crm.receivables.penalties import PartOwed, account

LAW = overlay(shipped(), ())


def an_invoice(
    crm: Crm, number: str, amount: str, due: str, paid: str = "", paid_amount: str = "", **cells: str
) -> None:
    customer = cells.get("customer", "C-1")
    text = "number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount;currency\n"
    issued = date.fromisoformat(due) - timedelta(30)
    text += f"{number};{customer};{issued};{due};{amount};{paid};{paid_amount};{cells.get('currency', 'EUR')}\n"
    clean(imported(crm, text, kind="invoices-csv"))


@pytest.fixture
def dupont(crm: Crm) -> Crm:
    a_customer(crm, "C-1", "Dupont", regime="B2B")
    return crm


def ledger(crm: Crm, **asked) -> dict:
    return crm.runner.read(ListPenalties(**asked), LEA).as_json()


def line(crm: Crm, number: str = "F-1") -> dict:
    return crm.runner.read(ShowPenalties(invoice=number), LEA).as_json()


# The vectors


@pytest.mark.parametrize(
    ("amount", "due", "paid", "days", "interest"),
    [
        pytest.param("1200.00", "2026-05-31", "2026-08-20", [30, 51], "32.77", id="P1"),
        pytest.param("5000.00", "2025-12-15", "2026-01-14", [16, 14], "49.93", id="P2"),
        pytest.param("10000.00", "2024-05-31", "2024-09-30", [30, 92], "478.36", id="P3"),
        pytest.param("2400.00", "2026-09-30", "2026-10-01", [1], "0.82", id="P4"),
    ],
)
def test_vectors_of_the_default_rate(dupont, amount, due, paid, days, interest):
    an_invoice(dupont, "F-1", amount, due, paid)
    told = line(dupont)
    assert ([one["days"] for one in told["segments"]], told["interest"]) == (days, interest)
    assert (told["indemnity"], told["open"], told["state"]) == ("40.00", "0.00", "due")
    assert told["sources"]


def test_p4b_paid_on_its_day_bears_nothing(dupont):
    an_invoice(dupont, "F-1", "2400.00", "2026-09-30", "2026-09-30")
    assert ledger(dupont)["penalties"] == []
    with pytest.raises(Refused):
        line(dupont)


def test_p5_a_clause(dupont):
    dupont.runner.run(UpdateCompany(name="Us", penalty_clause="9"), LEA)
    an_invoice(dupont, "F-1", "3600.00", "2026-06-15", "2026-07-31")
    assert line(dupont)["interest"] == "40.83"


def test_p6_a_clause_below_the_floor(dupont):
    dupont.runner.run(UpdateCompany(name="Us", penalty_clause="1 %"), LEA)
    an_invoice(dupont, "F-1", "3600.00", "2026-06-15", "2026-07-31")
    assert line(dupont)["interest"] == "36.85"


def test_p7_a_consumer_owes_none_of_it(crm):
    a_customer(crm, "C-1", "Dupont", regime="B2C")
    an_invoice(crm, "F-1", "1000.00", "2026-03-01")
    assert ledger(crm)["penalties"] == []
    with pytest.raises(Refused, match="no penalties"):
        line(crm)


def test_p8_in_the_books_a_payment_lowers_the_principal(dupont):
    """Interest first counts only in claims (compute-penalties: 333.70): here 203.05 on 10,000, then 126.38 on 6,000."""
    an_invoice(dupont, "F-1", "10000.00", "2026-04-30", "2026-06-30", "4000.00")
    a_payment(dupont, "P-2", customer="C-1", amount="6000.00", date="2026-08-31")
    allocated(dupont, "P-2", "F-1", "6000.00")
    told = line(dupont)
    assert [(one["days"], one["base"], one["interest"]) for one in told["segments"]] == [
        (61, "10000.00", "203.05"),
        (62, "6000.00", "126.38"),
    ]
    assert told["interest"] == "329.43"


def test_three_late_invoices_three_indemnities(dupont):
    for number, amount in (("F-1", "10.00"), ("F-2", "5000.00"), ("F-3", "70000.00")):
        an_invoice(dupont, number, amount, "2026-10-01", "2026-10-09")
    assert sum(float(one["indemnity"]) for one in ledger(dupont)["penalties"]) == 120


# Whom, and what of


def test_a_public_buyer_has_a_regime_of_its_own(crm):
    """ECB + 8, the rate of the half-year in which it began; 40 €."""
    a_customer(crm, "C-1", "Mairie", regime="B2G")
    an_invoice(crm, "F-1", "1000.00", "2026-05-31", "2026-08-20")
    told = line(crm)
    assert ({one["rate"] for one in told["segments"]}, told["indemnity"]) == ({"10.15"}, "40.00")


def test_who_has_no_regime_yet_bears_nothing_yet(crm):
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-1", "1000.00", "2026-05-31")
    assert ledger(crm)["penalties"] == []


def test_what_is_disputed_bears_nothing_meanwhile(dupont):
    an_invoice(dupont, "F-1", "1000.00", "2026-10-25")
    whole = line(dupont)["interest"]
    dupont.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount=eur("400.00")), LEA)
    assert (whole, line(dupont)["segments"][0]["base"]) == ("10.19", "600.00")
    assert line(dupont)["interest"] == "6.12"


def test_what_came_back_was_never_a_payment(dupont):
    an_invoice(dupont, "F-1", "1000.00", "2026-10-25")
    running = line(dupont)["interest"]
    part = PartOwed(date(2026, 10, 25), 100_000, ((date(2026, 11, 1), 100_000), (date(2026, 11, 10), -100_000)))
    told = account("EUR", "B2B", [part], date(2026, 11, 24), LAW)
    assert told is not None
    assert f"{told.interest / 100:.2f}" == running


def test_an_insolvency_judgment_stops_interest(dupont):
    part = PartOwed(date(2026, 9, 30), 100_000)
    told = account("EUR", "B2B", [part], date(2026, 11, 24), LAW, stopped=date(2026, 10, 10))
    assert told is not None
    assert told.segments[-1].end == date(2026, 10, 10)
    assert account("EUR", "B2B", [part], date(2026, 11, 24), LAW, stopped=date(2026, 9, 1)) is None


def test_a_hold_for_insolvency_is_such_a_judgment(dupont):
    an_invoice(dupont, "F-1", "1000.00", "2026-10-25")
    dupont.runner.run(PlaceHold(customer="C-1", kind="insolvency", reason="liquidation"), LEA)
    assert line(dupont)["segments"][-1]["to"] == "2026-11-24"


def test_a_credit_note_lowers_the_principal(dupont):
    an_invoice(dupont, "F-1", "1000.00", "2026-09-30")
    a_credit_note(dupont, "AV-1", customer="C-1", amount="-400.00", days_ago=30)
    allocated(dupont, "AV-1", "F-1", "400.00")
    assert [one["base"] for one in line(dupont)["segments"]] == ["1000.00", "600.00"]


def test_another_currency_keeps_its_indemnity_in_euros(dupont):
    an_invoice(dupont, "F-1", "1000.00", "2026-10-25", currency="USD")
    assert ledger(dupont)["totals"] == {
        "EUR": {"accrued": "40.00", "claimed": "0.00", "waived": "0.00", "left": "40.00"},
        "USD": {"accrued": "10.19", "claimed": "0.00", "waived": "0.00", "left": "10.19"},
    }


# Decisions


@pytest.fixture
def late(dupont: Crm) -> Crm:
    """
    F-1  1,200.00  paid 81 days late: 32.77 and 40.00
    F-2  1,000.00  due 25 Oct, open
    """
    an_invoice(dupont, "F-1", "1200.00", "2026-05-31", "2026-08-20")
    an_invoice(dupont, "F-2", "1000.00", "2026-10-25")
    return dupont


def test_a_claim_is_a_document_of_its_own(late):
    before = late.runner.read(ListInvoices(), LEA).as_json()
    told = late.runner.run(ClaimPenalties(customer="C-1"), LEA).result.as_json()["penalties"]
    assert {one["decisions"][0]["reference"] for one in told} == {"PEN-2026-0001"}
    assert [(one["invoice"], one["claimed"], one["claimed_indemnity"], one["state"]) for one in told] == [
        ("F-1", "32.77", "40.00", "claimed"),
        ("F-2", "10.19", "40.00", "claimed"),
    ]
    assert late.runner.read(ListInvoices(), LEA).as_json() == before
    with pytest.raises(Refused, match="No penalties are left"):
        late.runner.run(ClaimPenalties(invoice="F-1"), LEA)


def test_the_next_claim_has_the_next_reference(late):
    late.runner.run(ClaimPenalties(invoice="F-1", what="interest"), LEA)
    told = late.runner.run(ClaimPenalties(invoice="F-1"), LEA).result.as_json()["penalties"][0]
    assert [(one["reference"], one["interest"], one["indemnity"]) for one in told["decisions"]] == [
        ("PEN-2026-0001", "32.77", "0.00"),
        ("PEN-2026-0002", "0.00", "40.00"),
    ]


def test_waiving_needs_a_reason_and_closes(late):
    with pytest.raises(ValueError, match="reason"):
        WaivePenalties(invoice="F-1", reason="")
    late.runner.run(WaivePenalties(invoice="F-1", reason="first delay in ten years"), LEA)
    assert (line(late)["waived"], line(late)["state"], line(late)["interest_left"]) == ("32.77", "waived", "0.00")
    late.runner.run(Undo(), LEA)
    assert line(late)["interest_left"] == "32.77"


def test_kept_as_a_lever_they_can_still_be_claimed(late):
    late.runner.run(KeepPenalties(invoice="F-2", reason="for the talk in December"), LEA)
    assert [one["invoice"] for one in ledger(late, state="kept")["penalties"]] == ["F-2"]
    late.runner.run(ClaimPenalties(invoice="F-2"), LEA)
    assert line(late, "F-2")["state"] == "claimed"


def test_states_can_be_asked_for(late):
    assert [one["invoice"] for one in ledger(late, state="accruing")["penalties"]] == ["F-2"]
    assert [one["invoice"] for one in ledger(late, state="due")["penalties"]] == ["F-1"]


def test_an_earlier_day_knows_no_later_payment(late):
    told = ledger(late, as_of=date(2026, 6, 30))["penalties"]
    assert [(one["invoice"], one["interest"], one["state"]) for one in told] == [("F-1", "11.98", "accruing")]


def test_what_cannot_be_meant_is_refused(late):
    with pytest.raises(Invalid):
        late.runner.run(ClaimPenalties(), LEA)
    with pytest.raises(NotFound):
        late.runner.run(ClaimPenalties(invoice="nope"), LEA)
    a_customer(late, "C-2", "Durand")
    with pytest.raises(Refused, match="F-1"):
        late.runner.run(ClaimPenalties(invoice="F-1", customer="C-2"), LEA)


def test_an_invoice_may_be_named_with_its_customer(late):
    told = late.runner.run(ClaimPenalties(invoice="F-1", customer="C-1"), LEA).result
    assert [one["invoice"] for one in told.as_json()["penalties"]] == ["F-1"]


@pytest.mark.parametrize("account_", ["7581", "7631"])
def test_a_claim_makes_its_entry_once(late, account_):
    vars(late).pop("runner", None)
    late.settings = late.settings.model_copy(update={"penalty_account": account_})
    late.runner.run(ClaimPenalties(invoice="F-1"), LEA)
    for expected in (1, 0):
        assert len(late.runner.run(RecordEntries(), LEA).result.entries) == expected
    (entry,) = late.runner.read(ListEntries(kind="penalty"), LEA).as_json()["entries"]
    assert entry["document"] == "PEN-2026-0001"
    assert [(one["account"], one["debit"], one["credit"]) for one in entry["lines"]] == [
        ("411", "72.77", ""),
        (account_, "", "32.77"),
        ("758", "", "40.00"),
    ]


# Laws


@given(
    st.integers(1, 10**7), st.dates(date(2024, 1, 1), date(2026, 6, 1)), st.integers(1, 400), st.integers(0, 400),
    st.integers(1, 99),
)  # fmt: skip  # read as a table: columns side by side
def test_paid_in_parts_costs_no_more_than_paid_at_the_end(cents, due, late_days, early, share):
    """Splitting an invoice loses no cent beyond rounding; a part payment never raises what is owed."""
    until = min(due + timedelta(late_days), date(2026, 11, 24))
    whole = account("EUR", "B2B", [PartOwed(due, cents)], until, LAW)
    part = cents * share // 100
    moves = ((due + timedelta(early), part),) if part else ()
    lowered = account("EUR", "B2B", [PartOwed(due, cents, moves)], until, LAW)
    halves = account("EUR", "B2B", [PartOwed(due, cents - part), PartOwed(due, part)], until, LAW)
    assert whole is not None
    assert halves is not None
    assert abs(halves.interest - whole.interest) <= 1
    assert halves.indemnity == whole.indemnity == 4_000
    assert lowered is not None
    assert lowered.interest <= whole.interest


def test_nothing_is_late_before_the_day_after(dupont):
    an_invoice(dupont, "F-1", "100.00", ago(0).isoformat())
    assert ledger(dupont)["penalties"] == []
