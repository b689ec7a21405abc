"""What a payment of one customer may settle: every plausible use, weighed by what the label names and how people pay.

A weight is how probable it is that such a payment, settling just this, shows just this amount under just this label. Only
weights of one line are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from crm.receivables.matching.differences import Difference, explained, farthest, roundness
from crm.receivables.matching.facts import Leeway, Money, Residual, Rule
from crm.receivables.matching.numbering import Strength
from crm.receivables.matching.pools import WIDEST, Pool, View
from crm.receivables.matching.references import Mentions
from crm.receivables.matching.sums import MAX_TRIPLE, ways

SINGLE, NOTHING = 0.7, 0.05
"""Shares of payments that settle one invoice, and that settle nothing open exactly."""
NAMED = {
    Strength.FULL: 20_000.0,
    Strength.SHORT: 5_000.0,
    Strength.BRIEF: 1_000.0,
    Strength.SERIAL: 100.0,
    Strength.BARE_SERIAL: 30.0,
}
"""How much likelier a label is when it names an item that is settled."""
_MISSED = {
    Strength.FULL: 0.02,
    Strength.SHORT: 0.03,
    Strength.BRIEF: 0.1,
    Strength.SERIAL: 0.2,
    Strength.BARE_SERIAL: 1.0,
}
"""The same when it names one that is not."""
_UNNAMED_TOO = 0.05
"""The same for each item that is settled beside named ones."""
_COUNTED = 30.0
"""The same when it counts the instalments and the money is one of them."""
_BEGUN_OTHERWISE = 0.02
"""The same when the label breaks off within a number with which none of the settled items begins."""
_FUTURE = 0.0001
TELLING_SERIAL = 4
"""A figure so long that is the serial of one document of the payer's is no chance, even without a word before it."""
_MOST_CHOICES = 256
_MOST_OTHERS, _LITTLE = 10, 10_000
_INDEMNITY = 4_000
"""The fixed indemnity for collection costs (C. com. D441-5), which late payers add."""
_PARTS = (1 / 2, 1 / 3, 1 / 4, 3 / 10, 2 / 5, 1 / 5, 3 / 5, 2 / 3, 7 / 10, 3 / 4, 4 / 5, 9 / 10)
"""Usual parts of an invoice paid in advance or by instalments."""
_PART_SHARE = 0.01
_PARTIAL, _OVER, _SPREAD_OVER_SEVERAL = 0.06, 0.02, 0.1


@dataclass(frozen=True, slots=True)
class Claim:
    """One use: the places it settles (credit notes among them), and what is left over."""

    customer_id: int | None
    places: tuple[int, ...]
    rule: Rule
    residual: Residual
    weight: float
    strength: Strength | None
    """How strongly the label names it; None when it does not."""
    named_all: bool
    """Everything it settles is named and nothing else is."""
    vague: bool = False
    """The label lists more than could be read, the amount is far from what is named, or one item could stand for another."""
    loose: bool = False
    """The difference is within what a fee or a rounding may be, but no usual one: who pays must be known."""
    counted: bool = False
    """The label counts the instalments, and the amount is just one of them."""
    owners: tuple[int, ...] = ()
    """Whose the places are, where they are several customers'."""


@dataclass(frozen=True, slots=True)
class Named:
    """What the label names among the items of one customer."""

    sure: frozenset[int]
    """By a form that is more than a bare figure."""
    bare: frozenset[int]
    strengths: dict[int, Strength]
    settled: tuple[int, ...]
    unread: bool
    """A list in the label has members that are no open item of this customer."""
    leftover: bool = False
    """A figure after a word for invoice, however long, is none of this customer's."""
    choices: tuple[tuple[int, ...], ...] = ()
    """For each figure that is the serial of several items, these items: one of them is meant."""

    @property
    def strength(self) -> Strength | None:
        """The weakest of what is named for sure, else bare figures, else nothing."""
        if self.sure:
            return min(self.strengths[place] for place in self.sure)
        return Strength.BARE_SERIAL if self.bare else None


_NOTHINGNAMED = Named(frozenset(), frozenset(), {}, (), False)


