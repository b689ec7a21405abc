"""The outbox on a real database: states in plain words, and what is done with each message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from build import LEA, a_customer, an_invoice
from pydantic import Field
from sqlmodel import select
from textual.pilot import Pilot
from textual.widgets import Static

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect
from crm.core.errors import OutsideFault
from crm.core.runner import Context
from crm.customers.actions import UpdateCompany
from crm.followup.actions.dunning import RunDunning
from crm.messaging.actions import GoLive, ShowOutbox
from crm.messaging.models import Delivery, OutgoingMessage
from crm.tui.app import RelanceApp
from crm.tui.screens.act import ActPanel
from crm.tui.screens.outbox import MessagePanel, OutboxScreen
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine

WIDE, NARROW = (140, 40), (80, 24)


class Become(Action[str]):
    """Let a message stand in a state, as a dispatcher would."""

    effect = Effect.WRITE

    to: str = Field(description="Its recipient")
    state: str = Field(description="The state")
    reason: str = Field("", description="What happened")

    def perform(self, context: Context) -> str:
        """Change the row, and note an attempt."""
        row = context.session.exec(select(OutgoingMessage).where(OutgoingMessage.recipient == self.to)).one()
        row.state, row.reason, row.attempts = self.state, self.reason, 1
        context.session.add(row)
        at = datetime(2026, 11, 24, 9, tzinfo=UTC)
        if self.reason:
            context.session.add(
                Delivery(message_id=row.id, attempt=1, at=at, outcome=self.state, code="451", server_reply=self.reason)
            )
        return self.state


@dataclass
class Desk:
    """Somebody at the outbox."""

    app: RelanceApp
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each followed to its end."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Wait until no worker is at work and no message is under way."""
        quiet = 0
        while quiet < 3:
            await self.pilot.pause()
            quiet = quiet + 1 if all(worker.is_finished for worker in self.app.workers) else 0

    @property
    def screen(self) -> OutboxScreen:
        """The outbox."""
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, OutboxScreen))

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Customer and state, in the order of the list."""
        return [(line.name, line.state) for line in self.screen._table.members]

    def part(self, name: str) -> str:
        """What a part of the screen says."""
        return str(self.screen.query_one(name, Static).render())

    @property
    def answers(self) -> str:
        """The keys of the selected message."""
        return self.screen.query_one(CardKeys).words

    @property
    def said(self) -> str:
        """The say line."""
        return self.screen.query_one(SayLine).said

    @property
    def notice(self) -> str:
        """What stands in the place of the list."""
        notice = self.screen.query_one(Notice)
        return notice.words if notice.display else ""


def at_the_outbox(
    crm: Crm, story: Callable[[Desk], Awaitable[None]], *, size: tuple[int, int] = WIDE, theme: str = "ardoise"
) -> None:
    """Play a story at the outbox of a house."""

    async def play() -> None:
        app = RelanceApp(lambda: crm, theme=theme, section="5")
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot)
            await desk.settle()
            await desk.press("b")
            await story(desk)
            assert app.unexpected == []

    asyncio.run(play())


STATES = {"Dupont": "uncertain", "Martin": "failed", "Petit": "queued", "Caron": "sent"}


@pytest.fixture
def office(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """One message in doubt, one that failed, one that waits, one that left."""
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    for place, name in enumerate(STATES, 1):
        a_customer(crm, f"C-{place}", name, regime="B2B", email=f"{name.lower()}@x.example")
        an_invoice(crm, f"F-{place}", customer=name, days_late=4)
    crm.runner.run(RunDunning(), LEA)
    for name, state in STATES.items():
        if state != "queued":
            reason = {"uncertain": "The connection broke.", "failed": "Mailbox unknown."}.get(state, "")
            crm.runner.run(Become(to=f"{name.lower()}@x.example", state=state, reason=reason), LEA)
    return crm


def state_of(crm: Crm, name: str) -> str:
    """Where a customer's message stands."""
    with crm.database.reading() as session:
        query = select(OutgoingMessage.state).where(OutgoingMessage.recipient == f"{name.lower()}@x.example")
        return session.exec(query).one()


