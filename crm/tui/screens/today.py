"""Today: what first. What waits for a yes, whom to call, what was promised, what to repair; one key each."""

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

from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, shown
from crm.customers.actions import UpdateContact, UpdateCustomer
from crm.ledger.actions.differences import DecideResidual
from crm.messaging.nights import nobody_at_work
from crm.portfolio.search import CustomerRow
from crm.portfolio.tasks import CompleteTask, RescheduleTask
from crm.portfolio.trends import PaymentCalendar, ShowPaymentCalendar
from crm.receivables.actions import AgedBalance, ListInvoices
from crm.receivables.actions.bank import ListBankLines
from crm.receivables.actions.exposure import PlaceOrderHold
from crm.receivables.payments_read import AccountFreshness
from crm.tui.base import SHORT_BELOW, CrmScreen, Subject
from crm.tui.cells import ageing_bar, clean, late_style, lateness
from crm.tui.headlines import bank_words, not_read, nothing_owed, nothing_waits
from crm.tui.keys import verb
from crm.tui.proposal_verbs import ProposalVerbs
from crm.tui.rosters import next_words
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.day_columns import DayColumns
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.preview_card import PreviewCard
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds
from crm.tui.work_rows import head_content, head_sum, work_columns
from crm.tui.worklist import Row, WorkItem, Worklist, first_name, gather

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_BAR = 12
REPAIRS = frozenset({"regime", "address", "limit", "residual", "quote"})
"""What a form repairs that `m` opens."""
CARD_KEYS = frozenset({"accept", "change", "refuse"})
"""Keys that stand on the card."""


