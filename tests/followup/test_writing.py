"""Own words and copies of invoices leave through the outbox, under the gate."""

import json

import pytest
from build import LEA, NIGHT, a_customer, an_invoice

from crm.core.errors import NotAllowed, Refused
from crm.customers.actions import PlaceHold, UpdateCompany
from crm.customers.grievances import RecordComplaint
from crm.customers.models import Document
from crm.followup.actions.dunning import PreviewDunning
from crm.followup.actions.writing import SendInvoiceCopy, SendMessage
from crm.messaging.actions import GoLive, ListMessages
from crm.messaging.models import DeadAddress


@pytest.fixture
def house(crm):
    """A company that is live by e-mail, and a customer with an invoice whose file is known."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", siren="732829320"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example", contact_name="Mme Durand")
    an_invoice(crm, "F-1", customer="C-1")
    an_invoice(crm, "F-2", customer="C-1")
    with crm.database.writing() as session:
        session.add(Document(sha256="a" * 64, name="F-1.pdf", size=9, kind="invoice", subject="F-1"))
        session.commit()
    return crm


HELLO = SendMessage(customer="Dupont", subject="Votre commande", text="Bonjour,\n\nElle part demain.")


def test_own_words_are_seen_whole_signed_and_queued(house):
    preview = house.runner.preview(HELLO, LEA)
    assert "Elle part demain." in preview.result.message.text
    assert "Lucie Bernard" in preview.result.message.text
    assert house.runner.read(ListMessages(), LEA).lines == []
    sent = house.runner.commit(preview, LEA).result.as_json()
    assert (sent["purpose"], sent["to"], sent["state"], sent["approved_by"]) == (
        "message",
        "compta@dupont.example",
        "queued",
        "Léa",
    )


def test_the_same_words_leave_once_a_day(house):
    house.runner.run(HELLO, LEA)
    despite = HELLO.model_copy(update={"despite": "elle l’a demandé"})
    with pytest.raises(Refused):
        house.runner.run(despite, LEA)
    house.runner.run(despite.model_copy(update={"text": "Autre chose."}), LEA)


def test_own_words_share_the_budget_unless_somebody_says_why(house):
    house.runner.run(HELLO, LEA)
    other = HELLO.model_copy(update={"text": "Autre chose."})
    with pytest.raises(Refused, match="today"):
        house.runner.run(other, LEA)
    sent = house.runner.run(other.model_copy(update={"despite": "elle rappelle dans l’heure"}), LEA).result
    assert "elle rappelle dans l’heure" in sent.message.reasons
    house.runner.run(SendInvoiceCopy(invoice="F-1"), LEA)
    held = house.runner.read(PreviewDunning(), LEA)
    assert [line.verdict.value for line in held.lines] == ["hold"], "a reminder on the same day would be one too many"


@pytest.mark.parametrize("what", ["hold", "complaint"])
def test_own_words_to_a_held_customer_say_why(house, what):
    if what == "hold":
        house.runner.run(PlaceHold(customer="C-1", reason="redressement"), LEA)
    else:
        house.runner.run(RecordComplaint(customer="C-1", words="Livré en retard."), LEA)
    with pytest.raises(Refused):
        house.runner.run(HELLO, LEA)
    house.runner.run(HELLO.model_copy(update={"despite": "réponse à sa réclamation"}), LEA)


def test_nothing_goes_to_a_dead_or_missing_address(house):
    a_customer(house, "C-2", "Zola")
    with pytest.raises(Refused):
        house.runner.run(HELLO.model_copy(update={"customer": "C-2"}), LEA)
    with house.database.writing() as session:
        session.add(
            DeadAddress(channel="email", address="compta@dupont.example", since=house.clock.now(), reason="550 unknown")
        )
        session.commit()
    with pytest.raises(Refused):
        house.runner.run(HELLO, LEA)


def test_a_copy_carries_the_file(house):
    sent = house.runner.run(SendInvoiceCopy(invoice="F-1"), LEA).result
    assert sent.message.subject == "Copie de la facture F-1"
    assert [file["name"] for file in json.loads(sent.message.attachments)] == ["F-1.pdf"]
    assert "Bonjour Madame Durand" in sent.message.text
    other = house.runner.run(SendInvoiceCopy(invoice="F-1", email="achats@dupont.example"), LEA).result
    assert other.message.recipient == "achats@dupont.example"


def test_a_copy_without_a_file_is_refused(house):
    with pytest.raises(Refused):
        house.runner.run(SendInvoiceCopy(invoice="F-2"), LEA)


def test_the_night_writes_nothing_of_its_own(house):
    with pytest.raises(NotAllowed):
        house.runner.run(HELLO, NIGHT)
