"""Reads of promises and disputes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import Customer
from crm.receivables.models import Allocation, Dispute, Instalment, Invoice, Promise
from crm.receivables.promises import PromiseStatus, Word
from crm.receivables.queries import Whose

_PROMISE, _ALLOCATION, _INSTALMENT = table_of(Promise), table_of(Allocation), table_of(Instalment)
_INVOICE, _CUSTOMER, _DISPUTE = table_of(Invoice), table_of(Customer), table_of(Dispute)


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """A promise as it stands on a day. Cents."""

    id: int
    customer_id: int
    customer: str
    name: str
    invoice_id: int | None
    invoice: str | None
    currency: str
    word: Word
    made: date
    status: PromiseStatus


def promise_lines(session: Session, day: date, of: Whose) -> tuple[PromiseLine, ...]:
    """Promises made up to a day, with what has come in for them: payments set against the invoice, or any of the customer's,
    dated from the day of the promise to its term."""
    counted = and_(
        _ALLOCATION.c.payment_id.is_not(None),
        _ALLOCATION.c.value_date.between(_PROMISE.c.made, _PROMISE.c.by),
        _ALLOCATION.c.value_date <= day,
    )
    settled = _INVOICE.alias("settled")
    received = func.coalesce(func.sum(case((counted, _ALLOCATION.c.cents), else_=0)), 0).label("received")
    query = (
        select(
            _PROMISE, _CUSTOMER.c.number.label("number"), _CUSTOMER.c.name, _INVOICE.c.number.label("invoice"), received
        )
        .select_from(
            _PROMISE.join(_CUSTOMER, _CUSTOMER.c.id == _PROMISE.c.customer_id)
            .outerjoin(_INVOICE, _INVOICE.c.id == _PROMISE.c.invoice_id)
            .outerjoin(
                settled,
                and_(
                    settled.c.customer_id == _PROMISE.c.customer_id,
                    settled.c.currency == _PROMISE.c.currency,
                    or_(_PROMISE.c.invoice_id.is_(None), settled.c.id == _PROMISE.c.invoice_id),
                ),
            )
            .outerjoin(_INSTALMENT, _INSTALMENT.c.invoice_id == settled.c.id)
            .outerjoin(_ALLOCATION, and_(_ALLOCATION.c.instalment_id == _INSTALMENT.c.id, counted))
        )
        .where(_PROMISE.c.made <= day, *of.conditions())
        .group_by(_PROMISE.c.id, _CUSTOMER.c.id, _INVOICE.c.id)
        .order_by(_PROMISE.c.by, _PROMISE.c.id)
    )
    return tuple(_promise(row, day) for row in session.connection().execute(query))


def _promise(row: Any, day: date) -> PromiseLine:
    word = Word(int(row.cents), row.by, int(row.received), row.ended if row.ended and row.ended <= day else None)
    return PromiseLine(
        row.id,
        row.customer_id,
        row.number,
        row.name,
        row.invoice_id,
        row.invoice,
        row.currency,
        word,
        row.made,
        word.status(day),
    )


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute as it stands on a day. `cents` None: the whole invoice."""

    id: int
    invoice: str
    customer: str
    name: str
    currency: str
    cents: int | None
    total: int
    reason: str
    opened: date | None
    noted: date
    resolved: date | None
    owner: str
    note: str


def dispute_lines(session: Session, day: date, of: Whose) -> Sequence[DisputeLine]:
    """Disputes known on a day, the oldest first."""
    query = (
        select(
            _DISPUTE,
            _INVOICE.c.number.label("invoice"),
            _INVOICE.c.currency,
            _INVOICE.c.total_cents,
            _CUSTOMER.c.number,
            _CUSTOMER.c.name,
        )
        .select_from(
            _DISPUTE.join(_INVOICE, _INVOICE.c.id == _DISPUTE.c.invoice_id).join(
                _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
            )
        )
        .where(or_(_DISPUTE.c.opened.is_(None), _DISPUTE.c.opened <= day), *of.conditions())
        .order_by(_DISPUTE.c.noted, _DISPUTE.c.id)
    )
    return [
        DisputeLine(
            row.id,
            row.invoice,
            row.number,
            row.name,
            row.currency,
            None if row.cents is None else int(row.cents),
            int(row.total_cents),
            row.reason,
            row.opened,
            row.noted,
            row.resolved,
            row.owner,
            row.note,
        )
        for row in session.connection().execute(query)
    ]
