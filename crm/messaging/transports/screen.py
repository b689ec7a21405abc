"""The screen: a message is shown and never leaves. For looking at what another channel would carry."""

from dataclasses import dataclass
from datetime import datetime

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.messaging.backoff import Answer, Verdict
from crm.messaging.models import Channel, OutgoingMessage
from crm.messaging.transports import Handed


@dataclass(frozen=True)
class ScreenTransport:
    """Shows every message; it is its own line."""

    channel: str = Channel.SCREEN.value
    connections: int = 1
    usable: bool = True

    def prepare(self, message: OutgoingMessage, at: datetime) -> str:
        """Its text.

        Raises:
            Invalid: there is none.
        """
        if not message.text.strip():
            raise Invalid(_("There is nothing to show."))
        return message.text

    async def connect(self) -> "ScreenTransport":
        """There is nobody to reach."""
        return self

    async def send(self, prepared: str) -> Handed:
        """It is in the outbox, where it can be read."""
        return Handed(Verdict.SENT, Answer(None), _("Shown on screen."))

    async def close(self) -> None:
        """Nothing to take leave of."""
