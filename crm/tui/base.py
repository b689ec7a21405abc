"""What every screen has: the lines around it, reads that never block it, and faults told in one sentence.

A screen asks in a thread and hears the answer as a message; what is on screen changes in message handlers alone. What leads
to another screen is asked of the shell (the application), so that no screen needs to know another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.dom import DOMNode
from textual.events import ScreenResume
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from crm.core.actions import Action
from crm.core.errors import CrmError, OutsideFault
from crm.core.i18n import Language, _, language, use_language
from crm.tui import faults
from crm.tui.cells import clean
from crm.tui.keys import verb
from crm.tui.typed_ahead import AWAITED, KeysInTurn
from crm.tui.widgets.chrome import KeysLine, TopLine
from crm.tui.widgets.notice import Notice, Told
from crm.tui.widgets.say_line import SayLine

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.core.runner import Progress, Runner

R = TypeVar("R")

NARROW_BELOW = 110
"""Columns below which the side column goes away."""
SHORT_BELOW = 30
"""Rows below which no line is spent on air."""


def panel_width(columns: int) -> int:
    """How wide a side panel is beside a list: three fifths, within what reads well; all of a narrow terminal."""
    return columns if columns < NARROW_BELOW else min(92, columns * 3 // 5)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is selected: what an action is about unless another is named."""

    customer: str = ""
    name: str = ""
    invoice: str = ""

    def given(self, kind: type[Action[Any]]) -> dict[str, Any]:
        """The fields of an action that it fills."""
        known = {"customer": self.customer, "invoice": self.invoice}
        return {field: value for field, value in known.items() if value and field in kind.model_fields}


class Shell(Protocol):
    """What the application does for a screen."""

    edition: int
    """Grows with each commit: what was read before may be stale."""
    keys: KeysInTurn
    """What is typed, in its turn."""

    def propose(
        self, kind: type[Action[Any]], given: Mapping[str, Any], *, ask: bool = False, proposal: int | None = None
    ) -> None:
        """Lead an action from its fields to its yes; with the number of a proposal, that one with other values."""

    def look(self, action: Action[Any]) -> None:
        """Show what a READ answers."""

    def open_customer(self, number: str) -> None:
        """Open a customer's sheet."""

    def open_call(self, number: str) -> None:
        """Open the call with a customer."""

    def explain_dunning(self, number: str) -> None:
        """Show why nothing is sent to a customer, or what will be, in a panel over the screen."""

    def go(self, digit: str) -> None:
        """Open a section."""

    def open_place(self, word: str, **more: Any) -> None:
        """Open a screen without a digit, by its word."""

    def run_command(self, action: str, node: DOMNode) -> None:
        """Do what a key does."""

    def show_customers(self, only: str) -> None:
        """Open the list of customers, narrowed by a ready filter."""

    def show_fault(self, error: CrmError) -> None:
        """Show what a fault looks like from inside."""

    def committed(self, entry_id: int | None, receipt: str) -> None:
        """Something was recorded: every screen reads again when it is seen next."""

    def tell_unexpected(self, fault: Exception) -> None:
        """Say what nobody foresaw, and where its details are."""

    def record(self, job: Callable[[], Message], screen: CrmScreen) -> None:
        """Do what a yes was said to; what it returns is told to the screen."""

    def receipts(self) -> Mapping[str, str]:
        """Journal entry → what was said of it, for those made since the terminal was opened."""


