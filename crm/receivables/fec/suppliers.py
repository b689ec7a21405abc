"""What the books say we owe suppliers: balances, open lines, codes that do not balance. Kept by year, replaced by the next file."""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from crm.core.bulk import Batch
from crm.core.names import name_key
from crm.core.runner import Context
from crm.receivables.fec.gathering import Owed
from crm.receivables.fec.known import Compared
from crm.receivables.fec.models import SupplierItem

COLUMNS = (
    "year_id", "code", "account", "name", "name_key", "balance_cents", "open_cents", "open_count", "unbalanced", "oldest",
)  # fmt: skip  # read as a table: columns side by side
Update = tuple[int, int, int, int, str, Any]
UPDATED = ("balance_cents", "open_cents", "open_count", "unbalanced", "oldest")


def take_suppliers(
    context: Context, batch: Batch, year_id: int, suppliers: Mapping[str, Owed], compared: Compared, *, new_year: bool
) -> list[Update]:
    """Add suppliers not known in the year; returns what changes of those who are.

    A file of another part of the year adds to what is there; one that only repeats changes nothing.
    """
    there: dict[str, SupplierItem] = {}
    if not new_year:
        query = select(SupplierItem).where(SupplierItem.year_id == year_id).order_by(col(SupplierItem.id))
        there = {row.code: row for row in context.session.exec(query)}
    if there and compared.repeats:
        return []
    updates: list[Update] = []
    for code, owed in suppliers.items():
        row = there.pop(code, None)
        open_codes = {letter: (cents, count) for letter, (cents, count) in owed.codes.items() if cents}
        balance, oldest = (
            owed.balance,
            min((owed.oldest[letter] for letter in open_codes if letter in owed.oldest), default=None),
        )
        if row is not None and compared.continues:
            balance += row.balance_cents
            for letter, (cents, count) in _codes(row.unbalanced).items():
                now = open_codes.get(letter, (0, 0))
                open_codes[letter] = (now[0] + cents, now[1] + count)
            open_codes = {letter: told for letter, told in open_codes.items() if told[0]}
            oldest = min(filter(None, (oldest, row.oldest)), default=None)
        values = (
            balance,
            sum(cents for cents, _count in open_codes.values()),
            sum(count for _cents, count in open_codes.values()),
            json.dumps(dict(sorted(open_codes.items())), ensure_ascii=False) if open_codes else "",
            oldest,
        )
        if row is None:
            batch.add("supplier_item", year_id, code, owed.account, owed.name, name_key(owed.name), *values)
        elif (row.balance_cents, row.open_cents, row.open_count, row.unbalanced, row.oldest) != values:
            updates.append((row.id, *values))
    if not compared.continues:
        updates += [(row.id, 0, 0, 0, "", None) for row in there.values() if row.balance_cents or row.open_cents]
    return updates


def _codes(text: str) -> dict[str, tuple[int, int]]:
    """Matching code → what is open of it and by how many lines; the empty code holds the lines without one."""
    return {code: (cents, count) for code, (cents, count) in json.loads(text).items()} if text else {}
