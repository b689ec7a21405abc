"""Tasks as a calendar (iCalendar, RFC 5545): written to a file, and served later as a feed."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from crm.core.calendar import zone
from crm.core.errors import Invalid
from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.models import Customer
from crm.customers.recurrence import next_day
from crm.customers.tasks import TASKS, TaskType
from crm.portfolio.tasks import ListTasks, TaskLine

if TYPE_CHECKING:
    from icalendar import Calendar, Event

_HALF_HOUR = timedelta(minutes=30)
_DAY = timedelta(days=1)
_TASK_COLUMNS = (
    "id", "task_type", "customer", "name", "invoice", "date", "time", "assignee", "note", "status", "priority", "every", "origin",
    "outcome", "at_stake", "currency",
)  # fmt: skip  # read as a table: columns side by side


def calendar_of(lines: Iterable[TaskLine], places: dict[int, str], now: datetime, tz: str) -> bytes:
    """Tasks as appointments: those with an hour half an hour long, the others all day; places by the customer's key.

    The same task has the same identity each time, so that a calendar that reads it again moves it instead of doubling it.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Relance//tasks//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Relance: what is to be done"))
    for line in lines:
        calendar.add_component(_event(line, places, now, tz))
    _name_zones(calendar)
    data: bytes = calendar.to_ical()
    return data


def _event(line: TaskLine, places: dict[int, str], now: datetime, tz: str) -> "Event":
    from icalendar import Event, vRecur

    task, event = line.task, Event()
    event.add("uid", f"task-{task.id}@relance")
    event.add("dtstamp", now)
    if task.time:
        hour, minute = map(int, task.time.split(":"))
        start = datetime(task.day.year, task.day.month, task.day.day, hour, minute, tzinfo=zone(tz))
        event.add("dtstart", start)
        event.add("dtend", start + _HALF_HOUR)
    else:
        event.add("dtstart", task.day)
        event.add("dtend", task.day + _DAY)
    kind = _(TASKS[TaskType(task.task_type)])
    event.add("summary", " · ".join(filter(None, (kind, line.name or line.words()))))
    if task.note:
        event.add("description", task.note)
    if place := places.get(task.customer_id or 0):
        event.add("location", place)
    event.add("categories", [kind])
    event.add("transp", "OPAQUE" if task.time else "TRANSPARENT")
    if task.priority:
        event.add("priority", 1)
    if task.recurrence and _on_its_day(line):
        event.add("rrule", vRecur.from_ical(_rule(task.recurrence, timed=bool(task.time), tz=tz)))
    return event


def _on_its_day(line: TaskLine) -> bool:
    """Whether the rule leads to the task's day: one time that was moved stands alone."""
    task = line.task
    try:
        return task.anchor is not None and next_day(task.recurrence, task.anchor, task.day - _DAY) == task.day
    except Invalid:
        return False


def _rule(rule: str, *, timed: bool, tz: str) -> str:
    """Where appointments have an hour, the last day of a rule has one too (RFC 5545 §3.3.10): its end, in UTC."""
    parts = []
    for part in rule.split(";"):
        name, _sign, value = part.partition("=")
        if timed and name == "UNTIL" and len(value) == 8:
            last = date(int(value[:4]), int(value[4:6]), int(value[6:]))
            end = datetime(last.year, last.month, last.day, 23, 59, tzinfo=zone(tz)).astimezone(zone("UTC"))
            part = f"UNTIL={end:%Y%m%dT%H%M%SZ}"
        parts.append(part)
    return ";".join(parts)


def _name_zones(calendar: "Calendar") -> None:
    calendar.add_missing_timezones()


def places_of(session: Session, lines: Iterable[TaskLine]) -> dict[int, str]:
    """Where one goes for visits and meetings, by the customer's key."""
    goes = {TaskType.VISIT.value, TaskType.MEETING.value}
    ids = sorted({line.task.customer_id for line in lines if line.task.task_type in goes and line.task.customer_id})
    rows = session.exec(select(Customer).where(col(Customer.id).in_(ids)))
    return {
        row.id: ", ".join(filter(None, (row.address, f"{row.postal_code} {row.city}".strip(), row.country)))
        for row in rows
        if row.address or row.city
    }


def _wanted(context: Context, wanted: Wanted) -> list[TaskLine]:
    lines = list(ListTasks(customer=wanted.customer).perform(context).lines)
    if wanted.status is None:
        return lines
    return [line for line in lines if line.status(context.today) == wanted.status]


def tasks_calendar(context: Context, wanted: Wanted) -> bytes:
    """What is open as a calendar; what is done only where it is asked for."""
    lines = [line for line in _wanted(context, wanted) if wanted.status or line.task.done is None]
    return calendar_of(lines, places_of(context.session, lines), context.now, context.settings.timezone)


def tasks_sheet(context: Context, wanted: Wanted) -> Sheet:
    """Every task, or those of a customer or state."""
    kinds = {"date": Kind.DATE}
    columns = tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in _TASK_COLUMNS)
    rows = []
    for line in _wanted(context, wanted):
        told = {**line.as_json(context.today), "date": line.task.day}
        rows.append(tuple(told[key] for key in _TASK_COLUMNS))
    return Sheet(_("Tasks"), columns, tuple(rows))
