"""Ledgers as hypothesis draws them, and what they must add up to: counted here by hand, without the product."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hypothesis import strategies as st

from crm.core.money import plain

FIRST, LAST = date(2026, 1, 1), date(2026, 11, 24)
COLUMNS = ("not_due", "1-30", "31-60", "61-90", "over_90", "unallocated")
HEADER = "number;customer;kind;issue_date;due_date;total_incl_tax;currency;paid_date;paid_amount"


@dataclass(frozen=True)
class Line:
    """A line of `invoices-csv`. Cents; a credit note's are negative."""

    number: str
    customer: str
    issued: date
    due: date
    cents: int
    currency: str
    paid_on: date | None = None
    paid: int = 0

    def __str__(self) -> str:
        kind = "credit_note" if self.cents < 0 else "invoice"
        due = "" if self.cents < 0 else self.due
        money = (self.paid_on, plain(self.paid)) if self.paid_on else ("", "")
        return ";".join(
            map(str, (self.number, self.customer, kind, self.issued, due, plain(self.cents), self.currency, *money))
        )

    def used(self) -> int:
        """What of the payment settles the document."""
        return max(self.paid, self.cents) if self.cents < 0 else min(self.paid, self.cents)

    def used_on(self) -> date:
        """From when on it does."""
        assert self.paid_on is not None
        return max(self.paid_on, self.issued)


def file_of(lines: Iterable[Line]) -> str:
    """The lines as a file."""
    return "\n".join((HEADER, *map(str, lines))) + "\n"


DAYS = st.dates(FIRST, LAST)


@st.composite
def lines(draw: st.DrawFn, number: str) -> Line:
    """Any line that an accountant may send."""
    issued, cents = draw(DAYS), draw(st.integers(0, 200_000))
    if credit := draw(st.integers(0, 4)) == 0:
        cents = -max(1, cents)
    line = Line(
        number, draw(st.sampled_from(["Ada", "Bob", "Cleo"])), issued,
        issued + timedelta(draw(st.integers(0, 100))), cents, draw(st.sampled_from(["EUR", "EUR", "USD"])),
    )  # fmt: skip  # read as a table: columns side by side
    if draw(st.booleans()):
        return line
    paid = draw(st.sampled_from([cents, cents // 2, 2 * cents, cents + 1])) if cents else 5
    paid = min(paid, -1) if credit else max(paid, 1)
    return replace(line, paid_on=issued + timedelta(draw(st.integers(-10, 150))), paid=paid)


@st.composite
def ledgers(draw: st.DrawFn, least: int = 1, most: int = 8) -> list[Line]:
    """A file's worth of lines."""
    return [draw(lines(f"F-{place}")) for place in range(draw(st.integers(least, most)))]


def shuffled(ledger: Sequence[Line], seed: int) -> list[Line]:
    """The same lines in another order."""
    mixed = list(ledger)
    Random(seed).shuffle(mixed)
    return mixed


def expected(ledger: Iterable[Line], day: date) -> dict[tuple[str, str], dict[str, str]]:
    """Customer and currency → the columns of the aged balance, where any is not zero."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for line in ledger:
        columns = sums.setdefault((line.customer, line.currency), dict.fromkeys(COLUMNS, 0))
        used = line.used() if line.paid_on and line.used_on() <= day else 0
        if line.issued <= day:
            columns[column_of(line, day)] += line.cents - used
        if line.paid_on and line.paid_on <= day:
            columns["unallocated"] -= line.paid - used
    return {
        who: {**{name: plain(cents) for name, cents in columns.items()}, "total": plain(sum(columns.values()))}
        for who, columns in sums.items()
        if any(columns.values())
    }


def column_of(line: Line, day: date) -> str:
    """Where an open amount stands."""
    if line.cents < 0:
        return "unallocated"
    late = (day - line.due).days
    return next((name for name, most in zip(COLUMNS, (0, 30, 60, 90), strict=False) if late <= most), "over_90")
