"""Which message a day asks for."""

from datetime import date, timedelta

import pytest

from crm.followup.planning import Item, new_level, plan
from crm.followup.policy import Scenario, default_scenario

TODAY = date(2026, 11, 24)
SCENARIO = default_scenario()


def an_item(days_late: int, *, done: int = -1, cents: int = 12_000, key: int = 1, last: date | None = None) -> Item:
    due = TODAY - timedelta(days=days_late)
    contacts = 0 if done < 0 else done + 1
    return Item(key, key, f"F-{key}", "", due - timedelta(days=30), due, cents, None, cents, 0, done, contacts, last)


def planned(*items: Item, last_contact: date | None = None):
    return plan(items, [item.open for item in items], SCENARIO, TODAY, last_contact)


@pytest.mark.parametrize(
    ("days_late", "done", "level"),
    [
        (-6, -1, None),
        (-5, -1, 0),
        (0, -1, 0),
        (1, -1, None),
        (2, -1, None),
        (3, -1, 1),
        (14, 1, None),
        (15, 1, 2),
        (29, 2, None),
        (30, 2, 3),
        (44, 3, None),
        (45, 3, 4),
        (200, 4, None),
    ],
)
def test_steps_follow_the_due_date(days_late, done, level):
    assert new_level(an_item(days_late, done=done), SCENARIO, TODAY) == level


def test_the_first_contact_about_an_old_debt_is_never_above_level_two():
    assert planned(an_item(200)).level == 2
    assert planned(an_item(200, done=0)).level == 2


def test_the_notice_before_the_due_date_is_never_caught_up_after_it():
    assert new_level(an_item(1), SCENARIO, TODAY) is None
    assert planned(an_item(2)) is None


def test_missed_runs_are_caught_up_by_one_message():
    assert planned(an_item(31, done=1)).level == 3


def test_one_message_for_all_that_is_overdue_each_item_with_its_own_step():
    plan_ = planned(an_item(31, done=2, key=1), an_item(4, key=2), an_item(20, done=2, key=3), an_item(-3, key=4))
    assert plan_.level == 3
    assert [(due.item.number, due.level) for due in plan_.dues] == [("F-1", 3), ("F-3", None), ("F-2", 1)]
    assert plan_.total == 36_000


def test_what_is_announced_before_the_due_date_stands_alone():
    plan_ = planned(an_item(-4, key=1), an_item(-2, key=2))
    assert plan_.level == 0
    assert plan_.total == 24_000


def test_a_gap_lies_between_two_messages():
    assert planned(an_item(15, done=1), last_contact=TODAY - timedelta(days=6)).wait_until == TODAY + timedelta(days=1)
    assert planned(an_item(15, done=1), last_contact=TODAY - timedelta(days=7)).wait_until is None


def test_nothing_that_may_not_be_asked_for_is_stated():
    items = (an_item(31, done=2, key=1), an_item(4, key=2))
    assert plan(items, [0, 12_000], SCENARIO, TODAY, None).level == 1
    assert plan(items, [0, 0], SCENARIO, TODAY, None) is None


def test_a_scenario_whose_steps_do_not_rise_is_refused():
    steps = [
        {"level": 2, "offset": 15, "channel": "email", "sender": "usual", "mode": "automatic"},
        {"level": 1, "offset": 30, "channel": "email", "sender": "usual", "mode": "automatic"},
    ]
    told = {
        "name": "x",
        "version": 1,
        "gap_days": 7,
        "first_contact_level": 2,
        "exit": "decide_on_proceedings",
        "reply_days": 8,
        "pay_days": 8,
        "steps": steps,
    }
    with pytest.raises(ValueError, match="rise"):
        Scenario.read(told)
