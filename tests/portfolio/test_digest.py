"""The morning digest, and the alarm when nobody is at work."""

from dataclasses import replace
from datetime import timedelta

import pytest
from build import LEA, TODAY, a_customer, an_invoice, imported
from sqlmodel import select

from crm import doctor, nightly
from crm.access.actions import SetDigest
from crm.bootstrap import Crm
from crm.core.basics import AcceptProposal, ListProposals, RefuseProposal
from crm.core.calendar import Clock
from crm.core.consent import Actor, ActorKind
from crm.core.errors import NotAllowed, Refused
from crm.core.i18n import use_language
from crm.core.proposals import Proposal
from crm.customers.actions import AddCompanyAccount, PlaceHold, UpdateCompany
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.messaging.nights import nobody_at_work
from crm.portfolio.digest import SendDigest

TEAM = """number;name;email;role
U-1;Sophie Le Bihan;sophie@morvan.example;manager
U-2;Tom Caro;tom@morvan.example;account_manager
U-3;Ana Lopez;;account_manager
"""
TOM = Actor(ActorKind.PERSON, "Tom Caro", role="account_manager", user="U-2")
ANA = Actor(ActorKind.PERSON, "Ana Lopez", role="account_manager", user="U-3")


@pytest.fixture
def house(crm):
    """Live by e-mail; of three late customers one is ready, one is held, one waits for Ana's yes."""
    use_language("fr")
    crm = replace(crm, settings=crm.settings.model_copy(update={"language": "fr"}))
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    imported(crm, TEAM, kind="users-csv")
    for number, name, manager in (("C-1", "Dupont", "U-2"), ("C-2", "Zola", "U-2"), ("C-3", "Mairie de Sète", "U-3")):
        a_customer(
            crm, number, name, regime="B2G" if number == "C-3" else "B2B", email=f"{number.lower()}@x.example",
            account_manager=manager,
        )  # fmt: skip  # read as a table: columns side by side
    an_invoice(crm, "F-1", customer="C-1", days_late=5)
    an_invoice(crm, "F-2", customer="C-2", days_late=5, amount="900.00")
    crm.runner.run(PlaceHold(customer="C-2", reason="avoir en cours"), LEA)
    an_invoice(crm, "F-3", customer="C-3", days_late=5)
    for user in ("U-1", "U-2"):
        crm.runner.run(SetDigest(user=user), LEA)
    return crm


def on(crm: Crm, days: int, hour: str = "07:00") -> Crm:
    day = TODAY + timedelta(days)
    return replace(crm, clock=Clock.at(f"{day.isoformat()}T{hour}"))


def digests(crm):
    with crm.database.reading() as session:
        query = select(OutgoingMessage).where(OutgoingMessage.purpose == "digest").order_by(OutgoingMessage.id)
        return list(session.exec(query))


def test_a_night_ends_with_a_digest_for_whoever_wants_it(house):
    night = nightly.run(on(house, 0))
    assert [step.action for step in night.steps][-2:] == ["note_night", "send_digest"]
    sophie, tom = digests(house)
    assert (sophie.recipient, tom.recipient, sophie.state) == ("sophie@morvan.example", "tom@morvan.example", "queued")
    assert "Zola, 900,00\u00a0€\u00a0: Retenu\u00a0: avoir en cours" in sophie.text
    assert "messages attendent leur heure" in sophie.text or "message attend son heure" in sophie.text
    assert "Zola" in tom.text
    assert "crm set-digest --user U-2 --digest never" in tom.text
    assert "<li>" in sophie.html
    nightly.run(on(house, 0, "08:00"))
    assert len(digests(house)) == 2, "once a day"
    house.runner.run(SetDigest(user="U-2", digest="never"), LEA)
    on(house, 1).runner.run(SendDigest(), LEA)
    assert [message.recipient for message in digests(house)][2:] == ["sophie@morvan.example"]


def test_none_on_a_day_off_and_none_without_an_address(house):
    saturday = 4
    assert on(house, saturday).runner.run(SendDigest(), LEA).result.sent == ()
    with pytest.raises(Refused):
        house.runner.run(SetDigest(user="U-3"), LEA)


def test_proposals_wait_with_the_customers_own_manager(house):
    with house.database.writing() as session:
        for number in ("C-1", "C-3"):
            session.add(
                Proposal(
                    action="set_segment", fields=f'{{"customer": "{number}", "segment": "vip"}}', subject=number,
                    reason="achète souvent", owner="U-2" if number == "C-1" else "U-3", proposed_at=house.clock.now(),
                )
            )  # fmt: skip  # read as a table: columns side by side
        session.commit()
    mine = house.runner.read(ListProposals(assignee="me"), TOM).rows
    theirs = house.runner.read(ListProposals(assignee="U-3"), TOM).rows
    assert ([row.subject for row in mine], [row.subject for row in theirs]) == (["C-1"], ["C-3"])
    for action in (AcceptProposal(proposal=theirs[0].id), RefuseProposal(proposal=theirs[0].id)):
        with pytest.raises(NotAllowed, match="U-3"):
            house.runner.run(action, TOM)
    house.runner.run(AcceptProposal(proposal=mine[0].id), TOM)
    house.runner.run(AcceptProposal(proposal=theirs[0].id), LEA)


def test_nobody_at_work_is_told_until_a_night_runs(house):
    def told(crm):
        with crm.database.reading() as session:
            return nobody_at_work(session, crm.clock.now(), "Europe/Paris")

    assert "Aucun automate" in told(house)[0]
    nightly.run(on(house, 0))
    assert told(on(house, 0, "08:30")) == ()
    (nights, waiting) = told(on(house, 2, "09:00"))
    assert "mardi 24 novembre 2026" in nights
    assert "personne ne distribue" in waiting
    nightly.run(on(house, 3, "06:30"))
    assert "entre" in told(on(house, 3, "09:00"))[0]
    assert any("Aucun automate" in alarm for alarm in digests(house)[-1].text.splitlines())


def test_the_doctor_tells_it_too(house):
    checks = list(doctor._records(house))
    assert [(check.name, check.state) for check in checks if check.name == "Automate"] == [("Automate", "warning")]
    nightly.run(on(house, 0))
    checks = list(doctor._records(on(house, 0, "08:30")))
    assert [check.state for check in checks if check.name == "Automate"] == ["ok"]
