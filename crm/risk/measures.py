"""How good probabilities are, by the usual measures. Pure: outcomes and scores in, figures out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from crm.risk.book import Floats

DECILES = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """A tenth of the invoices by score: what was said, and what came."""

    mean_score: float
    observed: float
    n: int

    @property
    def gap(self) -> float:
        """How far what was said is from what came."""
        return abs(self.mean_score - self.observed)


@dataclass(frozen=True, slots=True)
class Measures:
    """One model on one set of invoices. None where it is not defined: nothing was late, or everything."""

    auc: float | None
    average_precision: float | None
    brier: float | None
    mae_days: float | None
    calibration: tuple[Bin, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's object, rounded to what is meant."""
        return {
            "auc": _rounded(self.auc),
            "average_precision": _rounded(self.average_precision),
            "brier": _rounded(self.brier),
            "mae_days": _rounded(self.mae_days),
            "calibration": [
                {"mean_score": _rounded(each.mean_score), "observed": _rounded(each.observed), "n": each.n}
                for each in self.calibration
            ],
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def measured(late: Floats, score: Floats, days: Floats | None = None, told: Floats | None = None) -> Measures:
    """Measure scores against outcomes (1 late), and days told against days that came (floored at 0)."""
    mae = (
        float(np.abs(np.maximum(told, 0.0) - np.maximum(days, 0.0)).mean())
        if told is not None and days is not None and len(days)
        else None
    )
    if not len(late):
        return Measures(None, None, None, None, ())
    return Measures(auc(late, score), average_precision(late, score), brier(late, score), mae, calibration(late, score))


def auc(late: Floats, score: Floats) -> float | None:
    """The share of pairs of a late and a punctual invoice that the score puts in order; ties count half."""
    number = int(late.sum())
    others = len(late) - number
    if not number or not others:
        return None
    _values, place, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(count) - (count - 1) / 2
    return float((ranks[place][late > 0].sum() - number * (number + 1) / 2) / (number * others))


def average_precision(late: Floats, score: Floats) -> float | None:
    """The mean share of late ones among all scored at least as high, over the late ones."""
    if not late.sum():
        return None
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(late[order])
    # Equal scores are one step.
    ends = np.append(np.nonzero(np.diff(score[order]))[0], len(late) - 1)
    precision = found[ends] / (ends + 1)
    return float((precision * np.diff(np.concatenate(([0.0], found[ends])))).sum() / late.sum())


def brier(late: Floats, score: Floats) -> float:
    """The mean square of what was said less what came."""
    return float(((score - late) ** 2).mean())


def log_losses(late: Floats, score: Floats) -> Floats:
    """The surprise of each outcome, in nats."""
    sure = np.clip(score, 1e-6, 1 - 1e-6)
    return -np.asarray(late * np.log(sure) + (1 - late) * np.log(1 - sure))


def calibration(late: Floats, score: Floats, bins: int = DECILES) -> tuple[Bin, ...]:
    """What was said and what came, by tenths of the scores in order."""
    order = np.argsort(score, kind="stable")
    return tuple(
        Bin(float(score[part].mean()), float(late[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    )
