"""Reads for a run where payment plans are in force: what they cover is due by their days, and has steps of its own."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.followup.models import Reminder
from crm.followup.planning import Item
from crm.messaging.models import OutgoingMessage
from crm.receivables.planned import plan_lines, plans_in_force, with_plans
from crm.receivables.plans import Agreed, PlanStatus, Slice
from crm.receivables.whose import Whose

UNCOUNTED = ("rehearsed", "failed", "held", "cancelled")
"""States of a message that count neither as a contact nor as a step; in all others it has left, or is about to."""

_REMINDER, _MESSAGE = table_of(Reminder), table_of(OutgoingMessage)
_AT_ONCE = 500
_LATELY = timedelta(days=31)
"""So long a broken plan is spoken of."""


class AgreedItems:
    """The instalments of plans in force on a day that come up to a day, and what has been said of each."""

    def __init__(self, session: Session, day: date, until: date, of: Whose) -> None:
        self._until = until
        plans = plans_in_force(session, day, of)
        self._slices = plans.slices
        self._agreed: dict[int, Agreed] = {}
        for line in plans.lines:
            schedule = tuple(line.plan.left(day))
            left = sum(cents for _rate, cents in schedule)
            for rate, missing in schedule:
                self._agreed[rate.id] = Agreed(
                    line.id, line.plan.made, line.signed, rate, len(schedule), missing, line.plan.total, left,
                    line.plan.grace_days, schedule,
                )  # fmt: skip  # read as a table: columns side by side
        self._done = self._steps(session, sorted(self._agreed))

    def _steps(self, session: Session, rates: Sequence[int]) -> dict[tuple[int, int], tuple[int, int, date | None]]:
        """Invoice's and plan's instalment → highest level, number and last day of what was written about both."""
        found = {}
        for chunk in in_chunks(rates, _AT_ONCE):
            query: Any = (
                select(
                    _REMINDER.c.instalment_id,
                    _REMINDER.c.plan_instalment_id,
                    func.max(_REMINDER.c.level),
                    func.sum(case((_MESSAGE.c.level >= 1, 1), else_=0)),
                    func.max(case((_MESSAGE.c.level >= 1, _REMINDER.c.day))),
                )
                .select_from(_REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id))
                .where(_MESSAGE.c.state.not_in(UNCOUNTED), _REMINDER.c.plan_instalment_id.in_(chunk))
                .group_by(_REMINDER.c.instalment_id, _REMINDER.c.plan_instalment_id)
            )
            for instalment, rate, level, contacts, last in session.connection().execute(query):
                found[instalment, rate] = (-1 if level is None else int(level), int(contacts), last)
        return found

    def laid_out(self, items: Iterable[Item]) -> Iterable[Item]:
        """The items of a customer, those in a plan by its days; what is in dispute lies on the earliest."""
        return self._by_slices(items) if self._slices else items

    def _by_slices(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            slices = self._slices.get(item.instalment_id)
            if not slices:
                yield item
                continue
            disputed = item.disputed
            own = item.open - sum(piece.cents for piece in slices)
            if own:
                part = min(disputed, own)
                disputed -= part
                yield item._replace(open=own, disputed=part)
            for piece in slices:
                part = min(disputed, piece.cents)
                disputed -= part
                if piece.rate.due <= self._until:
                    yield self._of_plan(item, piece, part)

    def _of_plan(self, item: Item, piece: Slice, disputed: int) -> Item:
        level, contacts, last = self._done.get((item.instalment_id, piece.rate.id), (-1, 0, None))
        return item._replace(
            due=piece.rate.due,
            amount=piece.cents,
            net=None,
            open=piece.cents,
            disputed=disputed,
            done=level,
            contacts=contacts,
            last_contact=last,
            agreed=self._agreed[piece.rate.id],
        )


def broken_plans(session: Session, day: date, customer_ids: Sequence[int]) -> dict[tuple[int, str], date]:
    """Customers and currencies of whom a plan has been broken of late, with anything left to pay: since when."""
    found: dict[tuple[int, str], date] = {}
    agreed = tuple(sorted(with_plans(session, day) & set(customer_ids)))
    for line in plan_lines(session, day, Whose(customer_ids=agreed), running=True) if agreed else ():
        if line.status is PlanStatus.BROKEN and line.plan.paid(day) < line.plan.total:
            since = line.plan.broken_on(day)
            if since is not None and since >= day - _LATELY:
                found[line.customer_id, line.currency] = since
    return found
