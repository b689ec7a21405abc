"""What has been done about which instalment."""

from datetime import date

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class Reminder(Row, table=True):
    """An instalment spoken of by a message. `level` is the step the instalment reached by it; None: it was only stated again.

    Whether it counts follows from the message's state: a rehearsed, failed, held or cancelled message is no step.
    """

    __tablename__ = "reminder"

    instalment_id: int = key_of("instalment", index=True)
    message_id: int = key_of("outgoing_message", index=True)
    level: int | None = None
    day: date
    asked_cents: int = cents()


class OwnText(Row, table=True):
    """A version of a company's own wording. The highest one counts; empty, it is the reference wording again."""

    __tablename__ = "own_text"
    __table_args__ = (UniqueConstraint("level", "channel", "language", "tone", "version"),)

    level: int
    channel: str
    language: str
    tone: str
    version: int
    day: date
    by: str
    subject: str = Field(default="", sa_type=Text)
    text: str = Field(default="", sa_type=Text)

    @property
    def source(self) -> str:
        """The template: the subject on its first line, then the text; an SMS is its text."""
        return f"{self.subject}\n\n{self.text}" if self.subject else self.text
