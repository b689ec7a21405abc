"""Is anybody at work? The nights that ran are noted; whether they still do, and whether what is due leaves, is derived."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import Text, func, select
from sqlmodel import Field as ColumnField
from sqlmodel import Session

from crm.core.actions import Action, Effect
from crm.core.calendar import long_date, zone
from crm.core.db import UNSEALED, Row, UtcDateTime, table_of
from crm.core.i18n import _, plural
from crm.core.journal import EXAMPLE, first_door
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.messaging.contact_gate import RINGING
from crm.messaging.models import OutgoingMessage, State
from crm.messaging.queries import live_channels

_DUE_BY = time(8)
"""By this hour the night of a day is done; it begins at six."""
_LATE = timedelta(hours=2)
"""A message that is due for longer shows that nobody delivers; those that ring wait for their hours."""


class Night(Row, table=True):
    """A night that ran: the worker's heartbeat."""

    __tablename__ = "night"

    day: date = ColumnField(index=True)
    at: datetime = ColumnField(sa_type=UtcDateTime, sa_column_kwargs=UNSEALED)
    problems: str = ColumnField(default="", sa_type=Text)
    """What did not come through, in words; empty: everything did."""


_NIGHT, _MESSAGE = table_of(Night), table_of(OutgoingMessage)


@dataclass(frozen=True, slots=True)
class NightNote:
    """A night as it was noted."""

    row: Night

    def as_json(self) -> dict[str, Any]:
        """Day and problems."""
        return {"day": self.row.day.isoformat(), "problems": self.row.problems or None}

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (Column("day", _("Day"), Kind.DATE), Column("problems", _("Outcome")))
        return Sheet(_("The night"), columns, ((self.row.day, self.row.problems or _("everything came through")),))


class NoteNight(Action[NightNote]):
    """Note that the night's work was done: it shows that a worker runs."""

    effect = Effect.WRITE

    problems: str = Field("", max_length=10_000, description="What did not come through")

    def perform(self, context: Context) -> NightNote:
        """Keep it."""
        row = Night(day=context.today, at=context.now, problems=self.problems.strip())
        context.session.add(row)
        context.session.flush()
        return NightNote(row)


def last_night(session: Session) -> Night | None:
    """The last night that ran; None: none ever has."""
    key = session.connection().execute(select(func.max(_NIGHT.c.id))).scalar()
    return session.get(Night, key) if key is not None else None


def _night_before(session: Session, night: Night) -> Night | None:
    query = select(func.max(_NIGHT.c.id)).where(_NIGHT.c.day < night.day)
    key = session.connection().execute(query).scalar()
    return session.get(Night, key) if key is not None else None


def nobody_at_work(session: Session, now: datetime, tz: str) -> tuple[str, ...]:
    """What shows that no worker runs, in sentences.

    Nothing while no channel is live, for then nothing is to leave by itself; nothing in the example company either.
    """
    live = live_channels(session)
    if not live or first_door(session) == EXAMPLE:
        return ()
    return (*_nights(session, now, tz), *_deliveries(session, now, live))


def _nights(session: Session, now: datetime, tz: str) -> Iterator[str]:
    local = now.astimezone(zone(tz))
    expected = local.date() if local.time() >= _DUE_BY else local.date() - timedelta(days=1)
    last = last_night(session)
    if last is None:
        yield _("No worker has run yet: reminders, matching and the digest wait for a person (crm worker).")
    elif last.day < expected:
        yield _("No worker has run since {day}: nothing happens by itself (crm worker).").format(
            day=long_date(last.day)
        )
    elif (before := _night_before(session, last)) is not None and before.day < last.day - timedelta(days=1):
        yield _("No worker ran between {first} and {last}.").format(
            first=long_date(before.day), last=long_date(last.day)
        )
    if last is not None and last.problems:
        yield _("The last night did not come through: {problems}").format(problems=last.problems)


def _deliveries(session: Session, now: datetime, live: frozenset[str]) -> Iterator[str]:
    query = (
        select(func.count())
        .select_from(_MESSAGE)
        .where(
            _MESSAGE.c.state == State.QUEUED.value,
            _MESSAGE.c.channel.in_(sorted(live - RINGING)),
            func.coalesce(_MESSAGE.c.not_before, _MESSAGE.c.queued_at) <= now - _LATE,
        )
    )
    if count := session.connection().execute(query).scalar_one():
        yield plural(
            "{count} message has been due for hours and has not left: nobody delivers (crm worker).",
            "{count} messages have been due for hours and have not left: nobody delivers (crm worker).",
            count,
        )


ACTIONS = (NoteNight,)
