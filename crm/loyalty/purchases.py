"""Purchases as the models of value want them: days merged, weeks counted from the first one. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from crm.loyalty.lifetime_value import History

DAYS_OF_WEEK = 7


class Purchase(NamedTuple):
    """One day on which a customer bought. Cents."""

    customer: str
    day: date
    cents: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer's history up to a day, and what came after it."""

    customer: str
    history: History
    spend: float
    """Mean of the repeat purchases, in the currency's unit; 0 without any."""
    later: int = 0
    """Purchases after the day, until the last day known."""


def merged(purchases: Iterable[Purchase]) -> dict[str, dict[date, int]]:
    """Customer → day → cents: purchases of one day are one. What was given back (a negative amount) is none."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for customer, day, cents in purchases:
        if cents >= 0:
            days = found[customer]
            days[day] = days.get(day, 0) + cents
    return found


def buyers(days_of: Mapping[str, Mapping[date, int]], until: date, last: date | None = None) -> list[Buyer]:
    """Who had bought by the day, in order of name; purchases after it, up to `last`, are counted apart."""
    found = []
    for customer in sorted(days_of):
        days = sorted(day for day in days_of[customer] if day <= until)
        if not days:
            continue
        first, again = days[0], days[1:]
        history = History(len(again), (days[-1] - first).days / DAYS_OF_WEEK, (until - first).days / DAYS_OF_WEEK)
        spend = sum(days_of[customer][day] for day in again) / len(again) / 100 if again else 0.0
        later = sum(until < day <= last for day in days_of[customer]) if last is not None else 0
        found.append(Buyer(customer, history, spend, later))
    return found
