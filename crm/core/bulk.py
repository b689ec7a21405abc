"""Whole portfolios at once: rows written in bulk, noted as one change with its count, totals and digest.

In a preview the rows of an insert are digested without being written: the digest is the same as at commit.
"""

import gc
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, bindparam, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from crm.core.changes import Change, ChangeKind, ChangeList, as_plain
from crm.core.journal import BeforeImages

CHUNK = 10_000
_BEFORE_CHUNK = 5_000


@contextmanager
def no_collector() -> Iterator[None]:
    """Millions of small values without a cycle: the collector would go through them again and again and find nothing."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


@dataclass
class Keys:
    """Keys for rows to be inserted in bulk, counted on from the highest one in the table."""

    base: int
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.base

    def __next__(self) -> int:
        self.last += 1
        return self.last

    def __iter__(self) -> "Keys":
        return self


class BulkWriter:
    """Inserts and updates by the ten thousand within one action."""

    def __init__(
        self, session: Session, changes: ChangeList, before: BeforeImages, entry_id: int, *, dry: bool
    ) -> None:
        self._session = session
        self._changes = changes
        self._before = before
        self._entry_id = entry_id
        self._dry = dry
        self._keys: dict[str, Keys] = {}

    def keys(self, table: Table) -> Keys:
        """Keys for new rows of the table. The single writer owns them until it commits."""
        if table.name not in self._keys:
            highest = self._session.connection().execute(select(func.max(table.c.id))).scalar() or 0
            self._keys[table.name] = Keys(highest)
            self._changes.keys_from(table.name, highest)
        return self._keys[table.name]

    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        tick: Callable[[int], None] | None = None,
    ) -> int:
        """Insert rows given as tuples in the order of `columns` (which begin with `id`, from `keys`); returns their number.

        Values are Python's own: dates, aware moments, integers, texts, None. In a preview nothing is written.
        """
        writer = RowWriter(self._session.connection(), table, columns, self._entry_id, dry=self._dry)
        digest = RowDigest(table, columns, self._changes)
        source = iter(rows)
        while chunk := list(islice(source, CHUNK)):
            digest.add(chunk)
            writer.write(chunk)
            if tick is not None:
                tick(digest.count)
        return self.note(digest)

    def note(self, digest: "RowDigest") -> int:
        """Enter what a digest has seen in the list of changes."""
        if digest.count:
            self._changes.add(digest.change())
        return digest.count

    def update(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Give rows new values: tuples of `id` and the columns' values. How they stood before is kept; returns their number."""
        names = (*columns, "touched_id")
        connection = self._session.connection()
        statement = (
            table.update()
            .where(table.c.id == bindparam("row_id"))
            .values({**{name: bindparam(f"new_{name}") for name in columns}, "touched_id": self._entry_id})
        )
        digest, count, source = hashlib.sha256(), 0, iter(rows)
        while chunk := list(islice(source, _BEFORE_CHUNK)):
            wanted = [row[0] for row in chunk]
            old = {
                row.id: row
                for row in connection.execute(
                    select(table.c.id, *(table.c[name] for name in names)).where(table.c.id.in_(wanted))
                )
            }
            for row in chunk:
                stood = old[row[0]]
                self._before.add(table.name, row[0], {name: as_plain(getattr(stood, name)) for name in names})
                sealed = [as_plain(getattr(stood, name)) for name in columns]
                digest.update(repr((row[0], sealed, [as_plain(value) for value in row[1:]])).encode())
            connection.execute(
                statement,
                [{"row_id": row[0], **{f"new_{n}": v for n, v in zip(columns, row[1:], strict=True)}} for row in chunk],
            )
            count += len(chunk)
        if count:
            self._changes.add(Change(ChangeKind.UPDATE, table.name, None, count=count, digest=digest.hexdigest()))
            # Rows already in the session must not go on showing old values.
            self._session.expire_all()
        return count

    def settle(self) -> None:
        """Let the database's own counters go on after the keys given out here (PostgreSQL)."""
        connection = self._session.connection()
        if connection.dialect.name == "postgresql" and not self._dry:
            for name, keys in self._keys.items():
                if keys.last > keys.base:
                    connection.exec_driver_sql(
                        f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), {int(keys.last)})"
                    )


