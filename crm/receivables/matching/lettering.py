"""Matching codes (codes de lettrage): A…Z, AA…ZZ, AAA…; capitals when the group is settled in full, small letters else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crm.core.errors import Invalid
from crm.core.i18n import _

FIRST = 27
"""The product writes codes of two letters and more: AA is the first."""
_LETTERS = 26
_CODE = re.compile(r"[A-Z]+")


def code_of(number: int) -> str:
    """The code of a position, counted from 1: 1 → A, 26 → Z, 27 → AA, 703 → AAA."""
    if number < 1:
        raise ValueError("codes are counted from 1")
    letters = ""
    while number:
        number, place = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + place) + letters
    return letters


def number_of(code: str) -> int:
    """The position of a code, in whatever letters: `aa` → 27.

    Raises:
        Invalid: something other than letters.
    """
    if not _CODE.fullmatch(code.upper()):
        raise Invalid(_("“{code}” is not a matching code.").format(code=code))
    number = 0
    for char in code.upper():
        number = number * _LETTERS + ord(char) - ord("A") + 1
    return number


def shown_code(code: str, *, full: bool) -> str:
    """The code as it is written: capitals for a group that balances, small letters for a partial one."""
    return code.upper() if full else code.lower()


def next_code(used: Iterable[str]) -> str:
    """The first code after all those used in this account this year, undone ones included: a code is never used twice."""
    highest = max((number_of(code) for code in used if code), default=0)
    return code_of(max(highest + 1, FIRST))


def balanced(cents: Iterable[int]) -> bool:
    """Whether a group's lines add up to zero: debits positive, credits negative."""
    return sum(cents) == 0
