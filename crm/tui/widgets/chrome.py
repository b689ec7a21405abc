"""The lines around every screen: sections above, keys below. Nothing else is permanent but the say line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from types import MappingProxyType

from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Input

from crm.core.i18n import _, mark
from crm.tui.cells import between
from crm.tui.days import day_of_week
from crm.tui.sections import SECTIONS, Section

_CLICK = "relance_key"
APART = "   "
"""Between two keys."""

_KEY_NAMES = {
    "enter": mark("enter"),
    "escape": mark("esc"),
    "pageup": mark("pgup"),
    "pagedown": mark("pgdn"),
    "home": mark("home"),
    "end": mark("end"),
    "space": mark("space"),
    "delete": mark("del"),
    "shift+tab": mark("shift+tab"),
}
_KEY_SIGNS = {
    "slash": "/",
    "question_mark": "?",
    "dollar_sign": "$",
    "colon": ":",
    "comma": ",",
    "plus": "+",
    "equals_sign": "=",
    "ampersand": "&",
    "quotation_mark": '"',
    "apostrophe": "'",
    "left_parenthesis": "(",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "underscore": "_",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
_FUNCTION_KEY = re.compile(r"f\d+")


def key_name(key: str) -> str:
    """A key as it is called on the keyboard: `entrée`, `échap`, `/`."""
    if key in _KEY_NAMES:
        return _(_KEY_NAMES[key])
    return key.upper() if _FUNCTION_KEY.fullmatch(key) else _KEY_SIGNS.get(key, key)


def key_label(key: str, verb: str, action: str = "") -> Content:
    """`x expliquer`: the key carries the weight, the verb is quiet; a click does the same."""
    label = Content.assemble((key, "bold $foreground"), (f" {verb}", "$muted"))
    return label.stylize(Style.from_meta({_CLICK: action})) if action else label


async def run_clicked(widget: Widget, event: Click) -> None:
    """Do what the key under the mouse does."""
    if (action := event.style.meta.get(_CLICK)) is not None:
        event.stop()
        await widget.run_action(action)


def keys_in_a_row(labels: list[Content], width: int) -> Content:
    """As many labels as have room; the last one, help, always stays."""
    while len(labels) > 1 and sum(label.cell_length for label in labels) + len(APART) * (len(labels) - 1) > width:
        labels = [*labels[:-2], labels[-1]]
    return Content(APART).join(labels)


class TopLine(Widget):
    """The name of the house, its sections with what waits in each, and the day."""

    DEFAULT_CSS = "TopLine { height: 1; background: $surface; color: $muted; padding: 0 2; }"

    def __init__(self, section: str, today: date | None) -> None:
        super().__init__()
        self._section = section
        self._today = today

    def render(self) -> Content:
        """The line in the width there is: the names of all sections, else of the current one alone."""
        day = Content(day_of_week(self._today) if self._today else "")
        room = self.size.width - day.cell_length - 1
        full = self._sections(named=True)
        return between(full if full.cell_length <= room else self._sections(named=False), day, self.size.width)

    def _sections(self, *, named: bool) -> Content:
        waiting: Mapping[str, int] = getattr(self.app, "waiting", {})
        entries = [self._entry(section, waiting.get(section.digit, 0), named=named) for section in SECTIONS]
        return Content.assemble(("Relance", "bold $accent"), "  ", *entries)

    def _entry(self, section: Section, waiting: int, *, named: bool) -> Content:
        current = section.digit == self._section
        label = f"{section.digit} {_(section.name)}" if named or current else section.digit
        style = "bold $foreground on $raised" if current else ""
        count = (f"{waiting} " if named else "") if waiting else ""
        sign = "" if named or not waiting else "·"
        return Content.assemble((f" {label}", style), (sign, "$accent"), (" ", style), (count, "$accent")).stylize(
            Style.from_meta({_CLICK: f"app.go('{section.digit}')"})
        )

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)


class KeysLine(Widget):
    """What the keys do here and now, each shown once."""

    DEFAULT_CSS = "KeysLine { height: 1; background: $background; color: $muted; padding: 0 2; }"

    elsewhere: Collection[str] = ()
    """Actions whose keys stand on a card or in a notice: a key is shown once."""
    now: Mapping[str, str] = MappingProxyType({})
    """Action → what its key does here and now, where that is not what it does otherwise; in the language of the screen."""
    FIRST = ("accept", "change", "refuse", "accept_all")
    """Actions whose keys stand before all others."""

    def on_mount(self) -> None:
        """Follow the focus and the state of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def render(self) -> Content:
        """The keys that have room, help last."""
        labels = [
            key_label(key_name(binding.key), self.now.get(binding.action) or _(binding.description), action)
            for binding, action in self._shown()
        ]
        return keys_in_a_row(labels, self.size.width)

    async def on_click(self, event: Click) -> None:
        """The mouse works, and is never needed."""
        await run_clicked(self, event)

    def _shown(self) -> Iterator[tuple[Binding, str]]:
        focused = self.screen.focused
        typing = isinstance(focused, Input) or getattr(focused, "takes_every_key", False)
        seen: set[str] = set(self.elsewhere)
        found: list[tuple[Binding, str]] = []
        for node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if not binding.show or not enabled or binding.action in seen or (typing and node is not focused):
                continue
            seen.add(binding.action)
            place = "screen" if node is self.screen else "app" if node is self.app else "focused"
            found.append((binding, f"{place}.{binding.action}" if "." not in binding.action else binding.action))
        yield from sorted(found, key=lambda key: self._rank(key[0].action))

    def _rank(self, action: str) -> int:
        """The card's keys first, help last."""
        first = (*self.FIRST, *getattr(self.screen, "KEYS_FIRST", ()))
        return first.index(action) - len(first) if action in first else int(action == "help")
