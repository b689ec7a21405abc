"""Reminders that do not leave now: left out today, or put off until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from textual import on
from textual.message import Message

from crm.core.calendar import long_date
from crm.core.errors import CrmError
from crm.core.i18n import _, plural
from crm.followup.actions.dunning import MessageLine
from crm.followup.actions.pauses import PauseDunning
from crm.tui.base import sentence
from crm.tui.cells import clean
from crm.tui.days import typed_day
from crm.tui.reminders import (
    key_of,
)
from crm.tui.screens.reminder_desk import ReminderDesk
from crm.tui.widgets.say_line import Choice, SayLine

LATER, LATER_DAY = "later", "later day"
"""What the say line may ask here."""


class PuttingOffReminders(ReminderDesk):
    """A message left out today, ticked, or put off until a day."""

    @dataclass
    class Put(Message):
        """The customer is reminded later."""

        line: MessageLine
        until: date
        entry_id: int | None

    def action_refuse(self) -> None:
        """Leave this message out today, or take it back."""
        row = self._row
        if row is None:
            return
        name = clean(row.line.name)
        if row.key in self._skipped or row.key in self._rehearsed_now:
            self._skipped.discard(row.key)
            self._rehearsed_now.discard(row.key)
            self.say_line.tell(_("{name} is in today's reminders again.").format(name=name), "✓", "$ok")
            self._fill(row.key)
            return
        following = self._next_key(row.key)
        self._skipped.add(row.key)
        self._ticked.discard(row.key)
        self.say_line.tell(
            _("{name} is left out: nothing goes to them from here today. p waits longer.").format(name=name),
            "○",
            "$muted",
        )
        self._fill(following)

    def action_tick(self) -> None:
        """Tick this message for `O`, or take the tick away; the next is selected."""
        if (row := self._row) is None:
            return
        following = self._next_key(row.key)
        if row.key in self._ticked:
            self._ticked.discard(row.key)
        else:
            self._ticked.add(row.key)
            self._skipped.discard(row.key)
        count = len(self._ticked)
        self.say_line.tell(
            plural("{count} message ticked, O sends it.", "{count} messages ticked, O sends them.", count)
        )
        self._fill(following)

    def action_later(self) -> None:
        """Ask until when."""
        today = self.crm.clock.today()
        answers = [Choice("1", _("tomorrow")), Choice("2", _("Monday")), Choice("3", _("another day"))]
        if today.weekday() == 6:
            answers.pop(1)
        self.say_line.choose(LATER, _("Until when?"), answers)

    @on(SayLine.Chosen)
    def _chosen(self, message: SayLine.Chosen) -> None:
        if message.topic != LATER:
            return
        today = self.crm.clock.today()
        if message.key == "3":
            self.say_line.ask(LATER_DAY, _("Until which day?"), placeholder=_("27/11, Friday, end of month"))
            return
        self._end_question()
        days = 1 if message.key == "1" else 7 - today.weekday()
        self._put_off(today + timedelta(days))

    @on(SayLine.Answered)
    def _day_answered(self, message: SayLine.Answered) -> None:
        if message.topic != LATER_DAY:
            return
        try:
            until = typed_day(message.words, self.crm.clock.today())
        except CrmError as error:
            self.say_line.ask(LATER_DAY, sentence(error))
            return
        self._end_question()
        self._put_off(until)

    def _put_off(self, until: date) -> None:
        """Suspend the customer until a day: the same as `s`, without its form."""
        row = self._row
        if row is None:
            return
        line, action = row.line, PauseDunning(customer=row.line.customer, until=until, reason=_("later"))

        def put() -> Message:
            done = self.crm.runner.run(action, self.crm.actor)
            return self.Put(line, until, done.entry_id)

        self.record(put, topic="put off")

    @on(Put)
    def _put(self, message: Put) -> None:
        following = self._next_key(key_of(message.line))
        self._forget(key_of(message.line))
        for key in [key for key, line in self._plan.items() if line.customer == message.line.customer]:
            self._plan.pop(key)
        told = _("{name} is reminded from {day} on.")
        self._tell_done(message.entry_id, told.format(name=clean(message.line.name), day=long_date(message.until)))
        self._go_on(following)

    def action_pause(self) -> None:
        """Suspend this customer until a day, with a reason."""
        self.propose(PauseDunning, ask=True)
