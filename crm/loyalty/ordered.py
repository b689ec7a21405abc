"""What customers ordered, as known on a day: one statement, whatever the number of orders.

An order is a purchase unless it was called off, or all that was invoiced of it was credited. The invoices that name an order
are not purchases of their own; those that name none stand for orders that no invoice names, as long as there are such.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.orders.models import Order
from crm.receivables.models import Invoice
from crm.receivables.order_links import cancelled_by, invoices_of_orders
from crm.receivables.queries import Whose

_CUSTOMER, _ORDER, _INVOICE = CUSTOMER, table_of(Order), table_of(Invoice)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A customer's orders in one currency. Counts, and cents without tax of the last twelve months."""

    first: date
    last: date
    ever: int
    frequency: int
    spend: int
    with_tax: bool
    unnamed: tuple[int, int, int]
    """Those that no invoice names: how many ever, how many of the last twelve months, and their cents."""


def orders_and_invoices(day: date, of: Whose, given_back: Subquery) -> Subquery:
    """Invoices that are an order's, each with its order; `given_back`: number of an invoice and what was credited of it.

    An order of which everything invoiced was credited has none: its invoices and credit notes stand for themselves.
    """
    pairs = invoices_of_orders(day, of)
    kept = (
        select(pairs.c.order_id)
        .select_from(
            pairs.join(_INVOICE, _INVOICE.c.id == pairs.c.invoice_id).outerjoin(
                given_back, given_back.c.number == _INVOICE.c.number
            )
        )
        .group_by(pairs.c.order_id)
        .having(func.sum(_INVOICE.c.total_cents + func.coalesce(given_back.c.cents, 0)) > 0)
    )
    living = select(_ORDER.c.id).where(~func.coalesce(cancelled_by(day), False))
    return (
        select(pairs.c.order_id, pairs.c.invoice_id)
        .where(pairs.c.order_id.in_(kept), pairs.c.order_id.in_(living))
        .subquery("of_orders")
    )


def first_orders(day: date) -> Subquery:
    """The day of each customer's first order, by currency, among those not called off."""
    return (
        select(_OWNER.label("owner"), _ORDER.c.currency, func.min(_ORDER.c.ordered).label("day"))
        .select_from(_ORDER.join(_CUSTOMER, _CUSTOMER.c.id == _ORDER.c.customer_id))
        .where(_ORDER.c.ordered <= day, ~func.coalesce(cancelled_by(day), False))
        .group_by(_OWNER, _ORDER.c.currency)
        .subquery("begun")
    )


def ordered(
    session: Session, day: date, since: date, of: Whose, given_back: Subquery
) -> Mapping[tuple[int, str], Ordered]:
    """Key of a customer and currency → what was ordered up to the day; `since`: after this day it is of late."""
    pairs, linked = invoices_of_orders(day, of), orders_and_invoices(day, of, given_back)
    named, kept = select(pairs.c.order_id).distinct().subquery(), select(linked.c.order_id).distinct().subquery()
    recent = _ORDER.c.ordered > since
    unnamed = named.c.order_id.is_(None)
    net = func.coalesce(_ORDER.c.net_cents, _ORDER.c.cents)
    query = (
        select(
            _OWNER.label("owner"),
            _ORDER.c.currency,
            func.min(_ORDER.c.ordered),
            func.max(_ORDER.c.ordered),
            func.count(),
            func.sum(case((recent, 1), else_=0)),
            func.sum(case((recent, net), else_=0)),
            func.sum(case((and_(recent, _ORDER.c.net_cents.is_(None)), 1), else_=0)),
            func.sum(case((unnamed, 1), else_=0)),
            func.sum(case((and_(unnamed, recent), 1), else_=0)),
            func.sum(case((and_(unnamed, recent), net), else_=0)),
        )
        .select_from(
            _ORDER.join(_CUSTOMER, _CUSTOMER.c.id == _ORDER.c.customer_id)
            .outerjoin(named, named.c.order_id == _ORDER.c.id)
            .outerjoin(kept, kept.c.order_id == _ORDER.c.id)
        )
        .where(
            _ORDER.c.ordered <= day,
            ~func.coalesce(cancelled_by(day), False),
            or_(unnamed, kept.c.order_id.is_not(None)),
            *of.conditions(),
        )
        .group_by(_OWNER, _ORDER.c.currency)
    )
    return {
        (owner, currency): Ordered(
            first, last, ever, int(often), int(spend), bool(taxed), (int(nameless), int(lately), int(cents))
        )
        for owner, currency, first, last, ever, often, spend, taxed, nameless, lately, cents in session.connection().execute(
            query
        )
    }
