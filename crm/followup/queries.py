"""Reads for a run: open items streamed customer by customer, and the facts of some customers at a time. Memory stays flat."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlmodel import Session

from crm.core.i18n import _
from crm.customers.models import Contact, Customer, Hold
from crm.followup.gate import Facts, Held, Waiting
from crm.followup.models import Reminder
from crm.followup.planning import Item
from crm.messaging.models import DeadAddress, OutgoingMessage
from crm.receivables.models import DocumentKind, Instalment, Invoice, Payment
from crm.receivables.queries import Whose, disputed_on, free_money, open_items, table_of
from crm.receivables.words_given import promise_lines

COUNTED = ("queued", "claimed", "sending", "sent", "retry", "uncertain")
"""States of a message that count as a contact and a step: it has left, or is about to."""

_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), table_of(Customer)
_REMINDER, _MESSAGE, _CONTACT = table_of(Reminder), table_of(OutgoingMessage), table_of(Contact)
_HOLD, _DEAD, _PAYMENT = table_of(Hold), table_of(DeadAddress), table_of(Payment)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_STREAM = 5_000


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """What one customer has open in one currency."""

    customer_id: int
    currency: str
    items: tuple[Item, ...]


def item_stream(session: Session, day: date, until: date, of: Whose) -> Iterator[CustomerItems]:
    """Open instalments of invoices due up to `until`, customer by customer, as they stand on the day."""
    open_cents, source = open_items(day, by_row=of.customer_ids is not None)
    disputed = disputed_on(day)
    done = (
        select(
            _REMINDER.c.instalment_id,
            func.max(_REMINDER.c.level).label("level"),
            func.count().label("contacts"),
            func.max(_REMINDER.c.day).label("day"),
        )
        .select_from(_REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id))
        .where(_MESSAGE.c.state.in_(COUNTED))
        .group_by(_REMINDER.c.instalment_id)
        .subquery("done")
    )
    query = (
        select(
            _OWNER.label("owner"),
            _INVOICE.c.currency,
            _INSTALMENT.c.id,
            _INVOICE.c.id,
            _INVOICE.c.number,
            _INVOICE.c.order_reference,
            _INVOICE.c.issue_date,
            _INSTALMENT.c.due_date,
            _INVOICE.c.total_cents,
            _INVOICE.c.net_cents,
            open_cents.label("open"),
            case((disputed.c.owner.is_(None), 0), (disputed.c.part.is_(None), -1), else_=disputed.c.part),
            func.coalesce(done.c.level, -1),
            func.coalesce(done.c.contacts, 0),
            done.c.day,
        )
        .select_from(
            source.outerjoin(disputed, disputed.c.owner == _INVOICE.c.id).outerjoin(done, done.c.instalment_id == _INSTALMENT.c.id)
        )
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            _INSTALMENT.c.due_date <= until,
            open_cents > 0,
            *of.conditions(),
        )
        .order_by(_OWNER, _INVOICE.c.currency, _INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )
    rows = session.connection().execute(query.execution_options(yield_per=_STREAM))
    for (owner, currency), group in groupby(rows, itemgetter(0, 1)):
        yield CustomerItems(owner, currency, tuple(_items(group)))


def _items(rows: Iterable[Any]) -> Iterator[Item]:
    """Rows of one customer; a partial dispute lowers the earliest instalments of its invoice."""
    left: dict[int, int] = {}
    for _owner, _currency, key, invoice_id, number, order, issued, due, total, net, still_open, disputed, level, contacts, last in rows:
        still_open = int(still_open)
        if disputed:
            part = still_open if disputed < 0 else min(left.get(invoice_id, int(disputed)), still_open)
            left[invoice_id] = (left.get(invoice_id, int(disputed)) - part) if disputed > 0 else 0
        else:
            part = 0
        yield Item(key, invoice_id, number, order, issued, due, int(total), net, still_open, part, level, contacts, last)


def last_contacts(session: Session, customer_ids: Sequence[int] | None = None) -> dict[int, date]:
    """The last day on which each customer was written to about money."""
    query = (
        select(_MESSAGE.c.customer_id, func.max(_MESSAGE.c.day))
        .where(_MESSAGE.c.purpose == "dunning", _MESSAGE.c.state.in_(COUNTED), _MESSAGE.c.customer_id.is_not(None))
        .group_by(_MESSAGE.c.customer_id)
    )
    if customer_ids is not None:
        query = query.where(_MESSAGE.c.customer_id.in_(customer_ids))
    return {key: day for key, day in session.connection().execute(query)}


@dataclass(frozen=True, slots=True)
class Addressee:
    """A customer and the contact a message about money goes to."""

    customer: Customer
    contact: Contact | None
    fault: str


def addressees(session: Session, customer_ids: Sequence[int]) -> dict[int, Addressee]:
    """For each customer the first contact with an address that works: accounting before others, in the order in which they came."""
    found: dict[int, Addressee] = {}
    contacts: dict[int, list[Contact]] = {}
    dead = {row.address.lower() for row in session.connection().execute(select(_DEAD.c.address).where(_DEAD.c.channel == "email"))}
    ids = list(customer_ids)
    for contact in session.execute(select(Contact).where(_CONTACT.c.customer_id.in_(ids)).order_by(_CONTACT.c.id)).scalars():
        contacts.setdefault(contact.customer_id, []).append(contact)
    for customer in session.execute(select(Customer).where(_CUSTOMER.c.id.in_(ids))).scalars():
        mailed = [contact for contact in contacts.get(customer.id, ()) if contact.email]
        mailed.sort(key=lambda contact: not _is_accounting(contact.role))
        alive = [contact for contact in mailed if contact.email.lower() not in dead and usable(contact.email)]
        fault = "" if alive else _address_fault(mailed, dead)
        found[customer.id] = Addressee(customer, alive[0] if alive else None, fault)
    return found


def _is_accounting(role: str) -> bool:
    return role.strip().lower().startswith(("account", "compta"))


def usable(address: str) -> bool:
    """Whether an address can be put on an envelope: one at sign, no space, quote or control character in it."""
    local, at, domain = address.rpartition("@")
    return bool(at and local and "." in domain and not any(char in '"<>(),;:\\ ' or ord(char) < 33 for char in address))


def _address_fault(mailed: Sequence[Contact], dead: set[str]) -> str:
    if not mailed:
        return _("No e-mail address is known.")
    address = mailed[0].email
    if address.lower() in dead:
        return _("The address {address} no longer exists.").format(address=address)
    return _("The address {address} cannot be written to.").format(address=address)


def facts_of(session: Session, day: date, customer_ids: Sequence[int]) -> dict[tuple[int, str], Facts]:
    """What the gate knows of some customers, by customer and currency; a currency without facts of its own is under ''."""
    people = addressees(session, customer_ids)
    holds: dict[int, list[Held]] = {}
    in_force = and_(
        _HOLD.c.since <= day, or_(_HOLD.c.until.is_(None), _HOLD.c.until > day), or_(_HOLD.c.lifted.is_(None), _HOLD.c.lifted > day)
    )
    for row in session.connection().execute(select(_HOLD).where(_HOLD.c.customer_id.in_(customer_ids), in_force).order_by(_HOLD.c.id)):
        holds.setdefault(row.customer_id, []).append(Held(row.kind, row.reason, row.invoice, row.until))
    promises: dict[tuple[int, str], list[Waiting]] = {}
    for line in promise_lines(session, day, Whose(customer_ids=tuple(customer_ids))):
        if waiting := line.word.waiting(day):
            promises.setdefault((line.customer_id, line.currency), []).append(Waiting(line.invoice_id, waiting, line.word.by))
    free = _free_money(session, day, customer_ids)
    contacts = last_contacts(session, customer_ids)
    currencies = {(key, "") for key in people} | set(free) | set(promises)
    return {
        (key, currency): _facts(people[key], currency, holds.get(key, ()), promises.get((key, currency), ()), free.get((key, currency), 0), contacts.get(key))
        for key, currency in currencies
        if key in people
    }


def _facts(who: Addressee, currency: str, holds: Sequence[Held], promises: Sequence[Waiting], free: int, last: date | None) -> Facts:
    customer = who.customer
    return Facts(
        name=customer.name,
        regime=customer.regime,
        email=who.contact.email if who.contact else "",
        address_fault=who.fault,
        postal_address=bool(customer.address and customer.postal_code and customer.city),
        currency=currency,
        free_money=free,
        holds=holds,
        promises=promises,
        last_contact=last,
    )


def _free_money(session: Session, day: date, customer_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Money and open credit notes that settle nothing yet, in cents, positive."""
    found: dict[tuple[int, str], int] = {}
    free, source = free_money(day, by_row=True)
    money = (
        select(_OWNER, _PAYMENT.c.currency, func.sum(free))
        .select_from(source)
        .where(_PAYMENT.c.received <= day, free != 0, _OWNER.in_(customer_ids))
        .group_by(_OWNER, _PAYMENT.c.currency)
    )
    open_cents, items = open_items(day, by_row=True)
    credits = (
        select(_OWNER, _INVOICE.c.currency, -func.sum(open_cents))
        .select_from(items)
        .where(_INVOICE.c.kind == DocumentKind.CREDIT_NOTE.value, _INVOICE.c.issue_date <= day, open_cents != 0, _OWNER.in_(customer_ids))
        .group_by(_OWNER, _INVOICE.c.currency)
    )
    for query in (money, credits):
        for key, currency, amount in session.connection().execute(query):
            found[key, currency] = found.get((key, currency), 0) + int(amount)
    return found


def horizon(day: date, first_offset: int) -> date:
    """The last due date that a day's planning looks at."""
    return day - timedelta(days=first_offset)
