"""When a task that recurs comes again: the rules of RFC 5545, written and read by dateutil. Pure."""

from datetime import date, datetime, time
from enum import StrEnum

from crm.core.errors import Invalid
from crm.core.i18n import _, mark

_LONGEST = 28
"""Up to this day every month has one; later ones mean: this day, or the last of a shorter month."""


class Every(StrEnum):
    """How often."""

    WEEK = "weekly"
    FORTNIGHT = "biweekly"
    MONTH = "monthly"
    QUARTER = "quarterly"
    YEAR = "yearly"


EVERY = {
    Every.WEEK: mark("every week"),
    Every.FORTNIGHT: mark("every other week"),
    Every.MONTH: mark("every month"),
    Every.QUARTER: mark("every quarter"),
    Every.YEAR: mark("every year"),
}
"""How often → how it is said."""
_STEPS = {
    Every.WEEK: ("WEEKLY", 1),
    Every.FORTNIGHT: ("WEEKLY", 2),
    Every.MONTH: ("MONTHLY", 1),
    Every.QUARTER: ("MONTHLY", 3),
    Every.YEAR: ("MONTHLY", 12),
}


def rule_for(every: Every, first: date, until: date | None = None) -> str:
    """The rule of a task whose first day is given, up to a day included.

    A monthly task of the 31st falls on the last day of shorter months, and on the 31st again afterwards.
    """
    frequency, interval = _STEPS[every]
    parts = [f"FREQ={frequency}"]
    if interval > 1:
        parts.append(f"INTERVAL={interval}")
    if frequency == "MONTHLY":
        days = [first.day] if first.day <= _LONGEST else list(range(_LONGEST, first.day + 1))
        parts.append("BYMONTHDAY=" + ",".join(map(str, days)))
        if len(days) > 1:
            parts.append("BYSETPOS=-1")
    if until is not None:
        parts.append(f"UNTIL={until:%Y%m%d}")
    return ";".join(parts)


def next_day(rule: str, anchor: date, after: date) -> date | None:
    """The first day of a rule strictly after a day; None: it has ended.

    Raises:
        Invalid: it is no rule.
    """
    from dateutil.rrule import rrulestr

    try:
        # The end of the day: a rule's last day is still one of its days.
        found = rrulestr(rule, dtstart=datetime.combine(anchor, time())).after(datetime.combine(after, time.max))
    except (ValueError, TypeError):
        raise Invalid(_("“{text}” is not a rule by which a task recurs.").format(text=rule[:60])) from None
    return found.date() if found is not None else None


def every_of(rule: str) -> Every | None:
    """How often a rule says; None: none of our own ways."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    step = (parts.get("FREQ", ""), int(parts.get("INTERVAL", "1")))
    return next((every for every, known in _STEPS.items() if known == step), None)


def rule_words(rule: str) -> str:
    """`every other week`; the rule itself where it is none of our own; empty where a task does not recur."""
    if not rule:
        return ""
    every = every_of(rule)
    return _(EVERY[every]) if every is not None else rule
