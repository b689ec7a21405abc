"""Late-payment penalties of an invoice, in a ledger apart: what has accrued, what was decided, what is left. Pure.

Payments lower the principal (interest first counts only in claims); what came back unpaid was never a payment; a disputed
part bears nothing while it is disputed; an insolvency judgment stops interest (C. com. L622-28).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import cast

from crm.core.money import Money
from crm.law.interest import DatedPayment, Penalties, Segment, penalties, rounded
from crm.law.series import Law, Regime


class PenaltyChoice(StrEnum):
    """What becomes of penalties."""

    CLAIM = "claim"
    WAIVE = "waive"
    KEEP = "keep"
    """Kept as a lever: neither claimed nor given up for now."""


BEARING = ("B2B", "B2G")
"""Regimes that owe them by law, without a reminder; a consumer owes legal interest from a formal notice only."""


@dataclass(frozen=True, slots=True)
class PartOwed:
    """An instalment: its due date, what bears interest, and what was set against it by day. Cents."""

    due: date
    cents: int
    moves: tuple[tuple[date, int], ...] = ()
    """In order; negative: it came back unpaid."""

    def settling(self, until: date) -> list[tuple[date, int]]:
        """What stands of the moves up to a day: what came back takes the latest away, as if it had never come."""
        standing: list[tuple[date, int]] = []
        for day, cents in self.moves:
            if day > until:
                break
            left = -cents
            while left > 0 and standing:
                last, paid = standing.pop()
                if paid > left:
                    standing.append((last, paid - left))
                left -= paid
            if cents > 0:
                standing.append((day, cents))
        return standing


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about an invoice. Cents."""

    choice: PenaltyChoice
    day: date
    interest: int
    indemnity: int
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PenaltyAccount:
    """Penalties of one invoice as they stand on a day. Cents; the indemnity is in euros."""

    currency: str
    segments: tuple[Segment, ...]
    interest: int
    indemnity: int
    claimed: int = 0
    claimed_indemnity: int = 0
    waived: int = 0
    waived_indemnity: int = 0
    kept: bool = False
    """The latest word is to keep them for later."""
    sources: tuple[str, ...] = ()

    @property
    def interest_left(self) -> int:
        """Accrued, neither claimed nor waived."""
        return max(0, self.interest - self.claimed - self.waived)

    @property
    def indemnity_left(self) -> int:
        """The indemnity, as long as it is neither claimed nor waived."""
        return max(0, self.indemnity - self.claimed_indemnity - self.waived_indemnity)


def account(
    currency: str,
    regime: str,
    parts: Sequence[PartOwed],
    until: date,
    law: Law,
    *,
    clause: Decimal | None = None,
    stopped: date | None = None,
    decided: Sequence[Decided] = (),
) -> PenaltyAccount | None:
    """What an invoice paid late has cost up to a day; None where nothing was late, or the regime owes nothing.

    `stopped`: the day of an insolvency judgment: interest runs no further, and no indemnity is owed for what fell due
    after it. One indemnity an invoice, whatever its instalments and reminders.

    Raises:
        Refused: a legal value that is not known; the sentence names it.
    """
    if regime not in BEARING:
        return None
    last = until if stopped is None else min(until, stopped)
    told = [one for part in parts if (one := _of_part(part, currency, cast("Regime", regime), last, law, clause))]
    late = [one for one in told if one.segments]
    if not late and not decided:
        return None
    exact = sum((one.exact for one in late), Fraction())
    return PenaltyAccount(
        currency=currency,
        segments=tuple(segment for one in late for segment in one.segments),
        interest=rounded(exact),
        indemnity=max((one.indemnity.cents for one in late), default=0),
        claimed=_sum(decided, PenaltyChoice.CLAIM, "interest"),
        claimed_indemnity=_sum(decided, PenaltyChoice.CLAIM, "indemnity"),
        waived=_sum(decided, PenaltyChoice.WAIVE, "interest"),
        waived_indemnity=_sum(decided, PenaltyChoice.WAIVE, "indemnity"),
        kept=bool(decided) and decided[-1].choice is PenaltyChoice.KEEP,
        sources=tuple(dict.fromkeys(source for one in late for source in one.sources)),
    )


def _of_part(
    part: PartOwed, currency: str, regime: Regime, until: date, law: Law, clause: Decimal | None
) -> Penalties | None:
    if part.cents <= 0 or until <= part.due:
        return None
    paid, left = [], part.cents
    for day, cents in part.settling(until):
        if taken := min(left, cents):
            paid.append(DatedPayment(day, Money(taken, currency)))
            left -= taken
    if left == 0 and paid[-1].day <= part.due:
        return None
    return penalties(
        Money(part.cents, currency), part.due, until, regime, law,
        contract_rate=clause if regime == "B2B" else None, payments=paid, interest_first=False,
    )  # fmt: skip  # read as a table: columns side by side


def _sum(decided: Sequence[Decided], choice: PenaltyChoice, name: str) -> int:
    return sum(int(getattr(one, name)) for one in decided if one.choice is choice)
