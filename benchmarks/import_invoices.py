"""Import of 1,000,000 invoices: at most 4 × reading the file with the csv module and one bulk insert per table."""

import csv
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ledger import write_invoices
from benchmarks.measure import Result, company, peak_megabytes, seconds
from crm.core.basics import ImportData

_COUNT = 1_000_000


def run(count: int = _COUNT) -> Iterator[Result]:
    """Import, beside the peer on the same tables with the same indexes."""
    with company() as (crm, folder):
        path = folder / "invoices.csv"
        write_invoices(path, count, customers=20_000)
        before = peak_megabytes()
        upload = crm.spool.take_path(path)
        preview = seconds(lambda: crm.runner.preview(ImportData(upload=upload), crm.actor))
        ours = seconds(lambda: crm.runner.run(ImportData(upload=upload), crm.actor))
        memory = peak_megabytes()
        again = seconds(lambda: crm.runner.run(ImportData(upload=upload), crm.actor))
        peer = _peer(path, folder / "peer.db", Path(str(crm.database.url.database)))
        yield Result(
            f"import of {count:,} invoices",
            ours / peer,
            4,
            detail=f"{ours:.1f} s, peer {peer:.1f} s; preview {preview:.1f} s, again {again:.1f} s",
        )
        yield Result("its memory", memory, 1000, " MB", detail=f"{before:.0f} MB before")


def _peer(path: Path, target: Path, shape: Path) -> float:
    """Read the file with the csv module, then one executemany per table, on the same schema."""
    with sqlite3.connect(shape) as source:
        statements = [
            row[0] for row in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")
        ]
    database = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000"):
        database.execute(f"PRAGMA {pragma}")
    for statement in statements:
        if "sqlite_" not in statement:
            database.execute(statement)

    def work() -> None:
        customers: dict[str, int] = {}
        invoices, instalments, payments, allocations = [], [], [], []
        with path.open(encoding="utf-8", newline="") as file:
            for key, (number, customer, issued, due, total, paid) in enumerate(csv.reader(file, delimiter=";")):
                if key == 0:
                    continue
                owner = customers.setdefault(customer, len(customers) + 1)
                cents = int(total.replace(".", ""))
                invoices.append((key, number, owner, "invoice", issued, "EUR", cents, "", ""))
                instalments.append((key, key, due, cents, False))
                if paid:
                    place = len(payments) + 1
                    payments.append((place, number, "invoices-csv", number, owner, paid, "EUR", cents, "", ""))
                    allocations.append((place, key, place, cents, paid, "", ""))
        database.execute("BEGIN IMMEDIATE")
        people = [(key, number, number, number.lower()) for number, key in customers.items()]
        columns = "id, number, name, name_key, stage, regime, siren, vat_number, country, address, postal_code, city, language, account_manager, segment, segment_origin, payment_terms, discreet"
        database.executemany(
            f"INSERT INTO customer ({columns}) VALUES (?,?,?,?,'','','','','','','','','','','','','',0)", people
        )
        database.executemany("INSERT INTO invoice (id, number, customer_id, kind, issue_date, currency, total_cents, order_reference, original_number) VALUES (?,?,?,?,?,?,?,?,?)", invoices)  # fmt: skip  # read as a table: columns side by side
        database.executemany(
            "INSERT INTO instalment (id, invoice_id, due_date, cents, assumed) VALUES (?,?,?,?,?)", instalments
        )
        database.executemany("INSERT INTO payment (id, reference, source, source_key, customer_id, received, currency, cents, method, label) VALUES (?,?,?,?,?,?,?,?,?,?)", payments)  # fmt: skip  # read as a table: columns side by side
        database.executemany("INSERT INTO allocation (id, instalment_id, payment_id, cents, value_date, code, rule) VALUES (?,?,?,?,?,?,?)", allocations)  # fmt: skip  # read as a table: columns side by side
        database.execute("COMMIT")

    return seconds(work)


if __name__ == "__main__":
    for result in run(int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT):
        print(result)
