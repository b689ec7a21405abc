"""With whom we are losing touch, and whose next contact is when: derived from exchanges, answers and open tasks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import and_, func, or_, select
from sqlmodel import Session

from crm.access.queries import user_names
from crm.core.actions import Action, Effect
from crm.core.calendar import next_working_day, shown_date, zone
from crm.core.db import table_of
from crm.core.errors import refuse_if
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers import cadence
from crm.customers.actions import CustomerRef
from crm.customers.cadence import TOUCHES, CadenceRules, Standing
from crm.customers.interactions import ContactChannel, Direction, Interaction, Outcome
from crm.customers.queries import find_customer
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import CUSTOMER
from crm.messaging.models import InboundMessage
from crm.portfolio.history import CustomerHistory
from crm.portfolio.tasks import Clock, CreateTask, RescheduleTask, TaskList, lines_of
from crm.receivables.actions.words import meant
from crm.receivables.queries import Whose, aged_lines

ORIGIN = "cadence"
"""What a task says that a cadence asked for."""
CONTACTS = (TaskType.CALL, TaskType.VISIT, TaskType.MEETING, TaskType.EMAIL)
"""Tasks in which somebody is spoken with."""
_CUSTOMER, _TASK, _INBOUND = CUSTOMER, table_of(Task), table_of(InboundMessage)
_EXCHANGE = table_of(Interaction)
_OWNER = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
_NOBODY = (Outcome.NO_ANSWER.value, Outcome.VOICEMAIL.value, Outcome.WRONG_NUMBER.value)
_FACE_TO_FACE = (ContactChannel.PHONE.value, ContactChannel.VISIT.value, ContactChannel.MEETING.value)
IS_REAL = and_(
    _EXCHANGE.c.channel != "",
    _EXCHANGE.c.outcome.not_in(_NOBODY),
    or_(
        _EXCHANGE.c.direction == Direction.IN.value,
        _EXCHANGE.c.channel.in_(_FACE_TO_FACE),
        _EXCHANGE.c.outcome == Outcome.REACHED.value,
    ),
)
"""`cadence.is_real` as a condition; a test holds the two together."""


@dataclass(frozen=True, slots=True)
class NextContact:
    """The day on which a customer is to be spoken with next, and who does it."""

    day: date
    owner: str
    """The number of a user; empty: nobody."""
    task: int | None = None
    """The task that says so; None: the cadence does."""
    name: str = ""
    """The owner's."""

    def words(self, today: date) -> str:
        """`27 nov. · Sophie`."""
        return " · ".join(filter(None, (shown_date(self.day, today), (self.name or self.owner).partition(" ")[0])))


def last_contacts(session: Session, day: date, tz: str, of: Whose) -> dict[int, date]:
    """Customer → the day of the last real contact up to a day, of whoever was merged into it too."""
    narrowed = of.conditions()
    exchanges = (
        select(_OWNER, func.max(_EXCHANGE.c.day))
        .select_from(_EXCHANGE.join(_CUSTOMER, _CUSTOMER.c.id == _EXCHANGE.c.customer_id))
        .where(IS_REAL, _EXCHANGE.c.day <= day, *narrowed)
        .group_by(_OWNER)
    )
    found: dict[int, date] = {int(key): last for key, last in session.connection().execute(exchanges)}
    answers = (
        select(_OWNER, func.max(_INBOUND.c.at))
        .select_from(_INBOUND.join(_CUSTOMER, _CUSTOMER.c.id == _INBOUND.c.customer_id))
        .where(*narrowed)
        .group_by(_OWNER)
    )
    for key, at in session.connection().execute(answers):
        moment: datetime = at
        answered = moment.astimezone(zone(tz)).date()
        if answered <= day:
            found[int(key)] = max(answered, found.get(int(key), answered))
    return found


def planned_contacts(session: Session, of: Whose) -> dict[int, NextContact]:
    """Customer → the first open task in which somebody is spoken with."""
    query = (
        select(_OWNER, _TASK.c.day, _TASK.c.time, _TASK.c.assignee, _TASK.c.id)
        .select_from(_TASK.join(_CUSTOMER, _CUSTOMER.c.id == _TASK.c.customer_id))
        .where(_TASK.c.done.is_(None), _TASK.c.task_type.in_([kind.value for kind in CONTACTS]), *of.conditions())
        .order_by(_TASK.c.day, _TASK.c.time, _TASK.c.id)
    )
    people, found = user_names(session), dict[int, NextContact]()
    for key, day, _time, owner, task in session.connection().execute(query):
        found.setdefault(int(key), NextContact(day, owner, int(task), people.get(owner, "")))
    return found


