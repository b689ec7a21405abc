"""What every screen has: the lines around it, reads that never block it, and faults told in one sentence.

A screen asks in a thread and hears the answer as a message; what is on screen changes in message handlers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from crm.core.actions import Action
from crm.core.errors import CrmError, OutsideFault
from crm.core.i18n import _, mark
from crm.tui.widgets.chrome import KeysLine, TopLine
from crm.tui.widgets.say_line import SayLine

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.tui.panel import SidePanel

R = TypeVar("R")


class Panels(Protocol):
    """The panels that every screen opens. The application brings them: their modules stand above this one."""

    def help_panel(self, screen: CrmScreen) -> SidePanel: ...
    def palette_panel(self, screen: CrmScreen) -> SidePanel: ...
    def fault_panel(self, error: CrmError) -> SidePanel: ...


class CrmScreen(Screen[None], inherit_bindings=False):
    """A screen between its top line and its keys."""

    SECTION: ClassVar[str] = ""
    """The digit of the section it belongs to."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", mark("next pane"), show=False),
        Binding("shift+tab", "app.focus_previous", mark("previous pane"), show=False),
        Binding("ctrl+p", "palette", mark("every action by name"), show=False),
        Binding("question_mark,f1", "help", mark("help")),
    ]

    @dataclass
    class Failed(Message):
        """What was asked could not be answered."""

        error: CrmError
        topic: str

    def __init__(self, crm: Crm) -> None:
        super().__init__()
        self.crm = crm

    def compose(self) -> ComposeResult:
        """The top line, the body, the say line and the keys."""
        yield TopLine(self.SECTION, self.crm.clock.today())
        with Container(id="body"):
            yield from self.body()
        yield SayLine()
        yield KeysLine()

    def body(self) -> ComposeResult:
        """What stands between the lines."""
        yield from ()

    @property
    def say_line(self) -> SayLine:
        """The line in which the screen speaks and asks."""
        return self.query_one(SayLine)

    @property
    def is_narrow(self) -> bool:
        """Less than 110 columns."""
        return self.size.width < NARROW_BELOW

    def open_panel(self, panel: Screen[None]) -> None:
        """Open a panel at the right; what is on screen keeps its place and gives up what has no room beside it."""
        self.add_class("-beside")
        self.call_after_refresh(self.app.push_screen, panel, lambda _nothing: self.remove_class("-beside"))

    def ask(self, action: Action[R], arrived: Callable[[R], Message], *, topic: str) -> None:
        """Read in a thread. The answer arrives as a message; a later question on the same topic replaces this one."""
        self.in_background(lambda: arrived(self.crm.runner.read(action, self.crm.actor)), topic=topic)

    def in_background(self, job: Callable[[], Message], *, topic: str) -> None:
        """Do it in a thread and post what it returns, or `Failed`."""
        ours = copy_context()

        def work() -> None:
            worker = get_current_worker()
            if worker.is_cancelled:
                return
            # Threads of the library know neither the language in use nor anything else of ours.
            message = ours.run(_outcome, job, topic)
            if not worker.is_cancelled:
                self.post_message(message)

        self.run_worker(work, thread=True, exclusive=True, group=topic, exit_on_error=False)

    def open_fault(self, error: CrmError) -> None:
        """Show what a fault looks like from inside."""
        self.open_panel(self._panels.fault_panel(error))

    def action_help(self) -> None:
        """Show what every key does here."""
        self.open_panel(self._panels.help_panel(self))

    def action_palette(self) -> None:
        """Find an action by its name."""
        self.open_panel(self._panels.palette_panel(self))

    @property
    def _panels(self) -> Panels:
        return cast("Panels", self.app)


NARROW_BELOW = 110
"""Columns below which the side column goes away."""


def _outcome(job: Callable[[], Message], topic: str) -> Message:
    try:
        return job()
    except CrmError as error:
        return CrmScreen.Failed(error, topic)
    except Exception as fault:  # a thread has no one above it: whatever happens is told to the person
        told = OutsideFault(_("The data cannot be read at the moment."))
        told.__cause__ = fault
        return CrmScreen.Failed(told, topic)
