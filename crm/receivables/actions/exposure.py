"""Credit limits: what is outstanding beside what was agreed, and holds on new orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.errors import refuse_if
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import CUSTOMER, records_of
from crm.receivables.actions.balance import AgedBalance
from crm.receivables.models import OrderHold
from crm.receivables.order_links import open_orders, ordering
from crm.receivables.queries import Whose, aged_lines, whose

_CUSTOMER, _HOLD = CUSTOMER, table_of(OrderHold)


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """What is outstanding at a customer in one currency, beside the limit. Cents; limits are in euros."""

    customer: str
    name: str
    currency: str
    open: int
    unallocated: int
    """Zero or negative."""
    overdue: int
    limit: int | None
    hold: str
    """Why no new orders are taken; empty: they are."""
    orders: int = 0
    """Orders that are promised and not invoiced yet."""

    @property
    def exposure(self) -> int:
        """What would be lost if the customer failed today and what is promised had been delivered."""
        return self.open + self.unallocated + self.orders

    @property
    def left(self) -> int | None:
        """What may still be sold on credit; negative: the limit is exceeded. None: no limit is agreed."""
        return None if self.limit is None else self.limit - self.exposure

    @property
    def exceeded(self) -> bool:
        """Whether more is outstanding than was agreed."""
        return self.left is not None and self.left < 0


@dataclass(frozen=True, slots=True)
class ExposureList:
    """Exposures on a day, those over their limit first."""

    as_of: date
    lines: tuple[ExposureLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a customer and currency."""
        return {
            "as_of": self.as_of.isoformat(),
            "exposures": [
                {
                    "customer": line.customer,
                    "name": line.name,
                    "currency": line.currency,
                    "open": plain(line.open, line.currency),
                    "orders": plain(line.orders, line.currency),
                    "unallocated": plain(line.unallocated, line.currency),
                    "exposure": plain(line.exposure, line.currency),
                    "overdue": plain(line.overdue, line.currency),
                    "limit": None if line.limit is None else plain(line.limit, line.currency),
                    "left": None if line.left is None else plain(line.left, line.currency),
                    "exceeded": line.exceeded,
                    "order_hold": line.hold or None,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer and currency."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("exposure", _("Exposure"), Kind.MONEY),
            Column("orders", _("Of which orders"), Kind.MONEY),
            Column("limit", _("Limit"), Kind.MONEY),
            Column("left", _("Still available"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("hold", _("New orders")),
        )
        rows = tuple(self._row(line) for line in self.lines)
        return Sheet(
            plural("{count} exposure", "{count} exposures", len(rows)),
            columns,
            rows,
            formula=_(
                "Open invoices less unallocated money, and orders not invoiced yet; limit less exposure is left."
            ),
            as_of=self.as_of,
        )

    def _row(self, line: ExposureLine) -> tuple[Value | Cell, ...]:
        opens = AgedBalance(customer=line.customer, as_of=self.as_of)
        limit = Money(line.limit, line.currency) if line.limit is not None else "—"
        left = Money(line.left, line.currency) if line.left is not None else "—"
        hold = _("on hold: {reason}").format(reason=line.hold) if line.hold else ""
        return (
            line.customer, line.name, Cell(Money(line.exposure, line.currency), opens),
            Money(line.orders, line.currency) if line.orders else None, limit, left,
            Money(line.overdue, line.currency), hold or (_("limit exceeded") if line.exceeded else ""),
        )  # fmt: skip  # read as a table: columns side by side


def exposure_lines(session: Session, day: date, of: Whose) -> tuple[ExposureLine, ...]:
    """Customers with something outstanding, orders, a limit or a hold, those over their limit first, then the largest."""
    orders = open_orders(session, day, of)
    limits = {
        row.id: row
        for row in session.connection().execute(
            select(_CUSTOMER.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name, _CUSTOMER.c.credit_limit_cents)
            .where(
                _CUSTOMER.c.root_id.is_(None),
                _CUSTOMER.c.credit_limit_cents.is_not(None)
                | _CUSTOMER.c.id.in_(_held(day))
                | _CUSTOMER.c.id.in_(ordering(day)),
                *of.conditions(),
            )
            .order_by(_CUSTOMER.c.id)
        )
    }
    holds = _holds(session, day)
    by_number = {row.number: row for row in limits.values()}
    promised: dict[str, dict[str, int]] = {}
    for (owner, currency), cents in orders.items():
        promised.setdefault(limits[owner].number, {})[currency] = cents
    found, told = [], set()
    for line in aged_lines(session, day, of):
        if not line.customer:
            continue
        told.add((line.customer, line.currency))
        row = by_number.get(line.customer)
        found.append(
            ExposureLine(
                line.customer, line.name, line.currency, line.not_due + line.overdue, line.unallocated, line.overdue,
                row.credit_limit_cents if row and line.currency == EURO else None, holds.get(line.customer, ""),
                promised.get(line.customer, {}).get(line.currency, 0),
            )
        )  # fmt: skip  # read as a table: columns side by side
    for row in limits.values():
        bare, ordered = row.credit_limit_cents is None and row.number not in holds, promised.get(row.number, {})
        for currency in sorted({EURO, *ordered}):
            cents = ordered.get(currency, 0)
            if (row.number, currency) in told or (bare and not cents):
                continue
            limit = row.credit_limit_cents if currency == EURO else None
            found.append(ExposureLine(row.number, row.name, currency, 0, 0, 0, limit, holds.get(row.number, ""), cents))
    return tuple(sorted(found, key=lambda one: (not one.exceeded, -one.exposure, one.name, one.currency)))


def _held(day: date) -> Any:
    own = table_of(Customer)
    held = select(func.coalesce(own.c.root_id, own.c.id)).select_from(_HOLD.join(own, own.c.id == _HOLD.c.customer_id))
    return held.where(_HOLD.c.since <= day, _HOLD.c.lifted.is_(None) | (_HOLD.c.lifted > day))


def _holds(session: Session, day: date) -> dict[str, str]:
    """Number of a customer → why no new orders are taken; a merged customer's hold is that of the one it was merged into."""
    query = (
        select(_CUSTOMER.c.number, _HOLD.c.reason)
        .select_from(_HOLD.join(_CUSTOMER, _CUSTOMER.c.id == _HOLD.c.customer_id))
        .where(_HOLD.c.since <= day, _HOLD.c.lifted.is_(None) | (_HOLD.c.lifted > day))
        .order_by(_HOLD.c.id)
    )
    return {row.number: row.reason for row in session.connection().execute(query)}


class ListExposure(Action[ExposureList]):
    """What is outstanding at each customer beside the credit limit, those over it first."""

    effect = Effect.READ

    exceeded: bool = Field(False, description="Only those over their limit")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> ExposureList:
        """Add up what is open and set the limits beside it."""
        day = self.as_of or context.today
        lines = exposure_lines(context.session, day, Whose(account_manager=self.assignee))
        return ExposureList(day, tuple(line for line in lines if line.exceeded or not self.exceeded))


class ShowExposure(Action[ExposureList]):
    """What is outstanding at one customer beside the credit limit, and whether new orders are on hold."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> ExposureList:
        """One line a currency; one in euros also where nothing is outstanding."""
        day = self.as_of or context.today
        row = find_customer(context.session, self.customer)
        return ExposureList(day, _of(context.session, day, row))


def _of(session: Session, day: date, row: Customer) -> tuple[ExposureLine, ...]:
    lines = exposure_lines(session, day, whose(row))
    return lines or (ExposureLine(row.number, row.name, EURO, 0, 0, 0, row.credit_limit_cents, ""),)


class PlaceOrderHold(Action[ExposureList]):
    """Take no new orders from a customer until further notice; reminders go on."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    reason: str = Field(min_length=3, max_length=1000, description="Why: limit exceeded, unpaid bills…")

    def perform(self, context: Context) -> ExposureList:
        """Keep it, for whoever takes orders to see.

        Raises:
            NotFound, Ambiguous: the customer named is none, or several.
            Refused: there is such a hold already.
        """
        row = find_customer(context.session, self.customer)
        refuse_if(bool(_standing(context, row)), _("New orders of {name} are on hold already.").format(name=row.name))
        context.session.add(
            OrderHold(customer_id=row.id, reason=self.reason, owner=context.actor.user, since=context.today)
        )
        context.session.flush()
        return ExposureList(context.today, _of(context.session, context.today, row))


class LiftOrderHold(Action[ExposureList]):
    """Take new orders from a customer again."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    reason: str = Field(min_length=3, max_length=1000, description="What has changed")

    def perform(self, context: Context) -> ExposureList:
        """Lift the hold from today on.

        Raises:
            NotFound, Ambiguous: the customer named is none, or several.
            Refused: there is no such hold.
        """
        row = find_customer(context.session, self.customer)
        holds = _standing(context, row)
        refuse_if(not holds, _("New orders of {name} are not on hold.").format(name=row.name))
        for hold in holds:
            hold.lifted, hold.lifted_because = context.today, self.reason
            context.session.add(hold)
        context.session.flush()
        return ExposureList(context.today, _of(context.session, context.today, row))


def _standing(context: Context, row: Customer) -> Sequence[OrderHold]:
    query = rows_of(OrderHold).where(col(OrderHold.lifted).is_(None))
    theirs = col(OrderHold.customer_id).in_(records_of(context.session, row.id))
    return context.session.exec(query.where(theirs).order_by(col(OrderHold.id))).all()


ACTIONS = (ListExposure, ShowExposure, PlaceOrderHold, LiftOrderHold)
