"""The simple rule that every model must beat, and that answers where there is too little to learn from.

A customer's share of late invoices, mixed with the company's own; how much of the company's is what would have foretold best
so far. Mixed without end it is the company's share alone, so the rule never does worse than that by choice.
"""

import numpy as np

from crm.risk.book import NEVER, Asked, Book, Floats, Stream, when_issued
from crm.risk.features import known_day, outcome
from crm.risk.measures import brier

STRENGTHS = (3.0, 10.0, 30.0, float("inf"))
"""How many invoices of the company at large a customer's own are mixed with."""
ENOUGH = 50
"""Settled invoices from which a model is learnt; below, the rule answers alone."""
_BEFORE_ALL, _WEIGHT = 0.3, 2.0


def customer_rate(book: Book, asked: Asked, days: int, strength: float) -> Floats:
    """The share of invoices more than `days` late that was known of each customer when the day asked about began."""
    nobody, everybody = np.zeros(len(book), np.int64), np.zeros(len(asked), np.int64)
    known, late = known_day(book, days), outcome(book, days)
    whole = Stream(nobody, known, late)
    usual = (whole.total(everybody, asked.day) + _BEFORE_ALL * _WEIGHT) / (whole.count(everybody, asked.day) + _WEIGHT)
    if np.isinf(strength):
        return np.asarray(usual)
    own = Stream(book.customer, known, late)
    number = own.count(asked.customer, asked.day)
    return np.asarray((own.total(asked.customer, asked.day) + strength * usual) / (number + strength))


def best_strength(book: Book, days: int, day: int) -> float:
    """The mixture that would have foretold best what was known when the day began; the company's alone when none did better."""
    asked = when_issued(book)
    known = (known_day(book, days) < day) & (book.issued < day)
    late = outcome(book, days)
    if known.sum() < ENOUGH // 2:
        return STRENGTHS[-1]
    scores = {
        strength: brier(late[known], customer_rate(book, asked, days, strength)[known]) for strength in STRENGTHS[::-1]
    }
    return min(scores, key=lambda strength: scores[strength])


def usual_delay(book: Book, asked: Asked) -> Floats:
    """The customer's mean days late (early ones count 0) so far, mixed with three of the company's."""
    days = np.clip(book.settled - book.due, 0, 180).astype(np.float64)
    nobody, everybody = np.zeros(len(book), np.int64), np.zeros(len(asked), np.int64)
    paid = np.minimum(book.settled, NEVER)
    whole, own = Stream(nobody, paid, days), Stream(book.customer, paid, days)
    usual = whole.total(everybody, asked.day) / np.maximum(whole.count(everybody, asked.day), 1.0)
    number = own.count(asked.customer, asked.day)
    return np.asarray((own.total(asked.customer, asked.day) + 3 * usual) / (number + 3))
