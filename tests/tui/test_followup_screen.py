"""The reminders one by one, on a real database: keys go in, messages in the outbox come out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from build import LEA, TODAY, a_customer, a_payment, an_invoice
from pydantic import Field
from sqlmodel import select
from textual.pilot import Pilot
from textual.widgets import Static

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect
from crm.core.calendar import Clock
from crm.core.errors import OutsideFault
from crm.core.runner import Context
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.customers.models import Document, Hold
from crm.followup.actions.dunning import PreviewDunning
from crm.followup.actions.pauses import PauseDunning
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.tui.app import RelanceApp
from crm.tui.reminders import ReminderRow
from crm.tui.screens.act import ActPanel
from crm.tui.screens.followup import FollowupScreen
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.outbox import OutboxScreen
from crm.tui.screens.send_all import SendAllPanel
from crm.tui.screens.whole import WholePanel
from crm.tui.screens.why import WhyPanel
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.letter import Letter, LetterField
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.preview_card import PreviewCard
from crm.tui.widgets.say_line import SayLine

WIDE, NARROW, TALL = (140, 40), (80, 24), (140, 90)
"""TALL shows a whole text at once."""


class KeepDocument(Action[str]):
    """Let the file of an invoice be known."""

    effect = Effect.WRITE

    invoice: str = Field(description="Its number")

    def perform(self, context: Context) -> str:
        """Add the row."""
        name = f"{self.invoice}.pdf"
        context.session.add(Document(sha256="0" * 64, name=name, size=1_000, kind="invoice", subject=self.invoice))
        return name


@dataclass
class Desk:
    """Somebody at the reminders of a house."""

    app: RelanceApp
    pilot: Pilot[None]
    crm: Crm

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each followed to its end."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into the field that has the focus."""
        await self.press(*({" ": "space"}.get(char, char) for char in text))

    async def settle(self) -> None:
        """Wait until no worker is at work, no key waits and no message is under way."""
        quiet = 0
        while quiet < 3:
            await self.pilot.pause()
            still = self.app.keys.idle and all(worker.is_finished for worker in self.app.workers)
            quiet = quiet + 1 if still else 0

    @property
    def screen(self) -> FollowupScreen:
        """The reminders."""
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, FollowupScreen))

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Customer and place of each message, in the order of the list."""
        return [(row.line.name, row.place.value) for row in self.screen._table.members]

    @property
    def row(self) -> ReminderRow:
        """The selected message."""
        found = self.screen._table.selected
        assert found is not None
        return found

    def part(self, name: str) -> str:
        """What a part of the screen says."""
        return str(self.screen.query_one(name, Static).render())

    @property
    def letter(self) -> Letter:
        """The message as it will leave."""
        return self.screen.query_one(Letter)

    @property
    def answers(self) -> str:
        """The keys on the card."""
        return self.screen.query_one(CardKeys).words

    @property
    def keys(self) -> str:
        """The line of keys of the screen on top."""
        return self.app.screen.query_one(KeysLine).render().plain

    @property
    def said(self) -> str:
        """The say line."""
        return self.screen.query_one(SayLine).said

    @property
    def notice(self) -> str:
        """What stands in the place of the list."""
        notice = self.screen.query_one(Notice)
        return notice.words if notice.display else ""

    def list_lines(self) -> list[str]:
        """The list as it is drawn."""
        table = self.screen._table
        return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


Story = Callable[[Desk], Awaitable[None]]


def at_the_desk(crm: Crm, story: Story, *, size: tuple[int, int] = TALL, theme: str = "ardoise") -> None:
    """Play a story at the reminders of a house."""

    async def play() -> None:
        app = RelanceApp(lambda: crm, theme=theme, section="5")
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot, crm)
            await desk.settle()
            await story(desk)
            assert app.unexpected == []

    asyncio.run(play())


@pytest.fixture
def office(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Our company, live by e-mail; three customers who are late and one who is held."""
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", phone="02 40 12 34 56"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    for number, name, days, amount in (
        ("C-1", "Dupont", 4, "1250.50"),
        ("C-2", "Martin", 20, "800.00"),
        ("C-3", "Petit", 5, "300.00"),
        ("C-4", "Caron", 6, "500.00"),
    ):
        a_customer(crm, number, name, regime="B2B", email=f"compta@{name.lower()}.example")
        an_invoice(crm, f"F-{number[2:]}", customer=name, days_late=days, amount=amount)
    a_payment(crm, "P-1", customer="Martin", amount="10.00")
    crm.runner.run(PauseDunning(customer="C-4", until=TODAY + timedelta(days=9), reason="payment plan"), LEA)
    return crm


