"""A model as what it is: numbers. Kept as JSON, checked before it is believed, never unpickled.

Probabilities are made of log-odds: a linear part and trees, mixed and calibrated, all of which add up, so that each feature's
share of a score can be told exactly.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from crm.core.errors import Refused
from crm.core.i18n import _
from crm.risk.book import Floats, Ints
from crm.risk.names import FEATURES

FORMAT = 1
_MOST_TREES, _MOST_NODES = 2_000, 256
_ROWS = 8_192


@dataclass(frozen=True)
class Linear:
    """Weights of standardised features."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def scores(self, rows: Floats) -> Floats:
        """One sum a row."""
        return np.asarray(((rows - self.mean) / self.scale) @ self.weights + self.intercept)


@dataclass(frozen=True)
class Tree:
    """A binary tree in arrays; a node without children (`left` -1) is a leaf."""

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats


@dataclass(frozen=True)
class Trees:
    """Trees whose leaves add up."""

    base: float
    trees: tuple[Tree, ...]

    @cached_property
    def _stacked(self) -> tuple[Ints, Floats, Ints, Floats, int]:
        width = max((len(tree.value) for tree in self.trees), default=1)
        shape = (len(self.trees), width)
        feature, threshold = np.zeros(shape, np.int64), np.full(shape, np.inf)
        children, value = np.zeros((*shape, 2), np.int64), np.zeros(shape)
        for number, tree in enumerate(self.trees):
            size = len(tree.value)
            leaf = tree.left < 0
            here = np.arange(size)
            feature[number, :size] = np.where(leaf, 0, tree.feature)
            threshold[number, :size] = np.where(leaf, np.inf, tree.threshold)
            # A leaf leads to itself: every row can take the same number of steps.
            children[number, :size, 0] = np.where(leaf, here, tree.left)
            children[number, :size, 1] = np.where(leaf, here, tree.right)
            value[number, :size] = tree.value
        return feature, threshold, children, value, max((_depth(tree) for tree in self.trees), default=0)

    def scores(self, rows: Floats) -> Floats:
        """One sum a row."""
        total = np.full(len(rows), self.base)
        feature, threshold, children, value, depth = self._stacked
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            row = np.arange(len(part))
            for number in range(len(self.trees)):
                node = np.zeros(len(part), np.int64)
                for _step in range(depth):
                    right = part[row, feature[number][node]] > threshold[number][node]
                    node = children[number][node, right.astype(np.int64)]
                total[start : start + _ROWS] += value[number][node]
        return total


def _depth(tree: Tree) -> int:
    depth = np.zeros(len(tree.value), np.int64)
    for node in range(len(tree.value)):
        if tree.left[node] >= 0:
            depth[tree.left[node]] = depth[tree.right[node]] = depth[node] + 1
    return int(max(depth, default=0))


@dataclass(frozen=True)
class Head:
    """The probability of being more than `days` late: log-odds of both parts, mixed, then calibrated."""

    days: int
    linear: Linear | None
    trees: Trees | None
    share: float
    """Of the linear part, 0 to 1."""
    slope: float
    shift: float
    strength: float
    """Of the simple rule beside it; it answers alone where there are neither linear part nor trees."""

    @property
    def learnt(self) -> bool:
        """Whether there is more than the simple rule."""
        return self.linear is not None or self.trees is not None

    def log_odds(self, rows: Floats) -> Floats:
        """Calibrated log-odds, one a row."""
        raw = np.zeros(len(rows))
        if self.linear is not None and self.share > 0:
            raw += self.share * self.linear.scores(rows)
        if self.trees is not None and self.share < 1:
            raw += (1 - self.share) * self.trees.scores(rows)
        return self.slope * raw + self.shift

    def probabilities(self, rows: Floats, rule: Floats) -> Floats:
        """Probabilities, one a row; `rule` is what the simple rule says of each."""
        return sigmoid(self.log_odds(rows)) if self.learnt else rule


@dataclass(frozen=True)
class Quantile:
    """A quantile of the days from due date to payment, early ones negative."""

    level: float
    linear: Linear
    shift: float
    """Added so that the interval holds on invoices that were not learnt from."""

    def days(self, rows: Floats) -> Floats:
        """One figure a row."""
        return self.linear.scores(rows) + self.shift


@dataclass(frozen=True)
class RiskParameters:
    """A whole model, and its card."""

    heads: Mapping[int, Head]
    """Days late → its head."""
    quantiles: tuple[Quantile, ...]
    reference: Floats
    """The features of a usual invoice: what explanations start from."""
    in_time: Floats
    """Of invoices paid in time, the shares still unpaid at each twentieth of their term."""
    card: Mapping[str, Any] = field(default_factory=dict)

    def days_late(self, rows: Floats) -> tuple[Floats, Floats, Floats]:
        """Days late as low, middle and high, in order."""
        if not self.quantiles:
            flat = np.zeros(len(rows))
            return flat, flat, flat
        told = np.sort(np.column_stack([each.days(rows) for each in self.quantiles]), axis=1)
        return told[:, 0], told[:, 1], told[:, 2]


