"""Rehearsal: what a scenario would have sent in the last year and would send in the next 30 days, beside another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.calendar import shown_date
from crm.core.i18n import _, language, mark, plural
from crm.core.money import shown
from crm.followup.actions.rehearsing import ASSUMED, WEEKS, Assumption, Rehearsal, Rehearsed, RehearseScenario
from crm.followup.actions.scenarios import ListScenarios
from crm.followup.policy import LEVELS
from crm.followup.rehearsal import Sent
from crm.followup.scenarios import STANDARD
from crm.tui.base import CrmScreen, NoticedScreen, Subject
from crm.tui.cells import NB, ZERO, amount, clean, fit, sparkline, two_rows
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.reminders import WAYS
from crm.tui.screens.pick import Choosable, PickPanel
from crm.tui.screens.rehearsed import RehearsedPanel, sign_of
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.widgets.two_ends import TwoEnds

_FIGURE, _NAME = 9, 36
_NOBODY = ""
"""The choice of no scenario beside."""

SHOWN: Mapping[str, tuple[str, Callable[[Rehearsed], Sequence[Sent]]]] = {
    "coming": (mark("next 30 days"), lambda side: side.coming),
    "past": (mark("last year"), lambda side: tuple(reversed(side.past))),
    "needless": (mark("needless"), lambda side: tuple(sent for sent in reversed(side.past) if sent.needless)),
    "confirmed": (
        mark("to be confirmed"),
        lambda side: tuple(sent for sent in (*side.coming, *reversed(side.past)) if sent.confirmed),
    ),
}
"""What the list can show → how it is said, and which messages of a side it takes."""


class RehearsalScreen(NoticedScreen):
    """One scenario, or two side by side: figures, weeks, and who gets what next."""

    SECTION = "5"
    ABOUT = mark("What would this scenario have sent, and what will it? Nothing is written, nothing leaves.")
    NEEDS_LIST = frozenset({"beside", "assumed", "filter", "explain"})
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("beside", "filter", "assumed")
    AUTO_FOCUS = "#messages"
    DEFAULT_CSS = """
    RehearsalScreen #body { padding: 1 1 0 1; }
    RehearsalScreen.-narrow #body, RehearsalScreen.-short #body { padding: 0 1; }
    RehearsalScreen #year { height: auto; }
    RehearsalScreen.-wide #year { layout: horizontal; margin: 1 0 0 0; }
    RehearsalScreen #figures { height: auto; width: auto; padding: 0 1; }
    RehearsalScreen #weeks { height: auto; width: 1fr; padding: 0 1 0 4; }
    RehearsalScreen.-narrow #weeks { padding: 0 1; }
    RehearsalScreen.-beside #year { display: none; }
    RehearsalScreen #messages { height: 1fr; margin: 1 0 0 0; }
    RehearsalScreen.-short #messages { margin: 0; }
    RehearsalScreen Notice { display: none; margin: 2 0 0 0; }
    RehearsalScreen.-noticed #year, RehearsalScreen.-noticed #messages { display: none; }
    RehearsalScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("add", "beside", label=mark("beside"), told=mark("set another scenario beside it, your own included")),
        verb(
            "filter",
            label=mark("which messages"),
            told=mark("filter: next 30 days, last year, needless, to be confirmed"),
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
        self._beside: str | None = None
        self._shown = "coming"
        self._usual = True
        self._found: Rehearsal | None = None

    def body(self) -> ComposeResult:
        """Head, weeks, figures, messages to come; or a notice."""
        yield TwoEnds(id="head")
        with Container(id="year"):
            yield Static(id="figures", markup=False)
            yield Static(id="weeks", markup=False)
        yield SheetTable[Sent](id="messages")
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once, and what is at work."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("Rehearsal"), "bold"))
        told = _("The year is lived once more, day by day. Nothing is written, nothing leaves.")
        self.query_one("#figures", Static).update(Content.styled(told, "$muted"))

    @property
    def _table(self) -> SheetTable[Sent]:
        return self.query_one("#messages", SheetTable)

    @property
    def subject(self) -> Subject:
        """The customer of the selected message."""
        sent = self._table.selected
        return Subject(sent.customer, sent.name) if sent is not None else Subject()

    def reload(self) -> None:
        """Live it again."""
        payments: Assumption = "usual" if self._usual else "none"
        question = RehearseScenario(scenario=self._which, draft=self._draft, beside=self._beside, payments=payments)
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
        self._draw()

    def _draw(self) -> None:
        found = self._found
        if found is None or not found.whose:
            return
        title = " / ".join(map(self._called, range(len(found.sides))))
        customers = plural("{count} customer", "{count} customers", found.whose)
        left = Content.assemble((_("Rehearsal"), "bold"), ("  " + clean(title), "$muted"))
        self.query_one("#head", TwoEnds).show(left, Content.styled(customers, "$muted"), Content(""))
        self.query_one("#weeks", Static).update(self._weeks(found))
        self.query_one("#figures", Static).update(self._figures(found))
        words, which = SHOWN[self._shown]
        listed = list(which(found.sides[0]))
        self._table.opens = True
        nothing = (
            _("Nothing would leave in the next 30 days.") if self._shown == "coming" else _("There is no such message.")
        )
        self._table.show(listed, self._columns(listed), cursor=0, nothing=nothing)
        count = plural("{count} message", "{count} messages", len(listed))
        told = _("{scenario}, {which}: {count}").format(scenario=self._called(0), which=_(words), count=count)
        self.say_line.rest(Content(clean(told)))
        self.refresh_bindings()

    def _called(self, place: int) -> str:
        one = self._found.sides[place].scenario if self._found is not None else None
        if one is None:
            return ""
        if place == 0 and self._draft is not None:
            return _("{name}, your draft").format(name=one.called)
        return _("{name}, version {version}").format(name=one.called, version=one.version)

    def on_resize(self) -> None:
        """A short screen shows smaller charts."""
        self.call_after_refresh(self._draw)

    def _weeks(self, found: Rehearsal) -> Content:
        """Messages a week over the year, a chart for each scenario on one scale; never without its figures."""
        lines: list[Content] = []
        most = max((max(side.weeks) for side in found.sides), default=0)
        small = self.has_class("-short")
        for place, side in enumerate(found.sides):
            style = "$accent" if place == 0 else "$muted"
            told = {"name": side.scenario.called, "count": len(side.past), "most": max(side.weeks)}
            if small:
                words = _("{count} a year, at most {most} a week").format(**told)
                chart = sparkline((*side.weeks, 0, most), style)[:WEEKS]
                lines.append(Content.assemble(chart, ("  " + words, "$muted")))
                continue
            upper, lower = two_rows((*side.weeks, most), 1, 1, style)
            words = _("{name}: {count} messages last year, {most} in the fullest week").format(**told)
            lines += [upper[:WEEKS], lower[:WEEKS], Content.styled(clean(words), "$muted")]
            if place + 1 < len(found.sides):
                lines.append(Content(""))
        return Content("\n").join(lines)

    def _figures(self, found: Rehearsal) -> Content:
        heads = "".join(fit(word, _FIGURE, right=True) for _side in found.sides for word in (_("year"), _("30 days")))
        lines = []
        if len(found.sides) > 1 and not self.has_class("-short"):
            names = "".join("  " + fit(side.scenario.called, 2 * _FIGURE - 2, right=True) for side in found.sides)
            lines.append(Content(" " * _NAME + names))
        lines.append(Content.assemble((" " * _NAME + heads, "$muted")))
        for level, name in LEVELS.items():
            lines.append(_line(_(name), [count for side in found.sides for count in side.level(level)]))
        every = [count for side in found.sides for count in (len(side.past), len(side.coming))]
        lines.append(_line(_("all messages"), every).stylize("bold"))
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
            TableColumn("", 1, lambda sent: sign_of(sent)[0], lambda sent: sign_of(sent)[1]),
            TableColumn(_("Day"), 10, lambda sent: shown_date(sent.day, today), lambda _sent: "$muted", lead=True),
            TableColumn(_("Customer"), 20, lambda sent: clean(sent.name), most=40),
            TableColumn(_("Step"), 22, lambda sent: _(LEVELS[sent.level]), most=34, leaves=2),
            TableColumn(_("Channel"), 12, lambda sent: _(WAYS[sent.channel]), leaves=3),
            TableColumn(_("Amount"), max(sums, default=8), lambda sent: amount(sent.total, sent.currency), right=True),
        ]

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @on(SheetTable.Opened, "#messages")
    def _opened(self, message: SheetTable.Opened[Sent]) -> None:
        if self._found is not None:
            self.open_panel(RehearsedPanel(self.crm, self._found, message.row))

    @dataclass
    class Known(Message):
        """Every scenario that can be set beside."""

        rows: Sequence[Choosable]

    def action_beside(self) -> None:
        """Choose a scenario to set beside it; none: this one alone."""

        def read() -> Message:
            lines = self.crm.runner.read(ListScenarios(), self.crm.actor).lines
            rows = [
                Choosable(one.name, one.called, _("version {number}").format(number=one.version))
                for one in lines
                if one.name != self._which or self._draft is not None
            ]
            return self.Known([*rows, Choosable(_NOBODY, _("none"), _("this one alone"))])

        self.in_background(read, topic="known", awaited=True)

    @on(Known)
    def _choose(self, message: Known) -> None:
        self.open_panel(PickPanel(self.crm, _("Set beside it:"), message.rows), self._set_beside)

    def _set_beside(self, name: str | None) -> None:
        if name is not None and (name or None) != self._beside:
            self._beside = name or None
            self.reload()

    def action_filter(self) -> None:
        """The next of what the list can show."""
        names = list(SHOWN)
        self._shown = names[(names.index(self._shown) + 1) % len(names)]
        self._draw()

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
    cells = "".join(fit(_figure(figure), _FIGURE, right=True) for figure in figures)
    return Content(fit(name, _NAME) + cells)


def _figure(figure: int | None) -> str:
    if not figure:
        return "" if figure is None else ZERO
    return f"{figure:,}".replace(",", NB if language() == "fr" else ",")
