"""Reads of money that came in, of bank lines, and of how fresh each account is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, exists, func, select, type_coerce
from sqlmodel import Session

from crm.core.calendar import add_working_days
from crm.core.db import table_of
from crm.core.proposals import Proposal
from crm.customers.queries import our_accounts
from crm.customers.visible import CUSTOMER, with_merged
from crm.receivables.matchable import (
    Waiting,
    customer_words,
    reference_of,
    undecided,
    waiting_line,
    waiting_payments,
)
from crm.receivables.matching.bounces import is_bounce
from crm.receivables.matching.writing import read_label
from crm.receivables.models import Allocation, BankLine, BankStatement, Instalment, Invoice, MatchCandidate, Payment
from crm.receivables.queries import Whose, free_money

FRESH_WORKING_DAYS = 2
"""A statement that ends earlier than so many working days ago is old: payments may be missing."""
_PAYMENT, _LINE, _CUSTOMER = table_of(Payment), table_of(BankLine), CUSTOMER
_STATEMENT, _ALLOCATION = table_of(BankStatement), table_of(Allocation)
_INSTALMENT, _INVOICE = table_of(Instalment), table_of(Invoice)
_PROPOSAL, _CANDIDATE = table_of(Proposal), table_of(MatchCandidate)


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A payment, or a bank line that may become one. Cents."""

    payment_id: int | None
    line_id: int | None
    reference: str
    customer: str | None
    name: str | None
    received: date
    currency: str
    cents: int
    free: int
    method: str
    label: str
    source: str


def money_lines(session: Session, day: date, of: Whose, *, invoice: str | None = None) -> Sequence[MoneyLine]:
    """Money that came in up to a day, the latest first; undecided bank lines too where nothing narrows the question."""
    found = _payments(session, day, of, invoice)
    if of.everybody and invoice is None:
        found += _undecided(session, day)
    return sorted(found, key=lambda line: (-line.received.toordinal(), -(line.payment_id or 0), -(line.line_id or 0)))


def _payments(session: Session, day: date, of: Whose, invoice: str | None) -> list[MoneyLine]:
    free, source = free_money(day, by_row=of.few)
    query = (
        select(
            _PAYMENT,
            _CUSTOMER.c.number.label("customer"),
            _CUSTOMER.c.name,
            type_coerce(free, BigInteger).label("free"),
        )
        .select_from(source)
        .where(_PAYMENT.c.received <= day, *of.conditions())
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )
    if invoice is not None:
        used = (
            exists()
            .where(
                _ALLOCATION.c.payment_id == _PAYMENT.c.id,
                _ALLOCATION.c.instalment_id == _INSTALMENT.c.id,
                _INSTALMENT.c.invoice_id == _INVOICE.c.id,
                _INVOICE.c.number == invoice.strip(),
            )
            .correlate(_PAYMENT)
        )
        query = query.where(used)
    return [
        MoneyLine(
            row.id,
            row.bank_line_id,
            row.reference,
            row.customer,
            row.name,
            row.received,
            row.currency,
            int(row.cents),
            int(row.free),
            row.method,
            row.label,
            row.source,
        )
        for row in session.connection().execute(query)
    ]


def _undecided(session: Session, day: date) -> list[MoneyLine]:
    query = select(_LINE).where(undecided(), _LINE.c.booked <= day, _LINE.c.cents > 0).order_by(_LINE.c.id)
    return [
        MoneyLine(
            None,
            row.id,
            reference_of(row),
            None,
            None,
            row.booked,
            row.currency,
            int(row.cents),
            int(row.cents),
            "",
            row.label,
            "bank",
        )
        for row in session.connection().execute(query)
    ]


@dataclass(frozen=True, slots=True)
class AccountFreshness:
    """Until when the movements of one of our accounts are known."""

    account: str
    label: str
    known_until: date
    stale: bool
    """Older than two working days."""


def freshness(session: Session, day: date) -> tuple[AccountFreshness, ...]:
    """Every account of which a statement has come in, the oldest first; nothing while there is none."""
    labels = {row.iban: row.label for row in our_accounts(session)}
    query = (
        select(_STATEMENT.c.account, func.max(_STATEMENT.c.last_day))
        .where(_STATEMENT.c.last_day <= day)
        .group_by(_STATEMENT.c.account)
    )
    found = [
        AccountFreshness(account, labels.get(account, ""), last, add_working_days(last, FRESH_WORKING_DAYS) < day)
        for account, last in session.connection().execute(query)
    ]
    return tuple(sorted(found, key=lambda account: (account.known_until, account.account)))


