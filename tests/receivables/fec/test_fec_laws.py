"""What holds for any ledger: the file's balance is the aged balance, and two halves are as good as one file."""

from collections import Counter
from datetime import date, timedelta

from build import LEA, columns_of, imported
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers_in import Entered, a_fec, credit_note, customer, opening, receipt, sale

from crm.receivables.actions import AgedBalance, ListInvoices

CUSTOMERS = ("ANN", "BOB", "CLO")
JAN, CLOSING = date(2026, 1, 1), date(2026, 12, 31)
CODES = ("", "", "A", "B", "C", "b")


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entered]:
    """The entries of a year: sales, credit notes, money, codes as they fall, opening balances or none."""
    entries = []
    if draw(st.booleans()):
        lines = [customer(who, draw(st.integers(-50, 900)) * 100 or 100) for who in CUSTOMERS if draw(st.booleans())]
        if lines:
            entries.append(opening(JAN, *lines))
    for serial in range(draw(st.integers(1, 9))):
        make = draw(st.sampled_from((sale, sale, receipt, receipt, credit_note)))
        day = JAN + timedelta(days=draw(st.integers(5, 350)))
        amount = draw(st.sampled_from((60, 120, 120, 240, 360)))
        code = draw(st.sampled_from(CODES))
        entries.append(make(f"P{serial}", draw(st.sampled_from(CUSTOMERS)), amount, day, code=code))
    return entries


def balance_of(entries):
    """411 of each customer, added up by hand."""
    found = Counter()
    for entry in entries:
        for line in entry.lines:
            if line.account.startswith("411"):
                found[line.aux] += line.cents
    return {who: cents for who, cents in found.items() if cents}


def told(crm, day=CLOSING):
    """Customers' balances, and what is open of each document."""
    lines = crm.runner.read(AgedBalance(as_of=day), LEA).lines
    documents = crm.runner.read(ListInvoices(as_of=day), LEA).lines
    return (
        {line.customer: line.total for line in lines if line.total},
        sorted((line.customer, line.issue_date, line.total, line.open) for line in documents if line.total),
        {line.customer: line.unallocated for line in lines if line.unallocated},
    )


@given(entries=ledgers())
@settings(max_examples=30)
def test_the_balance_of_the_file_is_the_aged_balance(new_house, entries):
    with new_house() as crm:
        imported(crm, a_fec(*entries), name="123456789FEC20261231.txt")
        assert told(crm)[0] == balance_of(entries)


@given(entries=ledgers(), data=st.data())
@settings(max_examples=30)
def test_two_halves_are_as_good_as_the_whole(new_house, entries, data):
    first = [entry for entry in entries if data.draw(st.booleans())]
    second = [entry for entry in entries if entry not in first]
    name = "123456789FEC20261231.txt"
    with new_house() as crm:
        imported(crm, a_fec(*entries), name=name)
        whole = told(crm)
    with new_house() as crm:
        for half in (first, second):
            if half:
                imported(crm, a_fec(*half), name=name)
        assert told(crm) == whole
        for half in (first, second, entries):
            if half:
                again = imported(crm, a_fec(*half), name=name)
                assert (again.created, again.updated) == (0, 0)
        assert told(crm) == whole


@given(entries=ledgers(), data=st.data())
@settings(max_examples=30)
def test_a_month_read_before_the_year_leaves_no_trace(new_house, entries, data):
    """Read so far, then whole, letters added: as if it had come at once."""
    until = JAN + timedelta(days=data.draw(st.integers(1, 365)))
    so_far = [entry.lettered("") for entry in entries if entry.day <= until]
    name = "123456789FEC20261231.txt"
    with new_house() as crm:
        imported(crm, a_fec(*entries), name=name)
        whole = told(crm)
    with new_house() as crm:
        if so_far:
            imported(crm, a_fec(*so_far), name=name)
        imported(crm, a_fec(*entries), name=name)
        assert told(crm) == whole


@given(entries=ledgers())
@settings(max_examples=30)
def test_the_opening_of_next_year_changes_nothing(new_house, entries):
    closing = balance_of(entries)
    following = date(2027, 1, 1)
    with new_house() as crm:
        imported(crm, a_fec(*entries), name="123456789FEC20261231.txt")
        before = told(crm)
        lines = [customer(who, cents) for who, cents in closing.items()]
        if lines:
            imported(crm, a_fec(opening(following, *lines)), name="123456789FEC20271231.txt")
            assert told(crm) == before
            assert told(crm, following)[0] == closing
        assert columns_of(crm, as_of=CLOSING).get("total", "0.00") == f"{sum(closing.values()) / 100:.2f}"
