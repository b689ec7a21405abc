"""Reminders, one by one: does this message leave? The day in groups at the left, the selected message at the right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.calendar import long_date
from crm.core.errors import CrmError, Invalid, Stale
from crm.core.i18n import _, mark, plural
from crm.core.names import name_key
from crm.followup.actions.dunning import MessageLine, PreviewDunning, RunDunning, RunReport
from crm.followup.actions.pauses import PauseDunning
from crm.followup.gate import Verdict
from crm.messaging.actions import GoLive
from crm.tui.base import CrmScreen, NoticedScreen, Subject, sentence
from crm.tui.cells import clean
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.reminders import (
    NAMES,
    Key,
    Place,
    ReminderRow,
    all_sent_words,
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
    sent_words,
    shown_hour,
    verdict_line,
    what_changed,
)
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.grouped_table import Group, GroupedTable, Head
from crm.tui.widgets.letter import Letter, LetterField
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import Choice, SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH, LATER, LATER_DAY = "search", "later", "later day"
"""What the say line may ask here."""
_LOOK_AHEAD = 14
"""Days in which the next reminders are looked for when there are none today."""


class FollowupScreen(NoticedScreen):
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
        verb("back", show=False),
    ]

    @dataclass
    class Planned(Message):
        """The reminders of the day have arrived, without their texts."""

        report: RunReport

    @dataclass
    class Coming(Message):
        """When the next ones come, once there are none today."""

        found: tuple[date, int] | None

    @dataclass
    class Written(Message):
        """A message has arrived with its text; None: nothing is planned for it any more."""

        key: Key
        line: MessageLine | None

    @dataclass
    class Reworded(Message):
        """A message as it leaves in the person's own words."""

        key: Key
        text: str
        line: MessageLine

    @dataclass
    class Sent(Message):
        """A yes was carried out: what left, and what it would be instead where it was no longer the same."""

        seen: MessageLine
        report: RunReport
        entry_id: int | None
        now: MessageLine | None

    @dataclass
    class Put(Message):
        """The customer is reminded later."""

        line: MessageLine
        until: date
        entry_id: int | None

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

    def _look_ahead(self) -> None:
        today = self.crm.clock.today()

        def look() -> Message:
            for days in range(1, _LOOK_AHEAD + 1):
                day = today + timedelta(days)
                counts = self.crm.runner.read(PreviewDunning(date=day, no_text=True), self.crm.actor).counts
                if leaving := counts.get(Verdict.SEND.value, 0) + counts.get(Verdict.ASK.value, 0):
                    return self.Coming((day, leaving))
            return self.Coming(None)

        self.in_background(look, topic="coming")

    @on(Coming)
    def _tell_coming(self, message: Coming) -> None:
        if not self._plan and message.found:
            self._tell_nothing(message.found)

    def _tell_nothing(self, coming: tuple[date, int] | None) -> None:
        self.notice(nothing_today(coming))

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
            return self.Written(key, _found(report, key))

        self.in_background(read, topic="text")

    def _as_it_leaves(self, key: Key) -> MessageLine | None:
        """The message with its text, if it has been read."""
        return self._own[key][1] if key in self._own else self._whole.get(key)

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
        self.query_one(KeysLine).elsewhere = (
            {"explain"} if self.is_narrow else {action for _key, _label, action in keys}
        )

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

    def _next_key(self, key: Key) -> Key:
        """The message that comes after one in the list, else the one before."""
        keys = [row.key for row in self._table.members]
        if key not in keys:
            return keys[0] if keys else ""
        place = keys.index(key)
        return keys[place + 1] if place + 1 < len(keys) else keys[max(0, place - 1)]

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
            left = _found(done.result, key)
            now = None
            if left is None or left.verdict is Verdict.HOLD:
                now = _found(self.crm.runner.read(PreviewDunning(customers=(line.customer,)), self.crm.actor), key)
            return self.Sent(line, done.result, done.entry_id, now)

        self.record(send, topic="send")

    @on(Sent)
    def _sent(self, message: Sent) -> None:
        seen, key = message.seen, key_of(message.seen)
        self._busy = ""
        left = _found(message.report, key)
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

    # One's own words

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
            line = _found(seen.result, key)
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

    # What is answered in the say line

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._fill(self._row.key if self._row else "")

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == LATER_DAY:
            from crm.tui.days import typed_day

            try:
                until = typed_day(message.words, self.crm.clock.today())
            except CrmError as error:
                self.say_line.ask(LATER_DAY, sentence(error))
                return
            self._end_question()
            self._put_off(until)
            return
        self._end_question()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill(self._row.key if self._row else "")
        self._end_question()

    def _end_question(self) -> None:
        self.say_line.end_question()
        (self.query_one(Notice) if self.noticed else self._table).focus()


def _found(report: RunReport, key: Key) -> MessageLine | None:
    return next((line for line in report.lines if key_of(line) == key), None)
