"""Which of our documents a label names, in whatever writing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crm.receivables.matching.facts import Money, OpenItem
from crm.receivables.matching.numbering import PARTS, Strength, creditor_reference, forms, misread, take_apart
from crm.receivables.matching.writing import MONTHS, Label, bare, compact, folded

_LONGEST = 26
_PARTS_JOINED = 7
_GAP = 3
_WORDS = (
    "FACTURES FACTURE FACTURAS FACT FACTS FAC FACS FCT FCTS FC FA FTS FT F INVOICES INVOICE INV NUMERO NUM NO NR N NOS REF REFS "
    "REFERENCE AVOIR AV RG REGLEMENT PAIEMENT SOLDE RGT REGLT PIECE DOC VF VOS V"
)
_KEYWORDS = frozenset(_WORDS.split())
_DOCUMENT_WORDS = frozenset(
    ["FACTURES", "FACTURE", "FACT", "FACTS", "FAC", "FACS", "FCT", "FCTS", "INVOICE", "INVOICES", "INV", "AVOIR"]
)
_RANGE = re.compile(
    r"(?<!\d)(\d{1,9})\s*(A|AU|TO|->|-|>|\.\.+|JUSQU'?A)\s*[A-Z]{0,4}[- ]?(?:20\d\d[-/ ]?)?(\d{1,9})(?!\d)"
)
_LIST_SIGNS = frozenset("/+,;&- .")
_LONGEST_RANGE = 60
_MIN_BARE = 3
_MIN_CUT = 4
_MIN_DIGITS = 5
_WIDTHS = frozenset((27, 30, 31, 32, 35, 62, 64, 70, 140))
_CUT_FROM = 18
"""Labels shorter than this were not cut by a bank."""
_MONTH = re.compile(r"\b(" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?(?:\s?(?:20)?(\d\d)\b)?")
_ENDS_TAGGED = re.compile(r"(?:/(?:REF|EREF|ID)|\bREF ?:|\bREFERENCE ?:) ?\S*$")
"""The sender's own reference ends the label: what stands before it is whole."""
_WHOLE_ACCOUNT = re.compile(r"\b(SOLDE|RELEVE|SITUATION|SOLDER|APUREMENT|TOUTES? FACTURES?)\b")
_BUT = re.compile(r"\b(SAUF|HORS|HORMIS|EXCEPTE|EXCEPTEE|EXCEPT|SANS LA|NON REGLEE?|NON PAYEE?|EN LITIGE)\b.*")
"""What follows is said not to be paid."""
_INSTALMENT = re.compile(
    r"\b(?:ECHEANCE|ECH|PART|VERSEMENT|VERST|ACOMPTE|ACPTE|MENSUALITE|TERME|SOLDE) ?(?:N ?)?\d{1,2} ?(?:/|SUR) ?(\d{1,2})\b"
)
"""Which of several instalments: its figures are no number."""
_ADVANCE = re.compile(
    r"\b(ACOMPTES?|ACPTE?S?|ARRHES|AVANCES?|A VALOIR|PROVISION|PARTIEL|PARTIELLE|ECHEANCE \d+/\d+|1ER VERST|VERSEMENT \d)\b"
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a label names. Places are those of the items the index was built from."""

    strong: dict[int, Strength] = field(default_factory=dict)
    worded: set[int] = field(default_factory=set)
    """Those of them that stand after a word for invoice."""
    serials: dict[str, Strength] = field(default_factory=dict)
    """Figures that may be the serial of a document of the payer's."""
    ranges: tuple[tuple[int, int], ...] = ()
    cut: str = ""
    """The end of the label: perhaps the beginning of a number."""
    end: str = ""
    """The last figures of the label, where it ends with figures."""
    full_width: bool = False
    """The label is as long as a bank lets it be: its end is probably cut."""
    begun: str = ""
    """The beginning of a number of ours with which the label breaks off: `FA-26-12` where numbers are like FA-26-12345."""
    unknown: bool = False
    """Something is written like one of our numbers, and is none that we know."""
    months: tuple[int, ...] = ()
    whole_account: bool = False
    advance: bool = False
    """A part is paid in advance, or all but something: what is not named is not certain."""
    excepts: bool = False
    """Something is said not to be paid."""
    parts: int = 0
    """In how many instalments it is paid, where the label counts them: 3 for `ECHEANCE 1/3`."""

    def cut_at(self, serial: str) -> bool:
        """Whether the label ends with these figures."""
        return self.end.endswith(serial)

    @property
    def nothing(self) -> bool:
        """Whether no document is named, strongly or weakly."""
        return not (self.strong or self.serials or self.ranges)


class ReferenceIndex:
    """Every form of every number and order reference, looked up at once."""

    def __init__(self, items: Sequence[OpenItem]) -> None:
        self.parts = [take_apart(item.number, item.issue_date) for item in items]
        self._forms: dict[str, tuple[int, ...]] = {}
        self._shapes: set[tuple[str, int]] = set()
        self._misread: dict[str, int] | None = None
        for place, (item, parts) in enumerate(zip(items, self.parts, strict=True)):
            self._add(place, item, forms(parts))
            if len(parts.digits) > (3 if parts.letters else 4):
                self._shapes.add((parts.letters, len(parts.digits)))
        self._letters = frozenset(shape[0] for shape in self._shapes if shape[0])
        self._openings = self._letters | {form_start(form) for form in self._forms}
        self._tails: dict[str, tuple[str, ...]] = {}
        self._wholes = sorted({parts.whole for parts in self.parts})

    def _add(self, place: int, item: OpenItem, found: dict[str, Strength]) -> None:
        order = compact(item.order_reference) if item.order_reference else ""
        if len(order) > 3 and any(char.isdigit() for char in order):
            found.setdefault(order, Strength.BRIEF)
            figures = "".join(char for char in order if char.isdigit())
            if len(figures) > 4:
                found.setdefault(figures, Strength.BRIEF)
        for form, strength in found.items():
            packed = place * 8 + strength
            known = self._forms.get(form)
            self._forms[form] = (packed,) if known is None else (*known, packed) if len(known) < 12 else known

    def read(self, money: Money, label: Label) -> Mentions:
        """Everything the line names: its label, its structured reference, its end-to-end identifier."""
        strong: dict[int, Strength] = {}
        worded: set[int] = set()
        serials: dict[str, Strength] = {}
        unknown = False
        reference = money.structured_reference and (
            creditor_reference(money.structured_reference) or money.structured_reference
        )
        said = _BUT.sub("", label.bare)
        excepts = said != label.bare
        counted = _INSTALMENT.search(said)
        said = _INSTALMENT.sub(" ~ ", said)
        begun = "" if excepts else self._begun(label.text)
        if begun:
            said = _without_end(said, begun)
        for text in dict.fromkeys((said, reference and bare(folded(reference)), self._identifier(money))):
            if text:
                unknown |= self._read_text(text, strong, worded, serials)
        if all(strength <= Strength.BRIEF for strength in strong.values()):
            self._read_misread(said, strong)
        return Mentions(
            strong,
            worded,
            serials,
            tuple(_ranges(said)) if serials or strong else (),
            "" if excepts else begun or _cut(label.text),
            "" if excepts else label.text[len(label.text.rstrip("0123456789")) :],
            len(label.text) in _WIDTHS and _ENDS_TAGGED.search(label.text) is None,
            begun,
            unknown and not strong,
            tuple(MONTHS[found.group(1)] for found in _MONTH.finditer(label.text)),
            _WHOLE_ACCOUNT.search(label.text) is not None,
            excepts or _ADVANCE.search(label.text) is not None,
            excepts,
            int(counted.group(1)) if counted is not None else 0,
        )

    def _begun(self, text: str) -> str:
        """The beginning of a number with which a label breaks off, of letters and figures or, in a full field, of figures."""
        if len(text) < _CUT_FROM:
            return ""
        words = text.split(" ")
        for last in (1, 2, 3):
            parts = PARTS.findall(" ".join(words[-last:]))
            start = "".join(parts)
            if last > len(words) or not any(char.isdigit() for char in start):
                continue
            mixed = parts[0].isalpha() and len(parts) > 1
            long_enough = len(start) >= _MIN_CUT if mixed else len(start) >= _MIN_DIGITS and len(text) in _WIDTHS
            if long_enough and start not in self._forms and self._goes_on(start):
                return start
        return ""

    def _goes_on(self, start: str) -> bool:
        """Whether a number of ours begins so and goes on."""
        place = bisect_right(self._wholes, start)
        return place < len(self._wholes) and self._wholes[place].startswith(start)

    def _identifier(self, money: Money) -> str:
        named = money.end_to_end_id
        return "" if not named or named.upper() in ("NOTPROVIDED", "NONREF") else folded(named)

    def _read_text(
        self, text: str, strong: dict[int, Strength], worded: set[int], serials: dict[str, Strength]
    ) -> bool:
        parts = [(found.group(), found.start(), found.end()) for found in PARTS.finditer(text)]
        taken = _without_overlaps([hit for hit in self._hits(parts) if not _glued(parts, hit)])
        used: set[int] = set()
        for first, last, places in taken:
            used.update(range(first, last + 1))
            for packed in places:
                place, strength = divmod(packed, 8)
                if strong.get(place, 0) < strength:
                    strong[place] = Strength(strength)
                if first and parts[first - 1][0] in _DOCUMENT_WORDS:
                    worded.add(place)
        unknown = self._unknown(parts, used)
        _weak(text, parts, used | unknown, serials)
        return bool(unknown)

    def _hits(self, parts: list[tuple[str, int, int]]) -> list[tuple[int, int, tuple[int, ...]]]:
        hits = []
        known = self._forms
        for first, (opening, _start, end) in enumerate(parts):
            for start in (opening,) if opening.isdigit() else self._starts(opening):
                joined, reach = start, end
                if len(joined) > 3 and (found := known.get(joined)):
                    hits.append((first, first, found))
                for last in range(first + 1, min(first + _PARTS_JOINED, len(parts))):
                    word, begins, ends = parts[last]
                    if begins - reach > _GAP or len(joined) + len(word) > _LONGEST:
                        break
                    if word[0] == "0" and (found := known.get(joined + word.lstrip("0"))):
                        hits.append((first, last, found))
                    joined, reach = joined + word, ends
                    if len(joined) > 3 and (found := known.get(joined)):
                        hits.append((first, last, found))
        return hits

    def _starts(self, word: str) -> tuple[str, ...]:
        """How a word may open a number: itself, or its end where it is glued to a word before (`FACTF2026`)."""
        starts = self._tails.get(word)
        if starts is None:
            ends = tuple(letters for letters in sorted(self._letters) if letters != word and word.endswith(letters))
            starts = self._tails[word] = (word, *ends) if word in self._openings else ends
        return starts

    def _unknown(self, parts: list[tuple[str, int, int]], used: set[int]) -> set[int]:
        """The parts that are written like one of our numbers, and are none."""
        for first, (word, _start, end) in enumerate(parts):
            letters = word if word in self._letters else "" if word in _DOCUMENT_WORDS else None
            if first in used or letters is None:
                continue
            figures, reach = "", end
            for last in range(first + 1, min(first + 4, len(parts))):
                digits, begins, ends = parts[last]
                if not digits.isdigit() or begins - reach > _GAP or last in used:
                    break
                figures, reach = figures + digits, ends
                if (letters, len(figures)) in self._shapes:
                    return set(range(first, last + 1))
        return set()

    def _read_misread(self, text: str, strong: dict[int, Strength]) -> None:
        for token in text.split():
            if not (any(char.isdigit() for char in token) and any(char in "OQILSBZ" for char in token[1:])):
                continue
            if self._misread is None:
                self._misread = {
                    misread(parts.whole): place for place, parts in enumerate(self.parts) if len(parts.whole) > 5
                }
            place = self._misread.get(misread("".join(PARTS.findall(token))))
            if place is not None:
                strong[place] = Strength.SHORT


def _without_end(text: str, end: str) -> str:
    """A text without its last letters and figures, which stand there with signs between them."""
    left = len(end)
    for place in range(len(text) - 1, -1, -1):
        left -= text[place].isalnum()
        if not left:
            return text[:place]
    return text


def _glued(parts: list[tuple[str, int, int]], hit: tuple[int, int, tuple[int, ...]]) -> bool:
    """Whether a brief form hangs on a figure before it, a strange word or on anything after it, and so is part of
    another number: `85F0385` is not `F0385`, `CA3 072026` not `307/2026`."""
    first, last, places = hit
    if max(packed % 8 for packed in places) > Strength.BRIEF:
        return False
    after = last + 1 < len(parts) and parts[last + 1][1] == parts[last][2]
    if after or first == 0 or parts[first - 1][2] != parts[first][1]:
        return after
    before = parts[first - 1][0]
    return before.isdigit() or (parts[first][0].isdigit() and not before.endswith(tuple(_KEYWORDS)))


def form_start(form: str) -> str:
    """The letters a form opens with; empty when it opens with a figure."""
    found = PARTS.match(form)
    return found.group() if found is not None and found.group().isalpha() else ""


def _without_overlaps(hits: list[tuple[int, int, tuple[int, ...]]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """The strongest and longest readings first; what lies inside one already taken is dropped."""
    if len(hits) < 2:
        return hits
    hits.sort(key=lambda hit: (-max(packed % 8 for packed in hit[2]), hit[0] - hit[1], hit[0]))
    taken: list[tuple[int, int, tuple[int, ...]]] = []
    covered: set[int] = set()
    for hit in hits:
        span = range(hit[0], hit[1] + 1)
        if not any(place in covered for place in span):
            covered.update(span)
            taken.append(hit)
    return taken


def _weak(text: str, parts: list[tuple[str, int, int]], used: set[int], serials: dict[str, Strength]) -> None:
    """Figures that may be serials: after a word for invoice, or in a list that follows a number already read."""
    listed = False
    for place, (word, start, _end) in enumerate(parts):
        if word.isalpha():
            listed = word in _KEYWORDS or (listed and word in ("ET", "A", "AU", "AND", "N", "NO", "F", "FA"))
            continue
        if place in used:
            listed = True
            continue
        if _opens_number(parts, place):
            continue
        figures = word.lstrip("0")
        glued = place > 0 and parts[place - 1][2] == start
        if glued and parts[place - 1][0] not in _KEYWORDS:
            listed = False
        if (
            place > 0
            and listed
            and parts[place - 1][0].isdigit()
            and not set(text[parts[place - 1][2] : start]) <= _LIST_SIGNS
        ):
            listed = False
        if figures and len(figures) < 10 and (listed or len(figures) >= _MIN_BARE):
            strength = Strength.SERIAL if listed else Strength.BARE_SERIAL
            if serials.get(figures, 0) < strength:
                serials[figures] = strength


def _opens_number(parts: list[tuple[str, int, int]], place: int) -> bool:
    """Whether figures are the year or month at the head of a number that goes on: the 2026 and 02 of `2026-02-113`."""
    word, _start, end = parts[place]
    goes_on = place + 1 < len(parts) and parts[place + 1][0].isdigit() and parts[place + 1][1] - end == 1
    if not goes_on:
        return False
    if _is_year(word):
        return True
    return len(word) == 2 and "01" <= word <= "12" and place > 0 and _is_year(parts[place - 1][0])


def _is_year(word: str) -> bool:
    return len(word) == 4 and "2015" <= word <= "2039"


def _ranges(text: str) -> Iterable[tuple[int, int]]:
    """First and last of each range of serials; a dash makes one only between figures of one length."""
    for found in _RANGE.finditer(text):
        low, sign, high = found.groups()
        if sign == "-" and (len(low) < _MIN_BARE or len(low) != len(high)):
            continue
        first = int(low[-len(high) :]) if len(high) < len(low) else int(low)
        if 0 < int(high) - first <= _LONGEST_RANGE:
            yield first, int(high)


def _cut(text: str) -> str:
    if len(text) < _CUT_FROM:
        return ""
    end = text.split(" ")[-1]
    joined = "".join(PARTS.findall(end))
    return joined if len(joined) >= _MIN_CUT and any(char.isdigit() for char in joined) else ""
