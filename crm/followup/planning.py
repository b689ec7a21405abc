"""What a day asks for: per customer and currency one message at most, for everything that is due. Pure; `today` is an argument.

A step is *reached and not done*: whatever was missed is caught up by one message. Between two messages lies the gap, and the
first contact about an old debt is never above the level the scenario names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from crm.followup.policy import NOTICE, Scenario
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


class Due(NamedTuple):
    """An item that a message would ask for: the amount, and the new step it would record (None: already done)."""

    item: Item
    cents: int
    level: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """The message that a customer's items ask for on a day."""

    level: int
    dues: tuple[Due, ...]
    """Every overdue item (level 0: every item announced), the earliest due first."""
    wait_until: date | None
    """The first day the gap allows it; None: today."""

    @property
    def total(self) -> int:
        """What the message states."""
        return sum(due.cents for due in self.dues)


def new_level(item: Item, scenario: Scenario, today: date) -> int | None:
    """The level of the step that is reached and not done for an item; None when there is none."""
    step = scenario.reached((today - item.due).days)
    if step is None or step.level <= item.done:
        return None
    if item.done <= NOTICE and step.level > scenario.first_contact_level:
        return scenario.first_contact_level
    return step.level


def plan(
    items: Sequence[Item], asked: Sequence[int], scenario: Scenario, today: date, last_contact: date | None
) -> Planned | None:
    """The message of a day about some items, given what of each may be asked for (cents, after disputes and promises).

    None when no step is reached and not done for an amount that may be asked for.
    """
    overdue, announced = [], []
    for item, cents in zip(items, asked, strict=True):
        if cents <= 0:
            continue
        level = new_level(item, scenario, today)
        if item.due < today:
            overdue.append(Due(item, cents, level))
        elif level is not None:
            announced.append(Due(item, cents, level))
    reached = [due.level for due in overdue if due.level is not None]
    dues, level = (overdue, max(reached)) if reached else (announced, NOTICE)
    if not dues:
        return None
    wait = last_contact + timedelta(days=scenario.gap_days) if last_contact is not None else None
    dues.sort(key=lambda due: (due.item.due, due.item.number))
    return Planned(level, tuple(dues), wait if wait is not None and wait > today else None)
