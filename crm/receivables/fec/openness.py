"""What is open of a customer's account, from the matching codes of the books, year by year. Pure; cents throughout.

A group of one code that balances is settled. Of one that does not, each side settles what it can and the rest stays open on
its side. The next year's opening entries bring nothing new: they stand for what the year before left open. What remains of
credits settles a lump opening balance of the same amount.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from crm.receivables.fec.ledger import ADVANCE_MADE, OPENING, generic


class Entry(NamedTuple):
    """A line on a customer's account. Debit positive."""

    key: int
    account: str
    auxiliary: str
    dated: date
    piece: str
    cents: int
    code: str
    role: str
    mate: int
    """The key of the line that only moves the same debt; -1: none."""


class Pair(NamedTuple):
    """A credit set against a debit."""

    debit: int
    credit: int
    cents: int
    code: str
    rule: str


@dataclass
class Settled:
    """What follows from the codes."""

    pairs: list[Pair] = field(default_factory=list)
    outside: list[tuple[int, int]] = field(default_factory=list)
    """Debits that carry a code and stay open, with what is open of them: their payment is in no file read."""
    restated: list[int] = field(default_factory=list)
    """Opening lines that stand for what is there already."""
    differences: list[tuple[int, int]] = field(default_factory=list)
    """Place of the year, cents by which its opening entries differ from what the years before left open."""


class Year(NamedTuple):
    """One customer's lines of one year."""

    entries: Sequence[Entry]
    restates: bool
    """A year before was read too, and this one has opening entries for its customers."""
    elsewhere: int = 0
    """What of the opening lines belongs to customers who have none of their own: one lump for all of them."""


def settle(years: Sequence[Year], taken: dict[int, int] | None = None) -> Settled:
    """Settle one customer's account. `taken` is what of a line is used by matches made here, which stay as they are.

    A difference at an opening is given a line of its own by whoever calls: its key is `-1 - place of the year`.
    """
    return _Account(taken or {}).settle(years)


