"""Reads for the matching: what is open, who may pay, and the money whose use is looked for. Set-based SQL, plain values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.customers.models import BankAccount, Customer, CustomerAlias
from crm.customers.queries import our_accounts, the_company
from crm.customers.visible import CUSTOMER
from crm.receivables.matching.facts import Leeway, Money, OpenItem, Payer, Receipt
from crm.receivables.matching.learning import Learned
from crm.receivables.models import (
    Allocation,
    BankLine,
    BankStatement,
    DocumentKind,
    Instalment,
    Invoice,
    LearnedFact,
    Payment,
)
from crm.receivables.queries import free_money, open_items

_INVOICE, _INSTALMENT, _PAYMENT = table_of(Invoice), table_of(Instalment), table_of(Payment)
_ALLOCATION, _CUSTOMER, _LINE = table_of(Allocation), CUSTOMER, table_of(BankLine)
_RECORD = table_of(Customer)
_ALIAS, _ACCOUNT, _FACT = table_of(CustomerAlias), table_of(BankAccount), table_of(LearnedFact)
_STATEMENT = table_of(BankStatement)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_REMEMBERED = timedelta(days=400)
"""So long a payment may bounce, and a settled invoice be paid a second time."""
_ALWAYS = date.max
"""Whatever is allocated is used, on whichever day."""
BY_HAND = "record_payment"
"""`Payment.source` of money that a person recorded."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money whose use is looked for: a bank line, or a payment that is not used up."""

    money: Money
    reference: str
    """By what it is told apart in answers."""
    line_id: int | None = None
    payment_id: int | None = None
    source: str = ""
    fingerprint: str = ""
    taken_apart: bool = False
    """A person took an earlier match of it back: from now on it is only proposed."""

    @property
    def subject(self) -> str:
        """What its proposal is about."""
        return f"bank-line/{self.line_id}" if self.line_id is not None else f"payment/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A payment that no bank line is known of: it came by hand, from a list or from the books."""

    id: int
    currency: str
    cents: int
    reference: str
    source: str
    owner: int | None
    received: date


@dataclass
class World:
    """All that the matching looks at."""

    items: dict[int, OpenItem]
    payers: dict[int, Payer]
    receipts: list[Receipt]
    waiting: dict[int, Waiting]
    """By the key of its money."""
    learned: Learned = field(default_factory=Learned)
    leeway: Leeway = field(default_factory=Leeway)
    unlinked: list[Unlinked] = field(default_factory=list)
    """Payments of late without a bank line."""

    @cached_property
    def without_line(self) -> frozenset[int]:
        """The keys of those payments among all money."""
        return frozenset(payment_key(payment.id) for payment in self.unlinked)


def line_key(line_id: int) -> int:
    """The key of a bank line among all money."""
    return 2 * line_id


def payment_key(payment_id: int) -> int:
    """The key of a payment among all money."""
    return 2 * payment_id + 1


def world(session: Session, day: date) -> World:
    """Everything there is on a day."""
    return World(
        items=open_documents(session, day),
        payers=payers(session),
        receipts=receipts(session, day),
        waiting={one.money.id: one for one in (*waiting_lines(session, day), *waiting_payments(session, day))},
        learned=learned(session),
        leeway=leeway(session),
        unlinked=unlinked(session, day),
    )


def unlinked(session: Session, day: date) -> list[Unlinked]:
    """Payments of late that no bank line is known of."""
    p = _PAYMENT.c
    query = (
        select(p.id, p.currency, p.cents, p.reference, p.source, _OWNER, p.received)
        .select_from(_PAYMENT.outerjoin(_CUSTOMER, _CUSTOMER.c.id == p.customer_id))
        .where(_PAYMENT.c.bank_line_id.is_(None), _PAYMENT.c.received >= day - _REMEMBERED)
        .order_by(_PAYMENT.c.id)
    )
    return [
        Unlinked(key, currency, int(cents), *told)
        for key, currency, cents, *told in session.connection().execute(query)
    ]


def open_documents(session: Session, day: date, ids: Sequence[int] | None = None) -> dict[int, OpenItem]:
    """Open instalments, and those settled of late; or just these."""
    open_cents, source = open_items(_ALWAYS, by_row=ids is not None)
    wanted: ColumnElement[bool] = (
        or_(open_cents != 0, _INVOICE.c.issue_date >= day - _REMEMBERED) if ids is None else _INSTALMENT.c.id.in_(ids)
    )
    query = (
        select(
            _INSTALMENT.c.id,
            _INVOICE.c.number,
            _OWNER.label("owner"),
            _INVOICE.c.issue_date,
            _INSTALMENT.c.due_date,
            _INVOICE.c.currency,
            _INSTALMENT.c.cents,
            open_cents.label("open"),
            _INVOICE.c.kind,
            _INVOICE.c.order_reference,
            _INVOICE.c.original_number,
        )
        .select_from(source)
        .where(wanted)
        .order_by(_INSTALMENT.c.id)
    )
    return {row[0]: _item(*row) for row in session.connection().execute(query)}


