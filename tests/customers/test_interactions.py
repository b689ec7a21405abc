"""Exchanges: noted as they were, on the day they took place."""

import pytest
from build import LEA, TODAY, a_customer, ago

from crm.bootstrap import Crm
from crm.core.errors import Invalid, Refused
from crm.customers.interactions import LogInteraction


@pytest.fixture(autouse=True)
def dupont(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")


def test_an_exchange_of_today_has_its_hour_one_of_another_day_has_none(crm: Crm) -> None:
    now = crm.runner.run(LogInteraction(customer="Dupont", outcome="reached"), LEA).result.row
    then = crm.runner.run(LogInteraction(customer="Dupont", outcome="reached", date=ago(2)), LEA).result.row
    assert (now.day, now.time, now.channel, now.direction, now.author) == (TODAY, "10:00", "phone", "out", "Léa")
    assert (then.day, then.time) == (ago(2), "")


def test_something_is_said_of_it(crm: Crm) -> None:
    with pytest.raises(Invalid):
        crm.runner.preview(LogInteraction(customer="Dupont"), LEA)


def test_it_has_taken_place(crm: Crm) -> None:
    with pytest.raises(Refused):
        crm.runner.preview(LogInteraction(customer="Dupont", note="à venir", date=ago(-1)), LEA)


def test_the_answer_as_json_and_as_a_sheet(crm: Crm) -> None:
    done = crm.runner.run(LogInteraction(customer="Dupont", channel="visit", note="vu au salon"), LEA).result
    assert done.as_json() | {"kind": "exchange", "channel": "visit", "text": "vu au salon"} == done.as_json()
    assert done.as_sheet().rows[0][-1] == "vu au salon"
