"""What a rehearsal looks back on, read once: items with every move of theirs, promises, holds, disputes, free money."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import Hold
from crm.customers.visible import CUSTOMER
from crm.followup.gate import Held
from crm.followup.planning import Item
from crm.followup.queries import addressees, facts_of, item_stream, last_contacts
from crm.followup.rehearsal import History, Past, PastHold, PastPromise
from crm.receivables.models import Allocation, Dispute, DocumentKind, Instalment, Invoice, Payment, Promise
from crm.receivables.queries import Whose, open_items

_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), CUSTOMER
_ALLOCATION, _PAYMENT, _PROMISE = table_of(Allocation), table_of(Payment), table_of(Promise)
_DISPUTE, _HOLD = table_of(Dispute), table_of(Hold)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_ITEMS = _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id).join(
    _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
)
_Move = tuple[date, int, bool]


def histories(session: Session, first: date, today: date, of: Whose, *, begun: bool) -> list[History]:
    """What happened since a day; `begun`: with what reminders have said already, else as if nobody had said anything."""
    connection = session.connection()
    open_then, source = open_items(first, by_row=of.few)
    query = (
        select(
            _OWNER, _INVOICE.c.currency, _INSTALMENT.c.id, _INVOICE.c.id, _OWNER.label("customer"), _INVOICE.c.number,
            _INVOICE.c.issue_date, _INSTALMENT.c.due_date, _INSTALMENT.c.cents,
        )
        .select_from(source)
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value, or_(open_then > 0, _INVOICE.c.issue_date > first), *of.conditions()
        )
        .order_by(_OWNER, _INVOICE.c.currency, _INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    rows = connection.execute(query).all()
    moves, disputes = _moves(session, of), _disputes(session, of)
    said = _said(session, today, of) if begun else {}
    contacts = last_contacts(session) if begun else {}
    owners = sorted({row[0] for row in rows})
    people = addressees(session, owners)
    facts = facts_of(session, today, people, {(row[0], row[1]) for row in rows})
    promises, holds, free = _promises(session, of), _holds(session, of), _free(session, of)
    found = []
    for (owner, currency), group in groupby(rows, itemgetter(0, 1)):
        items = []
        for _owner, _currency, key, invoice, customer, number, issued, due, cents in group:
            item = Past(
                key, invoice, customer, number, issued, due, int(cents), moves.get(key, ()), disputes.get(invoice, ())
            )
            if (known := said.get(key)) is not None:
                item = replace(item, done=known.done, contacts=known.contacts, last_contact=known.last_contact)
            items.append(item)
        found.append(
            History(
                people[owner].number, facts[owner, currency], items, promises.get((owner, currency), ()), holds.get(owner, ()),
                free.get((owner, currency), ()), contacts.get(owner),
            )
        )  # fmt: skip  # read as a table: columns side by side
    return found


def _said(session: Session, today: date, of: Whose) -> dict[int, Item]:
    groups = item_stream(session, today, today + timedelta(days=400), of)
    return {item.instalment_id: item for group in groups for item in group.items}


def _moves(session: Session, of: Whose) -> dict[int, list[_Move]]:
    """What settled each instalment, by day."""
    found: dict[int, list[_Move]] = defaultdict(list)
    query = (
        select(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date, _ALLOCATION.c.cents, _ALLOCATION.c.payment_id)
        .select_from(_ALLOCATION.join(_ITEMS, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id))
        .where(*of.conditions())
        .order_by(_ALLOCATION.c.value_date, _ALLOCATION.c.id)
    )
    for key, day, cents, payment in session.connection().execute(query):
        found[key].append((day, int(cents), payment is not None))
    return found


def _disputes(session: Session, of: Whose) -> dict[int, list[tuple[date | None, date | None, int | None]]]:
    found: dict[int, list[tuple[date | None, date | None, int | None]]] = defaultdict(list)
    query = (
        select(_DISPUTE.c.invoice_id, _DISPUTE.c.opened, _DISPUTE.c.resolved, _DISPUTE.c.cents)
        .select_from(
            _DISPUTE.join(_INVOICE, _INVOICE.c.id == _DISPUTE.c.invoice_id).join(
                _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
            )
        )
        .where(*of.conditions())
        .order_by(_DISPUTE.c.id)
    )
    for invoice, opened, resolved, cents in session.connection().execute(query):
        found[invoice].append((opened, resolved, None if cents is None else int(cents)))
    return found


def _promises(session: Session, of: Whose) -> dict[tuple[int, str], list[PastPromise]]:
    found: dict[tuple[int, str], list[PastPromise]] = defaultdict(list)
    query = (
        select(_PROMISE, _OWNER.label("owner"))
        .select_from(_PROMISE.join(_CUSTOMER, _CUSTOMER.c.id == _PROMISE.c.customer_id))
        .where(*of.conditions())
        .order_by(_PROMISE.c.by, _PROMISE.c.id)
    )
    for row in session.connection().execute(query):
        found[row.owner, row.currency].append(
            PastPromise(row.owner, row.invoice_id, int(row.cents), row.made, row.by, row.ended)
        )
    return found


def _holds(session: Session, of: Whose) -> dict[int, list[PastHold]]:
    found: dict[int, list[PastHold]] = defaultdict(list)
    query = (
        select(_HOLD, _OWNER.label("held"))
        .select_from(_HOLD.join(_CUSTOMER, _CUSTOMER.c.id == _HOLD.c.customer_id))
        .where(*of.conditions())
        .order_by(_HOLD.c.id)
    )
    for row in session.connection().execute(query):
        ends = [day for day in (row.until, row.lifted) if day is not None]
        held = Held(row.kind, row.reason, row.invoice, row.until)
        found[row.held].append(PastHold(held, row.since, min(ends, default=None)))
    return found


def _free(session: Session, of: Whose) -> dict[tuple[int, str], list[tuple[date, int]]]:
    """Money and credit notes as they came and were used."""
    paid = _PAYMENT.join(_CUSTOMER, _CUSTOMER.c.id == _PAYMENT.c.customer_id)
    used = _ALLOCATION.join(paid, _PAYMENT.c.id == _ALLOCATION.c.payment_id)
    given = _ALLOCATION.join(_ITEMS, _INSTALMENT.c.id == _ALLOCATION.c.credit_id)
    is_credit = _INVOICE.c.kind == DocumentKind.CREDIT_NOTE.value
    queries = (
        select(_OWNER, _PAYMENT.c.currency, _PAYMENT.c.received, _PAYMENT.c.cents).select_from(paid),
        select(_OWNER, _PAYMENT.c.currency, _ALLOCATION.c.value_date, -_ALLOCATION.c.cents).select_from(used),
        select(_OWNER, _INVOICE.c.currency, _INVOICE.c.issue_date, -_INSTALMENT.c.cents)
        .select_from(_ITEMS)
        .where(is_credit),
        select(_OWNER, _INVOICE.c.currency, _ALLOCATION.c.value_date, -_ALLOCATION.c.cents)
        .select_from(given)
        .where(is_credit),
    )
    found: dict[tuple[int, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for query in queries:
        for owner, currency, day, cents in session.connection().execute(query.where(*of.conditions())):
            found[owner, currency][day] += int(cents)
    return {key: _that_change(days.items()) for key, days in found.items()}


def _that_change(days: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    return sorted((day, cents) for day, cents in days if cents)