def instalments_of(session: Session, numbers: Sequence[str]) -> list[int]:
    """The instalments of some invoices."""
    query = (
        select(_INSTALMENT.c.id)
        .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
        .where(_INVOICE.c.number.in_(numbers))
        .order_by(_INSTALMENT.c.id)
    )
    return list(session.connection().execute(query).scalars())


def _item(
    key: int,
    number: str,
    owner: int,
    issued: date,
    due: date,
    currency: str,
    total: int,
    still_open: int,
    kind: str,
    order: str,
    corrects: str,
) -> OpenItem:
    note = kind == DocumentKind.CREDIT_NOTE.value
    return OpenItem(
        key,
        number,
        owner,
        issued,
        due,
        currency,
        int(total),
        int(still_open),
        "credit_note" if note else "invoice",
        order,
        corrects,
    )


def payers(session: Session) -> dict[int, Payer]:
    """Every customer as a bank line may show it; whoever was merged into another adds its names."""
    connection = session.connection()
    aliases: dict[int, list[str]] = {}
    ibans: dict[int, list[str]] = {}
    for owner, name in connection.execute(
        select(_OWNER, _ALIAS.c.name).join(_CUSTOMER, _CUSTOMER.c.id == _ALIAS.c.customer_id).order_by(_ALIAS.c.id)
    ):
        aliases.setdefault(owner, []).append(name)
    for owner, iban in connection.execute(
        select(_OWNER, _ACCOUNT.c.iban)
        .join(_CUSTOMER, _CUSTOMER.c.id == _ACCOUNT.c.customer_id)
        .order_by(_ACCOUNT.c.id)
    ):
        ibans.setdefault(owner, []).append(iban)
    columns = (
        _RECORD.c.id,
        _RECORD.c.root_id,
        _RECORD.c.number,
        _RECORD.c.name,
        _RECORD.c.siren,
        _RECORD.c.city,
        _RECORD.c.parent_id,
    )
    rows = connection.execute(select(*columns).order_by(_RECORD.c.id)).all()
    for row in rows:
        if row.root_id is not None:
            aliases.setdefault(row.root_id, []).append(row.name)
    heads = _heads(rows)
    return {
        row.id: Payer(
            row.id,
            row.number,
            row.name,
            tuple(aliases.get(row.id, ())),
            tuple(ibans.get(row.id, ())),
            row.siren,
            group_id=heads.get(row.id),
            city=row.city,
        )
        for row in rows
        if row.root_id is None
    }


def _heads(rows: Sequence[Any]) -> Mapping[int, int]:
    """Company → the head of its group, for every company that has one or is one."""
    root = {row.id: row.root_id or row.id for row in rows}
    parent = {row.id: root[row.parent_id] for row in rows if row.parent_id is not None and row.root_id is None}
    heads: dict[int, int] = {}
    for key in parent:
        head = key
        while head in parent:
            head = parent[head]
        heads[key] = heads[head] = head
    return heads


def receipts(session: Session, day: date) -> list[Receipt]:
    """Payments that may still bounce, with what each is used for."""
    reversing = _PAYMENT.alias("reversing")
    standing = (
        _PAYMENT.c.cents > 0,
        _PAYMENT.c.received >= day - _REMEMBERED,
        not_(exists().where(reversing.c.reverses_id == _PAYMENT.c.id)),
    )
    uses: dict[int, list[tuple[int, int]]] = {}
    connection = session.connection()
    used = (
        select(_ALLOCATION.c.payment_id, _ALLOCATION.c.instalment_id, func.sum(_ALLOCATION.c.cents))
        .join(_PAYMENT, _PAYMENT.c.id == _ALLOCATION.c.payment_id)
        .where(*standing)
        .group_by(_ALLOCATION.c.payment_id, _ALLOCATION.c.instalment_id)
        .having(func.sum(_ALLOCATION.c.cents) != 0)
        .order_by(_ALLOCATION.c.payment_id, _ALLOCATION.c.instalment_id)
    )
    for payment_id, instalment_id, cents in connection.execute(used):
        uses.setdefault(payment_id, []).append((instalment_id, int(cents)))
    query = (
        select(
            _PAYMENT, _OWNER.label("owner"), _LINE.c.counterparty_iban, _LINE.c.counterparty_name, _LINE.c.end_to_end_id
        )
        .select_from(
            _PAYMENT.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _PAYMENT.c.customer_id).outerjoin(
                _LINE, _LINE.c.id == _PAYMENT.c.bank_line_id
            )
        )
        .where(*standing)
        .order_by(_PAYMENT.c.id)
    )
    return [
        Receipt(
            payment_key(row.id),
            row.received,
            int(row.cents),
            row.currency,
            row.owner,
            row.counterparty_iban or "",
            row.end_to_end_id or "",
            tuple(uses.get(row.id, ())),
            row.counterparty_name or "",
        )
        for row in connection.execute(query)
    ]


