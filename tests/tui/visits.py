"""Somebody sitting at the terminal: keys go in, messages and tables come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fakes import FakeRunner
from textual.events import Key
from textual.keys import _character_to_key
from textual.message import Message
from textual.pilot import Pilot

from crm.bootstrap import Crm
from crm.tui.app import RelanceApp
from crm.tui.widgets.chrome import KeysLine, TopLine
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.preview_card import PreviewCard
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

M = TypeVar("M", bound=Message)

WIDE, NARROW = (140, 40), (80, 24)


@dataclass
class Visit:
    """Somebody sitting at the terminal."""

    app: RelanceApp
    pilot: Pilot[None]
    runner: FakeRunner
    messages: dict[int, Message] = field(default_factory=dict)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until what they started is finished."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into the field that has the focus."""
        await self.press(*({" ": "space"}.get(char, char) for char in text))

    def at_once(self, *keys: str, then: str = "") -> None:
        """Press keys and type a text faster than anything can follow."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))
        for char in then:
            self.app.post_message(Key("enter" if char == "\n" else _character_to_key(char), char))

    async def settle(self) -> None:
        """Wait until no worker is at work, no key waits and no message is under way."""
        quiet = 0
        while quiet < 2:
            await self.pilot.pause()
            still = self.app.keys.idle and all(worker.is_finished for worker in self.app.workers)
            quiet = quiet + 1 if still else 0

    def table(self, name: str) -> SheetTable[Any]:
        """A table of the screen on top."""
        return self.app.screen.query_one(f"#{name}", SheetTable)

    def lines(self, name: str) -> list[str]:
        """A table as it is drawn, without the blank ends of its lines."""
        table = self.table(name)
        return [table.render_line(y).text.rstrip() for y in range(table.size.height)]

    def head(self, name: str = "head") -> str:
        """What a line with two ends says."""
        return self.app.screen.query_one(f"#{name}", TwoEnds).words

    @property
    def keys(self) -> str:
        """The line of keys."""
        return self.app.screen.query_one(KeysLine).render().plain

    @property
    def top(self) -> str:
        """The top line."""
        return self.app.screen.query_one(TopLine).render().plain

    @property
    def said(self) -> str:
        """The say line."""
        return self.app.screen.query_one(SayLine).said

    @property
    def notice(self) -> str:
        """What stands in the place of the list; empty when the list is there."""
        notice = self.app.screen.query_one(Notice)
        return notice.words if notice.display else ""

    def told(self, kind: type[M]) -> list[M]:
        """The messages of a kind, in order."""
        return [message for message in self.messages.values() if isinstance(message, kind)]


Story = Callable[[Visit], Awaitable[None]]
Visiting = Callable[..., None]


@dataclass
class Guest(Visit):
    """Somebody at the terminal of a house with a real database."""

    crm: Crm = field(kw_only=True)

    @property
    def screen(self) -> Any:
        """The screen on top."""
        return self.app.screen

    def words(self, selector: str) -> str:
        """What a part of the screen says."""
        return str(self.app.screen.query_one(selector).render())

    @property
    def card(self) -> str:
        """What the card says; empty where none is shown."""
        found = [card for card in self.app.screen.query(PreviewCard) if card.display]
        return found[0].words if found else ""


Stay = Callable[[Guest], Awaitable[None]]
Staying = Callable[..., None]
