"""What is to be done: planned, moved, done, given up, and coming again; who is spoken with when."""

from datetime import date

import pytest
from build import LEA, TODAY, a_customer, ago, an_invoice, csv_upload
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import ImportData, Undo
from crm.core.consent import Actor, ActorKind
from crm.core.errors import Ambiguous, Invalid, NotFound, Refused
from crm.core.i18n import use_language
from crm.customers import cadence
from crm.customers.actions import UpdateCustomer
from crm.customers.cadence import Gap, Touch, is_real, read_rules, rules_in_force, standing
from crm.customers.interactions import ContactChannel, Direction, Interaction, LogInteraction, Outcome
from crm.customers.recurrence import Every, every_of, next_day, rule_for, rule_words
from crm.portfolio.cadences import IS_REAL, ListLosingTouch, PlanContacts, SetNextContact
from crm.portfolio.history import AddNote
from crm.portfolio.search import SearchCustomers
from crm.portfolio.tasks import CancelTask, CompleteTask, CreateTask, ListTasks, RescheduleTask

LUCIE = Actor(ActorKind.PERSON, "Lucie Kervella", role="account_manager", user="lucie")


@pytest.fixture
def house(crm: Crm) -> Crm:
    team = "number;name;email;role\nlucie;Lucie Kervella;lucie@armor.example;account_manager\ntom;Tom Le Roux;tom@armor.example;account_manager\n"
    crm.runner.run(ImportData(upload=csv_upload(crm, team), kind="users-csv"), LEA)
    a_customer(crm, "C-1", "Dupont", account_manager="lucie", customer_since=ago(400), segment="vip")
    a_customer(crm, "C-2", "Quai Ouest", account_manager="tom", customer_since=ago(400))
    return crm


def shapes(crm: Crm, **asked):
    return crm.runner.read(ListTasks(**asked), LEA).as_json()["tasks"]


def test_a_task_is_for_whoever_looks_after_the_customer_unless_somebody_is_named(house):
    mine = house.runner.run(CreateTask(task_type="call", customer="Dupont", day=ago(-3), time="10:00"), LEA).result
    assert mine.lines[0].task.assignee == "lucie"
    toms = house.runner.run(CreateTask(task_type="visit", customer="Dupont", day=ago(-3), assignee="Tom"), LEA).result
    assert toms.as_json()["tasks"][0]["assignee"] == "tom"
    own = house.runner.run(CreateTask(task_type="todo", note="Ranger les cartons", day=TODAY), LUCIE).result
    assert own.lines[0].task.assignee == "lucie"
    with pytest.raises(NotFound):
        house.runner.preview(CreateTask(task_type="call", customer="Dupont", day=TODAY, assignee="Zoé"), LEA)
    with pytest.raises(Refused):
        house.runner.preview(CreateTask(task_type="call", customer="Dupont", day=ago(1)), LEA)
    with pytest.raises(Invalid):
        house.runner.preview(CreateTask(task_type="todo", day=TODAY), LEA)
    with pytest.raises(Invalid):
        house.runner.preview(CreateTask(task_type="call", customer="Dupont", day=TODAY, until=ago(-9)), LEA)


def test_the_list_is_in_order_of_the_day_or_of_what_is_at_stake(house):
    an_invoice(house, "F-1", customer="C-2", amount="900.00")
    an_invoice(house, "F-2", customer="C-1", amount="50.00")
    for customer, days in (("C-1", 0), ("C-2", -5)):
        house.runner.run(CreateTask(task_type="call", customer=customer, day=ago(days)), LEA)
    house.runner.run(CreateTask(task_type="call", customer="C-2", day=ago(-5), priority="high", note="urgent"), LEA)
    assert [task["customer"] for task in shapes(house)] == ["C-1", "C-2", "C-2"]
    assert [task["priority"] for task in shapes(house)] == ["normal", "high", "normal"]
    by_value = shapes(house, sort="value")
    assert [(task["customer"], task["at_stake"]) for task in by_value][0::2] == [("C-2", "900.00"), ("C-1", "50.00")]
    assert shapes(house, assignee="tom", day=ago(-5), limit=1)[0]["note"] == "urgent"


