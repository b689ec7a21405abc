"""The aged balance: who owes what, and for how long. Pure: facts and a day in, columns out.

Rules: `docs/rules.md` (aged by due date; not due up to the day itself, then 1-30, 31-60, 61-90 and over 90 days; credits
that settle nothing yet stand apart and are negative).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from crm.core.money import plain


class Bucket(StrEnum):
    """A column of the aged balance."""

    NOT_DUE = "not_due"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    OVER_90 = "over_90"
    UNALLOCATED = "unallocated"


AGES = (Bucket.NOT_DUE, Bucket.DAYS_1_30, Bucket.DAYS_31_60, Bucket.DAYS_61_90, Bucket.OVER_90)


class Standing(StrEnum):
    """Where a document stands on a day."""

    PAID = "paid"
    DISPUTED = "disputed"
    OVERDUE = "overdue"
    NOT_DUE = "not_due"


def bucket_of(days_late: int) -> Bucket:
    """The column of an open amount that is so many days past its due date (0 and less: not due)."""
    if days_late <= 0:
        return Bucket.NOT_DUE
    if days_late <= 30:
        return Bucket.DAYS_1_30
    if days_late <= 60:
        return Bucket.DAYS_31_60
    if days_late <= 90:
        return Bucket.DAYS_61_90
    return Bucket.OVER_90


def standing(open_cents: int, days_late: int, *, disputed: bool) -> Standing:
    """Where a document stands: paid when nothing is open, else disputed, else by its due date."""
    if open_cents == 0:
        return Standing.PAID
    if disputed:
        return Standing.DISPUTED
    return Standing.OVERDUE if days_late > 0 else Standing.NOT_DUE


@dataclass(frozen=True, slots=True)
class AgeingLine:
    """What one customer owes in one currency, by age. Cents; `unallocated` is zero or negative.

    In a total line `customer` and `name` are empty.
    """

    customer: str
    name: str
    city: str
    currency: str
    not_due: int = 0
    days_1_30: int = 0
    days_31_60: int = 0
    days_61_90: int = 0
    over_90: int = 0
    unallocated: int = 0
    oldest_days: int = 0
    """Days late of the oldest open instalment; 0 when nothing is late."""

    @property
    def ages(self) -> tuple[int, int, int, int, int]:
        """The five ages, not due first."""
        return (self.not_due, self.days_1_30, self.days_31_60, self.days_61_90, self.over_90)

    @property
    def overdue(self) -> int:
        """What is past its due date."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def total(self) -> int:
        """The sum of the columns."""
        return self.not_due + self.overdue + self.unallocated

    def cents(self, bucket: Bucket) -> int:
        """The amount of one column."""
        return dict(zip(Bucket, (*self.ages, self.unallocated), strict=True))[bucket]

    def columns_json(self) -> dict[str, str]:
        """The columns as decimal strings, as the contract names them."""
        cells = {bucket.value: plain(self.cents(bucket), self.currency) for bucket in Bucket}
        return {**cells, "total": plain(self.total, self.currency)}


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """An invoice or credit note as it stands on a day. Cents; a credit note is negative."""

    number: str
    customer: str
    name: str
    kind: str
    issue_date: date
    due_date: date | None
    currency: str
    total: int
    open: int
    disputed: int
    days_overdue: int
    standing: Standing
    assumed_due: bool = False
    """The due date comes from terms, not from the document."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object of `list-invoices`."""
        return {
            "number": self.number,
            "customer": self.customer,
            "name": self.name,
            "kind": self.kind,
            "issue_date": self.issue_date.isoformat(),
            "due_date": self.due_date.isoformat() if self.due_date else None,
            "currency": self.currency,
            "total": plain(self.total, self.currency),
            "open": plain(self.open, self.currency),
            "days_overdue": self.days_overdue,
            "standing": self.standing.value,
        }


def six(cents: list[int]) -> tuple[int, int, int, int, int, int]:
    """The five ages and what is unallocated, as `AgeingLine` takes them."""
    not_due, first, second, third, oldest, unallocated = cents
    return not_due, first, second, third, oldest, unallocated


def totals(lines: tuple[AgeingLine, ...]) -> Mapping[str, AgeingLine]:
    """One total line per currency, in the order of the currencies' codes; nothing is added across currencies."""
    sums: dict[str, list[int]] = {}
    oldest: dict[str, int] = {}
    for line in lines:
        row = sums.setdefault(line.currency, [0] * 6)
        for place, cents in enumerate((*line.ages, line.unallocated)):
            row[place] += cents
        oldest[line.currency] = max(oldest.get(line.currency, 0), line.oldest_days)
    return {code: AgeingLine("", "", "", code, *six(sums[code]), oldest[code]) for code in sorted(sums)}
