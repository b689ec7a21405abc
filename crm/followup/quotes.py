"""The follow-up of quotes that were sent: its own small scenario, and what stops it. Pure; `today` is an argument.

A step is *reached and not done*, and steps go in their order: a quote noted late gets the first one first. Once somebody has
spoken with the customer since, nothing more leaves by itself: whoever spoke goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from crm.core.calendar import long_date
from crm.core.i18n import _
from crm.followup.gate import Held, Reason, Verdict, Weight
from crm.orders.quotes import STATUSES, QuoteFacts, QuoteStatus

OFFSETS = (3, 10, 20)
"""So many days after a quote was sent its steps are reached (house policy, docs/rules.md)."""
GAP = timedelta(days=5)
"""Between two messages about one quote."""
REST = timedelta(days=7)
"""So long after a talk nothing is written about the quote."""
OLD = timedelta(days=60)
"""A quote that has waited so long without a word of ours is looked at by a person first."""
WEEKLY = 3
"""The most days of a week on which a customer hears from us, whatever it is about: the one budget of `gate.py`."""


@dataclass(frozen=True, slots=True)
class QuoteCase:
    """What is known of a quote and its customer."""

    facts: QuoteFacts
    done: int = 0
    """The last step that left; 0: none has."""
    last: date | None = None
    """The day of that step."""
    spoken: date | None = None
    """The last day on which somebody spoke with the customer, or they wrote."""
    address: str = ""
    """Where the message would go; empty: nowhere."""
    address_fault: str = ""
    holds: Sequence[Held] = ()
    contacts: Sequence[date] = ()
    """The days of the last week on which anything left for the customer."""


class QuoteDecision(NamedTuple):
    """What becomes of a quote on a day."""

    verdict: Verdict
    step: int
    """From 1; 0: the follow-up is over, or no step is reached."""
    reasons: tuple[Reason, ...]


def next_step(case: QuoteCase, today: date) -> int | None:
    """The step that is reached and not done; None: none is."""
    if case.done >= len(OFFSETS):
        return None
    return case.done + 1 if (today - case.facts.sent).days >= OFFSETS[case.done] else None


def stopped(case: QuoteCase, today: date) -> str:
    """Why nothing more will be written about a quote, in words; empty: the follow-up goes on."""
    status = case.facts.status(today)
    if status is not QuoteStatus.SENT:
        since = case.facts.replied if status is QuoteStatus.DISCUSSED else case.facts.answered
        words = _("Quote {state}: its follow-up is over.").format(state=_(STATUSES[status]))
        return f"{words} ({long_date(since)})" if since is not None else words
    if case.done >= len(OFFSETS):
        return _("Every reminder of this quote has left.")
    return ""


def decide_quote(case: QuoteCase, today: date) -> QuoteDecision:
    """Send, ask or hold, with the reasons."""
    if over := stopped(case, today):
        return QuoteDecision(Verdict.HOLD, 0, (Reason("over", over, Weight.HOLD),))
    step = next_step(case, today)
    if step is None:
        day = case.facts.sent + timedelta(days=OFFSETS[case.done])
        text = _("Reminder {step} of this quote is due from {day} on.").format(step=case.done + 1, day=long_date(day))
        return QuoteDecision(Verdict.HOLD, 0, (Reason("not_due", text, Weight.HOLD),))
    reasons = (*_customer_reasons(case), *_talk_reasons(case, today), *_budget_reasons(case, today))
    weights = {reason.weight for reason in reasons}
    verdict = Verdict.HOLD if Weight.HOLD in weights else Verdict.ASK if Weight.ASK in weights else Verdict.SEND
    return QuoteDecision(verdict, step, reasons)


def _customer_reasons(case: QuoteCase) -> list[Reason]:
    found = [
        Reason(hold.kind, _("Held: {reason}").format(reason=hold.reason), Weight.HOLD)
        for hold in case.holds
        if not hold.invoice
    ]
    if not case.address:
        found.append(Reason("no_address", case.address_fault or _("No e-mail address is known."), Weight.HOLD))
    return found


def _talk_reasons(case: QuoteCase, today: date) -> list[Reason]:
    said = max(case.facts.sent, case.last or case.facts.sent)
    found = []
    if case.spoken is not None and case.spoken > said:
        resting = case.spoken + REST > today
        text = _("Spoken with on {day}: whoever spoke goes on.").format(day=long_date(case.spoken))
        found.append(Reason("contacted", text, Weight.HOLD if resting else Weight.ASK))
    if case.done == 0 and case.facts.sent + OLD <= today:
        text = _("Sent on {day} and never spoken of since: look before writing.").format(day=long_date(case.facts.sent))
        found.append(Reason("old", text, Weight.ASK))
    return found


def _budget_reasons(case: QuoteCase, today: date) -> list[Reason]:
    found = []
    if case.last is not None and case.last + GAP > today:
        text = _("Last message on {day}: the next one from {until} on.")
        found.append(
            Reason("recent", text.format(day=long_date(case.last), until=long_date(case.last + GAP)), Weight.HOLD)
        )
    if today in case.contacts:
        found.append(one_a_day())
    if len(set(case.contacts)) >= WEEKLY:
        text = _("{count} messages within a week already: no more for now.").format(count=len(set(case.contacts)))
        found.append(Reason("contact_budget", text, Weight.HOLD))
    return found


def one_a_day() -> Reason:
    """That the customer has heard from us today."""
    text = _("Another message has gone to this customer today: one a day is enough.")
    return Reason("contact_today", text, Weight.HOLD)
