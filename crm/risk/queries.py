"""The portfolio as a book, read in a few statements for all customers at once: only what is dated before the day.

Invoices of the day itself are there to be scored. An allocation taken back counts as never made, as in every balance, from
the day somebody took it back; a correction without a date, and a merger of customers, from the day it was made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.core.money import minor_digits
from crm.customers.interactions import Interaction
from crm.customers.models import Customer
from crm.messaging.models import OutgoingMessage
from crm.receivables.models import LOSS, Allocation, Dispute, DocumentKind, Instalment, Invoice, Payment, WriteOff
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose
from crm.receivables.words_given import promise_lines, taken_back_by
from crm.risk.book import NEVER, Asked, Book, Facts, Floats, Ints, Stream
from crm.risk.past import Past, past

_CUSTOMER, _INVOICE, _INSTALMENT = table_of(Customer), table_of(Invoice), table_of(Instalment)
_ALLOCATION, _PAYMENT, _DISPUTE = table_of(Allocation), table_of(Payment), table_of(Dispute)
_MESSAGE, _INTERACTION, _WRITE_OFF = table_of(OutgoingMessage), table_of(Interaction), table_of(WriteOff)
_ANSWER_DAYS = 15
"""A reminder counts as answered when the customer settles something within so many days."""


@dataclass(frozen=True)
class Portfolio:
    """A book with the keys of its rows."""

    day: date
    book: Book
    customers: Ints
    """Place → key of the customer, merged ones under their root."""
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    instalments: Ints
    invoices: tuple[str, ...]
    """The number of each row's invoice."""
    currencies: tuple[str, ...]
    open_cents: Ints
    """Of each row, what is open when the day begins."""

    def place_of(self, customer_id: int) -> int | None:
        """Where a customer stands; None: not there."""
        found = np.nonzero(self.customers == customer_id)[0]
        return int(found[0]) if len(found) else None

    def open_rows(self) -> Ints:
        """Places of what is still owed."""
        return np.nonzero(self.open_cents > 0)[0]

    def asked(self, rows: Ints) -> Asked:
        """Some rows, asked about on the day."""
        book, day = self.book, self.day.toordinal()
        issued = book.issued[rows]
        days = np.full(len(rows), day)
        return Asked(book.customer[rows], days, issued, book.due[rows], book.amount[rows], (issued < day).astype(float))

    def usual(self, places: Ints) -> Asked:
        """An invoice issued today to each of some customers: their median amount and terms, the company's for newcomers."""
        book, day = self.book, self.day.toordinal()
        known = book.issued < day
        amount = self._median(book.amount, known, 100.0)
        terms = self._median((book.due - book.issued).astype(float), known, 30.0)
        days = np.full(len(places), day)
        due = days + np.round(terms[places]).astype(np.int64)
        return Asked(places, days, days, due, amount[places], np.zeros(len(places)))

    def _median(self, values: Floats, known: npt.NDArray[np.bool_], otherwise: float) -> Floats:
        values, customer = values[known], self.book.customer[known]
        usual = float(np.median(values)) if len(values) else otherwise
        told = np.full(self.book.customers, usual)
        order = np.lexsort((values, customer))
        who, first, count = np.unique(customer[order], return_index=True, return_counts=True)
        ordered = values[order]
        told[who] = (ordered[first + (count - 1) // 2] + ordered[first + count // 2]) / 2
        return told

    def settled(self, place: int | None = None) -> int:
        """How many invoices had been settled, of one customer or of all."""
        done = self.book.settled < self.day.toordinal()
        return int((done & (self.book.customer == place)).sum() if place is not None else done.sum())


def portfolio(session: Session, day: date) -> Portfolio:
    """Everything known when a day began, and the invoices issued that day."""
    connection = session.connection()
    people = connection.execute(
        select(
            _CUSTOMER.c.id, _CUSTOMER.c.root_id, _CUSTOMER.c.number, _CUSTOMER.c.name, _CUSTOMER.c.country,
            _CUSTOMER.c.regime, _CUSTOMER.c.customer_since,
        ).order_by(_CUSTOMER.c.id)
    ).all()  # fmt: skip  # read as a table: columns side by side
    stood = past(session, day, (_CUSTOMER, _INVOICE, _INSTALMENT, _DISPUTE))
    root_of = {row.id: stood.of(_CUSTOMER, row.id, "root_id", row.root_id) for row in people}
    roots = [row for row in people if root_of[row.id] is None]
    place_of = {row.id: place for place, row in enumerate(roots)}
    place_of.update({key: place_of[root] for key, root in root_of.items() if root in place_of})
    items = [_as_it_stood(row, stood) for row in connection.execute(_items(day))]
    paid = _paid(connection.execute(_allocations(day)).all())
    credited = {row.owner: int(row.cents) for row in connection.execute(_credits(day))}
    kept = [row for row in items if row.customer_id in place_of and credited.get(row.id, 0) < row.cents]
    columns = [
        (place_of[row.customer_id], row.issue_date.toordinal(), row.due_date.toordinal()) for row in kept
    ]  # fmt: skip  # read as a table: columns side by side
    whole = np.array(columns, np.int64).reshape(-1, 3)
    settled, left = _settled(kept, paid)
    amount = np.array([row.cents / 10 ** minor_digits(row.currency) for row in kept], np.float64)
    sinces = [stood.of(_CUSTOMER, row.id, "customer_since", row.customer_since) for row in roots]
    since = np.array([NEVER if told is None or told >= day else told.toordinal() for told in sinces], np.int64)
    groups = {
        name: _codes([stood.of(_CUSTOMER, row.id, name, getattr(row, name)) for row in roots])
        for name in ("country", "regime")
    }
    bare = Book(len(roots), whole[:, 0], whole[:, 1], whole[:, 2], settled, amount, groups, since)
    facts = _facts(session, day, place_of, bare, stood)
    return Portfolio(
        day,
        Book(len(roots), whole[:, 0], whole[:, 1], whole[:, 2], settled, amount, groups, since, facts),
        np.array([row.id for row in roots], np.int64),
        tuple(row.number for row in roots),
        tuple(row.name for row in roots),
        np.array([row.id for row in kept], np.int64),
        tuple(row.number for row in kept),
        tuple(row.currency for row in kept),
        left,
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """An instalment of an invoice."""

    id: int
    customer_id: int
    number: str
    issue_date: date
    due_date: date
    cents: int
    currency: str


def _as_it_stood(row: Any, stood: Past) -> _Item:
    return _Item(
        row.id, stood.of(_INVOICE, row.invoice_id, "customer_id", row.customer_id), row.number, row.issue_date,
        stood.of(_INSTALMENT, row.id, "due_date", row.due_date), stood.of(_INSTALMENT, row.id, "cents", row.cents),
        row.currency,
    )  # fmt: skip  # read as a table: columns side by side


def _codes(values: Sequence[str]) -> Ints:
    return np.unique(np.array(values, dtype=str), return_inverse=True)[1].astype(np.int64).ravel()


def _items(day: date) -> Select[Any]:
    """Instalments of invoices that were sales, issued up to the day."""
    return (
        select(
            _INSTALMENT.c.id, _INVOICE.c.customer_id, _INVOICE.c.number, _INVOICE.c.issue_date, _INSTALMENT.c.due_date,
            _INSTALMENT.c.cents, _INVOICE.c.currency, _INSTALMENT.c.invoice_id,
        )
        .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
        .where(_INVOICE.c.kind == DocumentKind.INVOICE.value, _INVOICE.c.issue_date <= day, _INVOICE.c.sale, _INSTALMENT.c.cents > 0)
        .order_by(_INVOICE.c.issue_date, _INSTALMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side


def _allocations(day: date) -> Select[Any]:
    """What settled instalments before the day, by day; a debt given up settles nothing."""
    return (
        select(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date, func.sum(_ALLOCATION.c.cents).label("cents"))
        .select_from(_ALLOCATION.outerjoin(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id))
        .where(
            _ALLOCATION.c.value_date < day,
            or_(_WRITE_OFF.c.id.is_(None), _WRITE_OFF.c.reason != LOSS),
            taken_back_by(day),
        )
        .group_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
        .order_by(_ALLOCATION.c.instalment_id, _ALLOCATION.c.value_date)
    )


def _credits(day: date) -> Select[Any]:
    """What credit notes took off instalments: one that they took off whole was neither paid nor late."""
    query = select(_ALLOCATION.c.instalment_id.label("owner"), func.sum(_ALLOCATION.c.cents).label("cents"))
    return query.where(
        _ALLOCATION.c.credit_id.is_not(None), _ALLOCATION.c.value_date < day, taken_back_by(day)
    ).group_by(_ALLOCATION.c.instalment_id)


def _paid(rows: Sequence[Any]) -> dict[int, list[tuple[int, int]]]:
    told: dict[int, list[tuple[int, int]]] = {}
    for key, when, amount in rows:
        told.setdefault(key, []).append((when.toordinal(), int(amount)))
    return told


def _settled(items: Sequence[Any], paid: dict[int, list[tuple[int, int]]]) -> tuple[Ints, Ints]:
    """The day from which each was settled for good, and what is open of it."""
    settled, left = np.full(len(items), NEVER, np.int64), np.zeros(len(items), np.int64)
    for place, row in enumerate(items):
        total, since = 0, None
        for when, amount in paid.get(row.id, ()):
            total += amount
            since = (since or when) if total >= row.cents else None
        if since is not None:
            settled[place] = since
        left[place] = max(int(row.cents) - total, 0)
    return settled, left


def _facts(session: Session, day: date, place_of: dict[int, int], book: Book, stood: Past) -> dict[str, Facts]:
    connection = session.connection()
    one = timedelta(days=1)
    told: dict[str, list[tuple[int, date]]] = {}
    for line in promise_lines(session, day - one, Whose(), corrected=day):
        if line.word.by + one < day and line.status is not PromiseStatus.PENDING:
            kind = "promise_kept" if line.status is PromiseStatus.KEPT else "promise_broken"
            told.setdefault(kind, []).append((line.customer_id, line.word.by + one))
    # An objection is known from the day we learnt of it; one whose day is not told says nothing.
    disputes = (
        select(_DISPUTE.c.id, _INVOICE.c.customer_id, _DISPUTE.c.opened, _DISPUTE.c.noted)
        .join(_INVOICE, _INVOICE.c.id == _DISPUTE.c.invoice_id)
        .where(_DISPUTE.c.noted < day)
        .order_by(_DISPUTE.c.id)
    )
    for row in connection.execute(disputes):
        opened = stood.of(_DISPUTE, row.id, "opened", row.opened)
        if opened is not None and opened < day:
            told.setdefault("dispute", []).append((row.customer_id, max(opened, row.noted)))
    queries = {
        "bounce": select(_PAYMENT.c.customer_id, _PAYMENT.c.received).where(_PAYMENT.c.reverses_id.is_not(None), _PAYMENT.c.received < day),
        "credit_note": select(_INVOICE.c.customer_id, _INVOICE.c.issue_date).where(_INVOICE.c.kind == DocumentKind.CREDIT_NOTE.value, _INVOICE.c.issue_date < day),
        "interaction": select(_INTERACTION.c.customer_id, _INTERACTION.c.day).where(_INTERACTION.c.channel != "", _INTERACTION.c.day < day),
        "reminder": select(_MESSAGE.c.customer_id, _MESSAGE.c.day).where(_MESSAGE.c.purpose == "dunning", _MESSAGE.c.level >= 1, _MESSAGE.c.sent_at < datetime.combine(day, time(), UTC), _MESSAGE.c.day < day),
    }  # fmt: skip  # read as a table: columns side by side
    for kind, query in queries.items():
        told[kind] = [(key, when) for key, when in connection.execute(query)]
    found = {kind: _fact(rows, place_of) for kind, rows in told.items()}
    found["answered"] = _answered(found["reminder"], book, day.toordinal())
    return found


def _fact(rows: Sequence[tuple[int, date]], place_of: dict[int, int]) -> Facts:
    kept = [(place_of[key], when.toordinal()) for key, when in rows if key in place_of]
    whole = np.array(kept, np.int64).reshape(-1, 2)
    return Facts(whole[:, 0], whole[:, 1], np.ones(len(whole)))


def _answered(reminders: Facts, book: Book, day: int) -> Facts:
    """Reminders after which something was settled within two weeks; known when these are over."""
    paid = Stream(book.customer, book.settled)
    until = reminders.day + _ANSWER_DAYS
    number = paid.count(reminders.customer, until + 1) - paid.count(reminders.customer, reminders.day + 1)
    kept = (number > 0) & (until + 1 < day)
    return Facts(reminders.customer[kept], until[kept] + 1, np.ones(int(kept.sum())))
