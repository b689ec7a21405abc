"""Scores kept every night, models learnt, and a better one put in place of a worse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.i18n import _, plural
from crm.core.money import EURO
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.risk.baseline import ENOUGH
from crm.risk.book import when_issued
from crm.risk.evaluation import known_on
from crm.risk.features import features, known_day, outcome
from crm.risk.measures import brier
from crm.risk.models import RiskModel, RiskScore
from crm.risk.parameters import RiskParameters, dumped, loaded
from crm.risk.queries import portfolio
from crm.risk.scoring import Scored, champion, scored

_SCORE = table_of(RiskScore)
_COLUMNS = ("id", "customer_id", "instalment_id", "model_id", "day", "late", "very_late", "rule", "days_late", "history", "currency", "exposure_cents", "expected_loss_cents")  # fmt: skip
_MOVED = 0.005
_AGE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a scoring did."""

    as_of: date
    customers: int
    invoices: int
    learnt: bool
    model: str
    """What became of the model, in words."""

    def as_json(self) -> dict[str, Any]:
        """Counts."""
        return {
            "as_of": self.as_of.isoformat(),
            "customers": self.customers,
            "invoices": self.invoices,
            "learnt": self.learnt,
            "model": self.model,
        }

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (Column("customers", _("Customers"), Kind.COUNT), Column("invoices", _("Invoices"), Kind.COUNT), Column("model", _("Model")))  # fmt: skip
        title = plural("{count} customer scored", "{count} customers scored", self.customers)
        return Sheet(title, columns, ((self.customers, self.invoices, self.model),), as_of=self.as_of)


class ScoreRisk(Action[ScoreReport]):
    """Score every customer and every open invoice, and keep the scores that moved."""

    effect = Effect.WRITE

    def perform(self, context: Context) -> ScoreReport:
        """Learn a model if there is none, try a newer one against it every month, then score.

        Raises:
            Refused: the model in use was altered.
        """
        told = _tended(context)
        found = scored(context.session, context.today)
        latest = _latest(context)
        customers = list(_customer_rows(found, latest))
        items = list(_item_rows(found, context))
        keys = context.keys(RiskScore)
        context.insert_many(RiskScore, _COLUMNS, ((next(keys), *row) for row in (*customers, *items)))
        return ScoreReport(context.today, len(customers), len(items), found.learnt, told)


def _latest(context: Context) -> dict[int, tuple[Any, ...]]:
    newest = (
        select(func.max(_SCORE.c.id).label("id"))
        .where(_SCORE.c.instalment_id.is_(None), _SCORE.c.day <= context.today)
        .group_by(_SCORE.c.customer_id)
        .subquery()
    )
    query = select(_SCORE.c.customer_id, _SCORE.c.model_id, _SCORE.c.late, _SCORE.c.exposure_cents).join(newest, newest.c.id == _SCORE.c.id)  # fmt: skip
    return {row.customer_id: tuple(row)[1:] for row in context.session.connection().execute(query)}


def _customer_rows(found: Scored, latest: dict[int, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
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
        )  # fmt: skip


def _item_rows(found: Scored, context: Context) -> Iterator[tuple[Any, ...]]:
    """What is open, not yet due, and was never scored: its first score is what back-tests judge."""
    known = set(
        context.session.connection().execute(select(_SCORE.c.instalment_id).where(_SCORE.c.instalment_id.is_not(None))).scalars()
    )  # fmt: skip
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
        )  # fmt: skip


def _tended(context: Context) -> str:
    """Learn the first model; every month try a newer one on the latest slice. What became of it, in words."""
    kept = champion(context.session, context.today)
    of = portfolio(context.session, context.today)
    if kept is None:
        if of.settled() < ENOUGH:
            return _("The simple rule answers: there is too little history to learn from.")
        _learn(context, _("The first model."), adopt=True)
        return _("A first model was learnt.")
    if context.today - kept.day < _AGE:
        return ""
    won = _contest(of.book, loaded(kept.parameters, kept.digest), kept.day.toordinal(), context.today.toordinal())
    if won is None:
        return _("Too few invoices since the last training to compare models.")
    older, newer = won
    why = _("On the latest invoices: {newer} against {older} (Brier, lower is better).").format(newer=f"{newer:.3f}", older=f"{older:.3f}")  # fmt: skip
    if newer < older:
        _learn(context, why, adopt=True)
        return why
    return _("The model in use stays.") + " " + why


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


def _learn(context: Context, why: str, *, adopt: bool) -> tuple[RiskModel, RiskParameters]:
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


@dataclass(frozen=True)
class Trained:
    """A model that was learnt."""

    card: dict[str, Any]
    adopted: bool

    def as_json(self) -> dict[str, Any]:
        """Its card."""
        return {"model": self.card, "adopted": self.adopted}

    def as_sheet(self) -> Sheet:
        """What it learnt from."""
        columns = (Column("n", _("Invoices paid"), Kind.COUNT), Column("customers", _("Customers"), Kind.COUNT), Column("chosen", _("Kind")))  # fmt: skip
        row = (self.card["n_train"], self.card["customers"], self.card["heads"]["0"]["chosen"])
        return Sheet(_("The risk model was learnt anew"), columns, (row,))


class TrainRisk(Action[Trained]):
    """Learn the risk model anew from every invoice paid so far, and use it from today on."""

    effect = Effect.WRITE
    roles = frozenset({"manager"})

    def perform(self, context: Context) -> Trained:
        """Learn, keep it as numbers with its card, adopt it."""
        row, parameters = _learn(context, _("Asked for by {author}.").format(author=context.actor.name), adopt=True)
        return Trained(dict(parameters.card), row.adopted is not None)


ACTIONS = (ScoreRisk, TrainRisk)
