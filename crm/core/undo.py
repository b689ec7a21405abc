"""Taking an act back: facts are reversed, what is untouched is deleted, what was changed gets its old values again.

Refused, with the list, when later acts stand on it. The law is on derived answers: every one of them is as before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Date, Table, and_, bindparam, exists, false, func, not_, or_, select, true
from sqlmodel import SQLModel

from crm.core import journal
from crm.core.bulk import in_chunks
from crm.core.changes import Change, ChangeKind, spoken
from crm.core.db import Row, UtcDateTime
from crm.core.errors import Refused
from crm.core.i18n import _, plural

if TYPE_CHECKING:
    from crm.core.runner import Context

_AT_ONCE = 5_000
_NOTED = 100
"""Rows up to which each is a change of its own."""


@dataclass(frozen=True, slots=True)
class _Act:
    """The entry to take back: the tables it added rows to, and the rows it changed with how they stood."""

    entry_id: int
    born: tuple[Table, ...]
    changed: Mapping[Table, Mapping[int, Mapping[str, Any]]]


def take_back(context: "Context", entry: journal.JournalEntry) -> None:
    """Reverse, delete and restore what an entry did.

    Raises:
        Refused: it deleted rows, was redacted, or later acts stand on it.
    """
    act = _act_of(context, entry)
    _refuse_what_stands_on(context, act)
    kinds = {kind.__tablename__: kind for kind in _row_kinds(Row)}
    marks = [mark for table in act.born for mark in kinds[table.name].marks(context.session, act.entry_id)]
    going = _reverse_facts(context, act)
    for table in act.born:
        _delete_born(context, act, table, going.get(table.name, true()))
    for table, rows in act.changed.items():
        _restore(context, table, rows)
    for table, column, ids in marks:
        _mark(context, table, column, ids)
    context.session.expire_all()


def _act_of(context: "Context", entry: journal.JournalEntry) -> _Act:
    payload = context.session.get_one(journal.JournalPayload, entry.id)
    redacted = select(journal.JournalEntry.id).where(journal.JournalEntry.redacts == entry.id)  # type: ignore[call-overload]  # a column, not its value
    if context.session.connection().execute(redacted).first() is not None:
        raise Refused(_("This act was erased from the records; it can no longer be taken back."))
    born: set[str] = set()
    stood: list[tuple[str, int, Mapping[str, Any]]] = []
    for change in journal.load_changes(payload):
        if change["kind"] == ChangeKind.INSERT:
            born.add(change["table"])
        elif change["kind"] == ChangeKind.DELETE:
            raise Refused(_("This act removed records; it cannot be taken back."))
        elif change.get("key") is not None:
            stood.append((change["table"], change["key"], change["before"]))
    images = select(journal.JournalBefore).where(journal.JournalBefore.entry_id == entry.id)  # type: ignore[arg-type]  # a column of the class, which mypy takes for a value
    stood.extend(
        (image.table_name, image.row_id, json.loads(image.old)) for image in context.session.execute(images).scalars()
    )
    return _Act(entry.id, _children_first(born), _merged(stood))


def _children_first(names: Iterable[str]) -> tuple[Table, ...]:
    wanted = set(names)
    return tuple(table for table in reversed(SQLModel.metadata.sorted_tables) if table.name in wanted)


def _merged(stood: Iterable[tuple[str, int, Mapping[str, Any]]]) -> Mapping[Table, Mapping[int, Mapping[str, Any]]]:
    """How each row stood before everything that the act did to it: where it was changed twice, the first time counts."""
    merged: dict[Table, dict[int, dict[str, Any]]] = {}
    for name, row_id, old in stood:
        row = merged.setdefault(SQLModel.metadata.tables[name], {}).setdefault(row_id, {})
        row.update({column: value for column, value in old.items() if column not in row})
    return merged


def _refuse_what_stands_on(context: "Context", act: _Act) -> None:
    """Later rows that refer to rows born here, and rows born or changed here that were changed again."""
    connection = context.session.connection()
    found: list[str] = []
    for table in act.born:
        later = select(func.count()).where(table.c.entry_id == act.entry_id, table.c.touched_id != act.entry_id)
        if count := connection.execute(later).scalar():
            found.append(_("{table}: {count} changed since").format(table=spoken(table.name), count=count))
        for other in SQLModel.metadata.sorted_tables:
            if "entry_id" not in other.c:
                continue
            for column in other.c:
                if any(key.column.table is table for key in column.foreign_keys):
                    own = table.alias()
                    dependants = select(func.count()).where(
                        or_(other.c.entry_id != act.entry_id, other.c.entry_id.is_(None)),
                        exists().where(and_(own.c.id == column, own.c.entry_id == act.entry_id)),
                    )
                    if count := connection.execute(dependants).scalar():
                        found.append(_("{table}: {count} added since").format(table=spoken(other.name), count=count))
    kinds = {kind.__tablename__: kind for kind in _row_kinds(Row)}
    found += filter(None, (kinds[table.name].binding(context.session, act.entry_id) for table in act.born))
    untouched = sum(_still_as_left(context, act, table, list(rows)) for table, rows in act.changed.items())
    if count := sum(map(len, act.changed.values())) - untouched:
        found.append(plural("{count} record changed since", "{count} records changed since", count))
    if found:
        raise Refused(
            _("Later records stand on this act: {list}.").format(list="; ".join(sorted(set(found)))),
            next_step=_("Take those back first."),
        )


def _still_as_left(context: "Context", act: _Act, table: Table, ids: list[int]) -> int:
    """How many of the rows the act was the last to change."""
    connection = context.session.connection()
    asked = (
        select(func.count()).where(table.c.id.in_(part), table.c.touched_id == act.entry_id)
        for part in in_chunks(ids, _AT_ONCE)
    )
    return sum(connection.execute(query).scalar() or 0 for query in asked)


def _reverse_facts(context: "Context", act: _Act) -> dict[str, ColumnElement[bool]]:
    """Add the reversing rows of facts whose other sides live on; tells, by table, which of the rows born are to go."""
    going: dict[str, ColumnElement[bool]] = {}
    kinds = {kind.__tablename__: kind for kind in _row_kinds(Row)}
    for table in act.born:
        kind = kinds[table.name]
        if kind.reversal is Row.reversal:
            continue
        vanishing = _refers_to_born(act, table)
        withdrawn: list[int] = []
        facts = select(kind).where(table.c.entry_id == act.entry_id, not_(vanishing))
        for row in context.session.execute(facts).scalars().all():
            reversing = row.reversal()
            if reversing is None:
                withdrawn.append(row.id)
            else:
                context.session.add(reversing)
        going[table.name] = or_(vanishing, table.c.id.in_(withdrawn))
    context.session.flush()
    return going


def _refers_to_born(act: _Act, table: Table) -> ColumnElement[bool]:
    """Whether a row refers to one that the act added, and that goes with it."""
    parents = [
        (column, key.column.table.alias())
        for column in table.c
        for key in column.foreign_keys
        if key.column.table in act.born
    ]
    return or_(
        false(), *(exists().where(own.c.id == column, own.c.entry_id == act.entry_id) for column, own in parents)
    )


def _row_kinds(kind: type[Row]) -> Iterable[type[Row]]:
    for child in kind.__subclasses__():
        if hasattr(child, "__table__"):
            yield child
        yield from _row_kinds(child)


def _delete_born(context: "Context", act: _Act, table: Table, going: ColumnElement[bool]) -> None:
    connection = context.session.connection()
    count = connection.execute(table.delete().where(table.c.entry_id == act.entry_id, going)).rowcount
    if count:
        digest = journal.digest_of(str(act.entry_id), table.name, str(count))
        context.changes.add(Change(ChangeKind.DELETE, table.name, None, count=count, digest=digest))


def _mark(context: "Context", table: Table, column: str, ids: Sequence[int]) -> None:
    """Let rows remember that something about them was taken back; the acts before can still be taken back too."""
    connection = context.session.connection()
    fresh: list[int] = []
    for part in in_chunks(ids, _AT_ONCE):
        unmarked = table.c.id.in_(part) & table.c[column].is_(False)
        fresh.extend(connection.execute(select(table.c.id).where(unmarked).order_by(table.c.id)).scalars())
        connection.execute(table.update().where(unmarked).values({column: True}))
    if len(fresh) <= _NOTED:
        for row_id in fresh:
            change = Change(ChangeKind.UPDATE, table.name, row_id, before={column: False}, after={column: True})
            context.changes.add(change)
    else:
        digest = journal.digest_of(table.name, column, repr(fresh))
        context.changes.add(Change(ChangeKind.UPDATE, table.name, None, count=len(fresh), digest=digest))


def _restore(context: "Context", table: Table, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Give the rows their old values: noted one by one while they are few, else as one change."""
    digest = hashlib.sha256()
    by_columns: dict[tuple[str, ...], list[int]] = {}
    for row_id, old in rows.items():
        by_columns.setdefault(tuple(old), []).append(row_id)
    for names, ids in by_columns.items():
        for part in in_chunks(ids, _AT_ONCE):
            _restore_part(context, table, names, {row_id: rows[row_id] for row_id in part}, noted=len(rows) <= _NOTED)
            digest.update(repr([(row_id, rows[row_id]) for row_id in part]).encode())
    if len(rows) > _NOTED:
        context.changes.add(Change(ChangeKind.UPDATE, table.name, None, count=len(rows), digest=digest.hexdigest()))


