"""A table whose rows stand in groups, each under a line of its own that is never selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual.content import Content
from textual.strip import Strip

from crm.core.i18n import plural
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Head:
    """The line above a group: its name and what is to be known of it; without a name it is air."""

    name: str = ""
    about: str = ""

    @property
    def content(self) -> Content:
        """The line."""
        return Content.assemble((self.name, "bold"), (f"  {self.about}" if self.about else "", "$muted"))


@dataclass(frozen=True, slots=True)
class Group(Generic[R]):
    """Rows that belong together."""

    head: Head
    rows: Sequence[R]


def _head_of(row: Any) -> Content | None:
    return row.content if isinstance(row, Head) else None


class GroupedTable(SheetTable[R]):
    """Groups of rows, one row selected."""

    def show_groups(
        self, groups: Sequence[Group[R]], columns: Sequence[TableColumn[R]], *, selected: R | None, heads: bool
    ) -> None:
        """Show the groups that hold something; without `heads` their rows follow each other."""
        rows: list[Any] = []
        for group in (group for group in groups if group.rows):
            if heads:
                rows += [*([Head()] if rows else []), group.head]
            rows += group.rows
        wanted = next((place for place, row in enumerate(rows) if row == selected), None)
        first = next((place for place, row in enumerate(rows) if not isinstance(row, Head)), 0)
        self.show(rows, columns, cursor=first if wanted is None else wanted, head_of=_head_of)

    @property
    def members(self) -> list[R]:
        """The rows without their heads, in order."""
        return [row for row in self.rows if row is not None and not isinstance(row, Head)]

    def render_line(self, y: int) -> Strip:
        """One line; heads are not counted among what is hidden below."""
        place = self.scroll_offset.y + y - self._above
        if y == self.size.height - 1 and len(self.rows) - place > 1:
            hidden = sum(not isinstance(row, Head) for row in self.rows[place:])
            return self._strip(Content.styled(" " + plural("↓ {count} more", "↓ {count} more", hidden), "$muted"))
        return super().render_line(y)

    def _bring_into_sight(self) -> None:
        super()._bring_into_sight()
        if all(isinstance(row, Head) for row in self.rows[: self.cursor]):
            self.scroll_to(y=0, animate=False, force=True)
