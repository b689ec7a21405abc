"""Matching 100,000 bank lines with 100,000 open invoices of 10,000 customers: at most 60 s, written down and proposed."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import Result, company, peak_megabytes, seconds
from crm.core.basics import ImportData
from crm.receivables.actions.matching import MatchPayments

_COUNT = 100_000
_TODAY = date(2026, 11, 24)
_TRADES = ("Boulangerie", "Garage", "Menuiserie", "Transports", "Hôtel", "Pharmacie", "Imprimerie", "Maçonnerie", "Traiteur")  # fmt: skip  # read as a table: columns side by side
_NAMES = ("Dubois", "Lefèvre", "Morvan", "Girard", "Kermarrec", "Rivière", "Caron", "Salaün", "Tanguy", "Abgrall")
_PLACES = ("Nord", "du Port", "des Halles", "Central", "Atlantique", "de la Gare", "Saint-Marc", "du Moulin", "Ouest")


def run(count: int = _COUNT) -> Iterator[Result]:
    """Import both, match once, and match what is left once more."""
    with company() as (crm, folder):
        write(folder, count, customers=count // 10)
        for name in ("customers.csv", "invoices.csv", "bank.csv"):
            crm.runner.run(ImportData(upload=crm.spool.take_path(folder / name)), crm.actor)
        found = []
        before = peak_megabytes()
        taken = seconds(lambda: found.append(crm.runner.run(MatchPayments(), crm.actor).result))
        outcome = found[0].outcome
        again = seconds(lambda: crm.runner.run(MatchPayments(), crm.actor))
        told = (
            f"{len(outcome.matched):,} matched, {len(found[0].as_json()['proposed']):,} proposed; again {again:.1f} s"
        )
        yield Result(f"matching of {count:,} bank lines with {count:,} invoices", taken, 60, " s", detail=told)
        yield Result("its memory", peak_megabytes(), 3000, " MB", detail=f"{before:.0f} MB before")


def write(folder: Path, count: int, customers: int) -> None:
    """Customers, their open invoices, and bank lines: most name what they pay, some only their payer, some nobody we know."""
    dice = random.Random(count)
    names = [f"{dice.choice(_TRADES)} {dice.choice(_NAMES)} {dice.choice(_PLACES)} {key}" for key in range(customers)]
    with (folder / "customers.csv").open("w", encoding="utf-8") as out:
        out.write("number;name;regime\n")
        out.writelines(f"C{key:06};{name};B2B\n" for key, name in enumerate(names))
    invoices = []
    with (folder / "invoices.csv").open("w", encoding="utf-8") as out:
        out.write("number;customer;issue_date;due_date;total_incl_tax\n")
        for serial in range(count):
            due = _TODAY - timedelta(days=dice.randrange(-20, 120))
            owner, cents = serial % customers, dice.randrange(1_000, 900_000)
            invoices.append((f"F2026-{serial:06}", owner, cents))
            out.write(f"F2026-{serial:06};C{owner:06};{due - timedelta(days=30)};{due};{cents / 100:.2f}\n")
    dice.shuffle(invoices)
    with (folder / "bank.csv").open("w", encoding="utf-8") as out:
        out.write("Date;Libellé;Montant;Contrepartie;Référence\n")
        for place in range(count):
            number, owner, cents = invoices[place]
            day = _TODAY - timedelta(days=dice.randrange(20))
            label, payer = _label(dice, number, names[owner])
            if label == "":
                label, payer, cents = "VIR SEPA REGLEMENT", f"Société inconnue {place}", dice.randrange(1_000, 900_000)
            elif label.startswith("PRLV"):
                cents = -cents
            out.write(f"{day};{label};{cents / 100:.2f};{payer};B{place:07}\n")


def _label(dice: random.Random, number: str, name: str) -> tuple[str, str]:
    chance = dice.random()
    if chance < 0.6:
        return f"VIR SEPA {name.upper()} FACTURE {number}", name
    if chance < 0.75:
        return f"VIR {number.replace('-', ' ')}", name
    if chance < 0.9:
        return "VIR SEPA REGLEMENT", name
    if chance < 0.95:
        return "PRLV FOURNISSEUR", "Énergie de l'Ouest"
    return "", ""
