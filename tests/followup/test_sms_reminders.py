"""Reminders by SMS: who gets one, what it says, that it costs one message, and where they go after a STOP."""

import pytest
from build import LEA, NIGHT, TODAY, a_customer, an_invoice
from sqlmodel import select

from crm.core.money import eur
from crm.core.templating import Templates, shipped_templates
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.gate import Verdict
from crm.followup.ways import Reach, way
from crm.followup.wording import check_template
from crm.messaging.actions import GoLive
from crm.messaging.inbound import ReceiveSms
from crm.messaging.models import OutgoingMessage, State
from crm.messaging.segments import measured

ANNE = "+33612345678"


@pytest.fixture
def house(crm):
    """Our company, live by SMS, and a customer with a mobile and no e-mail address."""
    crm.runner.run(
        UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", phone="02 40 12 34 56"),
        LEA,
    )
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    crm.runner.run(GoLive(channel="sms"), LEA)
    a_customer(
        crm, "C-1", "Dupont", regime="B2B", contact_name="Mme Durand", phone="06 12 34 56 78",
        address="3 rue du Four", postal_code="35000", city="Rennes",
    )  # fmt: skip  # read as a table: columns side by side
    return crm


def the_line(crm):
    (line,) = crm.runner.read(PreviewDunning(), LEA).lines
    return line


def sent(crm, text="STOP"):
    """A reminder goes out, and is answered."""
    crm.runner.run(RunDunning(), LEA)
    with crm.database.writing() as session:
        for row in session.exec(select(OutgoingMessage)):
            row.state = State.SENT.value
            row.day = TODAY.replace(day=1)
        session.commit()
    crm.runner.run(ReceiveSms(sid="SM9", sender=ANNE, text=text), NIGHT)


def test_a_mobile_and_no_address_gets_an_sms(house):
    an_invoice(house, "F-1", days_late=4, amount="1250.50")
    line = the_line(house)
    assert (line.channel, line.to, line.verdict) == ("sms", ANNE, Verdict.SEND)
    assert line.text == (
        "Atelier Morvan : sauf erreur, la facture F-1 (1250,50 €) reste à régler. Une question : 0240123456"
    )
    house.runner.run(RunDunning(), LEA)
    with house.database.reading() as session:
        (message,) = session.exec(select(OutgoingMessage)).all()
    assert (message.channel, message.recipient, message.state, message.text) == ("sms", ANNE, "queued", line.text)


@pytest.mark.parametrize(("days", "level"), [(-3, 0), (4, 1), (16, 2)])
def test_at_every_level_before_the_formal_notice(house, days, level):
    an_invoice(house, "F-1", days_late=days)
    line = the_line(house)
    assert (line.level, line.channel) == (level, "sms")


def test_an_email_address_comes_first(house):
    a_customer(house, "C-2", "Martin", regime="B2B", email="compta@martin.example", phone="06 98 76 54 32")
    an_invoice(house, "F-2", customer="Martin", days_late=4)
    assert the_line(house).channel == "email"


def test_before_sms_is_live_there_is_no_way(crm):
    a_customer(crm, "C-1", "Dupont", regime="B2B", phone="06 12 34 56 78")
    an_invoice(crm, "F-1", days_late=4)
    line = the_line(crm)
    assert (line.channel, line.verdict) == ("email", Verdict.HOLD)


@pytest.mark.parametrize(("cells", "number"), [({"country": "BE", "phone": "0470 12 34 56"}, "+32470123456")])
def test_a_national_number_is_the_customer_s_country_s(house, cells, number):
    a_customer(house, "C-3", "Peeters", regime="B2B", **cells)
    an_invoice(house, "F-3", customer="Peeters", days_late=4)
    assert the_line(house).to == number


def test_a_fixed_line_gets_none(house):
    a_customer(house, "C-3", "Martin", regime="B2B", phone="02 98 12 34 56")
    an_invoice(house, "F-3", customer="Martin", days_late=4)
    assert the_line(house).verdict is Verdict.HOLD


