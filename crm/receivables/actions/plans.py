"""Payment plans: agreed, signed, cancelled; where each stands follows from money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeVar

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import Ambiguous, Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.coverable import Coverable, coverable
from crm.receivables.models import PaymentPlan, PlanCover, PlanInstalment
from crm.receivables.planned import PlanLine, plan_lines
from crm.receivables.plans import MOST, Frequency, PlanStatus, due_day, equal_parts, parts_of
from crm.receivables.queries import Whose, whose

P = TypeVar("P")
PLAN_STATUSES = {
    PlanStatus.ACTIVE: mark("under way"),
    PlanStatus.OVERDUE: mark("instalment missed"),
    PlanStatus.KEPT: mark("respected"),
    PlanStatus.BROKEN: mark("broken off"),
    PlanStatus.CANCELLED: mark("cancelled"),
}
FREQUENCIES = {
    Frequency.WEEKLY: mark("every week"),
    Frequency.BIWEEKLY: mark("every two weeks"),
    Frequency.MONTHLY: mark("every month"),
    Frequency.QUARTERLY: mark("every quarter"),
}


def plan_json(line: PlanLine, day: date) -> dict[str, Any]:
    """A plan as it stands."""
    plan, code = line.plan, line.currency
    missed, coming = plan.missed(day), plan.coming(day)
    broken = plan.broken_on(day) if line.status is PlanStatus.BROKEN else None
    return {
        "id": line.id,
        "customer": line.customer,
        "name": line.name,
        "status": line.status.value,
        "currency": code,
        "made": plan.made.isoformat(),
        "signed": line.signed.isoformat() if line.signed else None,
        "signed_file": line.signed_file or None,
        "amount": plain(plan.total, code),
        "paid": plain(plan.paid(day) - plan.lost(day), code),
        "lost": plain(plan.lost(day), code),
        "left": plain(plan.total - plan.paid(day), code),
        "grace_days": plan.grace_days,
        "missed": missed[0].due.isoformat() if missed else None,
        "next": coming[0].due.isoformat() if coming else None,
        "broken_since": broken.isoformat() if broken else None,
        "ended": plan.ended.isoformat() if plan.ended else None,
        "invoices": [
            {"number": cover.number, "due_date": cover.due.isoformat(), "amount": plain(cover.cents, code)}
            for cover in plan.covers
        ],
        "instalments": [
            {
                "rank": rate.rank,
                "due_date": rate.due.isoformat(),
                "amount": plain(rate.cents, code),
                "paid": plain(came, code),
            }
            for rate, came in plan.received(day)
        ],
    }


@dataclass(frozen=True, slots=True)
class PlanCard:
    """One plan: what it replaces, its instalments, and what came in."""

    as_of: date
    line: PlanLine

    def as_json(self) -> dict[str, Any]:
        """The plan."""
        return {"as_of": self.as_of.isoformat(), "plan": plan_json(self.line, self.as_of)}

    def as_sheet(self) -> Sheet:
        """One row an instalment."""
        line, plan = self.line, self.line.plan
        columns = (
            Column("rank", _("Number"), Kind.COUNT),
            Column("due_date", _("Due"), Kind.DATE),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("paid", _("Received"), Kind.MONEY),
            Column("state", _("State")),
        )
        came = plan.received(self.as_of)
        rows = tuple(
            (
                rate.rank,
                rate.due,
                Money(rate.cents, line.currency),
                Money(received, line.currency),
                self._state(rate.due, rate.cents - received, rest),
            )
            for (rate, received), (_rate, rest) in zip(came, plan.left(self.as_of), strict=True)
        )
        received = sum(cents for _rate, cents in came)
        total = (None, None, Money(plan.total, line.currency), Money(received, line.currency), "")
        signed = (
            _("signed on {day}").format(day=shown_date(line.signed, self.as_of)) if line.signed else _("not signed yet")
        )
        return Sheet(
            title=_("{name} · payment plan {number}").format(name=line.name, number=line.id),
            columns=columns,
            rows=rows,
            totals=(total,),
            formula=_("What is set against the invoices covered pays the instalments in their order."),
            as_of=self.as_of,
            notes=(
                f"{_(PLAN_STATUSES[line.status])}, {signed}",
                _("Invoices: {numbers}").format(numbers=", ".join(line.numbers)),
            ),
        )

    def _state(self, due: date, missing: int, rest: int) -> str:
        if not missing:
            return _("received")
        if not rest:
            return _("lost")
        return _("missed") if due < self.as_of else _("to come")


@dataclass(frozen=True, slots=True)
class PlanList:
    """Plans as they stand on a day."""

    as_of: date
    lines: Sequence[PlanLine]

    def as_json(self) -> dict[str, Any]:
        """One object a plan."""
        return {"as_of": self.as_of.isoformat(), "plans": [plan_json(line, self.as_of) for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a plan."""
        columns = (
            Column("customer", _("Customer")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("left", _("Remaining"), Kind.MONEY),
            Column("next", _("Next"), Kind.DATE),
            Column("signed", _("Signed"), Kind.DATE),
            Column("status", _("State")),
        )
        rows = tuple(
            (
                line.name,
                Cell(Money(line.plan.total, line.currency), ShowPaymentPlan(plan=line.id)),
                Money(line.plan.total - line.plan.paid(self.as_of), line.currency),
                self._next(line),
                line.signed,
                _(PLAN_STATUSES[line.status]),
            )
            for line in self.lines
        )
        return Sheet(
            plural("{count} payment plan", "{count} payment plans", len(rows)), columns, rows, as_of=self.as_of
        )

    def _next(self, line: PlanLine) -> date | None:
        """The day that is missed, else the next to come; none once the plan is over."""
        if line.status not in {PlanStatus.ACTIVE, PlanStatus.OVERDUE}:
            return None
        found = line.plan.missed(self.as_of) or line.plan.coming(self.as_of)
        return found[0].due if found else None


class CreatePaymentPlan(Action[PlanCard]):
    """Agree with a customer to pay in instalments what is overdue, or some invoices."""

    effect = Effect.WRITE
    aliases = {"date": "first"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="Only this invoice")
    numbers: tuple[str, ...] = Field((), description="Only these invoices, by number")
    installments: int | None = Field(None, ge=1, le=MOST, description="How many instalments")
    instalment_amount: Money | None = Field(None, description="Or how much each time; the last one is what is left")
    amount: Money | None = Field(None, description="What is to be paid so; all that is overdue if left out")
    frequency: Frequency = Field(Frequency.MONTHLY, description="weekly, biweekly, monthly, quarterly")
    first: date | None = Field(None, description="Day of the first instalment; one period from today if left out")
    grace_days: int | None = Field(
        None, ge=0, le=90, description="Days after which an instalment that is missing breaks it; as in the settings"
    )
    contact: str = Field("", max_length=200, description="Who agreed to it")
    note: str = Field("", max_length=10_000, description="In their words")

    def perform(self, context: Context) -> PlanCard:
        """Replace what is open by instalments from today on. What is in dispute stays out of it.

        Raises:
            Invalid: neither a customer nor an invoice is named, or neither how many instalments nor how much each.
            Refused: nothing is owed, an invoice is in a plan already, the first day is past, or more is planned than owed.
        """
        if (self.installments is None) == (self.instalment_amount is None):
            raise Invalid(_("In how many instalments, or how much each time?"))
        today = context.today
        first = self.first or due_day(today, self.frequency, 1)
        refuse_if(first < today, _("The first instalment is for today or later."))
        customer, items = self._items(context)
        currency, cents = self._amount(items)
        parts = self._parts(cents, currency)
        plan = PaymentPlan(
            customer_id=customer.id,
            currency=currency,
            made=today,
            grace_days=context.settings.plan_grace_days if self.grace_days is None else self.grace_days,
            contact=self.contact,
            note=self.note,
        )
        context.session.add(plan)
        context.session.flush()
        for place, part in enumerate(parts):
            context.session.add(
                PlanInstalment(
                    plan_id=plan.id, rank=place + 1, due_date=due_day(first, self.frequency, place), cents=part
                )
            )
        left = cents
        for item in items:
            covered = min(left, item.open)
            if covered:
                context.session.add(
                    PlanCover(plan_id=plan.id, instalment_id=item.instalment_id, open_cents=item.whole, cents=covered)
                )
            left -= covered
        context.session.flush()
        return _card(context, plan.id)

    def _items(self, context: Context) -> tuple[Customer, list[Coverable]]:
        """What the plan may cover, the earliest due first."""
        numbers = [*self.numbers, *([self.invoice] if self.invoice else [])]
        customer, _none = named(context.session, self.customer, numbers[0] if numbers else None)
        for number in numbers[1:]:
            named(context.session, customer.number, number)
        owner = whose(customer)
        every = [item for item in coverable(context.session, context.today, owner) if item.currency == self._currency]
        if numbers:
            wanted = {number.strip() for number in numbers}
            every = [item for item in every if item.number in wanted]
            planned = sorted({item.number for item in every if item.planned})
            refuse_if(bool(planned), _("In a payment plan already: {numbers}.").format(numbers=", ".join(planned)))
            items = every
        else:
            free = [item for item in every if not item.planned]
            items = [item for item in free if item.due < context.today] or free
        items = [item for item in items if item.open > 0]
        if not items:
            raise Refused(_("Nothing is owed here that a plan could cover."))
        return customer, items

    @property
    def _currency(self) -> str:
        amount = self.amount or self.instalment_amount
        return amount.currency if amount is not None else EURO

    def _amount(self, items: Sequence[Coverable]) -> tuple[str, int]:
        currency, owed = self._currency, sum(item.open for item in items)
        if self.amount is None:
            return currency, owed
        refuse_if(
            not 0 < self.amount.cents <= owed,
            _("The plan lies between nothing and {owed}, what is owed here.").format(owed=Money(owed, currency)),
        )
        return currency, self.amount.cents

    def _parts(self, cents: int, currency: str) -> list[int]:
        if self.instalment_amount is None:
            count = self.installments or 1
            refuse_if(count > cents, _("An instalment is at least a cent."))
            return equal_parts(cents, count)
        each = self.instalment_amount
        refuse_if(
            each.currency != currency or each.cents <= 0 or -(-cents // max(1, each.cents)) > MOST,
            _("With {amount} each time the plan would have more than {count} instalments.").format(
                amount=each, count=MOST
            ),
        )
        return parts_of(cents, each.cents)


class OnePlan(Action[P]):
    """How a plan is named."""

    plan: int | None = Field(None, description="Which one, by its number, where there are several")
    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="The plan that covers this invoice")

    def meant(self, context: Context, statuses: frozenset[PlanStatus] = frozenset(PlanStatus)) -> PlanLine:
        """The plan that is named; else the only one in force, else the latest.

        Raises:
            Invalid: neither plan, customer nor invoice is named.
            NotFound: there is none.
            Ambiguous: several are in force.
        """
        if self.plan is not None:
            found = context.session.get(PaymentPlan, self.plan)
            of = Whose(customer_ids=(found.customer_id,)) if found else None
            lines = (
                [line for line in plan_lines(context.session, context.today, of) if line.id == self.plan] if of else []
            )
            if not lines:
                raise NotFound(_("There is no payment plan {number}.").format(number=self.plan))
        else:
            customer, invoice = named(context.session, self.customer, self.invoice)
            lines = [
                line
                for line in plan_lines(context.session, context.today, whose(customer))
                if invoice is None or invoice.number in line.numbers
            ]
            if not lines:
                raise NotFound(_("{name} has no payment plan.").format(name=customer.name))
        running = [line for line in lines if line.plan.in_force(context.today)]
        if len(running) > 1:
            raise Ambiguous(
                _("{name} has several payment plans.").format(name=running[0].name),
                [f"{line.id}: {Money(line.plan.total, line.currency)}, {', '.join(line.numbers)}" for line in running],
            )
        chosen = running[0] if running else lines[-1]
        refuse_if(
            chosen.status not in statuses,
            _("Payment plan {number} is over: {state}.").format(
                number=chosen.id, state=_(PLAN_STATUSES[chosen.status])
            ),
        )
        return chosen


_OPEN = frozenset({PlanStatus.ACTIVE, PlanStatus.OVERDUE})


class SignPaymentPlan(OnePlan[PlanCard]):
    """Record that the customer signed a payment plan: the debt is acknowledged."""

    effect = Effect.WRITE
    aliases = {"date": "signed"}  # noqa: RUF012  a constant table, never altered

    signed: date | None = Field(None, description="Day of the signature; today if left out")
    file: str = Field("", max_length=200, description="Name of the signed document's scan")

    def perform(self, context: Context) -> PlanCard:
        """Keep the day: it interrupts limitation of all that the plan covers.

        Raises:
            Refused: the day is to come or before the plan, or it is signed already.
        """
        line = self.meant(context, _OPEN)
        day = self.signed or context.today
        refuse_if(line.signed is not None, _("Payment plan {number} is signed already.").format(number=line.id))
        refuse_if(day > context.today, _("A signature has a day that is past, or today."))
        refuse_if(day < line.plan.made, _("It cannot be signed before it was made."))
        row = context.session.get_one(PaymentPlan, line.id)
        row.signed, row.signed_file = day, self.file.strip()
        context.session.add(row)
        context.session.flush()
        return _card(context, line.id)


class CancelPaymentPlan(OnePlan[PlanCard]):
    """Cancel a payment plan: what is left of it is due again, as it was before."""

    effect = Effect.WRITE

    reason: str = Field("", max_length=1_000, description="Shown to colleagues")

    def perform(self, context: Context) -> PlanCard:
        """End it today.

        Raises:
            Refused: it is over already.
        """
        line = self.meant(context, _OPEN)
        row = context.session.get_one(PaymentPlan, line.id)
        row.ended, row.ended_reason = context.today, self.reason
        context.session.add(row)
        context.session.flush()
        return _card(context, line.id)


class ShowPaymentPlan(OnePlan[PlanCard]):
    """A payment plan: what it replaces, its instalments, and what came in."""

    effect = Effect.READ

    def perform(self, context: Context) -> PlanCard:
        """Read it as it stands today."""
        return PlanCard(context.today, self.meant(context))


class ListPaymentPlans(Action[PlanList]):
    """Payment plans, and whether each is respected."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: Literal["active", "overdue", "kept", "broken", "cancelled"] | None = Field(
        None, description="active, overdue, kept, broken, cancelled"
    )
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> PlanList:
        """Read and filter; those in force first, by what is next."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        found = PlanList(context.today, plan_lines(context.session, context.today, of))
        lines = [line for line in found.lines if self.status in (None, line.status.value)]
        lines.sort(key=lambda line: (found._next(line) or date.max, -line.plan.made.toordinal(), line.id))
        return replace(found, lines=lines)


def _card(context: Context, plan: int) -> PlanCard:
    row = context.session.get_one(PaymentPlan, plan)
    lines = plan_lines(context.session, context.today, Whose(customer_ids=(row.customer_id,)))
    return PlanCard(context.today, next(line for line in lines if line.id == plan))


ACTIONS = (CreatePaymentPlan, SignPaymentPlan, CancelPaymentPlan, ShowPaymentPlan, ListPaymentPlans)
