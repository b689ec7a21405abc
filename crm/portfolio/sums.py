"""What key figures are made of, read as of any days: set-based SQL, one statement for many periods where it can be.

Only what was known on a day counts for it: later payments, credit notes, disputes and reminders change nothing before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import Session

from crm.core.calendar import add_months
from crm.core.db import table_of
from crm.core.periods import Period
from crm.customers.visible import CUSTOMER
from crm.followup.models import Reminder
from crm.ledger.models import DoubtfulFile
from crm.messaging.models import LEFT, OutgoingMessage
from crm.portfolio.kpis import GRACE_DAYS, Counted, Dunned, MonthSales, Settled, Sums, fruit, settled_day
from crm.receivables.disputed_parts import disputed_parts
from crm.receivables.models import LOSS, Allocation, Dispute, DocumentKind, Instalment, Invoice, Payment, WriteOff
from crm.receivables.planned import plans_in_force, put_off
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, free_money, open_items
from crm.receivables.words_given import promise_lines

_INVOICE, _INSTALMENT, _ALLOCATION = table_of(Invoice), table_of(Instalment), table_of(Allocation)
_PAYMENT, _CUSTOMER, _DISPUTE, _FILE = table_of(Payment), CUSTOMER, table_of(Dispute), table_of(DoubtfulFile)
_REMINDER, _MESSAGE, _WRITE_OFF = table_of(Reminder), table_of(OutgoingMessage), table_of(WriteOff)
_IS_INVOICE = _INVOICE.c.kind == DocumentKind.INVOICE.value
_OF_CUSTOMER = _CUSTOMER.c.id == _INVOICE.c.customer_id


class Need(StrEnum):
    """A part of the sums; what is not needed is not read."""

    BALANCE = "balance"
    OPENING = "opening"
    DOCUMENTS = "documents"
    RECEIPTS = "receipts"
    SETTLED = "settled"
    DISPUTES = "disputes"
    DOUBTFUL = "doubtful"
    PROMISES = "promises"
    DUNNED = "dunned"


@dataclass(frozen=True, slots=True)
class Moment:
    """A period, and the day up to which everything is known."""

    period: Period
    as_of: date

    @property
    def end(self) -> date:
        """The last day that counts of the period."""
        return min(self.period.end, self.as_of)

    @property
    def eve(self) -> date:
        """The day before the period."""
        return self.period.start - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose, and in which currency."""

    currency: str
    of: Whose

    def documents(self) -> list[Any]:
        """What narrows documents to them."""
        return [_INVOICE.c.currency == self.currency, *self.of.conditions()]


def sums_of(session: Session, moments: Sequence[Moment], scope: Scope, needs: frozenset[Need]) -> list[Sums]:
    """The sums of each moment, in their order."""
    found = [Sums(0, 0, 0, moment.period.days) for moment in moments]
    for need, read in _READERS.items():
        if need in needs:
            found = read(session, moments, scope, found)
    return found