def test_a_call_that_is_done_leaves_an_exchange_and_undo_takes_both_back(house):
    house.runner.run(CreateTask(task_type="call", customer="Dupont", day=TODAY, note="Facture F-1"), LEA)
    act = house.runner.run(CompleteTask(customer="Dupont", note="Virement jeudi"), LUCIE)
    done = act.result
    assert done.as_json()["tasks"][0] | {"status": "done", "outcome": "reached"} == done.as_json()["tasks"][0]
    with house.database.reading() as session:
        (kept,) = session.exec(select(Interaction)).all()
    assert (kept.channel, kept.outcome, kept.text, kept.author) == (
        "phone",
        "reached",
        "Virement jeudi",
        "Lucie Kervella",
    )
    with pytest.raises(NotFound):
        house.runner.preview(CompleteTask(customer="Dupont"), LEA)
    house.runner.run(Undo(entry=act.entry_id), LEA)
    assert shapes(house)[0]["status"] == "todo"
    with house.database.reading() as session:
        assert session.exec(select(Interaction)).all() == []


def test_several_tasks_are_a_choice_never_a_pick(house):
    for kind in ("call", "visit"):
        house.runner.run(CreateTask(task_type=kind, customer="Dupont", day=TODAY, note=f"un {kind}"), LEA)
    with pytest.raises(Ambiguous) as told:
        house.runner.preview(CompleteTask(customer="Dupont"), LEA)
    assert "un visit" in told.value.candidates[1]
    moved = house.runner.run(RescheduleTask(customer="Dupont", task_type="visit", day=ago(-2), assignee="Tom"), LEA)
    assert (moved.result.lines[0].task.day, moved.result.lines[0].task.assignee) == (ago(-2), "tom")
    with pytest.raises(NotFound):
        house.runner.preview(RescheduleTask(customer="Dupont", from_date=ago(-9), day=ago(-2)), LEA)
    gone = house.runner.run(CancelTask(task=1, note="client absent"), LEA).result.as_json()["tasks"][0]
    assert (gone["status"], gone["outcome"]) == ("done", "cancelled")
    with pytest.raises(Refused):
        house.runner.preview(CompleteTask(task=1), LEA)


def test_a_task_that_recurs_comes_again_by_its_rule_wherever_it_was_moved(house):
    made = CreateTask(task_type="visit", customer="Dupont", day=date(2026, 11, 30), every="monthly", note="tournée")
    house.runner.run(made, LEA)
    house.runner.run(RescheduleTask(customer="Dupont", day=date(2026, 12, 4)), LEA)
    done = house.runner.run(CompleteTask(customer="Dupont"), LEA).result.lines
    assert [line.task.day for line in done] == [date(2026, 12, 4), date(2026, 12, 30)]
    assert (done[1].task.note, done[1].task.done, done[1].as_json(TODAY)["every"]) == ("tournée", None, "monthly")
    house.runner.run(CancelTask(customer="Dupont"), LEA)
    assert {task["status"] for task in shapes(house)} == {"done"}, "given up, it does not come again"


