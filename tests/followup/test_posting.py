"""A formal notice on its way: posted by a person, told to the customer only then, received on a day."""

from datetime import date

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, allocated, an_invoice
from sqlmodel import col, select

from crm.core.basics import Undo
from crm.core.errors import Refused
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.customers.tasks import Task
from crm.followup.actions.dunning import RunDunning
from crm.followup.actions.posting import RecordPosting, RecordReception
from crm.followup.models import Reminder
from crm.messaging.actions import GoLive, ShowMessage
from crm.messaging.models import OutgoingMessage, Posting
from crm.receivables.models import Instalment


@pytest.fixture
def notice(crm):
    """A formal notice that waits to be posted; returns the house and its message's number."""
    crm.runner.run(
        UpdateCompany(
            name="Atelier Morvan", sender_name="Lucie", senior_sender_name="Claire Morvan", phone="0240123456"
        ),
        LEA,
    )
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    for channel in ("email", "sms", "registered_letter"):
        crm.runner.run(GoLive(channel=channel), LEA)
    return crm


def a_notice(crm, **cells) -> int:
    contact = {"email": "compta@dupont.example"} | cells
    a_customer(
        crm, "C-1", "Dupont", regime="B2B", contact_name="Mme Durand", address="3 rue du Four", postal_code="35000",
        city="Rennes", **contact,
    )  # fmt: skip  # read as a table: columns side by side
    an_invoice(crm, "F-1", days_late=60, amount="1250.50")
    with crm.database.writing() as session:
        # Three reminders have had no effect.
        row = OutgoingMessage(
            purpose="dunning", customer_id=1, level=3, channel="email", recipient="compta@dupont.example", text="x",
            message_id="<old>", dedupe_key="old", state="sent", day=ago(20), queued_at=crm.clock.now(),
        )  # fmt: skip  # read as a table: columns side by side
        session.add(row)
        session.flush()
        instalment = session.exec(select(Instalment.id)).one()
        session.add(Reminder(instalment_id=instalment, message_id=row.id, level=3, day=ago(20), asked_cents=125050))
        session.commit()
    crm.runner.run(RunDunning(), LEA)
    return messages(crm)[-1].id


def messages(crm):
    with crm.database.reading() as session:
        return list(session.exec(select(OutgoingMessage).order_by(col(OutgoingMessage.id))).all())


def post(crm, key, **more):
    return crm.runner.run(RecordPosting(message=key, **more), LEA).result


def test_the_customer_is_told_once_the_posting_is_noted_and_not_before(notice):
    key = a_notice(notice)
    letter = messages(notice)[-1]
    assert (letter.channel, letter.state, letter.level) == ("registered_letter", "queued", 4)
    card = post(notice, key, tracking="1A 234 567 8901 2")
    assert card.as_json()["told_by"] == "email"
    letter, told = messages(notice)[-2:]
    assert letter.state == "sent"
    assert (told.channel, told.recipient, told.state) == ("email", "compta@dupont.example", "queued")
    assert told.subject == "Mise en demeure : facture F-1".replace(" : ", "\u00a0: ")
    text = told.text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "adressée le 24 novembre 2026 par lettre recommandée avec avis de réception, n° 1A 234 567 8901 2" in text
    with notice.database.reading() as session:
        (task,) = session.exec(select(Task)).all()
    assert (task.done, task.outcome) == (TODAY, "posted")


def test_without_an_address_an_sms_tells_it(notice):
    key = a_notice(notice, email="", phone="06 12 34 56 78")
    assert post(notice, key).as_json()["told_by"] == "sms"
    told = messages(notice)[-1]
    assert (told.channel, told.recipient) == ("sms", "+33612345678")
    assert "mise en demeure" in told.text
    assert "en recommandé" in told.text


def test_nobody_is_told_what_is_paid_by_then(notice):
    key = a_notice(notice)
    a_payment(notice, "P-1", amount="1250.50", days_ago=0)
    allocated(notice, "P-1", "F-1", "1250.50")
    card = post(notice, key)
    assert card.told is None
    assert card.why_not == "Nobody is told: nothing of it is open any more."


def test_its_posting_and_reception_are_shown_with_the_letter(notice):
    key = a_notice(notice)
    post(notice, key, tracking="1A 2", date=ago(0))
    notice.runner.run(RecordReception(message=key), LEA)
    shown = notice.runner.read(ShowMessage(message=key), LEA).as_json()
    assert (shown["posted"], shown["tracking"], shown["received"]) == ("2026-11-24", "1A 2", "2026-11-24")


def test_what_cannot_be_is_refused(notice):
    key = a_notice(notice)
    with pytest.raises(Refused, match="not noted as posted"):
        notice.runner.run(RecordReception(message=key), LEA)
    with pytest.raises(Refused, match="once it has been posted"):
        post(notice, key, date=date(2026, 12, 1))
    post(notice, key)
    with pytest.raises(Refused, match="posted already"):
        post(notice, key)
    for day in (ago(1), date(2026, 12, 1)):
        with pytest.raises(Refused, match="after its posting"):
            notice.runner.run(RecordReception(message=key, date=day), LEA)
    email = messages(notice)[-1]
    with pytest.raises(Refused, match="is no letter"):
        post(notice, email.id)


def test_a_rehearsed_letter_is_not_one_to_post(notice):
    key = a_notice(notice)
    with notice.database.writing() as session:
        row = session.get(OutgoingMessage, key)
        row.state = "rehearsed"
        session.add(row)
        session.commit()
    with pytest.raises(Refused, match="only rehearsed"):
        post(notice, key)


def test_a_posting_noted_by_mistake_is_taken_back_with_what_told_of_it(notice):
    key = a_notice(notice)
    post(notice, key)
    notice.runner.run(Undo(), LEA)
    with notice.database.reading() as session:
        assert session.exec(select(Posting)).all() == []
    assert messages(notice)[-1].id == key
    assert messages(notice)[-1].state == "queued"
