"""Rehearsal: what a scenario would have sent in the last year and would send in the next 30 days, beside another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark, plural
from crm.core.money import shown
from crm.followup.actions.rehearsing import ASSUMED, WEEKS, Rehearsal, Rehearsed, RehearseScenario
from crm.followup.policy import LEVELS
from crm.followup.rehearsal import Sent
from crm.followup.scenarios import STANDARD
from crm.tui.base import CrmScreen, NoticedScreen, Subject
from crm.tui.cells import amount, clean, fit, two_rows
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.widgets.two_ends import TwoEnds

_OTHERS = ("", "strict", "good_payer", "key_account", "public_buyer", STANDARD)
_FIGURE, _NAME = 9, 36


class RehearsalScreen(NoticedScreen):
    """One scenario, or two side by side: figures, weeks, and who gets what next."""

    SECTION = "5"
    ABOUT = mark("What would this scenario have sent, and what will it? Nothing is written, nothing leaves.")
    NEEDS_LIST = frozenset({"beside", "assumed"})
    AUTO_FOCUS = "#messages"
    DEFAULT_CSS = """
    RehearsalScreen #body { padding: 1 1 0 1; }
    RehearsalScreen.-narrow #body, RehearsalScreen.-short #body { padding: 0 1; }
    RehearsalScreen #weeks { height: auto; padding: 0 1; }
    RehearsalScreen #figures { height: auto; padding: 0 1; }
    RehearsalScreen #messages { height: 1fr; margin: 1 0 0 0; }
    RehearsalScreen.-short #messages { margin: 0; }
    RehearsalScreen Notice { display: none; margin: 2 0 0 0; }
    RehearsalScreen.-noticed #weeks, RehearsalScreen.-noticed #figures, RehearsalScreen.-noticed #messages { display: none; }
    RehearsalScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb(
            "filter",
            "beside",
            label=mark("beside"),
            told=mark("set another scenario beside it: each press the next one"),
        ),
        verb(
            "change",
            "assumed",
            label=mark("payments"),
            told=mark("payments of the next 30 days: none, or as late as usual"),
        ),
        verb("back"),
    ]

    @dataclass
    class Lived(Message):
        """The rehearsal has arrived."""

        found: Rehearsal

    def __init__(self, crm: Any, scenario: str = STANDARD, draft: str | None = None) -> None:
        super().__init__(crm)
        self._which = scenario
        self._draft = draft
        self._beside = 0
        self._usual = True
        self._found: Rehearsal | None = None

    def body(self) -> ComposeResult:
        """Head, weeks, figures, messages to come; or a notice."""
        yield TwoEnds(id="head")
        yield Static(id="weeks", markup=False)
        yield Static(id="figures", markup=False)
        yield SheetTable[Sent](id="messages")
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("Rehearsal"), "bold"))

    @property
    def _table(self) -> SheetTable[Sent]:
        return self.query_one("#messages", SheetTable)

    @property
    def subject(self) -> Subject:
        """The customer of the selected message."""
        sent = self._table.selected
        return Subject(sent.customer, sent.name) if sent is not None else Subject()

    @property
    def _others(self) -> Sequence[str]:
        return [name for name in _OTHERS if name != self._which]

    def reload(self) -> None:
        """Live it again."""
        beside = self._others[self._beside] or None
        question = RehearseScenario(scenario=self._which, beside=beside, payments="usual" if self._usual else "none")
        self.ask(question, self.Lived, topic="rehearsal")

    @on(Lived)
    def _lived(self, message: Lived) -> None:
        found = self._found = message.found
        if not found.whose:
            self.notice(
                Told(
                    _("There is nothing to rehearse yet."),
                    _("A rehearsal needs invoices of the last year: import them, or open the example company."),
                    (Offer("escape", _("back"), "screen.back"),),
                )
            )
            return
        if self.end_notice():
            self._table.focus()
        title = " / ".join(
            _("{name}, version {version}").format(name=side.scenario.called, version=side.scenario.version)
            for side in found.sides
        )
        customers = plural("{count} customer", "{count} customers", found.whose)
        left = Content.assemble((_("Rehearsal"), "bold"), ("  " + clean(title), "$muted"))
        self.query_one("#head", TwoEnds).show(left, Content.styled(customers, "$muted"), Content(""))
        self.query_one("#weeks", Static).update(self._weeks(found))
        self.query_one("#figures", Static).update(self._figures(found))
        coming = list(found.sides[0].coming)
        self._table.opens = True
        self._table.show(coming, self._columns(coming), cursor=0, nothing=_("Nothing would leave in the next 30 days."))
        self.refresh_bindings()

    def _weeks(self, found: Rehearsal) -> Content:
        """Messages a week over the year, a chart for each scenario; never without its figures."""
        lines = []
        most = max((max(side.weeks) for side in found.sides), default=0)
        for place, side in enumerate(found.sides):
            upper, lower = two_rows((*side.weeks, most), 1, 1, "$accent" if place == 0 else "$muted")
            told = _("{name}: {count} messages last year, {most} in the fullest week").format(
                name=side.scenario.called, count=len(side.past), most=max(side.weeks)
            )
            lines.append(Content.assemble(upper[:WEEKS], "\n", lower[:WEEKS], "\n", (clean(told), "$muted")))
        return Content("\n").join(lines)

    def _figures(self, found: Rehearsal) -> Content:
        heads = "".join(fit(word, _FIGURE, right=True) for _side in found.sides for word in (_("year"), _("30 days")))
        lines = [Content.assemble((" " * _NAME + heads, "$muted"))]
        for level, name in LEVELS.items():
            lines.append(_line(_(name), [count for side in found.sides for count in side.level(level)]))
        lines.append(_line(_("to be confirmed"), _by_year(found.sides, "confirmed")))
        lines.append(_line(_("needless: paid within 3 days"), _by_year(found.sides, "needless")))
        costs = [shown(side.cost, "EUR", whole=True) for side in found.sides]
        cells = "".join(fit(cost, _FIGURE, right=True) + " " * _FIGURE for cost in costs)
        lines.append(Content(fit(_("SMS and letters"), _NAME) + cells))
        lines.append(Content.styled(_(ASSUMED[found.assumed]), "$muted"))
        return Content("\n").join(lines)

    def _columns(self, coming: Sequence[Sent]) -> list[TableColumn[Sent]]:
        today = self.crm.clock.today()
        sums = [len(amount(sent.total, sent.currency)) for sent in coming]
        return [
            TableColumn(_("Day"), 10, lambda sent: shown_date(sent.day, today), lambda _sent: "$muted", lead=True),
            TableColumn(_("Customer"), 20, lambda sent: clean(sent.name), most=40),
            TableColumn(_("Step"), 22, lambda sent: _(LEVELS[sent.level]), leaves=2),
            TableColumn(_("Channel"), 12, lambda sent: sent.channel.replace("_", " "), leaves=3),
            TableColumn(_("Amount"), max(sums, default=8), lambda sent: amount(sent.total, sent.currency), right=True),
        ]

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @on(SheetTable.Opened, "#messages")
    def _opened(self) -> None:
        if self.subject.customer:
            self.shell.open_customer(self.subject.customer)

    def action_beside(self) -> None:
        """Set the next other scenario beside it; after the last one none."""
        self._beside = (self._beside + 1) % len(self._others)
        self.reload()

    def action_assumed(self) -> None:
        """Assume the other thing about payments."""
        self._usual = not self._usual
        self.reload()

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss()


def _by_year(sides: Sequence[Rehearsed], name: str) -> list[int | None]:
    return [figure for side in sides for figure in (getattr(side, name), None)]


def _line(name: str, figures: Sequence[int | None]) -> Content:
    cells = "".join(
        fit("" if figure is None else "·" if figure == 0 else str(figure), _FIGURE, right=True) for figure in figures
    )
    return Content(fit(name, _NAME) + cells)
