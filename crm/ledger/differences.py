"""Reads of differences: what matches left, what was decided about it, and what nobody has decided about yet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlmodel import Session

from crm.access.queries import user_names
from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.ledger.causes import Cause, Decision, proposed
from crm.ledger.models import ResidualDecision
from crm.ledger.postings import Lines, Split, Vat, split
from crm.ledger.queries import doubtful_lines
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice, Payment, Residual
from crm.receivables.queries import Whose, document_lines, free_money

_DECISION, _RESIDUAL, _ALLOCATION = table_of(ResidualDecision), table_of(Residual), table_of(Allocation)
_INVOICE, _INSTALMENT, _PAYMENT = table_of(Invoice), table_of(Instalment), table_of(Payment)
_CUSTOMER = CUSTOMER


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A difference as it stands. Cents: short is positive, too much negative."""

    invoice: str
    payment_id: int | None
    payment: str
    customer: str
    name: str
    currency: str
    cents: int
    cause: str
    """Empty: nobody has said."""
    decision: str
    """Empty: nothing is decided."""
    entry: Lines
    owner: str
    until: date | None
    decided: date | None
    note: str = ""
    owner_name: str = ""
    """What whoever sees to it is called."""

    def late(self, day: date) -> bool:
        """Whether it was to be looked at again by now."""
        return self.until is not None and self.until <= day and self.decision != Decision.WRITE_OFF

    @property
    def subject(self) -> tuple[str, int | None]:
        """What the latest word is about."""
        return self.invoice, self.payment_id if not self.invoice else None


_LOOK_AGAIN = timedelta(days=30)
"""What the matching left open is looked at again after so long."""


def difference_lines(session: Session, day: date, of: Whose, *, ended: bool = False) -> tuple[DifferenceLine, ...]:
    """Differences, those nobody has decided about first, then the latest decisions. Doubtful debts have a list of their own.

    A decision to keep something open is told as long as something is open; what was written off stays told as long as it
    stands. `ended` tells those too that are settled since.
    """
    short = {line.number: line for line in document_lines(session, day, of, only_open=True) if line.open > 0}
    excess = {row.id: row for row in _free(session, day, of)}
    decided = _decided(session, of, None if ended else short.keys() | set(excess))
    told = {line.subject for line in decided if line.decision != Decision.WRITE_OFF}
    matching = [
        line
        for line in _of_matching(session, of, None if ended else short.keys() | set(excess))
        if line.subject not in told
    ]
    told |= {line.subject for line in matching if line.decision != Decision.WRITE_OFF}
    doubted = {(line.invoice, None) for line in doubtful_lines(session, day, of)}
    undecided = [
        DifferenceLine(line.number, None, "", line.customer, line.name, line.currency, line.open, "", "", (), "", None, None)
        for line in short.values()
        if line.open < line.total and line.kind == DocumentKind.INVOICE.value and (line.number, None) not in told | doubted
    ] + [
        DifferenceLine("", row.id, row.reference, row.number, row.name, row.currency, -int(row.free), "", "", (), "", None, None)
        for row in excess.values()
        if ("", row.id) not in told
    ]  # fmt: skip  # read as a table: columns side by side
    names = user_names(session)
    return (
        *undecided,
        *(
            replace(line, owner_name=names.get(line.owner, line.owner))
            for line in sorted(
                [*decided, *matching], key=lambda line: (line.decided or date.min, line.invoice), reverse=True
            )
        ),
    )


