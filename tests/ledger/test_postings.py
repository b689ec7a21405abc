"""The correcting entry of each difference: an invoice of 12,000 with tax, 10,000 without, unless said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.ledger import causes, postings
from crm.ledger.causes import Cause, Decision
from crm.ledger.postings import Line, Split, Vat, balanced, joined, receipt, split

TOTAL, NET = 12_000_00, 10_000_00


def part(gross: int) -> Split:
    return split(gross, TOTAL, NET)


def debit(account: str, euros: int, party: str = "") -> Line:
    return Line(account, debit=euros * 100, party=party)


def credit(account: str, euros: int, party: str = "") -> Line:
    return Line(account, credit=euros * 100, party=party)


def decided(cause: Cause, decision: Decision, cents: int, **more: Vat) -> postings.Lines:
    return causes.proposed(cause, decision, cents, part(abs(cents)), **more)


def written_off(cause: Cause, cents: int, **more: Vat) -> postings.Lines:
    return decided(cause, Decision.WRITE_OFF, cents, **more)


# One test a row of the accountants' table


def test_an_early_payment_discount_lowers_the_tax_with_it():
    entry = joined(receipt(11_760_00), written_off(Cause.DISCOUNT, 240_00))
    assert entry == (debit("512", 11_760), credit("411", 12_000), debit("665", 200), debit("44571", 40))


def test_a_discount_on_services_lowers_the_tax_that_waits():
    assert written_off(Cause.DISCOUNT, 240_00, vat=Vat.ON_RECEIPTS) == (
        debit("665", 200), debit("4458", 40), credit("411", 240)
    )  # fmt: skip  # read as a table: columns side by side


def test_a_missing_credit_note_is_a_dispute_and_then_a_credit_note():
    assert decided(Cause.CREDIT_NOTE, Decision.DISPUTE, 240_00) == ()
    assert decided(Cause.CREDIT_NOTE, Decision.AWAIT_CREDIT_NOTE, 240_00) == (
        debit("707", 200), debit("44571", 40), credit("411", 240)
    )  # fmt: skip  # read as a table: columns side by side


def test_a_credit_note_for_a_rebate_has_an_account_of_its_own():
    assert postings.credit_note(part(240_00), rebate=True)[0] == debit("7097", 200)


def test_a_rebate_to_grant_waits_for_its_credit_note():
    entry = decided(Cause.REBATE, Decision.AWAIT_CREDIT_NOTE, 240_00)
    assert entry == (debit("709", 200), debit("44587", 40), credit("4198", 240))


def test_a_few_cents_short_or_over():
    assert written_off(Cause.ROUNDING, 3) == (Line("658", debit=3), Line("411", credit=3))
    assert written_off(Cause.ROUNDING, -3) == (Line("411", debit=3), Line("758", credit=3))


def test_a_bank_fee_that_we_bear():
    entry = joined(receipt(11_985_00), written_off(Cause.BANK_FEE, 15_00))
    assert entry == (debit("512", 11_985), credit("411", 12_000), debit("6278", 15))


def test_a_bank_fee_that_the_buyer_bears_stays_open():
    assert decided(Cause.BANK_FEE, Decision.KEEP_OPEN, 15_00) == ()


def test_an_exchange_loss_is_commercial_and_not_financial():
    entry = joined(receipt(9_000_00), written_off(Cause.EXCHANGE, 200_00))
    assert entry == (debit("512", 9_000), credit("411", 9_200), debit("656", 200))
    assert written_off(Cause.EXCHANGE, -200_00) == (debit("411", 200), credit("756", 200))


def test_a_payment_posted_to_the_wrong_customer_is_moved_by_a_new_entry():
    assert postings.wrong_customer(500_00, "A", "B") == (debit("411", 500, "A"), credit("411", 500, "B"))


def test_what_was_paid_too_much_stays_in_credit_until_it_is_refunded_or_closed():
    assert decided(Cause.OVERPAYMENT, Decision.REFUND, -100_00) == (debit("411", 100), credit("512", 100))
    assert decided(Cause.OVERPAYMENT, Decision.KEEP_OPEN, -100_00) == (debit("411", 100), credit("4197", 100))


def test_what_was_paid_twice_is_paid_back():
    assert decided(Cause.DUPLICATE, Decision.REFUND, -12_000_00) == (debit("411", 12_000), credit("512", 12_000))


def test_an_advance_owes_its_tax_at_once():
    entry = causes.proposed(Cause.ADVANCE, Decision.KEEP_OPEN, -600_00, Split(500_00, 100_00))
    assert entry == (debit("411", 600), credit("4191", 600), debit("4458", 100), credit("44571", 100))


def test_a_penalty_that_we_accept_is_a_charge_and_one_that_we_refuse_is_dunned():
    assert written_off(Cause.PENALTY, 500_00) == (debit("6581", 500), credit("411", 500))
    assert decided(Cause.PENALTY, Decision.DISPUTE, 500_00) == ()


def test_retention_money_is_still_owed():
    assert decided(Cause.RETENTION, Decision.KEEP_OPEN, 600_00) == (debit("4117", 600), credit("411", 600))


def test_a_short_payment_without_reason_is_dunned_and_never_written_off():
    assert decided(Cause.SHORT_PAYMENT, Decision.KEEP_OPEN, 500_00) == ()
    assert Decision.WRITE_OFF not in causes.decisions(Cause.SHORT_PAYMENT, short=True)


def test_a_direct_debit_that_bounces_opens_the_debt_again():
    assert postings.bounced(12_000_00, 15_00) == (
        debit("411", 12_000), credit("512", 12_015), debit("6278", 15)
    )  # fmt: skip  # read as a table: columns side by side


# What holds for all of them


@given(
    st.sampled_from(Cause),
    st.sampled_from(Decision),
    st.integers(-(10**9), 10**9),
    st.integers(1, 10**9),
    st.data(),
)
def test_every_entry_balances(cause, decision, cents, total, data):
    whole = split(abs(cents), total, data.draw(st.integers(0, total)))
    entry = causes.proposed(cause, decision, cents, whole)
    assert balanced(entry)
    assert all((line.debit > 0) != (line.credit > 0) for line in entry)
    assert balanced(joined(entry, receipt(5), postings.turned(entry)))


@given(st.integers(1, 10**9), st.data())
def test_parts_lose_no_cent(total, data):
    net = data.draw(st.integers(0, total))
    cuts = sorted(data.draw(st.lists(st.integers(0, total), max_size=6)), reverse=True)
    rests = [total, *cuts, 0]
    parts = [split(before - after, total, net, rest=after) for before, after in pairwise(rests)]
    assert sum(one.net for one in parts) == net
    assert sum(one.vat for one in parts) == total - net
    assert all(one.net >= 0 and one.vat >= 0 for one in parts)


@pytest.mark.parametrize("short", [True, False])
def test_whatever_may_be_decided_for_good_has_an_entry(short):
    for cause in Cause:
        if Decision.WRITE_OFF in causes.decisions(cause, short=short):
            assert written_off(cause, 100_00)
