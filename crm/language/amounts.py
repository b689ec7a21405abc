"""Amounts and hours as people say them, French and English. Pure.

An amount is `sure` with a currency, a `k` or decimals to show it; a bare number is one only where the action wants one.
"""

import re
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Literal

from crm.core.money import EURO, MAX_CENTS, Money, minor_digits
from crm.language.normalise import Word, fold, words
from crm.language.numbers import is_article, number_at

_NUMBER = r"(?:\d{1,3}(?:[ .,'](?=\d{3}(?!\d))\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?![\d])"
_SIGN = r"€|\$|£|euros?(?![a-z])|eur(?![a-z])|e(?![a-z0-9])|balles?(?![a-z])|dollars?(?![a-z])|usd(?![a-z])|gbp(?![a-z])|pounds?(?![a-z])|livres?(?![a-z])|chf(?![a-z])|francs suisses(?![a-z])"
_FIGURES = re.compile(
    rf"(?<![\w.,/-])(?P<before>€|\$|£)? ?(?P<number>{_NUMBER}) ?(?P<kilo>k|m(?=€| ?eur)|mille(?![a-z]))?(?:(?P<sign> ?(?:{_SIGN}))(?: ?(?P<cents>\d{{2}})(?![\d,.]))?)?(?![\w/]|[.,]\d)"
)
_WORD_SIGNS = {"euro": EURO, "euros": EURO, "eur": EURO, "€": EURO, "balles": EURO, "dollar": "USD", "dollars": "USD", "pound": "GBP", "pounds": "GBP", "livre": "GBP", "livres": "GBP"}  # fmt: skip  # read as a table: columns side by side
_CENTS = frozenset({"centime", "centimes", "cent", "cents", "pence", "penny"})
_CODES = {"$": "USD", "usd": "USD", "£": "GBP", "gbp": "GBP", "chf": "CHF"}
_MIN = re.compile(
    r"(?:plus de|plus que|au dessus de|au-dessus de|superieure?s? a|a partir de|au moins|minimum|mini|min|[>≥]=?|depassant|depasse(?:nt)?|excedant"
    r"|more than|over|above|at least|greater than|exceeding|upwards of)[ :]*$"
)
_MAX = re.compile(
    r"(?:moins de|moins que|au dessous de|en dessous de|au-dessous de|en-dessous de|inferieure?s? a|jusqu'?a|au plus|maximum|maxi|max|[<≤]=?|pas plus de"
    r"|less than|under|below|at most|up to|no more than)[ :]*$"
)
_AFTER_MIN = re.compile(r" ?(?:et plus|ou plus|minimum|mini|min\b|au moins|and more|or more|and up|and above|\+)")
_AFTER_MAX = re.compile(r" ?(?:et moins|ou moins|maximum|maxi|max\b|au plus|or less|and less)")
_BETWEEN = re.compile(r"(?:entre|between|(?<!\w)de|from) ?$")
_HOUR = re.compile(
    r"(?<![\w,.])(?:(?P<h>[01]?\d|2[0-3]) ?(?:h|heures?|:)(?: ?(?P<m>[0-5]\d))?(?![\w%])|(?P<h12>1[0-2]|0?[1-9])(?:[:.](?P<m12>[0-5]\d))? ?(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w))"
)
_NOON = re.compile(r"(?<!\w)(?:midi|noon)(?: et demie?| (?P<quarter>et quart))?(?!\w)")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a sentence, at `[start, end)`."""

    start: int
    end: int
    value: Money
    sure: bool
    """Whether a sign or word says that it is money."""
    bound: Literal["", "min", "max"] = ""
    """`plus de 5 000 €` is a least amount, `moins de` a most."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day in a sentence, at `[start, end)`."""

    start: int
    end: int
    value: time


def find_amounts(text: str, currency: str = EURO) -> tuple[Amount, ...]:
    """Each amount of a sentence in order: in figures, with `k`, or in words. What is negative or absurdly large is none."""
    plain = fold(text)
    found = [*_in_figures(plain, currency)]
    found += [amount for amount in _in_words(plain, currency) if not any(_overlap(amount, other) for other in found)]
    found.sort(key=lambda amount: amount.start)
    return tuple(_bounded(plain, found, place) for place in range(len(found)))


def find_hours(text: str) -> tuple[Hour, ...]:
    """Each hour of a sentence in order: `10h`, `14h30`, `midi`, `3pm`."""
    plain = fold(text)
    found = []
    for match in _HOUR.finditer(plain):
        if match["h"] is not None:
            value = time(int(match["h"]), int(match["m"] or 0))
        else:
            value = time(int(match["h12"]) % 12 + (12 if match["half"].startswith("p") else 0), int(match["m12"] or 0))
        found.append(Hour(match.start(), match.end(), value))
    for match in _NOON.finditer(plain):
        minute = 15 if match["quarter"] else 30 if "demi" in match[0] else 0
        found.append(Hour(match.start(), match.end(), time(12, minute)))
    return tuple(sorted(found, key=lambda hour: hour.start))


