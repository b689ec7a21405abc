"""The side panel: opens over the right of a screen, closes with `échap`; below 110 columns it takes the whole body."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from crm.tui.base import CrmScreen, panel_width
from crm.tui.keys import verb
from crm.tui.widgets.chrome import KeysLine


class SidePanel(CrmScreen, ModalScreen[Any]):
    """A tinted column that replaces boxes."""

    DEFAULT_CSS = """
    SidePanel > KeysLine { dock: bottom; }
    SidePanel > #side { dock: right; height: 100%; margin: 1 0 2 0; background: $surface; padding: 1 2 0 3; }
    SidePanel.-short > #side { padding: 0 2 0 3; }
    SidePanel.-narrow > #side { padding: 0 1; }
    SidePanel Static { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [verb("back", "close")]

    def compose(self) -> ComposeResult:
        """The panel, and its keys in the place of the screen's."""
        with Vertical(id="side"):
            yield from self.body()
        yield KeysLine()

    def on_resize(self) -> None:
        """Take the part of the width that a panel takes."""
        self.query_one("#side").styles.width = panel_width(self.size.width)

    def action_close(self) -> None:
        """Go back to the screen."""
        self.dismiss()
