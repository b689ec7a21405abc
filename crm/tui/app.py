"""The terminal application: opens the house, its sections and panels, keeps the theme, quits. Screens own everything else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.screen import Screen

from crm.core.errors import CrmError
from crm.core.i18n import _, mark, use_language
from crm.core.settings import Settings, settings_file
from crm.tui import faults
from crm.tui.keys import DIGITS, keymap
from crm.tui.screens.opening import OpeningScreen
from crm.tui.sections import SECTIONS, place_of, section_of
from crm.tui.theme import ARDOISE, PAPIER, theme_for
from crm.tui.typed_ahead import KeysInTurn

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.core.actions import Action
    from crm.tui.base import CrmScreen

SHORT_BELOW = 30
"""Rows below which no line is spent on air."""
NARROW_BELOW = 110
"""Columns below which the side column goes away."""


class RelanceApp(App[None]):
    """The terminal of a house, which is opened behind the first picture."""

    TITLE = "Relance"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_BELOW, "-wide")]  # noqa: RUF012  as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (SHORT_BELOW, "-tall")]  # noqa: RUF012  as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", mark("quit"), show=False, priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
        *(
            Binding(DIGITS[section.digit], f"go('{section.digit}')", section.name, show=False, id=section.word)
            for section in SECTIONS
        ),
    ]

    @dataclass
    class Counted(Message):
        """What waits, by section."""

        waiting: Mapping[str, int]

    @dataclass
    class Finished(Message):
        """What a yes was said to is done, or refused."""

        outcome: Message
        screen: CrmScreen

    def __init__(
        self,
        opening: Callable[[], Crm],
        *,
        theme: str = "auto",
        section: str = "",
        keys: Path | None = None,
        faults_folder: Path | None = None,
    ) -> None:
        super().__init__()
        self._opening = opening
        self._first = section
        self._faults_folder = faults_folder or Path(tempfile.gettempdir())
        self._receipts: dict[str, str] = {}
        self._in_hand = 0
        self._leaving = False
        self.keys = KeysInTurn(self, super().on_event)
        self.edition = 0
        self.waiting: Mapping[str, int] = {}
        """Section → how many things wait there."""
        self.unexpected: list[Exception] = []
        """Faults that nobody foresaw, since the terminal was opened."""
        self.crm: Crm | None = None
        self.register_theme(ARDOISE)
        self.register_theme(PAPIER)
        self.theme = theme_for(theme, os.environ.get("COLORFGBG", ""))
        self._keys = keys

    def on_mount(self) -> None:
        """Show the frame at once, and open the house behind it."""
        if self._keys is not None:
            try:
                self.set_keymap(keymap(self._keys))
            except CrmError as error:
                self.call_later(self._tell, f"{error.message} {error.next_step}".strip(), "✗", "$late3")
        self.push_screen(OpeningScreen(self._opening, self._first or SECTIONS[0].digit, self._faults_folder))

    @on(OpeningScreen.Begun)
    def _opening_begun(self) -> None:
        self.keys.hold()

    @on(OpeningScreen.NotOpened)
    def _not_opened(self) -> None:
        self.keys.release()

    @on(OpeningScreen.Opened)
    def _opened(self, message: OpeningScreen.Opened) -> None:
        self.crm = message.crm
        for section in SECTIONS:
            self.add_mode(section.digit, self._screen_of(section.digit))
        self.go(self._first or SECTIONS[0].digit)
        if not message.known:
            self.open_place("first-steps")
        self.keys.release()
        self._count()

    def _screen_of(self, digit: str) -> Callable[[], Screen[Any]]:
        def made() -> Screen[Any]:
            section = section_of(digit)
            assert section is not None
            screen: Screen[Any] = section.screen_kind()(self.crm)
            return screen

        return made

    def _count(self) -> None:
        """Count what waits in each section, behind the screens."""
        crm = self.crm
        if crm is None or not any(section.waiting for section in SECTIONS):
            return

        def count() -> None:
            try:
                found = {section.digit: section.count_waiting(crm) for section in SECTIONS if section.waiting}
            except CrmError:
                return  # the screen that reads the same tells it
            self.post_message(self.Counted(found))

        self.run_worker(count, thread=True, exclusive=True, group="waiting", exit_on_error=False)

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        self.waiting = message.waiting
        for line in self.screen.query("TopLine"):
            line.refresh()

    # What screens ask of it

    @property
    def _house(self) -> Crm:
        assert self.crm is not None
        return self.crm

    def go(self, digit: str) -> None:
        """Open a section where it was left; pressed once more, at its beginning."""
        if self.current_mode != digit:
            self.switch_mode(digit)
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def open_place(self, word: str, **more: Any) -> None:
        """Open a screen without a digit, unless it is the one on top."""
        place = place_of(word)
        assert place is not None
        kind = place.screen_kind()
        if not isinstance(self.screen, kind):
            self.push_screen(kind(self._house, **more))

    def run_command(self, action: str, node: DOMNode) -> None:
        """Do what a key does."""
        self.call_later(self.run_action, action, node)

    def propose(
        self, kind: type[Action[Any]], given: Mapping[str, Any], *, ask: bool = False, proposal: int | None = None
    ) -> None:
        """Lead an action from its fields to its yes, in a panel over the screen."""
        from crm.tui.base import CrmScreen
        from crm.tui.screens.act import Acted, ActPanel

        screen = self.screen
        assert isinstance(screen, CrmScreen)

        def closed(acted: Acted | None) -> None:
            if acted is not None:
                self._tell(" ".join((acted.receipt, _("z to undo"))), "✓", "$ok")
                screen.followed(acted.action)

        screen.open_panel(ActPanel(self._house, kind, given, ask=ask, proposal=proposal), closed)

    def look(self, action: Action[Any]) -> None:
        """Show what a READ answers, in a panel over the screen."""
        from crm.tui.base import CrmScreen
        from crm.tui.screens.sheet_panel import SheetPanel

        if isinstance(self.screen, CrmScreen):
            self.screen.open_panel(SheetPanel(self._house, action))

    def open_customer(self, number: str) -> None:
        """Open a customer's sheet over the screen."""
        from crm.tui.screens.customer import CustomerScreen

        self.push_screen(CustomerScreen(self._house, number))

    def open_call(self, number: str) -> None:
        """Open the call with a customer over the screen."""
        from crm.tui.screens.call import CallScreen

        self.push_screen(CallScreen(self._house, number))

    def explain_dunning(self, number: str) -> None:
        """Show why nothing is sent to a customer, or what will be, in a panel over the screen."""
        from crm.tui.base import CrmScreen
        from crm.tui.screens.why import WhyPanel

        if isinstance(self.screen, CrmScreen):
            self.screen.open_panel(WhyPanel(self._house, number))

    def show_customers(self, only: str) -> None:
        """Open the list of customers, narrowed by a ready filter."""
        from crm.tui.screens.customers import CustomersScreen

        self.go("2")
        screen = self.screen_stack[0]
        if isinstance(screen, CustomersScreen):
            screen.narrow(only)

    def show_fault(self, error: CrmError) -> None:
        """Show what a fault looks like from inside."""
        from crm.tui.base import CrmScreen
        from crm.tui.screens.how_to import HowToPanel

        if isinstance(self.screen, CrmScreen):
            self.screen.open_panel(HowToPanel.fault(self._house, error))

    def committed(self, entry_id: int | None, receipt: str) -> None:
        """Something was recorded: every screen reads again when it is seen next."""
        self.edition += 1
        if entry_id is not None:
            self._receipts[str(entry_id)] = receipt
        self._count()

    def record(self, job: Callable[[], Message], screen: CrmScreen) -> None:
        """Do what a yes was said to, in a thread: it ends whatever becomes of the screen; keys and quitting wait for it."""
        self._in_hand += 1
        self.keys.expect()

        def work() -> None:
            self.post_message(self.Finished(job(), screen))

        self.run_worker(work, thread=True, group="in hand", exit_on_error=False)

    @on(Finished)
    def _finished(self, message: Finished) -> None:
        from crm.tui.base import CrmScreen, sentence

        self._in_hand -= 1
        self.keys.arrived()
        failed = isinstance(message.outcome, CrmScreen.Failed)
        if failed:
            self.keys.forget()
        if not message.screen.post_message(message.outcome) and isinstance(message.outcome, CrmScreen.Failed):
            self._tell(sentence(message.outcome.error), "✗", "$late3")
        if self._leaving and not self._in_hand:
            self._leaving = False
            if not failed:  # else whoever wanted to leave sees why it was not done
                self.exit()

    def receipts(self) -> Mapping[str, str]:
        """Journal entry → what was said of it."""
        return self._receipts

    # What keys do everywhere

    def action_go(self, digit: str) -> None:
        """Open a section."""
        if self.crm is not None:
            self.go(digit)

    def action_help(self) -> None:
        """Show what every key does on the screen."""
        from crm.tui.base import CrmScreen
        from crm.tui.screens.help import HelpPanel

        if isinstance(self.screen, CrmScreen):
            self.screen.open_panel(HelpPanel(self._house, self.screen))

    def action_palette(self) -> None:
        """Find an action or a customer by name."""
        self._open_palette()

    def action_say(self) -> None:
        """The same, about what is selected."""
        self._open_palette(about=True)

    def action_find(self) -> None:
        """Find a customer from anywhere."""
        self._open_palette(customers_only=True)

    def _open_palette(self, *, about: bool = False, customers_only: bool = False) -> None:
        from crm.tui.base import CrmScreen
        from crm.tui.screens.palette import PalettePanel

        screen = self.screen
        if isinstance(screen, CrmScreen):
            panel = PalettePanel(self._house, screen, about=about, customers_only=customers_only)
            screen.open_panel(panel, self._picked)

    def _picked(self, pick: Callable[[RelanceApp], None] | None) -> None:
        if pick is not None:
            self.call_later(pick, self)

    def action_settings(self) -> None:
        """Open the settings over the screen."""
        if self.crm is not None:
            self.open_place("settings")

    async def action_quit(self) -> None:
        """Quit, once what was said yes to is done."""
        if self._in_hand:
            self._leaving = True
            self._tell(_("Your last yes is being recorded: Relance closes once it is done."), "○", "$muted")
        else:
            self.exit()

    def action_help_quit(self) -> None:
        """Ctrl+c is a slip more often than a wish."""
        self._tell(_("To quit: ctrl+q."))

    def _tell(self, words: str, glyph: str = "", style: str = "") -> None:
        from crm.tui.widgets.say_line import SayLine

        for line in self.screen.query(SayLine):
            line.tell(words, glyph, style)

    async def on_event(self, event: Event) -> None:
        """Keys and what is pasted are delivered in their turn."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self.keys.take(event)
        else:
            await super().on_event(event)

    # What nobody foresaw

    async def run_action(self, *args: Any, **kwargs: Any) -> bool:
        """Do what a key says; what goes wrong in it is told, never shown as a traceback."""
        try:
            return await super().run_action(*args, **kwargs)
        except Exception as fault:
            self.tell_unexpected(fault)
            return True

    async def _on_message(self, message: Message) -> None:
        """The same for what its own handlers do."""
        try:
            await super()._on_message(message)
        except Exception as fault:  # whatever it is, the terminal stays open
            self.tell_unexpected(fault)

    def tell_unexpected(self, fault: Exception) -> None:
        """Say in one line what happened and where the details are."""
        error = faults.told(fault, self._faults_folder)
        if not isinstance(fault, CrmError):
            self.unexpected.append(fault)
        self._tell(f"{error.message} {error.next_step}".strip(), "✗", "$late3")

    def _fatal_error(self) -> None:
        """Textual's last resort prints a traceback; ours leaves it in a file and says where."""
        if self._exception is None:
            return
        error = faults.told(self._exception, self._faults_folder)
        self.bell()
        self._exit_renderables.append(f"✗ {error.message}\n  {error.next_step}")
        self._close_messages_no_wait()


def made(opening: Callable[[], Crm], settings: Settings, *, word: str = "") -> RelanceApp:
    """The application on a house that is still to be opened, at the section of a word."""
    return RelanceApp(
        opening,
        theme=settings.theme,
        section=next((section.digit for section in SECTIONS if section.word == word), ""),
        keys=settings_file().with_name("keys.toml"),
        faults_folder=settings.data_folder / "faults",
    )


def make_app() -> RelanceApp:
    """The terminal on the database of the settings."""
    settings = Settings.load()
    use_language(settings.language)

    def opening() -> Crm:
        from crm.bootstrap import Crm

        return Crm.open(settings, door="tui")

    return made(opening, settings)
