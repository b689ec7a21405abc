"""What was said held against what came."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlmodel import Session

from crm.core.db import table_of
from crm.risk.book import when_issued
from crm.risk.features import features
from crm.risk.measures import brier
from crm.risk.models import RiskScore
from crm.risk.names import FEATURES
from crm.risk.parameters import RiskParameters
from crm.risk.queries import Portfolio

_SCORE = table_of(RiskScore)
_FEWEST_A_MONTH = 10
_DRIFT, _RECENT = 0.5, 90


@dataclass(frozen=True, slots=True)
class Month:
    """What was said of the invoices first scored in a month, and what came."""

    month: str
    n: int
    said: float
    observed: float
    brier: float
    rule_brier: float


def held_against(session: Session, of: Portfolio, model_id: int | None = None) -> tuple[Any, Any, Any, list[str]]:
    """What was said of invoices at first sight, by model and rule, what came, and the month it was said; by one model, or all."""
    book, today = of.book, of.day.toordinal()
    known = (np.minimum(book.settled, book.due + 1) < today).tolist()
    late = (book.settled > book.due).astype(float).tolist()
    came = {int(key): late[place] for place, key in enumerate(of.instalments.tolist()) if known[place]}
    query = (
        select(_SCORE.c.instalment_id, _SCORE.c.late, _SCORE.c.rule, _SCORE.c.day)
        .where(_SCORE.c.instalment_id.is_not(None), _SCORE.c.day < of.day)
        .order_by(_SCORE.c.day, _SCORE.c.id)
    )
    if model_id is not None:
        query = query.where(_SCORE.c.model_id == model_id)
    rows = [row for row in session.connection().execute(query) if row[0] in came]
    return (
        np.array([row[1] for row in rows], float),
        np.array([row[2] for row in rows], float),
        np.array([came[row[0]] for row in rows], float),
        [f"{row[3]:%Y-%m}" for row in rows],
    )


def worsened(session: Session, of: Portfolio, model_id: int, least: int) -> tuple[float, float] | None:
    """Brier of a model and of the simple rule on what the model said, where the model is the worse; None: it is not, or too few."""
    said, rule, late, _months = held_against(session, of, model_id)
    if len(late) < least:
        return None
    model, plain = brier(late, said), brier(late, rule)
    return (model, plain) if model > plain else None


def by_month(said: Any, rule: Any, late: Any, months: list[str]) -> tuple[Month, ...]:
    """One line a month that has enough invoices."""
    told, named = [], np.array(months)
    for month in sorted(set(months)):
        mine = named == month
        if mine.sum() >= _FEWEST_A_MONTH:
            told.append(
                Month(
                    month, int(mine.sum()), float(said[mine].mean()), float(late[mine].mean()),
                    brier(late[mine], said[mine]), brier(late[mine], rule[mine]),
                )
            )  # fmt: skip  # read as a table: columns side by side
    return tuple(told)


def drift(of: Portfolio, parameters: RiskParameters | None, least: int) -> tuple[tuple[tuple[str, float], ...], int]:
    """Features of recent invoices that left what was learnt from, and how many recent ones there are."""
    book, today = of.book, of.day.toordinal()
    recent = (book.issued >= today - _RECENT) & (book.issued < today)
    number = int(recent.sum())
    linear = parameters.heads[0].linear if parameters is not None else None
    if linear is None or number < least:
        return (), number
    rows = features(book, when_issued(book).only(recent))
    moved = (rows.mean(axis=0) - linear.mean) / linear.scale
    places = np.argsort(-np.abs(moved), kind="stable")[:5]
    return tuple((FEATURES[place], float(moved[place])) for place in places if abs(moved[place]) >= _DRIFT), number
