"""Which instalments a dispute lies on: a part in dispute lies on the earliest due of its invoice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from crm.core.db import table_of
from crm.receivables.models import DocumentKind, Instalment, Invoice
from crm.receivables.planned import InForce
from crm.receivables.plans import laid_out
from crm.receivables.queries import disputed_on, open_items

_INVOICE, _INSTALMENT = table_of(Invoice), table_of(Instalment)


@dataclass(frozen=True, slots=True)
class DisputedPart:
    """What of an instalment is in dispute. Cents."""

    instalment_id: int
    due: date
    cents: int
    open: int
    """What is open of the instalment, in dispute or not."""

    def by_day(self, plans: InForce) -> Iterator[tuple[date, int]]:
        """On which days it would be due: its own first, then those of a plan."""
        left = self.cents
        for due, cents, _slice in laid_out(self.open, self.due, plans.slices.get(self.instalment_id, ())):
            if taken := min(left, cents):
                yield due, taken
                left -= taken


def disputed_parts(session: Session, day: date, *conditions: Any) -> list[DisputedPart]:
    """What is in dispute on a day, by instalment; conditions over invoices and customers narrow it."""
    disputed = disputed_on(day)
    open_cents, source = open_items(day, by_row=True)
    query = (
        select(_INVOICE.c.id, _INSTALMENT.c.id, _INSTALMENT.c.due_date, open_cents, disputed.c.part)
        .select_from(source.join(disputed, disputed.c.owner == _INVOICE.c.id))
        .where(
            _INVOICE.c.issue_date <= day,
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            open_cents > 0,
            *conditions,
        )
        .order_by(_INVOICE.c.id, _INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )
    left: dict[int, int] = {}
    found = []
    for invoice, key, due, still_open, part in session.connection().execute(query):
        taken = int(still_open) if part is None else min(int(still_open), left.get(invoice, int(part)))
        if part is not None:
            left[invoice] = left.get(invoice, int(part)) - taken
        if taken:
            found.append(DisputedPart(key, due, taken, int(still_open)))
    return found