def queued(crm: Crm) -> dict[str, OutgoingMessage]:
    """The outbox by recipient."""
    with crm.database.reading() as session:
        return {row.recipient.partition("@")[2].partition(".")[0]: row for row in session.exec(select(OutgoingMessage))}


def broken(crm: Crm, kind: type[Action[Any]], error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an action fail."""

    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr(kind, "perform", fail)


# What is on screen


def test_the_day_stands_in_three_groups_with_the_reason_of_what_is_held(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        assert desk.rows == [("Martin", "ask"), ("Dupont", "ready"), ("Petit", "ready"), ("Caron", "held")]
        drawn = "\n".join(desk.list_lines())
        assert "To confirm  1" in drawn
        assert "Ready  2" in drawn
        assert "Held today  1" in drawn
        assert "payment plan" in drawn
        assert "2 ready" in desk.part("#counts")

    at_the_desk(office, story)


def test_the_reasons_that_ask_stand_before_what_has_passed(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        reasons = desk.part("#reasons").splitlines()
        assert reasons[0].startswith("◆ ")
        assert "not matched yet" in reasons[0]
        assert reasons[-1].startswith("✓ ")
        assert desk.part("#verdict").startswith("◆ To confirm  1 of 1 · reminder 2")

    at_the_desk(office, story)


def test_the_message_is_shown_exactly_as_it_leaves(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        assert desk.row.line.name == "Dupont"
        shown = desk.letter.text
        await desk.press("o")
        assert queued(office)["dupont"].text == shown
        assert "compta@dupont.example" not in desk.letter.words

    at_the_desk(office, story)


def test_texts_are_read_for_the_selected_message_only(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        assert set(desk.screen._whole) == {"C-2/EUR"}
        await desk.press("j")
        assert set(desk.screen._whole) == {"C-2/EUR", "C-1/EUR"}

    at_the_desk(office, story)


def test_a_held_one_shows_why_and_no_letter(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("end")
        assert desk.row.line.name == "Caron"
        assert "payment plan" in desk.part("#reasons")
        assert not desk.letter.display
        assert desk.answers == ""
        await desk.press("o", "n", "m")
        assert queued(office) == {}

    at_the_desk(office, story)


def test_the_hour_of_departure_and_the_files_are_told_before_the_yes(office: Crm) -> None:
    office.clock = office.runner.clock = Clock.at("2026-11-24T21:30")
    office.runner.run(KeepDocument(invoice="F-2"), LEA)

    async def story(desk: Desk) -> None:
        assert "leaves Wednesday 25 November 2026 at 9:00" in desk.part("#leaves")
        assert "F-2.pdf" in desk.letter.words

    at_the_desk(office, story)


# One by one


def test_o_sends_this_one_tells_it_and_goes_on(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("o")
        assert set(queued(office)) == {"martin"}
        assert desk.said == "✓ Reminder to Martin, €800.00: queued to leave. z to undo"
        assert desk.row.line.name == "Dupont"
        assert [name for name, _place in desk.rows] == ["Dupont", "Petit", "Caron"]

    at_the_desk(office, story)


def test_enter_never_sends(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("enter", "enter")
        assert queued(office) == {}

    at_the_desk(office, story)


@pytest.mark.parametrize("size", [NARROW, (140, 30)])
def test_o_on_a_text_whose_end_was_not_shown_pages_down_first(office: Crm, size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        assert not desk.letter.seen
        below = desk.letter.rows_below
        await desk.press("o")
        assert queued(office) == {}
        assert desk.letter.rows_below < below
        presses = 1
        while not queued(office):
            await desk.press("o")
            presses += 1
            assert presses < 12
        assert set(queued(office)) == {"martin"}

    at_the_desk(office, story, size=size)


def test_a_text_read_to_its_end_once_counts_as_read(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        while "dupont" not in queued(office):
            await desk.press("o")
        assert desk.row.line.name == "Petit"
        assert "already read" in desk.letter.words
        await desk.press("o")
        assert "petit" in queued(office)

    at_the_desk(office, story, size=(140, 34))


def test_a_message_that_changed_since_it_was_seen_is_not_sent_and_shown_anew(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        an_invoice(office, "F-9", customer="Dupont", days_late=8, amount="99.50")
        await desk.press("o")
        assert queued(office) == {}
        assert "≠" in desk.said
        assert desk.row.line.name == "Dupont"
        assert "€1,250.50" in desk.part("#changed")
        assert "€1,350.00" in desk.part("#changed")
        assert "F-9" in desk.letter.text
        await desk.press("o")
        assert queued(office)["dupont"].total_cents == 135_000

    at_the_desk(office, story)


def test_one_that_was_paused_meanwhile_is_not_sent_and_says_why(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        office.runner.run(PauseDunning(customer="C-2", reason="told us to wait"), LEA)
        await desk.press("o")
        assert queued(office) == {}
        assert "told us to wait" in desk.part("#changed")
        assert ("Martin", "held") in desk.rows

    at_the_desk(office, story)


# Skip, later, suspend


def test_skip_one_of_a_run_and_send_the_rest(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j", "n")
        assert ("Dupont", "skipped") in desk.rows
        assert desk.row.line.name == "Petit"
        await desk.press("O")
        assert isinstance(desk.app.screen, SendAllPanel)
        card = desk.app.screen.query_one(PreviewCard)
        assert "Send 1 reminder" in card.words
        assert "€300.00" in card.words
        await desk.press("o")
        assert set(queued(office)) == {"petit"}
        assert desk.said.startswith("✓ 1 reminder is in the outbox, €300.00.")
        assert ("Dupont", "skipped") in desk.rows

    at_the_desk(office, story)


def test_n_again_takes_it_back(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("n")
        while desk.row.line.name != "Martin":
            await desk.press("j")
        assert "take it back" in desk.answers
        await desk.press("o")
        assert queued(office) == {}
        await desk.press("n")
        assert ("Martin", "ask") in desk.rows

    at_the_desk(office, story)


def test_space_ticks_and_one_yes_sends_what_is_ticked(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("space", "space")
        assert "2 messages ticked" in desk.said
        await desk.press("O", "o")
        assert set(queued(office)) == {"martin", "dupont"}

    at_the_desk(office, story)


def test_the_card_of_all_can_be_refused_and_every_text_looked_at(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("O", "tab", "enter")
        panel = desk.app.screen
        assert isinstance(panel, WholePanel)
        assert "compta@dupont.example" in panel.words
        await desk.press("escape", "escape")
        assert isinstance(desk.app.screen, FollowupScreen)
        assert queued(office) == {}

    at_the_desk(office, story)


def test_what_changes_between_the_card_and_the_yes_is_left_out(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("O")
        office.runner.run(PauseDunning(customer="C-1", reason="told us to wait"), LEA)
        await desk.press("o")
        assert set(queued(office)) == {"petit"}

    at_the_desk(office, story)


def test_p_reminds_later_and_s_asks_with_a_reason(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("p", "2")
        assert "Martin" not in [name for name, _place in desk.rows]
        with office.database.reading() as session:
            hold = session.exec(select(Hold).order_by(Hold.id.desc())).first()  # type: ignore[union-attr]  # a column of the class, which mypy takes for a value
        assert hold is not None
        assert (hold.until.isoformat() if hold.until else "") == "2026-11-30"
        assert "z to undo" in desk.said
        await desk.press("s")
        assert isinstance(desk.app.screen, ActPanel)

    at_the_desk(office, story)


def test_z_stops_what_has_not_left(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("o", "z", "o")
        assert ("Martin", "ask") in desk.rows

    at_the_desk(office, story)


# One's own words


async def rewrite(desk: Desk, text: str) -> None:
    """Put a text into the editor and keep it."""
    await desk.press("m")
    desk.screen.query_one(LetterField).text = text
    await desk.press("ctrl+s")


def test_m_changes_this_text_only_and_keeps_both(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        proposed = desk.letter.text
        await rewrite(desk, "Dear Sir,\n\nPlease call me about F-1.\n\nLucie")
        assert "Please call me about F-1." in desk.letter.text
        assert "The text as it was proposed" in desk.letter.words
        assert " ".join(proposed.splitlines()[2].split()) in " ".join(desk.letter.words.split())
        assert "in your own words" in desk.part("#verdict")
        await desk.press("o")
        sent = queued(office)["dupont"]
        assert "Please call me about F-1." in sent.text
        assert "Please call me about F-1." in sent.html

    at_the_desk(office, story)


def test_an_edited_text_leaves_with_the_rest_of_a_run(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("j")
        await rewrite(desk, "Only for Dupont.")
        await desk.press("O", "o")
        found = queued(office)
        assert "Only for Dupont." in found["dupont"].text
        assert "Only for Dupont." not in found["petit"].text

    at_the_desk(office, story)


def test_escape_leaves_the_text_and_m_opens_the_draft_again(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("m")
        await desk.type("hello o")
        await desk.press("escape")
        assert queued(office) == {}
        assert "hello o" not in desk.letter.text
        await desk.press("m")
        assert desk.screen.query_one(LetterField).text.startswith("hello o")
        await desk.press("ctrl+r", "ctrl+s")
        assert not desk.row.own_words

    at_the_desk(office, story)


@pytest.mark.parametrize("text", ["", "  \n ", "a\x00b"])
def test_a_text_that_cannot_leave_is_told_and_stays_in_the_field(office: Crm, text: str) -> None:
    async def story(desk: Desk) -> None:
        await rewrite(desk, text)
        assert desk.screen.editing
        assert desk.said.startswith("✗ ")

    at_the_desk(office, story)


# Why, whole text, outbox


def test_x_tells_why_somebody_is_not_reminded(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("end", "x")
        panel = desk.app.screen
        assert isinstance(panel, WhyPanel)
        assert "payment plan" in panel.words
        assert panel.words.startswith("Caron")

    at_the_desk(office, story, size=WIDE)


def test_v_shows_the_whole_message_and_the_words_of_its_page(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("v")
        panel = desk.app.screen
        assert isinstance(panel, WholePanel)
        assert desk.letter.text.splitlines()[0] in panel.words
        await desk.press("v")
        assert "HTML page" in panel.words
        assert "<" not in panel.words.partition("HTML page")[2]
        assert "F-2" in panel.words

    at_the_desk(office, story)


def test_b_opens_the_outbox(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("b")
        assert isinstance(desk.app.screen, OutboxScreen)
        await desk.press("escape")
        assert isinstance(desk.app.screen, FollowupScreen)

    at_the_desk(office, story)


def test_a_search_narrows_the_list_and_is_never_markup(office: Crm) -> None:
    async def story(desk: Desk) -> None:
        await desk.press("slash")
        await desk.type("dup")
        assert [name for name, _place in desk.rows] == ["Dupont"]
        await desk.type("[b]")
        assert "dup[b]" in desk.part("#verdict")
        await desk.press("escape")
        assert len(desk.rows) == 4

    at_the_desk(office, story)


# Rehearsal, empty, broken, hostile


def test_before_going_live_a_band_says_that_nothing_leaves(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=4)

    async def story(desk: Desk) -> None:
        assert desk.part("#band").startswith("Rehearsal: nothing leaves")
        await desk.press("o")
        assert queued(crm)["dupont"].state == "rehearsed"
        assert "nothing has left" in desk.said
        assert desk.rows == [("Dupont", "rehearsed")]
        await desk.press("g", "o")
        assert not desk.screen.query_one("#band").display

    at_the_desk(crm, story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nobody_today_says_when_the_next_ones_come(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=-8)

    async def story(desk: Desk) -> None:
        assert desk.notice.startswith("Nobody to remind today.")
        assert "27 November" in desk.notice
        assert "1 message" in desk.notice
        an_invoice(crm, "F-2", days_late=6)
        await desk.press("f5")
        assert desk.notice == ""
        assert desk.rows == [("Dupont", "ready")]

    at_the_desk(crm, story, size=size)


def test_a_house_without_invoices_is_told_where_reminders_come_from(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)

    async def story(desk: Desk) -> None:
        assert desk.notice.startswith("Nobody to remind yet.")
        assert "Whatever is due has been asked for" not in desk.notice
        await desk.press("i")
        assert isinstance(desk.app.screen, ImportScreen)

    at_the_desk(crm, story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_fault_says_what_happened_and_how_to_go_on(
    office: Crm, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async def story(desk: Desk) -> None:
        assert desk.notice.startswith("✗ The database does not answer.")
        monkeypatch.undo()
        await desk.press("enter")
        assert desk.notice == ""
        assert len(desk.rows) == 4

    with monkeypatch.context() as only:
        broken(office, PreviewDunning, OutsideFault("The database does not answer."), only)
        monkeypatch.undo = only.undo  # type: ignore[method-assign]  # the test takes its place
        at_the_desk(office, story, size=size)


def test_a_fault_while_sending_says_that_nothing_has_left(office: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.followup.actions.dunning import RunDunning

    async def story(desk: Desk) -> None:
        broken(office, RunDunning, OutsideFault("The disk is full."), monkeypatch)
        await desk.press("o")
        assert desk.said == "✗ The disk is full. Nothing has left."
        assert desk.row.line.name == "Martin"

    at_the_desk(office, story)


def test_somebody_who_may_not_send_has_no_key_for_it(office: Crm) -> None:
    from dataclasses import replace as changed

    office.actor = changed(LEA, role="reader")

    async def story(desk: Desk) -> None:
        assert "o " not in desk.answers.split("   ")[0]
        await desk.press("o", "O")
        assert queued(office) == {}
        assert isinstance(desk.app.screen, FollowupScreen)

    at_the_desk(office, story)


@pytest.mark.parametrize("name", ["[bold]x[/", "[@click=app.quit]y", "株式会社山田商店", "[/][/]"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_hostile_name_is_only_a_name(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    crm.actor = LEA
    crm.runner.run(UpdateCompany(name="Atelier [red]", sender_name="[b]Lucie"), LEA)
    a_customer(crm, "C-1", name, regime="B2B", email="compta@dupont.example", contact_name="[u]Mme")
    an_invoice(crm, "F-1", customer="C-1", days_late=4)

    async def story(desk: Desk) -> None:
        assert name in "\n".join(desk.list_lines())
        await desk.press("x")
        await desk.press("escape", "v", "escape", "O", "escape")
        assert isinstance(desk.app.screen, FollowupScreen)

    at_the_desk(crm, story, size=size)


@pytest.mark.parametrize("theme", ["ardoise", "papier"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_both_themes_at_both_sizes(office: Crm, theme: str, size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        assert desk.row.line.name == "Martin"
        if size == NARROW:
            assert all(key in desk.keys for key in ("o read on", "m change", "n not today", "? help"))
            assert len(desk.part("#reasons").splitlines()) <= 3
        else:
            assert "o read on" in desk.answers

    at_the_desk(office, story, size=size, theme=theme)
