"""The models of customer value, fitted on a file of purchases and judged on what came after."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.columns import ColumnSpec, match_columns
from crm.core.errors import Invalid
from crm.core.exchange import Source
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.core.spool import Upload
from crm.core.tabular import ProblemList, Unreadable, open_table
from crm.loyalty.lifetime_value import TOO_ALIKE, Histories, PurchaseModel, SpendModel, fit_purchases, fit_spend
from crm.loyalty.purchases import DAYS_OF_WEEK, Buyer, Purchase, buyers, merged

_COLUMNS = (
    ColumnSpec("customer", required=True, synonyms=("client", "customerid", "id")),
    ColumnSpec("date", required=True, synonyms=("day", "jour", "invoicedate")),
    ColumnSpec("amount", required=True, synonyms=("montant", "total")),
)


@dataclass(frozen=True, slots=True)
class Holdout:
    """What came after the calibration, beside what was expected."""

    weeks: float
    purchases: int
    expected: float
    mean_absolute_error: float
    """Of one customer's number of purchases."""
    root_mean_square_error: float
    baseline_error: float
    """Mean absolute error of the simple rule: each goes on at the pace of the calibration."""

    def as_json(self) -> dict[str, Any]:
        """As in the contract: counts and errors per customer."""
        return {
            "weeks": round(self.weeks, 2),
            "purchases": self.purchases,
            "expected": round(self.expected, 2),
            "mean_absolute_error": round(self.mean_absolute_error, 4),
            "root_mean_square_error": round(self.root_mean_square_error, 4),
            "baseline_mean_absolute_error": round(self.baseline_error, 4),
        }


@dataclass(frozen=True, slots=True)
class LifetimeValueScore:
    """The fitted parameters, and how well they foresaw."""

    purchases: PurchaseModel
    spend: SpendModel | None
    customers: int
    holdout: Holdout | None
    """None: the file ends with the calibration."""

    def as_json(self) -> dict[str, Any]:
        """The contract's answer; the unit of time is the week."""
        told = self.purchases
        return {
            "parameters": {name: round(getattr(told, name), 6) for name in ("r", "alpha", "a", "b")},
            "time_unit": "week",
            "log_likelihood": round(told.log_likelihood, 4),
            "customers": self.customers,
            "holdout": self.holdout.as_json() if self.holdout else None,
            "spend": _spend_json(self.spend),
        }

    def as_sheet(self) -> Sheet:
        """One row a measure."""
        told = self.purchases
        rows: list[tuple[str, str]] = [(_("Customers"), str(self.customers))]
        rows.extend((name, f"{getattr(told, name):.4f}") for name in ("r", "alpha", "a", "b"))
        rows.append((_("Log-likelihood"), f"{told.log_likelihood:.2f}"))
        if self.spend is not None:
            rows.extend((name, f"{getattr(self.spend, name):.4f}") for name in ("p", "q", "gamma"))
        if self.holdout is not None:
            after = self.holdout
            rows.append((_("Purchases afterwards"), str(after.purchases)))
            rows.append((_("Purchases expected"), f"{after.expected:.1f}"))
            rows.append((_("Mean error for one customer"), f"{after.mean_absolute_error:.3f}"))
            rows.append((_("The same, if everyone kept their pace"), f"{after.baseline_error:.3f}"))
        columns = (Column("measure", _("Measure")), Column("value", _("Value")))
        notes = []
        if self.spend is not None and abs(self.spend.correlation) > TOO_ALIKE:
            notes.append(
                _("Who buys more often also spends more or less each time: the mean spend is not to be trusted.")
            )
        return Sheet(_("Models of customer value"), columns, tuple(rows), notes=tuple(notes))


class EvaluateLifetimeValue(Action[LifetimeValueScore]):
    """Fit the models of customer value on a file of purchases, and compare with what came after."""

    effect = Effect.READ

    transactions: Upload = Field(description="File with the columns customer, date, amount")
    calibration_end: date = Field(description="Last day the models may learn from")

    def perform(self, context: Context) -> LifetimeValueScore:
        """Merge the purchases of a day, fit by maximum likelihood, then look at the days after.

        Raises:
            Invalid: the file cannot be read, or nobody bought twice before the day.
        """
        days_of = merged(_read(context.exchange.source(self.transactions)))
        last = max((day for days in days_of.values() for day in days), default=self.calibration_end)
        known = buyers(days_of, self.calibration_end, last)
        if not known:
            raise Invalid(_("Nobody had bought by {day}.").format(day=self.calibration_end.isoformat()))
        told = Histories.of([each.history for each in known])
        model = fit_purchases(told)
        return LifetimeValueScore(
            model, spend_of(known), len(known), _holdout(model, told, known, self.calibration_end, last)
        )


def spend_of(known: list[Buyer]) -> SpendModel | None:
    """The model of spend, from those who bought again."""
    import numpy as np

    repeats = np.array([each.history.repeats for each in known], dtype=np.float64)
    return fit_spend(repeats, np.array([each.spend for each in known], dtype=np.float64))


def _holdout(model: PurchaseModel, told: Histories, known: list[Buyer], end: date, last: date) -> Holdout | None:
    import numpy as np

    weeks = (last - end).days / DAYS_OF_WEEK
    if weeks <= 0:
        return None
    expected = model.expected(told, weeks)
    came = np.array([each.later for each in known], dtype=np.float64)
    pace = np.where(told.age > 0, told.repeats / np.maximum(told.age, 1 / DAYS_OF_WEEK), 0.0) * weeks
    return Holdout(
        weeks,
        int(came.sum()),
        float(expected.sum()),
        float(np.abs(expected - came).mean()),
        float(np.sqrt(((expected - came) ** 2).mean())),
        float(np.abs(pace - came).mean()),
    )


def _spend_json(model: SpendModel | None) -> dict[str, Any] | None:
    if model is None:
        return None
    mean = model.population_mean
    return {
        "p": round(model.p, 6),
        "q": round(model.q, 6),
        "gamma": round(model.gamma, 6),
        "correlation": round(model.correlation, 4),
        "population_mean": None if mean is None else round(mean, 2),
    }


def _read(source: Source) -> list[Purchase]:
    """Every line of the file."""
    found: list[Purchase] = []
    with source.open() as stream:
        table = open_table(stream, source.name)
        places, _unknown = match_columns(table.headings, _COLUMNS, {})
        at = {name: place for name, place in places.items() if place is not None}
        reading = table.decide([at["date"]], [at["amount"]])
        told = ProblemList()
        for line, row in table.rows(told):
            try:
                day = reading.dates.read(row[at["date"]].strip())
                cents = reading.amounts.cents(row[at["amount"]].strip(), 2)
            except Invalid as problem:
                raise Unreadable(problem.message, line=line) from problem
            found.append(Purchase(row[at["customer"]].strip(), day, cents))
    if not found:
        raise Unreadable(_("The file names no purchase."))
    return found


ACTIONS = (EvaluateLifetimeValue,)
