"""Why a customer is thought likely to pay late, and which customers are."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from pydantic import Field
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.i18n import _, labelled, plural
from crm.core.money import Money, minor_digits, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.risk.book import Floats
from crm.risk.explain import shares
from crm.risk.features import FEATURES, known_day, outcome
from crm.risk.models import RiskOverride
from crm.risk.parameters import Head
from crm.risk.scoring import Scored, overrides, scored, told
from crm.risk.stakes import band, dots, expected_gain, responsiveness
from crm.risk.words import FAMILY_WORDS, percent, points, said

REASONS = 3
_ALIKE, _FEWEST_ALIKE = 0.1, 30


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a score."""

    feature: str
    value: str
    effect: float
    """Points of probability; positive makes lateness likelier."""
    sentence: str

    @property
    def mark(self) -> str:
        """Which way it pushes."""
        return "▲" if self.effect > 0 else "▼"


@dataclass(frozen=True, slots=True)
class Stake:
    """What a customer owes in one currency, and what of it may be lost. Cents."""

    currency: str
    exposure: int
    expected_loss: int


@dataclass(frozen=True)
class RiskCard:
    """One customer's risk, explained."""

    as_of: date
    customer: str
    name: str
    late: float
    very_late: float
    rule: float
    days: tuple[int, int, int]
    card: dict[str, Any]
    reasons: tuple[Reason, ...]
    history: int
    stakes: tuple[Stake, ...]
    changes: tuple[str, ...]
    alike: str
    override: RiskOverride | None
    notes: tuple[str, ...]

    @property
    def counts(self) -> float:
        """The probability that counts: a person's word before the model's."""
        return self.override.late if self.override is not None else self.late

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        low, expected, high = self.days
        said_instead = self.override
        return {
            "customer": self.customer,
            "as_of": self.as_of.isoformat(),
            "probability_late": round(self.late, 4),
            "probability_very_late": round(self.very_late, 4),
            "band": band(self.counts).value,
            "baseline": round(self.rule, 4),
            "days_late": {"low": low, "expected": expected, "high": high},
            "model": self.card,
            "reasons": [
                {
                    "feature": each.feature,
                    "value": each.value,
                    "effect": round(each.effect, 1),
                    "sentence": each.sentence,
                }
                for each in self.reasons
            ],
            "history": self.history,
            "stakes": [
                {
                    "currency": each.currency,
                    "exposure": plain(each.exposure, each.currency),
                    "expected_loss": plain(each.expected_loss, each.currency),
                }
                for each in self.stakes
            ],
            "would_change": list(self.changes),
            "similar": self.alike,
            "override": None
            if said_instead is None
            else {
                "probability_late": said_instead.late,
                "author": said_instead.author,
                "reason": said_instead.reason,
                "until": said_instead.until.isoformat(),
            },
            "notes": list(self.notes),
        }

    def as_sheet(self) -> Sheet:
        """The reasons, what they weigh, and what stands beside them."""
        columns = (Column("way", ""), Column("reason", _("Reason")), Column("value", _("Value")), Column("effect", _("Effect")), Column("sentence", _("In words")))  # fmt: skip
        rows = tuple((each.mark, _(FAMILY_WORDS[each.feature]), each.value, points(each.effect), each.sentence) for each in self.reasons)  # fmt: skip
        title = _("{customer} · {dots} {late} likely to pay late").format(
            customer=self.name, dots=dots(self.counts), late=percent(self.counts)
        )
        notes = [
            labelled(_("The simple rule says"), percent(self.rule)),
            labelled(_("More than 30 days late"), percent(self.very_late)),
            plural("{count} invoice paid so far", "{count} invoices paid so far", self.history),
            *self.changes,
            *([self.alike] if self.alike else []),
            *self.notes,
        ]
        return Sheet(title, columns, rows, as_of=self.as_of, notes=tuple(notes))


