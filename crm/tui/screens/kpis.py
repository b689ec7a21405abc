"""The key figures: each with its unit, twelve months in small and what has changed; each opens to its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from crm.core.i18n import _, mark
from crm.core.money import EURO
from crm.portfolio.explaining import ExplainKpi
from crm.portfolio.figures import KpiBoard, ListKpis, ShowKpi
from crm.receivables.actions import AgedBalance
from crm.tui.base import Subject
from crm.tui.keys import verb
from crm.tui.kpi_views import kpi_sheet
from crm.tui.screens.lists import ListScreen
from crm.tui.screens.sheet_panel import SheetPanel

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class KpisScreen(ListScreen):
    """Every figure of one currency. Nothing in it is about one customer: the verbs of a customer have no key here."""

    ABOUT = mark("How the money comes in: x shows the lines of a figure, Enter its formula and what it is made of.")
    TITLE_WORDS = mark("Key figures")
    EMPTY = (
        mark("There is nothing to count yet."),
        mark("Figures are counted from invoices and payments: bring them in with “Import a file” (ctrl+p)."),
    )
    LEAVES: ClassVar[Mapping[str, int]] = {"verdict": 9, "change": 8, "months": 7}
    NARROWEST: ClassVar[Mapping[str, int]] = {"kpi": 26}
    QUIET = frozenset({"months", "verdict"})
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("explain", "filter", "currency")
    """Verbs whose keys stand before those of any list."""
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"explain", "filter"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("explain"),
        verb("filter", label=mark("disputed in or out")),
        verb("currency"),
    ]

    @dataclass
    class Counted(Message):
        """The figures have arrived, and the currencies there are."""

        board: KpiBoard
        currencies: tuple[str, ...]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._currency = EURO
        self._currencies: tuple[str, ...] = (EURO,)
        self._out = False

    @property
    def subject(self) -> Subject:
        """Nobody in particular."""
        return Subject()

    def question(self) -> ListKpis:
        """All of one currency, with what is disputed or without."""
        return ListKpis(currency=self._currency, disputed="out" if self._out else "in")

    def reload(self) -> None:
        """Count again, behind the screen."""
        question = self.question()

        def read() -> Message:
            open_in = self.crm.runner.read(AgedBalance(), self.crm.actor).totals
            known = (EURO, *sorted(set(open_in) - {EURO}))
            return self.Counted(self.crm.runner.read(question, self.crm.actor), known)

        self.in_background(read, topic="rows")

    @property
    def narrowed(self) -> bool:
        """Another currency than the euro stands in its place also where it holds nothing."""
        return self._currency != EURO

    @property
    def nothing(self) -> str:
        """What an empty list says."""
        return super().nothing if self._words else _("Nothing to count in {currency}.").format(currency=self._currency)

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        self._currencies = message.currencies
        self.post_message(ListScreen.Loaded(*kpi_sheet(message.board)))

    def _head(self) -> Content:
        side = _("without what is disputed") if self._out else _("with what is disputed")
        others = _("$ for {currencies}").format(
            currencies=", ".join(code for code in self._currencies if code != self._currency)
        )
        return Content.assemble(
            super()._head(), (self._currency, ""), "  ", (side, "underline"),
            (f"  {others}" if len(self._currencies) > 1 else "", "$muted"),
        )  # fmt: skip  # read as a table: columns side by side

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action == "currency":
            return len(self._currencies) > 1
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Take what is disputed out of the balance, or back in."""
        self._out = not self._out
        self.reload()

    def action_currency(self) -> None:
        """The next currency; amounts of several are never added."""
        place = self._currencies.index(self._currency) if self._currency in self._currencies else 0
        self._currency = self._currencies[(place + 1) % len(self._currencies)]
        self.reload()

    def explain(self) -> None:
        """The lines that the selected figure is counted from, and its formula."""
        if self.item:
            self.open_panel(SheetPanel(self.crm, ExplainKpi(**self.item), self.item["as_of"]))

    def open_item(self) -> None:
        """The selected figure with its inputs and method; it opens to its lines in turn."""
        if self.item:
            self.open_panel(SheetPanel(self.crm, ShowKpi(**self.item), self.item["as_of"]))
