"""What is to be done, by whom, and for how much: tasks are made, moved, done, and listed by day or by what is at stake."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from crm.access.queries import user_names
from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import Ambiguous, Invalid, NotFound, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.interactions import ContactChannel, Direction, Interaction, Outcome, local_time
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.recurrence import Every, every_of, next_day, rule_for, rule_words
from crm.customers.tasks import TASKS, Task, TaskType, origin_words
from crm.customers.visible import merged, records_of
from crm.receivables.actions.disputes import seen_to_by
from crm.receivables.actions.promises import named
from crm.receivables.ageing import AgeingLine
from crm.receivables.queries import Whose, aged_lines

TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
Clock = Annotated[str, StringConstraints(pattern=TIME)]
"""A time of the day, `09:30`."""
CANCELLED = "cancelled"
"""The outcome of a task that was given up."""
_STATES = Literal["todo", "overdue", "done"]
CHANNELS = {
    TaskType.CALL: ContactChannel.PHONE,
    TaskType.EMAIL: ContactChannel.EMAIL,
    TaskType.VISIT: ContactChannel.VISIT,
    TaskType.MEETING: ContactChannel.MEETING,
    TaskType.LETTER: ContactChannel.LETTER,
}
"""Kind of task → the way of the exchange that it leaves when it is done."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task, whom it is about, and what that customer owes that is overdue."""

    task: Task
    number: str = ""
    name: str = ""
    at_stake: Money = field(default_factory=lambda: Money(0))
    assignee: str = ""
    """The name of who does it."""

    def status(self, day: date) -> str:
        """`todo`, `overdue` or `done` on a day."""
        if self.task.done is not None and self.task.done <= day:
            return "done"
        return "overdue" if self.task.day < day else "todo"

    def as_json(self, day: date) -> dict[str, Any]:
        """The contract's object, and what else is known."""
        task = self.task
        every = every_of(task.recurrence) if task.recurrence else None
        return {
            "id": task.id,
            "task_type": task.task_type,
            "customer": self.number or None,
            "name": self.name or None,
            "invoice": task.invoice or None,
            "date": task.day.isoformat(),
            "time": task.time or None,
            "assignee": task.assignee or None,
            "note": task.note,
            "status": self.status(day),
            "priority": "high" if task.priority else "normal",
            "every": every.value if every else task.recurrence or None,
            "origin": task.origin or None,
            "outcome": task.outcome or None,
            "at_stake": plain(self.at_stake.cents, self.at_stake.currency),
            "currency": self.at_stake.currency,
        }

    def words(self) -> str:
        """What is to be done, on one line."""
        first = next((line.strip() for line in self.task.note.splitlines() if line.strip()), "")
        told = " · ".join(filter(None, (first, rule_words(self.task.recurrence), origin_words(self.task.origin))))
        return told or _(TASKS[TaskType(self.task.task_type)])