class TodayScreen(ProposalVerbs):
    """The list of the day, and the card of what is selected."""

    SECTION = "1"
    ABOUT = mark("What first: what waits for your yes, whom to call, what was promised, what to repair.")
    NEEDS_LIST = ProposalVerbs.NEEDS_LIST | {"accept", "change", "refuse", "import_file", "example", "back"}
    ONLY_PROPOSALS: ClassVar[bool] = False
    AUTO_FOCUS = "#work"
    DEFAULT_CSS = """
    TodayScreen #body { layout: horizontal; }
    TodayScreen #main { width: 1fr; padding: 1 1 0 1; }
    TodayScreen.-short #main, TodayScreen.-narrow #main { padding: 0 1; }
    TodayScreen #work { height: 1fr; margin: 1 0 0 0; }
    TodayScreen.-short #work { margin: 0; }
    TodayScreen #expected { margin: 1 0 0 0; }
    TodayScreen #side { width: 40%; min-width: 46; max-width: 92; background: $surface; padding: 1 2 0 3; }
    TodayScreen #about { height: auto; padding: 0 1; }
    TodayScreen #after { height: auto; padding: 0 1; margin: 1 0 0 0; color: $muted; }
    TodayScreen #line { display: none; height: 1; padding: 0 1; margin: 1 0 0 0; }
    TodayScreen.-narrow #side, TodayScreen.-short #expected, TodayScreen.-narrow #expected { display: none; }
    TodayScreen.-beside #side { display: none; }
    TodayScreen.-narrow #line { display: block; }
    TodayScreen.-narrow.-carded #side { display: block; width: 1fr; padding: 0; background: $background; }
    TodayScreen.-narrow.-carded #main { display: none; }
    TodayScreen PreviewCard { display: none; }
    TodayScreen Notice { display: none; margin: 2 0 0 0; }
    TodayScreen.-noticed #work, TodayScreen.-noticed #expected, TodayScreen.-noticed #side,
    TodayScreen.-noticed #line { display: none; }
    TodayScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("import_file", show=False),
        verb("view", "example", label=mark("see the example company"), show=False),
        verb("later", show=False),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """The list of the day has arrived; `ever` tells whether there is any invoice at all."""

        work: Worklist
        ever: bool

    @dataclass
    class Expected(Message):
        """The money of the days to come has been added up."""

        calendar: PaymentCalendar

    @dataclass
    class Summed(Message):
        """What is overdue in all has been added up, and until when the bank is known."""

        overdue: int
        accounts: tuple[AccountFreshness, ...]
        silence: tuple[str, ...] = ()
        """What shows that no worker runs."""

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._work: Worklist | None = None
        self._sums: TodayScreen.Summed | None = None

    def body(self) -> ComposeResult:
        """The list and the money expected; beside it, what is selected and its card."""
        with Vertical(id="main"):
            yield TwoEnds(id="head")
            yield SheetTable[Row](id="work", heading=False)
            yield DayColumns(id="expected")
            yield Static(id="line", markup=False)
            yield Notice()
        with VerticalScroll(id="side", can_focus=False):
            yield Static(id="about", markup=False)
            yield PreviewCard()
            yield Static(id="after", markup=False)

    def on_mount(self) -> None:
        """Bars stand in the place of the list meanwhile."""
        self.query_one(PreviewCard).can_focus = False
        self.query_one("#head", TwoEnds).show(Content.styled(self._hello, "bold"))
        self._table.await_rows(work_columns([]))

    @property
    def _hello(self) -> str:
        name = first_name(self.crm.actor.name, self.crm.actor.user)
        return _("Hello {name}.").format(name=name) if name else _("Hello.")

    @property
    def _table(self) -> SheetTable[Row]:
        return self.query_one("#work", SheetTable)

    @property
    def _selected(self) -> WorkItem | None:
        row = self._table.selected
        return row if isinstance(row, WorkItem) else None

    @property
    def subject(self) -> Subject:
        """The customer of the selected item."""
        item = self._selected
        return Subject(item.customer, item.name) if item and item.customer else Subject()

    # What arrives

    def reload(self) -> None:
        """Gather the list again."""
        crm, only = self.crm, self.ONLY_PROPOSALS

        def read() -> Message:
            work = gather(crm, only_proposals=only)
            ever = bool(work.waiting) or bool(crm.runner.read(ListInvoices(limit=1), crm.actor).lines)
            return self.Loaded(work, ever)

        self.in_background(read, topic="work")
        if not only:
            self.ask(ShowPaymentCalendar(), self.Expected, topic="expected")
            self.in_background(self._overdue, topic="overdue")

    def _overdue(self) -> Message:
        totals = self.crm.runner.read(AgedBalance(), self.crm.actor).totals
        lines = self.crm.runner.read(ListBankLines(limit=1), self.crm.actor)
        with self.crm.database.reading() as session:
            silence = nobody_at_work(session, self.crm.clock.now(), self.crm.settings.timezone)
        return self.Summed(totals[EURO].overdue if EURO in totals else 0, lines.accounts, silence)

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        work = self._work = message.work
        if not work.waiting:
            self.weigh(None)
            self.query_one("#head", TwoEnds).show(Content.styled(self._hello, "bold"))
            if message.ever:
                self.notice(nothing_waits(only_proposals=self.ONLY_PROPOSALS))
            else:
                self.notice(nothing_owed(work.today, looking_back=False, ever=False))
            self.say_line.rest(Content(""))
            return
        if self.end_notice():
            self._table.focus()
        self._show_head()
        self._fill()

    def _fill(self) -> None:
        if self._work is not None and self._work.waiting:
            rows = self._work.rows(air=self.size.height >= SHORT_BELOW)
            cursor = self._table.cursor if self._table.rows else 0
            self._table.show(rows, work_columns(rows), cursor=cursor, head_of=head_content, sum_of=head_sum)

    def on_resize(self) -> None:
        """Air between the groups where there is room for it; where the card has none, its keys stand below."""
        self._fill()
        self.query_one(KeysLine).elsewhere = () if self.is_narrow else CARD_KEYS

    @on(Expected)
    def _expected(self, message: Expected) -> None:
        self.query_one(DayColumns).show(message.calendar)

    @on(Summed)
    def _summed(self, message: Summed) -> None:
        self._sums = message
        self._show_head()

    def _show_head(self) -> None:
        """The greeting, and the sums once they are there: whichever arrives first."""
        work, told = self._work, self._sums
        if work is None or not work.waiting:
            return
        greeting = Content.styled(work.greeting(first_name(self.crm.actor.name, self.crm.actor.user)), "bold")
        if told is None:
            self.query_one("#head", TwoEnds).show(greeting)
            return
        sums = Content.assemble((_("past due") + " ", "$muted"), shown(told.overdue))
        bank = bank_words(told.accounts, work.today)
        if told.silence:
            alarm = Content.styled("⚠ " + clean(told.silence[0]), "$late3")
            short = Content.styled("⚠ " + _("no worker at work (crm doctor)"), "$late3")
            self.query_one("#head", TwoEnds).show(greeting, alarm, short, Content(""))
            return
        self.query_one("#head", TwoEnds).show(greeting, Content.assemble(bank, sums), sums, Content(""))

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "work":
            self.notice(not_read(message.error), message.error)
            self.say_line.rest(Content(""))
        elif message.topic in {"weigh", "decide"}:
            self.say_line.tell(f"{message.error.message} {message.error.next_step}".strip(), "✗", "$late3")
            if message.topic == "decide":
                self.action_refresh()

    # What is selected

    @on(SheetTable.Highlighted, "#work")
    def _highlighted(self, message: SheetTable.Highlighted[Row]) -> None:
        item = message.row
        if not isinstance(item, WorkItem):
            return
        self._uncard()
        row = self._work.names.get(item.customer) if self._work else None
        self.query_one("#about", Static).update(self._about(item, row))
        self.query_one("#after", Static).update(self._after(item))
        self.query_one("#line", Static).update(self._line(item).truncate(max(1, self.size.width - 4), ellipsis=True))
        self.say_line.rest(Content(self._sentence(item)))
        self.weigh(item.proposal, item.name)

    def _about(self, item: WorkItem, row: CustomerRow | None) -> Content:
        parts: list[Content | tuple[str, str] | str] = [(clean(item.name), "bold")]
        if row is None:
            return Content.assemble(*parts, "\n", (clean(item.what), ""))
        where = " · ".join(clean(fact) for fact in (row.city, row.number) if fact)
        parts += [("\n", ""), (where, "$muted"), ("\n\n", "")]
        owed = row.owed
        if owed.overdue > 0:
            parts += [
                (_("Overdue"), "$muted"),
                f"   {shown(owed.overdue, owed.currency)}   ",
                ageing_bar(owed.ages, _BAR),
                (f"   {lateness(owed.oldest_days)}", late_style(owed.oldest_days)),
                "\n",
            ]
        else:
            parts += [(_("Nothing overdue"), "$muted"), "\n"]
        after = next_words(row, self.crm.clock.today())
        if after and item.proposal is None:
            parts += [(after, "$muted"), "\n"]
        if item.proposal is None:
            parts += [("\n", ""), (clean(item.what), "")]
        return Content.assemble(*parts)

    def _after(self, item: WorkItem) -> Content:
        """What comes next on the list."""
        items = self._work.items if self._work else ()
        place = items.index(item) if item in items else len(items)
        following = items[place + 1 : place + 3]
        if not following or item.proposal is None:
            return Content("")
        lines = [
            Content.assemble((clean(other.name), ""), ("   " + clean(other.what), "$muted")) for other in following
        ]
        return Content("\n").join([Content.styled(_("After this one"), "bold $foreground"), *lines])

    def _line(self, item: WorkItem) -> Content:
        quote = item.proposal.quote if item.proposal else ""
        words = _("“{text}”").format(text=clean(quote)) if quote else clean(item.what)
        return Content.assemble(("│ ", "$rule"), (words, ""))

    @staticmethod
    def _sentence(item: WorkItem) -> str:
        money = f" {shown(item.money.cents, item.money.currency)}." if item.money else ""
        late = f" {lateness(item.days)}." if item.days else ""
        return (
            _("{name}: {what}.").format(name=clean(item.name), what=clean(item.what).removesuffix(".")) + money + late
        )

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if not self.noticed:
            if action in {"example", "import_file"}:
                return action == "import_file"
            if action == "back":
                return self.has_class("-carded")
            item = self._selected
            if action in {"later", "accept"} and item is not None and item.task is not None:
                return True
            if action == "later":
                return False
            if action == "change":
                repairs = item is not None and item.leads.split(" ")[0] in REPAIRS
                return repairs or bool(super().check_action(action, parameters))
        return super().check_action(action, parameters)

    @on(SheetTable.Opened, "#work")
    def _opened(self, message: SheetTable.Opened[Row]) -> None:
        item = message.row
        if not isinstance(item, WorkItem):
            return
        what, _sign, where = ("place", "", "quotes") if item.leads.startswith("quote ") else item.leads.partition(" ")
        match what:
            case "section":
                self.shell.go(where)
            case "place":
                self.shell.open_place(where)
            case "filter":
                self.shell.show_customers(where)
            case "act":
                self.shell.look(self.crm.registry.get(where)())
            case _:
                self.shell.open_customer(item.customer)

    def action_later(self) -> None:
        """The task on another day."""
        if (item := self._selected) is not None and item.task is not None:
            self.shell.propose(RescheduleTask, {"task": item.task}, ask=True)

    def action_accept(self) -> None:
        """Yes: on a narrow screen the card comes first, then the yes; of a task: it is done."""
        if (item := self._selected) is not None and item.task is not None:
            self.shell.propose(CompleteTask, {"task": item.task})
            return
        if self.is_narrow and not self.has_class("-carded") and self._weighed is not None:
            self.add_class("-carded")
            self.query_one(KeysLine).elsewhere = CARD_KEYS
            self.refresh_bindings()
            return
        self._uncard()
        super().action_accept()

    def action_back(self) -> None:
        """From the card to the list."""
        self._uncard()
        self._table.focus()
        self.refresh_bindings()

    def _uncard(self) -> None:
        self.remove_class("-carded")
        self.query_one(KeysLine).elsewhere = () if self.is_narrow else CARD_KEYS

    def action_change(self) -> None:
        """Other values for the proposal; for what is to be repaired, the form that repairs it."""
        item = self._selected
        if item is not None and item.leads == "regime":
            self.propose(UpdateCustomer, ask=True)
        elif item is not None and item.leads == "address":
            self.propose(UpdateContact, ask=True)
        elif item is not None and item.leads == "limit":
            self.propose(PlaceOrderHold, ask=True)
        elif item is not None and item.leads.startswith("quote "):
            kind = self.crm.registry.get("answer_quote")
            self.shell.propose(kind, {"quote": item.leads.partition(" ")[2]}, ask=True)
        elif item is not None and item.leads.startswith("residual "):
            _word, field, document = item.leads.split(" ", 2)
            self.shell.propose(DecideResidual, {field: document}, ask=True)
        else:
            super().action_change()

    def action_import_file(self) -> None:
        """Bring a file in."""
        self.shell.open_place("import")

    def action_example(self) -> None:
        """Show how the example company is opened."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.example(self.crm))

    def focus_list(self) -> None:
        """Back to the list, or to the notice in its place."""
        (self.query_one(Notice) if self.noticed else self._table).focus()


