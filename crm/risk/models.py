"""Models that were learnt, what they said, and what people said instead."""

from datetime import date

from sqlalchemy import Index, Text
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class RiskModel(Row, table=True):
    """A model as numbers, never altered. The latest adopted one answers; what was not adopted is kept to be looked at."""

    __tablename__ = "risk_model"

    day: date
    """It learnt from what was known when this day began."""
    parameters: str = Field(sa_type=Text)
    digest: str
    """SHA-256 of the parameters: a row that was altered is refused."""
    adopted: date | None = None
    note: str = Field(default="", sa_type=Text)
    """Why it was adopted, or was not."""


class RiskScore(Row, table=True):
    """What a model said on a day: of a customer (no instalment), or of an instalment when it was first seen."""

    __tablename__ = "risk_score"
    __table_args__ = (Index("risk_score_of_customer", "customer_id", "instalment_id", "day"),)

    customer_id: int = key_of("customer")
    instalment_id: int | None = key_of("instalment", default=None, index=True)
    model_id: int | None = key_of("risk_model", default=None, index=True)
    """None: the simple rule alone."""
    day: date
    late: float
    """Probability of being paid late."""
    very_late: float
    """Probability of being paid more than 30 days late."""
    rule: float
    """What the simple rule says."""
    days_late: int
    """Expected, rounded; early ones negative."""
    history: int
    """Settled invoices of the customer that were known."""
    currency: str = "EUR"
    exposure_cents: int = cents(default=0)
    expected_loss_cents: int = cents(default=0)


class RiskOverride(Row, table=True):
    """A person's word on a customer's risk instead of the model's. The latest in force counts."""

    __tablename__ = "risk_override"

    customer_id: int = key_of("customer", index=True)
    day: date
    until: date
    late: float
    said: float
    """What the model said then; later both are held against what came."""
    author: str
    reason: str = Field(sa_type=Text)
