"""What a quote stands at on a day. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.core.i18n import mark


class QuoteStatus(StrEnum):
    """Where a quote stands."""

    SENT = "sent"
    DISCUSSED = "discussed"
    """The customer has answered, neither yes nor no."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


STATUSES = {
    QuoteStatus.SENT: mark("no answer yet"),
    QuoteStatus.DISCUSSED: mark("being discussed"),
    QuoteStatus.ACCEPTED: mark("accepted"),
    QuoteStatus.REFUSED: mark("refused"),
    QuoteStatus.EXPIRED: mark("expired"),
}
"""Status → how it is said."""
OPEN = frozenset({QuoteStatus.SENT, QuoteStatus.DISCUSSED})
"""Nothing has ended it."""


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """What is known of a quote."""

    sent: date
    valid_until: date | None = None
    replied: date | None = None
    answered: date | None = None
    answer: str = ""

    def status(self, day: date) -> QuoteStatus:
        """Where it stands on a day: the last word counts; without one it binds through the day it is valid until."""
        if self.answered is not None and self.answered <= day:
            return QuoteStatus(self.answer)
        if self.valid_until is not None and self.valid_until < day:
            return QuoteStatus.EXPIRED
        return QuoteStatus.DISCUSSED if self.replied is not None and self.replied <= day else QuoteStatus.SENT
