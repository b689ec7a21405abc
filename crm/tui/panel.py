"""The side panel: opens over the right of a screen, closes with `échap`; below 110 columns it takes the whole body."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from crm.core.i18n import mark
from crm.tui.base import CrmScreen
from crm.tui.widgets.chrome import KeysLine


class SidePanel(CrmScreen, ModalScreen[None]):
    """A tinted column that replaces boxes."""

    DEFAULT_CSS = """
    SidePanel > KeysLine { dock: bottom; }
    SidePanel > #side {
        dock: right; width: 84; height: 100%; margin: 1 0 2 0; background: $surface; padding: 1 2 0 3;
    }
    SidePanel.-narrow > #side { width: 100%; padding: 0 1; }
    SidePanel Static { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", mark("back"))]

    def compose(self) -> ComposeResult:
        """The panel, and its keys in the place of the screen's."""
        with Vertical(id="side"):
            yield from self.body()
        yield KeysLine()

    def action_close(self) -> None:
        """Go back to the screen."""
        self.dismiss()
