"""What was kept of risk: the model in use, people's words, the latest scores. Reads alone, and light to load."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, func, select

from crm.customers.visible import merged
from crm.risk.models import RiskModel, RiskOverride, RiskScore

LEAST = 50
"""Judged invoices, and recent ones, below which back-test, calibration and drift stay silent."""


def champion(session: Session, day: date) -> RiskModel | None:
    """The model in use on a day; None: the simple rule answers."""
    return session.exec(
        select(RiskModel)
        .where(col(RiskModel.adopted).is_not(None), RiskModel.adopted <= day)  # type: ignore[operator]  # never None here: the line says so
        .order_by(col(RiskModel.adopted).desc(), col(RiskModel.id).desc())
        .limit(1)
    ).first()


def overrides(session: Session, day: date) -> dict[int, RiskOverride]:
    """People's words in force on a day, by customer; the latest counts."""
    rows = session.exec(
        select(RiskOverride)
        .where(RiskOverride.day <= day, RiskOverride.until >= day)
        .order_by(col(RiskOverride.day), col(RiskOverride.id))
    )
    root = merged(session)
    return {root.get(row.customer_id, row.customer_id): row for row in rows}


def kept_scores(session: Session, day: date, customers: Sequence[int]) -> dict[int, float]:
    """The latest kept probability of some customers, a person's word before the model's. Learns and reckons nothing."""
    newest = (
        select(func.max(col(RiskScore.id)))
        .where(col(RiskScore.customer_id).in_(customers), col(RiskScore.instalment_id).is_(None), RiskScore.day <= day)
        .group_by(col(RiskScore.customer_id))
    )
    rows = session.exec(select(RiskScore).where(col(RiskScore.id).in_(newest)).order_by(col(RiskScore.id)))
    found = {row.customer_id: row.late for row in rows}
    instead = overrides(session, day)
    return {key: instead[key].late if key in instead else late for key, late in found.items()}
