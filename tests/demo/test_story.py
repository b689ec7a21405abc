"""The example company's story: always the same for a day, whole for any day, and nobody's."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.customers import identity
from crm.demo import bank
from crm.demo.people import Payer
from crm.demo.story import Size, Story, told

TODAY = date(2026, 11, 24)
SMALL = Size(customers=24, invoices=240, weeks=26)
FICTION = ("026191", "019900", "035301", "053649")
"""How the telephone numbers begin that the regulator keeps for fiction."""


@pytest.fixture(scope="module")
def whole() -> Story:
    """The story as `make demo` lives it."""
    return told(TODAY, Size())


def test_the_same_day_has_the_same_story():
    assert told(TODAY, SMALL) == told(TODAY, SMALL)


def test_it_is_as_large_as_it_says(whole):
    assert len(whole.houses) == 200
    assert sum(bill.cents > 0 for bill in whole.bills) == 5_000
    assert len({bill.number for bill in whole.bills}) == len(whole.bills)


def test_payers_of_every_kind_and_many_trades(whole):
    assert {house.payer for house in whole.houses} == set(Payer)
    assert len({house.trade.name for house in whole.houses}) >= 10
    assert Counter(house.country for house in whole.houses).keys() == {"FR", "GB", "DE"}
    assert {bill.house.currency for bill in whole.bills if not bill.settled_by(TODAY)} == {"EUR", "GBP"}


def test_nobody_is_somebody(whole):
    for house in whole.houses:
        assert house.email == "" or house.email.endswith(".example")
        assert house.phone.startswith(FICTION)
        assert len(house.phone) == 10
        if house.siren:
            assert house.siren.startswith("00")
            assert identity.siren(house.siren) == house.siren
    assert len({house.name for house in whole.houses}) == len(whole.houses)


def test_somebody_who_owes_cannot_be_written_to(whole):
    mute = [bill for bill in whole.bills if not bill.house.email and bill.due < TODAY and not bill.settled_by(TODAY)]
    assert mute


def test_seasons_show(whole):
    billed = Counter(bill.issued.month for bill in whole.bills if bill.house.trade.name in ("hotel", "restaurant"))
    assert billed[7] + billed[8] > 2 * (billed[1] + billed[2])


def test_who_pays_how(whole):
    def late(payer: Payer) -> list[int]:
        bills = [
            bill for bill in whole.bills if bill.house.payer is payer and bill.cents > 0 and bill.objection is None
        ]
        return sorted((bill.paid[-1][0] - bill.due).days for bill in bills if bill.settled_by(TODAY))

    middle = {payer: days[len(days) // 2] for payer in Payer if (days := late(payer))}
    assert middle[Payer.PUNCTUAL] <= 1 < middle[Payer.LATE] < middle[Payer.STRAPPED]
    assert all(on.day >= 26 for bill in whole.bills if bill.house.payer is Payer.MONTH_END for on, _cents in bill.paid if bill.cents > 0 and bill.objection is None)  # fmt: skip  # read as a table: columns side by side


@settings(max_examples=25)
@given(today=st.dates(date(2024, 1, 1), date(2034, 12, 31)))
def test_every_day_has_a_whole_story(today: date):
    story = told(today, SMALL)
    assert sum(bill.cents > 0 for bill in story.bills) == SMALL.invoices
    known = {bill.number: bill for bill in story.bills}
    for bill in story.bills:
        assert story.begins <= bill.issued < today or bill.cents < 0
        assert bill.issued <= bill.due
        assert abs(sum(cents for _on, cents in bill.paid)) <= abs(bill.cents)
        assert all(bill.issued <= on < today for on, _cents in bill.paid)
        assert [on for on, _cents in bill.paid] == sorted(on for on, _cents in bill.paid)
        if bill.original:
            assert -bill.cents <= known[bill.original].cents
    assert all(story.begins <= act.day < today for act in story.acts)


@settings(max_examples=25)
@given(today=st.dates(date(2024, 1, 1), date(2034, 12, 31)))
def test_money_is_told_by_the_bank_or_by_the_files_never_by_both(today: date):
    story = told(today, SMALL)
    in_euros = [bill for bill in story.bills if bill.cents > 0 and bill.house.currency == "EUR"]
    for bill in in_euros:
        assert all((on >= bank.begins(today)) == ((on, cents) in bill.banked) for on, cents in bill.paid)
    transfers = {(line.day, line.name): line.cents for line in reversed(story.lines) if "F20" in line.words}
    for bill in in_euros:
        for on, cents in bill.banked:
            assert transfers[on, bank.bank_spelling(bill.house.name)] >= cents
    assert all(bank.begins(today) <= line.day < today for line in story.lines)


def test_statements_follow_each_other_without_a_gap():
    story = told(TODAY, SMALL)
    first, middle, last = bank.begins(TODAY), date(2026, 11, 2), TODAY - timedelta(days=1)
    whole = bank.statement(story.lines, first, last)
    parts = [bank.statement(story.lines, first, middle), bank.statement(story.lines, middle + timedelta(days=1), last)]
    balances = [re.findall(r"<Bal>.*?<Amt Ccy=\"EUR\">([\d.]+)<", part) for part in (whole, *parts)]
    assert balances[1][0] == balances[0][0]
    assert balances[1][1] == balances[2][0]
    assert balances[2][1] == balances[0][1]
    assert whole.count("<Ntry>") == sum(part.count("<Ntry>") for part in parts) == len(story.lines)


def test_every_file_says_each_thing_once():
    story = told(TODAY, SMALL)
    days = [story.begins - timedelta(days=1) + timedelta(days=7 * week) for week in range(SMALL.weeks + 2)]
    for bill in story.bills:
        rows = [row for since, until in pairwise(days) if (row := bill.row(since, until))]
        assert rows, bill
        assert len(rows) == len(set(rows))
