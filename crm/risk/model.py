"""Learns from settled invoices; the only module that knows scikit-learn, and it is loaded when something is learnt.

Chosen by slices of time: each candidate foretells slices later than all it learnt from. A richer one is taken only where it
foretells better by more than chance; probabilities are calibrated on slices that did not fit them, and the calibration is
kept only where it is better by more than chance on the latest slice, which did not fit it either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from crm.risk.baseline import ENOUGH, best_strength, customer_rate
from crm.risk.book import Asked, Book, Floats, Ints, when_issued
from crm.risk.features import delay, features, known_day, outcome
from crm.risk.measures import log_losses, measured
from crm.risk.names import FEATURES
from crm.risk.parameters import Head, Linear, Quantile, RiskParameters, Tree, Trees, sigmoid

HORIZONS: Final = (0, 30)
"""Days late whose probabilities are learnt."""
SEED: Final = 20
_HALF_LIFE = 240.0
"""Days after which an invoice counts half: what customers did lately says more."""
_SLICES = 4
_LATEST = 0.6
"""The slices lie in the latest part of the invoices."""
_MOST, _MOST_IN_TRIALS, _MOST_FOR_QUANTILES = 60_000, 8_000, 3_000
_ROUNDED = (4.0, 1.0, 0.25, 0.05)
"""Days over which the bend of a quantile's loss is rounded off, pass after pass."""
_HELD = 0.01
_MATTERS = 0.01
"""A smaller part of the surprise is not worth a richer model."""
_FEWEST_OF_A_KIND = 20
"""Late ones, and punctual ones, without which nothing is learnt about them."""
_LEVELS = (0.1, 0.5, 0.9)
_INTERVAL = 0.8
_TIMID = frozenset({"due_month_end", "due_weekend", "due_summer"})
"""What has to earn its place: a year or two of invoices tell little of the calendar."""
_TIMIDITY = 0.3
_RISING = frozenset({
    "late_rate", "late_rate_30", "late_amount", "late_alike", "late_last_3", "late_last_5",
    "delay_mean", "delay_median", "delay_recent", "delay_odds", "pace", "overdue_count", "overdue_share",
})  # fmt: skip  # read as a table: columns side by side
"""More of these never makes lateness less likely."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to learn: from which invoices, how freely, and how much of the linear part."""

    name: str
    rows: str
    """`settled`: those settled by then; `known`: also those whose time was over by then."""
    freedom: float
    share: float


_CANDIDATES: Final = (
    Candidate("linear-settled", "settled", 0.01, 1.0),
    Candidate("linear-known", "known", 0.01, 1.0),
    Candidate("linear-free-settled", "settled", 0.1, 1.0),
    Candidate("linear-free-known", "known", 0.1, 1.0),
    Candidate("blend", "known", 0.01, 0.5),
    Candidate("boosting", "known", 0.01, 0.0),
)
"""The simplest first."""


@dataclass(frozen=True)
class Learning:
    """What is learnt from: a book, its invoices as known when they were issued, and the day on which one learns."""

    book: Book
    asked: Asked
    rows: Floats
    day: int

    @classmethod
    def of(cls, book: Book, day: int) -> "Learning":
        """Everything issued before a day, as known on its issue date."""
        asked = when_issued(book)
        return cls(book, asked, features(book, asked), day)

    def settled(self) -> Ints:
        """Places of the invoices settled before the day, by issue date."""
        return self._in_order((self.book.settled < self.day) & (self.book.issued < self.day))

    def usable(self, rule: str, days: int, day: int) -> Ints:
        """Places of the invoices that a rule learns from on a day, by issue date."""
        known = known_day(self.book, days) if rule == "known" else self.book.settled
        return self._in_order((known < day) & (self.book.issued < day))

    def _in_order(self, chosen: Any) -> Ints:
        places = np.nonzero(chosen)[0]
        return np.asarray(places[np.argsort(self.book.issued[places], kind="stable")])


