"""The clock, worked days, quiet hours, and how a date is written."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import (
    ALSACE_MOSELLE,
    Clock,
    PublicHolidays,
    add_months,
    add_working_days,
    is_working_day,
    long_date,
    next_opening,
    next_working_day,
    plain_date,
    shown_date,
    within_hours,
)
from crm.core.errors import Invalid
from crm.core.i18n import use_language

PARIS = "Europe/Paris"
WEEK = {**dict.fromkeys(range(5), (time(9), time(19))), 5: (time(9), time(13))}
"""Monday to Friday 9-19, Saturday 9-13."""

days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # a sheet and a clock face know no zone


@pytest.fixture(autouse=True)
def in_french():
    use_language("fr")
    yield
    use_language("fr")


def paris(text: str) -> datetime:
    return Clock.at(text).now()


# The clock


def test_a_rehearsed_day_stands_at_ten_in_the_morning_in_paris():
    assert Clock.at("2026-11-27").now() == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert Clock.at("2026-07-14").now() == datetime(2026, 7, 14, 8, tzinfo=UTC)  # summer time
    assert Clock.at("2026-11-27").today() == date(2026, 11, 27)


def test_a_rehearsed_hour_is_local():
    assert Clock.at("2026-11-27T14:30").now() == datetime(2026, 11, 27, 13, 30, tzinfo=UTC)
    assert Clock.at("2026-11-27T14:30", "Indian/Reunion").now() == datetime(2026, 11, 27, 10, 30, tzinfo=UTC)


def test_the_business_day_is_the_local_one():
    assert Clock.at("2026-12-01T00:15").now().date() == date(2026, 11, 30)
    assert Clock.at("2026-12-01T00:15").today() == date(2026, 12, 1)


def test_the_hour_that_summer_time_skips_or_repeats_still_has_a_moment():
    assert Clock.at("2026-03-29T02:30").now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert Clock.at("2026-10-25T02:30").now() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_leases_and_logs_keep_the_time_of_the_machine_in_a_rehearsal():
    rehearsal = Clock.at("1999-12-31")
    assert rehearsal.today() == date(1999, 12, 31)
    assert rehearsal.machine_now() > rehearsal.now()
    assert rehearsal.machine_now().utcoffset() == timedelta(0)


def test_without_a_rehearsal_the_business_has_the_time_of_the_machine():
    clock = Clock.system("Pacific/Kiritimati")
    before, now, after = clock.machine_now(), clock.now(), clock.machine_now()
    assert before <= now <= after
    assert clock.today() in {(moment + timedelta(hours=14)).date() for moment in (before, after)}


@pytest.mark.parametrize(
    "text",
    ["", "demain", "27/11/2026", "2026-11-31", "2026-1-5", "20261127", "2026-W48-5", "2026-11-27 14:30",
     "2026-11-27T25:00", "2026-11-27T14:30:00", "2026-11-27T14:30+01:00", "2026-11-27\n", "٢٠٢٦-١١-٢٧",
     "0000-01-01", "0001-01-01T00:00"],
)  # fmt: skip  # read as a table: columns side by side
def test_what_is_not_a_day_is_told(text):
    with pytest.raises(Invalid) as told:
        Clock.at(text)
    assert "2026-11-27T14:30" in told.value.next_step


@pytest.mark.parametrize("name", ["", "Paris", "Europe", "../../etc/passwd", "Europe/Paris\0"])
def test_what_is_not_a_time_zone_is_told(name):
    with pytest.raises(Invalid):
        Clock.system(name)
    with pytest.raises(Invalid):
        Clock.at("2026-11-27", name)


# Worked days


def test_the_public_holidays_of_2026():
    off = PublicHolidays()
    found = [day for n in range(365) if (day := date(2026, 1, 1) + timedelta(n)) in off]
    assert [f"{day:%d/%m}" for day in found] == [
        "01/01", "06/04", "01/05", "08/05", "14/05", "25/05", "14/07", "15/08", "01/11", "11/11", "25/12",
    ]  # fmt: skip  # read as a table: columns side by side


def test_alsace_and_moselle_have_two_more():
    for day in (date(2026, 4, 3), date(2026, 12, 26)):
        assert day not in PublicHolidays()
        assert day in PublicHolidays(region=ALSACE_MOSELLE)
    assert is_working_day(date(2026, 4, 3))
    assert not is_working_day(date(2026, 4, 3), region=ALSACE_MOSELLE)


def test_overseas_keeps_the_end_of_slavery():
    assert date(2026, 12, 20) in PublicHolidays(region="La Réunion")


def test_another_country_has_its_own():
    assert date(2026, 7, 21) in PublicHolidays("BE")
    assert is_working_day(date(2026, 7, 14), "BE")


@pytest.mark.parametrize(("country", "region"), [("ZZ", None), ("", None), ("FR", "Atlantis")])
def test_a_place_without_known_holidays_is_told(country, region):
    with pytest.raises(Invalid):
        is_working_day(date(2026, 7, 14), country, region)


def test_a_limit_on_a_long_weekend_moves_to_the_next_worked_day():
    """
    Friday    25/12/2026  Christmas
    Saturday  26/12
    Sunday    27/12
    Monday    28/12       worked
    """
    for day in (25, 26, 27, 28):
        assert next_working_day(date(2026, 12, day)) == date(2026, 12, 28)


def test_worked_days_are_counted_without_the_day_itself():
    friday = date(2026, 11, 27)
    assert add_working_days(friday, 1) == date(2026, 11, 30)
    assert add_working_days(date(2026, 11, 28), 1) == date(2026, 11, 30)
    assert add_working_days(date(2026, 11, 30), -1) == friday
    assert add_working_days(date(2026, 12, 24), 2) == date(2026, 12, 29)


@given(days, st.integers(0, 40))
def test_worked_days_there_and_back(day, count):
    start = next_working_day(day)
    end = add_working_days(start, count)
    assert is_working_day(end)
    assert add_working_days(end, -count) == start
    assert sum(is_working_day(start + timedelta(n)) for n in range(1, (end - start).days + 1)) == count


@given(days)
def test_the_next_worked_day_is_the_first_one(day):
    found = next_working_day(day)
    assert is_working_day(found)
    assert not any(is_working_day(day + timedelta(n)) for n in range((found - day).days))


# Months


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 10, 31), 6, date(2027, 4, 30)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
        (date(2026, 12, 1), -24, date(2024, 12, 1)),
    ],
)
def test_months_keep_the_day_number_or_take_the_last(day, months, expected):
    assert add_months(day, months) == expected


@given(days, st.integers(-600, 600))
def test_months_land_in_their_month_and_never_on_a_later_day_number(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(1)).day == 1)


@given(days, days, st.integers(0, 120))
def test_months_keep_the_order_of_days(one, other, months):
    assert (add_months(min(one, other), months)) <= add_months(max(one, other), months)


def test_counting_out_of_the_calendar_is_told():
    for beyond in (
        lambda: add_months(date(9999, 12, 1), 1),
        lambda: add_months(date(1, 1, 1), -1),
        lambda: add_working_days(date(9999, 12, 31), 1),
    ):
        with pytest.raises(Invalid):
            beyond()


# Hours


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("2026-11-27T08:59", False),
        ("2026-11-27T09:00", True),
        ("2026-11-27T18:59", True),
        ("2026-11-27T19:00", False),
        ("2026-11-28T12:59", True),
        ("2026-11-28T13:00", False),
        ("2026-11-29T10:00", False),
    ],
)
def test_hours_open_on_the_first_minute_and_close_on_the_last(text, open_):
    assert within_hours(paris(text), PARIS, WEEK) is open_


def test_hours_are_those_of_the_place_not_of_the_server():
    evening = paris("2026-11-27T18:30")
    assert within_hours(evening, PARIS, WEEK)
    assert not within_hours(evening, "Indian/Reunion", WEEK)
    assert within_hours(evening.astimezone(timezone(timedelta(hours=-7))), PARIS, WEEK)


def test_saturday_afternoon_waits_for_monday_morning():
    assert next_opening(paris("2026-11-28T13:00"), PARIS, WEEK) == paris("2026-11-30T09:00")


def test_before_opening_waits_for_the_same_morning():
    assert next_opening(paris("2026-11-27T06:12"), PARIS, WEEK) == paris("2026-11-27T09:00")


def test_a_public_holiday_is_closed_when_days_off_are_given():
    christmas = paris("2026-12-25T10:00")
    assert next_opening(christmas, PARIS, WEEK) == christmas
    assert next_opening(christmas, PARIS, WEEK, PublicHolidays()) == paris("2026-12-26T09:00")


def test_nine_in_the_morning_is_nine_on_both_sides_of_summer_time():
    assert next_opening(paris("2026-03-28T20:00"), PARIS, WEEK) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert next_opening(paris("2026-10-24T20:00"), PARIS, WEEK) == datetime(2026, 10, 26, 8, tzinfo=UTC)


def test_an_opening_within_the_hour_that_is_skipped_waits_a_week():
    sunday_night = {6: (time(2), time(3))}
    assert next_opening(paris("2026-03-28T12:00"), PARIS, sunday_night) == paris("2026-04-05T02:00")


def test_hours_that_never_open_are_told():
    with pytest.raises(Invalid):
        next_opening(paris("2026-11-27T10:00"), PARIS, {})
    with pytest.raises(Invalid):
        next_opening(paris("2026-11-27T10:00"), PARIS, {0: (time(9), time(9))})


def test_a_moment_without_time_zone_is_never_guessed():
    with pytest.raises(ValueError, match="time zone"):
        within_hours(datetime(2026, 11, 27, 10), PARIS, WEEK)  # noqa: DTZ001  # a sheet and a clock face know no zone


@given(
    moments, st.sampled_from([PARIS, "Indian/Reunion", "America/Martinique", "Pacific/Noumea", "Australia/Lord_Howe"])
)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment, tz):
    opening = next_opening(moment, tz, WEEK)
    assert opening >= moment
    assert within_hours(opening, tz, WEEK)
    if opening > moment:
        assert not within_hours(moment, tz, WEEK)
        assert not within_hours(opening - timedelta(microseconds=1), tz, WEEK)
    assert next_opening(opening, tz, WEEK) == opening


# Dates in words


def test_dates_in_french():
    today = date(2026, 11, 24)
    assert shown_date(date(2026, 11, 27), today) == "27 nov."
    assert shown_date(date(2026, 12, 1), today) == "1er déc."
    assert shown_date(date(2025, 11, 27), today) == "27 nov. 2025"
    assert long_date(date(2026, 11, 27)) == "vendredi 27 novembre 2026"
    assert long_date(date(2027, 2, 1)) == "lundi 1er février 2027"
    assert long_date(date(2026, 10, 30), weekday=False) == "30 octobre 2026"
    assert plain_date(date(2026, 3, 1)) == "01/03/2026"


def test_dates_in_english():
    use_language("en")
    today = date(2026, 11, 24)
    assert shown_date(date(2026, 12, 1), today) == "1 Dec"
    assert shown_date(date(2025, 11, 27), today) == "27 Nov 2025"
    assert long_date(date(2026, 11, 27)) == "Friday 27 November 2026"
    assert plain_date(date(2026, 10, 30)) == "30 October 2026"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_words_are_those_of_babel(language):
    from babel.dates import format_date

    use_language(language)
    for month in range(1, 13):
        day = date(2026, month, 14)
        expected = format_date(day, "EEEE d MMMM y", locale={"fr": "fr_FR", "en": "en_GB"}[language])
        assert long_date(day) == expected.replace(",", "")
