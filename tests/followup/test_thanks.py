"""Whoever has paid what was reminded of is thanked once, in good manners only."""

from dataclasses import replace
from datetime import timedelta

import pytest
from build import LEA, NIGHT, TODAY, Allocate, a_customer, a_payment, allocated, an_invoice, imported
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import ListProposals, RefuseProposal
from crm.core.calendar import Clock
from crm.customers.actions import AddCompanyAccount, PlaceHold, UpdateCompany
from crm.followup.actions.dunning import RunDunning
from crm.followup.actions.scenarios import AssignScenario
from crm.followup.actions.thanks import SendThanks
from crm.followup.gate import WEEKLY
from crm.followup.thanks import Manners, Settled, manners
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.receivables.actions import OpenDispute


@pytest.fixture
def house(crm):
    """Live by e-mail; a customer reminded ten days ago, who has paid three days ago."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    imported(crm, "number,name,email,role\nU-2,Tom,tom@morvan.example,account_manager\n", kind="users-csv")
    a_customer(
        crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example", contact_name="Mme Durand",
        account_manager="U-2",
    )  # fmt: skip  # read as a table: columns side by side
    an_invoice(crm, "F-1", days_late=15)
    on(crm, 10).runner.run(RunDunning(), LEA)
    a_payment(crm, "P-1", days_ago=3, amount="120.00")
    allocated(crm, "P-1", "F-1", "120.00")
    return crm


def on(crm: Crm, days_ago: int) -> Crm:
    """The same company some days ago; negative: to come."""
    return replace(crm, clock=Clock.at((TODAY - timedelta(days_ago)).isoformat()))


def thanks(crm, actor=NIGHT, **more):
    return crm.runner.run(SendThanks(**more), actor).result


def in_outbox(crm):
    with crm.database.reading() as session:
        query = select(OutgoingMessage).where(OutgoingMessage.purpose == "message")
        return list(session.exec(query.order_by(OutgoingMessage.id)))


def test_who_paid_what_was_reminded_of_is_thanked_once(house):
    told = thanks(house)
    assert [(line.customer, line.manners) for line in told.lines] == [("C-1", Manners.SEND)]
    (message,) = in_outbox(house)
    assert message.subject == "Règlement de 120,00\u00a0€ bien reçu, merci"
    assert "la facture F-1 est soldée. Votre compte est à jour." in message.text
    assert "Bonjour Madame Durand" in message.text
    assert "Tom\nAtelier Morvan" in message.text, "by the person who looks after the customer"
    assert (message.state, message.level, message.unsubscribe, message.approved_by) == ("queued", None, "", "night")
    assert thanks(house).lines == thanks(on(house, -1)).lines == ()


def test_the_next_episode_has_its_own_thank_you(house):
    thanks(house)
    an_invoice(house, "F-2", days_late=-20)
    later = on(house, -30)
    later.runner.run(RunDunning(), LEA)
    later.runner.run(Allocate(source=a_payment(house, "P-2", days_ago=-31), invoice="F-2", amount="50.00"), LEA)
    assert thanks(on(house, -32)).lines == (), "paid in part is not paid"
    later.runner.run(Allocate(source=a_payment(house, "P-3", days_ago=-33, amount="70"), invoice="F-2", amount="70.00"), LEA)  # fmt: skip  # one line a story
    assert [line.customer for line in thanks(on(house, -34)).lines] == ["C-1"]
    assert len(in_outbox(house)) == 2


def test_nobody_is_thanked_who_owes_disputes_is_held_or_was_not_reminded(house):
    a_customer(house, "C-2", "Zola", regime="B2B", email="z@zola.example")
    an_invoice(house, "F-9", customer="C-2", days_late=5)
    a_payment(house, "P-9", customer="C-2", amount="120.00")
    allocated(house, "P-9", "F-9", "120.00")
    an_invoice(house, "F-2", days_late=1)
    assert [(line.customer, line.manners) for line in thanks(house).lines] == [("C-1", Manners.LEAVE)]
    a_payment(house, "P-2", days_ago=1, amount="120.00")
    allocated(house, "P-2", "F-2", "120.00")
    an_invoice(house, "F-3", days_late=-10)
    house.runner.run(OpenDispute(invoice="F-3", reason="damaged_goods"), LEA)
    assert thanks(house).lines[0].manners is Manners.LEAVE
    house.runner.run(PlaceHold(customer="C-1", reason="visite prévue"), LEA)
    assert thanks(house).lines[0].manners is Manners.LEAVE
    assert in_outbox(house) == []


def test_a_queued_thank_you_stays_where_something_is_overdue_by_then(house):
    thanks(house)
    an_invoice(house, "F-2", days_late=1)
    with house.database.reading() as session:
        held = house.last_looks["message"](session, in_outbox(house), TODAY)
    assert list(held) == [in_outbox(house)[0].id]


def test_a_confirmed_one_waits_with_the_customers_manager_and_a_no_is_a_no(house):
    house.runner.run(AssignScenario(customer="C-1", scenario="strict"), LEA)
    assert thanks(house).lines[0].manners is Manners.LEAVE, "this scenario thanks nobody"
    house.runner.run(AssignScenario(customer="C-1"), LEA)
    with house.database.writing() as session:
        for message in session.exec(select(OutgoingMessage)):
            message.level = 4
            session.add(message)
        session.commit()
    assert thanks(house).lines[0].manners is Manners.ASK
    (waiting,) = house.runner.read(ListProposals(), LEA).rows
    assert (waiting.owner, waiting.action) == ("U-2", "send_thanks")
    assert in_outbox(house) == []
    house.runner.run(RefuseProposal(proposal=waiting.id, reason="déjà remercié au téléphone"), LEA)
    assert thanks(house).lines == ()


def test_a_yes_sends_it(house):
    with house.database.writing() as session:
        for message in session.exec(select(OutgoingMessage)):
            message.level = 4
            session.add(message)
        session.commit()
    thanks(house)
    (waiting,) = house.runner.read(ListProposals(), LEA).rows
    thanks(house, LEA, customer=waiting.subject.split("/")[1])
    assert house.runner.read(ListProposals(), LEA).rows == ()
    assert [message.approved_by for message in in_outbox(house)] == ["Léa"]


@given(
    st.builds(
        Settled,
        st.sampled_from(["automatic", "confirm", "never"]), st.integers(1, 4), st.booleans(), st.booleans(),
        st.lists(st.just("litige"), max_size=1), st.sampled_from(["", "a@b.example"]), st.booleans(), st.integers(0, 5),
    )
)  # fmt: skip  # read as a table: columns side by side
def test_good_manners_whatever_is_the_case(settled):
    kind, why = manners(settled, WEEKLY)
    assert (kind is Manners.SEND) == (why == "")
    if kind in (Manners.SEND, Manners.ASK):
        assert not any((settled.overdue, settled.disputed, settled.holds, settled.contact_today))
        assert settled.mode != "never"
        assert settled.contacts < WEEKLY
    if settled.highest == 4:
        assert kind is not Manners.SEND
