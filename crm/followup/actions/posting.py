"""Letters on their way: posted, with its number, and received. The e-mail or SMS that says so goes once posting is noted."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.errors import CrmError, Refused, refuse_if
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import as_one, records_of
from crm.followup.gate import Decision, Verdict
from crm.followup.models import Reminder
from crm.followup.planning import Due
from crm.followup.policy import FORMAL_NOTICE
from crm.followup.queries import addressees, item_stream
from crm.followup.run import Preparation
from crm.messaging.models import Channel, OutgoingMessage, Posting, State
from crm.messaging.queries import live_channels, posting_of, the_message
from crm.receivables.queries import Whose

Day = date
_LETTERS = {Channel.LETTER.value, Channel.REGISTERED_LETTER.value}
_POSTABLE = {State.QUEUED.value, State.CLAIMED.value, State.SENDING.value, State.SENT.value, State.UNCERTAIN.value}


@dataclass(frozen=True, slots=True)
class PostingCard:
    """A letter on its way."""

    message: OutgoingMessage
    customer: str
    posting: Posting
    told: OutgoingMessage | None = None
    """The message that tells the customer so; None: none goes."""
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        """Message, dates, number, and what tells the customer."""
        received = self.posting.received_on
        return {
            "message": self.message.id,
            "customer": self.customer,
            "posted": self.posting.posted_on.isoformat(),
            "tracking": self.posting.tracking,
            "received": received.isoformat() if received else None,
            "told_by": self.told.channel if self.told else None,
            "why_not": self.why_not,
        }

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (
            Column("customer", _("Customer")),
            Column("posted", _("Posted"), Kind.DATE),
            Column("tracking", _("Tracking number")),
            Column("received", _("Received"), Kind.DATE),
        )
        row = (self.customer, self.posting.posted_on, self.posting.tracking, self.posting.received_on)
        told = (_("{address} is told so.").format(address=self.told.recipient),) if self.told else ()
        notes = told or ((self.why_not,) if self.why_not else ())
        return Sheet(_("Letter {number}").format(number=self.message.id), columns, (row,), notes=notes)


def _letter(context: Context, key: int) -> OutgoingMessage:
    row = the_message(context.session, key, to_change=True)
    refuse_if(row.channel not in _LETTERS, _("Message {number} is no letter.").format(number=row.id))
    return row


class RecordPosting(Action[PostingCard]):
    """Note that a letter was posted, with its number; the customer is then told by e-mail or SMS."""

    effect = Effect.SEND

    message: int = Field(ge=1, description="Number of the message")
    date: Day | None = Field(None, description="Day of posting; today if left out")
    tracking: str = Field("", max_length=40, description="Number on the receipt")

    def perform(self, context: Context) -> PostingCard:
        """Keep it, close the task, and queue what tells of it.

        Raises:
            Refused: it is no letter, was posted already, was never meant to leave, or the day is still to come.
        """
        session, day = context.session, self.date or context.today
        row = _letter(context, self.message)
        refuse_if(
            row.state not in _POSTABLE,
            _("Letter {number} is not one to post: it failed, was held back, cancelled or only rehearsed.").format(
                number=row.id
            ),
        )
        refuse_if(day > context.today, _("A letter is noted once it has been posted."))
        refuse_if(
            posting_of(session, row.id) is not None,
            _("Letter {number} has been noted as posted already.").format(number=row.id),
        )
        posting = Posting(message_id=row.id, posted_on=day, tracking=self.tracking.strip())
        session.add(posting)
        row.state, row.lease_until, row.claimed_by, row.next_try = State.SENT.value, None, "", None
        row.sent_at = row.sent_at or context.now
        row.reason = " ".join(filter(None, (_("Posted on {day}.").format(day=day.isoformat()), posting.tracking)))
        session.add(row)
        self._close_task(context, row)
        told, why_not = _companion(context, row, posting)
        session.flush()
        owner = as_one(session, row.customer_id) if row.customer_id is not None else None
        return PostingCard(row, owner.name if owner else "", posting, told, why_not)

    @staticmethod
    def _close_task(context: Context, row: OutgoingMessage) -> None:
        """The eldest open task of posting a formal notice to this customer is done."""
        if row.customer_id is None:
            return
        query = (
            select(Task)
            .where(
                Task.task_type == TaskType.LETTER.value,
                col(Task.customer_id).in_(records_of(context.session, as_one(context.session, row.customer_id).id)),
                Task.origin == f"dunning/{row.level}",
                col(Task.done).is_(None),
            )
            .order_by(col(Task.id))
        )
        if (task := context.session.exec(query).first()) is not None:
            task.done, task.outcome = context.today, "posted"
            context.session.add(task)


class RecordReception(Action[PostingCard]):
    """Note the day on which a registered letter was received, from its acknowledgement."""

    effect = Effect.WRITE

    message: int = Field(ge=1, description="Number of the message")
    date: Day | None = Field(None, description="Day of reception; today if left out")

    def perform(self, context: Context) -> PostingCard:
        """Keep the day.

        Raises:
            Refused: its posting is not noted, or the day lies before it or is still to come.
        """
        day = self.date or context.today
        row = _letter(context, self.message)
        posting = posting_of(context.session, row.id)
        if posting is None:
            raise Refused(_("Letter {number} is not noted as posted.").format(number=row.id))
        refuse_if(
            not posting.posted_on <= day <= context.today,
            _("A letter is received after its posting, and not in the future."),
        )
        posting.received_on = day
        context.session.add(posting)
        context.session.flush()
        owner = as_one(context.session, row.customer_id) if row.customer_id is not None else None
        return PostingCard(row, owner.name if owner else "", posting)


def _companion(context: Context, row: OutgoingMessage, posting: Posting) -> tuple[OutgoingMessage | None, str]:
    """Queue the message that says the formal notice has left; None with the reason where none goes."""
    if row.level != FORMAL_NOTICE or row.customer_id is None:
        return None, ""
    session = context.session
    owner = as_one(session, row.customer_id).id
    who = addressees(session, [owner])[owner]
    if who.contact is not None:
        channel, to, name = Channel.EMAIL.value, who.contact.email, who.contact.name
    elif who.mobile is not None:
        channel, to, name = Channel.SMS.value, who.mobile.number, who.mobile.name
    else:
        return None, _("Nobody is told: neither an e-mail address nor a mobile is known.")
    asked = {
        reminder.instalment_id: reminder.asked_cents
        for reminder in session.exec(select(Reminder).where(Reminder.message_id == row.id))
    }
    groups = [
        group
        for group in item_stream(session, context.today, date.max, Whose(customer_ids=(row.customer_id,)))
        if group.currency == row.currency
    ]
    dues = tuple(
        Due(item, cents, None)
        for group in groups
        for item in group.items
        if (cents := min(item.open - item.disputed, asked.get(item.instalment_id, 0))) > 0
    )
    if not dues:
        return None, _("Nobody is told: nothing of it is open any more.")
    preparation = Preparation(context, context.today)
    scenario = preparation.book.for_groups(session, groups, context.today)(groups[0]).scenario
    step = next((step for step in scenario.steps if step.level == FORMAL_NOTICE), scenario.steps[-1])
    decision = Decision(Verdict.SEND, FORMAL_NOTICE, channel, dues, (), step, scenario)
    try:
        composed, sender = preparation.posted(who, row.currency, decision, posting.posted_on, posting.tracking)
    except CrmError as problem:
        return None, problem.message
    key = f"posted/{row.id}"
    domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
    told = OutgoingMessage(
        purpose=row.purpose,
        customer_id=row.customer_id,
        # No level of its own: the letter is the step.
        level=None,
        channel=channel,
        recipient=to,
        recipient_name=name or who.name,
        sender_name=sender.name,
        sender_address=context.settings.mail_from,
        reply_to=sender.email,
        subject=composed.message.subject,
        text=composed.message.text,
        html=composed.message.html,
        language=who.language,
        currency=row.currency,
        total_cents=row.total_cents,
        reasons=json.dumps([_("The posting of the formal notice is noted.")], ensure_ascii=False),
        message_id=f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>",
        dedupe_key=key,
        state=State.QUEUED.value if channel in live_channels(session) else State.REHEARSED.value,
        not_before=preparation.earliest(who),
        day=context.today,
        queued_at=context.now,
        approved_by=context.actor.name,
    )
    session.add(told)
    return told, ""


ACTIONS = (RecordPosting, RecordReception)
