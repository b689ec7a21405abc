"""Promises: the word a customer gives, and what became of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.receivables.actions.words import meant
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.models import Invoice, Promise
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, aged_lines, document_lines, whose
from crm.receivables.words_given import PromiseLine, promise_lines

STATUSES = {
    PromiseStatus.PENDING: mark("awaited"),
    PromiseStatus.KEPT: mark("kept"),
    PromiseStatus.PARTLY_KEPT: mark("partly kept"),
    PromiseStatus.BROKEN: mark("not kept"),
}


@dataclass(frozen=True, slots=True)
class PromiseList:
    """Promises as they stand on a day."""

    as_of: date
    lines: tuple[PromiseLine, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "promises": [
                {
                    "id": line.id,
                    "customer": line.customer,
                    "invoice": line.invoice,
                    "by": line.word.by.isoformat(),
                    "amount": plain(line.word.cents, line.currency),
                    "currency": line.currency,
                    "received": plain(line.word.received, line.currency),
                    "made": line.made.isoformat(),
                    "status": line.status.value,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a promise."""
        columns = (
            Column("customer", _("Customer")),
            Column("invoice", _("Invoice")),
            Column("by", _("For the"), Kind.DATE),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("received", _("Received"), Kind.MONEY),
            Column("status", _("State")),
        )
        rows = tuple(
            (
                line.name,
                line.invoice or "",
                line.word.by,
                Money(line.word.cents, line.currency),
                Money(line.word.received, line.currency),
                _(STATUSES[line.status]),
            )
            for line in self.lines
        )
        return Sheet(plural("{count} promise", "{count} promises", len(rows)), columns, rows, as_of=self.as_of)


class RecordPromise(Action[PromiseList]):
    """Record that a customer promised to pay by a day."""

    effect = Effect.WRITE
    aliases = {"date": "by"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="For this invoice; whatever is overdue if left out")
    by: date = Field(description="Promised day")
    amount: Money | None = Field(None, description="What was promised; all that is overdue if left out")
    contact: str = Field("", description="Who said it")
    source: str = Field("", description="Where it was said: call, reply…")
    note: str = Field("", description="In their words")

    def perform(self, context: Context) -> PromiseList:
        """Keep it; an earlier promise about the same that is still awaited ends today.

        Raises:
            Invalid: neither a customer nor an invoice is named.
            Refused: the day is past, nothing is owed, or more is promised than is owed.
        """
        refuse_if(
            self.by < context.today,
            _("A promise is for today or later."),
            _("Money already received is recorded as a payment."),
        )
        customer, invoice = named(context.session, self.customer, self.invoice)
        owed = _owed(context, customer, invoice, self.amount.currency if self.amount else EURO)
        promised = self.amount or owed
        refuse_if(promised.cents <= 0, _("Nothing is owed here."))
        refuse_if(
            promised.currency != owed.currency or promised.cents > owed.cents,
            _("More is promised than is owed ({owed}).").format(owed=owed),
        )
        invoice_id = invoice.id if invoice else None
        for older in promise_lines(context.session, context.today, whose(customer)):
            if older.status is PromiseStatus.PENDING and older.customer_id == customer.id:
                row = context.session.get_one(Promise, older.id)
                if row.invoice_id == invoice_id and row.currency == promised.currency:
                    row.ended = context.today
                    context.session.add(row)
        fresh = Promise(
            customer_id=customer.id,
            invoice_id=invoice_id,
            currency=promised.currency,
            cents=promised.cents,
            by=self.by,
            made=context.today,
            contact=self.contact,
            source=self.source or context.actor.door,
            note=self.note,
        )
        context.session.add(fresh)
        context.session.flush()
        made = [line for line in promise_lines(context.session, context.today, whose(customer)) if line.id == fresh.id]
        return PromiseList(context.today, tuple(made))


def named(session: Session, customer: str | None, invoice: str | None) -> tuple[Customer, Invoice | None]:
    """The customer and invoice that are meant; the invoice alone tells its customer.

    Raises:
        Invalid: neither is named.
        NotFound: no such invoice.
        Refused: the invoice is another customer's.
    """
    row = find_customer(session, customer) if customer else None
    if invoice is None:
        if row is None:
            raise Invalid(_("Name a customer or an invoice."))
        return row, None
    found = session.exec(select(Invoice).where(Invoice.number == invoice.strip())).first()
    if found is None:
        raise NotFound(_("There is no invoice {number}.").format(number=invoice))
    if row is not None and row.id != found.customer_id:
        raise Refused(_("Invoice {number} is not {name}'s.").format(number=invoice, name=row.name))
    return session.get_one(Customer, found.customer_id), found


def _owed(context: Context, customer: Customer, invoice: Invoice | None, currency: str) -> Money:
    """What is open of the invoice; else what is overdue, else the whole balance."""
    if invoice is not None:
        document = document_lines(context.session, context.today, Whose(), number=invoice.number)[0]
        return Money(document.open, document.currency)
    line = totals(aged_lines(context.session, context.today, whose(customer))).get(
        currency, AgeingLine("", "", "", currency)
    )
    return Money(line.overdue or line.total, currency)


class ListPromises(Action[PromiseList]):
    """Promises, and what became of each."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["pending", "kept", "partly_kept", "broken"] | None = Field(
        None, description="pending, kept, partly_kept, broken"
    )
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> PromiseList:
        """Read and filter."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        lines = promise_lines(context.session, context.today, of)
        return PromiseList(context.today, tuple(line for line in lines if self.status in (None, line.status.value)))


ACTIONS = (RecordPromise, ListPromises)
