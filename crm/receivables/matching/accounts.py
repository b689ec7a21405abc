"""Whose whole account, oldest documents or month come to an amount: all that is left to go by when nobody is recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from crm.receivables.matching.facts import Money
from crm.receivables.matching.pools import WIDEST, Pool, View

Key = tuple[int, str]
_MOST = 3
_TELLING = 1_000
"""Sums of so many cents' multiples are everybody's: they tell nothing."""


class Accounts:
    """Sums of the oldest open documents and of the months of each customer, looked up by amount; renewed where something
    was used up."""

    def __init__(self, pools: Mapping[Key, Pool]) -> None:
        self._pools = pools
        self._stale: set[Key] = set(pools)
        self._owing: dict[tuple[str, int], set[Key]] = defaultdict(set)
        self._renew()

    def changed(self, key: Key) -> None:
        """What is open of a customer has changed."""
        self._stale.add(key)

    def owing(self, money: Money) -> list[tuple[int, tuple[int, ...]]]:
        """Customers whose two or more oldest documents, or those of a month, come to the amount; none when more than three
        have such."""
        if money.cents % _TELLING == 0:
            return []
        self._renew()
        found: list[tuple[int, tuple[int, ...]]] = []
        for key in sorted(self._owing.get((money.currency, money.cents), ())):
            view = self._pools[key].view(money.date)
            places = next((places for total, places in _wholes(view) if total == money.cents), ())
            if places:
                found.append((key[0], tuple(sorted(view.places[place] for place in places))))
        return found if len(found) <= _MOST else []

    def _renew(self) -> None:
        for key in self._stale:
            pool = self._pools[key]
            for total in accumulate(pool.open[place] for place in pool.live[:WIDEST]):
                self._owing[key[1], total].add(key)
            months: dict[tuple[int, int], int] = defaultdict(int)
            for place in pool.live[:WIDEST]:
                issued = pool.items[place].issue_date
                months[issued.year, issued.month] += pool.open[place]
            for total in months.values():
                self._owing[key[1], total].add(key)
        self._stale.clear()


def _wholes(view: View) -> Iterator[tuple[int, Sequence[int]]]:
    """What a payer may settle at once, with its sum, as positions: the oldest documents, two and more, and those of a month."""
    for count, total in enumerate(accumulate(view.amounts), 1):
        if count > 1:
            yield total, range(count)
    for positions in view.months.values():
        if len(positions) > 1:
            yield sum(view.amounts[position] for position in positions), positions
