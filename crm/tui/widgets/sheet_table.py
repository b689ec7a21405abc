"""A table of any length: only the lines that are seen are drawn. The selected row carries `▌`, its lead column is bold.

Cells are text and a style, or a small chart; never markup: a customer's name can neither style nor break a line. Some rows
may be heads of groups, which are passed over; rows that are still to come (None) are drawn as bars.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from crm.core.i18n import mark, plural
from crm.tui.cells import ZERO, between, fit

R = TypeVar("R")
T = TypeVar("T")

GAP = 2
"""Cells between two columns."""
_WAITING = (17, 13, 20, 11, 15, 18, 12, 16)
"""Lengths of the bars that stand for names which are still to come."""


@dataclass(frozen=True, slots=True)
class TableColumn(Generic[R]):
    """A column: what it says of a row, in which style, and how it shares the width."""

    heading: str
    width: int
    """At least so many cells."""
    says: Callable[[R], str | Content]
    style: Callable[[R], str] | str = ""
    right: bool = False
    """Right-aligned, as amounts are."""
    most: int = 0
    """Grows up to so many cells; 0: stays at `width`."""
    before: int = 0
    """Cells of air before it, beyond the gap."""
    leaves: int = 0
    """When the room is short the highest goes first; 0 stays."""
    lead: bool = False
    """Bold in the selected row."""
    marked: bool = False
    """The rows are in the order of this column."""


def fitted(columns: Sequence[TableColumn[R]], width: int) -> tuple[list[TableColumn[R]], int]:
    """The columns that have room in a width, grown to fill it, and the gap between them.

    Columns leave whole, an amount is never cut. What is left goes to what may grow, then to the gaps, then to the first
    column that may grow, so that the last column ends where the line ends.
    """
    kept = list(columns)
    while _needed(kept) > width and any(column.leaves for column in kept):
        kept.remove(max(kept, key=lambda column: column.leaves))
    if not kept:
        return [], GAP
    if (over := _needed(kept) - width) > 0:
        kept[0] = replace(kept[0], width=max(1, kept[0].width - over))
    growing = [place for place, column in enumerate(kept) if column.most]
    for place in growing:
        column = kept[place]
        spare = max(0, width - _needed(kept))
        kept[place] = replace(column, width=max(column.width, min(column.most, column.width + spare)))
    gap = GAP
    if growing and len(kept) > 1:
        gap += min(2 * GAP, max(0, width - _needed(kept)) // (len(kept) - 1))
        rest = max(0, width - _needed(kept, gap))
        kept[growing[0]] = replace(kept[growing[0]], width=kept[growing[0]].width + rest)
    return kept, gap


def _needed(columns: Sequence[TableColumn[R]], gap: int = GAP) -> int:
    return sum(column.width + column.before for column in columns) + gap * (len(columns) - 1)


class SheetTable(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """Rows in columns, one of them selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", mark("move"), show=False),
        Binding("down", "move(1)", mark("move"), show=False),
        Binding("j", "move(1)", mark("move"), show=False),
        Binding("k", "move(-1)", mark("move"), show=False),
        Binding("pageup", "page(-1)", mark("page up, page down"), show=False),
        Binding("pagedown", "page(1)", mark("page up, page down"), show=False),
        Binding("home", "first", mark("first row, last row"), show=False),
        Binding("end", "last", mark("first row, last row"), show=False),
        Binding("enter", "open", mark("open")),
    ]
    DEFAULT_CSS = """
    SheetTable {
        background: transparent;
        color: $foreground;
        overflow: hidden auto;
        scrollbar-size: 0 0;
    }
    """

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Highlighted(Message, Generic[T]):
        """Another row is selected."""

        table: SheetTable[T]
        row: T

        @property
        def control(self) -> SheetTable[T]:
            """The table it happened in."""
            return self.table

    @dataclass
    class Opened(Message, Generic[T]):
        """The selected row is to be opened."""

        table: SheetTable[T]
        row: T

        @property
        def control(self) -> SheetTable[T]:
            """The table it happened in."""
            return self.table

    def __init__(self, *, id: str | None = None, keeps_mark: bool = True, heading: bool = True) -> None:  # noqa: A002  # as Textual calls it
        super().__init__(id=id)
        self.opens = True
        """Whether its rows lead somewhere."""
        self._keeps_mark = keeps_mark
        self._above = int(heading)
        self._rows: Sequence[R | None] | None = None
        self._head_of: Callable[[R], Content | None] | None = None
        self._sum_of: Callable[[R], Content] | None = None
        self._columns: Sequence[TableColumn[R]] = ()
        self._shown: list[TableColumn[R]] = []
        self._gap = GAP
        self._nothing = ""

    @property
    def rows(self) -> Sequence[R | None]:
        """The rows; none while they are still to come."""
        return self._rows if self._rows is not None else ()

    @property
    def selected(self) -> R | None:
        """The selected row, if there is one; the head of a group never is."""
        row = self.rows[self.cursor] if self.cursor < len(self.rows) else None
        return None if row is None or self._head(row) is not None else row

    @property
    def headings(self) -> list[str]:
        """The headings that have room."""
        return [column.heading for column in self._shown]

    def show(
        self,
        rows: Sequence[R | None],
        columns: Sequence[TableColumn[R]],
        *,
        cursor: int = 0,
        nothing: str = "",
        head_of: Callable[[R], Content | None] | None = None,
        sum_of: Callable[[R], Content] | None = None,
    ) -> None:
        """Show these rows, one selected; `nothing` is said where there are none.

        `head_of` draws the rows that are heads of groups, `sum_of` what stands in them under the first figures.
        """
        self._rows, self._columns, self._nothing = rows, columns, nothing
        self._head_of, self._sum_of = head_of, sum_of
        self.virtual_size = Size(1, len(rows) + self._above)
        self._arrange()
        self.refresh_bindings()
        place = self._selectable(max(0, min(cursor, len(rows) - 1)), 1)
        if place == self.cursor:
            self._settle()
        else:
            self.cursor = place

    def rows_changed(self) -> None:
        """Draw again: rows that were still to come have arrived."""
        self.virtual_size = Size(1, len(self.rows) + self._above)
        self.refresh_bindings()
        self._settle()

    def await_rows(self, columns: Sequence[TableColumn[R]]) -> None:
        """Show that rows are on their way: bars in their places."""
        self._rows, self._columns = None, columns
        self.virtual_size = Size(1, self._above)
        self._arrange()
        self.refresh()

    # What is drawn

    def render_line(self, y: int) -> Strip:
        """One line: the heading, a row, or how many are hidden below."""
        row = self.scroll_offset.y + y - self._above
        if y < self._above:
            return self._strip(self._heading())
        if self._rows is None:
            return self._strip(self._waiting(y - self._above))
        hidden = len(self._rows) - row
        if y == self.size.height - 1 and hidden > 1:
            more = plural("↓ {count} more", "↓ {count} more", self._rows_from(row))
            return self._strip(Content.styled(f" {more}", "$muted"))
        if 0 <= row < len(self._rows):
            return self._strip(self._row(row), chosen=self._marks(row))
        told = Content(self._nothing).wrap(max(1, self.size.width - 2)) if not self._rows and self._nothing else []
        return self._strip(Content.styled(" " + told[row].plain if row < len(told) else "", "$muted"))

    def _rows_from(self, place: int) -> int:
        """How many rows stand there and below; heads of groups are none."""
        below = range(place, len(self.rows))
        if self._head_of is None:
            return len(below)
        return sum((row := self.rows[spot]) is None or self._head(row) is None for spot in below)

    def _strip(self, content: Content, *, chosen: bool = False) -> Strip:
        ground = self.visual_style
        if chosen:
            ground += Style.parse("on $raised")
        strip = Strip(content.render_segments(ground), content.cell_length)
        return strip.crop_extend(0, self.size.width, ground.rich_style)

    def _marks(self, row: int) -> bool:
        return row == self.cursor and (self.has_focus or self._keeps_mark)

    def _air(self, place: int) -> tuple[str, str]:
        return " " * ((self._gap if place else 0) + self._shown[place].before), ""

    def _heading(self) -> Content:
        parts: list[tuple[str, str]] = [(" ", "")]
        for place, column in enumerate(self._shown):
            text = f"{column.heading} ▾" if column.marked else column.heading
            style = "bold $foreground" if column.marked else "$muted"
            parts += [self._air(place), (fit(text, column.width, right=column.right), style)]
        return Content.assemble(*parts)

    def _head(self, row: R) -> Content | None:
        return self._head_of(row) if self._head_of is not None else None

    def _with_sum(self, row: R, head: Content) -> Content:
        """A head with its sum ending where the first figures end."""
        figures = next((place for place, column in enumerate(self._shown) if column.right), None)
        if self._sum_of is None or figures is None:
            return head
        before = self._shown[: figures + 1]
        end = sum(column.width + column.before for column in before) + self._gap * figures
        return between(head, self._sum_of(row), end)

    def _row(self, place: int) -> Content:
        chosen = self._marks(place)
        row = self.rows[place]
        if row is None:
            return self._waiting(place % len(_WAITING))
        if (head := self._head(row)) is not None:
            return Content.assemble(" ", self._with_sum(row, head)).truncate(self.size.width - 1, ellipsis=True)
        parts: list[Content | tuple[str, str]] = [("▌" if chosen else " ", "$accent" if self.has_focus else "$muted")]
        for position, column in enumerate(self._shown):
            text = column.says(row)
            if isinstance(text, Content):
                blank = " " * max(0, column.width - text.cell_length)
                drawn = Content.assemble(blank, text) if column.right else Content.assemble(text, blank)
                parts += [self._air(position), drawn.truncate(column.width, ellipsis=True)]
                continue
            style = column.style if isinstance(column.style, str) else column.style(row)
            if text == ZERO:
                style = "$rule"
            elif column.lead and chosen:
                style = f"bold {style}"
            cell = fit(text, column.width, right=column.right)
            parts += [self._air(position), (cell, style)]
            if "underline" in style and not column.right:  # the line under the words ends with them
                said = cell.rstrip(" ")
                parts[-1:] = [(said, style), (cell[len(said) :], "")]
        return Content.assemble(*parts)

    def _waiting(self, place: int) -> Content:
        if place >= len(_WAITING):
            return Content("")
        last_amount = max((spot for spot, column in enumerate(self._shown) if column.right), default=0)
        names = next((spot for spot, column in enumerate(self._shown) if column.lead), 0)
        parts = [(" ", "")]
        for position, column in enumerate(self._shown):
            length = min(column.width, _WAITING[place] // (1 if position == names else 2))
            bar = "━" * length if position in {names, last_amount} else ""
            parts += [self._air(position), (fit(bar, column.width, right=column.right), "$rule")]
        return Content.assemble(*parts)

    # What moves

    def watch_cursor(self) -> None:
        """Bring the selected row into sight and tell."""
        self._settle()

    def _settle(self) -> None:
        self._bring_into_sight()
        self.refresh()
        if (row := self.selected) is not None:
            self.post_message(self.Highlighted(self, row))

    def _bring_into_sight(self) -> None:
        room = max(1, self.size.height - self._above - 1)
        top = self.scroll_offset.y
        last_top = max(0, len(self.rows) + self._above - self.size.height)
        if (first := self._with_its_heads(self.cursor)) < top:
            top = first
        elif self.cursor >= top + room + (1 if top >= last_top else 0):
            top = self.cursor - room + 1
        self.scroll_to(y=min(top, last_top), animate=False, force=True)

    def _with_its_heads(self, place: int) -> int:
        """Where the heads right above a row begin: the first row of a group is seen with its title."""
        while place and (above := self.rows[place - 1]) is not None and self._head(above) is not None:
            place -= 1
        return place

    def _arrange(self) -> None:
        self._shown, self._gap = fitted(self._columns, self.size.width - 2)

    def on_resize(self, _event: events.Resize) -> None:
        """Share the new width among the columns."""
        self._arrange()
        self._bring_into_sight()
        self.refresh()

    def on_focus(self) -> None:
        """The mark of the selected row takes the accent."""
        self.refresh()

    def on_blur(self) -> None:
        """The mark of the selected row gives the accent back."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select the row; a second click opens it."""
        place = self.scroll_offset.y + event.y - self._above
        if event.y < self._above or not 0 <= place < len(self.rows):
            return
        if self._selectable(place, 1) != place:
            return
        self.cursor = place
        if event.chain == 2:
            self.action_open()

    def action_move(self, step: int) -> None:
        """Select the row above or below."""
        self._select(self.cursor + step)

    def action_page(self, direction: int) -> None:
        """Select the row one page up or down."""
        self._select(self.cursor + direction * max(1, self.size.height - 2))

    def action_first(self) -> None:
        """Select the first row."""
        self._select(0)

    def action_last(self) -> None:
        """Select the last row."""
        self._select(len(self.rows) - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A row that leads nowhere is not opened."""
        return self.opens and bool(self.rows) if action == "open" else True

    def action_open(self) -> None:
        """Open the selected row."""
        if (row := self.selected) is not None:
            self.post_message(self.Opened(self, row))

    def _select(self, place: int) -> None:
        place = max(0, min(place, len(self.rows) - 1))
        self.cursor = self._selectable(place, 1 if place >= self.cursor else -1)

    def _selectable(self, place: int, step: int) -> int:
        """The place itself, else the nearest that is no head: in the direction first, then the other way."""
        for direction in (step, -step):
            found = place
            while 0 <= found < len(self.rows):
                row = self.rows[found]
                if row is None or self._head(row) is None:
                    return found
                found += direction
        return place
