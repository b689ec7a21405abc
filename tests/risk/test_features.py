"""As known on a day: the features, one by one on a tiny book, and the law that later facts never reach an earlier score."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from companies import START, slow_builder
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.risk.book import NEVER, Book, Facts, when_issued
from crm.risk.explain import FAMILIES
from crm.risk.features import features
from crm.risk.names import FEATURES

DOCUMENT = Path(__file__).parents[2] / "docs" / "risk.md"


def a_book(*invoices: tuple[int, int, int, int]) -> Book:
    """Invoices as (customer, issued, due, settled) in days from the start; settled 0: never."""
    rows = np.array(invoices, np.int64)
    settled = np.where(rows[:, 3] == 0, NEVER, rows[:, 3] + START)
    return Book(
        int(rows[:, 0].max()) + 1,
        rows[:, 0],
        rows[:, 1] + START,
        rows[:, 2] + START,
        settled,
        np.full(len(rows), 100.0),
    )


def column(book: Book, name: str) -> list[float]:
    return features(book, when_issued(book))[:, FEATURES.index(name)].round(4).tolist()


def test_an_invoice_sees_only_what_came_before_it():
    book = a_book((0, 0, 30, 40), (0, 39, 69, 60), (0, 41, 71, 70))
    assert np.expm1(column(book, "history")).round().tolist() == [0, 0, 1], "on day 39 the first is not yet paid"
    assert np.expm1(column(book, "overdue_count")).round().tolist() == [0, 1, 0]
    assert np.expm1(column(book, "open_count")).round().tolist() == [0, 1, 1]


def test_what_is_overdue_is_known_to_be_late_before_it_is_paid():
    first, second = (column(a_book((0, 0, 30, 90), (0, day, 90, 95)), "late_rate")[1] for day in (30, 40))
    assert second > first


def test_the_latest_payments_weigh_in_their_order():
    late_then_punctual = a_book(*[(0, day, day + 10, day + 20) for day in range(0, 60, 20)], *[(0, day, day + 10, day + 9) for day in range(60, 120, 20)], (0, 200, 230, 0))  # fmt: skip  # read as a table: columns side by side
    assert column(late_then_punctual, "late_last_3")[-1] < column(late_then_punctual, "late_rate")[-1]


def test_every_feature_stands_in_one_family_and_in_the_document():
    told = [name for names in FAMILIES.values() for name in names]
    assert sorted(told) == sorted(FEATURES)
    text = DOCUMENT.read_text("utf-8")
    assert [name for name in FEATURES if f"`{name}`" not in text] == []


def test_nothing_is_ever_unknown():
    book = slow_builder(invoices=300, customers=40)
    assert np.isfinite(features(book, when_issued(book))).all()
    empty = a_book((0, 0, 30, 0))
    assert np.isfinite(features(empty, when_issued(empty))).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(30, 900), st.integers(0, 2**32 - 1))
def test_later_facts_alter_no_earlier_row(day, seed):
    """Every settlement, fact and invoice from a day on is drawn anew: rows of that day and before are bit-identical."""
    book, chance = slow_builder(invoices=300, customers=30), np.random.default_rng(seed)
    cut = START + day
    told = Facts(chance.integers(0, 30, 50), chance.integers(START, START + 1_000, 50), np.ones(50))
    book = replace(book, facts={"reminder": told, "dispute": told, "promise_broken": told, "bounce": told})
    asked = when_issued(book)
    early = asked.issued <= cut
    other = replace(
        book,
        settled=np.where(book.settled >= cut, cut + chance.integers(0, 500, len(book)), book.settled),
        amount=np.where(book.issued > cut, chance.uniform(1, 1e5, len(book)), book.amount),
        facts={kind: replace(each, day=np.where(each.day >= cut, each.day + 7, each.day)) for kind, each in book.facts.items()},
    )  # fmt: skip  # read as a table: columns side by side
    before, after = features(book, asked.only(early)), features(other, asked.only(early))
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize(
    ("due", "expected"), [(date(2026, 2, 26), 1.0), (date(2026, 2, 25), 0.0), (date(2026, 12, 31), 1.0)]
)
def test_the_end_of_a_month(due, expected):
    day = due.toordinal()
    book = Book(1, np.zeros(1, np.int64), np.array([day - 30]), np.array([day]), np.array([NEVER]), np.array([10.0]))
    assert column(book, "due_month_end") == [expected]
