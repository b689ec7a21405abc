"""How records stood on a day that is gone by: the journal tells what was corrected, merged or taken back since.

A correction carries no date of its own: it is known from the day it was made, that day included. What was erased from the
journal is gone; there the present has to do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Table, or_, select
from sqlmodel import Session

from crm.core.changes import ChangeKind
from crm.core.db import table_of
from crm.core.journal import JournalBefore, JournalEntry, JournalPayload

_ENTRY, _PAYLOAD, _BEFORE = table_of(JournalEntry), table_of(JournalPayload), table_of(JournalBefore)


class Past:
    """What stands otherwise today than at the end of a day: table and key → the columns as they were."""

    def __init__(self, rows: Mapping[tuple[str, int], Mapping[str, Any]]) -> None:
        self._rows = rows

    def of(self, table: Table, key: int, column: str, now: Any) -> Any:
        """One column of a row as it was; what it says now where nobody has touched it since."""
        told = self._rows.get((table.name, key), {})
        if column not in told:
            return now
        old = told[column]
        return date.fromisoformat(old) if old is not None and table.c[column].type.python_type is date else old


def past(session: Session, day: date, tables: Iterable[Table]) -> Past:
    """Read what was altered in some tables after a day: two statements, which find nothing when the day is today."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    # The first alteration after the day tells how a row stood; later ones add the columns not yet told.
    for _entry, key, old in sorted(_altered(session, day, {table.name for table in tables}), key=lambda each: each[0]):
        row = rows.setdefault(key, {})
        row.update({column: value for column, value in old.items() if column not in row})
    return Past(rows)


def _altered(session: Session, day: date, names: set[str]) -> Iterator[tuple[int, tuple[str, int], Mapping[str, Any]]]:
    connection = session.connection()
    images = (
        select(_BEFORE.c.entry_id, _BEFORE.c.table_name, _BEFORE.c.row_id, _BEFORE.c.old)
        .join(_ENTRY, _ENTRY.c.id == _BEFORE.c.entry_id)
        .where(_ENTRY.c.day > day, _BEFORE.c.table_name.in_(sorted(names)))
        .order_by(_BEFORE.c.entry_id, _BEFORE.c.number)
    )
    for entry_id, name, row_id, old in connection.execute(images):
        yield entry_id, (name, row_id), json.loads(old)
    payloads = (
        select(_PAYLOAD.c.entry_id, _PAYLOAD.c.changes)
        .join(_ENTRY, _ENTRY.c.id == _PAYLOAD.c.entry_id)
        .where(_ENTRY.c.day > day, or_(*(_PAYLOAD.c.changes.contains(f'"{name}"') for name in sorted(names))))
        .order_by(_PAYLOAD.c.entry_id)
    )
    for entry_id, changes in connection.execute(payloads):
        for change in json.loads(changes or "[]"):
            if change["kind"] == ChangeKind.UPDATE and change["table"] in names and change.get("key") is not None:
                yield entry_id, (change["table"], change["key"]), change["before"]
