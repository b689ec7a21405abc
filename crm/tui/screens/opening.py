"""The first picture: the frame of the first section, while the house is opened behind it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from crm.core.errors import CrmError
from crm.core.i18n import _, mark
from crm.tui import faults
from crm.tui.sections import section_of
from crm.tui.widgets.chrome import KeysLine, TopLine
from crm.tui.widgets.notice import Notice, Offer, Told

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_BARS = (34, 22, 40, 28, 31, 19, 37, 25)


class OpeningScreen(Screen[None]):
    """A frame with bars where the first list will stand; or why the house does not open."""

    DEFAULT_CSS = """
    OpeningScreen #body { padding: 1 2 0 2; height: 1fr; }
    OpeningScreen.-short #body { padding: 0 2; }
    OpeningScreen Notice { display: none; margin: 2 0 0 0; }
    OpeningScreen.-failed #bars { display: none; }
    OpeningScreen.-failed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", mark("try again"), show=False)]

    class Begun(Message):
        """The house is being opened."""

    @dataclass
    class Opened(Message):
        """The house is open; `known` tells whether it has been told who we are."""

        crm: Crm
        known: bool

    @dataclass
    class NotOpened(Message):
        """The house does not open."""

        error: CrmError

    def __init__(self, opening: Callable[[], Crm], digit: str, folder: Path) -> None:
        super().__init__()
        self._opening = opening
        self._digit = digit
        self._folder = folder

    def compose(self) -> ComposeResult:
        """The lines around, and bars between them."""
        yield TopLine(self._digit, None)
        with Container(id="body"):
            bars = Content("\n").join(Content.styled("━" * length, "$rule") for length in _BARS)
            yield Static(Content.assemble((_("Opening…"), "$muted"), "\n\n", bars), id="bars", markup=False)
            yield Notice()
        yield KeysLine()

    def on_mount(self) -> None:
        """Open the house once the frame stands."""
        self.call_after_refresh(self.action_open)

    def action_open(self) -> None:
        """Open the house in a thread: loading the rooms is what takes longest."""
        self.remove_class("-failed")
        self.post_message(self.Begun())
        self.run_worker(self._open, thread=True, exclusive=True, group="opening", exit_on_error=False)

    def _open(self) -> None:
        try:
            crm = self._opening()
            from crm.customers.actions import ShowCompany

            known = crm.runner.read(ShowCompany(), crm.actor).known
            if (section := section_of(self._digit)) is not None:
                section.screen_kind()  # loaded here, it does not keep keys waiting
        except Exception as fault:  # a thread has no one above it: whatever happens is told to the person
            self.post_message(self.NotOpened(faults.told(fault, self._folder)))
            return
        finally:
            gc.freeze()
            gc.enable()
        self.post_message(self.Opened(crm, known))

    @on(NotOpened)
    def _not_opened(self, message: NotOpened) -> None:
        error = message.error
        offers = (Offer("enter", _("try again"), "screen.open"), Offer("ctrl+q", _("quit"), "app.quit"))
        notice = self.query_one(Notice)
        notice.say(Told(error.message, error.next_step, offers, failed=True))
        self.add_class("-failed")
        notice.focus()
