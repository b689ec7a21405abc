"""A customer's sheet: who they are, what they owe, what comes next, and everything that happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.i18n import _, mark
from crm.core.proposals import Proposal
from crm.followup.actions.following import ShowFollowedScenario
from crm.ledger.actions.doubtful import ListDoubtful
from crm.orders.actions.opportunities import ListOpportunities
from crm.orders.actions.quotes import ListQuotes
from crm.portfolio.history import CustomerHistory, History
from crm.portfolio.trends import CustomerTrend, Trend
from crm.receivables.actions import (
    InvoiceList,
    ShowInvoice,
)
from crm.receivables.actions.exposure import ShowExposure
from crm.receivables.actions.penalties import ListPenalties
from crm.tui.aimed_sheet import AimedSheet
from crm.tui.base import CrmScreen, Subject
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.ledgers import DocumentRow, bucket_of_row, document_columns, document_rows
from crm.tui.proposal_verbs import ProposalVerbs
from crm.tui.relation_facts import Relation, contact_lines, identity_lines, relation_lines
from crm.tui.risk_views import risk_card, risk_line
from crm.tui.screens.relation_panel import RelationPanel, relation_of
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.screens.text_panel import TextPanel
from crm.tui.sheet_facts import (
    TIMELINE,
    SheetView,
    Standing,
    TimelineRow,
    filter_line,
    hold_line,
    limitation_line,
    money_lines,
    more_content,
    name_line,
    timeline_columns,
    timeline_rows,
)
from crm.tui.sheet_reads import opening
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.preview_card import PreviewCard
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH = "search"
CARD_KEYS = frozenset({"accept", "change", "refuse"})
_EVENTS = 500
_NEAR_END = 60


class Facts(Static):
    """Lines that hang below their labels: they are laid out anew for every width."""

    @dataclass
    class Widened(Message):
        """There is another width now."""

    _wide = 0

    def on_resize(self) -> None:
        """Tell it, where it is the width that has changed."""
        if self.size.width != self._wide:
            self._wide = self.size.width
            self.post_message(self.Widened())


class CustomerScreen(AimedSheet):
    """One customer."""

    SECTION = "2"
    ABOUT = mark("What to do with this customer now: what is owed, what comes next, what was said.")
    NEEDS_LIST = ProposalVerbs.NEEDS_LIST | {"accept", "change", "refuse", "filter", "search"}
    AUTO_FOCUS = "#documents"
    DEFAULT_CSS = """
    CustomerScreen #body { layout: horizontal; }
    CustomerScreen #main { width: 1fr; padding: 1 1 0 1; }
    CustomerScreen #side { width: 42%; min-width: 46; max-width: 92; background: $surface; padding: 1 2 0 3; }
    CustomerScreen #main Static, CustomerScreen #side > Static { padding: 0 1; height: auto; }
    CustomerScreen #facts, CustomerScreen #line { text-wrap: nowrap; text-overflow: ellipsis; }
    CustomerScreen #facts { margin: 0 0 1 0; }
    CustomerScreen #documents { height: auto; max-height: 14; margin: 0 0 1 0; }
    CustomerScreen #timeline { height: 1fr; }
    CustomerScreen #risk, CustomerScreen #aims, CustomerScreen #contacts { margin: 0 0 1 0; }
    CustomerScreen #aims { text-wrap: nowrap; text-overflow: ellipsis; }
    CustomerScreen #line { margin: 0 0 1 0; }
    CustomerScreen PreviewCard { display: none; padding: 1 2; margin: 0 0 1 0; }
    CustomerScreen.-narrow #body { layout: vertical; }
    CustomerScreen.-narrow #main { height: auto; padding: 0 1; }
    CustomerScreen.-narrow #side { width: 1fr; max-width: 100%; height: 1fr; padding: 0 1; background: $background; }
    CustomerScreen.-narrow #more, CustomerScreen.-short #more { display: none; }
    CustomerScreen.-narrow #facts, CustomerScreen.-narrow #documents, CustomerScreen.-short #facts,
    CustomerScreen.-short #documents, CustomerScreen.-short #line { margin: 0; }
    CustomerScreen.-narrow #documents { max-height: 6; }
    CustomerScreen.-narrow PreviewCard { padding: 0 1; margin: 0; max-height: 9; }
    CustomerScreen.-beside #side { display: none; }
    CustomerScreen Notice { display: none; margin: 2 0 0 0; }
    CustomerScreen.-noticed #facts, CustomerScreen.-noticed #documents, CustomerScreen.-noticed #more,
    CustomerScreen.-noticed #heading, CustomerScreen.-noticed #side { display: none; }
    CustomerScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("explain"),
        verb("filter"),
        verb("search"),
        verb(
            "view", label=mark("whole sheet"), told=mark("view the whole sheet: identity, contacts, consents, relation")
        ),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """What is owed, what was promised, what waits."""

        view: SheetView
        documents: InvoiceList
        proposals: Sequence[Proposal]

    @dataclass
    class HistoryLoaded(Message):
        """What happened has arrived: the latest, or a page that follows what is shown."""

        history: History
        start: int = 0

    @dataclass
    class RelationLoaded(Message):
        """How the relation stands has arrived."""

        relation: Relation

    @dataclass
    class RiskLoaded(Message):
        """How likely lateness is has been reckoned."""

        card: Any

    @dataclass
    class StandingLoaded(Message):
        """Holds on orders, doubtful debts and penalties have been counted."""

        standing: Standing

    @dataclass
    class TrendLoaded(Message):
        """How it moves has been added up."""

        trend: Trend

    def __init__(self, crm: Crm, number: str) -> None:
        super().__init__(crm)
        self._number = number
        self._view: SheetView | None = None
        self._trend: Trend | None = None
        self._risk: Any = None
        self._standing: Standing | None = None
        self._history: History | None = None
        self._asked = 0
        """Up to which event has been asked for."""
        self._relation: Relation | None = None
        self._kind = ""
        self._words = ""

    def body(self) -> ComposeResult:
        """Facts and documents; beside or below them the card and the timeline."""
        with Vertical(id="main"):
            yield Facts(id="facts", markup=False)
            yield Static(id="heading", markup=False)
            yield SheetTable[DocumentRow](id="documents", keeps_mark=False, heading=False)
            with VerticalScroll(id="more", can_focus=False):
                yield Static(id="aims", markup=False)
                yield Static(id="risk", markup=False)
                yield Static(id="contacts", markup=False)
                yield Static(id="relation", markup=False)
            yield Notice()
        with Vertical(id="side"):
            yield PreviewCard()
            yield Static(id="line", markup=False)
            yield SheetTable[TimelineRow](id="timeline", keeps_mark=False, heading=False)

    def on_mount(self) -> None:
        """Bars stand in the places of the lists meanwhile."""
        self.query_one(PreviewCard).can_focus = False
        self._documents.await_rows(document_columns([], "EUR", self.crm.clock.today()))

    @property
    def _documents(self) -> SheetTable[DocumentRow]:
        return self.query_one("#documents", SheetTable)

    @property
    def _timeline(self) -> SheetTable[TimelineRow]:
        return self.query_one("#timeline", SheetTable)

    @property
    def subject(self) -> Subject:
        """The customer, and the invoice when the focus is on one."""
        if self._view is None:
            return Subject()
        row = self._documents.selected if self._documents.has_focus else None
        number = row.line.number if row is not None and row.line.total > 0 else ""
        return Subject(self._view.sheet.card.customer.number, self._view.sheet.card.customer.name, number)

    # What arrives

    def reload(self) -> None:
        """Read everything again: what is owed first, what happened and how it moves behind it."""
        crm, number = self.crm, self._number
        self.in_background(lambda: self.Loaded(*opening(crm, number)), topic="sheet")

    def _read_behind(self) -> None:
        """What nobody waits for: read together it would hold up what is owed."""
        crm, number = self.crm, self._number
        self._read_history()
        self.in_background(self._stands, topic="standing")
        self.read_aims(number)
        self.in_background(lambda: self.RelationLoaded(relation_of(crm.runner, crm.actor, number)), topic="relation")
        self.ask(CustomerTrend(customer=number), self.TrendLoaded, topic="trend")
        if "explain_risk" in crm.registry:
            risk = crm.registry.get("explain_risk").model_validate({"customer": number})
            self.ask(risk, self.RiskLoaded, topic="risk")

    def _stands(self) -> Message:
        read, who, number = self.crm.runner.read, self.crm.actor, self._number
        return self.StandingLoaded(
            Standing(
                read(ShowExposure(customer=number), who),
                read(ListDoubtful(customer=number), who),
                read(ListPenalties(customer=number), who),
                read(ListQuotes(customer=number, status="open"), who),
                read(ListOpportunities(customer=number, status="open"), who),
                read(ShowFollowedScenario(customer=number), who),
            )
        )

    def _read_history(self, start: int = 0) -> None:
        self._asked = start + _EVENTS
        asked = CustomerHistory(
            customer=self._number, kind=self._kind or None, query=self._words or None, limit=_EVENTS, offset=start
        )
        self.ask(asked, lambda history: self.HistoryLoaded(history, start), topic="history")

    @on(SheetTable.Highlighted, "#timeline")
    def _nears_the_end(self, message: SheetTable.Highlighted[TimelineRow]) -> None:
        """The next page comes before the last of what is shown is reached."""
        known = self._history
        if known is None or self._asked >= known.total or len(known.events) < self._asked:
            return
        if self._timeline.cursor >= len(self._timeline.rows) - _NEAR_END:
            self._read_history(self._asked)

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._view = view = message.view
        if self.end_notice():
            self._documents.focus()
        rows = document_rows(message.documents.lines, view.main.currency, self.crm.clock.today())
        columns = document_columns(rows, view.main.currency, self.crm.clock.today())
        cursor = self._documents.cursor if self._documents.rows else 0
        self._documents.show(rows, columns, cursor=cursor, nothing=_("Nothing is open."))
        count = sum(not row.part for row in rows)
        heading = Content.assemble((_("Open invoices"), "bold"), (f"  {count or ''}", "$muted"))
        self.query_one("#heading", Static).update(heading)
        self.show_facts()
        self.weigh(message.proposals[0] if message.proposals else None, view.sheet.card.customer.name)
        self._read_behind()
        self._place_keys()
        self.refresh_bindings()

    @on(StandingLoaded)
    def _standing_loaded(self, message: StandingLoaded) -> None:
        self._standing = message.standing
        self.show_facts()

    @on(TrendLoaded)
    def _trend_loaded(self, message: TrendLoaded) -> None:
        self._trend = message.trend
        self.show_facts()

    @on(RiskLoaded)
    def _risk_loaded(self, message: RiskLoaded) -> None:
        self._risk = message.card
        self.show_facts()

    @on(RelationLoaded)
    def _relation_loaded(self, message: RelationLoaded) -> None:
        self._relation = message.relation
        self.show_facts()

    @on(HistoryLoaded)
    def _history_loaded(self, message: HistoryLoaded) -> None:
        known, told = self._history, message.history
        if message.start and known is not None:
            told = replace(told, events=(*known.events[: message.start], *told.events))
        self._history = told
        self._show_timeline()

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "sheet":
            self.notice(not_read(message.error), message.error)
        elif message.topic in {"decide", "weigh"}:
            self.say_line.tell(f"{message.error.message} {message.error.next_step}".strip(), "✗", "$late3")

    # What is shown

    def show_facts(self) -> None:
        """Whatever is known by now, in its place."""
        view = self._view
        if view is None:
            return
        width, today = self.query_one("#facts").size.width - 2, self.crm.clock.today()
        above = (limitation_line(view, today), hold_line(view, today))
        lines = [*(line for line in above if line), name_line(view)]
        if not self.is_narrow:
            lines.append(Content(""))
        view = replace(view, standing=self._standing)
        lines += money_lines(view, self._trend, narrow=self.is_narrow, width=width)
        if self._risk is not None and (self.is_narrow or self.has_class("-short")):
            lines.append(risk_line(self._risk).truncate(max(1, width), ellipsis=True))
        lines += self.aim_lines()
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self._show_risk()
        contacts = view.sheet.card.contacts
        head = Content.assemble((_("Contacts"), "bold"), (f"  {len(contacts) or ''}", "$muted"))
        width = self.query_one("#main").size.width - 6
        told = contact_lines(contacts, width, view.sheet.fares, today)
        self.query_one("#contacts", Static).update(Content("\n").join([head, *told]))
        if self._relation is not None:
            blocks = (relation_lines(self._relation, view.sheet), identity_lines(view.sheet, self._relation))
            text = Content("\n\n").join(Content("\n").join(block) for block in blocks if len(block) > 1)
            self.query_one("#relation", Static).update(text)
        self.say_line.rest(Content(" ".join(view.why[:2]) if view.why else ""))

    def _show_risk(self) -> None:
        """Three reasons where there is room; one line beside the money where there is not."""
        if self._risk is None:
            return
        self.query_one("#risk", Static).update(Content("\n").join(risk_card(self._risk)))

    def _filter_line(self) -> Content:
        room = self.query_one("#line").size.width - 2
        return filter_line(self._kind, self._words, self._history.total if self._history else 0, room)

    def _show_timeline(self) -> None:
        if self._history is None:
            return
        events = self._history.events
        self.query_one("#line", Static).update(self._filter_line())
        rows = timeline_rows(events, two_lines=not self.is_narrow)
        nothing = _("Nothing has happened yet: a notes a call, + then n a note.")
        if self._kind or self._words:
            nothing = _("Nothing answers to this filter.")
        self._timeline.show(
            rows,
            timeline_columns(self.crm.clock.today(), two_lines=not self.is_narrow),
            cursor=min(self._timeline.cursor, max(0, len(rows) - 1)),
            nothing=nothing,
            head_of=more_content,
        )

    @on(Facts.Widened)
    def _widened(self) -> None:
        self.show_facts()

    def on_resize(self) -> None:
        """Wide and narrow show different lines."""
        self.show_facts()
        self._show_timeline()
        self._place_keys()

    def _place_keys(self) -> None:
        """Keys that stand on the card do not stand below."""
        self.query_one(KeysLine).elsewhere = CARD_KEYS if self.proposal is not None else ()

    # What keys do

    @on(SheetTable.Opened, "#documents")
    def _opened_document(self, message: SheetTable.Opened[DocumentRow]) -> None:
        self.open_panel(SheetPanel(self.crm, ShowInvoice(invoice=message.row.line.number)))

    @on(SheetTable.Opened, "#timeline")
    def _opened_event(self, message: SheetTable.Opened[TimelineRow]) -> None:
        event = message.row.event
        self.open_panel(TextPanel(self.crm, event.title or _("Note"), event.text or event.title, event.day))

    def explain(self) -> None:
        """Open the figures: those of the selected document's age first."""
        from crm.tui.screens.explain import ExplainPanel

        if self._view is None:
            return
        row = self._documents.selected if self._documents.has_focus else None
        line = next((owed for owed in self._view.sheet.owed if owed.currency == self._view.main.currency), None)
        if line is not None:
            self.open_panel(ExplainPanel(self.crm, line, self.crm.clock.today(), bucket_of_row(row) if row else None))

    def action_view(self) -> None:
        """Open the whole sheet."""
        self.open_panel(RelationPanel(self.crm, self._number))

    def action_filter(self) -> None:
        """The next kind of event."""
        kinds = list(TIMELINE)
        self._kind = kinds[(kinds.index(self._kind) + 1) % len(kinds)]
        self._read_history()

    def action_search(self) -> None:
        """Search what was said."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a word of the timeline"))

    def action_back(self) -> None:
        """From the timeline to the documents; then back to where one came from."""
        if self._words or self._kind:
            self._words = self._kind = ""
            self._read_history()
        else:
            self.dismiss()

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._read_history()

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == SEARCH:
            self.say_line.end_question()
            self._timeline.focus()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._read_history()

    def focus_list(self) -> None:
        """Back to the documents."""
        (self.query_one(Notice) if self.noticed else self._documents).focus()
