"""What a day asks for: per customer and currency one message at most, for everything that is due. Pure; `today` is an argument.

A step is *reached and not done*: whatever was missed is caught up by one message. Between two messages lies the gap, and the
first contact about an old debt is never above the level the scenario names.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from crm.followup.policy import NOTICE, Base, Scenario, Step
from crm.receivables.plans import Agreed


class Item(NamedTuple):
    """An open instalment as the planner sees it. Cents."""

    instalment_id: int
    invoice_id: int
    number: str
    order_reference: str
    issued: date
    due: date
    amount: int
    """Of the instalment."""
    net: int | None
    """Without tax, where the instalment is the whole document and it is known."""
    open: int
    disputed: int
    """The part of `open` that is in dispute."""
    done: int
    """The highest level this instalment has had; -1 for none."""
    contacts: int
    """How many reminders have spoken of it; the notice before the due date is none."""
    last_contact: date | None
    """The day of the last of them."""
    settled_outside: bool = False
    """It carries a matching code whose payment is not in our books."""
    agreed: Agreed | None = None
    """The instalment of a payment plan in force that it is due with; None: it is due by its own day."""
    broken: date | None = None
    """The last day for which money was promised for it that did not come; looked up where a scenario asks for it."""
    planned: bool = False
    """It is an instalment of a payment plan."""


class Due(NamedTuple):
    """An item that a message would ask for: the amount, and the new step it would record (None: already done)."""

    item: Item
    cents: int
    level: int | None


class Planned(NamedTuple):
    """The message that a customer's items ask for on a day."""

    level: int
    dues: tuple[Due, ...]
    """Every overdue item (level 0: every item announced), the earliest due first."""
    wait_until: date | None
    """The first day the gap allows it; None: today."""
    step: Step
    """What it goes by."""
    scenario: Scenario
    """The scenario of that step."""

    @property
    def total(self) -> int:
        """What the message states."""
        return sum(due.cents for due in self.dues)


def new_level(item: Item, scenario: Scenario, today: date) -> int | None:
    """The level of the step that is reached and not done for an item; None when there is none."""
    step = new_step(item, scenario, today)
    return None if step is None else step.level


def new_step(item: Item, scenario: Scenario, today: date, below: Sequence[Step] | None = None) -> Step | None:
    """The highest step that is reached and not done for an item, among all or among those `below` a least amount."""
    days = (today - item.due).days
    if scenario.by_due_date:
        step = scenario.reached(days)
    else:
        step = _reached(item, scenario, today, days, scenario.steps if below is None else below)
    if step is not None and item.done <= NOTICE:
        step = scenario.as_first_contact(step, days)
    return step if step is not None and step.level > item.done else None


def _reached(item: Item, scenario: Scenario, today: date, days: int, among: Sequence[Step]) -> Step | None:
    plan_steps = item.planned and any(step.base is Base.MISSED_INSTALMENT for step in scenario.events)
    found: Step | None = None
    for step in among:
        if plan_steps != (step.base is Base.MISSED_INSTALMENT) and step.base in (Base.DUE_DATE, Base.MISSED_INSTALMENT):
            continue
        if _since(item, scenario, step, today, days) >= step.offset and (found is None or step.level >= found.level):
            found = step
    return found


_NEVER = -100_000


def _since(item: Item, scenario: Scenario, step: Step, today: date, days: int) -> int:
    """How many days ago a step's base was; long before it where it has not come."""
    match step.base:
        case Base.BROKEN_PROMISE:
            return (today - item.broken).days if item.broken is not None and days > 0 else _NEVER
        case Base.PREVIOUS_STEP:
            before = max((other.level for other in scenario.rising if other.level < step.level), default=NOTICE)
            told = item.done == before and item.last_contact is not None and days > 0
            return (today - item.last_contact).days if told and item.last_contact is not None else _NEVER
        case _:
            return days if (step.level == NOTICE) == (days <= 0) else _NEVER


def plan(
    items: Sequence[Item],
    asked: Sequence[int],
    scenario: Scenario,
    today: date,
    last_contact: date | None,
    *,
    own: Mapping[int, Scenario] | None = None,
    currency: str = "EUR",
) -> Planned | None:
    """The message of a day about some items, given what of each may be asked for (cents, after disputes and promises).

    `own`: the scenario of each invoice that has one of its own. None when no step is reached and not done for an amount that
    may be asked for.
    """
    overdue: list[Due] = []
    announced: list[Due] = []
    reached: dict[int, tuple[Step, Scenario]] = {}
    simple = scenario.by_due_date and not own
    total = 0 if simple else sum(cents for item, cents in zip(items, asked, strict=True) if item.due < today)
    for item, cents in zip(items, asked, strict=True):
        if cents <= 0:
            continue
        late, follows = item.due < today, scenario
        if simple:
            days = (today - item.due).days
            step = scenario.entered(days) if item.done <= NOTICE else scenario.reached(days)
            if step is not None and step.level <= item.done:
                step = None
        else:
            follows = own.get(item.invoice_id, scenario) if own else scenario
            amount = total if late else cents
            step = new_step(item, follows, today, [one for one in follows.steps if amount >= one.least(currency)])
        if step is not None:
            reached.setdefault(step.level, (step, follows))
        if late:
            overdue.append(Due(item, cents, None if step is None else step.level))
        elif step is not None:
            announced.append(Due(item, cents, step.level))
    level = max(reached, default=None)
    if level is None:
        return None
    dues = overdue if level > NOTICE else announced
    step, follows = reached[level]
    wait = last_contact + timedelta(days=follows.gap_before(step)) if last_contact is not None else None
    if len(dues) > 1:
        dues.sort(key=_by_due_date)
    return Planned(level, tuple(dues), wait if wait is not None and wait > today else None, step, follows)


def _by_due_date(due: Due) -> tuple[date, str]:
    return due.item.due, due.item.number


def exit_reached(items: Sequence[Item], scenario: Scenario, today: date) -> date | None:
    """The day of the last step, where every overdue item has had it and a person is to decide by now; None otherwise."""
    overdue = [item for item in items if item.due < today and item.open > item.disputed]
    if not overdue or any(item.done < scenario.last.level for item in overdue):
        return None
    last = max((item.last_contact for item in overdue if item.last_contact is not None), default=None)
    return last if last is not None and (today - last).days >= scenario.exit_days else None
