"""What customers have complained of: dated facts that reminders, surveys and campaigns respect until they are settled.

A person records a complaint; surveys leave a row of kind `detractor` for an unhappy answer, with its source, and settle it when
its alert is closed. Nothing here knows of surveys: they add rows with `Grievance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import Text
from sqlmodel import Field as ColumnField
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.db import Row, key_of
from crm.core.errors import NotFound, refuse_if
from crm.core.i18n import _, mark
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer

Day = date
LASTS = timedelta(days=60)
"""So long an unsettled grievance is minded; then it is past."""


class GrievanceKind(StrEnum):
    """How displeasure was told."""

    COMPLAINT = "complaint"
    DETRACTOR = "detractor"
    """An unhappy answer to a survey."""


KINDS = {GrievanceKind.COMPLAINT: mark("complaint"), GrievanceKind.DETRACTOR: mark("unhappy answer")}
"""Kind → how it is said."""


class Grievance(Row, table=True):
    """Displeasure of a customer, in force until it is settled."""

    __tablename__ = "grievance"

    customer_id: int = key_of("customer", index=True)
    kind: str = GrievanceKind.COMPLAINT.value
    day: date
    words: str = ColumnField(sa_type=Text)
    """What was said, word for word where it is known."""
    source: str = ""
    """Where it came from: `survey 12/345`, a call, a letter."""
    owner: str = ""
    """The number of the user who looks after it."""
    settled: date | None = None
    outcome: str = ColumnField(default="", sa_type=Text)
    """What became of it."""


def open_grievances(session: Session, day: date) -> Sequence[Grievance]:
    """What is minded on a day: unsettled by then and not past, the latest last."""
    query = (
        select(Grievance)
        .where(
            Grievance.day <= day,
            Grievance.day > day - LASTS,
            col(Grievance.settled).is_(None) | (col(Grievance.settled) > day),
        )
        .order_by(col(Grievance.day), col(Grievance.id))
    )
    return session.exec(query).all()


@dataclass(frozen=True, slots=True)
class GrievanceList:
    """Grievances, with their customers."""

    rows: tuple[tuple[Grievance, Customer], ...]

    def as_json(self) -> dict[str, Any]:
        """One object each."""
        return {
            "grievances": [
                {
                    "id": row.id,
                    "customer": customer.number,
                    "name": customer.name,
                    "kind": row.kind,
                    "date": row.day.isoformat(),
                    "words": row.words,
                    "source": row.source,
                    "owner": row.owner,
                    "settled": row.settled.isoformat() if row.settled else None,
                    "outcome": row.outcome,
                }
                for row, customer in self.rows
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row each."""
        columns = (
            Column("id", _("Number"), Kind.COUNT),
            Column("customer", _("Customer")),
            Column("kind", _("Kind")),
            Column("date", _("Date"), Kind.DATE),
            Column("words", _("Words")),
            Column("owner", _("For")),
            Column("settled", _("Settled"), Kind.DATE),
        )
        rows = tuple(
            (row.id, customer.name, _(KINDS[GrievanceKind(row.kind)]), row.day, row.words, row.owner, row.settled)
            for row, customer in self.rows
        )
        return Sheet(_("Complaints"), columns, rows)


class RecordComplaint(Action[GrievanceList]):
    """Note that a customer has complained: reminders wait a week for the answer, then ask you first."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    words: str = Field(min_length=1, max_length=2_000, description="What was said")
    date: Day | None = Field(None, description="The day; today if left out")
    source: str = Field("", max_length=100, description="How it was said: a call, a letter")

    def perform(self, context: Context) -> GrievanceList:
        """Keep it.

        Raises:
            Refused: the day is still to come.
        """
        day = self.date or context.today
        refuse_if(day > context.today, _("A complaint is noted once it has been made."))
        customer = find_customer(context.session, self.customer)
        row = Grievance(
            customer_id=customer.root_id or customer.id, day=day, words=self.words.strip(), source=self.source.strip(),
            owner=customer.account_manager,
        )  # fmt: skip  # read as a table: columns side by side
        context.session.add(row)
        context.session.flush()
        return GrievanceList(((row, customer),))


class SettleComplaint(Action[GrievanceList]):
    """Note that a complaint is settled, and how: reminders go on."""

    effect = Effect.WRITE

    complaint: int = Field(ge=1, description="Number of the complaint")
    outcome: str = Field("", max_length=2_000, description="What became of it")

    def perform(self, context: Context) -> GrievanceList:
        """Close it today.

        Raises:
            NotFound: there is no such complaint.
            Refused: it is settled.
        """
        row = context.session.get(Grievance, self.complaint)
        if row is None:
            raise NotFound(_("There is no complaint {number}.").format(number=self.complaint))
        refuse_if(row.settled is not None, _("Complaint {number} is settled already.").format(number=row.id))
        row.settled, row.outcome = context.today, self.outcome.strip()
        context.session.add(row)
        context.session.flush()
        return GrievanceList(((row, context.session.get_one(Customer, row.customer_id)),))


class ListComplaints(Action[GrievanceList]):
    """Complaints and unhappy answers that are not settled."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")

    def perform(self, context: Context) -> GrievanceList:
        """Read them, the oldest first."""
        query = (
            select(Grievance, Customer)
            .join(Customer, col(Customer.id) == Grievance.customer_id)
            .where(col(Grievance.settled).is_(None))
            .order_by(col(Grievance.day), col(Grievance.id))
        )
        if self.customer is not None:
            found = find_customer(context.session, self.customer)
            query = query.where(Grievance.customer_id == (found.root_id or found.id))
        return GrievanceList(tuple((row, customer) for row, customer in context.session.exec(query)))


ACTIONS = (RecordComplaint, SettleComplaint, ListComplaints)
