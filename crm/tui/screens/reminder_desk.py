"""What every part of the screen of reminders shares: the plan of the day, and the message in sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.calendar import long_date
from crm.core.errors import CrmError
from crm.core.i18n import _
from crm.core.names import name_key
from crm.followup.actions.dunning import MessageLine, PreviewDunning, RunDunning, RunReport
from crm.followup.gate import Verdict
from crm.messaging.actions import GoLive
from crm.receivables.actions import ListInvoices
from crm.tui.base import NoticedScreen, Subject, sentence
from crm.tui.cells import clean
from crm.tui.reminders import (
    NAMES,
    Key,
    Place,
    ReminderRow,
    counts_line,
    day_title,
    envelope,
    group_about,
    key_of,
    leaves_line,
    nothing_today,
    reason_lines,
    rehearsal_band,
    reminder_columns,
    rows_of_day,
    shown_hour,
    verdict_line,
    what_changed,
)
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.grouped_table import Group, GroupedTable, Head
from crm.tui.widgets.letter import Letter
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_LOOK_AHEAD = 14
"""Days in which the next reminders are looked for when there are none today."""


class ReminderDesk(NoticedScreen):
    """What is planned, what has been read of it, and how it is shown."""

    @dataclass
    class Coming(Message):
        """When the next ones come, once there are none today."""

        found: tuple[date, int] | None
        ever: bool = True
        """Whether there is any invoice at all."""

    @dataclass
    class Written(Message):
        """A message has arrived with its text; None: nothing is planned for it any more."""

        key: Key
        line: MessageLine | None

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._plan: dict[Key, MessageLine] = {}
        self._whole: dict[Key, MessageLine] = {}
        """Messages with their texts, as they were read."""
        self._own: dict[Key, tuple[str, MessageLine]] = {}
        """The person's own words, and the message as it leaves with them."""
        self._drafts: dict[Key, str] = {}
        self._skipped: set[Key] = set()
        self._rehearsed_now: set[Key] = set()
        self._ticked: set[Key] = set()
        self._changed: dict[Key, str] = {}
        """What changed between looking and the yes."""
        self._not_live: frozenset[str] = frozenset()
        self._words = ""
        self._showing: Key = ""
        self._busy: Key = ""

    # What is there

    @property
    def _table(self) -> GroupedTable[ReminderRow]:
        return self.query_one("#reminders", GroupedTable)

    @property
    def _letter(self) -> Letter:
        return self.query_one(Letter)

    @property
    def _row(self) -> ReminderRow | None:
        return self._table.selected

    @property
    def editing(self) -> bool:
        """Whether a text is being changed."""
        return self.has_class("-editing")

    @property
    def subject(self) -> Subject:
        """The selected customer."""
        row = self._row
        return Subject(row.line.customer, row.line.name) if row else Subject()

    def _rows(self) -> list[ReminderRow]:
        return rows_of_day(
            self._plan.values(),
            skipped=self._skipped,
            rehearsed=self._rehearsed_now,
            ticked=self._ticked,
            own_words=self._own,
        )

    def _next_key(self, key: Key) -> Key:
        """The message that comes after one in the list, else the one before."""
        keys = [row.key for row in self._table.members]
        if key not in keys:
            return keys[0] if keys else ""
        place = keys.index(key)
        return keys[place + 1] if place + 1 < len(keys) else keys[max(0, place - 1)]

    def _as_it_leaves(self, key: Key) -> MessageLine | None:
        """The message with its text, if it has been read."""
        return self._own[key][1] if key in self._own else self._whole.get(key)

    # What is shown

    def _fill(self, wanted: Key) -> None:
        """The list, one row selected: the one that is wanted, else the first."""
        rows = self._rows()
        words = name_key(self._words)
        found = [row for row in rows if words in name_key(row.line.name)] if words else rows
        selected = next((row for row in found if row.key == wanted), None)
        groups = []
        for place in Place:
            members = [row for row in found if row.place is place]
            groups.append(
                Group(Head(_(NAMES[place]), group_about(place, len(members), ticked=bool(self._ticked))), members)
            )
        self._draw_head(rows)
        self._table.show_groups(
            groups, reminder_columns(rows, narrow=self.is_narrow), selected=selected, heads=not self.is_narrow
        )
        if not found:
            self._show_no_one()
        self.refresh_bindings()

    def _draw_head(self, rows: list[ReminderRow]) -> None:
        self.query_one("#head", TwoEnds).show(day_title(rows, narrow=self.is_narrow), Content(""))
        self.query_one("#counts", Static).update(counts_line(rows))
        band = self.query_one("#band", Static)
        band.display = bool(self._not_live)
        if self._not_live:
            band.update(rehearsal_band(self._not_live, may=self.may(GoLive)))

    @on(SheetTable.Highlighted, "#reminders")
    def _selected(self, message: SheetTable.Highlighted[ReminderRow]) -> None:
        row = self._row
        if row is None or self.editing:
            return
        if row.key != self._showing:
            self._showing = row.key
            self._read_message(row)
        self._show_message(row)

    def _read_message(self, row: ReminderRow) -> None:
        """Read the text of the selected message, unless it is known."""
        key, line = row.key, row.line
        if key in self._own or key in self._whole or line.verdict is Verdict.HOLD:
            return

        def read() -> Message:
            report = self.crm.runner.read(PreviewDunning(customers=(line.customer,)), self.crm.actor)
            return self.Written(key, found_in(report, key))

        self.in_background(read, topic="text")

    @on(Written)
    def _written(self, message: Written) -> None:
        key, line = message.key, message.line
        if line is None:
            if (seen := self._plan.pop(key, None)) is not None:
                self.say_line.tell(f"{clean(seen.name)} : {what_changed(seen, None)}", "≠", "$late2")
            self._fill(self._next_key(key))
            return
        self._whole[key] = line
        if key not in self._plan or self._differs(self._plan[key], line):
            self._plan[key] = line
            self._fill(self._row.key if self._row else key)
        if self._row and self._row.key == key:
            self._show_message(self._row)

    @staticmethod
    def _differs(listed: MessageLine, written: MessageLine) -> bool:
        return (listed.verdict, listed.total, listed.level, listed.reasons) != (
            written.verdict,
            written.total,
            written.level,
            written.reasons,
        )

    def _show_message(self, row: ReminderRow) -> None:
        group = [other for other in self._table.members if other.place is row.place]
        rank = next((place for place, other in enumerate(group, 1) if other.key == row.key), 1)
        self.query_one("#verdict", Static).update(verdict_line(row, rank, len(group)))
        changed = self.query_one("#changed", Static)
        changed.display = row.key in self._changed
        changed.update(Content.assemble(("≠ ", "bold $late2"), (self._changed.get(row.key, ""), "$late2")))
        self.query_one("#reasons", Static).update(reason_lines(row, most=2 if self.is_narrow else None))
        held = row.line.verdict is Verdict.HOLD
        self._letter.display = not held
        if not held:
            self._show_letter(row)
        self._show_answers(row)
        self.query_one("#leaves", Static).update(
            Content.styled(
                leaves_line(row, live=row.line.channel not in self._not_live, when=self._when(row.line)), "$muted"
            )
        )
        self._place_in_head(rank, len(group))
        self.refresh_bindings()

    def _when(self, line: MessageLine) -> str:
        """The hour at which a message leaves, as it is said here."""
        if line.not_before is None:
            return ""
        here = line.not_before.astimezone(self.crm.clock.tz)
        return _("{day} at {hour}").format(day=long_date(here.date()), hour=shown_hour(here))

    def _show_letter(self, row: ReminderRow) -> None:
        line = self._as_it_leaves(row.key)
        if line is None:
            self._letter.show(envelope(row.line)[:1], "", after=(_("The text is being written…"), " "))
            return
        before = self._whole.get(row.key)
        after = (_("The text as it was proposed"), before.text) if row.key in self._own and before else ("", "")
        fields = envelope(line)
        self._letter.show([fields[0], *fields[2:]] if self.is_narrow else fields, line.text, after=after)

    def _show_answers(self, row: ReminderRow) -> None:
        keys = []
        if row.place is Place.SKIPPED:
            keys.append(("n", _("take it back"), "refuse"))
        elif row.line.verdict is not Verdict.HOLD:
            if self.may(RunDunning) and self._as_it_leaves(row.key):
                ready = self._letter.seen
                keys.append(("o", _("send") if ready else _("read on"), "accept"))
                keys.append(("m", _("change the text"), "change"))
            keys += [("n", _("not today"), "refuse"), ("p", _("later"), "later")]
        self.query_one("#answers", CardKeys).show(keys)
        line = self.query_one(KeysLine)
        line.now = {action: label for _key, label, action in keys}
        line.elsewhere = {"explain"} if self.is_narrow else set(line.now)
        line.refresh()

    def _place_in_head(self, rank: int, of: int) -> None:
        if self.is_narrow:
            where = Content.styled(_("{place} of {total}").format(place=rank, total=of), "$muted")
            self.query_one("#head", TwoEnds).show(day_title(self._rows(), narrow=True), where)

    def _show_fault(self, error: CrmError) -> None:
        self._letter.show([], sentence(error))
        self.say_line.tell(sentence(error), "✗", "$late3")

    def _show_no_one(self) -> None:
        self.query_one("#verdict", Static).update(
            Content.styled(_("No customer answers to “{words}”.").format(words=clean(self._words)), "$muted")
        )
        self.query_one("#reasons", Static).update("")
        self._letter.display = False
        self.query_one("#answers", CardKeys).show([])
        self.query_one("#leaves", Static).update("")

    @on(Letter.Scrolled)
    def _scrolled(self) -> None:
        if (row := self._row) is not None and not self.editing:
            self._show_answers(row)

    def on_resize(self) -> None:
        """Wide and narrow say it differently."""
        if self._plan and not self.noticed:
            self._fill(self._row.key if self._row else "")

    # What follows from an answer

    def _forget(self, key: Key) -> None:
        self._whole.pop(key, None)
        self._own.pop(key, None)
        self._drafts.pop(key, None)
        self._changed.pop(key, None)
        self._ticked.discard(key)

    def _tell_done(self, entry_id: int | None, receipt: str) -> None:
        self.shell.committed(entry_id, receipt)
        self._edition = self.shell.edition
        undo = f" {_('z to undo')}" if entry_id is not None else ""
        self.say_line.tell(receipt + undo, "✓", "$ok")

    def _go_on(self, key: Key) -> None:
        """Select the next message; when none is left, say so."""
        self._showing = ""
        if not self._plan:
            self._tell_nothing(None)
            self._look_ahead()
        else:
            self._fill(key)

    def _look_ahead(self) -> None:
        today = self.crm.clock.today()

        def look() -> Message:
            for days in range(1, _LOOK_AHEAD + 1):
                day = today + timedelta(days)
                counts = self.crm.runner.read(PreviewDunning(date=day, no_text=True), self.crm.actor).counts
                if leaving := counts.get(Verdict.SEND.value, 0) + counts.get(Verdict.ASK.value, 0):
                    return self.Coming((day, leaving))
            return self.Coming(None, ever=bool(self.crm.runner.read(ListInvoices(limit=1), self.crm.actor).lines))

        self.in_background(look, topic="coming")

    @on(Coming)
    def _tell_coming(self, message: Coming) -> None:
        if not self._plan and (message.found or not message.ever):
            self._tell_nothing(message.found, ever=message.ever)

    def _tell_nothing(self, coming: tuple[date, int] | None, *, ever: bool = True) -> None:
        self.notice(nothing_today(coming, ever=ever))

    def _end_question(self) -> None:
        self.say_line.end_question()
        (self.query_one(Notice) if self.noticed else self._table).focus()


def found_in(report: RunReport, key: Key) -> MessageLine | None:
    """A message of a run, or None where nothing is planned for it."""
    return next((line for line in report.lines if key_of(line) == key), None)
