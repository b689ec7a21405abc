"""The days people type to look back."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import CrmError, Invalid, Refused
from crm.core.i18n import use_language
from crm.tui.days import dated, day_of_week, past_day

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("31/03/2026", date(2026, 3, 31)),
        ("31.3.26", date(2026, 3, 31)),
        ("31/3", date(2026, 3, 31)),
        ("2026-03-31", date(2026, 3, 31)),
        ("31 mars 2026", date(2026, 3, 31)),
        ("31 MARS", date(2026, 3, 31)),
        ("1er août", date(2026, 8, 1)),
        ("1er aout 2025", date(2025, 8, 1)),
        ("31 déc.", date(2025, 12, 31)),
        ("25/11", date(2025, 11, 25)),
        ("fin mars", date(2026, 3, 31)),
        ("fin février 2024", date(2024, 2, 29)),
        ("novembre 2025", date(2025, 11, 30)),
        ("hier", date(2026, 11, 23)),
        ("aujourd'hui", TODAY),
        ("aujourd\u2019hui", TODAY),
        ("  ", TODAY),
    ],
)
def test_a_day_as_people_write_it(typed: str, expected: date) -> None:
    assert past_day(typed, TODAY) == expected


@pytest.mark.parametrize("typed", ["demain soir", "31/02/2026", "32 mars", "jui", "0/0", "29 février 2025", "[b]"])
def test_what_is_no_day_is_told_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid) as told:
        past_day(typed, TODAY)
    assert "31/03/2026" in told.value.next_step


def test_a_day_to_come_is_refused() -> None:
    with pytest.raises(Refused):
        past_day("25/11/2026", TODAY)


@given(st.text(max_size=20))
def test_whatever_is_typed_gives_a_past_day_or_a_sentence(typed: str) -> None:
    with suppress(CrmError):
        assert past_day(typed, TODAY) <= TODAY


def test_english_days() -> None:
    try:
        use_language("en")
        assert past_day("31 March", TODAY) == date(2026, 3, 31)
        assert past_day("end of February 2024", TODAY) == date(2024, 2, 29)
        assert day_of_week(TODAY) == "Tue 24 Nov"
    finally:
        use_language("fr")


def test_the_top_line_and_titles() -> None:
    assert (day_of_week(TODAY), dated(TODAY)) == ("mar. 24 nov.", "24 nov. 2026")
