"""Bars, gauges and figures in cells."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from crm.core.i18n import use_language
from crm.tui.cells import (
    NB,
    ageing_bar,
    ageing_cells,
    amount,
    between,
    clean,
    fit,
    gauge,
    hung,
    late_style,
    lateness,
    percent,
    sparkline,
    wrapped,
)

WIDTHS = st.integers(20, 60)
PARTS = st.lists(st.integers(0, 10**15), min_size=5, max_size=5)


@given(PARTS, st.integers(5, 300))
def test_a_bar_takes_its_width_and_shows_every_part_that_is_not_zero(parts: list[int], width: int) -> None:
    cells = ageing_cells(parts, width)
    assert sum(cells) == (width if any(parts) else 0)
    assert all((count > 0) == (part > 0) for count, part in zip(cells, parts, strict=True))


@given(PARTS, st.integers(20, 300))
def test_a_larger_part_never_looks_smaller_but_for_the_rounding(parts: list[int], width: int) -> None:
    cells = ageing_cells(parts, width)
    ranked = sorted(zip(parts, cells, strict=True))
    assert all(after[1] >= before[1] - 4 for before, after in pairwise(ranked))


@given(PARTS, st.integers(5, 120))
def test_the_drawn_bar_is_exactly_as_wide(parts: list[int], width: int) -> None:
    assert ageing_bar(parts, width).cell_length == width


def test_the_largest_part_absorbs_the_rounding() -> None:
    assert ageing_cells([1, 1, 1, 1, 1000], 10) == (1, 1, 1, 1, 6)


@given(st.text(max_size=60), st.integers(0, 40), st.booleans())
def test_a_fitted_text_takes_exactly_its_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Girard", 8, "Girard  "),
        ("Transports Girard", 8, "Transpo…"),
        ("株式会社山田", 7, "株式会…"),
        ("株式会社山田", 6, "株式 …"),
        ("a", 0, ""),
    ],
)
def test_names_are_cut_by_cells(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@given(st.text(max_size=80))
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    kept = clean(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in kept)


def test_an_escape_sequence_is_only_text() -> None:
    assert clean("Girard\x1b[31m\u202egnol\nSARL") == "Girard[31mgnol SARL"


def test_zero_is_a_dot() -> None:
    assert (amount(0, "EUR"), amount(1_245_030, "EUR")) == ("·", "12\u00a0450,30\u00a0€")


@pytest.mark.parametrize(
    ("days", "words", "style"),
    [
        (34, "+34\u00a0j", "$late2"),
        (1, "+1\u00a0j", "$late1"),
        (61, "+61\u00a0j", "$late3"),
        (143, "+143\u00a0j", "bold $late4"),
        (-33, "\u221233\u00a0j", "$muted"),
        (0, "0\u00a0j", "$muted"),
        (None, "", "$muted"),
    ],
)
def test_lateness_is_said_by_sign_and_by_colour(days: int | None, words: str, style: str) -> None:
    assert (lateness(days), late_style(days)) == (words, style)


@pytest.mark.parametrize(
    ("part", "whole", "digits", "expected"),
    [
        (245, 1000, 1, "24,5\u00a0%"),
        (75, 100, 0, "75\u00a0%"),
        (1, 1_000_000, 0, "<\u00a01\u00a0%"),
        (0, 10, 0, "0\u00a0%"),
        (5, 0, 0, "0\u00a0%"),
    ],
)
def test_a_share(part: int, whole: int, digits: int, expected: str) -> None:
    assert percent(part, whole, digits) == expected


def test_a_share_in_english() -> None:
    try:
        use_language("en")
        assert percent(245, 1000, 1) == "24.5%"
    finally:
        use_language("fr")


@given(st.floats(-1, 3), st.integers(1, 60))
def test_a_gauge_takes_its_width(share: float, width: int) -> None:
    assert gauge(share, width).cell_length == width


def test_a_trend_is_scaled_to_its_own_range() -> None:
    assert sparkline([54, 71, 88]).plain == "▁▄▇"
    assert sparkline([3, 3]).plain == "▁▁"
    assert sparkline([]).plain == ""


@given(st.text("abc é", max_size=30), st.integers(12, 60))
def test_the_right_end_of_a_line_is_never_cut(left: str, width: int) -> None:
    line = between(Content(left), Content("20 720 €"), width)
    assert line.plain.endswith("20 720 €")
    assert line.cell_length == width


@given(st.lists(st.sampled_from(["12 450,30 €", "le 3 mars", "relance", "à", "échue depuis 34 j"]), min_size=1), WIDTHS)
def test_a_line_never_ends_within_an_amount(words: list[str], width: int) -> None:
    said = " ".join(word.replace(" ", NB) for word in words)
    lines = [line.plain.rstrip(" ") for line in Content(said).wrap(width)]
    assert " ".join(lines) == said, "every break stands where a plain blank stood"
    assert wrapped(said, width) == lines


@given(st.text("ab é", max_size=60), st.integers(20, 50))
def test_what_has_no_room_goes_on_below_the_text(text: str, width: int) -> None:
    first, *others = hung(Content.assemble(("Solde       ", "$muted"), text), 12, width).plain.split("\n")
    assert first.startswith("Solde ")
    assert all(line.startswith(" " * 12) for line in others)
    assert "".join((first[12:] + "".join(line[12:] for line in others)).split()) == "".join(text.split())
    assert all(cell_len(line.rstrip(" ")) <= width for line in (first, *others))
