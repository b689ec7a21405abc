"""How far an objective is, and whether it will be reached: arithmetic over whole hundredths. Pure.

A measure is either a *flow*, which adds up over the period (revenue, visits), or a *level*, which stands somewhere each day
(what is overdue, DSO, NPS, a measure of one's own). For a flow the projection goes on at the mean pace so far; for a level it
goes on along the straight line from the value before the period to today's.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import ceil

from crm.core.i18n import mark
from crm.core.periods import Period

WEEK = 7


class Measure(StrEnum):
    """What is measured."""

    REVENUE = "revenue"
    OVERDUE = "overdue"
    DSO = "dso"
    NPS = "nps"
    VISITS = "visits"
    OWN = "own"


MEASURES = {
    Measure.REVENUE: mark("Revenue"),
    Measure.OVERDUE: mark("Overdue amount"),
    Measure.DSO: mark("DSO"),
    Measure.NPS: mark("Satisfaction (NPS)"),
    Measure.VISITS: mark("Visits"),
    Measure.OWN: mark("A measure of our own"),
}
"""Measure → how it is said."""
FLOWS = frozenset({Measure.REVENUE, Measure.VISITS})
MONEY = frozenset({Measure.REVENUE, Measure.OVERDUE})
NOTED = frozenset({Measure.NPS, Measure.OWN})
"""Measures whose values a person notes."""


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"


USUAL = {
    Measure.REVENUE: Better.HIGHER,
    Measure.OVERDUE: Better.LOWER,
    Measure.DSO: Better.LOWER,
    Measure.NPS: Better.HIGHER,
    Measure.VISITS: Better.HIGHER,
    Measure.OWN: Better.HIGHER,
}
"""Measure → which way is good unless said otherwise."""


class Course(StrEnum):
    """How an objective goes."""

    REACHED = "reached"
    ON_COURSE = "on_course"
    SLIPPING = "slipping"
    MISSED = "missed"
    COMING = "coming"
    UNKNOWN = "unknown"


COURSES = {
    Course.REACHED: mark("objective reached"),
    Course.ON_COURSE: mark("on course"),
    Course.SLIPPING: mark("slipping"),
    Course.MISSED: mark("objective missed"),
    Course.COMING: mark("not begun yet"),
    Course.UNKNOWN: mark("no value yet"),
}
"""Course → how it is said."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What is aimed at: hundredths of the unit by the end of a period."""

    target: int
    better: Better
    period: Period
    flow: bool
    lowest: int | None = None
    """The measure cannot fall below: what is owed, days and visits are not negative."""
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an objective stands on a day. Hundredths of the unit, except `pace`, which is such a number a week."""

    aim: Aim
    today: date
    value: int | None
    """Now; None: nobody knows it yet."""
    base: int | None
    """Where it started: nothing for a flow, the value on the day before the period for a level; None: not known."""

    @property
    def elapsed(self) -> int:
        """Days of the period that are behind us, today included."""
        return max(0, min((self.today - self.aim.period.start).days + 1, self.aim.period.days))

    @property
    def left(self) -> int:
        """Days of the period still to come."""
        return self.aim.period.days - self.elapsed

    @property
    def distance(self) -> int | None:
        """What is still missing; 0: it is there."""
        if self.value is None:
            return None
        return max(0, self._sign * (self.aim.target - self.value))

    @property
    def pace(self) -> int | None:
        """What is needed a week from tomorrow on: so many more, or so many less. None: no value, or no day is left.

        Rounded up, so that whoever keeps it arrives.
        """
        if self.distance is None or not self.left:
            return None
        return ceil(Fraction(self.distance * WEEK, self.left))

    @property
    def projection(self) -> int | None:
        """Where it ends if it goes on as it has; None: no value, or the period has not begun."""
        if self.value is None or not self.elapsed:
            return None
        if not self.left:
            return self.value
        start = 0 if self.aim.flow else self.base
        if start is None:
            return self.value
        ends = self.value + Fraction((self.value - start) * self.left, self.elapsed)
        return self._possible(round(ends))

    @property
    def expected(self) -> int | None:
        """Where it would stand today on a straight line to the target; None: where it started is not known."""
        start = 0 if self.aim.flow else self.base
        if start is None:
            return None
        return round(start + Fraction((self.aim.target - start) * self.elapsed, self.aim.period.days))

    @property
    def course(self) -> Course:
        """How it goes."""
        if self.today < self.aim.period.start:
            return Course.COMING
        if self.value is None:
            return Course.UNKNOWN
        if self.distance == 0:
            return Course.REACHED
        if self.today > self.aim.period.end or not self.left:
            return Course.MISSED
        return Course.SLIPPING if self.shortfall else Course.ON_COURSE

    @property
    def shortfall(self) -> Fraction:
        """By how much the projection misses the target, as a share of the way there; 0: it does not. Sorts what is slipping."""
        if self.projection is None or self.value is None:
            return Fraction(0)
        missing = self._sign * (self.aim.target - self.projection)
        if missing <= 0:
            return Fraction(0)
        start = 0 if self.aim.flow else self.base
        way = abs(self.aim.target - (start if start is not None else self.value))
        return Fraction(missing, max(1, way, abs(self.aim.target) if self.aim.flow else 0))

    @property
    def share(self) -> Fraction:
        """How much of the way is done, 0 to 1: for a gauge."""
        if self.value is None:
            return Fraction(0)
        if self.distance == 0:
            return Fraction(1)
        start = 0 if self.aim.flow else self.base
        way = self._sign * (self.aim.target - start) if start is not None else 0
        if way <= 0:
            return Fraction(0)
        assert start is not None
        done = Fraction(self._sign * (self.value - start), way)
        return min(Fraction(1), max(Fraction(0), done))

    @property
    def _sign(self) -> int:
        return 1 if self.aim.better is Better.HIGHER else -1

    def _possible(self, value: int) -> int:
        if self.aim.lowest is not None:
            value = max(self.aim.lowest, value)
        return value if self.aim.highest is None else min(self.aim.highest, value)


def bounds(measure: Measure) -> tuple[int | None, int | None]:
    """What a measure can be at least and at most, in hundredths."""
    match measure:
        case Measure.OVERDUE | Measure.DSO | Measure.VISITS:
            return 0, None
        case Measure.NPS:
            return -10_000, 10_000
        case _:
            return None, None


def changed_by(base: int, percent: int) -> int:
    """A value changed by a percentage: 5 is a twentieth more, −50 half. Hundredths, rounded to the nearest."""
    return round(Fraction(base * (100 + percent), 100))
