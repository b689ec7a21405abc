"""Pilot tests: keys go in, messages and tables come out. Nothing waits on seconds, only on work being finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeCrm, FakeRunner
from homes import Homes, built
from textual.message import Message
from visits import WIDE, Guest, Stay, Staying, Story, Visit, Visiting

from crm.bootstrap import Crm
from crm.core.i18n import use_language
from crm.tui.app import RelanceApp
from crm.tui.widgets import say_line


@pytest.fixture
def visit() -> Visiting:
    """Run a story at the terminal of a fake house."""

    def run(
        story: Story, runner: FakeRunner | None = None, *, size: tuple[int, int] = WIDE, theme: str = "ardoise"
    ) -> None:
        async def play() -> None:
            told: dict[int, Message] = {}  # a message comes by once for each widget on its way up
            house = FakeCrm(runner or FakeRunner(), theme)
            app = RelanceApp(lambda: house, theme=theme, section="3")  # type: ignore[arg-type, return-value]  # a stand-in with what the test needs
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
                guest = Guest(app, pilot, None, told, crm=crm)  # type: ignore[arg-type]  # a stand-in with what the test needs
                await guest.settle()
                await story(guest)
                assert faults or app.unexpected == []
            crm.close()

        asyncio.run(play())

    return run
