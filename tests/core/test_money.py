"""Money: whole minor units, one currency, and not a cent lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from crm.core.errors import Invalid
from crm.core.i18n import use_language
from crm.core.money import MAX_CENTS, Money, eur, known_currency, minor_digits, plain, shown

CENTS = st.integers(-MAX_CENTS, MAX_CENTS)
CURRENCY = st.sampled_from(["EUR", "USD", "JPY", "TND", "XPF"])


@pytest.mark.parametrize(
    ("typed", "money"),
    [
        ("1250.5", Money(125050)),
        ("1 250,50 €", Money(125050)),
        ("1\u00a0250,50\u00a0€", Money(125050)),
        ("1\u202f250,50", Money(125050)),
        ("1.250,50", Money(125050)),
        ("1,250.50", Money(125050)),
        ("1'250.50", Money(125050)),
        ("-12,00", Money(-1200)),
        ("\u221212,00", Money(-1200)),
        ("+12", Money(1200)),
        ("0", Money(0)),
        ("12.", Money(1200)),
        ("800 USD", Money(80000, "USD")),
        ("usd 800", Money(80000, "USD")),
        ("£12.30", Money(1230, "GBP")),
        ("500 JPY", Money(500, "JPY")),
        ("1.234 TND", Money(1234, "TND")),
        ("1,234 JPY", Money(1234, "JPY")),
        ("1.234.567", Money(123456700)),
        ("-1,234,567.89", Money(-123456789)),
        ("0,050", Money(5)),
    ],
)
def test_what_people_type_is_read(typed, money):
    assert Money.parse(typed) == money


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "abc",
        "12,345",
        "1.000",
        "-5,000",
        "1.2.3",
        "12-",
        "--12",
        "1e5",
        "0x10",
        "nan",
        "inf",
        "12 XYZ",
        "12,50 JPY",
        "1.23.456",
        "1,234,56",
        "€",
        "1" * 20,
        "12\n13",
        "٣",
        "½",
        "1_000",
    ],
)
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(Invalid):
        Money.parse(typed)


@given(CENTS, CURRENCY)
def test_what_is_written_is_read_again(cents, currency):
    money = Money(cents, currency)
    assert Money.parse(str(money), currency) == money
    assert Money.of(money.decimal, currency) == money
    assert plain(cents, currency) == str(money)


@given(st.sampled_from(["fr", "en"]), CENTS, CURRENCY)
def test_what_is_shown_is_read_again(language, cents, currency):
    use_language(language)
    assert Money.parse(shown(cents, currency), currency) == Money(cents, currency)


@given(CENTS, CENTS)
def test_adding_and_taking_away_loses_nothing(one, other):
    assert eur_cents(one) + eur_cents(other) - eur_cents(other) == eur_cents(one)
    assert eur_cents(one) + -eur_cents(one) == eur_cents(0)


def eur_cents(cents: int) -> Money:
    return Money(cents)


def test_two_currencies_are_never_added():
    with pytest.raises(ValueError, match="EUR and USD"):
        _ = Money(1) + Money(1, "USD")
    with pytest.raises(ValueError, match="USD and EUR"):
        _ = Money(1, "USD") - Money(1)
    assert Money(1) != Money(1, "USD")


@pytest.mark.parametrize(
    ("amount", "factor", "rounded"),
    [("0.05", "0.1", "0.01"), ("0.04", "0.1", "0.00"), ("-0.05", "0.1", "-0.01"), ("100.00", "0.125", "12.50")],
)
def test_a_product_is_rounded_once_half_up(amount, factor, rounded):
    assert eur(amount).times(Decimal(factor)) == eur(rounded)


@pytest.mark.parametrize(
    ("value", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), (10**14, "EUR"), ("1e999999", "EUR"), ("x", "EUR")]
)
def test_fractions_of_a_cent_and_absurd_amounts_are_refused(value, currency):
    with pytest.raises(Invalid):
        Money.of(value, currency)


def test_the_largest_amount_is_still_one():
    assert Money.of(Decimal(MAX_CENTS).scaleb(-2)).cents == MAX_CENTS


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("XPF", 0), ("TND", 3), ("CHF", 2)])
def test_currencies_have_their_own_decimals(currency, digits):
    assert minor_digits(currency) == digits


def test_currencies_are_those_of_the_standard():
    assert known_currency("EUR")
    assert not known_currency("EURO")
    assert not known_currency("ZZZ")


def test_amounts_are_shown_as_people_write_them():
    use_language("fr")
    assert shown(1245030) == "12\u00a0450,30\u00a0€"
    assert shown(-100) == "\u22121,00\u00a0€"
    assert shown(1234567, whole=True) == "12\u00a0346\u00a0€"
    assert shown(500, "JPY") == "500\u00a0JPY"
    use_language("en")
    assert shown(1245030) == "€12,450.30"
    assert shown(-100, "CHF") == "\u22121.00\u00a0CHF"
    assert shown(-40, whole=True) == "€0"


class Priced(BaseModel):
    """A field of an action."""

    amount: Money


@pytest.mark.parametrize("given", ["12.50", "12,50 €", Decimal("12.50"), Money(1250)])
def test_a_field_takes_texts_and_decimals(given):
    assert Priced(amount=given).amount == Money(1250)


@pytest.mark.parametrize("given", [12.5, True, None, [], "abc", Decimal("0.001")])
def test_a_field_never_takes_a_float(given):
    with pytest.raises(ValidationError):
        Priced(amount=given)


@given(CENTS, CURRENCY)
def test_a_field_comes_back_from_json(cents, currency):
    told = Priced(amount=Money(cents, currency))
    assert Priced.model_validate_json(told.model_dump_json()) == told


def test_only_nothing_is_false():
    assert not Money(0)
    assert Money(-1)
