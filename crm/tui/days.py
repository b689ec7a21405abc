"""Dates on screen: the day in the top line, the day of a title, and the day that a person types."""

from datetime import date

from crm.core.calendar import long_date, shown_date
from crm.core.errors import Invalid, Refused
from crm.core.i18n import _, language
from crm.language.dates import find_dates
from crm.language.normalise import composed


def day_of_week(day: date) -> str:
    """`mar. 24 nov.`."""
    point = "" if language() == "en" else "."
    return f"{long_date(day)[:3]}{point} {shown_date(day, day)}"


def dated(day: date) -> str:
    """A day with its year, always: `24 nov. 2026`."""
    return shown_date(day, date.min)


def past_day(text: str, today: date) -> date:
    """The day a person types to look back; nothing is today.

    Raises:
        Invalid: not a day.
        Refused: a day to come.
    """
    if not text.strip():
        return today
    day = typed_day(text, today, past=True)
    if day > today:
        raise Refused(_("This date is still to come. The aged balance is read for today or earlier."))
    return day


def typed_day(text: str, today: date, *, past: bool = False) -> date:
    """A day as people type it: `27/11`, `27/11/2026`, `31 mars`, `fin mars`, `vendredi`, `hier`, `dans 10 jours`, `2026-03-31`.

    Without a year it is the next one to come; with `past`, the latest one that is not to come.

    Raises:
        Invalid: not a day.
    """
    words = text.strip()
    found = find_dates(words)
    try:
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(composed(words))):
            _first, last = found[0].period(today, past=past)
            return last if past else found[0].day(today)
    except ValueError:
        pass
    raise Invalid(
        _("“{text}” is not a day.").format(text=text[:40]),
        next_step=_("Write {numbers} or {words}.").format(
            numbers=f"31/03/{today.year}", words=long_date(date(today.year, 3, 31), weekday=False)
        ),
    )
