"""How far a customer's word, or one contact's, can be relied on: from the promises that fell due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.figures import decimal_shown
from crm.core.i18n import _
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.receivables.actions.promises import ListPromises
from crm.receivables.actions.words import meant
from crm.receivables.promises import FEW_WORDS, Outcome, PromiseStatus, Reliability, outcome_of, reliability
from crm.receivables.words_given import promise_lines


@dataclass(frozen=True, slots=True)
class ReliabilityLine:
    """The record of a customer in one currency, or (`contact`) of one of its people."""

    customer: str
    name: str
    contact: str
    currency: str
    record: Reliability

    def as_json(self) -> dict[str, Any]:
        """Counts always; shares with the warning where they rest on few."""
        record = self.record
        return {
            "customer": self.customer,
            "name": self.name,
            "contact": self.contact or None,
            "currency": self.currency,
            "due": record.due,
            "kept": record.kept,
            "partly_kept": record.partly,
            "broken": record.broken,
            "median_days_late": f"{record.days_late:g}",
            "amount_due": plain(record.due_cents, self.currency),
            "amount_kept": plain(record.kept_cents, self.currency),
            "amount_share": f"{100 * record.kept_cents / record.due_cents:.2f}" if record.due_cents else None,
            "small_sample": record.few,
        }


@dataclass(frozen=True, slots=True)
class ReliabilityReport:
    """The records of customers, those who have broken most first; each followed by its people."""

    as_of: date
    lines: tuple[ReliabilityLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a customer, currency and contact."""
        return {"as_of": self.as_of.isoformat(), "reliability": [line.as_json() for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a customer or contact; the count opens to the promises."""
        columns = (
            Column("customer", _("Customer")),
            Column("contact", _("Said by")),
            Column("kept", _("Kept")),
            Column("late", _("Median delay")),
            Column("promised", _("Promised"), Kind.MONEY),
            Column("received", _("Received in time"), Kind.MONEY),
            Column("share", _("Share of the amount"), Kind.PERCENT),
        )
        rows = tuple(
            (
                "" if line.contact else line.name,
                line.contact,
                Cell(
                    _("{kept} of {count}").format(kept=line.record.kept, count=line.record.due),
                    ListPromises(customer=line.customer),
                ),
                _("{count} d").format(count=decimal_shown(f"{line.record.days_late:g}")),
                Money(line.record.due_cents, line.currency),
                Money(line.record.kept_cents, line.currency),
                "" if line.record.few or not line.record.due_cents else _share(line.record),
            )
            for line in self.lines
        )
        return Sheet(
            _("Words kept"),
            columns,
            rows,
            formula=_(
                "Promises whose day has passed, with the money that came by it; late ones by the days until all of it was in, so far where it is not."
            ),
            as_of=self.as_of,
            notes=(_("Fewer than {count} promises say little: no share is given.").format(count=FEW_WORDS),),
        )


def _share(record: Reliability) -> str:
    return f"{100 * record.kept_cents / record.due_cents:.1f}"


class ShowReliability(Action[ReliabilityReport]):
    """How far promises are kept: by customer, and by who gave them."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> ReliabilityReport:
        """Count the promises that fell due; those put off in time, and those of which nothing was left to pay, are left out."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        told: dict[tuple[str, str, str], dict[str, list[Outcome]]] = {}
        for line in promise_lines(context.session, context.today, of, beyond=True):
            if line.word.due > 0 and (line.status is PromiseStatus.KEPT or line.word.by < context.today):
                outcome = outcome_of(line.word, line.receipts, context.today)
                told.setdefault((line.customer, line.name, line.currency), {}).setdefault(line.contact, []).append(
                    outcome
                )
        found = [_of_customer(*who, by_contact) for who, by_contact in told.items()]
        found.sort(key=lambda lines: (-lines[0].record.broken, -lines[0].record.due, lines[0].name, lines[0].currency))
        return ReliabilityReport(context.today, tuple(line for lines in found for line in lines))


def _of_customer(
    customer: str, name: str, currency: str, by_contact: Mapping[str, Sequence[Outcome]]
) -> list[ReliabilityLine]:
    """The customer's record, then that of each person who is named."""
    lines = []
    everyone = [outcome for outcomes in by_contact.values() for outcome in outcomes]
    for contact, outcomes in (("", everyone), *((who, by_contact[who]) for who in sorted(by_contact) if who)):
        record = reliability(outcomes)
        if record is not None:
            lines.append(ReliabilityLine(customer, name, contact, currency, record))
    return lines


ACTIONS = (ShowReliability,)
