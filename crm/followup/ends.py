"""What follows the last step of a scenario: a task that asks a person to decide, once after each last step."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlmodel import Session

from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import shown
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import merged
from crm.followup.policy import EXITS

if TYPE_CHECKING:
    from crm.followup.run import AtTheEnd

ORIGIN = "dunning/exit"
"""What such a task says it comes from."""
_TASK = table_of(Task)


def end_tasks(session: Session, found: Sequence["AtTheEnd"], day: date) -> Iterator[tuple[Any, ...]]:
    """The rows of the tasks that a day asks for, in the order of `Task`'s own columns."""
    if not found:
        return
    query = select(_TASK.c.customer_id, func.max(_TASK.c.day)).where(_TASK.c.origin == ORIGIN)
    root = merged(session)
    asked: dict[int, date] = {}
    for key, last in session.connection().execute(query.group_by(_TASK.c.customer_id)):
        owner = root.get(key, key)
        asked[owner] = max(last, asked.get(owner, last))
    for end in found:
        if end.who.id in asked and asked[end.who.id] > end.last_step:
            continue
        note = _("Every step is done for {name}, {amount} are overdue. What follows: {exit}.").format(
            name=end.who.name, amount=shown(end.total, end.currency), exit=_(EXITS[end.scenario.exit])
        )
        yield TaskType.TODO.value, end.who.id, "", day, "", end.who.account_manager, note, ORIGIN, None, ""
