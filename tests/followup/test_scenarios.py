"""Scenarios of one's own: read and written line by line, chosen for whom, kept by whoever is in progress."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import LEA, TODAY, a_customer, an_invoice
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm.core.calendar import Clock
from crm.core.errors import Invalid, Refused
from crm.core.i18n import use_language
from crm.core.money import eur
from crm.customers.actions import AddCompanyAccount, SetSegment, UpdateCompany
from crm.customers.tasks import Task
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.following import ShowFollowedScenario
from crm.followup.actions.rehearsing import RehearseScenario
from crm.followup.actions.scenarios import (
    AssignScenario,
    EditScenario,
    EditScenarioRules,
    ExportScenario,
    ImportScenario,
    ListScenarios,
    RetireScenario,
    ShowScenario,
)
from crm.followup.actions.why import ExplainDunning
from crm.followup.planning import Item, plan
from crm.followup.policy import Base, Mode, Scenario, Step, default_scenario, shipped
from crm.followup.scenario_drafts import changed, key_of_step, shifted, swapped, without
from crm.followup.scenario_drafts import with_step as with_a_step
from crm.followup.scenario_text import begun, problems_of, read_scenario, written
from crm.messaging.actions import GoLive
from crm.receivables.actions import RecordPromise


@pytest.fixture(autouse=True)
def english():
    """What is said is compared word for word."""
    use_language("en")


@pytest.fixture
def house(crm):
    """Our company, live, with one customer."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", senior_sender_name="Claire"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    for channel in ("email", "registered_letter"):
        crm.runner.run(GoLive(channel=channel), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example", address="3 rue du Four",
               postal_code="35000", city="Rennes")  # fmt: skip  # read as a table: columns side by side
    return crm


def at(crm, day: date):
    return replace(crm, clock=Clock.at(day.isoformat()))


def levels(crm, **more):
    return [(line.customer, line.level) for line in crm.runner.read(PreviewDunning(no_text=True, **more), LEA).lines]


def do(crm, action):
    return crm.runner.run(action, LEA).result


# The text


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_reads_back_as_it_was_written(name):
    scenario, text = shipped()[name]
    assert read_scenario(text) == scenario
    assert read_scenario(written(scenario)) == scenario


_STEPS = st.lists(
    st.tuples(
        st.integers(1, 20), st.sampled_from(["usual", "senior"]), st.sampled_from(Mode),
        st.sampled_from([("email",), ("email", "sms"), ("phone",)]),
        st.sampled_from([(), (("EUR", 15_000),), (("EUR", 1), ("USD", 2_050))]), st.none() | st.integers(3, 30),
    ),
    min_size=1, max_size=2,
)  # fmt: skip  # read as a table: columns side by side


