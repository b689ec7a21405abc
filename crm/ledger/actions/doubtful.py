"""A debt whose payment is in doubt: moved among the doubtful ones, valued, and back again when the customer pays."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import Invalid, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain, shown
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.ledger.actions.entries import lines_as_json
from crm.ledger.impairment import adjusted, from_doubtful, required, to_doubtful
from crm.ledger.keeping import keep
from crm.ledger.models import DoubtfulFile, EntryKind
from crm.ledger.postings import Lines, Vat, joined, without_tax
from crm.ledger.queries import (
    DoubtfulLine,
    EntryView,
    doubtful_lines,
    entries,
    entry_column,
    file_of,
    is_moved,
    last_entry_day,
    set_aside,
)
from crm.ledger.stamp import last_day
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.models import DocumentKind, Invoice
from crm.receivables.queries import Whose, document_lines, whose

PROOFS = {
    "liquidation": mark("liquidation ordered"),
    "rescue_plan": mark("part waived in a rescue plan"),
    "insolvency": mark("certificate of insolvency"),
    "disappeared": mark("debtor disappeared"),
    "cost": mark("recovery costs more than it brings"),
}
"""What proves that a debt is lost → how it is said."""


@dataclass(frozen=True, slots=True)
class DoubtfulList:
    """Doubtful and lost debts as they stand, and the entries an act has just made."""

    as_of: date
    lines: tuple[DoubtfulLine, ...]
    entries: tuple[EntryView, ...] = field(default=())
    remarks: tuple[str, ...] = ()
    """What an act leaves to be done by somebody."""

    def as_json(self) -> dict[str, Any]:
        """One object a debt; `entries` are those just made."""
        return {
            "as_of": self.as_of.isoformat(),
            "doubtful": [_as_json(line) for line in self.lines],
            "entries": [
                {"date": one.day.isoformat(), "kind": one.kind, "lines": lines_as_json(one.lines, one.currency)}
                for one in self.entries
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a debt, sums by currency."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("open", _("Open"), Kind.MONEY),
            Column("without_tax", _("Without tax"), Kind.MONEY),
            Column("set_aside", _("Set aside"), Kind.MONEY),
            Column("book_value", _("Book value"), Kind.MONEY),
            Column("recovery", _("Expected back"), Kind.PERCENT),
            Column("state", _("State")),
        )
        rows: tuple[tuple[Value, ...], ...] = tuple(
            (
                line.invoice,
                line.name,
                *_amounts(line.currency, line.worth.gross, line.worth.net, line.worth.set_aside, line.worth.book_value),
                line.recovery_percent,
                _(PROOFS[line.proof]) if line.proof else line.reason,
            )
            for line in self.lines
        )
        totals: tuple[tuple[Value, ...], ...] = tuple(
            (_("Total"), "", *_amounts(currency, *sums), "", "") for currency, sums in sorted(self._totals().items())
        )
        notes = [_spoken(one) for one in self.entries]
        notes += [
            _("{invoice}: {amount} of tax waits for the stamped duplicate, until {day}.").format(
                invoice=line.invoice,
                amount=shown(line.vat_waiting, line.currency),
                day=shown_date(last_day(line.proof_day), self.as_of),
            )
            for line in self.lines
            if line.vat_waiting and line.proof_day
        ]
        title = plural("{count} doubtful debt", "{count} doubtful debts", len(rows))
        return Sheet(title, columns, rows, totals, as_of=self.as_of, notes=(*notes, *self.remarks))

    def _totals(self) -> dict[str, list[int]]:
        sums: dict[str, list[int]] = {}
        for line in self.lines:
            worth = line.worth
            told = (worth.gross, worth.net, worth.set_aside, worth.book_value)
            before = sums.get(line.currency, [0] * len(told))
            sums[line.currency] = [old + new for old, new in zip(before, told, strict=True)]
        return sums


def _amounts(currency: str, *sums: int) -> tuple[Money, ...]:
    return tuple(Money(cents, currency) for cents in sums)


def _spoken(one: EntryView) -> str:
    """An entry in one line: `416 1 200,00 € / 411 1 200,00 €`."""
    left = ", ".join(f"{line.account} {shown(line.debit, one.currency)}" for line in one.lines if line.debit)
    right = ", ".join(f"{line.account} {shown(line.credit, one.currency)}" for line in one.lines if line.credit)
    return f"{left} / {right}"


def _as_json(line: DoubtfulLine) -> dict[str, Any]:
    def told(cents: int) -> str:
        return plain(cents, line.currency)

    return {
        "invoice": line.invoice,
        "customer": line.customer,
        "currency": line.currency,
        "open": told(line.worth.gross),
        "without_tax": told(line.worth.net),
        "set_aside": told(line.worth.set_aside),
        "book_value": told(line.worth.book_value),
        "recovery": line.recovery_percent or None,
        "opened": line.opened.isoformat(),
        "reason": line.reason,
        "lost": line.lost.isoformat() if line.lost else None,
        "proof": line.proof or None,
        "proof_day": line.proof_day.isoformat() if line.proof_day else None,
        "lost_without_tax": told(line.net_lost),
        "vat_waiting": told(line.vat_waiting),
        "duplicate_sent": line.duplicate_sent.isoformat() if line.duplicate_sent else None,
    }


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice, whose it is, and what is open of it on a day. Cents."""

    customer: Customer
    invoice: Invoice
    day: date
    open: int

    def keep(self, context: Context, kind: EntryKind, lines: Lines, file: DoubtfulFile, **more: Any) -> None:
        """An entry about it, in its file."""
        keep(
            context,
            kind,
            self.day,
            lines,
            customer=self.customer,
            currency=self.invoice.currency,
            document=self.invoice.number,
            invoice=self.invoice,
            file=file,
            **more,
        )


