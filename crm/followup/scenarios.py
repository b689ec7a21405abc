"""Who follows which scenario: the invoice's own, else the customer's, the segment's, the company's, else the standard one.

Whoever is in progress keeps the version of the last reminder until nothing that was reminded is open any more. Only a choice
made for the customer itself moves a customer in progress to another scenario.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.customers.models import Customer
from crm.customers.visible import merged
from crm.followup.models import Reminder, ScenarioChoice, ScenarioVersion
from crm.followup.plan_items import UNCOUNTED
from crm.followup.planning import Item
from crm.followup.policy import Base, Scenario, default_scenario, shipped
from crm.followup.queries import CustomerItems
from crm.followup.scenario_text import kept
from crm.messaging.models import OutgoingMessage
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose
from crm.receivables.words_given import promise_lines

STANDARD = "standard"
_REMINDER, _MESSAGE, _CUSTOMER = table_of(Reminder), table_of(OutgoingMessage), table_of(Customer)
_AT_ONCE = 5_000
_BROKEN = (PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT)


class Choice(NamedTuple):
    """A choice in force: the name of a scenario (empty: the wider choice), and how much later it counts."""

    scenario: str
    later_days: int


class Followed(NamedTuple):
    """What a customer follows in one currency, and where that was said."""

    items: Sequence[Item]
    scenario: Scenario
    own: Mapping[int, Scenario] | None
    because: str
    """customer, in_progress, segment, company or standard."""


@dataclass(frozen=True)
class Book:
    """Every scenario and every choice in force on a day."""

    versions: Mapping[tuple[str, int], Scenario]
    retired: frozenset[str] = frozenset()
    company: Choice | None = None
    segments: Mapping[str, Choice] = field(default_factory=dict)
    customers: Mapping[int, Choice] = field(default_factory=dict)
    invoices: Mapping[int, Choice] = field(default_factory=dict)

    @cached_property
    def plain(self) -> bool:
        """Whether everybody follows the standard scenario as shipped: nothing has to be looked up."""
        return not (self.company or self.segments or self.customers or self.invoices or self.by_id)

    @cached_property
    def by_id(self) -> Mapping[int, Scenario]:
        """The stored versions by row."""
        return {scenario.id: scenario for scenario in self.versions.values() if scenario.id is not None}

    @cached_property
    def first_offset(self) -> int:
        """How many days before a due date (negative) the first step of any of them looks."""
        return min(scenario.first_offset for scenario in self.versions.values())

    def latest(self, name: str) -> Scenario | None:
        """The newest version of a scenario that is in use; None: it is not known, or nobody new follows it."""
        known = [scenario for (of, _version), scenario in self.versions.items() if of == name]
        return max(known, key=lambda scenario: scenario.version) if known and name not in self.retired else None

    def may_reach(self, items: Iterable[Item], today: date) -> bool:
        """Whether any step may be reached for any of a customer's items; says yes where it would have to look closer."""
        if not self.plain:
            return True
        standard = default_scenario()
        return any(standard.reached((today - item.due).days) for item in items)

    def followed(self, customer: int, segment: str, enrolled: int | None) -> tuple[Scenario, str]:
        """What a customer follows; `enrolled`: the version of a reminder in progress (0: the shipped one; None: none is)."""
        own, of_segment = self.customers.get(customer), self.segments.get(segment) if segment else None
        later = next((choice.later_days for choice in (own, of_segment) if choice and choice.later_days), 0)
        current = None if enrolled is None else self.by_id.get(enrolled, default_scenario())
        found, because = self._chosen(own, of_segment, current)
        return found.later(later), because

    def _chosen(self, own: Choice | None, of_segment: Choice | None, current: Scenario | None) -> tuple[Scenario, str]:
        if own and own.scenario and (named := self.latest(own.scenario)) is not None:
            return (current if current is not None and current.name == named.name else named), "customer"
        if current is not None:
            return current, "in_progress"
        for choice, because in ((of_segment, "segment"), (self.company, "company")):
            if choice and choice.scenario and (named := self.latest(choice.scenario)) is not None:
                return named, because
        return self.latest(STANDARD) or default_scenario(), "standard"

    def for_groups(
        self, session: Session, groups: Sequence[CustomerItems], day: date
    ) -> Callable[[CustomerItems], Followed]:
        """What each of some customers follows."""
        if self.plain:
            standard = default_scenario()
            return lambda group: Followed(group.items, standard, None, "standard")
        owners = sorted({group.customer_id for group in groups})
        segments = _segments(session, owners) if self.segments else {}
        enrolled = _enrolled(session, groups)
        broken = _broken(session, owners, day) if self._hears_promises else {}

        def found(group: CustomerItems) -> Followed:
            key = (group.customer_id, group.currency)
            scenario, because = self.followed(group.customer_id, segments.get(group.customer_id, ""), enrolled.get(key))
            items = _told(group.items, broken[key], day) if key in broken else group.items
            return Followed(items, scenario, self.own(group.items, scenario), because)

        return found

    def own(self, items: Iterable[Item], scenario: Scenario) -> Mapping[int, Scenario] | None:
        """The scenario of each invoice that has one of its own."""
        if not self.invoices:
            return None
        found = {}
        for item in items:
            if (choice := self.invoices.get(item.invoice_id)) is not None:
                named = self.latest(choice.scenario) if choice.scenario else None
                found[item.invoice_id] = (named or scenario).later(choice.later_days)
        return found or None

    @cached_property
    def _hears_promises(self) -> bool:
        return any(step.base is Base.BROKEN_PROMISE for scenario in self.versions.values() for step in scenario.steps)


