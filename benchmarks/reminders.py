"""CPU per reminder from plan to sent (limit 2.4 ms), and memory that stays flat from 1,000 customers to 100,000.

`python -m benchmarks.reminders [customers …]`: each in a process of its own, on SQLite, into a mail server of this machine.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ledger import write_open_invoices
from benchmarks.mail_sink import mail_sink
from benchmarks.measure import TODAY, Result, company, peak_megabytes
from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.settings import Settings
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.followup.actions.dunning import RunDunning
from crm.messaging.actions import GoLive
from crm.messaging.dispatcher import dispatch_once

_LIMIT_MS, _LIMIT_MB = 2.4, 200
_MEASURED, _FLAT = 10_000, (1_000, 100_000)


@dataclass(frozen=True)
class Spent:
    """What a whole run of reminders took: seconds of CPU to queue and to send, and megabytes above the idle program."""

    sent: int
    queueing: float
    sending: float
    megabytes: float


def run(customers: int = _MEASURED, flat: tuple[int, ...] = _FLAT) -> Iterator[Result]:
    """One run timed; then the least and the most customers for memory."""
    spent = whole_run(customers)
    yield Result(
        f"CPU per reminder planned, queued and sent, {spent.sent:,} reminders",
        1000 * (spent.queueing + spent.sending) / spent.sent,
        _LIMIT_MS,
        " ms",
        detail=f"{spent.queueing:.1f} s to queue, {spent.sending:.1f} s to send",
    )
    for number in flat:
        spent = whole_run(number)
        yield Result(f"memory above idle, {spent.sent:,} reminders", spent.megabytes, _LIMIT_MB, " MB")


def whole_run(customers: int) -> Spent:
    """Import so many late customers, then plan, queue and send in a fresh process, whose memory knows nothing of the import."""
    with company() as (crm, folder), mail_sink() as (port, _server):
        write_open_invoices(folder / "customers.csv", folder / "invoices.csv", customers * 3, customers=customers)
        for name in ("customers.csv", "invoices.csv"):
            crm.runner.run(ImportData(upload=crm.spool.take_path(folder / name)), crm.actor)
        crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), crm.actor)
        crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), crm.actor)
        crm.runner.run(GoLive(channel="email"), crm.actor)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(_plan_and_send, (str(folder), port))


def _plan_and_send(folder: str, port: int) -> Spent:
    with _opened(Path(folder), port) as crm:
        crm.runner.run(GoLive(channel="email"), crm.actor)
        idle, begun = peak_megabytes(), time.process_time()
        crm.runner.run(RunDunning(no_text=True), crm.actor)
        queued = time.process_time()
        counts = dispatch_once(crm)
        return Spent(counts.sent, queued - begun, time.process_time() - queued, peak_megabytes() - idle)


@contextmanager
def _opened(folder: Path, port: int) -> Iterator[Crm]:
    os.environ |= {"CRM_DATA_FOLDER": str(folder), "CRM_SETTINGS_FILE": str(folder / "settings.toml")}
    settings = Settings.load(
        smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none", smtp_connections=8, mail_from="compta@morvan.example"
    )
    crm = Crm.open(settings, today=TODAY)
    try:
        yield crm
    finally:
        crm.close()


if __name__ == "__main__":
    for result in run(*map(int, sys.argv[1:2])):
        print(result)
