"""The yes to reminders: one by one as they were seen, or many after one card."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.message import Message

from crm.core.i18n import _
from crm.followup.actions.dunning import MessageLine, PreviewDunning, RunDunning, RunReport
from crm.followup.gate import Verdict
from crm.tui.cells import clean
from crm.tui.reminders import (
    Place,
    all_sent_words,
    key_of,
    sent_words,
    what_changed,
)
from crm.tui.screens.reminder_desk import ReminderDesk, found_in


class SendingReminders(ReminderDesk):
    """One message, or all that is ready or ticked."""

    @dataclass
    class Sent(Message):
        """A yes was carried out: what left, and what it would be instead where it was no longer the same."""

        seen: MessageLine
        report: RunReport
        entry_id: int | None
        now: MessageLine | None

    def action_accept(self) -> None:
        """Send this message as it is seen, once its end has been on screen."""
        row = self._row
        line = self._as_it_leaves(row.key) if row else None
        if row is None or line is None or self._busy:
            return
        if not self._letter.seen:
            self._letter.page_down()
            return
        self._busy = row.key
        texts = {line.customer: self._own[row.key][0]} if row.key in self._own else {}
        action = RunDunning(customers=(line.customer,), texts=texts, seals={row.key: line.seal})
        key = row.key

        def send() -> Message:
            done = self.crm.runner.run(action, self.crm.actor)
            left = found_in(done.result, key)
            now = None
            if left is None or left.verdict is Verdict.HOLD:
                now = found_in(self.crm.runner.read(PreviewDunning(customers=(line.customer,)), self.crm.actor), key)
            return self.Sent(line, done.result, done.entry_id, now)

        self.record(send, topic="send")

    @on(Sent)
    def _sent(self, message: Sent) -> None:
        seen, key = message.seen, key_of(message.seen)
        self._busy = ""
        left = found_in(message.report, key)
        if left is None or left.verdict is Verdict.HOLD:
            self._no_longer(seen, message.now)
            return
        following = self._next_key(key)
        rehearsed = left.channel in message.report.rehearsed
        self._forget(key)
        if rehearsed:
            self._rehearsed_now.add(key)
        else:
            self._plan.pop(key, None)
        receipt = sent_words(left, rehearsed=rehearsed)
        self._tell_done(message.entry_id, receipt)
        self._go_on(following)

    def _no_longer(self, seen: MessageLine, now: MessageLine | None) -> None:
        """It is another message than the one that was seen: nothing has left, it is shown anew."""
        key, told = key_of(seen), what_changed(seen, now)
        self._forget(key)
        self.say_line.tell(f"{clean(seen.name)} : {told} {_('Nothing has left.')}", "≠", "$late2")
        if now is None:
            following = self._next_key(key)
            self._plan.pop(key, None)
            self._go_on(following)
            return
        self._changed[key] = f"{told} {_('Nothing has left: read it again.')}"
        self._plan[key] = self._whole[key] = now
        self._showing = ""
        self._fill(key)

    def action_accept_all(self) -> None:
        """Show what all that is ready, or ticked, comes to; one yes sends it."""
        from crm.tui.screens.send_all import SendAllPanel

        rows = self._rows()
        chosen = [row.line for row in rows if row.ticked] or [row.line for row in rows if row.place is Place.READY]
        if not chosen:
            self.say_line.tell(_("None is ready by itself. Read those to confirm, or tick some with space."))
            return
        own = {line.customer: self._own[key_of(line)][0] for line in chosen if key_of(line) in self._own}
        skip = tuple(
            sorted(
                {row.line.customer for row in rows if row.place is Place.SKIPPED} - {line.customer for line in chosen}
            )
        )
        panel = SendAllPanel(self.crm, chosen, texts=own, skip=skip, ticked=bool(self._ticked))
        self.open_panel(panel, self._all_sent)

    def _all_sent(self, report: RunReport | None) -> None:
        if report is None:
            return
        left = [line for line in report.lines if line.verdict is not Verdict.HOLD]
        for line in left:
            self._forget(key_of(line))
            if line.channel in report.rehearsed:
                self._rehearsed_now.add(key_of(line))
        self.say_line.tell(all_sent_words(left, rehearsed=bool(report.rehearsed)) + f" {_('z to undo')}", "✓", "$ok")
        self._edition = self.shell.edition
        self.reload()
