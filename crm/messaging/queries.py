"""Reads of the outbox: what waits, what left, what nobody knows, and which channels are live."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from crm.core.db import table_of
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER, records_of
from crm.messaging.models import Channel, DeadAddress, Delivery, LiveChannel, OutgoingMessage, Posting, State

_MESSAGE, _CUSTOMER = table_of(OutgoingMessage), CUSTOMER
_SHOWN_AS = {State.CLAIMED.value: State.QUEUED.value}


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message in a list, without its text."""

    id: int
    customer: str
    name: str
    purpose: str
    level: int | None
    channel: str
    to: str
    state: str
    message_id: str
    attempts: int
    reason: str
    subject: str


def shown_state(state: str) -> str:
    """The state as people and the contract know it: a claimed message is still queued."""
    return _SHOWN_AS.get(state, state)


def live_channels(session: Session) -> frozenset[str]:
    """The channels whose messages may leave."""
    return frozenset(session.exec(rows_of(LiveChannel.channel).where(col(LiveChannel.until).is_(None))).all())


def live_channel(session: Session, channel: str) -> LiveChannel | None:
    """The decision in force that lets a channel's messages leave."""
    query = rows_of(LiveChannel).where(LiveChannel.channel == channel, col(LiveChannel.until).is_(None))
    return session.exec(query).first()


def dead_addresses(session: Session, channel: str, addresses: Iterable[str]) -> Mapping[str, str]:
    """Those of some addresses to which nothing goes any more, in lower case, each with the reason."""
    wanted = list({address.lower() for address in addresses})
    query = rows_of(DeadAddress).where(DeadAddress.channel == channel, col(DeadAddress.address).in_(wanted))
    return {row.address: row.reason for row in session.exec(query)}


def dead_address(session: Session, channel: str, address: str) -> DeadAddress | None:
    """The mark on an address to which nothing goes any more."""
    query = rows_of(DeadAddress).where(DeadAddress.channel == channel, DeadAddress.address == address.lower())
    return session.exec(query).first()


def outbox_lines(
    session: Session,
    *,
    state: str | None = None,
    purpose: str | None = None,
    customer: Customer | None = None,
    limit: int | None = None,
) -> Sequence[OutboxLine]:
    """Messages, the latest first."""
    # The keys first, from an index alone: the rows themselves are long.
    keys = select(_MESSAGE.c.id)
    if state is not None:
        stored = [state, *(kept for kept, shown in _SHOWN_AS.items() if shown == state)]
        keys = keys.where(_MESSAGE.c.state.in_(stored))
    if purpose is not None:
        keys = keys.where(_MESSAGE.c.purpose == purpose)
    if customer is not None:
        keys = keys.where(_MESSAGE.c.customer_id.in_(records_of(session, customer.id)))
    query = (
        select(
            _MESSAGE.c.id,
            func.coalesce(_CUSTOMER.c.number, "").label("customer"),
            func.coalesce(_CUSTOMER.c.name, "").label("name"),
            _MESSAGE.c.purpose,
            _MESSAGE.c.level,
            _MESSAGE.c.channel,
            _MESSAGE.c.recipient.label("to"),
            _MESSAGE.c.state,
            _MESSAGE.c.message_id,
            _MESSAGE.c.attempts,
            _MESSAGE.c.reason,
            _MESSAGE.c.subject,
        )
        .join_from(_MESSAGE, _CUSTOMER, _CUSTOMER.c.id == _MESSAGE.c.customer_id, isouter=True)
        .where(_MESSAGE.c.id.in_(keys.order_by(_MESSAGE.c.id.desc()).limit(limit)))
        .order_by(_MESSAGE.c.id.desc())
    )
    found = session.connection().execute(query).mappings()
    return [OutboxLine(**{**row, "state": shown_state(row["state"])}) for row in found]


def counts_by_state(session: Session) -> Mapping[str, int]:
    """How many messages stand in each state, claimed ones among the queued."""
    return _counted(session, select(_MESSAGE.c.state, func.count()).group_by(_MESSAGE.c.state))


def waiting_by_state(session: Session, channel: str) -> Mapping[str, int]:
    """How many messages of a channel have not left, by state, claimed ones among the queued."""
    states = (State.REHEARSED.value, State.QUEUED.value, State.CLAIMED.value, State.RETRY.value)
    these = (_MESSAGE.c.state.in_(states), _MESSAGE.c.channel == channel)
    return _counted(session, select(_MESSAGE.c.state, func.count()).where(*these).group_by(_MESSAGE.c.state))


def _counted(session: Session, query: Select[Any]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for state, count in session.connection().execute(query):
        counts[shown_state(state)] = counts.get(shown_state(state), 0) + count
    return counts


def the_message(session: Session, key: int, *, to_change: bool = False) -> OutgoingMessage:
    """A message by its number. One that is going to be changed is kept from the dispatcher until the commit.

    Raises:
        NotFound: there is none.
    """
    row = session.get(OutgoingMessage, key, with_for_update=to_change, populate_existing=to_change)
    if row is None:
        raise NotFound(_("There is no message {number} in the outbox.").format(number=key))
    return row


def deliveries_of(session: Session, key: int) -> Sequence[Delivery]:
    """The attempts made with a message, in order."""
    return session.exec(rows_of(Delivery).where(Delivery.message_id == key).order_by(col(Delivery.id))).all()


def letters_to_post(session: Session, until: datetime | None = None) -> Sequence[OutgoingMessage]:
    """Letters that may leave and whose posting is not noted, the earliest first."""
    query = (
        rows_of(OutgoingMessage)
        .where(
            col(OutgoingMessage.channel).in_((Channel.LETTER.value, Channel.REGISTERED_LETTER.value)),
            col(OutgoingMessage.channel).in_(live_channels(session)),
            col(OutgoingMessage.state).in_((State.QUEUED.value, State.CLAIMED.value, State.SENT.value)),
            col(OutgoingMessage.id).not_in(rows_of(Posting.message_id)),
        )
        .order_by(col(OutgoingMessage.id))
    )
    if until is not None:
        query = query.where(or_(col(OutgoingMessage.not_before).is_(None), col(OutgoingMessage.not_before) <= until))
    return session.exec(query).all()


def posting_of(session: Session, key: int) -> Posting | None:
    """What is known of a letter on its way."""
    return session.exec(rows_of(Posting).where(Posting.message_id == key)).first()
