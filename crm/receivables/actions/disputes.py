"""Disputes: what a customer objects to, the whole of an invoice or a part of it, and how each ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, col, select

from crm.access.queries import all_users
from crm.core.actions import Action, Effect
from crm.core.calendar import next_working_day, shown_date
from crm.core.errors import Ambiguous, Invalid, NotFound, refuse_if
from crm.core.figures import percent_shown
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.names import name_key
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.visible import as_one
from crm.receivables.actions.dispute_reasons import Reason, usable_reason
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.disputes import (
    OUTCOMES,
    Age,
    DisputeLine,
    DisputeOutcome,
    DisputeRate,
    age_of,
    dispute_lines,
    dispute_rate,
)
from crm.receivables.models import Dispute, DocumentKind, Invoice
from crm.receivables.queries import Whose, document_lines, whose
from crm.receivables.setting_off import set_off

_ANSWER_DAYS = 10
"""House practice: so many days for an answer, unless another day is named."""
_RATE_DAYS = 90
AGES = {
    Age.WEEK: mark("up to a week"),
    Age.FORTNIGHT: mark("8 to 15 days"),
    Age.MONTH: mark("16 to 30 days"),
    Age.OLDER: mark("more than 30 days"),
}


@dataclass(frozen=True, slots=True)
class DisputeList:
    """Disputes as they stand on a day."""

    as_of: date
    lines: Sequence[DisputeLine]
    rate: DisputeRate | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's answer, with totals by reason, age and owner, and the share of what was invoiced."""
        told: dict[str, Any] = {"disputes": [self._line(line) for line in self.lines]}
        if self.rate is not None:
            told["totals"] = {
                "reason": self._totals(lambda line: line.reason),
                "age": self._totals(lambda line: age_of(line.days(self.as_of)).value),
                "owner": self._totals(lambda line: line.owner),
            }
            told["rate"] = _rate_json(self.rate)
        return told

    def _line(self, line: DisputeLine) -> dict[str, Any]:
        return {
            "id": line.id,
            "invoice": line.invoice,
            "customer": line.customer,
            "name": line.name,
            "amount": plain(line.amount, line.currency),
            "currency": line.currency,
            "reason": line.reason,
            "reason_label": line.reason_words(),
            "status": self._status(line),
            "opened": line.since.isoformat(),
            "days": line.days(self.as_of),
            "owner": line.owner,
            "owner_name": line.owner_name,
            "deadline": line.deadline.isoformat() if line.deadline else None,
            "late": line.late(self.as_of),
            "credit_expected": plain(line.credit, line.currency) if line.credit is not None else None,
            "credit_note": line.credit_number or None,
            "credit_awaited": plain(line.awaited, line.currency),
            "resolved": line.resolved.isoformat() if line.resolved else None,
            "outcome": line.outcome or None,
            "note": line.note,
        }

    def _status(self, line: DisputeLine) -> str:
        return "open" if line.is_open(self.as_of) else "resolved"

    def _totals(self, key: Callable[[DisputeLine], str]) -> list[dict[str, Any]]:
        """Count and amount of each class and currency, the largest amount first."""
        sums: dict[tuple[str, str], list[int]] = {}
        for line in self.lines:
            row = sums.setdefault((line.currency, key(line)), [0, 0])
            row[0] += 1
            row[1] += line.amount
        ordered = sorted(sums.items(), key=lambda pair: (pair[0][0], -pair[1][1], pair[0][1]))
        return [
            {"value": value, "currency": currency, "count": count, "amount": plain(cents, currency)}
            for (currency, value), (count, cents) in ordered
        ]

    def as_sheet(self) -> Sheet:
        """One row a dispute."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("reason", _("Reason")),
            Column("days", _("Since"), Kind.DAYS),
            Column("owner", _("Owner")),
            Column("deadline", _("Answer by"), Kind.DATE),
            Column("status", _("State")),
        )
        rows = tuple(
            (
                line.invoice,
                line.name,
                Money(line.amount, line.currency),
                line.reason_words(),
                line.days(self.as_of),
                line.owner_name,
                line.deadline,
                self.state_words(line),
            )
            for line in self.lines
        )
        return Sheet(
            plural("{count} dispute", "{count} disputes", len(rows)),
            columns,
            rows,
            as_of=self.as_of,
            notes=tuple(self._notes()),
        )

    def state_words(self, line: DisputeLine) -> str:
        """Ongoing, late, or how it ended."""
        if line.is_open(self.as_of):
            return _("answer overdue") if line.late(self.as_of) else _("ongoing")
        ended = _(OUTCOMES[DisputeOutcome(line.outcome)]) if line.outcome in set(DisputeOutcome) else _("resolved")
        return _("{outcome}, credit note awaited").format(outcome=ended) if line.awaited else ended

    def _notes(self) -> list[str]:
        rate = self.rate
        if rate is None or not rate.invoices or not rate.invoiced_cents:
            return []
        return [
            _("Of the {count} invoices issued from {start} to {end}, {share} are or were in dispute, {value} by value.").format(
                count=rate.invoices,
                start=shown_date(rate.period.start, self.as_of),
                end=shown_date(rate.period.end, self.as_of),
                share=percent_shown(_share(rate.disputed, rate.invoices) or ""),
                value=percent_shown(_share(rate.disputed_cents, rate.invoiced_cents) or ""),
            )
        ]  # fmt: skip  # read as a table: columns side by side


def _share(part: int, whole: int) -> str | None:
    return f"{100 * part / whole:.2f}" if whole else None


def _rate_json(rate: DisputeRate) -> dict[str, Any]:
    return {
        "period": str(rate.period),
        "currency": rate.currency,
        "invoices": rate.invoices,
        "disputed_invoices": rate.disputed,
        "by_count": _share(rate.disputed, rate.invoices),
        "amount_invoiced": plain(rate.invoiced_cents, rate.currency),
        "amount_disputed": plain(rate.disputed_cents, rate.currency),
        "by_value": _share(rate.disputed_cents, rate.invoiced_cents),
    }


class OpenDispute(Action[DisputeList]):
    """Note that a customer objects to an invoice, or to a part of it."""

    effect = Effect.WRITE

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="Name or number, where only one invoice is open")
    reason: Reason = Field(
        description="missing_goods, damaged_goods, price_error, wrong_quantity, duplicate_invoice, service_not_rendered, late_delivery, wrong_recipient, missing_po, other, or one of your own"
    )
    amount: Money | None = Field(None, description="The part in dispute; all of it if left out")
    note: str = Field("", description="In their words")
    owner: str = Field("", max_length=100, description="Who sees to it; whoever looks after the customer if left out")
    credit: Money | None = Field(None, description="The credit note that is expected")
    deadline: date | None = Field(None, description="The day by which we answer; in ten days if left out")

    def perform(self, context: Context) -> DisputeList:
        """Keep it from today on: what is in dispute is no longer asked for.

        Raises:
            Invalid: no invoice is named, and the customer has none or several open.
            NotFound: the reason or the owner is not known.
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
        if self.credit is not None:
            _check_credit(self.credit, invoice, self.amount.cents if self.amount else still_open)
        _check_deadline(self.deadline, context.today)
        row = Dispute(
            invoice_id=invoice.id,
            cents=self.amount.cents if self.amount else None,
            reason=usable_reason(context.session, str(self.reason)),
            opened=context.today,
            noted=context.today,
            owner=seen_to_by(context, self.owner, customer),
            note=self.note,
            deadline=self.deadline or next_working_day(context.today + timedelta(days=_ANSWER_DAYS)),
            credit_cents=self.credit.cents if self.credit else None,
        )
        return _kept(context, row, customer)

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


