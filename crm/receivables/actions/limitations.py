"""What nears its limitation: the alarm before a claim can no longer be brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.card import REGIMES
from crm.customers.queries import find_customer
from crm.law import queries as law
from crm.receivables.limitations import ALARM_DAYS, LimitationLine, limitation_lines
from crm.receivables.queries import whose


@dataclass(frozen=True, slots=True)
class LimitationList:
    """What nears its limitation on a day, the soonest first."""

    as_of: date
    lines: tuple[LimitationLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object an open instalment."""
        return {
            "as_of": self.as_of.isoformat(),
            "limitations": [
                {
                    "invoice": line.invoice,
                    "customer": line.customer,
                    "name": line.name,
                    "regime": line.regime,
                    "due_date": line.due.isoformat(),
                    "currency": line.currency,
                    "open": plain(line.open, line.currency),
                    "counted_from": line.since.isoformat(),
                    "limitation_date": line.last_day.isoformat(),
                    "days_left": line.days_left(self.as_of),
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row an open instalment."""
        return Sheet(
            title=_("Limitation"),
            columns=(
                Column("invoice", _("Invoice")),
                Column("name", _("Customer")),
                Column("regime", _("Regime")),
                Column("due_date", _("Due"), Kind.DATE),
                Column("open", _("Open"), Kind.MONEY),
                Column("limitation_date", _("Act until"), Kind.DATE),
                Column("days_left", _("Days left"), Kind.COUNT),
            ),
            rows=tuple(
                (
                    line.invoice,
                    line.name,
                    _(REGIMES[line.regime]),
                    line.due,
                    Money(line.open, line.currency),
                    line.last_day,
                    line.days_left(self.as_of),
                )
                for line in self.lines
            ),
            as_of=self.as_of,
            notes=(_("A claim in court, an act of enforcement or a part payment interrupts; a reminder does not."),),
        )


class ListLimitations(Action[LimitationList]):
    """Open invoices that soon can no longer be claimed in court, the soonest first."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    within: int = Field(ALARM_DAYS, ge=0, le=36_500, description="Last day within so many days")
    lapsed: bool = Field(False, description="Those whose last day has passed as well")

    def perform(self, context: Context) -> LimitationList:
        """Derive them from due dates, regimes and part payments."""
        row = find_customer(context.session, self.customer) if self.customer else None
        lines = limitation_lines(
            context.session,
            context.today,
            whose(row),
            law.series(context.session),
            within=self.within,
            lapsed=self.lapsed,
        )
        return LimitationList(context.today, lines)


def limitation_words(lines: Sequence[LimitationLine], today: date) -> str:
    """The alarm in one sentence, about the first that can still be claimed; empty where there is nothing to say."""
    if not lines:
        return ""
    first = next((line for line in lines if line.days_left(today) >= 0), lines[0])
    if first.days_left(today) < 0:
        told = _("{invoice} can no longer be claimed in court, last day was {day}")
    else:
        told = _("limitation of {invoice} after {day}: act in court before")
    sentence = told.format(invoice=first.invoice, day=shown_date(first.last_day, today))
    more = len(lines) - 1
    return f"{sentence} ({plural('and {count} more', 'and {count} more ones', more)})" if more else sentence


ACTIONS = (ListLimitations,)
