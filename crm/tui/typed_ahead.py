"""Keys in their turn: each waits until what the one before has led to stands, so that none falls on the wrong screen.

A key is handed to what has the focus, and comes back up to the screen and the application before anything is done. Without
this, all that is typed at once would go to the first focus, though the first key opens a panel.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import App
from textual.events import Event, Key, Paste
from textual.message_pump import MessagePump
from textual.widget import Widget
from textual.widgets import Input, TextArea

_PATIENCE = 2.0
"""Seconds after which a key is delivered whatever is still at work: the keyboard never goes dead."""
_QUIET = 2
"""Rounds in which nothing was under way: in the first, somebody may still have been at it."""
AWAITED = "awaited "
"""How the groups of workers begin for which the next key waits."""
_ALWAYS = frozenset({"ctrl+q", "ctrl+c"})


class KeysInTurn:
    """The keys of an application, one after the other."""

    def __init__(self, app: App[None], deliver: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Key | Paste] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._expected = 0
        self._held = self._typed = False

    @property
    def idle(self) -> bool:
        """Whether every key has been delivered, and what it led to stands."""
        return self._settling is None and (self._held or not self._waiting)

    async def take(self, event: Key | Paste) -> None:
        """Deliver it, or keep it until its turn has come."""
        if self._held and isinstance(event, Key) and event.key in _ALWAYS:
            await self._deliver(event)
            return
        self._waiting.append(event)
        if self._settling is None:
            await self._go_on()

    def hold(self) -> None:
        """Keep all keys but those that quit until `release`: nobody is there to take them yet."""
        self._held = True

    def release(self) -> None:
        """Somebody is there now."""
        self._held = False
        self._settle()

    def expect(self) -> None:
        """A screen is about to open: wait for `arrived`."""
        self._expected += 1

    def arrived(self) -> None:
        """It is open."""
        self._expected -= 1

    def forget(self) -> None:
        """Drop what was typed ahead: it was meant for something that did not come."""
        self._waiting.clear()

    async def _go_on(self) -> None:
        while self._waiting and not self._held:
            is_text = self._is_text(self._waiting[0])
            if self._typed and not is_text:  # what is found for the words comes before a key chooses among it
                self._typed = False
                self._settle()
                return
            self._typed = is_text
            await self._deliver(self._waiting.popleft())
            if not is_text:
                self._settle()
                return

    def _is_text(self, event: Key | Paste) -> bool:
        """Whether it goes into a field and leads to nothing else: the next one can follow at once."""
        return isinstance(self._app.focused, Input | TextArea) and (isinstance(event, Paste) or event.is_printable)

    # What a key has led to

    def _settle(self) -> None:
        if self._settling is None:
            self._settling = asyncio.create_task(self._settled())

    async def _settled(self) -> None:
        try:
            await asyncio.wait_for(self._stand(), _PATIENCE)
        except TimeoutError:
            pass
        finally:
            self._settling = None
            self._app.call_later(self._go_on)

    async def _stand(self) -> None:
        """Go round until nothing is under way, the screen on top is drawn and no other is expected."""
        quiet, drawn = 0, self._app.screen
        while quiet < _QUIET:
            pumps = self._pumps()
            await _passed([pump.call_later for pump in pumps])
            await _passed([self._app.call_later])
            if (screen := self._app.screen) is not drawn:
                await _passed([screen.call_after_refresh])
                quiet, drawn = 0, screen
            elif self._expected or self._awaited() or any(pump.message_queue_size for pump in (*pumps, self._app)):
                quiet = 0
            else:
                quiet += 1

    def _awaited(self) -> bool:
        """Whether the screen still looks for what the next key chooses among."""
        return any(worker.group.startswith(AWAITED) and not worker.is_finished for worker in self._app.workers)

    def _pumps(self) -> list[MessagePump]:
        screen = self._app.screen
        widgets = [node for node in screen.walk_children() if isinstance(node, Widget)]
        return [screen, *widgets]


async def _passed(posts: list[Callable[[Callable[[], None]], bool]]) -> None:
    """Wait until a message that is posted now has come to its turn everywhere."""
    gone = asyncio.Event()
    under_way = 0

    def came() -> None:
        nonlocal under_way
        under_way -= 1
        if not under_way:
            gone.set()

    for post in posts:
        under_way += post(partial(came))
    if under_way:
        await gone.wait()
