"""The preview card, the same for every action: what a yes will change, in full words, then the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from crm.core.i18n import _
from crm.tui.cells import clean, fit
from crm.tui.keys import verb
from crm.tui.widgets.chrome import APART, key_label, key_name, run_clicked

_MEASURE = 70
"""Cells of a line of the card at most, label included."""
_NARROWEST = 24


@dataclass(frozen=True, slots=True)
class CardField:
    """A label and its value; what could be wrong is bold, what it replaces is struck."""

    label: str
    value: str
    strong: bool = False
    old: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What is proposed: an action as an infinitive, its fields, what follows from a yes, and the keys."""

    title: str
    fields: tuple[CardField, ...] = ()
    consequences: tuple[str, ...] = ()
    why: str = ""
    """The reason somebody or something else proposes it."""
    quote: str = ""
    sends: bool = False
    """Something leaves the house."""
    accept: str = ""
    """The label of the yes where it names its object."""
    changes: bool = True
    """Whether another value can be given."""

    def lines(self) -> list[CardField]:
        """The fields, the reason and the consequences as label and value."""
        after = [CardField(_("Then") if place == 0 else "", line) for place, line in enumerate(self.consequences)]
        because = [CardField(_("Because"), self.why)] if self.why else []
        quoted = [CardField(_("Quote"), _("“{text}”").format(text=self.quote))] if self.quote else []
        return [*self.fields, *quoted, *because, *after]

    def answers(self) -> list[tuple[str, str, str]]:
        """Key, label and action of each answer."""
        found = [("o", self.accept or _("yes"), "focused.accept")]
        if self.changes:
            found.append(("m", _("change"), "focused.change"))
        return [*found, ("n", _("no"), "focused.refuse")]


class PreviewCard(Static, can_focus=True):
    """An action as an infinitive, its fields, its consequence, and `o oui  m modifier  n non`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", show=False),
        verb("change", show=False),
        verb("refuse", show=False),
    ]
    DEFAULT_CSS = """
    PreviewCard {
        background: $raised; color: $foreground; border-left: outer $rule;
        padding: 1 2; margin: 1 0 0 0; width: 1fr; max-width: 78; height: auto;
    }
    PreviewCard:focus { border-left: outer $accent; }
    .-short PreviewCard { padding: 0 1; margin: 0; }
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
        self.card: Card | None = None

    def show(self, card: Card) -> None:
        """Show what is proposed."""
        self.card = card
        self._draw()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._draw()

    def _draw(self) -> None:
        if self.card is None:
            return
        content = card_content(self.card, max(_NARROWEST, min(_MEASURE, (self.size.width or _MEASURE) - 4)))
        self.words = content.plain
        self.update(content)

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be changed has no key for it."""
        return action != "change" or (self.card is not None and self.card.changes)

    def action_accept(self) -> None:
        """Say yes."""
        self.post_message(self.Accepted())

    def action_change(self) -> None:
        """Ask for another value."""
        self.post_message(self.ToChange())

    def action_refuse(self) -> None:
        """Say no."""
        self.post_message(self.Declined())


def card_content(card: Card, width: int, *, keys: bool = True) -> Content:
    """A card in a width: values wrap under themselves."""
    lines = card.lines()
    wide = min(max((cell_len(line.label) for line in lines), default=0) + 3, width // 2)
    title = "\n  ".join(wrap(clean(card.title), max(1, width - 2)) or [""])
    parts: list[Content | tuple[str, str]] = [
        ("↗ " if card.sends else "◆ ", "bold $accent"),
        (title, "bold"),
        ("\n", ""),
    ]
    for line in lines:
        parts += _line(line, wide, width - wide)
    if keys:
        labels = [key_label(key_name(key), label, action) for key, label, action in card.answers()]
        parts += [("\n\n", ""), Content(APART).join(labels)]
    return Content.assemble(*parts)


def _line(line: CardField, wide: int, room: int) -> Sequence[Content | tuple[str, str]]:
    parts: list[Content | tuple[str, str]] = []
    style = "bold" if line.strong else ""
    if line.old:
        return [
            ("\n", ""),
            (fit(line.label, wide), "$muted"),
            (clean(line.old), "strike $muted"),
            (" → ", "$muted"),
            (clean(line.value), "bold"),
        ]
    texts = [part for row in line.value.splitlines() or [""] for part in (wrap(clean(row), room) or [""])]
    for place, text in enumerate(texts):
        parts += [("\n", ""), (fit("" if place else line.label, wide), "$muted"), (text, style)]
    return parts
