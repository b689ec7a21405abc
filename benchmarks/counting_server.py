"""A mail server that counts what it takes over, and stalls inside DATA now and then until whoever sends is gone."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum


class Stall(Enum):
    """Where it falls silent."""

    BEFORE_DOT = 1
    """Asked for DATA, it does not say go on: nothing of the text has left."""
    AFTER_DOT_LOST = 2
    """It has the text up to the final dot, says nothing and forgets it."""
    AFTER_DOT_KEPT = 3
    """It has taken the message over and does not get to say so."""


@dataclass
class CountingServer:
    """What it has taken over, by Message-ID."""

    dice: random.Random
    stall_every: int = 0
    """It stalls at one message in so many; 0: never."""
    port: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    stalled: threading.Event = field(default_factory=threading.Event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 counting\r\n")
            while line := await reader.readline():
                if line[:4].upper() == b"DATA":
                    await self._take(reader, writer)
                else:
                    writer.write(b"250 ok\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stall = (
            self.dice.choice(list(Stall)) if self.stall_every and self.dice.randrange(self.stall_every) == 0 else None
        )
        if stall is Stall.BEFORE_DOT:
            await self._fall_silent(reader)
        writer.write(b"354 go on\r\n")
        data = await reader.readuntil(b"\r\n.\r\n")
        if stall is Stall.AFTER_DOT_LOST:
            await self._fall_silent(reader)
        self.taken[data.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()] += 1
        if stall is Stall.AFTER_DOT_KEPT:
            await self._fall_silent(reader)
        writer.write(b"250 taken over\r\n")

    async def _fall_silent(self, reader: asyncio.StreamReader) -> None:
        """Until the other side is gone."""
        self.stalled.set()
        await reader.read()
        raise ConnectionResetError


@contextmanager
def counting_server(dice: random.Random) -> Iterator[CountingServer]:
    """The server, in a thread."""
    server, ready, handles = (
        CountingServer(dice),
        threading.Event(),
        list[tuple[asyncio.AbstractEventLoop, asyncio.Event]](),
    )

    async def serve() -> None:
        listening = await asyncio.start_server(server._serve, "127.0.0.1", 0, limit=2**24)
        server.port = listening.sockets[0].getsockname()[1]
        handles.append((asyncio.get_running_loop(), asyncio.Event()))
        ready.set()
        await handles[0][1].wait()
        listening.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop, stop = handles[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
