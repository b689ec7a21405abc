"""What has been done about which instalment, and by which scenario."""

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
    plan_instalment_id: int | None = key_of("plan_instalment", default=None)
    """The instalment of a payment plan that it spoke of: its steps are not those of the invoice."""
    scenario_id: int | None = key_of("scenario_version", default=None)
    """The version it followed; None: the standard scenario as shipped."""


class ScenarioVersion(Row, table=True):
    """One version of a scenario, as its readable text. It is never changed: an edit makes the next version."""

    __tablename__ = "scenario_version"
    __table_args__ = (UniqueConstraint("name", "version"),)

    name: str
    version: int
    text: str = Field(sa_type=Text)
    since: date
    retired: date | None = None
    """From this day on nobody new follows it; whoever is in progress does to the end."""


class ScenarioChoice(Row, table=True):
    """Who follows which scenario: one invoice, one customer, a segment, or (all left empty) the whole company. The latest counts."""

    __tablename__ = "scenario_choice"

    customer_id: int | None = key_of("customer", default=None, index=True)
    invoice_id: int | None = key_of("invoice", default=None, index=True)
    segment: str = ""
    scenario: str = ""
    """Its name; empty: whatever the next wider choice says."""
    later_days: int = 0
    """Every reminder so many days later."""
    since: date
    ended: date | None = None


class QuoteReminder(Row, table=True):
    """What a message has said about which quote."""

    __tablename__ = "quote_reminder"

    quote_id: int = key_of("quote", index=True)
    message_id: int = key_of("outgoing_message", index=True)
    step: int
    """Which step of the follow-up of quotes, from 1."""
    day: date


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
