"""A large ledger as a file: invoices of many customers, the same every time."""

import random
from datetime import date, timedelta
from pathlib import Path

_FIRST = date(2024, 1, 1)
_DAYS = 1_050


def write_invoices(path: Path, count: int, customers: int) -> None:
    """`count` invoices of `customers` customers, two in three of them paid; ISO dates, decimal point, semicolons."""
    dice = random.Random(count)
    days = [(_FIRST + timedelta(days=day)).isoformat() for day in range(_DAYS + 150)]
    with path.open("w", encoding="utf-8") as out:
        out.write("number;customer;issue_date;due_date;total_incl_tax;paid_date\n")
        for serial in range(count):
            issued = dice.randrange(_DAYS)
            paid = days[issued + 20 + dice.randrange(60)] if serial % 3 else ""
            out.write(
                f"F{serial:07};C{dice.randrange(customers):05};{days[issued]};{days[issued + 30]};"
                f"{dice.randrange(1_000, 900_000) / 100:.2f};{paid}\n"
            )


def write_open_invoices(customers_file: Path, invoices_file: Path, count: int, customers: int) -> None:
    """Customers with an e-mail address, and `count` unpaid invoices of theirs, overdue by up to 200 days."""
    dice = random.Random(count)
    today = date(2026, 11, 24)
    with customers_file.open("w", encoding="utf-8") as out:
        out.write("number;name;regime;city;contact_name;email\n")
        for key in range(customers):
            out.write(f"C{key:06};Client {key};B2B;Brest;Comptabilité;compta@c{key:06}.example\n")
    with invoices_file.open("w", encoding="utf-8") as out:
        out.write("number;customer;issue_date;due_date;total_incl_tax\n")
        for serial in range(count):
            due = today - timedelta(days=dice.randrange(3, 200))
            out.write(
                f"F{serial:07};C{serial % customers:06};{due - timedelta(days=30)};{due};{dice.randrange(1_000, 900_000) / 100:.2f}\n"
            )