@given(steps=_STEPS, gap=st.integers(3, 40), entry=st.none() | st.integers(1, 200), title=st.text(max_size=12))
def test_any_scenario_reads_back_as_it_was_written(steps, gap, entry, title):
    made, day = [], 0
    for level, (more, sender, mode, channels, least, own_gap) in enumerate(steps, 1):
        day += more
        made.append(Step(level, day, channels, sender, mode, gap_days=own_gap, minimum=least))
    title = "".join(sign for sign in title if sign.isprintable())
    scenario = Scenario("mine", 3, tuple(made), gap, 1, "call", 8, 8, title=title, entry_days=entry)
    assert read_scenario(written(scenario)) == scenario


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("gap_days = 7", "gap_days = 2"), 5, "gap_days"),
        (("offset = 15", "offset = 2"), 31, "day 2"),
        (('channel = "email"', 'channel = "fax"'), 18, "fax"),
        (("offset = 15", 'offset = 15\ntemplate = "level_9"'), 32, "level_9"),
        (("offset = 15", "offset = 15\ncolour = 1"), 32, "colour"),
        (('mode = "confirm"', 'mode = "automatic"'), 48, "formal notice"),
        (("first_contact_level = 2", "first_contact_level = 3"), 7, "level 1 or 2"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(change, line, said):
    text = shipped()["standard"][1].replace(*change, 1)
    with pytest.raises(Invalid) as told:
        read_scenario(text)
    assert f"Line {line}:" in told.value.message
    assert said in told.value.message


def test_a_last_reminder_is_followed_by_a_formal_notice():
    steps = default_scenario().steps[:-1]
    with pytest.raises(Invalid, match="level 4"):
        read_scenario(written(replace(default_scenario(), steps=steps)))


# The plan


def an_item(days_late: int, *, done: int = -1, cents: int = 12_000, key: int = 1, **more) -> Item:
    due = TODAY - timedelta(days=days_late)
    return Item(
        key, key, f"F-{key}", "", due - timedelta(days=30), due, cents, None, cents, 0, done, max(done, 0), None
    )._replace(**more)


def planned(scenario, *items, **more):
    return plan(items, [item.open for item in items], scenario, TODAY, None, **more)


def with_step(level, **more):
    steps = tuple(replace(step, **more) if step.level == level else step for step in default_scenario().steps)
    return replace(default_scenario(), steps=steps)


def test_a_step_below_its_least_amount_is_left_out_and_comes_once_it_is_worth_it():
    scenario = with_step(2, minimum=(("EUR", 20_000),))
    assert planned(scenario, an_item(20)).level == 1
    assert planned(scenario, an_item(20, done=1)) is None
    both = planned(scenario, an_item(20, done=1), an_item(16, done=1, key=2))
    assert (both.level, [due.level for due in both.dues]) == (2, [2, 2])
    assert planned(scenario, an_item(20, done=1), currency="USD").level == 2


def test_days_since_the_previous_step():
    scenario = with_step(2, base=Base.PREVIOUS_STEP, offset=10)
    assert planned(scenario, an_item(25)).level == 1, "nothing precedes it yet"
    assert planned(scenario, an_item(25, done=1, last_contact=TODAY - timedelta(days=9))) is None
    assert planned(scenario, an_item(25, done=1, last_contact=TODAY - timedelta(days=10))).level == 2


def test_a_broken_promise_brings_its_step_forward():
    strict = shipped()["strict"][0]
    late = an_item(12, done=2)
    assert planned(strict, late) is None
    assert planned(strict, late._replace(broken=TODAY - timedelta(days=1))).level == 3
    assert planned(strict, an_item(12)._replace(broken=TODAY - timedelta(days=1))).level == 2, "a first contact"


def test_instalments_of_a_plan_follow_their_own_steps():
    own = Step(1, 2, ("email",), "usual", Mode.AUTOMATIC, Base.MISSED_INSTALMENT)
    scenario = replace(default_scenario(), steps=(*default_scenario().steps, own))
    assert planned(scenario, an_item(2, planned=True)).level == 1
    assert planned(scenario, an_item(40, done=1, planned=True)) is None
    assert planned(scenario, an_item(2)) is None


def test_a_very_late_debt_enters_higher_than_a_fresh_one():
    gentle = shipped()["good_payer"][0]
    assert planned(gentle, an_item(60)).level == 1
    assert planned(gentle, an_item(90)).level == 2


def test_an_invoice_of_its_own_moves_the_message_of_all():
    strict = shipped()["strict"][0]
    found = planned(default_scenario(), an_item(10, done=1, key=1), an_item(10, done=1, key=2), own={2: strict})
    assert (found.level, found.scenario.name) == (2, "strict")
    assert [due.level for due in found.dues] == [None, 2]


# Who follows what


def test_a_choice_for_the_customer_wins_over_the_segment_and_the_company(house):
    an_invoice(house, "F-1", days_late=2)
    assert levels(house) == []
    do(house, AssignScenario(scenario="strict"))
    assert levels(house) == [("C-1", 1)]
    do(house, SetSegment(customer="C-1", segment="vip"))
    do(house, AssignScenario(scenario="good_payer", segment="vip"))
    assert levels(house) == []
    do(house, AssignScenario(scenario="strict", customer="C-1"))
    assert levels(house) == [("C-1", 1)]
    said = house.runner.read(ExplainDunning(customer="C-1"), LEA).answers[0].sentences
    assert "Scenario “Strict”, version 1: chosen for this customer." in said
    do(house, AssignScenario(customer="C-1"))
    assert levels(house) == []


def test_an_invoice_may_follow_its_own_and_come_later(house):
    an_invoice(house, "F-1", days_late=2)
    an_invoice(house, "F-2", days_late=2)
    do(house, AssignScenario(scenario="strict", invoice="F-2"))
    (line,) = house.runner.read(PreviewDunning(no_text=True), LEA).lines
    assert (line.level, line.invoices) == (1, ("F-1", "F-2")), "one message states everything that is overdue"
    do(house, AssignScenario(scenario="strict", invoice="F-2", later_days=3))
    assert levels(house) == []


def test_whoever_is_in_progress_keeps_the_version_until_it_has_paid(house):
    an_invoice(house, "F-1", days_late=4)
    do(house, RunDunning())
    saved = do(house, EditScenario(scenario="standard", level=2, offset=9))
    assert (saved.scenario.version, any("1 customer in progress" in line for line in saved.told)) == (2, True)
    a_customer(house, "C-2", "Durand", regime="B2B", email="d@durand.example")
    an_invoice(house, "F-2", customer="Durand", days_late=4)
    do(house, RunDunning())
    week = at(house, TODAY + timedelta(days=7))
    assert levels(week) == [("C-2", 2)], "who came after the edit follows the new version"
    assert levels(at(house, TODAY + timedelta(days=11))) == [("C-1", 2), ("C-2", 2)]
    do(week, RunDunning())
    said = week.runner.read(ExplainDunning(customer="C-2"), LEA).answers[0].sentences
    assert any("version 2" in line for line in said)


def test_a_version_never_changes_and_the_same_twice_is_refused(house):
    text = house.runner.read(ExportScenario(scenario="strict"), LEA).text
    with pytest.raises(Refused):
        do(house, ImportScenario(text=text))
    do(house, ImportScenario(text=text.replace("offset = 10", "offset = 12")))
    assert house.runner.read(ExportScenario(scenario="strict", version=1), LEA).text == text
    assert house.runner.read(ShowScenario(scenario="strict"), LEA).versions == (1, 2)


def test_a_retired_scenario_is_followed_by_nobody_new(house):
    an_invoice(house, "F-1", days_late=2)
    do(house, AssignScenario(scenario="strict", customer="C-1"))
    assert levels(house) == [("C-1", 1)]
    do(house, RetireScenario(scenario="strict"))
    assert levels(house) == []
    with pytest.raises(Refused):
        do(house, AssignScenario(scenario="strict"))
    with pytest.raises(Refused):
        do(house, RetireScenario(scenario="standard"))


def test_a_broken_promise_is_heard_by_those_whose_scenario_asks(house):
    an_invoice(house, "F-1", days_late=11)
    do(house, AssignScenario(scenario="strict", customer="C-1"))
    do(house, RunDunning())
    do(at(house, TODAY + timedelta(days=1)), RecordPromise(customer="C-1", by=TODAY + timedelta(days=6)))
    assert levels(at(house, TODAY + timedelta(days=8))) == [("C-1", 3)]
    do(house, AssignScenario(scenario="good_payer", customer="C-1"))
    assert levels(at(house, TODAY + timedelta(days=8))) == []


def test_after_the_last_step_a_person_is_asked_once(house):
    an_invoice(house, "F-1", days_late=44)
    for days in (0, 7, 14, 21, 35, 36, 60):
        do(at(house, TODAY + timedelta(days=days)), RunDunning())
    with house.database.reading() as session:
        tasks = session.exec(select(Task).where(Task.origin == "dunning/exit")).all()
    assert len(tasks) == 1
    assert "Dupont" in tasks[0].note


def test_the_calendar_of_an_invoice(house):
    shown = house.runner.read(ShowScenario(scenario="standard", due=date(2026, 11, 30)), LEA)
    assert [day.isoformat() for day in shown.days] == [
        "2026-11-25",
        "2026-12-03",
        "2026-12-15",
        "2026-12-30",
        "2027-01-14",
    ]
    names = [line.name for line in house.runner.read(ListScenarios(), LEA).lines]
    assert names == ["standard", "good_payer", "key_account", "public_buyer", "strict"]


# A draft


@given(name=st.sampled_from(list(shipped())), places=st.data())
def test_a_draft_that_is_changed_back_is_what_it_was(name, places):
    scenario = shipped()[name][0]
    at = st.integers(0, len(scenario.steps) - 1)
    one, two, days = places.draw(at), places.draw(at), places.draw(st.integers(-9, 9))
    assert shifted(shifted(scenario, one, days), one, -days) == scenario
    assert swapped(swapped(scenario, one, two), one, two) == scenario
    assert with_a_step(without(scenario, one), None, scenario.steps[one]).rising == scenario.rising
    assert begun(written(swapped(scenario, one, two))) == swapped(scenario, one, two)
    assert changed(scenario, scenario) == frozenset()
    assert changed(None, scenario) == {key_of_step(step) for step in scenario.steps}


def test_a_draft_out_of_order_is_kept_and_told_step_by_step():
    standard = default_scenario()
    text = written(shifted(standard, 2, -20))
    assert begun(text).steps[2].offset == -5
    assert {one.step for one in problems_of(text)} == {2}
    with pytest.raises(Invalid):
        read_scenario(text)
    with pytest.raises(Invalid):
        begun('name = "x"\n[[steps]]\nlevel = 1')


def test_every_part_of_a_step_and_every_rule_can_be_changed(house):
    do(house, EditScenario(scenario="standard", level=2, template="level_1", minimum=eur("150")))
    saved = do(house, EditScenarioRules(scenario="standard", title="Maison", gap_days=9, exit="call", entry_days=90))
    step = saved.scenario.step(2)
    assert (step.template, step.minimum) == ("level_1", (("EUR", 15_000),))
    assert (saved.scenario.called, saved.scenario.gap_days, saved.scenario.exit) == ("Maison", 9, "call")
    saved = do(house, EditScenario(scenario="standard", level=2, minimum=eur("0")))
    assert saved.scenario.step(2).minimum == ()
    assert do(house, EditScenarioRules(scenario="standard", entry_days=0)).scenario.entry_days is None
    with pytest.raises(Invalid):
        do(house, EditScenarioRules(scenario="standard", gap_days=1))


def test_who_follows_what_is_said_from_the_invoice_outwards(house):
    an_invoice(house, "F-1", days_late=2)
    an_invoice(house, "F-2", days_late=1)

    def followed():
        told = house.runner.read(ShowFollowedScenario(customer="C-1"), LEA)
        return told.usual, [(line.invoice, line.scenario.name, line.because, line.later_days) for line in told.lines]

    assert followed() == (True, [("", "standard", "standard", 0)])
    do(house, AssignScenario(scenario="strict"))
    assert followed() == (False, [("", "strict", "company", 0)])
    do(house, AssignScenario(scenario="good_payer", customer="C-1", later_days=5))
    do(house, AssignScenario(scenario="strict", invoice="F-2"))
    assert followed() == (False, [("", "good_payer", "customer", 5), ("F-2", "strict", "invoice", 0)])


def test_a_draft_is_rehearsed_before_it_is_published(house):
    an_invoice(house, "F-1", days_late=40)
    draft = written(shifted(shifted(default_scenario(), 3, 40), 4, 60))
    sides = house.runner.read(RehearseScenario(draft=draft, beside="standard"), LEA).sides
    assert len(sides) == 2
    assert sides[0].level(3)[0] <= sides[1].level(3)[0]
    with pytest.raises(Invalid):
        house.runner.read(RehearseScenario(draft=written(shifted(default_scenario(), 2, -20))), LEA)
