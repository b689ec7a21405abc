"""Disputes: what is said of each, who sees to it and until when; and their share of what was invoiced. Set-based reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from crm.access.queries import user_names
from crm.core.db import table_of
from crm.core.i18n import _, mark
from crm.core.periods import Period
from crm.customers.visible import CUSTOMER
from crm.receivables.models import Dispute, DisputeReason, DocumentKind, Invoice, OwnReason
from crm.receivables.queries import Whose, accepted_left

_INVOICE, _DISPUTE, _OWN = (table_of(kind) for kind in (Invoice, Dispute, OwnReason))
_CUSTOMER = CUSTOMER

REASONS = {
    DisputeReason.MISSING_GOODS: mark("goods missing"),
    DisputeReason.DAMAGED_GOODS: mark("goods damaged"),
    DisputeReason.PRICE_ERROR: mark("wrong price"),
    DisputeReason.WRONG_QUANTITY: mark("wrong quantity"),
    DisputeReason.DUPLICATE_INVOICE: mark("invoiced twice"),
    DisputeReason.SERVICE_NOT_RENDERED: mark("service not rendered"),
    DisputeReason.LATE_DELIVERY: mark("delivered late"),
    DisputeReason.WRONG_RECIPIENT: mark("wrong recipient"),
    DisputeReason.MISSING_PO: mark("order number missing"),
    DisputeReason.OTHER: mark("other reason"),
}
"""The contract's reasons → how they are said; the company may add its own and retire any."""
OWN = "own_"
"""What the code of a reason of the company's own begins with: the contract's never do."""


class DisputeOutcome(StrEnum):
    """What was found when a dispute was resolved."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PARTIAL = "partial"


OUTCOMES = {
    DisputeOutcome.ACCEPTED: mark("well founded"),
    DisputeOutcome.REJECTED: mark("not well founded"),
    DisputeOutcome.PARTIAL: mark("founded in part"),
}


class Age(StrEnum):
    """For how long a dispute has been open."""

    WEEK = "0-7"
    FORTNIGHT = "8-15"
    MONTH = "16-30"
    OLDER = "over_30"


def age_of(days: int) -> Age:
    """The class of an age in days."""
    return Age.WEEK if days <= 7 else Age.FORTNIGHT if days <= 15 else Age.MONTH if days <= 30 else Age.OLDER


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute as it stands on a day. Cents; `cents` None: the whole invoice."""

    id: int
    invoice: str
    customer: str
    name: str
    currency: str
    cents: int | None
    total: int
    reason: str
    opened: date | None
    noted: date
    resolved: date | None
    owner: str
    note: str
    outcome: str = ""
    deadline: date | None = None
    credit: int | None = None
    """The credit note that is expected."""
    credit_number: str = ""
    accepted: int | None = None
    awaited: int = 0
    """What of a resolved one still waits for its credit note, and is not asked for."""
    label: str = ""
    """The company's own words for the reason; empty: the contract's."""
    owner_name: str = ""
    """What whoever sees to it is called."""

    @property
    def amount(self) -> int:
        """What is, or was, in dispute."""
        return self.total if self.cents is None else self.cents

    @property
    def since(self) -> date:
        """The day it was opened, else that on which we learnt of it."""
        return self.opened or self.noted

    def is_open(self, day: date) -> bool:
        """Whether it is not resolved by a day."""
        return self.resolved is None or self.resolved > day

    def days(self, day: date) -> int:
        """How long it has been open, or was."""
        end = day if self.is_open(day) or self.resolved is None else self.resolved
        return max(0, (end - self.since).days)

    def late(self, day: date) -> bool:
        """Whether its owner should have answered before a day."""
        return self.is_open(day) and self.deadline is not None and self.deadline < day

    def reason_words(self) -> str:
        """The reason as it is said."""
        return self.label or reason_words(self.reason)


