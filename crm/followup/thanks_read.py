"""Reads for thank-yous: who has paid of late what was reminded of, and what good manners have to know of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.proposals import Proposal
from crm.customers.models import Customer
from crm.followup.facts import Received
from crm.followup.models import Reminder
from crm.followup.plan_items import UNCOUNTED
from crm.followup.queries import Addressee, addressees, facts_of, item_stream
from crm.followup.scenarios import Book
from crm.followup.thanks import WITHIN, Settled
from crm.messaging.models import OutgoingMessage
from crm.receivables.models import Allocation, Instalment, Invoice, Payment
from crm.receivables.queries import Whose

_MESSAGE, _REMINDER, _INSTALMENT = table_of(OutgoingMessage), table_of(Reminder), table_of(Instalment)
_INVOICE, _PAYMENT, _ALLOCATION = table_of(Invoice), table_of(Payment), table_of(Allocation)
_CUSTOMER, _PROPOSAL = table_of(Customer), table_of(Proposal)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Paid:
    """A customer who has paid of late what was reminded of."""

    who: Addressee
    received: Received
    settled: Settled
    episode: int
    """The last reminder before the payment: the episode is known by it."""

    @property
    def subject(self) -> str:
        """What the thank-you stands for: one per customer and episode."""
        return thanks_key(self.who.number, self.episode)


def thanks_key(customer: str, episode: int) -> str:
    """The key of a thank-you, as the outbox and proposals keep it."""
    return f"thanks/{customer}/{episode}"


def paid_lately(session: Session, day: date, book: Book, only: int | None = None) -> Iterator[Paid]:
    """Everybody who has paid of late what was reminded of and has not been thanked, customer by customer."""
    found = _payments(session, day, only)
    for some in in_chunks(sorted(found), _AT_ONCE):
        yield from _judged(session, day, book, {owner: found[owner] for owner in some})


def _payments(session: Session, day: date, only: int | None) -> dict[int, list[Any]]:
    """Payments of late of instalments that had been reminded of before they came, by customer, the latest first."""
    query = (
        select(
            _OWNER.label("owner"),
            _PAYMENT.c.id,
            _PAYMENT.c.received,
            _PAYMENT.c.cents,
            _PAYMENT.c.currency,
            _INVOICE.c.number,
            func.max(_MESSAGE.c.id).label("reminder"),
            func.max(_MESSAGE.c.level).label("level"),
        )
        .select_from(
            _ALLOCATION.join(_PAYMENT, _PAYMENT.c.id == _ALLOCATION.c.payment_id)
            .join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
            .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
            .join(_REMINDER, _REMINDER.c.instalment_id == _INSTALMENT.c.id)
            .join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id)
        )
        .where(
            _PAYMENT.c.received.between(day - WITHIN, day),
            _ALLOCATION.c.value_date <= day,
            _MESSAGE.c.level >= 1,
            _MESSAGE.c.state.not_in(UNCOUNTED),
            _MESSAGE.c.day <= _PAYMENT.c.received,
        )
        .group_by(_OWNER, _PAYMENT.c.id, _PAYMENT.c.received, _PAYMENT.c.cents, _PAYMENT.c.currency, _INVOICE.c.number)
        .having(func.sum(_ALLOCATION.c.cents) > 0)
        .order_by(_PAYMENT.c.received.desc(), _PAYMENT.c.id.desc(), _INVOICE.c.number)
    )
    if only is not None:
        query = query.where(_OWNER.in_([only]))
    found: dict[int, list[Any]] = {}
    for row in session.connection().execute(query):
        found.setdefault(row.owner, []).append(row)
    return found


def _judged(session: Session, day: date, book: Book, found: dict[int, list[Any]]) -> Iterator[Paid]:
    owners = tuple(found)
    people = addressees(session, owners)
    done = _done(session, [_episode(people[owner].number, rows) for owner, rows in found.items()])
    waiting = [owner for owner in owners if _episode(people[owner].number, found[owner]) not in done]
    if not waiting:
        return
    overdue, disputed, still_open = set(), set(), set()
    for group in item_stream(session, day, date.max, Whose(customer_ids=tuple(waiting))):
        for item in group.items:
            still_open.add(item.number)
            if item.disputed:
                disputed.add(group.customer_id)
            elif item.due < day:
                overdue.add(group.customer_id)
    facts = facts_of(session, day, people, [(owner, "EUR") for owner in waiting])
    scenarios = _last_scenarios(session, [max(row.reminder for row in found[owner]) for owner in waiting])
    for owner in waiting:
        rows, who, known = found[owner], people[owner], facts[owner, "EUR"]
        episode, last = max(row.reminder for row in rows), rows[0]
        settled = tuple(dict.fromkeys(row.number for row in rows if row.id == last.id and row.number not in still_open))
        if not settled:
            continue
        scenario = book.followed(owner, who.segment, scenarios.get(episode) or 0)[0]
        mobile = who.mobile.number if who.mobile and not who.discreet and who.regime in ("B2B", "B2G") else ""
        yield Paid(
            who,
            Received(Money(int(last.cents), last.currency), last.received, settled),
            Settled(
                scenario.thanks,
                max(row.level for row in rows),
                owner in overdue,
                owner in disputed,
                [hold.reason for hold in known.holds],
                known.email or mobile,
                day in known.contacts,
                len(known.contacts),
            ),
            episode,
        )


def _episode(number: str, rows: Sequence[Any]) -> str:
    return thanks_key(number, max(row.reminder for row in rows))


def _done(session: Session, keys: Sequence[str]) -> set[str]:
    """The episodes that have had their thank-you, whatever became of it, or whose thank-you a person refused."""
    sent = select(_MESSAGE.c.dedupe_key).where(_MESSAGE.c.dedupe_key.in_(keys))
    refused = select(_PROPOSAL.c.subject).where(_PROPOSAL.c.subject.in_(keys), _PROPOSAL.c.outcome == "refused")
    connection = session.connection()
    return {*connection.execute(sent).scalars(), *connection.execute(refused).scalars()}


def _last_scenarios(session: Session, messages: Sequence[int]) -> dict[int, int | None]:
    """The scenario version that each of some reminders followed."""
    query = select(_REMINDER.c.message_id, func.max(_REMINDER.c.scenario_id)).where(
        _REMINDER.c.message_id.in_(messages)
    )
    return dict(session.connection().execute(query.group_by(_REMINDER.c.message_id)).all())


def misread(session: Session, messages: Sequence[OutgoingMessage], day: date) -> dict[int, str]:
    """The thank-yous among some messages that must not leave any more, each with the reason in words."""
    ours = {
        message.customer_id: message
        for message in messages
        if message.customer_id is not None and message.dedupe_key.startswith("thanks/")
    }
    if not ours:
        return {}
    owners = tuple(ours)
    found = {}
    for group in item_stream(session, day, date.max, Whose(customer_ids=owners)):
        if any(item.disputed or item.due < day for item in group.items):
            found[ours[group.customer_id].id] = _("Something is overdue or in dispute by now: no thank-you leaves.")
    facts = facts_of(session, day, addressees(session, owners), [(owner, "EUR") for owner in owners])
    for (owner, _eur), known in facts.items():
        if known.holds:
            found[ours[owner].id] = _("Held since: {reason}").format(reason=known.holds[0].reason)
    return found
