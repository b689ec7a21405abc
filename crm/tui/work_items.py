"""One thing of the day, and how the sources of the list read the house."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crm.core.actions import Action
from crm.core.i18n import mark
from crm.core.money import EURO, Money
from crm.core.proposals import Proposal
from crm.portfolio.search import CustomerRow, SearchCustomers

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class Group(StrEnum):
    """Why something stands on the list."""

    YES = "yes"
    LIMIT = "limit"
    ANSWER = "answer"
    CALL = "call"
    DO = "do"
    PROMISE = "promise"
    QUOTE = "quote"
    AIM = "aim"
    REPAIR = "repair"
    NEWS = "news"


GROUPS = {
    Group.YES: mark("Wait for your yes"),
    Group.LIMIT: mark("Before limitation"),
    Group.ANSWER: mark("To answer"),
    Group.CALL: mark("To call"),
    Group.PROMISE: mark("Promises of the day"),
    Group.DO: mark("To do"),
    Group.QUOTE: mark("Quotes to chase"),
    Group.AIM: mark("Objectives and contacts"),
    Group.REPAIR: mark("To repair"),
    Group.NEWS: mark("Since yesterday"),
}
"""Group → its heading."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing to be done: whom it is about, what it is, what is at stake, and where it leads."""

    group: Group
    name: str
    what: str
    customer: str = ""
    money: Money | None = None
    days: int = 0
    glyph: str = " "
    style: str = ""
    proposal: Proposal | None = None
    task: int | None = None
    """The number of the task it is."""
    leads: str = ""
    """`section 5`, `place outbox`, `filter no_regime`, `regime`, `address`, `limit`, `residual invoice F-12`: what opens or repairs it; empty: the customer."""

    @property
    def cents(self) -> int:
        """What is at stake in euros; other currencies are never added to it."""
        return self.money.cents if self.money and self.money.currency == EURO else 0


class House:
    """Reads for the list, each customer looked up once."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.today = crm.clock.today()
        self.known: dict[str, CustomerRow] = {}

    def read(self, action: Action[Any]) -> Any:
        """The answer of a READ."""
        return self.crm.runner.read(action, self.crm.actor)

    def named(self, name: str, **fields: Any) -> Any:
        """The answer of a READ by its name; None where the house has none of it."""
        if name not in self.crm.registry:
            return None
        return self.read(self.crm.registry.get(name).model_validate(fields))

    def customer(self, number: str) -> CustomerRow | None:
        """The customer of a number."""
        if number not in self.known:
            rows = self.read(SearchCustomers(text=number, limit=1, names_only=True)).rows
            if rows and rows[0].number == number:
                self.known[number] = rows[0]
        return self.known.get(number)

    def item(self, group: Group, number: str, name: str, what: str, **more: Any) -> WorkItem:
        """An item about a customer, with what is overdue unless another amount is at stake."""
        row = self.customer(number) if number else None
        owed = row.owed if row else None
        if row is not None and "money" not in more and owed is not None and owed.overdue > 0:
            more["money"] = Money(owed.overdue, owed.currency)
        return WorkItem(
            group,
            (row.name if row else "") or name or number,
            what,
            number,
            days=owed.oldest_days if owed else 0,
            **more,
        )
