"""Writing: an entry with its lines, an amount of an invoice given up, and money that comes back on it."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from crm.core.db import table_of
from crm.core.errors import NotAllowed
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.customers.models import Customer
from crm.ledger.limits import limit_cents
from crm.ledger.models import DoubtfulFile, EntryKind, LedgerEntry, LedgerLine
from crm.ledger.postings import PARTNERS, Line, Lines, balanced
from crm.receivables.lettered import Groups, Node
from crm.receivables.models import DIVIDEND, Allocation, Instalment, Invoice, Payment, WriteOff
from crm.receivables.queries import open_items

RULE = "write_off"
"""The rule of allocations made here."""
_ALLOCATION, _INSTALMENT, _WRITE_OFF = table_of(Allocation), table_of(Instalment), table_of(WriteOff)


def keep(
    context: Context,
    kind: EntryKind,
    day: date,
    lines: Lines,
    *,
    customer: Customer,
    currency: str,
    document: str,
    invoice: Invoice | None = None,
    file: DoubtfulFile | None = None,
    write_off_id: int | None = None,
    residual_id: int | None = None,
    penalty_id: int | None = None,
    reverses_id: int | None = None,
) -> LedgerEntry | None:
    """An entry of these lines; none where there are none.

    Raises:
        ValueError: the two sides are not the same.
    """
    if not lines:
        return None
    if not balanced(lines):
        raise ValueError(f"an entry that does not balance: {lines}")
    row = LedgerEntry(
        day=day,
        kind=kind.value,
        label=document,
        currency=currency,
        customer_id=customer.id,
        invoice_id=invoice.id if invoice else None,
        file_id=file.id if file else None,
        write_off_id=write_off_id,
        residual_id=residual_id,
        penalty_id=penalty_id,
        reverses_id=reverses_id,
    )
    context.session.add(row)
    context.session.flush()
    for line in lines:
        context.session.add(
            LedgerLine(
                ledger_entry_id=row.id,
                account=line.account,
                auxiliary=kept_for(line, customer.number).party,
                debit_cents=line.debit,
                credit_cents=line.credit,
            )
        )
    context.session.flush()
    return row


def kept_for(line: Line, customer: str) -> Line:
    """A line with whose it is: the customer's, on the accounts that are kept by customer."""
    return replace(line, party=line.party or (customer if line.account in PARTNERS else ""))


def given_up_cents(context: Context, invoice: Invoice) -> int:
    """What stands given up of an invoice."""
    query = _given_up(func.coalesce(func.sum(_ALLOCATION.c.cents), 0)).where(_WRITE_OFF.c.invoice_id == invoice.id)
    return int(context.session.connection().execute(query).scalar_one())


def refuse_beyond_rights(context: Context, invoice: Invoice, cents: int) -> None:
    """Whether this person may give up so much more of an invoice.

    Raises:
        NotAllowed: it is more than their role allows, with what was given up of it before.
    """
    limit = limit_cents(context.actor, context.settings, invoice.currency)
    if limit is not None and given_up_cents(context, invoice) + cents > limit:
        raise NotAllowed(
            _("More than {limit} of one invoice is for somebody else to give up.").format(
                limit=Money(limit, invoice.currency)
            ),
            next_step=_("Ask an accountant or a manager."),
        )


def give_up(context: Context, invoice: Invoice, cents: int, reason: str, day: date) -> WriteOff:
    """Take an amount off what is open of an invoice, what is due first first; the group gets its code."""
    row = WriteOff(invoice_id=invoice.id, day=day, currency=invoice.currency, cents=cents, reason=reason)
    context.session.add(row)
    context.session.flush()
    taken: dict[Node, int] = {}
    left = cents
    for instalment_id, still_open in _open_instalments(context, invoice):
        if part := min(left, still_open):
            taken["item", instalment_id] = part
            left -= part
    groups = Groups(context, moved=lambda node: taken.get(node, 0))
    codes = groups.codes([(node, node) for node in taken])
    for node, part in taken.items():
        context.session.add(
            Allocation(
                instalment_id=node[1], write_off_id=row.id, cents=part, value_date=day, code=codes[node], rule=RULE
            )
        )
    groups.recode()
    context.session.flush()
    return row


def _open_instalments(context: Context, invoice: Invoice) -> list[tuple[int, int]]:
    open_cents, source = open_items(date.max, by_row=True)
    query = (
        select(_INSTALMENT.c.id, open_cents)
        .select_from(source)
        .where(_INSTALMENT.c.invoice_id == invoice.id, open_cents > 0)
        .order_by(_INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )
    return [(key, int(cents)) for key, cents in context.session.connection().execute(query)]


def come_back(context: Context, invoice: Invoice, payment: Payment, cents: int) -> None:
    """Use money for what was given up of an invoice: as much of that is taken back, so nothing is open again."""
    day = max(payment.received, _last_given_up(context, invoice))
    back = WriteOff(invoice_id=invoice.id, day=day, currency=invoice.currency, cents=-cents, reason=DIVIDEND)
    context.session.add(back)
    context.session.flush()
    parts: dict[Node, int] = {}
    left = cents
    for instalment_id, given_up in _given_up_by_instalment(context, invoice):
        if part := min(left, given_up):
            parts["item", instalment_id] = part
            left -= part
    paid: Node = ("payment", payment.id)
    groups = Groups(context, moved=lambda node: cents if node == paid else 0)
    codes = groups.codes([(paid, node) for node in parts])
    for node, part in parts.items():
        told: dict[str, Any] = {"instalment_id": node[1], "value_date": day, "code": codes[node], "rule": RULE}
        context.session.add(Allocation(write_off_id=back.id, cents=-part, **told))
        context.session.add(Allocation(payment_id=payment.id, cents=part, **told))
    groups.recode()
    context.session.flush()


def _given_up(*columns: Any) -> Any:
    source = _ALLOCATION.join(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id)
    return select(*columns).select_from(source)


def _given_up_by_instalment(context: Context, invoice: Invoice) -> list[tuple[int, int]]:
    standing = func.sum(_ALLOCATION.c.cents)
    query = (
        _given_up(_ALLOCATION.c.instalment_id, standing)
        .where(_WRITE_OFF.c.invoice_id == invoice.id)
        .group_by(_ALLOCATION.c.instalment_id)
        .having(standing > 0)
        .order_by(_ALLOCATION.c.instalment_id)
    )
    return [(key, int(cents)) for key, cents in context.session.connection().execute(query)]


def _last_given_up(context: Context, invoice: Invoice) -> date:
    query = select(func.max(_WRITE_OFF.c.day)).where(_WRITE_OFF.c.invoice_id == invoice.id)
    day: date = context.session.connection().execute(query).scalar_one()
    return day
