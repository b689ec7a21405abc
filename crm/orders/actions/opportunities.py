"""Opportunities: sales that may come, the pipeline they make, and why they end."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session

from crm.core.actions import Action, Effect
from crm.core.calendar import add_months
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
from crm.orders.actions.words import followed_by, positive
from crm.orders.models import Opportunity
from crm.orders.pipeline import (
    REASONS,
    STAGES,
    USUAL,
    DealReason,
    OpportunityStage,
    ReasonSum,
    StageSum,
    by_reason,
    by_stage,
    win_rate,
)
from crm.orders.queries import OpportunityLine, opportunity_lines

OVER = {"open": mark("open"), "won": mark("won"), "lost": mark("lost")}
"""How an opportunity stands → how it is said."""
_LOOKED_BACK = 12
"""So many months of sales that ended are looked at."""
_TEXT = 500


@dataclass(frozen=True, slots=True)
class OpportunityList:
    """Opportunities as they stand on a day."""

    as_of: date
    lines: tuple[OpportunityLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object an opportunity."""
        return {
            "as_of": self.as_of.isoformat(),
            "opportunities": [
                {
                    "id": line.id,
                    "customer": line.customer,
                    "name": line.name,
                    "subject": line.subject,
                    "stage": line.deal.stage.value,
                    "status": line.deal.status,
                    "currency": line.deal.currency,
                    "amount": plain(line.deal.cents, line.deal.currency),
                    "probability": line.deal.probability,
                    "weighted": plain(line.deal.weighted, line.deal.currency),
                    "expected": line.expected.isoformat() if line.expected else None,
                    "next_step": line.next_step,
                    "owner": line.owner,
                    "opened": line.opened.isoformat(),
                    "closed": line.deal.closed.isoformat() if line.deal.closed else None,
                    "reason": line.deal.reason or None,
                    "note": line.note,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row an opportunity."""
        columns = (
            Column("id", "#", Kind.COUNT),
            Column("name", _("Customer")),
            Column("subject", _("About")),
            Column("stage", _("Sales stage")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("probability", "%", Kind.COUNT),
            Column("weighted", _("Weighted"), Kind.MONEY),
            Column("expected", _("Expected on"), Kind.DATE),
            Column("next_step", _("Next step")),
            Column("owner", _("Owner")),
        )
        rows = tuple(self._row(line) for line in self.lines)
        return Sheet(
            plural("{count} opportunity", "{count} opportunities", len(rows)),
            columns,
            rows,
            formula=_("Weighted is the amount by its probability."),
            as_of=self.as_of,
        )

    @staticmethod
    def _row(line: OpportunityLine) -> tuple[Value | Cell, ...]:
        deal = line.deal
        stage = _(STAGES[deal.stage])
        if deal.closed is not None:
            why = _(REASONS[DealReason(deal.reason)]) if deal.reason else ""
            stage = " · ".join(filter(None, (_(OVER[deal.status]), why)))
        return (
            line.id, line.name, line.subject, stage, Money(deal.cents, deal.currency), deal.probability,
            Money(deal.weighted, deal.currency), line.expected, line.next_step, line.owner,
        )  # fmt: skip  # read as a table: columns side by side


def the_opportunity(session: Session, key: int) -> Opportunity:
    """The opportunity of a number.

    Raises:
        NotFound: there is none.
    """
    row = session.get(Opportunity, key)
    if row is None:
        raise NotFound(_("There is no opportunity {number}.").format(number=key))
    return row


def _kept(context: Context, row: Opportunity) -> OpportunityList:
    context.session.add(row)
    context.session.flush()
    customer = as_one(context.session, row.customer_id)
    lines = opportunity_lines(context.session, context.today, customer)
    return OpportunityList(context.today, tuple(line for line in lines if line.id == row.id))


class OpenOpportunity(Action[OpportunityList]):
    """Note a sale that may come: its amount, how likely it is, and what comes next."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number, of a prospect as well")
    subject: str = Field(min_length=1, max_length=_TEXT, description="What would be sold")
    amount: Money = Field(description="What it would bring, tax included")
    stage: OpportunityStage = Field(OpportunityStage.LEAD, description="lead, qualified, proposal or negotiation")
    probability: int | None = Field(
        None, ge=0, le=100, description="In percent; the usual one of its stage if left out"
    )
    expected: date | None = Field(None, description="When it should be decided")
    next_step: str = Field("", max_length=_TEXT, description="What comes next")
    owner: str | None = Field(None, description="Who follows it; the account manager if left out")
    note: str = Field("", max_length=10_000, description="What else is known")

    def perform(self, context: Context) -> OpportunityList:
        """Add the row.

        Raises:
            NotFound, Ambiguous: the customer named is none, or several; no such user.
            Invalid: the amount is not above zero.
        """
        positive(self.amount)
        customer = find_customer(context.session, self.customer)
        return _kept(
            context,
            Opportunity(
                customer_id=customer.id,
                subject=self.subject.strip(),
                stage=self.stage.value,
                currency=self.amount.currency,
                cents=self.amount.cents,
                probability=USUAL[self.stage] if self.probability is None else self.probability,
                expected=self.expected,
                next_step=self.next_step.strip(),
                owner=followed_by(context, customer, self.owner),
                opened=context.today,
                note=self.note.strip(),
            ),
        )


class UpdateOpportunity(Action[OpportunityList]):
    """Move an opportunity on: another stage, amount, probability, day or next step."""

    effect = Effect.WRITE

    opportunity: int = Field(description="Which one, by its number")
    stage: OpportunityStage | None = Field(None, description="lead, qualified, proposal or negotiation")
    amount: Money | None = Field(None, description="What it would bring, tax included")
    probability: int | None = Field(
        None, ge=0, le=100, description="In percent; follows a new stage where it was the usual one"
    )
    expected: date | None = Field(None, description="When it should be decided")
    next_step: str | None = Field(None, max_length=_TEXT, description="What comes next")
    owner: str | None = Field(None, description="Who follows it")
    subject: str | None = Field(None, min_length=1, max_length=_TEXT, description="What would be sold")
    note: str | None = Field(None, max_length=10_000, description="What else is known")

    def perform(self, context: Context) -> OpportunityList:
        """Change what is said.

        Raises:
            NotFound: there is no such opportunity, or no such user.
            Refused: it is over.
            Invalid: nothing is changed, or the amount is not above zero.
        """
        row = the_opportunity(context.session, self.opportunity)
        refuse_if(row.closed is not None, _("This opportunity is over."), _("Open a new one."))
        if not self.model_fields_set - {"opportunity"}:
            raise Invalid(_("What is new: a stage, an amount, a day, a next step?"))
        if self.stage is not None:
            if self.probability is None and row.probability == USUAL[OpportunityStage(row.stage)]:
                row.probability = USUAL[self.stage]
            row.stage = self.stage.value
        if self.amount is not None:
            positive(self.amount)
            row.cents, row.currency = self.amount.cents, self.amount.currency
        if self.owner:
            row.owner = followed_by(context, as_one(context.session, row.customer_id), self.owner)
        told = (
            ("probability", self.probability), ("expected", self.expected), ("next_step", self.next_step),
            ("subject", self.subject), ("note", self.note),
        )  # fmt: skip  # read as a table: columns side by side
        for field, value in told:
            if value is not None:
                setattr(row, field, value)
        return _kept(context, row)


class CloseOpportunity(Action[OpportunityList]):
    """Say that an opportunity is won or lost, and why."""

    effect = Effect.WRITE

    opportunity: int = Field(description="Which one, by its number")
    outcome: Literal["won", "lost"] = Field(description="won or lost")
    reason: DealReason = Field(
        description="price, quality, delay, relation, competitor, no_budget, no_need, silence, something_else"
    )
    note: str = Field("", max_length=10_000, description="In your words")

    def perform(self, context: Context) -> OpportunityList:
        """End it today.

        Raises:
            NotFound: there is no such opportunity.
            Refused: it is over already.
        """
        row = the_opportunity(context.session, self.opportunity)
        refuse_if(row.closed is not None, _("This opportunity is over."))
        ended(row, context.today, self.reason.value, won=self.outcome == "won", note=self.note)
        return _kept(context, row)


def ended(row: Opportunity, day: date, reason: str, *, won: bool, note: str = "") -> None:
    """The opportunity is over."""
    row.closed, row.won, row.reason = day, won, reason
    row.note = " · ".join(filter(None, (row.note, note.strip())))


class ListOpportunities(Action[OpportunityList]):
    """Opportunities, the nearest to a sale first."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["open", "won", "lost"] | None = Field(None, description="open, won or lost; all if left out")
    stage: OpportunityStage | None = Field(None, description="Only this stage: lead, qualified, proposal, negotiation")
    assignee: str | None = Field(None, description="Only what this user follows")

    def perform(self, context: Context) -> OpportunityList:
        """Read and filter."""
        customer = find_customer(context.session, self.customer) if self.customer else None
        lines = opportunity_lines(context.session, context.today, customer, self.assignee)
        return OpportunityList(
            context.today,
            tuple(
                line
                for line in lines
                if self.status in (None, line.deal.status) and self.stage in (None, line.deal.stage)
            ),
        )


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The open opportunities by stage, and how those of the last months have ended."""

    as_of: date
    stages: tuple[StageSum, ...]
    reasons: tuple[ReasonSum, ...]
    assignee: str | None

    @property
    def ended(self) -> dict[bool, int]:
        """Won → how many."""
        found = {True: 0, False: 0}
        for one in self.reasons:
            found[one.won] += one.count
        return found

    def as_json(self) -> dict[str, Any]:
        """The stages, and the reasons of what ended."""
        return {
            "as_of": self.as_of.isoformat(),
            "stages": [
                {
                    "stage": one.stage.value,
                    "currency": one.currency,
                    "count": one.count,
                    "amount": plain(one.cents, one.currency),
                    "weighted": plain(one.weighted, one.currency),
                }
                for one in self.stages
            ],
            "reasons": [
                {
                    "outcome": "won" if one.won else "lost",
                    "reason": one.reason,
                    "currency": one.currency,
                    "count": one.count,
                    "amount": plain(one.cents, one.currency),
                }
                for one in self.reasons
            ],
            "won": self.ended[True],
            "lost": self.ended[False],
            "win_rate": win_rate(self.ended),
        }

    def as_sheet(self) -> Sheet:
        """One row a stage, then one a reason; what is open is added up by currency."""
        columns = (
            Column("stage", _("Sales stage")),
            Column("count", _("How many"), Kind.COUNT),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("weighted", _("Weighted"), Kind.MONEY),
        )
        rows: list[tuple[Value | Cell, ...]] = [
            (
                Cell(_(STAGES[one.stage]), ListOpportunities(status="open", stage=one.stage, assignee=self.assignee)),
                one.count,
                Money(one.cents, one.currency),
                Money(one.weighted, one.currency),
            )
            for one in self.stages
        ]
        for one in self.reasons:
            told = _("won: {reason}") if one.won else _("lost: {reason}")
            why = _(REASONS[DealReason(one.reason)]) if one.reason else _("no reason said")
            rows.append((told.format(reason=why), one.count, Money(one.cents, one.currency), None))
        sums: dict[str, list[int]] = {}
        for stage in self.stages:
            found = sums.setdefault(stage.currency, [0, 0, 0])
            found[0] += stage.count
            found[1] += stage.cents
            found[2] += stage.weighted
        totals = tuple(
            (_("Open together"), count, Money(cents, currency), Money(weighted, currency))
            for currency, (count, cents, weighted) in sums.items()
        )
        rate = win_rate(self.ended)
        notes = (
            (_("{rate} % of the sales of the last twelve months were won.").format(rate=round(float(rate))),)
            if rate
            else ()
        )
        return Sheet(
            _("Sales under way"),
            columns,
            tuple(rows),
            totals,
            formula=_("Weighted is the amount by its probability."),
            as_of=self.as_of,
            notes=notes,
        )


class ShowPipeline(Action[Pipeline]):
    """Sales under way by stage, in value and weighted, and why sales of the last year were won or lost."""

    effect = Effect.READ

    assignee: str | None = Field(None, description="Only what this user follows")

    def perform(self, context: Context) -> Pipeline:
        """Add up."""
        lines = opportunity_lines(context.session, context.today, None, self.assignee)
        since = add_months(context.today, -_LOOKED_BACK)
        deals = [line.deal for line in lines if line.deal.closed is None or line.deal.closed > since]
        return Pipeline(context.today, by_stage(deals), by_reason(deals), self.assignee)


ACTIONS = (OpenOpportunity, UpdateOpportunity, CloseOpportunity, ListOpportunities, ShowPipeline)
