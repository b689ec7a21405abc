"""Recency, frequency, monetary, and how the customer pays: classes and grades. Pure.

Thresholds and grades: loyalty policy of the house (§1 and §8 of the domain notes), published in `data/segments.toml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TOP = 5
ENOUGH_FOR_QUANTILES = 100
"""Below so many buyers quantiles say more about chance than about customers: the published values hold."""


class Grade(StrEnum):
    """How a customer pays: weighted days late over twelve months, what is in dispute left out."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


_LATEST = ((0, Grade.A), (15, Grade.B), (30, Grade.C), (60, Grade.D))


def grade_of(days_late: int | None, *, formal_notice: bool = False) -> Grade | None:
    """The grade of a weighted delay in days; None: nothing fell due. A formal notice is E whatever the delay."""
    if formal_notice:
        return Grade.E
    if days_late is None:
        return None
    return next((grade for most, grade in _LATEST if days_late <= most), Grade.E)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """From which value on the classes 2, 3, 4 and 5 are reached; recency: down to which. Days, count, cents."""

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]
    computed: bool = False
    """They are quintiles of the customers themselves."""

    def classes(self, recency: int, frequency: int, monetary: int) -> tuple[int, int, int]:
        """The three classes, 1 to 5."""
        return (
            1 + sum(recency <= most for most in self.recency),
            1 + sum(frequency >= least for least in self.frequency),
            1 + sum(monetary >= least for least in self.monetary),
        )


def quintiles(values: Sequence[tuple[int, int, int]]) -> Cutoffs:
    """Cut-offs that part the customers in fifths; equal values share one class.

    Args:
        values: recency in days, frequency, monetary in cents of each buyer; at least five.
    """
    recency, frequency, monetary = (sorted(column) for column in zip(*values, strict=True))
    places = [len(values) * part // TOP for part in range(1, TOP)]
    return Cutoffs(
        # The most recent fifth is class 5: read from the far end.
        recency=tuple(recency[-place - 1] for place in places),
        frequency=tuple(frequency[place] for place in places),
        monetary=tuple(monetary[place] for place in places),
        computed=True,
    )
