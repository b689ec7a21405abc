"""Why a customer is thought likely to pay late, and which customers are."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.money import Money, shown
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.risk.cards import RiskCard, RiskLine
from crm.risk.stakes import dots
from crm.risk.words import percent


class ExplainRisk(Action[RiskCard]):
    """Explain how likely a customer is to pay late, and why."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    amount: Money | None = Field(None, description="What if the next invoice had this amount")
    terms: int | None = Field(None, ge=0, le=180, description="What if it were due after so many days")

    def perform(self, context: Context) -> RiskCard:
        """Score the customer on the day, as known when it began.

        Raises:
            NotFound: no such customer.
            Refused: the model in use was altered.
        """
        from crm.risk.answers import card_of, what_if
        from crm.risk.scoring import scored

        row = find_customer(context.session, self.customer)
        found = scored(context.session, context.today)
        if self.amount is not None or self.terms is not None:
            found = what_if(found, row.root_id or row.id, self.amount, self.terms)
        card = card_of(context.session, found, row)
        return replace(card, notes=(*self._supposed(), *card.notes))

    def _supposed(self) -> tuple[str, ...]:
        """What the answer supposes of the next invoice."""
        told = []
        if self.amount is not None:
            told.append(_("Reckoned for a next invoice of {amount}.").format(amount=shown(self.amount.cents, self.amount.currency)))  # fmt: skip  # read as a table: columns side by side
        if self.terms is not None:
            told.append(
                plural("Reckoned for a term of {count} day.", "Reckoned for a term of {count} days.", self.terms)
            )
        return tuple(told)


@dataclass(frozen=True)
class RiskList:
    """Customers in order of risk, or of what a call may save."""

    as_of: date
    lines: tuple[RiskLine, ...]
    title: str
    learnt: bool

    def as_json(self) -> dict[str, Any]:
        """One object a customer."""
        return {
            "as_of": self.as_of.isoformat(),
            "learnt": self.learnt,
            "customers": [line.as_json() for line in self.lines],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer; the risk opens to its reasons."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("risk", _("Risk")),
            Column("exposure", _("Exposure"), Kind.MONEY),
            Column("expected_loss", _("Expected loss"), Kind.MONEY),
            Column("gain", _("A call may save"), Kind.MONEY),
        )
        rows: tuple[tuple[Value | Cell, ...], ...] = tuple(
            (
                line.customer,
                line.name,
                Cell(f"{dots(line.late)} {percent(line.late)}", ExplainRisk(customer=line.customer)),
                Money(line.exposure, line.currency),
                Money(line.expected_loss, line.currency),
                Money(line.gain, line.currency),
            )
            for line in self.lines
        )
        formula = _("Expected loss: open amount × probability of more than 30 days late × 10 % default × 60 % lost.")
        notes = () if self.learnt else (_("The simple rule answers: there is too little history to learn from."),)
        return Sheet(self.title, columns, rows, formula=formula, as_of=self.as_of, notes=notes)


class _Filtered(Action[RiskList]):
    """What narrows a list."""

    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    limit: int = Field(20, ge=1, le=10_000, description="How many at most")

    def lines(self, context: Context) -> tuple[bool, list[RiskLine]]:
        """Whether a model answers, and the customers asked for."""
        from crm.risk.answers import risk_lines
        from crm.risk.scoring import scored

        found = scored(context.session, context.today)
        lines = risk_lines(context.session, found)
        if self.city is None and self.segment is None and self.assignee is None:
            return found.learnt, lines
        query = select(Customer.number, Customer.city, Customer.segment, Customer.account_manager).order_by(
            col(Customer.id)
        )
        wanted = {
            number
            for number, city, segment, manager in context.session.exec(query)
            if (self.city is None or city.lower() == self.city.lower())
            and (self.segment is None or segment == self.segment)
            and (self.assignee is None or manager == self.assignee)
        }
        return found.learnt, [line for line in lines if line.customer in wanted]


class ListAtRisk(_Filtered):
    """List the customers most likely to pay late what they owe."""

    effect = Effect.READ

    def perform(self, context: Context) -> RiskList:
        """By what may be lost, then by probability.

        Raises:
            Refused: the model in use was altered.
        """
        learnt, lines = self.lines(context)
        lines.sort(key=lambda line: (-line.expected_loss, -line.late, line.customer))
        kept = tuple(lines[: self.limit])
        title = plural("{count} customer at risk", "{count} customers at risk", len(kept))
        return RiskList(context.today, kept, title, learnt)


class SuggestFollowups(_Filtered):
    """Suggest whom to call first: where a call may save most."""

    effect = Effect.READ

    def perform(self, context: Context) -> RiskList:
        """By expected loss times how often reminding helps; nothing is decided.

        Raises:
            Refused: the model in use was altered.
        """
        learnt, lines = self.lines(context)
        lines.sort(key=lambda line: (-line.gain, -line.expected_loss, -line.exposure, line.customer))
        kept = tuple(lines[: self.limit])
        title = plural("{count} customer to call", "{count} customers to call", len(kept))
        return RiskList(context.today, kept, title, learnt)


ACTIONS = (ExplainRisk, ListAtRisk, SuggestFollowups)
