"""A model judged on time it has not seen: learnt from what was known on a day, asked about every invoice issued from then on."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crm.risk.baseline import customer_rate, usual_delay
from crm.risk.book import NEVER, Book, when_issued
from crm.risk.features import features, outcome
from crm.risk.measures import Measures, measured

_MEANS = ("auc", "average_precision", "brier", "mae_days")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One cutoff."""

    cutoff: int
    n_train: int
    n_test: int
    late_rate: float | None
    model: Measures
    baseline: Measures
    unseen_customers: int
    learnt: bool
    """Whether more than the simple rule answered."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object, without what a clock says."""
        return {
            "n_train": self.n_train,
            "n_test": self.n_test,
            "late_rate": None if self.late_rate is None else round(self.late_rate, 6),
            "model": self.model.as_json(),
            "baseline": self.baseline.as_json(),
            "unseen_customers": self.unseen_customers,
            "learnt": self.learnt,
        }


def known_on(book: Book, day: int) -> Book:
    """The book as it stood when a day began: nothing issued since, nothing settled since."""
    there = book.issued < day
    return replace(
        book,
        customer=book.customer[there],
        issued=book.issued[there],
        due=book.due[there],
        settled=np.where(book.settled[there] < day, book.settled[there], NEVER),
        amount=book.amount[there],
    )


def judged(book: Book, cutoff: int, late_days: int = 0) -> Judgement:
    """Learn before a cutoff, foretell from it on; only invoices settled by the end of the book are judged."""
    from crm.risk.model import trained

    past = known_on(book, cutoff)
    model = trained(past, cutoff, (late_days,))
    test = (book.issued >= cutoff) & (book.settled < NEVER)
    asked = when_issued(book).only(test)
    late, days = outcome(book, late_days)[test], (book.settled - book.due)[test].astype(np.float64)
    rows, head = features(book, asked), model.heads[late_days]
    rule = customer_rate(book, asked, late_days, head.strength)
    plain_days = usual_delay(book, asked)
    told = model.days_late(rows)[1] if model.quantiles else plain_days
    taught = past.settled < cutoff
    return Judgement(
        cutoff,
        int(taught.sum()),
        int(test.sum()),
        float(late.mean()) if len(late) else None,
        measured(late, head.probabilities(rows, rule), days, told),
        measured(late, rule, days, plain_days),
        len(np.setdiff1d(asked.customer, past.customer[taught])),
        head.learnt,
    )


def means(judgements: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each measure over several cutoffs; None where one is not defined everywhere."""
    told: dict[str, Any] = {}
    for who in ("model", "baseline"):
        each = {name: [one[who][name] for one in judgements] for name in _MEANS}
        told[who] = {
            name: None if None in values else round(sum(values) / len(values), 6) for name, values in each.items()
        }
    return told
