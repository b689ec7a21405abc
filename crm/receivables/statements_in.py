"""Bank statements that come in: checked, told of gaps, and nothing twice, whatever the format. Nothing is matched by importing."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from crm.core.columns import ColumnSpec
from crm.core.db import table_of
from crm.core.exchange import FileReport, Source
from crm.core.i18n import _, mark
from crm.core.runner import Context
from crm.core.tabular import Table, open_table
from crm.customers.queries import our_accounts
from crm.receivables.models import BankLine, BankMapping, BankStatement, Payment
from crm.receivables.statements import bank_headings, bank_table
from crm.receivables.statements.continuity import Following, Same, continuity, same_money
from crm.receivables.statements.formats import FORMATS
from crm.receivables.statements.model import Balance, Parsed, Statement, StatementFormat, StatementLine

IN_PARTS = "in_parts"
"""`BankLine.aside` of a sum whose parts have come in as lines of their own."""
_KNOWN_BY_HEAD = 1_000
_AROUND = timedelta(days=1)
_STATEMENT_COLUMNS = (
    "account", "currency", "kind", "number", "first_day", "last_day", "opening_day", "opening_cents", "closing_day", "closing_cents",
)  # fmt: skip  # read as a table: columns side by side
_LINE_COLUMNS = (
    "statement_id", "account", "currency", "booked", "value_date", "cents", "label", "raw", "fingerprint", "counterparty_name",
    "counterparty_iban", "end_to_end_id", "remittance", "bank_reference", "number", "operation_code", "return_reason",
    "takes_back", "batch_id", "aside",
)  # fmt: skip  # read as a table: columns side by side
_COMPLETED = (
    "counterparty_name",
    "counterparty_iban",
    "end_to_end_id",
    "remittance",
    "bank_reference",
    "return_reason",
)
"""What the same movement may tell in one format and not in another."""
_LINE, _STATEMENT, _PAYMENT = table_of(BankLine), table_of(BankStatement), table_of(Payment)

mark("statements")


class StatementImporter:
    """One format of bank statements."""

    columns: tuple[ColumnSpec, ...] = ()

    def __init__(self, known: StatementFormat) -> None:
        self._format = known
        self.kind = known.kind

    def score(self, source: Source, table: Table | None) -> int:
        """A format is known by its first bytes."""
        return _KNOWN_BY_HEAD if not source.upload.members and self._format.recognise(source.head) else 0

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Read the file, refuse it whole where it does not add up, and keep what is new.

        Raises:
            Unreadable: it cannot be trusted as a whole.
        """
        with source.open() as stream:
            parsed = self._format.parse(stream, source.name)
        _take(context, parsed, report)


class BankTableImporter(StatementImporter):
    """The table that a bank makes of its movements: known by its headings; a mapping told once is remembered for them."""

    columns = bank_headings.COLUMNS

    def score(self, source: Source, table: Table | None) -> int:
        """The number of columns that answer to ours, also below rows about the account."""
        if table is None or source.upload.members:
            return 0
        with source.open() as stream:
            return bank_headings.weigh(stream, source.name)

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """As for every format, once the columns are settled."""
        with source.open() as stream:
            settled = self._settled(context, open_table(stream, source.name), mapping)
        with source.open() as stream:
            parsed = bank_table.parse(stream, source.name, settled)
        _take(context, parsed, report)

    @staticmethod
    def _settled(context: Context, table: Table, mapping: Mapping[str, str]) -> Mapping[str, str]:
        """What is told now, else what was told of the same headings; what is new is kept."""
        headings = bank_headings.heading_key(table.headings)
        kept = context.session.connection().execute(
            select(table_of(BankMapping).c.fields)
            .where(table_of(BankMapping).c.headings == headings)
            .order_by(table_of(BankMapping).c.id.desc())
        )
        before: Mapping[str, str] = json.loads(kept.scalar() or "{}")
        if not mapping or dict(mapping) == before:
            return mapping or before
        context.session.add(BankMapping(headings=headings, fields=json.dumps(dict(mapping), ensure_ascii=False)))
        return mapping


IMPORTERS = tuple(
    BankTableImporter(known) if known.kind == bank_table.KIND else StatementImporter(known) for known in FORMATS
)
"""One importer a format."""


