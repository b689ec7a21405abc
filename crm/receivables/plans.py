"""Payment plans: what is open split into instalments, and whether they are respected. Pure: facts and a day in, answers out.

A plan replaces due dates, not debts: each invoice's instalment stays as it is, and what of it is still open is told by the
plan's days instead of its own. Money set against any covered invoice pays the plan's instalments in their order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from crm.core.calendar import add_months

MOST = 120
"""Instalments of a plan: ten years of months."""


class Frequency(StrEnum):
    """How often a plan asks for an instalment."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class PlanStatus(StrEnum):
    """Where a plan stands."""

    ACTIVE = "active"
    OVERDUE = "overdue"
    """An instalment is missing, and its days of grace are not over."""
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


IN_FORCE = frozenset({PlanStatus.ACTIVE, PlanStatus.OVERDUE})
"""The states in which a plan's days count instead of the invoices' own."""


def due_day(first: date, frequency: Frequency, place: int) -> date:
    """The day of an instalment, the first at place 0; months are counted from the first day, so that the 31st stays one.

    Raises:
        Invalid: counting leaves the calendar.
    """
    match frequency:
        case Frequency.WEEKLY:
            return first + timedelta(weeks=place)
        case Frequency.BIWEEKLY:
            return first + timedelta(weeks=2 * place)
        case Frequency.MONTHLY:
            return add_months(first, place)
        case Frequency.QUARTERLY:
            return add_months(first, 3 * place)


def equal_parts(cents: int, count: int) -> list[int]:
    """An amount in so many parts that differ by a cent at most, the larger ones first; their sum is the amount."""
    part, more = divmod(cents, count)
    return [part + (place < more) for place in range(count)]


def parts_of(cents: int, each: int) -> list[int]:
    """An amount in parts of a given size; what is left is the last one."""
    whole, rest = divmod(cents, each)
    return [each] * whole + ([rest] if rest else [])


@dataclass(frozen=True, slots=True)
class Rate:
    """An instalment of a plan. Cents."""

    id: int
    rank: int
    due: date
    cents: int


@dataclass(frozen=True, slots=True)
class Cover:
    """An open instalment of an invoice that a plan covers, and what was set against it. Cents."""

    instalment_id: int
    invoice_id: int
    number: str
    due: date
    """Its own due date: penalties and limitation go by it."""
    total: int
    open_then: int
    """What was open of it when the plan was made."""
    cents: int
    """What of that the plan covers."""
    uses: tuple[tuple[date, int], ...]
    """Days and cents of all that was set against it, in order."""
    lost: tuple[tuple[date, int], ...] = ()
    """What of that was no money: given up as lost."""

    def open_on(self, day: date) -> int:
        """What is open of it on a day."""
        return self.total - sum(cents for on, cents in self.uses if on <= day)

    def paid(self, day: date) -> int:
        """What of the covered part has been settled by a day: what comes in counts for the plan first."""
        return min(self.cents, max(0, self.open_then - self.open_on(day)))


@dataclass(frozen=True, slots=True)
class Slice:
    """What of an invoice's instalment is due on a day of the plan. Cents."""

    instalment_id: int
    rate: Rate
    cents: int


