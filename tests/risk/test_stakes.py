"""What lateness may cost and how much credit fits: the worked numbers of the accounting rules, and what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.risk.stakes import Band, band, credit_limit, expected_loss


def test_a_simple_expected_loss():
    """24,000 × 2 % × 60 %."""
    assert round(expected_loss(24_000_00, 0.02, 0.60)) == 288_00


@pytest.mark.parametrize(
    ("score", "where"),
    [(100, Band.LOW), (75.1, Band.LOW), (74, Band.MODERATE), (50.1, Band.MODERATE), (49, Band.HIGH), (25.1, Band.HIGH),
     (24, Band.VERY_HIGH), (0, Band.VERY_HIGH)],
)  # fmt: skip  # read as a table: columns side by side
def test_bands_are_those_of_the_score_out_of_a_hundred(score, where):
    """Normal from 75, watched from 50, an advance or a guarantee from 25, cash only below."""
    assert band(1 - score / 100) is where


def test_the_limit_is_the_least_of_what_applies():
    assert (credit_limit(0.1, 4_000_00, 20_000_00, 15_000_00).cents, credit_limit(0.1, 4_000_00, 20_000_00, 15_000_00).why) == (12_000_00, "sales")  # fmt: skip  # one sentence
    assert credit_limit(0.1, 40_000_00, 20_000_00, 15_000_00).why == "insured"
    assert credit_limit(0.1, 40_000_00, 10_000_00, None).why == "policy"
    assert credit_limit(0.9, 40_000_00, 10_000_00, None).cents == 0


@given(st.integers(0, 10**9), st.floats(0, 1), st.floats(0, 1))
def test_no_more_is_lost_than_is_owed(exposure, default, lost):
    assert 0 <= expected_loss(exposure, default, lost) <= exposure
