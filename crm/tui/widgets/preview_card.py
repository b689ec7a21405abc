"""The preview card, the same for every action: what a yes will change, in full words, then the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from crm.core.i18n import _, mark
from crm.tui.cells import clean, fit
from crm.tui.widgets.chrome import APART, key_label, run_clicked

_MEASURE = 66
"""Cells of a line of the card, label included."""


@dataclass(frozen=True, slots=True)
class CardField:
    """A label and its value; what could be wrong is bold."""

    label: str
    value: str
    strong: bool = False


class PreviewCard(Static, can_focus=True):
    """An action as an infinitive, its fields, its consequence, and `o oui  m modifier  n non`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,y", "accept", mark("yes"), show=False),
        Binding("m", "change", mark("change"), show=False),
        Binding("n,escape", "refuse", mark("no"), show=False),
    ]
    DEFAULT_CSS = """
    PreviewCard {
        background: $raised; color: $foreground; border-left: outer $rule;
        padding: 1 2; margin: 1 0 0 0; width: 1fr; max-width: 76; height: auto;
    }
    PreviewCard:focus { border-left: outer $accent; }
    """

    @dataclass
    class Accepted(Message):
        """The person said yes to exactly what the card shows."""

    @dataclass
    class ToChange(Message):
        """The person wants another value."""

    @dataclass
    class Declined(Message):
        """The person said no."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, markup=False)
        self.words = ""

    def show(self, title: str, fields: Sequence[CardField], consequence: Sequence[str] = ()) -> None:
        """Show what is proposed."""
        after = [CardField(_("Then") if place == 0 else "", line) for place, line in enumerate(consequence)]
        wide = max((len(field.label) for field in (*fields, *after)), default=0) + 3
        parts: list[Content | tuple[str, str]] = [("◆ ", "bold $accent"), (clean(title), "bold"), ("\n", "")]
        for field in (*fields, *after):
            style = "bold" if field.strong else ""
            for place, line in enumerate(wrap(clean(field.value), _MEASURE - wide) or [""]):
                parts += [("\n", ""), (fit("" if place else field.label, wide), "$muted"), (line, style)]
        keys = [
            key_label("o", _("yes"), "focused.accept"),
            key_label("m", _("change"), "focused.change"),
            key_label("n", _("no"), "focused.refuse"),
        ]
        content = Content.assemble(*parts, "\n\n", Content(APART).join(keys))
        self.words = content.plain
        self.update(content)

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)

    def action_accept(self) -> None:
        """Say yes."""
        self.post_message(self.Accepted())

    def action_change(self) -> None:
        """Ask for another value."""
        self.post_message(self.ToChange())

    def action_refuse(self) -> None:
        """Say no."""
        self.post_message(self.Declined())
