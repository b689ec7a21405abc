"""What became of a promise. Pure: the word given and the money received in, a status out."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PromiseStatus(StrEnum):
    """What became of it."""

    PENDING = "pending"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Word:
    """A promise and what has come in since it was made, up to its day. Cents."""

    cents: int
    by: date
    received: int
    ended: date | None = None

    def status(self, today: date) -> PromiseStatus:
        """Kept when the whole amount is in; until the end of its day it is pending, afterwards partly kept or broken."""
        if self.received >= self.cents:
            return PromiseStatus.KEPT
        if today <= self.by and self.ended is None:
            return PromiseStatus.PENDING
        return PromiseStatus.PARTLY_KEPT if self.received > 0 else PromiseStatus.BROKEN

    def waiting(self, today: date) -> int:
        """What is still awaited on a day, and not to be asked for again; 0 once the wait is over."""
        return self.cents - self.received if self.status(today) is PromiseStatus.PENDING else 0
