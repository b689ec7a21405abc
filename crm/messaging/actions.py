"""What can be asked about messages: which wait, left or are in doubt, what to do with each, and whether a channel is live."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.consent import ActorKind
from crm.core.errors import NotAllowed, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
from crm.messaging.models import Channel, Delivery, LiveChannel, OutgoingMessage, Posting, Purpose, Report, State
from crm.messaging.queries import (
    OutboxLine,
    counts_by_state,
    dead_address,
    deliveries_of,
    live_channel,
    live_channels,
    outbox_lines,
    posting_of,
    shown_state,
    the_message,
    waiting_by_state,
)
from crm.messaging.segments import Segments, measured

Shown = Literal["rehearsed", "queued", "sending", "sent", "retry", "failed", "uncertain", "held", "cancelled"]
MessageKey = int
"""A message by its number."""

STATES = {
    State.REHEARSED.value: mark("rehearsed"),
    State.QUEUED.value: mark("queued"),
    State.SENDING.value: mark("on its way"),
    State.SENT.value: mark("sent"),
    State.RETRY.value: mark("tried again later"),
    State.FAILED.value: mark("failed"),
    State.UNCERTAIN.value: mark("uncertain"),
    State.HELD.value: mark("held back"),
    State.CANCELLED.value: mark("cancelled"),
}
"""State → how it is said."""

PURPOSES = {
    Purpose.DUNNING.value: mark("payment reminder"),
    Purpose.MESSAGE.value: mark("message"),
    Purpose.QUOTE.value: mark("quote reminder"),
    Purpose.SURVEY.value: mark("survey"),
    Purpose.CAMPAIGN.value: mark("campaign"),
    Purpose.REVIEW.value: mark("review"),
    Purpose.DIGEST.value: mark("digest"),
}
CHANNELS = {
    Channel.EMAIL.value: mark("e-mail"),
    Channel.SMS.value: mark("SMS"),
    Channel.LETTER.value: mark("letter"),
    Channel.REGISTERED_LETTER.value: mark("registered letter"),
    Channel.PHONE.value: mark("telephone"),
    Channel.SCREEN.value: mark("screen"),
}

REPORTS = {Report.DELIVERED.value: mark("delivered"), Report.UNDELIVERED.value: mark("not delivered")}
"""What a provider told later → how it is said."""

_NOT_LEFT = {
    State.QUEUED.value,
    State.CLAIMED.value,
    State.RETRY.value,
    State.HELD.value,
    State.FAILED.value,
    State.REHEARSED.value,
}
_AGAIN = {State.FAILED.value, State.RETRY.value, State.HELD.value}


@dataclass(frozen=True, slots=True)
class MessageList:
    """Messages, without their texts."""

    lines: Sequence[OutboxLine]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {"messages": [_line_json(line) for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a message."""
        columns = (
            Column("id", _("Number"), Kind.COUNT),
            Column("name", _("Customer")),
            Column("purpose", _("For")),
            Column("level", _("Level"), Kind.COUNT),
            Column("to", _("To")),
            Column("state", _("State")),
            Column("subject", _("Subject")),
            Column("reason", _("What happened")),
        )
        rows = tuple(
            (
                line.id,
                line.name,
                _(PURPOSES[line.purpose]),
                line.level,
                line.to,
                _(STATES[line.state]),
                line.subject,
                line.reason,
            )
            for line in self.lines
        )
        return Sheet(plural("{count} message", "{count} messages", len(rows)), columns, rows)


def _line_json(line: OutboxLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "customer": line.customer,
        "purpose": line.purpose,
        "level": line.level,
        "channel": line.channel,
        "to": line.to,
        "state": line.state,
        "message_id": line.message_id,
        "attempts": line.attempts,
        "reason": line.reason,
        "subject": line.subject,
    }


class ListMessages(Action[MessageList]):
    """The outbox: which messages wait, left, failed or are in doubt, the latest first."""

    effect = Effect.READ

    state: Shown | None = Field(None, description="Only messages in this state")
    purpose: Purpose | None = Field(None, description="Only messages for this")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    limit: int | None = Field(None, ge=1, description="How many at most")

    def perform(self, context: Context) -> MessageList:
        """Read them."""
        row = find_customer(context.session, self.customer) if self.customer else None
        purpose = self.purpose.value if self.purpose else None
        return MessageList(
            outbox_lines(context.session, state=self.state, purpose=purpose, customer=row, limit=self.limit)
        )


