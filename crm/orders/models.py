"""Opportunities, quotes and orders: small, as facts with their days. What each stands at follows from them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from crm.core.db import Row, key_of
from crm.core.db import cents as minor_units
from crm.orders.pipeline import OpportunityStage


class Answer(StrEnum):
    """What a customer has said to a quote, or that the offer has ended without a word."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


class OrderEnd(StrEnum):
    """How an order ends that no invoice has ended by naming it."""

    INVOICED = "invoiced"
    CANCELLED = "cancelled"


class Opportunity(Row, table=True):
    """A sale that may come. It is over when `closed` is set."""

    __tablename__ = "opportunity"

    customer_id: int = key_of("customer", index=True)
    subject: str
    """What it is about."""
    stage: str = OpportunityStage.LEAD.value
    currency: str = "EUR"
    cents: int = minor_units()
    """What it would bring, tax included."""
    probability: int
    """Percent."""
    expected: date | None = None
    """The day by which it is expected to be decided."""
    next_step: str = ""
    owner: str = ""
    """The number of a user."""
    opened: date
    closed: date | None = None
    won: bool = False
    reason: str = ""
    """Why it was won or lost: a `DealReason`."""
    note: str = ""


class Quote(Row, table=True):
    """An offer that was sent. Whether it has expired follows from the day."""

    __tablename__ = "quote"

    number: str = Field(unique=True)
    customer_id: int = key_of("customer", index=True)
    opportunity_id: int | None = key_of("opportunity", default=None, index=True)
    subject: str = ""
    currency: str = "EUR"
    cents: int = minor_units()
    """Tax included."""
    net_cents: int | None = minor_units(default=None)
    """Without tax, where it is known."""
    sent: date
    valid_until: date | None = None
    """The last day on which it binds us; None: no day was set."""
    email: str = ""
    """Where it went; empty: the customer's usual address."""
    owner: str = ""
    """The number of a user."""
    replied: date | None = None
    """Since when it is being discussed: the customer has answered, neither yes nor no."""
    answered: date | None = None
    answer: str = ""
    """An `Answer`."""
    reason: str = ""
    """Why it was accepted or refused: a `DealReason`."""
    note: str = ""


class Order(Row, table=True):
    """What a customer has bought. Invoices name it by its number, or by the customer's own reference."""

    __tablename__ = "sales_order"
    __table_args__ = (Index("sales_order_of_customer", "customer_id", "ordered"),)

    number: str = Field(unique=True)
    customer_id: int = key_of("customer")
    quote_id: int | None = key_of("quote", default=None, index=True)
    reference: str = Field(default="", index=True)
    """The customer's own: the number of their purchase order."""
    ordered: date
    promised: date | None = None
    """The day for which delivery was promised."""
    currency: str = "EUR"
    cents: int = minor_units()
    """Tax included."""
    net_cents: int | None = minor_units(default=None)
    """Without tax, where it is known."""
    ended: date | None = None
    ended_as: str = ""
    """An `OrderEnd`."""
