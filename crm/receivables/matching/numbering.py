"""How a document number may be written: its parts, and every form in which a payer may copy it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from rapidfuzz.distance import OSA

from crm.receivables.matching.writing import folded

PARTS = re.compile(r"[A-Z]+|\d+")
_MIN_SLIP, _PARTS_JOINED = 5, 6
MIN_FORM = 4
"""A shorter form proves nothing."""
_OCR = str.maketrans("OQILSBZ", "0011582")


class Strength(IntEnum):
    """How much a form names one document and no other."""

    BARE_SERIAL = 1
    """`113`, alone among other figures, or a number cut short."""
    SERIAL = 2
    """`FACT 113`, a member of a list or range."""
    BRIEF = 3
    """`F113`, `26-113`, `113/2026`, the customer's order number."""
    SHORT = 4
    """`F26-113`, `2026-0113`."""
    FULL = 5
    """The whole number, whatever its signs and zeros."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """A number taken apart: `F2026-0113` → letters F, year 2026, serial 0113."""

    letters: str
    middle: str
    """Groups of digits that are neither year nor serial."""
    year: str
    """As written: four digits, two or none."""
    serial: str
    digits: str
    whole: str
    """Letters and digits without signs."""


def take_apart(number: str, issued: date) -> Numbering:
    """The parts of a document number; the issue date tells which figures are the year."""
    parts = PARTS.findall(folded(number))
    letters = "".join(part for part in parts if part.isalpha())
    groups = [part for part in parts if part.isdigit()]
    year, serial, middle = _year_and_serial(groups, issued)
    return Numbering(letters, "".join(middle), year, serial, "".join(groups), "".join(parts))


def _year_and_serial(groups: list[str], issued: date) -> tuple[str, str, list[str]]:
    if not groups:
        return "", "", []
    if len(groups) == 1:
        return _one_group(groups[0], issued)
    year = f"{issued.year:04}"
    for written in (year, year[2:]):
        if written in groups[:-1]:
            place = groups.index(written)
            return written, groups[-1], groups[:place] + groups[place + 1 : -1]
    if groups[-1] in (year, year[2:]):
        return groups[-1], groups[-2], groups[:-2]
    if groups[0].startswith(year):
        return year, groups[-1], [groups[0][4:], *groups[1:-1]]
    return "", groups[-1], groups[:-1]


def _one_group(group: str, issued: date) -> tuple[str, str, list[str]]:
    year, month = f"{issued.year:04}", f"{issued.month:02}"
    for written, longest in ((year, 20), (year[2:], 8)):
        if len(group) - len(written) > 2 and len(group) <= longest and group.startswith(written):
            rest = group[len(written) :]
            if rest.startswith(month) and len(rest) > 4:
                return written, rest[2:], [month]
            return written, rest, []
    return "", group, []


def forms(parts: Numbering) -> dict[str, Strength]:
    """Every form of a number that can be looked up, without signs, each with the strength of its strongest reading."""
    found: dict[str, Strength] = {}
    short = parts.serial.lstrip("0") or parts.serial
    year = parts.year[-2:]

    def add(form: str, strength: Strength) -> None:
        if len(form) >= MIN_FORM and found.get(form, 0) < strength:
            found[form] = strength

    named = bool(parts.letters) or len(parts.digits) > 6
    add(parts.whole, Strength.FULL if named and len(parts.whole) > 4 else Strength.BRIEF)
    if parts.letters and parts.year and parts.serial:
        add(f"{parts.letters}{parts.year}{parts.middle}{short}", Strength.FULL)
    for serial in dict.fromkeys((parts.serial, short)):
        if parts.year:
            for written in (f"20{year}", year):
                add(
                    f"{parts.letters}{written}{parts.middle}{serial}",
                    Strength.SHORT if parts.letters else Strength.BRIEF,
                )
                bare = f"{written}{parts.middle}{serial}"
                add(bare, Strength.SHORT if len(bare) > 6 else Strength.BRIEF)
                if len(serial) + len(written) > 5:
                    add(f"{parts.letters}{serial}{written}", Strength.BRIEF)
                    add(f"{serial}{written}", Strength.BRIEF)
        if parts.letters:
            add(f"{parts.letters}{serial}", Strength.BRIEF)
    if len(parts.digits) > 4:
        add(parts.digits, Strength.SHORT if len(parts.digits) > 6 else Strength.BRIEF)
    return found


def misread(text: str) -> str:
    """Letters that eyes and scanners take for figures, made figures: `F2O26O113` → `F20260113`."""
    return text.translate(_OCR)


def one_slip_away(parts: Numbering, words: Sequence[str]) -> bool:
    """Whether following words or figures are this number but for one wrong, missing or exchanged character.

    The whole number, or its figures where they are many: short ones are near too many others.
    """
    wanted = [form for form in dict.fromkeys((parts.whole, parts.digits)) if len(form) >= _MIN_SLIP]
    for first in range(len(words)):
        joined = ""
        for word in words[first : first + _PARTS_JOINED]:
            joined += word
            for form in wanted:
                if abs(len(joined) - len(form)) < 2 and OSA.distance(joined, form, score_cutoff=1) == 1:
                    return True
    return False


def creditor_reference(text: str) -> str:
    """What an ISO 11649 reference carries, empty when its check digits do not hold: `RF18 F2026 0113` → `F20260113`."""
    body = "".join(PARTS.findall(folded(text)))
    if not re.fullmatch(r"RF\d{2}[A-Z0-9]{1,21}", body):
        return ""
    figures = "".join(str(int(char, 36)) for char in body[4:] + body[:4])
    return body[4:].lstrip("0") if int(figures) % 97 == 1 else ""
