"""A reminder in one's own words: what is kept there leaves in the place of what was proposed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.errors import Invalid, Stale
from crm.core.i18n import _
from crm.followup.actions.dunning import MessageLine, RunDunning
from crm.tui.base import CrmScreen
from crm.tui.reminders import (
    Key,
)
from crm.tui.screens.reminder_desk import ReminderDesk, found_in
from crm.tui.widgets.letter import LetterField


class RewordingReminders(ReminderDesk):
    """The text of one message in the person's own words."""

    @dataclass
    class Reworded(Message):
        """A message as it leaves in the person's own words."""

        key: Key
        text: str
        line: MessageLine

    def action_change(self) -> None:
        """Open the text in a field: what is kept there leaves in the place of what was proposed."""
        row = self._row
        line = self._as_it_leaves(row.key) if row else None
        if row is None or line is None:
            return
        self._showing = row.key
        editor = self.query_one(LetterField)
        editor.text = self._drafts.get(row.key, line.text)
        self.add_class("-editing")
        self._letter.display = False
        editor.focus()
        self.query_one("#leaves", Static).update(
            Content.styled(
                _("Only this message changes. The subject stays, the proposed text is kept beside yours."), "$muted"
            )
        )

    @on(LetterField.Kept)
    def _keep(self) -> None:
        row, text = self._row, self.query_one(LetterField).text
        if row is None:
            return
        proposed = self._whole.get(row.key)
        if proposed is not None and text.strip() == proposed.text.strip():
            self._own.pop(row.key, None)
            self._drafts.pop(row.key, None)
            self._end_editing(_("The text is the one that was proposed."))
            return
        key, customer = row.key, row.line.customer
        self._drafts[key] = text

        def reword() -> Message:
            seen = self.crm.runner.preview(RunDunning(customers=(customer,), texts={customer: text}), self.crm.actor)
            line = found_in(seen.result, key)
            if line is None or not line.text:
                raise Stale(_("This message is not planned any more."))
            return self.Reworded(key, text, replace(line, attached=proposed.attached if proposed else ()))

        if not text.strip():
            self.post_message(CrmScreen.Failed(Invalid(_("The text is empty.")), "reword"))
            return
        self.in_background(reword, topic="reword")

    @on(Reworded)
    def _reworded(self, message: Reworded) -> None:
        self._own[message.key] = (message.text, message.line)
        self._drafts.pop(message.key, None)
        self._end_editing(_("Your words are kept for this message; the proposed text stands below. o sends them."))

    @on(LetterField.Original)
    def _original(self) -> None:
        if (row := self._row) is not None and (proposed := self._whole.get(row.key)) is not None:
            self.query_one(LetterField).text = proposed.text

    @on(LetterField.Left)
    def _leave_editor(self) -> None:
        row, text = self._row, self.query_one(LetterField).text
        line = self._as_it_leaves(row.key) if row else None
        if row is not None and line is not None and text != line.text:
            self._drafts[row.key] = text
            self._end_editing(_("The text stays as it was. m opens your draft again."))
        else:
            self._end_editing("")

    def _end_editing(self, told: str) -> None:
        self.remove_class("-editing")
        self._table.focus()
        if told:
            self.say_line.tell(told)
        self._fill(self._row.key if self._row else "")
