"""Which invoices are whose order's: they name it by its number, or by the customer's own reference. Set-based."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, case, cast, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.orders.models import Order, OrderEnd
from crm.receivables.models import DocumentKind, Invoice
from crm.receivables.whose import Whose

_CUSTOMER, _ORDER, _INVOICE = CUSTOMER, table_of(Order), table_of(Invoice)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)


def any_order(session: Session) -> bool:
    """Whether any order is known: most questions need not look further where none is."""
    return session.connection().execute(select(_ORDER.c.id).limit(1)).first() is not None


def cancelled_by(day: date) -> ColumnElement[bool]:
    """Whether an order was called off by a day."""
    return and_(_ORDER.c.ended_as == OrderEnd.CANCELLED.value, _ORDER.c.ended <= day)


def invoices_of_orders(day: date, of: Whose) -> Subquery:
    """Pairs of an order and an invoice that names it, issued by the day, of the same customer and currency, each once."""
    buyer = _CUSTOMER.alias("buyer")
    bought_by = func.coalesce(buyer.c.root_id, buyer.c.id)
    source = _INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
    named = [
        select(_ORDER.c.id.label("order_id"), _INVOICE.c.id.label("invoice_id"))
        .select_from(
            source.join(_ORDER, key == _INVOICE.c.order_reference).join(buyer, buyer.c.id == _ORDER.c.customer_id)
        )
        .where(
            _INVOICE.c.order_reference != "",
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            _ORDER.c.ordered <= day,
            _ORDER.c.currency == _INVOICE.c.currency,
            bought_by == _OWNER,
            *of.conditions(),
        )
        for key in (_ORDER.c.number, _ORDER.c.reference)
    ]
    return named[0].union(named[1]).subquery("named")


def ordering(day: date) -> Select[Any]:
    """The keys of customers with an order that is not over on the day."""
    return (
        select(_OWNER)
        .select_from(_ORDER.join(_CUSTOMER, _CUSTOMER.c.id == _ORDER.c.customer_id))
        .where(_ORDER.c.ordered <= day, or_(_ORDER.c.ended.is_(None), _ORDER.c.ended > day))
    )


def open_orders(session: Session, day: date, of: Whose) -> dict[tuple[int, str], int]:
    """Key of a customer and currency → cents of orders placed by the day that are neither over nor invoiced yet."""
    if not any_order(session):
        return {}
    pairs = invoices_of_orders(day, of)
    invoiced = (
        select(pairs.c.order_id, func.sum(_INVOICE.c.total_cents).label("cents"))
        .select_from(pairs.join(_INVOICE, _INVOICE.c.id == pairs.c.invoice_id))
        .group_by(pairs.c.order_id)
        .subquery("invoiced")
    )
    left = _ORDER.c.cents - func.coalesce(invoiced.c.cents, 0)
    query = (
        select(_OWNER, _ORDER.c.currency, cast(func.sum(case((left > 0, left), else_=0)), BigInteger))
        .select_from(
            _ORDER.join(_CUSTOMER, _CUSTOMER.c.id == _ORDER.c.customer_id).outerjoin(
                invoiced, invoiced.c.order_id == _ORDER.c.id
            )
        )
        .where(_ORDER.c.ordered <= day, or_(_ORDER.c.ended.is_(None), _ORDER.c.ended > day), *of.conditions())
        .group_by(_OWNER, _ORDER.c.currency)
        .order_by(_OWNER, _ORDER.c.currency)
    )
    rows = session.connection().execute(query)
    return {(owner, currency): int(cents) for owner, currency, cents in rows if cents}
