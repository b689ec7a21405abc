"""A document as the accountant posts it: the basic entries of 1,200 with tax, 1,000 without; and a debt to its last cent."""

from datetime import date
from decimal import Decimal

import pytest
from build import LEA, a_credit_note, a_customer, a_payment, ago, allocated, an_invoice, open_amounts
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid, NotFound
from crm.ledger import postings
from crm.ledger.actions.differences import DecideResidual
from crm.ledger.actions.doubtful import Impair, MarkDoubtful
from crm.ledger.actions.drafts import DraftEntries
from crm.ledger.actions.losses import RecordDividend, WriteOffDebt
from crm.ledger.drafts import Draft, Issued, Receipt, drafted
from crm.ledger.postings import Line, Split, Vat, balanced, joined
from crm.receivables.actions.payments import RecordPayment, UnmatchPayment

SALE = Split(1_000_00, 200_00)
SOLD = ["411 D 1200.00", "707 C 1000.00", "44571 C 200.00"]
SERVED = ["411 D 1200.00", "706 C 1000.00", "4458 C 200.00"]


def told(crm, document: str = "F-1", **asked) -> dict:
    return crm.runner.read(DraftEntries(document=document, **asked), LEA).as_json()


def posted(crm, document: str = "F-1", **asked) -> list[list[str]]:
    """Each entry, line by line: `411 D 1200.00`."""
    return [[_spelt(line) for line in one["lines"]] for one in told(crm, document, **asked)["entries"]]


def _spelt(line: dict) -> str:
    return f"{line['account']} D {line['debit']}" if line["debit"] else f"{line['account']} C {line['credit']}"


def run(crm, action):
    return crm.runner.run(action, LEA)


@pytest.fixture
def dupont(crm):
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-1", amount="1200.00", total_excl_tax="1000.00", days_late=20)
    return crm


# The basic entries


def test_a_sale_and_its_receipt(dupont):
    a_payment(dupont, "P-1", amount="1200.00")
    allocated(dupont, "P-1", "F-1", "1200.00")
    assert posted(dupont) == [SOLD, ["512 D 1200.00", "411 C 1200.00"]]
    assert told(dupont)["balance"] == "0.00"
    assert [one["kind"] for one in told(dupont)["entries"]] == ["sale", "receipt"]
    assert {line["auxiliary"] for one in told(dupont)["entries"] for line in one["lines"] if line["account"] == "411"} == {"C-1"}  # fmt: skip  # one sentence


def test_the_tax_of_services_waits_for_the_money(dupont):
    assert posted(dupont, vat="on_receipts") == [SERVED]
    a_payment(dupont, "P-1", amount="1200.00")
    allocated(dupont, "P-1", "F-1", "1200.00")
    assert posted(dupont, vat="on_receipts")[1] == [
        "512 D 1200.00", "411 C 1200.00", "4458 D 200.00", "44571 C 200.00"
    ]  # fmt: skip  # read as a table: columns side by side


def test_of_a_part_of_the_money_a_part_of_the_tax_is_due_and_in_the_end_all_of_it(dupont):
    for place, amount in enumerate(("100.01", "1099.99")):
        a_payment(dupont, f"P-{place}", amount=amount, days_ago=5 - place)
        allocated(dupont, f"P-{place}", "F-1", amount)
    taxes = [entry[-1] for entry in posted(dupont, vat="on_receipts")[1:]]
    assert taxes == ["44571 C 16.67", "44571 C 183.33"]


def test_a_credit_note_for_goods_and_one_for_a_rebate(dupont):
    a_credit_note(dupont, "AV-1", amount="-120.00", total_excl_tax="-100.00")
    assert posted(dupont, "AV-1") == [["707 D 100.00", "44571 D 20.00", "411 C 120.00"]]
    assert posted(dupont, "AV-1", because="rebate") == [["7097 D 100.00", "44571 D 20.00", "411 C 120.00"]]
    assert posted(dupont, "AV-1", vat="on_receipts") == [["706 D 100.00", "4458 D 20.00", "411 C 120.00"]]


def test_an_advance_is_off_the_customers_account_and_its_tax_due(dupont):
    """Received 600 with tax: on 4191, and 100 of tax; cleared by the final invoice."""
    advance = Split(500_00, 100_00)
    received = joined(postings.receipt(600_00), postings.advance(advance))
    assert _balances(received) == {"512": 600_00, "4191": -600_00, "4458": 100_00, "44571": -100_00}
    cleared = joined(received, postings.turned(postings.advance(advance)), postings.sale(Split(500_00, 100_00)))
    assert _balances(cleared) == {"512": 600_00, "707": -500_00, "44571": -100_00}


def _balances(lines: tuple[Line, ...]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.account] = sums.get(line.account, 0) + line.debit - line.credit
    return {account: cents for account, cents in sums.items() if cents}


# What happens to a debt, on one page


