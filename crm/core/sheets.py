"""A sheet: a result as title, columns and rows. Every door renders the same sheet.

A figure that can be opened carries the action that lists its lines (`Cell.opens`), so that "explain" is one more typed
action and not a second code path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from crm.core.money import Money

if TYPE_CHECKING:
    from crm.core.actions import Action


class Kind(StrEnum):
    """What a column holds; doors align and format by it."""

    TEXT = "text"
    MONEY = "money"
    DATE = "date"
    DAYS = "days"
    COUNT = "count"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in JSON and CSV, its heading as shown, what it holds."""

    key: str
    heading: str
    kind: Kind = Kind.TEXT


Value = str | int | Money | date | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that opens to its lines."""

    value: Value
    opens: "Action[Any]"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A result to look at.

    `rows` are tuples as wide as `columns`. `formula` says in words how the figures are made, `as_of` the day they are true
    for, `notes` what the reader should know.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value | Cell, ...], ...]
    totals: tuple[tuple[Value | Cell, ...], ...] = ()
    formula: str = ""
    as_of: date | None = None
    notes: tuple[str, ...] = field(default=())

    def records(self) -> Iterable[dict[str, Value]]:
        """Each row as a mapping from column key to value."""
        keys = [column.key for column in self.columns]
        for row in self.rows:
            yield dict(zip(keys, (bare(value) for value in row), strict=True))


def bare(value: Value | Cell) -> Value:
    """The value without what it opens to."""
    return value.value if isinstance(value, Cell) else value


@runtime_checkable
class Answer(Protocol):
    """What an action returns: JSON as in the contract, and a sheet to look at."""

    def as_json(self) -> Mapping[str, Any]:
        """The contract's JSON: amounts as decimal strings, dates ISO."""
        ...

    def as_sheet(self) -> Sheet:
        """The same to look at, in the language in use."""
        ...
