"""Time limits before the courts: the dated examples of the law, and what always holds."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import ALSACE_MOSELLE, is_working_day
from crm.core.errors import Invalid, Refused
from crm.core.i18n import use_language
from crm.law.deadlines import NAMES, Deadlines, TimeLimits
from crm.law.series import shipped

LIMITS = TimeLimits(shipped())
any_day = st.dates(date(2017, 1, 1), date(2100, 12, 31))


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("fr")


def day(text):
    return date.fromisoformat(text)


def of_order(dated, **told):
    days = {name: day(value) if isinstance(value, str) and name != "place" else value for name, value in told.items()}
    return {line.name: line for line in LIMITS.order(day(dated), **days)}


def told(line):
    return line.day.isoformat(), line.plan_for.isoformat()


# Service: three months for orders dated from 1 September 2026, six before


@pytest.mark.parametrize(
    ("dated", "serve_by", "plan_for"),
    [
        ("2026-09-10", "2026-12-10", "2026-12-10"),
        ("2026-08-28", "2027-03-01", "2027-02-26"),
        ("2026-11-30", "2027-03-01", "2027-02-26"),
        ("2026-08-31", "2027-03-01", "2027-02-26"),
        ("2026-09-01", "2026-12-01", "2026-12-01"),
    ],
)
def test_an_order_is_served_within_the_time_of_its_date(dated, serve_by, plan_for):
    assert told(of_order(dated)["serve_by"]) == (serve_by, plan_for)


def test_the_source_says_that_the_day_was_carried_over_and_that_it_is_not_to_be_relied_on():
    assert of_order("2026-11-30")["serve_by"].source == (
        "CPC 1411, décret 2026-96 du 16 février 2026 art. 9, CPC 641, "
        "Sunday 28 February 2027 is not a working day, carried over by CPC 642, to be confirmed"
    )
    assert of_order("2026-09-10")["serve_by"].source == "CPC 1411, décret 2026-96 du 16 février 2026 art. 9, CPC 641"


def test_the_house_aims_at_thirty_days():
    assert told(of_order("2026-09-10")["serve_target"]) == ("2026-10-10", "2026-10-09")
    assert "serve_target" not in of_order("2026-09-10", served="2026-10-15")


# Opposition and enforcement


def test_opposition_within_a_month_of_service_in_person():
    """Served 15/10/2026, until Sunday 15/11: Monday."""
    assert told(of_order("2026-09-10", served="2026-10-15", in_person=True)["opposition_until"]) == (
        "2026-11-16",
        "2026-11-16",
    )


def test_enforcement_waits_for_two_months_from_service_under_the_new_rule():
    """Order 10/09/2026, served 15/10: the two months have run on 15/12."""
    assert told(of_order("2026-09-10", served="2026-10-15")["enforce_from"]) == ("2026-12-16", "2026-12-16")


def test_enforcement_waits_for_the_month_of_opposition_under_the_old_rule():
    """Order 28/08/2026, served in person 15/10: the month has run on 16/11."""
    found = of_order("2026-08-28", served="2026-10-15", in_person=True)
    assert told(found["enforce_from"]) == ("2026-11-17", "2026-11-17")


def test_a_seizure_opens_the_month_where_service_was_not_in_person():
    """Served at the address 15/10/2026, account seized 20/01/2027: until Saturday 20/02, so Monday."""
    found = of_order("2026-09-10", served="2026-10-15", in_person=False, first_act="2027-01-20")
    assert found["opposition_until"].day == date(2027, 2, 22)
    assert found["enforce_from"].day == date(2026, 12, 16)


def test_without_service_in_person_the_opposition_stays_open():
    found = of_order("2026-09-10", served="2026-10-15", in_person=False)
    assert "opposition_until" not in found
    assert found["opposition_first_month"].day == date(2026, 11, 16)
    assert "open until one month after the first act" in found["opposition_first_month"].source


def test_where_nobody_said_how_it_was_served_the_doubt_is_told():
    line = of_order("2026-09-10", served="2026-10-15")["opposition_until"]
    assert line.day == date(2026, 11, 16)
    assert "if served in person; else open until one month after" in line.source


@pytest.mark.parametrize(
    ("place", "until", "enforce"),
    [
        ("mainland", "2026-11-16", "2026-12-16"),
        ("overseas", "2026-12-15", "2026-12-16"),
        ("abroad", "2027-01-15", "2027-01-16"),
    ],
)
def test_a_debtor_far_away_has_longer(place, until, enforce):
    found = of_order("2026-09-10", served="2026-10-15", in_person=True, place=place)
    assert found["opposition_until"].day == day(until)
    assert found["enforce_from"].day == day(enforce)


def test_a_title_lives_ten_years():
    assert of_order("2026-09-10", served="2026-10-15")["enforce_until"].day == date(2036, 12, 15)
    (line,) = LIMITS.title(date(2026, 12, 15))
    assert told(line) == ("2036-12-15", "2036-12-15")


def test_an_order_served_too_late_is_void():
    of_order("2026-09-10", served="2026-12-10")
    with pytest.raises(Refused, match="Served on 11 December 2026, after 10 December 2026: the order is void"):
        of_order("2026-09-10", served="2026-12-11")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"served": "2026-09-09"}, "not served before its own date"),
        ({"in_person": True}, "on which day the order was served"),
        ({"first_act": "2026-10-15"}, "on which day the order was served"),
        ({"served": "2026-10-15", "first_act": "2026-10-14"}, "does not come before the service"),
        ({"served": "2026-10-15", "in_person": True, "first_act": "2026-11-14"}, "only where the order was not served"),
    ],
)
def test_days_that_do_not_follow_one_another(told, sentence):
    with pytest.raises(Invalid, match=sentence):
        of_order("2026-09-10", **told)


# The other events


def test_a_demand_of_payment_between_traders():
    """Served 05/10/2026: contested until 05/11, on record from 13/11."""
    contest, record = LIMITS.payment_demand(date(2026, 10, 5))
    assert (contest.name, contest.day) == ("contest_until", date(2026, 11, 5))
    assert (record.name, record.day) == ("record_from", date(2026, 11, 13))
    assert "to be confirmed" in contest.source


def test_a_claim_is_declared_within_two_months_of_publication():
    """Published 24/11/2026: until Sunday 24/01/2027."""
    declare, goods, relief = LIMITS.insolvency(date(2026, 11, 24))
    assert told(declare) == ("2027-01-25", "2027-01-22")
    assert told(goods) == ("2027-02-24", "2027-02-24")
    assert told(relief) == ("2027-05-24", "2027-05-24")
    assert LIMITS.insolvency(date(2026, 11, 24), "overseas")[0].day == date(2027, 3, 24)


def test_deposits_lawyer_and_small_claim():
    assert told(LIMITS.request(date(2026, 11, 27))[0]) == ("2026-12-14", "2026-12-11")
    assert [line.name for line in LIMITS.opposition(date(2026, 11, 24))] == ["deposit_by", "lawyer_by"]
    assert LIMITS.opposition(date(2026, 11, 24))[1].day == date(2026, 12, 9)
    assert LIMITS.small_claim(date(2026, 11, 24))[0].day == date(2026, 12, 24)


def test_limitation_is_not_carried_over():
    """Due 15/03/2024 from a consumer: Sunday 15/03/2026 stays the last day; act on the Friday or, better, before."""
    (line,) = LIMITS.due(date(2024, 3, 15), "B2C")
    assert told(line) == ("2026-03-15", "2026-03-13")
    (line,) = LIMITS.due(date(2024, 3, 15), "B2C", [date(2025, 10, 1)])
    assert line.day == date(2027, 10, 1)
    assert line.source == "C. conso. L218-2, C. civ. 2228, 2229, interrupted on 1 October 2025 (C. civ. 2231)"


def test_a_delivery_before_the_due_date_counts_first():
    assert LIMITS.due(date(2024, 3, 15), "B2C", delivered=date(2024, 2, 1))[0].day == date(2026, 2, 1)
    assert LIMITS.due(date(2024, 3, 15), "B2C", delivered=date(2024, 4, 1))[0].day == date(2026, 3, 15)


def test_the_holidays_of_alsace_moselle_carry_further():
    """Good Friday is worked elsewhere; after it come the weekend and Easter Monday."""
    dated = date(2026, 3, 26)
    assert LIMITS.insolvency(date(2026, 1, 26))[0].day == dated
    assert LIMITS.insolvency(date(2026, 2, 3))[0].day == date(2026, 4, 3)
    there = TimeLimits(shipped(), ALSACE_MOSELLE).insolvency(date(2026, 2, 3))[0]
    assert told(there) == ("2026-04-07", "2026-04-02")


def test_a_sheet_has_a_line_for_each():
    found = Deadlines("order", date(2026, 9, 10), LIMITS.order(date(2026, 9, 10)))
    assert [row[0] for row in found.as_sheet().rows] == ["Have it served, if possible, by", "Serve the order by"]
    assert found.as_json()["deadlines"][1] == {
        "name": "serve_by",
        "date": "2026-12-10",
        "plan_for": "2026-12-10",
        "source": "CPC 1411, décret 2026-96 du 16 février 2026 art. 9, CPC 641",
    }


# What always holds


@given(any_day)
def test_every_limit_has_a_name_a_source_and_a_working_day(dated):
    lines = [
        *LIMITS.order(dated),
        *LIMITS.order(dated, served=dated + timedelta(20)),
        *LIMITS.insolvency(dated),
        *LIMITS.request(dated),
        *LIMITS.opposition(dated),
        *LIMITS.title(dated),
        *LIMITS.small_claim(dated),
        *LIMITS.due(dated),
    ]
    for line in lines:
        assert line.name in NAMES
        assert line.source
        assert line.day > dated
        assert is_working_day(line.plan_for)
        assert line.plan_for >= line.day if line.name.endswith("_from") else line.plan_for <= line.day


@given(any_day)
def test_a_limit_of_procedure_never_ends_on_a_day_of_rest(dated):
    for line in (*LIMITS.insolvency(dated), *LIMITS.request(dated), *LIMITS.order(dated)[1:]):
        assert is_working_day(line.day)


@given(any_day, st.integers(0, 80), st.sampled_from(["mainland", "overseas", "abroad"]))
def test_nothing_is_enforced_while_opposition_is_open(dated, days, place):
    found = {
        line.name: line for line in LIMITS.order(dated, served=dated + timedelta(days), in_person=True, place=place)
    }
    assert found["enforce_from"].day > found["opposition_until"].day


@given(any_day, st.integers(0, 3_000))
def test_a_later_event_never_ends_earlier(dated, days):
    later = dated + timedelta(days)
    for first, second in zip(LIMITS.insolvency(dated), LIMITS.insolvency(later), strict=True):
        assert first.day <= second.day
        assert first.plan_for <= second.plan_for