@dataclass(frozen=True)
class Plan:
    """A plan with all that has happened to what it covers."""

    made: date
    grace_days: int
    ended: date | None
    rates: tuple[Rate, ...]
    covers: tuple[Cover, ...]
    """In the order in which they are paid: the earliest due first."""

    @cached_property
    def total(self) -> int:
        """What the plan replaces."""
        return sum(cover.cents for cover in self.covers)

    def paid(self, day: date) -> int:
        """What has been settled of it by a day."""
        return sum(cover.paid(day) for cover in self.covers)

    def lost(self, day: date) -> int:
        """What of that was given up as lost: it is no longer owed, and it never came."""
        given_up = sum(cents for cover in self.covers for on, cents in cover.lost if on <= day)
        return min(self.paid(day), given_up)

    def received(self, day: date) -> list[tuple[Rate, int]]:
        """What came in of each instalment by a day, in their order."""
        came, found = self.paid(day) - self.lost(day), []
        for rate in self.rates:
            used = min(came, rate.cents)
            came -= used
            found.append((rate, used))
        return found

    def left(self, day: date) -> list[tuple[Rate, int]]:
        """What is left of each instalment on a day."""
        paid, found = self.paid(day), []
        for rate in self.rates:
            used = min(paid, rate.cents)
            paid -= used
            found.append((rate, rate.cents - used))
        return found

    def missed(self, day: date) -> tuple[Rate, int] | None:
        """The first instalment whose day has passed without all of it, and what of it is missing."""
        return next(((rate, cents) for rate, cents in self.left(day) if cents and rate.due < day), None)

    def coming(self, day: date) -> tuple[Rate, int] | None:
        """The next instalment to come, and what of it is left."""
        return next(((rate, cents) for rate, cents in self.left(day) if cents and rate.due >= day), None)

    def broken_on(self, day: date) -> date | None:
        """Since when the plan is broken, as of a day: the first after the grace of an instalment that had not come by then."""
        owed = 0
        for rate in self.rates:
            owed += rate.cents
            last = rate.due + timedelta(days=self.grace_days)
            if last >= day:
                return None
            if self.paid(last) < owed:
                return last + timedelta(days=1)
        return None

    def status(self, day: date) -> PlanStatus:
        """Where it stands on a day. What is broken stays so, whatever comes in afterwards."""
        broken = self.broken_on(day)
        if broken is not None and (self.ended is None or broken <= self.ended):
            return PlanStatus.BROKEN
        if self.ended is not None and self.ended <= day:
            return PlanStatus.CANCELLED
        if self.paid(day) >= self.total:
            return PlanStatus.BROKEN if self.lost(day) > 0 else PlanStatus.KEPT
        return PlanStatus.OVERDUE if self.missed(day) else PlanStatus.ACTIVE

    def in_force(self, day: date) -> bool:
        """Whether its days count instead of the invoices' own."""
        return self.made <= day and self.status(day) in IN_FORCE

    def slices(self, day: date) -> Iterator[Slice]:
        """What is left of the instalments, each laid upon what is left of the invoices, the earliest of both first.

        The sum of an invoice's slices is what the plan still covers of it; the sum of an instalment's is what is left of it.
        """
        wanted = [(cover, cover.cents - cover.paid(day)) for cover in self.covers]
        place, rest = 0, wanted[0][1] if wanted else 0
        for rate, cents in self.left(day):
            while cents and place < len(wanted):
                if not rest:
                    place += 1
                    rest = wanted[place][1] if place < len(wanted) else 0
                    continue
                taken = min(cents, rest)
                yield Slice(wanted[place][0].instalment_id, rate, taken)
                cents -= taken
                rest -= taken


@dataclass(frozen=True, slots=True)
class Agreed:
    """An instalment of a plan in force, as whoever reminds of it sees it. Cents."""

    plan_id: int
    made: date
    signed: date | None
    rate: Rate
    count: int
    missing: int
    """What of the instalment has not come."""
    total: int
    left: int
    """What of the whole plan has not come."""
    grace_days: int
    schedule: tuple[tuple[Rate, int], ...]
    """Every instalment, and what is left of it."""


def laid_out(open_cents: int, due: date, slices: Sequence[Slice]) -> list[tuple[date, int, Slice | None]]:
    """An open amount by the days on which it is due: its own, and those of a plan. Cents; their sum is the amount."""
    rest = open_cents - sum(piece.cents for piece in slices)
    own: list[tuple[date, int, Slice | None]] = [(due, rest, None)] if rest else []
    return [*own, *((piece.rate.due, piece.cents, piece) for piece in slices)]
