"""Formulas in cells: what is one, and what only looks a little like one."""

import pytest

from crm.core.formulas import looks_like_formula


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x")',
        " =A1",
        "@SUM(1+1)",
        "+SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "+Sheet1!A1",
    ],
)
def test_a_formula_is_told(text: str) -> None:
    assert looks_like_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-12,50",
        "+33 (0)6 12 34 56 78",
        "@dupont",
        "- a note (see mail)",
        "=> call back",
        "== end ==",
        "a=b",
        "-",
        "+ 2 invoices!",
        "l'été (fini)",
        "-" + " " * 100_000,
    ],
)
def test_prose_and_numbers_are_no_formulas(text: str) -> None:
    assert not looks_like_formula(text)
