"""`python -m benchmarks [name …]`: run the benchmarks and print one line each; the exit code tells whether all limits hold."""

import sys
from importlib import import_module

NAMES = (
    "cold_start",
    "import_invoices",
    "import_fec",
    "aged_balance",
    "planning",
    "reminders",
    "rendering",
    "matching",
    "match_payments",
    "dispatcher",
    "risk",
    "letters",
    "first_screen",
    "customers_screen",
    "timeline",
    "customer_sheet",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    held = True
    for name in names or NAMES:
        for result in import_module(f"benchmarks.{name}").run():
            print(result, flush=True)
            held &= result.holds
    return 0 if held else 1


sys.exit(main(sys.argv[1:]))