def _take(context: Context, parsed: Parsed, report: FileReport) -> None:
    """Keep what is new of a file that was read, and count every line of it."""
    report.problems.extend(parsed.problems)
    report.errors += sum(problem.severity == "error" for problem in parsed.problems)
    statements = _named(context.session, parsed.statements)
    report.ignored += parsed.ignored
    report.read = sum(len(statement.lines) for statement in statements) + report.ignored + report.errors
    writer = _Writer(context, parsed.kind, report)
    groups: dict[tuple[str, str], list[Statement]] = {}
    for statement in statements:
        groups.setdefault((statement.account, statement.currency), []).append(statement)
    for (account, currency), together in groups.items():
        _take_account(writer, _known(context.session, account, currency, together), together, report)
    writer.close()


def _named(session: Session, statements: Sequence[Statement]) -> Sequence[Statement]:
    """The statements, each with its account: where a file does not name it, the one account we have is meant."""
    if all(statement.account for statement in statements):
        return statements
    seen = select(_STATEMENT.c.account).where(_STATEMENT.c.account != "").distinct()
    ours = {*session.connection().execute(seen).scalars(), *(row.iban for row in our_accounts(session))}
    if len(ours) != 1:
        return statements
    account = ours.pop()
    return [statement if statement.account else _of_account(statement, account) for statement in statements]


def _of_account(statement: Statement, account: str) -> Statement:
    lines = tuple(replace(line, account=account) for line in statement.lines)
    return replace(statement, account=account, lines=lines)


@dataclass
class _Known:
    """What is known already of an account in the days of a file."""

    whole: list[Any] = field(default_factory=list)
    """Lines of statements that add up: they hold all of a day."""
    other: list[Any] = field(default_factory=list)
    balances: list[tuple[Balance | None, Balance | None]] = field(default_factory=list)
    """Opening and closing balance of every statement that tells them."""
    used: frozenset[int] = frozenset()
    """Lines that payments were made of."""


def _known(session: Session, account: str, currency: str, statements: Sequence[Statement]) -> _Known:
    connection = session.connection()
    found = _Known()
    told = (
        select(_STATEMENT)
        .where(
            _STATEMENT.c.account == account, _STATEMENT.c.currency == currency, _STATEMENT.c.closing_cents.is_not(None)
        )
        .order_by(_STATEMENT.c.closing_day, _STATEMENT.c.id)
    )
    for row in connection.execute(told):
        opening = Balance(row.opening_day, int(row.opening_cents)) if row.opening_cents is not None else None
        found.balances.append((opening, Balance(row.closing_day, int(row.closing_cents))))
    booked = [line.booked for statement in statements for line in statement.lines]
    if not booked:
        return found
    among = (
        _LINE.c.account == account,
        _LINE.c.currency == currency,
        _LINE.c.booked.between(min(booked) - _AROUND, max(booked) + _AROUND),
    )
    adds_up = (_STATEMENT.c.opening_cents.is_not(None) & _STATEMENT.c.closing_cents.is_not(None)).label("adds_up")
    lines = (
        select(_LINE, adds_up)
        .join(_STATEMENT, _STATEMENT.c.id == _LINE.c.statement_id)
        .where(*among)
        .order_by(_LINE.c.booked, _LINE.c.id)
    )
    for row in connection.execute(lines):
        (found.whole if row.adds_up else found.other).append(row)
    used = select(_PAYMENT.c.bank_line_id).join(_LINE, _LINE.c.id == _PAYMENT.c.bank_line_id).where(*among)
    found.used = frozenset(connection.execute(used).scalars())
    return found


def _take_account(writer: "_Writer", known: _Known, statements: Sequence[Statement], report: FileReport) -> None:
    """The statements of one account: how they follow what is known, and what of them is new."""
    first = min(statements, key=lambda statement: (statement.days or (date.max,), statement.line))
    found = continuity(_before(known, first), first)
    if found.following in {Following.GAP, Following.OVERLAP}:
        report.warn(first.line, found.sentence)
    for statement in statements:
        fresh = _fresh(writer, known, statement)
        if fresh or not _told_already(known, statement):
            writer.add(statement, fresh)


def _before(known: _Known, statement: Statement) -> Balance | None:
    """The last closing balance before a statement ends; a statement that is known itself follows nothing anew."""
    if statement.closing is None or (statement.opening, statement.closing) in known.balances:
        return None
    earlier = [closing for _opening, closing in known.balances if closing and closing.day <= statement.closing.day]
    return earlier[-1] if earlier else None


