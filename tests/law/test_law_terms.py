"""From what was agreed to the day an invoice is due."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.i18n import use_language
from crm.law.series import shipped
from crm.law.terms import (
    EndOfMonth,
    PaymentTerms,
    beyond_legal_maximum,
    computed,
    due_date,
    latest_lawful,
)

COLUMNS = ("30", "60", "45 EOM A", "45 EOM B", "45")
TABLE = {
    "2026-01-15": ("2026-02-14", "2026-03-16", "2026-03-31", "2026-03-17", "2026-03-01"),
    "2026-03-10": ("2026-04-09", "2026-05-09", "2026-04-30", "2026-05-15", "2026-04-24"),
    "2026-02-28": ("2026-03-30", "2026-04-29", "2026-04-30", "2026-04-14", "2026-04-14"),
    "2025-12-31": ("2026-01-30", "2026-03-01", "2026-02-28", "2026-02-14", "2026-02-14"),
    "2026-08-17": ("2026-09-16", "2026-10-16", "2026-10-31", "2026-10-15", "2026-10-01"),
    "2024-01-16": ("2024-02-15", "2024-03-16", "2024-03-31", "2024-03-16", "2024-03-01"),
}
VECTORS = [(issued, terms, due) for issued, dues in TABLE.items() for terms, due in zip(COLUMNS, dues, strict=True)]

days = st.integers(0, 365)
any_terms = st.builds(PaymentTerms, days, st.sampled_from([None, *EndOfMonth]))
any_day = st.dates(date(1900, 1, 1), date(2200, 12, 31))


def terms(text):
    return PaymentTerms.parse(text)


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("fr")


@pytest.mark.parametrize(("issued", "agreed", "due"), VECTORS)
def test_the_vectors_of_the_law(issued, agreed, due):
    assert due_date(date.fromisoformat(issued), terms(agreed)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("30", "30"),
        (" 030 ", "30"),
        ("30 jours", "30"),
        ("30j", "30"),
        ("30 days", "30"),
        ("30 jours nets", "30"),
        ("30 jours date de facture", "30"),
        ("0", "0"),
        ("comptant", "0"),
        ("Comptant", "0"),
        ("cash", "0"),
        ("365", "365"),
        ("45 EOM A", "45 EOM A"),
        ("45 eom b", "45 EOM B"),
        ("45eom a", "45 EOM A"),
        ("45 FDM A", "45 EOM A"),
        ("45 jours fin de mois A", "45 EOM A"),
        ("45 jours fin de mois, méthode B", "45 EOM B"),
        ("45\u00a0jours fin\u202fde mois (méthode A)", "45 EOM A"),
        ("45 days end of month method B", "45 EOM B"),
        ("0 EOM A", "0 EOM A"),
    ],
)
def test_what_people_and_files_write(text, plain):
    assert str(terms(text)) == plain


@pytest.mark.parametrize("text", ["45 EOM", "45 FDM", "45 jours fin de mois", "45 days end of month"])
def test_an_end_of_month_says_by_which_method(text):
    with pytest.raises(Invalid) as refusal:
        terms(text)
    assert "A adds the days, then goes to the end of the month" in refusal.value.message
    assert "B goes to the end of the invoice's month, then adds the days" in refusal.value.message
    assert refusal.value.next_step == "Write which one the contract means: 45 EOM A or 45 EOM B."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "net",
        "-30",
        "30.5",
        "trente",
        "45 EOM C",
        "EOM A",
        "fin de mois",
        "45 EOM A 10",
        "٣٠",
        "30 B",
        "1e2",
        "9" * 5000,
    ],
)
def test_what_is_not_a_term(text):
    with pytest.raises(Invalid, match="is not a payment term"):
        terms(text)


@pytest.mark.parametrize("text", ["366", "999999999", "366 EOM B"])
def test_no_term_is_longer_than_a_year(text):
    with pytest.raises(Invalid, match="between 0 and 365 days"):
        terms(text)


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_no_invoice_is_that_old_or_that_far(year):
    with pytest.raises(Invalid, match=f"The year {year} cannot be meant"):
        due_date(date(year, 12, 31), terms("45 EOM B"))


def test_the_ends_of_the_years_that_are_understood():
    assert due_date(date(1900, 1, 1), terms("0")) == date(1900, 1, 1)
    assert due_date(date(2200, 12, 31), terms("365 EOM A")) == date(2201, 12, 31)


@given(any_terms)
def test_terms_are_read_as_they_are_written(agreed):
    assert PaymentTerms.parse(str(agreed)) == agreed


@given(any_day, any_day, any_terms)
def test_a_later_invoice_is_never_due_earlier(first, second, agreed):
    early, late = sorted((first, second))
    assert due_date(early, agreed) <= due_date(late, agreed)


@given(any_day, any_terms)
def test_nothing_is_due_before_its_days_have_passed(issued, agreed):
    assert timedelta(agreed.days) <= due_date(issued, agreed) - issued <= timedelta(agreed.days + 30)


@given(any_day, days)
def test_method_a_ends_with_a_month(issued, count):
    due = due_date(issued, PaymentTerms(count, EndOfMonth.A))
    assert due.day == monthrange(due.year, due.month)[1]


@given(any_day, days)
def test_method_b_is_the_same_for_a_whole_month(issued, count):
    agreed = PaymentTerms(count, EndOfMonth.B)
    assert due_date(issued, agreed) == due_date(issued.replace(day=1), agreed)


@pytest.mark.parametrize(
    ("agreed", "regime", "too_long"),
    [
        ("60", "B2B", False),
        ("61", "B2B", True),
        ("45 EOM A", "B2B", False),
        ("45 EOM B", "B2B", False),
        ("60 EOM A", "B2B", True),
        ("60 EOM B", "B2B", True),
        ("365", "B2C", False),
        ("30", "B2G", False),
        ("31", "B2G", True),
        ("45 EOM A", "B2G", True),
    ],
)
def test_the_longest_terms_of_the_law(agreed, regime, too_long):
    assert beyond_legal_maximum(date(2026, 1, 15), terms(agreed), regime, shipped()) is too_long


@given(st.dates(date(2009, 1, 1), date(2200, 12, 31)), st.integers(0, 45), st.sampled_from(EndOfMonth))
def test_45_days_end_of_month_is_lawful_even_past_60_days(issued, count, method):
    assert not beyond_legal_maximum(issued, PaymentTerms(count, method), "B2B", shipped())


def test_before_the_law_set_a_limit_there_was_none():
    assert latest_lawful(date(2008, 12, 31), terms("90"), "B2B", shipped()) is None


def test_the_answer_is_the_contract_s():
    answer = computed(date(2026, 1, 15), terms("45 EOM A"), shipped())
    assert answer.as_json() == {"due_date": "2026-03-31"}
    sheet = answer.as_sheet()
    assert sheet.rows == ((date(2026, 1, 15), "45 days end of month, method A", date(2026, 3, 31)),)
    assert sheet.notes == ()


def test_a_term_that_is_too_long_is_computed_with_a_warning():
    answer = computed(date(2026, 1, 15), terms("90"), shipped())
    assert answer.as_json() == {"due_date": "2026-04-15"}
    (warning,) = answer.as_sheet().notes
    assert "60 days from the invoice date, or 45 days end of month" in warning


def test_terms_in_words():
    assert [terms(text).shown() for text in ("0", "1", "30", "45 EOM B")] == [
        "the same day",
        "1 day",
        "30 days",
        "45 days end of month, method B",
    ]
