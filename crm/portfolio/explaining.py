"""What a key figure is made of, line by line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from crm.core.actions import Action, Effect
from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.i18n import _, mark
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.visible import CUSTOMER
from crm.portfolio.recipes import RECIPES, Kpi
from crm.portfolio.sums import (
    Moment,
    Scope,
    disputed_invoices,
    doubtful_on,
    invoice_histories,
    reminded,
    settled_invoices,
)
from crm.receivables.actions import ShowInvoice
from crm.receivables.actions.words import meant
from crm.receivables.disputed_parts import disputed_parts
from crm.receivables.models import DocumentKind, Instalment, Invoice, Payment
from crm.receivables.planned import plans_in_force
from crm.receivables.plans import laid_out
from crm.receivables.queries import free_money, open_items
from crm.receivables.words_given import promise_lines

_INVOICE, _INSTALMENT, _PAYMENT = (table_of(one) for one in (Invoice, Instalment, Payment))
_CUSTOMER = CUSTOMER
_DEFAULT_DAYS = 90
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class KpiLine:
    """One line of a key figure. Cents."""

    document: str
    kind: str
    """invoice, credit_note, payment, promise or reminder."""
    customer: str
    dated: date
    days: int | None
    """Days late, where that is what the figure is about."""
    cents: int
    what: str = ""
    """How it counts: settled, level, status."""


KINDS = {
    "invoice": mark("invoice"),
    "credit_note": mark("credit note"),
    "payment": mark("payment"),
    "promise": mark("promise"),
    "reminder": mark("reminder"),
}
"""Kind → how it is said."""
_STATES = {
    "kept": mark("kept"),
    "partly_kept": mark("partly kept"),
    "broken": mark("broken"),
    "pending": mark("pending"),
}


@dataclass(frozen=True, slots=True)
class KpiExplanation:
    """The lines a key figure is counted from."""

    kpi: Kpi
    moment: Moment
    currency: str
    lines: tuple[KpiLine, ...]

    def as_json(self) -> dict[str, Any]:
        """Formula, lines, their sum."""
        return {
            "kpi": self.kpi.value,
            "as_of": self.moment.as_of.isoformat(),
            "period": str(self.moment.period),
            "currency": self.currency,
            "formula": _(RECIPES[self.kpi].formula),
            "lines": [
                {
                    "document": line.document,
                    "kind": line.kind,
                    "customer": line.customer,
                    "date": line.dated.isoformat(),
                    "days": line.days,
                    "amount": plain(line.cents, self.currency),
                    "what": line.what,
                }
                for line in self.lines
            ],
            "count": len(self.lines),
            "total": plain(sum(line.cents for line in self.lines), self.currency),
        }

    def as_sheet(self) -> Sheet:
        """One row a line, the sum beneath."""
        columns = (
            Column("document", _("Document")),
            Column("kind", _("Kind")),
            Column("customer", _("Customer")),
            Column("date", _("Date"), Kind.DATE),
            Column("days", _("Late"), Kind.DAYS),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("what", ""),
        )
        rows = tuple(
            (
                self._document(line), _(KINDS[line.kind]), line.customer, line.dated, line.days,
                Money(line.cents, self.currency), self._what(line),
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        total: tuple[Value, ...] = (
            _("Total"), "", "", None, None, Money(sum(line.cents for line in self.lines), self.currency), "",
        )  # fmt: skip  # read as a table: columns side by side
        recipe = RECIPES[self.kpi]
        return Sheet(_(recipe.label), columns, rows, (total,), formula=_(recipe.formula), as_of=self.moment.as_of)

    def _document(self, line: KpiLine) -> Value | Cell:
        if line.kind in {"invoice", "credit_note"}:
            return Cell(line.document, ShowInvoice(invoice=line.document, as_of=self.moment.as_of))
        return line.document

    def _what(self, line: KpiLine) -> str:
        if line.kind == "reminder":
            return _("level {level}").format(level=line.what)
        return _(_STATES[line.what]) if line.what in _STATES else line.what


class ExplainKpi(Action[KpiExplanation]):
    """The lines behind a key figure: documents, receipts, disputes, promises, reminders."""

    effect = Effect.READ

    kpi: Kpi = Field(description="Which figure, such as dso, overdue_rate or average_delay")
    period: Period | None = Field(None, description="start/end, both included; the last 90 days if left out")
    as_of: date | None = Field(None, description="What was known on this day; the end of the period if left out")
    disputed: Literal["in", "out"] = Field("in", description="What is disputed: in, out")
    currency: str = Field(EURO, description="Currency")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")

    def perform(self, context: Context) -> KpiExplanation:
        """List what the figure is counted from."""
        day = self.as_of or (self.period.end if self.period else context.today)
        moment = Moment(self.period or Period(day - timedelta(days=_DEFAULT_DAYS - 1), day), day)
        scope = Scope(self.currency, meant(context.session, self.customer))
        recipe = RECIPES[self.kpi]
        if not recipe.needs:
            return KpiExplanation(self.kpi, moment, self.currency, ())
        lines = _LINES[recipe.lines](context.session, moment, scope)
        if self.disputed == "out" and recipe.of_balance:
            lines = [line for line in lines if line.kind != "invoice" or line.what != "disputed"]
        told = [KpiLine(one.document, one.kind, one.customer, one.dated, one.days, one.cents,
                        _("in dispute") if one.what == "disputed" else one.what) for one in lines]  # fmt: skip  # read as a table: columns side by side
        return KpiExplanation(self.kpi, moment, self.currency, tuple(told))


def _items(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    """What is open, by a plan's days where one is in force, the disputed part in a line of its own; then money without use."""
    day = moment.as_of
    disputed = {part.instalment_id: part.cents for part in disputed_parts(session, day, *scope.documents())}
    slices = plans_in_force(session, day, scope.of).slices
    open_cents, source = open_items(day, by_row=scope.of.few)
    query = (
        select(_INSTALMENT.c.id, _INVOICE.c.number, _INVOICE.c.kind, _CUSTOMER.c.name, _INSTALMENT.c.due_date,
               open_cents.label("open"))
        .select_from(source)
        .where(_INVOICE.c.issue_date <= day, open_cents != 0, *scope.documents())
        .order_by(_INSTALMENT.c.due_date, _INVOICE.c.number, _INSTALMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    found = []
    for row in session.connection().execute(query):
        invoice = row.kind == DocumentKind.INVOICE.value
        rest = disputed.get(row.id, 0)
        for due, piece, _slice in laid_out(int(row.open), row.due_date, slices.get(row.id, ())):
            days = (day - due).days if invoice else None
            part = max(0, min(rest, piece))
            rest -= part
            for cents, what in ((piece - part, ""), (part, "disputed")):
                if cents:
                    found.append(KpiLine(row.number, row.kind, row.name, due, days, cents, what))
    free, money = free_money(day, by_row=scope.of.few)
    unused = (
        select(_PAYMENT.c.reference, _PAYMENT.c.received, _CUSTOMER.c.name, free.label("free"))
        .select_from(money)
        .where(
            _PAYMENT.c.received <= day, free != 0, _PAYMENT.c.currency == scope.currency, *scope.of.conditions()
        )
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    found += [
        KpiLine(row.reference, "payment", row.name or "", row.received, None, -int(row.free))
        for row in session.connection().execute(unused)
    ]
    return found


def _late_items(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    return [line for line in _items(session, moment, scope) if line.days is not None and line.days > 0]


def _documents(session: Session, moment: Moment, scope: Scope, *conditions: Any) -> list[KpiLine]:
    query = (
        select(_INVOICE.c.number, _INVOICE.c.kind, _CUSTOMER.c.name, _INVOICE.c.issue_date, _INVOICE.c.total_cents)
        .select_from(_INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id))
        .where(
            _INVOICE.c.issue_date.between(moment.period.start, moment.end), _INVOICE.c.sale, *scope.documents(), *conditions
        )
        .order_by(_INVOICE.c.issue_date, _INVOICE.c.number)
    )  # fmt: skip  # read as a table: columns side by side
    return [
        KpiLine(row.number, row.kind, row.name, row.issue_date, None, int(row.total_cents))
        for row in session.connection().execute(query)
    ]


def _invoices(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    return _documents(session, moment, scope, _INVOICE.c.kind == DocumentKind.INVOICE.value)


def _credit_notes(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    return _documents(session, moment, scope, _INVOICE.c.kind != DocumentKind.INVOICE.value)


def _receipts(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    query = (
        select(_PAYMENT.c.reference, _CUSTOMER.c.name, _PAYMENT.c.received, _PAYMENT.c.cents)
        .select_from(_PAYMENT.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _PAYMENT.c.customer_id))
        .where(
            _PAYMENT.c.received.between(moment.period.start, moment.end),
            _PAYMENT.c.currency == scope.currency,
            *scope.of.conditions(),
        )
        .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
    )
    return [
        KpiLine(row.reference, "payment", row.name or "", row.received, None, int(row.cents))
        for row in session.connection().execute(query)
    ]


def _named(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """Invoice → its number, and the name of its customer."""
    found: dict[int, tuple[str, str]] = {}
    for part in in_chunks(sorted(set(ids)), _AT_ONCE):
        query = (
            select(_INVOICE.c.id, _INVOICE.c.number, _CUSTOMER.c.name)
            .select_from(_INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id))
            .where(_INVOICE.c.id.in_(part))
        )
        found.update({row.id: (row.number, row.name) for row in session.connection().execute(query)})
    return found


def _settled(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    found = settled_invoices(invoice_histories(session, [moment], scope), moment)
    names = _named(session, (one.invoice_id for one in found))
    lines = [
        KpiLine(names[one.invoice_id][0], "invoice", names[one.invoice_id][1], one.day, one.told.days, one.told.cents)
        for one in found
    ]
    return sorted(lines, key=lambda line: (line.dated, line.document))


def _disputed(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    found: dict[int, KpiLine] = {}
    known = [line for line in disputed_invoices(session, scope) if line.within(moment)]
    names = _named(session, (line.invoice_id for line in known))
    for line in known:
        before = found[line.invoice_id].cents if line.invoice_id in found else 0
        number, name = names[line.invoice_id]
        cents = min(line.total, before + line.cents)
        found[line.invoice_id] = KpiLine(number, "invoice", name, line.issued, None, cents)
    return sorted(found.values(), key=lambda line: (line.dated, line.document))


def _doubtful(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    query = select(_INVOICE.c.number).where(_INVOICE.c.id.in_(doubtful_on(moment.as_of)))
    numbers = set(session.connection().execute(query).scalars())
    return [
        KpiLine(line.document, line.kind, line.customer, line.dated, line.days, line.cents)
        for line in _items(session, moment, scope)
        if line.kind != "payment" and line.document in numbers
    ]


def _promises(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    return [
        KpiLine(
            line.invoice or line.customer, "promise", line.name, line.word.by, None, line.word.cents, line.status.value
        )
        for line in promise_lines(session, moment.as_of, scope.of)
        if line.currency == scope.currency and moment.period.start <= line.word.by <= moment.end
    ]


def _reminders(session: Session, moment: Moment, scope: Scope) -> list[KpiLine]:
    rows, _receipts_by = reminded(session, [moment], scope)
    names = _named(session, (row.invoice_id for row in rows))
    return [
        KpiLine(*names[row.invoice_id][:1], "reminder", names[row.invoice_id][1], row.day, None, int(row.asked_cents), str(row.level))
        for row in rows
    ]  # fmt: skip  # read as a table: columns side by side


_LINES: Mapping[str, Callable[[Session, Moment, Scope], Sequence[KpiLine]]] = {
    "items": _items,
    "late_items": _late_items,
    "documents": _documents,
    "invoices": _invoices,
    "credit_notes": _credit_notes,
    "receipts": _receipts,
    "settled": _settled,
    "disputed": _disputed,
    "doubtful": _doubtful,
    "promises": _promises,
    "reminders": _reminders,
}
