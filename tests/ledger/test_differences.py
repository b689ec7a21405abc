"""Differences between what was owed and what came in: explained, decided, written off within one's rights, counted."""

from datetime import date

import pytest
from build import LEA, TODAY, TOM, a_customer, a_payment, ago, allocated, an_invoice, columns_of, dump, open_amounts

from crm import nightly
from crm.core.basics import Undo
from crm.core.consent import Actor, ActorKind
from crm.core.errors import Invalid, NotAllowed, NotFound, Refused
from crm.followup.actions.dunning import PreviewDunning
from crm.ledger.actions.differences import DecideResidual, ListResiduals
from crm.ledger.actions.entries import ListEntries, RecordEntries
from crm.receivables.actions.disputes import ListDisputes
from crm.receivables.actions.invoices import ShowInvoice
from crm.receivables.actions.matching import SettleDifference
from crm.receivables.actions.payments import ListPayments, RecordPayment, UnmatchPayment

ACCOUNTANT = Actor(ActorKind.PERSON, "Inès", role="accountant")


def run(crm, action, actor=LEA):
    return crm.runner.run(action, actor).result


def listed(crm, **asked) -> list[dict]:
    return crm.runner.read(ListResiduals(**asked), LEA).as_json()["residuals"]


def spelt(lines) -> list[str]:
    return [
        f"{one['account']} D {one['debit']}" if one["debit"] else f"{one['account']} C {one['credit']}" for one in lines
    ]


def kept(crm) -> list[list[str]]:
    return [spelt(one["lines"]) for one in crm.runner.read(ListEntries(), LEA).as_json()["entries"]]


def payment_number(crm, reference: str) -> int:
    found = crm.runner.read(ListPayments(), LEA).as_json()["payments"]
    return next(one["id"] for one in found if one["reference"] == reference)


def short_by(crm, amount: str, number: str = "F-1") -> None:
    """An invoice of 12,000 with tax, 10,000 without, of which so much has not come in."""
    paid = f"{12_000 - float(amount):.2f}"
    an_invoice(crm, number, amount="12000.00", total_excl_tax="10000.00", days_late=20)
    a_payment(crm, f"P-{number}", amount=paid)
    allocated(crm, f"P-{number}", number, paid)


@pytest.fixture
def dupont(crm):
    a_customer(crm, "C-1", "Dupont", regime="B2B", account_manager="", email="anne@dupont.example")
    return crm


def test_what_is_short_or_too_much_waits_to_be_explained(dupont):
    short_by(dupont, "240")
    a_payment(dupont, "P-9", amount="100.00")
    told = [(one["invoice"] or one["reference"], one["amount"], one["cause"]) for one in listed(dupont)]
    assert told == [("F-1", "240.00", ""), ("P-9", "-100.00", "")]


def test_a_discount_is_written_off_with_its_tax(dupont):
    short_by(dupont, "240")
    told = run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="write_off"))
    (line,) = told.as_json()["residuals"]
    assert (line["decision"], line["amount"], line["owner"]) == ("write_off", "240.00", "Léa")
    assert spelt(line["entry"]) == ["665 D 200.00", "44571 D 40.00", "411 C 240.00"]
    assert kept(dupont) == [spelt(line["entry"])]
    assert open_amounts(dupont) == columns_of(dupont) == {}
    assert any("267" in note for note in told.as_sheet().notes)


def test_the_match_becomes_full(dupont):
    an_invoice(dupont, "F-1", amount="1000.00")
    run(dupont, RecordPayment(invoice="F-1", amount="990"))
    assert codes(dupont) == ["aa"]
    run(dupont, DecideResidual(invoice="F-1", cause="bank_fee", decision="write_off"))
    assert codes(dupont) == ["AA", "AA"]


def codes(crm) -> list[str]:
    return [use["code"] for use in crm.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()["settlements"]]


