"""Reads of payment plans, with all that was set against what they cover. Set-based: a few statements for a whole portfolio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.receivables.models import (
    LOSS,
    Allocation,
    Instalment,
    Invoice,
    PaymentPlan,
    PlanCover,
    PlanInstalment,
    WriteOff,
)
from crm.receivables.plans import Cover, Plan, PlanStatus, Rate, Slice
from crm.receivables.whose import Whose

_PLAN, _RATE, _COVER = table_of(PaymentPlan), table_of(PlanInstalment), table_of(PlanCover)
_INSTALMENT, _INVOICE = table_of(Instalment), table_of(Invoice)
_ALLOCATION, _CUSTOMER, _WRITE_OFF = table_of(Allocation), CUSTOMER, table_of(WriteOff)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan as it stands on a day."""

    id: int
    customer_id: int
    """The customer, or the one it was merged into."""
    customer: str
    name: str
    currency: str
    plan: Plan
    status: PlanStatus
    signed: date | None
    signed_file: str
    ended_reason: str
    contact: str
    note: str

    @property
    def numbers(self) -> tuple[str, ...]:
        """The invoices it covers."""
        return tuple(dict.fromkeys(cover.number for cover in self.plan.covers))


def with_plans(session: Session, day: date) -> set[int]:
    """Customers with whom any plan was made up to a day."""
    owner = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
    query = (
        select(owner)
        .select_from(_PLAN.join(_CUSTOMER, _CUSTOMER.c.id == _PLAN.c.customer_id))
        .where(_PLAN.c.made <= day)
        .distinct()
    )
    return set(session.connection().execute(query).scalars())


def plan_lines(session: Session, day: date, of: Whose, *, running: bool = False) -> tuple[PlanLine, ...]:
    """Plans made up to a day, the oldest first; `running`: without those cancelled by then."""
    chosen = [_PLAN.c.made <= day, *of.conditions()]
    if running:
        chosen.append(or_(_PLAN.c.ended.is_(None), _PLAN.c.ended > day))
    connection = session.connection()
    rows = connection.execute(
        select(
            _PLAN, _CUSTOMER.c.number, _CUSTOMER.c.name, func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id).label("owner")
        )
        .select_from(_PLAN.join(_CUSTOMER, _CUSTOMER.c.id == _PLAN.c.customer_id))
        .where(*chosen)
        .order_by(_PLAN.c.made, _PLAN.c.id)
    ).all()  # fmt: skip  # read as a table: columns side by side
    if not rows:
        return ()
    meant = select(_PLAN.c.id).select_from(_PLAN.join(_CUSTOMER, _CUSTOMER.c.id == _PLAN.c.customer_id)).where(*chosen)
    rates: dict[int, list[Rate]] = {}
    for rate in connection.execute(select(_RATE).where(_RATE.c.plan_id.in_(meant)).order_by(_RATE.c.rank)):
        rates.setdefault(rate.plan_id, []).append(Rate(rate.id, rate.rank, rate.due_date, int(rate.cents)))
    covers = _covers(session, day, meant)
    return tuple(_line(row, rates.get(row.id, []), covers.get(row.id, []), day) for row in rows)