def test_whoever_could_be_given_away_reads_neither_amount_nor_invoice(house):
    a_customer(house, "C-3", "Jeanne Tanguy", regime="B2C", phone="06 22 22 22 22")
    an_invoice(house, "F-3", customer="Jeanne Tanguy", days_late=16, amount="99.00")
    text = the_line(house).text
    assert "dossier C-3" in text
    assert "99" not in text
    assert "F-3" not in text
    assert "facture" not in text


@pytest.mark.parametrize("kind", ["", ".consumer"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("stem", ["before_due", "level_1", "level_2", "level_3", "formal_notice"])
@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("one", [True, False])
def test_each_text_is_one_message_at_its_longest(stem, kind, language, linked, one):

    invoice = {"number": "F2026-01234567", "open": eur("123456789.10"), "due_date": TODAY}
    values = {
        "company": {"sms_name": "A" * 20},
        "customer": {"number": "C-12345678"},
        "sender": {"phone": "02 40 12 34 56"},
        "invoice": invoice,
        "invoices": [invoice] * 12,
        "one": one,
        "totals": dict.fromkeys(("due", "not_due", "claimed"), eur("123456789.10")),
        "dates": dict.fromkeys(("pay_by", "reply_by", "last_due"), TODAY),
        "links": {"short": "https://r.example.fr/9fK2abcdef" if linked else ""},
    }
    text = Templates(None, language).render(f"sms/{stem}{kind}.{language}.txt", **values).strip()
    found = measured(text)
    assert (found.alphabet, found.count) == ("GSM-7", 1), (found, text)
    assert "  " not in text
    assert not text.endswith(":")


@pytest.mark.parametrize(
    "path",
    sorted(path for room in ("calls", "sms") for path in (shipped_templates() / room).glob("*.txt")),
    ids=lambda path: path.name,
)
def test_the_texts_are_ones_that_users_could_edit(path):
    check_template(Templates(), path.read_text("utf-8"))


# After a STOP


def test_after_a_stop_nothing_more_goes_by_sms_and_the_reason_is_told(house):
    an_invoice(house, "F-1", days_late=4)
    sent(house)
    an_invoice(house, "F-2", days_late=4)
    line = the_line(house)
    assert (line.channel, line.verdict) == ("email", Verdict.HOLD)


@pytest.mark.parametrize(
    ("live", "channel"), [(("letter",), "letter"), (("phone",), "phone"), (("letter", "phone"), "letter")]
)
def test_after_a_stop_a_person_confirms_the_other_way(house, live, channel):
    an_invoice(house, "F-1", days_late=4)
    sent(house)
    for name in live:
        house.runner.run(GoLive(channel=name), LEA)
    an_invoice(house, "F-2", days_late=4)
    line = the_line(house)
    assert (line.channel, line.verdict) == (channel, Verdict.ASK)
    assert "Has answered STOP to an SMS: reminded another way." in line.reasons


def test_a_call_has_its_figures_its_script_and_its_outcomes(house):
    an_invoice(house, "F-1", days_late=4)
    sent(house)
    house.runner.run(GoLive(channel="phone"), LEA)
    an_invoice(house, "F-2", days_late=16, amount="1250.50")
    line = the_line(house)
    assert (line.channel, line.to, line.level) == ("phone", "06 12 34 56 78", 2)
    text = line.text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "en retard" in line.subject
    assert "« Bonjour, Lucie Bernard, de Atelier Morvan." in text
    assert "3. Quelle date puis-je noter, et pour quel montant ?" in text
    assert "Issues : promesse ;" in text


def test_the_formal_notice_is_never_an_sms():
    assert way("registered_letter", 4, "", Reach(mobile=ANNE)) == "registered_letter"
    assert way("email", 3, "", Reach(mobile=ANNE)) == "sms"
    assert way("email", 3, "a@b.example", Reach(mobile=ANNE)) == "email"
