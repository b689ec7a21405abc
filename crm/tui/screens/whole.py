"""The whole message: its text word for word, or the words of the page that a reader of HTML sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.core.i18n import _, mark
from crm.tui.cells import clean, fit
from crm.tui.keys import verb
from crm.tui.pages import plain_text
from crm.tui.panel import SidePanel

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_LABEL = 10


class WholePanel(SidePanel):
    """A message over the body; `v` turns between its two forms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        verb(
            "view", "turn", label=mark("text, page"), told=mark("turn between the text and the words of the HTML page")
        )
    ]

    def __init__(self, crm: Crm, fields: Sequence[tuple[str, str]], text: str, html: str) -> None:
        super().__init__(crm)
        self._fields = fields
        self._forms = [(_("Text"), text)] + ([(_("HTML page, its words"), plain_text(html))] if html else [])
        self._form = 0

    def body(self) -> ComposeResult:
        """Envelope and text, to scroll."""
        with VerticalScroll(can_focus=True):
            yield Static(id="whole", markup=False)

    def on_mount(self) -> None:
        """Show the text first."""
        self._draw()

    def _draw(self) -> None:
        name, text = self._forms[self._form]
        parts: list[tuple[str, str]] = []
        for label, value in self._fields:
            if value:
                parts += [(fit(label, _LABEL), "$muted"), (clean(value), ""), ("\n", "")]
        parts += [("\n", ""), (name, "bold $muted"), ("\n\n", "")]
        parts.append(("\n".join(clean(line) for line in text.splitlines()), ""))
        self.query_one("#whole", Static).update(Content.assemble(*parts))

    @property
    def words(self) -> str:
        """What it says."""
        return str(self.query_one("#whole", Static).render())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A message of one form is not turned."""
        return len(self._forms) > 1 if action == "turn" else super().check_action(action, parameters)

    def action_turn(self) -> None:
        """The other form."""
        self._form = (self._form + 1) % len(self._forms)
        self._draw()
        self.query_one(VerticalScroll).scroll_home(animate=False)
