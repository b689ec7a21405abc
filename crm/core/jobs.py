"""The timetable: runs the jobs that `bootstrap.py` lists, each at its hour. The only module that knows the engine.

Timers only: rows are the truth, and a job takes up whatever is due. So one that runs twice or late does no harm, and one
that was missed while the machine slept is made up for at the next start.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm.core.errors import CrmError
from crm.core.i18n import _


def _nothing_missed() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """Work done every day at an hour of the company's time zone."""

    name: str
    at: time
    work: Callable[[], None]
    missed: Callable[[], bool] = _nothing_missed
    """Asked at the start, when its hour has passed: was today's run left out?"""


def next_run(job: Job, tz: ZoneInfo, after: datetime) -> datetime:
    """When a job runs next, strictly after a moment; on the days the clocks change it keeps its hour on the wall."""
    moment: datetime = _trigger(job, tz).get_next_fire_time(after, after)
    return moment


@contextmanager
def timetable(jobs: Sequence[Job], tz: ZoneInfo, now: datetime, tell: Callable[[str], None]) -> Iterator[None]:
    """Run the jobs at their hours for as long as the context lasts; at its end what is at work is finished first.

    A job that fails is told and does not keep the next from running.
    """
    from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]  # it brings no types

    ours = copy_context()
    scheduler = BackgroundScheduler(timezone=tz)
    for job in jobs:

        def run(job: Job = job) -> None:
            # Threads of the engine know neither the language in use nor anything else of ours.
            ours.copy().run(_done, job, tell)

        late = now.astimezone(tz).time() > job.at and job.missed()
        scheduler.add_job(
            run,
            _trigger(job, tz),
            id=job.name,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            **({"next_run_time": now} if late else {}),
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def _done(job: Job, tell: Callable[[str], None]) -> None:
    try:
        job.work()
    except CrmError as fault:
        tell(_("{job}: {fault}").format(job=job.name, fault=fault.message))
    except Exception as fault:  # the timetable goes on, whatever happens to one job
        tell(_("{job}: {fault}").format(job=job.name, fault=f"{type(fault).__name__}: {fault}"))


def _trigger(job: Job, tz: ZoneInfo) -> Any:
    from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]  # it brings no types

    return CronTrigger(hour=job.at.hour, minute=job.at.minute, timezone=tz)
