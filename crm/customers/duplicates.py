"""Customers recorded twice: found by what both records say, each pair with its evidence. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from crm.core.names import bare_name

PROPOSED = 0.8
"""From this certainty on, a merge is proposed."""
_CROWD = 30
"""A mark that more records share than this tells nothing: an accountant's address, a shared switchboard."""
_NEAR, _SAME = 90, 100
_PUBLIC = frozenset({"gmail.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "hotmail.com", "hotmail.fr", "outlook.com", "outlook.fr", "live.fr", "yahoo.fr", "yahoo.com", "icloud.com", "bbox.fr", "neuf.fr", "aol.com", "proton.me", "protonmail.com", "numericable.fr", "me.com", "msn.com"})  # fmt: skip  # read as a table: columns side by side
"""Where anybody has an address: such a domain says nothing of a company."""


class Mark(StrEnum):
    """What two records have in common."""

    SIREN = "siren"
    VAT_NUMBER = "vat_number"
    IBAN = "iban"
    EMAIL = "email"
    PHONE = "phone"
    DOMAIN = "domain"
    SAME_NAME = "same_name"
    NEAR_NAME = "near_name"
    TOWN = "town"


_WEIGHTS = {
    Mark.SIREN: 0.95, Mark.VAT_NUMBER: 0.95, Mark.IBAN: 0.9, Mark.EMAIL: 0.7, Mark.PHONE: 0.6, Mark.DOMAIN: 0.45,
    Mark.SAME_NAME: 0.7, Mark.NEAR_NAME: 0.5, Mark.TOWN: 0.35,
}  # fmt: skip  # read as a table: columns side by side
"""How far each alone makes a pair one customer; together they leave the product of their doubts."""


@dataclass(frozen=True, slots=True)
class Record:
    """A customer as it may be found again. Numbers and addresses are in their normal form."""

    id: int
    number: str
    name: str
    siren: str = ""
    vat_number: str = ""
    city: str = ""
    ibans: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()

    @property
    def domains(self) -> frozenset[str]:
        """The domains of its own that its e-mail addresses have."""
        return frozenset(email.rpartition("@")[2] for email in self.emails) - _PUBLIC


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one customer: the one to keep first."""

    kept: Record
    other: Record
    evidence: tuple[tuple[Mark, str], ...]
    """What they have in common, and its value."""
    certainty: float


def pairs(records: Sequence[Record]) -> list[Pair]:
    """Every pair that has something in common, the surest first. Records with different SIREN numbers are two companies."""
    known = {record.id: record for record in records}
    shared: dict[tuple[int, int], dict[Mark, str]] = defaultdict(dict)
    values: Mapping[Mark, Callable[[Record], Iterable[str]]] = {
        Mark.SIREN: lambda record: [record.siren],
        Mark.VAT_NUMBER: lambda record: [record.vat_number],
        Mark.IBAN: lambda record: record.ibans,
        Mark.EMAIL: lambda record: record.emails,
        Mark.PHONE: lambda record: record.phones,
        Mark.DOMAIN: lambda record: record.domains,
    }
    for mark, read in values.items():
        for value, ids in _together(records, read).items():
            for pair in combinations(ids, 2):
                shared[pair].setdefault(mark, value)
    names = {record.id: _names(record) for record in records}
    for ids in _together(records, lambda record: _words(names[record.id]), crowd=200).values():
        for pair in combinations(ids, 2):
            if (like := _alike(names[pair[0]], names[pair[1]])) is not None:
                shared[pair].setdefault(like, known[pair[1]].name)
    found = [_pair(known[one], known[two], marks) for (one, two), marks in shared.items() if marks]
    return sorted(filter(None, found), key=lambda pair: (-pair.certainty, pair.kept.id, pair.other.id))


def _together(
    records: Iterable[Record], read: Callable[[Record], Iterable[str]], crowd: int = _CROWD
) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        for value in set(read(record)):
            if value:
                found[value].append(record.id)
    return {value: sorted(ids) for value, ids in found.items() if 1 < len(ids) <= crowd}


def _names(record: Record) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bare_name(name) for name in (record.name, *record.aliases)))


def _words(names: Iterable[str]) -> Iterator[str]:
    """What brings two names together to be compared: their words, and how they begin."""
    for name in names:
        yield name.replace(" ", "")[:6] + "…"
        yield from (word for word in name.split() if len(word) > 3)


def _alike(ones: Sequence[str], others: Sequence[str]) -> Mark | None:
    from rapidfuzz import fuzz

    nearest = max(
        max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")))
        for one in ones
        for other in others
    )
    if nearest >= _SAME:
        return Mark.SAME_NAME
    return Mark.NEAR_NAME if nearest >= _NEAR else None


def _pair(one: Record, two: Record, marks: Mapping[Mark, str]) -> Pair | None:
    if one.siren and two.siren and one.siren != two.siren:
        return None
    told = dict(marks)
    if one.city and bare_name(one.city) == bare_name(two.city):
        told[Mark.TOWN] = one.city
    if Mark.EMAIL in told:
        told.pop(Mark.DOMAIN, None)
    if Mark.SIREN in told:
        told.pop(Mark.VAT_NUMBER, None)
    doubt = 1.0
    for mark in told:
        doubt *= 1 - _WEIGHTS[mark]
    # The record that says who it is, else the older one, is kept.
    kept, other = sorted((one, two), key=lambda record: (not record.siren, record.id))
    evidence = tuple((mark, told[mark]) for mark in Mark if mark in told)
    return Pair(kept, other, evidence, round(1 - doubt, 4))
