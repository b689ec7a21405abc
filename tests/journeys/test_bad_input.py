"""Bad input through the command line: a clear message with file and line, the exit code of the contract, the records as before."""

import gzip
import io
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlmodel import SQLModel

from crm.core.db import Database
from crm.core.settings import Settings

HEAD = "number;customer;issue_date;due_date;total_incl_tax"
GOOD = f"{HEAD}\nF-1;Dupont;2026-09-01;2026-10-01;120.00\n"


def records() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the shell's database."""
    database = Database(Settings.load().resolved_database_url())
    with database.reading() as session:
        kept = {
            table.name: [
                tuple(row) for row in session.connection().execute(table.select().order_by(*table.primary_key))
            ]
            for table in SQLModel.metadata.sorted_tables
        }
    database.dispose()
    return kept


@pytest.fixture
def write(tmp_path):
    """Puts a file on the disk."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file


@pytest.fixture
def house(shell, write):
    """The command line on records that hold an invoice already."""
    assert shell("import-data", write("first.csv", GOOD.replace("F-1", "F-0")), "--yes", "--json").code == 0
    return shell


def zipped(*members: tuple[str, bytes], deflated: bool = True) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


TITLES = ("number", "customer", "issue_date", "due_date", "total_incl_tax")

REFUSED = {
    "truncated": (f"{GOOD}F-2;Dupont;2026-0", "3"),
    "truncated in a quote": (f'{GOOD}F-2;"Dupont;2026-09-01;;1.00\nF-3;Zola;2026-09-01;;1.00\n', "3"),
    "empty": (b"", ""),
    "only a header missing columns": ("number;customer\nF-1;Dupont\n", "number, customer"),
    "binary": (bytes(range(256)) * 20, ""),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "PNG"),
    "an executable": (b"\x7fELF\2\1\1" + b"\0" * 99, "ELF"),
    "a web page": (b"<!DOCTYPE html><html><table><tr><td>F-1</td></tr></table></html>", "HTML"),
    "XML": (b"<?xml version='1.0'?><a/>", "XML"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "xls"),
    "NUL": (GOOD + "F-2;Dup\0ont;2026-09-01;;1.00\n", "3"),
    "a line without end": (f"{GOOD}F-2;{'x' * (3 << 20)};2026-09-01;;1.00\n", "3"),
    "a zip bomb": (zipped(("bomb.csv", b"0" * (20 << 20))), ""),
    "a gzip bomb": (gzip.compress(b"0" * (20 << 20), 9), ""),
    "an archive in an archive": (zipped(("inner.zip", zipped(("a.csv", GOOD.encode())))), "archive"),
    "a damaged archive": (zipped(("a.csv", GOOD.encode() * 50))[:-40], ""),
    "a damaged gzip": (gzip.compress(GOOD.encode() * 50)[:-9], ""),
    "an empty archive": (zipped(), ""),
    "a damaged workbook": (workbook(TITLES, ("F-1", "Dupont", date(2026, 9, 1), None, 1.5))[:-300], ""),
    "an empty workbook": (workbook(), ""),
    "a word document": (zipped(("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")), "Word"),
    "another kind": ("journal;pièce;tiers\nVT;12;Dupont\n", "pièce"),
    "501 columns": (";".join(f"c{place}" for place in range(501)) + "\n", "500"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_trusted_is_refused_whole(house, write, case):
    content, told = REFUSED[case]
    path = write("bad.dat", content)
    before = records()
    for words in (("--yes",), ()):
        answer = house("import-data", path, *words, "--json")
        assert answer.code == 1
        shape = answer.json if words else answer.json["preview"]
        (entry,) = shape["files"]
        assert entry["file"]
        assert entry["refused"]
        assert told in entry["refused"]
        assert (entry["read"], entry["created"], entry["updated"], entry["also_created"]) == (0, 0, 0, {})
        assert records() == before
    answer = house("import-data", path, "--yes")
    assert answer.code == 1
    assert entry["file"] in answer.out
    assert records() == before


PROBLEMS = {
    "a year of the third century": ("F-2;Dupont;0202-09-01;;1.00", "0202"),
    "a trailing minus": ("F-2;Dupont;2026-09-01;;1,234.56-", "1,234.56-"),
    "a number twice, with something else": ("F-1;Dupont;2026-09-01;2026-10-01;121.00", "line 2"),
    "a number known already, with something else": ("F-0;Dupont;2026-09-01;2026-10-01;121.00", "F-0"),
    "a formula": ("F-2;=HYPERLINK(1);2026-09-01;;1.00", "formula"),
    "a command": ("F-2;Dupont;2026-09-01;;=cmd|'/c calc'!A0", "formula"),
    "due before it was issued": ("F-2;Dupont;2026-09-01;2026-08-31;1.00", "2026-08-31"),
    "too many cells": ("F-2;Dupont;2026-09-01;;1.00;2;3;4", "8"),
    "nothing where something is needed": ("F-2;;2026-09-01;;1.00", "customer"),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_bad_line_is_a_problem_with_its_number_and_the_rest_goes_on(house, write, case):
    line, told = PROBLEMS[case]
    answer = house("import-data", write("lines.csv", f"{GOOD}{line}\nF-3;Zola;2026-09-01;;5.00\n"), "--yes", "--json")
    assert answer.code == 0
    (entry,) = answer.json["files"]
    assert (entry["file"], entry["kind"], entry["read"], entry["created"]) == ("lines.csv", "invoices-csv", 3, 2)
    (problem,) = [problem for problem in entry["problems"] if problem["severity"] == "error"]
    assert problem["line"] == 3
    assert told in problem["message"]


def test_a_credit_note_larger_than_its_invoice(house, write):
    text = "number;customer;kind;issue_date;total_incl_tax;original_invoice\nAV-1;Dupont;credit_note;2026-10-05;-120.01;F-0\n"
    (entry,) = house("import-data", write("credit.csv", text), "--yes", "--json").json["files"]
    assert (entry["created"], entry["problems"][0]["line"]) == (0, 2)
    assert "F-0" in entry["problems"][0]["message"]


def test_a_payment_of_an_unknown_customer(house, write):
    before = records()
    text = "reference;customer;date;amount\nP-1;Nobody;2026-10-05;1.00\n"
    answer = house("import-data", write("money.csv", text), "--yes", "--json")
    assert answer.code == 0
    (entry,) = answer.json["files"]
    assert (entry["read"], entry["created"], entry["problems"][0]["line"]) == (1, 0, 2)
    assert "Nobody" in entry["problems"][0]["message"]
    assert records() == before


def test_an_invoice_of_an_unknown_customer_makes_one(house, write):
    (entry,) = house("import-data", write("new.csv", GOOD.replace("Dupont", "Zola")), "--yes", "--json").json["files"]
    assert entry["also_created"] == {"customers": 1}


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_of_every_system_are_read(house, write, mark, end):
    text = mark + GOOD.replace("\n", end)
    assert house("import-data", write("a.csv", text), "--yes", "--json").json["files"][0]["created"] == 1


def test_utf_16_is_read(house, write):
    assert (
        house("import-data", write("a.csv", GOOD.encode("utf-16")), "--yes", "--json").json["files"][0]["created"] == 1
    )


# Workbooks and archives that are as they should be


def test_a_workbook_of_the_same_columns(house, write):
    rows = (
        TITLES,
        ("F-1", "Dupont", date(2026, 9, 1), date(2026, 10, 1), 1250.5),
        ("F-2", "Zola", "02/09/2026", None, "80,10"),
    )
    (entry,) = house("import-data", write("invoices.xlsx", workbook(*rows)), "--yes", "--json").json["files"]
    assert (entry["kind"], entry["created"], entry["refused"]) == ("invoices-csv", 2, None)
    listed = {line["number"]: line for line in house("list-invoices", "--json").json["invoices"]}
    assert (listed["F-1"]["total"], listed["F-1"]["issue_date"], listed["F-1"]["due_date"]) == (
        "1250.50",
        "2026-09-01",
        "2026-10-01",
    )
    assert (listed["F-2"]["total"], listed["F-2"]["issue_date"]) == ("80.10", "2026-09-02")


def test_a_formula_in_a_workbook_is_told_with_its_row(house, write):
    rows = (TITLES, ("F-1", "Dupont", date(2026, 9, 1), None, "=1+1"), ("F-2", "Zola", date(2026, 9, 1), None, 80))
    (entry,) = house("import-data", write("a.xlsx", workbook(*rows)), "--yes", "--json").json["files"]
    assert (entry["read"], entry["created"]) == (2, 1)
    assert entry["problems"][0]["line"] == 2
    assert "=1+1" in entry["problems"][0]["message"]


def test_the_files_of_an_archive_are_told_one_by_one(house, write):
    packed = zipped(
        ("exports/customers.csv", b"number;name\nC-1;Dupont\n"),
        ("exports/invoices.csv", GOOD.encode()),
        ("__MACOSX/._x", b"x"),
        ("bad.csv", b"a;b\n1;2\n"),
    )
    answer = house("import-data", write("all.zip", packed), "--yes", "--json")
    assert answer.code == 1
    told = [(entry["file"], entry["created"], entry["refused"] is None) for entry in answer.json["files"]]
    assert told == [("customers.csv", 1, True), ("invoices.csv", 1, True), ("bad.csv", 0, False)]


def test_a_gzip_is_opened(house, write):
    (entry,) = house("import-data", write("a.csv.gz", gzip.compress(GOOD.encode())), "--yes", "--json").json["files"]
    assert (entry["file"], entry["created"]) == ("a.csv", 1)


def test_a_good_file_beside_a_bad_one_is_kept(house, write):
    paths = (
        write("bomb.zip", zipped(("bomb.csv", b"0" * (20 << 20)))),
        write("good.csv", GOOD),
        write("empty.csv", ""),
    )
    answer = house("import-data", *paths, "--yes", "--json")
    assert answer.code == 1
    told = [(entry["file"], entry["created"], entry["refused"] is None) for entry in answer.json["files"]]
    assert told == [("bomb.zip", 0, False), ("good.csv", 1, True), ("empty.csv", 0, False)]


def test_a_folder_of_documents(house, tmp_path):
    folder = tmp_path / "pdfs"
    folder.mkdir()
    (folder / "facture F-0.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "unknown.pdf").write_bytes(b"%PDF-1.7\n")
    (entry,) = house("import-data", folder, "--yes", "--json").json["files"]
    assert (entry["file"], entry["kind"], entry["read"], entry["created"], len(entry["problems"])) == (
        "pdfs",
        "documents",
        2,
        1,
        1,
    )


# Files that are not there


def test_a_file_that_is_not_there(house, tmp_path):
    answer = house("import-data", tmp_path / "nothing.csv", "--yes", "--json")
    assert answer.code == 1
    assert answer.json["error"]["family"] == "NotFound"
    assert "nothing.csv" in answer.json["error"]["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may do everything may read everything")
def test_a_file_that_may_not_be_read(house, write):
    path = write("secret.csv", GOOD)
    path.chmod(0)
    answer = house("import-data", path, "--yes", "--json")
    assert (answer.code, answer.json["error"]["family"]) == (3, "OutsideFault")


# Words that are not as they should be


@pytest.mark.parametrize(
    "words",
    [
        ("create-customer", "--number", "C-1", "--name", "a\udcffb"),
        ("show-customer", "a\udcffb"),
        ("create-customer", "--number", "C\0", "--name", "Dupont"),
        ("create-customer", "--number", "C-1", "--name", "x" * 100_000),
        ("list-invoices", "--customer", "x" * 100_000),
        ("explain-balance", "--currency", "€" * 50),
        ("compute-penalties", "--amount", "9" * 400, "--due", "2026-01-01", "--paid", "2026-02-01"),
        ("aged-balance", "--as-of", "9999999999-01-01"),
        ("undo", "--entry", "9" * 40),
        ("list-journal", "--limit", "9" * 40),
        ("propose", "--action", "set_segment", "--subject", "x" * 10_000, "--reason", "y"),
    ],
    ids=lambda words: words[0],
)
def test_strange_words_are_told_and_never_a_surprise(house, words):
    before = records()
    answer = house(*words, "--yes", "--json")
    assert answer.code in {0, 1, 2}, ascii(answer)
    if answer.code:
        assert answer.json["error"]["family"] in {"Invalid", "NotFound", "Refused", "Usage"}, ascii(answer)
    assert records() == before
