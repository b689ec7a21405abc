"""Until which day a claim may be brought, and what starts the term anew."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import add_months
from crm.law.limitation import REGIMES, latest_start, limitation
from crm.law.series import LegalRate, overlay, shipped

days = st.dates(date(2009, 1, 1), date(2030, 12, 31))
regimes = st.sampled_from([*REGIMES, "to_qualify"])


def last_day(start, regime="B2C", *interruptions, **more):
    found = limitation(
        date.fromisoformat(start), regime, shipped(), [date.fromisoformat(day) for day in interruptions], **more
    )
    return found.last_day.isoformat()


def test_the_example_of_a_consumer():
    """
    due       15/03/2024   two years, the last day included, although it is a Sunday
    payment   01/10/2025   an acknowledgement: two years from there
    """
    assert last_day("2024-03-15") == "2026-03-15"
    assert last_day("2024-03-15", "B2C", "2025-10-01") == "2027-10-01"


@pytest.mark.parametrize(
    ("regime", "last"),
    [("B2B", "2029-03-15"), ("B2C", "2026-03-15"), ("B2G", "2028-12-31"), ("to_qualify", "2026-03-15")],
)
def test_each_regime_has_its_term(regime, last):
    assert last_day("2024-03-15", regime) == last


def test_carriage_lapses_after_a_year():
    assert last_day("2024-03-15", "B2B", carriage=True) == "2025-03-15"


def test_the_29th_of_february_ends_on_the_28th():
    assert last_day("2024-02-29", "B2B") == "2029-02-28"


def test_the_state_counts_by_years():
    assert last_day("2024-01-01", "B2G") == last_day("2024-12-31", "B2G") == "2028-12-31"
    assert last_day("2024-05-01", "B2G", "2028-12-31") == "2032-12-31"


def test_an_interruption_counts_on_the_last_day_and_not_after_it():
    assert last_day("2024-03-15", "B2C", "2026-03-15") == "2028-03-15"
    assert last_day("2024-03-15", "B2C", "2026-03-16") == "2026-03-15"


def test_one_interruption_keeps_the_way_open_for_the_next():
    assert last_day("2024-03-15", "B2C", "2027-12-01", "2026-01-10") == "2029-12-01"
    assert last_day("2024-03-15", "B2C", "2027-12-01") == "2026-03-15"


def test_what_came_before_the_due_date_changes_nothing():
    assert last_day("2024-03-15", "B2C", "2024-01-10") == "2026-03-15"


def test_an_old_debt_counts_from_the_reform_of_2008():
    assert last_day("2001-05-01", "B2B") == "2013-06-19"


def test_a_recorded_term_is_used_from_its_day():
    longer = LegalRate("limitation_consumer", Decimal(3), date(2026, 1, 1), None, "a new law", certain=True)
    law = overlay(shipped(), [longer])
    assert limitation(date(2025, 12, 31), "B2C", law).last_day == date(2027, 12, 31)
    assert limitation(date(2026, 1, 1), "B2C", law).last_day == date(2029, 1, 1)


@given(days, regimes, st.lists(days, max_size=6), days)
def test_an_interruption_never_shortens(start, regime, interruptions, another):
    before = limitation(start, regime, shipped(), interruptions)
    after = limitation(start, regime, shipped(), [*interruptions, another])
    assert after.last_day >= before.last_day >= limitation(start, regime, shipped()).last_day
    assert limitation(start, regime, shipped(), reversed(interruptions)) == before


@given(days, regimes, st.lists(days, max_size=6))
def test_a_whole_term_runs_from_what_is_said_to_start_it(start, regime, interruptions):
    found = limitation(start, regime, shipped(), interruptions)
    assert found.since in {start, *interruptions}
    assert found.last_day >= add_months(found.since, 12 * int(found.row.value))


@given(days, regimes, st.lists(days, max_size=3))
def test_what_starts_after_the_latest_start_has_not_ended(until, regime, interruptions):
    start = latest_start(until, regime, shipped()) + timedelta(1)
    assert limitation(start, regime, shipped(), interruptions).last_day > until
