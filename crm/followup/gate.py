"""May it leave? Send, ask or hold, each with its reasons in words. Pure: facts of one customer and a day in, a decision out.

On every doubt the gate asks; on everything that says "do not ask this customer for this money now" it holds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from crm.core.calendar import long_date
from crm.core.i18n import _
from crm.core.money import shown
from crm.followup.planning import Due, Item, Planned, plan
from crm.followup.policy import FORMAL_NOTICE, NOTICE, Mode, Scenario, Step
from crm.followup.slots import Tone
from crm.followup.ways import NO_OTHER, Reach, way
from crm.receivables.plans import Agreed

LATELY = timedelta(days=31)
"""So long a broken promise is spoken of."""
_PUBLIC_LEVEL = 2
"""The highest level that reaches a public body without a person's decision."""
_PLAN_LEVEL = 1
"""The highest step about an instalment of a plan in force: what follows it is the plan's end."""
_PUBLIC_REST = timedelta(days=30)
"""A public body is asked once a month (house policy, docs/rules.md)."""
WEEKLY = 3
"""The most days of a week on which a customer hears from us, whatever it is about (house policy)."""
_CALL_FIRST = 3
"""From this level on a good payer is called before they are written to."""
_REGIME_LEVEL = 3
"""From this level on the law that applies must have been stated."""


_ANSWERED_FIRST = timedelta(days=7)
"""So long a complaint has for its answer before money is spoken of (house policy)."""
_QUOTED = 80
_CONTROL = re.compile(r"[\x00-\x1f]")


class Verdict(StrEnum):
    """What the gate says."""

    SEND = "send"
    ASK = "ask"
    HOLD = "hold"


class Weight(StrEnum):
    """What a reason does to the verdict."""

    NOTE = "note"
    """It explains what was left out; the rest is due like any other."""
    ASK = "ask"
    HOLD = "hold"


class Reason(NamedTuple):
    """One reason, as a stable code and in words, and what it does to the verdict."""

    code: str
    text: str
    weight: "Weight"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A promise that is still awaited: for one invoice, or for whatever is due. Cents."""

    invoice_id: int | None
    cents: int
    by: date


@dataclass(frozen=True, slots=True)
class Held:
    """A hold in force: on the customer, or on one invoice."""

    kind: str
    reason: str
    invoice: str
    until: date | None


class Displeased(NamedTuple):
    """A complaint, or an answer to a survey, of a customer who is not pleased."""

    kind: str
    """complaint or detractor."""
    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate knows of a customer in one currency, besides the items."""

    name: str
    regime: str
    email: str
    """The address the message would go to; empty: none that works."""
    address_fault: str
    """Why there is no address, in words."""
    postal_address: bool
    currency: str
    free_money: int
    """Money and credit notes that settle nothing yet; cents."""
    holds: Sequence[Held]
    promises: Sequence[Waiting]
    last_contact: date | None
    broken: Sequence[Waiting] = ()
    """What was promised, did not come, and has not been written about since; cents that are missing."""
    perhaps: int = 0
    """Money that waits for a decision and is probably this customer's; cents."""
    stale_bank: date | None = None
    """Until when the bank is known, where that is too long ago; None: it is fresh, or no account is known."""
    plan_broken: date | None = None
    """Since when a payment plan of theirs is broken; None: none is, or it was long ago."""
    reach: Reach = NO_OTHER
    """How else the customer can be reached."""
    tone: Tone = Tone.STANDARD
    """The tone the customer is written to in."""
    contacts: tuple[date, ...] = ()
    """The days of the last week on which anything left for the customer: reminders, surveys, campaigns."""
    other_contact: date | None = None
    """The last day on which something else than a reminder left: one contact budget serves them all."""
    instead_of: str = ""
    """The address that was written to before and no longer exists; nothing has gone to the one in its place yet."""
    displeased: Displeased | None = None
    """What the customer has complained of lately and nobody has settled."""
    owed: str = ""
    """That we owe this customer something ourselves, in words; empty: the books know of nothing."""


class Decision(NamedTuple):
    """What becomes of a customer on a day."""

    verdict: Verdict
    level: int
    channel: str
    dues: tuple[Due, ...]
    reasons: tuple[Reason, ...]
    step: Step
    """The step it goes by."""
    scenario: Scenario
    """The scenario of that step."""

    @property
    def total(self) -> int:
        """What the message states, in cents."""
        return sum([due.cents for due in self.dues])

    @property
    def agreed(self) -> Agreed | None:
        """The instalment of a payment plan that the message is about; None: it is about invoices."""
        return self.dues[0].item.agreed if self.dues else None


