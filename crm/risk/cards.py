"""Risk as it is told: one customer's card, one line of a list."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.i18n import _, labelled, plural
from crm.core.money import plain
from crm.core.sheets import Column, Sheet
from crm.risk.models import RiskOverride
from crm.risk.stakes import band, dots
from crm.risk.words import FAMILY_WORDS, percent, points


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a score."""

    feature: str
    value: str
    effect: float
    """Points of probability; positive makes lateness likelier."""
    sentence: str

    @property
    def mark(self) -> str:
        """Which way it pushes."""
        return "▲" if self.effect > 0 else "▼"


@dataclass(frozen=True, slots=True)
class Stake:
    """What a customer owes in one currency, and what of it may be lost. Cents."""

    currency: str
    exposure: int
    expected_loss: int


@dataclass(frozen=True)
class RiskCard:
    """One customer's risk, explained."""

    as_of: date
    customer: str
    name: str
    late: float
    very_late: float
    rule: float
    days: tuple[int, int, int]
    card: dict[str, Any]
    reasons: tuple[Reason, ...]
    history: int
    stakes: tuple[Stake, ...]
    changes: tuple[str, ...]
    alike: str
    override: RiskOverride | None
    notes: tuple[str, ...]

    @property
    def counts(self) -> float:
        """The probability that counts: a person's word before the model's."""
        return self.override.late if self.override is not None else self.late

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        low, expected, high = self.days
        said_instead = self.override
        return {
            "customer": self.customer,
            "as_of": self.as_of.isoformat(),
            "probability_late": round(self.late, 4),
            "probability_very_late": round(self.very_late, 4),
            "band": band(self.counts).value,
            "baseline": round(self.rule, 4),
            "days_late": {"low": low, "expected": expected, "high": high},
            "model": self.card,
            "reasons": [
                {
                    "feature": each.feature,
                    "value": each.value,
                    "effect": round(each.effect, 1),
                    "sentence": each.sentence,
                }
                for each in self.reasons
            ],
            "history": self.history,
            "stakes": [
                {
                    "currency": each.currency,
                    "exposure": plain(each.exposure, each.currency),
                    "expected_loss": plain(each.expected_loss, each.currency),
                }
                for each in self.stakes
            ],
            "would_change": list(self.changes),
            "similar": self.alike,
            "override": None
            if said_instead is None
            else {
                "probability_late": said_instead.late,
                "author": said_instead.author,
                "reason": said_instead.reason,
                "until": said_instead.until.isoformat(),
            },
            "notes": list(self.notes),
        }

    def as_sheet(self) -> Sheet:
        """The reasons, what they weigh, and what stands beside them."""
        columns = (Column("way", ""), Column("reason", _("Reason")), Column("value", _("Value")), Column("effect", _("Effect")), Column("sentence", _("In words")))  # fmt: skip  # read as a table: columns side by side
        rows = tuple((each.mark, _(FAMILY_WORDS[each.feature]), each.value, points(each.effect), each.sentence) for each in self.reasons)  # fmt: skip  # read as a table: columns side by side
        title = _("{customer} · {dots} {late} likely to pay late").format(
            customer=self.name, dots=dots(self.counts), late=percent(self.counts)
        )
        notes = [
            labelled(_("The simple rule says"), percent(self.rule)),
            labelled(_("More than 30 days late"), percent(self.very_late)),
            plural("{count} invoice paid so far", "{count} invoices paid so far", self.history),
            *self.changes,
            *([self.alike] if self.alike else []),
            *self.notes,
        ]
        return Sheet(title, columns, rows, as_of=self.as_of, notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One customer in a list. Cents."""

    customer: str
    name: str
    late: float
    very_late: float
    rule: float
    currency: str
    exposure: int
    expected_loss: int
    gain: int
    history: int
    overridden: bool

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "customer": self.customer,
            "name": self.name,
            "probability_late": round(self.late, 4),
            "probability_very_late": round(self.very_late, 4),
            "band": band(self.late).value,
            "baseline": round(self.rule, 4),
            "currency": self.currency,
            "exposure": plain(self.exposure, self.currency),
            "expected_loss": plain(self.expected_loss, self.currency),
            "expected_gain": plain(self.gain, self.currency),
            "history": self.history,
            "overridden": self.overridden,
        }