def _customers(session: Session, of: Whose) -> Sequence[Any]:
    query = (
        select(*(_CUSTOMER.c[name] for name in ("id", "number", "name", "segment", "stage", "customer_since", "account_manager")))
        .where(_CUSTOMER.c.root_id.is_(None), *of.conditions())
        .order_by(_CUSTOMER.c.name_key, _CUSTOMER.c.id)
    )  # fmt: skip  # read as a table: columns side by side
    return session.connection().execute(query).all()


@dataclass(frozen=True, slots=True)
class TouchLine:
    """A customer, how its cadence stands, and the next contact."""

    id: int
    number: str
    name: str
    segment: str
    manager: str
    standing: Standing | None
    """None: no cadence is meant for it."""
    planned: NextContact | None
    manager_name: str = ""
    overdue: Money = field(default_factory=lambda: Money(0))

    @property
    def next(self) -> NextContact | None:
        """The task that is planned, else the day that the cadence asks for."""
        if self.planned is not None or self.standing is None:
            return self.planned
        return NextContact(self.standing.due, self.manager, name=self.manager_name)

    def as_json(self, today: date) -> dict[str, Any]:
        """One object."""
        told, following = self.standing, self.next
        return {
            "customer": self.number,
            "name": self.name,
            "segment": self.segment,
            "account_manager": self.manager,
            "touch": told.touch.value if told else None,
            "last_contact": told.last.isoformat() if told and told.last else None,
            "due": told.due.isoformat() if told else None,
            "latest": told.latest.isoformat() if told else None,
            "days_over": max(0, told.days_over(today)) if told else 0,
            "next_contact": following.day.isoformat() if following else None,
            "owner": following.owner or None if following else None,
            "task": following.task if following else None,
            "overdue": plain(self.overdue.cents, self.overdue.currency),
            "currency": self.overdue.currency,
        }


def touch_lines(session: Session, day: date, tz: str, folder: Path, of: Whose) -> list[TouchLine]:
    """Every customer with its cadence and next contact, by name; four reads for any number of customers."""
    rules = cadence.rules_in_force(folder)
    last, planned = last_contacts(session, day, tz, of), planned_contacts(session, of)
    people = user_names(session)
    lines = [_line(row, rules, last, planned, day) for row in _customers(session, of)]
    return [replace(line, manager_name=people.get(line.manager, "")) for line in lines]


def _line(
    row: Any, rules: CadenceRules, last: Mapping[int, date], planned: Mapping[int, NextContact], day: date
) -> TouchLine:
    gap = rules.gap(row.segment, row.stage)
    standing = cadence.standing(gap, last.get(row.id), row.customer_since, day) if gap else None
    return TouchLine(row.id, row.number, row.name, row.segment, row.account_manager, standing, planned.get(row.id))


def next_contacts(context: Context, ids: Collection[int] | None = None) -> dict[int, NextContact]:
    """Customer → the next contact, for some customers or for all."""
    of = Whose(customer_ids=tuple(ids) if ids is not None else None)
    lines = touch_lines(context.session, context.today, context.settings.timezone, context.settings.data_folder, of)
    return {line.id: line.next for line in lines if line.next is not None}


