"""Entries: those kept, and those that written-off differences still lack."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, case, func, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.exchange import Wanted
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.visible import as_one
from crm.ledger.causes import Cause, Decision, proposed
from crm.ledger.differences import part_of
from crm.ledger.drafts import Draft
from crm.ledger.keeping import keep
from crm.ledger.models import EntryKind, LedgerEntry
from crm.ledger.postings import Lines, penalties_claimed, turned
from crm.ledger.queries import EntryView, entries, entry_column
from crm.receivables.actions.words import meant
from crm.receivables.models import Allocation, Instalment, Invoice, PenaltyDecision, Residual
from crm.receivables.penalties import PenaltyChoice

KINDS: dict[str, str] = {
    Draft.SALE: mark("sale"),
    Draft.CREDIT_NOTE: mark("credit note"),
    Draft.RECEIPT: mark("receipt"),
    Draft.BOUNCE: mark("payment returned unpaid"),
    EntryKind.DIFFERENCE: mark("difference"),
    EntryKind.DOUBTFUL: mark("doubtful debt"),
    EntryKind.IMPAIRMENT: mark("impairment"),
    EntryKind.LOSS: mark("debt given up"),
    EntryKind.VAT_RECOVERY: mark("tax recovered"),
    EntryKind.DIVIDEND: mark("money on a debt given up"),
    EntryKind.PENALTY: mark("penalties claimed"),
}
"""Kind → how it is said."""
_ALLOCATION, _ENTRY, _CLAIM = table_of(Allocation), table_of(LedgerEntry), table_of(PenaltyDecision)


def lines_as_json(lines: Lines, currency: str) -> list[dict[str, str]]:
    """Lines as the contract writes amounts; the side that is nothing is empty."""
    return [
        {
            "account": line.account,
            "auxiliary": line.party,
            "debit": plain(line.debit, currency) if line.debit else "",
            "credit": plain(line.credit, currency) if line.credit else "",
        }
        for line in lines
    ]


@dataclass(frozen=True, slots=True)
class EntryList:
    """Entries, in the order of their days."""

    entries: tuple[EntryView, ...]

    def as_json(self) -> dict[str, Any]:
        """One object an entry, its lines within; both sides of all of them by currency."""
        return {
            "entries": [
                {
                    "id": one.id,
                    "date": one.day.isoformat(),
                    "kind": one.kind,
                    "document": one.label,
                    "customer": one.customer,
                    "currency": one.currency,
                    "lines": lines_as_json(one.lines, one.currency),
                }
                for one in self.entries
            ],
            "totals": {
                currency: {"debit": plain(left, currency), "credit": plain(right, currency)}
                for currency, (left, right) in sorted(self._totals().items())
            },
        }

    def _totals(self) -> dict[str, tuple[int, int]]:
        sums: dict[str, tuple[int, int]] = {}
        for one in self.entries:
            left, right = sums.get(one.currency, (0, 0))
            sums[one.currency] = (
                left + sum(line.debit for line in one.lines),
                right + sum(line.credit for line in one.lines),
            )
        return sums

    def as_sheet(self) -> Sheet:
        """One row a line."""
        columns = (
            Column("date", _("Date"), Kind.DATE),
            Column("kind", _("Kind")),
            Column("document", _("Document")),
            Column("customer", _("Customer")),
            Column("account", _("Account")),
            Column("debit", _("Debit"), Kind.MONEY),
            Column("credit", _("Credit"), Kind.MONEY),
        )
        rows: list[tuple[Value, ...]] = [
            (
                one.day,
                _(KINDS[one.kind]),
                one.label,
                one.name,
                line.account,
                Money(line.debit, one.currency) if line.debit else "",
                Money(line.credit, one.currency) if line.credit else "",
            )
            for one in self.entries
            for line in one.lines
        ]
        totals: list[tuple[Value, ...]] = [
            (None, _("Total"), "", "", "", Money(left, currency), Money(right, currency))
            for currency, (left, right) in sorted(self._totals().items())
        ]
        title = plural("{count} entry", "{count} entries", len(self.entries))
        return Sheet(title, columns, tuple(rows), tuple(totals))


def kept_since(context: Context) -> EntryList:
    """The entries that this act has made, and no others."""
    return EntryList(entries(context.session, entry_column("entry_id") == context.entry_id))


class ListEntries(Action[EntryList]):
    """Entries for the accountant: differences, doubtful debts, losses."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    invoice: str | None = Field(None, description="Only about this invoice")
    period: Period | None = Field(None, description="Only of these days: START/END, both included")
    account: str | None = Field(None, description="Only those that move an account that begins so", max_length=20)
    kind: EntryKind | None = Field(
        None, description="difference, doubtful, impairment, loss, vat_recovery, dividend, penalty"
    )

    def perform(self, context: Context) -> EntryList:
        """Read them."""
        conditions: list[ColumnElement[bool]] = []
        if self.period is not None:
            conditions.append(entry_column("day").between(self.period.start, self.period.end))
        if self.kind is not None:
            conditions.append(entry_column("kind") == self.kind.value)
        if self.invoice is not None:
            numbered = select(table_of(Invoice).c.id).where(table_of(Invoice).c.number == self.invoice.strip())
            conditions.append(entry_column("invoice_id").in_(numbered))
        of = meant(context.session, self.customer)
        return EntryList(entries(context.session, *conditions, account=self.account, of=of))


