"""The model under watch: its card, what it said held against what came, and whether invoices still look alike."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crm.core.actions import Action, Effect
from crm.core.calendar import long_date
from crm.core.figures import decimal_shown
from crm.core.i18n import _, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.risk.kept import LEAST, champion
from crm.risk.words import family_words, percent

if TYPE_CHECKING:
    from crm.risk.backtest import Month
    from crm.risk.measures import Bin


@dataclass(frozen=True)
class RiskModelReport:
    """The model in use and how it does."""

    as_of: date
    card: dict[str, Any]
    note: str
    months: "tuple[Month, ...]"
    calibration: "tuple[Bin, ...]"
    drifted: tuple[tuple[str, float], ...]
    """Feature and by how many standard deviations recent invoices differ from those learnt from."""
    judged: int
    recent: int
    words: tuple[tuple[str, float, float, int, int], ...]
    """Author, said by the person, said by the model, invoices since, late ones among them."""
    worse: bool

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "as_of": self.as_of.isoformat(),
            "model": self.card,
            "note": self.note,
            "judged": self.judged,
            "months": [
                {
                    "month": each.month, "n": each.n, "mean_score": round(each.said, 4), "observed": round(each.observed, 4),
                    "brier": round(each.brier, 4), "baseline": round(each.rule_brier, 4),
                }
                for each in self.months
            ],
            "calibration": [
                {"mean_score": round(each.mean_score, 4), "observed": round(each.observed, 4), "n": each.n}
                for each in self.calibration
            ],
            "drift": [{"feature": name, "deviations": decimal_of(value)} for name, value in self.drifted],
            "overrides": [
                {"author": author, "probability_late": said, "baseline": model, "invoices": number, "late": late}
                for author, said, model, number, late in self.words
            ],
            "worse": self.worse,
        }  # fmt: skip  # read as a table: columns side by side

    def as_sheet(self) -> Sheet:
        """The months; the rest in notes."""
        columns = (
            Column("month", _("Month")), Column("n", _("Invoices"), Kind.COUNT), Column("said", _("Said")),
            Column("observed", _("Came")), Column("brier", _("Brier of the model")), Column("rule", _("Brier of the rule")),
        )  # fmt: skip  # read as a table: columns side by side
        rows = tuple(
            (each.month, each.n, percent(each.said), percent(each.observed), decimal_shown(f"{each.brier:.3f}"), decimal_shown(f"{each.rule_brier:.3f}"))
            for each in self.months
        )  # fmt: skip  # read as a table: columns side by side
        notes = [_card_sentence(self.card)]
        if self.judged < LEAST:
            notes.append(_("{count} scored invoices have come due; back-test and calibration speak from {least} on.").format(count=self.judged, least=LEAST))  # fmt: skip  # read as a table: columns side by side
        if self.recent < LEAST:
            notes.append(_("{count} recent invoices; drift speaks from {least} on.").format(count=self.recent, least=LEAST))  # fmt: skip  # read as a table: columns side by side
        for name, value in self.drifted:
            notes.append(_("Recent invoices differ in {feature}: {value} standard deviations.").format(feature=family_words(name), value=decimal_shown(f"{value:+.1f}")))  # fmt: skip  # read as a table: columns side by side
        if self.worse:
            notes.append(_("The model has got worse than the simple rule: learn it anew? (train_risk)"))
        for author, said, model, number, late in self.words:
            told = plural("{count} invoice since", "{count} invoices since", number)
            notes.append(_("{author} said {said}, the model {model}: {since}, {late} late.").format(author=author, said=percent(said), model=percent(model), since=told, late=late))  # fmt: skip  # read as a table: columns side by side
        return Sheet(_("The risk model"), columns, rows, as_of=self.as_of, notes=tuple(notes))


def decimal_of(value: float) -> str:
    """A figure of one decimal, as text."""
    return f"{value:.1f}"


def _card_sentence(card: dict[str, Any]) -> str:
    if not card.get("enough"):
        return _("The simple rule answers: there is too little history to learn from.")
    return _("Learnt on {day} from {count} invoices of {customers} customers ({kind}).").format(
        day=long_date(date.fromisoformat(card["trained_on"])),
        count=card["n_train"],
        customers=card["customers"],
        kind=card["heads"]["0"]["chosen"],
    )


class ShowRiskModel(Action[RiskModelReport]):
    """Show the risk model: its card, its back-test by month, its calibration and what has drifted."""

    effect = Effect.READ

    def perform(self, context: Context) -> RiskModelReport:
        """Hold kept scores against what came since.

        Raises:
            Refused: the model in use was altered.
        """
        from crm.risk.backtest import by_month, drift, held_against, worsened
        from crm.risk.measures import calibration
        from crm.risk.parameters import loaded
        from crm.risk.queries import portfolio
        from crm.risk.scoring import reviewed

        session, today = context.session, context.today
        kept = champion(session, today)
        parameters = loaded(kept.parameters, kept.digest) if kept is not None else None
        of = portfolio(session, today)
        said, rule, late, months = held_against(session, of)
        judged = len(late)
        told = by_month(said, rule, late, months) if judged >= LEAST else ()
        drifted, recent = drift(of, parameters, LEAST)
        worse = kept is not None and worsened(session, of, kept.id, LEAST) is not None
        words = tuple((row.author, row.late, row.said, number, bad) for row, number, bad in reviewed(session, today))
        return RiskModelReport(
            today, dict(parameters.card) if parameters else {"enough": False, "n_train": of.settled()},
            kept.note if kept else "", told, calibration(late, said) if judged >= LEAST else (), drifted, judged, recent,
            words, worse,
        )  # fmt: skip  # read as a table: columns side by side


ACTIONS = (ShowRiskModel,)
