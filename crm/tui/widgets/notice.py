"""What stands in the place of a list: why it is empty, or what happened to it, and the next useful keys."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says: one bold sentence, what is to be known about it, and the useful keys."""

    title: str
    text: str = ""
    offers: tuple[Offer, ...] = ()
    failed: bool = False

    @property
    def actions(self) -> frozenset[str]:
        """The actions its keys do."""
        return frozenset(offer.action.removeprefix("screen.") for offer in self.offers)


class Notice(Static, can_focus=True):
    """A message in the place of a list."""

    DEFAULT_CSS = """
    Notice { width: 1fr; max-width: 72; height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, markup=False)
        self.words = ""

    def say(self, told: Told) -> None:
        """Say it; the offers stand below, one a line."""
        parts: list[Content | tuple[str, str]] = [("✗ ", "bold $late3")] if told.failed else []
        parts.append((clean(told.title), "bold"))
        if told.text:
            parts += [("\n\n", ""), (clean(told.text), "")]
        for place, offer in enumerate(told.offers):
            parts += [("\n" if place else "\n\n", ""), key_label(key_name(offer.key), offer.label, offer.action)]
        content = Content.assemble(*parts)
        self.words = content.plain
        self.update(content)

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)
