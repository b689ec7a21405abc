"""A call: what to have before one's eyes, and all that follows from what was said, in one act."""

from datetime import date

import pytest
from build import LEA, TODAY, a_customer, ago, an_invoice
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.calendar import is_working_day
from crm.core.errors import Invalid, Refused
from crm.customers.actions import UpdateCompany, UpdateContact, UpdateCustomer
from crm.customers.interactions import Interaction, LogInteraction, Outcome
from crm.customers.models import Hold
from crm.messaging.models import DeadAddress
from crm.portfolio.calling import PrepareCall, RecordCall
from crm.portfolio.calls import CallResult, following, outcome_of
from crm.portfolio.tasks import CreateTask, ListTasks
from crm.receivables.actions import ListDisputes, ListPromises, RecordPromise


@pytest.fixture
def house(crm: Crm) -> Crm:
    company = UpdateCompany(
        name="Comptoir d'Armor", siren="732829320", sender_name="Sophie Le Bihan", phone="0261910042"
    )
    crm.runner.run(company, LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B")
    an_invoice(crm, "F-1", customer="C-1", days_late=40, amount="940.00")
    an_invoice(crm, "F-2", customer="C-1", days_late=5, amount="60.00")
    crm.runner.run(UpdateContact(customer="C-1", contact_name="Anne Dupont", phone="0298000000"), LEA)
    return crm


def open_tasks(crm: Crm):
    tasks = crm.runner.read(ListTasks(), LEA).as_json()["tasks"]
    return [(task["task_type"], task["date"], task["origin"]) for task in tasks if task["status"] != "done"]


def test_the_figures_and_the_script_of_the_lateness_are_there(house):
    sheet = house.runner.read(PrepareCall(customer="Dupont"), LEA)
    told = sheet.as_json()
    assert (told["level"], told["contact"], told["phone"]) == (3, "Anne Dupont", "0298000000")
    assert told["figures"][0]["value"] == "1000.00"
    assert "1 000,00" in told["script"].replace("\u00a0", " ").replace("\u202f", " ")
    assert "Sophie Le Bihan" in told["script"]
    assert house.runner.read(sheet.as_sheet().rows[1][1].opens, LEA).as_json()["invoices"]
    assert {one["result"] for one in told["results"]} == set(CallResult)


def test_a_broken_word_and_a_contact_of_today_are_told_and_nothing_owed_is_a_call_of_courtesy(house):
    house.runner.run(RecordPromise(customer="Dupont", by=TODAY, amount="100"), LEA)
    house.runner.run(LogInteraction(customer="Dupont", outcome="voicemail"), LEA)
    told = house.runner.read(PrepareCall(customer="Dupont"), LEA)
    assert "one a day is enough" in told.notes[0]
    assert any("promised" in str(value) for _label, value in told.figures)
    a_customer(house, "C-2", "Quai Ouest", discreet="yes")
    courtesy = house.runner.read(PrepareCall(customer="Quai Ouest"), LEA)
    assert "What could we do better" in courtesy.script
    assert "whom you speak with" in courtesy.notes[0]


def test_a_promise_takes_two_words_closes_the_planned_call_and_is_taken_back_whole(house):
    house.runner.run(CreateTask(task_type="call", customer="Dupont", day=TODAY, note="relancer"), LEA)
    done = house.runner.run(RecordCall(customer="Dupont", result="promise"), LEA)
    (promise,) = house.runner.read(ListPromises(), LEA).as_json()["promises"]
    assert (promise["by"], promise["amount"]) == ("2026-11-27", "1000.00"), "all that is overdue, in three working days"
    assert open_tasks(house) == []
    assert "promised for" in done.result.as_json()["recorded"][0]
    house.runner.run(Undo(entry=done.entry_id), LEA)
    assert house.runner.read(ListPromises(), LEA).as_json()["promises"] == []
    assert open_tasks(house) == [("call", TODAY.isoformat(), None)]


def test_an_objection_is_about_the_oldest_invoice_unless_one_is_named(house):
    house.runner.run(RecordCall(customer="Dupont", result="dispute", note="palette manquante"), LEA)
    house.runner.run(RecordCall(customer="Dupont", result="dispute", invoice="F-2", reason="price_error"), LEA)
    disputes = house.runner.read(ListDisputes(), LEA).as_json()["disputes"]
    assert {(one["invoice"], one["reason"]) for one in disputes} == {("F-1", "other"), ("F-2", "price_error")}
    with pytest.raises(Invalid):
        house.runner.preview(RecordCall(customer="Dupont", result="dispute"), LEA)


def test_who_says_it_is_paid_is_left_in_peace_and_looked_up_in_a_week(house):
    told = house.runner.run(RecordCall(customer="Dupont", result="already_paid", contact="Anne"), LEA).result.as_json()
    assert (told["held_until"], told["next"]["date"], told["outcome"]) == ("2026-12-01", "2026-12-01", "reached")
    with house.database.reading() as session:
        assert [hold.kind for hold in session.exec(select(Hold))] == ["manual"]
        assert session.exec(select(Interaction)).one().detail == "already_paid"
    house.runner.run(RecordCall(customer="Dupont", result="insolvency"), LEA)
    with house.database.reading() as session:
        kinds = [(hold.kind, hold.until) for hold in session.exec(select(Hold).order_by(Hold.id))]
    assert kinds[-1] == ("insolvency", None)


def test_after_three_calls_nobody_took_one_writes_and_a_wrong_number_is_called_no_longer(house):
    for _turn in range(3):
        house.runner.run(RecordCall(customer="Dupont", result="no_answer"), LEA)
    kinds = [kind for kind, _day, _origin in open_tasks(house)]
    assert kinds.count("email") == 1
    house.runner.run(RecordCall(customer="Dupont", result="wrong_number"), LEA)
    with house.database.reading() as session:
        assert session.exec(select(DeadAddress)).one().address == "0298000000"
    told = house.runner.run(RecordCall(customer="Dupont", result="callback_requested", by=ago(-2), time="14:30"), LEA)
    assert (told.result.task.task.day, told.result.task.task.time) == (ago(-2), "14:30")
    assert told.result.as_sheet().rows[-1][0] == "Next"
    house.runner.run(UpdateCustomer(customer="Dupont", city="Brest"), LEA)
    with pytest.raises(Refused):
        house.runner.preview(RecordCall(customer="Dupont", result="promise", by=ago(1)), LEA)


@given(
    st.sampled_from(CallResult),
    st.dates(date(2025, 1, 1), date(2027, 6, 1)),
    st.integers(1, 5),
    st.none() | st.integers(0, 40),
)
def test_what_follows_a_call_is_never_in_the_past_and_on_a_day_on_which_one_works(result, today, tries, later):
    said = None if later is None else date.fromordinal(today.toordinal() + later)
    after = following(result, today, tries=tries, said=said)
    assert outcome_of(result) in Outcome
    if after.activity is not None:
        assert after.activity.day >= today
        assert is_working_day(after.activity.day) or after.activity.day == said
        assert after.activity.note
    if after.pause is not None:
        assert after.pause.until is None or after.pause.until > today
    settled = {CallResult.PROMISE, CallResult.DISPUTE, CallResult.REACHED}
    assert (after.activity is None) == (result in settled)
