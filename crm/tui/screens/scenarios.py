"""Scenarios: who is reminded when and how. A new one begins as a copy, and is a draft until it is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.events import ScreenResume
from textual.message import Message

from crm.core.actions import Action
from crm.core.errors import refuse_if
from crm.core.i18n import _, mark
from crm.core.sheets import Sheet
from crm.followup.actions.scenarios import (
    AssignScenario,
    ExportScenario,
    ImportScenario,
    ListScenarios,
    RetireScenario,
)
from crm.followup.scenario_text import read_scenario, written
from crm.followup.scenarios import STANDARD
from crm.tui.base import CrmScreen, sentence
from crm.tui.drafts import Drafts
from crm.tui.keys import verb
from crm.tui.screens.lists import Item, ListScreen
from crm.tui.widgets.say_line import SayLine

NAME = "name"
"""What the say line asks here."""


class ScenariosScreen(ListScreen):
    """Every scenario, and who follows it."""

    SECTION = "5"
    ABOUT = mark("Who is reminded when, how and in which tone: one scenario for everybody, others for some.")
    TITLE_WORDS = mark("Scenarios")
    ITEMS = "scenarios"
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"rehearse", "assign", "retire", "add_scenario"}
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("add_scenario", "rehearse", "assign", "retire")
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("add", "add_scenario", label=mark("a new one"), told=mark("a new scenario: a copy of the selected one")),
        verb("view", "rehearse", label=mark("rehearse"), told=mark("rehearse: who would have got what, and would get")),
        verb("give", "assign", label=mark("for whom"), told=mark("say who follows this scenario")),
        verb("refuse", "retire", label=mark("retire"), told=mark("retire: nobody new follows it")),
    ]

    @dataclass
    class Copied(Message):
        """A draft of a new scenario is there."""

        name: str

    @on(ScreenResume)
    def _seen_again(self) -> None:
        self.reload()  # a draft leaves no entry in the journal

    def question(self) -> Action[Any]:
        """All of them."""
        return ListScenarios()

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """Those that count, each with the draft of it that waits; then drafts that were never published."""
        drafts = Drafts.of(self.crm, "scenarios", "toml").names()
        waits = "◆ " + _("your draft")
        rows = [
            (*row[:-1], " · ".join((str(row[-1]), waits)) if item["scenario"] in drafts else row[-1])
            for row, item in zip(sheet.rows, items, strict=True)
        ]
        known = {item["scenario"] for item in items}
        new = [name for name in drafts if name not in known]
        rows += [(name, "", None, None, waits) for name in new]
        return replace(sheet, rows=tuple(rows)), [*items, *({"scenario": name, "draft": True} for name in new)]

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
        if action == "add_scenario" and not self.may(ImportScenario):
            return False
        if action in {"rehearse", "assign", "retire"} and self.item.get("draft"):
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

    def action_add_scenario(self) -> None:
        """Ask how a copy of the selected one is to be called."""
        self.say_line.ask(NAME, _("Name of the new scenario:"), value=f"{self.named}-2")

    @on(SayLine.Answered)
    def _named(self, message: SayLine.Answered) -> None:
        if message.topic != NAME:
            return
        name, source = message.words.strip().lower().replace(" ", "_"), self.named
        self.end_question()

        def copied() -> Message:
            taken = [line.name for line in self.crm.runner.read(ListScenarios(), self.crm.actor).lines]
            refuse_if(name in taken, _("There is a scenario “{name}” already.").format(name=name))
            text = self.crm.runner.read(ExportScenario(scenario=source), self.crm.actor).text
            made = replace(read_scenario(text), name=name, version=1, title=message.words.strip())
            Drafts.of(self.crm, "scenarios", "toml").keep(name, written(read_scenario(written(made))))
            return self.Copied(name)

        self.in_background(copied, topic="copy")

    @on(Copied)
    def _copied(self, message: Copied) -> None:
        self.shell.open_place("scenario", scenario=message.name)

    @on(CrmScreen.Failed)
    def _not_copied(self, message: CrmScreen.Failed) -> None:
        if message.topic == "copy":
            message.stop()
            message.prevent_default()
            self.say_line.tell(sentence(message.error), "✗", "$late3")
