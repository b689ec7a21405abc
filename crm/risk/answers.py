"""From scores to what is told: reasons, what would change them, what is at stake, how others with such a score have paid."""

from dataclasses import replace

import numpy as np
from sqlmodel import Session

from crm.core.i18n import _, plural
from crm.core.money import Money, minor_digits
from crm.customers.models import Customer
from crm.risk.book import Floats
from crm.risk.cards import Reason, RiskCard, RiskLine, Stake
from crm.risk.explain import shares
from crm.risk.features import known_day, outcome
from crm.risk.kept import overrides
from crm.risk.names import FEATURES
from crm.risk.parameters import Head
from crm.risk.scoring import Scored, told
from crm.risk.sentences import said
from crm.risk.stakes import expected_gain, responsiveness
from crm.risk.words import percent

REASONS = 3
_ALIKE, _FEWEST_ALIKE = 0.1, 30


def what_if(found: Scored, customer_id: int, amount: Money | None, terms: int | None) -> Scored:
    """The portfolio scored with another next invoice of one customer."""
    of = found.portfolio
    asked = of.usual(np.arange(of.book.customers))
    place = of.place_of(customer_id)
    if amount is not None:
        asked.amount[place] = amount.cents / 10 ** minor_digits(amount.currency)
    if terms is not None:
        asked.due[place] = asked.issued[place] + terms
    return replace(found, customers=told(of, found.parameters, asked))


def card_of(session: Session, found: Scored, row: Customer) -> RiskCard:
    """The explained risk of one customer."""
    of = found.portfolio
    place = of.place_of(row.root_id or row.id)
    assert place is not None, "every customer stands in the portfolio"
    said_of, head = found.customers, found.parameters.heads[0]
    features_of, late = said_of.rows[place], float(said_of.late[place])
    history = int(found.history[place])
    reasons = _reasons(head, features_of, found.parameters.reference) if head.learnt else ()
    notes = []
    if not head.learnt:
        count = of.settled()
        notes.append(
            plural("The simple rule answers: {count} invoice has been paid, too few to learn from.", "The simple rule answers: {count} invoices have been paid, too few to learn from.", count)
            if found.model_id is None else _("The simple rule answers: there is too little history to learn from.")
        )  # fmt: skip  # read as a table: columns side by side
    if not history:
        notes.append(_("New customer: the score rests on all the others, and will move with the first payments."))
    word = overrides(session, of.day).get(int(of.customers[place]))
    if word is not None:
        notes.append(
            _("{author} says {said} instead, until {until}: {reason}").format(
                author=word.author, said=percent(word.late), until=word.until.isoformat(), reason=word.reason
            )
        )
    return RiskCard(
        of.day, row.number, row.name, late, float(said_of.very_late[place]), float(said_of.rule[place]),
        (round(float(said_of.low[place])), round(float(said_of.days[place])), round(float(said_of.high[place]))),
        dict(found.parameters.card) or {"enough": False, "n_train": 0}, reasons, history, stakes_of(found, place),
        _changes(head, features_of) if head.learnt else (), _alike(found, late), word, tuple(notes),
    )  # fmt: skip  # read as a table: columns side by side


def _reasons(head: Head, row: Floats, reference: Floats) -> tuple[Reason, ...]:
    reasons = []
    for share in shares(head, row, reference)[:REASONS]:
        value, sentence = said(share, row)
        reasons.append(Reason(share.family, value, share.points, sentence))
    return tuple(reasons)


def stakes_of(found: Scored, place: int) -> tuple[Stake, ...]:
    """What a customer owes and may cost, by currency."""
    of = found.portfolio
    mine = np.nonzero(of.book.customer[found.open_rows] == place)[0]
    losses = found.losses()
    sums: dict[str, list[float]] = {}
    for each in mine:
        currency = of.currencies[found.open_rows[each]]
        total = sums.setdefault(currency, [0.0, 0.0])
        total[0] += int(of.open_cents[found.open_rows[each]])
        total[1] += float(losses[each])
    return tuple(Stake(currency, int(total[0]), round(total[1])) for currency, total in sorted(sums.items()))


def _changes(head: Head, row: Floats) -> tuple[str, ...]:
    """What the probability would be if the customer did what lies with them."""
    now = float(head.probabilities(row[None, :], np.zeros(1))[0])
    cleared, punctual = row.copy(), row.copy()
    for name in ("overdue_count", "overdue_share", "overdue_age"):
        cleared[FEATURES.index(name)] = 0.0
    for name in ("late_last_3", "late_last_5"):
        punctual[FEATURES.index(name)] *= 0.2
    changes = []
    for other, sentence in (
        (cleared, _("Were the overdue invoices paid: {now} → {then}.")),
        (punctual, _("Were the next payments in time: {now} → {then}.")),
    ):
        then = float(head.probabilities(other[None, :], np.zeros(1))[0])
        if round(100 * then) < round(100 * now):
            changes.append(sentence.format(now=percent(now), then=percent(then)))
    return tuple(changes)


def _alike(found: Scored, late: float) -> str:
    """How customers with about the same score have paid over a year."""
    of = found.portfolio
    near = np.abs(found.customers.late - late) <= _ALIKE
    day = of.day.toordinal()
    known = known_day(of.book, 0)
    lately = near[of.book.customer] & (known < day) & (known >= day - 365)
    number = int(lately.sum())
    if number < _FEWEST_ALIKE:
        return ""
    rate = float(outcome(of.book, 0)[lately].mean())
    return _("Customers with a similar score: {rate} of {count} invoices paid late over a year.").format(
        rate=percent(rate), count=number
    )


def risk_lines(session: Session, found: Scored) -> list[RiskLine]:
    """Every customer who owes something, by currency; a person's word counts before the model's."""
    of = found.portfolio
    instead = overrides(session, of.day)
    rows = found.open_rows
    if not len(rows):
        return []
    currencies, code = np.unique(np.array([of.currencies[row] for row in rows]), return_inverse=True)
    key = of.book.customer[rows] * len(currencies) + code
    groups, inverse = np.unique(key, return_inverse=True)
    exposure = np.bincount(inverse, weights=of.open_cents[rows])
    loss = np.bincount(inverse, weights=found.losses())
    reminders = np.expm1(found.customers.rows[:, FEATURES.index("reminders")])
    answered = found.customers.rows[:, FEATURES.index("answers")] * (reminders + 2) - 1
    usual = float((answered.sum() + 1) / (reminders.sum() + 2))
    lines = []
    for group, owed, lost in zip(groups, exposure, loss, strict=True):
        place, currency = int(group // len(currencies)), str(currencies[group % len(currencies)])
        word = instead.get(int(of.customers[place]))
        response = responsiveness(round(float(reminders[place])), round(float(answered[place])), usual)
        lines.append(
            RiskLine(
                of.numbers[place], of.names[place],
                float(found.customers.late[place]) if word is None else word.late,
                float(found.customers.very_late[place]), float(found.customers.rule[place]), currency,
                int(owed), round(lost), expected_gain(round(lost), response), int(found.history[place]), word is not None,
            )
        )  # fmt: skip  # read as a table: columns side by side
    return lines
