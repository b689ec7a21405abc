"""Invoices and credit notes, and where each stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import select

from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import NotFound
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.receivables.actions.plans import PLAN_STATUSES
from crm.receivables.actions.words import KINDS, RESIDUALS, STANDINGS, WRITE_OFFS, meant
from crm.receivables.ageing import DocumentLine
from crm.receivables.disputes import OUTCOMES, DisputeLine, DisputeOutcome, dispute_lines
from crm.receivables.matching.facts import Residual
from crm.receivables.models import Invoice
from crm.receivables.planned import PlanLine, plan_lines
from crm.receivables.queries import UseLine, Whose, document_lines, uses_of, whose


@dataclass(frozen=True, slots=True)
class InvoiceList:
    """Invoices and credit notes as they stand on a day."""

    as_of: date
    lines: tuple[DocumentLine, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {"as_of": self.as_of.isoformat(), "invoices": [line.as_json() for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a document, one total a currency."""
        columns = (
            Column("number", _("Invoice")),
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("kind", _("Kind")),
            Column("issue_date", _("Issued"), Kind.DATE),
            Column("due_date", _("Due"), Kind.DATE),
            Column("total", _("Amount"), Kind.MONEY),
            Column("open", _("Open"), Kind.MONEY),
            Column("days_overdue", _("Late"), Kind.DAYS),
            Column("standing", _("Standing")),
        )
        rows = tuple(
            (
                line.number,
                line.customer,
                line.name,
                _(KINDS[line.kind]),
                line.issue_date,
                line.due_date,
                Money(line.total, line.currency),
                Cell(Money(line.open, line.currency), ShowInvoice(invoice=line.number, as_of=self.as_of)),
                line.days_overdue,
                _(STANDINGS[line.standing]),
            )
            for line in self.lines
        )
        sums: dict[str, list[int]] = {}
        for line in self.lines:
            row = sums.setdefault(line.currency, [0, 0])
            row[0] += line.total
            row[1] += line.open
        beneath = tuple(
            (_("Total"), "", "", "", None, None, Money(total, code), Money(still, code), None, "")
            for code, (total, still) in sorted(sums.items())
        )
        return Sheet(plural("{count} invoice", "{count} invoices", len(rows)), columns, rows, beneath, as_of=self.as_of)


def _said(use: UseLine) -> str:
    if use.kind == "residual":
        return _(RESIDUALS[Residual(use.document)])
    return _(WRITE_OFFS[use.document]) if use.kind == "write_off" else use.document


