"""What has been done about which instalment."""

from datetime import date

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
