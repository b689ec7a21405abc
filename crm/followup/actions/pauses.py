"""Stopping and resuming reminders."""

from datetime import date

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.errors import NotFound, refuse_if
from crm.core.i18n import _
from crm.core.runner import Context
from crm.customers.actions import CustomerRef, LiftHold, PlaceHold
from crm.customers.card import CustomerCard, card_of
from crm.customers.queries import holds_of
from crm.receivables.actions.promises import named


class PauseDunning(Action[CustomerCard]):
    """Stop reminding a customer, or about one invoice, until a day."""

    effect = Effect.WRITE
    aliases = {"date": "until", "note": "reason"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="Only about this invoice")
    until: date | None = Field(None, description="Reminders start again on this day; open if left out")
    reason: str = Field("", description="Shown to colleagues")

    def perform(self, context: Context) -> CustomerCard:
        """Place a hold.

        Raises:
            Invalid: neither a customer nor an invoice is named.
            Refused: the day is past.
        """
        customer, invoice = named(context.session, self.customer, self.invoice)
        reason = (
            self.reason if len(self.reason) >= 3 else _("reminders stopped by {name}").format(name=context.actor.name)
        )
        hold = PlaceHold(
            customer=customer.number, reason=reason, until=self.until, invoice=invoice.number if invoice else ""
        )
        return hold.perform(context)


class ResumeDunning(Action[CustomerCard]):
    """Start reminding a customer again, or about one invoice."""

    effect = Effect.WRITE
    aliases = {"date": "on"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="Only about this invoice")
    on: date | None = Field(None, description="The day on which reminders start again; today if left out")

    def perform(self, context: Context) -> CustomerCard:
        """Lift the holds by hand, or let them end on a later day.

        Raises:
            NotFound: nothing is held.
            Refused: the day is past.
        """
        customer, invoice = named(context.session, self.customer, self.invoice)
        number = invoice.number if invoice else ""
        if self.on is None or self.on == context.today:
            return LiftHold(customer=customer.number, invoice=number).perform(context)
        refuse_if(self.on < context.today, _("Reminders start again today or later."))
        held = [
            hold
            for hold in holds_of(context.session, customer.id, context.today)
            if not number or hold.invoice == number
        ]
        if not held:
            raise NotFound(_("Nothing is held for {name}.").format(name=customer.name))
        for hold in held:
            hold.until = self.on
            context.session.add(hold)
        context.session.flush()
        return card_of(context, customer)


ACTIONS = (PauseDunning, ResumeDunning)
