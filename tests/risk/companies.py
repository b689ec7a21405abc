"""Companies made up for judging the model: each pays late for other reasons, so that nothing is tuned to one file."""

from datetime import date, timedelta

import numpy as np
from build import ago

from crm.risk.book import NEVER, Book

START = date(2023, 1, 2).toordinal()


def slow_builder(invoices: int = 6_000, customers: int = 300, seed: int = 1) -> Book:
    """Three in ten are more than 30 days late; large amounts, month ends and cash trouble in spells; customers come all the time."""
    chance = np.random.default_rng(seed)
    days = 3 * 365
    joined = np.sort(chance.integers(0, days - 60, customers))
    joined[: customers // 3] = 0
    weight = chance.gamma(1.0, 1.0, customers) + 0.2
    issued = np.sort(chance.integers(0, days, invoices))
    customer = np.array([
        chance.choice(there, p=weight[there] / weight[there].sum())
        for there in (np.nonzero(joined <= day)[0] for day in issued)
    ])  # fmt: skip  # read as a table: columns side by side
    country = chance.integers(0, 3, customers)
    habit = chance.normal(8, 18, customers) + np.array([0.0, 10.0, -5.0])[country]
    spread = chance.uniform(4, 25, customers)
    trouble_from = chance.integers(0, days * 2, customers)
    amount = np.exp(chance.normal(7.0, 1.2, invoices))
    terms = chance.choice([30, 45, 60], customers)[customer]
    due = issued + terms
    in_trouble = (issued >= trouble_from[customer]) & (issued < trouble_from[customer] + 200)
    late = (
        habit[customer]
        + spread[customer] * chance.standard_t(4, invoices)
        + 6 * np.log(amount / 1_000)
        + 45 * in_trouble
        - 0.2 * (terms - 30)
    )
    settled = np.maximum(due + np.round(late).astype(np.int64), issued)
    settled = np.where(chance.random(invoices) < 0.01, NEVER - START, settled)
    return Book(
        customers,
        customer.astype(np.int64),
        issued.astype(np.int64) + START,
        due.astype(np.int64) + START,
        settled.astype(np.int64) + START,
        np.round(amount, 2),
        {"country": country.astype(np.int64)},
    )


def chance_alone(invoices: int = 400, customers: int = 40, seed: int = 1) -> Book:
    """Nothing can be foretold: every invoice is late with the same probability."""
    chance = np.random.default_rng(seed)
    customer = chance.integers(0, customers, invoices)
    issued = np.sort(chance.integers(0, 500, invoices)) + START
    settled = (
        issued
        + 30
        + np.where(chance.random(invoices) < 0.35, chance.integers(1, 50, invoices), -chance.integers(0, 20, invoices))
    )
    return Book(customers, customer, issued, issued + 30, settled, np.round(np.exp(chance.normal(6, 1, invoices)), 2))


def large(invoices: int = 100_000, customers: int = 5_000, seed: int = 1) -> Book:
    """Many invoices, made in one go."""
    chance = np.random.default_rng(seed)
    customer = chance.integers(0, customers, invoices)
    issued = np.sort(chance.integers(0, 900, invoices)) + START
    habit = chance.normal(0, 12, customers)
    late = habit[customer] + chance.normal(0, 10, invoices)
    amount = np.round(np.exp(chance.normal(7, 1, invoices)), 2)
    return Book(
        customers, customer, issued, issued + 30, np.maximum(issued, issued + 30 + late.astype(np.int64)), amount
    )


def few_payers(invoices: int = 200, seed: int = 7) -> str:
    """A file of five customers with habits of their own over two years, the last of it eighty days ago."""
    chance = np.random.default_rng(seed)
    lines = ["number;customer;issue_date;due_date;total_incl_tax;paid_date"]
    for serial in range(invoices):
        who = serial % 5
        issued = ago(80 + int(chance.integers(0, 650)))
        due = issued + timedelta(days=30)
        paid = max(due + timedelta(days=int(chance.normal(12 * who - 20, 12))), issued)
        lines.append(
            f"F-{serial};C-{who};{issued};{due};{chance.integers(50, 5_000)}.00;{paid if paid < ago(60) else ''}"
        )
    return "\n".join(lines) + "\n"