def reason_words(code: str) -> str:
    """One of the contract's reasons as it is said; any other by its code."""
    known = {reason.value: words for reason, words in REASONS.items()}
    return _(known[code]) if code in known else code.removeprefix(OWN).replace("_", " ")


def dispute_lines(session: Session, day: date, of: Whose) -> Sequence[DisputeLine]:
    """Disputes known on a day, the oldest first."""
    query = (
        select(
            _DISPUTE,
            _INVOICE.c.number.label("invoice"),
            _INVOICE.c.currency,
            _INVOICE.c.total_cents,
            _CUSTOMER.c.number,
            _CUSTOMER.c.name,
            func.coalesce(_OWN.c.label, "").label("label"),
            accepted_left(day).label("awaited"),
        )
        .select_from(
            _DISPUTE.join(_INVOICE, _INVOICE.c.id == _DISPUTE.c.invoice_id)
            .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
            .outerjoin(_OWN, _OWN.c.code == _DISPUTE.c.reason)
        )
        .where(or_(_DISPUTE.c.opened.is_(None), _DISPUTE.c.opened <= day), *of.conditions())
        .order_by(_DISPUTE.c.noted, _DISPUTE.c.id)
    )
    names = user_names(session)
    return [_line(row, day, names.get(row.owner, row.owner)) for row in session.connection().execute(query)]


def _line(row: Any, day: date, owner_name: str) -> DisputeLine:
    ended = row.resolved is not None and row.resolved <= day
    return DisputeLine(
        id=row.id,
        invoice=row.invoice,
        customer=row.number,
        name=row.name,
        currency=row.currency,
        cents=None if row.cents is None else int(row.cents),
        total=int(row.total_cents),
        reason=row.reason,
        opened=row.opened,
        noted=row.noted,
        resolved=row.resolved if ended else None,
        owner=row.owner,
        note=row.note,
        outcome=row.outcome if ended else "",
        deadline=row.deadline,
        credit=None if row.credit_cents is None else int(row.credit_cents),
        credit_number=row.credit_number,
        accepted=int(row.accepted_cents) if ended and row.accepted_cents is not None else None,
        awaited=max(0, int(row.awaited or 0)) if ended else 0,
        label=row.label,
        owner_name=owner_name,
    )


@dataclass(frozen=True, slots=True)
class DisputeRate:
    """What of the invoices issued in a period is or was in dispute, each counted once. Cents."""

    period: Period
    currency: str
    invoices: int
    disputed: int
    invoiced_cents: int
    disputed_cents: int


def dispute_rate(session: Session, day: date, period: Period, currency: str, of: Whose) -> DisputeRate:
    """Count and add up; a dispute of a part counts with that part, several of one invoice up to its amount."""
    sales = (
        _INVOICE.c.kind == DocumentKind.INVOICE.value,
        _INVOICE.c.sale,
        _INVOICE.c.issue_date.between(period.start, period.end),
        _INVOICE.c.issue_date <= day,
        _INVOICE.c.currency == currency,
        *of.conditions(),
    )
    source = _INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
    count, invoiced = (
        session.connection()
        .execute(
            select(func.count(), func.coalesce(func.sum(_INVOICE.c.total_cents), 0)).select_from(source).where(*sales)
        )
        .one()
    )
    parts = (
        select(_INVOICE.c.total_cents, func.sum(func.coalesce(_DISPUTE.c.cents, _INVOICE.c.total_cents)))
        .select_from(source.join(_DISPUTE, _DISPUTE.c.invoice_id == _INVOICE.c.id))
        .where(*sales, or_(_DISPUTE.c.opened.is_(None), _DISPUTE.c.opened <= day))
        .group_by(_INVOICE.c.id, _INVOICE.c.total_cents)
    )
    rows = session.connection().execute(parts).all()
    disputed = sum(min(int(total), int(part)) for total, part in rows)
    return DisputeRate(period, currency, int(count), len(rows), int(invoiced), disputed)
