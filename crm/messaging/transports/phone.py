"""A call as a task: the message's script is put on somebody's list, once. Nothing leaves; a person telephones."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import select

from crm.core.db import Database
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import as_one
from crm.messaging.backoff import Answer, Verdict
from crm.messaging.models import Channel, OutgoingMessage
from crm.messaging.transports import Handed


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be made."""

    origin: str
    customer_id: int | None
    day: date
    note: str


@dataclass(frozen=True)
class PhoneTransport:
    """The way to a call: the list of tasks."""

    database: Database
    channel: str = field(default=Channel.PHONE.value, init=False)
    connections: int = 1

    def prepare(self, message: OutgoingMessage, at: datetime) -> Call:
        """What the task says: whom to call, then the script.

        Raises:
            Invalid: no script, or no number.
        """
        if not message.text.strip() or not message.recipient.strip():
            raise Invalid(_("A call needs a script and a number."))
        whom = _("Call {name}, {number}").format(
            name=message.recipient_name or message.recipient, number=message.recipient
        )
        head = " · ".join(filter(None, (whom, message.subject)))
        return Call(f"message/{message.id}", message.customer_id, message.day, f"{head}\n\n{message.text.strip()}")

    async def connect(self) -> "PhoneLine":
        """Nothing is opened."""
        return PhoneLine(self.database)


@dataclass
class PhoneLine:
    """Puts one call after the other on the list."""

    database: Database
    usable: bool = True

    async def send(self, prepared: Call) -> Handed:
        """Make the task; one that is there already is left."""
        made = await asyncio.to_thread(self._made, prepared)
        words = _("On the list of calls.") if made else _("Was on the list of calls already.")
        return Handed(Verdict.SENT, Answer(None), words)

    def _made(self, call: Call) -> bool:
        with self.database.writing() as session:
            if session.exec(select(Task.id).where(Task.origin == call.origin)).first() is not None:
                return False
            owner = as_one(session, call.customer_id) if call.customer_id is not None else None
            session.add(
                Task(
                    task_type=TaskType.CALL.value,
                    customer_id=call.customer_id,
                    day=call.day,
                    assignee=owner.account_manager if owner else "",
                    note=call.note,
                    origin=call.origin,
                )
            )
            session.commit()
            return True

    async def close(self) -> None:
        """Nothing to take leave of."""