def the_debt(context: Context, number: str, day: date | None) -> Debt:
    """The invoice as it stands on a day; today where none is named.

    Raises:
        NotFound: there is no such invoice.
        Refused: the day is to come or before the invoice, or it is a credit note.
    """
    day = day or context.today
    refuse_if(day > context.today, _("An entry is not dated ahead."))
    customer, invoice = named(context.session, None, number)
    assert invoice is not None
    refuse_if(invoice.kind != DocumentKind.INVOICE.value, _("{number} is a credit note.").format(number=invoice.number))
    lines = document_lines(context.session, day, Whose(), number=invoice.number)
    refuse_if(not lines, _("Invoice {number} is younger than this day.").format(number=invoice.number))
    return Debt(customer, invoice, day, lines[0].open)


def the_file(context: Context, debt: Debt) -> DoubtfulFile:
    """The file of a doubtful debt, at a day its entries have reached.

    Raises:
        Refused: the debt is not doubtful, or the file has later entries.
    """
    file = file_of(context.session, debt.invoice.id)
    if file is None:
        raise Refused(
            _("Invoice {number} is no doubtful debt.").format(number=debt.invoice.number),
            _("Move it there first: crm mark-doubtful."),
        )
    latest = last_entry_day(context.session, file.id)
    refuse_if(latest is not None and debt.day < latest, _("Its file has later entries already."))
    return file


def net_of(invoice: Invoice, told: Money | None, vat: Vat) -> int:
    """What a whole document is without tax: as told, else as it says; all of it where there is no tax. Above nothing.

    Raises:
        Invalid: neither tells, or it is more than the invoice.
    """
    total = abs(invoice.total_cents)
    if vat is Vat.NONE:
        return total
    if told is None and invoice.net_cents is None:
        raise Invalid(
            _("The amount without tax of invoice {number} is not known.").format(number=invoice.number),
            next_step=_("Tell the amount before tax of the whole invoice."),
        )
    net = told.cents if told is not None else abs(invoice.net_cents or 0)
    if told is not None and (told.currency != invoice.currency or not 0 <= net <= total):
        raise Invalid(
            _("The amount without tax lies between nothing and {total}.").format(total=Money(total, invoice.currency))
        )
    return net


def answer(context: Context, debt: Debt) -> DoubtfulList:
    """How the debt stands now, and the entries just made."""
    made = entries(context.session, entry_column("entry_id") == context.entry_id)
    of = whose(debt.customer)
    return DoubtfulList(
        context.today, doubtful_lines(context.session, context.today, of, number=debt.invoice.number), made
    )


class ListDoubtful(Action[DoubtfulList]):
    """Doubtful and lost debts: what is owed, what is set aside, what they are worth in the books."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    as_of: date | None = Field(None, description="As they stood on this day; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Read them."""
        day = self.as_of or context.today
        return DoubtfulList(day, doubtful_lines(context.session, day, meant(context.session, self.customer)))


