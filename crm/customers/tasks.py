"""Tasks: what is to be done, for whom, by whom, when."""

from datetime import date
from enum import StrEnum

from sqlmodel import Field

from crm.core.db import Row, key_of
from crm.core.i18n import mark


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
    """What it came from: a scenario's step, a meeting, a person."""
    done: date | None = None
    outcome: str = ""
