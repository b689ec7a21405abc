"""Lists without a section of their own: limitation, the journal; boards have screens of theirs.

Each is an action's answer with the verbs of the customer on its rows; a new one is a few lines here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from crm.core.actions import Action
from crm.core.basics import ListJournal, Undo
from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.core.sheets import Answer, Sheet
from crm.receivables.actions import ListLimitations
from crm.tui.base import CrmScreen, Subject
from crm.tui.cells import clean
from crm.tui.customer_verbs import CustomerVerbs
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.sheets import SheetRow, sheet_columns, sheet_rows, sheet_words
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.widgets.two_ends import TwoEnds
from crm.tui.words import DOORS, actor_words, card_title

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH = "search"
Item = Mapping[str, Any]
"""A row as the answer's JSON has it."""


_BARS: Sequence[TableColumn[SheetRow]] = (
    TableColumn("", 24, lambda _row: "", most=60),
    TableColumn("", 14, lambda _row: "", right=True),
)
"""What is drawn while an answer is on its way: where names and figures will stand."""


class ListScreen(CustomerVerbs):
    """The rows of an answer."""

    TITLE_WORDS: ClassVar[str] = ""
    ITEMS: ClassVar[str] = ""
    """The key of the rows in the answer's JSON."""
    EMPTY: ClassVar[tuple[str, str]] = ("", "")
    """What is said where there are none, and how they come to be."""
    LEAVES: ClassVar[Mapping[str, int]] = {}
    """Column → when it leaves a narrow screen, the highest first; what is not named here leaves from the right."""
    QUIET: ClassVar[frozenset[str]] = frozenset()
    """Columns that stand back: what is told beside the figure."""
    NARROWEST: ClassVar[Mapping[str, int]] = {}
    """Column → the cells it is content with where the room is short; it grows to what it holds where there is room."""
    OPENS: ClassVar[bool] = True
    """Whether a row leads somewhere."""
    NEEDS_LIST = CustomerVerbs.NEEDS_LIST | {"search"}
    AUTO_FOCUS = "#rows"
    DEFAULT_CSS = """
    ListScreen #body { padding: 1 1 0 1; }
    ListScreen.-narrow #body, ListScreen.-short #body { padding: 0 1; }
    ListScreen #rows { height: 1fr; margin: 1 0 0 0; }
    ListScreen.-short #rows { margin: 0; }
    ListScreen Notice { display: none; margin: 2 0 0 0; }
    ListScreen.-noticed #rows { display: none; }
    ListScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [verb("search"), verb("back")]

    @dataclass
    class Loaded(Message):
        """The answer has arrived."""

        sheet: Sheet
        items: Sequence[Item]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._sheet: Sheet | None = None
        self._items: Sequence[Item] = ()
        self._shown: Sequence[Item] = ()
        self._words = ""

    def question(self) -> Action[Any]:
        """What is asked."""
        raise NotImplementedError

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """The answer as it is shown; some lists leave rows out, or put them into another order."""
        return sheet, items

    def body(self) -> ComposeResult:
        """Head and rows, or a notice in their place."""
        yield TwoEnds(id="head")
        yield SheetTable[SheetRow](id="rows")
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once, bars in the place of the rows."""
        self.query_one("#head", TwoEnds).show(Content.styled(_(self.TITLE_WORDS), "bold"))
        self._table.await_rows(_BARS)

    @property
    def _table(self) -> SheetTable[SheetRow]:
        return self.query_one("#rows", SheetTable)

    @property
    def item(self) -> Item:
        """The selected row as the answer's JSON has it."""
        place = self._table.cursor
        return self._shown[place] if place < len(self._shown) else {}

    @property
    def subject(self) -> Subject:
        """The customer and invoice of the selected row."""
        item = self.item
        return Subject(str(item.get("customer") or ""), str(item.get("name") or ""), str(item.get("invoice") or ""))

    def reload(self) -> None:
        """Ask again."""

        def read() -> Message:
            answer: Answer = self.crm.runner.read(self.question(), self.crm.actor)
            return self.Loaded(answer.as_sheet(), answer.as_json()[self.ITEMS])

        self.in_background(read, topic="rows")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._sheet, self._items = self.arranged(message.sheet, message.items)
        if not self._items and not self.narrowed:
            title, text = self.EMPTY
            self.notice(Told(_(title), _(text), (Offer("escape", _("back"), "screen.back"),)))
            return
        if self.end_notice():
            self._table.focus()
        self._fill()

    @property
    def narrowed(self) -> bool:
        """Whether more than this is there: then an empty list says so in its place."""
        return False

    @property
    def nothing(self) -> str:
        """What an empty list says."""
        return _("Nothing answers to this name.")

    def _fill(self) -> None:
        if self._sheet is None:
            return
        pairs = list(zip(sheet_rows(self._sheet), self._items, strict=True))
        if self._words:
            pairs = [pair for pair in pairs if self._answers(pair[0])]
        rows = [row for row, _item in pairs]
        self._shown = [item for _row, item in pairs]
        columns = [
            replace(
                column,
                leaves=self.LEAVES.get(spec.key, column.leaves),
                width=min(max(column.width, column.most), self.NARROWEST.get(spec.key, column.width)),
                most=max(column.width, column.most) if spec.key in self.NARROWEST else column.most,
                style="$muted" if spec.key in self.QUIET else column.style,
            )
            for spec, column in zip(
                self._sheet.columns, sheet_columns(self._sheet, self.crm.clock.today()), strict=True
            )
        ]
        self._table.opens = self.OPENS
        self._table.show(rows, columns, cursor=self._table.cursor, nothing=self.nothing)
        self.query_one("#head", TwoEnds).show(self._head())
        self.refresh_bindings()

    def _answers(self, row: SheetRow) -> bool:
        assert self._sheet is not None
        return all(
            word in sheet_words(row, self._sheet, self.crm.clock.today()) for word in self._words.lower().split()
        )

    def _head(self) -> Content:
        title = self._sheet.title if self._sheet else ""
        if title.startswith(_(self.TITLE_WORDS)):
            title = ""  # it would say the same twice
        parts = [(_(self.TITLE_WORDS), "bold"), ("  ", ""), (clean(title), "$muted")]
        if self._words:
            parts += [(" · ", "$muted"), (clean(self._words), "underline")]
        return Content.assemble(*parts)

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @on(SheetTable.Highlighted, "#rows")
    def _selected(self) -> None:
        self.refresh_bindings()

    @on(SheetTable.Opened, "#rows")
    def _opened(self) -> None:
        self.open_item()

    def open_item(self) -> None:
        """Open what the selected row is about."""
        if customer := self.subject.customer:
            self.shell.open_customer(customer)

    def action_search(self) -> None:
        """Ask for words; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a word"))

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._fill()

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == SEARCH:
            self.end_question()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill()

    def action_back(self) -> None:
        """Take the search away; then back to the screen below."""
        if self._words:
            self._words = ""
            self._fill()
        else:
            self.dismiss()

    def focus_list(self) -> None:
        """Back to the rows."""
        (self.query_one(Notice) if self.noticed else self._table).focus()


class LimitationsScreen(ListScreen):
    """What soon can no longer be claimed in court."""

    ABOUT = mark("What soon can no longer be claimed in court: act, or have the debt acknowledged.")
    TITLE_WORDS = mark("Limitation")
    ITEMS = "limitations"
    EMPTY = (mark("Nothing nears its limitation."), mark("The alarm is raised half a year before the last day."))

    def question(self) -> Action[Any]:
        """Those that can still be claimed."""
        return ListLimitations()


class JournalScreen(ListScreen):
    """Who did what: `z` takes the selected act back."""

    ABOUT = mark("Who did what, through which door: z takes the selected act back.")
    TITLE_WORDS = mark("Journal")
    ITEMS = "entries"
    OPENS = False
    NARROWEST: ClassVar[Mapping[str, int]] = {"action": 36}
    LEAVES: ClassVar[Mapping[str, int]] = {"state": 9, "door": 8, "entry": 7, "actor": 6, "at": 0, "action": 0}
    EMPTY = (mark("Nothing was recorded yet."), mark("Every act stands here, with who did it and through which door."))

    def question(self) -> Action[Any]:
        """The latest."""
        return ListJournal(limit=500)

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """In words: what an action is called, the day as people write it."""
        return replace(sheet, rows=tuple(map(self._words_of, sheet.rows))), items

    def _words_of(self, row: Sequence[Any]) -> tuple[Any, ...]:
        entry, at, actor, door, action, state = row
        day, _blank, minute = str(at).partition(" ")
        when = f"{shown_date(date.fromisoformat(day), self.crm.clock.today())} {minute}"
        known = action in self.crm.registry
        title = card_title(self.crm.registry.get(action)) if known else str(action)
        return entry, when, actor_words(actor), _(DOORS.get(door, door)), title, state

    def action_undo(self) -> None:
        """Take the selected act back, shown as a card first."""
        entry = self.item.get("entry")
        self.shell.propose(Undo, {"entry": entry} if entry else {})
