"""What customers bought and how they paid, as known on a day: one statement for each kind of fact, whatever the number of customers."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, func, literal, select
from sqlmodel import Session

from crm.core.calendar import add_months
from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.loyalty.ordered import Ordered, first_orders, ordered, orders_and_invoices
from crm.messaging.models import OutgoingMessage, State
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice
from crm.receivables.order_links import any_order
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, disputed_on, open_items
from crm.receivables.words_given import promise_lines

MONTHS = 12
"""The window of frequency, spend and payment habits."""
_FORMAL_NOTICE = 4
_CUSTOMER, _INVOICE, _INSTALMENT = CUSTOMER, table_of(Invoice), table_of(Instalment)
_ALLOCATION, _MESSAGE = table_of(Allocation), table_of(OutgoingMessage)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)


@dataclass(frozen=True, slots=True)
class Bought:
    """A customer's purchases. Days, counts, cents without tax of the currency it buys most in."""

    customer_id: int
    first: date
    last: date
    ever: int
    frequency: int
    monetary: int
    currency: str
    with_tax: bool
    """Some net amounts are not known: those amounts carry their tax."""


@dataclass(frozen=True, slots=True)
class Paid:
    """How a customer pays."""

    delay: int | None = None
    """Weighted days late of what fell due in the window; None: nothing did."""
    formal_notice: bool = False
    broken: int = 0
    """Promises broken in the window."""
    overdue: int = 0
    """Cents, all currencies apart from the facts of the sheet: only whether there is some matters here."""


def window(day: date) -> date:
    """The first day of the twelve months that end on the day."""
    return add_months(day, -MONTHS)


def purchases(session: Session, day: date, of: Whose) -> dict[int, Bought]:
    """Key of a customer → what was bought up to the day: orders where they are known, else invoices.

    A document is a purchase unless credit notes have taken all of it back; documents of one order are one purchase;
    opening balances and bounced payments are none. Which invoices are an order's: `ordered.py`.
    """
    since = window(day)
    credit = _INVOICE.alias("credit_note")
    given_back = (
        select(credit.c.original_number.label("number"), func.sum(credit.c.total_cents).label("cents"))
        .where(
            credit.c.kind == DocumentKind.CREDIT_NOTE.value, credit.c.original_number != "", credit.c.issue_date <= day
        )
        .group_by(credit.c.original_number)
        .subquery()
    )
    orders = ordered(session, day, since, of, given_back) if any_order(session) else {}
    found: dict[int, list[_Bought]] = defaultdict(list)
    for row in session.connection().execute(_invoiced(day, since, of, given_back, by_order=bool(orders))):
        if row.last is not None or row.spend:
            found[row.owner].append(_Bought.invoiced(row))
    for (owner, currency), told in orders.items():
        rows = found[owner]
        place = next((place for place, row in enumerate(rows) if row.currency == currency), len(rows))
        rows[place : place + 1] = [_Bought.ordered(currency, told, rows[place] if place < len(rows) else None)]
    return {
        owner: _together(owner, bought)
        for owner, rows in sorted(found.items())
        if (bought := [row for row in rows if row.last is not None])
    }


_SINCE_ORDERS = ("before", "after_ever", "after_frequency", "after_spend")
"""The last purchase before a customer's first order; from it on how many ever, how many of late, and their cents."""


