"""May a message go to an address, and from when on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import Clock, within_hours
from crm.core.i18n import use_language
from crm.messaging.contact_gate import HOURS, passage


def at(moment: str) -> datetime:
    return Clock.at(moment).now()


def local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(Clock.system().tz).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("channel", "moment", "not_before"),
    [
        ("email", "2026-11-24T10:00", ""),
        ("email", "2026-11-24T07:59", "Tue 24 08:00"),
        ("email", "2026-11-24T19:00", "Wed 25 08:00"),
        ("email", "2026-11-28T11:00", "Mon 30 08:00"),
        ("email", "2026-12-25T11:00", "Mon 28 08:00"),
        ("sms", "2026-11-24T08:30", "Tue 24 09:00"),
        ("sms", "2026-11-28T11:00", ""),
        ("sms", "2026-11-28T13:00", "Mon 30 09:00"),
        ("letter", "2026-11-29T03:00", ""),
    ],
)
def test_the_hours_of_a_channel(channel, moment, not_before):
    found = passage(channel, "anne@dubois.example", at(moment), dead={})
    assert found.open
    assert local(found.not_before) == not_before


def test_summer_time_keeps_the_hour_on_the_wall():
    found = passage("email", "anne@dubois.example", at("2026-03-28T12:00"), dead={})
    assert found.not_before == datetime(2026, 3, 30, 6, tzinfo=UTC)


@pytest.mark.parametrize("address", ["", '"a b"@x', "anne", "a@x.example\r\nBcc: b@x.example"])
def test_what_is_no_address_is_not_written_to(address):
    use_language("en")
    found = passage("email", address, at("2026-11-24"), dead={})
    assert not found.open
    assert "address" in found.refused


def test_nothing_goes_to_a_dead_address_whatever_its_case():
    use_language("en")
    found = passage("email", "Anne@Dubois.example", at("2026-11-24"), dead={"anne@dubois.example": "no such user"})
    assert found.refused == "Nothing goes to Anne@Dubois.example any more: no such user"


@given(st.sampled_from(sorted(HOURS)), st.integers(0, 4 * 365 * 24 * 60))
def test_whenever_it_is_asked_the_hour_given_is_one_of_the_channel(channel, minutes):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = passage(channel, "anne@dubois.example", moment, dead={}, days_off=())
    goes = found.not_before or moment
    assert goes >= moment
    assert within_hours(goes, "Europe/Paris", HOURS[channel])
