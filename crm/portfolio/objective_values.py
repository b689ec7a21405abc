"""Where the measures of objectives stand: read from the books for many customers at once, a few statements a period."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from crm.core.db import table_of
from crm.core.periods import Period
from crm.customers.interactions import ContactChannel, Interaction
from crm.customers.visible import CUSTOMER
from crm.portfolio import kpis
from crm.portfolio.cadences import IS_REAL
from crm.portfolio.models import Objective, ObjectiveValue
from crm.portfolio.objectives import FLOWS, NOTED, Aim, Better, Measure, Progress, bounds
from crm.receivables.models import Invoice
from crm.receivables.queries import Whose, aged_lines

DSO_DAYS = 90
"""The sales that a DSO is counted on: those of so many days up to the day."""
_CUSTOMER, _EXCHANGE, _INVOICE = CUSTOMER, table_of(Interaction), table_of(Invoice)
_OWNER = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Question:
    """One figure for many: which measure, up to which day, since when, in which currency, of whose portfolio."""

    measure: Measure
    day: date
    since: date
    currency: str
    manager: str | None
    """None: of single customers; a user's number, or "" for everybody: of a portfolio."""


class Values:
    """The values of measures, each figure read once for all the customers that ask for it."""

    def __init__(self, session: Session, customers: Iterable[int]) -> None:
        self._session = session
        asked = sorted(set(customers))
        query = select(_CUSTOMER.c.id, _OWNER).where(_CUSTOMER.c.id.in_(asked))
        self._owners = {int(key): int(owner) for key, owner in session.connection().execute(query)}
        """Customer → the one it was merged into: what is measured is theirs together."""
        self._ids = tuple(sorted(set(self._owners.values())))
        self._known: dict[_Question, dict[int, int]] = {}
        self._notes: dict[int, list[tuple[date, int]]] = {}

    def progress(self, objectives: Sequence[Objective], today: date) -> list[Progress]:
        """Where each stands on a day, in their order."""
        noted = [row.id for row in objectives if row.measure in NOTED and row.id is not None]
        if noted:
            query = select_rows(ObjectiveValue).where(col(ObjectiveValue.objective_id).in_(noted))
            for note in self._session.exec(query.order_by(col(ObjectiveValue.day), col(ObjectiveValue.id))):
                self._notes.setdefault(note.objective_id, []).append((note.day, note.value))
        return [self._one(row, today) for row in objectives]

    def _one(self, row: Objective, today: date) -> Progress:
        measure = Measure(row.measure)
        aim = Aim(row.target, Better(row.better), Period(row.start, row.end), measure in FLOWS, *bounds(measure))
        day = min(today, row.end)
        if measure in NOTED:
            notes = self._notes.get(row.id, [])
            value = next((told for on, told in reversed(notes) if on <= day), None)
            base = next((told for on, told in reversed(notes) if on < row.start), None)
            # Without a value from before, the first one within the period is where it started.
            base = base if base is not None else next((told for on, told in notes if on <= day), None)
        else:
            value = self.value(row, day)
            base = 0 if aim.flow else self.value(row, row.start - _DAY)
        return Progress(aim, today, value, base)

    def value(self, row: Objective, day: date, since: date | None = None) -> int | None:
        """The measure of an objective up to a day, in hundredths; None: undefined, as a DSO without sales."""
        measure = Measure(row.measure)
        start = since or (day - timedelta(days=DSO_DAYS - 1) if measure is Measure.DSO else row.start)
        manager = None if row.customer_id is not None else row.account_manager
        question = _Question(measure, day, start if measure is not Measure.OVERDUE else day, row.currency, manager)
        if question not in self._known:
            self._known[question] = _READERS[measure](self._session, question, self._ids)
        found = self._known[question]
        missing = None if measure is Measure.DSO else 0
        return found.get(self._owners.get(row.customer_id or 0, 0), missing)


def _of(question: _Question, ids: tuple[int, ...]) -> Whose:
    return Whose(customer_ids=ids) if question.manager is None else Whose(account_manager=question.manager or None)


def _grouped(question: _Question, rows: Iterable[tuple[Any, Any]]) -> dict[int, int]:
    """By customer; for a portfolio all of it, under 0."""
    found: dict[int, int] = {}
    for key, value in rows:
        place = int(key) if question.manager is None else 0
        found[place] = found.get(place, 0) + int(value)
    return found


def _revenue(session: Session, question: _Question, ids: tuple[int, ...]) -> dict[int, int]:
    """Invoices less credit notes issued, tax included: as the key figure."""
    query = (
        select(_OWNER, func.sum(_INVOICE.c.total_cents))
        .select_from(_INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id))
        .where(
            _INVOICE.c.issue_date.between(question.since, question.day),
            _INVOICE.c.currency == question.currency,
            _INVOICE.c.sale,
            *_of(question, ids).conditions(),
        )
        .group_by(_OWNER)
    )
    return _grouped(question, [(key, value) for key, value in session.connection().execute(query)])


def _balances(session: Session, question: _Question, ids: tuple[int, ...], *, overdue: bool) -> dict[int, int]:
    lines = [
        line for line in aged_lines(session, question.day, _of(question, ids)) if line.currency == question.currency
    ]
    if question.manager is not None:
        return {0: sum(line.overdue if overdue else line.total for line in lines)}
    numbers = {line.customer: line for line in lines}
    query = select(_CUSTOMER.c.id, _CUSTOMER.c.number).where(_CUSTOMER.c.id.in_(ids))
    return {
        int(key): (numbers[number].overdue if overdue else numbers[number].total)
        for key, number in session.connection().execute(query)
        if number in numbers
    }


def _overdue(session: Session, question: _Question, ids: tuple[int, ...]) -> dict[int, int]:
    """As in the aged balance."""
    return _balances(session, question, ids, overdue=True)


def _dso(session: Session, question: _Question, ids: tuple[int, ...]) -> dict[int, int]:
    """Receivables / sales × days, over the days before: as the key figure. No entry without sales."""
    owed = _balances(session, question, ids, overdue=False)
    sales = _revenue(session, replace(question, measure=Measure.REVENUE), ids)
    days = (question.day - question.since).days + 1
    found = {}
    for key, sold in sales.items():
        told = kpis.dso(kpis.Sums(owed.get(key, 0), 0, sold, days))
        if told is not None:
            found[key] = int(told * Decimal(100))
    return found


def _visits(session: Session, question: _Question, ids: tuple[int, ...]) -> dict[int, int]:
    """Visits in which somebody was met, in hundredths of one."""
    query = (
        select(_OWNER, func.count())
        .select_from(_EXCHANGE.join(_CUSTOMER, _CUSTOMER.c.id == _EXCHANGE.c.customer_id))
        .where(
            _EXCHANGE.c.channel == ContactChannel.VISIT.value,
            IS_REAL,
            _EXCHANGE.c.day.between(question.since, question.day),
            *_of(question, ids).conditions(),
        )
        .group_by(_OWNER)
    )
    return _grouped(question, [(key, 100 * count) for key, count in session.connection().execute(query)])


_READERS = {
    Measure.REVENUE: _revenue,
    Measure.OVERDUE: _overdue,
    Measure.DSO: _dso,
    Measure.VISITS: _visits,
}
