"""A plan in force is reminded of by its own days and texts; a broken one brings the follow-up back where it was."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, allocated, an_invoice
from sqlmodel import select

from crm.core.calendar import Clock
from crm.core.i18n import use_language
from crm.customers.actions import AddCompanyAccount, UpdateCompany, UpdateCustomer
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.why import ExplainDunning
from crm.followup.last_look import still_owed
from crm.followup.models import Reminder
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.receivables.actions import CreatePaymentPlan, OpenDispute, ShowInvoice
from crm.receivables.actions.plans import CancelPaymentPlan

START = date(2026, 12, 1)
"""A Tuesday: the first instalment."""


@pytest.fixture
def house(crm):
    """Our company, live; a customer who owes 1200 since long, in three monthly instalments from 1 December."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", phone="02 40 12 34 56"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    for channel in ("email", "registered_letter"):
        crm.runner.run(GoLive(channel=channel), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", contact_name="Mme Durand", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=50, amount="1200.00")
    crm.runner.run(CreatePaymentPlan(customer="Dupont", installments=3, first=START), LEA)
    return crm


def at(crm, day: date):
    return replace(crm, clock=Clock.at(day.isoformat()))


def run(crm, day: date):
    """The messages that leave on a day: level, verdict, total, plan."""
    report = at(crm, day).runner.run(RunDunning(), LEA).result
    return [(line.level, line.verdict.value, line.total, line.plan) for line in report.lines]


def preview(crm, day: date):
    return at(crm, day).runner.read(PreviewDunning(), LEA).lines


def plainly(text: str) -> str:
    """Without the spaces that do not break."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def paid(crm, amount: str, day: date, reference: str = "P-1") -> None:
    a_payment(crm, reference, days_ago=(TODAY - day).days, amount=amount)
    allocated(crm, reference, "F-1", amount)


def test_as_long_as_it_is_respected_nothing_old_is_asked_for(house):
    assert run(house, TODAY) == []


def test_an_instalment_to_come_is_said_once(house):
    assert run(house, START - timedelta(5)) == [(0, "send", 40_000, 1)]
    for day in range(4, -1, -1):
        assert run(house, START - timedelta(day)) == []


def test_a_missed_instalment_is_said_once(house):
    assert run(house, START + timedelta(2)) == []
    assert run(house, START + timedelta(3)) == [(1, "send", 40_000, 1)]
    for day in range(4, 9):
        assert run(house, START + timedelta(day)) == []


def test_each_instalment_has_its_own_steps(house):
    run(house, START - timedelta(5))
    run(house, START + timedelta(3))
    paid(house, "400", START + timedelta(5))
    second = date(2027, 1, 1)
    assert run(house, second - timedelta(5)) == [(0, "send", 40_000, 1)]
    assert run(house, second + timedelta(3)) == [(1, "send", 40_000, 1)]
    with house.database.reading() as session:
        rows = session.exec(select(Reminder).order_by(Reminder.id)).all()
    assert [(row.level, row.plan_instalment_id) for row in rows] == [(0, 1), (1, 1), (0, 2), (1, 2)]


def test_the_texts_speak_of_the_plan(house):
    (coming,) = preview(house, START - timedelta(5))
    assert plainly(coming.subject) == "Votre plan : échéance 1 sur 3 le 01/12/2026"
    assert "400,00" in coming.text
    (missed,) = preview(house, START + timedelta(3))
    assert plainly(missed.subject) == "Échéance 1 sur 3 de votre plan : pas encore reçue"
    text = plainly(missed.text)
    assert "prévue le 1er décembre 2026 dans l’échéancier convenu le 24 novembre 2026" in text
    assert "le solde, soit 1 200,00 € à ce jour, redevient dû" in text
    assert "3/3 · 01/02/2027 · 400,00 €" in text
    house.runner.run(UpdateCustomer(customer="C-1", language="en", regime="B2C", discreet=True), LEA)
    (english,) = preview(house, START + timedelta(3))
    assert english.subject == "Your file C-1: your payment plan"
    assert "Instalment no. 1" in english.text


def test_a_part_that_came_is_not_asked_for_again(house):
    paid(house, "150", START)
    (line,) = preview(house, START + timedelta(3))
    assert line.total == 25_000
    assert "150,00" not in line.subject


def test_a_broken_plan_brings_the_follow_up_back(house):
    broken = START + timedelta(9)
    assert [(line.level, line.plan) for line in preview(house, broken - timedelta(1))] == [(1, 1)]
    use_language("fr")
    (line,) = preview(house, broken)
    assert (line.level, line.total, line.plan) == (2, 120_000, None), "the first contact about an old debt is level 2"
    said = " ".join(line.reasons).replace("\u00a0", " ")
    assert "L’échéancier est rompu depuis le jeudi 10 décembre 2026 : tout est de nouveau dû." in said


def test_other_invoices_are_reminded_beside_a_plan(house):
    an_invoice(house, "F-2", days_late=4, amount="90.00")
    (line,) = preview(house, TODAY)
    assert (line.level, line.total, line.invoices, line.plan) == (1, 9_000, ("F-2",), None)


def test_a_missed_instalment_goes_before_the_rest_of_the_account(house):
    an_invoice(house, "F-2", days_late=-5, amount="90.00")
    day = START + timedelta(3)
    assert [(line.plan, line.total) for line in preview(house, day)] == [(1, 40_000)]


def test_what_is_disputed_of_a_plan_is_not_asked_for(house):
    house.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount="100"), LEA)
    (line,) = preview(house, START + timedelta(3))
    assert (line.total, line.verdict.value) == (30_000, "send")


def test_the_last_look_knows_the_plan(house):
    run(house, START + timedelta(3))

    def held():
        with house.database.reading() as session:
            rows = session.exec(select(OutgoingMessage)).all()
            return still_owed(session, rows, START + timedelta(3))

    assert held() == {}
    paid(house, "400", START + timedelta(3))
    assert list(held()) == [1]


def test_a_cancelled_plan_holds_its_messages_back(house):
    run(house, START + timedelta(3))
    at(house, START + timedelta(3)).runner.run(CancelPaymentPlan(customer="Dupont"), LEA)
    with house.database.reading() as session:
        rows = session.exec(select(OutgoingMessage)).all()
        assert list(still_owed(session, rows, START + timedelta(3))) == [1]


def test_why_nothing_is_sent_names_the_plan(house):
    run(house, START + timedelta(3))
    use_language("fr")
    (answer,) = at(house, START + timedelta(5)).runner.read(ExplainDunning(customer="Dupont"), LEA).answers
    (sentence,) = answer.sentences
    assert sentence.replace("\u00a0", " ") == (
        "L’échéance 1 de l’échéancier manque : sans elle, l’échéancier est rompu le jeudi 10 décembre 2026."
    )
    assert house.runner.read(ShowInvoice(invoice="F-1"), LEA).line.days_overdue == 0
    assert ago(0) == TODAY
