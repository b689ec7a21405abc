"""What a payment settles when its payer says nothing: the order of article 1342-10 of the Civil Code.

Debts that are due come first; among them those the debtor had most interest to pay; among equals the oldest; all else being
equal, in proportion. Between instalments of one rate, the oldest due costs the debtor most.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from crm.receivables.matching.facts import OpenItem


def legal_order(items: Sequence[OpenItem], day: date) -> list[OpenItem]:
    """The open invoices in the order in which the law lets a payment settle them."""
    owed = [item for item in items if item.open_cents > 0]
    return sorted(owed, key=lambda item: (*_rank(item, day), item.number, item.id))


def _rank(item: OpenItem, day: date) -> tuple[bool, date, date]:
    return (item.due_date > day, item.due_date, item.issue_date)


def impute(items: Sequence[OpenItem], cents: int, day: date) -> list[tuple[int, int]]:
    """(item, cents) for a payment of so many cents; what is left over after all items is not in it."""
    allocations: list[tuple[int, int]] = []
    for _same, group in groupby(legal_order(items, day), key=lambda item: _rank(item, day)):
        together = list(group)
        given = min(cents, sum(item.open_cents for item in together))
        allocations.extend(pair for pair in _in_proportion(together, given) if pair[1])
        cents -= given
    return allocations


def _in_proportion(items: Sequence[OpenItem], cents: int) -> list[tuple[int, int]]:
    """Shares by what is open, no cent lost: each takes its part of what is still to be shared."""
    shares: list[tuple[int, int]] = []
    left = sum(item.open_cents for item in items)
    for item in items:
        share = cents * item.open_cents // left if left else 0
        shares.append((item.id, share))
        cents, left = cents - share, left - item.open_cents
    return shares
