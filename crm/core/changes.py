"""What an action altered, and the seal by which a commit proves to be what was previewed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import Table, inspect
from sqlmodel import SQLModel

from crm.core.i18n import _


class ChangeKind(StrEnum):
    """What happened to the rows."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One row altered, or many of one table in bulk.

    `before` and `after` hold only the columns that differ (all of them for a new row). A bulk change has no `key`; its
    `digest` stands for the content of its `count` rows and `totals` sums its columns of money.
    """

    kind: ChangeKind
    table: str
    key: int | None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1
    totals: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, as kept in the journal."""
        shape: dict[str, Any] = {"kind": self.kind.value, "table": self.table}
        if self.key is None:
            return {**shape, "count": self.count, "totals": dict(self.totals), "digest": self.digest}
        return {**shape, "key": self.key, "before": as_plain(self.before), "after": as_plain(self.after)}


class ChangeList:
    """The changes of one action, in the order in which they happened."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._born: dict[str, dict[int, int]] = {}
        self._bases: dict[str, int] = {}

    def __iter__(self) -> Iterator[Change]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def add(self, change: Change) -> None:
        """Note a change; a row inserted gets its place among the rows born in this action."""
        self._changes.append(change)
        if change.kind is ChangeKind.INSERT and change.key is not None:
            born = self._born.setdefault(change.table, {})
            born.setdefault(change.key, len(born) + 1)

    def keys_from(self, table: str, base: int) -> None:
        """Rows of the table with a key above `base` are born in this action, in bulk."""
        self._bases.setdefault(table, base)

    def base(self, table: str) -> int | None:
        """The highest key of a table before this action's bulk rows; None when it has none."""
        return self._bases.get(table)

    def reference(self, table: str, key: int | None) -> int | str | None:
        """A key as the seal sees it: rows born in this action count from one, whatever number the database gave them."""
        if key is None:
            return None
        if (place := self._born.get(table, {}).get(key)) is not None:
            return f"new {place}"
        base = self._bases.get(table)
        return key if base is None or key <= base else f"bulk {key - base}"

    def seal(self, action: str, fields: str) -> str:
        """The seal: 32 hexadecimal digits over the action, its fields and everything it would alter."""
        digest = hashlib.sha256()
        digest.update(f"{action}\n{fields}\n".encode())
        for change in self._changes:
            table = SQLModel.metadata.tables[change.table]
            shape = [
                change.kind.value,
                change.table,
                self.reference(change.table, change.key),
                self._sealed(table, change.before),
                self._sealed(table, change.after),
                change.count,
                dict(change.totals),
                change.digest,
            ]
            digest.update(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode())
        return digest.hexdigest()[:32]

    def _sealed(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        sealed: dict[str, Any] = {}
        for name, value in values.items():
            column = table.columns[name]
            if column.info.get("sealed", True):
                target = next((key.column.table.name for key in column.foreign_keys), None)
                sealed[name] = self.reference(target, value) if target else as_plain(value)
        return sealed

    def summary(self) -> dict[str, dict[str, int]]:
        """Counts by table and kind: what a yes will alter, at a glance."""
        counts: dict[str, dict[str, int]] = {}
        for change in self._changes:
            kinds = counts.setdefault(change.table, {})
            kinds[change.kind.value] = kinds.get(change.kind.value, 0) + change.count
        return counts


def spoken(table: str) -> str:
    """The name of a table as it is said: `bank_account` → bank account."""
    return _(table.replace("_", " "))


def as_plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, Mapping):
        return {key: as_plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def changes_of(pending: Iterable[SQLModel], kind: ChangeKind) -> Iterator[Change]:
    """The changes that a flush has just made to these objects; their old values are still at hand then."""
    for row in pending:
        state = inspect(row)
        table = str(state.mapper.local_table.name)
        names = [attribute.key for attribute in state.mapper.column_attrs]
        if kind is ChangeKind.INSERT:
            values = {name: getattr(row, name) for name in names}
            yield Change(kind, table, values["id"], after=values)
        elif kind is ChangeKind.DELETE:
            values = {name: getattr(row, name) for name in names}
            yield Change(kind, table, values["id"], before=values)
        else:
            before, after = {}, {}
            for name in names:
                history = state.attrs[name].history
                if history.has_changes():
                    before[name] = history.deleted[0] if history.deleted else None
                    after[name] = history.added[0] if history.added else None
            if after.keys() - {"touched_id"}:
                yield Change(kind, table, row.id, before=before, after=after)  # type: ignore[attr-defined]  # made at run time
