"""The only one who speaks to the outside: claims what is due, looks at it a last time, sends it once, notes what became of it.

Each connection is a coroutine; one more commits for all of them, so that every message on a connection waits for a single
commit: the outcome before it and the mark on it go together (group commit). The database works in one thread beside.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, Protocol

from sqlmodel import Session

from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.errors import Invalid, NotFound, OutsideFault
from crm.core.i18n import _, plural
from crm.core.journal import EXAMPLE, first_door
from crm.core.settings import Settings
from crm.core.spool import Spool
from crm.customers.consents import refusals
from crm.customers.models import ConsentPurpose
from crm.messaging.backoff import Answer, Verdict, pause_after
from crm.messaging.committer import Aside, Committer, either
from crm.messaging.models import Channel, OutgoingMessage, Purpose, State
from crm.messaging.outbox import LEASE, Claim, Ended, Outbox
from crm.messaging.queries import dead_addresses
from crm.messaging.transports import Handed, Line, Transport
from crm.messaging.transports.email import EmailTransport
from crm.messaging.transports.letter import LetterTransport
from crm.messaging.transports.nowhere import NowhereTransport
from crm.messaging.transports.phone import PhoneTransport
from crm.messaging.transports.screen import ScreenTransport
from crm.messaging.transports.sms import SmsTransport

LastLook = Callable[[Session, Sequence[OutgoingMessage], date], Mapping[int, str]]
"""Asked just before messages of a purpose leave, for a business day: those that must not, each with the reason."""

_ABOUT = {
    Purpose.DUNNING.value: ConsentPurpose.REMINDERS,
    Purpose.MESSAGE.value: ConsentPurpose.REMINDERS,
    Purpose.QUOTE.value: ConsentPurpose.REMINDERS,
    Purpose.REVIEW.value: ConsentPurpose.REMINDERS,
    Purpose.DIGEST.value: ConsentPurpose.REMINDERS,
}
"""Which no keeps a message of a purpose back; advertising and surveys are kept by the other."""

_SMALLEST_CHUNK, _LARGEST_CHUNK, _PER_CONNECTION = 25, 200, 8
_POLL = timedelta(seconds=5)
_LONG_POLL = timedelta(minutes=5)
"""Between tries of what will not pass by itself: a wrong password told too often locks an account."""
_NOT_LATER = timedelta(seconds=20)
"""A message begins within this time of its mark, or not at all: its lease must outlast it."""


class House(Protocol):
    """What the dispatcher needs of the application."""

    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def spool(self) -> Spool: ...
    @property
    def last_looks(self) -> Mapping[str, LastLook]: ...


@dataclass
class Counts:
    """What became of messages."""

    sent: int = 0
    failed: int = 0
    retry: int = 0
    uncertain: int = 0
    held: int = 0

    def add(self, state: State, count: int = 1) -> None:
        """Count messages that came into a state; one that is merely queued again is none of these."""
        if state is not State.QUEUED:
            setattr(self, state.value, getattr(self, state.value) + count)

    def as_json(self) -> dict[str, int]:
        """The contract's object."""
        return {name: getattr(self, name) for name in ("sent", "failed", "retry", "uncertain", "held")}

    def __iadd__(self, other: "Counts") -> "Counts":
        for name, number in other.as_json().items():
            setattr(self, name, getattr(self, name) + number)
        return self

    def in_words(self) -> str:
        """What became of them, in a line."""
        told = (
            plural("{count} message sent", "{count} messages sent", self.sent),
            plural("{count} failed", "{count} failed", self.failed),
            plural("{count} tried again later", "{count} tried again later", self.retry),
            plural("{count} uncertain", "{count} uncertain", self.uncertain),
            plural("{count} held back", "{count} held back", self.held),
        )
        numbers = self.as_json().values()
        return ", ".join(text for text, number in zip(told, numbers, strict=True) if number or text is told[0])


class Interrupted(OutsideFault):
    """The run stopped before its end; `counts` is what had become of messages by then. The others wait in the outbox."""

    def __init__(self, fault: OutsideFault, counts: Counts) -> None:
        told = _("{fault} What has not left waits in the outbox.").format(fault=fault.message)
        super().__init__(told, permanent=fault.permanent, next_step=fault.next_step)
        self.counts = counts


def dispatch_once(house: House) -> Counts:
    """Deliver the outbox until nothing is due now; what waits for a later try does not keep it.

    Raises:
        Interrupted: the mail server is away or refuses us, or the database does; every message is safe.
    """
    return asyncio.run(dispatcher_of(house).once())


def dispatcher_of(house: House) -> "Dispatcher":
    """The dispatcher of an application, with every transport it has; that of the example company leads nowhere."""
    outbox = Outbox(house.database, house.clock, rate_per_domain=house.settings.smtp_rate_per_domain)
    with house.database.reading() as session:
        example = first_door(session) == EXAMPLE
    transports: tuple[Transport, ...] = (
        EmailTransport(house.settings, house.spool),
        SmsTransport(house.settings),
        PhoneTransport(house.database),
        ScreenTransport(),
    )
    if (folder := house.settings.letter_folder) is not None:
        kinds = (Channel.LETTER.value, Channel.REGISTERED_LETTER.value)
        transports += tuple(LetterTransport(folder, kind) for kind in kinds)
    if example:
        transports = tuple(
            transport if isinstance(transport, PhoneTransport) else NowhereTransport(transport.channel)
            for transport in transports
        )
    return Dispatcher(house.database, house.clock, outbox, transports, house.last_looks)


