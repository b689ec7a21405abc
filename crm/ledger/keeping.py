"""Writing: an entry with its lines, an amount of an invoice given up, and money that comes back on it."""

from datetime import date

from sqlalchemy import func, select

from crm.core.db import table_of
from crm.core.errors import NotAllowed
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.customers.models import Customer
from crm.ledger.limits import limit_cents
from crm.ledger.models import DoubtfulFile, Entry, EntryKind, EntryLine
from crm.ledger.postings import PARTNERS, Lines, balanced
from crm.receivables.lettered import Groups, Node
from crm.receivables.models import Allocation, Instalment, Invoice, Payment, WriteOff
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
    reverses_id: int | None = None,
) -> Entry | None:
    """An entry of these lines; none where there are none.

    Raises:
        ValueError: the two sides are not the same.
    """
    if not lines:
        return None
    if not balanced(lines):
        raise ValueError(f"an entry that does not balance: {lines}")
    row = Entry(
        day=day,
        kind=kind.value,
        label=document,
        currency=currency,
        customer_id=customer.id,
        invoice_id=invoice.id if invoice else None,
        file_id=file.id if file else None,
        write_off_id=write_off_id,
        residual_id=residual_id,
        reverses_id=reverses_id,
    )
    context.session.add(row)
    context.session.flush()
    for line in lines:
        party = line.party or (customer.number if line.account in PARTNERS else "")
        context.session.add(
            EntryLine(
                ledger_entry_id=row.id,
                account=line.account,
                auxiliary=party,
                debit_cents=line.debit,
                credit_cents=line.credit,
            )
        )
    context.session.flush()
    return row


def given_up_cents(context: Context, invoice: Invoice) -> int:
    """What stands given up of an invoice."""
    query = (
        select(func.coalesce(func.sum(_ALLOCATION.c.cents), 0))
        .select_from(_ALLOCATION.join(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id))
        .where(_WRITE_OFF.c.invoice_id == invoice.id)
    )
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
    standing = func.sum(_ALLOCATION.c.cents)
    query = (
        select(_ALLOCATION.c.instalment_id, _WRITE_OFF.c.id, _WRITE_OFF.c.day, standing)
        .select_from(_ALLOCATION.join(_WRITE_OFF, _WRITE_OFF.c.id == _ALLOCATION.c.write_off_id))
        .where(_WRITE_OFF.c.invoice_id == invoice.id)
        .group_by(_ALLOCATION.c.instalment_id, _WRITE_OFF.c.id, _WRITE_OFF.c.day)
        .having(standing > 0)
        .order_by(_WRITE_OFF.c.id, _ALLOCATION.c.instalment_id)
    )
    left, rows, links = cents, [], []
    for instalment_id, write_off_id, day, given_up in context.session.connection().execute(query):
        if part := min(left, int(given_up)):
            left -= part
            dated = max(payment.received, day)
            rows.append((instalment_id, {"write_off_id": write_off_id}, -part, dated))
            rows.append((instalment_id, {"payment_id": payment.id}, part, dated))
            links.append((("payment", payment.id), ("item", instalment_id)))
    groups = Groups(context, moved=lambda node: cents if node == ("payment", payment.id) else 0)
    codes = groups.codes(links)
    for instalment_id, side, part, dated in rows:
        code = codes["item", instalment_id]
        context.session.add(
            Allocation(instalment_id=instalment_id, cents=part, value_date=dated, code=code, rule=RULE, **side)
        )
    groups.recode()
    context.session.flush()
