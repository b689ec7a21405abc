"""The field in which a text with values is written: its lines are numbered, and values complete themselves between braces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from crm.core.i18n import mark
from crm.followup.names import all_names, closest

_WORD = re.compile(r"\{[{%][^{}%]*?([A-Za-z_][\w.]*|)$")
_MOST = 5


def word_at(before: str) -> str | None:
    """What is typed of a value at the end of a line; None outside braces."""
    found = _WORD.search(before)
    return found[1] if found else None


def completions(word: str, names: Sequence[str] = ()) -> list[str]:
    """The values that a word may become: those that begin with it, those that hold it, the one most like it."""
    known = names or all_names()
    wanted = word.lower()
    begin = [name for name in known if name.startswith(wanted)]
    hold = [name for name in known if wanted in name and name not in begin]
    found = (begin + hold)[:_MOST]
    if not found and (like := closest(word)):
        found = [like]
    return [] if found == [word] else found


class TemplateField(TextArea):
    """A text with values. It takes every key; `tab` completes a value, else goes on to the next pane."""

    DEFAULT_CSS = """
    TemplateField, TemplateField:focus { border: none; padding: 0; background: $surface; color: $foreground; height: 1fr; scrollbar-size: 0 0; }
    TemplateField:focus { background: $raised; }
    TemplateField .text-area--gutter { color: $muted; }
    TemplateField .text-area--cursor-gutter { color: $foreground; background: $raised; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", mark("keep this text")),
        Binding("tab", "complete", mark("complete")),
        Binding("ctrl+r", "original", mark("the text in force")),
        Binding("shift+tab", "turn", mark("the next value"), show=False),
        Binding("escape", "leave", mark("leave")),
    ]
    takes_every_key = True

    @dataclass
    class Offered(Message):
        """These values may be meant; the one at `chosen` is taken by `tab`."""

        names: Sequence[str]
        chosen: int

    class Kept(Message):
        """The text is to be kept."""

    class Original(Message):
        """The text in force is wanted back."""

    class Left(Message):
        """The person leaves the field."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, compact=True, highlight_cursor_line=False, show_line_numbers=True)
        self.match_cursor_bracket = False
        self.cursor_blink = False
        self._names: Sequence[str] = ()
        self._chosen = 0
        self.values: Mapping[str, str] = {}
        """Value → what it says to the customer of the preview."""

    @property
    def _before(self) -> str:
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    def on_text_area_selection_changed(self) -> None:
        """Another place, other values."""
        word = word_at(self._before) if self.has_focus else None
        self._offer(completions(word) if word is not None else [], 0)

    def on_blur(self) -> None:
        """Nothing is completed where nobody types."""
        self._offer([], 0)

    def _offer(self, names: Sequence[str], chosen: int) -> None:
        if names or self._names:
            self._names, self._chosen = names, chosen
            self.post_message(self.Offered(names, chosen))

    def action_complete(self) -> None:
        """Take the value offered; without one, the next pane."""
        word = word_at(self._before)
        if not self._names or word is None:
            self.screen.focus_next()
            return
        row, column = self.cursor_location
        behind = self.document.get_line(row)[column:].partition("{")[0]
        closing = "" if "}}" in behind or not self._in_value() else " }}"
        self.replace(self._names[self._chosen] + closing, (row, column - len(word)), (row, column))

    def _in_value(self) -> bool:
        """Whether the braces are those of a value, not of a condition."""
        before = self._before
        return before.rfind("{{") > before.rfind("{%")

    def action_turn(self) -> None:
        """Offer the next value first; without one, the pane before."""
        if self._names:
            self._offer(self._names, (self._chosen + 1) % len(self._names))
        else:
            self.screen.focus_previous()

    def action_keep(self) -> None:
        """Keep the text."""
        self.post_message(self.Kept())

    def action_original(self) -> None:
        """Ask for the text in force."""
        self.post_message(self.Original())

    def action_leave(self) -> None:
        """Leave the field."""
        self.post_message(self.Left())
