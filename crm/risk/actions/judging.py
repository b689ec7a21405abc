"""The risk model judged on a file of invoices."""

import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from crm.core.actions import Action, Effect
from crm.core.basics import as_mapping
from crm.core.figures import decimal_shown
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet, Value
from crm.core.spool import Upload
from crm.customers.queries import default_terms

if TYPE_CHECKING:
    from crm.risk.evaluation import Judgement


@dataclass(frozen=True, slots=True)
class RiskJudgement:
    """The model beside the simple rule, cutoff by cutoff."""

    cutoffs: "tuple[Judgement, ...]"
    seconds: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer: one object, or several with their mean."""
        from crm.risk.evaluation import means

        told = [{**each.as_json(), "seconds": took} for each, took in zip(self.cutoffs, self.seconds, strict=True)]
        if len(told) == 1:
            return told[0]
        named = [
            {"cutoff": date.fromordinal(each.cutoff).isoformat(), **one}
            for each, one in zip(self.cutoffs, told, strict=True)
        ]
        return {"cutoffs": named, "mean": means(told), "seconds": round(sum(self.seconds), 2)}

    def as_sheet(self) -> Sheet:
        """One row a cutoff and who answered."""
        columns = (
            Column("cutoff", _("From"), Kind.DATE),
            Column("who", _("Who answers")),
            Column("n", _("Invoices"), Kind.COUNT),
            Column("auc", "AUC"),
            Column("average_precision", _("Average precision")),
            Column("brier", "Brier"),
            Column("mae_days", _("Days off")),
        )
        rows: list[tuple[Value, ...]] = []
        for each in self.cutoffs:
            for name, told in ((_("model"), each.model), (_("simple rule"), each.baseline)):
                figures = (told.auc, told.average_precision, told.brier, told.mae_days)
                shown = tuple("–" if one is None else decimal_shown(f"{one:.3f}") for one in figures)
                rows.append((date.fromordinal(each.cutoff), name, each.n_test, *shown))
        return Sheet(
            _("The risk model on invoices it has not seen"),
            columns,
            tuple(rows),
            notes=()
            if all(each.learnt for each in self.cutoffs)
            else (_("Too little history before a cutoff: the simple rule answered alone."),),
        )


class EvaluateRisk(Action[RiskJudgement]):
    """Judge the risk model on a file of invoices, by a cutoff in time."""

    effect = Effect.READ

    invoices: Upload = Field(description="File of invoices, with the columns of invoices-csv")
    map: Annotated[dict[str, str], BeforeValidator(as_mapping)] = Field(
        default_factory=dict, description="FIELD=COLUMN where the file names a column differently"
    )
    cutoff: tuple[date, ...] = Field(
        min_length=1, description="Day before which it learns, and from which it foretells; may be repeated"
    )
    late_days: int = Field(0, ge=0, le=365, description="Late means more than so many days after the due date")

    def perform(self, context: Context) -> RiskJudgement:
        """Read the file, then learn and foretell for each cutoff. Nothing is kept.

        Raises:
            Invalid: the file cannot be read, or holds no invoice.
        """
        from crm.risk.evaluation import judged
        from crm.risk.reading import book_of

        book = book_of(context.exchange.source(self.invoices), self.map, default_terms(context.session))
        told, seconds = [], []
        for place, cutoff in enumerate(self.cutoff, start=1):
            context.progress(_("cutoffs"), place, len(self.cutoff))
            began = time.perf_counter()
            told.append(judged(book, cutoff.toordinal(), self.late_days))
            seconds.append(round(time.perf_counter() - began, 2))
        return RiskJudgement(tuple(told), tuple(seconds))


ACTIONS = (EvaluateRisk,)