@dataclass(frozen=True, slots=True)
class MessageCard:
    """A message word for word, with what let it go and every attempt."""

    message: OutgoingMessage
    customer: Customer | None
    deliveries: Sequence[Delivery]
    posting: Posting | None = None
    """Of a letter: when it was posted and received, and its number."""

    @property
    def segments(self) -> Segments | None:
        """How an SMS is billed; None: it is none."""
        return measured(self.message.text) if self.message.channel == Channel.SMS.value else None

    @property
    def state(self) -> str:
        """Where it stands, as people know it."""
        return shown_state(self.message.state)

    @property
    def billed(self) -> str:
        """How an SMS is billed, in words: parts, alphabet, units; empty for anything else."""
        if self.segments is None:
            return ""
        told = plural("{count} SMS part", "{count} SMS parts", self.segments.count)
        return f"{told} ({self.segments.alphabet}, {self.segments.units})"

    def as_json(self) -> dict[str, Any]:
        """Everything there is."""
        row = self.message
        return {
            "id": row.id,
            "customer": self.customer.number if self.customer else "",
            "purpose": row.purpose,
            "level": row.level,
            "channel": row.channel,
            "to": row.recipient,
            "to_name": row.recipient_name,
            "from": row.sender_address,
            "from_name": row.sender_name,
            "reply_to": row.reply_to,
            "subject": row.subject,
            "text": row.text,
            "html": row.html,
            "language": row.language,
            "currency": row.currency,
            "total": None if row.total_cents is None else str(Money(row.total_cents, row.currency or "EUR")),
            "state": self.state,
            "reason": row.reason,
            "reasons": json.loads(row.reasons),
            "attachments": json.loads(row.attachments),
            "message_id": row.message_id,
            "attempts": row.attempts,
            "day": row.day.isoformat(),
            "queued_at": row.queued_at.isoformat(),
            "not_before": _moment(row.not_before),
            "next_try": _moment(row.next_try),
            "sent_at": _moment(row.sent_at),
            "approved_by": row.approved_by,
            "segments": self.segments.count if self.segments else None,
            "alphabet": self.segments.alphabet if self.segments else None,
            "posted": self.posting.posted_on.isoformat() if self.posting else None,
            "tracking": self.posting.tracking if self.posting else None,
            "received": _day(self.posting.received_on) if self.posting else None,
            "deliveries": [
                {
                    "attempt": each.attempt,
                    "at": each.at.isoformat(),
                    "outcome": each.outcome,
                    "code": each.code,
                    "reply": each.server_reply,
                }
                for each in self.deliveries
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a fact, then the text."""
        row = self.message
        facts = {
            _("Customer"): self.customer.name if self.customer else "",
            _("To"): f"{row.recipient_name} <{row.recipient}>" if row.recipient_name else row.recipient,
            _("State"): _(STATES[self.state]),
            _("What happened"): row.reason,
            _("Allowed because"): " ".join(json.loads(row.reasons)),
            _("Said yes"): row.approved_by,
            _("Billed as"): self.billed,
            _("Posted"): _day(self.posting.posted_on) or "" if self.posting else "",
            _("Tracking number"): self.posting.tracking if self.posting else "",
            _("Received"): _day(self.posting.received_on) or "" if self.posting else "",
            _("Attached"): ", ".join(file["name"] for file in json.loads(row.attachments)),
            _("Subject"): row.subject,
        }
        rows = [(label, value) for label, value in facts.items() if value]
        tries = [(_("Attempt {number}").format(number=each.attempt), _tried(each)) for each in self.deliveries]
        return Sheet(
            _("Message {number}").format(number=row.id),
            (Column("field", ""), Column("value", "")),
            tuple(rows + tries),
            notes=("", *row.text.splitlines()),
        )


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _tried(delivery: Delivery) -> str:
    said = " ".join(filter(None, (delivery.code, delivery.server_reply)))
    return " : ".join(filter(None, (_({**STATES, **REPORTS}[delivery.outcome]), said)))


def _card(context: Context, row: OutgoingMessage) -> MessageCard:
    owner = as_one(context.session, row.customer_id) if row.customer_id is not None else None
    return MessageCard(row, owner, deliveries_of(context.session, row.id), posting_of(context.session, row.id))


class ShowMessage(Action[MessageCard]):
    """A message word for word, why it was let go, and every attempt to deliver it."""

    effect = Effect.READ

    message: MessageKey = Field(ge=1, description="Number of the message")

    def perform(self, context: Context) -> MessageCard:
        """Read it."""
        return _card(context, the_message(context.session, self.message))


def _changed(context: Context, row: OutgoingMessage, state: State, reason: str) -> MessageCard:
    row.state, row.reason = state.value, reason
    row.next_try, row.lease_until, row.claimed_by = None, None, ""
    context.session.add(row)
    context.session.flush()
    return _card(context, row)


class RetryMessage(Action[MessageCard]):
    """Try a message again now that has failed, waits for its next try or was held back."""

    effect = Effect.SEND

    message: MessageKey = Field(ge=1, description="Number of the message")

    def perform(self, context: Context) -> MessageCard:
        """Queue it anew, under the same Message-ID.

        Raises:
            Refused: it has left, may have, was never meant to, or its address is dead.
        """
        row = the_message(context.session, self.message, to_change=True)
        refuse_if(
            row.state == State.UNCERTAIN.value,
            _("Nobody knows whether message {number} arrived: sent again, it might arrive twice.").format(
                number=row.id
            ),
            _("crm settle-message {number} --outcome sent or not_sent decides.").format(number=row.id),
        )
        if row.state not in _AGAIN:
            raise Refused(
                _("Message {number} is not tried again: {state}.").format(
                    number=row.id, state=_(STATES[shown_state(row.state)])
                )
            )
        dead = dead_address(context.session, row.channel, row.recipient)
        if dead is not None:
            raise Refused(
                _("Nothing goes to {address} any more: {reason}").format(address=row.recipient, reason=dead.reason),
                _("If it works again: crm revive-address --channel {channel} --address {address}.").format(
                    channel=row.channel, address=row.recipient
                ),
            )
        row.attempts = 0
        return _changed(context, row, State.QUEUED, _("Tried again by {name}.").format(name=context.actor.name))


class SettleMessage(Action[MessageCard]):
    """Decide about a message in doubt: was it sent or not? Not sent, it is sent again."""

    effect = Effect.SEND

    message: MessageKey = Field(ge=1, description="Number of the message")
    outcome: Literal["sent", "not_sent"] = Field(description="sent: it arrived. not_sent: it did not, send it")

    def perform(self, context: Context) -> MessageCard:
        """Note the decision; a message that was not sent waits again, under the same Message-ID.

        Raises:
            Refused: the message is not in doubt.
        """
        row = the_message(context.session, self.message, to_change=True)
        refuse_if(row.state != State.UNCERTAIN.value, _("Message {number} is not in doubt.").format(number=row.id))
        if self.outcome == "sent":
            tries = deliveries_of(context.session, row.id)
            row.sent_at = tries[-1].at if tries else context.now
            return _changed(
                context, row, State.SENT, _("Found to have been sent, by {name}.").format(name=context.actor.name)
            )
        row.attempts = 0
        return _changed(
            context, row, State.QUEUED, _("Found not to have been sent, by {name}.").format(name=context.actor.name)
        )


class CancelMessage(Action[MessageCard]):
    """Keep a message from leaving that has not left yet."""

    effect = Effect.WRITE

    message: MessageKey = Field(ge=1, description="Number of the message")

    def perform(self, context: Context) -> MessageCard:
        """Take it out of the outbox; it stays readable.

        Raises:
            Refused: it has left, may have, or was cancelled already.
        """
        row = the_message(context.session, self.message, to_change=True)
        if row.state not in _NOT_LEFT:
            raise Refused(
                _("Message {number} cannot be cancelled: {state}.").format(number=row.id, state=_(STATES[row.state]))
            )
        return _changed(context, row, State.CANCELLED, _("Cancelled by {name}.").format(name=context.actor.name))


@dataclass(frozen=True, slots=True)
class Revived:
    """An address to which messages go again."""

    channel: str
    address: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Channel, address, and why it had been taken for dead."""
        return {"channel": self.channel, "address": self.address, "was": self.reason}

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (
            Column("channel", _("Channel")),
            Column("address", _("Address")),
            Column("was", _("Had been refused")),
        )
        return Sheet(_("Address in use again"), columns, ((_(CHANNELS[self.channel]), self.address, self.reason),))


class ReviveAddress(Action[Revived]):
    """Let messages go again to an address that a server had refused for good."""

    effect = Effect.WRITE

    channel: Channel = Field(Channel.EMAIL, description="email, sms…")
    address: str = Field(min_length=1, max_length=320, description="E-mail address or number")

    def perform(self, context: Context) -> Revived:
        """Take the mark off it.

        Raises:
            NotFound: the address is not marked.
        """
        row = dead_address(context.session, self.channel.value, self.address)
        if row is None:
            raise NotFound(_("“{address}” is not among the addresses refused for good.").format(address=self.address))
        context.session.delete(row)
        context.session.flush()
        return Revived(self.channel.value, row.address, row.reason)


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """Whether messages of a channel leave, and what that means now."""

    channel: str
    live: bool
    since: datetime | None
    by: str
    waiting: Mapping[str, int]
    """How many of its messages stand in each state in which they have not left."""
    planned: Mapping[str, int]
    """What a run of today would send, ask about and hold; empty where nothing plans."""

    def as_json(self) -> dict[str, Any]:
        """Channel, decision, and what waits."""
        return {
            "channel": self.channel,
            "live": self.live,
            "since": _moment(self.since),
            "by": self.by,
            "waiting": self.waiting.get(State.QUEUED.value, 0) + self.waiting.get(State.RETRY.value, 0),
            "rehearsed": self.waiting.get(State.REHEARSED.value, 0),
            "planned_today": dict(self.planned),
        }

    def as_sheet(self) -> Sheet:
        """One row a fact."""
        told = self.as_json()
        rows = [
            (_("Leaves by {channel}").format(channel=_(CHANNELS[self.channel])), _("yes") if self.live else _("no")),
            (_("In the outbox, leaves at once"), told["waiting"]),
            (_("Rehearsed: kept to look at, never sent"), told["rehearsed"]),
        ]
        if self.planned:
            rows.append((_("Reminders ready today"), self.planned.get("send", 0)))
            rows.append((_("Reminders to confirm today"), self.planned.get("ask", 0)))
        return Sheet(_("Channel"), (Column("field", ""), Column("value", "")), tuple(rows))


def _channel_card(context: Context, channel: str, *, planned: bool = False) -> ChannelCard:
    row = live_channel(context.session, channel)
    return ChannelCard(
        channel,
        row is not None,
        row.since if row else None,
        row.by if row else "",
        waiting_by_state(context.session, channel),
        _planned(context) if planned else {},
    )


def _planned(context: Context) -> Mapping[str, int]:
    """What today's reminders would be, told by whichever action of a higher room previews them."""
    if "preview_dunning" not in context.registry:
        return {}
    answer = context.registry.get("preview_dunning").model_validate({"no_text": True}).perform(context)
    counts: Mapping[str, int] = answer.as_json()["counts"]
    return counts


def _only_people(context: Context) -> None:
    if context.actor.kind is not ActorKind.PERSON:
        raise NotAllowed(_("Whether messages leave is decided by a person."))


class GoLive(Action[ChannelCard]):
    """Let messages of a channel leave from now on. What was rehearsed before is never sent."""

    effect = Effect.WRITE
    roles = frozenset({"manager"})

    channel: Channel = Field(description="email, sms, registered_letter…")
    note: str = Field("", max_length=500, description="Why now, for the record")

    def perform(self, context: Context) -> ChannelCard:
        """Note the decision; a channel that is live stays so.

        Raises:
            NotAllowed: it is not a person who asks.
        """
        _only_people(context)
        if live_channel(context.session, self.channel.value) is None:
            decision = LiveChannel(channel=self.channel.value, since=context.now, by=context.actor.name, note=self.note)
            context.session.add(decision)
            context.session.flush()
        return _channel_card(context, self.channel.value, planned=True)


class StopLive(Action[ChannelCard]):
    """Let nothing more leave by a channel: what waits in the outbox stays there."""

    effect = Effect.WRITE
    roles = frozenset({"manager"})

    channel: Channel = Field(description="email, sms, registered_letter…")

    def perform(self, context: Context) -> ChannelCard:
        """End the decision that let it leave.

        Raises:
            NotAllowed: it is not a person who asks.
            Refused: the channel is not live.
        """
        _only_people(context)
        row = live_channel(context.session, self.channel.value)
        if row is None:
            raise Refused(_("Nothing leaves by {channel} as it is.").format(channel=_(CHANNELS[self.channel.value])))
        row.until = context.now
        context.session.add(row)
        context.session.flush()
        return _channel_card(context, self.channel.value)


@dataclass(frozen=True, slots=True)
class OutboxCard:
    """The outbox at a glance."""

    counts: Mapping[str, int]
    live: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        """Messages by state, and the live channels."""
        return {"states": {state: self.counts.get(state, 0) for state in STATES}, "live": sorted(self.live)}

    def as_sheet(self) -> Sheet:
        """One row a state that has messages."""
        rows = tuple((_(name), self.counts[state]) for state, name in STATES.items() if self.counts.get(state))
        live = ", ".join(_(CHANNELS[channel]) for channel in sorted(self.live))
        told = _("Leaves by: {channels}.").format(channels=live) if live else _("Nothing leaves before crm go-live.")
        return Sheet(
            _("Outbox"), (Column("state", _("State")), Column("count", _("Messages"), Kind.COUNT)), rows, notes=(told,)
        )


class ShowOutbox(Action[OutboxCard]):
    """How many messages wait, left, failed or are in doubt, and which channels are live."""

    effect = Effect.READ

    def perform(self, context: Context) -> OutboxCard:
        """Count them."""
        return OutboxCard(counts_by_state(context.session), live_channels(context.session))


ACTIONS = (
    ShowOutbox,
    ListMessages,
    ShowMessage,
    RetryMessage,
    SettleMessage,
    CancelMessage,
    ReviveAddress,
    GoLive,
    StopLive,
)
