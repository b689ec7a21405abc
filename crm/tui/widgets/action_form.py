"""The fields of an action to fill in: one line each, what is understood beside it, what is wrong below.

Customers and invoices are completed while one types: `↓` goes through what is offered, `entrée` or `→` takes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from crm.core.actions import Action
from crm.core.i18n import mark
from crm.core.names import name_key
from crm.tui.cells import clean, fit
from crm.tui.forms import FieldKind, Filled, FormField, echo, understood
from crm.tui.widgets.say_line import Field

_MOVES: list[BindingType] = [
    Binding("up", "move(-1)", mark("field before"), show=False),
    Binding("down", "move(1)", mark("next field"), show=False),
    Binding("enter", "next", mark("next")),
    Binding("escape", "leave", mark("back")),
]
_SHORT = frozenset({FieldKind.INVOICE, FieldKind.SCENARIO})
"""Kinds with so few values that all are offered before anything is typed."""
_COMPLETED = frozenset({FieldKind.CUSTOMER, FieldKind.INVOICE, FieldKind.USER, FieldKind.FILE, FieldKind.SCENARIO})
_LABEL = 22


@dataclass(frozen=True, slots=True)
class Option:
    """Something offered to complete a field: the value, how it is called, what tells it apart."""

    value: str
    name: str
    about: str = ""


class Entry(Field):
    """A line of the form to type in."""

    BINDINGS: ClassVar[list[BindingType]] = [*_MOVES, Binding("right", "take", mark("complete"), show=False)]

    def __init__(self, field: FormField, value: str) -> None:
        super().__init__(value=value, id=f"field-{field.name}")
        self.field = field
        self.chosen: tuple[str, str] | None = None
        """What was taken from the options: its value and the name it stands under."""

    @property
    def answer(self) -> str:
        """The value: of the option taken while its name stands, else what was typed."""
        if self.chosen is not None and self.chosen[1] == self.value:
            return self.chosen[0]
        return self.value

    def take(self, option: Option) -> None:
        """Fill in an option."""
        self.chosen = (option.value, option.name)
        self.value = option.name
        self.cursor_position = len(option.name)

    def action_move(self, step: int) -> None:
        """The option or the field above or below."""
        self.post_message(ActionForm.Moved(step))

    def action_next(self) -> None:
        """The next field that is needed; after the last one, the card."""
        self.post_message(ActionForm.Next())

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(ActionForm.Left())

    def action_take(self) -> None:
        """Take the option in front; within the text, move in it."""
        if self.cursor_position < len(self.value):
            self.action_cursor_right()
        else:
            self.post_message(ActionForm.Taken())


class ChoiceEntry(Widget, can_focus=True):
    """A line of the form to choose in: `←` `→` turn, a letter jumps, `retour arrière` empties."""

    DEFAULT_CSS = """
    ChoiceEntry { height: 1; width: 1fr; }
    ChoiceEntry:focus { text-style: underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVES,
        Binding("left", "turn(-1)", mark("choice before")),
        Binding("right,space", "turn(1)", mark("next choice")),
        Binding("backspace,delete", "clear", mark("empty"), show=False),
    ]
    takes_every_key = True

    def __init__(self, field: FormField, value: str) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.answer = value
        self._typed = ""

    def render(self) -> Content:
        """The choice, between the signs that turn it."""
        words = clean(self.field.says(self.answer)) if self.answer else "—"
        if not self.has_focus:
            return Content.styled(words, "" if self.answer else "$muted")
        place = f"{self.field.choices.index(self.answer) + 1}/{len(self.field.choices)}" if self.answer else ""
        return Content.assemble(("‹ ", "$accent"), (words, "bold"), (" ›", "$accent"), (f"  {place}", "$muted"))

    def action_turn(self, step: int) -> None:
        """The choice before or after."""
        choices = ("", *self.field.choices) if not self.field.required else self.field.choices
        place = choices.index(self.answer) if self.answer in choices else (-1 if step > 0 else 0)
        self._choose(choices[(place + step) % len(choices)])

    def action_clear(self) -> None:
        """No choice."""
        self._choose("")

    def _choose(self, value: str) -> None:
        self.answer = value
        self.refresh()
        self.post_message(ActionForm.Changed(self.field))

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next choice that begins with it."""
        if event.character and event.character.isalnum():
            event.stop()
            event.prevent_default()
            wanted = name_key(event.character)
            choices = self.field.choices
            start = choices.index(self.answer) + 1 if self.answer in choices else 0
            for value in (*choices[start:], *choices[:start]):
                if name_key(self.field.says(value)).startswith(wanted):
                    self._choose(value)
                    return

    def action_move(self, step: int) -> None:
        """The field above or below."""
        self.post_message(ActionForm.Moved(step))

    def action_next(self) -> None:
        """The next field that is needed."""
        self.post_message(ActionForm.Next())

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(ActionForm.Left())


class ActionForm(Vertical):
    """The form of an action."""

    DEFAULT_CSS = """
    ActionForm { height: auto; max-height: 1fr; }
    ActionForm > VerticalScroll { height: auto; max-height: 1fr; }
    ActionForm .row { height: 1; }
    ActionForm .label { width: 22; height: 1; color: $muted; padding: 0 1; }
    ActionForm .row > Entry { width: 1fr; background: $background; padding: 0 1; }
    ActionForm .row > ChoiceEntry { background: $background; padding: 0 1; }
    ActionForm .row > Entry:focus, ActionForm .row > ChoiceEntry:focus { background: $raised; }
    ActionForm .echo { width: auto; max-width: 34; height: 1; padding: 0 1; color: $muted; }
    ActionForm #options { display: none; height: auto; margin: 0 0 0 22; padding: 0 1; background: $raised; }
    ActionForm #hint { height: auto; min-height: 2; margin: 1 0 0 0; padding: 0 1; color: $muted; }
    .-short ActionForm #hint { margin: 0; }
    """

    @dataclass
    class Moved(Message):
        """Up or down was pressed."""

        step: int

    @dataclass
    class Next(Message):
        """Enter was pressed in a field."""

    @dataclass
    class Left(Message):
        """The person gave up."""

    @dataclass
    class Taken(Message):
        """The option in front was taken."""

    @dataclass
    class Changed(Message):
        """A field holds something else."""

        field: FormField

    @dataclass
    class Wanted(Message):
        """Options that complete a field are wanted."""

        field: FormField
        words: str

    @dataclass
    class Blank(Message):
        """Enter was pressed and nothing is filled in."""

    @dataclass
    class Ready(Message):
        """Everything needed is there."""

        action: Action[Any]

    def __init__(
        self, kind: type[Action[Any]], fields: Sequence[FormField], texts: Mapping[str, str], today: date
    ) -> None:
        super().__init__()
        self._kind = kind
        self._fields = fields
        self._texts = texts
        self._today = today
        self._options: Sequence[Option] = ()
        self._option = 0
        self.taken: dict[str, Any] = {}
        """Values that are not typed: a file that was taken in."""
        self.trouble = ""
        """What the field in focus cannot be, in words."""
        self._told: dict[str, str] = {}
        self._at = fields[0].name if fields else ""
        """The field that had the focus last."""

    def compose(self) -> ComposeResult:
        """One row a field, the options of the one in focus, and the line that explains it."""
        with VerticalScroll(can_focus=False):
            for field in self._fields:
                value = self._texts.get(field.name, "")
                with Horizontal(classes="row"):
                    sign = "*" if field.required else " "
                    yield Static(fit(f"{field.label} {sign}", _LABEL - 2), markup=False, classes="label")
                    yield ChoiceEntry(field, value) if field.choices else Entry(field, value)
                    yield Static(id=f"echo-{field.name}", markup=False, classes="echo")
            yield Static(id="options", markup=False)
        yield Static(id="hint", markup=False)

    # What it holds

    def entry(self, name: str) -> Entry | ChoiceEntry:
        """The entry of a field."""
        found = self.query_one(f"#field-{name}")
        assert isinstance(found, (Entry, ChoiceEntry))
        return found

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, chosen and taken, by field."""
        typed = {field.name: self.entry(field.name).answer for field in self._fields}
        return {**typed, **self.taken}

    @property
    def current(self) -> FormField | None:
        """The field in focus."""
        focused = self.screen.focused
        return focused.field if isinstance(focused, (Entry, ChoiceEntry)) else None

    def begin(self) -> None:
        """Put the focus where something is still needed, else on the first field that is not filled yet."""
        empty = [field for field in self._fields if not str(self.entry(field.name).answer).strip()]
        needed = [field for field in empty if field.required]
        first = (needed or [field for field in empty if field.kind is not FieldKind.INVOICE] or list(self._fields))[:1]
        for field in first:
            self.entry(field.name).focus()

    def read(self) -> Filled:
        """What is understood of it."""
        return understood(self._kind, self.values, self._fields, self._today)

    def tell(self, troubles: Mapping[str, str]) -> None:
        """Say what is wrong, and go to the first field that is; what concerns none of them leaves one where one was."""
        self._told = dict(troubles)
        wrong = [field.name for field in self._fields if field.name in troubles]
        if at := (wrong or [self._at])[0]:
            self.entry(at).focus()
        self._explain()

    # What happens

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        assert isinstance(event.input, Entry)
        field = event.input.field
        if field.kind in _COMPLETED and event.input.has_focus:
            chosen = event.input.chosen is not None and event.input.chosen[1] == event.value
            if chosen or not event.value.strip():
                self.offer(field, ())
            else:
                self.post_message(self.Wanted(field, event.value))
        self._changed(field)

    @on(Changed)
    def _chose(self, event: Changed) -> None:
        event.stop()
        self._changed(event.field)

    def _changed(self, field: FormField) -> None:
        self._told.pop(field.name, None)
        self._told.pop("", None)
        answer = self.entry(field.name).answer
        self.query_one(f"#echo-{field.name}", Static).update(echo(field, answer, self._today))
        if answer.strip() and (trouble := self.read().troubles.get(field.name)):
            self._told[field.name] = trouble
        self._explain()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        field = self.current
        if field is not None:
            self._at = field.name
        self.offer(field, ()) if field is None or field.kind not in _COMPLETED else self._want(field)
        self._explain()

    def _want(self, field: FormField) -> None:
        entry = self.entry(field.name)
        self.offer(field, ())
        if isinstance(entry, Entry) and (field.kind in _SHORT or entry.value.strip()) and not entry.chosen:
            self.post_message(self.Wanted(field, entry.value))

    def _explain(self) -> None:
        field = self.current
        self.trouble = self._told.get(field.name, "") if field else ""
        self.trouble = self.trouble or self._told.get("", "")
        hint = self.query_one("#hint", Static)
        if self.trouble:
            hint.update(Content.assemble(("✗ ", "bold $late3"), (clean(self.trouble), "$late3")))
        else:
            hint.update(Content.styled(_hint(field) if field else "", "$muted"))

    # What completes a field

    def offer(self, field: FormField | None, options: Sequence[Option]) -> None:
        """Show what could complete the field in focus."""
        if field is not None and field != self.current:
            return
        self._options, self._option = options, -1
        self._draw_options()

    def _draw_options(self) -> None:
        box = self.query_one("#options", Static)
        box.display = bool(self._options)
        if not self._options:
            return
        lines = [
            Content.assemble(
                ("▌" if place == self._option else " ", "$accent"),
                (clean(option.name), "bold" if place == self._option else ""),
                (f"  {clean(option.about)}" if option.about else "", "$muted"),
            )
            for place, option in enumerate(self._options)
        ]
        box.update(Content("\n").join(lines))
        if (field := self.current) is not None and (row := self.entry(field.name).parent) is not None:
            scroll = self.query_one(VerticalScroll)
            assert isinstance(row, Widget)
            scroll.move_child(box, after=row)
            box.scroll_visible(animate=False)

    @on(Taken)
    def _taken(self, event: Taken) -> None:
        event.stop()
        self._take()

    def _take(self) -> bool:
        field = self.current
        entry = self.entry(field.name) if field else None
        if not self._options or not isinstance(entry, Entry):
            return False
        entry.take(self._options[max(0, self._option)])
        self.offer(field, ())
        return True

    @on(Moved)
    def _moved(self, event: Moved) -> None:
        event.stop()
        if self._options and (event.step > 0 or self._option >= 0):
            self._option = max(-1, min(self._option + event.step, len(self._options) - 1))
            self._draw_options()
            return
        self._go(event.step)

    def _go(self, step: int) -> None:
        names = [field.name for field in self._fields]
        field = self.current
        if field is not None:
            self.entry(names[(names.index(field.name) + step) % len(names)]).focus()

    @on(Next)
    def _next(self, event: Next) -> None:
        event.stop()
        field = self.current
        if field is None:
            return
        entry = self.entry(field.name)
        loose = isinstance(entry, Entry) and entry.chosen is None and field.kind is FieldKind.CUSTOMER
        if self._options and (self._option >= 0 or (loose and len(self._options) == 1)):
            self._take()
            return
        if not any(str(value).strip() for value in self.values.values()):
            self.post_message(self.Blank())
        filled = self.read()
        if filled.action is not None:
            self.post_message(self.Ready(filled.action))
            return
        missing = [
            other.name
            for other in self._fields
            if other.name in filled.troubles and not str(self.entry(other.name).answer).strip()
        ]
        after = [other.name for other in self._fields]
        ahead = [name for name in missing if after.index(name) > after.index(field.name)]
        if ahead and field.name not in filled.troubles:
            self.entry(ahead[0]).focus()
        else:
            self.tell(filled.troubles)


def _hint(field: FormField) -> str:
    """What a field is for; of one that is chosen, the choices as they are read."""
    return ", ".join(field.says(choice) for choice in field.choices) or clean(field.hint)
