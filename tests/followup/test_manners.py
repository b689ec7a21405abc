"""Whom a reminder reaches, and when: complaints, addresses that changed, other channels, other countries."""

import pytest
from build import LEA, NIGHT, TODAY, a_customer, ago, an_invoice, imported
from sqlmodel import select

from crm.core.basics import ListProposals
from crm.core.i18n import use_language
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.customers.grievances import Grievance, ListComplaints, RecordComplaint, SettleComplaint
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.message_why import ExplainMessage
from crm.followup.actions.why import ExplainDunning
from crm.followup.last_look import still_owed
from crm.messaging.actions import GoLive
from crm.messaging.letters import letter_of
from crm.messaging.models import DeadAddress, OutgoingMessage, State


@pytest.fixture
def house(crm):
    """Live by e-mail; a customer with two contacts and an invoice that is late."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    a_customer(
        crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example", contact_name="Mme Durand",
        address="3 rue du Four", postal_code="35000", city="Rennes", phone="02 40 11 22 33",
    )  # fmt: skip  # read as a table: columns side by side
    an_invoice(crm, "F-1", days_late=5)
    return crm


def gone(crm, address):
    with crm.database.writing() as session:
        session.add(DeadAddress(channel="email", address=address, since=crm.clock.now(), reason="550 unknown"))
        session.commit()


def seen(crm):
    (line,) = crm.runner.read(PreviewDunning(), LEA).lines
    return line


def messages(crm):
    with crm.database.reading() as session:
        return list(session.exec(select(OutgoingMessage).order_by(OutgoingMessage.id)))


def test_a_complaint_is_answered_before_money_is_asked_for(house):
    note = house.runner.run(RecordComplaint(customer="C-1", words="Livré en retard."), LEA).result
    line = seen(house)
    assert line.verdict.value == "hold"
    assert "Livré en retard." in line.reasons[0]
    (why,) = house.runner.read(ExplainDunning(customer="C-1"), LEA).answers
    assert any("crm settle-complaint" in line for line in why.to_do)
    house.runner.run(SettleComplaint(complaint=note.rows[0][0].id, outcome="livré, avoir envoyé"), LEA)
    assert seen(house).verdict.value == "send"
    assert house.runner.read(ListComplaints(), LEA).rows == ()


def test_what_a_survey_leaves_asks_a_person_first(house):
    """Surveys add the row themselves; the gate reads it like any other."""
    with house.database.writing() as session:
        session.add(Grievance(customer_id=1, kind="detractor", day=ago(3), words="Trop lent.", source="survey 1/7"))
        session.commit()
    house.runner.run(RunDunning(no_text=True), NIGHT)
    assert messages(house) == []
    assert "Trop lent." in house.runner.read(ListProposals(), LEA).rows[0].reason
    with house.database.writing() as session:
        row = session.exec(select(Grievance)).one()
        row.settled = TODAY
        session.add(row)
        session.commit()
    assert seen(house).verdict.value == "send"


def test_a_complaint_keeps_back_what_is_queued_already(house):
    house.runner.run(RunDunning(), LEA)
    house.runner.run(RecordComplaint(customer="C-1", words="Livré en retard."), LEA)
    with house.database.reading() as session:
        assert list(still_owed(session, messages(house), TODAY)) == [1]


def test_the_contact_in_place_of_a_dead_address_is_asked_about_once(house):
    others = "customer,name,role,email\nC-1,M. Petit,sales,petit@dupont.example\n"
    imported(house, others, kind="contacts-csv")
    gone(house, "compta@dupont.example")
    line = seen(house)
    assert (line.verdict.value, line.to) == ("ask", "petit@dupont.example")
    assert "compta@dupont.example" in line.reasons[0]
    house.runner.run(RunDunning(), NIGHT)
    assert [row.action for row in house.runner.read(ListProposals(), LEA).rows] == ["run_dunning"]
    house.runner.run(RunDunning(customer="C-1"), LEA)
    assert [message.recipient for message in messages(house)] == ["petit@dupont.example"]
    assert house.runner.read(ListProposals(), LEA).rows == (), "the yes closes what waited for it"


@pytest.mark.parametrize(
    ("live", "channel", "to"), [("letter", "letter", "3 rue du Four"), ("phone", "phone", "02 40")]
)
def test_without_an_address_that_works_another_channel_is_proposed(house, live, channel, to):
    gone(house, "compta@dupont.example")
    assert seen(house).verdict.value == "hold"
    house.runner.run(GoLive(channel=live), LEA)
    line = seen(house)
    assert (line.verdict.value, line.channel) == ("ask", channel)
    assert to in line.to


def test_a_reminder_keeps_the_hours_of_the_customers_country(house):
    a_customer(house, "C-2", "Smith", regime="B2B", email="ap@smith.example", country="US", language="en")
    an_invoice(house, "F-2", customer="C-2", days_late=5)
    house.runner.run(RunDunning(), LEA)
    leaves = {message.recipient: message.not_before for message in messages(house)}
    assert leaves["compta@dupont.example"] is None
    assert leaves["ap@smith.example"].isoformat() == "2026-11-24T14:00:00+00:00", "nine in New York"


def test_why_answers_for_every_message(house):
    """Where it stands, what was known, who said yes, each attempt, and what can be done: never an empty answer."""
    house.runner.run(RunDunning(), NIGHT)
    with house.database.writing() as session:
        for state in State:
            if state is not State.QUEUED:
                session.add(
                    OutgoingMessage(
                        purpose="message", customer_id=1, channel="email", recipient="compta@dupont.example", text="…",
                        message_id=f"<{state}@x>", dedupe_key=f"x/{state}", state=state.value, day=TODAY,
                        queued_at=house.clock.now(), reason="550 unknown" if state is State.FAILED else "",
                    )
                )  # fmt: skip  # read as a table: columns side by side
        session.commit()
    use_language("fr")
    answers = {
        message.state: house.runner.read(ExplainMessage(message=message.id), LEA).as_json()
        for message in messages(house)
    }
    assert set(answers) == set(State)
    assert all(answer["reasons"] and answer["what_to_do"].endswith(".") for answer in answers.values())
    queued = " ".join(answers["queued"]["reasons"])
    assert "F-1 120,00\u00a0€" in queued
    assert "550 unknown" in answers["failed"]["reasons"]
    assert len({answer["what_to_do"] for answer in answers.values()}) >= 8


def test_a_letter_abroad_names_the_country(house):
    house.runner.run(GoLive(channel="letter"), LEA)
    a_customer(
        house, "C-3", "Janssens", regime="B2B", country="BE", address="12 rue Haute", postal_code="1000", city="Bruxelles"
    )  # fmt: skip  # read as a table: columns side by side
    an_invoice(house, "F-3", customer="C-3", days_late=5)
    house.runner.run(RunDunning(customer="C-3"), LEA)
    (letter,) = messages(house)
    assert letter.recipient == "Janssens, 12 rue Haute, 1000 Bruxelles, BELGIQUE"
    assert letter_of(letter).recipient == ["Janssens", "12 rue Haute", "1000 BRUXELLES", "BELGIQUE"]
    assert "nos salutations distinguées" in letter.text
