"""What was said between us and a customer: calls, visits, letters, and the notes kept about them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import Index, Text
from sqlmodel import Field as ColumnField

from crm.core.actions import Action, Effect
from crm.core.calendar import zone
from crm.core.db import Row, key_of
from crm.core.errors import Invalid, refuse_if
from crm.core.i18n import _, mark
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer

Day = date


class ContactChannel(StrEnum):
    """The way an exchange took."""

    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    VISIT = "visit"
    MEETING = "meeting"
    LETTER = "letter"
    REGISTERED_LETTER = "registered_letter"
    WHATSAPP = "whatsapp"


class Outcome(StrEnum):
    """What became of an attempt to reach somebody."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    CALLBACK_REQUESTED = "callback_requested"
    WRONG_NUMBER = "wrong_number"


class Direction(StrEnum):
    """Who turned to whom."""

    OUT = "out"
    IN = "in"


CHANNELS = {
    ContactChannel.PHONE: mark("telephone"),
    ContactChannel.EMAIL: mark("e-mail"),
    ContactChannel.SMS: mark("SMS"),
    ContactChannel.VISIT: mark("visit"),
    ContactChannel.MEETING: mark("meeting"),
    ContactChannel.LETTER: mark("letter"),
    ContactChannel.REGISTERED_LETTER: mark("registered letter"),
    ContactChannel.WHATSAPP: mark("WhatsApp"),
}
"""Channel → how it is said."""
OUTCOMES = {
    Outcome.REACHED: mark("reached"),
    Outcome.NO_ANSWER: mark("no answer"),
    Outcome.VOICEMAIL: mark("message left"),
    Outcome.CALLBACK_REQUESTED: mark("to be called back"),
    Outcome.WRONG_NUMBER: mark("wrong number"),
}
"""Outcome → how it is said."""


class Interaction(Row, table=True):
    """An exchange with a customer, or (without a channel) a note about one."""

    __tablename__ = "interaction"
    __table_args__ = (Index("interaction_of_customer", "customer_id", "day", "time"),)

    customer_id: int = key_of("customer")
    invoice: str = ""
    """The number of the invoice it is about; empty: the customer as a whole."""
    day: date
    time: str = ""
    """Local time, where it is known: `09:41`."""
    channel: str = ""
    direction: str = ""
    contact: str = ""
    """The person at the customer's."""
    author: str = ""
    outcome: str = ""
    text: str = ColumnField(default="", sa_type=Text)
    detail: str = ColumnField(default="", sa_column_kwargs={"server_default": ""})
    """What somebody who was reached said, as a code: `promise`, `in_payment_run`… (`CallResult`); empty elsewhere."""


@dataclass(frozen=True, slots=True)
class InteractionNote:
    """An exchange or note as it was kept."""

    customer: Customer
    row: Interaction

    def as_json(self) -> dict[str, Any]:
        """As an event of the history."""
        return {"customer": self.customer.number, **event_json(self.row)}

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (
            Column("customer", _("Customer")),
            Column("date", _("Date"), Kind.DATE),
            Column("channel", _("Channel")),
            Column("outcome", _("Outcome")),
            Column("note", _("Note")),
        )
        channel = _(CHANNELS[ContactChannel(self.row.channel)]) if self.row.channel else ""
        outcome = _(OUTCOMES[Outcome(self.row.outcome)]) if self.row.outcome in set(Outcome) else self.row.outcome
        rows = ((self.customer.name, self.row.day, channel, outcome, self.row.text),)
        return Sheet(_("Exchange"), columns, rows)


def event_json(row: Interaction) -> dict[str, Any]:
    """The contract's event of a history."""
    return {
        "at": f"{row.day.isoformat()}T{row.time}" if row.time else row.day.isoformat(),
        "kind": "exchange" if row.channel else "note",
        "channel": row.channel or None,
        "direction": row.direction or None,
        "author": row.author,
        "text": row.text,
        "outcome": row.outcome or None,
    }


def local_time(context: Context) -> str:
    """The time on the wall, as it is kept beside a day."""
    return context.now.astimezone(zone(context.settings.timezone)).strftime("%H:%M")


class LogInteraction(Action[InteractionNote]):
    """Note an exchange with a customer: a call, a visit, what was said."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    channel: ContactChannel = Field(
        ContactChannel.PHONE, description="phone, email, sms, visit, meeting, letter, registered_letter, whatsapp"
    )
    outcome: Outcome | None = Field(None, description="reached, no_answer, voicemail, callback_requested, wrong_number")
    note: str = Field("", max_length=10_000, description="What was said")
    date: Day | None = Field(None, description="The day; today if left out")
    contact: str = Field("", max_length=200, description="With whom")
    direction: Direction = Field(Direction.OUT, description="out: we turned to them; in: they turned to us")
    invoice: str = Field("", max_length=64, description="About this invoice")

    def perform(self, context: Context) -> InteractionNote:
        """Keep it.

        Raises:
            Invalid: neither an outcome nor a word.
            Refused: the day is still to come.
        """
        if self.outcome is None and not self.note.strip():
            raise Invalid(_("Say how it ended, or what was said."))
        day = self.date or context.today
        refuse_if(
            day > context.today, _("An exchange is noted once it has taken place."), _("What is to be done is a task.")
        )
        customer = find_customer(context.session, self.customer)
        row = Interaction(
            customer_id=customer.id,
            invoice=self.invoice.strip(),
            day=day,
            time=local_time(context) if day == context.today else "",
            channel=self.channel.value,
            direction=self.direction.value,
            contact=self.contact.strip(),
            author=context.actor.name,
            outcome=self.outcome.value if self.outcome else "",
            text=self.note.strip(),
        )
        context.session.add(row)
        context.session.flush()
        return InteractionNote(customer, row)


ACTIONS = (LogInteraction,)
