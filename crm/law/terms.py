"""Payment terms: from the date of an invoice and what was agreed to the day it is due.

A number of days, or a number of days and the end of the month by one of the two methods in use: A adds the days, then
goes to the end of that month; B goes to the end of the invoice's month, then adds the days.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from crm.core.errors import Invalid
from crm.core.i18n import _, plural
from crm.core.sheets import Column, Kind, Sheet
from crm.law.series import AGREED_TERM, AGREED_TERM_EOM, PUBLIC_TERM, Law, Regime, check_year

MAX_DAYS = 365
"""No longer term is meant seriously."""

_AT_ONCE = frozenset({"comptant", "cash"})
_TERMS = re.compile(
    r"(?P<days>[0-9]{1,9}) ?(?:j|jours?|d|days?)?(?: nets?| date (?:de )?facture)?"
    r"(?P<eom> ?(?:eom|fdm|fin de mois|end of month)(?:[ ,(]+(?:methode |method )?(?P<method>[ab])\)?)?)?"
)


class EndOfMonth(StrEnum):
    """How days and the end of the month are combined: the contract says which."""

    A = "A"
    """Add the days, then go to the last day of that month."""
    B = "B"
    """Go to the last day of the invoice's month, then add the days."""


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """What was agreed: days from the invoice date, with the end of the month or without."""

    days: int
    end_of_month: EndOfMonth | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.days <= MAX_DAYS:
            raise Invalid(_("A payment term lies between 0 and {most} days.").format(most=MAX_DAYS))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a person or a file says: `30`, `45 EOM A`, `45 jours fin de mois, méthode B`, `comptant`.

        Raises:
            Invalid: not payment terms, more than a year, or an end of month that does not say by which method.
        """
        plain = _plain(text)
        if plain in _AT_ONCE:
            return cls(0)
        found = _TERMS.fullmatch(plain)
        if found is None:
            raise Invalid(
                _("“{text}” is not a payment term.").format(text=text.strip()[:60]),
                next_step=_("Write it as {days}, {first} or {second}.").format(
                    days="30", first=_("{days} EOM A").format(days=45), second=_("{days} EOM B").format(days=45)
                ),
            )
        days = int(found["days"])
        if found["eom"] and not found["method"]:
            raise Invalid(
                _(
                    "“{text}” can be counted in two ways: A adds the days, then goes to the end of the month; "
                    "B goes to the end of the invoice's month, then adds the days."
                ).format(text=text.strip()[:60]),
                next_step=_("Write which one the contract means: {first} or {second}.").format(
                    first=_("{days} EOM A").format(days=days), second=_("{days} EOM B").format(days=days)
                ),
            )
        return cls(days, EndOfMonth(found["method"].upper()) if found["method"] else None)

    def __str__(self) -> str:
        """`45 EOM A`, as in files and JSON."""
        return f"{self.days} EOM {self.end_of_month.value}" if self.end_of_month else str(self.days)

    def shown(self) -> str:
        """In words, in the language in use."""
        if self.end_of_month is None and self.days == 0:
            return _("the same day")
        days = plural("{count} day", "{count} days", self.days)
        if self.end_of_month is None:
            return days
        return _("{days} end of month, method {method}").format(days=days, method=self.end_of_month.value)


def _plain(text: str) -> str:
    unaccented = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in unaccented if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split())


def month_end(day: date) -> date:
    """The last day of the month that a day lies in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def due_date(issued: date, terms: PaymentTerms) -> date:
    """The day an invoice is due.

    Raises:
        Invalid: the invoice date lies far outside our time.
    """
    check_year(issued)
    days = timedelta(terms.days)
    if terms.end_of_month is EndOfMonth.A:
        return month_end(issued + days)
    if terms.end_of_month is EndOfMonth.B:
        return month_end(issued) + days
    return issued + days


def latest_lawful(issued: date, terms: PaymentTerms, regime: Regime, law: Law) -> date | None:
    """The latest due date that the law of that day allows for terms of this kind, None where it sets no limit.

    Between businesses 60 days, or 45 days end of month by the method agreed; 30 days for a public buyer, who may have
    more as a hospital or a public undertaking; none for a consumer.
    """
    if regime == "B2C":
        return None
    limit = law[PUBLIC_TERM if regime == "B2G" else AGREED_TERM].find(issued)
    if limit is None:
        return None
    latest = issued + timedelta(int(limit.value))
    longest = law[AGREED_TERM_EOM].find(issued)
    if regime == "B2G" or terms.end_of_month is None or longest is None or terms.days > longest.value:
        return latest
    return max(latest, due_date(issued, PaymentTerms(int(longest.value), terms.end_of_month)))


def beyond_legal_maximum(issued: date, terms: PaymentTerms, regime: Regime, law: Law) -> bool:
    """Whether the terms give an invoice of that day longer than the law allows."""
    latest = latest_lawful(issued, terms, regime, law)
    return latest is not None and due_date(issued, terms) > latest


@dataclass(frozen=True, slots=True)
class DueDate:
    """When an invoice of a day is due, and what is to be said about its terms."""

    issued: date
    terms: PaymentTerms
    due: date
    notes: tuple[str, ...] = ()

    def as_json(self) -> Mapping[str, Any]:
        """The contract's object of `compute-due-date`."""
        return {"due_date": self.due.isoformat()}

    def as_sheet(self) -> Sheet:
        """One line: invoice date, terms, due date."""
        return Sheet(
            title=_("Due date"),
            columns=(
                Column("issued", _("Issued"), Kind.DATE),
                Column("terms", _("Payment term")),
                Column("due_date", _("Due"), Kind.DATE),
            ),
            rows=((self.issued, self.terms.shown(), self.due),),
            notes=self.notes,
        )


def computed(issued: date, terms: PaymentTerms, law: Law) -> DueDate:
    """The due date, with a warning where the terms would be too long between businesses.

    Raises:
        Invalid: the invoice date lies far outside our time.
    """
    due = due_date(issued, terms)
    if not beyond_legal_maximum(issued, terms, "B2B", law):
        return DueDate(issued, terms, due)
    warning = _(
        "Between businesses the law allows {days} days from the invoice date, or {eom_days} days end of month where "
        "the contract says so: this term is longer (C. com. L441-10 I)."
    ).format(days=law[AGREED_TERM].value_on(issued), eom_days=law[AGREED_TERM_EOM].value_on(issued))
    return DueDate(issued, terms, due, (warning,))
