"""Who may pay late and what that may cost; and the model behind it, held against what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.errors import CrmError
from crm.core.i18n import _, mark
from crm.core.money import Money
from crm.risk.actions.explaining import ExplainRisk, ListAtRisk, RiskList
from crm.risk.actions.watching import RiskModelReport, ShowRiskModel
from crm.tui.base import CrmScreen, NoticedScreen
from crm.tui.cells import clean
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.risk_views import calibration_chart, risk_map
from crm.tui.screens.lists import ListScreen
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_MOST = 500
WHAT_IF = "what_if"


class RiskScreen(ListScreen):
    """The portfolio by what may be lost, with its map above."""

    ABOUT = mark("Whose invoices may be paid late, and what that may cost. Enter opens the customer.")
    TITLE_WORDS = mark("Risk")
    ITEMS = "customers"
    LEAVES: ClassVar[Mapping[str, int]] = {"customer": 9, "gain": 8, "expected_loss": 7, "name": 0, "risk": 0}
    NARROWEST: ClassVar[Mapping[str, int]] = {"name": 18}
    EMPTY = (mark("Nothing is open."), mark("Whoever owes something stands here, by what may be lost."))
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"explain", "what_if"}
    DEFAULT_CSS = """
    RiskScreen #map { height: auto; margin: 1 0 0 0; }
    RiskScreen.-short #map { margin: 0; }
    RiskScreen.-noticed #map { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("explain"),
        Binding("w", "what_if", mark("what if"), tooltip=mark("what the risk would be for another amount")),
        Binding("M", "model", mark("the model"), tooltip=mark("the card of the model, its back-test and calibration")),
    ]

    @dataclass
    class Mapped(Message):
        """The customers have arrived, to be placed on the map."""

        answer: RiskList

    def body(self) -> ComposeResult:
        """Head, map, rows."""
        yield TwoEnds(id="head")
        yield Static(id="map", markup=False)
        yield SheetTable(id="rows")
        yield Notice()

    def question(self) -> Action[Any]:
        """Everybody who owes something."""
        return ListAtRisk(limit=_MOST)

    def reload(self) -> None:
        """Ask again, once for both."""

        def read() -> Message:
            return self.Mapped(self.crm.runner.read(ListAtRisk(limit=_MOST), self.crm.actor))

        self.in_background(read, topic="rows")

    @on(Mapped)
    def _mapped(self, message: Mapped) -> None:
        self.query_one("#map", Static).update(Content("\n").join(risk_map(message.answer.lines)))
        answer = message.answer
        self.post_message(ListScreen.Loaded(answer.as_sheet(), answer.as_json()[self.ITEMS]))

    def explain(self) -> None:
        """The reasons of the selected customer's risk."""
        if self.subject.customer:
            self.open_panel(SheetPanel(self.crm, ExplainRisk(customer=self.subject.customer)))

    def action_what_if(self) -> None:
        """Ask for an amount."""
        self.say_line.ask(
            WHAT_IF, _("What if the next invoice of {name} were of:").format(name=clean(self.subject.name))
        )

    def action_model(self) -> None:
        """The model behind it."""
        self.shell.open_place("risk-model")

    @on(SayLine.Answered)
    def _told(self, message: SayLine.Answered) -> None:
        if message.topic != WHAT_IF:
            return
        self.end_question()
        try:
            amount = Money.parse(message.words)
        except (CrmError, ValueError) as error:
            self.say_line.tell(str(error), "✗", "$late3")
            return
        self.open_panel(SheetPanel(self.crm, ExplainRisk(customer=self.subject.customer, amount=amount)))


class RiskModelScreen(NoticedScreen):
    """The card of the model, its back-test by month, its calibration, and what has drifted."""

    ABOUT = mark("What the model learnt from, and how what it said held against what came.")
    AUTO_FOCUS = "#report"
    DEFAULT_CSS = """
    RiskModelScreen #body { padding: 1 1 0 1; }
    RiskModelScreen.-narrow #body, RiskModelScreen.-short #body { padding: 0 1; }
    RiskModelScreen #report { height: 1fr; margin: 1 0 0 0; }
    RiskModelScreen #told { height: auto; padding: 0 1; }
    RiskModelScreen Notice { display: none; margin: 2 0 0 0; }
    RiskModelScreen.-noticed #report { display: none; }
    RiskModelScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [verb("back")]

    @dataclass
    class Loaded(Message):
        """The report has arrived."""

        report: RiskModelReport

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._report: RiskModelReport | None = None

    def body(self) -> ComposeResult:
        """Head and report."""
        yield TwoEnds(id="head")
        with VerticalScroll(id="report"):
            yield Static(id="told", markup=False)
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("The risk model"), "bold"))

    def reload(self) -> None:
        """Ask again."""
        self.ask(ShowRiskModel(), self.Loaded, topic="report")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._report = message.report
        self.end_notice()
        sheet = message.report.as_sheet()
        parts = [Content(clean(note)) for note in sheet.notes]
        if message.report.months:
            parts += [Content(""), Content.styled(_("What was said, month by month"), "bold")]
            heads = [column.heading for column in sheet.columns]
            table = [heads, *([str(cell) for cell in row] for row in sheet.rows)]
            widths = [max(len(line[place]) for line in table) for place in range(len(heads))]
            for number, line in enumerate(table):
                text = "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
                parts.append(Content.styled(text, "$muted") if not number else Content(text))
        if message.report.calibration:
            parts += [Content(""), Content.styled(_("Calibration, by tenths of the scores"), "bold")]
            parts += calibration_chart(message.report.calibration)
        self.query_one("#told", Static).update(Content("\n").join(parts))

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "report":
            self.notice(not_read(message.error), message.error)

    def focus_list(self) -> None:
        """Back to the report."""
        (self.query_one(Notice) if self.noticed else self.query_one("#report")).focus()
