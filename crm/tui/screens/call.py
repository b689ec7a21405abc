"""The call: figures at the left, what to say in the middle, what it can come to at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.calendar import add_working_days, shown_date
from crm.core.i18n import _, mark
from crm.core.sheets import bare
from crm.portfolio.calling import PROMISE_DAYS, CallSheet, PrepareCall, RecordCall
from crm.portfolio.calls import RESULTS, CallResult, following
from crm.receivables.models import DisputeReason
from crm.tui.base import CrmScreen, Subject
from crm.tui.cells import clean
from crm.tui.customer_verbs import CustomerVerbs
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.words import full_words

if TYPE_CHECKING:
    from datetime import date

    from crm.bootstrap import Crm


_OUTCOMES = ("Issues", "Outcomes")
"""How the line of the scripts begins that lists what a call can come to."""
_TOLD = 110
"""Characters of what was said before."""


class CallScreen(CustomerVerbs):
    """One call with one customer."""

    SECTION = "2"
    ABOUT = mark("A call: o on what it came to shows what is recorded and what follows, l is an objection.")
    NEEDS_LIST = CustomerVerbs.NEEDS_LIST | {"accept"}
    AUTO_FOCUS = "#results"
    DEFAULT_CSS = """
    CallScreen #body { layout: horizontal; }
    CallScreen #figures { width: 34%; padding: 1 2 0 2; height: 100%; }
    CallScreen #script { width: 1fr; padding: 1 2 0 2; height: 100%; background: $raised; }
    CallScreen #right { width: 38; padding: 1 1 0 1; height: 100%; background: $surface; }
    CallScreen #right Static { height: auto; padding: 0 1; }
    CallScreen #results { height: 1fr; margin: 1 0 0 0; }
    CallScreen.-narrow #body { layout: vertical; }
    CallScreen.-narrow #figures { width: 1fr; height: auto; max-height: 6; padding: 0 1; }
    CallScreen.-narrow #script { width: 1fr; height: 1fr; padding: 0 1; }
    CallScreen.-narrow #right { width: 1fr; height: 8; padding: 0 1; }
    CallScreen.-narrow #results { margin: 0; }
    CallScreen.-beside #figures { display: none; }
    CallScreen.-beside #script { display: none; }
    CallScreen.-beside #right { width: 1fr; }
    CallScreen Notice { display: none; margin: 2 0 0 2; }
    CallScreen.-noticed #figures, CallScreen.-noticed #script, CallScreen.-noticed #right { display: none; }
    CallScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("this is it")),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """What to have before one's eyes has arrived."""

        sheet: CallSheet

    def __init__(self, crm: Crm, number: str) -> None:
        super().__init__(crm)
        self._number = number
        self._sheet: CallSheet | None = None

    def body(self) -> ComposeResult:
        """Figures, script, results."""
        with VerticalScroll(id="figures", can_focus=False):
            yield Static(id="facts", markup=False)
        with VerticalScroll(id="script"):
            yield Static(id="words", markup=False)
        with Vertical(id="right"):
            yield Static(id="heading", markup=False)
            yield SheetTable[CallResult](id="results", keeps_mark=True, heading=False)
        yield Notice()

    @property
    def _table(self) -> SheetTable[CallResult]:
        return self.query_one("#results", SheetTable)

    @property
    def subject(self) -> Subject:
        """The customer."""
        name = self._sheet.customer.name if self._sheet else ""
        return Subject(self._number, name)

    def reload(self) -> None:
        """Gather it again."""
        self.ask(PrepareCall(customer=self._number), self.Loaded, topic="call")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._sheet = sheet = message.sheet
        if self.end_notice():
            self._table.focus()
        self._show_facts()
        self.query_one("#words", Static).update(_script(sheet))
        self.query_one("#heading", Static).update(Content.styled(_("What it came to"), "bold"))
        columns: list[TableColumn[CallResult]] = [
            TableColumn("", 30, lambda one: _(RESULTS[one]), most=34, lead=True),
        ]
        self._table.opens = True
        self._table.show(list(CallResult), columns, cursor=self._table.cursor)
        self.refresh_bindings()

    def _show_facts(self) -> None:
        if self._sheet is not None:
            told = _facts(self._sheet, self.crm.clock.today(), narrow=self.is_narrow)
            self.query_one("#facts", Static).update(told)

    def on_resize(self) -> None:
        """Narrow has the figures on one line."""
        self._show_facts()

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @on(SheetTable.Highlighted, "#results")
    def _highlighted(self, message: SheetTable.Highlighted[CallResult]) -> None:
        self.say_line.rest(Content(self._follows(message.row)))

    def _follows(self, result: CallResult) -> str:
        """What a yes to it plans, before one says yes."""
        today = self.crm.clock.today()
        if result is CallResult.PROMISE:
            return _("A promise of all that is overdue, in three working days; m changes amount and day.")
        if result is CallResult.DISPUTE:
            return _("The oldest invoice goes into dispute; m names another, a part or the reason.")
        after = following(result, today)
        told = [after.pause.reason.capitalize() + "."] if after.pause else []
        if after.activity is not None:
            told.append(f"{shown_date(after.activity.day, today)} : {after.activity.note}")
        return " ".join(told) or _("Noted in the timeline.")

    # What keys do

    @on(SheetTable.Opened, "#results")
    def _opened(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        """Show what is recorded of it, and what follows."""
        if (result := self._table.selected) is not None:
            self._record(result)

    def action_dispute(self) -> None:
        """They object."""
        self._record(CallResult.DISPUTE)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The call is under way already."""
        return False if action == "call" else super().check_action(action, parameters)

    def _record(self, result: CallResult) -> None:
        who = self._sheet.reached_at if self._sheet else None
        given: dict[str, Any] = {"result": result}
        if who is not None:
            given["contact"] = who.name
        if result is CallResult.PROMISE:
            given["by"] = add_working_days(self.crm.clock.today(), PROMISE_DAYS)
        elif result is CallResult.DISPUTE and self._sheet and self._sheet.oldest:
            given |= {"invoice": self._sheet.oldest, "reason": DisputeReason.OTHER}
        self.propose(RecordCall, **given)

    def followed(self, action: Action[Any]) -> None:
        """Once it is noted the call is over: back, where one came from; the receipt stands there."""
        if isinstance(action, RecordCall):
            self.dismiss()
        else:
            super().followed(action)

    def action_back(self) -> None:
        """Hang up without a note."""
        self.dismiss()

    def focus_list(self) -> None:
        """Back to the results."""
        (self.query_one(Notice) if self.noticed else self._table).focus()


def _facts(sheet: CallSheet, today: date, *, narrow: bool) -> Content:
    who = sheet.reached_at
    called = (
        Content.assemble(
            (_paired(clean(who.phone)), "bold $accent"), "  ", clean(" · ".join(filter(None, (who.name, who.role))))
        )
        if who is not None
        else Content.styled(_("No telephone number: + then c adds one."), "$late2")
    )
    name = Content.styled(clean(sheet.customer.name), "bold")
    figures = [Content.assemble((f"{label}  ", "$muted"), full_words(bare(value))) for label, value in sheet.figures]
    notes = [Content.assemble(("■ ", "$late2"), clean(note)) for note in sheet.notes]
    if narrow:
        return Content("\n").join([Content("   ").join([name, called]), Content("   ").join(figures), *notes])
    lines = [name, called, Content(""), *figures, *notes]
    if sheet.before:
        lines += [Content(""), Content.styled(_("Said before"), "bold")]
        for event in sheet.before:
            told = clean(" · ".join(filter(None, (event.title, " ".join(event.text.split())))))
            told = told if len(told) <= _TOLD else told[:_TOLD].rpartition(" ")[0] + " …"
            lines.append(Content.assemble((shown_date(event.day, today) + "  ", "$muted"), told))
    return Content("\n").join(lines)


def _paired(phone: str) -> str:
    """A French number by pairs, as it is dialled."""
    if len(phone) == 10 and phone.isdigit():
        return " ".join(phone[place : place + 2] for place in range(0, 10, 2))
    return phone


def _script(sheet: CallSheet) -> Content:
    """The script; what it can come to stands beside it already."""
    lines = [line for line in sheet.script.splitlines() if not line.startswith(_OUTCOMES)]
    return Content("\n").join(Content(clean(line)) for line in lines)