@pytest.mark.parametrize(
    ("cause", "amount", "entry"),
    [
        ("bank_fee", "15", ["6278 D 15.00", "411 C 15.00"]),
        ("rounding", "0.03", ["658 D 0.03", "411 C 0.03"]),
        ("exchange", "200", ["656 D 200.00", "411 C 200.00"]),
        ("penalty", "500", ["6581 D 500.00", "411 C 500.00"]),
    ],
)
def test_each_cause_has_its_account(dupont, cause, amount, entry):
    short_by(dupont, amount)
    run(dupont, DecideResidual(invoice="F-1", cause=cause, decision="write_off"))
    assert kept(dupont) == [entry]
    assert open_amounts(dupont) == {}


def test_what_the_buyer_bears_is_kept_open_with_an_owner_and_a_day(dupont):
    short_by(dupont, "15")
    run(dupont, DecideResidual(invoice="F-1", cause="bank_fee", decision="keep_open", owner="Tom", until=ago(-10)))
    (line,) = listed(dupont, state="decided")
    assert (line["owner"], line["until"], line["entry"]) == ("Tom", ago(-10).isoformat(), [])
    assert open_amounts(dupont) == {"F-1": "15.00"}
    assert listed(dupont, state="undecided") == []
    assert listed(dupont, owner="Tom")


def test_what_is_to_be_looked_at_again_is_late_on_its_day(dupont):
    short_by(dupont, "15")
    run(dupont, DecideResidual(invoice="F-1", cause="bank_fee", decision="keep_open", until=ago(0)))
    short_by(dupont, "20", "F-2")
    run(dupont, DecideResidual(invoice="F-2", cause="bank_fee", decision="keep_open", until=ago(-1)))
    assert [one["invoice"] for one in listed(dupont, state="late")] == ["F-1"]


def test_what_was_decided_in_a_period_is_told_though_it_is_settled_since(dupont):
    short_by(dupont, "15")
    run(dupont, DecideResidual(invoice="F-1", cause="bank_fee", decision="keep_open"))
    a_payment(dupont, "P-9", amount="15.00", customer="C-1")
    allocated(dupont, "P-9", "F-1", "15.00")
    assert listed(dupont) == []
    assert [one["cause"] for one in listed(dupont, period="2026-11-01/2026-11-30")] == ["bank_fee"]
    assert listed(dupont, period="2026-10-01/2026-10-31") == []


def test_the_latest_word_counts(dupont):
    short_by(dupont, "15")
    run(dupont, DecideResidual(invoice="F-1", cause="bank_fee", decision="keep_open"))
    run(dupont, DecideResidual(invoice="F-1", cause="short_payment", decision="keep_open"))
    assert [one["cause"] for one in listed(dupont)] == ["short_payment"]


def test_a_missing_credit_note_is_a_dispute_of_that_part(dupont):
    an_invoice(dupont, "F-1", amount="12000.00", total_excl_tax="10000.00")
    run(dupont, DecideResidual(invoice="F-1", cause="credit_note", decision="await_credit_note", amount="600"))
    (line,) = listed(dupont)
    assert spelt(line["entry"]) == ["707 D 500.00", "44571 D 100.00", "411 C 600.00"]
    (dispute,) = dupont.runner.read(ListDisputes(), LEA).as_json()["disputes"]
    assert (dispute["amount"], dispute["reason"]) == ("600.00", "price_error")
    assert kept(dupont) == [], "the credit note will be the entry"


def test_retention_money_moves_to_its_account_and_is_not_dunned(dupont):
    short_by(dupont, "600")
    run(dupont, DecideResidual(invoice="F-1", cause="retention", decision="keep_open"))
    assert kept(dupont) == [["4117 D 600.00", "411 C 600.00"]]
    assert listed(dupont)[0]["until"] == "2027-11-24"
    assert open_amounts(dupont) == {"F-1": "600.00"}
    asked = dupont.runner.read(PreviewDunning(), LEA).as_json()["messages"]
    assert [one["verdict"] for one in asked] == ["hold"]


def test_what_was_paid_too_much_is_refunded_or_kept(dupont):
    a_payment(dupont, "P-1", amount="100.00")
    run(dupont, DecideResidual(payment=payment_number(dupont, "P-1"), cause="overpayment", decision="refund"))
    (line,) = listed(dupont)
    assert spelt(line["entry"]) == ["411 D 100.00", "512 C 100.00"]
    assert columns_of(dupont)["unallocated"] == "-100.00", "until the money has left"