def trained(book: Book, day: int, horizons: Sequence[int] = HORIZONS) -> RiskParameters:
    """A model learnt from what was known of a book when a day began; the simple rule alone where that is too little."""
    # Loaded first: the limit reaches only the libraries that are there when it is set.
    import sklearn.ensemble  # noqa: F401  for its threads
    from threadpoolctl import threadpool_limits

    learning = Learning.of(book, day)
    places = learning.settled()
    # On all cores at once, small trees are twenty times slower.
    with threadpool_limits(1):
        heads, told = {}, {}
        for days in horizons:
            heads[days], told[str(days)] = _head(learning, days, len(places))
        quantiles = _quantiles(learning, places) if len(places) >= ENOUGH else ()
    rows = learning.rows[places]
    reference = np.median(rows, axis=0) if len(rows) else np.zeros(len(FEATURES))
    card = {
        "trained_on": _date(day),
        "period": [_date(int(book.issued[places[0]])), _date(int(book.issued[places[-1]]))] if len(places) else None,
        "n_train": len(places),
        "customers": len(np.unique(book.customer[places])),
        "late_rate": round(float(outcome(book, 0)[places].mean()), 4) if len(places) else None,
        "enough": len(places) >= ENOUGH,
        "heads": told,
        "features": list(FEATURES),
        "seed": SEED,
        "half_life_days": _HALF_LIFE,
    }
    return RiskParameters(heads, quantiles, reference, _in_time(book, places), card)


def _date(ordinal: int) -> str:
    from datetime import date

    return date.fromordinal(ordinal).isoformat()


def _head(learning: Learning, days: int, settled: int) -> tuple[Head, dict[str, Any]]:
    late = outcome(learning.book, days)
    strength = best_strength(learning.book, days, learning.day)
    known = learning.usable("known", days, learning.day)
    few = min(late[known].sum(), len(known) - late[known].sum()) if len(known) else 0
    told: dict[str, Any] = {"strength": None if np.isinf(strength) else strength, "late": int(late[known].sum())}
    if settled < ENOUGH or few < _FEWEST_OF_A_KIND:
        return Head(days, None, None, 1.0, 1.0, 0.0, strength), {**told, "chosen": "baseline"}
    slices = _cut(learning, days)
    trials = [_Trial(learning, days, *cut) for cut in slices]
    chosen, losses = _chosen(trials)
    slope, shift, calibrated = _calibration(trials, chosen)
    final = _fitted(learning, days, chosen, learning.day, _MOST)
    last = trials[-1]
    score = sigmoid(slope * last.raw(chosen) + shift)
    rule = customer_rate(learning.book, learning.asked.only(last.test), days, strength)
    told.update(
        chosen=chosen.name,
        losses={name: round(loss, 5) for name, loss in losses.items()},
        calibration={"slope": round(slope, 4), "shift": round(shift, 4), "kept": calibrated},
        latest_slice={
            "from": _date(last.start), "n": len(last.test),
            "model": _short(late[last.test], score), "baseline": _short(late[last.test], rule),
        },
    )  # fmt: skip  # read as a table: columns side by side
    return Head(days, final.linear, final.trees, chosen.share, slope, shift, strength), told


def _short(late: Floats, score: Floats) -> dict[str, Any]:
    told = measured(late, score).as_json()
    return {name: told[name] for name in ("auc", "average_precision", "brier")}


def _cut(learning: Learning, days: int) -> list[tuple[int, int]]:
    """Slices of time as (first day, day after the last), each with about as many invoices as the others."""
    known = learning.usable("known", days, learning.day)
    issued = learning.book.issued[known]
    # The latest invoices are left out where only the early payers among them are known.
    certain = issued[learning.book.due[known] + days < learning.day]
    issued = certain if len(certain) >= ENOUGH else issued
    edges = np.unique(np.quantile(issued, np.linspace(1 - _LATEST, 1, _SLICES + 1)).astype(np.int64))
    edges[-1] += 1
    return [(int(first), int(end)) for first, end in pairwise(edges)]


@dataclass
class _Fit:
    linear: Linear | None
    trees: Trees | None


