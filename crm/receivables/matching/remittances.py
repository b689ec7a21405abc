"""Deposits of several cheques: which open items, of whichever customers, may make one up."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from itertools import product
from math import prod

from crm.receivables.matching.facts import Money
from crm.receivables.matching.writing import Label

_CHEQUES = re.compile(
    r"\b(REMISE|REM|REMISES|VERSEMENT|ENCAISSEMENT|DEPOT)\b.*\b(CHQ|CHQS|CHEQUES?|CH)\b|\b(REM|REMISE) ?(CHQ|CHEQUES?)\b|^REMISE\b"
)
_COUNT = re.compile(
    r"\b(\d{1,2}) ?(?:CHQS?|CHEQUES?)\b|\b(?:NB|NOMBRE|NBRE)(?: DE)?(?: CHQS?| CHEQUES?)? ?:? ?(\d{1,2})\b"
)
_ONE = re.compile(r"\b(CHQ|CHEQUE)\b(?!.*\b(CHQS|CHEQUES)\b)")
_MOST_PAIRS, _MOST_TRIPLES = 3_000, 150
_MOST, _MANY = 3, 12


def is_remittance(money: Money, label: Label) -> bool:
    """Whether a line is a deposit of cheques."""
    return money.method == "check" or _CHEQUES.search(label.text) is not None


def is_one_cheque(money: Money, label: Label) -> bool:
    """Whether a line is the deposit of one single cheque, and says so."""
    said = cheques_in(label)
    return is_remittance(money, label) and (said == 1 or (said is None and _ONE.search(label.text) is not None))


def cheques_in(label: Label) -> int | None:
    """How many cheques the label says there are."""
    found = _COUNT.search(label.text)
    return int(found.group(1) or found.group(2)) if found is not None else None


def deposits(
    money: Money, label: Label, amounts: Mapping[int, Collection[int]], timing: Callable[[int], float]
) -> list[tuple[int, ...]]:
    """At most three sets of items that make up the deposit: two cheques, or three where few items are open; those first
    that were likeliest to be paid then.

    `amounts` are the places open for each amount, `timing` tells how well the day suits a place. Nothing when many sums
    fit: such a sum proves nothing.
    """
    said = cheques_in(label)
    found: list[tuple[int, ...]] = []
    if said in (None, 2) and len(amounts) <= _MOST_PAIRS:
        found = _pairs(money.cents, amounts)
    if not found and said in (None, 3) and len(amounts) <= _MOST_TRIPLES:
        found = _triples(money.cents, amounts)
    if len(found) > _MANY:
        return []
    chosen = dict.fromkeys(tuple(sorted(places)) for sums in found for places in _likeliest(sums, amounts, timing))
    return sorted(chosen, key=lambda places: (-prod(map(timing, places)), places))[:_MOST]


def _likeliest(
    sums: tuple[int, ...], amounts: Mapping[int, Collection[int]], timing: Callable[[int], float]
) -> list[tuple[int, ...]]:
    """The items that may stand for some amounts, the best two for each."""
    best = [
        sorted(amounts[cents], key=lambda place: (-timing(place), place))[: 2 + sums.count(cents)] for cents in sums
    ]
    return [places for places in product(*best) if len(set(places)) == len(places)]


def _pairs(target: int, amounts: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Pairs of amounts that come to a sum."""
    found: list[tuple[int, ...]] = []
    for cents in sorted(amounts):
        rest = target - cents
        if cents <= 0 or not amounts[cents]:
            continue
        if cents > rest or len(found) > _MANY:
            break
        if amounts.get(rest) and (cents < rest or len(amounts[cents]) > 1):
            found.append((cents, rest))
    return found


def _triples(target: int, amounts: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Three different amounts that come to a sum."""
    found: list[tuple[int, ...]] = []
    cents = sorted(amount for amount, places in amounts.items() if amount > 0 and places)
    for first, low in enumerate(cents):
        for middle in cents[first + 1 :]:
            high = target - low - middle
            if high > middle and amounts.get(high):
                found.append((low, middle, high))
                if len(found) > _MANY:
                    return found
    return found
