"""The timetable: each job at its hour of the company's day, whatever becomes of the one before."""

import threading
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from crm.core.errors import Refused
from crm.core.i18n import _, use_language
from crm.core.jobs import Job, next_run, timetable

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 6, 12, tzinfo=PARIS)
"""In the past for every machine: the engine goes by its clock."""


def a_job(work=lambda: None, **more) -> Job:
    return Job("nightly", time(6), work, **more)


@pytest.mark.parametrize(
    ("after", "runs"),
    [
        (datetime(2026, 11, 24, 5, 59, tzinfo=PARIS), "2026-11-24T06:00:00+01:00"),
        (NOON, "2026-01-07T06:00:00+01:00"),
        (datetime(2026, 3, 28, 12, tzinfo=PARIS), "2026-03-29T06:00:00+02:00"),
        (datetime(2026, 10, 24, 12, tzinfo=PARIS), "2026-10-25T06:00:00+01:00"),
    ],
)
def test_a_job_keeps_its_hour_on_the_wall_also_when_the_clocks_change(after, runs):
    assert next_run(a_job(), PARIS, after).isoformat() == runs


def worked(job: Job, now: datetime = NOON) -> list[str]:
    """What a timetable told, once its missed job was done."""
    told: list[str] = []
    with timetable([job], PARIS, now, told.append):
        pass
    return told


def test_what_was_missed_in_the_night_is_made_up_for_at_the_start():
    done = threading.Event()
    with timetable([a_job(done.set, missed=lambda: True)], PARIS, NOON, lambda text: None):
        assert done.wait(10)


def test_nothing_is_made_up_for_before_its_hour_or_when_it_was_done():
    done = threading.Event()
    worked(a_job(done.set, missed=lambda: True), NOON.replace(hour=5))
    worked(a_job(done.set, missed=lambda: False))
    assert not done.is_set()


@pytest.mark.parametrize(
    ("fault", "words"), [(Refused("not today"), "not today"), (ValueError("a bug"), "ValueError: a bug")]
)
def test_a_job_that_fails_is_told_in_the_language_in_use(fault, words):
    use_language("en")
    done = threading.Event()

    def work() -> None:
        done.set()
        raise fault

    told: list[str] = []
    with timetable([a_job(work, missed=lambda: True)], PARIS, NOON, told.append):
        assert done.wait(10)
    assert told == [f"nightly: {words}"]


def test_a_job_speaks_the_language_of_who_started_it():
    use_language("fr")
    heard: list[str] = []
    done = threading.Event()
    with timetable(
        [a_job(lambda: (heard.append(_("Customer")), done.set()), missed=lambda: True)], PARIS, NOON, heard.append
    ):
        assert done.wait(10)
    assert heard == ["Client"]
