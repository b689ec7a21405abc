"""The outbox: what leaves, word for word, with its state, every attempt, and who let which channel go live."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, Session, select

from crm.core.db import UNSEALED, Row, UtcDateTime, cents, key_of
from crm.core.i18n import plural


class Purpose(StrEnum):
    """What a message is for."""

    DUNNING = "dunning"
    MESSAGE = "message"
    QUOTE = "quote"
    SURVEY = "survey"
    CAMPAIGN = "campaign"
    REVIEW = "review"
    DIGEST = "digest"


class Channel(StrEnum):
    """The way a message takes."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    REGISTERED_LETTER = "registered_letter"
    PHONE = "phone"
    SCREEN = "screen"


class State(StrEnum):
    """Where a message stands."""

    REHEARSED = "rehearsed"
    """Kept before its channel was live: never sent later, never counted as a contact."""
    QUEUED = "queued"
    CLAIMED = "claimed"
    """Taken by a dispatcher; nothing has left. Shown as queued."""
    SENDING = "sending"
    """Committed before the first byte leaves."""
    SENT = "sent"
    RETRY = "retry"
    """A passing fault: tried again at `next_try`."""
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """It may have left. Never sent again by itself: a person decides."""
    HELD = "held"
    """Its reason was gone when it was looked at for the last time."""
    CANCELLED = "cancelled"


LEFT = frozenset({State.SENDING.value, State.SENT.value, State.UNCERTAIN.value})
"""States in which something has left, or may have."""


class OutgoingMessage(Row, table=True):
    """A message, exactly as it leaves."""

    __tablename__ = "outgoing_message"
    __table_args__ = (
        Index("outgoing_message_waiting", "state", "channel", "not_before", "id"),
        Index(
            "outgoing_message_retry",
            "channel",
            "next_try",
            sqlite_where=text("state = 'retry'"),
            postgresql_where=text("state = 'retry'"),
        ),
        Index("outgoing_message_of_customer", "customer_id", "id"),
        Index("outgoing_message_of_entry", "entry_id"),
    )

    purpose: str
    customer_id: int | None = key_of("customer", default=None)
    level: int | None = None
    channel: str
    recipient: str
    """The address or number it goes to."""
    recipient_name: str = ""
    sender_name: str = ""
    sender_address: str = ""
    """Empty: the sender of the settings."""
    reply_to: str = ""
    subject: str = ""
    unsubscribe: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The page that ends messages of this kind; only marketing carries it."""
    language: str = "fr"
    currency: str = ""
    total_cents: int | None = cents(default=None)
    """The amount it states."""
    message_id: str = Field(unique=True)
    """The Message-ID header: by it a server and we know the message again."""
    dedupe_key: str = Field(unique=True)
    """What it stands for (`dunning/C-1/EUR/2026-11-24/2/1`): the same is queued once."""
    state: str = State.QUEUED.value
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Business time."""
    next_try: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The machine's time."""
    attempts: int = 0
    claimed_by: str = ""
    """`machine:process:claim` of the dispatcher that has it in hand."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", sa_type=Text)
    """What happened last, in words."""
    day: date
    """The business day it was queued for."""
    queued_at: datetime = Field(sa_type=UtcDateTime, sa_column_kwargs=UNSEALED)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str = ""
    """Who said yes."""
    # The long texts stand last: lists and claims by state read past none of them.
    reasons: str = Field(default="[]", sa_type=Text)
    """JSON: the verdicts of the gate that let it go."""
    attachments: str = Field(default="[]", sa_type=Text)
    """JSON: `{"sha256", "name", "size", "media_type"}` of files in the spool."""
    text: str = Field(sa_type=Text)
    html: str = Field(default="", sa_type=Text)

    @classmethod
    def binding(cls, session: Session, entry_id: int) -> str:
        """What has left cannot be taken back. The rest is kept from the dispatcher until the commit."""
        query = select(cls.state).where(cls.entry_id == entry_id).with_for_update()
        count = sum(state in LEFT for state in session.exec(query))
        if not count:
            return ""
        return plural("{count} message has left, or may have", "{count} messages have left, or may have", count)


class Delivery(Row, table=True):
    """One attempt to hand a message over, or what the provider told of it later."""

    __tablename__ = "delivery"

    message_id: int = key_of("outgoing_message", index=True)
    attempt: int
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    """A state: sent, retry, failed, uncertain, or queued when it was not even tried; of a report, a `Report`."""
    code: str = ""
    """The server's code, with its enhanced code where it gave one: `550 5.1.1`."""
    server_reply: str = Field(default="", sa_type=Text)
    provider_id: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    """What the provider calls the message; empty where none took it."""


class Report(StrEnum):
    """What a provider tells of a message after it took it over."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class InboundMessage(Row, table=True):
    """What came in by a channel, once: the provider's own number tells a repetition."""

    __tablename__ = "inbound_message"
    __table_args__ = (UniqueConstraint("channel", "provider_id"),)

    channel: str
    provider_id: str
    sender: str
    """The number or address it came from."""
    customer_id: int | None = key_of("customer", default=None, index=True)
    """Whose it is, where that is known."""
    answers_id: int | None = key_of("outgoing_message", default=None)
    """The last message of ours that went to its sender."""
    at: datetime = Field(sa_type=UtcDateTime)
    text: str = Field(sa_type=Text)


class Posting(Row, table=True):
    """What is known of a letter on its way: facts, each recorded by a person."""

    __tablename__ = "posting"

    message_id: int = key_of("outgoing_message", unique=True)
    posted_on: date
    tracking: str = ""
    """The number on the receipt of a registered letter."""
    received_on: date | None = None
    """The day on the acknowledgement of receipt."""


class DeadAddress(Row, table=True):
    """An address to which nothing goes any more, because a server said that it does not exist."""

    __tablename__ = "dead_address"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    channel: str
    address: str
    """In lower case."""
    since: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(sa_type=Text)
    message_id: int | None = key_of("outgoing_message", default=None)


class LiveChannel(Row, table=True):
    """The decision that messages of a channel may leave; in force while `until` is empty."""

    __tablename__ = "live_channel"
    __table_args__ = (
        Index(
            "live_channel_once",
            "channel",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    channel: str
    since: datetime = Field(sa_type=UtcDateTime, sa_column_kwargs=UNSEALED)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime, sa_column_kwargs=UNSEALED)
    by: str
    note: str = Field(default="", sa_type=Text)


class SendingLimit(Row, table=True):
    """The token bucket of one recipient domain: what may still leave now, shared by every worker."""

    __tablename__ = "sending_limit"
    __table_args__ = (UniqueConstraint("channel", "domain"),)

    channel: str
    domain: str
    tokens: float
    at: datetime = Field(sa_type=UtcDateTime)
    """When `tokens` was true."""
    free_at: datetime = Field(sa_type=UtcDateTime)
    """Nothing is claimed for the domain before."""
