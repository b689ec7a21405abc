"""Dates on screen: the day in the top line, the day of a title, and the day that a person types."""

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta

from crm.core.calendar import long_date, shown_date
from crm.core.errors import Invalid, Refused
from crm.core.i18n import _, language

_SHORT = 3
"""Letters that tell the days of the week apart."""
_NUMBERS = re.compile(r"(\d{1,2})[/. -](\d{1,2})(?:[/. -](\d{4}|\d{2}))?")
_WORDS = re.compile(r"(?:(\d{1,2})(?:er|st|nd|rd|th)? |(?:fin|end(?: of)?) )?(?:de )?([a-z]{3,9})\.?(?: (\d{4}))?")


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
    """A day as people type it: `27/11`, `27/11/2026`, `31 mars`, `fin mars`, `vendredi`, `hier`, `2026-03-31`.

    Without a year it is the next one to come; with `past`, the latest one that is not to come.

    Raises:
        Invalid: not a day.
    """
    words = " ".join(_fold(text).split())
    near = {_fold(_("today")): 0, _fold(_("yesterday")): -1, _fold(_("tomorrow")): 1}
    if words in near:
        return today + timedelta(days=near[words])
    try:
        day = _iso(words) or _weekday(words, today, past) or _numbers(words, today, past) or _words(words, today, past)
    except (ValueError, OverflowError):
        day = None
    if day is None:
        raise Invalid(
            _("“{text}” is not a day.").format(text=text[:40]),
            next_step=_("Write {numbers} or {words}.").format(
                numbers=f"31/03/{today.year}", words=long_date(date(today.year, 3, 31), weekday=False)
            ),
        )
    return day


def _iso(words: str) -> date | None:
    return date.fromisoformat(words) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words) else None


def _weekday(words: str, today: date, past: bool) -> date | None:
    """The first such day after today, or the last before it; its first three letters are enough."""
    names = [_fold(long_date(date(2001, 1, day)).split()[0]) for day in range(1, 8)]
    meant = [place for place, name in enumerate(names) if len(words) >= _SHORT and name.startswith(words.rstrip("."))]
    if len(meant) != 1:
        return None
    ahead = (meant[0] - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead - 7 if past and ahead != 7 else -7 if past else ahead)


def _numbers(words: str, today: date, past: bool) -> date | None:
    found = _NUMBERS.fullmatch(words)
    if found is None:
        return None
    day, month, year = int(found[1]), int(found[2]), found[3]
    if year is not None:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    return _nearest(month, day, today, past)


def _words(words: str, today: date, past: bool) -> date | None:
    found = _WORDS.fullmatch(words)
    month = _month(found[2]) if found else None
    if found is None or month is None:
        return None
    day = int(found[1]) if found[1] else None
    if found[3]:
        year = int(found[3])
        return date(year, month, day or monthrange(year, month)[1])
    return _nearest(month, day, today, past)


def _nearest(month: int, day: int | None, today: date, past: bool) -> date:
    """The nearest such day to come, or the latest that is not; without a day, the last of the month."""
    years = (today.year, today.year - 1) if past else (today.year, today.year + 1)
    for year in years:
        found = date(year, month, day or monthrange(year, month)[1])
        if (found <= today) if past else (found >= today):
            return found
    return found


def _month(name: str) -> int | None:
    names = [_fold(long_date(date(2001, month, 1), weekday=False).split()[1]) for month in range(1, 13)]
    found = [place for place, full in enumerate(names, 1) if full.startswith(name)]
    return found[0] if len(found) == 1 else None


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return "".join(char for char in plain if not unicodedata.combining(char))
