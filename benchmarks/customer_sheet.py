"""The sheet of the example company's busiest customer: who, what is owed and open is read within 0.1 s, and drawn."""

import asyncio
import sys
import time
from collections.abc import Iterator

from sqlmodel import col, func, select
from textual.message import Message

from benchmarks.measure import Result, best, company
from crm import demo
from crm.bootstrap import Crm
from crm.customers.models import Customer
from crm.receivables.models import Invoice
from crm.tui.app import RelanceApp
from crm.tui.screens.customer import CustomerScreen
from crm.tui.sheet_reads import opening


def run(crm: Crm | None = None) -> Iterator[Result]:
    """On the example company, or on one that is there; the terminal at 140 × 40 without a screen behind it."""
    if crm is not None:
        yield from _measured(crm)
        return
    with company() as (made, _folder):
        demo.make(made)
        yield from _measured(made)


def _measured(crm: Crm) -> Iterator[Result]:
    with crm.database.reading() as session:
        query = select(Customer.number).join(Invoice, col(Invoice.customer_id) == Customer.id).group_by(Customer.number)
        busiest = session.exec(query.order_by(func.count().desc(), Customer.number)).first()
    assert busiest is not None
    reading = best(lambda: opening(crm, busiest), rounds=5)
    yield Result("what the sheet of the busiest customer opens with is read", 1000 * reading, 100, " ms")
    times = asyncio.run(_visits(crm, busiest))
    detail = ", ".join(f"{1000 * seconds:.0f}" for seconds in times)
    yield Result("its screen is built and drawn with it", 1000 * min(times), 300, " ms", detail=f"each time: {detail}")


async def _visits(crm: Crm, number: str) -> list[float]:
    """Seconds from opening the sheet until what is owed is drawn, each time anew."""
    app, drawn = RelanceApp(lambda: crm, section="2"), asyncio.Event()
    found = []

    def heard(message: Message) -> None:
        if isinstance(message, CustomerScreen.Loaded):
            app.screen.call_after_refresh(drawn.set)  # behind the handler that shows it

    async with app.run_test(size=(140, 40), message_hook=heard) as pilot:
        for _round in range(6):
            await app.workers.wait_for_complete()
            await pilot.pause()
            drawn.clear()
            begun = time.perf_counter()
            app.open_customer(number)
            await drawn.wait()
            found.append(time.perf_counter() - begun)
            await app.workers.wait_for_complete()
            await pilot.press("escape")
    return found


if __name__ == "__main__":
    from crm.core.settings import Settings

    there = Crm.open(Settings.load(database_url=sys.argv[1]), today="2026-11-24") if len(sys.argv) > 1 else None
    for result in run(there):
        print(result)
