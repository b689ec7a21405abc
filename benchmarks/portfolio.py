"""A large portfolio as files: customers with names, cities, contacts, and what they were invoiced; the same every time."""

import random
from datetime import date, timedelta
from pathlib import Path

_TRADES = ("Boulangerie", "Garage", "Menuiserie", "Transports", "Hôtel", "Pharmacie", "Imprimerie", "Électricité", "Maçonnerie", "Traiteur")  # fmt: skip  # read as a table: columns side by side
_NAMES = ("Dubois", "Lefèvre", "Morvan", "Girard", "Kermarrec", "Rivière", "Caron", "Salaün", "Tanguy", "Abgrall", "Martin", "Durand", "Moreau", "Petit", "Bernard")  # fmt: skip  # read as a table: columns side by side
_CITIES = ("Brest", "Quimper", "Rennes", "Saint-Malo", "Lorient", "Vannes", "Épinal", "Nantes", "Châteaulin", "Lyon", "Orléans", "Béziers")  # fmt: skip  # read as a table: columns side by side
_TODAY = date(2026, 11, 24)


def write_customers(path: Path, count: int) -> None:
    """`count` customers, each with a contact."""
    dice = random.Random(count)
    with path.open("w", encoding="utf-8") as out:
        out.write("number;name;city;regime;siren;contact_name;email\n")
        for place in range(count):
            name = f"{dice.choice(_TRADES)} {dice.choice(_NAMES)} {place}"
            out.write(
                f"C{place:06};{name};{dice.choice(_CITIES)};B2B;;Service {dice.choice(_NAMES)} {place};"
                f"compta{place}@client{place}.example\n"
            )


def write_documents(path: Path, count: int, customers: int) -> None:
    """`count` invoices, four in five of them paid."""
    dice = random.Random(count + 1)
    with path.open("w", encoding="utf-8") as out:
        out.write("number;customer;issue_date;due_date;total_incl_tax;paid_date\n")
        for serial in range(count):
            issued = _TODAY - timedelta(days=5 + dice.randrange(700))
            due = issued + timedelta(days=30)
            paid = due + timedelta(days=dice.randrange(-5, 60))
            settled = paid if serial % 5 and paid < _TODAY else ""
            out.write(
                f"F{serial:07};C{dice.randrange(customers):06};{issued};{due};"
                f"{dice.randrange(1_000, 900_000) / 100:.2f};{settled}\n"
            )
