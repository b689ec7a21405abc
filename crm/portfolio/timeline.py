"""What happened with a customer, source by source: each gives the places of its latest and counts the rest, so that a page costs a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as columns_of
from sqlmodel import Session, col, select

from crm.core.calendar import shown_date, zone
from crm.core.db import Row, table_of
from crm.core.fulltext import speaks_of
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.names import name_key
from crm.core.periods import Period
from crm.core.proposals import Proposal
from crm.customers.interactions import Interaction
from crm.customers.models import Customer, Hold
from crm.messaging.models import InboundMessage, OutgoingMessage, State
from crm.orders.queries import order_lines, quote_lines
from crm.orders.quotes import STATUSES as QUOTE_STATUSES
from crm.orders.quotes import QuoteStatus
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
    "decision": mark("decision"),
    "quote": mark("quote"),
    "order": mark("order"),
}
"""Kind of event → how it is said."""
_GONE = frozenset({State.REHEARSED.value, State.CANCELLED.value})
_DECIDED = {"accepted": mark("accepted: {what}"), "refused": mark("refused: {what}")}


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
class Sought:
    """What is looked for, and how many of the latest are wanted."""

    ids: tuple[int, ...]
    """The customer and whoever was merged into it."""
    today: date
    timezone: str
    most: int
    period: Period | None = None
    channel: str | None = None
    kind: str | None = None
    words: str = ""

    def wants(self, *kinds: str) -> bool:
        """Whether one of these kinds is asked for."""
        return self.kind is None or self.kind in kinds

    def takes(self, event: Event) -> bool:
        """Whether an event is among what is looked for."""
        if self.period is not None and not self.period.start <= event.day <= self.period.end:
            return False
        if (self.channel and event.channel != self.channel) or (self.kind and event.kind != self.kind):
            return False
        words = name_key(self.words).split()
        said = name_key(f"{event.title} {event.text} {event.author}") if words else ""
        return all(word in said for word in words)

    def moments(self) -> tuple[datetime, datetime] | None:
        """The period as moments: from the first midnight to the one after its end."""
        if self.period is None:
            return None
        where = zone(self.timezone)
        first = datetime.combine(self.period.start, time(), where)
        return first.astimezone(UTC), datetime.combine(self.period.end + timedelta(1), time(), where).astimezone(UTC)


Key = tuple[date, str, int]
"""Day, time and number of an event: what puts it in its place before it is read."""


@dataclass(frozen=True, slots=True)
class Source:
    """The places of the latest events of a source, how many it has in all, and how those of a page are read."""

    keys: Sequence[Key]
    total: int
    read: Callable[[Sequence[int]], Mapping[int, Event]]


def page(session: Session, sought: Sought, offset: int) -> tuple[tuple[Event, ...], int]:
    """The events wanted after `offset` later ones, the latest first; and how many there are in all."""
    found = list(sources(session, sought))
    places = [(day, time, number, source) for source in found for day, time, number in source.keys]
    places.sort(key=lambda place: place[:2], reverse=True)
    wanted = places[offset : sought.most]
    read: dict[int, Mapping[int, Event]] = {}
    for source in {id(place[3]): place[3] for place in wanted}.values():
        read[id(source)] = source.read([number for *_moment, number, own in wanted if own is source])
    events = tuple(read[id(source)][number] for *_moment, number, source in wanted)
    return events, sum(source.total for source in found)


def sources(session: Session, sought: Sought) -> Iterator[Source]:
    """What each source has."""
    if sought.wants("exchange", "note"):
        yield _exchanges(session, sought)
    if sought.wants("message"):
        yield from _sent(session, sought)
        yield _received(session, sought)
    if sought.wants("payment"):
        yield _payments(session, sought)
    yield _gathered(_few(session, sought), sought)


def _gathered(events: Iterable[Event], sought: Sought) -> Source:
    """Events that are read already, filtered here."""
    kept = {place: event for place, event in enumerate(events) if sought.takes(event)}
    keys = [(event.day, event.time, number) for number, event in kept.items()]
    return Source(keys, len(kept), lambda numbers: kept)


def _stored(
    session: Session,
    kind: type[Row],
    where: Sequence[ColumnElement[bool]],
    order: Sequence[Any],
    sought: Sought,
    told: Callable[[Any], Event],
    placed: Callable[[Any], tuple[date, str]],
) -> Source:
    """Rows of a table: first the columns that give their order, then those of the page."""
    table = table_of(kind)
    connection = session.connection()
    keys = (
        columns_of(*order, table.c.id).where(*where).order_by(*(column.desc() for column in order), table.c.id.desc())
    )
    found = connection.execute(keys.limit(sought.most)).all()
    total = connection.execute(columns_of(func.count()).select_from(table).where(*where)).scalar()

    def read(numbers: Sequence[int]) -> Mapping[int, Event]:
        return {row.id: told(row) for row in session.exec(select(kind).where(table.c.id.in_(numbers)))}

    return Source([(*placed(row), row.id) for row in found], int(total or 0), read)


def _exchanges(session: Session, sought: Sought) -> Source:
    table = table_of(Interaction)
    where: list[ColumnElement[bool]] = [table.c.customer_id.in_(sought.ids)]
    if sought.kind is not None:
        where.append(table.c.channel == "" if sought.kind == "note" else table.c.channel != "")
    if sought.channel:
        where.append(table.c.channel == sought.channel)
    if sought.period is not None:
        where.append(table.c.day.between(sought.period.start, sought.period.end))
    where += _spoken(session, table, sought)
    order = (table.c.day, table.c.time)
    return _stored(session, Interaction, where, order, sought, _exchange, lambda row: (row.day, row.time))


def _exchange(row: Interaction) -> Event:
    who = row.contact or row.author
    about = _("about {invoice}").format(invoice=row.invoice) if row.invoice else ""
    return Event(
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


def _sent(session: Session, sought: Sought) -> Iterator[Source]:
    """Messages that left, by the moment; then those that have not, by the day they were written for."""
    table = table_of(OutgoingMessage)
    where: list[ColumnElement[bool]] = [table.c.customer_id.in_(sought.ids), table.c.state.not_in(_GONE)]
    if sought.channel:
        where.append(table.c.channel == sought.channel)
    where += _spoken(session, table, sought)
    left, waiting = [*where, table.c.sent_at.is_not(None)], [*where, table.c.sent_at.is_(None)]
    if (moments := sought.moments()) is not None and sought.period is not None:
        left += [table.c.sent_at >= moments[0], table.c.sent_at < moments[1]]
        waiting.append(table.c.day.between(sought.period.start, sought.period.end))
    told = partial(_message, tz=sought.timezone)
    yield _stored(
        session, OutgoingMessage, left, (table.c.sent_at,), sought, told, lambda row: _local(row.sent_at, sought)
    )
    yield _stored(session, OutgoingMessage, waiting, (table.c.day,), sought, told, lambda row: (row.day, ""))


def _local(moment: datetime, sought: Sought) -> tuple[date, str]:
    local = moment.astimezone(zone(sought.timezone))
    return local.date(), local.strftime("%H:%M")


def _message(row: OutgoingMessage, tz: str) -> Event:
    moment = row.sent_at.astimezone(zone(tz)) if row.sent_at else None
    return Event(
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


def _received(session: Session, sought: Sought) -> Source:
    table = table_of(InboundMessage)
    where: list[ColumnElement[bool]] = [table.c.customer_id.in_(sought.ids)]
    if sought.channel:
        where.append(table.c.channel == sought.channel)
    if (moments := sought.moments()) is not None:
        where += [table.c.at >= moments[0], table.c.at < moments[1]]
    where += _spoken(session, table, sought)

    def told(row: InboundMessage) -> Event:
        return Event(*_local(row.at, sought), "message", row.sender, row.text, row.channel, "in")

    return _stored(session, InboundMessage, where, (table.c.at,), sought, told, lambda row: _local(row.at, sought))


def _payments(session: Session, sought: Sought) -> Source:
    table = table_of(Payment)
    where: list[ColumnElement[bool]] = [table.c.customer_id.in_(sought.ids)]
    if sought.channel:
        where.append(table.c.method == sought.channel)
    if sought.period is not None:
        where.append(table.c.received.between(sought.period.start, sought.period.end))
    if sought.words:
        # What a bank calls a payment is short and has no index of words: looked through here.
        rows = select(Payment).where(*where).order_by(table.c.received.desc(), table.c.id.desc())
        return _gathered(map(_payment, session.exec(rows)), sought)
    return _stored(session, Payment, where, (table.c.received,), sought, _payment, lambda row: (row.received, ""))


def _payment(row: Payment) -> Event:
    title = _("{amount} received").format(amount=shown(row.cents, row.currency))
    return Event(row.received, "", "payment", title, row.label or row.reference, row.method, "in", good=True)


def _few(session: Session, sought: Sought) -> Iterator[Event]:
    """What a customer never has thousands of: gathered whole."""
    of = Whose(customer_ids=sought.ids)
    if sought.wants("promise"):
        yield from _promises(session, sought.today, of)
    if sought.wants("dispute"):
        yield from _disputes(session, sought.today, of)
    if sought.wants("hold"):
        yield from _holds(session, sought.ids)
    if sought.wants("decision"):
        yield from _decisions(session, sought)
    if sought.wants("quote", "order"):
        roots = select(Customer).where(col(Customer.id).in_(sought.ids), col(Customer.root_id).is_(None))
        for root in session.exec(roots.order_by(col(Customer.id))):
            yield from _sales(session, sought.today, root)


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


def _holds(session: Session, ids: Sequence[int]) -> Iterator[Event]:
    for row in session.exec(select(Hold).where(col(Hold.customer_id).in_(ids)).order_by(col(Hold.id))):
        yield Event(row.since, "", "hold", _("nothing is sent: {reason}").format(reason=row.reason), author=row.owner)
        if row.lifted is not None:
            yield Event(row.lifted, "", "hold", _("messages may leave again"))


def _sales(session: Session, day: date, customer: Customer) -> Iterator[Event]:
    """Quotes sent and what was said to them, and orders."""
    for quote in quote_lines(session, day, customer):
        told = {"number": quote.number, "amount": shown(quote.cents, quote.currency)}
        title = _("quote {number} of {amount} sent").format(**told)
        yield Event(quote.facts.sent, "", "quote", title, quote.subject, author=quote.owner, direction="out")
        if quote.facts.answered is not None and quote.facts.answered <= day:
            status = quote.status(day)
            said = _("quote {number}: {state}").format(**told, state=_(QUOTE_STATUSES[status]))
            good = {QuoteStatus.ACCEPTED: True, QuoteStatus.REFUSED: False}.get(status)
            yield Event(quote.facts.answered, "", "quote", said, direction="in", good=good)
    for order in order_lines(session, day, customer):
        title = _("order {number} of {amount}").format(number=order.number, amount=shown(order.cents, order.currency))
        yield Event(order.ordered, "", "order", title, direction="in")
        if order.ended is not None and order.cancelled(day):
            yield Event(order.ended, "", "order", _("order {number} called off").format(number=order.number))


def _decisions(session: Session, sought: Sought) -> Iterator[Event]:
    """What was proposed about the customer and decided by a person; and who was found to be the same."""
    rows = session.exec(select(Customer).where(col(Customer.id).in_(sought.ids)).order_by(col(Customer.id))).all()
    for row in rows:
        if row.merged_on is not None:
            same = _("{name} ({number}) is the same customer").format(name=row.name, number=row.number)
            yield Event(row.merged_on, "", "decision", same)
    decided = select(Proposal).where(
        col(Proposal.subject).in_([row.number for row in rows]), col(Proposal.outcome).in_(_DECIDED)
    )
    for proposal in session.exec(decided.order_by(col(Proposal.id))):
        moment = (proposal.closed_at or proposal.proposed_at).astimezone(zone(sought.timezone))
        title = _(_DECIDED[proposal.outcome]).format(what=proposal.reason)
        said = proposal.outcome_reason or proposal.quote
        yield Event(moment.date(), moment.strftime("%H:%M"), "decision", title, said, outcome=proposal.outcome)


def _spoken(session: Session, table: Any, sought: Sought) -> list[ColumnElement[bool]]:
    condition = speaks_of(session, table, sought.words)
    return [] if condition is None else [condition]
