"""Which columns the list of customers shows, and in which order: boxes to tick, rows to move, all by key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from crm.core.i18n import _, mark
from crm.tui.keys import verb
from crm.tui.panel import SidePanel
from crm.tui.rosters import COLUMNS, LEAD, USUAL_COLUMNS
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm


@dataclass(frozen=True, slots=True)
class Box:
    """A column, and whether it is shown."""

    name: str
    ticked: bool


class ColumnsPanel(SidePanel):
    """The columns of the list of customers. Closes with the chosen names in order, none for the usual ones."""

    ABOUT = mark("Which columns the list of customers shows, and in which order.")
    DEFAULT_CSS = """
    ColumnsPanel SheetTable { height: 1fr; margin: 1 0 0 0; }
    ColumnsPanel.-short SheetTable { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", mark("keep")),
        verb("tick", label=mark("show, hide")),
        Binding("K,shift+up", "shift(-1)", mark("further left")),
        Binding("J,shift+down", "shift(1)", mark("further right")),
        Binding("delete,backspace", "usual", mark("the usual ones")),
    ]

    def __init__(self, crm: Crm, chosen: Sequence[str], fitting: Callable[[Sequence[str]], Collection[str]]) -> None:
        """`fitting` says which of some columns have room on the screen as it is."""
        super().__init__(crm)
        chosen = chosen or USUAL_COLUMNS
        others = [name for name in COLUMNS if name not in {LEAD, *chosen}]
        self._boxes = [*(Box(name, ticked=True) for name in chosen), *(Box(name, ticked=False) for name in others)]
        self._fitting = fitting

    def body(self) -> ComposeResult:
        """Every column, those that are shown first."""
        yield Static(Content.styled(_("Columns of the list"), "bold"), markup=False)
        told = _("The customer always stands first; K and J move the selected column.")
        yield Static(Content.styled(told, "$muted"), markup=False)
        yield SheetTable[Box](heading=False)

    def on_mount(self) -> None:
        """Show them."""
        self._table.opens = False
        self._show(0)
        self._table.focus()

    @property
    def _table(self) -> SheetTable[Box]:
        return self.query_one(SheetTable)

    @property
    def _chosen(self) -> tuple[str, ...]:
        return tuple(box.name for box in self._boxes if box.ticked)

    def _show(self, cursor: int) -> None:
        fitting = self._fitting(self._chosen)

        def about(box: Box) -> str:
            return _("no room on this screen") if box.ticked and box.name not in fitting else ""

        columns: list[TableColumn[Box]] = [
            TableColumn("", 20, _words, lambda box: "" if box.ticked else "$muted", most=30, lead=True),
            TableColumn("", 27, about, "$muted", right=True, leaves=1),
        ]
        self._table.show(self._boxes, columns, cursor=cursor)

    def action_tick(self) -> None:
        """Show the selected column, or hide it; the last one stays."""
        place = self._table.cursor
        box = self._boxes[place]
        if self._chosen != (box.name,):
            self._boxes[place] = replace(box, ticked=not box.ticked)
            self._show(place)

    def action_shift(self, step: int) -> None:
        """Move the selected column."""
        place = self._table.cursor
        to = max(0, min(place + step, len(self._boxes) - 1))
        self._boxes.insert(to, self._boxes.pop(place))
        self._show(to)

    def action_keep(self) -> None:
        """Keep the choice."""
        self.dismiss(self._chosen)

    def action_usual(self) -> None:
        """Back to the columns nobody has to choose."""
        self.dismiss(())


def _words(box: Box) -> str:
    return f"[{'✓' if box.ticked else ' '}] {_(COLUMNS[box.name])}"
