"""Scenarios: the list of them, and one of them step by step. Each change is a new version, told before its yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.i18n import _, mark
from crm.followup.actions.scenarios import (
    AssignScenario,
    EditScenario,
    ExportScenario,
    ListScenarios,
    RetireScenario,
    ShowScenario,
)
from crm.followup.scenario_sheets import ScenarioText
from crm.followup.scenarios import STANDARD
from crm.tui.cells import clean
from crm.tui.keys import verb
from crm.tui.screens.lists import ListScreen
from crm.tui.screens.text_panel import TextPanel
from crm.tui.sheets import SheetRow
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds


class ScenariosScreen(ListScreen):
    """Every scenario, and who follows it."""

    SECTION = "5"
    ABOUT = mark("Who is reminded when, how and in which tone: one scenario for everybody, others for some.")
    TITLE_WORDS = mark("Scenarios")
    ITEMS = "scenarios"
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"rehearse", "assign", "retire"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("view", "rehearse", label=mark("rehearse"), told=mark("rehearse: who would have got what, and would get")),
        verb("give", "assign", label=mark("for whom"), told=mark("say who follows this scenario")),
        verb("refuse", "retire", label=mark("retire"), told=mark("retire: nobody new follows it")),
    ]

    def question(self) -> Action[Any]:
        """All of them."""
        return ListScenarios()

    @property
    def named(self) -> str:
        """The name of the selected scenario."""
        return str(self.item.get("scenario", STANDARD))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action == "assign" and not self.may(AssignScenario):
            return False
        if action == "retire" and (not self.may(RetireScenario) or bool(self.item.get("retired"))):
            return False
        return super().check_action(action, parameters)

    def open_item(self) -> None:
        """Open the selected scenario, step by step."""
        self.shell.open_place("scenario", scenario=self.named)

    def action_rehearse(self) -> None:
        """Rehearse the selected scenario."""
        self.shell.open_place("rehearsal", scenario=self.named)

    def action_assign(self) -> None:
        """Say who follows it."""
        self.propose(AssignScenario, ask=True, scenario=self.named)

    def action_retire(self) -> None:
        """Nobody new follows it."""
        self.propose(RetireScenario, scenario=self.named)


class ScenarioScreen(ListScreen):
    """One scenario: its steps, and the days of an invoice that nobody pays."""

    SECTION = "5"
    ABOUT = mark("The steps of one scenario. Each change becomes a new version; customers in progress keep theirs.")
    TITLE_WORDS = mark("Scenario")
    ITEMS = "steps"
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"change", "add_step", "take_out", "shift", "rehearse", "assign"}
    DEFAULT_CSS = """
    ScenarioScreen #rows { height: auto; max-height: 1fr; }
    ScenarioScreen #notes { height: auto; padding: 1 1 0 1; color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("change"), told=mark("change this step: day, channel, mode, sender, tone")),
        verb("add", "add_step", label=mark("add a step"), told=mark("add a step of a level that is missing")),
        verb("refuse", "take_out", label=mark("take out"), told=mark("take this step out")),
        Binding(
            "less_than_sign", "shift(-1)", mark("a day earlier"), show=False, tooltip=mark("this step a day earlier")
        ),
        Binding(
            "greater_than_sign", "shift(1)", mark("a day later"), show=False, tooltip=mark("this step a day later")
        ),
        verb("view", "rehearse", label=mark("rehearse"), told=mark("rehearse: who would have got what, and would get")),
        verb("give", "assign", label=mark("for whom"), told=mark("say who follows this scenario")),
        verb("explain", label=mark("as text"), told=mark("the scenario as text, to be copied or changed")),
    ]

    @dataclass
    class AsText(Message):
        """The scenario as text has arrived."""

        text: ScenarioText

    def __init__(self, crm: Any, scenario: str = STANDARD) -> None:
        super().__init__(crm)
        self._name = scenario

    def question(self) -> Action[Any]:
        """The latest version of it."""
        return ShowScenario(scenario=self._name)

    def body(self) -> ComposeResult:
        """Head, steps, and the rules between them."""
        yield TwoEnds(id="head")
        yield SheetTable[SheetRow](id="rows")
        yield Static(id="notes", markup=False)
        yield Notice()

    def _fill(self) -> None:
        super()._fill()
        if self._sheet is not None:
            due = _("The days are those of an invoice due today that nobody pays.")
            self.query_one("#notes", Static).update(
                Content("\n").join(Content(clean(line)) for line in (*self._sheet.notes, due))
            )
            self._table.opens = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action in {"change", "add_step", "take_out", "shift"} and not self.may(EditScenario):
            return False
        if action == "assign" and not self.may(AssignScenario):
            return False
        return super().check_action(action, parameters)

    @property
    def _step(self) -> dict[str, Any]:
        item = self.item
        return {"scenario": self._name, "level": item["level"], "base": item["base"]}

    def action_change(self) -> None:
        """Change the selected step in a form."""
        item = self.item
        known = {key: item[key] for key in ("offset", "sender", "mode", "tone", "gap_days") if key in item}
        self.propose(EditScenario, ask=True, **self._step, **known, channels=tuple(item["channels"]))

    def action_add_step(self) -> None:
        """Add a step."""
        self.propose(EditScenario, ask=True, scenario=self._name)

    def action_take_out(self) -> None:
        """Take the selected step out."""
        self.propose(EditScenario, **self._step, remove=True)

    def action_shift(self, days: int) -> None:
        """Move the selected step by a day."""
        self.propose(EditScenario, **self._step, offset=int(self.item["offset"]) + days)

    def action_rehearse(self) -> None:
        """Rehearse it."""
        self.shell.open_place("rehearsal", scenario=self._name)

    def action_assign(self) -> None:
        """Say who follows it."""
        self.propose(AssignScenario, ask=True, scenario=self._name)

    def explain(self) -> None:
        """Show it as text."""
        self.ask(ExportScenario(scenario=self._name), self.AsText, topic="text")

    @on(AsText)
    def _as_text(self, message: AsText) -> None:
        text = message.text
        title = _("{name}, version {version}").format(name=text.name, version=text.version)
        self.open_panel(TextPanel(self.crm, title, text.text, self.crm.clock.today()))

    def open_item(self) -> None:
        """A step opens nothing: it is changed by its key."""