def _told_already(known: _Known, statement: Statement) -> bool:
    """Whether a statement without a new line says nothing new of its days either."""
    if statement.closing is None:
        return True
    told = {(closing.day, closing.cents) for _opening, closing in known.balances if closing}
    return (statement.closing.day, statement.closing.cents) in told


def _fresh(writer: "_Writer", known: _Known, statement: Statement) -> list[StatementLine]:
    """The lines that are not known yet; what the others tell besides completes those that are."""
    adds_up = statement.difference == 0
    left: list[StatementLine] = list(statement.lines)
    for lines, whole_days in ((known.whole, adds_up), (known.other, False)):
        left = _without_known(writer, known, left, lines, whole_days=whole_days)
    return left


def _without_known(
    writer: "_Writer", known: _Known, new: list[StatementLine], lines: list[Any], *, whole_days: bool
) -> list[StatementLine]:
    if not new or not lines:
        return new
    gone: set[int] = set()
    settled: set[int] = set()
    for same in same_money(new, lines, whole_days=whole_days):
        settled.update(same.known)
        if _in_parts(same) and not lines[same.known[0]].aside and lines[same.known[0]].id not in known.used:
            writer.set_parts(lines[same.known[0]].id)
            continue
        gone.update(same.new)
        if len(same.new) == len(same.known) == 1:
            writer.complete(lines[same.known[0]], new[same.new[0]])
        else:
            writer.report.duplicates += len(same.new)
    lines[:] = [line for place, line in enumerate(lines) if place not in settled]
    return [line for place, line in enumerate(new) if place not in gone]


def _in_parts(same: Same) -> bool:
    return len(same.known) == 1 and len(same.new) > 1


class _Writer:
    """Writes what is new, and completes what is known."""

    def __init__(self, context: Context, kind: str, report: FileReport) -> None:
        self.report = report
        self._context = context
        self._kind = kind
        self._batch = context.batch((BankStatement, _STATEMENT_COLUMNS), (BankLine, _LINE_COLUMNS))
        self._completed: list[tuple[Any, ...]] = []
        self._parts: list[int] = []

    def add(self, statement: Statement, fresh: Iterable[StatementLine]) -> None:
        """A statement and those of its lines that are new."""
        opening, closing = statement.opening, statement.closing
        first, last = statement.days or (None, None)
        key = self._batch.add(
            "bank_statement",
            statement.account,
            statement.currency,
            self._kind,
            statement.number,
            first,
            last,
            opening.day if opening else None,
            opening.cents if opening else None,
            closing.day if closing else None,
            closing.cents if closing else None,
        )
        self.report.also_created["statements"] += 1
        for line in fresh:
            self._batch.add("bank_line", key, *_values(line))
            self.report.created += 1
            if self.report.created % 5_000 == 0:
                self._batch.flush()
                self._context.progress(_("bank lines"), self.report.created)

    def complete(self, known: Any, line: StatementLine) -> None:
        """The same movement, told once more: what was not known of it is added."""
        told = dict(zip(_LINE_COLUMNS[1:], _values(line), strict=True))
        values = tuple(getattr(known, name) or told[name] for name in _COMPLETED)
        if values != tuple(getattr(known, name) for name in _COMPLETED):
            self._completed.append((known.id, *values))
            self.report.updated += 1
        else:
            self.report.duplicates += 1

    def set_parts(self, line_id: int) -> None:
        """A sum is known whose parts come in now: the parts count."""
        self._parts.append(line_id)

    def close(self) -> None:
        """Write the rest."""
        self._batch.close()
        if self._completed:
            self._context.update_many(BankLine, _COMPLETED, self._completed)
        if self._parts:
            self._context.update_where(BankLine, col(BankLine.id).in_(self._parts), {"aside": IN_PARTS})


def _values(line: StatementLine) -> tuple[Any, ...]:
    """A line as its row keeps it, behind the statement's key."""
    return (
        line.account,
        line.currency,
        line.booked,
        line.value_date,
        line.cents,
        line.label,
        line.raw,
        line.fingerprint,
        line.counterparty_name,
        line.counterparty_iban,
        line.end_to_end_id,
        " ".join((*line.structured_references, *line.documents)),
        line.bank_reference,
        line.number,
        line.operation_code,
        line.return_reason,
        line.reversal,
        line.batch_id,
        "",
    )
