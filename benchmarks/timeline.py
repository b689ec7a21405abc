"""A timeline of 50,000 entries opens and pages within 0.2 s; a search over their words too."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import Result, best, company
from crm.core.basics import ImportData
from crm.customers.actions import CreateCustomer
from crm.portfolio.history import CustomerHistory

_COUNT = 50_000
_SAID = (
    "Règlement promis pour la fin du mois, la comptable est absente le mercredi.",
    "Litige sur la palette manquante : attend le bon de livraison signé.",
    "Message laissé sur le répondeur, rappeler après le déjeuner.",
    "Vu au dépôt : la clôture de l’exercice retarde les virements.",
)


def write_exchanges(path: Path, count: int) -> None:
    """Exchanges with one customer, thirty a day, each with words of its own."""
    with path.open("w") as out:
        out.write("customer;date;channel;direction;author;text;outcome\n")
        for place in range(count):
            day = date(2026, 11, 23) - timedelta(place // 30)
            hour = f"{8 + place % 10:02}:{place % 60:02}"
            out.write(f"C-1;{day} {hour};phone;out;Léa;{_SAID[place % 4]} Dossier {place:06}.;joint\n")


def run(count: int = _COUNT, url: str = "") -> Iterator[Result]:
    """The page as the sheet opens it, one in the middle, and two searches."""
    with company(url) as (crm, folder):
        write_exchanges(folder / "exchanges.csv", count)
        crm.runner.run(CreateCustomer(number="C-1", name="Dupont"), crm.actor)
        crm.runner.run(ImportData(upload=crm.spool.take_path(folder / "exchanges.csv")), crm.actor)

        def milliseconds(**asked: object) -> float:
            action = CustomerHistory(customer="C-1", limit=500, **asked)  # type: ignore[arg-type]  # fields by name
            return 1000 * best(lambda: crm.runner.read(action, crm.actor))

        yield Result(f"timeline of {count:,} entries opens", milliseconds(), 200, " ms")
        yield Result("a page from its middle", milliseconds(offset=count // 2), 200, " ms")
        yield Result("a search for one entry", milliseconds(query=f"dossier {count // 2:06}"), 200, " ms")
        yield Result("a search that a quarter answers", milliseconds(query="clôture exercice"), 200, " ms")


if __name__ == "__main__":
    for result in run(url=sys.argv[1] if len(sys.argv) > 1 else ""):
        print(result)
