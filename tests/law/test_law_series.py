"""What the law says on a day, and what is not known yet."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid, NotFound, Refused
from crm.core.i18n import use_language
from crm.law.series import (
    ECB,
    INDEMNITY,
    LEGAL,
    MARGIN,
    YEAR_DAYS,
    LegalRate,
    checked,
    decimals,
    half_year_end,
    half_year_label,
    half_year_start,
    named,
    overlay,
    percent,
    shipped,
)

# MRO on the first day, legal interest of a business creditor: the table of the domain notes.
TABLE = {
    date(2020, 1, 1): ("0.00", "0.87"),
    date(2020, 7, 1): ("0.00", "0.84"),
    date(2021, 1, 1): ("0.00", "0.79"),
    date(2021, 7, 1): ("0.00", "0.76"),
    date(2022, 1, 1): ("0.00", "0.76"),
    date(2022, 7, 1): ("0.00", "0.77"),
    date(2023, 1, 1): ("2.50", "2.06"),
    date(2023, 7, 1): ("4.00", "4.22"),
    date(2024, 1, 1): ("4.50", "5.07"),
    date(2024, 7, 1): ("4.25", "4.92"),
    date(2025, 1, 1): ("3.15", "3.71"),
    date(2025, 7, 1): ("2.15", "2.76"),
    date(2026, 1, 1): ("2.15", "2.62"),
    date(2026, 7, 1): ("2.40", "2.75"),
}


def a_row(series=ECB, value="2.65", since=date(2027, 1, 1), until=None, source="BCE", certain=True):
    return LegalRate(series, Decimal(value), since, until, source, certain)


def with_stored(*rows):
    return overlay(shipped(), rows)


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("fr")


@pytest.mark.parametrize(("day", "ecb", "legal"), [(day, *rates) for day, rates in TABLE.items()], ids=str)
def test_rates_on_the_first_day_of_each_half_year(day, ecb, legal):
    assert shipped()[ECB].value_on(day) == Decimal(ecb)
    assert shipped()[LEGAL].value_on(day) == Decimal(legal)


def test_parameters_that_are_no_rates():
    law, today = shipped(), date(2026, 11, 24)
    values = {name: series.value_on(today) for name, series in law.items() if series.unit != "percent"}
    assert values == {
        "penalty_margin": 10,
        "public_penalty_margin": 8,
        "clause_floor_multiple": 3,
        "recovery_indemnity": 40,
        "public_recovery_indemnity": 40,
        "interest_year_days": 365,
        "default_term_days": 30,
        "agreed_term_days": 60,
        "agreed_term_end_of_month_days": 45,
        "public_term_days": 30,
        "limitation_business": 5,
        "limitation_consumer": 2,
        "limitation_public": 4,
        "limitation_carriage": 1,
        "enforceable_title": 10,
        "order_service": 3,
        "order_opposition": 1,
        "order_wait": 2,
        "order_fees": 15,
        "order_lawyer": 15,
        "overseas_more": 1,
        "abroad_more": 2,
        "claim_declaration": 2,
        "claim_declaration_more": 2,
        "forfeiture_relief": 6,
        "title_retention_claim": 3,
        "payment_demand_contest": 1,
        "payment_demand_wait": 8,
        "small_claim_answer": 1,
    }


@pytest.mark.parametrize("series", shipped().values(), ids=list(shipped()))
def test_every_shipped_row_could_have_been_recorded(series):
    starts = [row.valid_from for row in series.rows]
    assert starts == sorted(set(starts))
    for row in series.rows:
        assert checked(row, shipped()) is row


def test_shipped_rates_leave_no_gap():
    """Every day from the first row to the end of 2026 has a rate."""
    for series in (shipped()[ECB], shipped()[LEGAL]):
        day = half_year_start(series.rows[0].valid_from)
        while day <= date(2026, 12, 31):
            assert series.find(max(day, series.rows[0].valid_from)) is not None
            assert series.find(half_year_end(day)) is not None
            day = half_year_start(date.fromordinal(half_year_end(day).toordinal() + 1))


def test_a_step_holds_until_the_next_one():
    ecb = shipped()[ECB]
    assert ecb.value_on(date(2026, 6, 16)) == Decimal("2.15")
    assert ecb.value_on(date(2026, 6, 17)) == Decimal("2.40")
    assert ecb.value_on(date(2026, 9, 15)) == Decimal("2.40")
    assert ecb.value_on(date(2026, 9, 16)) == Decimal("2.65")
    assert ecb.value_on(date(2026, 12, 31)) == Decimal("2.65")


@pytest.mark.parametrize("name", [ECB, LEGAL])
def test_the_first_half_of_2027_is_refused_by_name(name):
    with pytest.raises(Refused) as refusal:
        shipped()[name].row_on(date(2027, 1, 1))
    assert shipped()[name].label in refusal.value.message
    assert "1 January 2027 is not known yet" in refusal.value.message
    assert f"--series {name} --valid-from 2027-01-01" in refusal.value.next_step


def test_the_time_before_the_first_row_is_refused_too():
    with pytest.raises(Refused, match="no value of 31 December 1998 is known"):
        shipped()[ECB].row_on(date(1998, 12, 31))
    assert shipped()[INDEMNITY].find(date(2012, 12, 31)) is None


def test_a_parameter_holds_until_the_law_is_changed():
    assert shipped()[INDEMNITY].value_on(date(2100, 1, 1)) == 40
    changed = with_stored(a_row(INDEMNITY, "50", date(2028, 1, 1)))
    assert changed[INDEMNITY].value_on(date(2027, 12, 31)) == 40
    assert changed[INDEMNITY].value_on(date(2028, 1, 1)) == 50


@pytest.mark.parametrize("name", [ECB, LEGAL])
def test_a_stored_row_is_known_to_the_end_of_its_half_year(name):
    series = with_stored(a_row(name, "2.90"))[name]
    assert series.value_on(date(2026, 12, 31)) == shipped()[name].value_on(date(2026, 12, 31))
    assert series.value_on(date(2027, 1, 1)) == series.value_on(date(2027, 6, 30)) == Decimal("2.90")
    assert series.find(date(2027, 7, 1)) is None
    assert series.last_known == date(2027, 6, 30)


def test_a_stored_row_is_known_to_its_own_last_day():
    series = with_stored(a_row(until=date(2027, 12, 31)))[ECB]
    assert series.value_on(date(2027, 12, 31)) == Decimal("2.65")
    assert series.find(date(2028, 1, 1)) is None


def test_a_stored_row_says_nothing_of_the_half_year_before_it():
    series = with_stored(a_row(since=date(2027, 7, 1)))[ECB]
    assert series.find(date(2027, 1, 1)) is None
    assert series.find(date(2027, 7, 1)) is not None
    assert series.last_known == date(2026, 12, 31)
    with pytest.raises(Refused, match="no value of 1 January 2027 is known"):
        series.row_on(date(2027, 1, 1))


def test_a_step_in_december_does_not_make_january_known():
    series = with_stored(a_row(since=date(2026, 12, 16)))[ECB]
    assert series.value_on(date(2026, 12, 31)) == Decimal("2.65")
    assert series.find(date(2027, 1, 1)) is None


def test_a_stored_row_wins_over_the_shipped_one_of_the_same_day():
    """The user confirms 2.40 %: certain from now on, and the half-year it serves stays known."""
    series = with_stored(a_row(value="2.40", since=date(2026, 6, 17), source="BCE, site officiel"))[ECB]
    assert len(series.rows) == len(shipped()[ECB].rows)
    assert series.row_on(date(2026, 7, 1)) == a_row(value="2.40", since=date(2026, 6, 17), source="BCE, site officiel")
    assert series.value_on(date(2026, 9, 16)) == Decimal("2.65")


def test_a_step_that_was_missing_holds_until_the_next_shipped_one():
    series = with_stored(a_row(value="2.50", since=date(2026, 7, 8)))[ECB]
    assert series.value_on(date(2026, 9, 15)) == Decimal("2.50")
    assert series.value_on(date(2026, 9, 16)) == Decimal("2.65")


def test_after_a_passing_row_the_earlier_step_holds_again():
    series = with_stored(a_row(value="1.00", since=date(2026, 10, 1), until=date(2026, 10, 31)))[ECB]
    assert series.value_on(date(2026, 10, 31)) == Decimal("1.00")
    assert series.value_on(date(2026, 11, 1)) == Decimal("2.65")


def test_rows_of_an_unknown_series_change_nothing():
    assert overlay(shipped(), [a_row("gold_price")]) == shipped()


def test_what_rests_on_secondary_sources_is_not_certain():
    law = shipped()
    assert not law[ECB].row_on(date(2026, 9, 16)).certain
    assert law[ECB].row_on(date(2026, 7, 1)).certain
    assert not law[LEGAL].row_on(date(2026, 7, 1)).certain
    assert law[ECB].row_on(date(2026, 1, 1)).certain
    assert law[LEGAL].row_on(date(2026, 1, 1)).certain
    assert not law[YEAR_DAYS].row_on(date(2026, 1, 1)).certain


def test_a_row_is_cited_with_value_days_origin_and_doubt():
    law = shipped()
    legal, ecb = law[LEGAL], law[ECB]
    assert legal.cite(legal.row_on(date(2026, 1, 1))) == (
        "Legal interest rate, business creditor: 2.62% from 1 January 2026 to 30 June 2026 "
        "(CMF L313-2, arrêté du 15 décembre 2025)"
    )
    assert ecb.cite(ecb.row_on(date(2026, 7, 1))) == (
        "ECB main refinancing rate: 2.40% since 17 June 2026 (BCE, décision reprise par des sources concordantes)"
    )
    assert ecb.cite(ecb.row_on(date(2026, 9, 16))).endswith(". Uncertain value, to be confirmed")


def test_values_are_shown_with_their_unit():
    law = shipped()
    shown = {series.shown(series.value_on(date(2026, 7, 1))) for series in law.values()}
    assert shown == {"2.40%", "2.75%", "10 points", "8 points", "×\u00a03", "€40.00"} | {
        *(f"{n} days" for n in (365, 30, 60, 45, 15, 8)),
        *("0 months", "1 month", "2 months", "3 months", "6 months"),
        *("1 year", "2 years", "4 years", "5 years", "10 years"),
    }


def test_rates_as_text():
    assert [decimals(Decimal(text)) for text in ("9", "12.4", "12.40", "9.125", "0", "-0.5", "1E+1")] == [
        "9.00",
        "12.40",
        "12.40",
        "9.125",
        "0.00",
        "-0.50",
        "10.00",
    ]
    assert percent(Decimal("12.4")) == "12.40%"
    use_language("fr")
    assert percent(Decimal("12.4")) == "12,40\u00a0%"


def test_half_years():
    assert half_year_start(date(2026, 6, 30)) == date(2026, 1, 1)
    assert half_year_start(date(2026, 7, 1)) == date(2026, 7, 1)
    assert half_year_end(date(2026, 6, 30)) == date(2026, 6, 30)
    assert half_year_end(date(2026, 7, 1)) == date(2026, 12, 31)
    assert half_year_label(date(2026, 7, 1)) == "second half of 2026"


@given(st.dates(date(1999, 1, 1), date(2026, 12, 31)))
def test_the_value_of_a_day_is_that_of_the_latest_step(day):
    series = shipped()[ECB]
    assert series.row_on(day) == max(
        (row for row in series.rows if row.valid_from <= day), key=lambda row: row.valid_from
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (a_row(value="50.01"), "between -5.00% and 50.00%"),
        (a_row(value="-5.01"), "between -5.00% and 50.00%"),
        (a_row(value="NaN"), "between -5.00% and 50.00%"),
        (a_row(value="Infinity"), "between -5.00% and 50.00%"),
        (a_row(value="2.12345"), "decimals allowed, at most: 4"),
        (a_row(YEAR_DAYS, "365.5"), "decimals allowed, at most: 0"),
        (a_row(INDEMNITY, "40.001"), "decimals allowed, at most: 2"),
        (a_row(MARGIN, "1"), "between 5 points and 50 points"),
        (a_row(LEGAL, "-0.01"), "between 0.00% and 50.00%"),
        (a_row(LEGAL, "2.70", date(2027, 1, 2)), "begins on 1 January or on 1 July"),
        (a_row(until=date(2026, 12, 31)), "not before its first day"),
        (a_row(since=date(1899, 12, 31)), "The year 1899 cannot be meant"),
        (a_row(until=date(2201, 1, 1)), "The year 2201 cannot be meant"),
        (a_row(source="  "), "names its source"),
    ],
)
def test_what_cannot_be_true_is_not_recorded(row, sentence):
    with pytest.raises(Invalid) as refusal:
        checked(row, shipped())
    assert sentence in refusal.value.message


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(NotFound) as refusal:
        named(shipped(), "taux")
    assert set(refusal.value.candidates) == set(shipped())
    with pytest.raises(NotFound):
        checked(a_row("taux"), shipped())
