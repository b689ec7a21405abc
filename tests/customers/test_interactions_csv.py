"""The past comes in: exchanges of another program, read once."""

import csv
import io

from build import LEA, a_customer, ago, imported
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import ExportData, Undo
from crm.customers.interactions import Interaction
from crm.portfolio.history import CustomerHistory

PAST = f"""customer;date;channel;direction;author;text;outcome
C-1;{ago(40).isoformat()} 9:41;Téléphone;entrant;Léa;« Le règlement partira lundi » ;joint
Dupont;{ago(30).isoformat()};visite;;Paul;Vu au dépôt;
C-1;{ago(20).isoformat()};;;Léa;Préfère le matin;
C-1;{ago(10).isoformat()};phone;out;Léa;;répondeur
C-1;{ago(10).isoformat()};phone;out;Léa;;répondeur
C-9;{ago(10).isoformat()};phone;out;Léa;;répondeur
C-1;{ago(-3).isoformat()};phone;out;Léa;à venir;
C-1;{ago(3).isoformat()};pigeon;out;Léa;coucou;
C-1;{ago(3).isoformat()};phone;out;Léa;;
C-1;{ago(2).isoformat()};email;in;Léa;Attend le bon de livraison;en attente d'approbation
"""


def test_the_past_comes_in_once_and_each_bad_line_is_told(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    report = imported(crm, PAST, kind="interactions-csv")
    assert (report.read, report.created, report.duplicates) == (10, 6, 0)
    assert [problem.line for problem in report.problems if problem.severity == "error"] == [7, 8, 9, 10]

    with crm.database.reading() as session:
        first, visit, note, *_calls, mail = session.exec(select(Interaction).order_by(Interaction.id)).all()
    assert (first.time, first.channel, first.direction, first.outcome) == ("09:41", "phone", "in", "reached")
    assert (visit.channel, visit.direction, visit.author, visit.day) == ("visit", "out", "Paul", ago(30))
    assert (note.channel, note.direction, note.text) == ("", "", "Préfère le matin")
    assert mail.outcome == "en attente d'approbation"

    # Two calls without an answer on one day are two; the file read again is none.
    assert imported(crm, PAST, kind="interactions-csv").created == 0
    told = crm.runner.read(CustomerHistory(customer="C-1"), LEA)
    assert told.total == 6
    assert (told.as_json()["events"][0]["outcome"], told.events[0].day) == ("en attente d'approbation", ago(2))

    crm.runner.run(Undo(), LEA)
    assert crm.runner.read(CustomerHistory(customer="C-1"), LEA).total == 0


def test_what_is_exported_can_be_read_back(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    imported(crm, PAST, kind="interactions-csv")
    sheet = crm.runner.read(ExportData(dataset="interactions"), LEA).sheet
    written = io.StringIO()
    csv.writer(written).writerows([[column.key for column in sheet.columns], *sheet.rows])
    report = imported(crm, written.getvalue())
    assert (report.kind, report.created, report.duplicates) == ("interactions-csv", 0, 6)
