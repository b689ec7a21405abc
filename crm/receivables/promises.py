"""What became of a promise, and how far a word can be relied on. Pure: words given and money received in, figures out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median

from crm.core.calendar import FRANCE, add_working_days

FEW_WORDS = 5
"""Below so many promises that fell due, a share says little: the counts are told instead."""


class PromiseStatus(StrEnum):
    """What became of it."""

    PENDING = "pending"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Word:
    """A promise and what has come in since it was made, up to its day. Cents."""

    cents: int
    by: date
    received: int
    ended: date | None = None
    released: int = 0
    """What credit notes or our own decisions have taken away of what it was about."""

    @property
    def due(self) -> int:
        """What there is to keep; 0: nothing is owed any more of what it was about."""
        return max(0, self.cents - self.released)

    def status(self, today: date) -> PromiseStatus:
        """Kept when all that was left to keep is in; until the end of its day it is pending, afterwards partly kept or broken."""
        if self.received >= self.due:
            return PromiseStatus.KEPT
        if today <= self.by and self.ended is None:
            return PromiseStatus.PENDING
        return PromiseStatus.PARTLY_KEPT if self.received > 0 else PromiseStatus.BROKEN

    def resumes_on(self, region: str | None = None) -> date:
        """The first worked day after its own: from then on what did not come is asked for again."""
        return add_working_days(self.by, 1, FRANCE, region)

    def waiting(self, today: date, region: str | None = None) -> int:
        """What is still awaited on a day, and not to be asked for again; 0 once the wait is over.

        A promise for a Friday is waited for until Monday: no bank tells of money before.
        """
        over = self.ended is not None or self.received >= self.due or today >= self.resumes_on(region)
        return 0 if over else self.due - self.received


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in for what promises are about: which invoice's, when. Cents."""

    invoice_id: int
    day: date
    cents: int


def shared(
    needs: Sequence[tuple[int, int]], receipts: Iterable[tuple[int, Receipt]]
) -> dict[int, list[tuple[date, int]]]:
    """What of the money each promise may count as its own: promise → days and cents.

    `needs`: key and cents of each promise, in the order in which they are served. Money that only one may count is all
    its own; what several may count goes to the first that still lacks it, so that no cent keeps two promises.
    """
    may: dict[Receipt, list[int]] = {}
    for key, receipt in receipts:
        may.setdefault(receipt, []).append(key)
    found: dict[int, list[tuple[date, int]]] = {key: [] for key, _cents in needs}
    left = dict(needs)
    for receipt, keys in may.items():
        if len(keys) == 1:
            found[keys[0]].append((receipt.day, receipt.cents))
            left[keys[0]] -= receipt.cents
    for receipt in sorted(may, key=lambda receipt: (receipt.day, receipt.invoice_id)):
        rest = receipt.cents
        if len(may[receipt]) == 1:
            continue
        for key, _cents in needs:
            if key in may[receipt] and min(left[key], rest) > 0:
                taken = min(left[key], rest)
                found[key].append((receipt.day, taken))
                left[key] -= taken
                rest -= taken
    return {key: sorted(days) for key, days in found.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A promise that fell due: what was to come, what came by its day, and how late all of it was. Cents."""

    due: int
    received: int
    days_late: int
    """Days after its own until all of it was in; so far, where it is not in yet."""

    @property
    def kept(self) -> bool:
        """Whether all of it came by its day."""
        return self.received >= self.due


def outcome_of(word: Word, receipts: Sequence[tuple[date, int]], today: date) -> Outcome:
    """How a promise ended, from all that has come in for it up to today, its own day or not."""
    came = 0
    for day, cents in receipts:
        came += cents
        if came >= word.due:
            return Outcome(word.due, min(word.received, word.due), max(0, (day - word.by).days))
    return Outcome(word.due, min(word.received, word.due), max(0, (today - word.by).days))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far somebody's word can be relied on, from the promises that fell due. Nothing is said of none."""

    due: int
    kept: int
    partly: int
    days_late: float
    """The median, those kept counting as 0."""
    due_cents: int
    kept_cents: int

    @property
    def few(self) -> bool:
        """Too few promises for a share to mean anything."""
        return self.due < FEW_WORDS

    @property
    def broken(self) -> int:
        """Those for which nothing came by their day."""
        return self.due - self.kept - self.partly


def reliability(outcomes: Sequence[Outcome]) -> Reliability | None:
    """The record of promises in one currency; None: none fell due."""
    if not outcomes:
        return None
    return Reliability(
        due=len(outcomes),
        kept=sum(one.kept for one in outcomes),
        partly=sum(not one.kept and one.received > 0 for one in outcomes),
        days_late=float(median(one.days_late for one in outcomes)),
        due_cents=sum(one.due for one in outcomes),
        kept_cents=sum(one.received for one in outcomes),
    )