class RecordEntries(Action[EntryList]):
    """Make the entries that differences written off and penalties claimed still lack; take back those of matches taken apart."""

    effect = Effect.WRITE

    def perform(self, context: Context) -> EntryList:
        """Each difference gets one entry, however often it is asked. Nothing new: nothing happens."""
        for source in ("residual_id", "write_off_id"):
            standing, kept = _standing(context, source), _kept(context, source)
            for key in sorted(standing.keys() | kept.keys()):
                count, first = kept.get(key, (0, None))
                if standing.get(key, 0) and count == 0:
                    _make(context, key, standing[key]) if first is None else _again(context, first)
                elif not standing.get(key, 0) and count > 0 and first is not None:
                    _again(context, first, back=True)
        _claims(context)
        return kept_since(context)


def _claims(context: Context) -> None:
    """One entry for each invoice of a claim of penalties, in the currency of each amount."""
    query = (
        select(_CLAIM)
        .outerjoin(_ENTRY, _ENTRY.c.penalty_id == _CLAIM.c.id)
        .where(_CLAIM.c.decision == PenaltyChoice.CLAIM.value, _ENTRY.c.id.is_(None))
        .order_by(_CLAIM.c.id)
    )
    for row in context.session.connection().execute(query).all():
        invoice = context.session.get_one(Invoice, row.invoice_id)
        amounts = [(row.currency, row.interest_cents, 0), (EURO, 0, row.indemnity_cents)]
        if row.currency == EURO:
            amounts = [(EURO, row.interest_cents, row.indemnity_cents)]
        for currency, interest, indemnity in amounts:
            keep(
                context,
                EntryKind.PENALTY,
                row.decided,
                penalties_claimed(int(interest), int(indemnity), context.settings.penalty_account),
                customer=as_one(context.session, invoice.customer_id),
                currency=currency,
                document=row.reference,
                invoice=invoice,
                penalty_id=row.id,
            )


def _standing(context: Context, source: str) -> dict[int, int]:
    """Difference or write-off → what of it stands; money that came back on it later is another matter."""
    column = _ALLOCATION.c[source]
    forth = (_ALLOCATION.c.cents > 0) & _ALLOCATION.c.reverses_id.is_(None)
    back = (_ALLOCATION.c.cents < 0) & _ALLOCATION.c.reverses_id.is_not(None)
    query = select(column, func.sum(_ALLOCATION.c.cents)).where(column.is_not(None), forth | back).group_by(column)
    return {key: int(cents) for key, cents in context.session.connection().execute(query)}


def _kept(context: Context, source: str) -> dict[int, tuple[int, int]]:
    """Difference or write-off → how many entries for it stand, and the first of them."""
    column = _ENTRY.c[source]
    query = (
        select(column, func.sum(case((_ENTRY.c.reverses_id.is_(None), 1), else_=-1)), func.min(_ENTRY.c.id))
        .where(column.is_not(None))
        .group_by(column)
    )
    return {key: (int(count), first) for key, count, first in context.session.connection().execute(query)}


def _make(context: Context, residual_id: int, cents: int) -> None:
    session = context.session
    residual = session.get_one(Residual, residual_id)
    invoice = session.get_one(Invoice, session.get_one(Instalment, residual.instalment_id).invoice_id)
    keep(
        context,
        EntryKind.DIFFERENCE,
        residual.decided,
        proposed(
            Cause(residual.reason), Decision.WRITE_OFF, cents, part_of(cents, invoice.total_cents, invoice.net_cents)
        ),
        customer=as_one(session, invoice.customer_id),
        currency=invoice.currency,
        document=invoice.number,
        invoice=invoice,
        residual_id=residual.id,
    )


def _again(context: Context, key: int, *, back: bool = False) -> None:
    """An earlier entry once more, or turned round."""
    session = context.session
    row = session.get_one(LedgerEntry, key)
    lines = entries(session, _ENTRY.c.id == key)[0].lines
    keep(
        context,
        EntryKind(row.kind),
        context.today,
        turned(lines) if back else lines,
        customer=as_one(session, row.customer_id),
        currency=row.currency,
        document=row.label,
        invoice=session.get(Invoice, row.invoice_id) if row.invoice_id else None,
        write_off_id=row.write_off_id,
        residual_id=row.residual_id,
        reverses_id=row.id if back else None,
    )


def _entries_sheet(context: Context, wanted: Wanted) -> Sheet:
    """One row a line, under the column names of files; `as_of` leaves out later entries."""
    day = wanted.as_of or context.today
    told = entries(context.session, entry_column("day") <= day, of=meant(context.session, wanted.customer))
    kinds = {"date": Kind.DATE, "debit": Kind.MONEY, "credit": Kind.MONEY}
    names = ("entry", "date", "kind", "document", "customer", "account", "auxiliary", "debit", "credit", "currency")
    rows = tuple(
        (one.id, one.day, one.kind, one.label, one.customer, line.account, line.party,
         Money(line.debit, one.currency), Money(line.credit, one.currency), one.currency)
        for one in told
        for line in one.lines
    )  # fmt: skip  # read as a table: columns side by side
    columns = tuple(Column(name, name, kinds.get(name, Kind.TEXT)) for name in names)
    return Sheet(_("Entries"), columns, rows, as_of=day)


ACTIONS = (ListEntries, RecordEntries)
DATASETS = {"entries": _entries_sheet}
