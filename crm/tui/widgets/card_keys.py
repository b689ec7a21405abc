"""The keys of what is selected, in its own place: each is shown there and not below."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widgets import Static

from crm.tui.widgets.chrome import APART, key_label, key_name, run_clicked


class CardKeys(Static):
    """The keys of the selected message: each is shown here and not below."""

    DEFAULT_CSS = "CardKeys { height: 1; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, markup=False)
        self.words = ""

    def show(self, keys: list[tuple[str, str, str]]) -> None:
        """Show key, label and action of each."""
        content = Content(APART).join(
            key_label(key_name(key), label, f"screen.{action}") for key, label, action in keys
        )
        self.words = content.plain
        self.update(content)

    async def on_click(self, event: events.Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)