class RowDigest:
    """A running digest of bulk rows, independent of the keys the database happens to give."""

    def __init__(self, table: Table, columns: Sequence[str], changes: ChangeList) -> None:
        self._table = table
        self._changes = changes
        self._columns = columns
        self._references = {
            place: next(iter(table.c[name].foreign_keys)).column.table.name
            for place, name in enumerate(columns)
            if table.c[name].foreign_keys
        }
        sealed = [table.c[name].info.get("sealed", True) and name != "id" for name in columns]
        self._sealed = [place for place, wanted in enumerate(sealed) if wanted]
        self._money = [
            (place, name)
            for place, name in enumerate(columns)
            if isinstance(table.c[name].type, BigInteger) and not table.c[name].foreign_keys and name.endswith("cents")
        ]
        self._totals = {name: 0 for _, name in self._money}
        self._digest = hashlib.sha256()
        self.count = 0

    def add(self, chunk: Sequence[Sequence[Any]]) -> None:
        """Take in some rows. Column by column, so that the work is done in C."""
        columns = list(zip(*chunk, strict=True))
        for place, name in self._money:
            self._totals[name] += sum(value for value in columns[place] if value is not None)
        shown = []
        for place in self._sealed:
            values: Sequence[Any] = columns[place]
            if (target := self._references.get(place)) is not None:
                base = self._changes.base(target)
                if base is not None:
                    values = [value if value is None or value <= base else base - value for value in values]
            shown.append(values)
        self._digest.update(repr((len(chunk), shown)).encode())
        self.count += len(chunk)

    def change(self) -> Change:
        """What was taken in, as one change."""
        return Change(
            ChangeKind.INSERT,
            self._table.name,
            None,
            count=self.count,
            totals=self._totals,
            digest=self._digest.hexdigest(),
        )


class RowWriter:
    """Writes tuples into one table as fast as the database takes them: COPY on PostgreSQL, executemany on SQLite."""

    def __init__(
        self, connection: Connection, table: Table, columns: Sequence[str], entry_id: int, *, dry: bool
    ) -> None:
        self._connection = connection
        self._dry = dry
        names = ", ".join(f'"{name}"' for name in (*columns, "entry_id"))
        self._copy = connection.dialect.name == "postgresql"
        if self._copy:
            self._statement = f'COPY "{table.name}" ({names}) FROM STDIN'
            self._tail = f"\t{int(entry_id)}\n"
        else:
            marks = ", ".join("?" for _ in columns)
            self._statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks}, {int(entry_id)})'  # noqa: S608  names come from the tables themselves
            kinds = [table.c[name].type.python_type for name in columns]
            self._stored = [(place, _STORED[kind]) for place, kind in enumerate(kinds) if kind in _STORED]

    def write(self, chunk: Sequence[Sequence[Any]]) -> None:
        """Write some rows; in a preview, none."""
        if self._dry or not chunk:
            return
        if self._copy:
            self._copy_in(chunk)
            return
        rows: Sequence[Sequence[Any]] = chunk
        if self._stored:
            columns: list[Sequence[Any]] = list(zip(*chunk, strict=True))
            for place, stored in self._stored:
                columns[place] = [None if value is None else stored(value) for value in columns[place]]
            rows = list(zip(*columns, strict=True))
        self._connection.exec_driver_sql(self._statement, rows)

    def _copy_in(self, chunk: Sequence[Sequence[Any]]) -> None:
        buffer = io.StringIO()
        for row in chunk:
            buffer.write("\t".join(_copied(value) for value in row))
            buffer.write(self._tail)
        cursor: Any = self._connection.connection.cursor()
        driver: Any = self._connection.dialect.loaded_dbapi
        try:
            with cursor, cursor.copy(self._statement) as copy:
                copy.write(buffer.getvalue())
        except driver.Error as fault:
            raise DBAPIError(self._statement, None, fault) from fault


def _stored_moment(value: datetime) -> str:
    """An aware moment as SQLAlchemy keeps it in SQLite, so that moments compare as texts do."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


_STORED: Mapping[type, Callable[[Any], str]] = {date: date.isoformat, datetime: _stored_moment}
"""How SQLite keeps what it has no type for."""


class Batch:
    """New rows of several tables that refer to each other, written side by side in chunks: parents before children."""

    def __init__(
        self,
        bulk: BulkWriter,
        connection: Connection,
        entry_id: int,
        changes: ChangeList,
        shapes: Sequence[tuple[Table, Sequence[str]]],
        *,
        dry: bool,
    ) -> None:
        self._bulk = bulk
        self._parts = {
            table.name: (
                RowWriter(connection, table, columns, entry_id, dry=dry),
                RowDigest(table, columns, changes),
                list[Sequence[Any]](),
            )
            for table, columns in shapes
        }
        self._keys = {table.name: bulk.keys(table) for table, _columns in shapes}

    def add(self, table: str, *values: Any) -> int:
        """Add a row, given without its key; returns the key it gets."""
        key = next(self._keys[table])
        self._parts[table][2].append((key, *values))
        return key

    def flush(self) -> None:
        """Write what has been added so far."""
        for writer, digest, rows in self._parts.values():
            if rows:
                digest.add(rows)
                writer.write(rows)
                rows.clear()

    def close(self) -> dict[str, int]:
        """Write the rest and enter everything in the list of changes; returns the number of rows by table."""
        self.flush()
        return {name: self._bulk.note(digest) for name, (_writer, digest, _rows) in self._parts.items()}


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return str(value)


def in_chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The values in lists of at most `size`."""
    source = iter(values)
    while chunk := list(islice(source, size)):
        yield chunk
