"""A mail server that does as it is told: it greylists, refuses, stalls and hangs up, before and after the final dot.

It speaks SMTP over a socket by itself, so that each byte comes when the story wants it. What a real server does is tried
with aiosmtpd and with Postfix's `smtp-sink`.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

HANG_UP = "hang up"
SILENCE = "silence"


@dataclass
class PostOffice:
    """Accepts everything, but for what `answers` says.

    `answers` maps a command (`EHLO`, `MAIL`, `RCPT`, `DATA`, `TEXT` in the middle of the text, `DOT`) or a command and an
    address (`RCPT anne@x.example`) to what is answered; of a list each is said once, then the usual.
    """

    answers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    """The messages it has taken over: it alone knows."""
    seen: Counter[str] = field(default_factory=Counter)
    connections: int = 0

    def __post_init__(self) -> None:
        self._news = threading.Condition()
        self._left = {key: [said] if isinstance(said, str) else list(said) for key, said in self.answers.items()}
        self._always = {key for key, said in self.answers.items() if isinstance(said, str)}

    @property
    def messages(self) -> list[Message]:
        """What it has taken over."""
        return [message_from_bytes(data) for data in self.taken]

    @property
    def ids(self) -> Counter[str]:
        """How often it has taken over which Message-ID."""
        return Counter(str(message["Message-ID"]) for message in self.messages)

    def wait_for(self, number: int, seconds: float = 60) -> None:
        """Until it has taken over so many messages."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.taken) >= number, seconds)

    def _said(self, command: str, address: str, usual: str) -> str:
        self.seen[command] += 1
        for key in (f"{command} {address}", command):
            if self._left.get(key):
                return self._left[key][0] if key in self._always else self._left[key].pop(0)
        return usual

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (_HungUp, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = ""
        await _say(writer, self._said("CONNECT", "", "220 post office"))
        while line := (await reader.readline()).decode().strip():
            command = line.split()[0].upper()
            if command in {"MAIL", "RCPT"}:
                address = line.partition("<")[2].partition(">")[0]
            if command == "DATA":
                await self._take(reader, writer, address)
                continue
            usual = {"EHLO": "250-post office\r\n250 8BITMIME", "QUIT": "221 goodbye"}.get(command, "250 2.0.0 fine")
            await _say(writer, self._said(command, address, usual))
            if command == "QUIT":
                return

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
        answer = self._said("DATA", address, "354 go on")
        await _say(writer, answer)
        if not answer.startswith("354"):
            return
        if (middle := self._said("TEXT", address, "")) != "":
            await reader.readline()
            await _say(writer, middle)
        data = await reader.readuntil(b"\r\n.\r\n")
        answer = self._said("DOT", address, "250 2.0.0 taken over")
        if answer.startswith(("250", f"{HANG_UP} but keep")):
            with self._news:
                self.taken.append(data[:-5].replace(b"\r\n..", b"\r\n."))
                self._news.notify_all()
        await _say(writer, answer)


class _HungUp(Exception):
    pass


async def _say(writer: asyncio.StreamWriter, answer: str) -> None:
    if answer.startswith(HANG_UP):
        raise _HungUp
    if answer == SILENCE:
        await asyncio.sleep(3600)
    writer.write(answer.encode() + b"\r\n")
    await writer.drain()


@contextmanager
def post_office(answers: Mapping[str, str | Sequence[str]] | None = None, port: int = 0) -> Iterator[PostOffice]:
    """A mail server for as long as the story lasts."""
    office, ready, done = PostOffice(answers or {}), threading.Event(), []

    async def serve() -> None:
        server = await asyncio.start_server(office._serve, "127.0.0.1", port, limit=2**24)
        office.port = server.sockets[0].getsockname()[1]
        stop = asyncio.Event()
        done.append((asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield office
    finally:
        loop, stop = done[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
