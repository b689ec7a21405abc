"""Reads of what the accounting files said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from crm.core.db import table_of
from crm.core.names import bare_name
from crm.customers.visible import CUSTOMER
from crm.receivables.fec.models import AccountingItem, AccountingYear, SupplierItem
from crm.receivables.models import DocumentKind, Instalment, Invoice, Payment
from crm.receivables.queries import Whose, open_items

_ITEM, _YEAR, _SUPPLIER = table_of(AccountingItem), table_of(AccountingYear), table_of(SupplierItem)
_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), CUSTOMER
_PAYMENT = table_of(Payment)


def settled_outside(instalment: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an instalment carries a matching code of the books whose other half is in no file read."""
    return exists(select(_ITEM.c.id).where(_ITEM.c.instalment_id == instalment, _ITEM.c.outside))


def any_outside(session: Session) -> bool:
    """Whether there is any such instalment at all: asked once, so that a list of many need not ask of each."""
    return bool(session.connection().execute(select(exists(select(_ITEM.c.id).where(_ITEM.c.outside)))).scalar())


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice that is open, and what is assumed about it. Cents."""

    customer: str
    name: str
    customer_id: int
    terms: str
    number: str
    issued: date
    due: date
    currency: str
    open: int
    assumed: bool
    outside: bool
    opening: bool
    """It is an opening balance: what it consists of is not told."""


def open_assumptions(session: Session, day: date, of: Whose) -> tuple[OpenItem, ...]:
    """Open invoices about which something is assumed, customer by customer."""
    cents, source = open_items(day, by_row=of.few)
    outside = settled_outside(_INSTALMENT.c.id)
    opening = exists(
        select(_ITEM.c.id).where(
            _ITEM.c.instalment_id == _INSTALMENT.c.id, _ITEM.c.role == "opening", _ITEM.c.cents != 0
        )
    )
    query = (
        select(
            _CUSTOMER.c.number, _CUSTOMER.c.name, _CUSTOMER.c.id, _CUSTOMER.c.payment_terms, _INVOICE.c.number.label("invoice"),
            _INVOICE.c.issue_date, _INSTALMENT.c.due_date, _INVOICE.c.currency, cents.label("open"), _INSTALMENT.c.assumed,
            outside.label("outside"), opening.label("opening"),
        )
        .select_from(source)
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            cents > 0,
            or_(_INSTALMENT.c.assumed, outside, opening),
            *of.conditions(),
        )
        .order_by(_CUSTOMER.c.name, _CUSTOMER.c.number, _INVOICE.c.currency, _INSTALMENT.c.due_date, _INVOICE.c.number)
    )  # fmt: skip  # read as a table: columns side by side
    return tuple(
        OpenItem(
            row.number, row.name, row.id, row.payment_terms, row.invoice, row.issue_date, row.due_date, row.currency,
            int(row.open), bool(row.assumed), bool(row.outside), bool(row.opening),
        )
        for row in session.connection().execute(query)
    )  # fmt: skip  # read as a table: columns side by side


@dataclass(frozen=True, slots=True)
class Supplier:
    """What the last accounting file says we owe a supplier; cents, positive: we owe it."""

    code: str
    account: str
    name: str
    name_key: str
    balance: int
    open: int
    open_count: int
    unbalanced: str
    oldest: date | None
    as_of: date
    """The last entry of the file."""

    @property
    def unbalanced_codes(self) -> tuple[str, ...]:
        """Matching codes of the books that do not balance."""
        return tuple(code for code in json.loads(self.unbalanced or "{}") if code)


def suppliers(session: Session, name_keys: Iterable[str] | None = None) -> tuple[Supplier, ...]:
    """The suppliers of the latest year read, the largest balance first; only some names, when given."""
    latest = select(func.max(_YEAR.c.starts)).scalar_subquery()
    query = (
        select(_SUPPLIER, _YEAR.c.last_entry)
        .join(_YEAR, and_(_YEAR.c.id == _SUPPLIER.c.year_id, _YEAR.c.starts == latest))
        .order_by(_SUPPLIER.c.balance_cents.desc(), _SUPPLIER.c.name, _SUPPLIER.c.code)
    )
    if name_keys is not None:
        query = query.where(_SUPPLIER.c.name_key.in_(list(name_keys)))
    return tuple(
        Supplier(
            row.code, row.account, row.name, row.name_key, row.balance_cents, row.open_cents, row.open_count,
            row.unbalanced, row.oldest, row.last_entry,
        )
        for row in session.connection().execute(query)
    )  # fmt: skip  # read as a table: columns side by side


def owed_to(session: Session, customers: Mapping[int, str]) -> dict[int, tuple[Supplier, ...]]:
    """For customers (key → name) who are suppliers too and to whom we owe something: what the books say."""
    found: dict[int, tuple[Supplier, ...]] = {}
    owed = [supplier for supplier in suppliers(session) if supplier.balance > 0]
    if not owed:
        return found
    keys: dict[str, list[int]] = {}
    for key, name in customers.items():
        keys.setdefault(bare_name(name), []).append(key)
    for supplier in owed:
        for key in keys.get(bare_name(supplier.name), ()):
            found[key] = (*found.get(key, ()), supplier)
    return found


@dataclass(frozen=True, slots=True)
class Advance:
    """What stands on 419 for a customer. Cents; negative: an advance received, or a credit balance."""

    customer: str
    name: str
    cents: int


def advances(session: Session) -> tuple[Advance, ...]:
    """The balances of 419 in the latest year, and in those before it whose balances it does not bring forward."""
    since: date | None = None
    for year in years(session):
        if year.opened or since is None:
            since = year.starts
    if since is None:
        return ()
    total = func.sum(_ITEM.c.cents)
    query = (
        select(_CUSTOMER.c.number, _CUSTOMER.c.name, total)
        .select_from(
            _ITEM.join(_YEAR, _YEAR.c.id == _ITEM.c.year_id).join(_CUSTOMER, _CUSTOMER.c.id == _ITEM.c.customer_id)
        )
        .where(_ITEM.c.account.like("419%"), _YEAR.c.starts >= since)
        .group_by(_CUSTOMER.c.number, _CUSTOMER.c.name)
        .having(total != 0)
        .order_by(total, _CUSTOMER.c.number)
    )
    return tuple(Advance(number, name, int(cents)) for number, name, cents in session.connection().execute(query))


@dataclass(frozen=True, slots=True)
class Beside:
    """A document or payment that the books do not have. Cents, as it counts in the aged balance."""

    document: str
    kind: str
    customer: str
    name: str
    dated: date
    cents: int


def beside_books(session: Session, day: date) -> tuple[Beside, ...]:
    """Euro documents and payments up to a day that no line of the books stands for, the earliest first."""
    connection = session.connection()
    documents = (
        select(_INVOICE.c.number, _INVOICE.c.kind, _CUSTOMER.c.number, _CUSTOMER.c.name, _INVOICE.c.issue_date, _INSTALMENT.c.cents)
        .select_from(
            _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id).join(
                _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
            )
        )
        .where(
            _INVOICE.c.issue_date <= day,
            _INVOICE.c.currency == "EUR",
            _INSTALMENT.c.cents != 0,
            ~exists(select(_ITEM.c.id).where(_ITEM.c.instalment_id == _INSTALMENT.c.id)),
        )
        .order_by(_INVOICE.c.issue_date, _INVOICE.c.number)
    )  # fmt: skip  # read as a table: columns side by side
    payments = (
        select(_PAYMENT.c.reference, literal("payment"), _CUSTOMER.c.number, _CUSTOMER.c.name, _PAYMENT.c.received, -_PAYMENT.c.cents)
        .select_from(_PAYMENT.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _PAYMENT.c.customer_id))
        .where(
            _PAYMENT.c.received <= day,
            _PAYMENT.c.currency == "EUR",
            _PAYMENT.c.cents != 0,
            ~exists(select(_ITEM.c.id).where(_ITEM.c.payment_id == _PAYMENT.c.id)),
        )
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    return tuple(
        Beside(reference, kind, number or "", name or "", dated, int(cents))
        for query in (documents, payments)
        for reference, kind, number, name, dated, cents in connection.execute(query)
    )


def years(session: Session) -> Sequence[AccountingYear]:
    """The years of which files were read, the latest last."""
    return session.exec(select_rows(AccountingYear).order_by(col(AccountingYear.starts))).all()


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the books on a customer's account, with what it was taken for. Cents, debit positive."""

    dated: date
    journal: str
    number: str
    account: str
    piece: str
    label: str
    cents: int
    code: str
    role: str
    rule: str
    document: str
    """The invoice or payment that stands for it here; empty: none does (advances, opening lines that stand for others)."""


def book_lines(session: Session, customer_ids: Iterable[int]) -> tuple[BookLine, ...]:
    """The lines of some customers in the order of the books."""
    query = (
        select(
            _ITEM.c.dated, _ITEM.c.journal, _ITEM.c.entry_number, _ITEM.c.account, _ITEM.c.piece, _ITEM.c.label, _ITEM.c.cents,
            _ITEM.c.code, _ITEM.c.role, _ITEM.c.rule, func.coalesce(_INVOICE.c.number, _PAYMENT.c.reference, ""),
        )
        .select_from(
            _ITEM.outerjoin(_INSTALMENT, _INSTALMENT.c.id == _ITEM.c.instalment_id)
            .outerjoin(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .outerjoin(_PAYMENT, _PAYMENT.c.id == _ITEM.c.payment_id)
        )
        .where(_ITEM.c.customer_id.in_(list(customer_ids)), _ITEM.c.cents != 0)
        .order_by(_ITEM.c.dated, _ITEM.c.year_id, _ITEM.c.place, _ITEM.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    return tuple(BookLine(*row) for row in session.connection().execute(query))
