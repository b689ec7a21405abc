"""Tasks: what is to be done, for whom, by whom, when."""

from datetime import date
from enum import StrEnum

from sqlmodel import Field

from crm.core.db import Row, key_of
from crm.core.i18n import _, mark


class TaskType(StrEnum):
    """What kind of doing it is."""

    CALL = "call"
    EMAIL = "email"
    VISIT = "visit"
    MEETING = "meeting"
    LETTER = "letter"
    TODO = "todo"


TASKS = {
    TaskType.CALL: mark("call"),
    TaskType.EMAIL: mark("e-mail"),
    TaskType.VISIT: mark("visit"),
    TaskType.MEETING: mark("meeting"),
    TaskType.LETTER: mark("letter"),
    TaskType.TODO: mark("to do"),
}
"""Kind → how it is said."""


class Task(Row, table=True):
    """Something to be done. It is done when `done` is set; late follows from the day."""

    __tablename__ = "task"

    task_type: str
    customer_id: int | None = key_of("customer", default=None, index=True)
    invoice: str = ""
    day: date = Field(index=True)
    time: str = ""
    assignee: str = ""
    """The number of a user."""
    note: str = ""
    origin: str = ""
    """What it came from, as text: `dunning/4`, `message/12`, `meeting/3`, `survey/7`, `cadence`, `call`; empty: a person."""
    done: date | None = None
    outcome: str = ""
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """0 as usual, 1 before the others of its day."""
    recurrence: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """An RRULE of RFC 5545; empty: once."""
    anchor: date | None = None
    """The first day of a task that recurs: its rule is counted from it, wherever one of its days was moved to."""


ORIGINS = {
    "dunning": mark("reminders"),
    "message": mark("message"),
    "meeting": mark("meeting decision"),
    "survey": mark("survey alert"),
    "cadence": mark("contact cadence"),
    "call": mark("a call"),
    "fec": mark("accounting file"),
}
"""First word of an origin → how it is said."""


def origin_words(origin: str) -> str:
    """Where a task comes from, as it is said; empty where a person made it."""
    kind = origin.partition("/")[0]
    return _(ORIGINS[kind]) if kind in ORIGINS else ""
