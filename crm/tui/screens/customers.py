"""Customers: whom to open. Filtered while one types, a page at a time from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.worker import get_current_worker

from crm.core.errors import Ambiguous, NotFound
from crm.core.i18n import _, mark
from crm.core.money import EURO, shown
from crm.customers.actions import CreateCustomer
from crm.portfolio.actions import ShowCustomer
from crm.portfolio.search import CustomerPage, CustomerRow, Only, Order, SearchCustomers
from crm.receivables.actions import AgedBalance
from crm.receivables.ageing import AgeingLine
from crm.tui.base import CrmScreen, Subject
from crm.tui.cells import clean
from crm.tui.customer_verbs import CustomerVerbs
from crm.tui.headlines import no_customer, not_read
from crm.tui.keys import verb
from crm.tui.paged import PagedRows
from crm.tui.rosters import COLUMNS, ORDERS, customer_columns, customers_title, roster_sentence, usual_columns
from crm.tui.screens.columns import ColumnsPanel
from crm.tui.screens.filters import FilterPanel
from crm.tui.views import View, keep_columns, kept_columns
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable, TableColumn, fitted
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

PAGE = 50
LARGE = 1_000
"""From so many customers on, the list comes by name first: adding up everybody takes longer than a key."""
SEARCH = "search"


class CustomersScreen(CustomerVerbs):
    """The list of customers."""

    SECTION = "2"
    ABOUT = mark("Whom to open: every customer, what is overdue, and what comes next.")
    NEEDS_LIST = CustomerVerbs.NEEDS_LIST | {*("sort", "filter", "columns", "search", "back", "import_file", "example")}
    AUTO_FOCUS = "#customers"
    DEFAULT_CSS = """
    CustomersScreen #body { padding: 1 1 0 1; }
    CustomersScreen.-narrow #body, CustomersScreen.-short #body { padding: 0 1; }
    CustomersScreen #customers { height: 1fr; margin: 1 0 0 0; }
    CustomersScreen.-short #customers { margin: 0; }
    CustomersScreen Notice { display: none; margin: 2 0 0 0; }
    CustomersScreen.-noticed #customers { display: none; }
    CustomersScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("filter"),
        verb("sort"),
        verb("change", "columns", label=mark("columns"), told=mark("choose the columns and their order"), show=False),
        verb("search"),
        verb("import_file", show=False),
        verb("view", "example", label=mark("see the example company"), show=False),
        verb("back"),
    ]

    @dataclass
    class PageLoaded(Message):
        """A page of the list has arrived; `whole` once everything that can answer has been looked through."""

        view: View
        number: int
        page: CustomerPage
        whole: bool

    @dataclass
    class Summed(Message):
        """What everybody owes has been added up."""

        total: AgeingLine | None

    @dataclass
    class NobodyFound(Message):
        """No customer answers; these names are the closest."""

        view: View
        closest: Sequence[str]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._view = View()
        self._large: bool | None = None
        self._rows = PagedRows[CustomerRow](PAGE, self._want)
        self._counted: int | None = None
        self._shown = View(name="nothing yet")
        self._keep = ""
        self._chosen = kept_columns(self._folder, crm.actor.user)
        """The columns this person wants, behind the name; none: the usual ones."""

    def body(self) -> ComposeResult:
        """Head and list, or a notice in its place."""
        yield TwoEnds(id="head")
        yield SheetTable[CustomerRow](id="customers")
        yield Notice()

    def on_mount(self) -> None:
        """Bars stand in the place of the list meanwhile."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("Customers"), "bold"))
        self._table.await_rows(self._columns([]))

    # What is there

    @property
    def _table(self) -> SheetTable[CustomerRow]:
        return self.query_one("#customers", SheetTable)

    @property
    def subject(self) -> Subject:
        """The selected customer."""
        row = self._table.selected
        return Subject(row.number, row.name) if row else Subject()

    @property
    def _folder(self) -> Path:
        return Path(self.crm.settings.data_folder)

    def _question(self, view: View, **more: Any) -> SearchCustomers:
        return SearchCustomers(
            text=view.text,
            only=cast("Only | None", view.only or None),
            sort=cast("Order", view.sort or "name"),
            limit=PAGE,
            exchanges="exchange" in self._chosen,
            **more,
        )

    # What arrives

    def reload(self) -> None:
        """Read the list again, the selected customer kept."""
        selected = self._table.selected
        self._keep = selected.number if selected else ""
        self._load()

    def _load(self) -> None:
        view = self._view
        runner, actor = self.crm.runner, self.crm.actor

        def read() -> Message:
            if self._large is None:
                self._large = (runner.read(SearchCustomers(limit=1, count=True), actor).total or 0) > LARGE
            settled = replace(view, sort=view.sort or ("name" if self._large else "overdue"))
            if not self._large or settled.sort != "name" or settled.only == "overdue":
                return self.PageLoaded(settled, 0, runner.read(self._question(settled, sums=True), actor), whole=True)
            first = runner.read(self._question(settled, names_only=True), actor)
            if not get_current_worker().is_cancelled and (first.rows or not settled.text):
                self.post_message(self.PageLoaded(settled, 0, first, whole=False))
            return self.PageLoaded(settled, 0, runner.read(self._question(settled, count=True), actor), whole=True)

        self.in_background(read, topic="customers", awaited=True)

    def _want(self, number: int) -> None:
        """A page comes into sight."""
        view = self._shown

        def read() -> Message:
            page = self.crm.runner.read(self._question(view, offset=number * PAGE), self.crm.actor)
            return self.PageLoaded(view, number, page, whole=False)

        self.in_background(read, topic=f"page {number}")

    @on(PageLoaded)
    def _page_loaded(self, message: PageLoaded) -> None:
        if replace(message.view, sort="") != replace(self._view, sort="") or (
            self._view.sort and message.view.sort != self._view.sort
        ):
            return  # another key was faster
        page = message.page
        if message.number:
            self._rows.put(message.number, page.rows)
            self._table.rows_changed()
            return
        self._view, self._shown = message.view, message.view
        self._counted = page.total
        self._rows = PagedRows(PAGE, self._want, page.total if page.total is not None else len(page.rows))
        self._rows.put(0, page.rows)
        if message.whole and not page.rows:
            self._nobody(message.view)
            return
        if self.end_notice():
            self._table.focus()
        self._fill(page)
        if not page.sums and message.whole and not message.view.text and not message.view.only:
            self._add_up()

    def _add_up(self) -> None:
        """What everybody owes, where it was not added up with the page."""

        def read() -> Message:
            return self.Summed(self.crm.runner.read(AgedBalance(), self.crm.actor).totals.get(EURO))

        self.in_background(read, topic="sums")

    @on(Summed)
    def _summed(self, message: Summed) -> None:
        self._head(message.total)

    def _nobody(self, view: View) -> None:
        if not view.text:
            self.notice(no_customer(view.only))
            self.say_line.rest(Content(""))
            return
        self._fill(None)
        runner, actor = self.crm.runner, self.crm.actor

        def closest() -> Message:
            try:
                runner.read(ShowCustomer(customer=view.text), actor)
            except (NotFound, Ambiguous) as error:
                return self.NobodyFound(view, error.candidates[:3])
            return self.NobodyFound(view, ())

        self.in_background(closest, topic="closest")

    @on(NobodyFound)
    def _nobody_found(self, message: NobodyFound) -> None:
        if message.view == self._view and message.closest:
            near = _("The closest: {names}.").format(names=", ".join(map(clean, message.closest)))
            self._table.show([], self._columns([]), nothing=f"{self._nothing} {near}")

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "customers":
            self.notice(not_read(message.error), message.error)
            self.say_line.rest(Content(""))
        elif message.topic not in {"closest", "sums"}:
            self.say_line.tell(message.error.message, "✗", "$late3")

    # What is shown

    @property
    def _nothing(self) -> str:
        return _("No customer answers to “{words}”.").format(words=clean(self._view.text))

    def _columns(self, rows: Sequence[CustomerRow]) -> Any:
        return self._columns_of(rows, self._chosen)

    def _columns_of(self, rows: Sequence[CustomerRow], chosen: Sequence[str]) -> list[TableColumn[CustomerRow]]:
        today = self.crm.clock.today()
        return customer_columns(rows, self._view.sort, today, narrow=self.is_narrow, chosen=chosen)

    def _fill(self, page: CustomerPage | None) -> None:
        rows = page.rows if page else ()
        cursor = next((place for place, row in enumerate(rows) if row.number == self._keep), 0)
        self._table.show(self._rows, self._columns(rows), cursor=cursor, nothing=self._nothing)
        self._head(page.sums.get(EURO) if page else None)
        self.refresh_bindings()

    def _head(self, total: AgeingLine | None) -> None:
        view = self._view
        title = customers_title(view.sort or "name", view.text, view.only, self._counted, len(self._rows))
        sums = []
        if total is not None:
            overdue = Content.assemble((_("past due") + " ", "$muted"), (shown(total.overdue, EURO), "bold"))
            owed = Content.assemble((_("balance") + " ", "$muted"), shown(total.total, EURO), "   ")
            sums = [owed + overdue, overdue]
        self.query_one("#head", TwoEnds).show(title, *sums)

    @on(SheetTable.Highlighted, "#customers")
    def _selected(self, message: SheetTable.Highlighted[CustomerRow]) -> None:
        self.say_line.rest(Content(roster_sentence(message.row, self.crm.clock.today())))
        self.refresh_bindings()

    @on(SheetTable.Opened, "#customers")
    def _opened(self, message: SheetTable.Opened[CustomerRow]) -> None:
        self.shell.open_customer(message.row.number)

    def on_resize(self) -> None:
        """Wide and narrow have different columns."""
        self._show_again()

    def _show_again(self) -> None:
        if self._shown.name != "nothing yet" and not self.noticed:
            self._table.show(
                self._rows, self._columns(self._rows.known()), cursor=self._table.cursor, nothing=self._nothing
            )

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if not self.noticed:
            if action == "back":
                return bool(self._view.text or self._view.only)
            if action == "example":
                return False
            if action == "add":
                return True
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        """Add something to the selected customer; where nobody answers, the customer itself."""
        if self.subject.customer:
            super().action_add()
        else:
            self.propose(CreateCustomer, ask=True, name=self._view.text)

    def action_search(self) -> None:
        """Ask for words; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._view.text, placeholder=_("a name, a town, a number, an e-mail"))

    def action_sort(self) -> None:
        """The next order."""
        orders = list(ORDERS)
        self._change(replace(self._view, sort=orders[(orders.index(self._view.sort or "name") + 1) % len(orders)]))
        self.say_line.tell(_(ORDERS[self._view.sort]).capitalize() + ".")

    def action_filter(self) -> None:
        """Choose a ready filter or a view kept before, or keep this one."""
        self.open_panel(FilterPanel(self.crm, self._view, self._folder), self._filtered)

    def _filtered(self, view: View | None) -> None:
        if view is not None:
            self._change(replace(view, name="", sort=view.sort or self._view.sort))

    def action_columns(self) -> None:
        """Choose the columns."""
        rows = [row for row in self._rows.known() if row is not None]
        width = self._table.size.width - 2  # as it is now: the panel takes room that the choice will have again

        def fitting(names: Sequence[str]) -> set[str]:
            shown = {column.heading for column in fitted(self._columns_of(rows, names), width)[0]}
            return {name for name in names if _(COLUMNS[name]) in shown}

        self.open_panel(ColumnsPanel(self.crm, self._chosen or usual_columns(rows), fitting), self._column_choice)

    def _column_choice(self, chosen: Sequence[str] | None) -> None:
        if chosen is not None:
            asks = "exchange" in chosen and "exchange" not in self._chosen
            self._chosen = tuple(chosen)
            keep_columns(self._folder, self.crm.actor.user, chosen)
            self._show_again()
            if asks:
                self.reload()  # the rows that are there do not know it
            self.say_line.tell(_("Columns kept for you.") if chosen else _("The usual columns are back."), "✓", "$ok")

    def action_import_file(self) -> None:
        """Bring a file in."""
        self.shell.open_place("import")

    def action_example(self) -> None:
        """Show how the example company is opened."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.example(self.crm))

    def action_back(self) -> None:
        """Take the search away, and the filter."""
        self._change(View(sort=self._view.sort))

    def narrow(self, only: str) -> None:
        """Narrow the list by a ready filter."""
        self._change(View(only=only, sort=self._view.sort))

    def _change(self, view: View) -> None:
        self._view = view
        self._keep = ""
        self._load()

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._change(replace(self._view, text=message.words.strip()))

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == SEARCH:
            self.end_question()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._change(replace(self._view, text=""))

    def focus_list(self) -> None:
        """Back to the list, or to the notice in its place."""
        (self.query_one(Notice) if self.noticed else self._table).focus()