class ExplainRisk(Action[RiskCard]):
    """Explain how likely a customer is to pay late, and why."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    amount: Money | None = Field(None, description="What if the next invoice had this amount")
    terms: int | None = Field(None, ge=0, le=180, description="What if it were due after so many days")

    def perform(self, context: Context) -> RiskCard:
        """Score the customer on the day, as known when it began.

        Raises:
            NotFound: no such customer.
            Refused: the model in use was altered.
        """
        row = find_customer(context.session, self.customer)
        found = scored(context.session, context.today)
        if self.amount is not None or self.terms is not None:
            found = what_if(found, row.root_id or row.id, self.amount, self.terms)
        return card_of(context.session, found, row)


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
        )  # fmt: skip
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
    )  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One customer in a list. Cents."""

    customer: str
    name: str
    late: float
    very_late: float
    rule: float
    currency: str
    exposure: int
    expected_loss: int
    gain: int
    history: int
    overridden: bool

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "customer": self.customer,
            "name": self.name,
            "probability_late": round(self.late, 4),
            "probability_very_late": round(self.very_late, 4),
            "band": band(self.late).value,
            "baseline": round(self.rule, 4),
            "currency": self.currency,
            "exposure": plain(self.exposure, self.currency),
            "expected_loss": plain(self.expected_loss, self.currency),
            "expected_gain": plain(self.gain, self.currency),
            "history": self.history,
            "overridden": self.overridden,
        }


@dataclass(frozen=True)
class RiskList:
    """Customers in order of risk, or of what a call may save."""

    as_of: date
    lines: tuple[RiskLine, ...]
    title: str
    learnt: bool

    def as_json(self) -> dict[str, Any]:
        """One object a customer."""
        return {
            "as_of": self.as_of.isoformat(),
            "learnt": self.learnt,
            "customers": [line.as_json() for line in self.lines],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer; the risk opens to its reasons."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("risk", _("Risk")),
            Column("exposure", _("Exposure"), Kind.MONEY),
            Column("expected_loss", _("Expected loss"), Kind.MONEY),
            Column("gain", _("A call may save"), Kind.MONEY),
        )
        rows: tuple[tuple[Value | Cell, ...], ...] = tuple(
            (
                line.customer,
                line.name,
                Cell(f"{dots(line.late)} {percent(line.late)}", ExplainRisk(customer=line.customer)),
                Money(line.exposure, line.currency),
                Money(line.expected_loss, line.currency),
                Money(line.gain, line.currency),
            )
            for line in self.lines
        )
        formula = _("Expected loss: open amount × probability of more than 30 days late × 10 % default × 60 % lost.")
        notes = () if self.learnt else (_("The simple rule answers: there is too little history to learn from."),)
        return Sheet(self.title, columns, rows, formula=formula, as_of=self.as_of, notes=notes)


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
        )  # fmt: skip
    return lines


class _Filtered(Action[RiskList]):
    """What narrows a list."""

    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    limit: int = Field(20, ge=1, le=10_000, description="How many at most")

    def lines(self, context: Context) -> tuple[Scored, list[RiskLine]]:
        """The customers asked for."""
        found = scored(context.session, context.today)
        lines = risk_lines(context.session, found)
        if self.city is None and self.segment is None and self.assignee is None:
            return found, lines
        query = select(Customer.number, Customer.city, Customer.segment, Customer.account_manager).order_by(
            col(Customer.id)
        )
        wanted = {
            number
            for number, city, segment, manager in context.session.exec(query)
            if (self.city is None or city.lower() == self.city.lower())
            and (self.segment is None or segment == self.segment)
            and (self.assignee is None or manager == self.assignee)
        }
        return found, [line for line in lines if line.customer in wanted]


class ListAtRisk(_Filtered):
    """List the customers most likely to pay late what they owe."""

    effect = Effect.READ

    def perform(self, context: Context) -> RiskList:
        """By what may be lost, then by probability.

        Raises:
            Refused: the model in use was altered.
        """
        found, lines = self.lines(context)
        lines.sort(key=lambda line: (-line.expected_loss, -line.late, line.customer))
        kept = tuple(lines[: self.limit])
        title = plural("{count} customer at risk", "{count} customers at risk", len(kept))
        return RiskList(context.today, kept, title, found.learnt)


class SuggestFollowups(_Filtered):
    """Suggest whom to call first: where a call may save most."""

    effect = Effect.READ

    def perform(self, context: Context) -> RiskList:
        """By expected loss times how often reminding helps; nothing is decided.

        Raises:
            Refused: the model in use was altered.
        """
        found, lines = self.lines(context)
        lines.sort(key=lambda line: (-line.gain, -line.expected_loss, -line.exposure, line.customer))
        kept = tuple(lines[: self.limit])
        title = plural("{count} customer to call", "{count} customers to call", len(kept))
        return RiskList(context.today, kept, title, found.learnt)


ACTIONS = (ExplainRisk, ListAtRisk, SuggestFollowups)
