"""Amounts in letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.amount_words import amount_in_letters, number_in_letters
from crm.core.money import Money

FRENCH = {
    0: "zéro", 1: "un", 16: "seize", 17: "dix-sept", 20: "vingt", 21: "vingt et un", 22: "vingt-deux",
    31: "trente et un", 60: "soixante", 61: "soixante et un", 70: "soixante-dix", 71: "soixante et onze",
    72: "soixante-douze", 79: "soixante-dix-neuf", 80: "quatre-vingts", 81: "quatre-vingt-un", 90: "quatre-vingt-dix",
    91: "quatre-vingt-onze", 99: "quatre-vingt-dix-neuf", 100: "cent", 101: "cent un", 180: "cent quatre-vingts",
    200: "deux cents", 201: "deux cent un", 280: "deux cent quatre-vingts", 1000: "mille", 1001: "mille un",
    1100: "mille cent", 1980: "mille neuf cent quatre-vingts", 2000: "deux mille", 2200: "deux mille deux cents",
    80_000: "quatre-vingt mille", 200_000: "deux cent mille", 200_080: "deux cent mille quatre-vingts",
    1_000_000: "un million", 2_000_001: "deux millions un", 80_000_000: "quatre-vingts millions",
    200_000_000: "deux cents millions", 1_000_000_000: "un milliard",
}  # fmt: skip  # read as a table: columns side by side
ENGLISH = {
    0: "zero", 13: "thirteen", 21: "twenty-one", 80: "eighty", 100: "one hundred", 101: "one hundred and one",
    1000: "one thousand", 1001: "one thousand and one", 1234: "one thousand two hundred and thirty-four",
    1_000_000: "one million", 2_500_010: "two million five hundred thousand and ten",
}  # fmt: skip  # read as a table: columns side by side


@pytest.mark.parametrize(("number", "words"), FRENCH.items())
def test_numbers_in_french(number, words):
    assert number_in_letters(number, "fr") == words


@pytest.mark.parametrize(("number", "words"), ENGLISH.items())
def test_numbers_in_english(number, words):
    assert number_in_letters(number, "en") == words


@pytest.mark.parametrize(
    ("cents", "currency", "french", "english"),
    [
        (123_050, "EUR", "mille deux cent trente euros et cinquante centimes", "one thousand two hundred and thirty euros and fifty cents"),
        (100, "EUR", "un euro", "one euro"),
        (101, "EUR", "un euro et un centime", "one euro and one cent"),
        (50, "EUR", "cinquante centimes", "fifty cents"),
        (0, "EUR", "zéro euro", "zero euros"),
        (100_000_000, "EUR", "un million d’euros", "one million euros"),
        (200_000_000, "USD", "deux millions de dollars", "two million dollars"),
        (2_100, "GBP", "vingt et une livres", "twenty-one pounds"),
        (1_250, "NOK", "12.50 NOK", "12.50 NOK"),
        (-100, "EUR", "-1.00 EUR", "-1.00 EUR"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_amounts(cents, currency, french, english):
    amount = Money(cents, currency)
    assert (amount_in_letters(amount, "fr"), amount_in_letters(amount, "en")) == (french, english)


@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1), st.sampled_from(["fr", "en"]))
def test_two_numbers_are_never_written_alike(one, other, language):
    same = number_in_letters(one, language) == number_in_letters(other, language)
    assert same == (one == other)