def test_a_payment_that_bounces_goes_back_with_its_tax(dupont):
    run(dupont, RecordPayment(invoice="F-1", received=ago(9)))
    a_payment(dupont, "REJ", amount="-1200.00", days_ago=2)
    allocated(dupont, "REJ", "F-1", "-1200.00")
    assert posted(dupont) == [SOLD, ["512 D 1200.00", "411 C 1200.00"], ["411 D 1200.00", "512 C 1200.00"]]
    assert posted(dupont, vat="on_receipts")[2] == [
        "411 D 1200.00", "512 C 1200.00", "44571 D 200.00", "4458 C 200.00"
    ]  # fmt: skip  # read as a table: columns side by side
    assert told(dupont)["balance"] == "1200.00"


def test_a_match_taken_apart_was_no_receipt_of_this_invoice(dupont):
    run(dupont, RecordPayment(invoice="F-1"))
    run(dupont, UnmatchPayment(invoice="F-1"))
    assert posted(dupont) == [SOLD]


def test_a_discount_and_a_retention_stand_between_the_receipts(dupont):
    run(dupont, RecordPayment(invoice="F-1", amount="1116", received=ago(9)))
    run(dupont, DecideResidual(invoice="F-1", cause="discount", decision="write_off", amount="24"))
    run(dupont, DecideResidual(invoice="F-1", cause="retention", decision="keep_open"))
    assert posted(dupont)[1:] == [
        ["512 D 1116.00", "411 C 1116.00"],
        ["665 D 20.00", "44571 D 4.00", "411 C 24.00"],
        ["4117 D 60.00", "411 C 60.00"],
    ]
    assert told(dupont)["balance"] == "60.00"


def test_the_worked_case_of_a_loss_from_the_sale_to_the_dividend(crm):
    """12,000 with tax: doubted, 60 % then 75 % set aside, 3,600 received, the rest lost, 1,200 later."""
    a_customer(crm, "C-1", "Dupont")
    an_invoice(
        crm, "F-1", amount="12000.00", total_excl_tax="10000.00", issue_date=date(2024, 3, 1), due_date=date(2024, 4, 1)
    )
    run(crm, MarkDoubtful(invoice="F-1", reason="receivership", day=date(2024, 12, 31)))
    run(crm, Impair(invoice="F-1", recovery="40", day=date(2024, 12, 31)))
    run(crm, Impair(invoice="F-1", recovery="25", day=date(2025, 12, 31)))
    a_payment(crm, "P-1", amount="3600.00", days_ago=20)
    allocated(crm, "P-1", "F-1", "3600.00")
    run(crm, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), duplicate_sent=ago(5)))
    run(crm, RecordDividend(invoice="F-1", amount="1200"))
    entries = posted(crm)
    assert entries == [
        ["411 D 12000.00", "707 C 10000.00", "44571 C 2000.00"],
        ["416 D 12000.00", "411 C 12000.00"],
        ["68174 D 6000.00", "491 C 6000.00"],
        ["68174 D 1500.00", "491 C 1500.00"],
        ["512 D 3600.00", "416 C 3600.00"],
        ["6544 D 7000.00", "44571 D 1400.00", "416 C 8400.00", "491 D 7500.00", "78174 C 7500.00"],
        ["512 D 1200.00", "7583 C 1000.00", "44571 C 200.00"],
    ]
    assert told(crm)["balance"] == "0.00"
    moved = [line.split() for entry in entries[1:6] for line in entry]
    result = sum(Decimal(amount) * (1 if side == "C" else -1) for account, side, amount in moved if account[0] in "67")
    assert result == Decimal("-7000.00"), "the cumulative effect up to the loss"


def test_what_is_not_known_is_asked_for(crm):
    a_customer(crm)
    an_invoice(crm, "F-1", amount="120.00")
    with pytest.raises(Invalid, match="without tax"):
        told(crm)
    assert posted(crm, net="100") == [["411 D 120.00", "707 C 100.00", "44571 C 20.00"]]
    assert posted(crm, vat="none") == [["411 D 120.00", "707 C 120.00"]]
    with pytest.raises(NotFound):
        told(crm, "F-9")
    sheet = crm.runner.read(DraftEntries(document="F-1", vat="none"), LEA).as_sheet()
    assert (len(sheet.rows), "€120.00" in sheet.notes[0]) == (2, True)
    assert open_amounts(crm) == {"F-1": "120.00"}


# What always holds


@given(
    st.integers(1, 10**9),
    st.data(),
    st.sampled_from(Vat),
)
def test_entries_balance_and_leave_what_is_open(total, data, vat):
    net = total if vat is Vat.NONE else data.draw(st.integers(0, total))
    receipts, left = [], total
    for place in range(data.draw(st.integers(0, 5))):
        cents = data.draw(st.integers(-(total - left), left))
        if cents:
            receipts.append(Receipt(date(2026, 1, 2 + place), cents, "411"))
            left -= cents
    entries = drafted(Issued(date(2026, 1, 1), Split(net, total - net), vat), receipts)
    lines = tuple(line for one in entries for line in one.lines)
    assert all(balanced(one.lines) for one in entries)
    assert [one.kind for one in entries[1:]] == [Draft.RECEIPT if one.cents > 0 else Draft.BOUNCE for one in receipts]
    sums = _balances(lines)
    assert sums.get("411", 0) == left
    if vat is Vat.ON_RECEIPTS and left in (0, total):
        assert sums.get("4458", 0) == (0 if left == 0 else net - total)
