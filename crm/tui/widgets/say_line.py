"""The say line: what a key has done, in words, and the one field in which a screen asks for a word or a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from crm.core.i18n import mark

RECEIPT_SECONDS = 5
"""How long a receipt stands before the line returns to what it said."""


class Field(Input):
    """A line to type in: no frame, no blinking, and it takes every letter."""

    DEFAULT_CSS = """
    Field, Field:focus { background: transparent; background-tint: transparent; color: $foreground; }
    Field:focus { text-style: underline; }
    Field > .input--placeholder { color: $muted; text-style: none; }
    """

    def __init__(self, *, id: str | None = None, value: str = "", placeholder: str = "") -> None:  # noqa: A002
        super().__init__(value=value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False


class Question(Field):
    """The field of the say line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("confirm")),
        Binding("escape", "leave", mark("leave")),
    ]

    @dataclass
    class Left(Message):
        """The person gave up."""

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())


class SayLine(Horizontal):
    """One line above the keys."""

    DEFAULT_CSS = """
    SayLine { height: 1; background: $surface; color: $muted; padding: 0 2; }
    SayLine > #said { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SayLine > #asks { width: auto; height: 1; display: none; }
    SayLine > Question { width: 1fr; display: none; }
    SayLine.-asking > #said { display: none; }
    SayLine.-asking > #asks, SayLine.-asking > Question { display: block; }
    """

    @dataclass
    class Typed(Message):
        """The words so far."""

        topic: str
        words: str

    @dataclass
    class Answered(Message):
        """The words, meant."""

        topic: str
        words: str

    @dataclass
    class Left(Message):
        """The person gave the question up."""

        topic: str

    def __init__(self) -> None:
        super().__init__()
        self._resting = self._said = Content("")
        self._receipt: Timer | None = None
        self._topic = ""

    def compose(self) -> ComposeResult:
        """What is said, and what is asked."""
        yield Static(id="said", markup=False)
        yield Static(id="asks", markup=False)
        yield Question()

    @property
    def said(self) -> str:
        """The words on the line."""
        return self._said.plain

    def rest(self, words: Content) -> None:
        """Say this while nothing else is to be said."""
        self._resting = words
        if self._receipt is None:
            self._say(words)

    def tell(self, words: str, glyph: str = "", style: str = "") -> None:
        """Say what has just been done; it stands for a few seconds."""
        lead = [(f"{glyph} ", style)] if glyph else []
        self._say(Content.assemble(*lead, (words, "$foreground")))
        if self._receipt is not None:
            self._receipt.stop()
        self._receipt = self.set_timer(RECEIPT_SECONDS, self._end_receipt)

    def _end_receipt(self) -> None:
        self._receipt = None
        self._say(self._resting)

    def _say(self, words: Content) -> None:
        self._said = words
        self.query_one("#said", Static).update(words)

    def ask(self, topic: str, label: str, *, value: str = "", placeholder: str = "") -> None:
        """Ask for a word; the answers carry the topic."""
        self._topic = topic
        self.query_one("#asks", Static).update(Content.assemble((label + " ", "bold $accent")))
        question = self.query_one(Question)
        with question.prevent(Input.Changed):
            question.value = value
        question.placeholder = placeholder
        question.cursor_position = len(value)
        self.add_class("-asking")
        question.focus()

    def end_question(self) -> None:
        """Take the field away."""
        self.remove_class("-asking")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self._topic, event.value))

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(self._topic, event.value))

    @on(Question.Left)
    def _left(self, event: Question.Left) -> None:
        event.stop()
        self.post_message(self.Left(self._topic))
