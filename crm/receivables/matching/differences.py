"""Why a payment is a little less, or more, than what it settles."""

from __future__ import annotations

from dataclasses import dataclass

from crm.receivables.matching.facts import Leeway, Residual

_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """An explanation, and how much of all payments it stands for at just this amount."""

    reason: Residual
    mass: float


def farthest(received: int, leeway: Leeway) -> int:
    """The largest amount of which a payment may be what a difference leaves."""
    rate = max(leeway.retention_rate, *leeway.discount_rates)
    return max(received * _WHOLE // (_WHOLE - rate) + 2, received + leeway.fee_cents)


def explained(owed: int, received: int, items: int, leeway: Leeway) -> Difference | None:
    """The best explanation of what is missing or too much, None when only a partial payment would explain it.

    Cents, both positive. A discount or retention may be rounded on each of several items.
    """
    short = owed - received
    if short == 0 or owed <= 0:
        return None
    for rate in leeway.discount_rates:
        if abs(discounted(owed, rate) - received) <= items - 1:
            return Difference(Residual.DISCOUNT, 0.1 / len(leeway.discount_rates) / items)
    if abs(discounted(owed, leeway.retention_rate) - received) <= items - 1:
        return Difference(Residual.RETENTION, 0.01)
    if abs(short) <= min(leeway.rounding_cents, owed // 20):
        mass = 0.02 if abs(short) <= 5 else 0.02 * 5 / leeway.rounding_cents
        return Difference(Residual.ROUNDING, mass / (2 * min(abs(short), 10)))
    if 0 < short <= min(leeway.fee_cents, owed // 10):
        return Difference(Residual.BANK_FEE, 0.04 / leeway.fee_cents * (20 if short % 50 == 0 else 1))
    return None


def discounted(cents: int, rate: int) -> int:
    """An amount less a rate in hundredths of a percent, rounded half up to a cent."""
    return cents - (cents * rate + _WHOLE // 2) // _WHOLE


def before_discount(received: int, rate: int) -> list[int]:
    """The amounts that a rate in hundredths of a percent lowers to what was received."""
    near = received * _WHOLE // (_WHOLE - rate)
    return [owed for owed in range(near - 1, near + 3) if owed > received and discounted(owed, rate) == received]


def roundness(cents: int) -> float:
    """How much likelier an amount is than its neighbours when people choose it freely: round sums on account."""
    for step, factor in ((10_000, 20.0), (1_000, 8.0), (100, 3.0)):
        if cents % step == 0:
            return factor
    return 1.0