@given(st.sampled_from(Every), st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_a_rule_leads_to_later_days_of_its_own_and_never_skips_one(every, first, days):
    rule = rule_for(every, first)
    after = date.fromordinal(first.toordinal() + days)
    following = next_day(rule, first, after)
    assert following is not None
    assert following > after
    assert (following - after).days <= {"weekly": 7, "biweekly": 14, "monthly": 31, "quarterly": 92, "yearly": 366}[
        every
    ]
    assert next_day(rule, first, date.fromordinal(following.toordinal() - 1)) == following
    assert every_of(rule) is every
    if every in (Every.WEEK, Every.FORTNIGHT):
        assert following.weekday() == first.weekday()
    else:
        assert following.day == first.day or (first.day > 28 and (following.replace(day=28)).month == following.month)


def test_a_rule_ends_on_its_last_day():
    rule = rule_for(Every.WEEK, TODAY, ago(-7))
    assert next_day(rule, TODAY, TODAY) == ago(-7)
    assert next_day(rule, TODAY, ago(-7)) is None
    use_language("en")
    assert rule_words(rule) == "every week"
    assert rule_words("FREQ=DAILY") == "FREQ=DAILY"
    with pytest.raises(Invalid):
        next_day("nonsense", TODAY, TODAY)


# Cadence


def touch(crm: Crm, number: str = "C-1"):
    return crm.runner.read(ListLosingTouch(touch="all", customer=number), LEA).as_json()["customers"][0]


def test_the_cadence_restarts_after_a_contact_not_after_an_edit_nor_a_call_nobody_took(house):
    house.runner.run(LogInteraction(customer="Dupont", outcome="reached", date=ago(60)), LEA)
    assert touch(house) | {"touch": "losing", "last_contact": ago(60).isoformat(), "days_over": 15} == touch(house)
    assert touch(house)["next_contact"] == ago(39).isoformat(), "the gap of a VIP is 21 days"
    before = touch(house)
    house.runner.run(UpdateCustomer(customer="Dupont", city="Quimper"), LEA)
    house.runner.run(AddNote(customer="Dupont", note="Préfère le matin"), LEA)
    house.runner.run(LogInteraction(customer="Dupont", outcome="voicemail"), LEA)
    assert touch(house) == before
    house.runner.run(LogInteraction(customer="Dupont", channel="email", direction="in", note="Bien reçu"), LEA)
    assert touch(house) | {"touch": "fresh", "last_contact": TODAY.isoformat(), "days_over": 0} == touch(house)


def test_the_next_contact_is_one_field_that_sorts_and_reminds(house):
    house.runner.run(LogInteraction(customer="Quai Ouest", outcome="reached", date=ago(10)), LEA)
    rows = house.runner.read(SearchCustomers(sort="contact"), LEA).rows
    assert [(row.number, row.contact.day) for row in rows] == [("C-1", ago(379)), ("C-2", ago(-50))]
    planned = house.runner.run(SetNextContact(customer="Quai Ouest", day=ago(-1), note="rendez-vous"), LEA).result
    assert planned.lines[0].task.origin == "cadence"
    house.runner.run(SetNextContact(customer="Quai Ouest", day=ago(-2), assignee="Lucie"), LEA)
    (row,) = house.runner.read(SearchCustomers(text="Quai", sort="contact"), LEA).rows
    assert (row.contact.day, row.contact.owner, row.as_json()["contact_owner"]) == (ago(-2), "lucie", "lucie")
    assert len(shapes(house)) == 1, "the planned contact was moved, not doubled"
    assert shapes(house)[0]["note"] == "rendez-vous"


def test_calls_are_planned_for_those_we_are_losing_a_few_a_day(house):
    for serial in range(3, 7):
        a_customer(house, f"C-{serial}", f"Maison {serial}", account_manager="tom")
        house.runner.run(LogInteraction(customer=f"C-{serial}", outcome="reached", date=ago(200 + serial)), LEA)
    made = house.runner.run(PlanContacts(per_day=3), LEA).result
    days = [(line.number, line.task.day, line.task.assignee) for line in made.lines]
    assert days[0] == ("C-6", TODAY, "tom"), "the longest silence first"
    assert [day for _number, day, _who in days] == [TODAY, TODAY, TODAY, ago(-1)]
    with pytest.raises(Refused):
        house.runner.preview(PlanContacts(), LEA)
    assert house.runner.read(ListLosingTouch(limit=2), LEA).as_sheet().rows[0][1] == "losing touch"


def test_what_a_real_contact_is_reads_the_same_in_code_and_in_the_database(house):
    said = [
        (channel, direction, outcome)
        for channel in ("", *ContactChannel)
        for direction in Direction
        for outcome in ("", *Outcome)
    ]
    with house.database.writing() as session:
        session.add_all(
            Interaction(customer_id=1, day=TODAY, channel=channel, direction=direction, outcome=outcome)
            for channel, direction, outcome in said
        )
        session.commit()
    with house.database.reading() as session:
        found = session.exec(select(Interaction).where(IS_REAL)).all()
    real = [(row.channel, row.direction, row.outcome) for row in found]
    assert sorted(real) == sorted(tuple(map(str, one)) for one in said if is_real(*one))


def test_the_gap_is_counted_from_the_last_contact_else_from_the_first_day():
    gap = Gap(10, 20)
    assert standing(gap, ago(5), None, TODAY).touch is Touch.FRESH
    assert standing(gap, ago(10), None, TODAY).touch is Touch.DUE
    assert standing(gap, ago(20), None, TODAY).touch is Touch.DUE
    assert standing(gap, ago(21), None, TODAY).touch is Touch.LOSING
    assert standing(gap, None, ago(21), TODAY).touch is Touch.NEVER
    assert standing(gap, None, None, TODAY).due == TODAY


def test_the_cadence_of_a_company_is_read_from_its_own_file(tmp_path):
    shipped = rules_in_force(tmp_path)
    assert shipped.gap("vip", "customer") == Gap(21, 45)
    assert shipped.gap("", "prospect") == Gap(60, 120)
    assert shipped.gap("vip", "former") is None
    (tmp_path / cadence.FILE).write_text("[vip]\nideal = 7\n[loyal]\nideal = 0\n", "utf-8")
    own = rules_in_force(tmp_path)
    assert (own.own, own.gap("vip", "customer"), own.gap("loyal", "customer"), own.gap("", "customer")) == (
        True, Gap(7, 7), None, None,
    )  # fmt: skip  # read as a table: columns side by side
    for wrong in ("[vip", "[nobody]\nideal = 1", "[vip]\nideal = 9\nmaximum = 2", "[vip]\nideal = 1.5", "vip = 3"):
        with pytest.raises(Invalid):
            read_rules(wrong)
