"""Limitation: until which day a claim may be brought in court, and what starts the term anew.

Counted from the due date, or from the delivery where that is earlier; the last day is included (C. civ. 2228, 2229) and is
not carried over a weekend: limitation is no procedural time limit. What interrupts starts the whole term anew
(C. civ. 2231): an acknowledgement such as a part payment (2240), a claim in court (2241), an act of enforcement (2244).
Reminders never do, not even by registered letter. Suspensions (2238) are left out: the true day can only be later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.core.calendar import add_months
from crm.law.series import (
    LIMITATION_CARRIAGE,
    LIMITATION_CONSUMER,
    LIMITATION_PUBLIC,
    LIMITATION_TRADE,
    Law,
    LegalRate,
)

_BY_REGIME = {"B2B": LIMITATION_TRADE, "B2C": LIMITATION_CONSUMER, "B2G": LIMITATION_PUBLIC}
REGIMES = tuple(_BY_REGIME)
"""The regimes that have a term of their own."""


@dataclass(frozen=True, slots=True)
class Limitation:
    """Until when a debt can be claimed in court, and why."""

    last_day: date
    """Included."""
    since: date
    """What the term in force is counted from: the due date, the delivery, or the last interruption."""
    row: LegalRate
    """The term, with its source."""


def series_of(regime: str, *, carriage: bool = False) -> str:
    """The legal value that gives the term; where the regime is not stated yet, the consumer's, which is the shortest."""
    return LIMITATION_CARRIAGE if carriage else _BY_REGIME.get(regime, LIMITATION_CONSUMER)


def limitation(
    start: date, regime: str, law: Law, interruptions: Iterable[date] = (), *, carriage: bool = False
) -> Limitation:
    """The last day to claim a debt that could be claimed from `start` on.

    An interruption counts when the term still ran on its day; one that comes too late revives nothing.

    Raises:
        Refused: the length of the term is not known.
        Invalid: counting leaves the calendar.
    """
    name = series_of(regime, carriage=carriage)
    current = _term(start, name, law)
    for day in sorted(set(interruptions)):
        if start < day <= current.last_day:
            anew = _term(day, name, law)
            current = max(current, anew, key=lambda term: term.last_day)
    return current


def latest_start(until: date, regime: str, law: Law) -> date:
    """A day such that no term which started later has ended by `until`."""
    shortest = min(row.value for row in law[series_of(regime)].rows)
    # A month more than the term: a short month hides no debt.
    return add_months(until, 1 - 12 * int(shortest))


def _term(start: date, name: str, law: Law) -> Limitation:
    series = law[name]
    # A term that the law has shortened runs anew from that day (loi 2008-561 art. 26 II).
    counted = max(start, series.rows[0].valid_from)
    row = series.row_on(counted)
    # The State's debts lapse at the end of a year (loi 68-1250 art. 1).
    origin = counted.replace(month=12, day=31) if name == LIMITATION_PUBLIC else counted
    return Limitation(add_months(origin, 12 * int(row.value)), start, row)