def _invoiced(day: date, since: date, of: Whose, given_back: Subquery, *, by_order: bool) -> Select[Any]:
    """What invoices say of each customer and currency, those of known orders left out."""
    bought = and_(
        _INVOICE.c.kind == DocumentKind.INVOICE.value,
        _INVOICE.c.total_cents + func.coalesce(given_back.c.cents, 0) > 0,
    )
    order = case((_INVOICE.c.order_reference != "", _INVOICE.c.order_reference), else_="/" + _INVOICE.c.number)
    recent = _INVOICE.c.issue_date > since
    net = func.coalesce(_INVOICE.c.net_cents, _INVOICE.c.total_cents)
    source: FromClause = _INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id).outerjoin(
        given_back, given_back.c.number == _INVOICE.c.number
    )
    conditions = [_INVOICE.c.sale, _INVOICE.c.issue_date <= day, *of.conditions()]
    since_orders: list[ColumnElement[Any]] = [literal(0).label(name) for name in _SINCE_ORDERS]
    if by_order:
        linked = orders_and_invoices(day, of, given_back)
        begun = first_orders(day)
        source = source.outerjoin(linked, linked.c.invoice_id == _INVOICE.c.id).outerjoin(
            begun, and_(begun.c.owner == _OWNER, begun.c.currency == _INVOICE.c.currency)
        )
        conditions.append(linked.c.invoice_id.is_(None))
        after = and_(bought, _INVOICE.c.issue_date >= begun.c.day)
        sums = (
            func.max(case((and_(bought, ~func.coalesce(after, False)), _INVOICE.c.issue_date))),
            func.count(func.distinct(case((after, order)))),
            func.count(func.distinct(case((and_(after, recent), order)))),
            func.sum(case((and_(after, recent), net), else_=0)),
        )
        since_orders = [figure.label(name) for figure, name in zip(sums, _SINCE_ORDERS, strict=True)]
    return (
        select(
            _OWNER.label("owner"),
            _INVOICE.c.currency,
            func.min(case((bought, _INVOICE.c.issue_date))).label("first"),
            func.max(case((bought, _INVOICE.c.issue_date))).label("last"),
            func.count(func.distinct(case((bought, order)))).label("ever"),
            func.count(func.distinct(case((and_(bought, recent), order)))).label("frequency"),
            func.sum(case((recent, net), else_=0)).label("spend"),
            func.sum(case((and_(recent, _INVOICE.c.net_cents.is_(None)), 1), else_=0)).label("with_tax"),
            *since_orders,
        )
        .select_from(source)
        .where(*conditions)
        .group_by(_OWNER, _INVOICE.c.currency)
        .order_by(_OWNER, _INVOICE.c.currency)
    )


@dataclass(frozen=True, slots=True)
class _Bought:
    """Purchases in one currency. `after` is what invoices say from the first order on: ever, of late, and cents."""

    currency: str
    first: date | None
    last: date | None
    before: date | None
    ever: int
    frequency: int
    spend: int
    with_tax: bool
    after: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def invoiced(cls, row: Any) -> "_Bought":
        """As invoices say."""
        after = (row.after_ever, row.after_frequency, int(row.after_spend))
        return cls(
            row.currency, row.first, row.last, row.before, row.ever, row.frequency, int(row.spend), bool(row.with_tax), after
        )  # fmt: skip  # read as a table: columns side by side

    @classmethod
    def ordered(cls, currency: str, told: Ordered, beside: "_Bought | None") -> "_Bought":
        """As orders say, with the invoices beside them that stand for none of them."""
        if beside is None:
            return cls(currency, told.first, told.last, None, told.ever, told.frequency, told.spend, told.with_tax)
        same = tuple(min(pair) for pair in zip(beside.after, told.unnamed, strict=True))
        last = beside.last if beside.after[0] > told.unnamed[0] else beside.before
        return cls(
            currency,
            min(filter(None, (told.first, beside.first))),
            max(filter(None, (told.last, last))),
            None,
            told.ever + beside.ever - same[0],
            told.frequency + beside.frequency - same[1],
            told.spend + beside.spend - same[2],
            told.with_tax or beside.with_tax,
        )


def _together(owner: int, rows: list[_Bought]) -> Bought:
    main = max(rows, key=lambda row: (row.ever, row.spend))
    return Bought(
        owner,
        min(row.first for row in rows if row.first is not None),
        max(row.last for row in rows if row.last is not None),
        sum(row.ever for row in rows),
        sum(row.frequency for row in rows),
        main.spend,
        main.currency,
        main.with_tax,
    )


