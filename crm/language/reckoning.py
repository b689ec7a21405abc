"""Arithmetic of the calendar behind what people say: so many months on, the week around a day, the next fifteenth. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from typing import TypeAlias

from crm.language.vocabulary import NAMED_DAYS, Unit

Days: TypeAlias = tuple[date, date]
"""First and last day, both included."""


def months_on(day: date, count: int) -> date:
    """The same day of another month, or that month's last."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


FARTHEST = 40_000
"""More days, weeks or months than this are no date that anyone means."""


def moved(day: date, count: int, unit: Unit) -> date:
    """So many days, working days (Monday to Friday), weeks or months on; a month's 31st becomes its last day.

    Raises:
        OverflowError: too far away.
    """
    if abs(count) > FARTHEST:
        raise OverflowError(count)
    if unit == "day":
        return day + timedelta(days=count)
    if unit == "week":
        return day + timedelta(weeks=count)
    if unit == "workday":
        step, left = (1 if count >= 0 else -1), abs(count)
        while left:
            day += timedelta(days=step)
            left -= day.weekday() < 5
        return day
    return months_on(day, count * {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit])


def unit_span(day: date, unit: Unit, shift: int = 0) -> Days:
    """The week, month, quarter, half-year or year around a day, or so many of them later."""
    if unit in {"day", "workday"}:
        day += timedelta(days=shift)
        return day, day
    if unit == "week":
        first = day - timedelta(days=day.weekday()) + timedelta(weeks=shift)
        return first, first + timedelta(days=6)
    size = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    first = months_on(day.replace(day=1, month=(day.month - 1) // size * size + 1), shift * size)
    return first, months_on(first, size) - timedelta(days=1)


def named_weekday(today: date, weekday: int, *, past: bool) -> date:
    """The first such day after today, or the last before it."""
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead if not past else ahead - 7 if ahead != 7 else -7)


def day_of_month(today: date, day: int, *, past: bool) -> date:
    """The next 15th, today not being it, or the last one; a month without such a day is passed over."""
    month = today.replace(day=1)
    for step in range(13):
        turn = months_on(month, -step if past else step)
        if day > monthrange(turn.year, turn.month)[1]:
            continue
        found = turn.replace(day=day)
        if found <= today if past else found > today:
            return found
    raise ValueError(f"no month has a day {day}")


def day_and_month(today: date, day: int, month: int, *, past: bool) -> date:
    """A day and a month without a year: next to come, or the most recent; 29 February waits for its year."""
    if not 1 <= day <= monthrange(2000, month)[1]:
        raise ValueError(f"no day {day} in month {month}")
    for step in range(9):
        year = today.year - step if past else today.year + step
        if day > monthrange(year, month)[1]:
            continue
        found = date(year, month, day)
        if found <= today if past else found >= today:
            return found
    raise ValueError(f"no day {day} in month {month}")


def full_year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def month_span(today: date, month: int, year: int | None, *, past: bool) -> Days:
    """A month by name: this year's if it has begun or the act is past, else the nearest to come."""
    if year is None:
        year = today.year
        if past and month > today.month:
            year -= 1
        elif not past and month < today.month:
            year += 1
    return unit_span(date(year, month, 1), "month")


def part_of(first: date, last: date, part: str) -> Days:
    """Beginning, middle or end of a month or longer: its first day, its fifteenth, its last."""
    if part == "start":
        return first, first
    if part == "end":
        return last, last
    middle = first + (last - first) / 2 if (last - first).days > 31 else first.replace(day=15)
    return middle, middle


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computation."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def feast_day(today: date, name: str, *, past: bool) -> date:
    """A public holiday by name: the next, or the last."""
    month_day = NAMED_DAYS[name]
    years = (today.year, today.year - 1) if past else (today.year, today.year + 1)
    for year in years:
        found = easter(year) + timedelta(days=month_day) if isinstance(month_day, int) else date(year, *month_day)
        if found < today if past else found >= today:
            return found
    return found
