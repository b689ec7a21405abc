"""Files in: recognised by what they hold, reported line by line, refused whole or not at all."""

import io
from collections.abc import Mapping

import pytest
from build import LEA, a_customer, beside, counts, csv_upload, dump, imported

from crm.bootstrap import Crm, exchange
from crm.core.basics import ExportData, ImportData, ImportTemplate
from crm.core.errors import Invalid, NotFound
from crm.core.exchange import Cells, FileRefused, FileReport
from crm.core.problems import Problem
from crm.core.spool import Spool, Upload

TABLES = ["customers-csv", "contacts-csv", "users-csv", "invoices-csv", "payments-csv", "interactions-csv"]


def recognised(crm: Crm, text: str) -> str:
    found = crm.runner.exchange
    return found.recognise(found.source(csv_upload(crm, text))).kind


# What kind of file it is


@pytest.mark.parametrize("kind", TABLES)
def test_the_template_of_a_kind_is_recognised_as_that_kind(crm, kind):
    template = crm.runner.read(ImportTemplate(kind=kind), LEA)
    assert recognised(crm, ";".join(template.columns) + "\n") == kind
    assert recognised(crm, ",".join(sorted(template.required | _telling(kind))) + "\n") == kind


def _telling(kind: str) -> set[str]:
    return {"users-csv": {"role"}, "contacts-csv": {"email"}, "interactions-csv": {"text"}}.get(kind, set())


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Numéro;Client;Date facture;Échéance;Montant TTC", "invoices-csv"),
        ("N° facture;Code client;Date;Date d'échéance;Total TTC;Total HT", "invoices-csv"),
        ("invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate", "invoices-csv"),
        ("Code client;Raison sociale;Ville;Téléphone", "customers-csv"),
        ("number,name,city", "customers-csv"),
        ("Client;Nom;Fonction;Courriel", "contacts-csv"),
        ("Matricule;Nom;Fonction", "users-csv"),
        ("Référence;Date de paiement;Montant;Mode", "payments-csv"),
        ("Client;Date;Canal;Auteur;Commentaire", "interactions-csv"),
    ],
)
def test_files_of_other_programs_are_recognised_by_their_headings(crm, header, kind):
    assert recognised(crm, header + "\n") == kind


@pytest.mark.parametrize("header", ["a;b;c", "date;montant", "number", "name;city", "customer;total_incl_tax"])
def test_a_file_of_no_kind_names_its_columns_and_the_way_out(crm, header):
    with pytest.raises(Invalid) as told:
        recognised(crm, header + "\n")
    assert header.split(";")[0] in told.value.message
    assert "--map" in told.value.next_step


def test_a_kind_nobody_knows_names_those_that_are(crm):
    with pytest.raises(FileRefused) as told:
        imported(crm, "a;b\n1;2\n", kind="invoices-xml")
    assert "invoices-csv" in str(told.value.report.refused)


@pytest.mark.parametrize("header", ["", "\n\n", ";;;\n"])
def test_a_file_without_a_header_is_refused(crm, header):
    with pytest.raises(FileRefused):
        imported(crm, header)
    assert counts(crm) == {}


# Columns


