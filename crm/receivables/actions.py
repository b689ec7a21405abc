"""What can be asked about what is owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from crm.core.actions import Action, Effect
from crm.core.errors import NotFound
from crm.core.exchange import Wanted
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.receivables.ageing import AgeingLine, Bucket, DocumentLine, Standing, totals
from crm.receivables.documents import Documents
from crm.receivables.invoices_csv import InvoicesCsv
from crm.receivables.models import Invoice
from crm.receivables.payments_csv import PaymentsCsv
from crm.receivables.queries import ItemLine, UseLine, Whose, aged_lines, document_lines, item_lines, payment_rows, uses_of, whose

BUCKETS = {
    Bucket.NOT_DUE: mark("Not due"),
    Bucket.DAYS_1_30: mark("1–30 d"),
    Bucket.DAYS_31_60: mark("31–60 d"),
    Bucket.DAYS_61_90: mark("61–90 d"),
    Bucket.OVER_90: mark("> 90 d"),
    Bucket.UNALLOCATED: mark("Unallocated"),
}
STANDINGS = {
    Standing.PAID: mark("paid"),
    Standing.DISPUTED: mark("in dispute"),
    Standing.OVERDUE: mark("overdue"),
    Standing.NOT_DUE: mark("not due yet"),
}
KINDS = {"invoice": mark("invoice"), "credit_note": mark("credit note"), "payment": mark("payment")}


def _meant(session: Session, customer: str | None, city: str | None = None, segment: str | None = None, assignee: str | None = None) -> Whose:
    row = find_customer(session, customer) if customer else None
    return whose(row, city=city, segment=segment, account_manager=assignee)


@dataclass(frozen=True, slots=True)
class AgeingReport:
    """Who owes what, and for how long, as of a day; per currency."""

    as_of: date
    lines: tuple[AgeingLine, ...]

    @property
    def totals(self) -> Mapping[str, AgeingLine]:
        """One total line a currency."""
        return totals(self.lines)

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "as_of": self.as_of.isoformat(),
            "currencies": {code: line.columns_json() for code, line in self.totals.items()},
            "customers": [
                {"customer": line.customer, "name": line.name, "currency": line.currency, **line.columns_json()} for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer and currency; every figure opens to its lines."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            *(Column(bucket.value, _(heading), Kind.MONEY) for bucket, heading in BUCKETS.items()),
            Column("total", _("Total"), Kind.MONEY),
        )
        return Sheet(
            title=_("Aged balance"),
            columns=columns,
            rows=tuple(self._row(line) for line in self.lines),
            totals=tuple(self._row(line, _("Total")) for line in self.totals.values()),
            formula=_("Open amounts by days since the due date; money and credit notes that settle nothing yet stand apart."),
            as_of=self.as_of,
        )

    def _row(self, line: AgeingLine, name: str = "") -> tuple[Any, ...]:
        def cell(cents: int, bucket: Bucket | None) -> Cell:
            opens = ExplainBalance(customer=line.customer or None, bucket=bucket, currency=line.currency, as_of=self.as_of)
            return Cell(Money(cents, line.currency), opens)

        figures = [cell(line.cents(bucket), bucket) for bucket in Bucket]
        return (line.customer, name or line.name, *figures, cell(line.total, None))


class AgedBalance(Action[AgeingReport]):
    """Who owes what, and for how long, as of any day."""

    effect = Effect.READ
    aliases = {"date": "as_of"}  # noqa: RUF012  a constant table, never altered

    as_of: date | None = Field(None, description="State on this day; today if left out")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> AgeingReport:
        """Age every open amount by its due date."""
        day = self.as_of or context.today
        return AgeingReport(day, aged_lines(context.session, day, _meant(context.session, self.customer, self.city, self.segment, self.assignee)))


@dataclass(frozen=True, slots=True)
class BalanceExplanation:
    """The lines behind a figure of the aged balance; their sum is the figure."""

    as_of: date
    currency: str
    who: str
    bucket: Bucket | None
    lines: tuple[ItemLine, ...]

    @property
    def total(self) -> int:
        """The figure itself, in cents."""
        return sum(line.open for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Formula, lines and figure."""
        return {
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "figure": self.bucket.value if self.bucket else "total",
            "value": plain(self.total, self.currency),
            "formula": self._formula(),
            "lines": [
                {
                    "document": line.document,
                    "kind": line.kind,
                    "customer": line.customer,
                    "date": line.dated.isoformat(),
                    "due_date": line.due.isoformat() if line.due else None,
                    "days_overdue": max(0, line.days_late),
                    "total": plain(line.total, self.currency),
                    "open": plain(line.open, self.currency),
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a document, the sum beneath."""
        columns = (
            Column("document", _("Document")),
            Column("kind", _("Kind")),
            Column("date", _("Issued"), Kind.DATE),
            Column("due_date", _("Due"), Kind.DATE),
            Column("days_overdue", _("Late"), Kind.DAYS),
            Column("total", _("Amount"), Kind.MONEY),
            Column("open", _("Open"), Kind.MONEY),
        )
        rows = tuple(
            (
                line.document,
                _(KINDS[line.kind]),
                line.dated,
                line.due,
                line.days_late if line.kind == "invoice" else None,
                Money(line.total, self.currency),
                Money(line.open, self.currency),
            )
            for line in self.lines
        )
        figure = _(BUCKETS[self.bucket]) if self.bucket else _("Total")
        return Sheet(
            title=" · ".join(filter(None, (self.who, figure, self.currency if self.currency != EURO else ""))),
            columns=columns,
            rows=rows,
            totals=(("", "", None, None, None, None, Money(self.total, self.currency)),),
            formula=self._formula(),
            as_of=self.as_of,
        )

    def _formula(self) -> str:
        if self.bucket is Bucket.UNALLOCATED:
            return _("Money received and credit notes, less what of them has been used up to this day.")
        return _("Amount of each instalment, less what payments and credit notes have settled up to this day; aged by its due date.")


class ExplainBalance(Action[BalanceExplanation]):
    """The lines behind a figure of the aged balance."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    bucket: Bucket | None = Field(None, description="Column: not_due, 1-30, 31-60, 61-90, over_90, unallocated; the total if left out")
    currency: str = Field(EURO, description="Currency")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> BalanceExplanation:
        """List the documents of the column."""
        day = self.as_of or context.today
        row = find_customer(context.session, self.customer) if self.customer else None
        found = item_lines(context.session, day, whose(row), self.currency, self.bucket)
        return BalanceExplanation(day, self.currency, row.name if row else "", self.bucket, found)


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
            (_("Total"), "", "", "", None, None, Money(total, code), Money(still, code), None, "") for code, (total, still) in sorted(sums.items())
        )
        return Sheet(plural("{count} invoice", "{count} invoices", len(rows)), columns, rows, beneath, as_of=self.as_of)


class ListInvoices(Action[InvoiceList]):
    """Invoices and credit notes, and where each stands."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    status: Literal["open", "overdue", "paid", "disputed", "partially_paid", "not_due"] | None = Field(None, description="open, overdue, paid, disputed, partially_paid, not_due")
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
        of = _meant(context.session, self.customer, self.city, self.segment, self.assignee)
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
            (self.amount_min is None or (line.currency == self.amount_min.currency and line.open >= self.amount_min.cents))
            and (self.amount_max is None or (line.currency == self.amount_max.currency and line.open <= self.amount_max.cents))
            and (self.days_overdue_min is None or line.days_overdue >= self.days_overdue_min)
            and (self.days_overdue_max is None or line.days_overdue <= self.days_overdue_max)
            and (self.period is None or (line.due_date is not None and self.period.start <= line.due_date <= self.period.end))
        )


@dataclass(frozen=True, slots=True)
class InvoiceCard:
    """One invoice or credit note, and everything set against it."""

    as_of: date
    line: DocumentLine
    uses: tuple[UseLine, ...]

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
        }  # fmt: skip

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
        rows: list[tuple[Any, ...]] = [(line.number, _(KINDS[line.kind]), line.issue_date, Money(line.total, line.currency), "")]
        rows += [(use.document, _(KINDS[use.kind]), use.dated, Money(-use.cents, line.currency), use.code) for use in self.uses]
        notes = [_(STANDINGS[line.standing])]
        if line.due_date is not None:
            notes.append(_("due on {day}").format(day=line.due_date.isoformat()))
        if line.assumed_due:
            notes.append(_("due date assumed from the terms"))
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
    """One invoice: its amount, what was set against it, what is open."""

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
            near = context.session.exec(select(Invoice.number).where(Invoice.number.like(f"%{tail}")).limit(5)).all()  # type: ignore[attr-defined]
            raise NotFound(_("There is no invoice {number}.").format(number=self.invoice), candidates=near)
        return InvoiceCard(day, found[0], uses_of(context.session, found[0].number, day))


def _invoices(context: Context, wanted: Wanted) -> Sheet:
    action = ListInvoices.model_validate({"customer": wanted.customer, "status": wanted.status, "as_of": wanted.as_of})
    lines = action.perform(context).lines
    columns = ("number", "customer", "name", "kind", "issue_date", "due_date", "total_incl_tax", "open", "currency", "days_overdue", "standing")
    kinds = {"issue_date": Kind.DATE, "due_date": Kind.DATE, "total_incl_tax": Kind.MONEY, "open": Kind.MONEY, "days_overdue": Kind.DAYS}
    rows = tuple(
        (
            line.number,
            line.customer,
            line.name,
            line.kind,
            line.issue_date,
            line.due_date,
            Money(line.total, line.currency),
            Money(line.open, line.currency),
            line.currency,
            line.days_overdue,
            line.standing.value,
        )
        for line in lines
    )
    return Sheet(_("Invoices"), tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in columns), rows, as_of=wanted.as_of)


def _payments(context: Context, wanted: Wanted) -> Sheet:
    day = wanted.as_of or context.today
    columns = ("reference", "customer", "name", "date", "amount", "unallocated", "currency", "method", "label")
    kinds = {"date": Kind.DATE, "amount": Kind.MONEY, "unallocated": Kind.MONEY}
    rows = tuple(
        (
            row.reference,
            row.customer or "",
            row.name or "",
            row.received,
            Money(row.cents, row.currency),
            Money(int(row.free), row.currency),
            row.currency,
            row.method,
            row.label,
        )
        for row in payment_rows(context.session, day, _meant(context.session, wanted.customer))
    )
    return Sheet(_("Payments"), tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in columns), rows, as_of=day)


def _aged_balance(context: Context, wanted: Wanted) -> Sheet:
    return AgedBalance(as_of=wanted.as_of, customer=wanted.customer).perform(context).as_sheet()


ACTIONS = (AgedBalance, ExplainBalance, ListInvoices, ShowInvoice)
IMPORTERS = (InvoicesCsv(), PaymentsCsv(), Documents())
DATASETS = {"invoices": _invoices, "payments": _payments, "aged_balance": _aged_balance}
