"""Why did a message leave, or why has it not? From what was stored when it was queued, looked at and tried."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.calendar import long_date, zone
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.customers.models import Customer
from crm.followup.models import Reminder
from crm.followup.policy import LEVELS
from crm.followup.scenarios import book_of
from crm.messaging.actions import CHANNELS, PURPOSES
from crm.messaging.models import OutgoingMessage, Posting, State
from crm.messaging.queries import deliveries_of, posting_of, the_message
from crm.receivables.models import Instalment, Invoice

_AUTOMATIC = "scheduler"
_ON_A_LINE = 5

WHAT_NOW = {
    State.REHEARSED.value: mark("Nothing leaves by this channel yet: crm go-live."),
    State.QUEUED.value: mark("It leaves with the next delivery: crm worker or crm dispatch."),
    State.CLAIMED.value: mark("It is being delivered."),
    State.SENDING.value: mark("It is being delivered."),
    State.SENT.value: mark("Nothing to do."),
    State.RETRY.value: mark("It is tried again by itself."),
    State.FAILED.value: mark("Correct the address, then crm retry-message."),
    State.UNCERTAIN.value: mark("Find out whether it arrived, then crm settle-message."),
    State.HELD.value: mark("The next run plans it again as things are then."),
    State.CANCELLED.value: mark("Nothing to do: somebody took it back."),
}
"""State of a message → what can be done."""


@dataclass(frozen=True, slots=True)
class MessageReasons:
    """A message, and why it is where it is."""

    message: OutgoingMessage
    customer: str
    told: tuple[tuple[str, str], ...]
    """A topic in one word, and a sentence."""
    to_do: str

    def as_json(self) -> dict[str, Any]:
        """The message, its state, and the sentences."""
        return {
            "message": self.message.id,
            "customer": self.customer,
            "purpose": self.message.purpose,
            "state": self.message.state,
            "reasons": [sentence for _topic, sentence in self.told],
            "what_to_do": self.to_do,
        }

    def as_sheet(self) -> Sheet:
        """One row a sentence."""
        columns = (Column("topic", ""), Column("why", _("Why")))
        title = _("Message {number}: {state}").format(number=self.message.id, state=self.message.state)
        return Sheet(title, columns, self.told, notes=(self.to_do,))


class ExplainMessage(Action[MessageReasons]):
    """Why a message left, waits, was held back or failed, and what can be done."""

    effect = Effect.READ

    message: int = Field(ge=1, description="Number of the message")

    def perform(self, context: Context) -> MessageReasons:
        """Say what is stored of it.

        Raises:
            NotFound: there is no such message.
        """
        session = context.session
        row = the_message(session, self.message)
        owner = session.get(Customer, row.customer_id) if row.customer_id is not None else None
        told = tuple(_told(context, row, owner))
        return MessageReasons(row, owner.number if owner else "", told, _(WHAT_NOW[row.state]))


def _told(context: Context, row: OutgoingMessage, owner: Customer | None) -> Iterator[tuple[str, str]]:
    session, tz = context.session, context.settings.timezone
    yield _("What"), _what(row, owner)
    spoken = session.exec(
        select(Invoice.number, Reminder.asked_cents, Reminder.level, Reminder.scenario_id)
        .join(Instalment, col(Instalment.id) == Reminder.instalment_id)
        .join(Invoice, col(Invoice.id) == Instalment.invoice_id)
        .where(Reminder.message_id == row.id)
        .order_by(col(Reminder.id))
    ).all()
    if spoken:
        book = book_of(session, row.day)
        scenario = next((book.by_id[key] for _n, _c, _l, key in spoken if key is not None and key in book.by_id), None)
        if scenario is not None:
            yield (
                _("Scenario"),
                _("Scenario “{name}”, version {version}.").format(name=scenario.called, version=scenario.version),
            )
        yield _("About"), _invoices(row, [(number, cents) for number, cents, _level, _key in spoken])
    reasons = json.loads(row.reasons)
    if reasons:
        yield _("Known then"), " ".join(reasons)
    if row.approved_by:
        by = _("It left by itself: nothing spoke against it.") if row.approved_by == _AUTOMATIC else ""
        yield _("Approved"), by or _("{name} said yes.").format(name=row.approved_by)
    if row.not_before is not None and row.state in (State.QUEUED.value, State.REHEARSED.value):
        told = _("Not before {moment}: the hours of the customer's country.")
        yield _("When"), told.format(moment=_at(row.not_before, tz))
    if row.next_try is not None:
        yield _("When"), _("Tried again from {moment} on.").format(moment=_at(row.next_try, tz))
    for delivery in deliveries_of(session, row.id):
        words = " ".join(filter(None, (delivery.code, delivery.server_reply)))
        yield (
            _("Attempt {number}").format(number=delivery.attempt),
            _("{moment}: {outcome}").format(moment=_at(delivery.at, tz), outcome=words or delivery.outcome),
        )
    if row.reason:
        yield _("Now"), row.reason
    if (posting := posting_of(session, row.id)) is not None:
        yield _("Post"), _posted(posting)


def _what(row: OutgoingMessage, owner: Customer | None) -> str:
    name = owner.name if owner else row.recipient_name or row.recipient
    kind = _(LEVELS[row.level]) if row.level is not None and row.purpose == "dunning" else _(PURPOSES[row.purpose])
    told = _("{kind} to {name} by {channel}, planned for {day}.").format(
        kind=kind, name=name, channel=_(CHANNELS[row.channel]), day=long_date(row.day)
    )
    return told[:1].upper() + told[1:]


def _invoices(row: OutgoingMessage, asked: Sequence[tuple[str, int]]) -> str:
    parts = [f"{number} {shown(cents, row.currency)}" for number, cents in asked[:_ON_A_LINE]]
    more = _(" and {count} more").format(count=len(asked) - _ON_A_LINE) if len(asked) > _ON_A_LINE else ""
    return _("It asked for {invoices}.").format(invoices=", ".join(parts) + more)


def _posted(posting: Posting) -> str:
    received: date | None = posting.received_on
    told = _("Posted on {day}.").format(day=posting.posted_on.isoformat())
    return f"{told} {_('Received on {day}.').format(day=received.isoformat())}" if received else told


def _at(moment: datetime, tz: str) -> str:
    return moment.astimezone(zone(tz)).strftime("%Y-%m-%d %H:%M")


ACTIONS = (ExplainMessage,)
