"""What lateness may cost, what acting may bring, and how much credit fits. Pure; cents.

The assumptions stand here for all to see: of what is more than 30 days late a tenth is taken to end in default, and six tenths
of a default to be lost. They order customers; they are no provision.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DEFAULTS, LOST = 0.10, 0.60
_EDGES = (0.25, 0.50, 0.75)


class Band(StrEnum):
    """How likely lateness is, in four steps."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very_high"


def band(probability: float) -> Band:
    """Below 25 % low, below 50 % moderate, below 75 % high, then very high: the score out of 100 turned round."""
    return list(Band)[sum(probability >= edge for edge in _EDGES)]


def dots(probability: float) -> str:
    """The band as four dots."""
    full = list(Band).index(band(probability)) + 1
    return "●" * full + "○" * (4 - full)


def expected_loss(exposure: Any, default: Any, lost: float = LOST) -> Any:
    """Exposure × probability of default × share lost, of numbers or of arrays of them; not rounded."""
    return exposure * default * lost


def responsiveness(reminders: int, answered: int, usual: float) -> float:
    """How often a reminder is followed by money, mixed with five reminders of the company's usual."""
    return (answered + 5 * usual) / (reminders + 5)


def expected_gain(loss: int, response: float) -> int:
    """What a call may save: the expected loss times how often calling helps."""
    return round(loss * response)


_MONTHS_OF_SALES = {Band.LOW: 3.0, Band.MODERATE: 2.0, Band.HIGH: 1.0, Band.VERY_HIGH: 0.0}


@dataclass(frozen=True, slots=True)
class Limit:
    """A credit limit as proposed: the least of what applies."""

    cents: int
    why: str
    """policy, insured or sales."""


def credit_limit(probability: float, monthly_sales: int, policy: int | None, insured: int | None) -> Limit:
    """The least of the policy's limit, the insured limit, and so many months of sales as the band allows."""
    months = _MONTHS_OF_SALES[band(probability)]
    applies = [Limit(round(monthly_sales * months), "sales")]
    if policy is not None:
        applies.append(Limit(policy, "policy"))
    if insured is not None:
        applies.append(Limit(insured, "insured"))
    return min(applies, key=lambda limit: limit.cents)