def _free(session: Session, day: date, of: Whose) -> Iterable[Any]:
    """Money that settles nothing, of customers who are known."""
    free, source = free_money(day, by_row=of.few)
    query = (
        select(_PAYMENT.c.id, _PAYMENT.c.reference, _PAYMENT.c.currency, type_coerce(free, BigInteger).label("free"),
               _CUSTOMER.c.number, _CUSTOMER.c.name)
        .select_from(source)
        .where(_PAYMENT.c.received <= day, free > 0, _CUSTOMER.c.id.is_not(None), *of.conditions())
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    return session.connection().execute(query).all()


def _decided(session: Session, of: Whose, still_open: set[Any] | None) -> list[DifferenceLine]:
    """The latest word about each, and every write-off that stands."""
    standing = _standing("write_off_id")
    owner = _CUSTOMER.c.id == func.coalesce(_INVOICE.c.customer_id, _PAYMENT.c.customer_id)
    query = (
        select(_DECISION, _INVOICE.c.number.label("invoice"), _INVOICE.c.total_cents, _INVOICE.c.net_cents,
               _PAYMENT.c.reference, _CUSTOMER.c.number, _CUSTOMER.c.name, standing.c.cents.label("standing"))
        .select_from(
            _DECISION.outerjoin(_INVOICE, _INVOICE.c.id == _DECISION.c.invoice_id)
            .outerjoin(_PAYMENT, _PAYMENT.c.id == _DECISION.c.payment_id)
            .outerjoin(standing, standing.c.write_off_id == _DECISION.c.write_off_id)
            .join(_CUSTOMER, owner)
        )
        .where(*of.conditions())
        .order_by(_DECISION.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    latest: dict[Any, DifferenceLine] = {}
    for row in session.connection().execute(query):
        part = part_of(abs(row.cents), row.total_cents, row.net_cents)
        line = DifferenceLine(
            row.invoice or "", row.payment_id, row.reference or "", row.number, row.name, row.currency, int(row.cents),
            row.cause, row.decision,
            proposed(Cause(row.cause), Decision(row.decision), int(row.cents), part, vat=Vat(row.vat)),
            row.owner, row.until, row.decided, row.note,
        )  # fmt: skip  # read as a table: columns side by side
        if row.decision == Decision.WRITE_OFF:
            latest |= {row.id: line} if row.standing else {}
        elif still_open is None or (row.invoice or row.payment_id) in still_open:
            latest[line.subject] = line
    return list(latest.values())


def _of_matching(session: Session, of: Whose, still_open: set[Any] | None) -> list[DifferenceLine]:
    """What the matching left with a reason."""
    standing = _standing("residual_id")
    owner = _CUSTOMER.c.id == func.coalesce(_INVOICE.c.customer_id, _PAYMENT.c.customer_id)
    query = (
        select(_RESIDUAL, standing.c.cents.label("standing"), _INVOICE.c.number.label("invoice"),
               _INVOICE.c.total_cents, _INVOICE.c.net_cents, _PAYMENT.c.reference, _CUSTOMER.c.number, _CUSTOMER.c.name,
               _CUSTOMER.c.account_manager)
        .select_from(
            _RESIDUAL.join(_PAYMENT, _PAYMENT.c.id == _RESIDUAL.c.payment_id)
            .outerjoin(_INSTALMENT, _INSTALMENT.c.id == _RESIDUAL.c.instalment_id)
            .outerjoin(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .outerjoin(standing, standing.c.residual_id == _RESIDUAL.c.id)
            .join(_CUSTOMER, owner)
        )
        .where(*of.conditions())
        .order_by(_RESIDUAL.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    found = []
    for row in session.connection().execute(query):
        gone = (
            not row.standing
            if row.decision == Decision.WRITE_OFF
            else still_open is not None and (row.invoice or row.payment_id) not in still_open
        )
        if not gone:
            part = part_of(abs(row.cents), row.total_cents, row.net_cents)
            entry = proposed(Cause(row.reason), Decision(row.decision), int(row.cents), part)
            found.append(
                DifferenceLine(
                    row.invoice or "", None if row.invoice else row.payment_id, row.reference, row.number, row.name,
                    row.currency, int(row.cents), row.reason, row.decision, entry, row.account_manager,
                    None if row.decision == Decision.WRITE_OFF else row.decided + _LOOK_AGAIN, row.decided,
                )
            )  # fmt: skip  # read as a table: columns side by side
    return found


def _standing(side: str) -> Any:
    """What of each write-off stands."""
    column = _ALLOCATION.c[side]
    query = select(column, func.sum(_ALLOCATION.c.cents).label("cents")).where(column.is_not(None))
    return query.group_by(column).subquery()


def part_of(cents: int, total: int | None, net: int | None, rest: int = 0) -> Split:
    """Some of an invoice as what is without tax and the tax; no tax where the invoice does not tell it."""
    return Split(cents, 0) if net is None or total is None else split(cents, total, net, rest=rest)