class ListInvoices(Action[InvoiceList]):
    """Invoices and credit notes, and where each stands."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    status: Literal["open", "overdue", "paid", "disputed", "partially_paid", "not_due"] | None = Field(
        None, description="open, overdue, paid, disputed, partially_paid, not_due"
    )
    amount_min: Money | None = Field(None, description="Open amount at least")
    amount_max: Money | None = Field(None, description="Open amount at most")
    days_overdue_min: int | None = Field(None, ge=0, description="Days late at least")
    days_overdue_max: int | None = Field(None, ge=0, description="Days late at most")
    period: Period | None = Field(None, description="Due in this period: start/end")
    sort: Literal["amount", "age"] = Field("age", description="amount or age")
    limit: int | None = Field(None, ge=1, description="How many at most")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> InvoiceList:
        """Read, filter, sort."""
        day = self.as_of or context.today
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        settled = self.status in (None, "paid")
        lines = [line for line in document_lines(context.session, day, of, only_open=not settled) if self._wanted(line)]
        if self.sort == "amount":
            lines.sort(key=lambda line: (-line.open, line.number))
        elif self.status is not None or self.limit is not None:
            lines.sort(key=lambda line: (-line.days_overdue, line.due_date or day, line.number))
        return InvoiceList(day, tuple(lines[: self.limit]))

    def _wanted(self, line: DocumentLine) -> bool:
        by_status = {
            None: True,
            "open": line.open != 0,
            "partially_paid": 0 < abs(line.open) < abs(line.total),
        }
        if not by_status.get(self.status, line.standing.value == self.status):
            return False
        return (
            (
                self.amount_min is None
                or (line.currency == self.amount_min.currency and line.open >= self.amount_min.cents)
            )
            and (
                self.amount_max is None
                or (line.currency == self.amount_max.currency and line.open <= self.amount_max.cents)
            )
            and (self.days_overdue_min is None or line.days_overdue >= self.days_overdue_min)
            and (self.days_overdue_max is None or line.days_overdue <= self.days_overdue_max)
            and (
                self.period is None
                or (line.due_date is not None and self.period.start <= line.due_date <= self.period.end)
            )
        )


@dataclass(frozen=True, slots=True)
class InvoiceCard:
    """One invoice or credit note, and everything set against it."""

    as_of: date
    line: DocumentLine
    uses: tuple[UseLine, ...]
    disputes: Sequence[DisputeLine] = ()
    """Every one there was by then, the oldest first."""
    plan: PlanLine | None = None
    """The payment plan it is in; the latest, where one follows another."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object of an invoice, and its settlements."""
        return {
            **self.line.as_json(),
            "as_of": self.as_of.isoformat(),
            "due_date_assumed": self.line.assumed_due,
            "disputed": plain(self.line.disputed, self.line.currency),
            "settlements": [
                {"document": use.document, "kind": use.kind, "date": use.dated.isoformat(), "amount": plain(use.cents, self.line.currency), "code": use.code}
                for use in self.uses
            ],
            "disputes": [
                {"id": one.id, "amount": plain(one.amount, one.currency), "reason": one.reason,
                 "status": "open" if one.is_open(self.as_of) else "resolved", "opened": one.since.isoformat(), "owner": one.owner,
                 "deadline": one.deadline.isoformat() if one.deadline else None,
                 "outcome": one.outcome or None}
                for one in self.disputes
            ],
            "plan": self._plan(),
        }  # fmt: skip  # read as a table: columns side by side

    def _plan(self) -> dict[str, Any] | None:
        if self.plan is None:
            return None
        left = self.plan.plan.missed(self.as_of) or self.plan.plan.coming(self.as_of)
        return {
            "id": self.plan.id,
            "status": self.plan.status.value,
            "signed": self.plan.signed.isoformat() if self.plan.signed else None,
            "next": left[0].due.isoformat() if left and self.plan.plan.in_force(self.as_of) else None,
        }

    def _agreed(self) -> Iterator[str]:
        """Its disputes and its plan, as they are said."""
        for one in self.disputes:
            ended = _(OUTCOMES[DisputeOutcome(one.outcome)]) if one.outcome in set(DisputeOutcome) else _("resolved")
            yield _("dispute of {amount}, {reason}: {state}").format(
                amount=Money(one.amount, one.currency),
                reason=one.reason_words(),
                state=_("ongoing") if one.is_open(self.as_of) else ended,
            )
        if self.plan is not None:
            yield _("in payment plan {number}: {state}").format(
                number=self.plan.id, state=_(PLAN_STATUSES[self.plan.status])
            )

    def as_sheet(self) -> Sheet:
        """The amount, what was set against it, what is open."""
        line = self.line
        columns = (
            Column("document", _("Document")),
            Column("kind", _("Kind")),
            Column("date", _("Date"), Kind.DATE),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("code", _("Code")),
        )
        rows: list[tuple[Any, ...]] = [
            (line.number, _(KINDS[line.kind]), line.issue_date, Money(line.total, line.currency), "")
        ]
        rows += [
            (
                _said(use),
                _(KINDS[use.kind]),
                use.dated,
                Money(-use.cents, line.currency),
                use.code,
            )
            for use in self.uses
        ]
        notes = [_(STANDINGS[line.standing])]
        if line.due_date is not None:
            notes.append(_("due on {day}").format(day=shown_date(line.due_date, self.as_of)))
        if line.assumed_due:
            notes.append(_("due date assumed from the terms"))
        notes += self._agreed()
        return Sheet(
            title=f"{line.number} · {line.name}",
            columns=columns,
            rows=tuple(rows),
            totals=((_("Open"), "", None, Money(line.open, line.currency), ""),),
            formula=_("Amount of the document, less what payments and credit notes have settled up to this day."),
            as_of=self.as_of,
            notes=tuple(notes),
        )


class ShowInvoice(Action[InvoiceCard]):
    """One invoice: its amount, what was set against it, what is open, its disputes and its payment plan."""

    effect = Effect.READ

    invoice: str = Field(min_length=1, description="Invoice number")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> InvoiceCard:
        """Read it.

        Raises:
            NotFound: no such invoice, or not issued yet on that day.
        """
        day = self.as_of or context.today
        found = document_lines(context.session, day, Whose(), number=self.invoice.strip())
        if not found:
            tail = self.invoice.strip()[-4:]
            near = context.session.exec(select(Invoice.number).where(Invoice.number.like(f"%{tail}")).limit(5)).all()  # type: ignore[attr-defined]  # a column of the class, which mypy takes for a value
            raise NotFound(_("There is no invoice {number}.").format(number=self.invoice), candidates=near)
        line = found[0]
        of = whose(find_customer(context.session, line.customer))
        disputes = [one for one in dispute_lines(context.session, day, of) if one.invoice == line.number]
        plans = [one for one in plan_lines(context.session, day, of) if line.number in one.numbers]
        return InvoiceCard(
            day, line, uses_of(context.session, line.number, day), disputes, plans[-1] if plans else None
        )


ACTIONS = (ListInvoices, ShowInvoice)
