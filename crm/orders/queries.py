"""Reads of opportunities, quotes and orders. One statement each, whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER
from crm.orders.models import Opportunity, Order, OrderEnd, Quote
from crm.orders.pipeline import Deal, OpportunityStage
from crm.orders.quotes import QuoteFacts, QuoteStatus

_CUSTOMER, _OPPORTUNITY = CUSTOMER, table_of(Opportunity)
_QUOTE, _ORDER = table_of(Quote), table_of(Order)
OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
"""Whose a fact is: the customer's, or that of the one it was merged into."""


@dataclass(frozen=True, slots=True)
class OpportunityLine:
    """An opportunity as it is listed."""

    id: int
    customer_id: int
    customer: str
    name: str
    subject: str
    deal: Deal
    expected: date | None
    next_step: str
    owner: str
    opened: date
    note: str


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A quote as it is listed. Cents."""

    id: int
    number: str
    customer_id: int
    customer: str
    name: str
    opportunity: int | None
    subject: str
    currency: str
    cents: int
    facts: QuoteFacts
    email: str
    owner: str
    reason: str
    order: str
    """The number of the order that came of it; empty: none has."""

    def status(self, day: date) -> QuoteStatus:
        """Where it stands on a day."""
        return self.facts.status(day)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as it is listed. Cents."""

    id: int
    number: str
    customer_id: int
    customer: str
    name: str
    reference: str
    ordered: date
    promised: date | None
    currency: str
    cents: int
    ended: date | None
    ended_as: str
    quote: str

    def cancelled(self, day: date) -> bool:
        """Whether it was called off by a day."""
        return self.ended_as == OrderEnd.CANCELLED.value and self.ended is not None and self.ended <= day


