"""Pilot tests: keys go in, messages and tables come out. Nothing waits on seconds, only on work being finished."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fakes import FakeCrm, FakeRunner
from homes import Homes, built
from textual.message import Message
from textual.pilot import Pilot

from crm.bootstrap import Crm
from crm.core.i18n import use_language
from crm.tui.app import RelanceApp
from crm.tui.widgets import say_line
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


@pytest.fixture
def visit() -> Visiting:
    """Run a story at the terminal of a fake house."""

    def run(
        story: Story, runner: FakeRunner | None = None, *, size: tuple[int, int] = WIDE, theme: str = "ardoise"
    ) -> None:
        async def play() -> None:
            told: dict[int, Message] = {}  # a message comes by once for each widget on its way up
            house = FakeCrm(runner or FakeRunner(), theme)
            app = RelanceApp(lambda: house, theme=theme, section="3")  # type: ignore[arg-type, return-value]
            async with app.run_test(
                size=size, message_hook=lambda message: told.setdefault(id(message), message)
            ) as pilot:
                someone = Visit(app, pilot, house.runner, told)
                await someone.settle()
                await story(someone)
                assert someone.app.unexpected == []

        asyncio.run(play())

    return run


@pytest.fixture(autouse=True)
def receipts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said stays until something else is: no story waits on seconds."""
    monkeypatch.setattr(say_line, "RECEIPT_SECONDS", 3_600)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """The databases, made once."""
    return built(tmp_path_factory.mktemp("homes"))


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


@pytest.fixture
def stay(homes: Homes, tmp_path: Path) -> Staying:
    """Run a story at the terminal of a house with a real database."""

    def run(
        story: Stay,
        *,
        size: tuple[int, int] = WIDE,
        section: str = "",
        theme: str = "ardoise",
        language: str = "fr",
        full: bool = True,
        before: Callable[[Crm], None] | None = None,
        faults: bool = False,
        keys: Path | None = None,
    ) -> None:
        async def play() -> None:
            told: dict[int, Message] = {}
            crm = homes.opened(tmp_path, full=full, language=language)
            use_language(language)
            if before is not None:
                before(crm)
            app = RelanceApp(lambda: crm, theme=theme, section=section, faults_folder=tmp_path / "faults", keys=keys)
            async with app.run_test(
                size=size, message_hook=lambda message: told.setdefault(id(message), message)
            ) as pilot:
                guest = Guest(app, pilot, None, told, crm=crm)  # type: ignore[arg-type]
                await guest.settle()
                await story(guest)
                assert faults or app.unexpected == []
            crm.close()

        asyncio.run(play())

    return run
