"""Whether statements follow each other, and which of their lines are the same money told twice.

A statement whose opening balance is not the last closing one shows that something is missing or comes again. The same
money comes again in another format (CAMT and CFONB of one day), or told once as a sum and once in its parts (CAMT.053 and
CAMT.054 of one batch).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from crm.core.i18n import _
from crm.core.money import shown
from crm.core.names import name_key
from crm.receivables.statements.model import Balance, Statement


class Following(StrEnum):
    """How a statement stands to the one before."""

    FOLLOWS = "follows"
    GAP = "gap"
    """Movements between the two are missing."""
    OVERLAP = "overlap"
    """It speaks of days that were told already."""
    UNKNOWN = "unknown"
    """One of the balances is not told."""


@dataclass(frozen=True, slots=True)
class Continuity:
    """How a statement stands to the one before, and what to say of it."""

    following: Following
    cents: int = 0
    """In a gap: by how much the balances differ."""
    sentence: str = ""


def continuity(previous: Balance | None, statement: Statement) -> Continuity:
    """Compare the last closing balance known with the opening balance of a statement of the same account and currency."""
    opening, closing = statement.opening, statement.closing
    if previous is None or opening is None:
        return Continuity(Following.UNKNOWN)
    ends_before = closing is not None and closing.day < previous.day
    if opening.cents == previous.cents and not ends_before:
        return Continuity(Following.FOLLOWS)
    if opening.day < previous.day:
        return Continuity(
            Following.OVERLAP, 0, _("The statement begins on {day}, before the closing balance of {previous}: days come again.").format(day=opening.day, previous=previous.day)
        )  # fmt: skip  # read as a table: columns side by side
    if opening.cents == previous.cents:
        return Continuity(Following.FOLLOWS)
    cents = opening.cents - previous.cents
    return Continuity(
        Following.GAP,
        cents,
        _("Something is missing between {previous} and {day}: the balance goes from {before} to {after}.").format(
            previous=previous.day,
            day=opening.day,
            before=shown(previous.cents, statement.currency),
            after=shown(opening.cents, statement.currency),
        ),
    )


class Money(Protocol):
    """A line of a statement, or the row that keeps it."""

    @property
    def account(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def booked(self) -> date: ...
    @property
    def cents(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def counterparty_name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def end_to_end_id(self) -> str: ...
    @property
    def bank_reference(self) -> str: ...
    @property
    def batch_id(self) -> str: ...


class Same(NamedTuple):
    """Lines that are the same money: their places among the new and among the known ones. One of the two is one line."""

    new: tuple[int, ...]
    known: tuple[int, ...]


def same_money(new: Sequence[Money], known: Sequence[Money], *, whole_days: bool) -> list[Same]:
    """Which new lines are money that is known already, whatever the format either came in.

    Equal account, day and amount are needed; then a fingerprint, a reference or words in common. With `whole_days`
    (both come from statements that add up, which therefore hold all of a day) amounts alone pair what is left. Lastly a
    batch: several lines that sum to one and carry its reference.
    """
    left_new, left_known = _Left(new), _Left(known)
    found = [
        *_paired(left_new, left_known, lambda line: line.fingerprint),
        *_paired(left_new, left_known, lambda line: line.end_to_end_id),
        *_paired(left_new, left_known, lambda line: line.bank_reference),
        *_alike(left_new, left_known),
        *_batches(left_new, left_known),
    ]
    if whole_days:
        found += _paired(left_new, left_known, lambda _line: "any")
    return sorted(found)


class _Left:
    """Lines that are not yet paired."""

    def __init__(self, lines: Sequence[Money]) -> None:
        self.lines = lines
        self.places = dict.fromkeys(range(len(lines)))

    def by(self, key: Callable[[Money], Hashable | None]) -> dict[Hashable, list[int]]:
        """The places of those left, by a key; None keeps a line out."""
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for place in self.places:
            if (value := key(self.lines[place])) is not None:
                groups[value].append(place)
        return groups

    def take(self, places: Iterable[int]) -> None:
        """These are paired."""
        for place in places:
            del self.places[place]


def _money(line: Money) -> tuple[Hashable, ...]:
    return (line.account, line.currency, line.booked, line.cents)


def _paired(new: _Left, known: _Left, name: Callable[[Money], str]) -> list[Same]:
    def key(line: Money) -> Hashable | None:
        return (*_money(line), name(line)) if name(line) else None

    groups = known.by(key)
    found = [
        Same((one,), (other,))
        for value, places in new.by(key).items()
        for one, other in zip(places, groups.get(value, ()), strict=False)
    ]
    _take(found, new, known)
    return found


def _take(found: list[Same], new: _Left, known: _Left) -> None:
    for same in found:
        new.take(same.new)
        known.take(same.known)


_MOST_ALIKE = 60
"""Lines of one day and amount whose words are compared one with another."""
_COMMONPLACE = frozenset(
    [
        "vir",
        "virement",
        "sepa",
        "recu",
        "emis",
        "prlv",
        "prelevement",
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "pour",
        "par",
        "ref",
        "reference",
        "motif",
        "carte",
        "cheque",
        "remise",
        "facture",
        "fact",
        "inst",
        "instantane",
        "ste",
        "societe",
        "sarl",
        "sas",
    ]
)


def _telling(line: Money) -> frozenset[str]:
    said = name_key(f"{line.label} {line.counterparty_name}")
    return frozenset(word for word in said.split() if len(word) > 2 and word not in _COMMONPLACE)


def _alike(new: _Left, known: _Left) -> list[Same]:
    """Pairs by the words their labels have in common, the most first."""
    groups = known.by(_money)
    found: list[Same] = []
    for value, places in new.by(_money).items():
        others = groups.get(value, [])
        if not others or len(places) * len(others) > _MOST_ALIKE**2:
            continue
        said = {place: _telling(known.lines[place]) for place in others}
        common = sorted(
            (-len(_telling(new.lines[one]) & said[other]), one, other)
            for one in places
            for other in others
            if _telling(new.lines[one]) & said[other]
        )
        taken_new, taken_known = set[int](), set[int]()
        for _count, one, other in common:
            if one not in taken_new and other not in taken_known:
                taken_new.add(one)
                taken_known.add(other)
                found.append(Same((one,), (other,)))
    _take(found, new, known)
    return found


def _batches(new: _Left, known: _Left) -> list[Same]:
    """A batch told as a sum on one side and in its parts on the other."""
    found = [Same(parts, (whole,)) for parts, whole in _parts_of(new, known)]
    _take(found, new, known)
    turned = [Same((whole,), parts) for parts, whole in _parts_of(known, new)]
    _take(turned, new, known)
    return found + turned


def _parts_of(parts: _Left, wholes: _Left) -> list[tuple[tuple[int, ...], int]]:
    def batch(line: Money) -> Hashable | None:
        return (line.account, line.currency, line.booked, line.batch_id) if line.batch_id else None

    named: dict[Hashable, list[int]] = defaultdict(list)
    for name in (batch, _by_bank_reference):
        for value, places in wholes.by(name).items():
            named[value] += [place for place in places if place not in named[value]]
    found, taken = [], set[int]()
    for value, places in parts.by(batch).items():
        total = sum(parts.lines[place].cents for place in places)
        whole = next((w for w in named.get(value, ()) if wholes.lines[w].cents == total and w not in taken), None)
        if whole is not None and len(places) > 1:
            taken.add(whole)
            found.append((tuple(places), whole))
    return found


def _by_bank_reference(line: Money) -> Hashable | None:
    return (line.account, line.currency, line.booked, line.bank_reference) if line.bank_reference else None
