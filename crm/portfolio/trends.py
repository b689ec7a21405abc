"""How things move: a customer's balance and habit over a year, and the money that is due in the days to come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from crm.core.actions import Action, Effect
from crm.core.calendar import add_months, is_working_day, next_working_day
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.portfolio.figures import month_ends
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice
from crm.receivables.planned import plans_in_force
from crm.receivables.plans import laid_out
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, aged_lines, open_items
from crm.receivables.words_given import promise_lines

_MONTHS = 12
_DAYS = 5
_INVOICE, _INSTALMENT, _ALLOCATION = table_of(Invoice), table_of(Instalment), table_of(Allocation)


@dataclass(frozen=True, slots=True)
class Month:
    """How a customer stood at the end of a month. Cents."""

    day: date
    balance: int
    overdue: int
    delay: int | None
    """Average days from due date to payment of what was settled in the month, weighted by amount; None: nothing was."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A customer's months, the oldest first."""

    customer: str
    name: str
    currency: str
    months: tuple[Month, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a month."""
        return {
            "customer": self.customer,
            "currency": self.currency,
            "months": [
                {
                    "as_of": month.day.isoformat(),
                    "balance": plain(month.balance, self.currency),
                    "overdue": plain(month.overdue, self.currency),
                    "delay": month.delay,
                }
                for month in self.months
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a month."""
        columns = (
            Column("as_of", _("Month"), Kind.DATE),
            Column("balance", _("Balance"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("delay", _("Delay"), Kind.DAYS),
        )
        rows = tuple(
            (month.day, Money(month.balance, self.currency), Money(month.overdue, self.currency), month.delay)
            for month in self.months
        )
        formula = _("Balance at the end of each month; delay: days from due date to payment, weighted by amount.")
        return Sheet(self.name, columns, rows, formula=formula)


class CustomerTrend(Action[Trend]):
    """How a customer's balance and payment habit have moved, month by month."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    months: int = Field(_MONTHS, ge=2, le=60, description="How many months back")
    currency: str = Field(EURO, description="Currency")

    def perform(self, context: Context) -> Trend:
        """Read the balance at each month's end, and what was settled in between."""
        row = find_customer(context.session, self.customer)
        of = Whose(customer_ids=(row.root_id or row.id,))
        days = month_ends(context.today, self.months)
        delays = _delays(context.session, of, days, self.currency)
        months = []
        for day in days:
            line = totals(aged_lines(context.session, day, of)).get(
                self.currency, AgeingLine("", "", "", self.currency)
            )
            months.append(Month(day, line.total, line.overdue, delays.get(day)))
        return Trend(row.number, row.name, self.currency, tuple(months))


def _delays(session: Session, of: Whose, days: Sequence[date], currency: str) -> dict[date, int]:
    """Month's end → the weighted days between due date and payment of what was paid in the month."""
    _open, source = open_items(days[-1], by_row=True)
    paid = (
        select(_ALLOCATION.c.value_date, _INSTALMENT.c.due_date, _ALLOCATION.c.cents)
        .select_from(source.join(_ALLOCATION, _ALLOCATION.c.instalment_id == _INSTALMENT.c.id))
        .where(
            _ALLOCATION.c.payment_id.is_not(None),
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.currency == currency,
            *of.conditions(),
        )
    )
    sums: dict[date, list[int]] = {}
    for value_date, due, cents in session.connection().execute(paid):
        month = next((day for day in days if value_date <= day), None)
        if month is not None and (month != days[0] or value_date > add_months(days[0], -1)):
            pair = sums.setdefault(month, [0, 0])
            pair[0] += (value_date - due).days * int(cents)
            pair[1] += int(cents)
    return {day: round(weighted / cents) for day, (weighted, cents) in sums.items() if cents}


@dataclass(frozen=True, slots=True)
class ExpectedDay:
    """What a working day should bring. Cents."""

    day: date
    promised: int
    due: int


@dataclass(frozen=True, slots=True)
class PaymentCalendar:
    """The money of the days to come: promised, and falling due."""

    currency: str
    days: tuple[ExpectedDay, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a day."""
        return {
            "currency": self.currency,
            "days": [
                {
                    "date": day.day.isoformat(),
                    "promised": plain(day.promised, self.currency),
                    "due": plain(day.due, self.currency),
                }
                for day in self.days
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a day."""
        columns = (
            Column("date", _("Day"), Kind.DATE),
            Column("promised", _("Promised"), Kind.MONEY),
            Column("due", _("Falls due"), Kind.MONEY),
        )
        rows = tuple((day.day, Money(day.promised, self.currency), Money(day.due, self.currency)) for day in self.days)
        note = _("What falls due on a day without work is counted on the next one.")
        return Sheet(_("Money expected"), columns, rows, notes=(note,))


class ShowPaymentCalendar(Action[PaymentCalendar]):
    """The money of the working days to come: what was promised, and what falls due."""

    effect = Effect.READ

    days: int = Field(_DAYS, ge=1, le=60, description="How many working days")
    currency: str = Field(EURO, description="Currency")

    def perform(self, context: Context) -> PaymentCalendar:
        """Read promises still awaited and open instalments of these days."""
        day = next_working_day(context.today)
        ahead: list[date] = []
        while len(ahead) < self.days:
            if is_working_day(day):
                ahead.append(day)
            day += timedelta(days=1)
        promised, due = dict.fromkeys(ahead, 0), dict.fromkeys(ahead, 0)
        for line in promise_lines(context.session, context.today, Whose()):
            at = next_working_day(line.word.by) if line.status is PromiseStatus.PENDING else None
            if at in promised and line.currency == self.currency:
                promised[at] += line.word.waiting(context.today)
        for due_date, cents in self._falling_due(context, ahead[-1]):
            at = next_working_day(due_date)
            if at in due:
                due[at] += cents
        return PaymentCalendar(self.currency, tuple(ExpectedDay(day, promised[day], due[day]) for day in ahead))

    def _falling_due(self, context: Context, last: date) -> Iterator[tuple[date, int]]:
        """Days and cents of what falls due up to a day: by a payment plan's days what one in force covers."""
        today = context.today
        cents, source = open_items(today, by_row=True)
        plans = plans_in_force(context.session, today, Whose())
        wanted = _INSTALMENT.c.due_date.between(today, last) | _INSTALMENT.c.id.in_(sorted(plans.slices))
        query = (
            select(_INSTALMENT.c.id, _INSTALMENT.c.due_date, cents.label("open"))
            .select_from(source)
            .where(
                wanted,
                cents > 0,
                _INVOICE.c.kind == DocumentKind.INVOICE.value,
                _INVOICE.c.currency == self.currency,
                _INVOICE.c.issue_date <= today,
            )
            .order_by(_INSTALMENT.c.id)
        )
        for row in context.session.connection().execute(query):
            for due, part, _slice in laid_out(int(row.open), row.due_date, plans.slices.get(row.id, ())):
                if today <= due <= last:
                    yield due, part


ACTIONS = (CustomerTrend, ShowPaymentCalendar)
