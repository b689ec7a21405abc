"""Reads of the penalty ledger: what was late, what was decided, and whom the law stops counting for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import Customer, Hold, HoldKind
from crm.customers.queries import the_company
from crm.customers.visible import CUSTOMER
from crm.law.queries import series
from crm.law.rates import clause_rate
from crm.receivables.disputed_parts import disputed_parts
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice, PenaltyDecision
from crm.receivables.penalties import BEARING, Decided, PartOwed, PenaltyAccount, PenaltyChoice, account
from crm.receivables.queries import Whose

_INVOICE, _INSTALMENT, _ALLOCATION = table_of(Invoice), table_of(Instalment), table_of(Allocation)
_CUSTOMER, _HOLD, _DECISION = CUSTOMER, table_of(Hold), table_of(PenaltyDecision)
_OWNER = table_of(Customer).alias("owner")


@dataclass(frozen=True, slots=True)
class PenaltyLine:
    """An invoice with its penalties as they stand on a day."""

    invoice_id: int
    invoice: str
    customer: str
    name: str
    regime: str
    account: PenaltyAccount
    decided: tuple[Decided, ...]
    open: int
    """What of the invoice itself is still open, in cents."""


def penalty_lines(
    session: Session, day: date, of: Whose, *, number: str | None = None, until: date | None = None
) -> tuple[PenaltyLine, ...]:
    """Invoices that were or are late, by customer and due date; only of regimes that owe penalties by law.

    `day` is the day of which facts are known, `until` (the same if left out) the day up to which is counted.

    Raises:
        Refused: a legal value that is not known.
    """
    law, company = series(session), the_company(session)
    clause = clause_rate(company.penalty_clause) if company else None
    decided, stopped = _decided(session, day), _stopped(session)
    disputed = {part.instalment_id: part.cents for part in disputed_parts(session, day, *of.conditions())}
    found = []
    for key, told in groupby(_late(session, day, of, number), key=lambda row: row.id):
        rows = list(told)
        first, parts, left = rows[0], [], 0
        for instalment, moved in groupby(rows, key=lambda row: row.instalment):
            moves = list(moved)
            settled = tuple((row.value_date, int(row.moved)) for row in moves if row.value_date and row.moved)
            parts.append(PartOwed(moves[0].due_date, int(moves[0].cents) - disputed.get(instalment, 0), settled))
            left += int(moves[0].cents) - sum(cents for _day, cents in settled)
        one = account(
            first.currency, first.regime, parts, until or day, law, clause=clause, stopped=stopped.get(first.owner),
            decided=decided.get(key, ()),
        )  # fmt: skip  # read as a table: columns side by side
        if one is not None:
            found.append(
                PenaltyLine(
                    key, first.number, first.customer, first.name, first.regime, one, decided.get(key, ()), left
                )
            )
    return tuple(found)


def _late(session: Session, day: date, of: Whose, number: str | None) -> Sequence[Any]:
    """Instalments past their due date with what was set against them by day, where anything came late or is open."""
    later = (
        select(_ALLOCATION.c.id)
        .where(
            _ALLOCATION.c.instalment_id == _INSTALMENT.c.id,
            _ALLOCATION.c.value_date > _INSTALMENT.c.due_date,
            _ALLOCATION.c.value_date <= day,
        )
        .correlate(_INSTALMENT)
        .exists()
    )
    settled = (
        select(func.coalesce(func.sum(_ALLOCATION.c.cents), 0))
        .where(_ALLOCATION.c.instalment_id == _INSTALMENT.c.id, _ALLOCATION.c.value_date <= day)
        .correlate(_INSTALMENT)
        .scalar_subquery()
    )
    query = (
        select(
            _INVOICE.c.id, _INVOICE.c.number, _INVOICE.c.currency, _OWNER.c.id.label("owner"),
            _OWNER.c.number.label("customer"), _OWNER.c.name, _OWNER.c.regime, _INSTALMENT.c.id.label("instalment"),
            _INSTALMENT.c.due_date, _INSTALMENT.c.cents, _ALLOCATION.c.value_date,
            func.sum(_ALLOCATION.c.cents).label("moved"),
        )
        .select_from(
            _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
            .join(_OWNER, _OWNER.c.id == func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id))
            .outerjoin(
                _ALLOCATION,
                (_ALLOCATION.c.instalment_id == _INSTALMENT.c.id) & (_ALLOCATION.c.value_date <= day),
            )
        )
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value, _INVOICE.c.sale, _INVOICE.c.issue_date <= day,
            _INSTALMENT.c.due_date < day,
            _INSTALMENT.c.cents > 0, _OWNER.c.regime.in_(BEARING), or_(later, settled < _INSTALMENT.c.cents),
            *of.conditions(),
        )
        .group_by(_INVOICE.c.id, _OWNER.c.id, _INSTALMENT.c.id, _ALLOCATION.c.value_date)
        .order_by(_OWNER.c.name, _OWNER.c.id, _INVOICE.c.id, _INSTALMENT.c.due_date, _INSTALMENT.c.id,
                  _ALLOCATION.c.value_date)
    )  # fmt: skip  # read as a table: columns side by side
    if number is not None:
        query = query.where(_INVOICE.c.number == number)
    return session.connection().execute(query).all()


def _decided(session: Session, day: date) -> Mapping[int, tuple[Decided, ...]]:
    query = select(_DECISION).where(_DECISION.c.decided <= day).order_by(_DECISION.c.invoice_id, _DECISION.c.id)
    rows = session.connection().execute(query).all()
    return {
        key: tuple(
            Decided(
                PenaltyChoice(row.decision), row.decided, int(row.interest_cents), int(row.indemnity_cents),
                row.reference, row.reason,
            )
            for row in told
        )
        for key, told in groupby(rows, key=lambda row: row.invoice_id)
    }  # fmt: skip  # read as a table: columns side by side


def _stopped(session: Session) -> Mapping[int, date]:
    """Customer → the day of the judgment that stopped interest."""
    owner = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
    query = (
        select(owner.label("customer"), func.min(_HOLD.c.since).label("since"))
        .select_from(_HOLD.join(_CUSTOMER, _CUSTOMER.c.id == _HOLD.c.customer_id))
        .where(_HOLD.c.kind == HoldKind.INSOLVENCY.value, _HOLD.c.lifted.is_(None))
        .group_by(owner)
        .order_by(owner)
    )
    return {row.customer: row.since for row in session.connection().execute(query)}
