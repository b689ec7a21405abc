"""Reads of what a payment plan may cover: open instalments of invoices, less what is in dispute."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.receivables.models import DocumentKind, Instalment, Invoice
from crm.receivables.planned import plans_in_force
from crm.receivables.queries import Whose, disputed_on, open_items

_INSTALMENT, _INVOICE = table_of(Instalment), table_of(Invoice)


@dataclass(frozen=True, slots=True)
class Coverable:
    """An open instalment that a plan may cover. Cents."""

    instalment_id: int
    number: str
    currency: str
    due: date
    whole: int
    """What is open of it."""
    open: int
    """What of that is not in dispute."""
    planned: bool
    """A plan in force covers it already."""


def coverable(session: Session, day: date, of: Whose) -> tuple[Coverable, ...]:
    """Open instalments of invoices, the earliest due first; a part in dispute lowers the earliest of its invoice."""
    open_cents, source = open_items(day, by_row=of.few)
    disputed = disputed_on(day)
    query = (
        select(
            _INSTALMENT.c.id,
            _INVOICE.c.id.label("invoice_id"),
            _INVOICE.c.number,
            _INVOICE.c.currency,
            _INSTALMENT.c.due_date,
            open_cents.label("open"),
            case((disputed.c.owner.is_(None), 0), (disputed.c.part.is_(None), -1), else_=disputed.c.part).label("part"),
        )
        .select_from(source.outerjoin(disputed, disputed.c.owner == _INVOICE.c.id))
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            open_cents > 0,
            *of.conditions(),
        )
        .order_by(_INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )
    planned = plans_in_force(session, day, of).slices
    left: dict[int, int] = {}
    found = []
    for row in session.connection().execute(query):
        whole = int(row.open)
        out = whole if row.part < 0 else min(whole, left.get(row.invoice_id, int(row.part)))
        if row.part > 0:
            left[row.invoice_id] = left.get(row.invoice_id, int(row.part)) - out
        found.append(Coverable(row.id, row.number, row.currency, row.due_date, whole, whole - out, row.id in planned))
    return tuple(found)
