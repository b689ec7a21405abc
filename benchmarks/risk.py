"""Risk of 100,000 invoices in the database: every customer and all that is open scored within 5 s, a model learnt within 60 s, within 1.5 GB."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import TODAY, Result, company, peak_megabytes, seconds
from crm.core.basics import ImportData
from crm.risk.actions.explaining import ListAtRisk
from crm.risk.actions.scoring import ScoreRisk, TrainRisk

_TODAY = date.fromisoformat(TODAY)
_SCORING, _TRAINING, _MEGABYTES = 5.0, 60.0, 1_536.0


def write_history(path: Path, count: int, customers: int) -> None:
    """`count` invoices of three years; each customer pays in its own way, so that there is something to learn."""
    dice = random.Random(count)
    habits = [dice.gauss(0, 12) for _ in range(customers)]
    with path.open("w", encoding="utf-8") as out:
        out.write("number;customer;issue_date;due_date;total_incl_tax;paid_date\n")
        for serial in range(count):
            who = dice.randrange(customers)
            issued = _TODAY - timedelta(days=2 + dice.randrange(1_090))
            due = issued + timedelta(days=30)
            paid = max(issued, due + timedelta(days=round(habits[who] + dice.gauss(0, 10))))
            settled = paid if paid < _TODAY else ""
            out.write(f"F{serial:07};C{who:05};{issued};{due};{dice.randrange(1_000, 900_000) / 100:.2f};{settled}\n")


def run(count: int = 100_000) -> Iterator[Result]:
    """Learnt, scored without keeping anything, then scored as every night; each as a ratio to its limit."""
    with company() as (crm, folder):
        path = folder / "invoices.csv"
        write_history(path, count, customers=count // 20)
        crm.runner.run(ImportData(upload=crm.spool.take_path(path)), crm.actor)
        training = seconds(lambda: crm.runner.run(TrainRisk(), crm.actor))
        listing = seconds(lambda: crm.runner.read(ListAtRisk(), crm.actor))
        keeping = seconds(lambda: crm.runner.run(ScoreRisk(), crm.actor))
        memory = peak_megabytes()
    for name, took, limit in (
        ("learning risk from", training, _TRAINING),
        ("scoring", listing, _SCORING),
        ("scoring and keeping the risk of", keeping, _SCORING),
    ):
        yield Result(f"{name} {count:,} invoices", took / limit, 1, detail=f"{took:.1f} s of {limit:g} s")
    yield Result(
        "memory of learning and scoring", memory / _MEGABYTES, 1, detail=f"{memory:.0f} MB of {_MEGABYTES:g} MB"
    )
