"""`fec`: the accounting file taken over. What it says is compared with what is here; only the difference is written."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import col, select

from crm.core.bulk import no_collector
from crm.core.columns import ColumnSpec
from crm.core.exchange import FileReport, Source
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.tabular import Table
from crm.customers.models import AuxiliaryAccount, Customer
from crm.customers.tasks import Task, TaskType
from crm.receivables.fec import checks, known
from crm.receivables.fec.documents import Documents
from crm.receivables.fec.gathering import Gathered, gather
from crm.receivables.fec.ledger import ADVANCE, DIFFERENCE, OPENING
from crm.receivables.fec.models import AccountingItem, AccountingYear, SupplierItem
from crm.receivables.fec.parties import ACCOUNT_COLUMNS, CUSTOMER_COLUMNS, Parties
from crm.receivables.fec.reader import header_of
from crm.receivables.fec.settlement import Settlement
from crm.receivables.fec.state import FLUSHED, SOURCE, Kept, State, base_of, line_of, sums_of
from crm.receivables.fec.suppliers import COLUMNS as SUPPLIER_COLUMNS
from crm.receivables.fec.suppliers import UPDATED, take_suppliers
from crm.receivables.fec.telling import tell
from crm.receivables.models import Allocation, Instalment, Invoice, Payment

_SURE = 1_000
_TASKS = 50
"""Up to so many conflicts become tasks; all of them are told."""
_SHAPES = (
    (Customer, CUSTOMER_COLUMNS),
    (AccountingYear, ("starts", "last_entry", "opened", "siren", "file", "receivable_cents", "advance_cents")),
    (AuxiliaryAccount, ACCOUNT_COLUMNS),
    (Invoice, ("number", "customer_id", "kind", "issue_date", "currency", "total_cents", "net_cents", "order_reference", "original_number", "sale")),
    (Instalment, ("invoice_id", "due_date", "cents", "assumed")),
    (Payment, ("reference", "source", "source_key", "customer_id", "received", "currency", "cents", "method", "label")),
    (AccountingItem, ("year_id", "place", "party", "account", "auxiliary", "journal", "entry_number", "dated", "issued", "piece", "label", "cents", "code", "role", "rule", "customer_id", "instalment_id", "payment_id", "linked", "outside", "cleared")),
    (Allocation, ("instalment_id", "payment_id", "credit_id", "cents", "value_date", "code", "rule", "reverses_id")),
    (SupplierItem, SUPPLIER_COLUMNS),
    (Task, ("task_type", "customer_id", "invoice", "day", "time", "assignee", "note", "origin", "outcome")),
)  # fmt: skip  # read as a table: columns side by side
_ITEM_UPDATES = (
    "place", "journal", "entry_number", "dated", "issued", "piece", "label", "cents", "code", "role", "rule", "instalment_id",
    "payment_id", "linked", "outside",
)  # fmt: skip  # read as a table: columns side by side


class Fec:
    """The accounting file of a year, whole or so far."""

    kind = SOURCE
    columns: tuple[ColumnSpec, ...] = ()

    def score(self, source: Source, table: Table | None) -> int:
        """Sure when the first line names the columns of a FEC."""
        return _SURE if header_of(source.head) is not None else 0

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Read it once, compare, write the difference.

        Raises:
            Unreadable: it cannot be trusted as a whole.
        """
        with no_collector():
            with source.open() as stream:
                gathered = gather(stream, lambda count: context.progress(_("entries"), count))
            _Load(context, gathered, report).take()


