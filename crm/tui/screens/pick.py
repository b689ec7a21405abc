"""One of several, chosen from a list in a panel: each with what is to be known of it below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.core.i18n import mark
from crm.tui.panel import SidePanel
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm


@dataclass(frozen=True, slots=True)
class Choosable:
    """What can be chosen: the key it answers by, its name, and a word about it."""

    key: str
    name: str
    about: str = ""


class PickPanel(SidePanel):
    """Closes with the key of what was chosen."""

    ABOUT = mark("Enter takes the selected line.")
    DEFAULT_CSS = """
    PickPanel SheetTable { height: auto; max-height: 14; margin: 1 0; }
    PickPanel.-short SheetTable { max-height: 9; margin: 0; }
    PickPanel VerticalScroll { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", mark("take"), show=False)]

    def __init__(
        self,
        crm: Crm,
        title: str,
        rows: Sequence[Choosable],
        about: Callable[[str], Sequence[Content]] | None = None,
    ) -> None:
        """`about` says what stands below for the selected key."""
        super().__init__(crm)
        self._title = title
        self._rows = rows
        self._about = about

    def body(self) -> ComposeResult:
        """Title, lines, and what is to be known of the selected one."""
        yield Static(Content.styled(self._title, "bold"), markup=False)
        yield SheetTable[Choosable](heading=False)
        with VerticalScroll(can_focus=False):
            yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        columns: list[TableColumn[Choosable]] = [
            TableColumn("", 18, lambda row: row.name, most=34, lead=True),
            TableColumn("", 12, lambda row: row.about, "$muted", most=46, leaves=1),
        ]
        table = self.query_one(SheetTable)
        table.show(list(self._rows), columns)
        table.focus()

    @on(SheetTable.Highlighted)
    def _selected(self, message: SheetTable.Highlighted[Choosable]) -> None:
        if self._about is not None:
            self.query_one("#about", Static).update(Content("\n").join(self._about(message.row.key)))

    @on(SheetTable.Opened)
    def _opened(self, message: SheetTable.Opened[Choosable]) -> None:
        self.dismiss(message.row.key)

    def action_take(self) -> None:
        """Take the selected line."""
        if (row := self.query_one(SheetTable).selected) is not None:
            self.dismiss(row.key)