def _about(customer: Customer | None, assignee: str | None, owner: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Narrows to a customer with whoever was merged into it, and to what a user follows or whose customers are theirs."""
    found: list[ColumnElement[bool]] = []
    if customer is not None:
        found.append(OWNER.in_([customer.root_id or customer.id]))
    if assignee is not None:
        found.append(or_(owner == assignee, and_(owner == "", _CUSTOMER.c.account_manager == assignee)))
    return found


def opportunity_lines(
    session: Session, day: date, customer: Customer | None = None, assignee: str | None = None
) -> tuple[OpportunityLine, ...]:
    """Opportunities opened by a day, the largest of a stage first, those that are over last."""
    over = and_(_OPPORTUNITY.c.closed.is_not(None), _OPPORTUNITY.c.closed <= day)
    query = (
        select(
            _OPPORTUNITY.c.id, OWNER, _CUSTOMER.c.number, _CUSTOMER.c.name, _OPPORTUNITY.c.subject, _OPPORTUNITY.c.stage,
            _OPPORTUNITY.c.currency, _OPPORTUNITY.c.cents, _OPPORTUNITY.c.probability, case((over, _OPPORTUNITY.c.closed)),
            _OPPORTUNITY.c.won, _OPPORTUNITY.c.reason, _OPPORTUNITY.c.expected, _OPPORTUNITY.c.next_step,
            _OPPORTUNITY.c.owner, _OPPORTUNITY.c.opened, _OPPORTUNITY.c.note,
        )
        .select_from(_OPPORTUNITY.join(_CUSTOMER, _CUSTOMER.c.id == _OPPORTUNITY.c.customer_id))
        .where(_OPPORTUNITY.c.opened <= day, *_about(customer, assignee, _OPPORTUNITY.c.owner))
        .order_by(case((over, 1), else_=0), _OPPORTUNITY.c.cents.desc(), _OPPORTUNITY.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    order = list(OpportunityStage)
    found = []
    for row in session.connection().execute(query):
        key, owner, number, name, subject, stage, currency, cents, percent, closed, won, reason, *rest = row
        deal = Deal(OpportunityStage(stage), currency, int(cents), percent, closed, bool(won), reason)
        found.append(OpportunityLine(key, owner, number, name, subject, deal, *rest))
    return tuple(
        sorted(found, key=lambda line: (line.deal.closed is not None, -order.index(line.deal.stage)))
    )  # stable: the amount orders a stage


def quote_lines(
    session: Session,
    day: date,
    customer: Customer | None = None,
    assignee: str | None = None,
    number: str | None = None,
    *,
    unanswered: bool = False,
) -> tuple[QuoteLine, ...]:
    """Quotes sent by a day, the latest first; `unanswered`: only those to which nobody has said anything."""
    conditions = _about(customer, assignee, _QUOTE.c.owner)
    if number is not None:
        conditions.append(_QUOTE.c.number == number)
    if unanswered:
        conditions.append(_QUOTE.c.answered.is_(None) | (_QUOTE.c.answered > day))
    order = (
        select(func.min(_ORDER.c.number))
        .where(_ORDER.c.quote_id == _QUOTE.c.id, _ORDER.c.ended_as != OrderEnd.CANCELLED.value)
        .scalar_subquery()
    )
    query = (
        select(
            _QUOTE.c.id, _QUOTE.c.number, OWNER, _CUSTOMER.c.number, _CUSTOMER.c.name, _QUOTE.c.opportunity_id,
            _QUOTE.c.subject, _QUOTE.c.currency, _QUOTE.c.cents, _QUOTE.c.sent, _QUOTE.c.valid_until, _QUOTE.c.replied,
            _QUOTE.c.answered, _QUOTE.c.answer, _QUOTE.c.email, _QUOTE.c.owner, _QUOTE.c.reason, func.coalesce(order, ""),
        )
        .select_from(_QUOTE.join(_CUSTOMER, _CUSTOMER.c.id == _QUOTE.c.customer_id))
        .where(_QUOTE.c.sent <= day, *conditions)
        .order_by(_QUOTE.c.sent.desc(), _QUOTE.c.id.desc())
    )  # fmt: skip  # read as a table: columns side by side
    return tuple(
        QuoteLine(*row[:8], int(row[8]), QuoteFacts(*row[9:14]), *row[14:])
        for row in session.connection().execute(query)
    )


def order_lines(
    session: Session,
    day: date,
    customer: Customer | None = None,
    assignee: str | None = None,
    status: str | None = None,
    limit: int | None = None,
    number: str | None = None,
) -> tuple[OrderLine, ...]:
    """Orders placed by a day, the latest first."""
    query: Select[Any] = (
        select(
            _ORDER.c.id, _ORDER.c.number, OWNER.label("customer_id"), _CUSTOMER.c.number.label("customer"), _CUSTOMER.c.name,
            _ORDER.c.reference, _ORDER.c.ordered, _ORDER.c.promised, _ORDER.c.currency, _ORDER.c.cents, _ORDER.c.ended,
            _ORDER.c.ended_as, func.coalesce(_QUOTE.c.number, "").label("quote"),
        )
        .select_from(
            _ORDER.join(_CUSTOMER, _CUSTOMER.c.id == _ORDER.c.customer_id).outerjoin(
                _QUOTE, _QUOTE.c.id == _ORDER.c.quote_id
            )
        )
        .where(_ORDER.c.ordered <= day, *_about(customer, assignee, _CUSTOMER.c.account_manager))
        .order_by(_ORDER.c.ordered.desc(), _ORDER.c.id.desc())
        .limit(limit)
    )  # fmt: skip  # read as a table: columns side by side
    if number is not None:
        query = query.where(_ORDER.c.number == number)
    if status is not None:
        over = and_(_ORDER.c.ended.is_not(None), _ORDER.c.ended <= day)
        query = query.where(~over if status == "open" else and_(over, _ORDER.c.ended_as == status))
    return tuple(OrderLine(**row) for row in session.connection().execute(query).mappings())


def numbers_like(session: Session, kind: type[Quote] | type[Order], stem: str) -> Sequence[str]:
    """The numbers in use that begin so."""
    column = table_of(kind).c.number
    return session.connection().execute(select(column).where(column.between(stem, stem + "~"))).scalars().all()
