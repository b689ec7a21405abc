"""Who looks after whom: customers change hands with a note of what is open, groups are added up, addresses say how they fare."""

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, an_invoice, imported
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.consent import Actor, ActorKind
from crm.core.errors import Invalid, NotAllowed, NotFound, Refused
from crm.core.money import eur
from crm.customers.actions import PlaceHold, UpdateContact, UpdateCustomer
from crm.customers.interactions import LogInteraction
from crm.customers.joining import JoinGroup, MergeCustomers
from crm.customers.models import Consent
from crm.customers.tasks import Task
from crm.messaging.models import DeadAddress, OutgoingMessage
from crm.portfolio.actions import ShowCustomer
from crm.portfolio.groups import ShowGroup
from crm.portfolio.handover import AssignCustomer, Handover, ListPortfolios
from crm.portfolio.history import CustomerHistory
from crm.portfolio.tasks import CreateTask
from crm.receivables.actions import OpenDispute, RecordPromise

USERS = """
    number;name;email;role
    U1;Sophie Le Bihan;sophie@armor.example;manager
    U2;Lucie Kervella;lucie@armor.example;account_manager
    U3;Thomas Riou;thomas@armor.example;account_manager
"""
LUCIE = Actor(ActorKind.PERSON, "Lucie Kervella", role="account_manager", user="U2")


@pytest.fixture
def house(crm: Crm) -> Crm:
    imported(crm, USERS)
    a_customer(crm, "C-1", "Dupont", city="Brest", account_manager="U2", segment="vip")
    a_customer(crm, "C-2", "Mairie de Crozon", city="Crozon", account_manager="U3")
    a_customer(crm, "C-3", "Tanguy", city="BREST")
    an_invoice(crm, "F-1", customer="C-1", days_late=30, amount="800.00")
    an_invoice(crm, "F-2", customer="C-2", days_late=-10, amount="100.00")
    return crm


def give(crm: Crm, actor: Actor = LEA, **asked: object) -> Handover:
    return crm.runner.run(AssignCustomer(**asked), actor).result  # type: ignore[arg-type]  # fields by name


def test_who_takes_over_reads_what_is_open_promised_disputed_and_next(house: Crm) -> None:
    house.runner.run(RecordPromise(customer="C-1", by=ago(-4), amount=eur("300.00")), LEA)
    house.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount=eur("20.00")), LEA)
    house.runner.run(CreateTask(task_type="call", customer="C-1", day=ago(-2), assignee="U2", note="rappeler"), LEA)
    for days in range(1, 6):
        house.runner.run(LogInteraction(customer="C-1", outcome="reached", note=f"appel {days}", date=ago(days)), LEA)

    answer = give(house, customer="Dupont", assignee="Thomas").as_json()
    (told,) = answer["customers"]
    assert (answer["assignee"], told["customer"], told["from"]) == ("U3", "C-1", "U2")
    lines = told["note"].splitlines()
    assert lines[0] == "Taken over by Thomas Riou from Lucie Kervella."
    assert lines[1].startswith("Open: €800.00, of which €800.00 overdue for 30 days")
    assert [line.split(":")[0] for line in lines[2:5]] == ["Promised", "In dispute", "To do on 26 Nov"]
    assert [line.rpartition("· ")[2] for line in lines[5:]] == ["appel 1", "appel 2", "appel 3"]

    # The note is in the timeline, the open task with whoever does it now; all of it is taken back at once.
    (note,) = house.runner.read(CustomerHistory(customer="C-1", kind="note"), LEA).events
    assert note.text == told["note"]
    with house.database.reading() as session:
        assert session.exec(select(Task.assignee)).one() == "U3"
    house.runner.run(Undo(), LEA)
    assert house.runner.read(CustomerHistory(customer="C-1", kind="note"), LEA).total == 0
    with house.database.reading() as session:
        assert session.exec(select(Task.assignee)).one() == "U2"


def test_a_city_a_segment_or_a_portfolio_changes_hands_at_once(house: Crm) -> None:
    moved = give(house, city="brest", assignee="U3")
    assert [(row.number, before, bool(note)) for row, before, note in moved.rows] == [
        ("C-1", "U2", True),
        ("C-3", "", False),
    ]
    assert [row.number for row, *_rest in give(house, segment="vip", assignee="U1").rows] == ["C-1"]
    assert [row.number for row, *_rest in give(house, taken_from="U3", assignee="Lucie").rows] == ["C-2", "C-3"]
    with pytest.raises(NotFound):
        house.runner.preview(AssignCustomer(taken_from="U3", assignee="Lucie"), LEA)
    with pytest.raises(Invalid):
        house.runner.preview(AssignCustomer(assignee="Lucie"), LEA)
    with pytest.raises(NotFound):
        house.runner.preview(AssignCustomer(customer="C-1", assignee="Nobody"), LEA)


def test_an_account_manager_gives_what_is_hers_and_takes_what_is_nobodys(house: Crm) -> None:
    give(house, LUCIE, customer="C-3", assignee="me")
    give(house, LUCIE, customer="C-1", assignee="U3")
    with pytest.raises(NotAllowed):
        house.runner.preview(AssignCustomer(customer="C-2", assignee="U2"), LUCIE)