class _Trial:
    """One slice: what candidates that learnt before it say of it."""

    def __init__(self, learning: Learning, days: int, start: int, end: int) -> None:
        self.learning, self.days, self.start = learning, days, start
        places = learning.usable("known", days, learning.day)
        issued = learning.book.issued[places]
        self.test = places[(issued >= start) & (issued < end)]
        if len(self.test) > _MOST_IN_TRIALS:
            self.test = self.test[:: len(self.test) // _MOST_IN_TRIALS + 1]
        self.late = outcome(learning.book, days)[self.test]
        self._raw: dict[tuple[str, float, bool], Floats] = {}

    def raw(self, candidate: Candidate) -> Floats:
        """Its log-odds, not calibrated."""
        total = np.zeros(len(self.test))
        if candidate.share > 0:
            total = total + candidate.share * self._part(candidate, linear=True)
        if candidate.share < 1:
            total = total + (1 - candidate.share) * self._part(candidate, linear=False)
        return total

    def _part(self, candidate: Candidate, *, linear: bool) -> Floats:
        key = (candidate.rows, candidate.freedom if linear else 0.0, linear)
        if key not in self._raw:
            rows = self.learning.rows[self.test]
            wanted = Candidate("", candidate.rows, candidate.freedom, 1.0 if linear else 0.0)
            fit = _fitted(self.learning, self.days, wanted, self.start, _MOST_IN_TRIALS)
            part = fit.linear if linear else fit.trees
            self._raw[key] = part.scores(rows) if part is not None else np.zeros(len(rows))
        return self._raw[key]


def _chosen(trials: Sequence[_Trial]) -> tuple[Candidate, dict[str, float]]:
    """The simplest candidate that no other beats by more than one standard error, and by something that matters."""
    losses = {
        each: np.concatenate([log_losses(trial.late, sigmoid(trial.raw(each))) for trial in trials])
        for each in _CANDIDATES
    }
    best = min(_CANDIDATES, key=lambda each: float(losses[each].mean()))
    for each in _CANDIDATES:
        worse = losses[each] - losses[best]
        if worse.mean() <= max(worse.std() / np.sqrt(len(worse)), _MATTERS * losses[best].mean()):
            return each, {name.name: float(loss.mean()) for name, loss in losses.items()}
    return best, {name.name: float(loss.mean()) for name, loss in losses.items()}


def _calibration(trials: Sequence[_Trial], chosen: Candidate) -> tuple[float, float, bool]:
    """Slope and shift of the log-odds: tried on the latest slice after fitting on those before, then fitted on all."""
    earlier = trials[:-1]
    raws, lates = [trial.raw(chosen) for trial in trials], [trial.late for trial in trials]
    if not earlier:
        return 1.0, 0.0, False
    slope, shift = _sigmoid_fit(np.concatenate(raws[:-1]), np.concatenate(lates[:-1]))
    before = log_losses(lates[-1], sigmoid(raws[-1]))
    gain = before - log_losses(lates[-1], sigmoid(slope * raws[-1] + shift))
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        return 1.0, 0.0, False
    return (*_sigmoid_fit(np.concatenate(raws[-2:]), np.concatenate(lates[-2:])), True)


def _sigmoid_fit(raw: Floats, late: Floats, hold: float = 20.0) -> tuple[float, float]:
    """Slope and shift by Newton's method, held near 1 and 0 as if by so much evidence."""
    told = np.array([1.0, 0.0])
    design = np.column_stack([raw, np.ones(len(raw))])
    for _turn in range(30):
        score = sigmoid(design @ told)
        slope = design.T @ (score - late) + hold * (told - np.array([1.0, 0.0]))
        curve = (design * (score * (1 - score))[:, None]).T @ design + hold * np.eye(2)
        step = np.linalg.solve(curve, slope)
        told = told - step
        if np.abs(step).max() < 1e-10:
            break
    return float(max(told[0], 0.05)), float(told[1])


def _fitted(learning: Learning, days: int, candidate: Candidate, day: int, most: int) -> _Fit:
    """The parts of a candidate, learnt from what it may know on a day."""
    places = learning.usable(candidate.rows, days, day)[-most:]
    late = outcome(learning.book, days)[places]
    if not len(places) or not 0 < late.sum() < len(late):
        return _Fit(None, None)
    rows = learning.rows[places]
    weights = _weights(learning.book.issued[places], day)
    linear = _linear(rows, late, weights, candidate.freedom) if candidate.share > 0 else None
    trees = _boosted(rows, late, weights) if candidate.share < 1 else None
    return _Fit(linear, trees)


def _weights(issued: Ints, day: int) -> Floats:
    weights = np.exp2(-(day - issued) / _HALF_LIFE)
    return np.asarray(weights / weights.mean())


def _standard(rows: Floats) -> tuple[Floats, Floats]:
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    # What never varied says nothing now, and must not say much when it first does.
    scale = np.where(scale > 1e-9, scale, 1.0)
    timid = np.array([name in _TIMID for name in FEATURES])
    return mean, np.where(timid, scale / _TIMIDITY, scale)


def _linear(rows: Floats, late: Floats, weights: Floats, freedom: float) -> Linear:
    from sklearn.linear_model import LogisticRegression

    mean, scale = _standard(rows)
    fit = LogisticRegression(C=freedom, max_iter=1_000, tol=1e-6).fit((rows - mean) / scale, late, weights)
    return Linear(mean, scale, fit.coef_[0].copy(), float(fit.intercept_[0]))


def _boosted(rows: Floats, late: Floats, weights: Floats) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    fit = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=30, l2_regularization=5.0, max_features=0.4,
        monotonic_cst=[int(name in _RISING) for name in FEATURES], early_stopping=False, random_state=SEED,
    ).fit(rows, late, weights)  # fmt: skip  # read as a table: columns side by side
    return exported(fit)


