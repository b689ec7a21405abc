"""Differences: seen with their causes, and decided one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.basics import Number
from crm.core.calendar import add_months
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain, shown
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef, PlaceHold
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
from crm.ledger.actions.entries import lines_as_json
from crm.ledger.causes import Cause, Decision, decisions, proposed
from crm.ledger.differences import DifferenceLine, difference_lines, part_of
from crm.ledger.keeping import give_up, keep, refuse_beyond_rights
from crm.ledger.models import EntryKind, ResidualDecision
from crm.ledger.postings import Line, Vat, wrong_customer
from crm.ledger.queries import file_of
from crm.receivables.actions.disputes import OpenDispute
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.matchable import leeway
from crm.receivables.models import DisputeReason, Invoice, Payment
from crm.receivables.payments_read import money_lines
from crm.receivables.queries import Whose, document_lines, whose

CAUSES: dict[str, str] = {
    Cause.DISCOUNT: mark("early-payment discount"),
    Cause.BANK_FEE: mark("bank fee"),
    Cause.ROUNDING: mark("rounding"),
    Cause.RETENTION: mark("retention money"),
    Cause.EXCHANGE: mark("exchange difference"),
    Cause.PENALTY: mark("contract penalty"),
    Cause.CREDIT_NOTE: mark("credit note missing"),
    Cause.REBATE: mark("rebate to grant"),
    Cause.SHORT_PAYMENT: mark("short payment, unexplained"),
    Cause.OVERPAYMENT: mark("paid too much"),
    Cause.DUPLICATE: mark("paid twice"),
    Cause.ADVANCE: mark("advance"),
    Cause.WRONG_CUSTOMER: mark("wrong customer"),
    Cause.BOUNCED: mark("unpaid, came back"),
}
"""Cause → how it is said."""
DECISIONS: dict[str, str] = {
    Decision.KEEP_OPEN: mark("kept open"),
    Decision.WRITE_OFF: mark("written off"),
    Decision.DISPUTE: mark("in dispute"),
    Decision.REFUND: mark("to be refunded"),
    Decision.AWAIT_CREDIT_NOTE: mark("awaits a credit note"),
}
"""Decision → how it is said."""
_DAYS = 30
"""A difference kept open is looked at again after so many days, where nobody says when."""
_OBJECTIONS = {Cause.CREDIT_NOTE: DisputeReason.PRICE_ERROR, Cause.REBATE: DisputeReason.PRICE_ERROR}


@dataclass(frozen=True, slots=True)
class ResidualList:
    """Differences as they stand on a day."""

    as_of: date
    lines: tuple[DifferenceLine, ...]
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """One object a difference, then sums by cause."""
        return {
            "residuals": [
                {
                    "invoice": line.invoice,
                    "payment": line.payment_id,
                    "reference": line.payment,
                    "customer": line.customer,
                    "amount": plain(line.cents, line.currency),
                    "currency": line.currency,
                    "cause": line.cause,
                    "decision": line.decision,
                    "entry": lines_as_json(line.entry, line.currency),
                    "owner": line.owner,
                    "until": line.until.isoformat() if line.until else None,
                    "decided": line.decided.isoformat() if line.decided else None,
                    "note": line.note,
                }
                for line in self.lines
            ],
            "causes": [
                {
                    "cause": cause,
                    "decision": decision,
                    "currency": currency,
                    "count": count,
                    "amount": plain(cents, currency),
                }
                for (cause, decision, currency), (count, cents) in by_cause(self.lines).items()
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a difference; below, what each cause comes to."""
        columns = (
            Column("document", _("Document")),
            Column("customer", _("Customer")),
            Column("amount", _("Difference"), Kind.MONEY),
            Column("cause", _("Cause")),
            Column("decision", _("Decision")),
            Column("entry", _("Accounting entry")),
            Column("owner", _("Owner")),
            Column("until", _("Until"), Kind.DATE),
        )
        rows: tuple[tuple[Value, ...], ...] = tuple(
            (
                line.invoice or line.payment,
                line.name,
                Money(line.cents, line.currency),
                _(CAUSES[Cause(line.cause)]) if line.cause else _("to be explained"),
                _(DECISIONS[Decision(line.decision)]) if line.decision else _("to be decided"),
                " · ".join(_spelt(one, line.currency) for one in line.entry),
                line.owner_name,
                line.until,
            )
            for line in self.lines
        )
        totals: tuple[tuple[Value, ...], ...] = tuple(
            (
                plural("{count} difference", "{count} differences", count),
                "",
                Money(cents, currency),
                _(CAUSES[Cause(cause)]) if cause else _("to be explained"),
                _(DECISIONS[Decision(decision)]) if decision else _("to be decided"),
                *("", "", None),
            )
            for (cause, decision, currency), (count, cents) in by_cause(self.lines).items()
        )
        title = plural("{count} difference", "{count} differences", len(rows))
        return Sheet(title, columns, rows, totals, as_of=self.as_of, notes=self.notes)


