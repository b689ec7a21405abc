"""Amounts in files: the decimal sign is decided once for the whole file, then every cell is read by it. Never a float.

`1.234` alone is twelve hundred or one and a bit: without other evidence in the file it is refused, not guessed.
"""

import re
from collections.abc import Iterable
from typing import Literal

from crm.core.errors import Invalid
from crm.core.i18n import _, plural
from crm.core.money import MAX_CENTS
from crm.core.problems import excerpt

DecimalSign = Literal[",", "."]

_OTHER: dict[str, DecimalSign] = {",": ".", ".": ","}
_SPACES = " \u00a0\u202f\u2009'\u2019"
_GROUPS = str.maketrans("", "", _SPACES + ".,")
_MINUS = "-\u2212"
_SIGN = "[+\\-\u2212]"
_FAST_DIGITS = len(str(MAX_CENTS)) - 1

_LOOSE = re.compile(rf"€?\s?{_SIGN}?\s?€?\s?([0-9{_SPACES}.,]+?)\s?€?")
_TYPED = re.compile(r"-?[0-9]+(?:\.[0-9]{2}|\.[0-9]{4,})?")
"""A number cell of a workbook, as the reader of workbooks writes it: never three decimals, so never in doubt."""


def _pattern(decimal: DecimalSign) -> re.Pattern[str]:
    other = re.escape(_OTHER[decimal])
    whole = rf"[0-9]+|[0-9]{{1,3}}(?:(?P<group>[{_SPACES}]|{other})[0-9]{{3}})(?:(?P=group)[0-9]{{3}})*"
    return re.compile(rf"(?:€\s?)?({_SIGN}?)\s?(?:€\s?)?({whole})?(?:{re.escape(decimal)}([0-9]+))?(?:\s?€)?")


_PATTERNS: dict[DecimalSign, re.Pattern[str]] = {",": _pattern(","), ".": _pattern(".")}


def sign_of(text: str) -> DecimalSign | Literal["?"] | None:
    """What one amount says about the decimal sign: it, `?` when it could be either, None when it says nothing."""
    found = _LOOSE.fullmatch(text.strip()) if "," in text or "." in text else None
    if found is None:
        return None
    body = found[1]
    last: DecimalSign = "," if body.rfind(",") > body.rfind(".") else "."
    other = _OTHER[last]
    if body.count(last) > 1:
        return None if other in body else other
    if other in body:
        return last
    whole, _sign, part = body.partition(last)
    if len(part) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return last
    return "?"


class SignTally:
    """What the amounts of a file say about the decimal sign."""

    def __init__(self, *, typed: bool = False) -> None:
        self._typed = typed
        self._counts: dict[str | None, int] = {",": 0, ".": 0, "?": 0, None: 0}

    def add(self, texts: Iterable[str]) -> None:
        """Take cells into account."""
        for text in texts:
            if ("," in text or "." in text) and not (self._typed and _TYPED.fullmatch(text)):
                self._counts[sign_of(text)] += 1

    @property
    def decisive(self) -> bool:
        """Whether all evidence so far is for one sign."""
        return bool(self._counts[","]) != bool(self._counts["."])

    @property
    def decimal(self) -> DecimalSign | None:
        """The sign with more evidence, the comma when there is as much for both; None without any."""
        commas, points = self._counts[","], self._counts["."]
        if not commas and not points:
            return None
        return "." if points > commas else ","

    def warnings(self) -> list[str]:
        """What the reader should know about the decision."""
        commas, points = self._counts[","], self._counts["."]
        if not commas or not points:
            return []
        kept, others = (_("the point"), commas) if points > commas else (_("the comma"), points)
        return [
            _(
                "Amounts are written with a comma and with a point. The decimal sign is taken to be {sign}, as in most."
            ).format(sign=kept)
            + " "
            + plural("{count} amount does not fit.", "{count} amounts do not fit.", others)
        ]


class AmountReader:
    """Reads the amounts of one file.

    `decimal` is None when the file has shown no decimal sign. `typed` tables (workbooks) have number cells, which are
    read whatever the sign of the amounts kept as text.
    """

    __slots__ = ("_fast", "_typed", "decimal")

    def __init__(self, decimal: DecimalSign | None, *, typed: bool = False) -> None:
        self.decimal = decimal
        self._typed = typed
        self._fast = decimal or "\0"

    def cents(self, text: str, digits: int = 2) -> int:
        """The amount of a cell in minor units; `digits` is how many the currency has.

        Raises:
            Invalid: not an amount, in doubt, more decimals than the currency has, or absurdly large.
        """
        negative = text[:1] == "-"
        whole, decimal, part = text[negative:].partition(self._fast)
        if whole and (not decimal or len(part) == digits > 0):
            plain = whole + (part or "0" * digits)
            if len(plain) <= _FAST_DIGITS and plain.isdigit() and plain.isascii():
                return -int(plain) if negative else int(plain)
        return self._careful(text.strip(), digits)

    def _careful(self, text: str, digits: int) -> int:
        found = _PATTERNS[self._decimal_for(text)].fullmatch(text)
        if found is None or (found[2] is None and found[4] is None) or text.count("€") > 1:
            raise self._refusal(text)
        sign, whole, part = found[1], found[2] or "0", found[4] or ""
        if len(part) > digits:
            part = _cut(text, whole, part, digits)
        plain = whole.translate(_GROUPS) + part.ljust(digits, "0")
        if len(plain.lstrip("0")) > _FAST_DIGITS + 1 or (cents := int(plain)) > MAX_CENTS:
            raise Invalid(_("“{text}” is too large to be true.").format(text=excerpt(text)))
        return -cents if sign and sign in _MINUS else cents

    def _decimal_for(self, text: str) -> DecimalSign:
        if self._typed and _TYPED.fullmatch(text):
            return "."
        if self.decimal is not None:
            return self.decimal
        evidence = sign_of(text)
        if evidence == "?":
            raise Invalid(
                _("“{text}” can be read in two ways: thousands or decimals.").format(text=excerpt(text)),
                next_step=_("Write it with two decimals."),
            )
        return evidence or ","

    def _refusal(self, text: str) -> Invalid:
        shown = excerpt(text)
        if not text:
            return Invalid(_("The amount is missing."))
        if text[-1] in _MINUS and text[:-1].strip():
            return Invalid(_("“{text}”: the minus sign stands before the amount.").format(text=shown))
        if text.startswith("(") and text.endswith(")"):
            told = _("“{text}”: write a negative amount with a minus sign, without brackets.")
            return Invalid(told.format(text=shown))
        if self.decimal is not None and sign_of(text) == _OTHER[self.decimal]:
            named = _("the comma") if self.decimal == "," else _("the point")
            told = _("“{text}” does not fit the file, whose decimal sign is {sign}.")
            return Invalid(told.format(text=shown, sign=named))
        return Invalid(_("“{text}” is not an amount.").format(text=shown))


def _cut(text: str, whole: str, part: str, digits: int) -> str:
    """The decimals without superfluous zeros; three of them could be thousands, so those are not cut."""
    cut = part.rstrip("0").ljust(digits, "0")
    if len(cut) > digits or (len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")):
        raise Invalid(_("“{text}” has more decimals than its currency.").format(text=excerpt(text)))
    return cut