class UpdateDispute(Action[DisputeList]):
    """Give a dispute to somebody else, or another day, credit note or reason."""

    effect = Effect.WRITE
    aliases = {"date": "deadline", "assignee": "owner"}  # noqa: RUF012  a constant table, never altered

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="Name or number, where only one invoice is in dispute")
    owner: str = Field("", max_length=100, description="Who sees to it from now on")
    deadline: date | None = Field(None, description="The day by which we answer")
    credit: Money | None = Field(None, description="The credit note that is expected")
    reason: Reason | None = Field(None, description="Another reason")
    note: str = Field("", description="Added to what is noted")

    def perform(self, context: Context) -> DisputeList:
        """Alter what is given.

        Raises:
            Invalid: nothing is altered.
            NotFound: nothing is in dispute, or the reason or the owner is not known.
            Ambiguous: several invoices are in dispute.
        """
        if not (self.model_fields_set - {"invoice", "customer"}):
            raise Invalid(_("What is new: who sees to it, until when, the credit note or the reason?"))
        row, invoice, customer = _meant(context, self.customer, self.invoice)
        if self.owner:
            row.owner = seen_to_by(context, self.owner, customer)
        if self.deadline is not None:
            _check_deadline(self.deadline, context.today)
            row.deadline = self.deadline
        if self.credit is not None:
            _check_credit(self.credit, invoice, invoice.total_cents if row.cents is None else row.cents)
            row.credit_cents = self.credit.cents
        if self.reason is not None:
            row.reason = usable_reason(context.session, str(self.reason))
        row.note = " · ".join(filter(None, (row.note, self.note)))
        return _kept(context, row, customer)


