"""What a score looks at, computed for whole portfolios at once, as known when a day began.

Nothing here is an attribute of a natural person: only what was invoiced, paid, promised, disputed and answered, and the
country and legal regime of the account. `docs/risk.md` lists them; a test keeps the list and this one the same.
"""

from collections.abc import Callable

import numpy as np

from crm.risk.book import NEVER, Asked, Book, Facts, Floats, Ints, Stream
from crm.risk.names import FEATURES

_YEAR, _QUARTER = 365, 90
_WORST, _BEST = 120.0, -60.0
"""Delays beyond these say no more than these do."""
_PRIOR_RATE, _PRIOR_WEIGHT = 0.3, 10.0
_REMEMBERED = 25
"""How many of a customer's latest payments its median is taken of."""
_SMOOTH = 3.0
"""How many invoices of the company at large a customer's own figures are mixed with."""


def features(book: Book, asked: Asked) -> Floats:
    """One row an invoice asked about, one column a feature; never NaN: what is not known is the company's usual."""
    columns: dict[str, Floats] = {}
    whole = _everybody(book, asked.day)
    _outcomes(book, asked, columns, whole)
    _delays(book, asked, columns, whole)
    _relation(book, asked, columns)
    _standing(book, asked, columns)
    _document(asked, columns)
    _groups(book, asked, columns, whole)
    _events(book, asked, columns)
    return np.asarray(
        np.column_stack([columns[name] for name in FEATURES]) if len(asked) else np.zeros((0, len(FEATURES)))
    )


def known_day(book: Book, days: int) -> Ints:
    """The day it became known whether each invoice is more than so many days late: paid in time, or the time was over."""
    return np.minimum(book.settled, book.due + days + 1)


def outcome(book: Book, days: int) -> Floats:
    """1 where an invoice was settled more than so many days after it was due, or never."""
    return np.asarray(book.settled > book.due + days, np.float64)


def delay(book: Book) -> Floats:
    """Days from the due date to the settlement, early ones negative; within bounds."""
    return np.asarray(np.clip(book.settled - book.due, _BEST, _WORST), np.float64)


class _Whole:
    """The company's own figures on each day asked about."""

    def __init__(self, rate: Floats, rate_30: Floats, recent: Floats, delay: Floats, spread: Floats) -> None:
        self.rate, self.rate_30, self.recent, self.delay, self.spread = rate, rate_30, recent, delay, spread


def _everybody(book: Book, day: Ints) -> _Whole:
    nobody = np.zeros(len(book), np.int64)
    one = np.zeros(len(day), np.int64)
    late = Stream(nobody, known_day(book, 0), outcome(book, 0))
    very = Stream(nobody, known_day(book, 30), outcome(book, 30))
    paid = Stream(nobody, book.settled, delay(book), delay(book) ** 2)
    count, total = late.count(one, day), late.total(one, day)
    rate = (total + _PRIOR_RATE * _PRIOR_WEIGHT) / (count + _PRIOR_WEIGHT)
    since = day - _QUARTER
    recent = (total - late.total(one, since) + rate * _PRIOR_WEIGHT) / (count - late.count(one, since) + _PRIOR_WEIGHT)
    rate_30 = (very.total(one, day) + 0.05 * _PRIOR_WEIGHT) / (very.count(one, day) + _PRIOR_WEIGHT)
    number = paid.count(one, day)
    mean = paid.total(one, day) / (number + _PRIOR_WEIGHT)
    square = (paid.total(one, day, 1) + 100.0 * _PRIOR_WEIGHT) / (number + _PRIOR_WEIGHT)
    return _Whole(rate, rate_30, recent, mean, np.sqrt(np.maximum(square - mean**2, 1.0)))


def _outcomes(book: Book, asked: Asked, columns: dict[str, Floats], whole: _Whole) -> None:
    who, day = asked.customer, asked.day
    money = _cents(book.amount)
    late = Stream(book.customer, known_day(book, 0), outcome(book, 0), money * outcome(book, 0), money)
    very = Stream(book.customer, known_day(book, 30), outcome(book, 30))
    number = late.count(who, day)
    rate = (late.total(who, day) + _SMOOTH * whole.recent) / (number + _SMOOTH)
    columns["late_rate"] = rate
    columns["late_rate_30"] = (very.total(who, day) + 5 * whole.rate_30) / (very.count(who, day) + 5)
    whole_money = late.total(who, day, 2)
    usual = np.where(number > 0, whole_money / np.maximum(number, 1), 1.0)
    columns["late_amount"] = (late.total(who, day, 1) + _SMOOTH * usual * whole.recent) / np.maximum(
        whole_money + _SMOOTH * usual, 1.0
    )
    columns["late_alike"] = _alike(book, asked, rate)
    latest = late.last(who, day, 5)
    for most in (3, 5):
        told = ~np.isnan(latest[:, :most])
        total = np.where(told, latest[:, :most], 0.0).sum(axis=1)
        columns[f"late_last_{most}"] = (total + rate) / (told.sum(axis=1) + 1)


