"""Key figures. Pure: sums in, a figure out. An undefined figure is None, never zero. Formulas: `docs/rules.md`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
GRACE_DAYS = 15
"""What comes in up to so many days after a reminder is taken for its fruit."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many, and what they come to in cents."""

    count: int = 0
    cents: int = 0


@dataclass(frozen=True, slots=True)
class MonthSales:
    """What was sold in a month, or in its days up to the one that is asked for. Cents."""

    days: int
    cents: int


@dataclass(frozen=True, slots=True)
class Settled:
    """An invoice settled in full, by instalment: cents, and the days from due date to settlement, early negative."""

    parts: tuple[tuple[int, int], ...]

    @property
    def cents(self) -> int:
        """Its amount."""
        return sum(cents for cents, _days in self.parts)

    @property
    def days(self) -> int:
        """How late the latest of its instalments was; early is negative."""
        return max(days for _cents, days in self.parts)


@dataclass(frozen=True, slots=True)
class Dunned:
    """What reminders of a level asked for, and what came of it in the days after. Cents."""

    level: int
    asked: int
    paid: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What the figures of a period are made of, in cents of one currency; only what a figure needs is filled."""

    receivables: int
    """The aged balance's total at the end of the period."""
    overdue: int
    sales: int
    """Invoices less credit notes issued in the period, tax included."""
    days: int
    not_due: int = 0
    unallocated: int = 0
    """Zero or negative: what settles nothing yet."""
    opening: int = 0
    """The aged balance's total on the eve of the period."""
    disputed: int = 0
    """What of the receivables is in dispute."""
    disputed_overdue: int = 0
    disputed_opening: int = 0
    year_sales: int = 0
    """Of the twelve months up to the end of the period."""
    months: tuple[MonthSales, ...] = ()
    """Sales by calendar month, the latest first, as far back as there are any."""
    invoices: Counted = Counted()
    credit_notes: Counted = Counted()
    """Their amount is positive."""
    receipts: Counted = Counted()
    sent_back: Counted = Counted()
    """Money that went back: direct debits and cheques unpaid, refunds. Positive."""
    written_off: int = 0
    settled: tuple[Settled, ...] = ()
    disputes: Counted = Counted()
    """Invoices of the period that were disputed, each once."""
    doubtful: int = 0
    kept: Counted = Counted()
    partly_kept: Counted = Counted()
    broken: Counted = Counted()
    dunned: tuple[Dunned, ...] = ()

    @property
    def without_disputed(self) -> "Sums":
        """The same with what is in dispute left out of what is owed."""
        return replace(
            self,
            receivables=self.receivables - self.disputed,
            overdue=self.overdue - self.disputed_overdue,
            not_due=self.not_due - (self.disputed - self.disputed_overdue),
            opening=self.opening - self.disputed_opening,
            disputed=0,
            disputed_overdue=0,
            disputed_opening=0,
        )


def dso(sums: Sums) -> Decimal | None:
    """Days of sales outstanding, simple method: receivables / sales × days. None without sales."""
    return _in_days(sums.receivables, sums)


def bpdso(sums: Sums) -> Decimal | None:
    """The best DSO possible: if nothing were late. None without sales."""
    return _in_days(sums.not_due, sums)


def add(sums: Sums) -> Decimal | None:
    """Average days delinquent: what of the DSO is lateness. None without sales."""
    return _in_days(sums.overdue, sums)


def _in_days(cents: int, sums: Sums) -> Decimal | None:
    return rounded(Decimal(cents) / sums.sales * sums.days) if sums.sales > 0 else None


def days_of_sales(sums: Sums, year: int = 365) -> Decimal | None:
    """Receivables in days of the sales of twelve months; the days of a year are 365, or 360. None without sales."""
    return rounded(Decimal(sums.receivables) / sums.year_sales * year) if sums.year_sales > 0 else None


