"""Dates in files: one order for the whole file, and a sentence for what is no date."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables_in import table

from crm.core.errors import Invalid
from crm.core.tabular import DateOrder, DateReader


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


def dates(*texts: str) -> tuple[DateReader, tuple[str, ...]]:
    reading = table("number;day\n" + "".join(f"{n};{text}\n" for n, text in enumerate(texts))).decide(dates=[1])
    return reading.dates, tuple(problem.message for problem in reading.problems)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31",
        "2026/3/31",
        "2026.03.31",
        "20260331",
        "2026-03-31 00:00",
        "2026-03-31T10:20:30Z",
        "2026-03-31 10:20:30.5+02:00",
    ],
)
@pytest.mark.parametrize("order", DateOrder)
def test_iso_dates_are_read_in_any_order(text: str, order: DateOrder) -> None:
    assert DateReader(order).read(text) == date(2026, 3, 31)


def test_the_order_of_the_whole_file_is_decided_by_one_clear_date() -> None:
    reader, warnings = dates("01/02/2026", "31/01/2026")
    assert reader.read("01/02/2026") == date(2026, 2, 1)
    reader, warnings = dates("01/02/2026", "01/31/2026", "2026-05-01")
    assert reader.read("01/02/2026") == date(2026, 1, 2)
    assert reader.read("1-2-2026 12:00:00 AM") == date(2026, 1, 2)
    assert warnings == ()


def test_a_clear_date_beyond_the_sample_decides_too() -> None:
    reader, warnings = dates(*["01/02/2026"] * 3_000, "01/31/2026")
    assert reader.order is DateOrder.MDY
    assert warnings == ()


def test_without_evidence_dates_are_french_and_the_reader_is_told() -> None:
    reader, warnings = dates("01/02/2026", "03.04.2026")
    assert reader.order is DateOrder.DMY
    assert len(warnings) == 1


def test_the_order_with_more_evidence_wins_and_the_others_are_refused() -> None:
    reader, warnings = dates("31/01/2026", "30/01/2026", "01/31/2026")
    assert reader.order is DateOrder.DMY
    assert "day/month/year" in warnings[0]
    with pytest.raises(Invalid, match="does not fit"):
        reader.read("01/31/2026")


def test_an_iso_file_takes_no_other_dates() -> None:
    reader, _warnings = dates("2026-01-31", "2026-02-01")
    with pytest.raises(Invalid):
        reader.read("01/02/2026")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("31/12/0202", "0202"),
        ("0202-12-31", "0202"),
        ("31/12/2626", "2626"),
        ("31/12/26", "two digits"),
        ("31/02/2026", "calendar"),
        ("2026-13-01", "calendar"),
        ("00/01/2026", "calendar"),
        ("31 mars 2026", "not a date"),
        ("31/12-2026", "not a date"),
        ("2026/12/2026", "not a date"),
        ("45000", "not a date"),
        ("٣١/١٢/٢٠٢٦", "not a date"),
        ("", "not a date"),
        ("x" * 100_000, "not a date"),
    ],
)
def test_what_is_no_date_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        DateReader(DateOrder.DMY).read(text)
    assert len(caught.value.message) < 200


def test_a_column_may_have_older_years() -> None:
    assert DateReader(DateOrder.DMY, first_year=1900).read("01/04/1962") == date(1962, 4, 1)


def test_what_is_shown_of_a_file_cannot_steer_a_terminal() -> None:
    with pytest.raises(Invalid) as caught:
        DateReader(DateOrder.DMY).read("\x1b[2J\x1b]0;title\x07\u202e")
    assert caught.value.message.isprintable()
    assert table("num\x1b[2Jber;name\n1;a\n").headings[0].isprintable()


@given(st.text(st.sampled_from("0123456789/-. :T"), max_size=20), st.sampled_from(DateOrder))
def test_any_text_is_a_date_or_refused(text: str, order: DateOrder) -> None:
    with suppress(Invalid):
        assert 1990 <= DateReader(order).read(text).year <= 2100
