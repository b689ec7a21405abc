"""What an account manager aims at: objectives as they were set, and the values that only a person can tell."""

from datetime import date

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from crm.core.db import Row, key_of


class Objective(Row, table=True):
    """An objective: how far it is, and whether it will be reached, follows from the books and the day."""

    __tablename__ = "objective"

    customer_id: int | None = key_of("customer", default=None, index=True)
    """None: of a portfolio."""
    account_manager: str = ""
    """Whose portfolio, by the number of a user; empty with no customer: everybody's."""
    measure: str
    name: str = ""
    """What is measured, where the measure is one of our own."""
    better: str
    """`higher` or `lower`."""
    currency: str = "EUR"
    target: int = Field(sa_type=BigInteger)
    """In hundredths of the measure's unit: cents, hundredths of a day, of a point, of a visit."""
    start: date
    end: date
    """Both included."""
    day: date
    """When it was set."""
    author: str = ""
    origin: str = ""
    """The template it comes from; empty: set by hand."""
    note: str = Field(default="", sa_type=Text)
    dropped: date | None = None
    """The day it was given up."""


class ObjectiveValue(Row, table=True):
    """A value that a person noted for an objective whose measure no book holds."""

    __tablename__ = "objective_value"

    objective_id: int = key_of("objective", index=True)
    day: date
    value: int = Field(sa_type=BigInteger)
    """In hundredths of the unit."""
    author: str = ""
    note: str = Field(default="", sa_type=Text)