def payment_habits(session: Session, day: date, of: Whose) -> Mapping[int, Paid]:
    """Key of a customer → how it paid what fell due in the twelve months up to the day.

    Each amount counts with the days from its due date to its payment, or to the day where it is still owed; paid early
    counts 0; what is in dispute on the day is left out, so that a dispute never lowers a grade before it is decided.
    """
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for owner, due, settled, cents in _settled(session, day, of):
        pair = sums[owner]
        pair[0] += max(0, (settled - due).days) * int(cents)
        pair[1] += int(cents)
    for owner, due, cents in _still_owed(session, day, of):
        pair = sums[owner]
        pair[0] += (day - due).days * int(cents)
        pair[1] += int(cents)
        pair[2] += int(cents)
    noticed = _formal_notices(session, day)
    broken: dict[int, int] = defaultdict(int)
    for line in promise_lines(session, day, of):
        if line.status is PromiseStatus.BROKEN and line.word.by > window(day):
            broken[line.customer_id] += 1
    return {
        owner: Paid(
            round(sums[owner][0] / sums[owner][1]) if owner in sums and sums[owner][1] > 0 else None,
            owner in noticed,
            broken.get(owner, 0),
            sums[owner][2] if owner in sums else 0,
        )
        for owner in {*sums, *noticed, *broken}
    }


def _due_in_window(day: date, disputed: FromClause, of: Whose) -> tuple[ColumnElement[bool], ...]:
    return (
        _INVOICE.c.kind == DocumentKind.INVOICE.value,
        _INSTALMENT.c.due_date > window(day),
        _INSTALMENT.c.due_date < day,
        disputed.c.owner.is_(None),
        *of.conditions(),
    )


def _settled(session: Session, day: date, of: Whose) -> Any:
    disputed = disputed_on(day)
    query = (
        select(_OWNER, _INSTALMENT.c.due_date, _ALLOCATION.c.value_date, func.sum(_ALLOCATION.c.cents))
        .select_from(
            _ALLOCATION.join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
            .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
            .outerjoin(disputed, disputed.c.owner == _INVOICE.c.id)
        )
        .where(
            _ALLOCATION.c.payment_id.is_not(None), _ALLOCATION.c.value_date <= day, *_due_in_window(day, disputed, of)
        )
        .group_by(_OWNER, _INSTALMENT.c.due_date, _ALLOCATION.c.value_date)
        .order_by(_OWNER, _INSTALMENT.c.due_date, _ALLOCATION.c.value_date)
    )
    return session.connection().execute(query)


def _still_owed(session: Session, day: date, of: Whose) -> Any:
    disputed = disputed_on(day)
    cents, source = open_items(day)
    query = (
        select(_OWNER, _INSTALMENT.c.due_date, func.sum(cents))
        .select_from(source.outerjoin(disputed, disputed.c.owner == _INVOICE.c.id))
        .where(cents > 0, *_due_in_window(day, disputed, of))
        .group_by(_OWNER, _INSTALMENT.c.due_date)
        .order_by(_OWNER, _INSTALMENT.c.due_date)
    )
    return session.connection().execute(query)


def _formal_notices(session: Session, day: date) -> set[int]:
    """Customers to whom a formal notice has left in the window."""
    query = (
        select(_OWNER)
        .select_from(_MESSAGE.join(_CUSTOMER, _CUSTOMER.c.id == _MESSAGE.c.customer_id))
        .where(
            _MESSAGE.c.purpose == "dunning",
            _MESSAGE.c.level == _FORMAL_NOTICE,
            _MESSAGE.c.state == State.SENT.value,
            _MESSAGE.c.day > window(day),
            _MESSAGE.c.day <= day,
        )
        .distinct()
    )
    return set(session.connection().execute(query).scalars())


def segments_kept(session: Session) -> dict[int, tuple[str, str]]:
    """Key of a customer → the segment kept with it, and where that came from."""
    query = select(_CUSTOMER.c.id, _CUSTOMER.c.segment, _CUSTOMER.c.segment_origin).order_by(_CUSTOMER.c.id)
    return {key: (segment, origin) for key, segment, origin in session.connection().execute(query)}
