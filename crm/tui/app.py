"""The terminal application: opens the first screen, keeps the theme, quits. Screens own everything else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from crm.core.errors import CrmError
from crm.core.i18n import _, mark
from crm.customers.actions import ShowCompany
from crm.tui.base import NARROW_BELOW, CrmScreen
from crm.tui.panel import SidePanel
from crm.tui.screens.invoices import InvoicesScreen
from crm.tui.screens.welcome import WelcomeScreen
from crm.tui.theme import ARDOISE, PAPIER, theme_for

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SHORT_BELOW = 30
"""Rows below which no line is spent on air."""


class RelanceApp(App[None]):
    """The terminal of a Crm."""

    TITLE = "Relance"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_BELOW, "-wide")]  # noqa: RUF012  as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (SHORT_BELOW, "-tall")]  # noqa: RUF012  as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", mark("quit"), show=False, priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]

    @dataclass
    class Unknown(Message):
        """Nobody has told yet who we are."""

    def __init__(self, crm: Crm) -> None:
        super().__init__()
        self.crm = crm
        self.register_theme(ARDOISE)
        self.register_theme(PAPIER)
        self.theme = theme_for(crm.settings.theme, os.environ.get("COLORFGBG", ""))

    def on_mount(self) -> None:
        """Open the invoices, and ask who we are if it is not known."""
        self.push_screen(InvoicesScreen(self.crm))
        self._look_for_company()

    @work(thread=True, exit_on_error=False)
    def _look_for_company(self) -> None:
        try:
            known = self.crm.runner.read(ShowCompany(), self.crm.actor).known
        except CrmError:
            return  # the screen that reads the same database tells it
        if not known:
            self.post_message(self.Unknown())

    @on(Unknown)
    def _welcome(self) -> None:
        self.push_screen(WelcomeScreen(self.crm))

    def help_panel(self, screen: CrmScreen) -> SidePanel:
        """What every key does, that screen's first."""
        from crm.tui.screens.help import HelpPanel

        return HelpPanel(self.crm, screen)

    def palette_panel(self, screen: CrmScreen) -> SidePanel:
        """Every action by its name."""
        from crm.tui.screens.palette import PalettePanel

        return PalettePanel(self.crm, screen)

    def fault_panel(self, error: CrmError) -> SidePanel:
        """What went wrong, for whoever wants to know."""
        from crm.tui.screens.how_to import HowToPanel

        return HowToPanel.fault(self.crm, error)

    def action_help_quit(self) -> None:
        """Ctrl+c is a slip more often than a wish."""
        screen = self.screen
        if isinstance(screen, CrmScreen) and screen.query("SayLine"):
            screen.say_line.tell(_("To quit: ctrl+q."))


def make_app() -> RelanceApp:
    """The terminal on the database of the settings."""
    from crm.bootstrap import Crm
    from crm.core.settings import Settings

    return RelanceApp(Crm.open(Settings.load(), door="tui"))
