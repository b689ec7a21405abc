"""Import of a FEC of 1,000,000 lines: at most 4 × reading them with Polars and one bulk insert per table; below 1.5 GB.

Where Polars is not installed the csv module reads for the peer, and the result says so.
"""

import csv
import random
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import Result, company, peak_megabytes, seconds
from crm.core.basics import ImportData
from crm.receivables.fec.reader import NAMES

_LINES = 1_000_000
_CUSTOMERS = 20_000
_FIRST = date(2025, 1, 1)


def run(lines: int = _LINES) -> Iterator[Result]:
    """Preview, import, import again; the peer on the same tables with the same indexes."""
    with company() as (crm, folder):
        path = folder / "123456789FEC20251231.txt"
        write_fec(path, lines)
        before = peak_megabytes()
        upload = crm.spool.take_path(path)
        action = ImportData(upload=upload)
        preview = seconds(lambda: crm.runner.preview(action, crm.actor))
        ours = seconds(lambda: crm.runner.run(action, crm.actor))
        memory = peak_megabytes()
        again = seconds(lambda: crm.runner.run(action, crm.actor))
        database = Path(str(crm.database.url.database))
        reader, read = _reader()
        peer = _peer(path, folder / "peer.db", database, read)
        yield Result(
            f"import of a FEC of {lines:,} lines",
            ours / peer,
            4,
            detail=f"{ours:.1f} s, peer ({reader}) {peer:.1f} s; preview {preview:.1f} s, again {again:.1f} s",
        )
        yield Result("its preview beside it", preview / ours, 1.05)
        yield Result(
            "its memory", memory, 1500, " MB", detail=f"{before:.0f} MB before, {peak_megabytes():.0f} MB after again"
        )


def write_fec(path: Path, lines: int) -> None:
    """A year of a trader: invoices of three lines, two in three of them paid and lettered, purchases of suppliers."""
    dice = random.Random(lines)
    days = [f"{_FIRST + timedelta(days=day):%Y%m%d}" for day in range(365)]
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("\t".join(NAMES) + "\r\n")
        written = serial = 0
        while written < lines:
            serial += 1
            day = serial * 300 * 10 // (lines * 10 // 9 + 1) % 300
            kind = serial % 3
            who = dice.randrange(_CUSTOMERS)
            net = dice.randrange(1_000, 900_000)
            total = net + net // 5
            if kind:
                code = f"L{serial}" if dice.random() < 0.66 else ""
                aux, name, piece, issued = f"C{who:05}", f"Client {who:05}", f"F{serial:07}", days[day]
                rows = [
                    ("VE", "Ventes", issued, "411000", "Clients", aux, name, piece, f"Facture {piece}", total, 0, code),
                    ("VE", "Ventes", issued, "707000", "Ventes", "", "", piece, f"Facture {piece}", 0, net, ""),
                    ("VE", "Ventes", issued, "445710", "TVA", "", "", piece, f"Facture {piece}", 0, total - net, ""),
                ]
                _write(out, serial * 2, rows)
                written += 3
                if code:
                    paid = days[min(364, day + 20 + dice.randrange(45))]
                    rows = [
                        ("BQ", "Banque", paid, "512000", "Banque", "", "", f"V{serial}", f"VIR {name}", total, 0, ""),
                        (
                            "BQ",
                            "Banque",
                            paid,
                            "411000",
                            "Clients",
                            aux,
                            name,
                            f"V{serial}",
                            f"VIR {name}",
                            0,
                            total,
                            code,
                        ),
                    ]
                    _write(out, serial * 2 + 1, rows)
                    written += 2
            else:
                aux, name, piece, issued = f"F{who % 900:03}", f"Fournisseur {who % 900:03}", f"A{serial}", days[day]
                rows = [
                    ("AC", "Achats", issued, "607000", "Achats", "", "", piece, piece, net, 0, ""),
                    ("AC", "Achats", issued, "445660", "TVA", "", "", piece, piece, total - net, 0, ""),
                    ("AC", "Achats", issued, "401000", "Fournisseurs", aux, name, piece, piece, 0, total, ""),
                ]
                _write(out, serial * 2, rows)
                written += 3


def _write(out, number: int, rows) -> None:  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
    for journal, title, day, account, called, aux, name, piece, label, debit, credit, code in rows:
        out.write(
            f"{journal}\t{title}\t{number}\t{day}\t{account}\t{called}\t{aux}\t{name}\t{piece}\t{day}\t{label}\t"
            f"{debit // 100},{debit % 100:02}\t{credit // 100},{credit % 100:02}\t{code}\t{day if code else ''}\t{day}\t\t\r\n"
        )