def decide(
    items: Sequence[Item],
    facts: Facts,
    scenario: Scenario,
    today: date,
    own: Mapping[int, Scenario] | None = None,
) -> Decision | None:
    """The decision about a customer's items in one currency; None when no step is reached and not done for any of them.

    `own`: the scenario of each invoice that has one of its own.

    What is in a payment plan is spoken of apart, by texts of its own: an instalment to come, an instalment missed. The one
    that is missed goes first; the rest of the account waits for the next message.
    """
    agreed = [item for item in items if item.agreed]
    if not agreed:
        return _decided(items, facts, scenario, today, own)
    rest = _decided([item for item in items if item.agreed is None], facts, scenario, today, own)
    gentle = replace(scenario, steps=tuple(step for step in scenario.steps if step.level <= _PLAN_LEVEL))
    notice = _decided(agreed, replace(facts, broken=()), gentle, today, None)
    open_to = [found for found in (notice, rest) if found is not None and found.verdict is not Verdict.HOLD]
    if rest in open_to and (notice not in open_to or (notice is not None and notice.level == NOTICE)):
        return rest
    return open_to[0] if open_to else rest or notice


def _decided(
    items: Sequence[Item], facts: Facts, scenario: Scenario, today: date, own: Mapping[int, Scenario] | None
) -> Decision | None:
    def planned_of(asked: Sequence[int]) -> Planned | None:
        return plan(items, asked, scenario, today, facts.last_contact, own=own, currency=facts.currency)

    bare = planned_of([item.open for item in items])
    if bare is None:
        return None
    kept_out: list[Reason] = []
    planned: Planned | None = bare
    if facts.holds or facts.promises or any(item.disputed for item in items):
        asked = _askable(items, facts, today, kept_out)
        planned = planned_of(asked) if kept_out else bare
    if planned is None:
        held = tuple(Reason(reason.code, reason.text, Weight.HOLD) for reason in kept_out)
        return Decision(Verdict.HOLD, bare.level, bare.step.channel, (), held, bare.step, bare.scenario)
    step = planned.step
    channel = _channel(step, facts)
    reasons = [
        *kept_out,
        *(_broken_words(facts) if facts.broken or facts.plan_broken else ()),
        *_customer_reasons(facts, planned.level, today),
        *_money_reasons(planned, facts),
        *_step_reasons(planned, facts, channel),
        *_budget_reasons(planned, facts, today),
    ]
    weights = {reason.weight for reason in reasons} if reasons else _NONE
    if Weight.HOLD in weights:
        verdict = Verdict.HOLD
    elif Weight.ASK in weights or step.mode is not Mode.AUTOMATIC:
        verdict = Verdict.ASK
    else:
        verdict = Verdict.SEND
    return Decision(verdict, planned.level, channel, planned.dues, tuple(reasons), step, planned.scenario)


_NONE: frozenset[Weight] = frozenset()


def _channel(step: Step, facts: Facts) -> str:
    """The first channel of a step that reaches the customer; else the way round, or the first, whose lack is told.

    Whoever has an e-mail address and was never reminded gets an e-mail first, however late.
    """
    if facts.email and facts.last_contact is None and "email" not in step.channels and step.level < FORMAL_NOTICE:
        return "email"
    for channel in step.channels:
        if _reaches(channel, facts):
            return way(channel, step.level, facts.email, facts.reach)
    return way(step.channel, step.level, facts.email, facts.reach)


def _reaches(channel: str, facts: Facts) -> bool:
    match channel:
        case "email":
            return bool(facts.email)
        case "letter" | "registered_letter":
            return facts.postal_address
        case "sms":
            return bool(facts.reach.mobile)
        case "phone":
            return bool(facts.reach.phone)
        case _:
            return True


