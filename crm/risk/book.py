"""What is known about a portfolio as plain arrays, and quick questions about any day of its past.

A day is its proleptic ordinal. A score of a day rests on what was dated **before** that day, as it stood when the day began:
whatever came later, that day included, cannot alter it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEVER = 4_000_000
"""A day that has not come: an invoice not yet settled."""
_SPAN = 1 << 23


@dataclass(frozen=True)
class Facts:
    """Dated facts about customers, of one kind: whose, which day they became known, and how much."""

    customer: Ints
    day: Ints
    value: Floats

    @classmethod
    def none(cls) -> "Facts":
        """No fact at all."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True)
class Book:
    """Invoices and what happened around them. Customers are places from 0 to `customers` - 1."""

    customers: int
    customer: Ints
    """Of each invoice."""
    issued: Ints
    due: Ints
    settled: Ints
    """The day its last cent was settled; NEVER while some of it is open."""
    amount: Floats
    """Units of its currency."""
    groups: Mapping[str, Ints] = field(default_factory=dict)
    """Attribute of customers (country, regime) → a code for each customer."""
    since: Ints | None = None
    """The day each customer has been one since; NEVER: not told."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """Kind (promise_kept, promise_broken, dispute, bounce, reminder, answered, credit_note, interaction) → its facts."""

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True)
class Asked:
    """Invoices to be scored: whose, on which day, and what they say of themselves."""

    customer: Ints
    day: Ints
    issued: Ints
    due: Ints
    amount: Floats
    counted: Floats
    """1 where the invoice itself stands in the book as issued before that day; 0 where it does not."""

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, chosen: npt.NDArray[np.bool_] | Ints) -> "Asked":
        """Some of them."""
        return Asked(
            self.customer[chosen],
            self.day[chosen],
            self.issued[chosen],
            self.due[chosen],
            self.amount[chosen],
            self.counted[chosen],
        )


def when_issued(book: Book) -> Asked:
    """Every invoice of a book, asked about on the day it was issued."""
    return Asked(book.customer, book.issued, book.issued, book.due, book.amount, np.zeros(len(book)))


class Stream:
    """Facts in order of customer and day, with running sums: a sum up to any day costs one search."""

    def __init__(self, customer: Ints, day: Ints, *values: Floats) -> None:
        day = np.clip(day, 0, NEVER)
        order = np.lexsort((*(np.asarray(value) for value in values[::-1]), day, customer))
        self._key = customer[order] * _SPAN + day[order]
        self._start_of = customer[order]
        self.values = [np.asarray(value, np.float64)[order] for value in values]
        self._sums = [np.concatenate(([0.0], np.cumsum(value))) for value in self.values]

    def before(self, customer: Ints, day: Ints) -> tuple[Ints, Ints]:
        """Where each customer's facts begin, and where those dated before the day end."""
        return np.searchsorted(self._key, customer * _SPAN), np.searchsorted(self._key, customer * _SPAN + day)

    def count(self, customer: Ints, day: Ints) -> Floats:
        """How many facts before the day."""
        first, end = self.before(customer, day)
        return (end - first).astype(np.float64)

    def total(self, customer: Ints, day: Ints, which: int = 0) -> Floats:
        """Sum of a value over the facts before the day."""
        first, end = self.before(customer, day)
        return self._sums[which][end] - self._sums[which][first]

    def last(self, customer: Ints, day: Ints, most: int, which: int = 0) -> Floats:
        """The latest values before the day, the newest first; NaN where there are fewer."""
        first, end = self.before(customer, day)
        if not len(self._key):
            return np.full((len(customer), most), np.nan)
        places = end[:, None] - 1 - np.arange(most)
        found = self.values[which][np.clip(places, 0, None)]
        return np.where(places >= first[:, None], found, np.nan)