def test_a_payment_of_another_customer_is_moved_by_an_entry(dupont):
    a_customer(dupont, "C-2", "Durand")
    a_payment(dupont, "P-1", amount="100.00")
    number = payment_number(dupont, "P-1")
    run(dupont, DecideResidual(payment=number, cause="wrong_customer", decision="keep_open", belongs_to="Durand"))
    (entry,) = dupont.runner.read(ListEntries(), LEA).as_json()["entries"]
    assert [(one["auxiliary"], one["debit"], one["credit"]) for one in entry["lines"]] == [
        ("C-1", "100.00", ""), ("C-2", "", "100.00")
    ]  # fmt: skip  # read as a table: columns side by side
    assert columns_of(dupont, customer="C-1") == {}
    assert columns_of(dupont, customer="C-2")["unallocated"] == "-100.00"


def test_a_discount_on_services_lowers_the_tax_that_waits_for_the_money(dupont):
    short_by(dupont, "240")
    run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="write_off", vat="on_receipts"))
    assert kept(dupont) == [["665 D 200.00", "4458 D 40.00", "411 C 240.00"]]
    assert spelt(listed(dupont)[0]["entry"]) == kept(dupont)[0], "the list tells the entry that was made"
    assert open_amounts(dupont) == {}


def test_a_rebate_at_the_years_end_is_proposed_and_waits_for_its_credit_note(dupont):
    short_by(dupont, "600")
    run(dupont, DecideResidual(invoice="F-1", cause="rebate", decision="await_credit_note"))
    (line,) = listed(dupont)
    assert spelt(line["entry"]) == ["709 D 500.00", "44587 D 100.00", "4198 C 600.00"]
    assert open_amounts(dupont) == {"F-1": "600.00"}


def test_a_penalty_that_we_refuse_is_still_asked_for(dupont):
    short_by(dupont, "500")
    run(dupont, DecideResidual(invoice="F-1", cause="penalty", decision="keep_open"))
    assert kept(dupont) == []
    assert open_amounts(dupont) == {"F-1": "500.00"}


def test_an_advance_is_moved_to_its_account(dupont):
    a_payment(dupont, "P-1", amount="600.00")
    run(dupont, DecideResidual(payment=payment_number(dupont, "P-1"), cause="advance", decision="keep_open"))
    (line,) = listed(dupont, state="decided")
    assert spelt(line["entry"])[:2] == ["411 D 600.00", "4191 C 600.00"]


def test_causes_are_counted(dupont):
    for number, amount in (("F-1", "240"), ("F-2", "240"), ("F-3", "15")):
        short_by(dupont, amount, number)
    for number in ("F-1", "F-2"):
        run(dupont, DecideResidual(invoice=number, cause="discount", decision="write_off"))
    run(dupont, DecideResidual(invoice="F-3", cause="bank_fee", decision="write_off"))
    told = dupont.runner.read(ListResiduals(), LEA)
    assert told.as_json()["causes"] == [
        {"cause": "discount", "decision": "write_off", "currency": "EUR", "count": 2, "amount": "480.00"},
        {"cause": "bank_fee", "decision": "write_off", "currency": "EUR", "count": 1, "amount": "15.00"},
    ]
    assert len(told.as_sheet().totals) == 2


# Who may, and what is refused


@pytest.mark.parametrize(
    ("actor", "amount", "may"),
    [(TOM, "50", True), (TOM, "51", False), (ACCOUNTANT, "500", True), (ACCOUNTANT, "501", False), (LEA, "5000", True)],
)
def test_rights_go_by_role_and_amount(dupont, actor, amount, may):
    short_by(dupont, amount)
    act = DecideResidual(invoice="F-1", cause="penalty", decision="write_off")
    if may:
        run(dupont, act, actor)
        assert open_amounts(dupont) == {}
    else:
        with pytest.raises(NotAllowed):
            run(dupont, act, actor)


