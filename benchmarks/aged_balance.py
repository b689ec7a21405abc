"""Aged balance of 1,000,000 invoices as of a past date: at most 3 × the same join and group in bare SQL."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from benchmarks.ledger import write_invoices
from benchmarks.measure import Result, best, company
from crm.core.basics import ImportData
from crm.receivables.actions import AgedBalance

_DAY = date(2026, 3, 31)
_BARE = """
    SELECT v.customer_id, v.currency,
        SUM(CASE WHEN i.due_date >= :d0 THEN i.cents - COALESCE(a.cents, 0) ELSE 0 END),
        SUM(CASE WHEN i.due_date < :d0 AND i.due_date >= :d30 THEN i.cents - COALESCE(a.cents, 0) ELSE 0 END),
        SUM(CASE WHEN i.due_date < :d30 AND i.due_date >= :d60 THEN i.cents - COALESCE(a.cents, 0) ELSE 0 END),
        SUM(CASE WHEN i.due_date < :d60 AND i.due_date >= :d90 THEN i.cents - COALESCE(a.cents, 0) ELSE 0 END),
        SUM(CASE WHEN i.due_date < :d90 THEN i.cents - COALESCE(a.cents, 0) ELSE 0 END)
    FROM instalment i
    JOIN invoice v ON v.id = i.invoice_id
    LEFT JOIN (
        SELECT instalment_id, SUM(cents) AS cents FROM allocation WHERE value_date <= :d0 GROUP BY instalment_id
    ) a ON a.instalment_id = i.id
    WHERE v.issue_date <= :d0
    GROUP BY v.customer_id, v.currency
"""


def run(count: int = 1_000_000) -> Iterator[Result]:
    """The answer of the action, beside bare SQL on the same file."""
    with company() as (crm, folder):
        path = folder / "invoices.csv"
        write_invoices(path, count, customers=20_000)
        crm.runner.run(ImportData(upload=crm.spool.take_path(path)), crm.actor)
        crm.runner.read(AgedBalance(as_of=_DAY), crm.actor)
        database = sqlite3.connect(Path(str(crm.database.url.database)))
        database.execute("PRAGMA cache_size=-64000")
        days = {"d0": "2026-03-31", "d30": "2026-03-01", "d60": "2026-01-30", "d90": "2025-12-31"}
        peer = best(lambda: database.execute(_BARE, days).fetchall())
        ours = best(lambda: crm.runner.read(AgedBalance(as_of=_DAY), crm.actor))
        yield Result(
            f"aged balance of {count:,} invoices as of a past day",
            ours / peer,
            3,
            detail=f"{ours:.2f} s, peer {peer:.2f} s",
        )
