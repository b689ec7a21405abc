"""Help: what is decided here, what every key does, this screen first, and what the signs say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from crm.core.i18n import _, mark
from crm.tui.base import CrmScreen, panel_width
from crm.tui.cells import fit, wrapped
from crm.tui.panel import SidePanel
from crm.tui.widgets.chrome import key_name

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SIGNS = (
    ("◆", "$accent", mark("waits for your yes")),
    ("↗ ↙", "", mark("leaves the house, came in")),
    ("✓ ✗", "", mark("done or kept, failed or not kept")),
    ("■", "", mark("held: nothing leaves")),
    ("●●○○", "", mark("level or risk: 2 of 4")),
    ("·", "$rule", mark("zero")),
    ("+34 j", "$late2", mark("days late; −33 j: days to come")),
)
"""Sign, its colour, what it says."""
_EVERYWHERE = frozenset({"palette", "app.palette", "app.say", "app.settings", "quit", "undo", "help", "refresh"})
_WIDE = 20
_AROUND = 8
"""Cells that the panel keeps free at its two sides."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done here, and the keys that do it."""

    label: str
    keys: tuple[str, ...]
    node: DOMNode
    action: str

    @property
    def everywhere(self) -> bool:
        """Whether it is the same on every screen."""
        return self.action in _EVERYWHERE or self.action.startswith(("go(", "app.focus"))


def commands_of(screen: Screen[None]) -> Iterator[Command]:
    """What can be done on a screen now: keys with the same label are one command."""
    found: dict[str, Command] = {}
    for node, binding, enabled, _tooltip in screen.active_bindings.values():
        if not binding.description or not enabled or isinstance(node, (Input, VerticalScroll)):
            continue
        label = _(binding.tooltip or binding.description)
        known = found.get(label, Command(label, (), node, binding.action))
        found[label] = Command(label, (*known.keys, key_name(binding.key)), known.node, known.action)
    yield from found.values()


class HelpPanel(SidePanel):
    """The keys of a screen."""

    BINDINGS: ClassVar = []

    def __init__(self, crm: Crm, screen: CrmScreen) -> None:
        super().__init__(crm)
        self._about = _(screen.ABOUT) if screen.ABOUT else ""
        self._commands = list(commands_of(screen))

    def body(self) -> ComposeResult:
        """Key and verb, one a line."""
        with VerticalScroll(can_focus=True):
            yield Static(self._content(), id="table", markup=False)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.query_one("#table", Static).update(self._content())

    def _content(self) -> Content:
        room = max(20, panel_width(self.size.width) - _WIDE - _AROUND)
        here = [command for command in self._commands if not command.everywhere]
        everywhere = [command for command in self._commands if command.everywhere]
        parts: list[tuple[str, str]] = [(self._about, "bold"), ("\n\n", "")] if self._about else []
        for title, commands in ((_("Keys"), here), (_("Everywhere"), everywhere)):
            parts.append((title, "bold $muted"))
            for command in commands:
                label = f"\n{' ' * _WIDE}".join(wrapped(command.label, room))
                parts += [("\n", ""), (fit("  ".join(command.keys), _WIDE), "bold"), (label, "")]
            parts.append(("\n\n", ""))
        parts.append((_("Signs"), "bold $muted"))
        for sign, style, words in SIGNS:
            parts += [("\n", ""), (fit(sign, _WIDE), style), (_(words), "")]
        return Content.assemble(*parts)

    @property
    def words(self) -> str:
        """What it says."""
        return self._content().plain

    def action_help(self) -> None:
        """The same key closes it again."""
        self.dismiss()