def sigmoid(log_odds: Floats) -> Floats:
    """Log-odds as probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))


def still_waiting(probability: Floats, elapsed: Floats, in_time: Floats) -> Floats:
    """The probability once so much of the term (0 to 1) has gone by without payment: Bayes over who pays in time when."""
    place = np.clip(elapsed, 0.0, 1.0) * (len(in_time) - 1)
    unpaid = np.interp(place, np.arange(len(in_time)), in_time)
    return np.asarray(probability / (probability + (1 - probability) * unpaid))


def dumped(model: RiskParameters) -> tuple[str, str]:
    """The model as JSON, and its digest."""
    text = json.dumps(
        {
            "format": FORMAT,
            "features": list(FEATURES),
            "heads": [_head(head) for _days, head in sorted(model.heads.items())],
            "quantiles": [
                {"level": each.level, "linear": _linear(each.linear), "shift": each.shift} for each in model.quantiles
            ],
            "reference": model.reference.tolist(),
            "in_time": model.in_time.tolist(),
            "card": model.card,
        },
        sort_keys=True,
        allow_nan=False,
    )
    return text, digest_of(text)


def digest_of(text: str) -> str:
    """SHA-256 of a model as text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _head(head: Head) -> dict[str, Any]:
    strength = None if np.isinf(head.strength) else head.strength
    return {
        "days": head.days, "linear": _linear(head.linear), "trees": _trees(head.trees), "share": head.share,
        "slope": head.slope, "shift": head.shift, "strength": strength,
    }  # fmt: skip  # read as a table: columns side by side


def _linear(part: Linear | None) -> dict[str, Any] | None:
    if part is None:
        return None
    arrays = {"mean": part.mean.tolist(), "scale": part.scale.tolist(), "weights": part.weights.tolist()}
    return {**arrays, "intercept": part.intercept}


def _trees(part: Trees | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "base": part.base,
        "trees": [
            [
                tree.feature.tolist(),
                tree.threshold.tolist(),
                tree.left.tolist(),
                tree.right.tolist(),
                tree.value.tolist(),
            ]
            for tree in part.trees
        ],
    }


def loaded(text: str, digest: str) -> RiskParameters:
    """A kept model, if it is whole and what was kept.

    Raises:
        Refused: it was altered, or is no model of this program.
    """
    if digest_of(text) != digest:
        raise Refused(
            _("The risk model was altered since it was trained: it is not used."), next_step=_("crm train-risk")
        )
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as fault:
        raise Refused(
            _("The risk model cannot be read: {why}").format(why=fault), next_step=_("crm train-risk")
        ) from fault


def _read(told: Any) -> RiskParameters:
    if told["format"] != FORMAT or told["features"] != list(FEATURES):
        raise ValueError("made by another version")
    heads = {head.days: head for head in map(_read_head, told["heads"])}
    quantiles = tuple(
        Quantile(_number(each["level"]), _read_linear(each["linear"]), _number(each["shift"]))
        for each in told["quantiles"]
    )
    if 0 not in heads or len(quantiles) not in (0, 3):
        raise ValueError("incomplete")
    in_time = _array(told["in_time"], None)
    if not len(in_time) or (in_time <= 0).any() or (in_time > 1).any():
        raise ValueError("shares out of bounds")
    return RiskParameters(heads, quantiles, _array(told["reference"], len(FEATURES)), in_time, dict(told["card"]))


def _read_head(told: Any) -> Head:
    share, strength = _number(told["share"]), told["strength"]
    if not 0 <= share <= 1:
        raise ValueError("share out of bounds")
    return Head(
        int(told["days"]),
        None if told["linear"] is None else _read_linear(told["linear"]),
        _optional_trees(told["trees"]),
        share,
        _number(told["slope"]),
        _number(told["shift"]),
        float("inf") if strength is None else _number(strength),
    )


def _read_linear(told: Any) -> Linear:
    size = len(FEATURES)
    scale = _array(told["scale"], size)
    if (scale <= 0).any():
        raise ValueError("scale out of bounds")
    return Linear(_array(told["mean"], size), scale, _array(told["weights"], size), _number(told["intercept"]))


def _optional_trees(told: Any) -> Trees | None:
    if told is None:
        return None
    if len(told["trees"]) > _MOST_TREES:
        raise ValueError("too many trees")
    return Trees(_number(told["base"]), tuple(_read_tree(tree) for tree in told["trees"]))


def _read_tree(told: Sequence[Any]) -> Tree:
    feature, left, right = (np.asarray(told[place], np.int64) for place in (0, 2, 3))
    size = len(told[4])
    if not 0 < size <= _MOST_NODES or not all(each.shape == (size,) for each in (feature, left, right)):
        raise ValueError("a tree is misshapen")
    inner = left >= 0
    here = np.arange(size)
    # Children stand behind their parent, so every walk ends.
    if (feature < 0).any() or (feature >= len(FEATURES)).any() or (left >= size).any() or (right >= size).any():
        raise ValueError("a tree leads nowhere")
    if (left[inner] <= here[inner]).any() or (right[inner] <= here[inner]).any():
        raise ValueError("a tree leads in a circle")
    return Tree(feature, _array(told[1], size), left, right, _array(told[4], size))


def _array(told: Any, size: int | None) -> Floats:
    found = np.asarray(told, np.float64)
    if found.ndim != 1 or (size is not None and len(found) != size) or not np.isfinite(found).all():
        raise ValueError("an array is misshapen")
    return found


def _number(told: Any) -> float:
    found = float(told)
    if not np.isfinite(found):
        raise ValueError("not a number")
    return found
