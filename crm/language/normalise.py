"""A sentence as it is read: the same letters without accents and capitals, place by place, and its words.

Every letter stays at its place, so that what is found can be shown in the sentence as it was written.
"""

import re
import unicodedata
from dataclasses import dataclass

_SAME = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-"})  # fmt: skip  # one sign a pair, on one line
_WORD = re.compile(
    r"(?<![\w.,/])\d{4}-\d{1,2}-\d{1,2}(?![\w/-])"  # 2026-12-15
    r"|(?<![\w/])\d{1,2}(?P<sep>[/.-])\d{1,2}(?P=sep)(?:\d{4}|\d{2})(?![\w/-])"  # 15/12/2026
    r"|(?<![\w/])\d{1,2}/\d{1,2}(?![\w/])"  # 15/12
    r"|(?<!\w)\d{1,2} ?(?:h|:)(?: ?[0-5]\d)?(?![\w:])"  # 10h, 14h30, 14:30
    r"|\d+(?=(?:j|jrs?|jours?|sem|semaines?|mois|ans?|days?|weeks?|months?|years?)(?!\w))"  # 10j, 3mois
    r"|\d+(?:ers?|ere|emes?|e|nd|rd|st|th)?(?!\w)"  # 15, 1er, 15th
    r"|(?<=\d)(?:j|jrs?|jours?|sem|semaines?|mois|ans?|days?|weeks?|months?|years?)(?!\w)"
    r"|[^\W\d_]+(?!\w)"
    r"|\w+"
    r"|[^\s\w'-]"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, folded, and where it stands: `[start, end)`."""

    text: str
    start: int
    end: int


def composed(text: str) -> str:
    """The text with letters and accents in one sign each: what places are counted in."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Without accents and capitals, every sign at its place: as long as the composed text."""
    return "".join(_plain(char) for char in composed(text))


def words(text: str) -> tuple[Word, ...]:
    """The words of a sentence in order, numbers and dates in figures whole; apostrophes and hyphens part words."""
    return tuple(Word(found[0], found.start(), found.end()) for found in _WORD.finditer(fold(text)))


def _plain(char: str) -> str:
    if char.isascii():
        return char.lower()
    char = char.translate(_SAME)
    if char.isspace():
        return " "
    base = unicodedata.normalize("NFKD", char)[0].lower()
    return base if len(base) == 1 else char
