"""What stands in the place of a list: why it is empty, or what happened to it, and the next useful keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from crm.tui.cells import clean
from crm.tui.widgets.chrome import key_label, key_name, run_clicked


@dataclass(frozen=True, slots=True)
class Offer:
    """A key and what it does, shown in the notice itself."""

    key: str
    label: str
    action: str


class Notice(Static, can_focus=True):
    """One bold sentence, what is to be known about it, and what can be done."""

    DEFAULT_CSS = """
    Notice { width: 1fr; max-width: 72; height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, markup=False)
        self.words = ""

    def say(self, title: str, lines: Sequence[str], offers: Sequence[Offer] = (), *, failed: bool = False) -> None:
        """Say it; the offers stand below, one a line."""
        head: list[tuple[str, str]] = [("✗ ", "bold $late3")] if failed else []
        parts: list[Content | tuple[str, str]] = [*head, (clean(title), "bold")]
        for line in lines:
            parts += [("\n\n", ""), (clean(line), "")]
        for place, offer in enumerate(offers):
            parts += [("\n" if place else "\n\n", ""), key_label(key_name(offer.key), offer.label, offer.action)]
        content = Content.assemble(*parts)
        self.words = content.plain
        self.update(content)

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)
