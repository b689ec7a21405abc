"""Late-payment penalties, to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crm.core.errors import Invalid, Refused
from crm.core.i18n import use_language
from crm.core.money import MAX_CENTS, Money, eur
from crm.law.interest import DatedPayment, penalties
from crm.law.series import LegalRate, half_year_start, overlay, shipped

FIRST, LAST = date(2015, 1, 1), date(2026, 12, 31)
"""Days for which every rate is shipped."""


def day(text):
    return date.fromisoformat(text)


def owed(amount, due, paid, regime="B2B", *, law=None, currency="EUR", clause=None, paying=(), notice=None):
    return penalties(
        Money.of(amount, currency),
        day(due),
        day(paid),
        regime,
        law or shipped(),
        contract_rate=None if clause is None else Decimal(clause),
        payments=tuple(DatedPayment.parse(text) for text in paying),
        notice_received=day(notice) if notice else None,
    )


def stretches(answer):
    return [(segment.days, str(segment.rate)) for segment in answer.segments]


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("fr")


# The vectors of the domain notes.


def test_p1_two_half_years():
    answer = owed("1200", "2026-05-31", "2026-08-20")
    assert stretches(answer) == [(30, "12.15"), (51, "12.40")]
    assert [segment.interest_cents for segment in answer.segments] == [1198, 2079]
    assert answer.interest == eur("32.77")
    assert answer.indemnity == eur(40)
    assert answer.total == eur("72.77")


def test_p2_over_new_year():
    answer = owed("5000", "2025-12-15", "2026-01-14")
    assert stretches(answer) == [(16, "12.15"), (14, "12.15")]
    assert answer.interest == eur("49.93")


def test_p3_default_rate_below_the_floor_of_clauses():
    answer = owed("10000", "2024-05-31", "2024-09-30")
    assert stretches(answer) == [(30, "14.50"), (92, "14.25")]
    assert answer.interest == eur("478.36")


def test_p4_one_day():
    answer = owed("2400", "2026-09-30", "2026-10-01")
    assert stretches(answer) == [(1, "12.40")]
    assert answer.interest == eur("0.82")
    assert answer.indemnity == eur(40)


def test_p4b_paid_on_the_due_date():
    answer = owed("2400", "2026-09-30", "2026-09-30")
    assert (answer.segments, answer.interest, answer.indemnity, answer.total) == ((), eur(0), eur(0), eur(0))
    assert answer.principal_left == eur(2400)
    assert answer.sources == answer.notes == ()


def test_p5_a_clause_is_rounded_once():
    answer = owed("3600", "2026-06-15", "2026-07-31", clause="9")
    assert stretches(answer) == [(15, "9"), (31, "9")]
    assert [round(float(segment.exact) / 100, 4) for segment in answer.segments] == [13.3151, 27.5178]
    assert sum(segment.interest_cents for segment in answer.segments) == 4084
    assert answer.interest == eur("40.83")
    assert answer.notes == ()


def test_p6_a_clause_is_raised_to_the_floor():
    answer = owed("3600", "2026-06-15", "2026-07-31", clause="5")
    assert stretches(answer) == [(15, "7.86"), (31, "8.25")]
    assert answer.interest == eur("36.85")
    assert [note.partition(":")[0] for note in answer.notes] == [
        "The contract's rate of 5.00% is below the legal floor, 7.86% in the first half of 2026",
        "The contract's rate of 5.00% is below the legal floor, 8.25% in the second half of 2026",
    ]


def test_p7_a_consumer_owes_legal_interest_from_the_notice():
    answer = owed("1000", "2026-01-31", "2026-09-15", "B2C", notice="2026-03-10")
    assert stretches(answer) == [(112, "2.62"), (77, "2.75")]
    assert [segment.interest_cents for segment in answer.segments] == [804, 580]
    assert answer.interest == answer.total == eur("13.84")
    assert answer.indemnity == eur(0)


def test_p8_a_part_payment_settles_interest_first():
    answer = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-30=4000"])
    assert stretches(answer) == [(61, "12.15"), (62, "12.40")]
    assert [segment.base_cents for segment in answer.segments] == [1_000_000, 620_305]
    assert [segment.interest_cents for segment in answer.segments] == [20_305, 13_065]
    assert answer.interest == eur("333.70")
    assert answer.interest_paid == eur("203.05")
    assert answer.principal_left == eur("6203.05")


def test_p8_as_the_contract_s_json():
    answer = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-30=4000"]).as_json()
    first, second = answer.pop("segments")
    assert list(first.values()) == ["2026-05-01", "2026-06-30", 61, "12.15", "10000.00", "203.05"]
    assert list(second.values()) == ["2026-07-01", "2026-08-31", 62, "12.40", "6203.05", "130.65"]
    assert list(first) == list(second) == ["from", "to", "days", "rate", "base", "interest"]
    sources = answer.pop("sources")
    assert answer == {
        "interest": "333.70",
        "interest_paid": "203.05",
        "principal_left": "6203.05",
        "indemnity": "40.00",
        "total": "373.70",
    }
    assert sources == [
        "ECB main refinancing rate: 2.15% since 11 June 2025 (BCE, valeur et date publiées)",
        "Points added to the ECB rate between businesses: "
        "10 points since 1 January 2013 (C. com. L441-10 II, ancien L441-6)",
        "ECB main refinancing rate: 2.40% since 17 June 2026 (BCE, décision reprise par des sources concordantes)",
        "Recovery indemnity between businesses: €40.00 since 1 January 2013 (C. com. D441-5)",
    ]


# Who owes it.


def test_a_public_buyer_owes_the_ecb_rate_and_8_points():
    answer = owed("1000", "2026-07-31", "2026-08-30", "B2G")
    assert stretches(answer) == [(30, "10.40")]
    assert answer.interest == eur("8.55")
    assert answer.indemnity == eur(40)
    assert any("CCP R2192-31" in source for source in answer.sources)
    assert any("CCP D2192-35" in source for source in answer.sources)


def test_a_public_buyer_keeps_the_rate_of_the_half_year_in_which_interest_began():
    answer = owed("1200", "2026-05-31", "2026-08-20", "B2G")
    assert stretches(answer) == [(30, "10.15"), (51, "10.15")]
    assert "CCP R2192-31" in answer.notes[-1]
    begun_in_july = owed("1200", "2026-06-30", "2026-08-20", "B2G")
    assert stretches(begun_in_july) == [(51, "10.40")]
    assert begun_in_july.notes == ()


def test_the_contract_s_rate_binds_businesses_only():
    public = owed("1000", "2026-07-31", "2026-08-30", "B2G", clause="20")
    consumer = owed("1000", "2026-07-31", "2026-08-30", "B2C", clause="20", notice="2026-07-31")
    assert stretches(public) == [(30, "10.40")]
    assert stretches(consumer) == [(30, "2.75")]
    assert "left aside" in public.notes[0]
    assert "left aside" in consumer.notes[0]


def test_a_consumer_without_a_notice_owes_no_interest():
    answer = owed("1000", "2026-01-31", "2026-09-15", "B2C")
    assert (answer.segments, answer.interest, answer.indemnity) == ((), eur(0), eur(0))
    assert answer.notes == ("No formal notice was received: a consumer owes no interest yet.",)


def test_a_notice_before_the_due_date_makes_nothing_due_earlier():
    early = owed("1000", "2026-03-10", "2026-09-15", "B2C", notice="2026-01-05")
    assert early.interest == eur("13.84")


def test_a_consumer_s_payment_before_the_notice_lowers_principal():
    answer = owed("1000", "2026-01-31", "2026-09-15", "B2C", notice="2026-03-10", paying=["2026-02-15=400"])
    assert {segment.base_cents for segment in answer.segments} == {60_000}
    assert (answer.interest_paid, answer.principal_left) == (eur(0), eur(600))


def test_a_contract_s_rate_above_the_floor_is_kept_half_year_by_half_year():
    """15 % stands in 2023 H2 (floor 12.66) and is raised in 2024 H1 (floor 15.21)."""
    answer = owed("1000", "2023-12-15", "2024-01-15", clause="15")
    assert stretches(answer) == [(16, "15"), (15, "15.21")]
    assert len(answer.notes) == 1


def test_before_the_law_had_an_indemnity_there_was_none():
    late = owed("1000", "2013-04-15", "2013-04-20", "B2B")
    assert late.indemnity == eur(40)
    law = overlay(shipped(), [LegalRate("penalty_margin", Decimal(10), date(2012, 1, 1), None, "L441-6", certain=True)])
    earlier = owed("1000", "2012-10-31", "2012-11-30", law=law)
    assert earlier.interest.cents > 0
    assert earlier.indemnity == eur(0)


# What was paid on the way.


def test_a_payment_by_the_due_date_lowers_principal_without_interest():
    answer = owed("10000", "2026-07-31", "2026-08-30", paying=["2026-07-31=4000", "2026-07-01=1000"])
    assert [(segment.days, segment.base_cents) for segment in answer.segments] == [(30, 500_000)]
    assert answer.interest_paid == eur(0)
    assert answer.principal_left == eur(5000)


def test_paid_in_full_by_the_due_date_is_not_late():
    answer = owed("1000", "2026-07-31", "2026-12-31", paying=["2026-07-31=1000"])
    assert (answer.segments, answer.interest, answer.indemnity) == ((), eur(0), eur(0))
    assert answer.principal_left == eur(0)


def test_paid_in_full_on_the_way_stops_interest_and_keeps_the_indemnity():
    answer = owed("1000", "2026-07-31", "2030-01-01", paying=["2026-08-30=1010.19"])
    assert stretches(answer) == [(30, "12.40")]
    assert answer.interest == answer.interest_paid == eur("10.19")
    assert answer.principal_left == eur(0)
    assert answer.indemnity == eur(40)


def test_a_payment_smaller_than_the_interest_leaves_principal_alone():
    """61 days make 203.0548; 100.00 settles part of it, the rest is carried on unrounded and bears no interest."""
    answer = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-30=100"])
    assert [segment.base_cents for segment in answer.segments] == [1_000_000, 1_000_000]
    assert answer.interest_paid == eur(100)
    assert answer.principal_left == eur(10_000)
    assert answer.interest == owed("10000", "2026-04-30", "2026-08-31").interest == eur("413.68")


def test_several_payments_of_one_day_are_one_cut():
    together = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-10=4000"])
    apart = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-10=1000", "2026-06-10=3000"])
    assert apart.segments == together.segments
    assert (apart.interest, apart.interest_paid, apart.principal_left) == (
        together.interest,
        together.interest_paid,
        together.principal_left,
    )


def test_payments_are_taken_in_the_order_of_their_days():
    forth = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-05-10=1000", "2026-07-10=2000"])
    back = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-07-10=2000", "2026-05-10=1000"])
    assert forth == back
    assert [segment.end.isoformat() for segment in forth.segments] == [
        "2026-05-10",
        "2026-06-30",
        "2026-07-10",
        "2026-08-31",
    ]


def test_a_payment_on_the_last_day_settles_the_interest_of_that_day():
    answer = owed("1000", "2026-07-31", "2026-08-30", paying=["2026-08-30=500"])
    assert answer.interest == answer.interest_paid == eur("10.19")
    assert answer.principal_left == eur("510.19")


def test_a_payment_after_the_last_day_is_not_counted_and_said():
    answer = owed("1000", "2026-07-31", "2026-08-30", paying=["2026-08-31=500"])
    assert answer.interest == eur("10.19")
    assert answer.principal_left == eur(1000)
    assert answer.notes == ("The payment of €500.00 on 31 August 2026 comes later and is not counted.",)


def test_more_than_what_was_owed_is_refused():
    with pytest.raises(
        Refused, match=r"€1,010\.20 on 30 August 2026 is more than what was owed on that day, €1,010\.19"
    ):
        owed("1000", "2026-07-31", "2026-09-30", paying=["2026-08-30=1010.20"])
    with pytest.raises(Refused, match=r"more than what was owed on that day, €0\.00"):
        owed("1000", "2026-07-31", "2026-09-30", paying=["2026-07-30=1000", "2026-08-30=1"])


# What is not known, what cannot be meant.


@pytest.mark.parametrize("clause", [None, "9", "20"])
def test_the_first_half_of_2027_is_refused(clause):
    assert owed("1000", "2026-12-01", "2026-12-31", clause=clause).interest.cents > 0
    with pytest.raises(Refused, match="1 January 2027 is not known yet"):
        owed("1000", "2026-12-01", "2027-01-01", clause=clause)


def test_a_consumer_in_2027_is_refused_too():
    with pytest.raises(Refused, match="Legal interest rate, business creditor: the value of 1 January 2027"):
        owed("1000", "2026-12-01", "2027-01-01", "B2C", notice="2026-12-01")


def test_once_recorded_2027_is_counted():
    law = overlay(shipped(), [LegalRate("ecb_mro_rate", Decimal("2.65"), date(2027, 1, 1), None, "BCE", certain=True)])
    answer = owed("1000", "2026-12-01", "2027-01-31", law=law)
    assert stretches(answer) == [(30, "12.40"), (31, "12.65")]
    assert "ECB main refinancing rate: 2.65% since 1 January 2027 (BCE)" in answer.sources


def test_doubt_is_said_where_it_is_and_only_there():
    late = owed("1000", "2026-07-31", "2026-08-30", "B2C", notice="2026-08-01")
    assert any("Uncertain" in source for source in late.sources)
    assert not any("Uncertain" in source for source in owed("1000", "2026-01-31", "2026-02-28").sources)


@pytest.mark.parametrize("amount", ["0", "-100"])
def test_an_amount_is_above_zero(amount):
    with pytest.raises(Invalid, match="above zero"):
        owed(amount, "2026-01-31", "2026-02-28")


@pytest.mark.parametrize("payment", ["2026-02-10=0", "2026-02-10=-5"])
def test_a_payment_is_above_zero(payment):
    with pytest.raises(Invalid, match="The payment of 10 February 2026 is not above zero"):
        owed("1000", "2026-01-31", "2026-02-28", paying=[payment])


@pytest.mark.parametrize("clause", ["-0.01", "100.01", "NaN", "Infinity"])
def test_a_contract_s_rate_can_be_meant(clause):
    with pytest.raises(Invalid, match=r"between 0\.00% and 100\.00%"):
        owed("1000", "2026-01-31", "2026-02-28", clause=clause)


def test_the_largest_amount_over_the_longest_time():
    answer = penalties(Money(MAX_CENTS), date(2015, 1, 1), date(2026, 12, 31), "B2B", shipped())
    assert len(answer.segments) == 24
    assert answer.exact > MAX_CENTS


def test_far_days_are_refused_by_name_and_not_walked_through():
    with pytest.raises(Refused, match="no value of 1 January 1 is known"):
        penalties(eur(1), date.min, date.max, "B2B", shipped())
    assert penalties(eur(1), date.max, date.max, "B2B", shipped()).interest == eur(0)


# Other currencies.


def test_a_debt_in_dollars_keeps_the_indemnity_in_euros_apart():
    answer = owed("1000", "2026-07-31", "2026-08-30", currency="USD")
    assert answer.interest == answer.total == Money.of("10.19", "USD")
    assert answer.indemnity == eur(40)
    found = answer.as_json()
    assert (found["interest"], found["total"], found["indemnity"]) == ("10.19", "10.19", "40.00")
    assert (found["currency"], found["indemnity_currency"]) == ("USD", "EUR")
    assert found["sources"][-1] == "The indemnity is due in euros and is not added to a total in USD."


@pytest.mark.parametrize(("currency", "interest"), [("JPY", "1019"), ("TND", "1019.178")])
def test_minor_digits_are_those_of_the_currency(currency, interest):
    assert owed("100000", "2026-07-31", "2026-08-30", currency=currency).as_json()["interest"] == interest


def test_a_payment_in_another_currency_is_not_guessed_at():
    with pytest.raises(Invalid, match="The amount is in USD, the payment of 10 August 2026 in EUR"):
        owed("1000", "2026-07-31", "2026-08-30", currency="USD", paying=["2026-08-10=100"])
    answer = owed("1000", "2026-07-31", "2026-08-30", currency="USD", paying=["2026-08-10=100 USD"])
    assert answer.interest_paid == Money.of("3.40", "USD")


# To look at.


def test_the_sheet_says_each_line_the_sums_and_the_sources():
    answer = owed("10000", "2026-04-30", "2026-08-31", paying=["2026-06-30=4000"])
    sheet = answer.as_sheet()
    assert sheet.rows[0] == (
        "first half of 2026",
        date(2026, 5, 1),
        date(2026, 6, 30),
        61,
        "12.15",
        eur(10_000),
        eur("203.05"),
    )
    assert [(row[0], row[-1]) for row in sheet.totals] == [
        ("Interest", eur("333.70")),
        ("Settled by part payments", eur("203.05")),
        ("Recovery indemnity", eur(40)),
        ("Interest and indemnity", eur("373.70")),
        ("Principal left", eur("6203.05")),
    ]
    assert all(len(row) == len(sheet.columns) for row in (*sheet.rows, *sheet.totals))
    assert "÷ 365" in sheet.formula
    assert sheet.notes == answer.sources
    assert owed("1", "2026-04-30", "2026-04-30").as_sheet().formula == ""


# A payment as typed.

PAYMENT = TypeAdapter(DatedPayment)


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-30=4000",
        " 2026-06-30 = 4 000,00 € ",
        {"date": "2026-06-30", "amount": "4000.00"},
        {"date": date(2026, 6, 30), "amount": 4000},
        DatedPayment(date(2026, 6, 30), eur(4000)),
    ],
)
def test_a_payment_is_read_from_text_and_from_an_object(written):
    assert PAYMENT.validate_python(written) == DatedPayment(date(2026, 6, 30), eur(4000))


@pytest.mark.parametrize("text", ["2026-06-30=4000.00", "2026-06-30=4000.00 USD"])
def test_a_payment_comes_back_from_json_as_it_was(text):
    payment = DatedPayment.parse(text)
    assert str(payment) == text
    assert PAYMENT.validate_json(PAYMENT.dump_json(payment)) == payment
    assert PAYMENT.validate_json(f'{{"date": "{payment.day}", "amount": "{text[11:]}"}}') == payment


@pytest.mark.parametrize(
    "written",
    [
        "",
        "4000",
        "2026-06-30",
        "2026-02-30=4000",
        "30/06/2026=4000",
        "2026-06-30=",
        "2026-06-30=beaucoup",
        "2026-06-30=4000.001",
        {"date": "2026-06-30"},
        {"date": "2026-06-30", "amount": "1", "label": "x"},
        {"date": "2026-06-30", "amount": 1.5},
        4000,
        None,
    ],
)
def test_what_is_not_a_payment(written):
    with pytest.raises(ValidationError) as refusal:
        PAYMENT.validate_python(written)
    assert refusal.value.error_count() == 1


def test_the_schema_of_a_payment_offers_both_forms():
    schema = PAYMENT.json_schema()
    kinds = {form["type"] for form in schema["oneOf"]}
    assert kinds == {"string", "object"}


# What always holds.

cents = st.integers(1, 10**9)
regimes = st.sampled_from(["B2B", "B2G"])
clauses = st.none() | st.decimals(0, 100, places=3)


@st.composite
def periods(draw, count=2):
    """So many days in order."""
    return sorted(draw(st.lists(st.dates(FIRST, LAST), min_size=count, max_size=count)))


def exact(amount, due, paid, regime="B2B", clause=None):
    return penalties(Money(amount), due, paid, regime, shipped(), contract_rate=clause).exact


@given(cents, periods(3), clauses)
def test_two_adjoining_periods_make_the_whole(amount, days, clause):
    first, middle, last = days
    assert exact(amount, first, middle, clause=clause) + exact(amount, middle, last, clause=clause) == exact(
        amount, first, last, clause=clause
    )


@given(cents, cents, periods(), regimes, clauses)
def test_splitting_an_amount_loses_nothing(one, other, days, regime, clause):
    whole = exact(one + other, *days, regime, clause)
    assert exact(one, *days, regime, clause) + exact(other, *days, regime, clause) == whole


@given(cents, periods(), regimes, clauses)
def test_interest_is_never_negative_and_never_shrinks(amount, days, regime, clause):
    due, paid = days
    assert 0 <= exact(amount, due, due, regime, clause) <= exact(amount, due, paid, regime, clause)
    assert exact(amount, due, paid, regime, clause) <= exact(amount + 1, due, paid, regime, clause)


@given(cents, periods(), clauses)
def test_the_sum_is_rounded_by_less_than_a_cent(amount, days, clause):
    answer = penalties(Money(amount), *days, "B2B", shipped(), contract_rate=clause)
    assert abs(answer.interest.cents - answer.exact) <= Fraction(1, 2)


@given(cents, st.dates(FIRST, LAST), st.integers(0, 4000), regimes)
def test_paid_by_the_due_date_costs_nothing(amount, due, early, regime):
    answer = penalties(Money(amount), due, due - timedelta(early), regime, shipped())
    assert (answer.segments, answer.total) == ((), eur(0))


@given(cents, periods(), clauses)
def test_stretches_cover_each_day_once_within_half_years(amount, days, clause):
    due, paid = days
    segments = penalties(Money(amount), due, paid, "B2B", shipped(), contract_rate=clause).segments
    assert sum(segment.days for segment in segments) == (paid - due).days
    assert all(half_year_start(segment.start) == half_year_start(segment.end) for segment in segments)
    assert all(later.start - earlier.end == timedelta(1) for earlier, later in pairwise(segments))


@given(st.integers(10**4, 10**9), periods(), st.data())
def test_payments_are_accounted_for_to_the_cent(amount, days, data):
    """What came in is interest settled plus principal settled, and nothing is lost on the way."""
    due, paid = days
    came = data.draw(st.lists(st.tuples(st.dates(FIRST, paid), st.integers(1, amount // 4)), max_size=4))
    payments = [DatedPayment(when, Money(value)) for when, value in came]
    assume(sum(value for _when, value in came) <= amount)
    answer = penalties(Money(amount), due, paid, "B2B", shipped(), payments=payments)
    received = sum(payment.amount.cents for payment in payments)
    assert received == answer.interest_paid.cents + amount - answer.principal_left.cents
    assert 0 <= answer.interest_paid.cents <= answer.interest.cents
    assert 0 <= answer.principal_left.cents <= amount
    assert abs(answer.interest.cents - answer.exact) <= Fraction(len(payments) + 1, 2)
    assert answer.exact <= penalties(Money(amount), due, paid, "B2B", shipped()).exact