class MarkDoubtful(Action[DoubtfulList]):
    """Move a debt among the doubtful ones (416): payment is in doubt, or the customer objects."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    invoice: str = Field(min_length=1, description="Invoice number")
    reason: str = Field(min_length=3, max_length=500, description="Why it is in doubt")
    net: Money | None = Field(None, description="The whole invoice without tax, where it does not say so itself")
    vat: Vat = Field(Vat.ON_INVOICE, description="When its tax falls due: on_invoice, on_receipts, none")
    day: date | None = Field(None, description="Day of the entry; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Open its file and move what is open of it, tax included. It is dunned as before: the debt is alive.

        Raises:
            NotFound: there is no such invoice.
            Invalid: its amount without tax is not known.
            Refused: nothing is open, or it is doubtful already.
        """
        debt = the_debt(context, self.invoice, self.day)
        refuse_if(debt.open <= 0, _("Nothing is open on invoice {number}.").format(number=debt.invoice.number))
        refuse_if(
            file_of(context.session, debt.invoice.id) is not None,
            _("Invoice {number} is a doubtful debt already.").format(number=debt.invoice.number),
        )
        file = open_file(context, debt, self.reason, net_of(debt.invoice, self.net, self.vat), self.vat)
        debt.keep(context, EntryKind.DOUBTFUL, to_doubtful(debt.open), file)
        return answer(context, debt)


def open_file(context: Context, debt: Debt, reason: str, net: int, vat: Vat) -> DoubtfulFile:
    """A new file, kept at once so that its entries can refer to it."""
    file = DoubtfulFile(invoice_id=debt.invoice.id, opened=debt.day, reason=reason, net_cents=net, vat=vat.value)
    context.session.add(file)
    context.session.flush()
    return file


class Impair(Action[DoubtfulList]):
    """Set aside what is not expected back of a doubtful debt: more, less, or nothing, as the outlook changes."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    invoice: str = Field(min_length=1, description="Invoice number")
    recovery: Decimal = Field(ge=0, le=100, decimal_places=2, description="What is expected back, in percent")
    day: date | None = Field(None, description="Day of the entry; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Bring what is set aside to what the outlook asks for, on the part without tax of what is open.

        Raises:
            NotFound: there is no such invoice.
            Refused: it is not doubtful, or given up already, or the outlook is what it was.
        """
        debt = the_debt(context, self.invoice, self.day)
        file = the_file(context, debt)
        refuse_if(debt.open <= 0, _("Nothing is open on invoice {number}.").format(number=debt.invoice.number))
        net = without_tax(debt.open, debt.invoice.total_cents, file.net_cents)
        needed = required(net, self.recovery / 100)
        lines = adjusted(needed, set_aside(context.session, file.id, debt.day))
        told = format(self.recovery.normalize(), "f")
        refuse_if(not lines and file.recovery_percent == told, _("Just so much is set aside already."))
        debt.keep(context, EntryKind.IMPAIRMENT, lines, file)
        file.recovery_percent, file.valued = told, debt.day
        context.session.add(file)
        context.session.flush()
        return answer(context, debt)


class EndDoubt(Action[DoubtfulList]):
    """The customer pays after all: a doubtful debt moves back, and what was set aside is released."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    invoice: str = Field(min_length=1, description="Invoice number")
    day: date | None = Field(None, description="Day of the entry; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Close its file: what is still open stands on 411 again.

        Raises:
            NotFound: there is no such invoice.
            Refused: it is not doubtful, or some of it was given up.
        """
        debt = the_debt(context, self.invoice, self.day)
        file = the_file(context, debt)
        refuse_if(file.lost is not None, _("Invoice {number} is given up already.").format(number=debt.invoice.number))
        back = from_doubtful(debt.open) if is_moved(context.session, file.id) else ()
        lines = joined(back, adjusted(0, set_aside(context.session, file.id, debt.day)))
        debt.keep(context, EntryKind.DOUBTFUL, lines, file)
        file.closed = debt.day
        context.session.add(file)
        context.session.flush()
        return answer(context, debt)


ACTIONS = (ListDoubtful, MarkDoubtful, Impair, EndDoubt)
