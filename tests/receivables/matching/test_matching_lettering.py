"""Matching codes, the order of the law, and certainty."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import owed

from crm.core.errors import Invalid
from crm.receivables.matching.certainty import certainty, weights
from crm.receivables.matching.imputation import impute, legal_order
from crm.receivables.matching.lettering import balanced, code_of, next_code, number_of, shown_code


@pytest.mark.parametrize(
    ("number", "code"),
    [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (53, "BA"), (702, "ZZ"), (703, "AAA"), (18278, "ZZZ")],
)
def test_codes_count_as_accountants_do(number: int, code: str) -> None:
    assert code_of(number) == code
    assert number_of(code) == number
    assert number_of(code.lower()) == number


@given(st.integers(1, 10**9))
def test_a_code_and_its_number_are_one(number: int) -> None:
    assert number_of(code_of(number)) == number


def test_codes_begin_at_aa_and_are_never_used_twice() -> None:
    assert next_code([]) == "AA"
    assert next_code(["AA", "ac", "AB"]) == "AD"
    assert next_code(["A", ""]) == "AA"
    assert next_code(["ZZ"]) == "AAA"


def test_capitals_say_settled_in_full() -> None:
    assert shown_code("ab", full=True) == "AB"
    assert shown_code("AB", full=False) == "ab"
    assert balanced([84_217, -74_200, -10_017])
    assert not balanced([84_217, -74_200])


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(Invalid):
        number_of("A1")
    with pytest.raises(ValueError, match="counted from 1"):
        code_of(0)


def test_debts_due_come_first_then_the_oldest() -> None:
    due, older, later = (
        owed("B", 200, issued=date(2026, 2, 1)),
        owed("A", 100, issued=date(2026, 1, 1)),
        owed("C", 300, issued=date(2026, 3, 10)),
    )
    assert [item.number for item in legal_order((later, due, older), date(2026, 3, 20))] == ["A", "B", "C"]
    assert impute((later, due, older), 250, date(2026, 3, 20)) == [(older.id, 100), (due.id, 150)]


def test_equal_debts_share_in_proportion_to_the_cent() -> None:
    one, two = owed("A", 100), owed("B", 200)
    assert impute((one, two), 100, date(2026, 3, 20)) == [(one.id, 33), (two.id, 67)]


@given(st.lists(st.integers(-500, 5_000), max_size=12), st.integers(1, 20_000))
def test_imputation_never_gives_more_than_there_is(amounts: list[int], cents: int) -> None:
    items = [owed(f"F{place}", amount or 1) for place, amount in enumerate(amounts)]
    opened = {item.id: item.open_cents for item in items}
    given_out = impute(items, cents, date(2026, 3, 20))
    assert sum(share for _item, share in given_out) == min(
        cents, sum(amount for amount in opened.values() if amount > 0)
    )
    assert all(0 < share <= opened[item] for item, share in given_out)


def test_more_evidence_is_never_less_certain() -> None:
    """What speaks for a match weighs more than nothing, what speaks against it less."""
    assert weights()["named_all"] > 0
    assert weights()["doubt"] < 0
    assert certainty({"named_all": 1.0, "full": 1.0, "exact": 1.0, "payer_sure": 1.0}) > certainty(
        {"exact": 1.0, "unsure": 8.0}
    )
    assert 0 <= certainty({"unsure": 1e6}) <= certainty({"odds": 1e6}) < 1