@dataclass(frozen=True, slots=True)
class TaskList:
    """What is to be done."""

    as_of: date
    lines: tuple[TaskLine, ...]

    @property
    def rows(self) -> tuple[tuple[Task, str, str], ...]:
        """Task, number and name of its customer."""
        return tuple((line.task, line.number, line.name) for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {"tasks": [line.as_json(self.as_of) for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a task."""
        columns = (
            Column("date", _("Day"), Kind.DATE),
            Column("task_type", _("What")),
            Column("customer", _("Customer")),
            Column("note", _("Note")),
            Column("assignee", _("For")),
            Column("status", _("State")),
            Column("at_stake", _("At stake"), Kind.MONEY),
        )
        states = {"todo": _("to do"), "overdue": _("late"), "done": _("done")}
        rows = tuple(
            (
                line.task.day, " ".join(filter(None, (_(TASKS[TaskType(line.task.task_type)]), line.task.time))), line.name,
                ("! " if line.task.priority else "") + line.words(), line.assignee, states[line.status(self.as_of)],
                line.at_stake if line.at_stake.cents else None,
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        return Sheet(plural("{count} task", "{count} tasks", len(rows)), columns, rows, as_of=self.as_of)


def lines_of(session: Session, day: date, tasks: Iterable[Task]) -> list[TaskLine]:
    """Tasks with their customers and what those owe that is overdue, in the order given; two reads for any number."""
    found = list(tasks)
    root = merged(session)
    owner_of = {task.id: root.get(task.customer_id, task.customer_id) for task in found if task.customer_id is not None}
    owners = tuple(sorted(set(owner_of.values())))
    rows = {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(owners)))}
    overdue = _overdue(session, day, owners)
    people = user_names(session)
    lines = []
    for task in found:
        row = rows.get(owner_of.get(task.id, 0))
        number = row.number if row else ""
        who = people.get(task.assignee, task.assignee)
        lines.append(TaskLine(task, number, row.name if row else "", overdue.get(number, Money(0)), who))
    return lines


def theirs(session: Session, customer: str) -> ColumnElement[bool]:
    """The condition that a task is about a customer, or whoever was merged into it."""
    return col(Task.customer_id).in_(records_of(session, find_customer(session, customer).id))


def _overdue(session: Session, day: date, owners: tuple[int, ...]) -> dict[str, Money]:
    best: dict[str, AgeingLine] = {}
    for line in aged_lines(session, day, Whose(customer_ids=owners)) if owners else ():
        known = best.get(line.customer)
        if known is None or (line.currency == EURO, line.overdue) > (known.currency == EURO, known.overdue):
            best[line.customer] = line
    return {number: Money(line.overdue, line.currency) for number, line in best.items() if line.overdue > 0}


class ListTasks(Action[TaskList]):
    """What is to be done, and by whom."""

    effect = Effect.READ
    aliases = {"date": "day"}  # noqa: RUF012  a constant table, never altered

    assignee: str | None = Field(None, description="Only tasks of this user")
    day: date | None = Field(None, description="Only tasks of this day")
    period: Period | None = Field(None, description="Only tasks of these days: start/end")
    task_type: TaskType | None = Field(None, description="call, email, visit, meeting, letter, todo")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    status: _STATES | None = Field(None, description="todo, overdue, done")
    sort: Literal["day", "value"] = Field(
        "day", description="day: the earliest first; value: what is most at stake first"
    )
    limit: int | None = Field(None, ge=1, description="How many at most")

    def perform(self, context: Context) -> TaskList:
        """Read, filter, put in order."""
        statement = select(Task).order_by(col(Task.day), col(Task.priority).desc(), col(Task.time), col(Task.id))
        if self.customer is not None:
            statement = statement.where(theirs(context.session, self.customer))
        if self.assignee is not None:
            statement = statement.where(
                Task.assignee == (context.actor.user if self.assignee == "me" else self.assignee)
            )
        if self.task_type is not None:
            statement = statement.where(Task.task_type == self.task_type.value)
        if self.day is not None:
            statement = statement.where(Task.day == self.day)
        elif self.period is not None:
            statement = statement.where(col(Task.day).between(self.period.start, self.period.end))
        lines = lines_of(context.session, context.today, context.session.exec(statement))
        if self.status is not None:
            lines = [line for line in lines if line.status(context.today) == self.status]
        if self.sort == "value":
            lines.sort(key=lambda line: (line.at_stake.currency != EURO, -line.at_stake.cents))
        return TaskList(context.today, tuple(lines[: self.limit]))


class CreateTask(Action[TaskList]):
    """Plan a call, a visit, a meeting, a letter or anything to be done, once or again and again."""

    effect = Effect.WRITE
    aliases = {"date": "day", "frequency": "every"}  # noqa: RUF012  a constant table, never altered

    task_type: TaskType = Field(description="call, email, visit, meeting, letter, todo")
    day: date = Field(description="The day; the first one where it recurs")
    customer: CustomerRef | None = Field(None, description="Name or number")
    invoice: str | None = Field(None, description="About this invoice")
    time: Clock | None = Field(None, description="At what time, such as 09:30")
    assignee: str = Field("", max_length=100, description="Who does it; whoever looks after the customer if left out")
    note: str = Field("", max_length=10_000, description="What is to be done")
    every: Every | None = Field(None, description="weekly, biweekly, monthly, quarterly, yearly; once if left out")
    until: date | None = Field(None, description="Recurs up to this day")
    priority: Literal["normal", "high"] = Field("normal", description="normal, high: before the others of its day")
    origin: str = Field("", max_length=100, description="What it comes from, such as meeting/3")

    def perform(self, context: Context) -> TaskList:
        """Put it on the list.

        Raises:
            Invalid: it says neither what nor for whom, or ends without recurring.
            Refused: the day is past, or it would end before it begins.
            NotFound, Ambiguous: nobody of the team, or several, answer to the name.
        """
        refuse_if(self.day < context.today, _("A task is for today or later."))
        if self.until is not None:
            if self.every is None:
                raise Invalid(_("Say how often it recurs, or leave its last day out."))
            refuse_if(self.until < self.day, _("It would end before it begins."))
        customer, invoice = (
            named(context.session, self.customer, self.invoice) if self.customer or self.invoice else (None, None)
        )
        if customer is None and not self.note.strip():
            raise Invalid(_("Say what is to be done, or for which customer."))
        row = Task(
            task_type=self.task_type.value,
            customer_id=customer.id if customer else None,
            invoice=invoice.number if invoice else "",
            day=self.day,
            time=self.time or "",
            assignee=seen_to_by(context, self.assignee, customer),
            note=self.note.strip(),
            origin=self.origin.strip(),
            priority=int(self.priority == "high"),
            recurrence=rule_for(self.every, self.day, self.until) if self.every else "",
            anchor=self.day if self.every else None,
        )
        return _kept(context, row)


class _OfTask(Action[TaskList]):
    """What names one open task: its number, or whom it is about and of which kind."""

    effect = Effect.WRITE

    task: int | None = Field(None, description="Number of the task, where several could be meant")
    customer: CustomerRef | None = Field(None, description="Name or number")
    task_type: TaskType | None = Field(None, description="call, email, visit, meeting, letter, todo")

    def found(self, context: Context, day: date | None = None) -> Task:
        """The open task that is meant.

        Raises:
            Invalid: nothing names one.
            NotFound: there is none, or it is done.
            Ambiguous: several could be meant.
        """
        session = context.session
        if self.task is not None:
            row = session.get(Task, self.task)
            if row is None:
                raise NotFound(_("There is no task {number}.").format(number=self.task))
            refuse_if(row.done is not None, _("This task is done already."))
            return row
        if self.customer is None and self.task_type is None and day is None:
            raise Invalid(_("Say which task: for whom, or its number."))
        query = select(Task).where(col(Task.done).is_(None)).order_by(col(Task.day), col(Task.id))
        if self.customer is not None:
            query = query.where(theirs(session, self.customer))
        if self.task_type is not None:
            query = query.where(Task.task_type == self.task_type.value)
        if day is not None:
            query = query.where(Task.day == day)
        rows = session.exec(query).all()
        if not rows:
            raise NotFound(_("No such task is open."))
        if len(rows) > 1:
            told = [
                f"{line.task.id} {shown_date(line.task.day, context.today)} {line.name} {line.words()}".strip()
                for line in lines_of(session, context.today, rows[:8])
            ]
            raise Ambiguous(_("Several tasks could be meant."), told, _("Give the task's number."))
        return rows[0]


class RescheduleTask(_OfTask):
    """Move a task to another day, or give it to somebody else."""

    aliases = {"date": "day"}  # noqa: RUF012  a constant table, never altered

    day: date = Field(description="The new day")
    from_date: date | None = Field(None, description="The day it was planned for")
    time: Clock | None = Field(None, description="At what time, such as 09:30")
    assignee: str = Field("", max_length=100, description="Who does it from now on")

    def perform(self, context: Context) -> TaskList:
        """Give it its new day. One that recurs keeps its rule: only this time is moved.

        Raises:
            Refused: the day is past, or the task is done.
            Invalid, NotFound, Ambiguous: no task, or several, could be meant.
        """
        refuse_if(self.day < context.today, _("A task is for today or later."))
        row = self.found(context, self.from_date)
        row.day = self.day
        if self.time is not None:
            row.time = self.time
        if self.assignee.strip():
            row.assignee = seen_to_by(context, self.assignee, None)
        return _kept(context, row)


class CompleteTask(_OfTask):
    """A task is done: an exchange with the customer is noted, and one that recurs comes again."""

    outcome: Outcome | None = Field(
        None, description="Of a contact: reached, no_answer, voicemail, callback_requested, wrong_number"
    )
    note: str = Field("", max_length=10_000, description="What was said or done")

    def perform(self, context: Context) -> TaskList:
        """Close it today.

        Raises:
            Refused: the task is done already.
            Invalid, NotFound, Ambiguous: no task, or several, could be meant.
        """
        row = self.found(context)
        following = close_task(context, row, (self.outcome or _usual(row)) or "", self.note.strip())
        if row.customer_id is not None and (channel := CHANNELS.get(TaskType(row.task_type))):
            context.session.add(
                Interaction(
                    customer_id=row.customer_id,
                    invoice=row.invoice,
                    day=context.today,
                    time=local_time(context),
                    channel=channel.value,
                    direction=Direction.OUT.value,
                    author=context.actor.name,
                    outcome=row.outcome,
                    text=self.note.strip() or row.note.partition("\n")[0],
                )
            )
        return _kept(context, row, *following)


class CancelTask(_OfTask):
    """A task is given up; one that recurs does not come again."""

    note: str = Field("", max_length=10_000, description="Why")

    def perform(self, context: Context) -> TaskList:
        """Take it off the list; it stays among those that are done, with its reason.

        Raises:
            Refused: the task is done already.
            Invalid, NotFound, Ambiguous: no task, or several, could be meant.
        """
        row = self.found(context)
        row.done, row.outcome = context.today, CANCELLED
        if self.note.strip():
            row.note = "\n\n".join(filter(None, (row.note, self.note.strip())))
        return _kept(context, row)


def close_task(context: Context, row: Task, outcome: str, note: str = "") -> Sequence[Task]:
    """Close a task today; returns the next of one that recurs, not yet added."""
    row.done, row.outcome = context.today, outcome
    if not row.recurrence or row.anchor is None:
        return ()
    day = next_day(row.recurrence, row.anchor, max(row.day, context.today))
    if day is None:
        return ()
    told = row.model_dump(exclude={*row.bookkeeping, "day", "done", "outcome"})
    return (Task(day=day, **told),)


def _usual(row: Task) -> str:
    """What an exchange came to when nobody says: whoever says "done" of a call has had somebody on the line."""
    reached = {TaskType.CALL.value, TaskType.VISIT.value, TaskType.MEETING.value}
    return Outcome.REACHED.value if row.task_type in reached else ""


def _kept(context: Context, *rows: Task) -> TaskList:
    context.session.add_all(rows)
    context.session.flush()
    return TaskList(context.today, tuple(lines_of(context.session, context.today, rows)))


ACTIONS = (ListTasks, CreateTask, RescheduleTask, CompleteTask, CancelTask)
