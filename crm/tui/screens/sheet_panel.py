"""The panel that opens a figure: its lines, their sum, how it is made, and the day it is true for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.i18n import _
from crm.core.sheets import Answer, Sheet
from crm.tui.cells import clean
from crm.tui.days import dated
from crm.tui.panel import SidePanel
from crm.tui.sheets import SheetRow, opening, sheet_columns, sheet_rows, sheet_totals
from crm.tui.widgets.notice import Notice, Told
from crm.tui.widgets.sheet_table import SheetTable

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class SheetPanel(SidePanel):
    """Any answer that is a sheet."""

    DEFAULT_CSS = """
    SheetPanel #title { height: auto; }
    SheetPanel #lines { height: auto; max-height: 60%; margin: 1 0 0 0; }
    SheetPanel #total { height: auto; }
    SheetPanel #made { margin: 1 0 0 0; color: $muted; height: auto; }
    SheetPanel Notice { display: none; }
    SheetPanel.-noticed #lines, SheetPanel.-noticed #total, SheetPanel.-noticed #made { display: none; }
    SheetPanel.-noticed Notice { display: block; margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar = []

    @dataclass
    class Arrived(Message):
        """The lines have arrived."""

        sheet: Sheet

    def __init__(self, crm: Crm, action: Action[Any], as_of: date | None = None) -> None:
        super().__init__(crm)
        self._action = action
        self._as_of = as_of or crm.clock.today()

    def body(self) -> ComposeResult:
        """Title, lines, sum, formula."""
        yield Static(id="title", markup=False)
        yield from self.choices()
        yield SheetTable[SheetRow](id="lines")
        yield SheetTable[SheetRow](id="total", keeps_mark=False, heading=False)
        yield Static(id="made", markup=False)
        yield Notice()

    def choices(self) -> ComposeResult:
        """What else could be looked at, below the title."""
        yield from ()

    def on_mount(self) -> None:
        """Ask for the lines."""
        self.query_one("#total", SheetTable).can_focus = False
        self.query_one("#lines", SheetTable).opens = False
        self.look_up(self._action)

    def look_up(self, action: Action[Any]) -> None:
        """Read the answer and show it."""

        def read() -> Message:
            answer: Answer = self.crm.runner.read(action, self.crm.actor)
            return self.Arrived(answer.as_sheet())

        self.in_background(read, topic="sheet")

    @on(Arrived)
    def _show(self, message: Arrived) -> None:
        sheet = message.sheet
        day = _("on {day}").format(day=dated(sheet.as_of or self._as_of))
        title = Content.assemble((clean(sheet.title), "bold"), ("  " + day, "$muted"))
        self.query_one("#title", Static).update(title)
        columns = sheet_columns(sheet, self.crm.clock.today())
        lines, rows = self.query_one("#lines", SheetTable), sheet_rows(sheet)
        lines.opens = any(opening(row) for row in rows)
        lines.show(rows, columns)
        self.query_one("#total", SheetTable).show(sheet_totals(sheet), columns)
        made = _in_lines([clean(note) for note in sheet.notes])
        self.query_one("#made", Static).update("\n\n".join(text for text in (made, clean(sheet.formula)) if text))
        self.remove_class("-noticed")

    @on(SheetTable.Opened)
    def _opened(self, message: SheetTable.Opened[SheetRow]) -> None:
        if (action := opening(message.row)) is not None:
            self.open_panel(SheetPanel(self.crm, action, self._as_of))

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        error = message.error
        self.query_one(Notice).say(Told(error.message, error.next_step, failed=True))
        self.add_class("-noticed")


def _in_lines(notes: Sequence[str]) -> str:
    """Notes one after the other; a whole sentence has a line of its own."""
    told = ""
    for note in notes:
        apart = "" if not told else "\n" if told.endswith(".") or note.endswith(".") else " · "
        told += apart + note
    return told
