"""The say line: what a key has done, in words, and the one field in which a screen asks for a word or a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from crm.core.i18n import mark
from crm.tui.widgets.chrome import APART, key_label, key_name

RECEIPT_SECONDS = 5
"""How long a receipt stands before the line returns to what it said."""


class Field(Input):
    """A line to type in: no frame, no blinking, and it takes every letter."""

    DEFAULT_CSS = """
    Field, Field:focus { background: transparent; background-tint: transparent; color: $foreground; }
    Field:focus { text-style: underline; }
    Field > .input--placeholder { color: $muted; text-style: none; }
    """

    def __init__(self, *, id: str | None = None, value: str = "", placeholder: str = "") -> None:  # noqa: A002  # as Textual calls it
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: the keys that give it (the first is shown), and its words."""

    keys: str
    label: str


class Choices(Widget, can_focus=True):
    """The answers to a question, each one key."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", mark("leave"))]
    takes_every_key = True

    @dataclass
    class Chosen(Message):
        """An answer was given."""

        key: str

    @dataclass
    class Left(Message):
        """The person gave up."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: Sequence[Choice] = ()

    def render(self) -> Content:
        """Key and words, side by side."""
        return Content(APART).join(
            key_label(key_name(answer.keys.split(",")[0]), answer.label) for answer in self.answers
        )

    def on_key(self, event: events.Key) -> None:
        """An answer's key gives it; every other one is kept from what lies below."""
        if event.key in {"escape", "tab", "shift+tab", "ctrl+q", "ctrl+c"}:
            return
        event.stop()
        event.prevent_default()
        for answer in self.answers:
            keys = answer.keys.split(",")
            if event.key in keys:
                self.post_message(self.Chosen(keys[0]))
                return

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())


class SayLine(Horizontal):
    """One line above the keys."""

    DEFAULT_CSS = """
    SayLine { height: 1; background: $surface; color: $muted; padding: 0 2; }
    SayLine > #said { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SayLine > #asks { width: auto; height: 1; display: none; }
    SayLine > Question, SayLine > Choices { width: 1fr; height: 1; display: none; }
    SayLine.-asking > #said, SayLine.-choosing > #said { display: none; }
    SayLine.-asking > #asks, SayLine.-asking > Question { display: block; }
    SayLine.-choosing > #asks, SayLine.-choosing > Choices { display: block; }
    SayLine.-choosing { height: auto; }
    SayLine > Choices { height: auto; }
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
    class Chosen(Message):
        """One of the answers offered was given."""

        topic: str
        key: str

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
        yield Choices()

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
        self._draw()

    def on_resize(self) -> None:
        """Cut the words anew."""
        self._draw()

    def _draw(self) -> None:
        """As much as there is room for; what is cut ends in `…`, within a word if need be."""
        room = self.content_size.width
        self.query_one("#said", Static).update(self._said.truncate(room, ellipsis=True) if room else self._said)

    def ask(self, topic: str, label: str, *, value: str = "", placeholder: str = "") -> None:
        """Ask for a word; the answers carry the topic."""
        self._begin(topic, label, "-asking")
        question = self.query_one(Question)
        with question.prevent(Input.Changed):
            question.value = value
        question.placeholder = placeholder
        question.cursor_position = len(value)
        question.focus()

    def choose(self, topic: str, label: str, answers: Sequence[Choice]) -> None:
        """Offer some answers, each one key."""
        self._begin(topic, label, "-choosing")
        choices = self.query_one(Choices)
        choices.answers = answers
        choices.refresh()
        choices.focus()

    def _begin(self, topic: str, label: str, look: str) -> None:
        self._topic = topic
        self.query_one("#asks", Static).update(Content.assemble((label + " ", "bold $accent")))
        self.remove_class("-asking", "-choosing")
        self.add_class(look)

    @property
    def asking(self) -> bool:
        """Whether it waits for an answer."""
        return self.has_class("-asking") or self.has_class("-choosing")

    def end_question(self) -> None:
        """Take the field away."""
        self.remove_class("-asking", "-choosing")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self._topic, event.value))

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(self._topic, event.value))

    @on(Choices.Chosen)
    def _chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        self.post_message(self.Chosen(self._topic, event.key))

    @on(Question.Left)
    @on(Choices.Left)
    def _left(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Left(self._topic))
