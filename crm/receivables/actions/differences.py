"""Differences that matches left, by their cause."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import func, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.receivables.actions.words import RESIDUALS
from crm.receivables.lettered import WRITE_OFF
from crm.receivables.matching.facts import Residual as Reason
from crm.receivables.models import Residual

_RESIDUAL = table_of(Residual)


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One cause in one currency. Cents; short is positive, too much negative."""

    reason: Reason
    decision: str
    entry: str
    currency: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class DifferenceList:
    """Causes, the most money first."""

    start: date
    end: date
    lines: tuple[DifferenceLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a cause and decision."""
        return {
            "period": f"{self.start.isoformat()}/{self.end.isoformat()}",
            "differences": [
                {
                    "reason": line.reason.value,
                    "decision": line.decision,
                    "entry": line.entry or None,
                    "currency": line.currency,
                    "count": line.count,
                    "amount": plain(line.cents, line.currency),
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a cause and decision."""
        columns = (
            Column("reason", _("Reason")),
            Column("count", _("How many"), Kind.COUNT),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("decision", _("Decided")),
            Column("entry", _("Account")),
        )
        rows = tuple(
            (
                _(RESIDUALS[line.reason]),
                line.count,
                Money(line.cents, line.currency),
                _("written off") if line.decision == WRITE_OFF else _("stays open"),
                line.entry,
            )
            for line in self.lines
        )
        return Sheet(_("Differences left by matches"), columns, rows, as_of=self.end)


class ListDifferences(Action[DifferenceList]):
    """Differences that matches left, by their cause."""

    effect = Effect.READ

    period: Period | None = Field(None, description="Decided in this period; this month if left out")

    def perform(self, context: Context) -> DifferenceList:
        """Add them up."""
        start = self.period.start if self.period else context.today.replace(day=1)
        end = self.period.end if self.period else context.today
        row = _RESIDUAL.c
        query = (
            select(row.reason, row.decision, row.entry, row.currency, func.count(), func.sum(row.cents))
            .where(row.decided.between(start, end))
            .group_by(row.reason, row.decision, row.entry, row.currency)
            .order_by(func.abs(func.sum(row.cents)).desc(), row.reason, row.decision, row.currency)
        )
        lines = tuple(
            DifferenceLine(Reason(reason), decision, entry, currency, count, int(cents))
            for reason, decision, entry, currency, count, cents in context.session.connection().execute(query)
        )
        return DifferenceList(start, end, lines)


ACTIONS = (ListDifferences,)