def test_portfolios_add_up_to_everybody(house: Crm) -> None:
    told = house.runner.read(ListPortfolios(), LEA).as_json()["portfolios"]
    assert [(one["account_manager"], one["customers"], one["balance"], one["overdue"]) for one in told] == [
        ("U2", 1, "800.00", "800.00"),
        ("U3", 1, "100.00", "0.00"),
        (None, 1, "0.00", "0.00"),
    ]


def test_a_group_is_outstanding_as_one(house: Crm) -> None:
    house.runner.run(UpdateCustomer(customer="C-1", credit_limit=eur("500.00")), LEA)
    house.runner.run(UpdateCustomer(customer="C-2", credit_limit=eur("200.00")), LEA)
    a_payment(house, "P-1", customer="C-2", amount="30.00")
    house.runner.run(JoinGroup(customer="C-1", parent="C-3"), LEA)
    house.runner.run(JoinGroup(customer="C-2", parent="C-3"), LEA)
    told = house.runner.read(ShowGroup(customer="C-2"), LEA).as_json()
    assert (told["head"], [one["customer"] for one in told["companies"]]) == ("C-3", ["C-3", "C-1", "C-2"])
    assert told["currencies"] == {"EUR": {"exposure": "870.00", "overdue": "800.00"}}
    assert told["credit_limit"] == "700.00"
    house.runner.run(UpdateCustomer(customer="C-3", credit_limit=eur("600.00")), LEA)
    assert house.runner.read(ShowGroup(customer="C-1"), LEA).as_json()["credit_limit"] == "600.00"
    # A company recorded twice stays in its group, once.
    a_customer(house, "C-4", "Dupont bis")
    an_invoice(house, "F-4", customer="C-4", days_late=-5, amount="50.00")
    house.runner.run(MergeCustomers(customer="C-1", duplicate="C-4"), LEA)
    merged = house.runner.read(ShowGroup(customer="C-4"), LEA)
    assert merged.as_json()["currencies"]["EUR"]["exposure"] == "920.00"
    assert merged.as_sheet().rows[-1][0] == "Together"


def test_each_address_says_how_it_fares(house: Crm) -> None:
    for name, email in (
        ("Anne", "anne@dupont.example"),
        ("Bob", "bob@dupont.example"),
        ("Chloé", "chloe@dupont.example"),
    ):
        house.runner.run(UpdateContact(customer="C-1", contact_name=name, email=email), LEA)
    house.runner.run(
        UpdateContact(customer="C-1", contact_name="Chloé", phone="+33612345678", absent_until=ago(-7)), LEA
    )
    with house.database.writing() as session:
        session.add(DeadAddress(channel="email", address="anne@dupont.example", since=house.clock.now(), reason="550"))
        session.add(
            Consent(
                customer_id=1,
                channel="sms",
                address="+33612345678",
                purpose="reminders",
                granted=False,
                day=TODAY,
                source="sms 4",
            )
        )
        session.add(
            OutgoingMessage(
                purpose="message", customer_id=1, channel="email", recipient="Bob@dupont.example", subject="x", text="x",
                message_id="<1@x>", dedupe_key="1", state="failed", day=TODAY, queued_at=house.clock.now(),
            )
        )  # fmt: skip  # read as a table: columns side by side
        session.commit()
    sheet = house.runner.read(ShowCustomer(customer="C-1"), LEA)
    told = sheet.as_json()
    assert [(one["name"], one["email_health"], one["phone_health"]) for one in told["contacts"]] == [
        ("Anne", "dead", None),
        ("Bob", "bounced", None),
        ("Chloé", "fine", "refused"),
    ]
    assert told["contacts"][2]["absent_until"] == ago(-7).isoformat()
    assert told["consents"] == [
        {"channel": "sms", "address": "+33612345678", "purpose": "reminders", "granted": False, "date": TODAY.isoformat(), "source": "sms 4"}
    ]  # fmt: skip  # read as a table: columns side by side
    said = [str(row[1]) for row in sheet.as_sheet().rows]
    assert any("address is dead since" in one for one in said)
    assert any("away until 1 Dec" in one for one in said)


def test_an_establishment_belongs_to_its_company(house: Crm) -> None:
    card = house.runner.run(UpdateCustomer(customer="C-1", siret="732 829 320 00074"), LEA).result.as_json()
    assert (card["siren"], card["siret"]) == ("732829320", "73282932000074")
    with pytest.raises(Refused):
        house.runner.preview(UpdateCustomer(customer="C-1", siret="55210055400013"), LEA)
    with pytest.raises(Invalid):
        house.runner.preview(UpdateCustomer(customer="C-1", siret="73282932000075"), LEA)
    # Another company has another establishment.
    card = house.runner.run(UpdateCustomer(customer="C-1", siren="552100554"), LEA).result.as_json()
    assert (card["siren"], card["siret"]) == ("552100554", "")
    house.runner.run(PlaceHold(customer="C-1", reason="attend"), LEA)
    assert house.runner.read(ShowCustomer(customer="C-1"), LEA).as_json()["stage"] == "customer"
