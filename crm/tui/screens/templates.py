"""The texts of reminders: by level, channel, tone and language, and which are the company's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content

from crm.core.actions import Action
from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.core.sheets import Column, Sheet
from crm.followup.actions.templates import EditTemplate, ListTemplates
from crm.followup.policy import LEVELS
from crm.followup.slots import TONES
from crm.messaging.actions import CHANNELS
from crm.tui.keys import verb
from crm.tui.screens.lists import Item, ListScreen
from crm.tui.widgets.say_line import Choice, SayLine

if TYPE_CHECKING:
    from crm.bootstrap import Crm

FILTER = "filter"
SPOKEN = {"fr": mark("French"), "en": mark("English")}
"""Language → its name."""
_KEPT: Mapping[str, tuple[str, Callable[[Item], bool]]] = {
    "t": (mark("all texts"), lambda _item: True),
    "v": (mark("your own"), lambda item: bool(item["own"])),
    "e": (mark("e-mail"), lambda item: item["channel"] == "email"),
    "s": (mark("SMS"), lambda item: item["channel"] == "sms"),
    "a": (mark("telephone"), lambda item: item["channel"] == "phone"),
    "l": (mark("letter"), lambda item: item["channel"] == "registered_letter"),
    "f": (mark("French"), lambda item: item["language"] == "fr"),
    "g": (mark("English"), lambda item: item["language"] == "en"),
}
"""Key of the filter → its words, and which texts it leaves."""


def level_dots(level: int) -> str:
    """`●●○○`: the level of four; the notice before the due date has none."""
    return "●" * level + "○" * (4 - level)


def slot_words(item: Mapping[str, Any]) -> str:
    """`courriel · ton standard · français`."""
    tone = _("tone: {tone}").format(tone=_(TONES[str(item["tone"])]))
    return " · ".join((_(CHANNELS[str(item["channel"])]), tone, _(SPOKEN[str(item["language"])])))


class TemplatesScreen(ListScreen):
    """Every text there is."""

    SECTION = "5"
    ABOUT = mark("What reminders say: by level, channel, tone and language. Enter opens a text, e writes it anew.")
    TITLE_WORDS = mark("Texts of the reminders")
    ITEMS = "templates"
    LEAVES: ClassVar[Mapping[str, int]] = {"by": 9, "level": 8}
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("write_text", "filter", "search")
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"write_text", "filter"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("write", "write_text", told=mark("write: put your own words in place of this text")),
        verb("filter", told=mark("filter: a channel, a language, or your own texts only")),
    ]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._only = "t"

    def question(self) -> Action[Any]:
        """All of them."""
        return ListTemplates()

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """In words, those that the filter leaves."""
        left = [item for item in items if _KEPT[self._only][1](item)]
        columns = (
            Column("step", _("Step")),
            Column("level", _("Level")),
            Column("channel", _("Channel")),
            Column("tone", _("Tone")),
            Column("language", _("Language")),
            Column("own", _("Text")),
            Column("by", _("Last change")),
        )
        return replace(sheet, columns=columns, rows=tuple(map(self._words_of, left))), left

    def _words_of(self, item: Item) -> tuple[Any, ...]:
        changed = ""
        if item["version"]:
            day = shown_date(date.fromisoformat(item["day"]), self.crm.clock.today())
            changed = f"{day} · {item['by']}"
        return (
            _(LEVELS[item["level"]]),
            level_dots(item["level"]),
            _(CHANNELS[item["channel"]]),
            _(TONES[item["tone"]]),
            _(SPOKEN[item["language"]]),
            _("your own, version {number}").format(number=item["version"]) if item["own"] else _("reference wording"),
            changed,
        )

    @property
    def narrowed(self) -> bool:
        """Whether a filter leaves some out."""
        return self._only != "t"

    @property
    def nothing(self) -> str:
        """What an empty list says."""
        if self._only == "v" and not self._words:
            return _("All texts are the reference wording: e on one of them writes your own.")
        return super().nothing

    def _head(self) -> Content:
        head = super()._head()
        if not self.narrowed:
            return head
        return Content.assemble(head, "  ", (_(_KEPT[self._only][0]), "underline"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action == "write_text" and not self.may(EditTemplate):
            return False
        return super().check_action(action, parameters)

    def open_item(self) -> None:
        """Open the selected text beside how it reads."""
        if self.item:
            self.shell.open_place("template", slot=self.item)

    def action_write_text(self) -> None:
        """Open it to write at once."""
        if self.item:
            self.shell.open_place("template", slot=self.item, writing=True)

    def action_filter(self) -> None:
        """Ask which are to be left."""
        self.say_line.choose(FILTER, _("Only:"), [Choice(key, _(words)) for key, (words, _left) in _KEPT.items()])

    @on(SayLine.Chosen)
    def _chosen(self, message: SayLine.Chosen) -> None:
        if message.topic == FILTER:
            self._only = message.key
            self.end_question()
            self.reload()

    def action_back(self) -> None:
        """Take the search away, then the filter; then back to the screen below."""
        if self.narrowed and not self._words:
            self._only = "t"
            self.reload()
        else:
            super().action_back()