def _covers(session: Session, day: date, meant: Any) -> Mapping[int, Sequence[Cover]]:
    """What each plan covers, in the order in which it is paid."""
    connection = session.connection()
    used: dict[int, list[tuple[date, int]]] = {}
    lost: dict[int, list[tuple[date, int]]] = {}
    given_up = func.sum(case((_WRITE_OFF.c.reason == LOSS, _ALLOCATION.c.cents), else_=0))
    uses = (
        select(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date, func.sum(_ALLOCATION.c.cents), given_up)
        .select_from(_ALLOCATION.outerjoin(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id))
        .where(
            _ALLOCATION.c.instalment_id.in_(select(_COVER.c.instalment_id).where(_COVER.c.plan_id.in_(meant))),
            _ALLOCATION.c.value_date <= day,
        )
        .group_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
        .order_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
    )
    for instalment, on, cents, gone in connection.execute(uses):
        used.setdefault(instalment, []).append((on, int(cents)))
        if gone:
            lost.setdefault(instalment, []).append((on, int(gone)))
    found: dict[int, list[Cover]] = {}
    query = (
        select(_COVER, _INSTALMENT.c.due_date, _INSTALMENT.c.cents.label("total"), _INSTALMENT.c.invoice_id, _INVOICE.c.number)
        .select_from(
            _COVER.join(_INSTALMENT, _INSTALMENT.c.id == _COVER.c.instalment_id).join(
                _INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id
            )
        )
        .where(_COVER.c.plan_id.in_(meant))
        .order_by(_INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    for row in connection.execute(query):
        cover = Cover(
            row.instalment_id,
            row.invoice_id,
            row.number,
            row.due_date,
            int(row.total),
            int(row.open_cents),
            int(row.cents),
            tuple(used.get(row.instalment_id, ())),
            tuple(lost.get(row.instalment_id, ())),
        )
        found.setdefault(row.plan_id, []).append(cover)
    return found


def _line(row: Any, rates: Sequence[Rate], covers: Sequence[Cover], day: date) -> PlanLine:
    ended = row.ended if row.ended is not None and row.ended <= day else None
    plan = Plan(row.made, row.grace_days, ended, tuple(rates), tuple(covers))
    return PlanLine(
        row.id,
        row.owner,
        row.number,
        row.name,
        row.currency,
        plan,
        plan.status(day),
        row.signed if row.signed is not None and row.signed <= day else None,
        row.signed_file,
        row.ended_reason if ended else "",
        row.contact,
        row.note,
    )


@dataclass(frozen=True, slots=True)
class InForce:
    """The plans whose days count on a day, and how they lay out what is open. False where there is none."""

    lines: tuple[PlanLine, ...] = ()
    slices: Mapping[int, tuple[Slice, ...]] = field(default_factory=dict)
    """Instalment of an invoice → what of it is due on which day of the plan."""

    def __bool__(self) -> bool:
        return bool(self.lines)

    @property
    def customer_ids(self) -> frozenset[int]:
        """Whose they are."""
        return frozenset(line.customer_id for line in self.lines)


def plans_in_force(session: Session, day: date, of: Whose) -> InForce:
    """The plans that are neither cancelled, broken nor paid on the day."""
    lines = tuple(line for line in plan_lines(session, day, of, running=True) if line.plan.in_force(day))
    slices: dict[int, list[Slice]] = {}
    for line in lines:
        for piece in line.plan.slices(day):
            slices.setdefault(piece.instalment_id, []).append(piece)
    return InForce(lines, {key: tuple(pieces) for key, pieces in slices.items()})


def put_off(plans: InForce, day: date, currency: str) -> int:
    """What is late by its own day and not by its plan's, less what is late by its plan's day alone. Cents."""
    cents = 0
    for line in plans.lines:
        if line.currency == currency:
            own = {cover.instalment_id: cover.due for cover in line.plan.covers}
            for piece in line.plan.slices(day):
                cents += piece.cents * ((own[piece.instalment_id] < day) - (piece.rate.due < day))
    return cents


def signatures(session: Session, day: date, instalments: Sequence[int]) -> dict[int, list[date]]:
    """The days on which plans about each were signed: acknowledgements of the debt (C. civ. 2240)."""
    query = (
        select(_COVER.c.instalment_id, _PLAN.c.signed)
        .select_from(_COVER.join(_PLAN, _PLAN.c.id == _COVER.c.plan_id))
        .where(_COVER.c.instalment_id.in_(instalments), _PLAN.c.signed <= day)
        .order_by(_COVER.c.instalment_id, _PLAN.c.signed)
    )
    found: dict[int, list[date]] = {}
    for instalment, signed in session.connection().execute(query):
        found.setdefault(instalment, []).append(signed)
    return found
