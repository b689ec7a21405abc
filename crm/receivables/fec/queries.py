"""Reads of what the accounting files said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.core.names import name_key
from crm.customers.models import Customer
from crm.receivables.fec.models import AccountingItem, AccountingYear, SupplierItem
from crm.receivables.models import DocumentKind, Instalment, Invoice
from crm.receivables.queries import Whose, open_items

_ITEM, _YEAR, _SUPPLIER = table_of(AccountingItem), table_of(AccountingYear), table_of(SupplierItem)
_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), table_of(Customer)


def settled_outside(instalment: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an instalment carries a matching code of the books whose other half is in no file read."""
    return exists(select(_ITEM.c.id).where(_ITEM.c.instalment_id == instalment, _ITEM.c.outside))


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
    )  # fmt: skip
    return tuple(
        OpenItem(
            row.number, row.name, row.id, row.payment_terms, row.invoice, row.issue_date, row.due_date, row.currency,
            int(row.open), bool(row.assumed), bool(row.outside), bool(row.opening),
        )
        for row in session.connection().execute(query)
    )  # fmt: skip


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
    )  # fmt: skip


def owed_to(session: Session, customers: Mapping[int, str]) -> dict[int, tuple[Supplier, ...]]:
    """For customers (key → name) who are suppliers too and to whom we owe something: what the books say."""
    keys: dict[str, list[int]] = {}
    for key, name in customers.items():
        keys.setdefault(bare_name(name), []).append(key)
    found: dict[int, tuple[Supplier, ...]] = {}
    for supplier in suppliers(session):
        if supplier.balance > 0:
            for key in keys.get(bare_name(supplier.name), ()):
                found[key] = (*found.get(key, ()), supplier)
    return found


_FORMS = frozenset({"sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scop", "ste", "societe", "ets", "etablissements", "earl", "gaec", "sca", "scea", "ei"})  # fmt: skip
"""Legal forms: a firm is the same with and without."""


def bare_name(name: str) -> str:
    """A firm's name as it is compared: without its legal form."""
    words = name_key(name).split()
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)


def years(session: Session) -> Sequence[AccountingYear]:
    """The years of which files were read, the latest last."""
    from sqlmodel import col
    from sqlmodel import select as select_rows

    return session.exec(select_rows(AccountingYear).order_by(col(AccountingYear.starts))).all()
