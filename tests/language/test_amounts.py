"""Amounts, numbers and hours as people say them."""

from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.amount_words import amount_in_letters, number_in_letters
from crm.core.money import Money, eur, shown
from crm.language.amounts import find_amounts, find_hours
from crm.language.normalise import words
from crm.language.numbers import number_at


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1 250,50 €", "1250.50"), ("1.250,50", "1250.50"), ("1250.5", "1250.50"), ("1'250.50", "1250.50"), ("5k", "5000"),
        ("2,5 k€", "2500"), ("5K€", "5000"), ("mille deux cents euros", "1200"), ("douze cents euros", "1200"),
        ("trois cent cinquante euros et vingt centimes", "350.20"), ("vingt euros cinquante", "20.50"),
        ("un million d’euros", "1000000"), ("12 mille euros", "12000"), ("1 250€50", "1250.50"), ("430 e", "430"),
        ("10 000,00€", "10000"), ("quatre-vingt-dix-neuf euros", "99"), ("cent balles", "100"), ("above 2,000", "2000"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_an_amount(said: str, value: str) -> None:
    (found,) = find_amounts(said)
    assert (found.value, found.sure) == (eur(value), True)


def test_other_currencies_say_their_name() -> None:
    assert [
        str(amount.value.currency)
        for text in ("£1,250.50", "$500", "500 usd", "20 livres", "80 chf")
        for amount in find_amounts(text)
    ] == ["GBP", "USD", "USD", "GBP", "CHF"]


@pytest.mark.parametrize(
    ("said", "bounds"),
    [
        ("plus de 5 000 €", ["min"]), ("au-dessus de 2000", ["min"]), ("5 000 et plus", ["min"]), ("> 300 €", ["min"]),
        ("≥ 300 €", ["min"]), ("moins de 200 euros", ["max"]), ("at most 50", ["max"]), ("entre 100 et 500 €", ["min", "max"]),
        ("de 100 à 500 €", ["min", "max"]), ("between 5k and 10k", ["min", "max"]), ("430 €", [""]), ("800 € et 20 €", ["", ""]),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_what_bounds_an_amount(said: str, bounds: list[str]) -> None:
    assert [amount.bound for amount in find_amounts(said)] == bounds


@pytest.mark.parametrize(
    "text", ["F2026-0113", "-50 €", "0 €", "un client", "les dix plus vieilles", "15/12/2026", "v1.2.3"]
)
def test_what_is_no_amount(text: str) -> None:
    assert find_amounts(text) == ()


def test_a_bare_number_is_only_perhaps_an_amount() -> None:
    (found,) = find_amounts("430")
    assert (found.value, found.sure) == (eur(430), False)


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("vendredi 10h", time(10)), ("14h30", time(14, 30)), ("14:30", time(14, 30)), ("10 heures 15", time(10, 15)), ("midi", time(12)),
        ("midi et demi", time(12, 30)), ("3pm", time(15)), ("12 am", time(0)), ("9.30am", time(9, 30)),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_an_hour(said: str, hour: time) -> None:
    assert [found.value for found in find_hours(said)] == [hour]


@pytest.mark.parametrize("text", ["25h", "le matin", "h", "10 %"])
def test_what_is_no_hour(text: str) -> None:
    assert find_hours(text) == ()


@given(st.integers(0, 10**9 - 1), st.sampled_from(["fr", "en"]))
def test_a_number_in_letters_is_read_back(number: int, language: str) -> None:
    said = words(number_in_letters(number, "fr" if language == "fr" else "en"))
    assert number_at(said, 0) == (number, len(said))


@given(st.integers(1, 10**8))
def test_an_amount_is_read_back_from_letters_and_from_the_screen(cents: int) -> None:
    amount = Money(cents, "EUR")
    assert [found.value for found in find_amounts(shown(cents))] == [amount]
    spelt = find_amounts(amount_in_letters(amount, "fr"))
    if cents >= 100:
        assert [found.value for found in spelt] == [amount]


@given(st.text(max_size=60))
def test_whatever_is_written_gives_amounts_above_nothing(text: str) -> None:
    for found in find_amounts(text):
        assert found.value.decimal > Decimal(0)
        assert 0 <= found.start < found.end
    find_hours(text)
