"""Everything that happened with a customer, each fact once, the latest first; and the notes kept about one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date, zone
from crm.core.i18n import _, mark, plural
from crm.core.money import shown
from crm.core.names import name_key
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.interactions import Interaction, InteractionNote, Outcome, local_time
from crm.customers.models import Customer, Hold
from crm.customers.queries import find_customer
from crm.messaging.models import OutgoingMessage, State
from crm.receivables.actions.promises import named
from crm.receivables.disputes import dispute_lines
from crm.receivables.models import Payment
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose
from crm.receivables.words_given import promise_lines

EVENTS = {
    "exchange": mark("exchange"),
    "note": mark("note"),
    "message": mark("message"),
    "payment": mark("payment"),
    "promise": mark("promise"),
    "dispute": mark("dispute"),
    "hold": mark("hold"),
}
"""Kind of event → how it is said."""
_DEFAULT = 50
_GONE = frozenset({State.REHEARSED.value, State.CANCELLED.value})
_IN_VAIN = frozenset({Outcome.NO_ANSWER.value, Outcome.WRONG_NUMBER.value})
"""Outcomes of a call in which nothing was exchanged."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened with a customer."""

    day: date
    time: str
    """Local time, where it is known: `09:41`."""
    kind: str
    title: str
    """What happened, in a few words."""
    text: str = ""
    """What was said or written, word for word."""
    channel: str = ""
    direction: str = ""
    author: str = ""
    outcome: str = ""
    good: bool | None = None
    """Money came or a word was kept (True), not kept (False); None: neither."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object."""
        return {
            "at": f"{self.day.isoformat()}T{self.time}" if self.time else self.day.isoformat(),
            "kind": self.kind,
            "channel": self.channel or None,
            "direction": self.direction or None,
            "author": self.author,
            "text": " ".join(filter(None, (self.title, self.text))),
            "outcome": self.outcome or None,
        }


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
    """What happened with a customer: exchanges, notes, messages, payments, promises, disputes, holds."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    period: Period | None = Field(None, description="start/end, both included; everything if left out")
    channel: str | None = Field(None, description="Only what took this channel")
    kind: str | None = Field(None, description="Only exchange, note, message, payment, promise, dispute or hold")
    query: str | None = Field(None, description="Words to be found, accents and capitals aside")
    limit: int = Field(_DEFAULT, ge=1, le=10_000, description="How many at most")

    def perform(self, context: Context) -> History:
        """Gather, filter, put in order."""
        customer = find_customer(context.session, self.customer)
        owner = customer.root_id or customer.id
        found = [event for event in _events(context, owner) if self._wanted(event)]
        found.sort(key=lambda event: (event.day, event.time), reverse=True)
        return History(customer, tuple(found[: self.limit]), len(found))

    def _wanted(self, event: Event) -> bool:
        if self.period is not None and not self.period.start <= event.day <= self.period.end:
            return False
        if (self.channel and event.channel != self.channel) or (self.kind and event.kind != self.kind):
            return False
        words = name_key(self.query).split() if self.query else []
        text = name_key(f"{event.title} {event.text} {event.author}") if words else ""
        return all(word in text for word in words)


def _events(context: Context, owner: int) -> Iterator[Event]:
    """Every event of a customer and of whoever was merged into it."""
    session, of = context.session, Whose(customer_ids=(owner,))
    ids = [owner, *session.exec(select(Customer.id).where(Customer.root_id == owner)).all()]
    yield from _exchanges(session, ids)
    yield from _messages(session, ids, context.settings.timezone)
    yield from _payments(session, ids)
    yield from _promises(session, context.today, of)
    yield from _disputes(session, context.today, of)
    yield from _holds(session, ids)


def last_exchanges(session: Session, ids: Collection[int]) -> dict[int, date]:
    """The last day on which each of some customers was spoken with or written to, whoever was merged into them included.

    A call nobody answered and a message that has not left are no exchange; a customer without any has no entry.
    """
    owner = func.coalesce(col(Customer.root_id), col(Customer.id))
    theirs = or_(col(Customer.id).in_(ids), col(Customer.root_id).in_(ids))
    spoken = (
        select(owner, func.max(Interaction.day))
        .join(Interaction, col(Interaction.customer_id) == col(Customer.id))
        .where(theirs, col(Interaction.channel) != "", col(Interaction.outcome).not_in(_IN_VAIN))
        .group_by(owner)
    )
    written = (
        select(owner, func.max(OutgoingMessage.day))
        .join(OutgoingMessage, col(OutgoingMessage.customer_id) == col(Customer.id))
        .where(theirs, col(OutgoingMessage.state) == State.SENT.value)
        .group_by(owner)
    )
    found: dict[int, date] = dict(session.exec(spoken).all())
    for customer, day in session.exec(written):
        found[customer] = max(day, found.get(customer, day))
    return found


def _exchanges(session: Session, ids: list[int]) -> Iterator[Event]:
    for row in session.exec(
        select(Interaction).where(col(Interaction.customer_id).in_(ids)).order_by(col(Interaction.id))
    ):
        who = row.contact or row.author
        about = _("about {invoice}").format(invoice=row.invoice) if row.invoice else ""
        yield Event(
            row.day,
            row.time,
            "exchange" if row.channel else "note",
            " · ".join(filter(None, (who, about))),
            row.text,
            row.channel,
            row.direction,
            row.author,
            row.outcome,
        )


def _messages(session: Session, ids: list[int], tz: str) -> Iterator[Event]:
    query = (
        select(OutgoingMessage)
        .where(col(OutgoingMessage.customer_id).in_(ids), col(OutgoingMessage.state).not_in(_GONE))
        .order_by(col(OutgoingMessage.id))
    )
    for row in session.exec(query):
        moment = row.sent_at.astimezone(zone(tz)) if row.sent_at else None
        yield Event(
            moment.date() if moment else row.day,
            moment.strftime("%H:%M") if moment else "",
            "message",
            row.subject,
            row.text,
            row.channel,
            "out",
            row.approved_by,
            row.state,
        )


def _payments(session: Session, ids: list[int]) -> Iterator[Event]:
    for row in session.exec(select(Payment).where(col(Payment.customer_id).in_(ids)).order_by(col(Payment.id))):
        title = _("{amount} received").format(amount=shown(row.cents, row.currency))
        yield Event(row.received, "", "payment", title, row.label or row.reference, row.method, "in", good=True)


def _promises(session: Session, day: date, of: Whose) -> Iterator[Event]:
    for line in promise_lines(session, day, of, put_off=True):
        amount = shown(line.word.cents, line.currency)
        title = _("{amount} promised for {day}").format(amount=amount, day=shown_date(line.word.by, day))
        yield Event(line.made, "", "promise", title, line.note, direction="in")
        if line.put_off is None and line.status is not PromiseStatus.PENDING:
            kept = line.status is PromiseStatus.KEPT
            told = _("promise of {amount} kept") if kept else _("promise of {amount} not kept")
            ended = min(line.word.by, day) if line.word.ended is None else min(line.word.ended, day)
            yield Event(ended, "", "promise", told.format(amount=amount), outcome=line.status.value, good=kept)


def _disputes(session: Session, day: date, of: Whose) -> Iterator[Event]:
    for line in dispute_lines(session, day, of):
        title = _("{invoice}: {amount} in dispute, {reason}").format(
            invoice=line.invoice, amount=shown(line.amount, line.currency), reason=line.reason_words()
        )
        yield Event(line.opened or line.noted, "", "dispute", title, line.note, author=line.owner_name, direction="in")
        if line.resolved is not None and line.resolved <= day:
            ended = _("{invoice}: dispute closed").format(invoice=line.invoice)
            yield Event(line.resolved, "", "dispute", ended, outcome=line.outcome or "resolved")


def _holds(session: Session, ids: list[int]) -> Iterator[Event]:
    for row in session.exec(select(Hold).where(col(Hold.customer_id).in_(ids)).order_by(col(Hold.id))):
        yield Event(row.since, "", "hold", _("nothing is sent: {reason}").format(reason=row.reason), author=row.owner)
        if row.lifted is not None:
            yield Event(row.lifted, "", "hold", _("messages may leave again"))


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
