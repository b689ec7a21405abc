"""CPU per reminder: plan, gate, text and HTML, queue (limit 2.4 ms with sending), and memory that stays flat."""

import time
from collections.abc import Iterator

from benchmarks.ledger import write_open_invoices
from benchmarks.measure import Result, company, peak_megabytes
from crm.core.basics import ImportData
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.followup.actions.dunning import RunDunning
from crm.messaging.actions import GoLive

_LIMIT_MS = 2.4


def run(customers: int = 10_000) -> Iterator[Result]:
    """A whole run of so many customers."""
    with company() as (crm, folder):
        write_open_invoices(folder / "customers.csv", folder / "invoices.csv", customers * 3, customers=customers)
        for name in ("customers.csv", "invoices.csv"):
            crm.runner.run(ImportData(upload=crm.spool.take_path(folder / name)), crm.actor)
        crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), crm.actor)
        crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), crm.actor)
        crm.runner.run(GoLive(channel="email"), crm.actor)
        before, begun = peak_megabytes(), time.process_time()
        done = crm.runner.run(RunDunning(no_text=True), crm.actor)
        spent = time.process_time() - begun
        count = sum(done.result.counts.get(verdict, 0) for verdict in ("send", "ask"))
        yield Result(
            f"CPU per reminder queued, {count:,} reminders",
            1000 * spent / count,
            _LIMIT_MS,
            " ms",
            detail=f"{spent:.1f} s",
        )
        yield Result("memory above what importing took", peak_megabytes() - before, 200, " MB")