class Dispatcher:
    """Delivers the outbox through its transports."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        outbox: Outbox,
        transports: Sequence[Transport],
        last_looks: Mapping[str, LastLook],
    ) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._transports = transports
        self._looks = last_looks

    async def once(self, stop: asyncio.Event | None = None) -> Counts:
        """Deliver until nothing is due, or until told to stop: then what is on its way is finished first.

        Raises:
            Interrupted: a server is away or refuses us, or the database does.
        """
        counts = Counts()
        stop = stop or asyncio.Event()
        with ThreadPoolExecutor(1, "outbox") as thread:
            aside = Aside(thread)
            try:
                _returned, lost = await aside(self._outbox.take_over)
                counts.add(State.UNCERTAIN, lost)
                live = await aside(self._outbox.live)
            except OutsideFault as fault:
                raise Interrupted(fault, counts) from fault
            first: OutsideFault | None = None
            for transport in self._transports:
                if transport.channel in live:
                    try:
                        await _Run(self._outbox, self._clock, transport, self._look, aside, counts, stop).finish()
                    except OutsideFault as fault:  # one way out that is closed does not close the others
                        first = first or fault
            if first is not None:
                raise Interrupted(first, counts) from first
        return counts

    async def forever(self, stop: asyncio.Event, tell: Callable[[str], None]) -> Counts:
        """Deliver what becomes due until told to stop. A server that is away is left alone for a while, longer each time."""
        total, failures = Counts(), 0
        while not stop.is_set():
            try:
                total += await self.once(stop)
                failures, pause = 0, _POLL
            except Interrupted as fault:
                total += fault.counts
                failures += 1
                pause = _LONG_POLL if fault.permanent else pause_after(failures)
                tell(f"{fault.message} {_waiting(pause)}")
            await either(stop, pause)
        return total

    def _look(self, claims: Sequence[Claim]) -> Mapping[int, str]:
        """The last look: the messages that must not leave, each with the reason."""
        by_purpose: dict[str, list[OutgoingMessage]] = {}
        for claim in claims:
            by_purpose.setdefault(claim.message.purpose, []).append(claim.message)
        with self._database.reading() as session:
            held: dict[int, str] = {}
            for purpose, messages in by_purpose.items():
                if (look := self._looks.get(purpose)) is not None:
                    held |= look(session, messages, self._clock.today())
            channel, addresses = claims[0].message.channel, [claim.message.recipient for claim in claims]
            dead, refused = dead_addresses(session, channel, addresses), refusals(session, channel, addresses)
        for claim in claims:
            if claim.message.recipient.lower() in refused[_ABOUT.get(claim.message.purpose, ConsentPurpose.MARKETING)]:
                held[claim.message.id] = _("{address} has asked for no more messages of this kind.").format(
                    address=claim.message.recipient
                )
            if (why := dead.get(claim.message.recipient.lower())) is not None:
                held[claim.message.id] = _("Nothing goes to {address} any more: {reason}").format(
                    address=claim.message.recipient, reason=why
                )
        return held


def _waiting(pause: timedelta) -> str:
    return plural("Next try in {count} second.", "Next try in {count} seconds.", int(pause.total_seconds()))


class _Run:
    """One pass over what is due on one channel."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        transport: Transport,
        look: Callable[[Sequence[Claim]], Mapping[int, str]],
        aside: Aside,
        counts: Counts,
        stop: asyncio.Event,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._transport = transport
        self._look = look
        self._aside = aside
        self._counts = counts
        self._told_to_stop = stop
        self._size = max(_SMALLEST_CHUNK, min(_LARGEST_CHUNK, transport.connections * _PER_CONNECTION))
        self._committer = Committer(outbox, aside, lambda: self._lines)
        self._ready: deque[Claim] = deque()
        self._made: dict[Claim, Any] = {}
        self._claiming: asyncio.Task[None] | None = None
        self._dry = False
        self._lines = 0
        self._fault: Exception | None = None

    @property
    def _over(self) -> bool:
        return self._fault is not None or self._told_to_stop.is_set()

    async def finish(self) -> None:
        """Send until nothing is due, or until something stops the run; what is in hand by then goes back.

        Raises:
            OutsideFault: a server is away or refuses us, or the database does.
        """
        await self._claim()
        if self._ready:
            committing = asyncio.create_task(self._committer.run())
            try:
                # One line first: a wrong password is tried once, not on every line.
                first = await self._connected()
                count = min(self._transport.connections, len(self._ready))
                await asyncio.gather(self._work(first), *(self._work(None) for _more in range(count - 1)))
            except OutsideFault as fault:
                self._fault = fault
            finally:
                await self._wind_up(committing)
        if self._fault is not None:
            raise self._fault

    async def _wind_up(self, committing: asyncio.Task[None]) -> None:
        """Note what has been sent, and give back what has not."""
        try:
            await self._committer.close(committing)
        finally:
            if self._claiming is not None:
                await self._claiming
            await self._aside(self._outbox.release, list(self._ready))

    async def _next(self) -> Claim | None:
        """The next message; more are claimed before the last are gone. None: nothing is due, or the run is over."""
        while not self._over:
            if len(self._ready) < self._transport.connections and self._claiming is None and not self._dry:
                self._claiming = asyncio.create_task(self._claim())
            if self._ready:
                return self._ready.popleft()
            if self._claiming is None:
                return None
            await self._claiming
        return None

    async def _claim(self) -> None:
        """Claim the next chunk and look at it a last time."""
        try:
            while not self._over:
                chunk = await self._aside(self._outbox.claim, self._transport.channel, self._size)
                if chunk.claims:
                    self._ready.extend(await self._looked_at(chunk.claims))
                    if self._ready:
                        return
                elif chunk.paced_until is None:
                    self._dry = True
                    return
                else:
                    await either(self._told_to_stop, chunk.paced_until - self._clock.machine_now())
        except Exception as fault:  # told by `finish`, once what is on its way has arrived
            self._fault = self._fault or fault
        finally:
            self._claiming = None

    async def _looked_at(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Those that may leave."""
        try:
            held = await self._aside(self._look, claims)
        except BaseException:
            await self._aside(self._outbox.release, claims)
            raise
        refused = {claim: (State.HELD, held[claim.message.id]) for claim in claims if claim.message.id in held}
        if refused:
            self._counts.add(State.HELD, await self._aside(self._outbox.refuse, refused))
        return [claim for claim in claims if claim not in refused]

    async def _work(self, line: Line | None) -> None:
        """One connection: message after message, each marked before its first byte."""
        claim = None
        try:
            while (claim := await self._next()) is not None:
                if line is None or not line.usable:
                    line = await self._reconnected(line, claim)
                    if line is None:
                        return
                line = await self._deliver(claim, line)
        except Exception as fault:  # told by `finish`, once what is on its way has arrived
            self._fault = self._fault or fault
            if claim is not None:
                # Given back with the rest, unless it is on its way.
                self._ready.append(claim)
        finally:
            if line is not None:
                self._lines -= 1
                await line.close()

    async def _connected(self) -> Line:
        line = await self._transport.connect()
        self._lines += 1
        return line

    async def _reconnected(self, old: Line | None, claim: Claim) -> Line | None:
        """A line for a message in hand; None, and the message left to the others, where the server allows fewer lines.

        Raises:
            OutsideFault: there is no other line either, or the server refuses us for good.
        """
        if old is not None:
            self._lines -= 1
        try:
            return await self._connected()
        except OutsideFault as fault:
            if fault.permanent or self._lines == 0:
                raise
            self._ready.appendleft(claim)
            return None

    async def _deliver(self, claim: Claim, line: Line) -> Line:
        """Send one message; returns the line to go on with.

        Raises:
            OutsideFault: the server refuses us: this message and all others go back.
        """
        try:
            prepared = self._made.pop(claim, None) or self._prepared(claim)
        except (Invalid, NotFound) as problem:
            state = State.FAILED if isinstance(problem, Invalid) else State.HELD
            self._counts.add(state, await self._aside(self._outbox.refuse, {claim: (state, problem.message)}))
            return line
        marked = self._committer.start(claim)
        self._make_ahead()
        until = await marked
        if until is None:
            await self._aside(self._outbox.release, [claim])
            self._dry = False
            return line
        if until - self._clock.machine_now() < LEASE - _NOT_LATER:
            self._end(claim, _NOT_BEGUN)
            self._dry = False
            return line
        handed = await line.send(prepared)
        if handed.unbegun:
            line, handed = await self._sent_over_another(line, prepared, handed)
        self._end(claim, handed)
        if handed.verdict is Verdict.STOP:
            raise OutsideFault(handed.words, permanent=True, next_step=_("crm doctor tries every connection."))
        return line

    def _prepared(self, claim: Claim) -> Any:
        return self._transport.prepare(claim.message, self._clock.machine_now())

    def _make_ahead(self) -> None:
        """Make the bytes of one of the next messages while the database commits, time in which a connection has nothing to do."""
        for claim in islice(self._ready, self._transport.connections):
            if claim not in self._made:
                with suppress(Invalid, NotFound):  # told when its turn comes
                    self._made[claim] = self._prepared(claim)
                return

    async def _sent_over_another(self, line: Line, prepared: Any, handed: Handed) -> tuple[Line, Handed]:
        """Servers close a line after so many messages: one that had not begun goes over a new line at once."""
        try:
            fresh = await self._transport.connect()
        except OutsideFault:
            return line, handed
        return fresh, await fresh.send(prepared)

    def _end(self, claim: Claim, handed: Handed) -> None:
        ended = Ended(claim, handed, self._clock.machine_now())
        self._counts.add(ended.state)
        self._committer.end(ended)


_NOT_BEGUN = Handed(Verdict.STOP, Answer(None), "")
