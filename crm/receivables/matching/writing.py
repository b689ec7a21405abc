"""How a bank writes: capitals without accents, tags, dates and amounts among the words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "’": "'", "\u00a0": " "}
)
_TAGS = re.compile(
    r"(?:/|\b)(DE|FRM|FROM|MOTIF|REF|RNF|LIB|LIBELLE|NPY|LCC|RCN|EREF|PAY|ID|POUR|EMETTEUR|DONNEUR D'?ORDRE|COM|COMMUNICATION|BEN)\s*[:/]?\s(?=\S)|/(DE|FRM|MOTIF|REF|RNF|LIB|NPY|LCC|RCN|EREF|ID|BEN)(?=[ /])"
)
_FROM = frozenset({"DE", "FRM", "FROM", "NPY", "EMETTEUR", "DONNEUR D'ORDRE", "DONNEUR DORDRE"})
_AMOUNT = re.compile(
    r"(?<![\dA-Z/-])(?:[1-9]\d{0,2}(?:[ .]\d{3})+|\d+)[.,]\d{2}(?!\d)(?: ?(?:EUR|E|€))?|(?<![\dA-Z/-])\d+ ?(?:EUR|EUROS|€)(?![A-Z])"
)
_DATE = re.compile(
    r"(?<![\dA-Z])(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])[/.](?:20)?\d{2}(?!\d)"
    r"|(?<!\d)20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<=\bDU )(?:0[1-9]|[12]\d|3[01])[/. ]?(?:0[1-9]|1[0-2])(?:[/. ]?(?:20)?\d{2})?(?!\d)"
)
MONTHS = {
    "JANVIER": 1, "JANV": 1, "FEVRIER": 2, "FEVR": 2, "FEV": 2, "MARS": 3, "AVRIL": 4, "AVR": 4, "MAI": 5, "JUIN": 6,
    "JUILLET": 7, "JUIL": 7, "AOUT": 8, "SEPTEMBRE": 9, "SEPT": 9, "OCTOBRE": 10, "OCT": 10, "NOVEMBRE": 11, "NOV": 11,
    "DECEMBRE": 12, "DEC": 12,
}  # fmt: skip  # read as a table: columns side by side
"""Names of months as labels write them."""


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Capitals, no accents, single spaces; signs stay: `Règlement  fact. n°113` → `REGLEMENT FACT. N°113`."""
    plain = text.translate(_LIGATURES).upper() if not text.isascii() else text.upper()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFD", plain) if not unicodedata.combining(char))
    return " ".join(plain.split())


def compact(text: str) -> str:
    """Letters and digits only, in capitals: `F-2026/0113` → `F20260113`."""
    return "".join(_ALNUM.findall(folded(text)))


_ALNUM = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A label read once: what it says, who it says it comes from, and the same without dates and amounts."""

    text: str
    sender: str
    """The part that names the sender, where the bank tags it."""
    rest: str
    """What the sender wrote, where the bank tags it; else the whole."""
    bare: str
    """Without dates and amounts, which look like numbers of invoices."""


def read_label(text: str) -> Label:
    """A label cut at its tags: `VIR SEPA RECU /DE DUPONT SARL /MOTIF F2026-113 /REF NOTPROVIDED`."""
    whole = folded(text)
    sender, rest = _parted(whole) if "/" in whole or ":" in whole else ("", whole)
    return Label(whole, sender, rest, bare(whole))


_SPACED = re.compile(r"(?<!\S)(?:[A-Z]{1,4} )?\d(?: \d){3,}(?!\S)")
"""A number written figure by figure."""


def bare(text: str) -> str:
    """The text with its dates and amounts taken out, and numbers written figure by figure drawn together."""
    text = _SPACED.sub(lambda found: found.group().replace(" ", ""), text)
    return (
        _DATE.sub(" ~ ", _AMOUNT.sub(" ~ ", text))
        if any(char in text for char in "/.,-€") or "EUR" in text or " DU " in text
        else text
    )


def _parted(text: str) -> tuple[str, str]:
    tags = [found for found in _TAGS.finditer(text) if _is_tag(found)]
    senders: list[str] = []
    others: list[str] = [text[: tags[0].start()]] if tags else [text]
    for place, found in enumerate(tags):
        end = tags[place + 1].start() if place + 1 < len(tags) else len(text)
        part = text[found.end() : end].strip(" /:")
        (senders if (found.group(1) or found.group(2)) in _FROM else others).append(part)
    return " ".join(senders), " ".join(part for part in others if part)


def _is_tag(found: re.Match[str]) -> bool:
    mark = found.group(0)
    return mark.startswith("/") or ":" in mark or mark.rstrip().endswith("/")
