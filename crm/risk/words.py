"""Risk in words: of payment, never of people."""

from crm.core.figures import percent_shown
from crm.core.i18n import _, mark, plural
from crm.risk.names import FAMILIES
from crm.risk.stakes import Band

BANDS = {
    Band.LOW: mark("low risk"),
    Band.MODERATE: mark("moderate risk"),
    Band.HIGH: mark("high risk"),
    Band.VERY_HIGH: mark("very high risk"),
}
"""Band → how it is said."""

FAMILY_WORDS = {
    "late_rate": mark("Share of late payments"),
    "delay": mark("Usual payment delay"),
    "overdue": mark("Overdue invoices"),
    "open": mark("Open invoices"),
    "amount": mark("Amount of the invoice"),
    "terms": mark("Payment terms"),
    "due_date": mark("Position of the due date"),
    "relation": mark("Length of the relation"),
    "company": mark("Recent payments of all customers"),
    "alike": mark("Customers of the same country and regime"),
    "promises": mark("Promises"),
    "disputes": mark("Disputes"),
    "bounces": mark("Bounced payments"),
    "reminders": mark("Answers to reminders"),
    "credit_notes": mark("Credit notes"),
    "interactions": mark("Exchanges"),
}
"""Family of features → its name."""


def family_words(feature: str) -> str:
    """The name of the family that a feature stands in."""
    return _(next(FAMILY_WORDS[family] for family, names in FAMILIES.items() if feature in names))


def percent(share: float) -> str:
    """A probability as a whole percentage."""
    return percent_shown(str(round(100 * share)))


def points(value: float) -> str:
    """A signed number of points."""
    number = round(abs(value))
    if number == 0:
        return "<\u00a0" + plural("{count} point", "{count} points", 1)
    sign = "+" if value >= 0 else "−"
    return sign + plural("{count} point", "{count} points", number)