def _restore_part(
    context: "Context", table: Table, names: Sequence[str], rows: Mapping[int, Mapping[str, Any]], *, noted: bool
) -> None:
    connection = context.session.connection()
    values = {row_id: {name: _typed(table, name, old[name]) for name in names} for row_id, old in rows.items()}
    if noted:
        asked = select(table.c.id, *(table.c[name] for name in names)).where(table.c.id.in_(rows)).order_by(table.c.id)
        for row_id, *now in connection.execute(asked):
            before = dict(zip(names, now, strict=True))
            context.changes.add(Change(ChangeKind.UPDATE, table.name, row_id, before=before, after=values[row_id]))
    statement = table.update().where(table.c.id == bindparam("row_id"))
    connection.execute(
        statement.values({name: bindparam(f"old_{name}") for name in names}),
        [{"row_id": row_id, **{f"old_{name}": value for name, value in old.items()}} for row_id, old in values.items()],
    )


def _typed(table: Table, name: str, value: Any) -> Any:
    """A value as the journal kept it, as the column wants it."""
    if value is None:
        return None
    kind = table.c[name].type
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return value


def last_act(context: "Context") -> journal.JournalEntry | None:
    """The last act of this actor that can still be taken back; undone acts and undos are passed over."""
    entry = journal.JournalEntry
    undone = select(entry.undoes).where(entry.undoes.is_not(None))  # type: ignore[union-attr,call-overload]  # a column, not its value
    query = (
        select(entry)
        .where(
            entry.actor == context.actor.name,  # type: ignore[arg-type]  # a column of the class, which mypy takes for a value
            entry.undoes.is_(None),  # type: ignore[union-attr]  # a column of the class, which mypy takes for a value
            entry.redacts.is_(None),  # type: ignore[union-attr]  # a column of the class, which mypy takes for a value
            entry.id.not_in(undone),  # type: ignore[attr-defined]  # a column of the class, which mypy takes for a value
        )
        .order_by(entry.id.desc())  # type: ignore[attr-defined]  # a column of the class, which mypy takes for a value
        .limit(1)
    )
    return context.session.execute(query).scalars().first()
