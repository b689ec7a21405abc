"""Opportunities by stage: what they would bring, what that is worth by its probability, and why sales end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.core.i18n import mark


class OpportunityStage(StrEnum):
    """How far a sale has come, as a person sees it."""

    LEAD = "lead"
    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"


class DealReason(StrEnum):
    """Why a sale was won or lost."""

    PRICE = "price"
    QUALITY = "quality"
    DELAY = "delay"
    RELATION = "relation"
    COMPETITOR = "competitor"
    NO_BUDGET = "no_budget"
    NO_NEED = "no_need"
    SILENCE = "silence"
    ELSE = "something_else"


STAGES = {
    OpportunityStage.LEAD: mark("first contact"),
    OpportunityStage.QUALIFIED: mark("need confirmed"),
    OpportunityStage.PROPOSAL: mark("quote sent"),
    OpportunityStage.NEGOTIATION: mark("negotiation"),
}
"""Stage → how it is said, in the order in which a sale goes."""
USUAL = {
    OpportunityStage.LEAD: 10,
    OpportunityStage.QUALIFIED: 25,
    OpportunityStage.PROPOSAL: 50,
    OpportunityStage.NEGOTIATION: 75,
}
"""Stage → the probability, in percent, that stands until a person says another one (house policy, docs/rules.md)."""
REASONS = {
    DealReason.PRICE: mark("price"),
    DealReason.QUALITY: mark("quality of the offer"),
    DealReason.DELAY: mark("delivery time"),
    DealReason.RELATION: mark("good relations"),
    DealReason.COMPETITOR: mark("a competitor"),
    DealReason.NO_BUDGET: mark("no budget"),
    DealReason.NO_NEED: mark("no need any more"),
    DealReason.SILENCE: mark("no answer"),
    DealReason.ELSE: mark("something else"),
}
"""Reason → how it is said."""


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity in figures. Cents."""

    stage: OpportunityStage
    currency: str
    cents: int
    probability: int
    """Percent."""
    closed: date | None = None
    won: bool = False
    reason: str = ""

    @property
    def weighted(self) -> int:
        """The amount by its probability, rounded half up to the cent; of a sale that is over, what it brought."""
        if self.closed is not None:
            return self.cents if self.won else 0
        return (self.cents * self.probability + 50) // 100

    @property
    def status(self) -> str:
        """open, won or lost."""
        return "open" if self.closed is None else "won" if self.won else "lost"


@dataclass(frozen=True, slots=True)
class StageSum:
    """The open opportunities of a stage in one currency. Cents."""

    stage: OpportunityStage
    currency: str
    count: int
    cents: int
    weighted: int


@dataclass(frozen=True, slots=True)
class ReasonSum:
    """The sales that ended in one way for one reason, in one currency. Cents."""

    won: bool
    reason: str
    currency: str
    count: int
    cents: int


def by_stage(deals: Iterable[Deal]) -> tuple[StageSum, ...]:
    """The open ones by currency and stage, in the order in which a sale goes."""
    sums: dict[tuple[str, OpportunityStage], list[int]] = {}
    for deal in deals:
        if deal.closed is None:
            found = sums.setdefault((deal.currency, deal.stage), [0, 0, 0])
            found[0] += 1
            found[1] += deal.cents
            found[2] += deal.weighted
    order = list(STAGES)
    return tuple(
        StageSum(stage, currency, *sums[currency, stage])
        for currency, stage in sorted(sums, key=lambda key: (key[0], order.index(key[1])))
    )


def by_reason(deals: Iterable[Deal]) -> tuple[ReasonSum, ...]:
    """The sales that ended, won before lost, the most frequent reason first."""
    sums: dict[tuple[bool, str, str], list[int]] = {}
    for deal in deals:
        if deal.closed is not None:
            found = sums.setdefault((deal.won, deal.reason, deal.currency), [0, 0])
            found[0] += 1
            found[1] += deal.cents
    ordered = sorted(sums.items(), key=lambda one: (not one[0][0], -one[1][0], -one[1][1], one[0]))
    return tuple(ReasonSum(*key, *found) for key, found in ordered)


def win_rate(ended: Mapping[bool, int]) -> str | None:
    """Sales won of those that ended (won → how many), in percent with two decimals; None: none has ended."""
    whole = ended.get(True, 0) + ended.get(False, 0)
    if not whole:
        return None
    hundredths = (ended.get(True, 0) * 20_000 + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02}"