class ResolveDispute(Action[DisputeList]):
    """End a dispute: well founded, not, or in part, with the credit note it leads to."""

    effect = Effect.WRITE

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="Name or number, where only one invoice is in dispute")
    outcome: DisputeOutcome = Field(description="accepted, rejected, partial")
    amount: Money | None = Field(
        None, description="What is credited; all that was in dispute if it was accepted; 0: nothing is"
    )
    credit_note: str | None = Field(None, description="The credit note, if it has been issued already")
    note: str = Field("", description="What was answered")

    def perform(self, context: Context) -> DisputeList:
        """Close it from today on. A credit note that is named is set against the invoice at once; without one, what was
        found right is not asked for until its credit note has settled it. The rest is due again as it was.

        Raises:
            NotFound: nothing is in dispute, or there is no such credit note.
            Ambiguous: several invoices are in dispute.
            Invalid: a part is accepted without saying which, or something is credited of what was rejected.
            Refused: more is credited than was in dispute, or the credit note is another customer's.
        """
        row, invoice, customer = _meant(context, self.customer, self.invoice)
        disputed = invoice.total_cents if row.cents is None else row.cents
        note = self._credit_note(context, invoice)
        amount = self.amount
        if amount is None and note is not None:
            amount = Money(-note.total_cents, note.currency)
        if self.outcome is DisputeOutcome.REJECTED:
            if amount is not None and amount.cents:
                raise Invalid(_("Nothing is credited of an objection that is not well founded."))
            accepted = 0
        elif self.outcome is DisputeOutcome.PARTIAL and amount is None:
            raise Invalid(_("How much of it is well founded?"))
        else:
            accepted = amount.cents if amount is not None else disputed
            refuse_if(
                (amount is not None and amount.currency != invoice.currency) or not 0 <= accepted <= disputed,
                _("What is credited lies between nothing and {disputed}, what was in dispute.").format(
                    disputed=Money(disputed, invoice.currency)
                ),
            )
        row.resolved = context.today
        row.outcome = self.outcome.value
        row.accepted_cents = accepted
        row.credit_number = note.number if note else ""
        row.credit_cents = accepted if accepted else row.credit_cents
        row.note = " · ".join(filter(None, (row.note, self.note)))
        if note is not None and accepted:
            set_off(context, note, invoice, accepted)
        return _kept(context, row, customer)

    def _credit_note(self, context: Context, invoice: Invoice) -> Invoice | None:
        if self.credit_note is None:
            return None
        found = context.session.exec(select(Invoice).where(Invoice.number == self.credit_note.strip())).first()
        if found is None or found.kind != DocumentKind.CREDIT_NOTE.value:
            raise NotFound(_("There is no credit note {number}.").format(number=self.credit_note))
        refuse_if(
            as_one(context.session, found.customer_id).id != as_one(context.session, invoice.customer_id).id
            or found.currency != invoice.currency,
            _("Credit note {number} is not for this customer.").format(number=found.number),
        )
        return found


