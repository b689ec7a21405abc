"""Reads of legal values: what the user recorded, laid over what is shipped."""

from decimal import Decimal

from sqlmodel import Session, col, select

from crm.law.models import LegalValue
from crm.law.series import Law, LegalRate, overlay, shipped


def recorded(session: Session) -> tuple[LegalRate, ...]:
    """The rows that a user recorded, by series and first day."""
    rows = session.exec(select(LegalValue).order_by(col(LegalValue.series), col(LegalValue.valid_from)))
    return tuple(rate_of(row) for row in rows)


def series(session: Session) -> Law:
    """Every series by its name: shipped rows, and over them those the user recorded."""
    return overlay(shipped(), recorded(session))


def rate_of(row: LegalValue) -> LegalRate:
    """A stored row as the pure part knows it."""
    return LegalRate(row.series, Decimal(row.value), row.valid_from, row.valid_to, row.source, row.certain)
