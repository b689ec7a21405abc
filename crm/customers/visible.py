"""The customer that answers speak of: facts keep the one they were recorded for, reads name the one it was merged into."""

from collections.abc import Iterable, Mapping

from sqlalchemy import FromClause, func, select
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from crm.core.db import table_of
from crm.customers.models import Customer

_OWN = table_of(Customer)
_ROOT = _OWN.alias("whole")
_KEPT = {"id", "root_id", "merged_on", "entry_id", "touched_id"}
"""What stays the record's own: the key by which facts refer to it, and the link itself."""

# An outer join: a database leaves it out of a query that asks for nothing of it, and no row is ever lost or added.
CUSTOMER: FromClause = (
    select(
        *(_OWN.c[name] for name in sorted(_KEPT)),
        *(_ROOT.c[column.name] for column in _OWN.c if column.name not in _KEPT),
    )
    .select_from(_OWN.outerjoin(_ROOT, _ROOT.c.id == func.coalesce(_OWN.c.root_id, _OWN.c.id)))
    .subquery("known")
)
"""Stands for the table of customers in every read that joins facts to it: `id` is the record's own, so that facts find it;
`root_id` is the record it was merged into, if any; all other columns are those of the customer as a whole."""


def as_one(session: Session, customer_id: int) -> Customer:
    """The customer that a record belongs to: the one it was merged into, else itself."""
    row = session.get_one(Customer, customer_id)
    return row if row.root_id is None else session.get_one(Customer, row.root_id)


def records_of(session: Session, customer_id: int) -> tuple[int, ...]:
    """The keys of a customer and of whoever was merged into it."""
    merged = rows_of(Customer.id).where(Customer.root_id == customer_id).order_by(col(Customer.id))
    return (customer_id, *session.exec(merged))


def merged(session: Session) -> Mapping[int, int]:
    """Key of a record that was merged → that of the customer it was merged into. There are few."""
    rows = session.connection().execute(select(_OWN.c.id, _OWN.c.root_id).where(_OWN.c.root_id.is_not(None)))
    return {row.id: row.root_id for row in rows}


def with_merged(session: Session, customer_ids: Iterable[int]) -> list[int]:
    """The keys of some customers, and of whoever was merged into one of them."""
    wanted = list(customer_ids)
    known = set(wanted)
    return [*wanted, *(own for own, root in merged(session).items() if root in known)]
