"""Reads of what is owed, as of any day: set-based SQL, one statement for a whole portfolio.

Only allocations dated up to the day count, so the past stays as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Label,
    case,
    cast,
    func,
    null,
    or_,
    select,
    type_coerce,
)
from sqlmodel import Session

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.i18n import _
from crm.customers.visible import CUSTOMER
from crm.receivables.ageing import AGES, AgeingLine, Bucket, DocumentLine, bucket_of, six, standing
from crm.receivables.models import Allocation, Dispute, DocumentKind, Instalment, Invoice, Payment, Residual, WriteOff
from crm.receivables.planned import InForce, plans_in_force
from crm.receivables.plans import laid_out
from crm.receivables.whose import Whose as Whose
from crm.receivables.whose import whose as whose

_INVOICE, _INSTALMENT, _PAYMENT = table_of(Invoice), table_of(Instalment), table_of(Payment)
_ALLOCATION, _DISPUTE, _CUSTOMER = table_of(Allocation), table_of(Dispute), CUSTOMER
_RESIDUAL, _WRITE_OFF = table_of(Residual), table_of(WriteOff)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
"""The customer, or the one it was merged into."""
_AT_ONCE = 500
_IS_INVOICE = _INVOICE.c.kind == DocumentKind.INVOICE.value


def _used(column: ColumnElement[Any], day: date) -> FromClause:
    """What each instalment or payment has in allocations up to the day."""
    query = select(column.label("owner"), func.sum(_ALLOCATION.c.cents).label("cents"))
    return query.where(column.is_not(None), _ALLOCATION.c.value_date <= day).group_by(column).subquery()


def _used_by(column: ColumnElement[Any], owner: ColumnElement[Any], day: date) -> ColumnElement[int]:
    """What one instalment or payment has in allocations up to the day, looked up row by row."""
    query = select(func.sum(_ALLOCATION.c.cents)).where(column == owner, _ALLOCATION.c.value_date <= day)
    return func.coalesce(query.scalar_subquery(), 0)


def open_items(day: date, *, by_row: bool = False) -> tuple[ColumnElement[int], FromClause]:
    """What is open of an instalment on the day, and the tables it is read from.

    `by_row` looks each instalment's allocations up by index: for a few customers of many, where adding all of them up first
    would cost more.
    """
    source = _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id).join(
        _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
    )
    if by_row:
        received = _used_by(_ALLOCATION.c.instalment_id, _INSTALMENT.c.id, day)
        return _INSTALMENT.c.cents - received + _used_by(_ALLOCATION.c.credit_id, _INSTALMENT.c.id, day), source
    settled, given = _used(_ALLOCATION.c.instalment_id, day), _used(_ALLOCATION.c.credit_id, day)
    joined = source.outerjoin(settled, settled.c.owner == _INSTALMENT.c.id).outerjoin(
        given, given.c.owner == _INSTALMENT.c.id
    )
    return _INSTALMENT.c.cents - func.coalesce(settled.c.cents, 0) + func.coalesce(given.c.cents, 0), joined


def free_money(day: date, *, by_row: bool = False) -> tuple[ColumnElement[int], FromClause]:
    """What of a payment settles nothing yet on the day, and the tables it is read from; `by_row` as in `open_items`."""
    paid_by = _CUSTOMER.c.id == _PAYMENT.c.customer_id
    if by_row:
        return _PAYMENT.c.cents - _used_by(_ALLOCATION.c.payment_id, _PAYMENT.c.id, day), _PAYMENT.join(
            _CUSTOMER, paid_by
        )
    source = _PAYMENT.outerjoin(_CUSTOMER, paid_by)
    used = _used(_ALLOCATION.c.payment_id, day)
    return _PAYMENT.c.cents - func.coalesce(used.c.cents, 0), source.outerjoin(used, used.c.owner == _PAYMENT.c.id)


def aged_lines(session: Session, day: date, of: Whose) -> tuple[AgeingLine, ...]:
    """What each customer owes by age, as of a day, the oldest debts first; merged customers count as one.

    Money whose payer is not known yet stands in a line of its own without a customer, when nothing narrows the question.
    """
    owed: dict[tuple[int | None, str], list[int]] = {}
    oldest: dict[tuple[int | None, str], date | None] = {}
    connection = session.connection()
    for owner, currency, *sums, first_due in connection.execute(_aged(day, of)):
        owed[owner, currency] = [int(cents) for cents in sums]
        oldest[owner, currency] = first_due
    _follow_plans(session, day, of, owed, oldest)
    for owner, currency, free in connection.execute(_free_by_customer(day, of)):
        owed.setdefault((owner, currency), [0] * 6)[5] -= int(free)
    names = _names(session, of)
    stranger = ("", _("payer to be found"), "")
    lines = []
    for (owner, currency), sums in owed.items():
        if any(sums):
            first_due = oldest.get((owner, currency))
            who = stranger if owner is None else names[owner]
            lines.append(AgeingLine(*who, currency, *six(sums), (day - first_due).days if first_due else 0))
    return tuple(sorted(lines, key=lambda line: (line.currency, -line.over_90, -line.overdue, -line.total, line.name)))


def _follow_plans(
    session: Session,
    day: date,
    of: Whose,
    owed: dict[tuple[int | None, str], list[int]],
    oldest: dict[tuple[int | None, str], date | None],
) -> None:
    """Customers with a plan in force are aged by its days: their columns are laid out anew, the sums stay."""
    plans = plans_in_force(session, day, of)
    if not plans:
        return
    columns = list(AGES)
    anew: dict[tuple[int | None, str], list[int]] = {}
    first: dict[tuple[int | None, str], date | None] = {}
    for row in _open_instalments(session, day, plans):
        who = (row.owner, row.currency)
        sums = anew.setdefault(who, [0] * len(columns))
        for due, cents, _slice in laid_out(int(row.open), row.due_date, plans.slices.get(row.id, ())):
            sums[columns.index(bucket_of((day - due).days))] += cents
            earlier = first.get(who)
            if cents > 0 and due < day and (earlier is None or due < earlier):
                first[who] = due
    for who, sums in anew.items():
        owed.setdefault(who, [0] * 6)[: len(columns)] = sums
        oldest[who] = first.get(who)


def _open_instalments(session: Session, day: date, plans: InForce) -> Iterator[Any]:
    """The open instalments of invoices of those with a plan in force: id, owner, currency, number, due date, open."""
    open_cents, source = open_items(day, by_row=True)
    for chunk in in_chunks(sorted(plans.customer_ids), _AT_ONCE):
        query = (
            select(
                _INSTALMENT.c.id,
                _OWNER.label("owner"),
                _INVOICE.c.currency,
                _INVOICE.c.number,
                _INSTALMENT.c.due_date,
                open_cents.label("open"),
            )
            .select_from(source)
            .where(
                _IS_INVOICE,
                _INVOICE.c.issue_date <= day,
                open_cents != 0,
                *Whose(customer_ids=tuple(chunk)).conditions(),
            )
            .order_by(_INSTALMENT.c.due_date, _INSTALMENT.c.id)
        )
        yield from session.connection().execute(query)


def _aged(day: date, of: Whose) -> Any:
    open_cents, source = open_items(day, by_row=of.few)
    items = (
        select(
            _OWNER.label("owner"),
            _INVOICE.c.currency,
            _IS_INVOICE.label("is_invoice"),
            _INSTALMENT.c.due_date,
            open_cents.label("open"),
        )
        .select_from(source)
        .where(_INVOICE.c.issue_date <= day, *of.conditions())
        .subquery("items")
    )
    due, is_invoice = items.c.due_date, items.c.is_invoice
    back = [day - timedelta(days=days) for days in (0, 30, 60, 90)]

    def part(condition: ColumnElement[bool]) -> Label[Any]:
        return func.sum(case((condition, items.c.open), else_=0)).label(None)

    return (
        select(
            items.c.owner,
            items.c.currency,
            part(is_invoice & (due >= back[0])),
            *(part(is_invoice & (due < later) & (due >= earlier)) for later, earlier in pairwise(back)),
            part(is_invoice & (due < back[3])),
            part(~is_invoice),
            func.min(case((is_invoice & (items.c.open > 0) & (due < day), due))),
        )
        .where(items.c.open != 0)
        .group_by(items.c.owner, items.c.currency)
    )


def _free_by_customer(day: date, of: Whose) -> Any:
    free, source = free_money(day, by_row=of.few)
    return (
        select(_OWNER, _PAYMENT.c.currency, func.sum(free))
        .select_from(source)
        .where(_PAYMENT.c.received <= day, free != 0, *of.conditions())
        .group_by(_OWNER, _PAYMENT.c.currency)
    )


def _names(session: Session, of: Whose) -> dict[int, tuple[str, str, str]]:
    query = select(_CUSTOMER.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name, _CUSTOMER.c.city)
    if of.ids is not None:
        query = query.where(_CUSTOMER.c.id.in_(of.ids))
    return {row.id: (row.number, row.name, row.city) for row in session.connection().execute(query)}


def document_lines(
    session: Session, day: date, of: Whose, *, number: str | None = None, only_open: bool = False
) -> tuple[DocumentLine, ...]:
    """Invoices and credit notes as they stand on a day, the earliest due first."""
    open_cents, source = open_items(day, by_row=of.few)
    disputed = disputed_on(day)
    total_open = func.sum(open_cents)
    whole = case((disputed.c.owner.is_(None), 0), (disputed.c.part.is_(None), -1), else_=disputed.c.part)
    query = (
        select(
            _INVOICE.c.number,
            _CUSTOMER.c.number.label("customer"),
            _CUSTOMER.c.name,
            _INVOICE.c.kind,
            _INVOICE.c.issue_date,
            _INVOICE.c.currency,
            _INVOICE.c.total_cents,
            total_open.label("open"),
            func.min(case((open_cents != 0, _INSTALMENT.c.due_date))).label("next_due"),
            func.max(_INSTALMENT.c.due_date).label("last_due"),
            func.max(case((_INSTALMENT.c.assumed, 1), else_=0)).label("assumed"),
            func.min(whole).label("whole"),
            func.max(whole).label("part"),
        )
        .select_from(source.outerjoin(disputed, disputed.c.owner == _INVOICE.c.id))
        .where(_INVOICE.c.issue_date <= day, *of.conditions())
        .group_by(_INVOICE.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name)
        .order_by("next_due", _INVOICE.c.issue_date, _INVOICE.c.number)
    )
    if number is not None:
        query = query.where(_INVOICE.c.number == number)
    if only_open:
        query = query.having(total_open != 0)
    rows = session.connection().execute(query).all()
    dues: dict[str, date] = {}
    plans = plans_in_force(session, day, of)
    for item in _open_instalments(session, day, plans) if plans else ():
        days = [due for due, _cents, _slice in laid_out(int(item.open), item.due_date, plans.slices.get(item.id, ()))]
        dues[item.number] = min([*days, dues.get(item.number, days[0])])
    lines = [_document(row, day, dues.get(row.number)) for row in rows]
    if dues:
        lines.sort(key=lambda line: (line.open == 0, line.due_date or day, line.issue_date, line.number))
    return tuple(lines)


def disputed_on(day: date) -> FromClause:
    """Invoices with anything in dispute on the day; `part` is null where the whole invoice is.

    What was found right when a dispute was resolved counts until its credit note has settled it: nobody is asked to pay
    what we are about to take back.
    """
    known = or_(_DISPUTE.c.opened.is_(None), _DISPUTE.c.opened <= day)
    still = select(_DISPUTE.c.invoice_id.label("owner"), _DISPUTE.c.cents).where(
        or_(_DISPUTE.c.resolved.is_(None), _DISPUTE.c.resolved > day), known
    )
    awaited = accepted_left(day)
    credited = select(_DISPUTE.c.invoice_id.label("owner"), awaited.label("cents")).where(
        _DISPUTE.c.resolved <= day, _DISPUTE.c.accepted_cents > 0, awaited > 0
    )
    parts = still.union_all(credited).subquery("parts")
    part = case((func.count() == func.count(parts.c.cents), func.sum(parts.c.cents)), else_=cast(null(), BigInteger))
    # A sum of a union is no whole number to PostgreSQL.
    return select(parts.c.owner, cast(part, BigInteger).label("part")).group_by(parts.c.owner).subquery("disputed")


def accepted_left(day: date) -> ColumnElement[int]:
    """What of a dispute was found right, less the credit notes that have settled its invoice since it was noted."""
    credit, note, against = _INSTALMENT.alias("credit"), _INVOICE.alias("credit_note"), _INSTALMENT.alias("against")
    issued = (
        select(func.coalesce(func.sum(_ALLOCATION.c.cents), 0))
        .select_from(
            _ALLOCATION.join(against, against.c.id == _ALLOCATION.c.instalment_id)
            .join(credit, credit.c.id == _ALLOCATION.c.credit_id)
            .join(note, note.c.id == credit.c.invoice_id)
        )
        .where(
            against.c.invoice_id == _DISPUTE.c.invoice_id,
            _ALLOCATION.c.value_date <= day,
            or_(_ALLOCATION.c.value_date >= _DISPUTE.c.noted, note.c.number == _DISPUTE.c.credit_number),
        )
        .correlate(_DISPUTE)
        .scalar_subquery()
    )
    return type_coerce(func.coalesce(_DISPUTE.c.accepted_cents, 0) - issued, BigInteger)


def _document(row: Any, day: date, planned: date | None) -> DocumentLine:
    still_open = int(row.open)
    disputed = 0
    if still_open and (row.whole or row.part):
        disputed = still_open if row.whole < 0 else min(still_open, int(row.part))
    is_invoice = row.kind == DocumentKind.INVOICE.value
    next_due = planned or row.next_due
    late = max(0, (day - next_due).days) if is_invoice and next_due and still_open else 0
    return DocumentLine(
        number=row.number,
        customer=row.customer,
        name=row.name,
        kind=row.kind,
        issue_date=row.issue_date,
        due_date=next_due or row.last_due,
        currency=row.currency,
        total=int(row.total_cents),
        open=still_open,
        disputed=disputed,
        days_overdue=late,
        standing=standing(still_open, late, disputed=disputed != 0 and disputed == still_open),
        assumed_due=bool(row.assumed),
    )


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One line of a figure of the aged balance: an instalment, or money without use, as it stands on the day. Cents."""

    document: str
    kind: str
    """invoice, credit_note or payment."""
    dated: date
    due: date | None
    days_late: int
    total: int
    open: int
    customer: str


