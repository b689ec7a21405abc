"""Money that came in: recorded by hand, listed, and taken off what it was used for."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.basics import Number
from crm.core.db import table_of
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.visible import as_one
from crm.receivables import matchable
from crm.receivables.actions.matching import MatchReport, by_hand, report
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.lettered import Groups
from crm.receivables.matchable import BY_HAND, Waiting
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Money as Wanted
from crm.receivables.matching.imputation import impute
from crm.receivables.models import (
    DIVIDEND,
    LOSS,
    Allocation,
    Instalment,
    Invoice,
    Method,
    Payment,
    Residual,
    WriteOff,
)
from crm.receivables.payments_read import MoneyLine, money_lines
from crm.receivables.queries import Whose, aged_lines, document_lines, whose
from crm.receivables.settling import Settling

_ALLOCATION, _INSTALMENT, _INVOICE = table_of(Allocation), table_of(Instalment), table_of(Invoice)


class RecordPayment(Action[MatchReport]):
    """Record money that came in."""

    effect = Effect.WRITE
    aliases = {"date": "received"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Who paid: name or number")
    invoice: str | None = Field(None, description="What was paid; found out if left out")
    amount: Money | None = Field(None, description="How much; what is open, or overdue, if left out")
    received: date | None = Field(None, description="When it came in; today if left out")
    method: Method | None = Field(None, description="transfer, check, card, direct_debit, cash, bill_of_exchange")
    reference: str = Field("", max_length=200, description="Number of the cheque, reference of the transfer")

    def perform(self, context: Context) -> MatchReport:
        """Keep it, and use it where that is certain: for the invoice named, else as the matching finds.

        Raises:
            Invalid: neither a customer nor an invoice is named.
            Refused: the day is to come, or nothing is owed and no amount is told.
        """
        day = self.received or context.today
        refuse_if(day > context.today, _("Money that is still to come is a promise."))
        customer, invoice = named(context.session, self.customer, self.invoice)
        amount = self.amount or self._owed(context, customer, invoice)
        refuse_if(amount.cents <= 0, _("Tell how much came in."))
        if invoice is not None:
            refuse_if(
                amount.currency != invoice.currency,
                _("Invoice {number} is in {currency}.").format(number=invoice.number, currency=invoice.currency),
            )
        owner = customer.root_id or customer.id
        everything = matchable.world(context.session, context.today)
        one = self._waiting(context, customer, amount, day)
        settling = Settling(context, everything)
        items = [item for item in everything.items.values() if item.customer_id == owner]
        items = [item for item in items if item.currency == amount.currency]
        if invoice is not None:
            uses = impute([item for item in items if item.number == invoice.number], amount.cents, day)
            settling.use(one, by_hand(one, owner, uses, everything.items, named_invoice=True))
        else:
            matcher = Matcher(items, everything.payers.values(), everything.learned, everything.leeway)
            answer = matcher.propose(one.money)
            if answer.committed is not None:
                settling.use(one, answer.committed)
            else:
                settling.keep(one, owner)
        settling.close()
        return report(context, settling.outcome)

    @staticmethod
    def _owed(context: Context, customer: Customer, invoice: Invoice | None) -> Money:
        if invoice is not None:
            document = document_lines(context.session, context.today, Whose(), number=invoice.number)[0]
            return Money(document.open, document.currency)
        lines = totals(aged_lines(context.session, context.today, whose(customer)))
        return Money(lines.get(EURO, AgeingLine("", "", "", EURO)).overdue, EURO)

    def _waiting(self, context: Context, customer: Customer, amount: Money, day: date) -> Waiting:
        told = f"{customer.number}/{day.isoformat()}/{plain(amount.cents, amount.currency)}"
        query = select(func.count()).where(
            Payment.source == BY_HAND, col(Payment.source_key).startswith(told, autoescape=True)
        )
        serial = context.session.exec(query).one() + 1
        reference = self.reference.strip() or told
        money = Wanted(
            0,
            day,
            amount.cents,
            amount.currency,
            self.reference,
            method=self.method or "",
            customer_id=customer.root_id or customer.id,
        )
        return Waiting(money, reference, source=BY_HAND, fingerprint=f"{told}#{serial}")


@dataclass(frozen=True, slots=True)
class PaymentList:
    """Money that came in, as it stands on a day."""

    as_of: date
    lines: tuple[MoneyLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a payment; a bank line nobody has decided about has no payment number yet."""
        return {
            "payments": [
                {
                    "id": line.payment_id,
                    "line": line.line_id,
                    "reference": line.reference,
                    "customer": line.customer,
                    "name": line.name,
                    "date": line.received.isoformat(),
                    "amount": plain(line.cents, line.currency),
                    "unallocated": plain(line.free, line.currency),
                    "currency": line.currency,
                    "method": line.method,
                    "label": line.label,
                    "source": line.source,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a payment."""
        columns = (
            Column("date", _("Received"), Kind.DATE),
            Column("reference", _("Reference")),
            Column("name", _("Customer")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("unallocated", _("Unallocated"), Kind.MONEY),
            Column("label", _("Label")),
        )
        rows = tuple(
            (
                line.received,
                line.reference,
                line.name or _("payer to be found"),
                Money(line.cents, line.currency),
                Money(line.free, line.currency),
                line.label,
            )
            for line in self.lines
        )
        return Sheet(plural("{count} payment", "{count} payments", len(rows)), columns, rows, as_of=self.as_of)


class ListPayments(Action[PaymentList]):
    """Money that came in, and what of it settles nothing yet."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    invoice: str | None = Field(None, description="Only what was used for this invoice")
    period: Period | None = Field(None, description="Received in this period")
    amount: Money | None = Field(None, description="Of just this amount")
    amount_min: Money | None = Field(None, description="Of at least this amount")
    status: Literal["unallocated"] | None = Field(None, description="unallocated")
    method: Method | None = Field(None, description="transfer, check, card, direct_debit, cash, bill_of_exchange")

    def perform(self, context: Context) -> PaymentList:
        """Read and filter."""
        of = meant(context.session, self.customer)
        lines = money_lines(context.session, context.today, of, invoice=self.invoice)
        return PaymentList(context.today, tuple(line for line in lines if self._wanted(line)))

    def _wanted(self, line: MoneyLine) -> bool:
        period, exact, least = self.period, self.amount, self.amount_min
        return (
            (period is None or period.start <= line.received <= period.end)
            and (exact is None or (exact.cents, exact.currency) == (line.cents, line.currency))
            and (least is None or (line.currency == least.currency and line.cents >= least.cents))
            and (self.status is None or line.free != 0)
            and (self.method is None or line.method == self.method.value)
        )


class UnmatchPayment(Action[PaymentList]):
    """Take a match apart: the invoice is open again, the money free."""

    effect = Effect.WRITE

    invoice: str | None = Field(None, description="Take off whatever settles this invoice")
    customer: CustomerRef | None = Field(None, description="Take apart the payment of this customer: name or number")
    amount: Money | None = Field(None, description="Only the payment of this amount")
    payment: Number | None = Field(None, description="Take apart the payment of this number")

    def perform(self, context: Context) -> PaymentList:
        """Add the reversing rows; what stays matched keeps its code, in small letters where it no longer balances.

        Raises:
            Invalid: neither an invoice nor a customer is named, or several payments could be meant.
            NotFound: nothing is matched there.
            Refused: the payment bounced: it is taken back already; or it came back on a debt given up.
        """
        customer, invoice = self._meant(context)
        standing = self._standing(context, customer, invoice)
        if not standing:
            raise NotFound(_("Nothing is matched here."))
        self._refuse_bounced(context, standing)
        refuse_if(
            any(row.rule == "write_off" and row.payment_id is not None for row in standing),
            _("This money came back on a debt given up."),
            _("Take that act back instead: crm undo."),
        )
        for row in standing:
            reversing = row.reversal()
            reversing.rule = "unmatch"
            context.session.add(reversing)
        context.session.flush()
        self._recode(context, standing)
        touched = {row.payment_id for row in standing}
        lines = money_lines(context.session, context.today, whose(customer))
        return PaymentList(context.today, tuple(line for line in lines if line.payment_id in touched))

    def _meant(self, context: Context) -> tuple[Customer, Invoice | None]:
        if self.payment is None:
            return named(context.session, self.customer, self.invoice)
        row = context.session.get(Payment, self.payment)
        if row is None or row.customer_id is None:
            raise NotFound(_("Nothing is matched here."))
        return as_one(context.session, row.customer_id), None

    def _standing(self, context: Context, customer: Customer, invoice: Invoice | None) -> list[Allocation]:
        taken = select(Allocation.reverses_id).where(col(Allocation.reverses_id).is_not(None))
        lost = select(WriteOff.id).where(col(WriteOff.reason).in_((LOSS, DIVIDEND)))
        query = (
            select(Allocation, Payment)
            .join(Instalment, col(Instalment.id) == col(Allocation.instalment_id))
            .join(Invoice, col(Invoice.id) == col(Instalment.invoice_id))
            .outerjoin(Residual, col(Residual.id) == col(Allocation.residual_id))
            .outerjoin(Payment, col(Payment.id) == func.coalesce(Allocation.payment_id, Residual.payment_id))
            .where(col(Allocation.write_off_id).is_(None) | col(Allocation.write_off_id).not_in(lost))
            .where(col(Allocation.reverses_id).is_(None), col(Allocation.id).not_in(taken))
            .order_by(col(Allocation.id))
        )
        if invoice is not None:
            given = select(Instalment.id).where(Instalment.invoice_id == invoice.id)
            query = query.where(col(Allocation.instalment_id).in_(given) | col(Allocation.credit_id).in_(given))
        else:
            owner = customer.root_id or customer.id
            theirs = select(Customer.id).where((Customer.id == owner) | (Customer.root_id == owner))
            query = query.where(col(Payment.customer_id).in_(theirs))
        rows = list(context.session.exec(query).all())
        if self.payment is not None:
            rows = [(row, paid) for row, paid in rows if paid is not None and paid.id == self.payment]
        if self.amount is not None:
            wanted = (self.amount.cents, self.amount.currency)
            rows = [(row, paid) for row, paid in rows if paid is not None and (paid.cents, paid.currency) == wanted]
        payments = {paid.id: paid for _row, paid in rows if paid is not None}
        if invoice is None and len(payments) > 1:
            raise Invalid(
                _("{name} has {count} matched payments: name the invoice, or the amount.").format(
                    name=customer.name, count=len(payments)
                ),
                next_step=", ".join(
                    f"{paid.received.isoformat()} {plain(paid.cents, paid.currency)}"
                    for paid in list(payments.values())[-5:]
                ),
            )
        return [row for row, _paid in rows]

    @staticmethod
    def _refuse_bounced(context: Context, standing: list[Allocation]) -> None:
        payments = {row.payment_id for row in standing if row.payment_id is not None}
        query = select(Payment.id).where(
            col(Payment.reverses_id).in_(payments)
            | (col(Payment.id).in_(payments) & col(Payment.reverses_id).is_not(None))
        )
        if context.session.exec(query).first() is not None:
            raise Refused(_("This payment bounced: what it settled is open again already."))

    @staticmethod
    def _recode(context: Context, standing: list[Allocation]) -> None:
        nodes = {("item", row.instalment_id) for row in standing}
        nodes |= {("payment", row.payment_id) for row in standing if row.payment_id is not None}
        nodes |= {("item", row.credit_id) for row in standing if row.credit_id is not None}
        groups = Groups(context)
        groups.codes([(node, node) for node in sorted(nodes)])
        groups.recode()


ACTIONS = (RecordPayment, ListPayments, UnmatchPayment)
