"""The way out of the example company: it leads nowhere. What a server would have said is told beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crm.core.i18n import _
from crm.messaging.backoff import Answer, Stage, Verdict, judge
from crm.messaging.models import OutgoingMessage
from crm.messaging.transports import Handed


@dataclass(frozen=True)
class NowhereTransport:
    """Takes every message and hands it to nobody; it is its own line."""

    channel: str
    refusals: Mapping[str, tuple[Stage, Answer]] = field(default_factory=dict)
    """Recipient, in lower case → how far the message gets, and the answer it meets."""
    connections: int = 64
    usable: bool = True

    def prepare(self, message: OutgoingMessage, at: datetime) -> OutgoingMessage:
        """The message itself: nothing is made of it."""
        return message

    async def connect(self) -> "NowhereTransport":
        """There is no server to reach."""
        return self

    async def send(self, prepared: OutgoingMessage) -> Handed:
        """What is known of it at once."""
        told = self.refusals.get(prepared.recipient.lower())
        if told is None:
            return Handed(Verdict.SENT, Answer(None), _("Example company: handed to nobody."))
        stage, answer = told
        words = answer.text or _("The line broke after the message: nobody knows whether it arrived.")
        return Handed(judge(stage, answer), answer, words)

    async def close(self) -> None:
        """Nothing to take leave of."""