def test_a_mapping_names_what_the_file_calls_differently(crm):
    report = imported(
        crm, "Ref;Who;When;How much\nF-1;Dupont;2026-09-01;120.00\n",
        kind="invoices-csv", number="Ref", customer="Who", issue_date="When", total_incl_tax="How much",
    )  # fmt: skip  # read as a table: columns side by side
    assert (report.created, report.problems) == (1, [])


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"number": "Nothing"}, "Nothing"),
        ({"numero": "Ref"}, "numero"),
        ({}, "issue_date"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_and_nothing_is_kept(crm, mapping, told):
    with pytest.raises(FileRefused) as refused:
        imported(crm, "Ref;customer;total_incl_tax\nF-1;Dupont;1\n", kind="invoices-csv", **mapping)
    assert told in str(refused.value.report.refused)
    assert counts(crm) == {}


def test_columns_that_nothing_asks_for_are_told_and_left_aside(crm):
    report = imported(crm, "number;name;colour;size\nC-1;Dupont;blue;9\n")
    assert report.problems == [Problem(1, "Columns not used: colour, size.", "warning")]
    assert report.created == 1


@pytest.mark.parametrize("typed", [["number=Ref", "customer = Who"], {"number": "Ref", "customer": "Who"}])
def test_a_mapping_is_a_list_of_pairs_or_a_mapping(typed):
    assert ImportData(upload=Upload(name="a"), map=typed).map == {"number": "Ref", "customer": "Who"}


@pytest.mark.parametrize("typed", [["number"], ["number="], ["=Ref"], ["number= "]])
def test_a_mapping_without_both_sides_is_refused(typed):
    from pydantic import ValidationError

    if typed == ["=Ref"]:
        assert ImportData(upload=Upload(name="a"), map=typed).map == {"": "Ref"}
        return
    with pytest.raises(ValidationError):
        ImportData(upload=Upload(name="a"), map=typed)


# The report


def test_nothing_vanishes(crm):
    a_customer(crm, "C-1", "Dupont")
    report = imported(
        crm,
        """
        number;name;city
        C-1;Dupont;
        C-1;Dupont;
        C-2;Martin;Brest
        ;Nobody;
        C-3;;
        C-2;Martin;Rennes

        C-4;Zola;Brest;too;much
        """,
    )
    assert (report.read, report.created, report.updated, report.duplicates, report.errors) == (7, 1, 0, 2, 4)
    assert report.read == report.created + report.updated + report.duplicates + report.ignored + report.errors
    assert [problem.line for problem in report.problems] == [5, 6, 7, 9]


def test_the_contract_s_entry_of_a_file():
    report = FileReport("a.csv", "invoices-csv", read=3, created=1, duplicates=1)
    report.error(4, "no amount")
    report.warn(0, "dates")
    report.also_created["customers"] += 2
    assert report.as_json() == {
        "file": "a.csv",
        "kind": "invoices-csv",
        "read": 3,
        "created": 1,
        "updated": 0,
        "duplicates": 1,
        "ignored": 0,
        "also_created": {"customers": 2},
        "refused": None,
        "problems": [
            {"line": 4, "severity": "error", "message": "no amount"},
            {"line": 0, "severity": "warning", "message": "dates"},
        ],
    }


def test_the_report_in_words(crm):
    report = FileReport("a.csv", "invoices-csv", read=4, created=1, updated=1, duplicates=1, ignored=1, errors=0)
    for word in ("4 lines read", "1 created", "1 updated", "1 already known", "1 left aside"):
        assert word in report.sentence()
    report.refused = "cut off"
    assert "cut off" in report.sentence()
    assert len(report.as_sheet().columns) == 3


def test_a_line_the_reader_of_the_file_tells_has_been_read():
    report = FileReport("a.csv")
    listener = report.listener()
    listener.error(3, "quotes")
    listener.warn(4, "short")
    assert (report.read, report.errors, len(report.problems)) == (1, 1, 2)


def test_a_column_the_file_lacks_is_empty():
    cells = Cells({"number": 1, "city": None})
    cells.row = ["x", " C-1 "]
    assert (cells["number"], cells["city"]) == ("C-1", "")


# Files that cannot be trusted


CUT_OFF = "number;customer;issue_date;total_incl_tax\nF-1;Dupont;2026-09-01;120.00\nF-2;Dup"


def test_a_refused_file_leaves_the_records_as_they_were_and_says_why(crm):
    imported(crm, "number;name\nC-1;Dupont\n")
    before = dump(crm)
    for _turn in range(2):
        with pytest.raises(FileRefused) as told:
            imported(crm, CUT_OFF, name="cut.csv")
    report = told.value.report
    assert report.refused is not None
    assert "3" in report.refused
    assert "cut.csv" in str(told.value)
    assert (report.read, report.created, dict(report.also_created)) == (0, 0, {})
    assert dump(crm) == before


def test_a_file_that_is_no_longer_in_the_spool_is_asked_for_again(crm):
    with pytest.raises(NotFound, match=r"gone\.csv"):
        crm.runner.run(ImportData(upload=Upload(name="gone.csv", sha256="0" * 64)), LEA)


def test_a_preview_needs_no_second_copy_of_the_file(crm):
    upload = csv_upload(crm, "number;name\nC-1;Dupont\n")
    preview = crm.runner.preview(ImportData(upload=upload), LEA)
    assert beside(crm).runner.commit(preview, LEA).result.created == 1


# Data sets


def test_every_data_set_can_be_asked_for(crm):
    for name in crm.runner.exchange.datasets:
        exported = crm.runner.read(ExportData(dataset=name), LEA)
        assert exported.as_json() == {"dataset": name, "format": "csv", "rows": 0}
        assert len({column.key for column in exported.sheet.columns}) == len(exported.sheet.columns)


def test_a_data_set_nobody_knows_names_those_that_are(crm):
    with pytest.raises(Invalid, match="aged_balance"):
        crm.runner.read(ExportData(dataset="everything"), LEA)


def test_a_kind_without_columns_has_no_template(crm):
    with pytest.raises(Invalid):
        crm.runner.read(ImportTemplate(kind="documents"), LEA)
    with pytest.raises(Invalid):
        crm.runner.read(ImportTemplate(kind="nothing"), LEA)


def test_every_kind_and_every_data_set_has_one_name(tmp_path):
    joined = exchange(Spool(tmp_path))
    assert len(set(joined.kinds)) == len(joined.kinds)
    assert isinstance(joined.datasets, Mapping)
    upload = joined.spool.take(io.BytesIO(b"x"), "x")
    assert joined.source(upload).head == b"x"
