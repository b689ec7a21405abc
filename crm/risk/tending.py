"""A model learnt, tried against the one in use, and the scores of a night as rows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, or_, select

from crm.core.actions import Action
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import EURO
from crm.core.proposals import Proposal
from crm.core.runner import Context
from crm.risk.backtest import worsened
from crm.risk.baseline import ENOUGH
from crm.risk.book import when_issued
from crm.risk.evaluation import known_on
from crm.risk.features import features, known_day, outcome
from crm.risk.kept import LEAST, champion
from crm.risk.measures import brier
from crm.risk.models import RiskModel, RiskScore
from crm.risk.parameters import RiskParameters, dumped, loaded
from crm.risk.queries import Portfolio, portfolio
from crm.risk.scoring import Scored

_SCORE, _PROPOSAL = table_of(RiskScore), table_of(Proposal)
_MOVED = 0.005
_AGE = timedelta(days=30)


def latest_scores(context: Context) -> dict[int, tuple[Any, ...]]:
    """What was kept last of each customer: model, probability, exposure."""
    newest = (
        select(func.max(_SCORE.c.id).label("id"))
        .where(_SCORE.c.instalment_id.is_(None), _SCORE.c.day <= context.today)
        .group_by(_SCORE.c.customer_id)
        .subquery()
    )
    query = select(_SCORE.c.customer_id, _SCORE.c.model_id, _SCORE.c.late, _SCORE.c.exposure_cents).join(newest, newest.c.id == _SCORE.c.id)  # fmt: skip  # read as a table: columns side by side
    return {row.customer_id: tuple(row)[1:] for row in context.session.connection().execute(query)}


def customer_rows(found: Scored, latest: dict[int, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows of the customers whose score has moved."""
    of, told = found.portfolio, found.customers
    euro = np.array([of.currencies[row] == EURO for row in found.open_rows], bool)
    rows = found.open_rows[euro]
    owner = of.book.customer[rows]
    exposure = np.bincount(owner, weights=of.open_cents[rows], minlength=of.book.customers)
    loss = np.bincount(owner, weights=found.losses()[euro], minlength=of.book.customers)
    for place, key in enumerate(of.customers.tolist()):
        late, owed = float(told.late[place]), round(exposure[place])
        before = latest.get(key)
        if before is not None and before[0] == found.model_id and before[2] == owed and abs(before[1] - late) < _MOVED:
            continue
        yield (
            key, None, found.model_id, of.day, late, float(told.very_late[place]), float(told.rule[place]),
            round(float(told.days[place])), int(found.history[place]), EURO, owed, round(loss[place]),
        )  # fmt: skip  # read as a table: columns side by side


def item_rows(found: Scored, context: Context) -> Iterator[tuple[Any, ...]]:
    """What is open, not yet due, and was never scored: its first score is what back-tests judge."""
    known = set(
        context.session.connection().execute(select(_SCORE.c.instalment_id).where(_SCORE.c.instalment_id.is_not(None))).scalars()
    )  # fmt: skip  # read as a table: columns side by side
    of, told, losses = found.portfolio, found.items, found.losses()
    for place, row in enumerate(found.open_rows.tolist()):
        key = int(of.instalments[row])
        if key in known or of.book.due[row] < of.day.toordinal():
            continue
        customer = int(of.book.customer[row])
        yield (
            int(of.customers[customer]), key, found.model_id, of.day, float(told.late[place]), float(told.very_late[place]),
            float(told.rule[place]), round(float(told.days[place])), int(found.history[customer]), of.currencies[row],
            int(of.open_cents[row]), round(float(losses[place])),
        )  # fmt: skip  # read as a table: columns side by side


def tended(context: Context, retrain: Action[Any]) -> str:
    """Learn the first model; every month try a newer one on the latest slice. What became of it, in words.

    `retrain` is what a person is asked to agree to where the model has got worse.
    """
    kept = champion(context.session, context.today)
    of = portfolio(context.session, context.today)
    if kept is None:
        if of.settled() < ENOUGH:
            return _("The simple rule answers: there is too little history to learn from.")
        learn(context, _("The first model."), adopt=True)
        return _("A first model was learnt.")
    told = _newer(context, of, kept)
    if champion(context.session, context.today) is kept:
        _ask_for(retrain, context, of, kept, told)
    return told


def _newer(context: Context, of: Portfolio, kept: RiskModel) -> str:
    """Every month, a newer model against the one in use; it is put in its place where it wins."""
    if context.today - kept.day < _AGE:
        return ""
    won = _contest(of.book, loaded(kept.parameters, kept.digest), kept.day.toordinal(), context.today.toordinal())
    if won is None:
        return _("Too few invoices since the last training to compare models.")
    older, newer = won
    why = _("On the latest invoices: {newer} against {older} (Brier, lower is better).").format(newer=f"{newer:.3f}", older=f"{older:.3f}")  # fmt: skip  # read as a table: columns side by side
    if newer < older:
        learn(context, why, adopt=True)
        return why
    return _("The model in use stays.") + " " + why


def _ask_for(retrain: Action[Any], context: Context, of: Portfolio, kept: RiskModel, told: str) -> None:
    """A model that the simple rule beats is put up to be learnt anew, by a person's yes: once a month at most."""
    found = worsened(context.session, of, kept.id, LEAST)
    since = context.now - _AGE
    asked = select(_PROPOSAL.c.id).where(
        _PROPOSAL.c.action == retrain.action_name(), or_(_PROPOSAL.c.closed_at.is_(None), _PROPOSAL.c.closed_at > since)
    )
    if found is None or context.session.connection().execute(asked.limit(1)).first() is not None:
        return
    model, rule = found
    why = _("The model has got worse than the simple rule: {model} against {rule} (Brier, lower is better).").format(model=f"{model:.3f}", rule=f"{rule:.3f}")  # fmt: skip  # read as a table: columns side by side
    context.propose(retrain, why=f"{why} {told}".strip(), subject=_("The risk model"))


def _contest(book: Any, older: RiskParameters, since: int, day: int) -> tuple[float, float] | None:
    """Brier of the model in use, and of one learnt half-way since, on what was issued after that; None: too few."""
    from crm.risk.model import trained

    middle = (since + day) // 2
    asked = when_issued(book)
    there = (book.issued >= middle) & (known_day(book, 0) < day)
    if there.sum() < ENOUGH:
        return None
    late, rows = outcome(book, 0)[there], features(book, asked.only(there))
    newer = trained(known_on(book, middle), middle, (0,))
    if not newer.heads[0].learnt or not older.heads[0].learnt:
        return None
    nothing = np.zeros(len(rows))
    return tuple(brier(late, each.heads[0].probabilities(rows, nothing)) for each in (older, newer))  # type: ignore[return-value]  # two models make two figures


def learn(context: Context, why: str, *, adopt: bool) -> tuple[RiskModel, RiskParameters]:
    """Learn on the day, and keep what was learnt."""
    from crm.risk.model import trained

    of = portfolio(context.session, context.today)
    parameters = trained(of.book, context.today.toordinal())
    text, digest = dumped(parameters)
    row = RiskModel(
        day=context.today, parameters=text, digest=digest, adopted=context.today if adopt else None, note=why
    )
    context.session.add(row)
    context.session.flush()
    return row, parameters
