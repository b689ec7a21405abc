"""The palette: every action of the screen by its name, found while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from crm.core.i18n import _, mark
from crm.core.names import name_key
from crm.tui.base import CrmScreen
from crm.tui.panel import SidePanel
from crm.tui.screens.help import Command, commands_of
from crm.tui.widgets.say_line import Field
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_MOVES = ("move", "page", "first", "last", "app.focus", "palette")


class NameField(Field):
    """The field of the palette."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("open")),
        Binding("escape", "screen.close", mark("back")),
    ]


class PalettePanel(SidePanel):
    """Actions by name."""

    DEFAULT_CSS = """
    PalettePanel SheetTable { height: 1fr; margin: 1 0 0 0; }
    PalettePanel Field { margin: 1 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", mark("move"), show=False),
        Binding("down", "move(1)", mark("move"), show=False),
    ]

    def __init__(self, crm: Crm, screen: CrmScreen) -> None:
        super().__init__(crm)
        self._commands = [command for command in commands_of(screen) if not command.action.startswith(_MOVES)]

    def body(self) -> ComposeResult:
        """A field, and what answers to it."""
        yield Static(_("Every action by name"), markup=False, classes="title")
        yield NameField(placeholder=_("a word"))
        yield SheetTable[Command](heading=False)

    def on_mount(self) -> None:
        """Show them all, the field in focus."""
        self.query_one(SheetTable).can_focus = False
        self._show("")
        self.query_one(Field).focus()

    def _show(self, words: str) -> None:
        wanted = name_key(words).split()
        rows = [command for command in self._commands if all(word in name_key(command.label) for word in wanted)]
        columns: list[TableColumn[Command]] = [
            TableColumn(_("Action"), 40, lambda command: command.label, most=60, lead=True),
            TableColumn(_("Key"), 12, lambda command: "  ".join(command.keys), "$muted", right=True),
        ]
        self.query_one(SheetTable).show(rows, columns, nothing=_("Nothing answers to this name."))

    def action_move(self, step: int) -> None:
        """Select another action while the field keeps the focus."""
        self.query_one(SheetTable).action_move(step)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _chosen(self) -> None:
        self.query_one(SheetTable).action_open()

    @on(SheetTable.Opened)
    async def _run(self, event: SheetTable.Opened[Command]) -> None:
        self.dismiss()
        self.app.call_later(self.app.run_action, event.row.action, event.row.node)
