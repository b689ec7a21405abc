"""A text word for word: a message, a note, what was said."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.tui.cells import clean
from crm.tui.days import dated
from crm.tui.panel import SidePanel

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class TextPanel(SidePanel):
    """Title, day and text."""

    def __init__(self, crm: Crm, title: str, text: str, day: date) -> None:
        super().__init__(crm)
        self._title = title
        self._text = text
        self._day = day

    def body(self) -> ComposeResult:
        """The text, which scrolls."""
        with VerticalScroll(can_focus=True):
            yield Static(self._content(), markup=False)

    def _content(self) -> Content:
        lines = Content("\n").join(Content(clean(line)) for line in self._text.splitlines())
        return Content.assemble((clean(self._title), "bold"), (f"  {dated(self._day)}", "$muted"), "\n\n", lines)

    @property
    def words(self) -> str:
        """What it says."""
        return self._content().plain
