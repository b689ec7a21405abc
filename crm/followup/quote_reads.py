"""Reads for the follow-up of quotes: those nothing has ended, and what is known of each. A few statements, whatever their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session

from crm.core.calendar import PARIS, zone
from crm.core.db import table_of
from crm.core.i18n import _
from crm.customers.interactions import Direction, Interaction, Outcome
from crm.customers.models import Customer, Hold
from crm.customers.queries import the_company
from crm.customers.visible import CUSTOMER, merged, with_merged
from crm.followup.gate import Held
from crm.followup.models import QuoteReminder
from crm.followup.plan_items import UNCOUNTED
from crm.followup.queries import Addressee, addressees, contacts_lately, usable
from crm.followup.quotes import QuoteCase
from crm.messaging.models import Channel, InboundMessage, OutgoingMessage
from crm.messaging.queries import dead_addresses
from crm.orders.queries import OWNER, QuoteLine, quote_lines
from crm.orders.quotes import QuoteStatus

_REMINDER, _MESSAGE, _HOLD = table_of(QuoteReminder), table_of(OutgoingMessage), table_of(Hold)
_INTERACTION, _INBOUND, _CUSTOMER = table_of(Interaction), table_of(InboundMessage), CUSTOMER


@dataclass(frozen=True, slots=True)
class QuoteInHand:
    """A quote with what the scenario wants to know of it."""

    line: QuoteLine
    who: Addressee
    case: QuoteCase


def quotes_in_hand(
    session: Session,
    day: date,
    customer: Customer | None = None,
    assignee: str | None = None,
    number: str | None = None,
) -> list[QuoteInHand]:
    """Quotes that nothing has ended by a day, or the one that is named, the earliest sent first."""
    lines = quote_lines(session, day, customer, assignee, number, unanswered=number is None)
    if number is None:
        lines = tuple(line for line in lines if line.status(day) is QuoteStatus.SENT)
    if not lines:
        return []
    owners = sorted({line.customer_id for line in lines})
    people, done = addressees(session, owners), _done(session, day, [line.id for line in lines])
    spoken, holds = _spoken(session, day, owners), _holds(session, day, owners)
    lately = contacts_lately(session, day, owners)
    dead = dead_addresses(session, Channel.EMAIL.value, [line.email for line in lines if line.email])
    found = []
    for line in sorted(lines, key=lambda line: (line.facts.sent, line.id)):
        who = people[line.customer_id]
        address, fault = _address(line, who, dead)
        step, last = done.get(line.id, (0, None))
        found.append(
            QuoteInHand(
                line,
                who,
                QuoteCase(
                    line.facts, step, last, spoken.get(line.customer_id), address, fault, holds.get(line.customer_id, ()),
                    [sent for sent, _dunning in lately.get(line.customer_id, ())],
                ),
            )
        )  # fmt: skip  # read as a table: columns side by side
    return found


def _address(line: QuoteLine, who: Addressee, dead: Mapping[str, str]) -> tuple[str, str]:
    if line.email:
        if line.email.lower() in dead:
            return "", _("The address {address} no longer exists.").format(address=line.email)
        return (line.email, "") if usable(line.email) else ("", "")
    return (who.contact.email, "") if who.contact else ("", who.fault)


def _done(session: Session, day: date, quotes: Sequence[int]) -> dict[int, tuple[int, date]]:
    """Quote → the last step that left or waits to leave, and its day."""
    query = (
        select(_REMINDER.c.quote_id, func.max(_REMINDER.c.step), func.max(_REMINDER.c.day))
        .select_from(_REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id))
        .where(_REMINDER.c.quote_id.in_(quotes), _REMINDER.c.day <= day, _MESSAGE.c.state.not_in(UNCOUNTED))
        .group_by(_REMINDER.c.quote_id)
    )
    return {quote: (int(step), last) for quote, step, last in session.connection().execute(query)}


def _spoken(session: Session, day: date, owners: Sequence[int]) -> dict[int, date]:
    """Customer → the last day on which they were reached, or turned to us."""
    reached = or_(
        _INTERACTION.c.direction == Direction.IN.value,
        _INTERACTION.c.outcome.in_(("", Outcome.REACHED.value, Outcome.CALLBACK_REQUESTED.value)),
    )
    talks = (
        select(OWNER, func.max(_INTERACTION.c.day))
        .select_from(_INTERACTION.join(_CUSTOMER, _CUSTOMER.c.id == _INTERACTION.c.customer_id))
        .where(OWNER.in_(owners), _INTERACTION.c.channel != "", _INTERACTION.c.day <= day, reached)
        .group_by(OWNER)
    )
    company = the_company(session)
    tz = zone(company.time_zone if company else PARIS)
    end = datetime.combine(day + timedelta(days=1), time(), tz)
    written: Any = (
        select(OWNER, func.max(_INBOUND.c.at))
        .select_from(_INBOUND.join(_CUSTOMER, _CUSTOMER.c.id == _INBOUND.c.customer_id))
        .where(OWNER.in_(owners), _INBOUND.c.at < end)
        .group_by(OWNER)
    )
    found: dict[int, date] = dict(session.connection().execute(talks).all())
    for owner, at in session.connection().execute(written):
        on = at.astimezone(tz).date()
        found[owner] = max(on, found.get(owner, on))
    return found


def _holds(session: Session, day: date, owners: Sequence[int]) -> dict[int, list[Held]]:
    in_force = and_(
        _HOLD.c.since <= day,
        or_(_HOLD.c.until.is_(None), _HOLD.c.until > day),
        or_(_HOLD.c.lifted.is_(None), _HOLD.c.lifted > day),
    )
    found: dict[int, list[Held]] = {}
    query = select(_HOLD).where(_HOLD.c.customer_id.in_(with_merged(session, owners)), in_force).order_by(_HOLD.c.id)
    root = merged(session)
    for row in session.connection().execute(query):
        found.setdefault(root.get(row.customer_id, row.customer_id), []).append(
            Held(row.kind, row.reason, row.invoice, row.until)
        )
    return found


def still_open(session: Session, messages: Sequence[OutgoingMessage], day: date) -> Mapping[int, str]:
    """The last look: reminders of quotes that must not leave any more, each with the reason in words."""
    keys = [message.id for message in messages]
    query = select(_REMINDER.c.message_id, _REMINDER.c.quote_id).where(_REMINDER.c.message_id.in_(keys))
    about: dict[int, int] = dict(session.connection().execute(query).all())
    root = merged(session)
    owner_of = {m.id: root.get(m.customer_id, m.customer_id) for m in messages if m.customer_id is not None}
    owners = sorted(set(owner_of.values()))
    held, spoken = _holds(session, day, owners), _spoken(session, day, owners)
    lines = {line.id: line for line in quote_lines(session, day) if line.id in set(about.values())}
    found: dict[int, str] = {}
    for message in messages:
        line, owner = lines.get(about.get(message.id, 0)), owner_of.get(message.id, 0)
        whole = [hold for hold in held.get(owner, ()) if not hold.invoice]
        if line is None or line.status(day) is not QuoteStatus.SENT:
            found[message.id] = _("The quote is answered or has expired since.")
        elif whole:
            found[message.id] = _("Held since: {reason}").format(reason=whole[0].reason)
        elif owner in spoken and spoken[owner] > message.day:
            found[message.id] = _("The customer was spoken with since.")
    return found
