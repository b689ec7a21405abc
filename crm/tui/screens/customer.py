"""A customer's open documents on a screen of their own, where there is no room for them below the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from crm.core.errors import CrmError
from crm.core.i18n import _, mark, plural
from crm.core.money import shown
from crm.receivables.actions import InvoiceList, ListInvoices, ShowInvoice
from crm.receivables.ageing import AgeingLine
from crm.tui.ageing_head import AgeingHead
from crm.tui.base import CrmScreen
from crm.tui.cells import late_style, lateness
from crm.tui.headlines import customer_head, customer_sentence, free_money, not_read
from crm.tui.ledgers import DocumentRow, bucket_of_row, document_columns, document_rows
from crm.tui.screens.explain import ExplainPanel
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class CustomerScreen(CrmScreen):
    """One customer: what is overdue, how old it is, and the documents it is made of."""

    SECTION = "3"
    AUTO_FOCUS = "#documents"
    DEFAULT_CSS = """
    CustomerScreen #body { padding: 1 1 0 1; }
    CustomerScreen.-narrow #body { padding: 0 1; }
    CustomerScreen #bar { margin: 1 0; }
    CustomerScreen #documents { height: 1fr; }
    CustomerScreen Notice { display: none; margin: 2 0 0 0; }
    CustomerScreen.-noticed #documents { display: none; }
    CustomerScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "explain", mark("explain")),
        Binding("enter", "retry", mark("try again"), show=False),
        Binding("escape", "back", mark("back")),
    ]

    @dataclass
    class Loaded(Message):
        """The documents have arrived."""

        documents: InvoiceList

    def __init__(self, crm: Crm, line: AgeingLine, as_of: date | None) -> None:
        super().__init__(crm)
        self._line = line
        self._as_of = as_of
        self._fault: CrmError | None = None

    def body(self) -> ComposeResult:
        """Who, how much, how old, and which documents."""
        yield TwoEnds(id="who")
        yield TwoEnds(id="sums")
        yield AgeingHead(id="bar")
        yield SheetTable[DocumentRow](id="documents")
        yield Notice()

    def on_mount(self) -> None:
        """Show what the list knew, ask for the rest."""
        line = self._line
        self.query_one("#who", TwoEnds).show(customer_head(line, line.customer), free_money(line))
        self.query_one("#bar", AgeingHead).show(line)
        self._show_sums()
        self.say_line.rest(Content(customer_sentence(line)))
        self._documents.await_rows(document_columns([], line.currency, self._day))
        self.action_retry()

    def _show_sums(self, count: str = "") -> None:
        line = self._line
        parts = [(_("Overdue"), "$muted"), (" ", ""), (shown(line.overdue, line.currency), "bold")]
        if line.overdue:
            parts += [(" ", ""), (lateness(line.oldest_days), late_style(line.oldest_days))]
        parts += [("   " + _("Total"), "$muted"), (" " + shown(line.total, line.currency), "")]
        self.query_one("#sums", TwoEnds).show(Content.assemble(*parts), Content.styled(count, "$muted"))

    @property
    def _day(self) -> date:
        return self._as_of or self.crm.clock.today()

    @property
    def _documents(self) -> SheetTable[DocumentRow]:
        return self.query_one("#documents", SheetTable)

    @on(Loaded)
    def _show(self, message: Loaded) -> None:
        rows = document_rows(message.documents.lines, self._line.currency, self._day)
        count = sum(not row.part for row in rows)
        self._show_sums(plural("{count} open document", "{count} open documents", count))
        self._fault = None
        self.query_one(KeysLine).elsewhere = ()
        self.remove_class("-noticed")
        columns = document_columns(rows, self._line.currency, self.crm.clock.today())
        self._documents.show(rows, columns, nothing=_("Nothing is open."))
        self._documents.focus()

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        notice = self.query_one(Notice)
        self._fault = message.error
        told = not_read(message.error)
        notice.say(told)
        self.query_one(KeysLine).elsewhere = told.actions
        self.add_class("-noticed")
        notice.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self._fault is not None:
            return action in not_read(self._fault).actions or action not in {"retry", "explain"}
        return action != "retry"

    @on(SheetTable.Opened)
    def _opened(self, message: SheetTable.Opened[DocumentRow]) -> None:
        action = ShowInvoice(invoice=message.row.line.number, as_of=self._as_of)
        self.open_panel(SheetPanel(self.crm, action, self._day))

    def action_explain(self) -> None:
        """Open the customer's figures, those of the selected document's age first."""
        if self._fault is not None:
            self.open_fault(self._fault)
            return
        row = self._documents.selected
        bucket = bucket_of_row(row) if row else None
        self.open_panel(ExplainPanel(self.crm, self._line, self._day, bucket))

    def action_retry(self) -> None:
        """Ask for the documents."""
        self.ask(
            ListInvoices(customer=self._line.customer, status="open", as_of=self._as_of), self.Loaded, topic="documents"
        )

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss()
