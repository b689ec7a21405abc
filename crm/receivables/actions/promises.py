"""Promises: the word a customer gives, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from crm.core.actions import Action, Effect
from crm.core.calendar import long_date
from crm.core.errors import Ambiguous, Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
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
                    "contact": line.contact,
                    "name": line.name,
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
        """Keep it. With one about the same that is still awaited it stands beside it where both fit into what is owed, for
        another day; else it takes its place.

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
        about = [
            line
            for line in promise_lines(context.session, context.today, whose(customer))
            if line.status is PromiseStatus.PENDING
            and (line.customer_id, line.invoice_id, line.currency) == (customer.id, invoice_id, promised.currency)
        ]
        awaited = sum(line.word.due - line.word.received for line in about)
        beside = self.amount is not None and promised.cents + awaited <= owed.cents
        replaced = [line for line in about if not beside or line.word.by == self.by]
        end_words(context, replaced)
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
            replaces_id=replaced[-1].id if replaced else None,
        )
        return kept_word(context, fresh, customer)


def end_words(context: Context, lines: Sequence[PromiseLine]) -> None:
    """These are no longer waited for from today on."""
    for line in lines:
        row = context.session.get_one(Promise, line.id)
        row.ended = context.today
        context.session.add(row)


def kept_word(context: Context, row: Promise, customer: Customer) -> PromiseList:
    """The promise in the records, as it stands."""
    context.session.add(row)
    context.session.flush()
    lines = promise_lines(context.session, context.today, whose(customer))
    return PromiseList(context.today, tuple(line for line in lines if line.id == row.id))


class UpdatePromise(Action[PromiseList]):
    """Alter a promise: another day or amount, or a word that ends the wait."""

    effect = Effect.WRITE
    aliases = {"date": "by"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="The promise about this invoice")
    promise: int | None = Field(None, description="Which one, by its number, where there are several")
    status: Literal["pending", "kept", "partly_kept", "broken"] | None = Field(
        None, description="What is said of it: ends the wait; kept or not still follows from money"
    )
    by: date | None = Field(None, description="New day")
    amount: Money | None = Field(None, description="New amount; what is left of it if left out")
    contact: str = Field("", description="Who said it")
    note: str = Field("", description="In their words")

    def perform(self, context: Context) -> PromiseList:
        """A new day or amount is a new word that takes the place of the old one; a state said is a dated remark.

        Raises:
            Invalid: nothing is altered, or neither customer, invoice nor promise is named.
            NotFound: nothing was promised that could be altered.
            Ambiguous: several promises are meant.
            Refused: the new day is past, or more is promised than is owed.
        """
        if self.status is None and self.by is None and self.amount is None:
            raise Invalid(_("What is new: a day, an amount, or what became of it?"))
        line = self._meant(context)
        row = context.session.get_one(Promise, line.id)
        customer = as_one(context.session, row.customer_id)
        if self.by is None and self.amount is None:
            row.ended = None if self.status == PromiseStatus.PENDING.value else context.today
            said = _("{day}: said to be {state}").format(
                day=context.today.isoformat(), state=_(STATUSES[PromiseStatus(self.status or "")])
            )
            row.note = " · ".join(filter(None, (row.note, said, self.note)))
            return kept_word(context, row, customer)
        by = self.by or row.by
        refuse_if(by < context.today, _("A promise is for today or later."))
        before = sum(cents for on, cents in line.receipts if on < context.today)
        amount = self.amount or Money(max(0, line.word.due - before), row.currency)
        invoice = context.session.get_one(Invoice, row.invoice_id) if row.invoice_id is not None else None
        owed = _owed(context, customer, invoice, row.currency)
        refuse_if(amount.cents <= 0, _("Nothing is owed here."))
        refuse_if(
            amount.currency != owed.currency or amount.cents > owed.cents,
            _("More is promised than is owed ({owed}).").format(owed=owed),
        )
        end_words(context, [line])
        fresh = Promise(
            customer_id=row.customer_id,
            invoice_id=row.invoice_id,
            currency=row.currency,
            cents=amount.cents,
            by=by,
            made=context.today,
            contact=self.contact or row.contact,
            source=context.actor.door,
            note=self.note,
            replaces_id=row.id,
        )
        return kept_word(context, fresh, customer)

    def _meant(self, context: Context) -> PromiseLine:
        """The one that is named; else the only one awaited, else the latest that was not kept."""
        if self.promise is not None:
            found = context.session.get(Promise, self.promise)
            of = whose(as_one(context.session, found.customer_id)) if found else None
            lines = promise_lines(context.session, context.today, of) if of else ()
            known = next((line for line in lines if line.id == self.promise), None)
            if known is None:
                raise NotFound(_("There is no promise {number}.").format(number=self.promise))
            return known
        customer, invoice = named(context.session, self.customer, self.invoice)
        lines = tuple(
            line
            for line in promise_lines(context.session, context.today, whose(customer))
            if line.status is not PromiseStatus.KEPT and (invoice is None or line.invoice_id == invoice.id)
        )
        if invoice is not None and not lines:
            lines = tuple(
                line
                for line in promise_lines(context.session, context.today, whose(customer))
                if line.status is not PromiseStatus.KEPT and line.invoice_id is None
            )
        awaited = [line for line in lines if line.status is PromiseStatus.PENDING]
        if len(awaited) > 1:
            told = [
                _("{number}: {amount} for {day}").format(
                    number=line.id, amount=Money(line.word.cents, line.currency), day=long_date(line.word.by)
                )
                for line in awaited
            ]
            raise Ambiguous(_("{name} has given several promises.").format(name=customer.name), candidates=told)
        if not lines:
            raise NotFound(_("{name} has promised nothing that is still open.").format(name=customer.name))
        return awaited[0] if awaited else lines[-1]


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
    theirs = as_one(session, found.customer_id)
    if row is not None and row.id != theirs.id:
        raise Refused(_("Invoice {number} is not {name}'s.").format(number=invoice, name=row.name))
    return theirs, found


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
    period: Period | None = Field(None, description="Promised for a day of this period: start/end")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> PromiseList:
        """Read and filter."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        lines = promise_lines(context.session, context.today, of)
        return PromiseList(
            context.today,
            tuple(
                line
                for line in lines
                if self.status in (None, line.status.value)
                and (self.period is None or self.period.start <= line.word.by <= self.period.end)
            ),
        )


ACTIONS = (RecordPromise, UpdatePromise, ListPromises)