class ProposalsScreen(TodayScreen):
    """What waits for a yes, alone."""

    ONLY_PROPOSALS = True
    BINDINGS: ClassVar[list[BindingType]] = [verb("back", "leave"), verb("accept_all")]

    def on_mount(self) -> None:
        """No money expected here."""
        self.query_one(DayColumns).display = False

    @property
    def _hello(self) -> str:
        return _("What waits for your yes")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Yes to all where there are several that send nothing."""
        if action == "accept_all":
            return len(self._acceptable) > 1
        return super().check_action(action, parameters)

    @property
    def _acceptable(self) -> list[WorkItem]:
        items = self._work.items if self._work else ()
        return [item for item in items if item.proposal is not None and not item.leads]

    def action_leave(self) -> None:
        """Back to the screen below."""
        if self.has_class("-carded"):
            self.action_back()
        else:
            self.dismiss()

    def action_accept_all(self) -> None:
        """Yes to all, after one card with their number and total."""
        from crm.tui.screens.all_proposals import AllProposalsPanel

        proposals = [item.proposal for item in self._acceptable if item.proposal is not None]
        self.open_panel(
            AllProposalsPanel(self.crm, proposals, sum(item.cents for item in self._acceptable)), self._done
        )

    def _done(self, result: Any) -> None:
        if result:
            self.shell.committed(None, "")
            self.say_line.tell(plural("{count} accepted.", "{count} accepted.", result), "✓", "$ok")
            self.action_refresh()
