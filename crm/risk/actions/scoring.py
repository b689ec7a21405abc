"""Scores kept every night, models learnt, and a better one put in place of a worse."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.risk.models import RiskScore

_COLUMNS = ("id", "customer_id", "instalment_id", "model_id", "day", "late", "very_late", "rule", "days_late", "history", "currency", "exposure_cents", "expected_loss_cents")  # fmt: skip  # read as a table: columns side by side


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
        columns = (Column("customers", _("Customers"), Kind.COUNT), Column("invoices", _("Invoices"), Kind.COUNT), Column("model", _("Model")))  # fmt: skip  # read as a table: columns side by side
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
        from crm.risk.scoring import scored
        from crm.risk.tending import customer_rows, item_rows, latest_scores, tended

        told = tended(context, TrainRisk())
        found = scored(context.session, context.today)
        latest = latest_scores(context)
        customers = list(customer_rows(found, latest))
        items = list(item_rows(found, context))
        keys = context.keys(RiskScore)
        context.insert_many(RiskScore, _COLUMNS, ((next(keys), *row) for row in (*customers, *items)))
        return ScoreReport(context.today, len(customers), len(items), found.learnt, told)


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
        columns = (Column("n", _("Invoices paid"), Kind.COUNT), Column("customers", _("Customers"), Kind.COUNT), Column("chosen", _("Kind")))  # fmt: skip  # read as a table: columns side by side
        row = (self.card["n_train"], self.card["customers"], self.card["heads"]["0"]["chosen"])
        return Sheet(_("The risk model was learnt anew"), columns, (row,))


class TrainRisk(Action[Trained]):
    """Learn the risk model anew from every invoice paid so far, and use it from today on."""

    effect = Effect.WRITE
    roles = frozenset({"manager"})

    def perform(self, context: Context) -> Trained:
        """Learn, keep it as numbers with its card, adopt it."""
        from crm.risk.tending import learn

        row, parameters = learn(context, _("Asked for by {author}.").format(author=context.actor.name), adopt=True)
        return Trained(dict(parameters.card), row.adopted is not None)


ACTIONS = (ScoreRisk, TrainRisk)