def _askable(items: Sequence[Item], facts: Facts, today: date, told: list[Reason]) -> list[int]:
    """What of each item may be asked for: without the part in dispute, held invoices, and what is promised."""
    asked = [item.open - item.disputed for item in items]
    disputed = sum(item.disputed for item in items)
    if disputed:
        told.append(
            Reason("dispute", _("{amount} are in dispute.").format(amount=shown(disputed, facts.currency)), Weight.NOTE)
        )
    for hold in facts.holds:
        if hold.invoice:
            for place, item in enumerate(items):
                if item.number == hold.invoice and asked[place]:
                    asked[place] = 0
                    told.append(_hold_reason(hold, Weight.NOTE))
    for promise in facts.promises:
        left = promise.cents
        for place in sorted(range(len(items)), key=lambda place: (items[place].due, items[place].number)):
            item = items[place]
            if left > 0 and promise.invoice_id in (None, item.invoice_id) and (item.due < today or promise.invoice_id):
                taken = min(left, asked[place])
                asked[place] -= taken
                left -= taken
        told.append(
            Reason(
                "promise",
                _("{amount} are promised for {day}.").format(
                    amount=shown(promise.cents, facts.currency), day=long_date(promise.by)
                ),
                Weight.ASK,
            )
        )
    return asked


def unanswered(broken: Sequence[Waiting], last: date | None) -> tuple[Waiting, ...]:
    """The words not kept since which nothing has been written."""
    return tuple(word for word in broken if last is None or last <= word.by)


def _broken_words(facts: Facts) -> list[Reason]:
    """Why the follow-up goes on where it was left: it explains, and holds nothing."""
    text = _("{amount} promised for {day} did not come.")
    return [
        Reason(
            "promise_broken",
            text.format(amount=shown(word.cents, facts.currency), day=long_date(word.by)),
            Weight.NOTE,
        )
        for word in facts.broken
    ] + [
        Reason(
            "plan_broken",
            _("The payment plan is broken since {day}: all of it is due again.").format(day=long_date(since)),
            Weight.NOTE,
        )
        for since in (facts.plan_broken,)
        if since is not None
    ]


def _hold_reason(hold: Held, weight: Weight) -> Reason:
    until = _(" until {day}").format(day=long_date(hold.until)) if hold.until else ""
    about = _(" (invoice {number})").format(number=hold.invoice) if hold.invoice else ""
    return Reason(
        hold.kind if hold.kind != "manual" else "hold",
        _("Held{until}{about}: {reason}").format(until=until, about=about, reason=hold.reason),
        weight,
    )


def _customer_reasons(facts: Facts, level: int, today: date) -> list[Reason]:
    found = _displeased_reasons(facts.displeased, level, today) if facts.displeased else []
    found += [_hold_reason(hold, Weight.HOLD) for hold in facts.holds if not hold.invoice]
    if not facts.name.strip():
        found.append(Reason("no_name", _("The customer has no name."), Weight.HOLD))
    elif _CONTROL.search(facts.name):
        found.append(Reason("bad_name", _("The customer's name holds a line break."), Weight.HOLD))
    return found


def _displeased_reasons(displeased: Displeased, level: int, today: date) -> list[Reason]:
    """A complaint is answered before money is asked for; an unhappy answer to a survey is read by a person first."""
    if level == NOTICE:
        return []
    if displeased.kind == "complaint" and today < displeased.day + _ANSWERED_FIRST:
        text = _("A complaint of {day} waits for its answer: “{words}”.")
        weight = Weight.HOLD
    elif displeased.kind == "complaint":
        text = _("A complaint of {day} is not settled: “{words}”.")
        weight = Weight.ASK
    else:
        text = _("Was not pleased on {day}: “{words}”.")
        weight = Weight.ASK
    return [Reason(displeased.kind, text.format(day=long_date(displeased.day), words=_short(displeased.words)), weight)]


def _short(words: str) -> str:
    told = " ".join(words.split())
    return told if len(told) <= _QUOTED else f"{told[:_QUOTED].rstrip()}…"


def _money_reasons(planned: Planned, facts: Facts) -> list[Reason]:
    found = []
    if facts.free_money > 0 and planned.level > NOTICE:
        enough = facts.free_money >= planned.total
        amount = shown(facts.free_money, facts.currency)
        text = _("{amount} received or credited are not matched yet.").format(amount=amount)
        found.append(Reason("unapplied_money", text, Weight.HOLD if enough else Weight.ASK))
    if facts.perhaps > 0 and planned.level > NOTICE:
        text = _("{amount} from the bank wait for your decision and may be theirs.").format(
            amount=shown(facts.perhaps, facts.currency)
        )
        found.append(Reason("undecided_money", text, Weight.ASK))
    if facts.stale_bank is not None and planned.level > NOTICE:
        text = _("The bank is known until {day} only: a payment may be missing.").format(
            day=long_date(facts.stale_bank)
        )
        found.append(Reason("stale_bank", text, Weight.ASK))
    if facts.owed:
        found.append(Reason("also_supplier", facts.owed, Weight.ASK))
    outside = [due.item.number for due in planned.dues if due.item.settled_outside]
    if outside:
        found.append(
            Reason(
                "settled_outside",
                _("Lettered, payment outside this file: {numbers}.").format(numbers=", ".join(outside[:3])),
                Weight.ASK,
            )
        )
    return found