def seen_to_by(context: Context, owner: str, customer: Customer | None) -> str:
    """The number of the user who is named; whoever looks after the customer where nobody is, else whoever is at work.

    Raises:
        NotFound: nobody of the team answers to the name.
        Ambiguous: several do.
    """
    if not owner.strip():
        return (customer.account_manager if customer else "") or context.actor.user or context.actor.name
    users, key = all_users(context.session), name_key(owner)
    if owner.strip() == "me" and context.actor.user:
        return context.actor.user
    exact = [user for user in users if key in {name_key(user.number), name_key(user.name)}]
    near = exact or [user for user in users if key in name_key(user.name).split()]
    if len(near) > 1:
        raise Ambiguous(
            _("Several colleagues answer to “{name}”.").format(name=owner),
            [f"{user.number} {user.name}" for user in near],
        )
    if near:
        return near[0].number
    if name_key(context.actor.name) == key:
        return context.actor.name
    raise NotFound(
        _("Nobody of the team is called “{name}”.").format(name=owner), candidates=[user.number for user in users]
    )


def _check_credit(credit: Money, invoice: Invoice, most: int) -> None:
    refuse_if(
        credit.currency != invoice.currency or not 0 < credit.cents <= most,
        _("The credit note expected lies between nothing and {most}.").format(most=Money(most, invoice.currency)),
    )


def _check_deadline(deadline: date | None, today: date) -> None:
    refuse_if(deadline is not None and deadline < today, _("An answer is promised for today or later."))


def _meant(context: Context, customer: str | None, number: str | None) -> tuple[Dispute, Invoice, Customer]:
    """The open dispute that is meant: that of the invoice, or the customer's only one."""
    who, invoice = named(context.session, customer, number)
    session: Session = context.session
    query = select(Dispute, Invoice).join(Invoice).where(col(Dispute.resolved).is_(None)).order_by(col(Dispute.id))
    if invoice is not None:
        rows = session.exec(query.where(Invoice.id == invoice.id)).all()
    else:
        mine = {line.id for line in dispute_lines(session, context.today, whose(who)) if line.resolved is None}
        rows = [pair for pair in session.exec(query).all() if pair[0].id in mine] if mine else []
    if not rows:
        about = invoice.number if invoice else who.name
        raise NotFound(_("Nothing of {about} is in dispute.").format(about=about))
    if len(rows) > 1:
        raise Ambiguous(
            _("{name} disputes several invoices.").format(name=who.name), [found.number for _row, found in rows]
        )
    return rows[0][0], rows[0][1], as_one(session, rows[0][1].customer_id)


def _kept(context: Context, row: Dispute, customer: Customer) -> DisputeList:
    context.session.add(row)
    context.session.flush()
    lines = dispute_lines(context.session, context.today, whose(customer))
    return DisputeList(context.today, [line for line in lines if line.id == row.id])


class ListDisputes(Action[DisputeList]):
    """What customers object to: by reason, age and owner, and its share of what was invoiced."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["open", "resolved"] | None = Field(None, description="open, resolved")
    reason: Reason | None = Field(None, description="Only for this reason")
    owner: str | None = Field(None, description="Only those this person is to see to")
    period: Period | None = Field(None, description="Opened in this period: start/end")
    amount_min: Money | None = Field(None, description="In dispute at least")
    sort: Literal["age", "owner", "amount"] = Field("age", description="age, owner, amount")
    late: bool = Field(False, description="Only those whose answer is overdue")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> DisputeList:
        """Read, filter, add up; the share is that of invoices issued in the period, the last 90 days if none is given."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        today = context.today
        lines = [line for line in dispute_lines(context.session, today, of) if self._wanted(line, today)]
        if self.sort == "owner":
            lines.sort(key=lambda line: line.owner_name)
        elif self.sort == "amount":
            lines.sort(key=lambda line: -line.amount)
        period = self.period or Period(today - timedelta(days=_RATE_DAYS - 1), today)
        return DisputeList(today, lines, dispute_rate(context.session, today, period, EURO, of))

    def _wanted(self, line: DisputeLine, today: date) -> bool:
        return (
            self.status in (None, "open" if line.is_open(today) else "resolved")
            and (self.reason is None or str(self.reason) == line.reason)
            and self.owner in (None, line.owner)
            and (self.period is None or self.period.start <= line.since <= self.period.end)
            and (
                self.amount_min is None
                or (line.currency == self.amount_min.currency and line.amount >= self.amount_min.cents)
            )
            and (not self.late or line.late(today))
        )


ACTIONS = (OpenDispute, UpdateDispute, ResolveDispute, ListDisputes)
