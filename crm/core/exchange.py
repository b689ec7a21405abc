"""Files in and out: recognise, parse, report. The rooms bring the importers and the data sets; this is their meeting place."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from crm.core.errors import CrmError, Invalid, Refused
from crm.core.i18n import _, plural
from crm.core.sheets import Column, Kind, Sheet
from crm.core.spool import Spool, Upload
from crm.core.tabular import ColumnSpec, Problem, Reading, Table, match_columns, open_table

if TYPE_CHECKING:
    from crm.core.runner import Context

HEAD_BYTES = 64 * 1024
MAX_NAME = 200


@dataclass
class FileReport:
    """What became of a file, line by line.

    Invariant: read = created + updated + duplicates + ignored + lines with an error.
    """

    file: str
    kind: str = ""
    read: int = 0
    created: int = 0
    updated: int = 0
    duplicates: int = 0
    ignored: int = 0
    errors: int = 0
    also_created: Counter[str] = field(default_factory=Counter)
    refused: str | None = None
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, message: str) -> None:
        """The line is not taken over, for this reason."""
        self.errors += 1
        self.problems.append(Problem(line, message, "error"))

    def warn(self, line: int, message: str) -> None:
        """The line is taken over; the reader should know this. Line 0 is the file as a whole."""
        self.problems.append(Problem(line, message, "warning"))

    def refuse(self, why: CrmError) -> None:
        """The file cannot be trusted as a whole: nothing of it counts."""
        self.refused = " ".join(filter(None, (why.message, why.next_step)))
        self.created = self.updated = self.duplicates = self.ignored = self.read = 0
        self.also_created.clear()

    def listener(self) -> "LineListener":
        """For the reader of the file: a line it tells as an error has been read too."""
        return LineListener(self)

    def as_json(self) -> dict[str, Any]:
        """The contract's entry of a file."""
        return {
            "file": self.file,
            "kind": self.kind,
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "duplicates": self.duplicates,
            "ignored": self.ignored,
            "also_created": dict(self.also_created),
            "refused": self.refused,
            "problems": [problem.as_json() for problem in self.problems],
        }

    def as_sheet(self) -> Sheet:
        """Counts, then the problems."""
        columns = (
            Column("line", _("Line"), Kind.COUNT),
            Column("severity", _("What for")),
            Column("message", _("What was found")),
        )
        weight = {"error": _("not taken over"), "warning": _("to know")}
        return Sheet(
            title=f"{self.file} · {self.kind or _('not recognised')}",
            columns=columns,
            rows=tuple((problem.line or None, weight[problem.severity], problem.message) for problem in self.problems),
            formula=self.sentence(),
        )

    def sentence(self) -> str:
        """The counts in words."""
        if self.refused is not None:
            return _("Nothing of this file was kept: {why}").format(why=self.refused)
        parts = [plural("{count} line read", "{count} lines read", self.read)]
        counted = (
            (self.created, plural("{count} created", "{count} created", self.created)),
            (self.updated, plural("{count} updated", "{count} updated", self.updated)),
            (self.duplicates, plural("{count} already known", "{count} already known", self.duplicates)),
            (self.ignored, plural("{count} left aside", "{count} left aside", self.ignored)),
            (self.errors, plural("{count} with a problem", "{count} with a problem", self.errors)),
        )
        parts += [told for count, told in counted if count]
        parts += [
            _("{count} {what} also created").format(count=count, what=_(what))
            for what, count in sorted(self.also_created.items())
        ]
        return ", ".join(parts) + "."


@dataclass
class LineListener:
    """Counts the lines that never reach the importer, because the reader of the file already told what is wrong."""

    report: FileReport

    def error(self, line: int, message: str) -> None:
        """The line is read, and not taken over."""
        self.report.read += 1
        self.report.error(line, message)

    def warn(self, line: int, message: str) -> None:
        """The line goes on."""
        self.report.warn(line, message)


class FileRefused(Refused):
    """A file that cannot be trusted as a whole; nothing of it is kept. Carries the report."""

    def __init__(self, report: FileReport) -> None:
        super().__init__(_("{file}: {why}").format(file=report.file, why=report.refused))
        self.report = report


@dataclass(frozen=True)
class Source:
    """A file as an importer sees it: its name, its first bytes, and its content by `open()`."""

    upload: Upload
    head: bytes
    spool: Spool

    @property
    def name(self) -> str:
        """The file's name."""
        return self.upload.name

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The content, from its beginning."""
        return self.spool.open(self.upload)


class Importer(Protocol):
    """One kind of file: how it is recognised and taken over. A new format is one object of this shape in its own file."""

    kind: str
    columns: tuple[ColumnSpec, ...]
    """The columns of its template; empty for formats that are not tables."""

    def score(self, source: Source, table: Table | None) -> int:
        """How surely the file is of this kind; 0: it is not. `table` is its head when it reads as a table."""
        ...

    def load(self, context: "Context", source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Take the file over and count it in the report.

        Raises:
            Unreadable: it cannot be trusted as a whole.
        """
        ...


