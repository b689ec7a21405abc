"""Invoices: where the money is stuck. The aged balance, and below it the open invoices of the selected customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from crm.core.errors import CrmError
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO
from crm.receivables.actions import AgedBalance, AgeingReport, InvoiceList, ListInvoices, ShowInvoice
from crm.receivables.ageing import AgeingLine
from crm.tui.ageing_head import AgeingHead
from crm.tui.base import CrmScreen
from crm.tui.cells import clean
from crm.tui.days import past_day
from crm.tui.headlines import (
    balance_sums,
    balance_title,
    customer_head,
    customer_sentence,
    free_money,
    not_read,
    nothing_owed,
)
from crm.tui.ledgers import (
    ORDER_SENTENCES,
    DocumentRow,
    Order,
    balance_columns,
    bucket_of_row,
    document_columns,
    document_rows,
    fold_names,
    found,
    sorted_lines,
    sum_of,
)
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.notice import Notice, Told
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH, AS_OF = "search", "as of"
"""What the say line may ask here."""
_NEEDS_LIST = {"explain", "search", "sort", "currency", "back", "as_of", "import_file", "retry", "example"}
"""Actions that a notice in the place of the list takes away, unless it offers them."""


class InvoicesScreen(CrmScreen):
    """The aged balance."""

    SECTION = "3"
    CSS_PATH = "invoices.tcss"
    AUTO_FOCUS = "#customers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "explain", mark("explain"), tooltip=mark("explain: lines, formula and day of a figure")),
        Binding("slash", "search", mark("search")),
        Binding("t", "sort", mark("sort")),
        Binding("h", "as_of", mark("on a date"), tooltip=mark("the balance as it stood on another day")),
        Binding("dollar_sign", "currency", mark("other currency"), show=False),  # its key stands in the title
        Binding("i", "import_file", mark("import")),
        Binding("v", "example", mark("see the example company"), show=False),
        Binding("f5", "refresh", mark("read again"), show=False),
        Binding("enter", "retry", mark("try again"), show=False),
        Binding("escape", "back", mark("back")),
    ]

    @dataclass
    class Loaded(Message):
        """The aged balance has arrived; `ever` tells whether there is any invoice at all."""

        report: AgeingReport
        ever: bool

    @dataclass
    class DocumentsLoaded(Message):
        """A customer's open documents have arrived."""

        line: AgeingLine
        documents: InvoiceList

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._as_of: date | None = None
        self._report: AgeingReport | None = None
        self._currency = EURO
        self._words = ""
        self._order = Order.OLDEST
        self._offered: frozenset[str] = frozenset()
        self._fault: CrmError | None = None

    def body(self) -> ComposeResult:
        """Head, bar, customers, and the documents of one of them; or a notice instead."""
        yield TwoEnds(id="head")
        yield AgeingHead(id="bar")
        yield SheetTable[AgeingLine](id="customers")
        with Vertical(id="detail"):
            yield TwoEnds(id="who")
            yield SheetTable[DocumentRow](id="documents", keeps_mark=False)
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Ask for the balance; bars stand in its place meanwhile."""
        self.query_one("#head", TwoEnds).show(self._title(0, 0))
        self._customers.await_rows(balance_columns([], self._currency, self._order, narrow=self.is_narrow))
        self.action_refresh()

    # What is there

    @property
    def _customers(self) -> SheetTable[AgeingLine]:
        return self.query_one("#customers", SheetTable)

    @property
    def _documents(self) -> SheetTable[DocumentRow]:
        return self.query_one("#documents", SheetTable)

    @property
    def _day(self) -> date:
        return self._as_of or self.crm.clock.today()

    @property
    def _block(self) -> list[AgeingLine]:
        """The customers of the currency on screen: two currencies are never added."""
        lines = self._report.lines if self._report else ()
        return [line for line in lines if line.currency == self._currency]

    @property
    def _currencies(self) -> list[str]:
        return list(self._report.totals) if self._report else []

    @property
    def _noticed(self) -> bool:
        return self.has_class("-noticed")

    # What arrives

    def action_refresh(self) -> None:
        """Read the balance again."""
        as_of = self._as_of

        def read() -> Message:
            report = self.crm.runner.read(AgedBalance(as_of=as_of), self.crm.actor)
            fold_names(report.lines)
            ever = bool(report.lines) or bool(self.crm.runner.read(ListInvoices(limit=1), self.crm.actor).lines)
            return self.Loaded(report, ever)

        self.in_background(read, topic="balance")

    @on(Loaded)
    def _show(self, message: Loaded) -> None:
        self._report = message.report
        if not message.report.lines:
            self._tell(nothing_owed(self._day, looking_back=self._as_of is not None, ever=message.ever))
            return
        if self._currency not in self._currencies:
            self._currency = EURO if EURO in self._currencies else self._currencies[0]
        if self._noticed:
            self.remove_class("-noticed")
            self.query_one(KeysLine).elsewhere = ()
            self._customers.focus()
        selected = self._customers.selected
        self._fill(keep=selected.customer if selected else "")

    @on(DocumentsLoaded)
    def _show_documents(self, message: DocumentsLoaded) -> None:
        line = message.line
        rows = document_rows(message.documents.lines, line.currency, self._day)
        count = plural("{count} open document", "{count} open documents", sum(not row.part for row in rows))
        self.query_one("#who", TwoEnds).show(customer_head(line, count), free_money(line))
        columns = document_columns(rows, line.currency, self.crm.clock.today())
        self._documents.show(rows, columns, nothing=_("Nothing is open."))

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "documents":
            self.say_line.tell(message.error.message, "✗", "$late3")
        else:
            self._fault = message.error
            self._tell(not_read(message.error))

    # What is shown

    def _fill(self, keep: str = "") -> None:
        block = self._block
        lines = sorted_lines(found(block, self._words), self._order)
        total = sum_of(lines, self._currency)
        self.query_one("#head", TwoEnds).show(
            self._title(len(lines), len(block)), *balance_sums(total, whole=not self.is_narrow)
        )
        self.query_one("#bar", AgeingHead).show(total)
        cursor = next((place for place, line in enumerate(lines) if line.customer == keep), 0)
        self._customers.show(
            lines,
            balance_columns(block, self._currency, self._order, narrow=self.is_narrow),
            cursor=cursor,
            nothing=_("No customer answers to “{words}”.").format(words=clean(self._words)),
        )
        if not lines:
            self.query_one("#who", TwoEnds).show(Content(""))
            self._documents.show([], [])
        self.refresh_bindings()

    def _title(self, customers: int, of: int) -> Content:
        return balance_title(
            self._day,
            looking_back=self._as_of is not None,
            customers=customers,
            of=of,
            words=self._words,
            currencies=self._currencies,
            currency=self._currency,
            tax=not self.is_narrow,
        )

    def _tell(self, told: Told) -> None:
        notice = self.query_one(Notice)
        notice.say(told)
        self._offered = told.actions
        self.query_one(KeysLine).elsewhere = told.actions
        self.add_class("-noticed")
        self.say_line.rest(Content(""))
        notice.focus()
        self.refresh_bindings()

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self._noticed:
            return action in self._offered or action not in _NEEDS_LIST
        match action:
            case "explain" | "search" | "sort":
                return bool(self._block)
            case "currency":
                return len(self._currencies) > 1
            case "back":
                return bool(self._words) or self._documents.has_focus
            case "retry" | "example":
                return False
            case _:
                return True

    @on(SheetTable.Highlighted, "#customers")
    def _selected(self, message: SheetTable.Highlighted[AgeingLine]) -> None:
        line = message.row
        self.say_line.rest(Content(customer_sentence(line)))
        if not self.is_narrow:
            self.ask(
                ListInvoices(customer=line.customer, status="open", as_of=self._as_of),
                lambda documents: self.DocumentsLoaded(line, documents),
                topic="documents",
            )

    @on(SheetTable.Opened, "#customers")
    def _opened(self, message: SheetTable.Opened[AgeingLine]) -> None:
        from crm.tui.screens.customer import CustomerScreen

        if self.is_narrow:
            self.app.push_screen(CustomerScreen(self.crm, message.row, self._as_of))
        else:
            self._documents.focus()

    @on(SheetTable.Opened, "#documents")
    def _opened_document(self, message: SheetTable.Opened[DocumentRow]) -> None:
        from crm.tui.screens.sheet_panel import SheetPanel

        action = ShowInvoice(invoice=message.row.line.number, as_of=self._as_of)
        self.open_panel(SheetPanel(self.crm, action, self._day))

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Wide and narrow have different columns."""
        if self._report and not self._noticed:
            selected = self._customers.selected
            self._fill(keep=selected.customer if selected else "")

    def action_explain(self) -> None:
        """Open the figures of the selected customer; from a document, those of its age; after a fault, its cause."""
        from crm.tui.screens.explain import ExplainPanel

        if self._noticed and self._fault:
            self.open_fault(self._fault)
            return
        line, row = self._customers.selected, self._documents.selected
        if line is not None:
            bucket = bucket_of_row(row) if row and self._documents.has_focus else None
            self.open_panel(ExplainPanel(self.crm, line, self._day, bucket))

    def action_search(self) -> None:
        """Ask for words; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a name, a city, a number"))

    def action_sort(self) -> None:
        """The next order."""
        orders = list(Order)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._fill()
        self.say_line.tell(_(ORDER_SENTENCES[self._order]))

    def action_as_of(self) -> None:
        """Ask for a day to look back to."""
        self.say_line.ask(AS_OF, _("On which day?"), placeholder=_("31/03/2026, 31 March; empty: today"))

    def action_currency(self) -> None:
        """The next currency's block."""
        codes = self._currencies
        self._currency = codes[(codes.index(self._currency) + 1) % len(codes)]
        self._fill()
        self.say_line.tell(_("Amounts in {currency}.").format(currency=self._currency))

    def action_import_file(self) -> None:
        """Show how a file comes in."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.importing(self.crm))

    def action_example(self) -> None:
        """Show how the example company is opened."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.example(self.crm))

    def action_retry(self) -> None:
        """Ask once more."""
        self.action_refresh()

    def action_back(self) -> None:
        """From the documents to the customers; else the search is taken away."""
        if self._documents.has_focus:
            self._customers.focus()
        else:
            self._words = ""
            self._fill()

    # What is answered in the say line

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._fill()

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == AS_OF and not self._look_back(message.words):
            return
        self._end_question()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill()
        self._end_question()

    def _end_question(self) -> None:
        self.say_line.end_question()
        (self.query_one(Notice) if self._noticed else self._customers).focus()

    def _look_back(self, words: str) -> bool:
        today = self.crm.clock.today()
        try:
            day = past_day(words, today)
        except CrmError as error:
            self.say_line.ask(AS_OF, f"{error.message} {error.next_step}".strip())
            return False
        self._as_of = None if day == today else day
        self.action_refresh()
        return True
