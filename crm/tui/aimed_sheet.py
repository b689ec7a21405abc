"""What a customer's sheet says of the work to come: objectives with their gauges, the next contact, tasks, and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.i18n import mark
from crm.portfolio.cadences import ListLosingTouch, TouchLine
from crm.portfolio.objective_actions import ListObjectives
from crm.portfolio.objective_lines import ObjectiveLine
from crm.portfolio.tasks import ListTasks, RescheduleTask, TaskLine
from crm.tui.aims import aims_lines, narrow_line
from crm.tui.keys import verb
from crm.tui.proposal_verbs import ProposalVerbs

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class AimedSheet(ProposalVerbs):
    """A sheet with a place `#aims`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        verb("later", told=mark("later: the customer's next task on another day"), show=False),
    ]

    @dataclass
    class AimsLoaded(Message):
        """Objectives, the next contact and what is to be done have arrived."""

        objectives: Sequence[ObjectiveLine]
        touch: TouchLine | None
        tasks: Sequence[TaskLine]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._aims: AimedSheet.AimsLoaded | None = None

    def read_aims(self, number: str) -> None:
        """Ask for what a customer is aimed at, in a thread."""

        def ask() -> Message:
            read, who = self.crm.runner.read, self.crm.actor
            touch = read(ListLosingTouch(customer=number, touch="all"), who).lines
            tasks = [line for line in read(ListTasks(customer=number), who).lines if line.task.done is None]
            objectives = read(ListObjectives(customer=number), who).lines
            return self.AimsLoaded(objectives, touch[0] if touch else None, tasks)

        self.in_background(ask, topic="aims")

    @on(AimsLoaded)
    def _aims_loaded(self, message: AimsLoaded) -> None:
        self._aims = message
        lines = aims_lines(message.objectives, message.touch, message.tasks, self.crm.clock.today())
        self.query_one("#aims", Static).update(Content("\n").join(lines))
        self.show_facts()
        self.refresh_bindings()

    def aim_lines(self) -> list[Content]:
        """Where there is no room for gauges: the objective that slips most, on one line."""
        if self._aims is None or not (self.is_narrow or self.has_class("-short")):
            return []
        line = narrow_line(self._aims.objectives)
        return [line] if line is not None else []

    def show_facts(self) -> None:
        """Show the facts again; the sheet does."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A task is put off where there is one."""
        if action == "later":
            return bool(self._aims and self._aims.tasks) and not self.noticed
        return super().check_action(action, parameters)

    def action_later(self) -> None:
        """The next task on another day."""
        if self._aims and self._aims.tasks:
            self.shell.propose(RescheduleTask, {"task": self._aims.tasks[0].task.id}, ask=True)
