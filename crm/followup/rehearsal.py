"""Rehearsing a scenario: the days of a period lived once more, and what each would have asked for. Pure.

Each day is decided by the gate, as a run would; only days on which anything can differ from the day before are looked at.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import accumulate
from statistics import median

from crm.followup.gate import LATELY, Facts, Held, Verdict, Waiting, decide, unanswered
from crm.followup.planning import Item
from crm.followup.policy import Base, Scenario
from crm.receivables.promises import PromiseStatus, Word

NEEDLESS_DAYS = 3
"""A message was needless where all it asked for came within so many days by itself."""
_BROKEN = (PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Past:
    """An instalment and what became of it, by date. Cents."""

    instalment_id: int
    invoice_id: int
    customer_id: int
    number: str
    issued: date
    due: date
    amount: int
    moves: Sequence[tuple[date, int, bool]]
    """Day, how much it settled, and whether that was a payment; in order."""
    disputes: Sequence[tuple[date | None, date | None, int | None]] = ()
    """From, until, and the part in dispute (None: the whole); None: it was always so, or still is."""
    done: int = -1
    contacts: int = 0
    last_contact: date | None = None

    @cached_property
    def _days(self) -> list[date]:
        return [day for day, _cents, _paid in self.moves]

    @cached_property
    def _settled(self) -> list[int]:
        return list(accumulate(cents for _day, cents, _paid in self.moves))

    def open_on(self, day: date) -> int:
        """What is open at the end of a day."""
        place = bisect_right(self._days, day)
        return self.amount - (self._settled[place - 1] if place else 0)

    def disputed_on(self, day: date) -> int | None:
        """The part in dispute on a day; None: the whole."""
        parts = [
            part
            for since, until, part in self.disputes
            if (since is None or since <= day) and (until is None or until > day)
        ]
        return None if None in parts else sum(part for part in parts if part is not None)

    @property
    def paid_late(self) -> int | None:
        """How many days after its due date it was settled by a payment; None: it is not."""
        if not self.moves or self.open_on(date.max) > 0 or not self.moves[-1][2]:
            return None
        return (self.moves[-1][0] - self.due).days


@dataclass(frozen=True, slots=True)
class PastPromise:
    """A promise, and until when it was waited for."""

    customer_id: int
    invoice_id: int | None
    cents: int
    made: date
    by: date
    ended: date | None


@dataclass(frozen=True, slots=True)
class PastHold:
    """A hold, by date."""

    held: Held
    since: date
    until: date | None

    def on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.since <= day and (self.until is None or self.until > day)


@dataclass(frozen=True)
class History:
    """What happened to a customer in one currency; who it is and its addresses are those of today."""

    customer: str
    facts: Facts
    items: Sequence[Past]
    promises: Sequence[PastPromise] = ()
    holds: Sequence[PastHold] = ()
    free: Sequence[tuple[date, int]] = ()
    """Money that came or was used, by day: what is left of it settles nothing."""
    last_contact: date | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of a rehearsal. Cents."""

    day: date
    customer: str
    name: str
    level: int
    channel: str
    currency: str
    total: int
    confirmed: bool
    """A person would have had to say yes."""
    needless: bool
    """All it asked for came within three days by itself."""


@dataclass
class _Told:
    """What the rehearsal itself has said of an instalment."""

    done: int
    contacts: int
    last: date | None


@dataclass
class _Life:
    """One customer on its way through the period."""

    history: History
    scenario: Scenario
    told: dict[int, _Told] = field(default_factory=dict)
    last_contact: date | None = None

    def __post_init__(self) -> None:
        for item in self.history.items:
            self.told[item.instalment_id] = _Told(item.done, item.contacts, item.last_contact)
        self.last_contact = self.history.last_contact


def rehearse(histories: Iterable[History], scenario: Scenario, first: date, last: date) -> Iterator[Sent]:
    """Every message that a scenario would have asked for from a day to a day, both included; whoever is asked says yes."""
    for history in histories:
        yield from _lived(_Life(history, scenario), first, last)


def _lived(life: _Life, first: date, last: date) -> Iterator[Sent]:
    days = [day for day in _days(life.history, life.scenario) if first < day <= last]
    days.append(first)
    heapify(days)
    seen = first - _DAY
    while days:
        day = heappop(days)
        if day == seen:
            continue
        seen = day
        if (sent := day_of(life, day)) is not None:
            yield sent
            for wait in _waits(life.scenario):
                if day + timedelta(days=wait) <= last:
                    heappush(days, day + timedelta(days=wait))


def _waits(scenario: Scenario) -> set[int]:
    """After so many days from a message something may be due that was not."""
    previous = {step.offset for step in scenario.steps if step.base is Base.PREVIOUS_STEP}
    return {1} | previous | {scenario.gap_before(step) for step in scenario.steps}


def _days(history: History, scenario: Scenario) -> Iterator[date]:
    """The days on which anything may differ from the day before."""
    offsets = {step.offset for step in scenario.steps if step.base is not Base.PREVIOUS_STEP}
    if scenario.entry_days is not None:
        offsets.add(scenario.entry_days)
    for item in history.items:
        yield from (item.issued, item.due, item.due + _DAY)
        yield from (item.due + timedelta(days=offset) for offset in offsets)
        yield from (day for day, _cents, _paid in item.moves)
        yield from (day for since, until, _part in item.disputes for day in (since, until) if day is not None)
    for promise in history.promises:
        resumes = Word(promise.cents, promise.by, 0, None).resumes_on()
        yield from (promise.made, promise.by, promise.by + _DAY, resumes)
        ends = (promise.by, promise.ended) if promise.ended else (promise.by,)
        yield from (day + timedelta(days=offset) for day in ends for offset in offsets | {0} if offset >= 0)
    for hold in history.holds:
        yield hold.since
        if hold.until is not None:
            yield hold.until
    yield from (day for day, _cents in history.free)


