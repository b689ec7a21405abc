"""Quotes: offers that were sent, and what was said to them. Their follow-up is the reminders' room's."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers import identity
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import as_one
from crm.orders.actions.opportunities import ended, the_opportunity
from crm.orders.actions.words import followed_by, free_number, positive, until_today
from crm.orders.models import Answer, Opportunity, Quote
from crm.orders.pipeline import USUAL, DealReason, OpportunityStage
from crm.orders.queries import QuoteLine, quote_lines
from crm.orders.quotes import OPEN, STATUSES, QuoteStatus

_TEXT = 500


@dataclass(frozen=True, slots=True)
class QuoteList:
    """Quotes as they stand on a day."""

    as_of: date
    lines: tuple[QuoteLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a quote."""
        return {
            "as_of": self.as_of.isoformat(),
            "quotes": [
                {
                    "number": line.number,
                    "customer": line.customer,
                    "name": line.name,
                    "subject": line.subject,
                    "currency": line.currency,
                    "amount": plain(line.cents, line.currency),
                    "sent": line.facts.sent.isoformat(),
                    "valid_until": line.facts.valid_until.isoformat() if line.facts.valid_until else None,
                    "status": line.status(self.as_of).value,
                    "answered": line.facts.answered.isoformat() if line.facts.answered else None,
                    "reason": line.reason or None,
                    "owner": line.owner,
                    "opportunity": line.opportunity,
                    "order": line.order or None,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a quote."""
        columns = (
            Column("number", _("Quotation")),
            Column("name", _("Customer")),
            Column("subject", _("About")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("sent", _("Sent on"), Kind.DATE),
            Column("valid_until", _("Valid until"), Kind.DATE),
            Column("status", _("State")),
            Column("order", _("Order")),
        )
        rows = tuple(
            (
                line.number, line.name, line.subject, Money(line.cents, line.currency), line.facts.sent,
                line.facts.valid_until, _(STATUSES[line.status(self.as_of)]), line.order,
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        return Sheet(plural("{count} quote", "{count} quotes", len(rows)), columns, rows, as_of=self.as_of)


def the_quote(session: Session, number: str) -> Quote:
    """The quote of a number.

    Raises:
        NotFound: there is none.
    """
    row = session.exec(select(Quote).where(Quote.number == number.strip())).first()
    if row is None:
        raise NotFound(_("There is no quote {number}.").format(number=number))
    return row


def kept_quote(context: Context, row: Quote) -> QuoteList:
    """The quote in the records, as it stands."""
    context.session.add(row)
    context.session.flush()
    return QuoteList(context.today, quote_lines(context.session, context.today, number=row.number))


class RecordQuote(Action[QuoteList]):
    """Note a quote that was sent, so that it is followed up."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number, of a prospect as well")
    amount: Money = Field(description="Tax included")
    number: str | None = Field(None, min_length=1, max_length=64, description="Its number; the next one if left out")
    subject: str = Field("", max_length=_TEXT, description="What is offered")
    net: Money | None = Field(None, description="The amount without tax")
    sent: date | None = Field(None, description="The day it was sent; today if left out")
    valid_until: date | None = Field(None, description="The last day on which it binds us")
    email: str = Field("", max_length=320, description="Where it went; the usual address if left out")
    opportunity: int | None = Field(None, description="The opportunity it belongs to, by its number")
    owner: str | None = Field(None, description="Who follows it; the account manager if left out")
    note: str = Field("", max_length=10_000, description="What else is known")

    def perform(self, context: Context) -> QuoteList:
        """Add the row; its opportunity has come as far as a quote.

        Raises:
            NotFound, Ambiguous: the customer named is none, or several; no such opportunity or user.
            Refused: the number is taken, the day is still to come, or the opportunity is another customer's or over.
            Invalid: an amount or the address is none, or it ends before it was sent.
        """
        session = context.session
        positive(self.amount, self.net)
        sent = until_today(context, self.sent)
        if self.valid_until is not None and self.valid_until < sent:
            raise Invalid(_("A quote is valid at least on the day it is sent."))
        customer = find_customer(session, self.customer)
        number = (self.number or "").strip() or free_number(session, Quote, sent)
        taken = session.exec(select(Quote.id).where(Quote.number == number)).first()
        refuse_if(taken is not None, _("There is a quote {number} already.").format(number=number))
        if self.opportunity is not None:
            self._goes_on(context, customer)
        return kept_quote(
            context,
            Quote(
                number=number,
                customer_id=customer.id,
                opportunity_id=self.opportunity,
                subject=self.subject.strip(),
                currency=self.amount.currency,
                cents=self.amount.cents,
                net_cents=self.net.cents if self.net else None,
                sent=sent,
                valid_until=self.valid_until,
                email=identity.email(self.email) if self.email else "",
                owner=followed_by(context, customer, self.owner),
                note=self.note.strip(),
            ),
        )

    def _goes_on(self, context: Context, customer: Customer) -> None:
        row = the_opportunity(context.session, self.opportunity or 0)
        refuse_if(
            as_one(context.session, row.customer_id).id != customer.id,
            _("Opportunity {number} is another customer's.").format(number=self.opportunity),
        )
        refuse_if(row.closed is not None, _("This opportunity is over."), _("Open a new one."))
        before = OpportunityStage(row.stage)
        if before in (OpportunityStage.LEAD, OpportunityStage.QUALIFIED):
            row.stage = OpportunityStage.PROPOSAL.value
            if row.probability == USUAL[before]:
                row.probability = USUAL[OpportunityStage.PROPOSAL]
            context.session.add(row)


class AnswerQuote(Action[QuoteList]):
    """Say what a customer answered to a quote: accepted, refused, being discussed; or that it has expired."""

    effect = Effect.WRITE

    quote: str = Field(min_length=1, description="Number of the quote")
    answer: Literal["accepted", "refused", "expired", "discussed"] = Field(
        description="accepted, refused, expired or discussed"
    )
    reason: DealReason | None = Field(
        None, description="price, quality, delay, relation, competitor, no_budget, no_need, silence, something_else"
    )
    day: date | None = Field(None, description="The day it was said; today if left out")
    note: str = Field("", max_length=10_000, description="In their words")

    def perform(self, context: Context) -> QuoteList:
        """Keep the word; its follow-up ends. Accepted, its opportunity is won.

        Raises:
            NotFound: there is no such quote.
            Refused: it has been answered, or the day lies before it was sent or is still to come.
        """
        row = the_quote(context.session, self.quote)
        refuse_if(row.answered is not None, _("Quote {number} has been answered.").format(number=row.number))
        day = until_today(context, self.day)
        refuse_if(day < row.sent, _("Quote {number} had not been sent by then.").format(number=row.number))
        row.note = " · ".join(filter(None, (row.note, self.note.strip())))
        if self.answer == QuoteStatus.DISCUSSED.value:
            row.replied = day
        else:
            row.answered, row.answer = day, self.answer
            row.reason = self.reason.value if self.reason else ""
        if self.answer == Answer.ACCEPTED.value:
            win(context, row, day)
        return kept_quote(context, row)


def win(context: Context, row: Quote, day: date) -> None:
    """The opportunity of a quote that was accepted is won, unless it is over."""
    sale = context.session.get(Opportunity, row.opportunity_id) if row.opportunity_id is not None else None
    if sale is not None and sale.closed is None:
        ended(sale, day, row.reason, won=True)
        context.session.add(sale)


class ListQuotes(Action[QuoteList]):
    """Quotes, the latest first, and what each stands at."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["open", "sent", "discussed", "accepted", "refused", "expired"] | None = Field(
        None, description="open (nothing has ended it), sent, discussed, accepted, refused, expired; all if left out"
    )
    assignee: str | None = Field(None, description="Only what this user follows")

    def perform(self, context: Context) -> QuoteList:
        """Read and filter."""
        customer = find_customer(context.session, self.customer) if self.customer else None
        day = context.today
        lines = quote_lines(context.session, day, customer, self.assignee)
        return QuoteList(day, tuple(line for line in lines if self._meant(line.status(day))))

    def _meant(self, status: QuoteStatus) -> bool:
        return self.status in (None, status.value) or (self.status == "open" and status in OPEN)


ACTIONS = (RecordQuote, AnswerQuote, ListQuotes)
