"""Reads of promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, true
from sqlmodel import Session

from crm.core.db import table_of
from crm.core.journal import JournalEntry
from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER
from crm.receivables.models import UNDO, Allocation, DocumentKind, Instalment, Invoice, Payment, Promise
from crm.receivables.promises import PromiseStatus, Receipt, Word, shared
from crm.receivables.queries import Whose

_PROMISE, _ALLOCATION, _INSTALMENT = table_of(Promise), table_of(Allocation), table_of(Instalment)
_INVOICE, _CUSTOMER, _PAYMENT = table_of(Invoice), CUSTOMER, table_of(Payment)
_OWN = table_of(Customer)
_OWNER: ColumnElement[int] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_RECORDS = select(_OWN.c.id).where(or_(_OWN.c.id == _OWNER, _OWN.c.root_id == _OWNER)).correlate(_CUSTOMER)
"""The records of the customer at hand: its own, and whoever was merged into it."""
_ENTRY = table_of(JournalEntry)


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
    contact: str = ""
    source: str = ""
    note: str = ""
    put_off: date | None = None
    """The day on which another word took its place, in time; it is neither kept nor broken."""
    receipts: tuple[tuple[date, int], ...] = ()
    """Days and cents of what came in for it; up to the day asked where asked for, else up to its own."""


def promise_lines(
    session: Session,
    day: date,
    of: Whose,
    *,
    put_off: bool = False,
    beyond: bool = False,
    corrected: date | None = None,
) -> tuple[PromiseLine, ...]:
    """Promises made up to a day, with what has come in for them: payments set against the invoice, or any of the customer's,
    dated from the day of the promise to its term. No cent counts for two promises.

    `put_off` adds those that another took the place of in time; `beyond` tells of money that came after the term as well;
    what was taken back after `corrected` still counts.
    """
    rows = session.connection().execute(_promises(day, of, corrected)).all()
    replaced = {row.replaces_id: row.made for row in rows if row.replaces_id is not None}
    ends = {row.id: replaced[row.id] for row in rows if row.id in replaced and replaced[row.id] <= row.by}
    counted: dict[int, list[tuple[int, Receipt]]] = {}
    owners = {row.id: row.customer_id for row in rows}
    for key, invoice_id, on, cents in session.connection().execute(
        _receipts(day, of, beyond=beyond, corrected=corrected)
    ):
        if int(cents) > 0 and (key not in ends or on < ends[key]):
            counted.setdefault(owners[key], []).append((key, Receipt(invoice_id, on, int(cents))))
    needs: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        needs.setdefault(row.customer_id, []).append((row.id, int(row.cents)))
    money: dict[int, list[tuple[date, int]]] = {}
    for owner, receipts in counted.items():
        money.update(shared(needs[owner], receipts))
    lines = [_promise(row, day, money.get(row.id, ()), ends.get(row.id)) for row in rows]
    return tuple(line for line in lines if put_off or line.put_off is None)


def taken_back_by(day: date | None) -> ColumnElement[bool]:
    """Allocations without those by which somebody took others back after a day; None: all of them.

    They bear the day of what they take back, so that only the journal tells when it was done.
    """
    if day is None:
        return true()
    later = select(_ENTRY.c.id).where(_ENTRY.c.day > day)
    undoing = or_(_ALLOCATION.c.rule == UNDO, _ALLOCATION.c.reverses_id.is_not(None))
    return or_(not_(undoing), _ALLOCATION.c.entry_id.is_(None), _ALLOCATION.c.entry_id.not_in(later))


def _promises(day: date, of: Whose, corrected: date | None) -> Any:
    """Promises, with what there was to pay of what each is about: its invoices, less what was no payment by then."""
    about = _INVOICE.alias("about")
    scope = and_(
        about.c.customer_id.in_(_RECORDS),
        about.c.currency == _PROMISE.c.currency,
        or_(_PROMISE.c.invoice_id.is_(None), about.c.id == _PROMISE.c.invoice_id),
        about.c.kind == DocumentKind.INVOICE.value,
        about.c.issue_date <= _PROMISE.c.made,
    )
    billed = select(func.coalesce(func.sum(about.c.total_cents), 0)).where(scope).correlate(_PROMISE, _CUSTOMER)
    gone = or_(
        and_(_ALLOCATION.c.payment_id.is_(None), _ALLOCATION.c.value_date <= _PROMISE.c.by),
        and_(_ALLOCATION.c.payment_id.is_not(None), _ALLOCATION.c.value_date < _PROMISE.c.made),
    )
    taken = (
        select(func.coalesce(func.sum(_ALLOCATION.c.cents), 0))
        .select_from(
            _ALLOCATION.join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id).join(
                about, about.c.id == _INSTALMENT.c.invoice_id
            )
        )
        .where(scope, gone, _ALLOCATION.c.value_date <= day, taken_back_by(corrected))
        .correlate(_PROMISE, _CUSTOMER)
    )
    return (
        select(
            _PROMISE,
            _OWNER.label("owner"),
            _CUSTOMER.c.number.label("number"),
            _CUSTOMER.c.name,
            _INVOICE.c.number.label("invoice"),
            (billed.scalar_subquery() - taken.scalar_subquery()).label("payable"),
        )
        .select_from(
            _PROMISE.join(_CUSTOMER, _CUSTOMER.c.id == _PROMISE.c.customer_id).outerjoin(
                _INVOICE, _INVOICE.c.id == _PROMISE.c.invoice_id
            )
        )
        .where(_PROMISE.c.made <= day, *of.conditions())
        .order_by(_PROMISE.c.by, _PROMISE.c.id)
    )


def _receipts(day: date, of: Whose, *, beyond: bool, corrected: date | None) -> Any:
    """Payments that each promise may count: promise, invoice, day and cents.

    Money that came back unpaid counts against the day on which it had come in: as if it had never come.
    """
    about, bounced = _INVOICE.alias("about"), _PAYMENT.alias("bounced")
    came = case(
        (bounced.c.id.is_(None), _ALLOCATION.c.value_date),
        (bounced.c.received < about.c.issue_date, about.c.issue_date),
        else_=bounced.c.received,
    )
    counted = [came >= _PROMISE.c.made, _ALLOCATION.c.value_date <= day, taken_back_by(corrected)]
    if not beyond:
        counted.append(came <= _PROMISE.c.by)
    return (
        select(_PROMISE.c.id, about.c.id, came.label("came"), func.sum(_ALLOCATION.c.cents))
        .select_from(
            _PROMISE.join(_CUSTOMER, _CUSTOMER.c.id == _PROMISE.c.customer_id)
            .join(
                about,
                and_(
                    about.c.customer_id.in_(_RECORDS),
                    about.c.currency == _PROMISE.c.currency,
                    or_(_PROMISE.c.invoice_id.is_(None), about.c.id == _PROMISE.c.invoice_id),
                ),
            )
            .join(_INSTALMENT, _INSTALMENT.c.invoice_id == about.c.id)
            .join(_ALLOCATION, _ALLOCATION.c.instalment_id == _INSTALMENT.c.id)
            .join(_PAYMENT, _PAYMENT.c.id == _ALLOCATION.c.payment_id)
            .outerjoin(bounced, bounced.c.id == _PAYMENT.c.reverses_id)
        )
        .where(_PROMISE.c.made <= day, *counted, *of.conditions())
        .group_by(_PROMISE.c.id, about.c.id, came)
        .order_by(_PROMISE.c.by, _PROMISE.c.id, came, about.c.id)
    )


def _promise(row: Any, day: date, receipts: Sequence[tuple[date, int]], put_off: date | None) -> PromiseLine:
    word = Word(
        int(row.cents),
        row.by,
        sum(cents for on, cents in receipts if on <= row.by),
        row.ended if row.ended and row.ended <= day else None,
        max(0, int(row.cents) - max(0, int(row.payable))),
    )
    return PromiseLine(
        row.id,
        row.owner,
        row.number,
        row.name,
        row.invoice_id,
        row.invoice,
        row.currency,
        word,
        row.made,
        word.status(day),
        row.contact,
        row.source,
        row.note,
        put_off,
        tuple(receipts),
    )
