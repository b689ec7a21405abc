"""Days and periods as people say them, French and English: a grammar that reads what it covers and nothing else. Pure.

What is said is found first and settled after: `le 15` is the next one for a promise and the last one for a payment received, so
`Said.day` and `Said.period` are told the day it is and whether the act lies in the past.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crm.language.date_rules import BASE, RANGES, Rule
from crm.language.meanings import Meant, Resolve, Role, in_figures
from crm.language.normalise import Word, words
from crm.language.numbers import number_at
from crm.language.vocabulary import MONTHS, NAMED_DAYS, UNITS, WEEKDAYS, nearly

_ORDINAL = re.compile(r"(\d{1,2})(?:ers?|ere|e|emes?|st|nd|rd|th)?")
_QUARTER = re.compile(r"[tq]([1-4])")
_HALF = re.compile(r"[sh]([12])")
_WEEK = re.compile(r"[sw](\d{2})")
_COUNTED = {"premier": 1, "1er": 1, "deuxieme": 2, "second": 2, "seconde": 2, "2e": 2, "2eme": 2, "2nd": 2, "troisieme": 3, "3e": 3, "3eme": 3, "3rd": 3, "quatrieme": 4, "4e": 4, "4eme": 4, "4th": 4, "first": 1, "1st": 1, "third": 3, "fourth": 4, "premiere": 1}  # fmt: skip  # read as a table: columns side by side
_WORKING_DAYS = frozenset(
    {(day, kind) for day in ("jour", "jours") for kind in ("ouvre", "ouvres", "ouvrable", "ouvrables")}
    | {(kind, day) for day in ("day", "days") for kind in ("working", "business")}
)
_NOT_DAYS = frozenset(
    [
        "%",
        "€",
        "euro",
        "euros",
        "eur",
        "k",
        "ke",
        "jour",
        "jours",
        "j",
        "semaine",
        "semaines",
        "mois",
        "an",
        "ans",
        "fois",
        "facture",
        "factures",
        "client",
        "clients",
        "relance",
        "relances",
        "kg",
        "h",
        "heure",
        "heures",
        "rue",
        "avenue",
        "bis",
        "personne",
        "personnes",
        "point",
        "points",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "invoice",
        "invoices",
        "plus",
        "premiers",
        "premieres",
        "derniers",
        "dernieres",
        "prochains",
        "prochaines",
    ]
)
"""After a number, these words say that it was no day of the month."""


@dataclass(frozen=True, slots=True)
class Said:
    """A day or a period in a sentence, at `[start, end)`, not settled yet."""

    start: int
    end: int
    kind: Literal["day", "period", "duration"]
    """A duration is a bare length of time (`60 jours`); as days it runs from today on, or back from it."""
    role: Role
    """How it was brought in: `from` (depuis, à partir de), `until` (jusqu’au), `within` (d’ici, sous), `for` (pendant)."""
    resolve: Resolve
    length: int | None = None
    """In days, where a number of days, weeks or months was said: a week is 7, a month 30."""

    def period(self, today: date, *, past: bool = False) -> tuple[date, date]:
        """First and last day, both included.

        Raises:
            ValueError: a day that does not exist, such as 31 February, or one too far away.
        """
        try:
            return self.resolve(today, past)
        except OverflowError:
            raise ValueError("too far away") from None

    def day(self, today: date, *, past: bool = False) -> date:
        """The single day that is meant: the last one of a time limit, else the first.

        Raises:
            ValueError: as `period`.
        """
        first, last = self.period(today, past=past)
        return last if self.role in {"until", "within", "for"} else first


def find_dates(text: str) -> tuple[Said, ...]:
    """Each day and period of a sentence in order, the longest reading at each place."""
    said, found, place = words(text), [], 0
    while place < len(said):
        read = _longest(said, place)
        if read is None:
            place += 1
            continue
        meant, after = read
        found.append(Said(said[place].start, said[after - 1].end, meant.kind, meant.role, meant.resolve, meant.length))
        place = after
    return tuple(found)


def _slot(name: str, said: Sequence[Word], at: int) -> tuple[object, int] | None:
    """The value of a hole of a rule at a word, and the place after it."""
    word = said[at].text
    if name == "n":
        return number_at(said, at)
    if name == "unit":
        pair = word, said[at + 1].text if at + 1 < len(said) else ""
        if pair in _WORKING_DAYS:
            return "workday", at + 2
        return (UNITS[word], at + 1) if word in UNITS else None
    if name == "wd":
        meant = WEEKDAYS.get(word, nearly(word, WEEKDAYS))
        point = at + 1 < len(said) and said[at + 1].text == "." and len(word) <= 4
        return None if meant is None else (meant, at + 1 + point)
    if name == "month":
        meant = MONTHS.get(word, nearly(word, MONTHS))
        point = at + 1 < len(said) and said[at + 1].text == "." and len(word) <= 5
        return None if meant is None else (meant, at + 1 + point)
    if name == "dom":
        found = _ORDINAL.fullmatch(word)
        day = 1 if word in {"premier", "first"} else int(found[1]) if found else None
        if day is None:
            spelt = number_at(said, at)
            return spelt if spelt is not None and 2 <= spelt[0] <= 31 else None
        return (day, at + 1) if 1 <= day <= 31 else None
    if name == "year":
        return (int(word), at + 1) if re.fullmatch(r"(?:19|20)\d\d", word) else None
    if name == "rank":
        return (_COUNTED[word], at + 1) if word in _COUNTED else None
    if name == "figures":
        numeric = in_figures(word)
        return None if numeric is None else (numeric, at + 1)
    if name == "feast":
        for length in (3, 2, 1):
            phrase = " ".join(part.text for part in said[at : at + length])
            if at + length <= len(said) and phrase in NAMED_DAYS:
                return phrase, at + length
        return None
    pattern = {"q": _QUARTER, "h": _HALF, "w": _WEEK}.get(name)
    if pattern is not None:
        found = pattern.fullmatch(word)
        return (int(found[1]), at + 1) if found else None
    return _longest(said, at, only=name)  # {day}, {any}


def _matched(
    rule: Rule, said: Sequence[Word], at: int, element: int, slots: dict[str, object]
) -> list[tuple[dict[str, object], int]]:
    """Every way a rule may be read from a word on: slots and the place after."""
    if element == len(rule.elements):
        return [(slots, at)]
    wanted = rule.elements[element]
    ways = []
    if at < len(said):
        if wanted.slot is not None:
            read = _slot(wanted.slot, said, at)
            if read is not None:
                name = wanted.slot if wanted.slot not in slots else f"{wanted.slot}2"
                ways += _matched(rule, said, read[1], element + 1, {**slots, name: read[0]})
        elif said[at].text in wanted.words:
            ways += _matched(rule, said, at + 1, element + 1, slots)
    if wanted.optional:
        ways += _matched(rule, said, at, element + 1, slots)
    return ways


def _by_first_word(rules: Sequence[Rule]) -> tuple[Mapping[str, tuple[int, ...]], tuple[int, ...]]:
    """The places of the rules that may begin with a word, and of those that may begin with a hole."""
    worded: dict[str, list[int]] = {}
    open_ended = []
    for place, rule in enumerate(rules):
        for element in rule.elements:
            if element.slot is not None:
                open_ended.append(place)
            for word in element.words:
                worded.setdefault(word, []).append(place)
            if not element.optional:
                break
    return {word: tuple(dict.fromkeys(places)) for word, places in worded.items()}, tuple(dict.fromkeys(open_ended))


_ALL = (*BASE, *RANGES)
_WORDED, _OPEN = _by_first_word(_ALL)


def _rules_at(word: str) -> Iterator[tuple[int, Rule]]:
    places = _WORDED.get(word)
    for place in sorted({*places, *_OPEN}) if places else _OPEN:
        yield place, _ALL[place]


def _longest(said: Sequence[Word], at: int, only: str = "") -> tuple[Meant, int] | None:
    """The reading that takes most words at a place; `only` is `day` for single days without a range around them."""
    best: tuple[Meant, int] | None = None
    for place, rule in _rules_at(said[at].text):
        if only and place >= len(BASE):
            break
        for slots, after in _matched(rule, said, at, 0, {}):
            if best is not None and after <= best[1]:
                continue
            meant = rule.build(slots)
            if only == "day" and meant.kind != "day":
                continue
            if _bare_number(rule, said, at, after):
                continue
            best = meant, after
    return best


def _bare_number(rule: Rule, said: Sequence[Word], at: int, after: int) -> bool:
    """Whether `le 15` is followed by what makes it another number: `le 15 % de`, `le 2 rue`."""
    last = rule.elements[-1]
    return last.slot == "dom" and after < len(said) and said[after].text in _NOT_DAYS and after - at <= 3
