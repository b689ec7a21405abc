"""Names of customers as banks show them: which customers a text may name, and how surely."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import log

from rapidfuzz.distance import OSA

from crm.receivables.matching.numbering import PARTS
from crm.receivables.matching.vocabulary import (
    BANK_WORDS,
    COURTESY,
    FIRST_NAMES,
    LEGAL_FORMS,
    LINK_WORDS,
    SAME_WORDS,
    TRADE_WORDS,
)
from crm.receivables.matching.writing import folded

_COMMON = 400
"""A word that more names bear is not looked up, only counted."""
_SHORT_LIST = 14
_TRADE_SHARE, _GIVEN_SHARE = 0.35, 0.4
_MIN_FUZZY = 5
_MIN_PREFIX = 3
_MIN_GLUED = 8
_INITIALS = 3
_CUT_MIN, _CUT_SURE = 8, 15


@dataclass(frozen=True, slots=True)
class NameGuess:
    """A customer whose name fits a text; 1 when it is the very name."""

    customer_id: int
    fit: float


@dataclass(frozen=True, slots=True)
class _Name:
    customer_id: int
    words: tuple[str, ...]
    weight: float
    """Share of a full name: an acronym made by us counts for less than a name that was given."""


def name_words(text: str) -> tuple[str, ...]:
    """The words that tell a name from others, abbreviations written out: `Ets. Dupont & Fils SARL` → DUPONT, FILS."""
    words = [SAME_WORDS.get(word, word) for word in _words(text) if word not in LEGAL_FORMS]
    telling = tuple(word for word in words if word not in LINK_WORDS and word not in COURTESY)
    return telling or tuple(words) or tuple(_words(text))


_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}[A-Z]?\b|\b(?:[A-Z]\.){2,}")
"""Initials with dots: `C.G.E.B.` is one word."""


def _words(text: str) -> list[str]:
    """Words and figures; STE is a company at the head of a name, a saint inside it."""
    plain = _DOTTED.sub(lambda found: found.group().replace(".", ""), folded(text).replace("'", " "))
    words = PARTS.findall(plain)
    first = words[1:] if len(words) > 1 and words[0] == "STE" else words
    return ["SAINTE" if word == "STE" else word for word in first]


class NameIndex:
    """The names and aliases of all customers, by word, by beginning and by spelling."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._names: list[_Name] = []
        self._bearers: dict[str, list[int]] = defaultdict(list)
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._cache: dict[tuple[str, bool], tuple[NameGuess, ...]] = {}
        for customer_id, text in names:
            self._add(customer_id, text)
        self._arrange()

    def add(self, customer_id: int, text: str) -> None:
        """One more name, learnt."""
        self._add(customer_id, text)
        self._arrange()

    def _add(self, customer_id: int, text: str) -> None:
        words = name_words(text)
        if not words:
            return
        self._keep(_Name(customer_id, words, 1.0))
        self._whole[folded(text)].append(customer_id)
        glued = _glued(_words(text))
        if glued != words:
            self._keep(_Name(customer_id, glued, 1.0))
        for initials in dict.fromkeys((_initials(words), _initials(_named_company(text)))):
            if len(initials) >= _INITIALS:
                self._keep(_Name(customer_id, (initials,), 0.75))

    def _keep(self, name: _Name) -> None:
        place = len(self._names)
        self._names.append(name)
        for word in dict.fromkeys(name.words):
            self._bearers[word].append(place)

    def _arrange(self) -> None:
        count = len(self._names) + 1
        self._telling = {
            word: self._weight(word, log(1 + count / len(bearers))) for word, bearers in self._bearers.items()
        }
        self._strange = log(1 + count)
        self._sorted = sorted(self._bearers)
        self._starts = sorted(self._whole)
        self._widths = [1 + 0.2 * len(name.words) for name in self._names]
        self._spellings: dict[str, list[str]] = defaultdict(list)
        for known in self._sorted:
            if len(known) >= _MIN_FUZZY:
                for form in _with_one_left_out(known):
                    self._spellings[form].append(known)
        self._cache.clear()

    def _weight(self, word: str, telling: float) -> float:
        return telling * _share(word)

    def guesses(self, text: str, *, alone: bool) -> tuple[NameGuess, ...]:
        """The customers that a text may name, best first; `alone` when the text is a name and nothing else."""
        key = (
            text if alone else " ".join(word for word in _words(text) if word.isalpha() and word not in BANK_WORDS),
            alone,
        )
        known = self._cache.get(key)
        if known is None:
            known = self._cache[key] = self._guesses(key[0], alone)
        return known

    def _guesses(self, text: str, alone: bool) -> tuple[NameGuess, ...]:
        best: dict[int, float] = {}
        for customer_id in self._begun(text) if alone else ():
            best[customer_id] = 0.97
        words = self._query(text, alone)
        for place in self._short_list(words):
            name = self._names[place]
            fit = self._fit(name, words, alone)
            if fit > best.get(name.customer_id, 0.0):
                best[name.customer_id] = fit
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:8]
        return tuple(NameGuess(customer_id, round(fit, 4)) for customer_id, fit in ranked if fit >= 0.3)

    def _begun(self, text: str) -> list[int]:
        """Customers whose whole name this is, or begins with it where the bank cut the name."""
        start = folded(text)
        if start in self._whole:
            return self._whole[start]
        if len(start) < _CUT_MIN or not name_words(start):
            return []
        found: list[int] = []
        for whole in self._starts[bisect_left(self._starts, start) :]:
            if not whole.startswith(start) or len(found) > 20:
                break
            if len(start) >= _CUT_SURE or whole[len(start)] == " ":
                found.extend(self._whole[whole])
        return found

    def _query(self, text: str, alone: bool) -> dict[str, tuple[tuple[str, float], ...]]:
        """Each word of the text with the known words it may be, and how well it fits each."""
        words = [SAME_WORDS.get(word, word) for word in _words(text)]
        telling = [word for word in words if word not in LINK_WORDS and word not in COURTESY]
        if alone:
            telling = [word for word in telling if word not in LEGAL_FORMS] or telling
        query: dict[str, tuple[tuple[str, float], ...]] = {}
        for place, word in enumerate(telling):
            query[word] = self._readings(word, last=place == len(telling) - 1)
            following = word + telling[place + 1] if place + 1 < len(telling) else ""
            if following in self._bearers:
                query[following] = ((following, 0.97),)
        return query

    def _readings(self, word: str, *, last: bool) -> tuple[tuple[str, float], ...]:
        if word in self._bearers:
            exact = ((word, 1.0),)
            return (
                exact
                if not last or len(word) < 4
                else exact + tuple((longer, 0.8) for longer in self._beginning_with(word, 6) if longer != word)
            )
        if not word.isalpha():
            return ()
        found = (
            [(longer, 0.92 if len(word) > 4 else 0.8) for longer in self._beginning_with(word, 12)]
            if len(word) >= _MIN_PREFIX
            else []
        )
        if len(word) >= _MIN_FUZZY:
            found.extend(self._spelt_like(word))
            if len(word) >= _MIN_GLUED:
                found.extend((piece, 0.95) for piece in self._unglued(word))
        return tuple(found)

    def _beginning_with(self, word: str, most: int) -> list[str]:
        place = bisect_left(self._sorted, word)
        found = []
        for known in self._sorted[place : place + most]:
            if not known.startswith(word):
                break
            found.append(known)
        return found

    def _spelt_like(self, word: str) -> list[tuple[str, float]]:
        """Known words one slip away, two for a long word."""
        close: dict[str, float] = {}
        for form in _with_one_left_out(word):
            for known in self._spellings.get(form, ()):
                slips = OSA.distance(word, known, score_cutoff=2)
                if slips == 1 or (slips == 2 and len(word) > 8):
                    close[known] = 0.9 if slips == 1 else 0.8
        return sorted(close.items())[:8]

    def _unglued(self, word: str) -> tuple[str, ...]:
        """Known words that make up this one: `DUPONTMENUISERIE` → DUPONT, MENUISERIE (the last may be cut)."""
        ways: dict[int, tuple[str, ...]] = {0: ()}
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - 20), end - 1):
                piece = word[start:end]
                if (
                    start in ways
                    and end not in ways
                    and ((len(piece) > 2 and piece in self._bearers) or (piece in LINK_WORDS and start))
                ):
                    ways[end] = (*ways[start], piece)
                elif start in ways and end not in ways and start == 0 and piece in LEGAL_FORMS:
                    ways[end] = ()
        if len(word) in ways:
            return tuple(piece for piece in ways[len(word)] if piece in self._bearers)
        cut = max((end for end in ways if end >= 5 and len(word) - end >= 2), default=0)
        rest = word[cut:]
        if cut and (rest in LEGAL_FORMS or (longer := self._beginning_with(rest, 1))):
            return tuple(
                piece for piece in (*ways[cut], *(() if rest in LEGAL_FORMS else longer)) if piece in self._bearers
            )
        return ()

    def _short_list(self, query: dict[str, tuple[tuple[str, float], ...]]) -> list[int]:
        scores: dict[int, float] = defaultdict(float)
        crowd: list[list[int]] = []
        for readings in query.values():
            for known, fit in readings:
                bearers = self._bearers[known]
                if len(bearers) > _COMMON:
                    crowd.append(bearers)
                    continue
                gain = self._telling[known] * fit
                for place in bearers:
                    scores[place] += gain
        if not scores:
            for bearers in crowd:
                for place in bearers[:_COMMON]:
                    scores[place] += 1
        widths = self._widths
        best = nsmallest(_SHORT_LIST, [(-score / widths[place], place) for place, score in scores.items()])
        return [place for _score, place in best]

    def _fit(self, name: _Name, query: dict[str, tuple[tuple[str, float], ...]], alone: bool) -> float:
        own = dict.fromkeys(name.words, 0.0)
        explained = asked = 0.0
        for word, readings in query.items():
            best, meant = 0.0, ""
            for known, fit in readings:
                if known in own:
                    own[known] = max(own[known], fit)
                    if fit > best:
                        best, meant = fit, known
            telling = self._telling.get(meant or word, self._strange * _share(word))
            asked += telling
            explained += telling * best
        whole = sum(self._telling[word] for word in own)
        covered = sum(self._telling[word] * fit for word, fit in own.items()) / whole
        if not alone:
            return name.weight * covered * (0.9 if len(own) > 1 else 0.8 if len(name.words[0]) > 4 else 0.7)
        return name.weight * covered**0.8 * (explained / asked if asked else 0.0) ** 0.4 if covered else 0.0


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word.isalpha())


def _named_company(text: str) -> list[str]:
    """The words of a name with those for a company that acronyms keep: `Compagnie nouvelle d'équipement` → CNE."""
    return [
        word
        for word in _words(text)
        if word not in LINK_WORDS and (word not in LEGAL_FORMS or word in ("SOCIETE", "COMPAGNIE", "ETABLISSEMENTS"))
    ]


def _share(word: str) -> float:
    """How much a word counts beside a proper name: words of the trade and given names less."""
    return _TRADE_SHARE if word in TRADE_WORDS else _GIVEN_SHARE if word in FIRST_NAMES else 1.0


def _glued(words: Sequence[str]) -> tuple[str, ...]:
    """Articles drawn to the word they stand before: LE, BIHAN, FILS → LEBIHAN, FILS."""
    drawn: list[str] = []
    before = ""
    for word in words:
        if word in LINK_WORDS and word not in ("ET", "AND"):
            before += word
            continue
        if word not in LEGAL_FORMS and word not in COURTESY and word not in LINK_WORDS:
            drawn.append(before + SAME_WORDS.get(word, word))
        before = ""
    return tuple(drawn) or tuple(words)


def _with_one_left_out(word: str) -> Sequence[str]:
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]