def exported(fit: Any) -> Trees:
    """The trees of a fitted histogram gradient boosting, as arrays."""
    trees = []
    for (predictor,) in fit._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
                np.where(leaf, 0.0, nodes["num_threshold"]),
                np.where(leaf, -1, nodes["left"].astype(np.int64)),
                np.where(leaf, -1, nodes["right"].astype(np.int64)),
                nodes["value"].astype(np.float64),
            )
        )
    return Trees(float(np.ravel(fit._baseline_prediction)[0]), tuple(trees))


def _quantiles(learning: Learning, places: Ints) -> tuple[Quantile, ...]:
    """Low, middle and high days late; the interval widened by what it missed of the latest fifth."""
    book = learning.book
    cut = int(len(places) * 0.8)
    days, issued = delay(book), book.issued
    shift = 0.0
    if cut >= ENOUGH:
        early, later = places[:cut], places[cut:]
        trial = [_quantile(learning.rows[early], days[early], _weights(issued[early], learning.day), level, light=True) for level in (_LEVELS[0], _LEVELS[2])]  # fmt: skip  # read as a table: columns side by side
        low, high = (each.days(learning.rows[later]) for each in trial)
        missed = np.maximum(low - days[later], days[later] - high)
        shift = float(np.quantile(missed, _INTERVAL))
    weights = _weights(issued[places], learning.day)
    fits = [_quantile(learning.rows[places], days[places], weights, level, light=False) for level in _LEVELS]
    return tuple(
        Quantile(each.level, each.linear, moved) for each, moved in zip(fits, (-shift, 0.0, shift), strict=True)
    )


def _quantile(rows: Floats, days: Floats, weights: Floats, level: float, *, light: bool) -> Quantile:
    """A straight quantile of days late, each weight held back a little.

    The bend of the loss at nothing is rounded off, and less so at each of a few passes: a linear programme finds the same weights
    in a hundred times as long.
    """
    from scipy.optimize import minimize

    some = slice(None, None, -(-len(rows) // (_MOST_FOR_QUANTILES // (2 if light else 1))))
    mean, scale = _standard(rows[some])
    told, wanted, weigh = (rows[some] - mean) / scale, days[some].astype(float), weights[some] / weights[some].sum()
    at = np.append(np.zeros(told.shape[1]), np.quantile(wanted, level))
    for width in _ROUNDED:

        def loss(tried: Floats, width: float = width) -> tuple[float, Floats]:
            away = (wanted - told @ tried[:-1] - tried[-1]) / width
            below = np.exp(-np.logaddexp(0.0, away))
            size = np.sqrt(tried[:-1] ** 2 + (width / 1_000) ** 2)
            cost = weigh @ (width * (level * away + np.logaddexp(0.0, -away))) + _HELD * size.sum()
            slope = weigh * (below - level)
            return float(cost), np.append(told.T @ slope + _HELD * tried[:-1] / size, slope.sum())

        at = minimize(loss, at, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return Quantile(level, Linear(mean, scale, at[:-1].copy(), float(at[-1])), 0.0)


def _in_time(book: Book, places: Ints) -> Floats:
    """Of those paid in time, the share still unpaid at each twentieth of the term; never nothing."""
    punctual = places[book.settled[places] <= book.due[places]]
    term = np.maximum(book.due[punctual] - book.issued[punctual], 1)
    part = np.clip((book.settled[punctual] - book.issued[punctual]) / term, 0.0, 1.0)
    at = np.linspace(0.0, 1.0, 21)
    return np.asarray([(float((part >= moment).sum()) + 1.0) / (len(part) + 1.0) for moment in at])
