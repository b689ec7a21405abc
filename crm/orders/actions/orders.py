"""Orders: what customers have bought, from quotes or without them. What of them is not invoiced is the receivables' room's."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
from crm.orders.actions.quotes import the_quote, win
from crm.orders.actions.words import free_number, has_bought, positive, until_today
from crm.orders.models import Answer, Order, OrderEnd
from crm.orders.queries import OrderLine, order_lines

STATES = {
    "open": mark("under way"),
    OrderEnd.INVOICED.value: mark("invoiced"),
    OrderEnd.CANCELLED.value: mark("called off"),
}
"""How an order stands → how it is said."""


@dataclass(frozen=True, slots=True)
class OrderList:
    """Orders as they stand on a day."""

    as_of: date
    lines: tuple[OrderLine, ...]

    def _state(self, line: OrderLine) -> str:
        return line.ended_as if line.ended is not None and line.ended <= self.as_of else "open"

    def as_json(self) -> dict[str, Any]:
        """One object an order."""
        return {
            "as_of": self.as_of.isoformat(),
            "orders": [
                {
                    "number": line.number,
                    "customer": line.customer,
                    "name": line.name,
                    "reference": line.reference,
                    "ordered": line.ordered.isoformat(),
                    "promised": line.promised.isoformat() if line.promised else None,
                    "currency": line.currency,
                    "amount": plain(line.cents, line.currency),
                    "status": self._state(line),
                    "quote": line.quote or None,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row an order."""
        columns = (
            Column("number", _("Order")),
            Column("name", _("Customer")),
            Column("ordered", _("Ordered on"), Kind.DATE),
            Column("promised", _("Promised for"), Kind.DATE),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("reference", _("Their reference")),
            Column("quote", _("Quotation")),
            Column("status", _("State")),
        )
        rows = tuple(
            (
                line.number, line.name, line.ordered, line.promised, Money(line.cents, line.currency), line.reference,
                line.quote, _(STATES[self._state(line)]),
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        return Sheet(plural("{count} order", "{count} orders", len(rows)), columns, rows, as_of=self.as_of)


def _kept(context: Context, row: Order) -> OrderList:
    context.session.add(row)
    context.session.flush()
    return OrderList(context.today, order_lines(context.session, context.today, number=row.number))


def _new_number(context: Context, number: str | None, day: date) -> str:
    wanted = (number or "").strip() or free_number(context.session, Order, day)
    taken = context.session.exec(select(Order.id).where(Order.number == wanted)).first()
    refuse_if(taken is not None, _("There is an order {number} already.").format(number=wanted))
    return wanted


class RecordOrder(Action[OrderList]):
    """Note what a customer has ordered; a prospect becomes a customer by it."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    amount: Money = Field(description="Tax included")
    number: str | None = Field(None, min_length=1, max_length=64, description="Its number; the next one if left out")
    net: Money | None = Field(None, description="The amount without tax")
    ordered: date | None = Field(None, description="The day of the order; today if left out")
    promised: date | None = Field(None, description="The day promised for delivery")
    reference: str = Field("", max_length=64, description="The customer's own reference, which invoices quote")

    def perform(self, context: Context) -> OrderList:
        """Add the row.

        Raises:
            NotFound, Ambiguous: the customer named is none, or several.
            Refused: the number is taken, or the day is still to come.
            Invalid: an amount is none, or it is promised for before it was ordered.
        """
        positive(self.amount, self.net)
        customer = find_customer(context.session, self.customer)
        ordered = until_today(context, self.ordered)
        _in_order(ordered, self.promised)
        has_bought(context, customer, ordered)
        return _kept(
            context,
            Order(
                number=_new_number(context, self.number, ordered),
                customer_id=customer.id,
                reference=self.reference.strip(),
                ordered=ordered,
                promised=self.promised,
                currency=self.amount.currency,
                cents=self.amount.cents,
                net_cents=self.net.cents if self.net else None,
            ),
        )


def _in_order(ordered: date, promised: date | None) -> None:
    if promised is not None and promised < ordered:
        raise Invalid(_("Delivery is promised for the day of the order or later."))


class ConvertQuote(Action[OrderList]):
    """Make an order of a quote: it is accepted by that, and its opportunity won."""

    effect = Effect.WRITE

    quote: str = Field(min_length=1, description="Number of the quote")
    number: str | None = Field(
        None, min_length=1, max_length=64, description="Number of the order; the next one if left out"
    )
    ordered: date | None = Field(None, description="The day of the order; today if left out")
    promised: date | None = Field(None, description="The day promised for delivery")
    reference: str = Field("", max_length=64, description="The customer's own reference, which invoices quote")
    amount: Money | None = Field(None, description="Tax included; that of the quote if left out")

    def perform(self, context: Context) -> OrderList:
        """Add the order, with the quote it comes from.

        Raises:
            NotFound: there is no such quote.
            Refused: an order has come of it, it was refused, a number is taken, or the day is none it can be.
            Invalid: the amount is not above zero, or it is promised for before it was ordered.
        """
        session = context.session
        row = the_quote(session, self.quote)
        known = session.exec(
            select(Order.number).where(Order.quote_id == row.id, Order.ended_as != OrderEnd.CANCELLED.value)
        ).first()
        refuse_if(known is not None, _("Order {number} has come of this quote.").format(number=known))
        refuse_if(row.answer == Answer.REFUSED.value, _("Quote {number} was refused.").format(number=row.number))
        ordered = until_today(context, self.ordered)
        refuse_if(ordered < row.sent, _("Quote {number} had not been sent by then.").format(number=row.number))
        _in_order(ordered, self.promised)
        amount = self.amount or Money(row.cents, row.currency)
        positive(amount)
        customer = as_one(session, row.customer_id)
        has_bought(context, customer, ordered)
        if row.answer != Answer.ACCEPTED.value:
            row.answered, row.answer = ordered, Answer.ACCEPTED.value
            session.add(row)
        win(context, row, ordered)
        same = self.amount is None or (amount.cents, amount.currency) == (row.cents, row.currency)
        return _kept(
            context,
            Order(
                number=_new_number(context, self.number, ordered),
                customer_id=row.customer_id,
                quote_id=row.id,
                reference=self.reference.strip(),
                ordered=ordered,
                promised=self.promised,
                currency=amount.currency,
                cents=amount.cents,
                net_cents=row.net_cents if same else None,
            ),
        )


class EndOrder(Action[OrderList]):
    """Say that an order is over: called off, or invoiced without its number on the invoice."""

    effect = Effect.WRITE

    order: str = Field(min_length=1, description="Number of the order")
    outcome: OrderEnd = Field(description="invoiced or cancelled")
    day: date | None = Field(None, description="Since when; today if left out")

    def perform(self, context: Context) -> OrderList:
        """End it.

        Raises:
            NotFound: there is no such order.
            Refused: it is over already, or the day lies before the order or is still to come.
        """
        row = context.session.exec(select(Order).where(Order.number == self.order.strip())).first()
        if row is None:
            raise NotFound(_("There is no order {number}.").format(number=self.order))
        refuse_if(row.ended is not None, _("Order {number} is over.").format(number=row.number))
        day = until_today(context, self.day)
        refuse_if(day < row.ordered, _("Order {number} had not been placed by then.").format(number=row.number))
        row.ended, row.ended_as = day, self.outcome.value
        return _kept(context, row)


class ListOrders(Action[OrderList]):
    """Orders, the latest first."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["open", "invoiced", "cancelled"] | None = Field(
        None, description="open, invoiced or cancelled, as was said; all if left out"
    )
    assignee: str | None = Field(None, description="Only customers of this account manager")
    limit: int = Field(200, ge=1, le=100_000, description="At most so many")

    def perform(self, context: Context) -> OrderList:
        """Read."""
        customer = find_customer(context.session, self.customer) if self.customer else None
        lines = order_lines(context.session, context.today, customer, self.assignee, self.status, self.limit)
        return OrderList(context.today, lines)


ACTIONS = (RecordOrder, ConvertQuote, EndOrder, ListOrders)