class _Account:
    def __init__(self, taken: dict[int, int]) -> None:
        self._taken = taken
        self.left: dict[int, int] = {}
        """Signed: what is open of each line."""
        self.by_key: dict[int, Entry] = {}
        self.found = Settled()
        self._total = 0
        """What the books have brought so far."""
        self._codes_of: dict[int, Entry] = {}

    def settle(self, years: Sequence[Year]) -> Settled:
        carried: list[Entry] = []
        for place, year in enumerate(years):
            own = list(year.entries)
            stands: dict[int, list[Entry]] = {}
            if year.restates:
                openings = [entry for entry in own if entry.role == OPENING]
                own = [entry for entry in own if entry.role != OPENING]
                stands, more = self._carry(place, openings, carried, year.elsewhere)
                carried += more
            for entry in own:
                self.by_key[entry.key] = entry
                used = self._taken.get(entry.key, 0)
                self.left[entry.key] = entry.cents - used if entry.cents > 0 else entry.cents + used
                self._total += entry.cents
            if own or stands:
                self._year(own, stands, year, carried)
            carried = [entry for entry in (*carried, *own) if self.left[entry.key]]
        return self.found

    def _carry(
        self, place: int, openings: Sequence[Entry], carried: Sequence[Entry], elsewhere: int
    ) -> tuple[dict[int, list[Entry]], list[Entry]]:
        """Which lines left open each opening line stands for, and the line that makes up the difference, if there is one."""
        stands: dict[int, list[Entry]] = {}
        waiting = [entry for entry in carried if self.left[entry.key]]
        self.found.restated += [entry.key for entry in openings]
        still = list(openings)
        for alike in (self._same, self._same_amount, _same_piece):
            for one in list(still):
                two = next((two for two in waiting if alike(one, two)), None)
                if two is not None:
                    stands[one.key] = [two]
                    waiting.remove(two)
                    still.remove(one)
        difference = sum(one.cents for one in openings) - elsewhere - self._total
        more: list[Entry] = []
        if difference:
            self.found.differences.append((place, difference))
            self._total += difference
            key = -1 - place
            made = Entry(key, "", "", date.min, "", difference, "", OPENING, -1)
            self.by_key[key], self.left[key] = made, difference
            more.append(made)
            self._make_up(made, waiting)
        for one in still:
            stands[one.key] = [two for two in (*waiting, *more) if self.left[two.key]]
        self._codes_of = {one.key: one for one in openings}
        return stands, more

    def _same_amount(self, one: Entry, two: Entry) -> bool:
        return one.cents == self.left[two.key]

    def _same(self, one: Entry, two: Entry) -> bool:
        return _same_piece(one, two) and one.cents == self.left[two.key]

    def _make_up(self, made: Entry, waiting: Sequence[Entry]) -> None:
        """A credit that makes up for what the opening no longer names settles just that, the oldest first; a debit likewise."""
        others = [entry for entry in waiting if self.left[entry.key] and (entry.cents > 0) != (made.cents > 0)]
        for entry in sorted(others, key=_age):
            self._set(entry, made, "", "fec opening")

    def _year(self, own: Sequence[Entry], stands: dict[int, list[Entry]], year: Year, carried: Sequence[Entry]) -> None:
        groups, codes = self._groups(own, stands, year)
        for group, code in zip(groups, codes, strict=True):
            self._within(group, code, "fec")
        self._across(own, carried)
        self._lump(own, carried)
        self._back(own)
        for group, code in zip(groups, codes, strict=True):
            if code:
                self.found.outside += [
                    (entry.key, self.left[entry.key]) for entry in group if entry.cents > 0 and self.left[entry.key] > 0
                ]

    def _groups(
        self, own: Sequence[Entry], stands: dict[int, list[Entry]], year: Year
    ) -> tuple[list[list[Entry]], list[str]]:
        """The lines of each matching code; a debt that was moved to another account brings both accounts' codes together."""
        by_code: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
        for entry in own:
            if entry.mate >= 0:
                if entry.cents > 0 and entry.mate in self.by_key:
                    self._set(entry, self.by_key[entry.mate], "", "fec transfer")
                if entry.code:
                    by_code[entry.account, entry.auxiliary, entry.code] += ()
            elif entry.code:
                by_code[entry.account, entry.auxiliary, entry.code].append(entry)
        for key, standing in stands.items():
            line = self._codes_of[key]
            if line.code:
                group = by_code[line.account, line.auxiliary, line.code]
                group += [entry for entry in standing if entry not in group]
        joined: dict[tuple[str, str, str], tuple[str, str, str]] = {}
        codes: dict[tuple[str, str, str], str] = {group: group[2] for group in by_code}
        for entry in own:
            if entry.mate >= 0 and entry.cents < 0 and entry.mate in self.by_key and entry.code:
                mate = self.by_key[entry.mate]
                source = (entry.account, entry.auxiliary, entry.code)
                target = (mate.account, mate.auxiliary, mate.code)
                moved = sum(one.cents for one in by_code[source])
                if moved == -entry.cents or mate.code:
                    # Lettered with the move only: what became of the debt is said where it went.
                    if mate.code and target in by_code:
                        joined[source] = target
                    else:
                        codes[source] = ""
        for source, target in joined.items():
            if source != target and target not in joined:
                by_code[target] = by_code[target] + by_code.pop(source)
                codes.pop(source)
        return [by_code[group] for group in codes if by_code[group]], [
            codes[group] for group in codes if by_code[group]
        ]

    def _across(self, own: Sequence[Entry], carried: Sequence[Entry]) -> None:
        """The same code on 411, 413 and 416 of a customer, or in two years: settled together when together they balance."""
        by_code: dict[str, list[Entry]] = defaultdict(list)
        for entry in (*carried, *own):
            if entry.code and entry.mate < 0 and self.left[entry.key]:
                by_code[entry.code].append(entry)
        for code, group in by_code.items():
            if len(group) > 1 and sum(self.left[entry.key] for entry in group) == 0:
                self._within(group, code, "fec")

    def _within(self, group: Iterable[Entry], code: str, rule: str) -> None:
        """Set the credits of a group against its debits: the same amounts first, then the oldest."""
        debits = [entry for entry in group if self.left[entry.key] > 0]
        others = [entry for entry in group if self.left[entry.key] < 0]
        if not debits or not others:
            return
        if len(debits) > 1 or len(others) > 1:
            debits.sort(key=_age)
            others.sort(key=_age)
            waiting: dict[int, list[Entry]] = defaultdict(list)
            for credit in reversed(others):
                waiting[-self.left[credit.key]].append(credit)
            for debit in debits:
                if alike := waiting.get(self.left[debit.key]):
                    self._set(debit, alike.pop(), code, rule)
        place = 0
        for debit in debits:
            while place < len(others) and self.left[debit.key] > 0:
                if self.left[others[place].key] == 0:
                    place += 1
                else:
                    self._set(debit, others[place], code, rule)

    def _set(self, one: Entry, two: Entry, code: str, rule: str) -> None:
        debit, credit = (one, two) if one.cents > 0 else (two, one)
        cents = min(self.left[debit.key], -self.left[credit.key])
        if cents > 0:
            self.left[debit.key] -= cents
            self.left[credit.key] += cents
            self.found.pairs.append(Pair(debit.key, credit.key, cents, code, rule))

    def _lump(self, own: Sequence[Entry], carried: Sequence[Entry]) -> None:
        """Credits that remain settle the opening balance, when they come to just its amount."""
        targets = [entry for entry in own if entry.role == OPENING and self.left[entry.key] > 0]
        targets += [entry for entry in carried if self.left[entry.key] > 0]
        if not targets:
            return
        remaining = [entry for entry in own if self.left[entry.key] < 0]
        if not remaining:
            return
        lump = sum(self.left[entry.key] for entry in targets)
        lettered = [entry for entry in remaining if entry.code]
        for group in (lettered, remaining):
            if group and -sum(self.left[entry.key] for entry in group) == lump:
                self._within([*targets, *group], "", "fec opening")
                return
        by_code: Counter[str] = Counter()
        for entry in lettered:
            by_code[entry.code] -= self.left[entry.key]
        for target in targets:
            if target.role != OPENING:
                continue
            alike = next((code for code, cents in by_code.items() if cents == self.left[target.key]), None)
            if alike is not None:
                self._within([target, *(entry for entry in lettered if entry.code == alike)], "", "fec opening")
                by_code.pop(alike)
                continue
            one = next((entry for entry in remaining if -self.left[entry.key] == self.left[target.key]), None)
            if one is not None:
                self._set(target, one, "", "fec opening")

    def _back(self, own: Sequence[Entry]) -> None:
        """A credit balance moved to 419 at closing: the debit that moves it uses up the credits it moves."""
        for entry in own:
            if entry.role == ADVANCE_MADE and entry.cents > 0 and self.left[entry.key] > 0:
                free = [one for one in own if self.left[one.key] < 0 and not one.code and one.dated <= entry.dated]
                alike = next((one for one in free if -self.left[one.key] == self.left[entry.key]), None)
                if alike is not None:
                    self._set(entry, alike, "", "fec 419")
                elif -sum(self.left[one.key] for one in free) == self.left[entry.key]:
                    self._within([entry, *free], "", "fec 419")


def _same_piece(one: Entry, two: Entry) -> bool:
    return one.piece == two.piece and bool(one.piece) and not generic(one.piece) and (one.cents > 0) == (two.cents > 0)


def _age(entry: Entry) -> tuple[date, int]:
    return entry.dated, entry.key