def undecided_money(session: Session, customer_ids: Sequence[int] | None = None) -> dict[tuple[int, str], int]:
    """What waits for a decision and is probably a customer's, of some customers or all: key and currency → cents."""
    owner = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
    line = case(
        (
            _PROPOSAL.c.subject.like("bank-line/%"),
            cast(func.substr(_PROPOSAL.c.subject, len("bank-line/") + 1), BigInteger),
        )
    )
    query = (
        select(owner, _LINE.c.currency, func.sum(_LINE.c.cents))
        .select_from(
            _CANDIDATE.join(_PROPOSAL, _PROPOSAL.c.id == _CANDIDATE.c.proposal_id)
            .join(_LINE, _LINE.c.id == line)
            .join(_CUSTOMER, _CUSTOMER.c.id == _CANDIDATE.c.customer_id)
        )
        .where(
            _PROPOSAL.c.closed_at.is_(None),
            _CANDIDATE.c.rank == 1,
            *([] if customer_ids is None else [_CANDIDATE.c.customer_id.in_(with_merged(session, customer_ids))]),
            _LINE.c.cents > 0,
        )
        .group_by(owner, _LINE.c.currency)
        .order_by(owner, _LINE.c.currency)
    )
    return {(key, currency): int(cents) for key, currency, cents in session.connection().execute(query)}


@dataclass(frozen=True, slots=True)
class BankRow:
    """A bank line as the workbench shows it, or a payment without one that waits for a decision. Cents."""

    id: int
    """The number of the bank line; of the payment where it is `recorded`."""
    account: str
    booked: date
    cents: int
    currency: str
    label: str
    counterparty: str
    iban: str
    reference: str
    aside: str
    payment_id: int | None
    """The payment made of it; None: undecided, or set aside."""
    code: str
    customer: str | None
    takes_back: bool
    recorded: bool = False
    """Money that was recorded by hand or came in a list: what is free of it waits."""


def bank_rows(session: Session, day: date, state: ColumnElement[bool], limit: int) -> Sequence[BankRow]:
    """Bank lines up to a day, the latest first, with what was made of each."""
    code = (
        select(func.max(_ALLOCATION.c.code))
        .where(_ALLOCATION.c.payment_id == _PAYMENT.c.id, _ALLOCATION.c.reverses_id.is_(None))
        .scalar_subquery()
    )
    made = (
        select(
            _PAYMENT.c.bank_line_id,
            func.min(_PAYMENT.c.id).label("payment_id"),
            func.min(_PAYMENT.c.customer_id).label("customer_id"),
            func.max(case((_PAYMENT.c.reverses_id.is_not(None), 1), else_=0)).label("back"),
            func.max(code).label("code"),
        )
        .where(_PAYMENT.c.bank_line_id.is_not(None))
        .group_by(_PAYMENT.c.bank_line_id)
        .subquery("made")
    )
    query = (
        select(_LINE, made.c.payment_id, made.c.code, made.c.back, _CUSTOMER.c.name.label("customer"))
        .select_from(
            _LINE.outerjoin(made, made.c.bank_line_id == _LINE.c.id).outerjoin(
                _CUSTOMER, _CUSTOMER.c.id == made.c.customer_id
            )
        )
        .where(_LINE.c.booked <= day, state)
        .order_by(_LINE.c.booked.desc(), _LINE.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in session.connection().execute(query)]


def _row(row: Any) -> BankRow:
    return BankRow(
        row.id,
        row.account,
        row.booked,
        int(row.cents),
        row.currency,
        row.label,
        row.counterparty_name,
        row.counterparty_iban,
        reference_of(row),
        row.aside,
        row.payment_id,
        row.code or "",
        row.customer,
        bool(
            row.takes_back
            or row.return_reason
            or row.back
            or is_bounce(waiting_line(row).money, read_label(row.label).text)
        ),
    )


def recorded_rows(session: Session, proposals: Mapping[int, Proposal], day: date) -> Sequence[BankRow]:
    """Payments whose rest waits for a decision, of those that proposals are about, the latest first."""
    if not proposals:
        return []
    waiting = [one for one in waiting_payments(session, day) if one.payment_id in proposals]
    names = customer_words(session, {one.money.customer_id for one in waiting if one.money.customer_id is not None})
    return [_recorded_row(one, names) for one in reversed(waiting)]


def _recorded_row(one: Waiting, names: Mapping[int, tuple[str, str]]) -> BankRow:
    money = one.money
    name = names[money.customer_id][1] if money.customer_id is not None else ""
    return BankRow(
        one.payment_id or 0,
        "",
        money.date,
        money.cents,
        money.currency,
        money.label,
        money.counterparty_name or name,
        money.counterparty_iban,
        one.reference,
        "",
        None,
        "",
        name or None,
        takes_back=money.cents < 0,
        recorded=True,
    )


def states(session: Session, day: date) -> dict[str, int]:
    """How many bank lines wait for a decision, are matched, and set aside."""
    matched = exists().where(_PAYMENT.c.bank_line_id == _LINE.c.id)
    query = select(
        func.coalesce(func.sum(case((undecided(), 1), else_=0)), 0),
        func.coalesce(func.sum(case((matched, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_LINE.c.aside != "", 1), else_=0)), 0),
    ).where(_LINE.c.booked <= day)
    waiting, done, aside = session.connection().execute(query).one()
    return {"to_decide": int(waiting), "matched": int(done), "aside": int(aside)}