def undecided() -> ColumnElement[bool]:
    """Bank lines nobody and nothing has decided about."""
    return and_(_LINE.c.aside == "", not_(exists().where(_PAYMENT.c.bank_line_id == _LINE.c.id)))


def waiting_lines(session: Session, day: date, ids: Iterable[int] | None = None) -> list[Waiting]:
    """Bank lines up to a day that wait for a decision."""
    query = select(_LINE).where(undecided(), _LINE.c.booked <= day).order_by(_LINE.c.id)
    if ids is not None:
        query = query.where(_LINE.c.id.in_(list(ids)))
    return [waiting_line(row) for row in session.connection().execute(query)]


def waiting_line(row: Any) -> Waiting:
    """A bank line as money."""
    return Waiting(
        Money(
            line_key(row.id),
            row.booked,
            int(row.cents),
            row.currency,
            row.label,
            row.counterparty_name,
            row.counterparty_iban,
            row.end_to_end_id,
            row.remittance,
            reversal=row.takes_back or (bool(row.return_reason) and row.cents < 0),
        ),
        reference_of(row),
        line_id=row.id,
        source="bank",
        fingerprint=row.fingerprint,
        taken_apart=bool(row.taken_apart),
    )


def reference_of(row: Any) -> str:
    """What a bank line is called in answers: the payer's reference, the bank's, or its day and a sign of its own."""
    return row.end_to_end_id or row.bank_reference or row.number or f"{row.booked:%Y%m%d}-{row.fingerprint[:8]}"


def waiting_payments(session: Session, day: date, payment_id: int | None = None) -> list[Waiting]:
    """Payments up to a day that are not used up; what bounced and what took it back are settled between them."""
    free, source = free_money(_ALWAYS)
    reversing = _PAYMENT.alias("reversing")
    again = _ALLOCATION.alias("again")
    apart = exists().where(again.c.payment_id == _PAYMENT.c.id, again.c.reverses_id.is_not(None))
    query = (
        select(
            _PAYMENT,
            _OWNER.label("owner"),
            free.label("free"),
            apart.label("apart"),
            _LINE.c.label.label("line_label"),
            _LINE.c.counterparty_name,
            _LINE.c.counterparty_iban,
            _LINE.c.end_to_end_id,
            _LINE.c.remittance,
        )
        .select_from(source.outerjoin(_LINE, _LINE.c.id == _PAYMENT.c.bank_line_id))
        .where(
            free != 0,
            _PAYMENT.c.received <= day,
            _PAYMENT.c.reverses_id.is_(None),
            not_(exists().where(reversing.c.reverses_id == _PAYMENT.c.id)),
        )
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )
    if payment_id is not None:
        query = query.where(_PAYMENT.c.id == payment_id)
    return [
        Waiting(
            Money(
                payment_key(row.id),
                row.received,
                int(row.free),
                row.currency,
                row.line_label or row.label,
                row.counterparty_name or "",
                row.counterparty_iban or "",
                row.end_to_end_id or "",
                row.remittance or "",
                row.method,
                row.owner,
            ),
            row.reference,
            payment_id=row.id,
            source=row.source,
            taken_apart=bool(row.apart),
        )
        for row in session.connection().execute(query)
    ]


def learned(session: Session) -> Learned:
    """What corrections have taught and nobody has forgotten; the latest word counts."""
    ibans: dict[str, int] = {}
    names: dict[str, int | None] = {}
    labels: dict[str, int | None] = {}
    query = select(_FACT).where(_FACT.c.forgotten.is_(None)).order_by(_FACT.c.id)
    for row in session.connection().execute(query):
        if row.kind == "iban":
            ibans.pop(row.pattern, None)
            if row.customer_id is not None:
                ibans[row.pattern] = row.customer_id
        else:
            (names if row.kind == "name" else labels)[row.pattern] = row.customer_id
    return Learned(ibans, names, labels)


def leeway(session: Session) -> Leeway:
    """What the house accepts, and who it is."""
    company = the_company(session)
    seen = select(_STATEMENT.c.account).where(_STATEMENT.c.account != "").distinct().order_by(_STATEMENT.c.account)
    accounts = dict.fromkeys(
        (*(row.iban for row in our_accounts(session)), *session.connection().execute(seen).scalars())
    )
    return Leeway(own_names=(company.name,) if company else (), own_ibans=tuple(accounts))


def customer_words(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """Key → number and name of some customers, each as the one it was merged into."""
    found: dict[int, tuple[str, str]] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 5_000):
        query = select(_CUSTOMER.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name).where(
            _CUSTOMER.c.id.in_(wanted[start : start + 5_000])
        )
        found.update({row.id: (row.number, row.name) for row in session.connection().execute(query)})
    return found