def item_lines(session: Session, day: date, of: Whose, currency: str, bucket: Bucket | None) -> tuple[ItemLine, ...]:
    """The lines behind a figure: open instalments of one column (all columns: None) and, where they belong, free money."""
    open_cents, source = open_items(day, by_row=of.few)
    query = (
        select(
            _INSTALMENT.c.id,
            _INVOICE.c.number,
            _INVOICE.c.kind,
            _INVOICE.c.issue_date,
            _INSTALMENT.c.due_date,
            _INSTALMENT.c.cents,
            open_cents.label("open"),
            _CUSTOMER.c.name,
        )
        .select_from(source)
        .where(_INVOICE.c.issue_date <= day, _INVOICE.c.currency == currency, open_cents != 0, *of.conditions())
        .order_by(_INSTALMENT.c.due_date, _INVOICE.c.number)
    )
    found: list[ItemLine] = []
    plans = plans_in_force(session, day, of)
    for row in session.connection().execute(query):
        is_invoice = row.kind == DocumentKind.INVOICE.value
        for due, cents, _slice in laid_out(int(row.open), row.due_date, plans.slices.get(row.id, ())):
            late = (day - due).days if is_invoice else 0
            if bucket in (None, bucket_of(late) if is_invoice else Bucket.UNALLOCATED):
                found.append(ItemLine(row.number, row.kind, row.issue_date, due, late, int(row.cents), cents, row.name))
    if plans:
        found.sort(key=lambda line: (line.due or day, line.document))
    if bucket in (None, Bucket.UNALLOCATED):
        found += _free_lines(session, day, of, currency)
    return tuple(found)


