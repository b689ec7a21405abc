"""The day's work as boards: tasks, customers we lose sight of, objectives. `u` leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.binding import BindingType

from crm.core.actions import Action
from crm.core.i18n import mark, plural
from crm.core.sheets import Sheet
from crm.portfolio.cadences import ListLosingTouch, PlanContacts, SetNextContact
from crm.portfolio.history import CustomerHistory
from crm.portfolio.objective_actions import (
    DropObjective,
    ListObjectives,
    RecordMeasure,
    SetObjective,
    ShowObjective,
)
from crm.portfolio.objectives import NOTED
from crm.portfolio.tasks import CancelTask, CompleteTask, ListTasks, RescheduleTask
from crm.tui.customer_verbs import Offered
from crm.tui.keys import verb
from crm.tui.screens.boards import BoardScreen
from crm.tui.screens.lists import Item


class TasksScreen(BoardScreen):
    """What is to be done."""

    ABOUT = mark("What is to be done, by day or by what is at stake: o says it is done, p moves it, d gives it away.")
    TITLE_WORDS = mark("Tasks")
    ITEMS = "tasks"
    EMPTY = (
        mark("Nothing is to be done."),
        mark("A scenario's step, a call or a visit leaves a task here; + then t on a customer plans one."),
    )
    NEXT = "losing-touch"
    AMOUNT = "none"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "day": mark("by day"),
        "value": mark("by what is at stake"),
        "mine": mark("mine"),
        "done": mark("done"),
    }
    LEAVES: ClassVar[Mapping[str, int]] = {"status": 9, "assignee": 8, "at_stake": 5, "note": 0}
    NARROWEST: ClassVar[Mapping[str, int]] = {"note": 20, "customer": 16}
    NEEDS_LIST = BoardScreen.NEEDS_LIST | {"accept", "later", "refuse"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("done")),
        verb("later"),
        verb("refuse", label=mark("give up"), show=False),
    ]

    def question(self) -> Action[Any]:
        """Those of the view."""
        match self._view:
            case "value":
                return ListTasks(sort="value")
            case "mine":
                return ListTasks(assignee="me")
            case "done":
                return ListTasks(status="done")
            case _:
                return ListTasks()

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """Those that are not done, unless they are asked for; then the latest first."""
        done = self._view == "done"
        pairs = [pair for pair in zip(sheet.rows, items, strict=True) if (pair[1]["status"] == "done") == done]
        pairs = pairs[::-1] if done else pairs
        title = plural("{count} task", "{count} tasks", len(pairs))
        return replace(sheet, title=title, rows=tuple(row for row, _item in pairs)), [item for _row, item in pairs]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done can be neither done again nor moved."""
        if action in {"accept", "later", "refuse", "change", "give"}:
            return not self.noticed and bool(self.item) and self.item["status"] != "done"
        return super().check_action(action, parameters)

    def action_accept(self) -> None:
        """It is done."""
        self.shell.propose(CompleteTask, {"task": self.item["id"]})

    def action_later(self) -> None:
        """Another day."""
        self.shell.propose(RescheduleTask, {"task": self.item["id"]}, ask=True)

    def action_change(self) -> None:
        """Another day, hour or person."""
        self.action_later()

    def action_give(self) -> None:
        """Somebody else does it, on the same day."""
        day = max(str(self.item["date"]), self.crm.clock.today().isoformat())
        self.shell.propose(RescheduleTask, {"task": self.item["id"], "day": day}, ask=True)

    def action_refuse(self) -> None:
        """It is not done after all."""
        self.shell.propose(CancelTask, {"task": self.item["id"]}, ask=True)

    def opened(self) -> Action[Any] | None:
        """Everything that is to be done for the customer."""
        return ListTasks(customer=self.subject.customer) if self.subject.customer else None


