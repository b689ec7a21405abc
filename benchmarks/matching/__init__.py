"""Matching bank lines with open invoices: how often right, how often certain, how fast, on made-up French statements.

Everything but `harness` is written from the payers' and the banks' side and knows nothing of the product.
"""

from collections.abc import Iterator

from benchmarks.measure import Result


def run() -> Iterator[Result]:
    """Quality by kind of case, then speed."""
    from benchmarks.matching.harness import run as measured

    return measured()
