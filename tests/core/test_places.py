"""Hours and days off where the customer is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import Clock, zone
from crm.core.places import _ZONES, Place, place_of
from crm.messaging.contact_gate import earliest_at, opening_at
from crm.messaging.numbers import place_of_number


@pytest.mark.parametrize(
    ("country", "postal_code", "moment", "there"),
    [
        ("FR", "35000", "2026-11-24T10:00", ""),
        ("FR", "35000", "2026-11-24T19:30", "Wed 25 09:00"),
        ("FR", "35000", "2026-11-29T11:00", "Mon 30 09:00"),
        ("FR", "35000", "2026-12-25T11:00", "Sat 26 09:00"),
        ("FR", "67000", "2026-12-26T10:00", "Mon 28 09:00"),
        ("FR", "97110", "2026-11-24T10:00", "Tue 24 09:00"),
        ("GB", "", "2026-12-28T11:00", "Tue 29 09:00"),
        ("US", "10001", "2026-11-26T15:30", "Fri 27 09:00"),
        ("SA", "", "2026-11-27T10:00", "Sun 29 09:00"),
        ("JP", "", "2026-11-24T15:00", "Wed 25 09:00"),
        ("XK", "", "2026-11-24T10:00", ""),
    ],
)
def test_the_hours_of_the_customers_country(country, postal_code, moment, there):
    """An evening, a Sunday, Christmas, Saint Stephen's day in Alsace, overseas, a bank holiday, Thanksgiving, a Friday weekend."""
    place = place_of(country, postal_code)
    found = earliest_at(place, Place(), Clock.at(moment).now())
    assert (found.astimezone(zone(place.tz)).strftime("%a %d %H:%M") if found else "") == there


@given(st.sampled_from(sorted(_ZONES)), st.integers(0, 5 * 365 * 24 * 4))
def test_nothing_reaches_anybody_by_night_on_a_sunday_or_on_a_day_off(country, quarters):
    place = place_of(country)
    asked = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    goes = (earliest_at(place, Place(), asked) or asked).astimezone(zone(place.tz))
    assert goes >= asked
    assert 9 <= goes.hour < 19
    assert goes.weekday() in opening_at(place)
    assert goes.date() not in place
    assert goes.date() not in Place()
    assert goes.weekday() != 6 or 6 not in place.weekend


def test_a_number_rings_in_its_country():
    assert place_of_number("+33612345678", "Europe/Paris") is None
    assert place_of_number("+447400123456", "Europe/Paris").tz == "Europe/London"
    assert date(2026, 7, 14) in Place()
    assert date(2026, 7, 14) not in place_of("GB")