def _spelt(line: Line, currency: str) -> str:
    side = _("D") if line.debit else _("C")
    return f"{line.account} {side} {shown(line.debit or line.credit, currency)}"


def by_cause(lines: Iterable[DifferenceLine]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Cause, decision and currency → how many differences, and what they come to in cents; the largest first."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for line in lines:
        key = (line.cause, line.decision, line.currency)
        count, cents = sums.get(key, (0, 0))
        sums[key] = count + 1, cents + line.cents
    return dict(sorted(sums.items(), key=lambda told: (-abs(told[1][1]), told[0])))


class ListResiduals(Action[ResidualList]):
    """Differences between what was owed and what came in: cause, decision, entry, and what each cause comes to."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    state: Literal["undecided", "decided", "late"] | None = Field(
        None, description="undecided, decided, late: to be looked at again by today"
    )
    period: Period | None = Field(None, description="Decided in this period, settled since or not: start/end")
    cause: Cause | None = Field(None, description="Only of this cause")
    owner: str | None = Field(None, description="Only those this person is to see to")

    def perform(self, context: Context) -> ResidualList:
        """Read and filter."""
        of = meant(context.session, self.customer)
        lines = (
            line
            for line in difference_lines(context.session, context.today, of, ended=self.period is not None)
            if self._in_state(line, context.today)
            and self._in_period(line)
            and self.cause in (None, line.cause or None)
            and self.owner in (None, line.owner)
        )
        return ResidualList(context.today, tuple(lines))

    def _in_state(self, line: DifferenceLine, today: date) -> bool:
        if self.state == "late":
            return line.late(today)
        return self.state in (None, "decided" if line.decision else "undecided")

    def _in_period(self, line: DifferenceLine) -> bool:
        if self.period is None:
            return True
        return line.decided is not None and self.period.start <= line.decided <= self.period.end


class DecideResidual(Action[ResidualList]):
    """Say why less, or more, came in than was owed, and decide what becomes of it."""

    effect = Effect.WRITE
    aliases = {"reason": "cause"}  # noqa: RUF012  a constant table, never altered

    invoice: str | None = Field(None, description="The invoice that stays short")
    payment: Number | None = Field(None, description="Number of the payment that is too much")
    cause: Cause = Field(
        description="discount, bank_fee, rounding, retention, exchange, penalty, credit_note, rebate, short_payment, overpayment, duplicate, advance, wrong_customer, bounced"
    )
    decision: Decision = Field(description="keep_open, write_off, dispute, refund, await_credit_note")
    amount: Money | None = Field(None, description="How much of it; all that is open if left out")
    belongs_to: CustomerRef | None = Field(None, description="Whose payment it was, where it was posted to another")
    vat: Vat = Field(Vat.ON_INVOICE, description="When its tax falls due: on_invoice, on_receipts, none")
    owner: str = Field("", max_length=100, description="Who sees to it; whoever looks after the customer if left out")
    until: date | None = Field(None, description="When it is looked at again; in 30 days if left out")
    note: str = Field("", max_length=1000, description="Remark")

    def perform(self, context: Context) -> ResidualList:
        """Keep the decision; a write-off leaves the balance at once, with its entry.

        Raises:
            Invalid: neither an invoice nor a payment is named, or both are.
            NotFound: there is no such invoice or payment.
            NotAllowed: it is more than this person's role may give up.
            Refused: nothing is open, or the decision does not fit the cause.
        """
        if (self.invoice is None) == (self.payment is None):
            raise Invalid(_("Name the invoice that stays short, or the payment that is too much."))
        refuse_if(self.until is not None and self.until < context.today, _("This day is past."))
        self._refuse_misfit()
        if self.invoice is not None:
            return self._short(context, self.invoice)
        return self._excess(context)

    def _refuse_misfit(self) -> None:
        fitting = decisions(self.cause, short=self.invoice is not None)
        refuse_if(
            self.decision not in fitting,
            _("This decision does not fit “{cause}”.").format(cause=_(CAUSES[self.cause])),
            _("Possible: {list}.").format(list=", ".join(fitting)) if fitting else "",
        )

    def _amount(self, open_cents: int, currency: str) -> int:
        if self.amount is None:
            return open_cents
        refuse_if(
            self.amount.currency != currency or not 0 < self.amount.cents <= open_cents,
            _("The difference lies between nothing and {open}.").format(open=Money(open_cents, currency)),
        )
        return self.amount.cents

    def _short(self, context: Context, number: str) -> ResidualList:
        customer, invoice = named(context.session, None, number)
        assert invoice is not None
        line = document_lines(context.session, context.today, Whose(), number=invoice.number)
        still_open = line[0].open if line else 0
        refuse_if(still_open <= 0, _("Nothing is open on invoice {number}.").format(number=invoice.number))
        cents = self._amount(still_open, invoice.currency)
        row = self._row(context, customer, cents, invoice.currency, invoice_id=invoice.id)
        if self.decision is Decision.WRITE_OFF:
            row.write_off_id = self._write_off(context, customer, invoice, cents, still_open)
        elif self.decision in {Decision.DISPUTE, Decision.AWAIT_CREDIT_NOTE}:
            reason = _OBJECTIONS.get(self.cause, DisputeReason.OTHER)
            part = None if cents == still_open else Money(cents, invoice.currency)
            OpenDispute(invoice=invoice.number, reason=reason, amount=part, note=self.note).perform(context)
        elif self.cause is Cause.RETENTION:
            self._retain(context, customer, invoice, cents, still_open, row)
        context.session.add(row)
        context.session.flush()
        return self._answer(context, customer, lambda found: found.invoice == invoice.number, invoice)

    def _write_off(
        self, context: Context, customer: Customer, invoice: Invoice, cents: int, still_open: int
    ) -> int | None:
        most = leeway(context.session).rounding_cents
        refuse_if(
            self.cause is Cause.ROUNDING and cents > most,
            _("More than {most} is no rounding.").format(most=Money(most, invoice.currency)),
        )
        refuse_if(
            still_open == invoice.total_cents,
            _("Nothing has been paid of invoice {number} yet.").format(number=invoice.number),
        )
        refuse_if(
            file_of(context.session, invoice.id) is not None,
            _("Invoice {number} is a doubtful debt.").format(number=invoice.number),
            _("A loss has its own act: crm write-off-debt."),
        )
        refuse_beyond_rights(context, invoice, cents)
        part = part_of(cents, invoice.total_cents, invoice.net_cents, still_open - cents)
        gone = give_up(context, invoice, cents, self.cause.value, context.today)
        keep(
            context,
            EntryKind.DIFFERENCE,
            context.today,
            proposed(self.cause, self.decision, cents, part, vat=self.vat),
            customer=customer,
            currency=invoice.currency,
            document=invoice.number,
            invoice=invoice,
            write_off_id=gone.id,
        )
        return gone.id

    def _retain(
        self, context: Context, customer: Customer, invoice: Invoice, cents: int, still_open: int, row: ResidualDecision
    ) -> None:
        """Retention money is owed in a year: it moves to its account, and is not dunned until then."""
        refuse_if(
            cents != still_open,
            _("Retention money is what stays open once the rest is paid."),
        )
        row.until = self.until or add_months(context.today, 12)
        part = part_of(cents, invoice.total_cents, invoice.net_cents)
        keep(
            context,
            EntryKind.DIFFERENCE,
            context.today,
            proposed(self.cause, self.decision, cents, part),
            customer=customer,
            currency=invoice.currency,
            document=invoice.number,
            invoice=invoice,
        )
        PlaceHold(
            customer=customer.number,
            reason=_("retention money"),
            until=max(row.until, context.today + timedelta(days=1)),
            invoice=invoice.number,
        ).perform(context)

    def _excess(self, context: Context) -> ResidualList:
        payment = context.session.get(Payment, self.payment)
        if payment is None:
            raise NotFound(_("There is no payment {number}.").format(number=self.payment))
        if payment.customer_id is None:
            raise Refused(_("Whose payment this is must be known first."), _("Match it: crm confirm-match."))
        customer = as_one(context.session, payment.customer_id)
        free = {line.payment_id: line.free for line in money_lines(context.session, context.today, whose(customer))}
        still_free = free.get(payment.id, 0)
        refuse_if(still_free <= 0, _("All of this payment is used."))
        cents = self._amount(still_free, payment.currency)
        row = self._row(context, customer, -cents, payment.currency, payment_id=payment.id)
        context.session.add(row)
        if self.cause is Cause.WRONG_CUSTOMER and self.decision is Decision.KEEP_OPEN:
            customer = self._moved(context, customer, payment, cents)
        context.session.flush()
        return self._answer(context, customer, lambda found: found.payment_id == payment.id, None)

    def _moved(self, context: Context, customer: Customer, payment: Payment, cents: int) -> Customer:
        if self.belongs_to is None:
            raise Invalid(_("Say which customer this payment belongs to."))
        other = find_customer(context.session, self.belongs_to)
        refuse_if(other.id == customer.id, _("It is this customer's already."))
        refuse_if(cents != payment.cents, _("Only a payment that is not used at all changes its customer."))
        keep(
            context,
            EntryKind.DIFFERENCE,
            context.today,
            wrong_customer(cents, customer.number, other.number),
            customer=customer,
            currency=payment.currency,
            document=payment.reference,
        )
        payment.customer_id = other.id
        context.session.add(payment)
        return other

    def _row(
        self,
        context: Context,
        customer: Customer,
        cents: int,
        currency: str,
        *,
        invoice_id: int | None = None,
        payment_id: int | None = None,
    ) -> ResidualDecision:
        final = self.decision is Decision.WRITE_OFF
        return ResidualDecision(
            invoice_id=invoice_id,
            payment_id=payment_id,
            currency=currency,
            cents=cents,
            cause=self.cause.value,
            decision=self.decision.value,
            vat=self.vat.value,
            owner=self.owner or customer.account_manager or context.actor.user or context.actor.name,
            until=self.until or (None if final else context.today + timedelta(days=_DAYS)),
            note=self.note,
            decided=context.today,
        )

    def _answer(self, context: Context, customer: Customer, mine: Any, invoice: Invoice | None) -> ResidualList:
        found = difference_lines(context.session, context.today, whose(customer))
        taxed = self.cause in {Cause.DISCOUNT, Cause.CREDIT_NOTE, Cause.REBATE}
        notes: tuple[str, ...] = ()
        if taxed and invoice is not None and invoice.net_cents is None:
            notes = (_("The amount without tax of this invoice is not known: the entry takes back no tax."),)
        elif self.cause is Cause.DISCOUNT and self.decision is Decision.WRITE_OFF:
            notes = (_("The tax goes down only if the buyer is told (CGI 267 II-1°)."),)
        return ResidualList(context.today, tuple(line for line in found if mine(line)), notes)


ACTIONS = (ListResiduals, DecideResidual)
