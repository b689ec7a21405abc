"""Planning 100,000 open invoices of 20,000 customers: at most 10 × the bare aggregate grouped by customer; linear to 1,000,000."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ledger import write_open_invoices
from benchmarks.measure import TODAY, Result, best, company
from crm.core.basics import ImportData
from crm.followup.actions.dunning import PreviewDunning

_BARE = """
    SELECT v.customer_id, v.currency, COUNT(*), SUM(i.cents - COALESCE(a.cents, 0)), MIN(i.due_date)
    FROM instalment i
    JOIN invoice v ON v.id = i.invoice_id
    LEFT JOIN (SELECT instalment_id, SUM(cents) AS cents FROM allocation GROUP BY instalment_id) a ON a.instalment_id = i.id
    WHERE i.due_date <= ? AND i.cents - COALESCE(a.cents, 0) > 0
    GROUP BY v.customer_id, v.currency
"""


def run(counts: tuple[int, ...] = (100_000, 1_000_000)) -> Iterator[Result]:
    """Every decision of the day without its text, beside the bare aggregate; then ten times as many invoices."""
    per_invoice = []
    for count in counts:
        with company() as (crm, folder):
            write_open_invoices(folder / "customers.csv", folder / "invoices.csv", count, customers=count // 5)
            for name in ("customers.csv", "invoices.csv"):
                crm.runner.run(ImportData(upload=crm.spool.take_path(folder / name)), crm.actor)
            database = sqlite3.connect(Path(str(crm.database.url.database)))
            peer = best(lambda database=database: database.execute(_BARE, (TODAY,)).fetchall())  # type: ignore[misc]  # a lambda bound in a loop
            ours = best(lambda crm=crm: crm.runner.read(PreviewDunning(no_text=True), crm.actor), 2)  # type: ignore[misc]  # a lambda bound in a loop
            per_invoice.append(ours / count)
            if count == counts[0]:
                yield Result(
                    f"planning {count:,} open invoices", ours / peer, 10, detail=f"{ours:.2f} s, peer {peer:.2f} s"
                )
    if len(counts) > 1:
        yield Result("growth of planning per invoice from 100,000 to 1,000,000", per_invoice[1] / per_invoice[0], 1.5)
