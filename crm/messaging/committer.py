"""Group commit: the marks and outcomes of all connections go together, in one transaction of one thread beside."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from crm.core.errors import OutsideFault
from crm.core.i18n import plural
from crm.messaging.outbox import Claim, Ended, Outbox

_GATHERING = timedelta(milliseconds=3)
"""How long a commit waits for the other connections: one for all of them costs little more than one for one."""
_NOTE_AGAIN = (0.5, 2.0, 5.0)
"""Seconds between tries to note what has been sent, when the database refuses."""

T = TypeVar("T")


async def either(event: asyncio.Event, pause: timedelta) -> None:
    """Wait for something to happen, but no longer than a pause."""
    try:
        async with asyncio.timeout(pause.total_seconds()):
            await event.wait()
    except TimeoutError:
        return


@dataclass(frozen=True)
class Aside:
    """Does the database's work in its thread, in the language in use."""

    thread: ThreadPoolExecutor

    async def __call__(self, work: Callable[..., T], *arguments: Any) -> T:
        run = partial(contextvars.copy_context().run, work, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self.thread, run)


class Committer:
    """Commits for every connection: all that has come in while the last commit was under way."""

    def __init__(self, outbox: Outbox, aside: Aside, lines: Callable[[], int]) -> None:
        self._outbox = outbox
        self._aside = aside
        self._lines = lines
        self._starting: list[tuple[Claim, asyncio.Future[datetime | None]]] = []
        self._ended: list[Ended] = []
        self._wake = asyncio.Event()
        self._all_here = asyncio.Event()
        self._closing = False
        self._fault: Exception | None = None

    def start(self, claim: Claim) -> "asyncio.Future[datetime | None]":
        """Mark a message as on its way. Once that is committed: the end of its lease, or None when it may not leave.

        Raises:
            OutsideFault: the database refuses, now or when awaited; the message has not left.
        """
        if self._fault is not None:
            raise self._fault
        marked: asyncio.Future[datetime | None] = asyncio.get_running_loop().create_future()
        self._starting.append((claim, marked))
        self._wake.set()
        if len(self._starting) >= self._lines():
            self._all_here.set()
        return marked

    def end(self, ended: Ended) -> None:
        """Note an outcome with the next commit."""
        self._ended.append(ended)
        self._wake.set()

    async def run(self) -> None:
        """Commit until closed, or until the database refuses."""
        while not self._closing and self._fault is None:
            await self._wake.wait()
            if not self._closing:
                await either(self._all_here, _GATHERING)
            self._wake.clear()
            self._all_here.clear()
            starting, self._starting = self._starting, []
            ended, self._ended = self._ended, []
            if not starting and not ended:
                continue
            try:
                may_leave = await self._aside(self._outbox.note, [claim for claim, _marked in starting], ended)
            except Exception as fault:  # whatever it is, every connection must hear of it
                # What has been sent must still be noted: `close` tries again.
                self._fault, self._ended = fault, ended + self._ended
                for _claim, marked in starting + self._starting:
                    marked.set_exception(fault)
                return
            for claim, marked in starting:
                marked.set_result(may_leave.get(claim.message.id))

    async def close(self, running: asyncio.Task[None]) -> None:
        """Note what is left.

        Raises:
            OutsideFault: the database refuses for good: what has just been sent will be shown as uncertain.
        """
        self._closing = True
        self._wake.set()
        self._all_here.set()
        await running
        for pause in (*_NOTE_AGAIN, None):
            if not self._ended:
                return
            try:
                await self._aside(self._outbox.note, [], self._ended)
                return
            except OutsideFault as fault:
                if pause is None:
                    raise _unnoted(fault, len(self._ended)) from fault
            await asyncio.sleep(pause)


def _unnoted(fault: OutsideFault, count: int) -> OutsideFault:
    told = plural(
        "What became of {count} message could not be noted: it will be shown as uncertain.",
        "What became of {count} messages could not be noted: they will be shown as uncertain.",
        count,
    )
    return OutsideFault(f"{fault.message} {told}", next_step=fault.next_step)
