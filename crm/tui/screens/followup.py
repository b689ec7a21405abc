"""Reminders, one by one: does this message leave? The day in groups at the left, the selected message at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.errors import Stale
from crm.core.i18n import _, mark
from crm.followup.actions.dunning import PreviewDunning, RunDunning, RunReport
from crm.followup.actions.pauses import PauseDunning
from crm.followup.gate import Verdict
from crm.messaging.actions import GoLive
from crm.tui.base import CrmScreen, sentence
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.reminders import (
    Place,
    ReminderRow,
    envelope,
    key_of,
    reminder_columns,
)
from crm.tui.screens.reminder_later import PuttingOffReminders
from crm.tui.screens.reminder_sending import SendingReminders
from crm.tui.screens.reminder_wording import RewordingReminders
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.grouped_table import GroupedTable
from crm.tui.widgets.letter import Letter, LetterField
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.two_ends import TwoEnds

SEARCH = "search"
"""What the say line may ask here."""


class FollowupScreen(SendingReminders, RewordingReminders, PuttingOffReminders):
    """The reminders of today."""

    SECTION = "5"
    ABOUT = mark("Does this message leave? You see each one as it will be read, with the reasons beside it.")
    CSS_PATH = "followup.tcss"
    AUTO_FOCUS = "#reminders"
    NEEDS_LIST = frozenset(
        {
            "accept",
            "accept_all",
            "refuse",
            "change",
            "later",
            "pause",
            "view",
            "tick",
            "search",
            "back",
            "go_live",
            "call",
            "import_file",
        }
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("send"), told=mark("send this message; the end of its text comes on screen first")),
        verb("change", label=mark("change the text"), told=mark("change the text of this message only")),
        verb("refuse", label=mark("not today"), told=mark("leave this message out today; again: take it back")),
        verb("later", label=mark("later"), told=mark("remind this customer later: tomorrow, Monday, another day")),
        verb(
            "accept_all",
            label=mark("send all that is ready"),
            told=mark("send all that is ticked, else all that is ready"),
        ),
        verb("pause"),
        verb("explain", label=mark("why"), told=mark("why: what is decided about this customer, and what comes next")),
        verb("view", told=mark("view the whole message, as text and as the page that is read")),
        verb("tick"),
        Binding("g", "go_live", mark("let them leave"), show=False, tooltip=mark("let messages leave from now on")),
        Binding("b", "outbox", mark("outbox"), tooltip=mark("the outbox: what waits, left, failed or is in doubt")),
        Binding(
            "c", "scenarios", mark("scenarios"), show=False, tooltip=mark("the scenarios: who is reminded when and how")
        ),
        verb("import_file", show=False),
        verb("back", show=False),
    ]

    @dataclass
    class Planned(Message):
        """The reminders of the day have arrived, without their texts."""

        report: RunReport

    def body(self) -> ComposeResult:
        """The day at the left; verdict, reasons, message and keys at the right; or a notice."""
        with Vertical(id="list"):
            yield TwoEnds(id="head")
            yield Static(id="counts", markup=False)
            yield Static(id="band", markup=False)
            yield GroupedTable[ReminderRow](id="reminders", heading=False)
        with Vertical(id="message"):
            yield Static(id="verdict", markup=False)
            yield Static(id="changed", markup=False)
            yield Static(id="reasons", markup=False)
            yield Letter(id="letter")
            yield LetterField(id="editor")
            yield CardKeys(id="answers")
            yield Static(id="leaves", markup=False)
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Bars stand in the place of the list until it has arrived."""
        self._table.opens = False
        self.query_one("#head", TwoEnds).show(Content.styled(_("Today's reminders"), "bold"))
        self._table.await_rows(reminder_columns([], narrow=self.is_narrow))

    # What arrives

    def reload(self) -> None:
        """Plan the day again; the texts are read when their turn comes."""
        self.ask(PreviewDunning(no_text=True), self.Planned, topic="plan")

    @on(Planned)
    def _planned(self, message: Planned) -> None:
        report = message.report
        self._plan = {key_of(line): line for line in report.lines}
        self._whole.clear()
        self._not_live = report.rehearsed
        self._ticked &= self._plan.keys()
        for key in self._own.keys() - self._plan.keys():
            del self._own[key]
        if not report.lines:
            self._tell_nothing(None)
            self._look_ahead()
            return
        if self.end_notice():
            self._table.focus()
        self._showing = ""
        self._fill(self._row.key if self._row else "")

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        error = message.error
        self._busy = ""
        match message.topic:
            case "plan":
                self.notice(not_read(error), error)
            case "text":
                self._show_fault(error)
            case "reword":
                self.say_line.tell(sentence(error), "✗", "$late3")
                self.query_one(LetterField).focus()
            case "coming":
                pass  # the notice says what is known
            case _:
                glyph = "≠" if isinstance(error, Stale) else "✗"
                self.say_line.tell(f"{sentence(error)} {_('Nothing has left.')}", glyph, "$late3")

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self.noticed:
            return super().check_action(action, parameters)
        row = self._row
        leaving = row is not None and row.line.verdict is not Verdict.HOLD
        match action:
            case "accept" | "change":
                written = row is not None and row.place is not Place.SKIPPED and self._as_it_leaves(row.key) is not None
                return leaving and written and self.may(RunDunning)
            case "refuse" | "tick" | "later":
                return leaving
            case "view":
                return leaving
            case "accept_all":
                return self.may(RunDunning) and any(line.verdict is not Verdict.HOLD for line in self._plan.values())
            case "pause":
                return row is not None and self.may(PauseDunning)
            case "go_live":
                return bool(self._not_live) and self.may(GoLive)
            case "back":
                return bool(self._words) or self._letter_focused
            case _:
                return super().check_action(action, parameters)

    @property
    def _letter_focused(self) -> bool:
        return self.focused is not None and self.focused.id == "page"

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self.refresh_bindings()

    def action_go_live(self) -> None:
        """Let messages of a channel leave from now on, after a card."""
        self.propose(GoLive, channel=min(self._not_live))

    def explain(self) -> None:
        """Why this message leaves, waits, or does not."""
        from crm.tui.screens.why import WhyPanel

        if (row := self._row) is not None:
            self.open_panel(WhyPanel(self.crm, row.line.customer))

    def action_view(self) -> None:
        """The whole message over the body: its text, and the page that is read."""
        from crm.tui.screens.whole import WholePanel

        row = self._row
        line = self._as_it_leaves(row.key) if row else None
        if line is not None:
            self.open_panel(WholePanel(self.crm, envelope(line), line.text, line.html))

    def action_outbox(self) -> None:
        """Open the outbox."""
        self.shell.open_place("outbox")

    def action_import_file(self) -> None:
        """Bring a file in."""
        self.shell.open_place("import")

    def action_scenarios(self) -> None:
        """Open the scenarios."""
        self.shell.open_place("scenarios")

    def action_search(self) -> None:
        """Ask for words; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a name"))

    def action_back(self) -> None:
        """From the text to the list; else the search is taken away."""
        if self._letter_focused:
            self._table.focus()
        else:
            self._words = ""
            self._fill(self._row.key if self._row else "")

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._fill(self._row.key if self._row else "")

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill(self._row.key if self._row else "")
        self._end_question()

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == SEARCH:
            self._end_question()
