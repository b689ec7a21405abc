"""Taking an act back: facts are reversed, what is untouched is deleted, what was changed gets its old values again.

Refused, with the list, when later acts stand on it. The law is on derived answers: every one of them is as before.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, Table, and_, exists, func, or_, select
from sqlmodel import SQLModel

from crm.core import journal
from crm.core.changes import Change, ChangeKind, spoken
from crm.core.db import Row, UtcDateTime
from crm.core.errors import Refused
from crm.core.i18n import _, plural

if TYPE_CHECKING:
    from crm.core.runner import Context


@dataclass(frozen=True, slots=True)
class _Act:
    """The entry to take back: the tables it added rows to, and the rows it changed with how they stood."""

    entry_id: int
    born: tuple[Table, ...]
    changed: tuple[tuple[Table, int, Mapping[str, Any]], ...]


def take_back(context: "Context", entry: journal.JournalEntry) -> None:
    """Reverse, delete and restore what an entry did.

    Raises:
        Refused: it deleted rows, was redacted, or later acts stand on it.
    """
    act = _act_of(context, entry)
    _refuse_what_stands_on(context, act)
    reversed_keys = _reverse_facts(context, act)
    for table in act.born:
        _delete_born(context, act, table, reversed_keys.get(table.name, ()))
    for table, row_id, old in act.changed:
        _restore(context, table, row_id, old)
    context.session.expire_all()


def _act_of(context: "Context", entry: journal.JournalEntry) -> _Act:
    payload = context.session.get_one(journal.JournalPayload, entry.id)
    redacted = select(journal.JournalEntry.id).where(journal.JournalEntry.redacts == entry.id)  # type: ignore[call-overload]
    if context.session.connection().execute(redacted).first() is not None:
        raise Refused(_("This act was erased from the records; it can no longer be taken back."))
    born: set[str] = set()
    changed: list[tuple[Table, int, Mapping[str, Any]]] = []
    tables = SQLModel.metadata.tables
    for change in journal.load_changes(payload):
        table = tables[change["table"]]
        if change["kind"] == ChangeKind.INSERT:
            born.add(table.name)
        elif change["kind"] == ChangeKind.DELETE:
            raise Refused(_("This act removed records; it cannot be taken back."))
        elif "key" in change and change["key"] is not None:
            changed.append((table, change["key"], change["before"]))
    images = select(journal.JournalBefore).where(journal.JournalBefore.entry_id == entry.id)  # type: ignore[arg-type]
    changed.extend(
        (tables[image.table_name], image.row_id, json.loads(image.old))
        for image in context.session.execute(images).scalars()
    )
    order = {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}
    newest_first = sorted((tables[name] for name in born), key=lambda table: -order[table.name])
    return _Act(entry.id, tuple(newest_first), tuple(reversed(changed)))


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
    latest: dict[tuple[str, int], int | None] = {}
    for table, row_id, _old in act.changed:
        if (table.name, row_id) not in latest:
            latest[table.name, row_id] = connection.execute(
                select(table.c.touched_id).where(table.c.id == row_id)
            ).scalar()
    if count := sum(touched != act.entry_id for touched in latest.values()):
        found.append(plural("{count} record changed since", "{count} records changed since", count))
    if found:
        raise Refused(
            _("Later records stand on this act: {list}.").format(list="; ".join(sorted(set(found)))),
            next_step=_("Take those back first."),
        )


def _reverse_facts(context: "Context", act: _Act) -> dict[str, set[int]]:
    """Add the reversing rows of facts whose other sides live on; returns the keys of the facts that stay, by table."""
    kept: dict[str, set[int]] = {}
    kinds = {kind.__tablename__: kind for kind in _row_kinds(Row)}
    born = {table.name for table in act.born}
    for table in act.born:
        kind = kinds[table.name]
        if kind.reversal is Row.reversal:
            continue
        parents = [(column, next(iter(column.foreign_keys)).column.table) for column in table.c if column.foreign_keys]
        for row in context.session.execute(select(kind).where(table.c.entry_id == act.entry_id)).scalars().all():
            vanishing = any(
                parent.name in born
                and (value := getattr(row, column.key)) is not None
                and context.session.connection().execute(select(parent.c.entry_id).where(parent.c.id == value)).scalar()
                == act.entry_id
                for column, parent in parents
            )
            reversing = None if vanishing else row.reversal()
            if reversing is not None:
                kept.setdefault(table.name, set()).add(row.id)
                context.session.add(reversing)
    context.session.flush()
    return kept


def _row_kinds(kind: type[Row]) -> Iterable[type[Row]]:
    for child in kind.__subclasses__():
        if hasattr(child, "__table__"):
            yield child
        yield from _row_kinds(child)


def _delete_born(context: "Context", act: _Act, table: Table, kept: Iterable[int]) -> None:
    condition = table.c.entry_id == act.entry_id
    keep = set(kept)
    connection = context.session.connection()
    if keep:
        condition = and_(condition, table.c.id.not_in(keep))
    count = connection.execute(select(func.count()).select_from(table).where(condition)).scalar() or 0
    if count:
        connection.execute(table.delete().where(condition))
        digest = journal.digest_of(str(act.entry_id), table.name, str(count))
        context.changes.add(Change(ChangeKind.DELETE, table.name, None, count=count, digest=digest))


def _restore(context: "Context", table: Table, row_id: int, old: Mapping[str, Any]) -> None:
    values = {name: _typed(table, name, value) for name, value in old.items()}
    connection = context.session.connection()
    now = connection.execute(select(*(table.c[name] for name in values)).where(table.c.id == row_id)).mappings().one()
    connection.execute(table.update().where(table.c.id == row_id).values(values))
    context.changes.add(Change(ChangeKind.UPDATE, table.name, row_id, before=dict(now), after=values))


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
    undone = select(entry.undoes).where(entry.undoes.is_not(None))  # type: ignore[union-attr,call-overload]
    query = (
        select(entry)
        .where(
            entry.actor == context.actor.name,  # type: ignore[arg-type]
            entry.undoes.is_(None),  # type: ignore[union-attr]
            entry.redacts.is_(None),  # type: ignore[union-attr]
            entry.id.not_in(undone),  # type: ignore[attr-defined]
        )
        .order_by(entry.id.desc())  # type: ignore[attr-defined]
        .limit(1)
    )
    return context.session.execute(query).scalars().first()
