"""Why a score is what it is: each feature's exact share of the log-odds, told in families and points of probability.

The linear part: weight times distance from a usual invoice. Trees: Shapley values against that same invoice, exact, because a
small tree asks few features. Both are scaled and mixed as the score is, so that all shares add up to the score. Points are
log-odds at the exchange rate between the usual invoice's probability and this one's: they add up to the difference.
"""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from crm.risk.book import Floats
from crm.risk.names import FAMILIES, FEATURES
from crm.risk.parameters import Head, Linear, Tree, sigmoid


@dataclass(frozen=True, slots=True)
class Share:
    """One family's share of a score."""

    family: str
    log_odds: float
    points: float
    """Of probability, 0 to 100; positive makes lateness likelier."""
    feature: str
    """The feature of the family that weighs most."""


def contributions(head: Head, row: Floats, reference: Floats) -> Floats:
    """Each feature's share of the log-odds of a row; their sum is the row's less the reference's."""
    total = np.zeros(len(FEATURES))
    if head.linear is not None and head.share > 0:
        total += head.share * _linear(head.linear, row, reference)
    if head.trees is not None and head.share < 1:
        for tree in head.trees.trees:
            total += (1 - head.share) * _tree(tree, row, reference)
    return total * head.slope


def _linear(part: Linear, row: Floats, reference: Floats) -> Floats:
    return np.asarray(part.weights * (row - reference) / part.scale)


def _tree(tree: Tree, row: Floats, reference: Floats) -> Floats:
    """Shapley values of the features a tree asks, each taken from the row or from the reference."""
    told = np.zeros(len(row))
    asked = [name for name in np.unique(tree.feature[tree.left >= 0]) if row[name] != reference[name]]
    number = len(asked)
    values: dict[frozenset[int], float] = {}
    for size in range(number + 1):
        for chosen in combinations(asked, size):
            values[frozenset(int(name) for name in chosen)] = _leaf(tree, row, reference, frozenset(chosen))
    for name in asked:
        others = [other for other in asked if other != name]
        for size in range(number):
            weight = factorial(size) * factorial(number - size - 1) / factorial(number)
            for chosen in combinations(others, size):
                without = frozenset(int(each) for each in chosen)
                told[name] += weight * (values[without | {int(name)}] - values[without])
    return told


def _leaf(tree: Tree, row: Floats, reference: Floats, chosen: frozenset[int]) -> float:
    node = 0
    while tree.left[node] >= 0:
        feature = int(tree.feature[node])
        value = row[feature] if feature in chosen else reference[feature]
        node = int(tree.left[node] if value <= tree.threshold[node] else tree.right[node])
    return float(tree.value[node])


def shares(head: Head, row: Floats, reference: Floats) -> tuple[Share, ...]:
    """Each family's share, the heaviest first."""
    each = contributions(head, row, reference)
    start, end = (float(head.log_odds(np.asarray([point]))[0]) for point in (reference, row))
    before, after = (float(sigmoid(np.array([value]))[0]) for value in (start, end))
    rate = (after - before) / (end - start) if abs(end - start) > 1e-9 else after * (1 - after)
    told = []
    for family, names in FAMILIES.items():
        places = [FEATURES.index(name) for name in names]
        total = float(each[places].sum())
        heaviest = max(places, key=lambda place: abs(each[place]))
        told.append(Share(family, total, 100 * rate * total, FEATURES[heaviest]))
    return tuple(sorted(told, key=lambda share: (-abs(share.points), share.family)))