def _alike(book: Book, asked: Asked, rate: Floats) -> Floats:
    """The share of late ones among the customer's invoices of about the same amount, mixed with two of the usual."""
    bands = 64
    late = Stream(book.customer * bands + _band(book.amount), known_day(book, 0), outcome(book, 0))
    total, number = 2 * rate, np.full(len(asked), 2.0)
    for step, weight in ((0, 1.0), (1, 0.5), (-1, 0.5)):
        alike = asked.customer * bands + _band(asked.amount) + step
        total = total + weight * late.total(alike, asked.day)
        number = number + weight * late.count(alike, asked.day)
    return np.asarray(total / number)


def _band(amount: Floats) -> Ints:
    """Amounts of one band differ by less than two thirds; 1 to 62, so that no band touches the next customer's."""
    return np.asarray(np.clip(np.floor(np.log(np.maximum(amount, 1.0)) / 0.5) + 1, 1, 62), np.int64)


def _delays(book: Book, asked: Asked, columns: dict[str, Floats], whole: _Whole) -> None:
    who, day = asked.customer, asked.day
    days = delay(book)
    took = np.clip(book.settled - book.issued, 0, 240).astype(np.float64)
    paid = Stream(book.customer, book.settled, days, days**2, took)
    number = paid.count(who, day)
    mean = (paid.total(who, day) + _SMOOTH * whole.delay) / (number + _SMOOTH)
    columns["delay_mean"] = mean
    square = (paid.total(who, day, 1) + _SMOOTH * (whole.spread**2 + whole.delay**2)) / (number + _SMOOTH)
    columns["delay_spread"] = np.sqrt(np.maximum(square - mean**2, 1.0))
    columns["delay_odds"] = _normal(mean / columns["delay_spread"])
    latest = paid.last(who, day, _REMEMBERED)
    told = ~np.isnan(latest)
    known = told.sum(axis=1)
    columns["delay_median"] = (_median(latest, mean) * known + 2 * mean) / (known + 2)
    recent = (np.where(told, latest, 0.0)[:, :3].sum(axis=1) + mean) / (told[:, :3].sum(axis=1) + 1)
    columns["delay_recent"] = recent
    columns["delay_trend"] = recent - mean
    terms = (asked.due - asked.issued).astype(np.float64)
    usual = (paid.total(who, day, 2) + _SMOOTH * (whole.delay + terms)) / (number + _SMOOTH)
    columns["pace"] = np.clip(usual - terms, _BEST, _WORST)
    columns["history"] = np.log1p(number)


