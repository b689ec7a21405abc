"""The arithmetic of objectives: what is missing, the pace it takes, where it ends. Laws that hold for any of them."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.periods import Period
from crm.portfolio.objective_templates import read_templates, templates_in_force
from crm.portfolio.objectives import Aim, Better, Course, Measure, Progress, changed_by

Q4 = Period(date(2026, 10, 1), date(2026, 12, 31))
TODAY = date(2026, 11, 24)


def revenue(value: int | None, *, target: int = 92_000_00, today: date = TODAY) -> Progress:
    return Progress(Aim(target, Better.HIGHER, Q4, flow=True, lowest=None), today, value, 0)


def overdue(value: int, base: int | None, *, target: int = 0, today: date = TODAY) -> Progress:
    return Progress(Aim(target, Better.LOWER, Q4, flow=False, lowest=0), today, value, base)


def test_revenue_by_hand():
    """55 of 92 days are behind us; 44,000 of 92,000 are there: 800 a day, where 1,297.30 are needed from now on."""
    told = revenue(44_000_00)
    assert (told.elapsed, told.left) == (55, 37)
    assert told.distance == 48_000_00
    assert told.pace == 9_081_09, "48,000 × 7 / 37, rounded up"
    assert told.projection == 73_600_00
    assert told.expected == 55_000_00
    assert told.course is Course.SLIPPING
    assert told.shortfall == Fraction(18_400, 92_000)


def test_overdue_by_hand():
    """From 11,000 to 5,500 in 55 days: 100 a day less, 1,800 would be left at the end."""
    told = overdue(5_500_00, 11_000_00)
    assert (told.distance, told.projection, told.course) == (5_500_00, 1_800_00, Course.SLIPPING)
    assert overdue(4_000_00, 11_000_00).projection == 0, "nobody owes less than nothing"
    assert overdue(4_000_00, 11_000_00).course is Course.ON_COURSE
    assert overdue(5_500_00, None).projection == 5_500_00, "where it started is not known: it stays"


def test_courses_from_before_the_period_to_after_it():
    assert revenue(0, today=date(2026, 9, 30)).course is Course.COMING
    assert revenue(None).course is Course.UNKNOWN
    assert revenue(92_000_00).course is Course.REACHED
    assert revenue(60_000_00).course is Course.ON_COURSE
    assert revenue(91_000_00, today=date(2026, 12, 31)).course is Course.MISSED
    assert revenue(91_000_00, today=date(2027, 1, 4)).pace is None
    assert revenue(91_000_00, today=date(2027, 1, 4)).projection == 91_000_00


amounts = st.integers(-(10**12), 10**12)
days = st.dates(date(2024, 1, 1), date(2028, 1, 1))


@st.composite
def any_progress(draw):
    start = draw(days)
    period = Period(start, start + timedelta(days=draw(st.integers(0, 800))))
    today = start + timedelta(days=draw(st.integers(-30, 900)))
    better, flow = draw(st.sampled_from(Better)), draw(st.booleans())
    base = 0 if flow else draw(st.none() | amounts)
    return Progress(Aim(draw(amounts), better, period, flow), today, draw(amounts), base)


@given(any_progress())
def test_whoever_keeps_the_pace_arrives_and_a_cent_a_week_less_would_not(told):
    assert told.distance >= 0
    if told.pace is None:
        assert told.left == 0
        return
    assert Fraction(told.pace * told.left, 7) >= told.distance
    assert told.pace == 0 or Fraction((told.pace - 1) * told.left, 7) < told.distance


@given(any_progress())
def test_distance_leads_from_the_value_to_the_target_and_nowhere_beyond(told):
    step = told.distance if told.aim.better is Better.HIGHER else -told.distance
    if told.distance:
        assert told.value + step == told.aim.target
    else:
        ahead = told.value - told.aim.target
        assert ahead >= 0 if told.aim.better is Better.HIGHER else ahead <= 0


@given(any_progress())
def test_on_the_last_day_the_projection_is_the_value(told):
    ended = Progress(told.aim, told.aim.period.end, told.value, told.base)
    assert ended.projection == ended.value
    assert ended.course in {Course.REACHED, Course.MISSED}


@given(any_progress(), st.integers(0, 10**9))
def test_more_of_what_is_good_never_makes_it_worse(told, more):
    sign = 1 if told.aim.better is Better.HIGHER else -1
    better = Progress(told.aim, told.today, told.value + sign * more, told.base)
    assert better.distance <= told.distance
    assert better.share >= told.share
    assert better.pace is None or better.pace <= told.pace
    if told.projection is not None:
        assert sign * (better.projection - told.projection) >= 0


@given(any_progress())
def test_higher_and_lower_are_mirrors_of_each_other(told):
    other = Better.LOWER if told.aim.better is Better.HIGHER else Better.HIGHER
    mirrored = Progress(
        Aim(-told.aim.target, other, told.aim.period, told.aim.flow),
        told.today,
        -told.value,
        None if told.base is None else -told.base,
    )
    assert (mirrored.distance, mirrored.pace, mirrored.course) == (told.distance, told.pace, told.course)
    assert mirrored.share == told.share
    assert mirrored.shortfall == told.shortfall


@given(any_progress())
def test_a_gauge_is_never_over_full_and_full_only_when_reached(told):
    assert 0 <= told.share <= 1
    assert (told.distance == 0) <= (told.share == 1)
    assert told.shortfall >= 0


@given(amounts, st.integers(-100, 1000))
def test_a_change_in_percent_is_right_to_the_nearest_hundredth(base, percent):
    assert abs(100 * changed_by(base, percent) - base * (100 + percent)) <= 50


def test_the_templates_of_the_program_are_read(tmp_path):
    known = templates_in_force(tmp_path)
    assert known["growth"].percent == 5
    assert known["satisfied"].target == 30_00
    (tmp_path / "objectives.toml").write_text('[mine]\nmeasure = "overdue"\ntarget = 99.5\n', "utf-8")
    assert templates_in_force(tmp_path)["mine"].target == 99_50
    assert templates_in_force(tmp_path)["mine"].measure is Measure.OVERDUE


@pytest.mark.parametrize(
    "text",
    [
        "[a", '[a]\nmeasure = "own"\ntarget = 1', '[a]\nmeasure = "dso"', '[a]\nmeasure = "dso"\ntarget = 1\npercent = 2',
        '[a]\nmeasure = "dso"\ntarget = "x"', '[a]\nmeasure = "dso"\npercent = 1.5', '[a]\nmeasure = "dso"\nwhy = 1', "a = 1",
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_templates_that_cannot_be_read_say_so(text):
    with pytest.raises(Invalid):
        read_templates(text)
