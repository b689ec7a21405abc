"""Disputes: what a customer objects to, the whole of an invoice or a part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.models import Dispute, DisputeReason
from crm.receivables.queries import Whose, document_lines, whose
from crm.receivables.words_given import DisputeLine, dispute_lines

REASONS = {
    DisputeReason.MISSING_GOODS: mark("goods missing"),
    DisputeReason.DAMAGED_GOODS: mark("goods damaged"),
    DisputeReason.PRICE_ERROR: mark("wrong price"),
    DisputeReason.WRONG_QUANTITY: mark("wrong quantity"),
    DisputeReason.DUPLICATE_INVOICE: mark("invoiced twice"),
    DisputeReason.SERVICE_NOT_RENDERED: mark("service not rendered"),
    DisputeReason.LATE_DELIVERY: mark("delivered late"),
    DisputeReason.WRONG_RECIPIENT: mark("wrong recipient"),
    DisputeReason.MISSING_PO: mark("order number missing"),
    DisputeReason.OTHER: mark("other reason"),
}


@dataclass(frozen=True, slots=True)
class DisputeList:
    """Disputes as they stand on a day."""

    as_of: date
    lines: Sequence[DisputeLine]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "disputes": [
                {
                    "id": line.id,
                    "invoice": line.invoice,
                    "customer": line.customer,
                    "amount": plain(line.total if line.cents is None else line.cents, line.currency),
                    "currency": line.currency,
                    "reason": line.reason,
                    "status": self._status(line),
                    "opened": (line.opened or line.noted).isoformat(),
                    "owner": line.owner,
                    "note": line.note,
                }
                for line in self.lines
            ]
        }

    def _status(self, line: DisputeLine) -> str:
        return "resolved" if line.resolved and line.resolved <= self.as_of else "open"

    def as_sheet(self) -> Sheet:
        """One row a dispute."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("reason", _("Reason")),
            Column("opened", _("Since"), Kind.DATE),
            Column("owner", _("Owner")),
            Column("status", _("State")),
        )
        states = {"open": _("ongoing"), "resolved": _("resolved")}
        rows = tuple(
            (
                line.invoice,
                line.name,
                Money(line.total if line.cents is None else line.cents, line.currency),
                _(REASONS[DisputeReason(line.reason)]),
                line.opened or line.noted,
                line.owner,
                states[self._status(line)],
            )
            for line in self.lines
        )
        return Sheet(plural("{count} dispute", "{count} disputes", len(rows)), columns, rows, as_of=self.as_of)


class OpenDispute(Action[DisputeList]):
    """Note that a customer objects to an invoice, or to a part of it."""

    effect = Effect.WRITE

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="Name or number, where only one invoice is open")
    reason: DisputeReason = Field(
        description="missing_goods, damaged_goods, price_error, wrong_quantity, duplicate_invoice, service_not_rendered, late_delivery, wrong_recipient, missing_po, other"
    )
    amount: Money | None = Field(None, description="The part in dispute; all of it if left out")
    note: str = Field("", description="In their words")

    def perform(self, context: Context) -> DisputeList:
        """Keep it from today on: what is in dispute is no longer asked for.

        Raises:
            Invalid: no invoice is named, and the customer has none or several open.
            Refused: it is in dispute already, nothing is open, or more is disputed than is open.
        """
        number = self.invoice or self._only_open(context)
        customer, invoice = named(context.session, self.customer, number)
        if invoice is None:
            raise NotFound(_("There is no invoice {number}.").format(number=number))
        line = document_lines(context.session, context.today, Whose(), number=invoice.number)
        still_open = line[0].open if line else 0
        refuse_if(still_open <= 0, _("Nothing is open on invoice {number}.").format(number=invoice.number))
        if self.amount is not None:
            refuse_if(
                self.amount.currency != invoice.currency or not 0 < self.amount.cents <= still_open,
                _("The part in dispute lies between nothing and {open}.").format(
                    open=Money(still_open, invoice.currency)
                ),
            )
        known = select(Dispute).where(Dispute.invoice_id == invoice.id, col(Dispute.resolved).is_(None))
        refuse_if(
            context.session.exec(known).first() is not None,
            _("Invoice {number} is in dispute already.").format(number=invoice.number),
        )
        row = Dispute(
            invoice_id=invoice.id,
            cents=self.amount.cents if self.amount else None,
            reason=self.reason.value,
            opened=context.today,
            noted=context.today,
            owner=customer.account_manager or context.actor.name,
            note=self.note,
        )
        context.session.add(row)
        context.session.flush()
        return DisputeList(
            context.today,
            [found for found in dispute_lines(context.session, context.today, whose(customer)) if found.id == row.id],
        )

    def _only_open(self, context: Context) -> str:
        if self.customer is None:
            raise Invalid(_("Name a customer or an invoice."))
        customer, _invoice = named(context.session, self.customer, None)
        found = [
            line
            for line in document_lines(context.session, context.today, whose(customer), only_open=True)
            if line.open > 0
        ]
        if len(found) != 1:
            raise Invalid(
                _("{name} has {count} open invoices: name the one in dispute.").format(
                    name=customer.name, count=len(found)
                ),
                next_step=", ".join(line.number for line in found[:8]),
            )
        return found[0].number


class ListDisputes(Action[DisputeList]):
    """What customers object to."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["open", "resolved"] | None = Field(None, description="open, resolved")
    reason: DisputeReason | None = Field(None, description="Only for this reason")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> DisputeList:
        """Read and filter."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        found = DisputeList(context.today, dispute_lines(context.session, context.today, of))
        kept = [
            line
            for line, shape in zip(found.lines, found.as_json()["disputes"], strict=True)
            if self.status in (None, shape["status"]) and self.reason in (None, line.reason)
        ]
        return DisputeList(context.today, kept)


ACTIONS = (OpenDispute, ListDisputes)
