"""What a rule of the date grammar means: each builder turns the values found in a sentence into days not settled yet. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from crm.language.reckoning import (
    Days,
    day_and_month,
    day_of_month,
    feast_day,
    full_year,
    month_span,
    months_on,
    moved,
    named_weekday,
    part_of,
    unit_span,
)
from crm.language.vocabulary import Unit

Resolve: TypeAlias = Callable[[date, bool], Days]
"""The days, told today and whether the act lies in the past."""
Role: TypeAlias = Literal["on", "from", "until", "within", "for"]
Slots: TypeAlias = Mapping[str, object]
"""What the holes of a rule hold."""

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?")


@dataclass(frozen=True, slots=True)
class Meant:
    """A day, a period or a length of time, not settled yet."""

    kind: Literal["day", "period", "duration"]
    resolve: Resolve
    role: Role = "on"
    length: int | None = None


Build: TypeAlias = Callable[[Slots], Meant]


def one_day(find: Callable[[date, bool], date], role: Role = "on") -> Meant:
    """A single day, found when today is known."""

    def resolve(today: date, past: bool) -> Days:
        day = find(today, past)
        return day, day

    return Meant("day", resolve, role)


def some_days(find: Callable[[date], Days], role: Role = "on") -> Meant:
    """A period that does not depend on whether the act is past."""
    return Meant("period", lambda today, _past: find(today), role)


def whole_of(slots: Slots, name: str) -> int:
    """The whole number in a hole."""
    value = slots[name]
    assert isinstance(value, int)
    return value


def unit_of(slots: Slots) -> Unit:
    """The unit of time in a hole."""
    return slots["unit"]  # type: ignore[return-value]  # the hole {unit} holds nothing else


def inner_of(slots: Slots, name: str) -> Meant:
    """The day or period in a hole."""
    value = slots[name]
    assert isinstance(value, Meant)
    return value


def in_figures(text: str) -> Meant | None:
    """15/12/2026, 15/12, 2026-12-15: the day first, as in France."""
    if (found := _ISO.fullmatch(text)) is not None:
        year, month, day = (int(part) for part in found.groups())
        return one_day(lambda _today, _past: date(year, month, day))
    if (found := _FIGURES.fullmatch(text)) is None:
        return None
    day, month = int(found[1]), int(found[2])
    if found[3] is not None:
        full = full_year(found[3])
        return one_day(lambda _today, _past: date(full, month, day))

    def find(today: date, past: bool) -> date:
        if not 1 <= month <= 12:
            raise ValueError(f"no month {month}")
        return day_and_month(today, day, month, past=past)

    return one_day(find)


def shift_unit(unit: Unit, shift: int) -> Build:
    """`dans la semaine`: the unit around today, or so many later."""
    return lambda _slots: some_days(lambda today: unit_span(today, unit, shift))


def this_unit(shift: int) -> Build:
    """`ce mois-ci`, `le trimestre dernier`."""
    return lambda slots: some_days(lambda today: unit_span(today, unit_of(slots), shift))


_DAYS_IN: Mapping[Unit, int] = {"day": 1, "workday": 1, "week": 7, "month": 30, "quarter": 90, "half": 180, "year": 365}


def length_of(slots: Slots) -> int:
    """A length of time in days: a week is 7, a month 30."""
    count = slots.get("n", 1)
    assert isinstance(count, int)
    return count * _DAYS_IN[unit_of(slots)]


def a_length(slots: Slots) -> Meant:
    """`60 jours`: from today on, or back from it."""

    def resolve(today: date, past: bool) -> Days:
        other = moved(today, whole_of(slots, "n") * (-1 if past else 1), unit_of(slots))
        return (other, today) if past else (today, other)

    return Meant("duration", resolve, "within", length_of(slots))


def fifteen_days(_slots: Slots) -> Meant:
    """`une quinzaine`."""
    return a_length({"n": 15, "unit": "day"})


def ahead(sign: int, role: Role = "on") -> Build:
    """`dans 10 jours`, `il y a trois semaines`."""

    def build(slots: Slots) -> Meant:
        def resolve(today: date, _past: bool) -> Days:
            day = moved(today, sign * whole_of(slots, "n"), unit_of(slots))
            return day, day

        return Meant("day", resolve, role, length_of(slots))

    return build


def one_ahead(count: int, unit: Unit, role: Role = "on") -> Build:
    """`dans une quinzaine`."""
    return lambda _slots: one_day(lambda today, _past: moved(today, count, unit), role)


def until_in(count: int, unit: Unit, role: Role) -> Build:
    """`sous huitaine`: from today to that day."""
    return lambda _slots: Meant("period", lambda today, _past: (today, moved(today, count, unit)), role)


def until_after(role: Role) -> Build:
    """`pendant 10 jours`, `sous 8 jours`."""
    return lambda slots: Meant(
        "period",
        lambda today, _past: (today, moved(today, whole_of(slots, "n"), unit_of(slots))),
        role,
        length_of(slots),
    )


def weekday_rule(past: bool | None, extra: int = 0) -> Build:
    """`vendredi`: after today, before it, or as the act lies (None); `en huit` adds days."""

    def build(slots: Slots) -> Meant:
        def find(today: date, was: bool) -> date:
            return named_weekday(today, whole_of(slots, "wd"), past=was if past is None else past) + timedelta(
                days=extra
            )

        return one_day(find)

    return build


def weekday_in_week(shift: int) -> Build:
    """`vendredi de la semaine prochaine`."""

    def build(slots: Slots) -> Meant:
        return one_day(lambda today, _past: unit_span(today, "week", shift)[0] + timedelta(days=whole_of(slots, "wd")))

    return build


def weekday_and_date(slots: Slots) -> Meant:
    """`mardi 15`: the date tells; the weekday is only heard."""
    return one_day(lambda today, past: day_of_month(today, whole_of(slots, "dom"), past=past))


def day_month(slots: Slots) -> Meant:
    """`15 décembre`, with or without a year."""
    day, month, year = whole_of(slots, "dom"), whole_of(slots, "month"), slots.get("year")
    if isinstance(year, int):
        full = year
        return one_day(lambda _today, _past: date(full, month, day))
    return one_day(lambda today, past: day_and_month(today, day, month, past=past))


def dom_in_unit(shift: int) -> Build:
    """`le 5 du mois prochain`."""
    return lambda slots: one_day(
        lambda today, _past: unit_span(today, "month", shift)[0].replace(day=whole_of(slots, "dom"))
    )


def month_meant(slots: Slots) -> Meant:
    """`octobre`, `octobre 2025`."""
    month, year = whole_of(slots, "month"), slots.get("year")
    full = year if isinstance(year, int) else None
    return Meant("period", lambda today, past: month_span(today, month, full, past=past))


def month_last(slots: Slots) -> Meant:
    """`octobre dernier`."""
    month = whole_of(slots, "month")
    return some_days(lambda today: unit_span(date(today.year - (month >= today.month), month, 1), "month"))


def month_part(part: str) -> Build:
    """`fin janvier`, `mi-décembre`."""

    def build(slots: Slots) -> Meant:
        month, year = whole_of(slots, "month"), slots.get("year")
        full = year if isinstance(year, int) else None

        def find(today: date, past: bool) -> date:
            day = part_of(*month_span(today, month, full, past=past), part)[0]
            if full is None and not past and day < today:
                day = part_of(*month_span(today, month, today.year + 1, past=past), part)[0]
            return day

        return one_day(find)

    return build


def unit_part(unit: Unit, part: str, shift: int) -> Build:
    """`fin de mois`, `début de semaine prochaine`; a week ends on its Friday."""

    def find(today: date, _past: bool) -> date:
        first, last = unit_span(today, unit, shift)
        if unit == "week":
            return {"start": first, "middle": first + timedelta(days=2), "end": first + timedelta(days=4)}[part]
        return part_of(first, last, part)[0]

    return lambda _slots: one_day(find)


def last_n(slots: Slots) -> Meant:
    """`les 30 derniers jours`: up to today; whole months and weeks are counted back from today too."""

    return Meant(
        "period",
        lambda today, _past: (moved(today, -whole_of(slots, "n"), unit_of(slots)), today),
        "on",
        length_of(slots),
    )


def next_n(slots: Slots) -> Meant:
    """`les 15 prochains jours`."""
    return Meant(
        "period",
        lambda today, _past: (today, moved(today, whole_of(slots, "n"), unit_of(slots))),
        "on",
        length_of(slots),
    )


def week_of(slots: Slots) -> Meant:
    """`la semaine du 7 décembre`: the ISO week that has this day."""
    inner = inner_of(slots, "day")
    return Meant("period", lambda today, past: unit_span(inner.resolve(today, past)[0], "week"))


def quarter_meant(slots: Slots) -> Meant:
    """`T3`, `le troisième trimestre 2025`."""
    return nth_of_year(whole_of(slots, "q" if "q" in slots else "rank"), slots.get("year"), "quarter")


def quarter_end(slots: Slots) -> Meant:
    """`fin T4`."""
    inner = quarter_meant(slots)
    return one_day(lambda today, past: inner.resolve(today, past)[1])


def half_meant(slots: Slots) -> Meant:
    """`S1`, `premier semestre`."""
    return nth_of_year(whole_of(slots, "h" if "h" in slots else "rank"), slots.get("year"), "half")


def nth_of_year(rank: int, year: object, unit: Unit) -> Meant:
    """The nth quarter or half of a year; without a year the running one's, or the year before for a past act not begun."""
    size = 3 if unit == "quarter" else 6

    def resolve(today: date, past: bool) -> Days:
        if (rank - 1) * size >= 12:
            raise ValueError(f"no {unit} {rank}")
        full = year if isinstance(year, int) else today.year
        first, last = unit_span(date(full, (rank - 1) * size + 1, 1), unit)
        if not isinstance(year, int) and past and first > today:
            return unit_span(first, unit, -12 // size)
        return first, last

    return Meant("period", resolve)


def iso_week(slots: Slots) -> Meant:
    """`semaine 48`."""
    week = whole_of(slots, "w" if "w" in slots else "n")

    def find(today: date) -> Days:
        first = date.fromisocalendar(today.isocalendar().year, week, 1)
        return first, first + timedelta(days=6)

    return some_days(find)


def year_meant(slots: Slots) -> Meant:
    """`en 2025`."""
    return some_days(lambda _today: unit_span(date(whole_of(slots, "year"), 1, 1), "year"))


def since_then(slots: Slots) -> Meant:
    """`depuis lundi`: to today."""
    inner = inner_of(slots, "any")

    def resolve(today: date, _past: bool) -> Days:
        first = inner.resolve(today, True)[0]
        if first > today:
            raise ValueError("since a day to come")
        return first, today

    return Meant("period", resolve, "from")


def since_count(slots: Slots) -> Meant:
    """`depuis 60 jours`."""
    return Meant(
        "period",
        lambda today, _past: (moved(today, -whole_of(slots, "n"), unit_of(slots)), today),
        "from",
        length_of(slots),
    )


def since_start(unit: Unit) -> Build:
    """`depuis le début de l’année`."""
    return lambda _slots: Meant("period", lambda today, _past: (unit_span(today, unit)[0], today), "from")


def by_then(slots: Slots) -> Meant:
    """`d’ici vendredi`: from today to that day."""
    inner = inner_of(slots, "any")

    def resolve(today: date, _past: bool) -> Days:
        last = inner.resolve(today, False)[1]
        return min(today, last), last

    return Meant("period", resolve, "within")


def up_to(slots: Slots) -> Meant:
    """`jusqu’au 10`: until that day, included."""
    inner = inner_of(slots, "any")

    def resolve(today: date, past: bool) -> Days:
        last = inner.resolve(today, past)[1]
        return min(today, last), last

    return Meant("period", resolve, "until")


def starting(slots: Slots) -> Meant:
    """`à partir du 5`: that day, as a beginning."""
    inner = inner_of(slots, "any")
    return Meant("day", lambda today, past: (inner.resolve(today, past)[0],) * 2, "from")


def between_days(slots: Slots) -> Meant:
    """`entre le 1er mars et le 15 avril`, `de mai à juillet`."""
    first, last = inner_of(slots, "any"), inner_of(slots, "any2")

    def resolve(today: date, past: bool) -> Days:
        until = last.resolve(today, past)
        since = first.resolve(until[1], True) if first.kind == "day" else first.resolve(today, past)
        return min(since[0], until[1]), until[1]

    return Meant("period", resolve)


def dom_to_date(slots: Slots) -> Meant:
    """`du 3 au 12 octobre`: the second date gives the month of the first."""
    first, last = whole_of(slots, "dom"), inner_of(slots, "day")

    def resolve(today: date, past: bool) -> Days:
        until = last.resolve(today, past)[1]
        since = (
            until.replace(day=first) if first <= until.day else months_on(until.replace(day=1), -1).replace(day=first)
        )
        return since, until

    return Meant("period", resolve)


def weekend(shift: int) -> Build:
    """`ce week-end`."""

    def find(today: date) -> Days:
        first = unit_span(today, "week", shift)[0] + timedelta(days=5)
        return first, first + timedelta(days=1)

    return lambda _slots: some_days(find)


def named(shift: int) -> Build:
    """`hier`, `demain`."""
    return lambda _slots: one_day(lambda today, _past: today + timedelta(days=shift))


def last_weekday_of_month(slots: Slots) -> Meant:
    """`le dernier vendredi du mois`."""

    def find(today: date, _past: bool) -> date:
        last = unit_span(today, "month")[1]
        return last - timedelta(days=(last.weekday() - whole_of(slots, "wd")) % 7)

    return one_day(find)


def nearest_dom(slots: Slots) -> Meant:
    """`le 15`."""
    return one_day(lambda today, past: day_of_month(today, whole_of(slots, "dom"), past=past))


def figures(slots: Slots) -> Meant:
    """`15/12/2026`."""
    return inner_of(slots, "figures")


def feast(slots: Slots) -> Meant:
    """`à Noël`."""
    return one_day(lambda today, past: feast_day(today, str(slots["feast"]), past=past))


def one_unit(sign: int) -> Build:
    """`in a week`, `a month ago`."""
    return lambda slots: one_day(lambda today, _past: moved(today, sign, unit_of(slots)))


def one_unit_long(role: Role) -> Build:
    """`within a week`, `for a month`."""
    return lambda slots: Meant("period", lambda today, _past: (today, moved(today, 1, unit_of(slots))), role)
