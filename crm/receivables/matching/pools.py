"""What one customer owes in one currency, oldest due first, as it stands while payments use it up."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice

from crm.receivables.matching.facts import OpenItem
from crm.receivables.matching.numbering import Numbering

WIDEST = 200
"""Sums are looked for among so many of the oldest open items, never more."""
_EARLY = timedelta(days=2)
"""A payment dated so little before its invoice is still for it."""


class View:
    """The open items of a pool that existed on a day, oldest due first; credit notes are negative."""

    __slots__ = (
        "_dates",
        "_items",
        "_months",
        "amounts",
        "due_dates",
        "halves",
        "invoices",
        "largest",
        "places",
        "positive",
        "total",
    )

    def __init__(self, places: list[int], items: Sequence[OpenItem], open_cents: list[int]) -> None:
        self.places = places
        self.amounts = [open_cents[place] for place in places]
        self.due_dates = [items[place].due_date for place in places]
        self.total = sum(self.amounts)
        self.positive = sum(amount for amount in self.amounts if amount > 0)
        self.invoices = sum(amount > 0 for amount in self.amounts)
        self.largest = max(self.amounts, default=0)
        self.halves: tuple[list[tuple[int, int]], dict[int, list[int]]] | None = None
        """Sums of both halves, made when first needed."""
        self._items = items
        self._months: dict[tuple[int, int], list[int]] | None = None
        self._dates: dict[date, list[int]] | None = None

    def due(self, day: date) -> int:
        """How many of them are due on a day."""
        return bisect_right(self.due_dates, day)

    @property
    def months(self) -> dict[tuple[int, int], list[int]]:
        """Positions by month of issue."""
        if self._months is None:
            self._months = {}
            for position, place in enumerate(self.places):
                issued = self._items[place].issue_date
                self._months.setdefault((issued.year, issued.month), []).append(position)
        return self._months

    @property
    def dates(self) -> dict[date, list[int]]:
        """Positions by due date."""
        if self._dates is None:
            self._dates = {}
            for position, due in enumerate(self.due_dates):
                self._dates.setdefault(due, []).append(position)
        return self._dates


class Pool:
    """The open items of one customer in one currency."""

    __slots__ = (
        "_all",
        "_by_amount",
        "_by_ending",
        "_by_serial",
        "_credits",
        "_dropped",
        "_issued",
        "_live",
        "_longest",
        "_settled",
        "_views",
        "items",
        "numbers",
        "open",
    )

    def __init__(
        self, places: Sequence[int], items: Sequence[OpenItem], open_cents: list[int], numbers: Sequence[Numbering]
    ) -> None:
        self.items = items
        self.open = open_cents
        self.numbers = numbers
        self._all = frozenset(places)
        self._live = sorted(places, key=self._age)
        self._credits: list[int] | None = None
        self._dropped: set[int] = set()
        self._settled = 0
        self._views: dict[int, View] = {}
        self._issued: list[date] | None = None
        self._longest: int | None = None
        self._by_amount: dict[int, list[int]] | None = None
        self._by_serial: dict[str, list[int]] | None = None
        self._by_ending: dict[str, list[int]] = {}

    @property
    def live(self) -> list[int]:
        """The places that are still open, oldest due first."""
        return self._live

    def used(self, place: int) -> None:
        """Something of it changed: what was computed from it is forgotten, and once half of it is settled it is shortened."""
        self._views.clear()
        self._issued = None
        if self._by_amount is not None and self.open[place] and place not in self._by_amount[self.open[place]]:
            self._by_amount[self.open[place]].append(place)
        if self.open[place] and place in self._dropped:
            self._dropped.discard(place)
            self._live = sorted((*self._live, place), key=self._age)
        self._settled += not self.open[place]
        if self._settled > len(self._live) // 2 + 8:
            self._dropped.update(place for place in self._live if not self.open[place])
            self._live = [place for place in self._live if self.open[place]]
            self._settled = 0

    def _age(self, place: int) -> tuple[date, date, str, int]:
        item = self.items[place]
        return (item.due_date, item.issue_date, item.number, item.id)

    def with_amount(self, cents: int) -> list[int]:
        """The places open for exactly this amount."""
        if self._by_amount is None:
            self._by_amount = defaultdict(list)
            for place in self._live:
                self._by_amount[self.open[place]].append(place)
        found = [place for place in self._by_amount.get(cents, ()) if self.open[place] == cents]
        return found if len(found) < 2 else sorted(found, key=self._age)

    def owns(self, place: int) -> bool:
        """Whether an item is of this pool."""
        return place in self._all

    def cut_like(self, cut: str) -> list[int]:
        """The open items whose number begins with this; none when more than one does."""
        found = [
            place for place in self._live[:WIDEST] if self.open[place] and self.numbers[place].whole.startswith(cut)
        ]
        return found if len(found) == 1 else []

    def with_serial(self, serial: str) -> list[int]:
        """The open places with this serial; without any, those whose number ends in it."""
        return self.with_whole_serial(serial) or [
            place for place in self._by_ending.get(serial, ()) if self.open[place]
        ]

    def with_whole_serial(self, serial: str) -> list[int]:
        """The open places with this serial."""
        if self._by_serial is None:
            self._by_serial = defaultdict(list)
            self._by_ending = defaultdict(list)
            for place in self._live:
                numbering = self.numbers[place]
                self._by_serial[numbering.serial.lstrip("0")].append(place)
                for ending in endings(numbering):
                    self._by_ending[ending].append(place)
        return [place for place in self._by_serial.get(serial, ()) if self.open[place]]

    @property
    def longest_serial(self) -> int:
        """How many figures the longest serial has: a longer figure in a label is something else."""
        if self._longest is None:
            self._longest = max((len(self.numbers[place].serial.lstrip("0")) for place in self._live), default=0)
        return self._longest

    def with_serial_between(self, low: int, high: int) -> list[int]:
        """The places whose serial lies in a range."""
        return [place for serial in range(low, high + 1) for place in self.with_serial(str(serial)) if self.open[place]]

    def credits(self) -> list[int]:
        """The open credit notes."""
        if self._credits is None:
            self._credits = [place for place in self._live if self.items[place].open_cents < 0]
        return [place for place in self._credits if self.open[place] < 0]

    def view(self, day: date) -> View:
        """What existed on a day, the oldest due first, at most `WIDEST`."""
        if self._issued is None:
            self._issued = sorted(self.items[place].issue_date for place in self._live if self.open[place])
        latest = day + _EARLY
        known = bisect_right(self._issued, latest)
        view = self._views.get(known)
        if view is None:
            view = self._views[known] = View(self._existing(latest), self.items, self.open)
        return view

    def _existing(self, latest: date) -> list[int]:
        existing = (place for place in self._live if self.open[place] and self.items[place].issue_date <= latest)
        return list(islice(existing, WIDEST))


def endings(parts: Numbering) -> list[str]:
    """What a payer may copy as the serial: the serial without leading zeros, or the last three to six figures."""
    figures = parts.digits if parts.digits.endswith(parts.serial) else parts.serial
    tails = (figures[-length:] for length in range(3, min(6, len(figures)) + 1))
    found = dict.fromkeys((parts.serial.lstrip("0"), *tails))
    return [ending for ending in found if ending and ending[0] != "0"]