def test_what_waits_for_a_decision_stands_first(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        assert desk.rows == list(STATES.items())
        assert "1 message to decide about" in str(desk.screen.query_one("#head").render())

    at_the_outbox(office, story)


def test_a_message_in_doubt_is_explained_with_two_answers(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        assert "Nobody knows whether this message left" in desk.part("#state")
        assert desk.answers == "o it arrived   n it did not arrive: send it again"

    at_the_outbox(office, story)


@pytest.mark.parametrize(("key", "state"), [("o", "sent"), ("n", "queued")])
def test_was_it_sent_is_decided_on_a_card(office: Crm, key: str, state: str) -> None:
    async def story(desk: Desk) -> None:
        await desk.press(key)
        assert isinstance(desk.app.screen, ActPanel)
        assert state_of(office, "Dupont") == "uncertain"
        await desk.press("o")
        assert state_of(office, "Dupont") == state
        assert ("Dupont", state) in desk.rows

    at_the_outbox(office, story)


def test_one_that_failed_is_tried_again(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        assert "will not by itself" in desk.part("#state")
        assert desk.answers == "o try again now   n cancel it"
        await desk.press("o", "o")
        assert state_of(office, "Martin") == "queued"

    at_the_outbox(office, story)


def test_one_that_waits_is_cancelled_and_stays_readable(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j", "j")
        assert desk.answers == "n cancel it"
        await desk.press("n", "o")
        assert state_of(office, "Petit") == "cancelled"
        assert ("Petit", "cancelled") in desk.rows

    at_the_outbox(office, story)


def test_one_that_left_has_no_key(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("end")
        assert desk.answers == ""
        await desk.press("o", "n")
        assert isinstance(desk.app.screen, OutboxScreen)

    at_the_outbox(office, story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_enter_opens_word_for_word_with_every_attempt(office: Crm, size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j", "enter")
        panel = desk.app.screen
        assert isinstance(panel, MessagePanel)
        assert "Attempt 1" in panel.words
        assert "451 Mailbox unknown." in panel.words
        with office.database.reading() as session:
            text = session.exec(
                select(OutgoingMessage.text).where(OutgoingMessage.recipient == "martin@x.example")
            ).one()
        assert all(line in panel.words for line in text.splitlines())

    at_the_outbox(office, story, size=size)


def test_f_goes_through_the_states(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("f")
        assert desk.rows == [("Dupont", "uncertain")]
        assert desk.said == "Only: uncertain."
        await desk.press("f", "f", "f", "f")
        assert len(desk.rows) == 4

    at_the_outbox(office, story)


def test_a_search_finds_a_name(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("slash", *"petit")
        assert [name for name, _state in desk.rows] == ["Petit"]
        await desk.press("escape")
        assert len(desk.rows) == 4

    at_the_outbox(office, story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_an_empty_outbox_says_what_will_stand_there(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)

    async def story(desk: Desk) -> None:
        assert desk.notice.startswith("The outbox is empty.")
        await desk.press("escape")
        assert not isinstance(desk.app.screen, OutboxScreen)

    at_the_outbox(crm, story, size=size)


def test_a_fault_says_what_happened_and_how_to_go_on(office: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> None:
        raise OutsideFault("The database does not answer.")

    kept = ShowOutbox.perform

    async def story(desk: Desk) -> None:
        assert desk.notice.startswith("✗ The database does not answer.")
        monkeypatch.setattr(ShowOutbox, "perform", kept)
        await desk.press("enter")
        assert desk.notice == ""

    monkeypatch.setattr(ShowOutbox, "perform", fail)
    at_the_outbox(office, story)


@pytest.mark.parametrize("theme", ["ardoise", "papier"])
def test_a_hostile_answer_of_a_server_is_only_text(office: Crm, theme: str) -> None:
    office.runner.run(Become(to="dupont@x.example", state="failed", reason="[bold]550[/ \x1b[31m no"), LEA)

    async def story(desk: Desk) -> None:
        await desk.press("j")
        assert "[bold]550[/" in desk.part("#word-for-word")
        assert "\x1b" not in desk.part("#word-for-word")
        await desk.press("enter", "escape")
        assert isinstance(desk.app.screen, OutboxScreen)

    at_the_outbox(office, story, theme=theme, size=WIDE)