def against_any(facts: Facts, today: date) -> list[Reason]:
    """What speaks against anything that leaves for a customer today, whatever it is about: holds, a complaint, the budget."""
    found = [_hold_reason(hold, Weight.HOLD) for hold in facts.holds if not hold.invoice]
    if facts.displeased is not None and facts.displeased.kind == "complaint":
        found += _displeased_reasons(facts.displeased, 1, today)
    if today in facts.contacts:
        found.append(_one_a_day())
    elif len(set(facts.contacts)) >= WEEKLY:
        found.append(_enough(facts))
    return found


def _one_a_day() -> Reason:
    text = _("Another message has gone to this customer today: one a day is enough.")
    return Reason("contact_today", text, Weight.HOLD)


def _enough(facts: Facts) -> Reason:
    text = _("{count} messages within a week already: no more for now.").format(count=len(set(facts.contacts)))
    return Reason("contact_budget", text, Weight.HOLD)


def _budget_reasons(planned: Planned, facts: Facts, today: date) -> list[Reason]:
    """How often a customer hears from us, whatever it is about; and whom a person should call first."""
    found = []
    last = facts.last_contact
    if facts.regime == "B2G" and last is not None and last + _PUBLIC_REST > today and planned.wait_until is None:
        text = _("Public body, asked on {day}: once a month is enough.").format(day=long_date(last))
        found.append(Reason("public_month", text, Weight.HOLD))
    if facts.other_contact == today:
        found.append(_one_a_day())
    if len(set(facts.contacts)) >= WEEKLY:
        found.append(_enough(facts))
    if facts.tone is Tone.GOOD_PAYER and planned.level == _CALL_FIRST:
        found.append(Reason("call_first", _("A good payer: call before the last reminder."), Weight.ASK))
    return found


def _step_reasons(planned: Planned, facts: Facts, channel: str) -> list[Reason]:
    found = []
    if planned.wait_until is not None and facts.last_contact is not None:
        text = _("Last message on {day}: the next one from {until} on.").format(
            day=long_date(facts.last_contact), until=long_date(planned.wait_until)
        )
        found.append(Reason("recent_contact", text, Weight.HOLD))
    if facts.instead_of and channel == "email":
        text = _("The address {address} no longer exists: it would go to {other} instead.")
        found.append(Reason("other_contact", text.format(address=facts.instead_of, other=facts.email), Weight.ASK))
    if (
        channel in ("letter", "phone")
        and not facts.email
        and "email" in planned.step.channels
        and not facts.reach.stopped
    ):
        why = facts.address_fault or _("No e-mail address is known.")
        by = _("By letter instead.") if channel == "letter" else _("By telephone instead.")
        found.append(Reason("other_channel", f"{why} {by}", Weight.ASK))
    if channel == "email" and not facts.email:
        found.append(Reason("no_address", facts.address_fault or _("No e-mail address is known."), Weight.HOLD))
    if channel in ("letter", "registered_letter") and not facts.postal_address:
        found.append(Reason("no_postal_address", _("The postal address is incomplete."), Weight.ASK))
    if facts.reach.stopped and channel in ("letter", "phone"):
        found.append(Reason("stopped", _("Has answered STOP to an SMS: reminded another way."), Weight.ASK))
    if planned.level >= FORMAL_NOTICE:
        found.append(Reason("formal_notice", _("A formal notice is always decided by a person."), Weight.ASK))
    if planned.level < FORMAL_NOTICE and planned.step.mode is Mode.CONFIRM:
        found.append(Reason("to_confirm", _("The scenario has this step confirmed by a person."), Weight.ASK))
    if planned.level < FORMAL_NOTICE and planned.step.mode is Mode.MANUAL:
        found.append(Reason("by_hand", _("The scenario leaves this step to a person's own words."), Weight.ASK))
    if facts.regime == "B2G" and planned.level > _PUBLIC_LEVEL:
        found.append(Reason("public_body", _("Public body: beyond level 2 a person decides."), Weight.ASK))
    if facts.regime == "to_qualify" and planned.level >= _REGIME_LEVEL:
        found.append(Reason("regime", _("Business, consumer or public body? The regime is not stated."), Weight.ASK))
    return found
