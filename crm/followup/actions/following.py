"""Which scenario a customer or an invoice follows, and where that was said: invoice, customer, segment, company."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.actions.why import BECAUSE
from crm.followup.policy import Scenario
from crm.followup.queries import item_stream
from crm.followup.scenarios import Choice, book_of
from crm.receivables.models import Invoice
from crm.receivables.queries import Whose

_FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class FollowedLine:
    """A scenario that is followed, by whom, and where that was said."""

    invoice: str
    """Its number; empty: whatever of the customer's has no choice of its own."""
    scenario: Scenario
    because: str
    later_days: int


@dataclass(frozen=True, slots=True)
class Following:
    """What a customer follows, and the invoices that follow something else."""

    as_of: date
    customer: str
    name: str
    lines: tuple[FollowedLine, ...]

    @property
    def usual(self) -> bool:
        """Whether nothing was chosen anywhere: the standard scenario, on its own days."""
        return all(line.because == "standard" and not line.later_days for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """One object a line."""
        return {
            "customer": self.customer,
            "name": self.name,
            "as_of": self.as_of.isoformat(),
            "followed": [
                {
                    "invoice": line.invoice or None,
                    "scenario": line.scenario.name,
                    "version": line.scenario.version,
                    "because": line.because,
                    "later_days": line.later_days,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a line."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("scenario", _("Scenario")),
            Column("version", _("Version"), Kind.COUNT),
            Column("because", _("Because")),
            Column("later", _("Later")),
        )
        rows = tuple(
            (
                line.invoice or _("all others"),
                line.scenario.called,
                line.scenario.version,
                because_words(line),
                plural("{count} day later", "{count} days later", line.later_days) if line.later_days else "",
            )
            for line in self.lines
        )
        return Sheet(self.name, columns, rows, as_of=self.as_of)


def because_words(line: FollowedLine) -> str:
    """Where it was said."""
    return _("chosen for this invoice") if line.because == "invoice" else _(BECAUSE[line.because])


class ShowFollowedScenario(Action[Following]):
    """Which scenario a customer follows and why, and which invoices follow another."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")

    def perform(self, context: Context) -> Following:
        """Look from the invoice outwards, as a run does.

        Raises:
            NotFound: there is no such customer.
        """
        session, today = context.session, context.today
        row = find_customer(session, self.customer)
        owner = row.root_id or row.id
        book = book_of(session, today)
        groups = list(item_stream(session, today, today + _FAR, Whose(customer_ids=(owner,))))
        chosen = book.for_groups(session, groups, today)
        segment = str(row.segment or "")
        own = book.customers.get(owner, Choice("", 0))
        later = own.later_days or (book.segments[segment].later_days if segment in book.segments else 0)
        if groups:
            followed = chosen(groups[0])
            main = FollowedLine("", followed.scenario, followed.because, later)
        else:
            scenario, because = book.followed(owner, segment, None)
            main = FollowedLine("", scenario, because, later)
        apart = []
        if book.invoices:
            query = select(Invoice).where(col(Invoice.customer_id) == owner, col(Invoice.id).in_(list(book.invoices)))
            for invoice in session.exec(query.order_by(col(Invoice.number), col(Invoice.id))):
                choice = book.invoices[invoice.id]
                scenario = (book.latest(choice.scenario) if choice.scenario else None) or main.scenario
                apart.append(FollowedLine(invoice.number, scenario, "invoice", choice.later_days))
        return Following(today, row.number, row.name, (main, *apart))


ACTIONS = (ShowFollowedScenario,)
