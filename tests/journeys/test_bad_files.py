"""Files that cannot be what they say: a clear message with its line, the exit code of the contract, the database as before."""

import io
import zipfile

import pytest

GOOD = "number;customer;issue_date;due_date;total_incl_tax\nF-1;Dubois;2026-10-01;2026-10-31;120.00\n"
HEAD = "number;customer;issue_date;due_date;total_incl_tax;kind;original_invoice\n"


@pytest.fixture
def given(shell, tmp_path):
    """Hand a file over and look at what became of it; one good invoice is there already."""
    (tmp_path / "good.csv").write_text(GOOD)
    assert shell("import-data", tmp_path / "good.csv", "--yes").code == 0

    def hand_over(content, name="file.csv", *words):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return shell("import-data", path, "--yes", "--json", *words)

    return hand_over


def balance(shell):
    return shell("aged-balance", "--json").json


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"\x00\x01\x02" * 500, "binary.csv"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 500, "picture.csv"),
        (b"color;size\nred;4\n", "other.csv"),
        (
            HEAD.encode() + b'F-2;"Dubois;2026-10-01;2026-10-31;120.00\nF-3;Dubois;2026-10-01;2026-10-31;5.00\n',
            "quote.csv",
        ),
        (HEAD.encode() + b"F-2;Dubois;2026-10-01;2026-10-31;120.00;;\nF-3;Dub", "cut.csv"),
        (HEAD.encode() + b"F-2;Du\x00bois;2026-10-01;2026-10-31;120.00;;\n", "nul.csv"),
        (HEAD.encode() + b"F-2;" + b"x" * 3_000_000 + b"\n", "long.csv"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(given, shell, content, name):
    before = balance(shell)
    told = given(content, name)
    assert told.code == 1
    (file,) = told.json["files"]
    assert file["refused"]
    assert (file["file"], file["created"]) == (name, 0)
    assert balance(shell) == before


def test_a_file_of_another_kind_than_said_is_refused(given, shell):
    before = balance(shell)
    told = given(b"%PDF-1.7\n" + b"x" * 500, "invoice.csv", "--kind", "invoices-csv")
    assert told.code == 1
    assert "PDF" in told.json["files"][0]["refused"]
    assert balance(shell) == before


@pytest.mark.parametrize(
    "line",
    [
        "F-2;Dubois;0202-10-01;2026-10-31;120.00;;",
        "F-2;Dubois;2026-10-01;2026-10-31;1,234.56-;;",
        "F-2;Dubois;2026-10-01;2026-10-31;douze;;",
        "F-2;Dubois;2026-10-01;2026-10-31;=1+1;;",
        "F-2;Dubois;2026-10-01;2026-09-30;120.00;;",
        "F-2;Dubois;2026-10-01;2026-02-31;120.00;;",
        "F-2;Dubois;2026-10-01;2026-10-31;-120.00;invoice;",
        "F-2;Dubois;2026-10-01;2026-10-31;500.00;credit_note;F-1",
        "F-2;;2026-10-01;2026-10-31;120.00;;",
        ";Dubois;2026-10-01;2026-10-31;120.00;;",
        "F-2;Dubois;2026-10-01;2026-10-31;120.00;gift;",
        "F-1;Dubois;2026-10-01;2026-10-31;999.00;;",
        "F-2;Dubois;2026-10-01;2026-10-31;120.00;;;;;extra",
        "F-2;Dubois;2026-10-01;2026-10-31;1e5;;",
        "F-2;Dubois;2026-10-01;2026-10-31;99999999999999999999;;",
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_others_pass(given, shell, line):
    told = given(
        HEAD + "F-8;Dubois;2026-10-01;2026-10-31;10.00;;\n" + line + "\nF-9;Dubois;2026-10-01;2026-10-31;20.00;;\n"
    )
    (file,) = told.json["files"]
    assert told.code == 0
    assert [problem["line"] for problem in file["problems"] if problem["severity"] == "error"] == [3]
    assert file["created"] == 2
    assert file["read"] == 3
    assert balance(shell)["currencies"]["EUR"]["total"] == "150.00"


def test_the_same_number_twice_in_a_file(given):
    twice = "F-2;Dubois;2026-10-01;2026-10-31;120.00;;\n"
    (file,) = given(HEAD + twice + twice + twice.replace("120.00", "130.00")).json["files"]
    assert (file["created"], file["duplicates"]) == (1, 1)
    assert [(problem["line"], problem["severity"]) for problem in file["problems"]] == [(4, "error")]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_mark_at_the_beginning_and_french_signs_are_read(given, shell, mark):
    text = "numéro;client;date facture;échéance;montant ttc\nF-2;Électricité Morvan;01/10/2026;31/10/2026;1 234,56\n"
    assert given(mark + text.encode()).code == 0
    assert shell("show-invoice", "F-2", "--json").json["total"] == "1234.56"


def test_windows_files_are_read(given, shell):
    text = (
        "numéro;client;date facture;échéance;montant ttc\r\nF-2;Hôtel de la Plage;13/10/2026;31/10/2026;1 234,56 €\r\n"
    )
    assert given(text.encode("cp1252")).code == 0
    assert shell("show-invoice", "F-2", "--json").json["name"] == "Hôtel de la Plage"


def test_importing_the_same_file_twice_creates_nothing(given, shell):
    before = balance(shell)
    (file,) = given(GOOD).json["files"]
    assert (file["created"], file["updated"], file["duplicates"]) == (0, 0, 1)
    assert balance(shell) == before


def test_a_zip_bomb_is_refused(given, shell):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("invoices.csv", b"0" * 300_000_000)
    before = balance(shell)
    told = given(packed.getvalue(), "bomb.zip")
    assert told.code == 1
    assert balance(shell) == before


def test_a_zip_of_files_is_opened(given, shell):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", GOOD.replace("F-1", "F-2"))
        archive.writestr("b.csv", GOOD.replace("F-1", "F-3"))
    told = given(packed.getvalue(), "all.zip")
    assert [file["created"] for file in told.json["files"]] == [1, 1]


def test_a_payment_of_an_unknown_customer_is_told(given, shell):
    told = given("reference;customer;date;amount\nV-1;Nobody;2026-11-01;10.00\nV-2;Dubois;2026-11-01;10.00\n")
    (file,) = told.json["files"]
    assert file["kind"] == "payments-csv"
    assert [problem["line"] for problem in file["problems"]] == [2]
    assert file["created"] == 1


def test_what_is_exported_runs_nothing_in_a_spreadsheet(given, shell, tmp_path):
    told = given("number;name\nC-9;'=cmd|' /C calc'!A0\n", "c.csv", "--kind", "customers-csv")
    assert told.code == 0
    assert shell("create-customer", "--number", "C-10", "--name", "=2+3", "--yes").code == 0
    assert shell("export-data", "--dataset", "customers", "--out", tmp_path / "out.csv").code == 0
    cells = (tmp_path / "out.csv").read_text("utf-8-sig")
    assert ";=2+3" not in cells
    assert "'=2+3" in cells
