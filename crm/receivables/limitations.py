"""Reads of what nears its limitation: open instalments whose claim soon can no longer be brought, as of a day.

The term is that of the customer's regime, counted from the original due date; a part payment set against the instalment, or
a payment plan the customer signed, is an acknowledgement and starts it anew (C. civ. 2240). Credit notes and differences
written off do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER
from crm.law.limitation import REGIMES, latest_start, limitation
from crm.law.series import Law
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice
from crm.receivables.planned import signatures
from crm.receivables.queries import Whose, open_items

ALARM_DAYS = 180
"""House practice: so long before the last day the alarm is raised. Only the service of an order interrupts, not its request."""

_INVOICE, _INSTALMENT, _ALLOCATION = table_of(Invoice), table_of(Instalment), table_of(Allocation)
_CUSTOMER = CUSTOMER
_OWNER = table_of(Customer).alias("owner")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LimitationLine:
    """An open instalment and the last day on which it can be claimed in court. Cents."""

    invoice: str
    customer: str
    name: str
    regime: str
    currency: str
    due: date
    open: int
    last_day: date
    since: date
    """What the term is counted from: the due date, the last part payment, or the signature of a plan."""

    def days_left(self, today: date) -> int:
        """0 on the last day, negative once the claim is barred."""
        return (self.last_day - today).days


def limitation_lines(
    session: Session, day: date, of: Whose, law: Law, *, within: int = ALARM_DAYS, lapsed: bool = False
) -> tuple[LimitationLine, ...]:
    """Open instalments whose last day comes within so many days, the soonest first; `lapsed` adds those it has passed.

    A customer whose regime is not stated is counted as a consumer, whose term is the shortest; a merged customer stands
    under the one it was merged into.

    Raises:
        Refused: the length of a term is not known.
    """
    until = day + timedelta(within)
    # Few debts are that old: what is open of each is looked up rather than added up for all.
    open_cents, source = open_items(day, by_row=True)
    query = (
        select(
            _INSTALMENT.c.id,
            _INSTALMENT.c.due_date,
            _INVOICE.c.number,
            _INVOICE.c.currency,
            _OWNER.c.number.label("customer"),
            _OWNER.c.name,
            _OWNER.c.regime,
            open_cents.label("open"),
        )
        .select_from(source.join(_OWNER, _OWNER.c.id == func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)))
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            _old_enough(until, law),
            open_cents > 0,
            *of.conditions(),
        )
        .order_by(_INSTALMENT.c.due_date, _INVOICE.c.number, _INSTALMENT.c.id)
    )
    items = session.connection().execute(query).all()
    acts = _acknowledgements(session, day, [item.id for item in items])
    lines = [_line(item, law, acts.get(item.id, ())) for item in items]
    chosen = [line for line in lines if line.last_day <= until and (lapsed or line.last_day >= day)]
    return tuple(sorted(chosen, key=lambda line: (line.last_day, line.invoice, line.due)))


def _old_enough(until: date, law: Law) -> ColumnElement[bool]:
    """Due so long ago that the term of its regime may have ended by a day."""
    regime, due = _OWNER.c.regime, _INSTALMENT.c.due_date
    return or_(
        *(and_(regime == name, due <= latest_start(until, name, law)) for name in REGIMES),
        and_(regime.not_in(REGIMES), due <= latest_start(until, "", law)),
    )


def _acknowledgements(session: Session, day: date, instalments: Sequence[int]) -> dict[int, list[date]]:
    """The days on which something was paid on each, what was taken back left out, or a plan about it was signed."""
    found: dict[int, list[date]] = {}
    for start in range(0, len(instalments), _AT_ONCE):
        query = (
            select(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
            .where(
                _ALLOCATION.c.instalment_id.in_(instalments[start : start + _AT_ONCE]),
                _ALLOCATION.c.payment_id.is_not(None),
                _ALLOCATION.c.value_date <= day,
            )
            .group_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
            .having(func.sum(_ALLOCATION.c.cents) > 0)
            .order_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
        )
        for instalment, paid in session.connection().execute(query):
            found.setdefault(instalment, []).append(paid)
        for instalment, signed in signatures(session, day, instalments[start : start + _AT_ONCE]).items():
            found.setdefault(instalment, []).extend(signed)
    return found


def _line(item: Any, law: Law, payments: Sequence[date]) -> LimitationLine:
    term = limitation(item.due_date, item.regime, law, payments)
    return LimitationLine(
        invoice=item.number,
        customer=item.customer,
        name=item.name,
        regime=item.regime,
        currency=item.currency,
        due=item.due_date,
        open=int(item.open),
        last_day=term.last_day,
        since=term.since,
    )
