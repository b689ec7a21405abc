"""Reads of the ledger: entries, doubtful debts, differences and what was decided about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session
from sqlmodel import select as rows_of

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.customers.visible import CUSTOMER
from crm.ledger.impairment import IMPAIRMENT, LOSSES, Valuation
from crm.ledger.models import DoubtfulFile, EntryKind, LedgerEntry, LedgerLine
from crm.ledger.postings import VAT_WAITING, Line, Lines, Vat, without_tax
from crm.receivables.models import Invoice
from crm.receivables.queries import Whose, document_lines

_ENTRY, _LINE, _FILE = table_of(LedgerEntry), table_of(LedgerLine), table_of(DoubtfulFile)
_INVOICE, _CUSTOMER = table_of(Invoice), CUSTOMER
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as it is shown."""

    id: int
    day: date
    kind: str
    label: str
    customer: str
    name: str
    currency: str
    lines: Lines


def entries(
    session: Session,
    *conditions: ColumnElement[bool],
    account: str | None = None,
    of: Whose | None = None,
) -> tuple[EntryView, ...]:
    """Entries that meet conditions over `ledger_entry`, in order; `account`: those that move an account that begins so."""
    query = (
        select(_ENTRY, _CUSTOMER.c.number, _CUSTOMER.c.name)
        .select_from(_ENTRY.join(_CUSTOMER, _CUSTOMER.c.id == _ENTRY.c.customer_id))
        .where(*conditions, *(of.conditions() if of else ()))
        .order_by(_ENTRY.c.day, _ENTRY.c.id)
    )
    if account:
        moved = select(_LINE.c.ledger_entry_id).where(_LINE.c.account.startswith(account, autoescape=True))
        query = query.where(_ENTRY.c.id.in_(moved))
    found = session.connection().execute(query).all()
    lines = _lines(session, [row.id for row in found])
    return tuple(
        EntryView(row.id, row.day, row.kind, row.label, row.number, row.name, row.currency, tuple(lines[row.id]))
        for row in found
    )


def _lines(session: Session, ids: Sequence[int]) -> Mapping[int, list[Line]]:
    found: dict[int, list[Line]] = {key: [] for key in ids}
    for part in in_chunks(ids, _AT_ONCE):
        query = select(_LINE).where(_LINE.c.ledger_entry_id.in_(part)).order_by(_LINE.c.id)
        for row in session.connection().execute(query):
            found[row.ledger_entry_id].append(
                Line(row.account, int(row.debit_cents), int(row.credit_cents), row.auxiliary)
            )
    return found


def entry_column(name: str) -> ColumnElement[Any]:
    """A column of `ledger_entry`, for conditions."""
    column: ColumnElement[Any] = _ENTRY.c[name]
    return column


def file_of(session: Session, invoice_id: int) -> DoubtfulFile | None:
    """The file of a debt that is doubted or lost; None: neither."""
    return session.exec(
        rows_of(DoubtfulFile)
        .where(DoubtfulFile.invoice_id == invoice_id, _FILE.c.closed.is_(None))
        .order_by(_FILE.c.id.desc())
    ).first()


def balances(session: Session, account: str, files: Iterable[int], day: date) -> dict[int, int]:
    """File → debit less credit of the accounts that begin so, over the entries of the file, up to a day."""
    found: dict[int, int] = {}
    for part in in_chunks(sorted(files), _AT_ONCE):
        query = (
            select(_ENTRY.c.file_id, func.sum(_LINE.c.debit_cents - _LINE.c.credit_cents))
            .select_from(_ENTRY.join(_LINE, _LINE.c.ledger_entry_id == _ENTRY.c.id))
            .where(_ENTRY.c.file_id.in_(part), _LINE.c.account.startswith(account), _ENTRY.c.day <= day)
            .group_by(_ENTRY.c.file_id)
        )
        found.update({key: int(cents) for key, cents in session.connection().execute(query)})
    return found


def set_aside(session: Session, file_id: int, day: date) -> int:
    """What is set aside for a debt."""
    return -balances(session, IMPAIRMENT, [file_id], day).get(file_id, 0)


def is_moved(session: Session, file_id: int) -> bool:
    """Whether the debt stands on 416."""
    query = select(_ENTRY.c.id).where(_ENTRY.c.file_id == file_id, _ENTRY.c.kind == EntryKind.DOUBTFUL.value)
    return session.connection().execute(query).first() is not None


def last_entry_day(session: Session, file_id: int) -> date | None:
    """The day of the latest entry of a file."""
    query = select(func.max(_ENTRY.c.day)).where(_ENTRY.c.file_id == file_id)
    day: date | None = session.connection().execute(query).scalar()
    return day


@dataclass(frozen=True, slots=True)
class DoubtfulLine:
    """A doubtful or lost debt as it stands on a day. Cents."""

    invoice: str
    customer: str
    name: str
    currency: str
    worth: Valuation
    recovery_percent: str
    opened: date
    reason: str
    lost: date | None
    proof: str
    proof_day: date | None
    vat: str
    duplicate_sent: date | None
    vat_waiting: int
    """Tax of what was lost that may be deducted once the duplicate is sent."""
    net_waiting: int
    """What was lost without tax, for that tax."""
    net_lost: int
    issue_date: date


def doubtful_lines(session: Session, day: date, of: Whose, *, number: str | None = None) -> tuple[DoubtfulLine, ...]:
    """Files open on a day, the oldest first."""
    query = (
        select(_FILE, _INVOICE.c.number.label("invoice"), _INVOICE.c.currency, _INVOICE.c.total_cents,
               _INVOICE.c.issue_date, _CUSTOMER.c.number.label("customer"), _CUSTOMER.c.name)
        .select_from(
            _FILE.join(_INVOICE, _INVOICE.c.id == _FILE.c.invoice_id).join(
                _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
            )
        )
        .where(_FILE.c.opened <= day, _FILE.c.closed.is_(None) | (_FILE.c.closed > day), *of.conditions())
        .order_by(_FILE.c.opened, _FILE.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    if number is not None:
        query = query.where(_INVOICE.c.number == number)
    rows = session.connection().execute(query).all()
    if not rows:
        return ()
    ids = [row.id for row in rows]
    aside, waiting = balances(session, IMPAIRMENT, ids, day), balances(session, VAT_WAITING, ids, day)
    lost = balances(session, LOSSES, ids, day)
    still_open = {line.number: line.open for line in document_lines(session, day, of, number=number, only_open=True)}
    found = []
    for row in rows:
        gross = still_open.get(row.invoice, 0)
        worth = Valuation(gross, without_tax(gross, row.total_cents, row.net_cents), -aside.get(row.id, 0))
        tax = max(0, waiting.get(row.id, 0)) if row.vat == Vat.ON_INVOICE else 0
        given_up = lost.get(row.id, 0)
        # Once a duplicate has been sent, only what was lost since is asked for: in the proportion of the invoice.
        since = (
            given_up if row.duplicate_sent is None else without_tax(tax, row.total_cents - row.net_cents, row.net_cents)
        )
        found.append(
            DoubtfulLine(
                row.invoice, row.customer, row.name, row.currency, worth, row.recovery_percent, row.opened, row.reason,
                row.lost, row.proof, row.proof_day, row.vat, row.duplicate_sent,
                tax, since, given_up, row.issue_date,
            )
        )  # fmt: skip  # read as a table: columns side by side
    return tuple(found)
