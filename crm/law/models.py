"""The table of this room: legal values that a user has recorded."""

from datetime import date

from sqlmodel import Field, UniqueConstraint

from crm.core.db import Row


class LegalValue(Row, table=True):
    """A row of a series that a user recorded: it wins over the shipped row of the same first day."""

    __tablename__ = "legal_value"
    __table_args__ = (UniqueConstraint("series", "valid_from", name="legal_value_once"),)

    series: str = Field(index=True)
    value: str
    """A decimal number as text: no database rounds it."""
    valid_from: date
    valid_to: date | None = None
    source: str
    certain: bool = True