class _Load:
    """One file being taken over."""

    def __init__(self, context: Context, gathered: Gathered, report: FileReport) -> None:
        self._context, self._gathered, self._report = context, gathered, report
        findings = gathered.findings
        self._first, self._last = findings.first or context.today, findings.last or context.today
        self._siren, closing = checks.named(report.file)
        self._years = known.years(context)
        self._items = known.items(context) if self._years else []
        days = (gathered.opening, self._first, closing)
        self._year, self._start = known.year_of(self._years, self._items, gathered.lines, days)
        own = [item for item in self._items if self._year is not None and item.year_id == self._year.id]
        self._compared = known.compare(gathered.lines, own, self._first, self._last)
        opened = {year.starts: year.opened for year in self._years if year is not self._year}
        opened[self._start] = gathered.opening is not None or (self._year is not None and self._year.opened)
        self._state = State(context, context.batch(*_SHAPES), Parties(context), opened, again=bool(self._items))
        self._year_id = self._year.id if self._year is not None else self._new_year()
        self._starts = {year.id: year.starts for year in self._years} | {self._year_id: self._start}
        self._updated = 0
        self._item_updates: list[tuple[object, ...]] = []

    def take(self) -> None:
        """All of it, and its counts in the report."""
        state, compared, report = self._state, self._compared, self._report
        self._gather_lines()
        documents = Documents(state)
        documents.make()
        settlement = Settlement(state, documents)
        settlement.settle()
        documents.correct()
        self._write_lines([*state.kept, *settlement.differences])
        suppliers = take_suppliers(
            self._context, state.batch, self._year_id, self._gathered.suppliers, compared, new_year=self._year is None
        )
        self._tasks()
        written = state.batch.close()
        self._context.update_many(AccountingItem, _ITEM_UPDATES, self._item_updates)
        documents.update()
        self._context.update_many(SupplierItem, UPDATED, suppliers)
        self._update_year()
        terms, assumed = documents.default_terms, bool(written["instalment"])
        tell(report, self._gathered, state, terms, settlement.outside, assumed=assumed)
        if written["customer"]:
            report.also_created["customers"] += written["customer"]
        report.read = self._gathered.findings.lines
        report.created, report.updated = len(compared.new), self._updated
        report.duplicates = len(compared.same) + len(compared.changed) - self._updated
        report.ignored = report.read - report.created - report.updated - report.duplicates

    def _new_year(self) -> int:
        sums = sums_of(self._gathered.lines)
        opened = self._state.opened[self._start]
        return self._state.batch.add(
            "accounting_year",
            self._start,
            self._last,
            opened,
            self._siren,
            self._report.file,
            sums["411"],
            sums[ADVANCE],
        )

    def _gather_lines(self) -> None:
        """Every line of every year as it will stand, beside what was here."""
        state, compared = self._state, self._compared
        numbers = (base_of(line) for line in compared.new if line.account[:3] != ADVANCE)
        state.invoices = known.invoices(self._context, numbers)
        evidence = {number: (row.customer_id, row.cents) for number, row in state.invoices.items()}
        state.parties.resolve(self._gathered.lines, evidence, state.batch)
        now = {item.id: line for line, item in (*compared.same, *compared.changed)}
        gone = {item.id for item in compared.gone}
        older = self._year is not None and self._last < self._year.last_entry
        for item in self._items:
            line = now.get(item.id) or line_of(item)
            if older and not line.code:
                # An export of before knows nothing yet of what was lettered since.
                line = line._replace(code=item.code)
            if item.id in gone:
                line = line._replace(cents=0)
            state.kept.append(
                Kept(
                    item.id, self._starts[item.year_id], line, item.customer_id, item.instalment_id, item.payment_id,
                    item.linked, item.outside, item.cleared, before=item,
                )
            )  # fmt: skip  # read as a table: columns side by side
        ids = state.parties.ids
        state.kept += [Kept(0, self._start, line, ids[line.party]) for line in compared.new]
        for kept in state.kept:
            line = kept.line
            if line.role != DIFFERENCE and line.account[:3] != ADVANCE:
                kept.wanted = 0 if line.role == OPENING and state.restates(kept.year) else line.cents

    def _write_lines(self, lines: list[Kept]) -> None:
        compared, add = self._compared, self._state.batch.add
        in_file = {item.id for _line, item in (*compared.same, *compared.changed)}
        years = {start: key for key, start in self._starts.items()}
        for place, kept in enumerate(lines):
            line, before = kept.line, kept.before
            if before is None:
                add(
                    "accounting_item", years[kept.year], line.place, line.party, line.account, line.auxiliary, line.journal, line.number,
                    line.dated, line.issued, line.piece, line.label, line.cents, line.code, line.role, line.rule, kept.customer_id,
                    kept.instalment_id, kept.payment_id, kept.linked, kept.outside, kept.cleared,
                )  # fmt: skip  # read as a table: columns side by side
            else:
                # That a line moved up or down in the file is no news.
                values = (
                    line.journal, line.number, line.dated, line.issued, line.piece, line.label, line.cents, line.code, line.role,
                    line.rule, kept.instalment_id, kept.payment_id, kept.linked, kept.outside,
                )  # fmt: skip  # read as a table: columns side by side
                stood = (
                    before.journal, before.number, before.dated, before.issued, before.piece, before.label, before.cents,
                    before.code, before.role, before.rule, before.instalment_id, before.payment_id, before.linked, before.outside,
                )  # fmt: skip  # read as a table: columns side by side
                if stood != values:
                    self._item_updates.append((before.id, line.place, *values))
                    self._updated += before.id in in_file and stood[:-1] != values[:-1]
            if place % FLUSHED == FLUSHED - 1:
                self._state.batch.flush()

    def _update_year(self) -> None:
        if self._year is None:
            return
        own = (kept.line for kept in self._state.kept if kept.year == self._start and kept.line.role != DIFFERENCE)
        sums = sums_of(own)
        values: dict[str, date | bool | int | str] = {
            "starts": self._start,
            "last_entry": max(self._last, self._year.last_entry),
            "opened": self._state.opened[self._start],
            "siren": self._year.siren or self._siren,
            "receivable_cents": sums["411"],
            "advance_cents": sums[ADVANCE],
        }
        if not self._compared.repeats:
            values["file"] = self._report.file
        session = self._context.session
        year = session.get_one(AccountingYear, self._year_id)
        for name, value in values.items():
            if getattr(year, name) != value:
                setattr(year, name, value)
        session.add(year)
        session.flush()

    def _tasks(self) -> None:
        """What a person has to look at becomes a task, once."""
        query = select(Task).where(Task.origin == SOURCE, col(Task.done).is_(None)).order_by(col(Task.id))
        there = {(task.customer_id, task.note) for task in self._context.session.exec(query)}
        for _line, customer_id, invoice, text in self._state.conflicts[:_TASKS]:
            if (customer_id, text) not in there:
                there.add((customer_id, text))
                self._state.batch.add(
                    "task", TaskType.TODO.value, customer_id, invoice, self._context.today, "", "", text, SOURCE, ""
                )
