"""How a payment and credit notes are laid on the items of a claim, and what is left over. Cents, nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.receivables.matching.facts import CreditUse, OpenItem, Residual


@dataclass(frozen=True, slots=True)
class Use:
    """What goes where. `residual` is what stays open of the items (positive) or of the payment (negative)."""

    allocations: tuple[tuple[int, int], ...]
    credits: tuple[CreditUse, ...]
    residual: int

    @property
    def full(self) -> bool:
        """Everything is used up to the last cent."""
        return self.residual == 0


def lay_out(items: Sequence[tuple[OpenItem, int]], received: int, reason: Residual) -> Use:
    """Items (with what is open of each, credit notes negative) in the order in which they are settled."""
    left = {item.id: cents for item, cents in items if cents > 0}
    lowered = _use_credits(items, left)
    owed = sum(left.values())
    given = min(received, owed)
    shared = (
        _less_discount(left, given) if reason in (Residual.DISCOUNT, Residual.RETENTION) else _in_order(left, given)
    )
    allocations = tuple((item, cents) for item, cents in shared.items() if cents)
    return Use(allocations, lowered, owed - received)


def _use_credits(items: Sequence[tuple[OpenItem, int]], left: dict[int, int]) -> tuple[CreditUse, ...]:
    """Each credit note lowers the invoice it corrects, then the oldest; `left` is lowered with it."""
    used: list[CreditUse] = []
    numbers = {item.number: item.id for item, cents in items if cents > 0}
    for credit, cents in items:
        rest = -cents
        first = numbers.get(credit.corrects)
        for target in (*((first,) if first is not None else ()), *left) if rest > 0 else ():
            taken = min(rest, left[target])
            if taken:
                used.append(CreditUse(credit.id, target, taken))
                left[target] -= taken
                rest -= taken
    return tuple(used)


def _in_order(left: dict[int, int], given: int) -> dict[int, int]:
    shared: dict[int, int] = {}
    for item, cents in left.items():
        shared[item] = min(cents, given)
        given -= shared[item]
    return shared


def _less_discount(left: dict[int, int], given: int) -> dict[int, int]:
    """The same part of each item, the cents of rounding on the last ones; never more than is open."""
    shared: dict[int, int] = {}
    owed = sum(left.values())
    for item, cents in left.items():
        shared[item] = given * cents // owed if owed else 0
        given, owed = given - shared[item], owed - cents
    return shared