def named_among(pool: Pool, mentions: Mentions) -> Named:
    """The items of a pool that a label names, strongly or by their serial."""
    strengths = {place: strength for place, strength in mentions.strong.items() if pool.owns(place)}
    settled = tuple(sorted(place for place in strengths if not pool.open[place]))
    choices: list[tuple[int, ...]] = []
    for serial, strength in mentions.serials.items():
        places = pool.with_whole_serial(serial)
        whole = bool(places) or bool(mentions.strong)
        places = places or pool.with_serial(serial)
        if len(places) > 1:
            choices.append(tuple(places))
        for place in places:
            weakened = Strength.BARE_SERIAL
            if len(places) == 1 and whole:
                weakened = Strength.SERIAL if len(serial) >= TELLING_SERIAL else strength
            strengths[place] = max(strengths.get(place, weakened), weakened)
    for low, high in mentions.ranges:
        for place in pool.with_serial_between(low, high):
            strengths[place] = max(strengths.get(place, Strength.SERIAL), Strength.SERIAL)
    if not strengths and mentions.cut:
        strengths.update((place, Strength.BARE_SERIAL) for place in pool.cut_like(mentions.cut))
    open_ones = {place: strength for place, strength in strengths.items() if pool.open[place]}
    sure = frozenset(place for place, strength in open_ones.items() if strength > Strength.BARE_SERIAL)
    unfound = [
        serial
        for serial, strength in mentions.serials.items()
        if strength > Strength.BARE_SERIAL
        and not (mentions.full_width and mentions.cut_at(serial))
        and not pool.with_serial(serial)
    ]
    unread = any(len(serial) <= pool.longest_serial for serial in unfound)
    return Named(sure, frozenset(open_ones) - sure, open_ones, settled, unread, bool(unfound), tuple(choices))


