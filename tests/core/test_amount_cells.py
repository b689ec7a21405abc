"""Amounts in files: one decimal sign for the whole file, to the cent, and a sentence for what is no amount."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables_in import table

from crm.core.errors import Invalid
from crm.core.tabular import AmountReader


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


def amounts(*texts: str) -> tuple[AmountReader, tuple[str, ...]]:
    reading = table("number\tamount\n" + "".join(f"{n}\t{text}\n" for n, text in enumerate(texts))).decide(amounts=[1])
    return reading.amounts, tuple(problem.message for problem in reading.problems)


@pytest.mark.parametrize(
    ("decimal", "text", "cents"),
    [
        (".", "1,234.56", 123456),
        (".", "1234.5", 123450),
        (".", "-12.00", -1200),
        (".", "€1,234.56", 123456),
        (".", "-€12", -1200),
        (".", "1'234.56", 123456),
        (".", ".50", 50),
        (".", "12.3400", 1234),
        (".", "1234.560", 123456),
        (",", "1.234,56", 123456),
        (",", "1 234,56", 123456),
        (",", "1\u00a0234,56 €", 123456),
        (",", "1\u202f234\u202f567,5\u00a0€", 123456750),
        (",", "\u2212 12,00", -1200),
        (",", "+12", 1200),
        (",", "-12", -1200),
        (",", "-0,00", 0),
        (",", "1.234", 123400),
        (",", "1.234.567", 123456700),
        (None, "1500", 150000),
        (None, "12,5", 1250),
        (None, "12.50", 1250),
    ],
)
def test_amounts(decimal: str | None, text: str, cents: int) -> None:
    assert AmountReader(decimal).cents(text) == cents  # type: ignore[arg-type]  # one of the kinds a table gives
    assert AmountReader(decimal).cents(f"  {text}\u00a0") == cents  # type: ignore[arg-type]  # one of the kinds a table gives


@pytest.mark.parametrize(
    ("decimal", "text", "words"),
    [
        (".", "1,234.56-", "minus sign"),
        (",", "12-", "minus sign"),
        (",", "(12,00)", "brackets"),
        (",", "1e5", "not an amount"),
        (",", "12,00 EUR", "not an amount"),
        (",", "12 ou 13", "not an amount"),
        (",", "1 23,00", "not an amount"),
        (",", "1 234.567", "does not fit"),
        (",", "1 2 3", "not an amount"),
        (",", "--12", "not an amount"),
        (",", "-", "not an amount"),
        (",", "€", "not an amount"),
        (",", "€12€", "not an amount"),
        (",", "12,", "not an amount"),
        (",", "١٢", "not an amount"),
        (",", "1²", "not an amount"),
        (",", "=1+1", "not an amount"),
        (",", "#REF!", "not an amount"),
        (",", "", "missing"),
        (",", "  ", "missing"),
        (",", "12,345", "more decimals"),
        (".", "12.345", "more decimals"),
        (".", "12.500", "more decimals"),
        (".", "12.5010", "more decimals"),
        (",", "1,234.56", "decimal sign is the comma"),
        (".", "1.234,56", "decimal sign is the point"),
        (None, "1.234", "two ways"),
        (None, "1,234", "two ways"),
        (",", "99999999999999999999,00", "too large"),
        (",", "10 000 000 000 001,00", "too large"),
        (",", "9" * 100_000, "too large"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(decimal: str | None, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        AmountReader(decimal).cents(text)  # type: ignore[arg-type]  # one of the kinds a table gives
    assert len(caught.value.message) < 200


def test_the_currency_decides_how_many_decimals_there_are() -> None:
    assert AmountReader(",").cents("1500", digits=0) == 1500
    assert AmountReader(",").cents("1,234", digits=3) == 1234
    assert AmountReader(".").cents("5,000", digits=0) == 5000
    with pytest.raises(Invalid, match="more decimals"):
        AmountReader(",").cents("1500,5", digits=0)


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["12,50"], ","),
        (["12.50"], "."),
        (["1.234", "12,5"], ","),
        (["1.234", "1,234.56"], "."),
        (["1.234.567"], ","),
        (["1 234.567"], "."),
        (["0.500"], "."),
        (["1234.567"], "."),
        (["1500", "", "12"], None),
        (["1.234", "5,678"], None),
        (["words, and more", "1e5,2"], None),
    ],
)
def test_the_decimal_sign_of_the_whole_file(texts: list[str], decimal: str | None) -> None:
    reader, warnings = amounts(*texts)
    assert reader.decimal == decimal
    assert warnings == ()


def test_a_clear_amount_beyond_the_sample_decides_too() -> None:
    reader, _warnings = amounts(*["1.234"] * 3_000, "12,50")
    assert reader.cents("1.234") == 123400


def test_the_sign_with_more_evidence_wins_and_the_others_are_refused() -> None:
    reader, warnings = amounts("1,50", "2,50", "3.50")
    assert reader.decimal == ","
    assert "1 amount does not fit" in warnings[0]


@given(st.text(max_size=30), st.sampled_from([",", ".", None]), st.sampled_from([0, 2, 3]))
def test_any_text_is_an_amount_or_refused(text: str, decimal: str | None, digits: int) -> None:
    with suppress(Invalid):
        assert isinstance(AmountReader(decimal).cents(text, digits), int)  # type: ignore[arg-type]  # one of the kinds a table gives
