"""`documents`: a folder of PDFs, each kept for the invoice whose number stands in its name."""

from pathlib import Path

import pytest
from build import LEA, an_invoice, counts, dump

from crm.core.basics import ImportData, Undo
from crm.core.errors import NotFound

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "factures"
    path.mkdir()
    return path


def read(crm, path: Path):
    return crm.runner.run(ImportData(upload=crm.spool.take_path(path)), LEA).result


@pytest.mark.parametrize(
    "name",
    [
        "F2026-0042.pdf",
        "Facture F2026-0042.pdf",
        "facture_f2026_0042_dupont.PDF",
        "F20260042.pdf",
        "2026-11 - F2026-0042 (copie).pdf",
    ],
)
def test_the_number_is_found_whatever_stands_around_it(crm, folder, name):
    an_invoice(crm, "F2026-0042")
    (folder / name).write_bytes(PDF)
    report = read(crm, folder)
    assert (report.kind, report.created, report.problems) == ("documents", 1, [])
    with crm.database.reading() as session:
        from sqlmodel import select

        from crm.customers.models import Document

        kept = session.exec(select(Document)).one()
    assert (kept.subject, kept.kind, kept.size) == ("F2026-0042", "invoice", len(PDF))


def test_the_longest_number_wins_over_one_contained_in_it(crm, folder):
    for number in ("F-1", "F-1-2"):
        an_invoice(crm, number)
    (folder / "facture F-1-2.pdf").write_bytes(PDF)
    read(crm, folder)
    assert "F-1-2" in dump(crm)["document"][0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("unknown F-9.pdf", PDF),
        ("F-1 and F-2.pdf", PDF),
        ("F-1.pdf", b"this is no PDF"),
        ("F-1.pdf", b""),
        ("notes.txt", b"x"),
    ],
    ids=["unknown", "two numbers", "no PDF", "empty", "text"],
)
def test_a_file_that_cannot_be_placed_is_told_and_the_rest_goes_on(crm, folder, name, content):
    an_invoice(crm, "F-1")
    an_invoice(crm, "F-2")
    (folder / name).write_bytes(content)
    (folder / "zz F-2.pdf").write_bytes(PDF)
    report = read(crm, folder)
    assert (report.read, report.created, report.errors) == (2, 1, 1)
    assert name in report.problems[0].message


def test_the_same_folder_again_changes_nothing(crm, folder):
    an_invoice(crm, "F-1")
    (folder / "F-1.pdf").write_bytes(PDF)
    read(crm, folder)
    before = dump(crm)
    assert read(crm, folder).duplicates == 1
    assert dump(crm) == before
    (folder / "F-1 v2.pdf").write_bytes(PDF + b"again")
    assert (read(crm, folder).created, counts(crm)["document"]) == (1, 2)


def test_a_single_pdf_is_a_document_too(crm, folder):
    an_invoice(crm, "F-1")
    (folder / "F-1.pdf").write_bytes(PDF)
    assert read(crm, folder / "F-1.pdf").created == 1


def test_a_folder_is_taken_back_as_a_whole(crm, folder):
    an_invoice(crm, "F-1")
    (folder / "F-1.pdf").write_bytes(PDF)
    read(crm, folder)
    crm.runner.run(Undo(), LEA)
    assert "document" not in counts(crm)


def test_an_empty_folder_is_told(crm, folder):
    with pytest.raises(NotFound, match="factures"):
        read(crm, folder)
