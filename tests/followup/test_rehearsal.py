"""A rehearsal lives the days as a run would: day by day the same, only faster; and it writes nothing."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from build import LEA, TODAY, a_credit_note, a_customer, a_payment, ago, allocated, an_invoice, dump
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.calendar import Clock
from crm.customers.actions import UpdateCompany
from crm.followup.actions.pauses import PauseDunning
from crm.followup.actions.rehearsing import RehearseScenario
from crm.followup.actions.scenarios import EditScenario
from crm.followup.gate import Facts, Held, decide
from crm.followup.history import histories
from crm.followup.policy import default_scenario, shipped
from crm.followup.queries import addressees, facts_of, item_stream
from crm.followup.rehearsal import (
    History,
    Past,
    PastHold,
    PastPromise,
    _Life,
    as_usual,
    day_of,
    facts_on,
    items_on,
    rehearse,
    usual_delays,
)
from crm.receivables.actions import OpenDispute, RecordPromise
from crm.receivables.queries import Whose

FIRST = date(2026, 1, 5)
FACTS = Facts("Dupont", "B2B", "a@b.example", "", True, "EUR", 0, (), (), None)
DAYS = st.integers(-80, 220)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def customers(draw):
    items = []
    for key in range(1, draw(st.integers(1, 4)) + 1):
        due, cents = day(draw(DAYS)), draw(st.integers(100, 90_000))
        moves = []
        if draw(st.booleans()):
            moves = sorted(
                (due + timedelta(days=days), cents // 2, True)
                for days in draw(st.lists(st.integers(-5, 90), max_size=2))
            )
        disputes = ()
        if draw(st.integers(0, 4)) == 0:
            since = due + timedelta(days=draw(st.integers(0, 40)))
            disputes = (
                (since, draw(st.none() | st.just(since + timedelta(days=20))), draw(st.none() | st.just(cents // 3))),
            )
        items.append(Past(key, key, 1, f"F{key}", due - timedelta(days=30), due, cents, moves, disputes))
    promises = [
        PastPromise(1, draw(st.none() | st.just(1)), draw(st.integers(100, 60_000)), day(made), day(made + lasts), None)
        for made, lasts in draw(st.lists(st.tuples(DAYS, st.integers(1, 20)), max_size=2))
    ]
    holds = [
        PastHold(Held("manual", "en attente", "", None), day(since), day(since + lasts))
        for since, lasts in draw(st.lists(st.tuples(DAYS, st.integers(1, 30)), max_size=1))
    ]
    free = [
        (day(number), cents) for number, cents in draw(st.lists(st.tuples(DAYS, st.integers(-900, 900)), max_size=2))
    ]
    return History("C-1", FACTS, sorted(items, key=lambda item: item.due), promises, holds, free)


@given(history=customers(), name=st.sampled_from(list(shipped())))
@settings(max_examples=120)
def test_a_replay_over_days_is_the_plan_of_each_single_day(history, name):
    scenario = shipped()[name][0]
    life = _Life(history, scenario)
    daily = [sent for number in range(200) if (sent := day_of(life, day(number))) is not None]
    assert list(rehearse([history], scenario, day(0), day(199))) == daily
    for before, after in pairwise(daily):
        assert (after.day - before.day).days >= scenario.gap_days


@pytest.fixture
def year(crm):
    """A customer who pays late, one who objects and promises, one on hold."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)
    for number, name in (("C-1", "Dupont"), ("C-2", "Durand"), ("C-3", "Dubois")):
        a_customer(
            crm,
            number,
            name,
            regime="B2B",
            email=f"{number}@x.example",
            address="1 rue",
            postal_code="35000",
            city="Rennes",
        )
    for place, days in enumerate((300, 200, 100, 20)):
        an_invoice(crm, f"F-{place}", customer="Dupont", days_late=days, paid_date=ago(days - 16))
        an_invoice(crm, f"G-{place}", customer="Durand", days_late=days, amount="90.00")
    an_invoice(crm, "H-1", customer="Dubois", days_late=40, amount="500.00")
    a_payment(crm, "P-1", customer="Durand", days_ago=150, amount="90.00")
    allocated(crm, "P-1", "G-1", "60.00")
    a_credit_note(crm, "AV-1", customer="Dubois", days_ago=35, amount="-20.00")
    crm.runner.run(OpenDispute(invoice="G-2", reason="price_error", amount="30"), LEA)
    for days, action in (
        (90, RecordPromise(customer="C-2", by=ago(80), amount="50")),
        (15, PauseDunning(customer="C-3", until=ago(5))),
    ):
        earlier = replace(crm, clock=Clock.at(ago(days).isoformat()))
        earlier.runner.run(action, LEA)
    return crm