def day_of_sales(year_sales: int) -> int:
    """What a day of DSO is worth: sales of twelve months / 365, in cents, half up."""
    return int((Decimal(year_sales) / 365).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class CountBack:
    """How many days of sales receivables use up."""

    days: Decimal
    exhausted: bool
    """Receivables are more than all sales that are known: it is at least so many days."""


def count_back(receivables: int, months: Sequence[MonthSales]) -> CountBack | None:
    """Use up the latest sales first, whole months and then a part of one. None without any sales.

    A month in which credit notes outweigh invoices uses up nothing, but its days pass.
    """
    if not any(month.cents > 0 for month in months):
        return None
    left, days = receivables, Decimal(0)
    for month in months:
        if left <= 0:
            break
        if month.cents > left:
            return CountBack(rounded(days + Decimal(left) / month.cents * month.days), exhausted=False)
        days += month.days
        left -= max(0, month.cents)
    return CountBack(rounded(days), exhausted=left > 0)


def cei(sums: Sums) -> Decimal | None:
    """Collection effectiveness: what was collected of what could be, in percent.

    Where nothing could be collected, nothing was missed: 100. None where more is not due than there ever was to collect.
    """
    collectible = sums.opening + sums.sales - sums.not_due
    collected = sums.opening + sums.sales - sums.receivables
    if collectible == 0 and collected >= 0:
        return rounded(Decimal(100))
    return rounded(Decimal(collected) / collectible * 100) if collectible > 0 else None


def overdue_rate(sums: Sums) -> Decimal | None:
    """Overdue / receivables, in percent. None without receivables."""
    return percent(sums.overdue, sums.receivables)


def unpaid_rate(sums: Sums) -> Decimal | None:
    """Overdue at the end / sales of the period, in percent. None without sales."""
    return percent(sums.overdue, sums.sales)


def doubtful_rate(sums: Sums) -> Decimal | None:
    """Doubtful debts / receivables, tax included, in percent. None without receivables."""
    return percent(sums.doubtful, sums.receivables)


def percent(part: int, whole: int) -> Decimal | None:
    """A share in percent; None of nothing."""
    return rounded(Decimal(part) / whole * 100) if whole > 0 else None


def mean(told: Counted) -> int | None:
    """The average amount in cents, half up; None of nothing."""
    return int((Decimal(told.cents) / told.count).quantize(Decimal(1), ROUND_HALF_UP)) if told.count else None


def average_delay(settled: Sequence[Settled]) -> Decimal | None:
    """Days late by amount, early counting nothing. None where nothing was settled."""
    return _weighted([(cents, max(0, days)) for one in settled for cents, days in one.parts])


def signed_delay(settled: Sequence[Settled]) -> Decimal | None:
    """Days late by amount, early days taken off. None where nothing was settled."""
    return _weighted([part for one in settled for part in one.parts])


def unweighted_delay(settled: Sequence[Settled]) -> Decimal | None:
    """Days late, early days taken off, each invoice counting alike. None where nothing was settled."""
    return _weighted([(1, one.days) for one in settled])


def _weighted(pairs: Sequence[tuple[int, int]]) -> Decimal | None:
    weight = sum(cents for cents, _days in pairs)
    return rounded(Decimal(sum(cents * days for cents, days in pairs)) / weight) if weight > 0 else None


def on_time(settled: Sequence[Settled]) -> Counted:
    """Those settled on their due date or before."""
    punctual = [one.cents for one in settled if one.days <= 0]
    return Counted(len(punctual), sum(punctual))


def settled_sum(settled: Sequence[Settled]) -> Counted:
    """All of them."""
    return Counted(len(settled), sum(one.cents for one in settled))


def recovery_rate(dunned: Sequence[Dunned]) -> Decimal | None:
    """Paid in the days after reminders / asked for by them, in percent. None where none were sent."""
    return percent(sum(one.paid for one in dunned), sum(one.asked for one in dunned))


def fruit(asked: int, sent: date, receipts: Sequence[tuple[date, int]]) -> int:
    """What of an amount asked for on a day came in on it or up to `GRACE_DAYS` days later. Cents."""
    came = sum(cents for day, cents in receipts if 0 <= (day - sent).days <= GRACE_DAYS)
    return max(0, min(asked, came))


def settled_day(total: int, moves: Sequence[tuple[date, int]], until: date) -> date | None:
    """The day on which moves bring what is open down to nothing, and it stays so until a day. None: something is open.

    `moves`: days and cents, in order; what is taken back is negative.
    """
    left, reached = total, None
    for day, cents in moves:
        if day > until:
            break
        was_open, left = left > 0, left - cents
        if left > 0:
            reached = None
        elif was_open:
            reached = day
    return reached


def rounded(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(_CENT, ROUND_HALF_UP)
