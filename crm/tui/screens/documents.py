"""A customer's open documents as of a day, on a screen of their own: looking back, where there is no room below the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from crm.core.i18n import _, plural
from crm.core.money import shown
from crm.receivables.actions import InvoiceList, ListInvoices, OpenDispute, ShowInvoice
from crm.receivables.ageing import AgeingLine
from crm.tui.base import CrmScreen, NoticedScreen, Subject
from crm.tui.cells import late_style, lateness
from crm.tui.headlines import customer_head, customer_sentence, free_money, not_read
from crm.tui.keys import verb
from crm.tui.ledgers import DocumentRow, bucket_of_row, document_columns, document_rows
from crm.tui.screens.explain import ExplainPanel
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.widgets.ageing_head import AgeingHead
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class DocumentsScreen(NoticedScreen):
    """One customer: what is overdue, how old it is, and the documents it is made of."""

    SECTION = "3"
    AUTO_FOCUS = "#documents"
    DEFAULT_CSS = """
    DocumentsScreen #body { padding: 1 1 0 1; }
    DocumentsScreen.-narrow #body { padding: 0 1; }
    DocumentsScreen #bar { margin: 1 0; }
    DocumentsScreen #documents { height: 1fr; }
    DocumentsScreen Notice { display: none; margin: 2 0 0 0; }
    DocumentsScreen.-noticed #documents { display: none; }
    DocumentsScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("explain"),
        verb("dispute"),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """The documents have arrived."""

        documents: InvoiceList

    def __init__(self, crm: Crm, line: AgeingLine, as_of: date | None) -> None:
        super().__init__(crm)
        self._line = line
        self._as_of = as_of

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
        self.end_notice()
        columns = document_columns(rows, self._line.currency, self.crm.clock.today())
        self._documents.show(rows, columns, nothing=_("Nothing is open."))
        self._documents.focus()

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @property
    def subject(self) -> Subject:
        """The customer, and the selected document."""
        row = self._documents.selected
        return Subject(self._line.customer, self._line.name, row.line.number if row else "")

    @on(SheetTable.Opened)
    def _opened(self, message: SheetTable.Opened[DocumentRow]) -> None:
        action = ShowInvoice(invoice=message.row.line.number, as_of=self._as_of)
        self.open_panel(SheetPanel(self.crm, action, self._day))

    def explain(self) -> None:
        """Open the customer's figures, those of the selected document's age first."""
        row = self._documents.selected
        bucket = bucket_of_row(row) if row else None
        self.open_panel(ExplainPanel(self.crm, self._line, self._day, bucket))

    def action_dispute(self) -> None:
        """The customer objects to the selected document, or to a part of it."""
        self.propose(OpenDispute, ask=True)

    def reload(self) -> None:
        """Ask for the documents."""
        self.ask(
            ListInvoices(customer=self._line.customer, status="open", as_of=self._as_of), self.Loaded, topic="documents"
        )

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss()