def test_each_day_of_the_past_reads_as_the_database_says_it_stood(year):
    scenario = shipped()["strict"][0]
    with year.database.reading() as session:
        found = histories(session, ago(365), TODAY, Whose(), begun=False)
        lives = [_Life(history, scenario) for history in found]
        owners = [row.customer_id for row in item_stream(session, TODAY, TODAY + timedelta(days=400), Whose())]
        people = addressees(session, sorted({1, 2, 3} | set(owners)))
        for days in range(0, 365, 3):
            then = ago(days)
            until = then - timedelta(days=scenario.first_offset)
            groups = {people[group.customer_id].number: group for group in item_stream(session, then, until, Whose())}
            facts = facts_of(session, then, people, [(group.customer_id, "EUR") for group in groups.values()])
            for life in lives:
                group = groups.get(life.history.customer)
                items = [item._replace(broken=None) for item in items_on(life.history, scenario, then, life.told)]
                read = [item._replace(net=None) for item in group.items] if group else []
                assert items == read
                if group:
                    known = facts[group.customer_id, "EUR"]
                    ours = facts_on(life.history, then, None)
                    assert (ours.free_money, ours.promises, list(ours.holds)) == (
                        known.free_money, list(known.promises), list(known.holds)
                    )  # fmt: skip  # read as a table: columns side by side
                    assert decide(items, ours, scenario, then) == decide(items, replace(known, perhaps=0, owed="", stale_bank=None), scenario, then)  # fmt: skip  # read as a table: columns side by side


def test_a_rehearsal_counts_and_writes_nothing(year):
    before = dump(year)
    found = year.runner.read(RehearseScenario(scenario="standard", beside="strict"), LEA)
    assert dump(year) == before
    standard, strict = found.sides
    dupont = [(sent.level, sent.needless) for sent in standard.past if sent.customer == "C-1"]
    assert dupont == [(0, False), (1, False), (2, True)] * 4, "paid the day after the second reminder"
    assert [sent.level for sent in strict.past if sent.customer == "C-1"] == [0, 1, 2] * 4
    assert (standard.needless, strict.needless) == (4, 0)
    assert standard.cost == 620 * standard.channels["registered_letter"]
    assert sum(standard.weeks) == len(standard.past)
    rows = {row[0]: row[1:] for row in found.as_sheet().rows}
    assert rows["friendly reminder"][0] == standard.level(1)[0]


def test_the_days_to_come_begin_where_reminders_stand(year):
    an_invoice(year, "F-9", customer="Dupont", days_late=-2, amount="700.00")
    nothing = year.runner.read(RehearseScenario(payments="none", customer="C-1"), LEA).sides[0].coming
    assert [(sent.level, (sent.day - TODAY).days) for sent in nothing] == [(0, 0), (1, 7), (2, 17)]
    usual = year.runner.read(RehearseScenario(payments="usual", customer="C-1"), LEA).sides[0].coming
    assert [sent.level for sent in usual] == [0, 1, 2], "this customer pays sixteen days late"
    year.runner.run(EditScenario(scenario="standard", level=2, offset=17), LEA)
    later = year.runner.read(RehearseScenario(payments="usual", customer="C-1"), LEA).sides[0].coming
    assert [sent.level for sent in later] == [0, 1]


def test_what_is_later_than_usual_already_is_not_assumed_to_be_paid():
    item = Past(1, 1, 1, "F1", day(0), day(30), 100, [(day(40), 100, True)])
    open_item = Past(2, 2, 1, "F2", day(60), day(90), 100, [])
    history = History("C-1", FACTS, [item, open_item])
    assert usual_delays([history]) == ({"C-1": 10}, 10)
    assert as_usual(history, day(95), 10).items[1].open_on(day(100)) == 0
    assert as_usual(history, day(110), 10).items[1].open_on(day(140)) == 100


def test_an_empty_company_has_nothing_to_rehearse(crm):
    found = crm.runner.read(RehearseScenario(), LEA)
    assert (found.whose, found.sides[0].past, found.sides[0].cost) == (0, (), 0)
    assert default_scenario().name == found.sides[0].scenario.name
