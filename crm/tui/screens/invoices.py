"""Invoices: where the money is stuck. The aged balance, and below it the open invoices of the selected customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from crm.core.errors import CrmError
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO
from crm.receivables.actions import AgedBalance, AgeingReport, InvoiceList, ListInvoices, ShowInvoice
from crm.receivables.ageing import AgeingLine
from crm.tui.base import CrmScreen, Subject
from crm.tui.cells import clean
from crm.tui.customer_verbs import CustomerVerbs
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
from crm.tui.keys import verb
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
from crm.tui.widgets.ageing_head import AgeingHead
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH, AS_OF = "search", "as of"
"""What the say line may ask here."""


class InvoicesScreen(CustomerVerbs):
    """The aged balance."""

    SECTION = "3"
    ABOUT = mark("Where the money is stuck: who owes what, and for how long, on any day.")
    NEEDS_LIST = CustomerVerbs.NEEDS_LIST | {"search", "sort", "currency", "back", "as_of", "import_file", "example"}
    CSS_PATH = "invoices.tcss"
    AUTO_FOCUS = "#customers"
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("explain"),
        verb("search"),
        verb("sort"),
        verb("as_of"),
        verb("currency", show=False),  # its key stands in the title
        verb("import_file", show=False),
        verb("view", "example", label=mark("see the example company"), show=False),
        verb("back"),
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

    @dataclass
    class Arranged(Message):
        """The customers that answer to the words are in order."""

        lines: Sequence[AgeingLine]
        of: int
        total: AgeingLine
        columns: Sequence[TableColumn[AgeingLine]]
        keep: str

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._as_of: date | None = None
        self._report: AgeingReport | None = None
        self._currency = EURO
        self._words = ""
        self._order = Order.OLDEST
        self._ordered: dict[tuple[str, Order], list[AgeingLine]] = {}

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
    def _currencies(self) -> list[str]:
        return list(self._report.totals) if self._report else []

    @property
    def subject(self) -> Subject:
        """The selected customer, and the invoice when the focus is on it."""
        line = self._customers.selected
        if line is None:
            return Subject()
        row = self._documents.selected if self._documents.has_focus else None
        return Subject(line.customer, line.name, row.line.number if row and row.line.total > 0 else "")

    # What arrives

    def reload(self) -> None:
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
        self._ordered.clear()
        if not message.report.lines:
            self._currency, self._words = EURO, ""
            self.notice(nothing_owed(self._day, looking_back=self._as_of is not None, ever=message.ever))
            self.say_line.rest(Content(""))
            return
        if self._currency not in self._currencies:
            self._currency = EURO if EURO in self._currencies else self._currencies[0]
        if self.end_notice():
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
            self.notice(not_read(message.error), message.error)
            self.say_line.rest(Content(""))

    # What is shown

    def _fill(self, keep: str = "") -> None:
        """Bring the customers into order in a thread: a hundred thousand of them take longer than a key."""
        if self._report is None:
            return
        report, currency, words, order, narrow = self._report, self._currency, self._words, self._order, self.is_narrow

        def arrange() -> Message:
            if (currency, order) not in self._ordered:
                block = [line for line in report.lines if line.currency == currency]
                self._ordered[currency, order] = sorted_lines(block, order)
            block = self._ordered[currency, order]
            lines = found(block, words)
            columns = balance_columns(block, currency, order, narrow=narrow)
            return self.Arranged(lines, len(block), sum_of(lines, currency), columns, keep)

        self.in_background(arrange, topic="arrange", awaited=True)

    @on(Arranged)
    def _arranged(self, message: Arranged) -> None:
        lines = message.lines
        self.query_one("#head", TwoEnds).show(
            self._title(len(lines), message.of), *balance_sums(message.total, whole=not self.is_narrow)
        )
        self.query_one("#bar", AgeingHead).show(message.total)
        cursor = next((place for place, line in enumerate(lines) if line.customer == message.keep), 0)
        nothing = _("No customer answers to “{words}”.").format(words=clean(self._words))
        self._customers.show(lines, message.columns, cursor=cursor, nothing=nothing)
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

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if not self.noticed:
            match action:
                case "search" | "sort":
                    return self._report is not None
                case "currency":
                    return len(self._currencies) > 1
                case "back":
                    return bool(self._words) or self._documents.has_focus
                case "example":
                    return False
        return super().check_action(action, parameters)

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
        from crm.tui.screens.documents import DocumentsScreen

        line = message.row
        if not line.customer:
            self.action_explain()
        elif self._as_of is None:
            self.shell.open_customer(line.customer)
        else:
            self.app.push_screen(DocumentsScreen(self.crm, line, self._as_of))

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
        if self._report and not self.noticed:
            selected = self._customers.selected
            self._fill(keep=selected.customer if selected else "")

    def explain(self) -> None:
        """Open the figures of the selected customer; from a document, those of its age."""
        from crm.tui.screens.explain import ExplainPanel

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
        """Bring a file in."""
        self.shell.open_place("import")

    def action_example(self) -> None:
        """Show how the example company is opened."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.example(self.crm))

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
        self.end_question()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill()
        self.end_question()

    def focus_list(self) -> None:
        """Back to the customers, or to the notice in their place."""
        (self.query_one(Notice) if self.noticed else self._customers).focus()

    def _look_back(self, words: str) -> bool:
        today = self.crm.clock.today()
        try:
            day = past_day(words, today)
        except CrmError as error:
            self.say_line.ask(AS_OF, f"{error.message} {error.next_step}".strip())
            return False
        self._as_of = None if day == today else day
        self.reload()
        return True
