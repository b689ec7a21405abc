"""Numbers in words, French and English: `mille deux cents`, `quatre-vingt-dix`, `twelve hundred`. Pure."""

from collections.abc import Sequence

from crm.language.normalise import Word

_UNITS = {
    "zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip  # read as a table: columns side by side
_TENS = {
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
    "octante": 80, "nonante": 90,
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip  # read as a table: columns side by side
_HUNDREDS = frozenset({"cent", "cents", "hundred"})
_SCALES = {"mille": 1000, "mil": 1000, "milles": 1000, "thousand": 1000, "million": 10**6, "millions": 10**6}
_JOINS = frozenset({"et", "and"})
_ARTICLES = frozenset({"un", "une", "one", "a"})
MOST = 10**9
"""No larger number is read from words."""


def number_at(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """The whole number that begins at a word, and the place after it; None where none begins.

    Figures are read as they are (`15`); words as far as they make one number: `deux cents` is 200 and `cent deux` 102.
    """
    if at >= len(words):
        return None
    if words[at].text.isdigit():
        return (int(words[at].text), at + 1) if len(words[at].text) <= 9 else None
    total, group, place, read = 0, 0, at, False
    while place < len(words):
        word = words[place].text
        if word in _JOINS and read and place + 1 < len(words) and _goes_on(words[place + 1].text, total, group):
            place += 1
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            if total % (scale * 1000) or (scale > 1000 and not group):
                break
            total, group = total + (group or 1) * scale, 0
        elif word in _HUNDREDS:
            if group >= 100 or (group == 0 and word in {"cents", "hundred"}):
                break
            group = (group or 1) * 100
        elif word in _TENS:
            if group % 100 == 4 and word in {"vingt", "vingts"}:
                group = group - 4 + 80  # quatre-vingts
            elif group % 100:
                break
            else:
                group += _TENS[word]
        elif word in _UNITS:
            if not _fits(_UNITS[word], group):
                break
            group += _UNITS[word]
        else:
            break
        read, place = True, place + 1
    return (total + group, place) if read and total + group < MOST else None


def _fits(unit: int, group: int) -> bool:
    """Whether a unit may follow what was read: after a ten, or ten to nineteen after sixty and eighty."""
    last = group % 100
    if last == 0:
        return True
    if last < 20 and last != 10:
        return False
    if last == 10:
        return 7 <= unit <= 9  # dix-sept
    if last % 10:
        return last in {70, 90} and 7 <= unit <= 9
    return 1 <= unit <= 9 or (last in {60, 80} and 10 <= unit <= 19)


def _goes_on(word: str, total: int, group: int) -> bool:
    """Whether a number goes on after `et`: vingt et un, soixante et onze, two hundred and ten."""
    unit = _UNITS.get(word)
    if group % 100 == 0 and (group or total):
        return word in _TENS or unit is not None
    return unit in {1, 11} and group % 100 >= 20


def is_article(word: str) -> bool:
    """Whether a word is a number only by chance: `un`, `une`."""
    return word in _ARTICLES
