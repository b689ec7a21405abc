"""Whose whole account, or oldest documents, come to an amount: all that is left to go by when nobody is recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

from crm.receivables.matching.facts import Money
from crm.receivables.matching.pools import WIDEST, Pool

Key = tuple[int, str]
_MOST = 3
_TELLING = 1_000
"""Sums of so many cents' multiples are everybody's: they tell nothing."""


class Accounts:
    """Sums of the oldest open documents of each customer, looked up by amount; renewed where something was used up."""

    def __init__(self, pools: Mapping[Key, Pool]) -> None:
        self._pools = pools
        self._stale: set[Key] = set(pools)
        self._owing: dict[tuple[str, int], set[Key]] = defaultdict(set)
        self._renew()

    def changed(self, key: Key) -> None:
        """What is open of a customer has changed."""
        self._stale.add(key)

    def owing(self, money: Money) -> list[tuple[int, tuple[int, ...]]]:
        """Customers with the two or more oldest documents that come to the amount; none when more than three have such."""
        if money.cents % _TELLING == 0:
            return []
        self._renew()
        found: list[tuple[int, tuple[int, ...]]] = []
        for key in sorted(self._owing.get((money.currency, money.cents), ())):
            view = self._pools[key].view(money.date)
            for count, total in enumerate(accumulate(view.amounts), 1):
                if total == money.cents and count > 1:
                    found.append((key[0], tuple(sorted(view.places[:count]))))
                    break
        return found if len(found) <= _MOST else []

    def _renew(self) -> None:
        for key in self._stale:
            pool = self._pools[key]
            for total in accumulate(pool.open[place] for place in pool.live[:WIDEST]):
                self._owing[key[1], total].add(key)
        self._stale.clear()