def _in_figures(plain: str, currency: str) -> list[Amount]:
    found = []
    for match in _FIGURES.finditer(plain):
        sign = (match["sign"] or "").strip() or match["before"] or ""
        code = _CODES.get(sign, _WORD_SIGNS.get(sign, currency))
        value = _decimal(match["number"])
        if value is None:
            continue
        if match["kilo"]:
            value *= 10**6 if match["kilo"] == "m" else 1000
        if match["cents"]:
            if value != int(value):
                continue
            value += Decimal(match["cents"]) / 100
        money = _money(value, code)
        if money is None:
            continue
        sure = bool(sign or match["kilo"]) or any(char in match["number"] for char in " ,.'")
        start = match.start() + (len(match[0]) - len(match[0].lstrip()))
        found.append(Amount(start, match.end() - (len(match[0]) - len(match[0].rstrip())), money, sure))
    return found


def _in_words(plain: str, currency: str) -> list[Amount]:
    said, found, place = words(plain), [], 0
    while place < len(said):
        read = None if said[place].text.isdigit() else number_at(said, place)
        if read is None:
            place += 1
            continue
        whole, after = read
        code = _WORD_SIGNS.get(said[_past_of(said, after)].text) if _past_of(said, after) < len(said) else None
        if code is not None:
            after = _past_of(said, after) + 1
        cents, ends = _cents_after(said, after) if code is not None else (0, after)
        money = _money(Decimal(whole) + Decimal(cents) / 100, code or currency)
        if money is not None and not (code is None and (is_article(said[place].text) or whole < 20)):
            found.append(Amount(said[place].start, said[ends - 1].end, money, code is not None))
        place = ends
    return found


def _past_of(said: tuple[Word, ...], at: int) -> int:
    """The place after `d’` or `de`: un million d’euros."""
    return at + 1 if at < len(said) and said[at].text in {"d", "de"} else at


def _cents_after(said: tuple[Word, ...], at: int) -> tuple[int, int]:
    """Cents that follow the euros: `vingt euros et cinquante centimes`, `vingt euros cinquante`."""
    start = at + 1 if at < len(said) and said[at].text in {"et", "and"} else at
    read = number_at(said, start)
    if read is None or not 0 < read[0] < 100:
        return 0, at
    cents, after = read
    if after < len(said) and said[after].text in _CENTS:
        return cents, after + 1
    return (cents, after) if start == at and after == len(said) else (0, at)


def _decimal(text: str) -> Decimal | None:
    """A number in figures; the last sign before one or two digits is the decimal one, others group thousands."""
    text = text.replace(" ", "").replace("'", "")
    decimals = re.search(r"[.,](\d{1,2})$", text)
    whole = text[: decimals.start()] if decimals else text
    whole = whole.replace(".", "").replace(",", "")
    return Decimal(f"{whole}.{decimals[1]}" if decimals else whole) if whole else None


def _money(value: Decimal, code: str) -> Money | None:
    cents = value.scaleb(minor_digits(code))
    if cents != int(cents) or not 0 < cents <= MAX_CENTS:
        return None
    return Money(int(cents), code)


def _bounded(plain: str, found: list[Amount], place: int) -> Amount:
    amount = found[place]
    before = plain[max(0, amount.start - 30) : amount.start]
    after = plain[amount.end : amount.end + 14]
    bound: Literal["", "min", "max"] = ""
    if _MIN.search(before) or _AFTER_MIN.match(after):
        bound = "min"
    elif _MAX.search(before) or _AFTER_MAX.match(after):
        bound = "max"
    elif place + 1 < len(found) and _range(plain, amount, found[place + 1]):
        bound = "min"
    elif place and _range(plain, found[place - 1], amount):
        bound = "max"
    return Amount(amount.start, amount.end, amount.value, amount.sure, bound)


def _range(plain: str, first: Amount, second: Amount) -> bool:
    """Whether two amounts are the ends of a range: `entre 100 et 500 €`, `de 100 à 200 €`."""
    joined = re.fullmatch(r" ?(?:et|a|and|to|-) ?", plain[first.end : second.start])
    return joined is not None and _BETWEEN.search(plain[max(0, first.start - 10) : first.start]) is not None


def _overlap(one: Amount, other: Amount) -> bool:
    return one.start < other.end and other.start < one.end