@dataclass(frozen=True, slots=True)
class TouchList:
    """Customers by how their cadence stands, the longest silence first."""

    as_of: date
    lines: tuple[TouchLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a customer."""
        return {"as_of": self.as_of.isoformat(), "customers": [line.as_json(self.as_of) for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a customer; the last contact opens the exchanges."""
        columns = (
            Column("customer", _("Customer")),
            Column("touch", _("State")),
            Column("last", _("Last contact"), Kind.DATE),
            Column("over", _("Too late by"), Kind.DAYS),
            Column("next", _("Next contact"), Kind.DATE),
            Column("owner", _("By whom")),
            Column("overdue", _("Overdue"), Kind.MONEY),
        )
        rows = tuple(
            (
                line.name or line.number,
                _(TOUCHES[line.standing.touch]) if line.standing else "",
                Cell(line.standing.last if line.standing else None, CustomerHistory(customer=line.number, kind="exchange")),
                max(0, line.standing.days_over(self.as_of)) if line.standing else 0,
                line.next.day if line.next else None,
                (line.next.name or line.next.owner) if line.next else "",
                line.overdue if line.overdue.cents else None,
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        told = _(
            "Counted from the last call that reached somebody, visit, meeting or answer; the gaps are those of cadence.toml, by segment."
        )
        title = plural("{count} customer to speak with", "{count} customers to speak with", len(rows))
        return Sheet(title, columns, rows, formula=told, as_of=self.as_of)


class ListLosingTouch(Action[TouchList]):
    """With whom we are losing touch: the last real contact, the gap meant for the segment, the next contact."""

    effect = Effect.READ

    touch: Literal["losing", "due", "never", "fresh", "all"] = Field(
        "losing", description="losing: beyond the longest gap; due; never: nobody reached yet; fresh; all"
    )
    assignee: str | None = Field(None, description="Only customers of this account manager")
    segment: str | None = Field(None, description="Only customers of this segment")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    limit: int | None = Field(None, ge=1, description="How many at most")

    def perform(self, context: Context) -> TouchList:
        """Count the days of each, the longest silence first."""
        who = (context.actor.user or None) if self.assignee == "me" else self.assignee
        of = meant(context.session, self.customer, None, self.segment, who)
        session, day, settings = context.session, context.today, context.settings
        lines = touch_lines(session, day, settings.timezone, settings.data_folder, of)
        if self.touch != "all":
            lines = [line for line in lines if line.standing is not None and line.standing.touch.value == self.touch]
        lines.sort(key=lambda line: -line.standing.days_over(day) if line.standing else 0)
        lines = lines[: self.limit]
        overdue = _overdue(session, day, tuple(line.id for line in lines))
        return TouchList(day, tuple(_owing(line, overdue.get(line.number)) for line in lines))


def _overdue(session: Session, day: date, ids: tuple[int, ...]) -> dict[str, Money]:
    lines = aged_lines(session, day, Whose(customer_ids=ids)) if ids else ()
    return {line.customer: Money(line.overdue, line.currency) for line in lines if line.overdue > 0}


def _owing(line: TouchLine, overdue: Money | None) -> TouchLine:
    return replace(line, overdue=overdue) if overdue is not None else line


class SetNextContact(Action[TaskList]):
    """Say when a customer is spoken with next, and by whom: the day reminds by itself."""

    effect = Effect.WRITE
    aliases = {"date": "day"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef = Field(description="Name or number")
    day: date = Field(description="The day of the next contact")
    time: Clock | None = Field(None, description="At what time, such as 09:30")
    assignee: str = Field("", max_length=100, description="Who does it; whoever looks after the customer if left out")
    task_type: Literal["call", "visit", "meeting", "email"] = Field("call", description="call, visit, meeting, email")
    note: str = Field("", max_length=10_000, description="What it is about")

    def perform(self, context: Context) -> TaskList:
        """Move the contact that is planned already, else plan one.

        Raises:
            Refused: the day is past.
            NotFound, Ambiguous: nobody of the team, or several, answer to the name.
        """
        row = find_customer(context.session, self.customer)
        known = planned_contacts(context.session, Whose(customer_id=row.root_id or row.id)).get(row.root_id or row.id)
        if known is None or known.task is None:
            fresh = CreateTask(
                task_type=TaskType(self.task_type), customer=row.number, day=self.day, time=self.time,
                assignee=self.assignee, note=self.note, origin=ORIGIN,
            )  # fmt: skip  # read as a table: columns side by side
            return fresh.perform(context)
        moved = RescheduleTask(task=known.task, day=self.day, time=self.time, assignee=self.assignee)
        told = moved.perform(context)
        task = told.lines[0].task
        if self.note.strip():
            task.note = self.note.strip()
        context.session.flush()
        return told


class PlanContacts(Action[TaskList]):
    """Plan a call with each customer with whom we are losing touch, a few a day for each manager."""

    effect = Effect.WRITE

    assignee: str | None = Field(None, description="Only customers of this account manager")
    segment: str | None = Field(None, description="Only customers of this segment")
    touch: Literal["losing", "due", "never"] = Field("losing", description="losing, due, never")
    limit: int = Field(25, ge=1, le=500, description="How many at most")
    per_day: int = Field(5, ge=1, le=50, description="How many a day for one manager")

    def perform(self, context: Context) -> TaskList:
        """Spread them over the working days to come; who has a contact planned is left out.

        Raises:
            Refused: nobody is to be called.
        """
        asked = ListLosingTouch(touch=self.touch, assignee=self.assignee, segment=self.segment)
        lines = [line for line in asked.perform(context).lines if line.planned is None][: self.limit]
        refuse_if(not lines, _("Nobody is to be called: each has been spoken with, or has a contact planned."))
        given: dict[str, int] = {}
        day, rows = next_working_day(context.today), []
        for line in lines:
            count = given[line.manager] = given.get(line.manager, -1) + 1
            assert line.standing is not None
            rows.append(
                Task(
                    task_type=TaskType.CALL.value, customer_id=line.id, day=_later(day, count // self.per_day), assignee=line.manager,
                    note=_why(line.standing, context.today), origin=ORIGIN,
                )
            )  # fmt: skip  # read as a table: columns side by side
        context.session.add_all(rows)
        context.session.flush()
        return TaskList(context.today, tuple(lines_of(context.session, context.today, rows)))


def _why(standing: Standing, today: date) -> str:
    if standing.last is None:
        return _("Make contact: nobody has been reached yet.")
    return _("Keep in touch: last contact on {day}.").format(day=shown_date(standing.last, today))


def _later(day: date, working_days: int) -> date:
    for _step in range(working_days):
        day = next_working_day(day + timedelta(days=1))
    return day


ACTIONS = (ListLosingTouch, SetNextContact, PlanContacts)
