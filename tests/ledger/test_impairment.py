"""A customer who does not pay: the accountants' worked case of 12,000 with tax, to the cent, and what always holds."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.ledger.impairment import (
    Valuation,
    adjusted,
    dividend,
    from_doubtful,
    given_up,
    loss,
    loss_account,
    required,
    to_doubtful,
    vat_recovered,
)
from crm.ledger.postings import Line, Lines, Vat, balanced, receipt, split

TOTAL, NET = 12_000_00, 10_000_00
LOST = split(8_400_00, TOTAL, NET)


def result_effect(entries: list[Lines]) -> int:
    """What entries do to the result: income less charges."""
    return sum(line.credit - line.debit for entry in entries for line in entry if line.account[:1] in "67")


def balance_of(account: str, entries: list[Lines]) -> int:
    """Debit less credit."""
    return sum(line.debit - line.credit for entry in entries for line in entry if line.account == account)


def debit(account: str, euros: int) -> Line:
    return Line(account, debit=euros * 100)


def credit(account: str, euros: int) -> Line:
    return Line(account, credit=euros * 100)


def test_the_whole_debt_moves_among_the_doubtful_tax_included():
    assert to_doubtful(TOTAL) == (debit("416", 12_000), credit("411", 12_000))
    assert from_doubtful(TOTAL) == (debit("411", 12_000), credit("416", 12_000))


def test_what_is_not_expected_back_is_set_aside_without_tax():
    needed = required(NET, Decimal("0.40"))
    assert needed == 6_000_00
    assert adjusted(needed, 0) == (debit("68174", 6_000), credit("491", 6_000))
    assert Valuation(TOTAL, NET, needed).book_value == 6_000_00


def test_a_worse_outlook_tops_it_up():
    needed = required(NET, Decimal("0.25"))
    assert needed == 7_500_00
    assert adjusted(needed, 6_000_00) == (debit("68174", 1_500), credit("491", 1_500))


def test_a_better_outlook_releases_some():
    assert adjusted(4_000_00, 6_000_00) == (debit("491", 2_000), credit("78174", 2_000))
    assert adjusted(6_000_00, 6_000_00) == ()


def test_what_is_given_up_leaves_the_books_with_its_tax_and_what_was_set_aside():
    assert (LOST.net, LOST.vat) == (7_000_00, 1_400_00)
    entry = given_up(LOST, "6544", Vat.ON_INVOICE, set_aside=7_500_00, doubtful=True, duplicate_sent=True)
    assert entry == (
        debit("6544", 7_000), debit("44571", 1_400), credit("416", 8_400), debit("491", 7_500), credit("78174", 7_500)
    )  # fmt: skip  # read as a table: columns side by side


def test_the_whole_case_costs_what_is_lost_without_tax():
    case = [
        to_doubtful(TOTAL),
        adjusted(6_000_00, 0),
        adjusted(7_500_00, 6_000_00),
        receipt(3_600_00, "416"),
        given_up(LOST, "6544", Vat.ON_INVOICE, set_aside=7_500_00, doubtful=True, duplicate_sent=True),
    ]
    assert result_effect(case) == -7_000_00
    assert balance_of("416", case) == balance_of("491", case) == 0


def test_an_invoice_of_the_same_year_has_another_account():
    assert loss_account(date(2026, 1, 1), date(2026, 12, 31)) == "6541"
    assert loss_account(date(2025, 12, 31), date(2026, 1, 1)) == "6544"
    entry = given_up(split(TOTAL, TOTAL, NET), "6541", Vat.ON_INVOICE, set_aside=0, doubtful=False, duplicate_sent=True)
    assert entry == (debit("6541", 10_000), debit("44571", 2_000), credit("411", 12_000))


def test_a_later_dividend_owes_its_tax_again():
    assert dividend(split(1_200_00, TOTAL, NET)) == (debit("512", 1_200), credit("7583", 1_000), credit("44571", 200))


def test_services_taxed_on_receipts_have_no_tax_to_recover():
    entry = loss(LOST, "6544", Vat.ON_RECEIPTS, doubtful=True, duplicate_sent=True)
    assert entry == (debit("6544", 7_000), debit("4458", 1_400), credit("416", 8_400))


def test_tax_waits_until_the_duplicate_is_sent():
    entry = loss(LOST, "6544", Vat.ON_INVOICE, doubtful=True, duplicate_sent=False)
    assert entry[1] == debit("4458", 1_400)
    assert vat_recovered(1_400_00) == (debit("44571", 1_400), credit("4458", 1_400))
    assert dividend(split(1_200_00, TOTAL, NET), vat_waits=True)[2] == credit("4458", 200)


@pytest.mark.parametrize("share", ["-0.01", "1.01"])
def test_more_than_all_is_never_expected(share):
    with pytest.raises(ValueError, match="share"):
        required(NET, Decimal(share))


SHARES = st.decimals(0, 1, places=2)


@given(st.integers(1, 10**9), st.data())
def test_whatever_happens_entries_balance_and_the_accounts_end_at_nothing(total, data):
    net = data.draw(st.integers(0, total))
    received = data.draw(st.integers(0, total))
    lost = split(total - received, total, net)
    entries, set_aside = [to_doubtful(total)], 0
    for share in data.draw(st.lists(SHARES, max_size=4)):
        needed = required(net, share)
        entries.append(adjusted(needed, set_aside))
        set_aside = needed
    waits = data.draw(st.booleans())
    entries += [
        receipt(received, "416"),
        given_up(lost, "6544", Vat.ON_INVOICE, set_aside=set_aside, doubtful=True, duplicate_sent=not waits),
    ]
    if waits:
        entries.append(vat_recovered(lost.vat))
    assert all(balanced(entry) for entry in entries)
    assert all((line.debit > 0) != (line.credit > 0) for entry in entries for line in entry)
    assert all(balance_of(account, entries) == 0 for account in ("416", "491", "4458"))
    assert balance_of("44571", entries) == lost.vat
    assert result_effect(entries) == -lost.net
