"""A document as the accountant posts it: everything from the sale to the last cent, on one page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import func, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import Money, plain, shown
from crm.core.runner import Context
from crm.core.sheets import Sheet
from crm.ledger.actions.doubtful import net_of
from crm.ledger.actions.entries import EntryList
from crm.ledger.drafts import Issued, Receipt, drafted
from crm.ledger.keeping import RULE, kept_for
from crm.ledger.postings import CUSTOMERS, DOUBTFUL, RETENTIONS, Split, Vat
from crm.ledger.queries import EntryView, entries, entry_column, file_of
from crm.receivables.actions.promises import named
from crm.receivables.models import Allocation, DocumentKind, Instalment, Invoice

_ALLOCATION, _INSTALMENT = table_of(Allocation), table_of(Instalment)
_OWED_ON = (CUSTOMERS, DOUBTFUL, RETENTIONS)
"""The accounts on which a debt may stand."""


@dataclass(frozen=True, slots=True)
class DocumentEntries:
    """Every entry of a document, and what its customer's accounts come to with them."""

    number: str
    currency: str
    told: EntryList

    @property
    def balance(self) -> int:
        """What they leave on 411, 416 and 4117, in cents; a credit note that is used lowers it by its own entry."""
        lines = (line for one in self.told.entries for line in one.lines if line.account in _OWED_ON)
        return sum(line.debit - line.credit for line in lines)

    def as_json(self) -> dict[str, Any]:
        """As `list_entries`, with the document and what is left on the customer's accounts."""
        return {"document": self.number, **self.told.as_json(), "balance": plain(self.balance, self.currency)}

    def as_sheet(self) -> Sheet:
        """One row a line."""
        sheet = self.told.as_sheet()
        left = _("On 411, 416 and 4117 they leave {amount}.").format(amount=shown(self.balance, self.currency))
        return Sheet(_("Entries of {number}").format(number=self.number), sheet.columns, sheet.rows, sheet.totals, notes=(left,))  # fmt: skip  # read as a table: columns side by side


class DraftEntries(Action[DocumentEntries]):
    """How an invoice or a credit note is posted: sale, receipts, tax on receipts, and what the ledger keeps about it."""

    effect = Effect.READ

    document: str = Field(min_length=1, description="Number of an invoice or credit note")
    vat: Vat | None = Field(None, description="When its tax falls due: on_invoice, on_receipts, none")
    net: Money | None = Field(None, description="The whole invoice without tax, where it does not say so itself")
    because: Literal["return", "rebate"] = Field("return", description="Why a credit note was issued: return, rebate")

    def perform(self, context: Context) -> DocumentEntries:
        """Put them together, in the order of their days.

        Raises:
            NotFound: there is no such document.
            Invalid: its amount without tax is not known.
        """
        customer, invoice = named(context.session, None, self.document)
        assert invoice is not None
        file = file_of(context.session, invoice.id)
        vat = self.vat or (Vat(file.vat) if file else Vat.ON_INVOICE)
        credit = invoice.kind == DocumentKind.CREDIT_NOTE.value
        kept = entries(context.session, entry_column("invoice_id") == invoice.id, entry_column("day") <= context.today)
        document = Issued(
            invoice.issue_date, self._part(invoice, vat), vat, credit, credit and self.because == "rebate"
        )
        drafts = drafted(document, () if credit else _receipts(context, invoice, kept))
        made = [
            EntryView(0, one.day, one.kind.value, invoice.number, customer.number, customer.name, invoice.currency,
                      tuple(kept_for(line, customer.number) for line in one.lines))
            for one in drafts
        ]  # fmt: skip  # read as a table: columns side by side
        told = sorted([*made, *kept], key=lambda one: one.day)
        return DocumentEntries(invoice.number, invoice.currency, EntryList(tuple(told)))

    def _part(self, invoice: Invoice, vat: Vat) -> Split:
        net = net_of(invoice, self.net, vat)
        return Split(net, abs(invoice.total_cents) - net)


def _receipts(context: Context, invoice: Invoice, kept: Iterable[EntryView]) -> list[Receipt]:
    """Money used for an invoice, on the account on which the debt stood. What came back on a loss has its own entry."""
    moved = {name: [(one.day, _moved(one, name)) for one in kept] for name in (DOUBTFUL, RETENTIONS)}
    received: dict[str, int] = dict.fromkeys(moved, 0)
    found = []
    for day, cents in _money(context, invoice):
        stands_on = CUSTOMERS
        for name, moves in moved.items():
            # Of one day, money comes before what was moved: only what was left was moved.
            if sum(amount for on, amount in moves if on < day or cents < 0) > received[name]:
                stands_on = name
        if stands_on in received:
            received[stands_on] += cents
        found.append(Receipt(day, cents, stands_on))
    return found


def _moved(one: EntryView, account: str) -> int:
    return sum(line.debit - line.credit for line in one.lines if line.account == account)


def _money(context: Context, invoice: Invoice) -> list[tuple[date, int]]:
    total = func.sum(_ALLOCATION.c.cents)
    query = (
        select(_ALLOCATION.c.value_date, total)
        .select_from(_ALLOCATION.join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id))
        .where(
            _INSTALMENT.c.invoice_id == invoice.id,
            _ALLOCATION.c.payment_id.is_not(None),
            _ALLOCATION.c.rule != RULE,
            _ALLOCATION.c.value_date <= context.today,
        )
        .group_by(_ALLOCATION.c.payment_id, _ALLOCATION.c.value_date)
        .having(total != 0)
        .order_by(_ALLOCATION.c.value_date, _ALLOCATION.c.payment_id)
    )
    return [(day, int(cents)) for day, cents in context.session.connection().execute(query)]


ACTIONS = (DraftEntries,)