class LosingTouchScreen(BoardScreen):
    """With whom nobody has spoken for too long."""

    ABOUT = mark("With whom nobody has spoken for too long: a calls now, p says when, O plans a few calls a day.")
    TITLE_WORDS = mark("Losing touch")
    ITEMS = "customers"
    EMPTY = (
        mark("Nobody is lost sight of."),
        mark(
            "A call that reaches somebody, a visit or an answer starts the count again; the gaps are in cadence.toml."
        ),
    )
    NEXT = "objectives"
    AMOUNT = "overdue"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "losing": mark("losing touch"),
        "due": mark("contact due"),
        "never": mark("never reached"),
        "all": mark("everybody"),
    }
    LEAVES: ClassVar[Mapping[str, int]] = {"touch": 9, "overdue": 8, "owner": 7}
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 18}
    NEEDS_LIST = BoardScreen.NEEDS_LIST | {"later", "accept_all"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("later", label=mark("next contact")),
        verb("accept_all", label=mark("plan calls")),
    ]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListLosingTouch.model_validate({"touch": self._view})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Calls are planned for those who should have been spoken with."""
        if action == "accept_all":
            return not self.noticed and self._view != "all" and bool(self.item)
        if action == "change":
            return False
        return super().check_action(action, parameters)

    def action_later(self) -> None:
        """Say when the selected customer is spoken with."""
        self.propose(SetNextContact, ask=True)

    def action_accept_all(self) -> None:
        """Plan a call with each of them, a few a day."""
        self.shell.propose(PlanContacts, {"touch": self._view})

    def opened(self) -> Action[Any] | None:
        """What was said with the customer."""
        return CustomerHistory(customer=self.subject.customer, kind="exchange")


class ObjectivesScreen(BoardScreen):
    """What is aimed at, what is slipping first."""

    ABOUT = mark(
        "How far each objective is, what is slipping first: x tells how it is reckoned, m notes or changes it."
    )
    TITLE_WORDS = mark("Objectives")
    ITEMS = "objectives"
    EMPTY = (
        mark("No objective yet."),
        mark("+ sets one for a customer or a portfolio, or the same for a hundred customers by a template."),
    )
    NEXT = "tasks"
    AMOUNT = "none"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "": mark("all of them"),
        "slipping": mark("slipping"),
        "on_course": mark("on course"),
        "reached": mark("objective reached"),
        "missed": mark("objective missed"),
        "unknown": mark("no value yet"),
    }
    ADDED = (
        Offered(("set_objective",), "o", mark("objective")),
        Offered(("set_objectives",), "m", mark("for many customers")),
    )
    LEAVES: ClassVar[Mapping[str, int]] = {"end": 9, "projection": 8, "course": 7, "target": 6, "distance": 5}
    NARROWEST: ClassVar[Mapping[str, int]] = {"name": 16, "measure": 12}
    NEEDS_LIST = BoardScreen.NEEDS_LIST - {"add"} | {"refuse"}
    BINDINGS: ClassVar[list[BindingType]] = [verb("refuse", label=mark("give up"), show=False)]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListObjectives.model_validate({"course": self._view or None})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One can be set from an empty list as well."""
        if action == "add":
            return True
        return super().check_action(action, parameters)

    def action_change(self) -> None:
        """Note a value that no book holds; else aim at something else."""
        item = self.item
        if not item:
            return
        if item["measure"] in NOTED:
            self.shell.propose(RecordMeasure, {"objective": item["id"]}, ask=True)
            return
        whose = {"customer": item["customer"]} if item["customer"] else {"assignee": item["account_manager"] or "all"}
        given = {"measure": item["measure"], "target": item["target"], "period": item["period"], **whose}
        self.shell.propose(SetObjective, given, ask=True)

    def action_refuse(self) -> None:
        """Give the selected one up."""
        if self.item:
            self.shell.propose(DropObjective, {"objective": self.item["id"]}, ask=True)

    def opened(self) -> Action[Any] | None:
        """How the selected one is reckoned."""
        return ShowObjective(objective=int(self.item["id"]))