def _free_lines(session: Session, day: date, of: Whose, currency: str) -> Sequence[ItemLine]:
    free, source = free_money(day, by_row=of.few)
    query = (
        select(_PAYMENT.c.reference, _PAYMENT.c.received, _PAYMENT.c.cents, free.label("free"), _CUSTOMER.c.name)
        .select_from(source)
        .where(_PAYMENT.c.received <= day, _PAYMENT.c.currency == currency, free != 0, *of.conditions())
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )
    return [
        ItemLine(row.reference, "payment", row.received, None, 0, -int(row.cents), -int(row.free), row.name or "")
        for row in session.connection().execute(query)
    ]


@dataclass(frozen=True, slots=True)
class UseLine:
    """How an instalment was settled: by which payment or credit note, when, how much. Cents."""

    document: str
    """Reference of the payment, number of the credit note, or the reason of what was written off."""
    kind: str
    dated: date
    cents: int
    code: str


def uses_of(session: Session, number: str, day: date) -> tuple[UseLine, ...]:
    """What has been set against an invoice or credit note up to a day, in order."""
    credit_instalment, credit = _INSTALMENT.alias(), _INVOICE.alias()
    settled = (
        select(
            _PAYMENT.c.reference,
            credit.c.number.label("credit"),
            func.coalesce(_RESIDUAL.c.reason, _WRITE_OFF.c.reason).label("reason"),
            _WRITE_OFF.c.id.label("write_off"),
            _ALLOCATION.c.value_date,
            _ALLOCATION.c.cents,
            _ALLOCATION.c.code,
        )
        .select_from(
            _ALLOCATION.join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
            .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
            .outerjoin(_PAYMENT, _PAYMENT.c.id == _ALLOCATION.c.payment_id)
            .outerjoin(_RESIDUAL, _RESIDUAL.c.id == _ALLOCATION.c.residual_id)
            .outerjoin(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id)
            .outerjoin(credit_instalment, credit_instalment.c.id == _ALLOCATION.c.credit_id)
            .outerjoin(credit, credit.c.id == credit_instalment.c.invoice_id)
        )
        .where(_INVOICE.c.number == number, _ALLOCATION.c.value_date <= day)
        .order_by(_ALLOCATION.c.value_date, _ALLOCATION.c.id)
    )
    return tuple(
        UseLine(
            row.reference or row.credit or row.reason,
            _kind_of_use(row),
            row.value_date,
            int(row.cents),
            row.code,
        )
        for row in session.connection().execute(settled)
    )