def _median(latest: Floats, usual: Floats) -> Floats:
    """The median of each row's values, NaN left out; the usual where there are none."""
    ordered = np.sort(latest, axis=1)  # NaN last
    number = (~np.isnan(latest)).sum(axis=1)
    row = np.arange(len(latest))
    low, high = np.maximum((number - 1) // 2, 0), np.maximum(number // 2, 0)
    middle = (ordered[row, low] + ordered[row, np.minimum(high, latest.shape[1] - 1)]) / 2
    return np.where(number > 0, middle, usual)


def _normal(value: Floats) -> Floats:
    """The share of a normal distribution below a value (logistic approximation, error under 0.01)."""
    return 1.0 / (1.0 + np.exp(-1.702 * np.clip(value, -8.0, 8.0)))


def _relation(book: Book, asked: Asked, columns: dict[str, Floats]) -> None:
    who, day = asked.customer, asked.day
    issued = Stream(book.customer, book.issued, book.issued.astype(np.float64))
    first = np.full(book.customers, NEVER, np.int64) if book.since is None else book.since.copy()
    np.minimum.at(first, book.customer, book.issued)
    age = np.where(first[who] < day, day - first[who], 0)
    columns["tenure"] = np.log1p(age.astype(np.float64))
    recent = issued.count(who, day) - issued.count(who, day - _QUARTER)
    columns["frequency"] = np.log1p(np.maximum(recent - (asked.counted * (asked.issued >= day - _QUARTER)), 0.0))
    last = issued.last(who, asked.issued, 1)[:, 0]
    columns["gap"] = np.log1p(np.where(np.isnan(last), _YEAR, np.clip(asked.issued - last, 0, _YEAR)))


def _cents(amount: Floats) -> Floats:
    """Whole numbers, whose sums are exact: what stands elsewhere in a running sum must not show in the last bit."""
    return np.asarray(np.round(amount * 100))


def _standing(book: Book, asked: Asked, columns: dict[str, Floats]) -> None:
    """What is open and overdue when the day begins, the invoice itself left out."""
    who, day = asked.customer, asked.day
    money, one, asked_money = _cents(book.amount), np.ones(len(book)), _cents(asked.amount)
    issued = Stream(book.customer, book.issued, one, money)
    paid = Stream(book.customer, np.maximum(book.settled, book.issued), one, money)
    due = Stream(book.customer, book.due, one, money, book.due.astype(np.float64))
    over = Stream(book.customer, np.maximum(book.due, book.settled), one, money, book.due.astype(np.float64))
    itself, itself_due = asked.counted, asked.counted * (asked.due < day)
    number = np.maximum(issued.count(who, day) - paid.count(who, day) - itself, 0.0)
    amount = np.maximum(issued.total(who, day, 1) - paid.total(who, day, 1) - itself * asked_money, 0.0)
    late = np.maximum(due.count(who, day) - over.count(who, day) - itself_due, 0.0)
    late_money = np.maximum(due.total(who, day, 1) - over.total(who, day, 1) - itself_due * asked_money, 0.0)
    dates = due.total(who, day, 2) - over.total(who, day, 2) - itself_due * asked.due
    before = issued.count(who, asked.issued)
    usual = issued.total(who, asked.issued, 1) / np.maximum(before, 1.0)
    # The company's usual amount stands in for a customer who was never invoiced.
    everybody = Stream(np.zeros(len(book), np.int64), book.issued, money)
    nobody = np.zeros(len(asked), np.int64)
    of_all = everybody.total(nobody, asked.issued) / np.maximum(everybody.count(nobody, asked.issued), 1.0)
    scale = np.maximum((usual * before + of_all) / (before + 1) / 100, 1.0)
    columns["open_count"] = np.log1p(number)
    columns["open_amount"] = np.log1p(amount / 100 / scale)
    columns["overdue_count"] = np.log1p(late)
    columns["overdue_share"] = np.where(late > 0, np.clip(late_money / np.maximum(amount, 1.0), 0.0, 1.0), 0.0)
    age = np.where(late > 0, day - dates / np.maximum(late, 1.0), 0.0)
    columns["overdue_age"] = np.log1p(np.clip(age, 0.0, _YEAR))
    columns["amount"] = np.log1p(np.maximum(asked.amount, 0.0))
    columns["amount_ratio"] = np.clip(np.log(np.maximum(asked.amount, 1.0) / scale), -3.0, 3.0)


def _document(asked: Asked, columns: dict[str, Floats]) -> None:
    columns["terms"] = np.clip(asked.due - asked.issued, 0, 180).astype(np.float64)
    # 1970-01-01 is day 719163.
    dates = (asked.due - 719_163).astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    next_month = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    columns["due_month_end"] = (next_month - (asked.due - 719_163) <= 3).astype(np.float64)
    columns["due_weekend"] = ((asked.due + 6) % 7 >= 5).astype(np.float64)
    columns["due_summer"] = np.isin(months % 12, (6, 7)).astype(np.float64)


def _groups(book: Book, asked: Asked, columns: dict[str, Floats], whole: _Whole) -> None:
    """How invoices of the same country, of the same regime, have turned out."""
    for name in ("country", "regime"):
        codes = book.groups.get(name)
        if codes is None or not len(codes):
            columns[f"{name}_rate"] = whole.recent
            continue
        late = Stream(codes[book.customer], known_day(book, 0), outcome(book, 0))
        of = codes[asked.customer]
        rate = (late.total(of, asked.day) + 20 * whole.rate) / (late.count(of, asked.day) + 20)
        columns[f"{name}_rate"] = rate
    columns["company_rate"] = whole.recent


def _events(book: Book, asked: Asked, columns: dict[str, Floats]) -> None:
    who, day = asked.customer, asked.day

    def lately(kind: str, days: int, total: bool = False) -> Floats:
        stream = _stream(book.facts.get(kind))
        ask: Callable[[Ints, Ints], Floats] = stream.total if total else stream.count
        return np.maximum(ask(who, day) - ask(who, day - days), 0.0)

    broken, kept = lately("promise_broken", _YEAR), lately("promise_kept", _YEAR)
    columns["promises_broken"], columns["promises_kept"] = np.log1p(broken), np.log1p(kept)
    columns["disputes"] = np.log1p(lately("dispute", _YEAR))
    columns["bounces"] = np.log1p(lately("bounce", _YEAR))
    reminders = lately("reminder", _YEAR)
    columns["reminders"] = np.log1p(reminders)
    columns["answers"] = (lately("answered", _YEAR) + 1.0) / (reminders + 2.0)
    columns["credit_notes"] = np.log1p(lately("credit_note", _YEAR))
    columns["interactions"] = np.log1p(lately("interaction", _QUARTER))


def _stream(facts: Facts | None) -> Stream:
    told = facts or Facts.none()
    return Stream(told.customer, told.day, told.value)