class CrmScreen(Screen[Any], inherit_bindings=False):
    """A screen between its top line and its keys."""

    SECTION: ClassVar[str] = ""
    """The digit of the section it belongs to."""
    ABOUT: ClassVar[str] = ""
    """What is decided here, in a sentence: help begins with it."""
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("search", show=False),
        verb("undo", show=False),
        verb("help"),
        verb("say", "app.say", show=False),
        verb("palette", "app.palette", show=False),
        verb("settings", "app.settings", show=False),
        verb("refresh", show=False),
        verb("next_pane", "app.focus_next", show=False),
        verb("previous_pane", "app.focus_previous", show=False),
    ]

    @dataclass
    class Failed(Message):
        """What was asked could not be answered."""

        error: CrmError
        topic: str

    def __init__(self, crm: Crm) -> None:
        super().__init__()
        self.crm = crm
        self._edition = -1

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

    async def _on_message(self, message: Message) -> None:
        """What goes wrong in a handler is told, never shown as a traceback."""
        try:
            await super()._on_message(message)
        except Exception as fault:  # whatever it is, the terminal stays open
            self.shell.tell_unexpected(fault)

    # What it knows

    @property
    def shell(self) -> Shell:
        """The application."""
        return cast("Shell", self.app)

    @property
    def say_line(self) -> SayLine:
        """The line in which the screen speaks and asks."""
        return self.query_one(SayLine)

    @property
    def is_narrow(self) -> bool:
        """Less than 110 columns."""
        return self.size.width < NARROW_BELOW

    @property
    def subject(self) -> Subject:
        """What is selected."""
        return Subject()

    # What it reads

    def reload(self) -> None:
        """Read again what is on screen; called when it is opened, and when something was recorded elsewhere."""

    @on(ScreenResume)
    def _resumed(self) -> None:
        if self._edition != self.shell.edition:
            self._edition = self.shell.edition
            self.reload()

    def action_refresh(self) -> None:
        """Read again."""
        self._edition = self.shell.edition
        self.reload()

    def ask(self, action: Action[R], arrived: Callable[[R], Message], *, topic: str, awaited: bool = False) -> None:
        """Read in a thread. The answer arrives as a message; a later question on the same topic replaces this one."""
        self.in_background(lambda: arrived(self.crm.runner.read(action, self.crm.actor)), topic=topic, awaited=awaited)

    def in_background(self, job: Callable[[], Message], *, topic: str, awaited: bool = False) -> None:
        """Do it in a thread and post what it returns, or `Failed`; `awaited`: the next key chooses among what it finds."""
        folder, spoken = faults_folder(self.crm), language()

        def work() -> None:
            worker = get_current_worker()
            if worker.is_cancelled:
                return
            message = _outcome(job, topic, folder, spoken)
            if not worker.is_cancelled:
                self.post_message(message)

        group = AWAITED + topic if awaited else topic
        self.run_worker(work, thread=True, exclusive=True, group=group, exit_on_error=False)

    def record(self, job: Callable[[], Message], *, topic: str) -> None:
        """Do what a yes was said to, and hear what it returns, or `Failed`: done or refused, never left undone."""
        folder, spoken = faults_folder(self.crm), language()
        self.shell.record(lambda: _outcome(job, topic, folder, spoken), self)

    def runner_telling(self, progress: Progress) -> Runner:
        """The runner, with somebody to tell how far it is."""
        return replace(self.crm.runner, report_progress=progress)

    # What it leads to

    def open_panel(self, panel: Screen[Any], closed: Callable[[Any], None] | None = None) -> None:
        """Open a panel at the right; what is on screen keeps its place and gives up what has no room beside it."""

        def close(result: Any) -> None:
            self._make_room(0)
            if closed is not None:
                closed(result)

        def push() -> None:
            self.app.push_screen(panel, close)
            self.shell.keys.arrived()

        self._make_room(0 if self.is_narrow else panel_width(self.size.width))
        self.shell.keys.expect()
        self.call_after_refresh(push)

    def _make_room(self, columns: int) -> None:
        for body in self.query("#body"):
            body.styles.margin = (0, columns, 0, 0)
        self.set_class(columns > 0, "-beside")

    def propose(self, kind: type[Action[Any]], *, ask: bool = False, **given: Any) -> None:
        """Ask for what is missing, show what a yes would change, and wait for it; `ask` shows the form in any case."""
        self.shell.propose(kind, {**self.subject.given(kind), **given}, ask=ask)

    def may(self, kind: type[Action[Any]]) -> bool:
        """Whether whoever is at work may do it: a key that is not theirs is absent."""
        role = self.crm.actor.role
        return not kind.roles or role == "admin" or role in kind.roles

    def followed(self, action: Action[Any]) -> None:
        """An action proposed from here was recorded: offer what usually comes next."""

    def action_search(self) -> None:
        """Find a customer from anywhere; a screen with a list of its own searches that."""
        self.app.call_later(self.app.run_action, "app.find")

    def action_undo(self) -> None:
        """Take the last act back, shown as a card first."""
        from crm.core.basics import Undo

        self.shell.propose(Undo, {})

    def action_help(self) -> None:
        """Show what every key does here."""
        self.app.call_later(self.app.run_action, "app.help")


class NoticedScreen(CrmScreen):
    """A screen whose list can give way to a notice: nothing there, or it could not be read."""

    NEEDS_LIST: ClassVar[frozenset[str]] = frozenset()
    """Keys that a notice in the place of the list takes away, unless it offers them."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "retry", show=False),
        verb("explain", show=False),
    ]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self.offered: frozenset[str] = frozenset()
        """What the notice offers, where one stands."""
        self._fault: CrmError | None = None

    @property
    def noticed(self) -> bool:
        """Whether a notice stands in the place of the list."""
        return self.has_class("-noticed")

    def notice(self, told: Told, fault: CrmError | None = None) -> None:
        """Say it in the place of the list."""
        self._fault = fault
        self.offered = told.actions
        notice = self.query_one(Notice)
        notice.say(told)
        self.query_one(KeysLine).elsewhere = told.actions
        self.add_class("-noticed")
        notice.focus()
        self.refresh_bindings()

    def end_notice(self) -> bool:
        """Give the list its place back; tells whether there was a notice."""
        if not self.noticed:
            return False
        self._fault, self.offered = None, frozenset()
        self.remove_class("-noticed")
        self.query_one(KeysLine).elsewhere = ()
        self.refresh_bindings()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self.noticed:
            return action in self.offered or action not in self.NEEDS_LIST | {"retry", "explain"}
        return action != "retry"

    def action_retry(self) -> None:
        """Ask once more."""
        self.reload()

    def action_explain(self) -> None:
        """Open what is selected; after a fault, show what it looks like from inside."""
        if self._fault is not None:
            self.shell.show_fault(self._fault)
        elif not self.noticed:
            self.explain()

    def explain(self) -> None:
        """Open the figures of what is selected."""


def faults_folder(crm: Crm) -> Path:
    """Where the tracebacks of unexpected faults are kept."""
    return Path(crm.settings.data_folder) / "faults"


def _outcome(job: Callable[[], Message], topic: str, folder: Path, spoken: Language) -> Message:
    use_language(spoken)  # a thread does not know which one is in use
    try:
        return job()
    except CrmError as error:
        return CrmScreen.Failed(error, topic)
    except Exception as fault:  # a thread has no one above it: whatever happens is told to the person
        told = OutsideFault(
            _("The data cannot be read at the moment."),
            next_step=_("Details: {file}").format(file=faults.kept(fault, folder)),
        )
        told.__cause__ = fault
        return CrmScreen.Failed(told, topic)


def sentence(error: CrmError) -> str:
    """A fault in one line."""
    return clean(" ".join(filter(None, (error.message, error.next_step))))
