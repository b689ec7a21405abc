"""A portfolio scored on a day by the model in use, the simple rule beside it."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlmodel import Session, col, select

from crm.risk.baseline import best_strength, customer_rate, usual_delay
from crm.risk.book import Asked, Floats, Ints
from crm.risk.features import features
from crm.risk.kept import champion
from crm.risk.models import RiskOverride
from crm.risk.names import FEATURES
from crm.risk.parameters import Head, RiskParameters, loaded, still_waiting
from crm.risk.queries import Portfolio, portfolio
from crm.risk.stakes import DEFAULTS, expected_loss


@dataclass(frozen=True)
class Told:
    """What was said of some invoices."""

    rows: Floats
    late: Floats
    very_late: Floats
    rule: Floats
    days: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Scored:
    """A portfolio and what the model says of it."""

    portfolio: Portfolio
    model_id: int | None
    parameters: RiskParameters
    customers: Told
    """Of an invoice issued today to each customer, of its usual amount and terms."""
    open_rows: Ints
    items: Told
    """Of what each customer still owes, as it stands."""
    history: Ints
    """Settled invoices of each customer."""

    @property
    def learnt(self) -> bool:
        """Whether more than the simple rule answers."""
        return self.parameters.heads[0].learnt

    def losses(self) -> Floats:
        """What each open row may cost, in minor units."""
        told: Floats = expected_loss(self.portfolio.open_cents[self.open_rows], self.items.very_late * DEFAULTS)
        return told


def scored(session: Session, day: date) -> Scored:
    """Score every customer and everything open, on a day.

    Raises:
        Refused: the model in use was altered.
    """
    kept = champion(session, day)
    of = portfolio(session, day)
    parameters = loaded(kept.parameters, kept.digest) if kept is not None else _rule_alone(of)
    everybody = np.arange(of.book.customers)
    rows = of.open_rows()
    usual = told(of, parameters, of.usual(everybody))
    done = of.book.settled < day.toordinal()
    history = np.bincount(of.book.customer[done], minlength=of.book.customers)
    return Scored(
        of, kept.id if kept else None, parameters, usual, rows, _waiting(of, parameters, rows), history.astype(np.int64)
    )


def _rule_alone(of: Portfolio) -> RiskParameters:
    day = of.day.toordinal()
    heads = {days: Head(days, None, None, 1.0, 1.0, 0.0, best_strength(of.book, days, day)) for days in (0, 30)}
    return RiskParameters(heads, (), np.zeros(len(FEATURES)), np.ones(2))


def told(of: Portfolio, parameters: RiskParameters, asked: Asked) -> Told:
    """What the model says of some invoices."""
    rows = features(of.book, asked)
    each = []
    for days in (0, 30):
        head = parameters.heads[days]
        each.append(head.probabilities(rows, customer_rate(of.book, asked, days, head.strength)))
    late, very = each
    rule = customer_rate(of.book, asked, 0, parameters.heads[0].strength)
    if parameters.quantiles:
        low, middle, high = parameters.days_late(rows)
    else:
        middle = usual_delay(of.book, asked)
        low = high = middle
    # More than 30 days late is late as well, whatever two models say apart.
    return Told(rows, late, np.minimum(very, late), rule, middle, low, high)


def _waiting(of: Portfolio, parameters: RiskParameters, rows: Ints) -> Told:
    """Of what is open: what has gone by without payment counts; what is overdue is late."""
    asked = of.asked(rows)
    first = told(of, parameters, asked)
    day = of.day.toordinal()
    term = np.maximum(asked.due - asked.issued, 1)
    over = day - asked.due
    late = still_waiting(first.late, (day - asked.issued) / term, parameters.in_time)
    late = np.where(over > 0, 1.0, late)
    share = np.clip(first.very_late / np.maximum(first.late, 1e-6), 0.0, 1.0)
    very = np.where(over > 30, 1.0, late * share)
    days = np.maximum(first.days, np.maximum(over, -999))
    return Told(first.rows, late, very, first.rule, days, first.low, np.maximum(first.high, days))


def reviewed(session: Session, day: date) -> list[tuple[RiskOverride, int, int]]:
    """Each word of a person with what came of it by a day: invoices that fell due within its time, and how many were late."""
    of = portfolio(session, day)
    book, today = of.book, day.toordinal()
    found = []
    for row in session.exec(select(RiskOverride).where(RiskOverride.day < day).order_by(col(RiskOverride.id))):
        place = of.place_of(row.customer_id)
        mine = book.customer == (-1 if place is None else place)
        until = (row.until + timedelta(days=1)).toordinal()
        there = mine & (book.issued >= row.day.toordinal()) & (book.issued < until)
        known = there & (np.minimum(book.settled, book.due + 1) < today)
        found.append((row, int(known.sum()), int((known & (book.settled > book.due)).sum())))
    return found
