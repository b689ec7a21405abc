"""Which open items add up to an amount. Bounded: the work grows with the square of 45 items at most, and in a line beyond.

Every way carries its plausibility before the label is read: people pay all that is due, a month, the oldest, a pair, far
more often than an arbitrary choice. The share of one kind is spread over the number of choices it allows, so that a sum
found among many is worth less than one found among few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crm.receivables.matching.facts import Rule
from crm.receivables.matching.pools import View

ALL, DUE, OLDEST, RUN, MONTH, DATE, PAIR, TRIPLE, ANY = 0.06, 0.06, 0.03, 0.03, 0.05, 0.04, 0.05, 0.02, 0.02
MAX_TRIPLE = 45
"""Among more open items sums of three are not looked for, and no sum is certain."""
_MAX_ANY = 16
_MOST_WAYS = 12
_HINT = 20.0


@dataclass(frozen=True, slots=True)
class Way:
    """Items that add up to the amount: positions in the view, oldest first."""

    positions: tuple[int, ...]
    rule: Rule
    prior: float


def ways(
    view: View, target: int, day: date, months: Sequence[int] = (), *, whole: bool = False, thorough: bool = True
) -> list[Way]:
    """The ways in which two or more items make up the target, the plausible kinds first; arbitrary choices only when
    no plausible kind fits."""
    found: dict[tuple[int, ...], tuple[Rule, float]] = {}
    count = len(view.amounts)
    if count < 2 or target > view.positive:
        return []
    for rule, prior, positions in (*_structured(view, target, view.due(day), months, whole), *_pairs(view, target)):
        known = found.get(positions)
        found[positions] = (rule, prior) if known is None else (known[0], known[1] + prior)
    if thorough and all(rule is Rule.AMOUNT_SUM for rule, _prior in found.values()):
        for rule, prior, positions in _arbitrary(view, target):
            found.setdefault(positions, (rule, prior))
    best = sorted(found.items(), key=lambda pair: (-pair[1][1], pair[0]))
    return [Way(positions, rule, prior) for positions, (rule, prior) in best[:_MOST_WAYS]]


def _structured(
    view: View, target: int, due: int, months: Sequence[int], whole: bool
) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    count = len(view.amounts)
    if view.total == target:
        yield Rule.AMOUNT_ALL, ALL * (_HINT if whole else 1.0), tuple(range(count))
    if 1 < due < count and sum(view.amounts[:due]) == target:
        yield Rule.AMOUNT_DUE, DUE * (_HINT if whole else 1.0), tuple(range(due))
    for (_year, month), positions in view.months.items():
        if len(positions) > 1 and sum(view.amounts[position] for position in positions) == target:
            yield Rule.AMOUNT_MONTH, MONTH / len(view.months) * (_HINT if month in months else 1.0), tuple(positions)
    for positions in view.dates.values():
        if len(positions) > 1 and sum(view.amounts[position] for position in positions) == target:
            yield Rule.AMOUNT_MONTH, DATE / len(view.dates), tuple(positions)
    yield from _runs(view, target)


def _runs(view: View, target: int) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    """Items that follow each other; from the oldest on where the run starts there."""
    count = len(view.amounts)
    starts: dict[int, list[int]] = {0: [0]}
    reached = 0
    for end, amount in enumerate(view.amounts, 1):
        reached += amount
        for start in starts.get(reached - target, ()):
            if end - start > 1:
                run = tuple(range(start, end))
                yield (
                    (Rule.AMOUNT_OLDEST, OLDEST / count, run)
                    if start == 0
                    else (Rule.AMOUNT_RUN, RUN * 2 / (count * count), run)
                )
        starts.setdefault(reached, []).append(end)


def _pairs(view: View, target: int) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    seen: dict[int, list[int]] = {}
    prior = PAIR * 2 / (len(view.amounts) ** 2)
    for position, amount in enumerate(view.amounts):
        for other in seen.get(target - amount, ())[:4]:
            yield Rule.AMOUNT_SUM, prior, (other, position)
        seen.setdefault(amount, []).append(position)


def _arbitrary(view: View, target: int) -> list[tuple[Rule, float, tuple[int, ...]]]:
    count = len(view.amounts)
    found = list(_triples(view, target)) if 2 < count <= MAX_TRIPLE else []
    if not found and 3 < count <= _MAX_ANY:
        found = list(_any(view, target))
    if not found and count > _MAX_ANY:
        found = list(_oldest_but_one(view, target))
    return found


def _triples(view: View, target: int) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    amounts = view.amounts
    prior = TRIPLE * 6 / len(amounts) ** 3
    last = {amount: position for position, amount in enumerate(amounts)}
    for first in range(len(amounts) - 2):
        wanted = target - amounts[first]
        for second in range(first + 1, len(amounts) - 1):
            third = last.get(wanted - amounts[second], -1)
            if third > second:
                yield Rule.AMOUNT_SUM, prior, (first, second, third)


def _any(view: View, target: int) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    """Meeting in the middle: sums of the one half are looked up for what the other half leaves."""
    if view.halves is None:
        middle = len(view.amounts) // 2
        later: dict[int, list[int]] = {}
        for cents, mask in _masks(view.amounts[middle:]):
            later.setdefault(cents, []).append(mask << middle)
        view.halves = (_masks(view.amounts[:middle]), later)
    prior = ANY / 2 ** len(view.amounts)
    yielded = 0
    for cents, mask in view.halves[0]:
        for other in view.halves[1].get(target - cents, ()):
            both = mask | other
            positions = tuple(position for position in range(len(view.amounts)) if both >> position & 1)
            if len(positions) > 1:
                yield Rule.AMOUNT_SUM, prior, positions
                yielded += 1
                if yielded >= _MOST_WAYS:
                    return


def _masks(amounts: Sequence[int]) -> list[tuple[int, int]]:
    sums = [(0, 0)]
    for position, amount in enumerate(amounts):
        sums.extend([(cents + amount, mask | 1 << position) for cents, mask in sums])
    return sums


def _oldest_but_one(view: View, target: int) -> Iterable[tuple[Rule, float, tuple[int, ...]]]:
    """All up to a point, but for one that is left out: a disputed or missing invoice."""
    seen: dict[int, int] = {}
    reached = 0
    prior = ANY / len(view.amounts) ** 2
    for end, amount in enumerate(view.amounts):
        reached += amount
        seen.setdefault(amount, end)
        left = seen.get(reached - target)
        if left is not None and left < end:
            yield Rule.AMOUNT_SUM, prior, tuple(position for position in range(end + 1) if position != left)
