"""The list of 100,000 customers: first paint within 0.5 s, one keystroke of a filter within 0.1 s."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from textual.events import Key
from textual.message import Message

from benchmarks.measure import Result, company
from benchmarks.portfolio import write_customers, write_documents
from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.tui.app import RelanceApp
from crm.tui.screens.customers import CustomersScreen

_COUNT = 100_000
_TYPED = "dubois 99"


@dataclass
class Times:
    """What was measured, in seconds."""

    first: float = 0
    keys: list[float] = field(default_factory=list)


def run(count: int = _COUNT) -> Iterator[Result]:
    """A portfolio with two invoices a customer; the terminal at 140 × 40 without a screen behind it."""
    with company() as (crm, folder):
        write_customers(folder / "customers.csv", count)
        write_documents(folder / "invoices.csv", 2 * count, count)
        for name in ("customers.csv", "invoices.csv"):
            crm.runner.run(ImportData(upload=crm.spool.take_path(folder / name)), crm.actor)
        times = [asyncio.run(_visit(crm)) for _ in range(3)]
        first = min(visit.first for visit in times)
        keys = [min(visit.keys[place] for visit in times) for place in range(len(_TYPED))]
        yield Result(f"first paint of {count:,} customers", first, 0.5, " s")
        slowest = max(range(len(keys)), key=keys.__getitem__)
        detail = f"slowest at “{_TYPED[: slowest + 1]}”, mean {1000 * sum(keys) / len(keys):.0f} ms"
        yield Result("filtering, one keystroke", 1000 * keys[slowest], 100, " ms", detail=detail)


async def _visit(crm: Crm) -> Times:
    """Open the list, then type a name into its search; each time until the rows are drawn."""
    times, app, drawn = Times(), RelanceApp(lambda: crm, section="3"), asyncio.Event()

    def heard(message: Message) -> None:
        if isinstance(message, CustomersScreen.PageLoaded):
            app.screen.call_after_refresh(drawn.set)  # behind the handler that shows the page

    async with app.run_test(size=(140, 40), message_hook=heard) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        times.first = await _timed(partial(app.go, "2"), drawn)
        await app.workers.wait_for_complete()
        await pilot.press("slash")
        for letter in _TYPED:
            key = Key({" ": "space"}.get(letter, letter), letter)
            times.keys.append(await _timed(partial(app.post_message, key), drawn))
            await app.workers.wait_for_complete()
            await pilot.pause()
    return times


async def _timed(act: Callable[[], object], drawn: asyncio.Event) -> float:
    """Seconds from an act until the next rows are drawn."""
    drawn.clear()
    begun = time.perf_counter()
    act()
    await drawn.wait()
    return time.perf_counter() - begun


if __name__ == "__main__":
    for result in run(int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT):
        print(result)
