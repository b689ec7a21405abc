"""The clock and the calendar: what day it is, which days are worked, which hours are quiet, how a date is written.

The only module that reads the machine's clock; everywhere else time is an argument.
"""

import re
from calendar import monthrange
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from crm.core.errors import Invalid
from crm.core.i18n import _, language

if TYPE_CHECKING:
    from holidays import HolidayBase

PARIS = "Europe/Paris"
FRANCE = "FR"
ALSACE_MOSELLE = "Alsace-Moselle"

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
_MORNING = time(10)
_REGIONS = {ALSACE_MOSELLE: "57"}  # Moselle stands for both: Alsace keeps the same days
_SEARCH_DAYS = 366
_A_YEAR = 2026


def zone(name: str) -> ZoneInfo:
    """The time zone of a name such as `Europe/Paris`.

    Raises:
        Invalid: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(
            _("“{name}” is not a time zone.").format(name=name[:60]),
            next_step=_("Write a continent and a city, such as {example}.").format(example=PARIS),
        ) from None


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is for the business: the machine's time, or a fixed moment when a day is rehearsed."""

    tz: ZoneInfo
    fixed: datetime | None = None
    """The moment the business stands still at; UTC."""

    @classmethod
    def system(cls, tz: str = PARIS) -> Self:
        """The machine's time, and the day it is in a time zone."""
        return cls(zone(tz))

    @classmethod
    def at(cls, text: str, tz: str = PARIS) -> Self:
        """A fixed moment: `2026-11-27`, at ten in the morning, or `2026-11-27T14:30`; local time.

        Raises:
            Invalid: neither of the two forms, or not a day of the calendar.
        """
        local = zone(tz)
        try:
            if _MOMENT.fullmatch(text) is None:
                raise ValueError(text)
            day, _sep, hour = text.partition("T")
            moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour) if hour else _MORNING, local)
            return cls(local, moment.astimezone(UTC))
        except (ValueError, OverflowError):
            raise Invalid(
                _("“{text}” is not a day.").format(text=text[:60]),
                next_step=_("Write it as {day} or {moment}.").format(day="2026-11-27", moment="2026-11-27T14:30"),
            ) from None

    def now(self) -> datetime:
        """The moment for the business, in UTC."""
        return self.fixed or self.machine_now()

    def today(self) -> date:
        """The business day."""
        return self.now().astimezone(self.tz).date()

    def machine_now(self) -> datetime:
        """The machine's time in UTC, also in a rehearsal: for leases, retries, rate limits and logs."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country, of every year: `day in PublicHolidays()`.

    `region` adds those of a part of it: `Alsace-Moselle`, or the name or code of a French overseas territory.
    """

    country: str = FRANCE
    region: str | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays(day.year, self.country, self.region)


# One object a year, never expanded: the library's own expansion is not safe among threads.
@lru_cache(maxsize=512)
def _holidays(year: int, country: str, region: str | None) -> "HolidayBase":
    from holidays import country_holidays

    try:
        return country_holidays(
            country, subdiv=_REGIONS.get(region, region) if region else None, years=year, expand=False
        )
    except NotImplementedError:
        place = f"{country} {region}" if region else country
        raise Invalid(_("The public holidays of “{place}” are not known.").format(place=place[:60])) from None


@lru_cache(maxsize=256)
def weekend(country: str) -> frozenset[int]:
    """The weekdays on which a country does not work; Monday is 0. Saturday and Sunday where it is not known."""
    try:
        return frozenset(_holidays(_A_YEAR, country, None).weekend)
    except Invalid:
        return frozenset({5, 6})


def is_working_day(day: date, country: str = FRANCE, region: str | None = None) -> bool:
    """Whether the day is worked: neither of the weekend nor a public holiday.

    Raises:
        Invalid: the public holidays of the country or its region are not known.
    """
    return _holidays(day.year, country, region).is_working_day(day)


def next_working_day(day: date, country: str = FRANCE, region: str | None = None) -> date:
    """The day itself when it is worked, else the first worked day after it (CPC 642)."""
    while not is_working_day(day, country, region):
        day = _later(day, 1)
    return day


def add_working_days(day: date, count: int, country: str = FRANCE, region: str | None = None) -> date:
    """The worked day so many worked days later, or earlier when negative; zero is the day itself.

    The day itself never counts, worked or not: one working day after a Saturday is Monday.

    Raises:
        Invalid: the result lies outside the calendar.
    """
    step, left = (1 if count > 0 else -1), abs(count)
    while left:
        day = _later(day, step)
        left -= is_working_day(day, country, region)
    return day


def add_months(day: date, months: int) -> date:
    """So many months later: the same day number, or the last of the month where it has none (CPC 641).

    Raises:
        Invalid: the result lies outside the calendar.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise _outside(day)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        raise _outside(day) from None


def _outside(day: date) -> Invalid:
    return Invalid(_("Counting from {day} leaves the calendar.").format(day=day.isoformat()))


Opening = Mapping[int, tuple[time, time]]
"""Weekday (Monday is 0) → from when until when, local time; a weekday left out is closed."""


def within_hours(moment: datetime, tz: str, opening: Opening, days_off: Container[date] = ()) -> bool:
    """Whether the local time lies within the opening of its day: from the first minute, before the last."""
    local = _local(moment, tz)
    if local.date() in days_off or local.weekday() not in opening:
        return False
    start, end = opening[local.weekday()]
    return start <= local.time() < end


def next_opening(moment: datetime, tz: str, opening: Opening, days_off: Container[date] = ()) -> datetime:
    """The moment itself within the hours, else the start of the next opening; UTC.

    Raises:
        Invalid: nothing opens within a year.
    """
    if within_hours(moment, tz, opening, days_off):
        return moment.astimezone(UTC)
    first = _local(moment, tz).date()
    for day in (_later(first, days) for days in range(_SEARCH_DAYS)):
        if day.weekday() in opening:
            start = datetime.combine(day, opening[day.weekday()][0], zone(tz)).astimezone(UTC)
            if start >= moment and within_hours(start, tz, opening, days_off):
                return start
    raise Invalid(_("These hours never open."))


def _local(moment: datetime, tz: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment carries its time zone")
    return moment.astimezone(zone(tz))


_MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin",
           "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
}  # fmt: skip  # read as a table: columns side by side
_SHORT_MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def shown_date(day: date, today: date) -> str:
    """As on screen: `27 nov.`, `1er déc.`, with the year when it is not this one: `27 nov. 2025`."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{_number(day)} {_SHORT_MONTHS[language()][day.month - 1]}{year}"


def long_date(day: date, *, weekday: bool = True) -> str:
    """In full words, as on cards and in letters: `vendredi 27 novembre 2026`."""
    words = f"{_number(day)} {_MONTHS[language()][day.month - 1]} {day.year}"
    return f"{_WEEKDAYS[language()][day.weekday()]} {words}" if weekday else words


def plain_date(day: date) -> str:
    """As in the running text of messages and in printed tables: `27/11/2026`; in English `27 November 2026`."""
    if language() == "en":
        return long_date(day, weekday=False)
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _number(day: date) -> str:
    return "1er" if day.day == 1 and language() == "fr" else str(day.day)