def _kind_of_use(row: Any) -> str:
    if row.reference:
        return "payment"
    if row.credit:
        return "credit_note"
    return "write_off" if row.write_off else "residual"


def sales_cents(session: Session, start: date, end: date, currency: str, of: Whose) -> int:
    """Invoices less credit notes issued in a period, tax included."""
    query = (
        select(func.coalesce(func.sum(_INVOICE.c.total_cents), 0))
        .select_from(_INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id))
        .where(
            _INVOICE.c.issue_date.between(start, end),
            _INVOICE.c.currency == currency,
            _INVOICE.c.sale,
            *of.conditions(),
        )
    )
    return int(session.connection().execute(query).scalar_one())


def payment_rows(session: Session, day: date, of: Whose) -> Sequence[Any]:
    """Money that came in up to a day, with what of it is free: (reference, customer, name, received, currency, cents, free, method, label)."""
    free, source = free_money(day, by_row=of.few)
    query = (
        select(
            _PAYMENT.c.reference,
            _CUSTOMER.c.number.label("customer"),
            _CUSTOMER.c.name,
            _PAYMENT.c.received,
            _PAYMENT.c.currency,
            _PAYMENT.c.cents,
            type_coerce(free, BigInteger).label("free"),
            _PAYMENT.c.method,
            _PAYMENT.c.label,
        )
        .select_from(source)
        .where(_PAYMENT.c.received <= day, *of.conditions())
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )
    return session.connection().execute(query).all()
