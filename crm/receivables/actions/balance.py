"""The aged balance, and what opens its figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.i18n import _
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.receivables.actions.invoices import ShowInvoice
from crm.receivables.actions.words import BUCKETS, KINDS, meant
from crm.receivables.ageing import AgeingLine, Bucket, totals
from crm.receivables.queries import ItemLine, aged_lines, item_lines, whose


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
                {"customer": line.customer, "name": line.name, "currency": line.currency, **line.columns_json()}
                for line in self.lines
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
            formula=_(
                "Open amounts by days since the due date; money and credit notes that settle nothing yet stand apart."
            ),
            as_of=self.as_of,
        )

    def _row(self, line: AgeingLine, name: str = "") -> tuple[Any, ...]:
        def cell(cents: int, bucket: Bucket | None) -> Cell:
            opens = ExplainBalance(
                customer=line.customer or None, bucket=bucket, currency=line.currency, as_of=self.as_of
            )
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
        return AgeingReport(
            day,
            aged_lines(
                context.session, day, meant(context.session, self.customer, self.city, self.segment, self.assignee)
            ),
        )


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
                self._open(line),
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

    def _open(self, line: ItemLine) -> Money | Cell:
        amount = Money(line.open, self.currency)
        return amount if line.kind == "payment" else Cell(amount, ShowInvoice(invoice=line.document, as_of=self.as_of))

    def _formula(self) -> str:
        if self.bucket is Bucket.UNALLOCATED:
            return _("Money received and credit notes, less what of them has been used up to this day.")
        return _(
            "Amount of each instalment, less what payments and credit notes have settled up to this day; aged by its due date."
        )


class ExplainBalance(Action[BalanceExplanation]):
    """The lines behind a figure of the aged balance."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    bucket: Bucket | None = Field(
        None, description="Column: not_due, 1-30, 31-60, 61-90, over_90, unallocated; the total if left out"
    )
    currency: str = Field(EURO, description="Currency")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> BalanceExplanation:
        """List the documents of the column."""
        day = self.as_of or context.today
        row = find_customer(context.session, self.customer) if self.customer else None
        found = item_lines(context.session, day, whose(row), self.currency, self.bucket)
        return BalanceExplanation(day, self.currency, row.name if row else "", self.bucket, found)


ACTIONS = (AgedBalance, ExplainBalance)
