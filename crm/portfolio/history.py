"""Everything that happened with a customer, each fact once, the latest first; and the notes kept about one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.interactions import Interaction, InteractionNote, Outcome, local_time
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import records_of
from crm.messaging.models import OutgoingMessage, State
from crm.portfolio.timeline import EVENTS, Event, Sought, page
from crm.receivables.actions.promises import named

_DEFAULT = 50
_IN_VAIN = frozenset({Outcome.NO_ANSWER.value, Outcome.WRONG_NUMBER.value})
"""Outcomes of a call in which nothing was exchanged."""


@dataclass(frozen=True, slots=True)
class History:
    """The events of a customer, the latest first; `total` counts those that were left out too."""

    customer: Customer
    events: tuple[Event, ...]
    total: int

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        events = [event.as_json() for event in self.events]
        return {"customer": self.customer.number, "events": events, "total": self.total}

    def as_sheet(self) -> Sheet:
        """One row an event."""
        columns = (
            Column("date", _("Date"), Kind.DATE),
            Column("kind", _("Kind")),
            Column("title", _("What")),
            Column("text", _("Text")),
            Column("author", _("By")),
        )
        rows = tuple(
            (event.day, _(EVENTS[event.kind]), event.title, " ".join(event.text.split())[:200], event.author)
            for event in self.events
        )
        count = plural("{count} event", "{count} events", self.total)
        return Sheet(f"{self.customer.name} · {count}", columns, rows)


class CustomerHistory(Action[History]):
    """What happened with a customer: exchanges, messages, payments, promises, disputes, holds, decisions, sales."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    period: Period | None = Field(None, description="start/end, both included; everything if left out")
    channel: str | None = Field(None, description="Only what took this channel")
    kind: str | None = Field(
        None, description="Only exchange, note, message, payment, promise, dispute, hold, decision, quote or order"
    )
    query: str | None = Field(None, description="Beginnings of words to be found, accents and capitals aside")
    limit: int = Field(_DEFAULT, ge=1, le=10_000, description="How many at most")
    offset: int = Field(0, ge=0, le=10_000_000, description="How many of the latest are left out")

    def perform(self, context: Context) -> History:
        """Let each source give its latest, and put them in order."""
        session = context.session
        customer = find_customer(session, self.customer)
        sought = Sought(
            ids=records_of(session, customer.id),
            today=context.today,
            timezone=context.settings.timezone,
            most=self.offset + self.limit,
            period=self.period,
            channel=self.channel,
            kind=self.kind,
            words=self.query or "",
        )
        events, total = page(session, sought, self.offset)
        return History(customer, events, total)


def last_exchanges(session: Session, ids: Collection[int]) -> dict[int, date]:
    """The last day on which each of some customers was spoken with or written to, whoever was merged into them included.

    A call nobody answered and a message that has not left are no exchange; a customer without any has no entry.
    """
    merged = select(Customer.id, Customer.root_id).where(col(Customer.root_id).in_(ids))
    owners: dict[int, int] = dict(session.execute(merged).all())
    theirs = [*ids, *owners]
    spoken = (
        select(Interaction.customer_id, func.max(Interaction.day))
        .where(
            col(Interaction.customer_id).in_(theirs),
            col(Interaction.channel) != "",
            col(Interaction.outcome).not_in(_IN_VAIN),
        )
        .group_by(col(Interaction.customer_id))
    )
    written = (
        select(OutgoingMessage.customer_id, func.max(OutgoingMessage.day))
        .where(col(OutgoingMessage.customer_id).in_(theirs), col(OutgoingMessage.state) == State.SENT.value)
        .group_by(col(OutgoingMessage.customer_id))
    )
    found: dict[int, date] = {}
    for query in (spoken, written):
        for customer, day in session.execute(query):
            owner = owners.get(customer, customer)
            found[owner] = max(day, found.get(owner, day))
    return found


class AddNote(Action[InteractionNote]):
    """Keep a note about a customer or an invoice."""

    effect = Effect.WRITE

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="About this invoice")
    note: str = Field(min_length=1, max_length=10_000, description="The note")

    def perform(self, context: Context) -> InteractionNote:
        """Keep it.

        Raises:
            Invalid: neither a customer nor an invoice is named.
        """
        customer, invoice = named(context.session, self.customer, self.invoice)
        row = Interaction(
            customer_id=customer.id,
            invoice=invoice.number if invoice else "",
            day=context.today,
            time=local_time(context),
            author=context.actor.name,
            text=self.note.strip(),
        )
        context.session.add(row)
        context.session.flush()
        return InteractionNote(customer, row)


ACTIONS = (CustomerHistory, AddNote)
