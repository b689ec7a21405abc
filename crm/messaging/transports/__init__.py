"""Ways out: one file a channel. A transport is given a message, hands it over, and says exactly what is known about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from crm.messaging.backoff import Answer, Verdict
from crm.messaging.models import OutgoingMessage


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of an attempt: the verdict, the server's answer, and both in a sentence."""

    verdict: Verdict
    answer: Answer
    words: str
    unbegun: bool = False
    """The line was gone before the message had begun: it may go over another one at once."""
    wait: timedelta | None = None
    """How long the other side asks to be left alone before the next try; None: as usual."""
    provider_id: str = ""
    """What the other side calls the message: by it later reports are told."""


class Line(Protocol):
    """An open connection, over which one message goes after the other."""

    @property
    def usable(self) -> bool:
        """Whether another message can go over it."""
        ...

    async def send(self, prepared: Any) -> Handed:
        """Hand a message over. Every fault is an answer; nothing is raised but a cancellation."""
        ...

    async def close(self) -> None:
        """Take leave."""
        ...


class Transport(Protocol):
    """A channel's way out."""

    @property
    def channel(self) -> str:
        """The channel it serves."""
        ...

    @property
    def connections(self) -> int:
        """How many lines may be open at once."""
        ...

    def prepare(self, message: OutgoingMessage, at: datetime) -> Any:
        """Make what goes over the line.

        Raises:
            Invalid: the message cannot be sent as it is; nothing has left.
            NotFound: a file that goes along is no longer at hand; nothing has left.
        """
        ...

    async def connect(self) -> Line:
        """Open a line.

        Raises:
            OutsideFault: the server is away, refuses us or its certificate cannot be trusted; nothing has left.
        """
        ...
