"""Tasks as a calendar and contacts as business cards: written, and read back by libraries that know nothing of us."""

from datetime import date, datetime, time, timedelta

import pytest
import vobject
from build import LEA, TODAY, a_customer, ago, csv_upload
from dateutil.rrule import rrulestr
from icalendar import Calendar

from crm.bootstrap import Crm
from crm.core.basics import ExportData, ImportData
from crm.core.errors import Invalid
from crm.core.exchange import FileRefused
from crm.customers.actions import UpdateContact
from crm.portfolio.actions import ShowCustomer
from crm.portfolio.tasks import CompleteTask, CreateTask, RescheduleTask


@pytest.fixture
def house(crm: Crm) -> Crm:
    a_customer(crm, "C-1", '"Crêperie, du Port"', address="3 quai Est", postal_code="29200", city="Brest")
    a_customer(crm, "C-2", "Quai Ouest")
    return crm


def calendar(crm: Crm, **asked):
    data = crm.runner.read(ExportData(dataset="tasks", format="ics", **asked), LEA).data
    return Calendar.from_ical(data), data


def test_a_calendar_reads_back_with_hours_places_and_its_own_identities(house):
    note = "Voir la gérante ; deux points, un « devis »\nÀ emporter : échantillons"
    house.runner.run(
        CreateTask(task_type="visit", customer="C-1", day=ago(-3), time="14:30", note=note, priority="high"), LEA
    )
    house.runner.run(CreateTask(task_type="call", customer="C-2", day=ago(-4)), LEA)
    house.runner.run(CreateTask(task_type="todo", note="Fait", day=TODAY), LEA)
    house.runner.run(CompleteTask(task=3), LEA)
    read, data = calendar(house)
    visit, call = read.walk("VEVENT")
    assert visit["SUMMARY"] == "visit · Crêperie, du Port"
    assert visit["DESCRIPTION"] == note
    assert visit["LOCATION"] == "3 quai Est, 29200 Brest, FR"
    assert (visit.decoded("DTSTART").isoformat(), visit.decoded("DTEND") - visit.decoded("DTSTART")) == (
        "2026-11-27T14:30:00+01:00", timedelta(minutes=30),
    )  # fmt: skip  # read as a table: columns side by side
    assert (call.decoded("DTSTART"), call.decoded("DTEND")) == (date(2026, 11, 28), date(2026, 11, 29))
    assert read.walk("VTIMEZONE")[0]["TZID"] == "Europe/Paris"
    assert data.count(b"\r\n") == data.count(b"\n"), "lines end as the standard says"
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "long lines are folded"
    house.runner.run(RescheduleTask(task=1, day=ago(-9)), LEA)
    moved = calendar(house)[0].walk("VEVENT")[1]
    assert (moved["UID"], moved.decoded("DTSTART").date()) == (visit["UID"], ago(-9)), "moved, not doubled"
    assert calendar(house, status="done")[0].walk("VEVENT")[0]["SUMMARY"] == "to do · Fait"


def test_what_recurs_recurs_in_the_calendar_up_to_its_last_day(house):
    until = date(2027, 3, 31)
    house.runner.run(
        CreateTask(task_type="call", customer="C-1", day=date(2027, 1, 31), every="monthly", until=until), LEA
    )
    house.runner.run(
        CreateTask(task_type="call", customer="C-1", day=TODAY, time="09:00", every="biweekly", until=ago(-28)), LEA
    )
    timed, monthly = calendar(house)[0].walk("VEVENT")
    days = list(rrulestr(monthly["RRULE"].to_ical().decode(), dtstart=datetime.combine(date(2027, 1, 31), time())))
    assert [day.date() for day in days] == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]
    start = timed.decoded("DTSTART")
    hours = list(rrulestr(timed["RRULE"].to_ical().decode(), dtstart=start))
    assert [hour.date() for hour in hours] == [TODAY, ago(-14), ago(-28)]
    house.runner.run(RescheduleTask(task=2, day=ago(-1)), LEA)
    assert "RRULE" not in calendar(house)[0].walk("VEVENT")[0], "a time that was moved stands alone"


def test_cards_are_read_back_by_a_library_and_by_us_without_doubling_anybody(house):
    house.runner.run(
        UpdateContact(
            customer="C-1",
            contact_name="Anne Le Gall",
            email="anne@port.example",
            phone="02 98 00 00 00",
            role="comptabilité",
        ),
        LEA,
    )
    data = house.runner.read(ExportData(dataset="contacts", format="vcf"), LEA).data
    (card,) = vobject.readComponents(data.decode())
    assert (card.fn.value, card.n.value.family, card.email.value, card.tel.value) == (
        "Anne Le Gall", "Gall", "anne@port.example", "02 98 00 00 00",
    )  # fmt: skip  # read as a table: columns side by side
    assert (card.org.value, card.title.value, card.adr.value.city) == (["Crêperie, du Port"], "comptabilité", "Brest")
    again = house.runner.run(ImportData(upload=csv_upload(house, data, "contacts.vcf")), LEA).result
    assert (again.kind, again.read, again.duplicates, again.created) == ("vcard", 1, 1, 0)


def test_cards_of_others_are_taken_over_and_a_damaged_one_hides_nobody(house):
    text = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8:Kermarec;Yann
FN;CHARSET=UTF-8:Yann Kermarec
ORG:Quai Ouest
TEL;WORK;VOICE:0298111111
EMAIL;INTERNET:YANN@quai.example
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Sans maison
END:VCARD
BEGIN:VCARD
VERSION:3.0
this is no property
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Maïwenn Quéré
ORG:Quai Ouest;Direction
TITLE:gérante
EMAIL:mailto:maiwenn@quai.example
TEL;VALUE=uri:tel:+33298222222
END:VCARD
"""
    report = house.runner.run(ImportData(upload=csv_upload(house, text, "carnet.vcf")), LEA).result
    assert (report.read, report.created, report.errors) == (4, 2, 2)
    assert [problem.line for problem in report.problems] == [9, 13]
    people = house.runner.read(ShowCustomer(customer="C-2"), LEA).card.contacts
    assert [(one.name, one.email.lower(), one.phone) for one in people] == [
        ("Yann Kermarec", "yann@quai.example", "0298111111"),
        ("Maïwenn Quéré", "maiwenn@quai.example", "+33298222222"),
    ]


def test_a_file_without_a_card_is_refused_and_so_is_a_format_that_does_not_fit(house):
    with pytest.raises(FileRefused):
        house.runner.preview(ImportData(upload=csv_upload(house, "rien", "vide.vcf"), kind="vcard"), LEA)
    with pytest.raises(Invalid):
        house.runner.read(ExportData(dataset="contacts", format="ics"), LEA)
    sheet = house.runner.read(ExportData(dataset="tasks"), LEA)
    assert sheet.data is None