def test_a_limit_is_not_met_by_slices(dupont):
    short_by(dupont, "80")
    slice_ = DecideResidual(invoice="F-1", cause="penalty", decision="write_off", amount="40")
    run(dupont, slice_, TOM)
    with pytest.raises(NotAllowed):
        run(dupont, slice_, TOM)


def test_what_does_not_fit_is_refused(dupont):
    short_by(dupont, "240")
    with pytest.raises(Refused, match="does not fit"):
        run(dupont, DecideResidual(invoice="F-1", cause="short_payment", decision="write_off"))
    with pytest.raises(Refused, match="does not fit"):
        run(dupont, DecideResidual(invoice="F-1", cause="overpayment", decision="refund"))
    with pytest.raises(Refused, match="no rounding"):
        run(dupont, DecideResidual(invoice="F-1", cause="rounding", decision="write_off"))
    with pytest.raises(Refused, match="between nothing"):
        run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="write_off", amount="241"))
    with pytest.raises(Refused, match="past"):
        run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="keep_open", until=date(2026, 1, 1)))
    with pytest.raises(Invalid):
        run(dupont, DecideResidual(cause="discount", decision="write_off"))
    with pytest.raises(NotFound):
        run(dupont, DecideResidual(payment=99, cause="overpayment", decision="refund"))
    an_invoice(dupont, "F-2", amount="100.00")
    with pytest.raises(Refused, match="Nothing has been paid"):
        run(dupont, DecideResidual(invoice="F-2", cause="penalty", decision="write_off"))


# Entries of the matching, and what is taken back


def test_a_difference_that_the_matching_wrote_off_gets_its_entry_once(dupont):
    short_by(dupont, "240")
    run(dupont, SettleDifference(invoice="F-1", reason="discount"))
    assert [(one["cause"], one["decision"]) for one in listed(dupont)] == [("discount", "write_off")]
    assert len(run(dupont, RecordEntries()).entries) == 1
    assert kept(dupont) == [["665 D 200.00", "44571 D 40.00", "411 C 240.00"]]
    before = dump(dupont)
    run(dupont, RecordEntries())
    assert dump(dupont) == before


@pytest.mark.parametrize("by_matching", [True, False])
def test_a_match_taken_apart_takes_the_entry_back_and_undoing_that_brings_it_again(dupont, by_matching):
    short_by(dupont, "240")
    if by_matching:
        run(dupont, SettleDifference(invoice="F-1", reason="discount"))
        run(dupont, RecordEntries())
    else:
        run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="write_off"))
    apart = dupont.runner.run(UnmatchPayment(invoice="F-1"), LEA).entry_id
    assert open_amounts(dupont)["F-1"] == "12000.00"
    run(dupont, RecordEntries())
    assert kept(dupont)[1:] == [["665 C 200.00", "44571 C 40.00", "411 D 240.00"]]
    dupont.runner.run(Undo(entry=apart), LEA)
    run(dupont, RecordEntries())
    assert kept(dupont)[2:] == [["665 D 200.00", "44571 D 40.00", "411 C 240.00"]]
    assert open_amounts(dupont) == {}


def test_a_decision_is_taken_back_with_all_it_did(dupont):
    short_by(dupont, "240")
    before = [listed(dupont), open_amounts(dupont), columns_of(dupont), columns_of(dupont, as_of=TODAY)]
    done = dupont.runner.run(DecideResidual(invoice="F-1", cause="discount", decision="write_off"), LEA)
    dupont.runner.run(Undo(entry=done.entry_id), LEA)
    assert [listed(dupont), open_amounts(dupont), columns_of(dupont), columns_of(dupont, as_of=TODAY)] == before
    assert kept(dupont) == []


def test_the_night_makes_the_missing_entries_once(dupont):
    short_by(dupont, "0.03")
    run(dupont, SettleDifference(invoice="F-1", reason="rounding"))
    for expected in (1, 1):
        assert not nightly.run(dupont).failed
        assert len(dupont.runner.read(ListEntries(), LEA).entries) == expected