Rows = Iterator[tuple[int, list[str]]]


class TableImporter(ABC):
    """An importer of tables (CSV, XLSX): recognised by its columns. Subclasses name theirs and take rows over."""

    kind: str
    columns: tuple[ColumnSpec, ...]
    dates: tuple[str, ...] = ()
    """The columns that hold days."""
    amounts: tuple[str, ...] = ()
    """The columns that hold amounts."""

    def score(self, source: Source, table: Table | None) -> int:
        """The number of columns that answer to ours, when every required one is there."""
        if table is None:
            return 0
        try:
            positions, unknown = match_columns(table.headings, self.columns, {})
        except Invalid:
            return 0
        return max(1, 10 * sum(place is not None for place in positions.values()) - len(unknown))

    def load(self, context: "Context", source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Open the table, match its columns, settle how dates and amounts are read, and take its rows over."""
        with source.open() as stream:
            table = open_table(stream, source.name)
            places, unknown = match_columns(table.headings, self.columns, mapping)
            if unknown:
                report.warn(1, _("Columns not used: {names}.").format(names=", ".join(unknown)))
            reading = table.decide(
                [place for name in self.dates if (place := places[name]) is not None],
                [place for name in self.amounts if (place := places[name]) is not None],
            )
            report.problems.extend(reading.problems)
            self.take(context, table.rows(report.listener()), places, reading, report)

    @abstractmethod
    def take(
        self, context: "Context", rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Take the rows over and count each in the report."""


class Cells:
    """One row by the names of its columns; a column that the file lacks is empty."""

    def __init__(self, places: Mapping[str, int | None]) -> None:
        self._places = places
        self.row: list[str] = []

    def __getitem__(self, name: str) -> str:
        place = self._places[name]
        return "" if place is None else self.row[place].strip()


def check_names(*texts: str) -> None:
    """Numbers and names stand in indexes, on letters and on screens: there is a limit to their length.

    Raises:
        Invalid: one is longer.
    """
    for text in texts:
        if len(text) > MAX_NAME:
            raise Invalid(_("“{text}…” is longer than {count} characters.").format(text=text[:40], count=MAX_NAME))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What part of a data set is asked for."""

    customer: str | None = None
    status: str | None = None
    as_of: date | None = None


Dataset = Callable[["Context", Wanted], Sheet]
Writer = Callable[["Context", Wanted], bytes]
"""A data set in a format of its own trade: tasks as a calendar, contacts as business cards."""


class Exchange:
    """The importers and data sets of all rooms, joined once by `bootstrap.py`."""

    def __init__(
        self,
        importers: Sequence[Importer],
        datasets: Mapping[str, Dataset],
        spool: Spool,
        writers: Mapping[tuple[str, str], Writer] | None = None,
    ) -> None:
        self.importers = tuple(importers)
        self.datasets = dict(datasets)
        self.writers = dict(writers or {})
        """(data set, format) → what writes it."""
        self.spool = spool

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of file that can be read."""
        return tuple(importer.kind for importer in self.importers)

    def importer(self, kind: str) -> Importer:
        """The importer of a kind.

        Raises:
            Invalid: there is none.
        """
        for importer in self.importers:
            if importer.kind == kind:
                return importer
        raise Invalid(
            _("“{kind}” is not a kind of file known here: {kinds}.").format(kind=kind, kinds=", ".join(self.kinds))
        )

    def recognise(self, source: Source) -> Importer:
        """The importer of a file, from its content.

        Raises:
            Unreadable: it is damaged, or not text where a table is expected.
            Invalid: no importer knows it.
        """
        table, unreadable = None, None
        if not source.upload.members:
            try:
                with source.open() as stream:
                    table = open_table(stream, source.name)
            except Invalid as error:
                unreadable = error
        scores = [(importer.score(source, table), importer) for importer in self.importers]
        best, importer = max(scores, key=lambda scored: scored[0])
        if best > 0:
            return importer
        if unreadable is not None:
            raise unreadable
        found = ", ".join(table.headings[:12]) if table else ""
        raise Invalid(
            _("This file is of no kind known here. Its columns: {columns}.").format(columns=found),
            next_step=_(
                "Give its columns the names that “crm import-template KIND” writes; on the command line --kind names the kind and --map FIELD=COLUMN the columns."
            ),
        )

    def source(self, upload: Upload) -> Source:
        """A spooled file, ready to be recognised."""
        if upload.members:
            return Source(upload, b"", self.spool)
        with self.spool.open(upload) as stream:
            return Source(upload, stream.read(HEAD_BYTES), self.spool)