def day_of(life: _Life, day: date) -> Sent | None:
    """One day of a customer: what a run would have sent, noted as said."""
    history, scenario = life.history, life.scenario
    items = items_on(history, scenario, day, life.told)
    if not items:
        return None
    decision = decide(items, facts_on(history, day, life.last_contact), scenario, day)
    if decision is None or decision.verdict is Verdict.HOLD:
        return None
    by_key = {item.instalment_id: item for item in history.items}
    for due in decision.dues:
        told = life.told[due.item.instalment_id]
        told.done = due.level if due.level is not None else told.done
        if decision.level >= 1:
            told.contacts, told.last = told.contacts + 1, day
    life.last_contact = day
    soon = day + timedelta(days=NEEDLESS_DAYS)
    needless = all(by_key[due.item.instalment_id].open_on(soon) <= due.item.open - due.cents for due in decision.dues)
    facts = history.facts
    return Sent(
        day, history.customer, facts.name, decision.level, decision.channel, facts.currency, decision.total,
        decision.verdict is Verdict.ASK, needless and decision.level > 0,
    )  # fmt: skip  # read as a table: columns side by side


def items_on(history: History, scenario: Scenario, day: date, told: Mapping[int, _Told]) -> list[Item]:
    """A customer's open instalments as a run would read them on a day."""
    until = day - timedelta(days=scenario.first_offset)
    broken = _broken(history, day) if any(step.base is Base.BROKEN_PROMISE for step in scenario.steps) else []
    left: dict[int, int] = {}
    found = []
    for item in history.items:
        if item.issued > day or item.due > until or (still := item.open_on(day)) <= 0:
            continue
        disputed = item.disputed_on(day) if item.disputes else 0
        if disputed is None:
            part = still
        else:
            before = left.get(item.invoice_id, disputed)
            part = min(before, still)
            left[item.invoice_id] = before - part
        said = told[item.instalment_id]
        since = [
            day_
            for invoice, day_ in broken
            if day_ < day and (invoice == item.invoice_id or (invoice is None and item.due <= day_))
        ]
        found.append(
            Item(
                item.instalment_id, item.invoice_id, item.number, "", item.issued, item.due, item.amount, None, still, part,
                said.done, said.contacts, said.last, broken=max(since, default=None),
            )
        )  # fmt: skip  # read as a table: columns side by side
    return found


def facts_on(history: History, day: date, last_contact: date | None) -> Facts:
    """What the gate would have known of a customer on a day, but for messages that are no reminders: they are left out."""
    known = history.facts
    waiting = [
        Waiting(promise.invoice_id, cents, promise.by)
        for promise in history.promises
        if promise.made <= day and (cents := _word(history, promise, day).waiting(day))
    ]
    return Facts(
        known.name, known.regime, known.email, known.address_fault, known.postal_address, known.currency,
        sum(cents for moved, cents in history.free if moved <= day),
        [hold.held for hold in history.holds if hold.on(day)],
        waiting, last_contact, broken=unanswered(_not_come(history, day), last_contact),
    )  # fmt: skip  # read as a table: columns side by side


def _not_come(history: History, day: date) -> list[Waiting]:
    """What was promised of late and did not come."""
    words = [
        (promise.invoice_id, _word(history, promise, day))
        for promise in history.promises
        if promise.made <= day and promise.by >= day - LATELY
    ]
    return [
        Waiting(invoice_id, word.due - word.received, word.by)
        for invoice_id, word in words
        if not word.waiting(day) and word.received < word.due
    ]


def _word(history: History, promise: PastPromise, day: date) -> Word:
    received = sum(
        cents
        for item in history.items
        if item.customer_id == promise.customer_id and promise.invoice_id in (None, item.invoice_id)
        for moved, cents, paid in item.moves
        if paid and promise.made <= moved <= min(promise.by, day)
    )
    ended = promise.ended if promise.ended and promise.ended <= day else None
    return Word(promise.cents, promise.by, received, ended)


def _broken(history: History, day: date) -> list[tuple[int | None, date]]:
    found = []
    for promise in history.promises:
        if promise.made <= day:
            word = _word(history, promise, day)
            if word.status(day) in _BROKEN:
                found.append((promise.invoice_id, min(word.by, word.ended or word.by)))
    return found


# The days to come


def usual_delays(histories: Sequence[History]) -> tuple[Mapping[str, int], int]:
    """How many days after the due date each customer usually pays, and everybody taken together: medians."""
    all_late: list[int] = []
    found: dict[str, int] = {}
    for history in histories:
        late = [days for item in history.items if (days := item.paid_late) is not None]
        all_late += late
        if late:
            found[history.customer] = round(median(late))
    return found, round(median(all_late)) if all_late else 0


def as_usual(history: History, today: date, delay: int) -> History:
    """The same customer paying what is open as late as usual; what is later than that already stays open."""
    items = []
    for item in history.items:
        still, day = item.open_on(today), item.due + timedelta(days=delay)
        moves = [*item.moves, (day, still, True)] if still > 0 and day > today else item.moves
        items.append(
            Past(
                item.instalment_id, item.invoice_id, item.customer_id, item.number, item.issued, item.due, item.amount, moves,
                item.disputes, item.done, item.contacts, item.last_contact,
            )
        )  # fmt: skip  # read as a table: columns side by side
    return History(
        history.customer, history.facts, items, history.promises, history.holds, history.free, history.last_contact
    )