def _with_balance(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    told = {day: _balance(session, day, scope) for day in {moment.as_of for moment in moments}}
    return [
        replace(
            sums, not_due=not_due, overdue=overdue, unallocated=unallocated, receivables=not_due + overdue + unallocated,
            disputed=disputed + disputed_overdue, disputed_overdue=disputed_overdue,
        )
        for sums, moment in zip(found, moments, strict=True)
        for not_due, overdue, unallocated, disputed, disputed_overdue in [told[moment.as_of]]
    ]  # fmt: skip  # read as a table: columns side by side


def _with_opening(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    told = {day: _balance(session, day, scope) for day in {moment.eve for moment in moments}}
    return [
        replace(sums, opening=sum(told[moment.eve][:3]), disputed_opening=sum(told[moment.eve][3:]))
        for sums, moment in zip(found, moments, strict=True)
    ]


def _balance(session: Session, day: date, scope: Scope) -> tuple[int, int, int, int, int]:
    """Not due, overdue and unallocated as in the aged balance; then what is disputed of the first two. Cents."""
    open_cents, source = open_items(day, by_row=scope.of.few)
    late, zero = _INSTALMENT.c.due_date < day, func.coalesce
    query = (
        select(
            zero(func.sum(case((_IS_INVOICE & ~late, open_cents), else_=0)), 0),
            zero(func.sum(case((_IS_INVOICE & late, open_cents), else_=0)), 0),
            zero(func.sum(case((_IS_INVOICE, 0), else_=open_cents)), 0),
        )
        .select_from(source)
        .where(_INVOICE.c.issue_date <= day, *scope.documents())
    )
    not_due, overdue, credits_ = (int(cents) for cents in session.connection().execute(query).one())
    plans = plans_in_force(session, day, scope.of)
    later = put_off(plans, day, scope.currency)
    not_due, overdue = not_due + later, overdue - later
    free, money = free_money(day, by_row=scope.of.few)
    unused = (
        select(zero(func.sum(free), 0))
        .select_from(money)
        .where(_PAYMENT.c.received <= day, _PAYMENT.c.currency == scope.currency, *scope.of.conditions())
    )
    unallocated = credits_ - int(session.connection().execute(unused).scalar_one())
    parts = disputed_parts(session, day, *scope.documents())
    disputed_late = sum(cents for part in parts for due, cents in part.by_day(plans) if due < day)
    return not_due, overdue, unallocated, sum(part.cents for part in parts) - disputed_late, disputed_late


def _with_documents(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    """Sales of the period, of twelve months and by month; invoices and credit notes with their counts."""
    last = max(moment.as_of for moment in moments)
    query = (
        select(_INVOICE.c.issue_date, _INVOICE.c.kind, func.count(), func.sum(_INVOICE.c.total_cents))
        .select_from(_INVOICE.join(_CUSTOMER, _OF_CUSTOMER))
        .where(_INVOICE.c.issue_date <= last, _INVOICE.c.sale, *scope.documents())
        .group_by(_INVOICE.c.issue_date, _INVOICE.c.kind)
        .order_by(_INVOICE.c.issue_date, _INVOICE.c.kind)
    )
    days = [(day, kind, int(count), int(cents)) for day, kind, count, cents in session.connection().execute(query)]
    issued = [(day, count, cents) for day, kind, count, cents in days if kind == DocumentKind.INVOICE.value]
    credited = [(day, count, -cents) for day, kind, count, cents in days if kind != DocumentKind.INVOICE.value]
    by_month = _by_month(days)
    told = []
    for sums, moment in zip(found, moments, strict=True):
        invoices = _counted(issued, moment.period.start, moment.end)
        notes = _counted(credited, moment.period.start, moment.end)
        first = year_start(moment.as_of)
        year = _counted(issued, first, moment.as_of).cents - _counted(credited, first, moment.as_of).cents
        months = _months(by_month, days, moment.as_of)
        told.append(
            replace(
                sums, sales=invoices.cents - notes.cents, invoices=invoices, credit_notes=notes, year_sales=year,
                months=months,
            )
        )  # fmt: skip  # read as a table: columns side by side
    return told


def year_start(day: date) -> date:
    """The first of the twelve months that end on a day."""
    return add_months(day + timedelta(days=1), -12)


def _counted(days: Iterable[tuple[date, int, int]], start: date, end: date) -> Counted:
    inside = [(count, cents) for day, count, cents in days if start <= day <= end]
    return Counted(sum(count for count, _cents in inside), sum(cents for _count, cents in inside))


def _by_month(days: Iterable[tuple[date, str, int, int]]) -> Mapping[date, int]:
    sums: dict[date, int] = {}
    for day, _kind, _count, cents in days:
        first = day.replace(day=1)
        sums[first] = sums.get(first, 0) + cents
    return sums


def _months(
    by_month: Mapping[date, int], days: Sequence[tuple[date, str, int, int]], until: date
) -> tuple[MonthSales, ...]:
    """The months up to a day, the latest first, back to the first sale; of the last one only the days up to then."""
    if not days or days[0][0] > until:
        return ()
    first, begun = days[0][0].replace(day=1), until.replace(day=1)
    begun_cents = sum(cents for day, _kind, _count, cents in days if begun <= day <= until)
    found = [MonthSales((until - begun).days + 1, begun_cents)]
    month = begun
    while month > first:
        earlier = add_months(month, -1)
        found.append(MonthSales((month - earlier).days, by_month.get(earlier, 0)))
        month = earlier
    return tuple(found)


def _with_receipts(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    """Money in, money that went back, and what was given up."""
    first, last = min(moment.period.start for moment in moments), max(moment.end for moment in moments)
    into = _PAYMENT.c.cents > 0
    query = (
        select(_PAYMENT.c.received, into.label("into"), func.count(), func.sum(_PAYMENT.c.cents))
        .select_from(_PAYMENT.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _PAYMENT.c.customer_id))
        .where(
            _PAYMENT.c.received.between(first, last),
            _PAYMENT.c.currency == scope.currency,
            *scope.of.conditions(),
        )
        .group_by(_PAYMENT.c.received, into)
        .order_by(_PAYMENT.c.received)
    )
    days = [
        (day, bool(came), int(count), int(cents)) for day, came, count, cents in session.connection().execute(query)
    ]
    came = [(day, count, cents) for day, into_us, count, cents in days if into_us]
    went = [(day, count, -cents) for day, into_us, count, cents in days if not into_us]
    lost = (
        select(_ALLOCATION.c.value_date, func.count(), func.sum(_ALLOCATION.c.cents))
        .select_from(
            _ALLOCATION.join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
            .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .join(_CUSTOMER, _OF_CUSTOMER)
        )
        .where(
            or_(_ALLOCATION.c.write_off_id.is_not(None), _ALLOCATION.c.residual_id.is_not(None)),
            _ALLOCATION.c.value_date.between(first, last),
            *scope.documents(),
        )
        .group_by(_ALLOCATION.c.value_date)
        .order_by(_ALLOCATION.c.value_date)
    )
    given_up = [(day, int(count), int(cents)) for day, count, cents in session.connection().execute(lost)]
    return [
        replace(
            sums,
            receipts=_counted(came, moment.period.start, moment.end),
            sent_back=_counted(went, moment.period.start, moment.end),
            written_off=_counted(given_up, moment.period.start, moment.end).cents,
        )
        for sums, moment in zip(found, moments, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class SettledInvoice:
    """An invoice that is settled in full, and when the last of it came."""

    invoice_id: int
    day: date
    told: Settled


def _with_settled(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    histories = invoice_histories(session, moments, scope)
    return [
        replace(
            sums, settled=tuple(one.told for one in settled_invoices(histories, moment))
        )
        for sums, moment in zip(found, moments, strict=True)
    ]  # fmt: skip  # read as a table: columns side by side


History = Sequence[Any]
"""Rows of one invoice: instalment, due date, amount, day of a move, what it settled, what of it was money, and what a loss."""


def invoice_histories(session: Session, moments: Sequence[Moment], scope: Scope) -> list[tuple[int, History]]:
    """What has been set, day by day, against the invoices of which anything was settled in one of the periods."""
    first, last = min(moment.period.start for moment in moments), max(moment.end for moment in moments)
    touched = (
        select(_INSTALMENT.c.invoice_id)
        .select_from(_INSTALMENT.join(_ALLOCATION, _ALLOCATION.c.instalment_id == _INSTALMENT.c.id))
        .where(_ALLOCATION.c.value_date.between(first, last))
    )
    loss = _WRITE_OFF.c.reason == LOSS
    query = (
        select(
            _INVOICE.c.id,
            _INSTALMENT.c.id.label("instalment"),
            _INSTALMENT.c.due_date,
            _INSTALMENT.c.cents,
            _ALLOCATION.c.value_date,
            func.sum(_ALLOCATION.c.cents).label("moved"),
            func.sum(case((_ALLOCATION.c.payment_id.is_not(None), _ALLOCATION.c.cents), else_=0)).label("money"),
            func.sum(case((loss, _ALLOCATION.c.cents), else_=0)).label("lost"),
        )
        .select_from(
            _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .join(_CUSTOMER, _OF_CUSTOMER)
            .outerjoin(_ALLOCATION, _ALLOCATION.c.instalment_id == _INSTALMENT.c.id)
            .outerjoin(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id)
        )
        .where(_IS_INVOICE, _INVOICE.c.id.in_(touched), *scope.documents())
        .group_by(_INVOICE.c.id, _INSTALMENT.c.id, _ALLOCATION.c.value_date)
        .order_by(_INVOICE.c.id, _INSTALMENT.c.id, _ALLOCATION.c.value_date)
    )
    rows = session.connection().execute(query).all()
    return [(key, tuple(told)) for key, told in groupby(rows, key=lambda row: row.id)]


def settled_invoices(histories: Iterable[tuple[int, History]], moment: Moment) -> list[SettledInvoice]:
    """Those of which the last was settled in the period, as known then; not what was lost, nor what a credit note took back."""
    found = []
    for key, rows in histories:
        known = [row for row in rows if row.value_date is not None and row.value_date <= moment.end]
        if sum(int(row.money) for row in known) <= 0 or sum(int(row.lost) for row in known) > 0:
            continue
        parts, last = [], moment.eve
        for _instalment, told in groupby(rows, key=lambda row: row.instalment):
            moves = list(told)
            day = settled_day(
                int(moves[0].cents), [(row.value_date, int(row.moved)) for row in moves if row.value_date], moment.end
            )
            if day is None:
                break
            parts.append((int(moves[0].cents), (day - moves[0].due_date).days))
            last = max(last, day)
        else:
            if last >= moment.period.start:
                found.append(SettledInvoice(key, last, Settled(tuple(parts))))
    return found


def _with_disputes(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    lines = disputed_invoices(session, scope)
    told = []
    for sums, moment in zip(found, moments, strict=True):
        known = [line for line in lines if line.within(moment)]
        invoices = {line.invoice_id: line.total for line in known}
        value = sum(
            min(total, sum(one.cents for one in known if one.invoice_id == key)) for key, total in invoices.items()
        )
        told.append(replace(sums, disputes=Counted(len(invoices), value)))
    return told


@dataclass(frozen=True, slots=True)
class Disputed:
    """One dispute of one invoice. Cents."""

    invoice_id: int
    issued: date
    total: int
    cents: int
    known: date

    def within(self, moment: Moment) -> bool:
        """Whether it is about an invoice of the period, and was known by then."""
        return moment.period.start <= self.issued <= moment.end and self.known <= moment.as_of


def disputed_invoices(session: Session, scope: Scope) -> list[Disputed]:
    """Every dispute there was, the resolved ones too."""
    known = func.coalesce(_DISPUTE.c.opened, _DISPUTE.c.noted)
    query = (
        select(_INVOICE.c.id, _INVOICE.c.issue_date, _INVOICE.c.total_cents, _DISPUTE.c.cents, known.label("known"))
        .select_from(_DISPUTE.join(_INVOICE, _INVOICE.c.id == _DISPUTE.c.invoice_id).join(_CUSTOMER, _OF_CUSTOMER))
        .where(_IS_INVOICE, _INVOICE.c.sale, *scope.documents())
        .order_by(_DISPUTE.c.id)
    )
    return [
        Disputed(row.id, row.issue_date, int(row.total_cents), int(row.total_cents if row.cents is None else row.cents), row.known)
        for row in session.connection().execute(query)
    ]  # fmt: skip  # read as a table: columns side by side


def _with_doubtful(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    return [
        replace(sums, doubtful=_doubtful(session, moment.as_of, scope))
        for sums, moment in zip(found, moments, strict=True)
    ]


def doubtful_on(day: date) -> Any:
    """The invoices on a file of doubtful debts on a day."""
    open_then = _FILE.c.closed.is_(None) | (_FILE.c.closed > day)
    return select(_FILE.c.invoice_id).where(_FILE.c.opened <= day, open_then)


def _doubtful(session: Session, day: date, scope: Scope) -> int:
    open_cents, source = open_items(day, by_row=True)
    query = (
        select(func.coalesce(func.sum(open_cents), 0))
        .select_from(source)
        .where(_INVOICE.c.id.in_(doubtful_on(day)), _INVOICE.c.issue_date <= day, *scope.documents())
    )
    return int(session.connection().execute(query).scalar_one())


def _with_promises(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    told = []
    for sums, moment in zip(found, moments, strict=True):
        by: dict[PromiseStatus, Counted] = {}
        for line in promise_lines(session, moment.as_of, scope.of):
            if line.currency == scope.currency and moment.period.start <= line.word.by <= moment.end:
                before = by.get(line.status, Counted())
                by[line.status] = Counted(before.count + 1, before.cents + line.word.cents)
        told.append(
            replace(
                sums,
                kept=by.get(PromiseStatus.KEPT, Counted()),
                partly_kept=by.get(PromiseStatus.PARTLY_KEPT, Counted()),
                broken=by.get(PromiseStatus.BROKEN, Counted()),
            )
        )
    return told


def _with_dunned(session: Session, moments: Sequence[Moment], scope: Scope, found: list[Sums]) -> list[Sums]:
    reminders, receipts = reminded(session, moments, scope)
    told = []
    for sums, moment in zip(found, moments, strict=True):
        levels: dict[int, list[int]] = {}
        for row in reminders:
            if moment.period.start <= row.day <= moment.end:
                known = [one for one in receipts.get(row.instalment_id, ()) if one[0] <= moment.as_of]
                level = levels.setdefault(row.level, [0, 0])
                level[0] += int(row.asked_cents)
                level[1] += fruit(int(row.asked_cents), row.day, known)
        dunned = tuple(Dunned(level, asked, paid) for level, (asked, paid) in sorted(levels.items()))
        told.append(replace(sums, dunned=dunned))
    return told


def reminded(
    session: Session, moments: Sequence[Moment], scope: Scope
) -> tuple[Sequence[Any], Mapping[int, list[tuple[date, int]]]]:
    """Reminders that left in the periods, and what was paid on their instalments, day by day."""
    first, last = min(moment.period.start for moment in moments), max(moment.end for moment in moments)
    source = (
        _REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id)
        .join(_INSTALMENT, _INSTALMENT.c.id == _REMINDER.c.instalment_id)
        .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
        .join(_CUSTOMER, _OF_CUSTOMER)
    )
    conditions = (
        _REMINDER.c.level.is_not(None), _REMINDER.c.level > 0, _REMINDER.c.day.between(first, last),
        _MESSAGE.c.state.in_(sorted(LEFT)), *scope.documents(),
    )  # fmt: skip  # read as a table: columns side by side
    wanted = (
        select(
            _REMINDER.c.instalment_id,
            _INSTALMENT.c.invoice_id,
            _REMINDER.c.level,
            _REMINDER.c.day,
            _REMINDER.c.asked_cents,
        )
        .select_from(source)
        .where(*conditions)
        .order_by(_REMINDER.c.id)
    )
    wanted_ids = select(_REMINDER.c.instalment_id).select_from(source).where(*conditions)
    paid = (
        select(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date, func.sum(_ALLOCATION.c.cents))
        .where(
            _ALLOCATION.c.payment_id.is_not(None),
            _ALLOCATION.c.instalment_id.in_(wanted_ids),
            _ALLOCATION.c.value_date.between(first, last + timedelta(days=GRACE_DAYS)),
        )
        .group_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
        .order_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
    )
    connection = session.connection()
    receipts: dict[int, list[tuple[date, int]]] = {}
    for instalment, day, cents in connection.execute(paid):
        receipts.setdefault(instalment, []).append((day, int(cents)))
    return connection.execute(wanted).all(), receipts


_READERS: Mapping[Need, Callable[..., list[Sums]]] = {
    Need.BALANCE: _with_balance,
    Need.OPENING: _with_opening,
    Need.DOCUMENTS: _with_documents,
    Need.RECEIPTS: _with_receipts,
    Need.SETTLED: _with_settled,
    Need.DISPUTES: _with_disputes,
    Need.DOUBTFUL: _with_doubtful,
    Need.PROMISES: _with_promises,
    Need.DUNNED: _with_dunned,
}