def book_of(session: Session, day: date) -> Book:
    """Every scenario and choice in force on a day."""
    versions = {(scenario.name, scenario.version): scenario for scenario, _text in shipped().values()}
    newest: dict[str, ScenarioVersion] = {}
    for row in session.exec(rows_of(ScenarioVersion).order_by(col(ScenarioVersion.id))):
        versions[row.name, row.version] = kept(row.text, row.name, row.version, row.id)
        newest[row.name] = row
    retired = frozenset(name for name, row in newest.items() if row.retired is not None and row.retired <= day)
    book = Book(versions, retired)
    company, segments, customers, invoices = None, {}, {}, {}
    root = merged(session)
    query = rows_of(ScenarioChoice).where(
        col(ScenarioChoice.since) <= day, or_(col(ScenarioChoice.ended).is_(None), col(ScenarioChoice.ended) > day)
    )
    for choice in session.exec(query.order_by(col(ScenarioChoice.id))):
        made = Choice(choice.scenario, choice.later_days)
        if choice.invoice_id is not None:
            invoices[choice.invoice_id] = made
        elif choice.customer_id is not None:
            customers[root.get(choice.customer_id, choice.customer_id)] = made
        elif choice.segment:
            segments[choice.segment] = made
        else:
            company = made
    return Book(book.versions, retired, company, segments, customers, invoices)


def _segments(session: Session, owners: Sequence[int]) -> dict[int, str]:
    query = select(_CUSTOMER.c.id, _CUSTOMER.c.segment).where(_CUSTOMER.c.id.in_(owners))
    return dict(session.connection().execute(query).all())


def _enrolled(session: Session, groups: Iterable[CustomerItems]) -> dict[tuple[int, str], int]:
    """The version of the last reminder about anything that is still open, by customer and currency; 0: the shipped one."""
    owner = {
        item.instalment_id: (group.customer_id, group.currency)
        for group in groups
        for item in group.items
        if item.contacts
    }
    last: dict[tuple[int, str], tuple[date, int, int]] = {}
    for some in in_chunks(list(owner), _AT_ONCE):
        query = (
            select(_REMINDER.c.instalment_id, _REMINDER.c.day, _REMINDER.c.id, _REMINDER.c.scenario_id)
            .select_from(_REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id))
            .where(_REMINDER.c.instalment_id.in_(some), _MESSAGE.c.level >= 1, _MESSAGE.c.state.not_in(UNCOUNTED))
        )
        for instalment, day, key, scenario in session.connection().execute(query):
            told = (day, key, scenario or 0)
            last[owner[instalment]] = max(last.get(owner[instalment], told), told)
    return {key: scenario for key, (_day, _key, scenario) in last.items()}


def _broken(session: Session, owners: Sequence[int], day: date) -> dict[tuple[int, str], list[tuple[int | None, date]]]:
    """Promises that were not kept: the invoice (None: whatever is due) and the day from which that is known."""
    found: dict[tuple[int, str], list[tuple[int | None, date]]] = {}
    for line in promise_lines(session, day, Whose(customer_ids=tuple(owners))):
        if line.status in _BROKEN:
            since = min(line.word.by, line.word.ended or line.word.by)
            found.setdefault((line.customer_id, line.currency), []).append((line.invoice_id, since))
    return found


def _told(items: Iterable[Item], broken: Sequence[tuple[int | None, date]], day: date) -> list[Item]:
    return [
        item._replace(
            broken=max(
                (
                    since
                    for invoice, since in broken
                    if since < day and (invoice == item.invoice_id or (invoice is None and item.due <= since))
                ),
                default=None,
            )
        )
        for item in items
    ]
