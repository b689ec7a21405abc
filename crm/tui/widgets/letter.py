"""A message as it will leave: envelope, text word for word, and how much of it has not been looked at yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from crm.core.i18n import mark, plural
from crm.tui.cells import clean, fit, wrapped

_LABEL = 9


class Letter(Vertical):
    """A message. The text carries no colour of ours; what follows it is set apart."""

    DEFAULT_CSS = """
    Letter { background: $raised; padding: 1 3; height: 1fr; }
    Letter > #envelope { height: auto; }
    Letter > #page { height: 1fr; margin: 1 0 0 0; }
    Letter > #page > #text { height: auto; }
    Letter > #below { height: 1; color: $muted; }
    """

    class Scrolled(Message):
        """Another part of it is on screen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._fields: Sequence[tuple[str, str]] = ()
        self._text = ""
        self._after: tuple[str, str] = ("", "")
        self._rows = 0
        self._read: set[str] = set()

    def compose(self) -> ComposeResult:
        """Envelope, text, and what is still below."""
        yield Static(id="envelope", markup=False)
        with VerticalScroll(id="page", can_focus=True):
            yield Static(id="text", markup=False)
        yield Static(id="below", markup=False)

    def on_mount(self) -> None:
        """Follow what is on screen."""
        self.watch(self._page, "scroll_y", self._moved, init=False)

    @property
    def _page(self) -> VerticalScroll:
        return self.query_one("#page", VerticalScroll)

    def show(self, fields: Sequence[tuple[str, str]], text: str, *, after: tuple[str, str] = ("", "")) -> None:
        """Show a message from its beginning; `after`: a heading and a text that is not part of it, below."""
        self._fields, self._text, self._after = fields, text, after
        self._draw()
        self._page.scroll_home(animate=False, force=True)
        self.call_after_refresh(self._moved)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()
        self.call_after_refresh(self._moved)

    def _draw(self) -> None:
        parts = []
        for place, (label, value) in enumerate(self._fields):
            style = "bold" if place == len(self._fields) - 1 else ""
            parts += [("\n" if place else "", ""), (fit(label, _LABEL), "$muted"), (clean(value), style)]
        self.query_one("#envelope", Static).update(Content.assemble(*parts))
        lines = self._broken(self._text)
        self._rows = len(lines)
        shown = [Content(line) for line in lines]
        if self._after[1]:
            shown += [Content(""), Content.styled(self._after[0], "bold $muted"), Content("")]
            shown += [Content.styled(line, "$muted") for line in self._broken(self._after[1])]
        self.query_one("#text", Static).update(Content("\n").join(shown))

    def _broken(self, text: str) -> list[str]:
        """The text in lines as wide as the page."""
        width = max(20, self._page.size.width or 66)
        rows: list[str] = []
        for line in text.splitlines():
            rows += wrapped(clean(line), width) or [""]
        return rows

    # What has been looked at

    @property
    def text(self) -> str:
        """The words of the message."""
        return self._text

    @property
    def words(self) -> str:
        """Everything that stands on it."""
        envelope, text, below = (self.query_one(name, Static) for name in ("#envelope", "#text", "#below"))
        return "\n".join(str(part.render()) for part in (envelope, text, below))

    @property
    def rows_below(self) -> int:
        """How many lines of the message have not come on screen at this place."""
        page = self._page
        return max(0, self._rows - round(page.scroll_offset.y) - page.size.height)

    @property
    def seen(self) -> bool:
        """Whether its end has been shown, or what stands below has been read in an earlier message, figures apart."""
        return self.rows_below == 0 or self._shapes(self._broken(self._text)[-self.rows_below :]) <= self._read

    def page_down(self) -> None:
        """Show the next part."""
        page = self._page
        page.scroll_to(y=page.scroll_offset.y + max(1, page.size.height - 1), animate=False, force=True)

    def _moved(self) -> None:
        left = self.rows_below
        if not left and self._text and self._page.size.height:
            self._read |= self._shapes(self._broken(self._text))
        says = (
            ""
            if not left
            else (
                plural(
                    "↓ {count} line, already read in another message",
                    "↓ {count} lines, already read in another message",
                    left,
                )
                if self.seen
                else plural(
                    "↓ {count} line to read before it is sent", "↓ {count} lines to read before it is sent", left
                )
            )
        )
        self.query_one("#below", Static).update(Content.styled(says, "$muted"))
        self.post_message(self.Scrolled())

    @staticmethod
    def _shapes(lines: Sequence[str]) -> set[str]:
        return {re.sub(r"\d+", "0", line.strip()) for line in lines}


class LetterField(TextArea):
    """The text of a message, to change. It takes every key."""

    DEFAULT_CSS = """
    LetterField, LetterField:focus { border: none; padding: 1 3; background: $raised; color: $foreground; height: 1fr; scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", mark("keep this text")),
        Binding("ctrl+r", "original", mark("the text as proposed")),
        Binding("escape", "leave", mark("leave it as it was")),
    ]
    takes_every_key = True

    class Kept(Message):
        """The text is to leave as it stands in the field."""

    class Original(Message):
        """The text as it was proposed is wanted back."""

    class Left(Message):
        """The person gave up."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    def action_keep(self) -> None:
        """Take the text."""
        self.post_message(self.Kept())

    def action_original(self) -> None:
        """Ask for the text as proposed."""
        self.post_message(self.Original())

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())
