"""What comes in by SMS: kept once, put to its customer's history, shown to a person; and STOP.

STOP is a no to advertising. Said to a reminder it also moves reminders to another way: the debt is not forgotten.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.customers.interactions import ContactChannel, Direction, Interaction, local_time
from crm.customers.models import Consent, ConsentPurpose, Contact, Customer
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import as_one
from crm.messaging.models import LEFT, Channel, InboundMessage, OutgoingMessage, Purpose
from crm.messaging.numbers import e164, is_e164

_STOP = re.compile(
    r"\W*(?:stop(?:all|sms|pub)?|arr[êe]te?z?|unsubscribe|d[ée]sinscri\w*|d[ée]sabonn\w*)\b", re.IGNORECASE
)
_FEW_WORDS = 3
"""A longer sentence that begins with “stop” is read by a person."""
_REMINDING = {Purpose.DUNNING.value, Purpose.MESSAGE.value}
_TAIL = 8
"""Last digits that a number has in common with its national form."""
_CONTACT, _CUSTOMER = table_of(Contact), table_of(Customer)


def is_stop(text: str) -> bool:
    """Whether a message asks for no more of them, and says nothing else."""
    return _STOP.match(text) is not None and len(text.split()) <= _FEW_WORDS


@dataclass(frozen=True, slots=True)
class SmsNote:
    """An SMS that came in, and what it changed."""

    row: InboundMessage
    customer: Customer | None
    stopped: tuple[str, ...]
    """What its sender no longer wants by SMS: marketing, reminders."""
    known: bool
    """It had come in before: nothing was done."""

    def as_json(self) -> dict[str, Any]:
        """Whose it is, what it says, and what was noted."""
        return {
            "sid": self.row.provider_id,
            "from": self.row.sender,
            "customer": self.customer.number if self.customer else None,
            "text": self.row.text,
            "stopped": list(self.stopped),
            "known": self.known,
        }

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (Column("from", _("From")), Column("customer", _("Customer")), Column("text", _("Text")))
        name = self.customer.name if self.customer else ""
        return Sheet(_("SMS received"), columns, ((self.row.sender, name, self.row.text),))


class ReceiveSms(Action[SmsNote]):
    """Take in an SMS that a customer has sent: kept once, told to a person; STOP is obeyed."""

    effect = Effect.WRITE

    sid: str = Field(min_length=1, max_length=64, description="The provider's number of the message")
    sender: str = Field(min_length=1, max_length=40, description="The number it came from")
    text: str = Field("", max_length=2_000, description="What it says")

    def perform(self, context: Context) -> SmsNote:
        """Keep it, and note a STOP."""
        session = context.session
        known = session.exec(
            select(InboundMessage).where(
                InboundMessage.channel == Channel.SMS.value, InboundMessage.provider_id == self.sid
            )
        ).first()
        if known is not None:
            owner = as_one(session, known.customer_id) if known.customer_id is not None else None
            return SmsNote(known, owner, (), known=True)
        last = _last_sent(session, self.sender)
        owner = _owner(session, self.sender, last)
        row = InboundMessage(
            channel=Channel.SMS.value,
            provider_id=self.sid,
            sender=self.sender,
            customer_id=owner.id if owner else None,
            answers_id=last.id if last else None,
            at=context.now,
            text=self.text,
        )
        session.add(row)
        stopped = self._stopped(last)
        for purpose in stopped:
            session.add(
                Consent(
                    customer_id=row.customer_id,
                    channel=Channel.SMS.value,
                    address=self.sender.lower(),
                    purpose=purpose.value,
                    granted=False,
                    day=context.today,
                    source=f"sms {self.sid}",
                    proof=self.text[:200],
                )
            )
        self._tell(context, owner, stopped)
        session.flush()
        return SmsNote(row, owner, tuple(purpose.value for purpose in stopped), known=False)

    def _stopped(self, last: OutgoingMessage | None) -> list[ConsentPurpose]:
        if not is_stop(self.text):
            return []
        reminded = last is not None and last.purpose in _REMINDING
        return [ConsentPurpose.MARKETING, *([ConsentPurpose.REMINDERS] if reminded else [])]

    def _tell(self, context: Context, owner: Customer | None, stopped: list[ConsentPurpose]) -> None:
        """Put it to the history, and on somebody's list."""
        name = owner.name if owner else self.sender
        if ConsentPurpose.REMINDERS in stopped:
            note = _("{name} answers STOP to a reminder: reminders take another way from now on. Agree on one?")
        elif stopped:
            note = _("{name} answers STOP: no more advertising by SMS.")
        else:
            note = _("SMS from {name}: read it and answer.")
        if owner is not None:
            context.session.add(
                Interaction(
                    customer_id=owner.id,
                    day=context.today,
                    time=local_time(context),
                    channel=ContactChannel.SMS.value,
                    direction=Direction.IN.value,
                    author=self.sender,
                    text=self.text,
                )
            )
        told = note.format(name=name)
        context.session.add(
            Task(
                task_type=TaskType.TODO.value,
                customer_id=owner.id if owner else None,
                day=context.today,
                assignee=owner.account_manager if owner else "",
                note=told if stopped else f"{told}\n\n{self.text}",
                origin=f"sms/{self.sid}",
            )
        )


def _last_sent(session: Session, number: str) -> OutgoingMessage | None:
    """The last SMS of ours that went to a number."""
    query = (
        select(OutgoingMessage)
        .where(
            OutgoingMessage.channel == Channel.SMS.value,
            OutgoingMessage.recipient == number,
            col(OutgoingMessage.state).in_(sorted(LEFT)),
        )
        .order_by(col(OutgoingMessage.id).desc())
    )
    return session.exec(query).first()


def _owner(session: Session, number: str, last: OutgoingMessage | None) -> Customer | None:
    """Whose number it is: the customer we last wrote to there, else the only one with such a contact."""
    if last is not None and last.customer_id is not None:
        return as_one(session, last.customer_id)
    if not is_e164(number):
        return None
    bare: ColumnElement[str] = _CONTACT.c.phone
    for sign in " .-()\u00a0/":
        bare = func.replace(bare, sign, "")
    query = (
        select(_CUSTOMER.c.id, _CUSTOMER.c.country, _CONTACT.c.phone)
        .join_from(_CONTACT, _CUSTOMER, _CUSTOMER.c.id == _CONTACT.c.customer_id)
        .where(bare.like(f"%{number[-_TAIL:]}"))
    )
    found = {key for key, country, phone in session.connection().execute(query) if _is(number, phone, country)}
    owners = {one.id: one for one in (as_one(session, key) for key in found)}
    return owners.popitem()[1] if len(owners) == 1 else None


def _is(number: str, phone: str, country: str) -> bool:
    try:
        return e164(phone, country) == number
    except Invalid:
        return False


ACTIONS = (ReceiveSms,)
