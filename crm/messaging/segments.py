"""How many messages a text is billed as: the GSM-7 alphabet (3GPP TS 23.038) or UCS-2, and how either is cut. Pure.

One sign outside GSM-7 makes the whole text UCS-2, which carries less than half. A text longer than one message is cut into
parts with a header each, and no part ends in the middle of a sign.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Signs of the extension table: an escape goes before each, so they count double."""
_ALONE = {"GSM-7": 160, "UCS-2": 70}
_PART = {"GSM-7": 153, "UCS-2": 67}
MOST_PARTS = 10
"""The most parts a provider takes in one request: 1,600 signs."""
_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "–": "-", "—": "-", "\u2011": "-",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE", "\t": " ", "\u200b": None, "\u00ad": None,
    }
)  # fmt: skip  # read as a table: columns side by side

Alphabet = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: its alphabet, its length in units of it (septets, UTF-16 units), and the number of messages."""

    alphabet: Alphabet
    units: int
    count: int

    @property
    def left(self) -> int:
        """How many units the last message still has room for."""
        room = _ALONE[self.alphabet] if self.count <= 1 else _PART[self.alphabet] * self.count
        return max(0, room - self.units)


def alphabet(text: str) -> Alphabet:
    """The alphabet that carries every sign of a text."""
    return "GSM-7" if all(sign in _BASIC or sign in _EXTENDED for sign in text) else "UCS-2"


def outside(text: str) -> frozenset[str]:
    """The signs of a text that GSM-7 does not have: each makes the whole of it UCS-2."""
    return frozenset(sign for sign in text if sign not in _BASIC and sign not in _EXTENDED)


def measured(text: str) -> Segments:
    """How a text is counted and billed; an empty one is no message."""
    kind = alphabet(text)
    widths = [_width(sign, kind) for sign in text]
    units = sum(widths)
    if not units:
        return Segments(kind, 0, 0)
    return Segments(kind, units, 1 if units <= _ALONE[kind] else _parts(widths, _PART[kind]))


def _width(sign: str, kind: Alphabet) -> int:
    if kind == "GSM-7":
        return 2 if sign in _EXTENDED else 1
    return 2 if ord(sign) > 0xFFFF else 1


def _parts(widths: Iterable[int], room: int) -> int:
    """How many parts of a size hold signs of these widths, none of them cut in two."""
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def plain(text: str) -> str:
    """A text in the signs of GSM-7 where there is a like one: `Hôtel « Les Îles »` → `Hotel "Les Iles"`. Others stay."""
    bare = text.translate(_PLAIN)
    return "".join(sign if sign in _BASIC or sign in _EXTENDED else _like(sign) for sign in bare)


def _like(sign: str) -> str:
    """The sign without its accents, where GSM-7 has that one."""
    base = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    return base if base and all(part in _BASIC or part in _EXTENDED for part in base) else sign