def _reader():  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
    """How the peer reads: its name, and a function from a path to rows of the columns it needs."""
    wanted = ["JournalCode", "EcritureNum", "EcritureDate", "CompteNum", "CompAuxNum", "CompAuxLib", "PieceRef", "EcritureLib", "Debit", "Credit", "EcritureLet"]  # fmt: skip  # read as a table: columns side by side
    try:
        import polars
    except ImportError:

        def by_csv(path: Path):  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
            places = [NAMES.index(name) for name in wanted]
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                next(rows)
                for row in rows:
                    yield [row[place] for place in places]

        return "csv module: no Polars here", by_csv

    def by_polars(path: Path):  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
        frame = polars.read_csv(path, separator="\t", quote_char=None, infer_schema=False, columns=wanted)
        yield from frame.select(wanted).fill_null("").iter_rows()

    return "Polars", by_polars


def _peer(path: Path, target: Path, shape: Path, read) -> float:  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
    """Read, then one executemany per table, on the same schema; every payment settles the invoice of its code."""
    with sqlite3.connect(shape) as source:
        statements = [row[0] for row in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")]  # fmt: skip  # read as a table: columns side by side
    database = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000"):
        database.execute(f"PRAGMA {pragma}")
    for statement in statements:
        if "sqlite_" not in statement:
            database.execute(statement)

    def day(text: str) -> str:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"

    def work() -> None:
        customers: dict[str, tuple[int, str]] = {}
        invoices, instalments, payments, items, allocations = [], [], [], [], []
        open_codes: dict[tuple[str, str], tuple[int, int]] = {}
        for place, (journal, number, dated, account, aux, name, piece, label, debit, credit, code) in enumerate(
            read(path)
        ):
            if account[:2] != "41":
                continue
            owner = customers.setdefault(aux, (len(customers) + 1, name))[0]
            cents, on = int(debit.replace(",", "")) - int(credit.replace(",", "")), day(dated)
            instalment = payment = None
            if cents > 0:
                instalment = len(invoices) + 1
                invoices.append((instalment, piece, owner, "invoice", on, "EUR", cents, "", ""))
                instalments.append((instalment, instalment, on, cents, True))
                if code:
                    open_codes[aux, code] = (instalment, cents)
            else:
                payment = len(payments) + 1
                payments.append((payment, piece, "fec", str(payment), owner, on, "EUR", -cents, "", label))
                if (aux, code) in open_codes:
                    key, owed = open_codes[aux, code]
                    allocations.append((len(allocations) + 1, key, payment, owed, on, code, "fec"))
            items.append((len(items) + 1, 1, place, aux, account, aux, journal, number, on, on, piece, label, cents, code, "", "", owner, instalment, payment))  # fmt: skip  # read as a table: columns side by side
        database.execute("BEGIN IMMEDIATE")
        columns = "id, number, name, name_key, stage, regime, siren, vat_number, country, address, postal_code, city, language, account_manager, segment, segment_origin, payment_terms, discreet"
        put = database.executemany
        put(f"INSERT INTO customer ({columns}) VALUES (?,?,?,?,'','','','','','','','','','','','','',0)", [(key, number, name, name.lower()) for number, (key, name) in customers.items()])  # fmt: skip  # read as a table: columns side by side
        database.execute("INSERT INTO accounting_year (id, starts, last_entry, opened, siren, file, receivable_cents, advance_cents) VALUES (1, '2025-01-01', '2025-12-31', 0, '', '', 0, 0)")  # fmt: skip  # read as a table: columns side by side
        put("INSERT INTO invoice (id, number, customer_id, kind, issue_date, currency, total_cents, order_reference, original_number) VALUES (?,?,?,?,?,?,?,?,?)", invoices)  # fmt: skip  # read as a table: columns side by side
        put("INSERT INTO instalment (id, invoice_id, due_date, cents, assumed) VALUES (?,?,?,?,?)", instalments)
        put("INSERT INTO payment (id, reference, source, source_key, customer_id, received, currency, cents, method, label) VALUES (?,?,?,?,?,?,?,?,?,?)", payments)  # fmt: skip  # read as a table: columns side by side
        put("INSERT INTO accounting_item (id, year_id, place, party, account, auxiliary, journal, entry_number, dated, issued, piece, label, cents, code, role, rule, customer_id, instalment_id, payment_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", items)  # fmt: skip  # read as a table: columns side by side
        put("INSERT INTO allocation (id, instalment_id, payment_id, cents, value_date, code, rule) VALUES (?,?,?,?,?,?,?)", allocations)  # fmt: skip  # read as a table: columns side by side
        database.execute("COMMIT")

    return seconds(work)


if __name__ == "__main__":
    for result in run(int(sys.argv[1]) if len(sys.argv) > 1 else _LINES):
        print(result)