class Claims:
    """Collects the uses for one customer; the same items claimed in two ways add up."""

    def __init__(
        self, pool: Pool, customer_id: int, money: Money, mentions: Mentions, leeway: Leeway, factor: float = 1.0
    ) -> None:
        self._pool = pool
        self._customer = customer_id
        self._money = money
        self._mentions = mentions
        self._leeway = leeway
        self._likely = factor
        self.named = _NOTHINGNAMED if mentions.nothing and not mentions.cut else named_among(pool, mentions)
        self._view = pool.view(money.date)
        self._density = roundness(money.cents) / max(self._view.largest, money.cents, 10_000)
        self._found: dict[tuple[int, ...], Claim] = {}

    def all(self, *, plausible: bool, thorough: bool) -> list[Claim]:
        """Every use found, the likeliest first; what is named or has the amount only, when the payer is not plausible;
        arbitrary sums too, when the search is thorough."""
        if self.named.strengths:
            self._add_named()
        self._add_singles()
        if self.decisive or not plausible:
            return self._ranked()
        self._add_sums(thorough=thorough)
        if not self.exact:
            self._add_differences()
            self._add_legal_order()
        if self.named.settled:
            self._add_duplicate()
        return self._ranked()

    def _ranked(self) -> list[Claim]:
        return sorted(self._found.values(), key=lambda claim: (-claim.weight, claim.places))

    @property
    def decisive(self) -> bool:
        """Whether the label names exactly what the amount settles: nothing else can be as likely."""
        return any(
            claim.named_all and claim.residual is Residual.NONE and (claim.strength or 0) >= Strength.BRIEF
            for claim in self._found.values()
        )

    @property
    def exact(self) -> bool:
        """Whether something open makes up the amount to the cent."""
        return any(claim.residual is Residual.NONE for claim in self._found.values())

    @property
    def nothing(self) -> float:
        """The weight of the payment settling none of what is open, and showing this amount all the same."""
        return NOTHING * self._density * self._named_otherwise() * self._likely

    def _named_otherwise(self) -> float:
        strength = self.named.strength
        return 1.0 if strength is None else _MISSED[strength]

    def _sum(self, places: Iterable[int]) -> int:
        return sum(self._pool.open[place] for place in places)

    def _add(self, places: Iterable[int], rule: Rule, prior: float, residual: Residual = Residual.NONE) -> None:
        key = tuple(sorted(places))
        factor, strength, named_all = self._factor(frozenset(key))
        if self._mentions.unknown and strength is None:
            factor *= 0.02
        if strength is not None and rule in _UNNAMED:
            rule = Rule.REFERENCE if named_all else Rule.REFERENCE_SOME
            rule = Rule.REFERENCE_DIFFERENCE if residual is not Residual.NONE and named_all else rule
        counted = residual in (Residual.NONE, Residual.PARTIAL) and self._is_instalment(key)
        weight = prior * factor * self._likely * (_COUNTED if counted else 1.0)
        known = self._found.get(key)
        if known is not None and known.residual is residual:
            weight += known.weight
            rule = known.rule if known.weight >= weight / 2 else rule
        elif known is not None and known.weight > weight:
            return
        vague = self._vague(key, residual, named_all=named_all)
        loose = residual in (Residual.ROUNDING, Residual.BANK_FEE) and not self._neat(key)
        self._found[key] = Claim(
            self._customer, key, rule, residual, weight, strength, named_all, vague, loose, counted
        )

    def _is_instalment(self, places: tuple[int, ...]) -> bool:
        """Whether the money is one of as many equal parts of a document as the label counts."""
        count = self._mentions.parts
        if count < 2 or len(places) != 1:
            return False
        return abs(self._pool.items[places[0]].total_cents / count - self._money.cents) <= 1

    def _neat(self, places: tuple[int, ...]) -> bool:
        """Whether the difference is a cent or two, the cents of a round sum, or a fee as banks set it."""
        short = self._sum(places) - self._money.cents
        return abs(short) <= 2 or self._money.cents % 100 == 0 or (short > 0 and short % 50 == 0)

    def _vague(self, places: tuple[int, ...], residual: Residual, *, named_all: bool) -> bool:
        if residual is Residual.NONE:
            return not named_all and (
                self.named.unread or (len(places) > 1 and (self._replaceable(places) or self._has_crumbs(places)))
            )
        if self._mentions.ranges or self._cut_short(places):
            return True
        owed = self._sum(places)
        if residual is Residual.OVERPAYMENT:
            extra = self._money.cents - owed
            little = extra <= max(owed // 4, _LITTLE) and self._impossible_of_others(extra, places)
            return self.named.leftover or len(places) > 1 or not (little or extra <= self._bearable(owed))
        return residual is Residual.PARTIAL and (self.named.unread or len(places) > 1)

    def _has_crumbs(self, places: tuple[int, ...]) -> bool:
        """Whether what is left of an item is so little that it may be a rounding of the others' sum as well."""
        return any(abs(self._pool.open[place]) <= self._leeway.rounding_cents for place in places)

    def _cut_short(self, places: tuple[int, ...]) -> bool:
        """Whether the label ends within a number: another one may be meant that begins so."""
        cut = self._mentions.cut
        return bool(cut) and any(
            whole.startswith(cut) and whole != cut for whole in (self._pool.numbers[place].whole for place in places)
        )

    def _impossible_of_others(self, extra: int, places: tuple[int, ...]) -> bool:
        """Whether the other open documents, few enough to try every sum, never come to what was paid too much, to a cent or
        two: the label has then not lost one of them."""
        others = [self._pool.open[place] for place in self._view.places if place not in places]
        if len(others) > _MOST_OTHERS:
            return False
        sums = {0}
        for cents in others:
            sums |= {total + cents for total in sums}
        return all(extra + off not in sums for off in range(-2, 3))

    def _bearable(self, owed: int) -> int:
        """How much too much may be paid before another document is thought of that the label lost or never named."""
        strength = self.named.strength or Strength.BARE_SERIAL
        if strength < Strength.BRIEF or self._mentions.full_width:
            return _INDEMNITY
        return owed if strength >= Strength.SHORT else max(owed // 4, _INDEMNITY)

    def _replaceable(self, places: tuple[int, ...]) -> bool:
        """Whether an unnamed item could be replaced by another of the same amount, or too many sums were possible to look."""
        latest = self._view.places
        return len(latest) > MAX_TRIPLE or any(
            other not in places and other in latest
            for place in places
            if place not in self.named.sure
            for other in self._pool.with_amount(self._pool.open[place])
        )

    def _factor(self, places: frozenset[int]) -> tuple[float, Strength | None, bool]:
        """How much likelier the label is if just these are settled; how strongly it names them; whether all and only them."""
        named = self.named
        otherwise = _BEGUN_OTHERWISE if self._mentions.begun and not self._begins(places) else 1.0
        if not named.strengths:
            return otherwise, None, False
        invoices = frozenset(place for place in places if self._pool.open[place] > 0) or places
        hit = sorted(invoices & named.strengths.keys())
        notes = sorted((places - invoices) & named.sure)
        missed = [place for place in sorted(named.sure - places) if self._pool.open[place] > 0]
        factor = otherwise
        for place in (*hit, *notes):
            factor *= NAMED[named.strengths[place]]
        for place in missed:
            factor *= _MISSED[named.strengths[place]]
        extra = len(invoices) - len(hit)
        if not hit or (extra and named.sure.isdisjoint(hit)):
            return factor if not hit else 3.0 * otherwise, None, False
        strength = min(named.strengths[place] for place in hit)
        return factor * _UNNAMED_TOO**extra, strength, not missed and not extra

    def _begins(self, places: frozenset[int]) -> bool:
        """Whether a number with which the label breaks off may be that of one of these."""
        return any(self._pool.numbers[place].whole.startswith(self._mentions.begun) for place in places)

    def _add_named(self) -> None:
        for named in self._named_sets():
            owed = self._sum(named)
            received = self._money.cents
            if owed == received:
                self._add(named, Rule.REFERENCE, SINGLE)
            elif owed > received:
                self._add_named_short(named, owed)
            elif owed > 0:
                self._add_named_over(named, owed)

    def _named_sets(self) -> list[tuple[int, ...]]:
        """What may be meant as named: the strongest mentions, these and the weaker ones, the invoices alone."""
        strengths = self.named.strengths
        sets: dict[tuple[int, ...], None] = {}
        for least in (Strength.BRIEF, Strength.SERIAL, Strength.BARE_SERIAL):
            places = tuple(sorted(place for place, strength in strengths.items() if strength >= least))
            if not places or (least is Strength.BARE_SERIAL and len(places) > 8):
                continue
            sets[places] = None
            sets[tuple(place for place in places if self._pool.open[place] > 0)] = None
        sets.update(dict.fromkeys(self._chosen()))
        return [places for places in sets if places]

    def _chosen(self) -> list[tuple[int, ...]]:
        """Where serials are shared by several items: the choices that make up the amount."""
        choices = self.named.choices
        if not choices or prod(len(choice) for choice in choices) > _MOST_CHOICES:
            return []
        certain = tuple(place for place in self.named.sure if all(place not in choice for choice in choices))
        chosen = (tuple(sorted({*certain, *choice})) for choice in product(*choices))
        return [places for places in chosen if self._sum(places) == self._money.cents]

    def _add_named_short(self, named: tuple[int, ...], owed: int) -> None:
        missing = owed - self._money.cents
        if self._add_with_credits(named, missing):
            return
        difference = explained(owed, self._money.cents, len(named), self._leeway)
        if difference is not None:
            self._add(named, Rule.REFERENCE_DIFFERENCE, difference.mass, difference.reason)
        elif self._money.cents > 0:
            share = _PARTIAL if len(named) == 1 else _PARTIAL * _SPREAD_OVER_SEVERAL
            self._add(named, Rule.REFERENCE_PARTIAL, share * self._density, Residual.PARTIAL)

    def _add_with_credits(self, named: tuple[int, ...], missing: int) -> bool:
        notes = [place for place in self._pool.credits() if place not in named]
        fitting: list[tuple[int, ...]] = [(place,) for place in notes if -self._pool.open[place] == missing]
        if not fitting and len(notes) > 1:
            fitting = [tuple(notes)] if -self._sum(notes) == missing else _pair(notes, self._pool.open, -missing)
        for used in fitting[:4]:
            self._add((*named, *used), Rule.REFERENCE_SOME, 0.2 / len(notes))
        return bool(fitting)

    def _add_named_over(self, named: tuple[int, ...], owed: int) -> None:
        extra = self._money.cents - owed
        for place in self._pool.with_amount(extra)[:4]:
            if place not in named:
                self._add((*named, place), Rule.REFERENCE_SOME, 0.05 / len(self._view.places))
        difference = explained(owed, self._money.cents, len(named), self._leeway)
        if difference is not None:
            self._add(named, Rule.REFERENCE_DIFFERENCE, difference.mass, difference.reason)
        else:
            likely = _OVER * roundness(extra) / max(extra, 10_000)
            self._add(named, Rule.REFERENCE_OVER, likely, Residual.OVERPAYMENT)

    def _add_singles(self) -> None:
        count = max(1, self._view.invoices)
        for place in self._pool.with_amount(self._money.cents)[:40]:
            self._add((place,), Rule.AMOUNT_SINGLE, SINGLE / count * self._timing(place))

    def _timing(self, place: int) -> float:
        item = self._pool.items[place]
        if (self._money.date - item.issue_date).days < -2:
            return _FUTURE
        return 1 / (1 + abs((self._money.date - item.due_date).days) / 45)

    def _add_sums(self, *, thorough: bool) -> None:
        view = self._view
        hints = self._mentions
        for way in ways(
            view, self._money.cents, self._money.date, hints.months, whole=hints.whole_account, thorough=thorough
        ):
            self._add((view.places[position] for position in way.positions), way.rule, way.prior)

    def _add_differences(self) -> None:
        """One invoice, or all that is due, less a discount, a fee, a rounding."""
        view = self._view
        low, high = self._money.cents - self._leeway.rounding_cents, farthest(self._money.cents, self._leeway)
        for place, amount in zip(view.places, view.amounts, strict=True):
            if low <= amount <= high:
                self._add_difference((place,), amount, SINGLE / view.invoices * self._timing(place))
            elif amount > high and self._is_part(place, amount):
                self._add(
                    (place,),
                    Rule.AMOUNT_DIFFERENCE,
                    _PART_SHARE / view.invoices * self._timing(place) / len(_PARTS),
                    Residual.PARTIAL,
                )
        if view.invoices > 1 and view.positive >= low:
            for places in self._wholes(view):
                owed = self._sum(places)
                if low <= owed <= high:
                    self._add_difference(places, owed, 0.1)

    def _is_part(self, place: int, amount: int) -> bool:
        """Whether the money is a usual part of what is open of an item, or of its total; cents may be rounded."""
        wholes = {amount, self._pool.items[place].total_cents}
        return any(abs(whole * part - self._money.cents) <= 2 for whole in wholes for part in _PARTS)

    def _wholes(self, view: View) -> list[tuple[int, ...]]:
        groups = [tuple(view.places), tuple(view.places[: view.due(self._money.date)])]
        groups.extend(tuple(view.places[position] for position in month) for month in view.months.values())
        return [group for group in dict.fromkeys(groups) if len(group) > 1]

    def _add_difference(self, places: tuple[int, ...], owed: int, prior: float) -> None:
        difference: Difference | None = explained(owed, self._money.cents, len(places), self._leeway)
        if difference is not None:
            self._add(places, Rule.AMOUNT_DIFFERENCE, prior * difference.mass, difference.reason)

    def _add_legal_order(self) -> None:
        """Nothing fits, nothing is named: the debts due first, the oldest first (C. civ. 1342-10), for what the money covers."""
        if (self.named.strength or 0) >= Strength.BRIEF:
            return
        places: list[int] = []
        covered = 0
        for place in self._view.places:
            if self._pool.open[place] > 0 and covered < self._money.cents:
                places.append(place)
                covered += self._pool.open[place]
        if not places:
            return
        over = covered < self._money.cents
        share = _OVER if over else _PARTIAL
        self._add(
            places, Rule.LEGAL_ORDER, share * self._density * 0.2, Residual.OVERPAYMENT if over else Residual.PARTIAL
        )
        if len(places) > 1 or over:
            return
        count = len(self._view.places)
        for place in self._view.places[1:4]:
            if self._pool.open[place] > self._money.cents:
                self._add((place,), Rule.LEGAL_ORDER, share * self._density * 0.1 / count, Residual.PARTIAL)

    def _add_duplicate(self) -> None:
        """The label names what is already settled."""
        totals = {self._pool.items[place].total_cents for place in self.named.settled}
        whole = self._money.cents in totals or self._money.cents == sum(
            self._pool.items[place].total_cents for place in self.named.settled
        )
        weight = NAMED[Strength.SHORT] * (0.3 if whole else self._density) * self._likely
        self._found[()] = Claim(
            self._customer,
            (),
            Rule.DUPLICATE if whole else Rule.ON_ACCOUNT,
            Residual.DUPLICATE if whole else Residual.ON_ACCOUNT,
            weight,
            None,
            False,
        )


_UNNAMED = frozenset({
    Rule.AMOUNT_SINGLE, Rule.AMOUNT_ALL, Rule.AMOUNT_DUE, Rule.AMOUNT_OLDEST, Rule.AMOUNT_RUN, Rule.AMOUNT_MONTH,
    Rule.AMOUNT_SUM, Rule.AMOUNT_DIFFERENCE,
})  # fmt: skip  # read as a table: columns side by side


def _pair(places: Sequence[int], amounts: Sequence[int], target: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for first, place in enumerate(places[:WIDEST]):
        found.extend(
            (place, other) for other in places[first + 1 : WIDEST] if amounts[place] + amounts[other] == target
        )
        if len(found) > 4:
            break
    return found
