"""The contract of the command line: shapes, exit codes, seals, days, and the way there and back of a file."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shells import Told, call
from sqlalchemy import text

from crm import migrations
from crm.core.db import Database
from crm.core.settings import Settings
from crm.demo import Size, prepare

INVOICES = """number;customer;kind;issue_date;due_date;total_incl_tax;currency;paid_date;paid_amount
F-1;Dupont;;2026-08-01;2026-08-26;1200.00;EUR;2026-10-01;200.00
F-2;Dupont;;2026-10-01;2026-10-25;600.00;EUR;;
F-3;Martin;;2026-11-20;2026-12-20;80.50;EUR;;
F-4;Martin;;2026-09-01;2026-10-01;300.00;EUR;2026-10-12;
F-5;Northwind;;2026-08-01;2026-08-25;950.00;USD;;
AV-1;Dupont;credit_note;2026-10-15;;-100.00;EUR;;
"""
Shell = Callable[..., Told]


@pytest.fixture
def house(shell: Shell, tmp_path: Path) -> Shell:
    """The command line on a company with invoices."""
    path = tmp_path / "invoices.csv"
    path.write_text(INVOICES, "utf-8")
    assert shell("import-data", path, "--yes", "--json").code == 0
    return shell


# Answers


def test_import_data(shell, tmp_path):
    path = tmp_path / "releve.csv"
    path.write_text(INVOICES + "F-6;Dupont;;2026-11-01;2026-10-01;1.00;EUR;;\n", "utf-8")
    (entry,) = shell("import-data", path, "--yes", "--json").json["files"]
    message = entry["problems"][0].pop("message")
    assert "2026-10-01" in message
    assert entry == {
        "file": "releve.csv",
        "kind": "invoices-csv",
        "read": 7,
        "created": 6,
        "updated": 0,
        "duplicates": 0,
        "ignored": 0,
        "also_created": {"customers": 3, "payments": 2},
        "refused": None,
        "problems": [{"line": 8, "severity": "error"}],
    }


def test_aged_balance(house):
    told = house("aged-balance", "--json").json
    assert told == {
        "as_of": "2026-11-24",
        "currencies": {
            "EUR": {
                "not_due": "80.50",
                "1-30": "600.00",
                "31-60": "0.00",
                "61-90": "1000.00",
                "over_90": "0.00",
                "unallocated": "-100.00",
                "total": "1580.50",
            },
            "USD": {
                "not_due": "0.00",
                "1-30": "0.00",
                "31-60": "0.00",
                "61-90": "0.00",
                "over_90": "950.00",
                "unallocated": "0.00",
                "total": "950.00",
            },
        },
        "customers": told["customers"],
    }
    assert told["customers"][0] == {
        "customer": "Dupont",
        "name": "Dupont",
        "currency": "EUR",
        "not_due": "0.00",
        "1-30": "600.00",
        "31-60": "0.00",
        "61-90": "1000.00",
        "over_90": "0.00",
        "unallocated": "-100.00",
        "total": "1500.00",
    }
    assert [line["customer"] for line in told["customers"]] == ["Dupont", "Martin", "Northwind"]


def test_list_invoices(house):
    told = house("list-invoices", "--status", "overdue", "--customer", "dupont", "--json").json["invoices"]
    assert [line["number"] for line in told] == ["F-1", "F-2"]
    contract = {
        "number",
        "customer",
        "kind",
        "issue_date",
        "due_date",
        "currency",
        "total",
        "open",
        "days_overdue",
        "standing",
    }
    assert {name: value for name, value in told[0].items() if name in contract} == {
        "number": "F-1",
        "customer": "Dupont",
        "kind": "invoice",
        "issue_date": "2026-08-01",
        "due_date": "2026-08-26",
        "currency": "EUR",
        "total": "1200.00",
        "open": "1000.00",
        "days_overdue": 90,
        "standing": "overdue",
    }
    assert len(house("list-invoices", "--json").json["invoices"]) == 6


def test_show_kpi(house):
    told = house("show-kpi", "--kpi", "dso", "--period", "2026-09-01/2026-11-30", "--json").json
    assert set(told) == {"kpi", "value", "unit", "formula", "inputs", "method", "as_of"}
    assert (told["value"], told["unit"], told["inputs"]["sales"]) == ("163.35", "days", "880.50")


def test_show_customer_and_list_customers(house):
    told = house("show-customer", "dupont", "--json").json
    assert {"customer", "name", "account_manager", "contacts", "balance", "overdue", "next_step"} <= set(told)
    assert (told["balance"], told["overdue"]) == ("1500.00", "1600.00")
    listed = house("list-customers", "--json").json["customers"]
    assert {"customer", "name", "account_manager"} <= set(listed[0])


def test_verify_journal(house):
    assert house("verify-journal", "--json").json == {"holds": True, "entries": 1, "first_broken": None}


@pytest.mark.parametrize(
    ("terms", "due"), [("30", "2026-04-16"), ("45 EOM A", "2026-05-31"), ("45 EOM B", "2026-05-15")]
)
def test_compute_due_date(shell, terms, due):
    assert shell("compute-due-date", "--issued", "2026-03-17", "--terms", terms, "--json").json == {"due_date": due}


def test_compute_penalties_of_vector_p8(shell):
    told = shell(
        "compute-penalties",
        "--amount",
        "10000",
        "--due",
        "2025-12-31",
        "--paid",
        "2026-06-30",
        "--rate",
        "10",
        "--json",
    ).json
    assert {"segments", "interest", "interest_paid", "principal_left", "indemnity", "total", "sources"} <= set(told)
    assert {"from", "to", "days", "rate", "base", "interest"} <= set(told["segments"][0])


# One document, nothing else


EVERY_READ = [
    "aged-balance",
    "list-invoices",
    "list-customers",
    "list-users",
    "list-journal",
    "verify-journal",
    "show-company",
]
EVERY_READ += ["list-proposals", "list-legal-values", "settings"]


@pytest.mark.parametrize("command", EVERY_READ)
def test_json_is_one_document_and_nothing_else(house, command):
    told = house(command, "--json")
    assert (told.code, told.err) == (0, "")
    assert isinstance(told.json, dict)


@pytest.mark.parametrize("command", [*EVERY_READ, "show-customer dupont", "explain-balance", "doctor"])
def test_without_json_people_read_a_table(house, command):
    told = house(*command.split())
    assert (told.code, told.err) == (0, "")
    assert told.out.strip()
    assert not told.out.lstrip().startswith("{")


@pytest.mark.parametrize("command", ["aged_balance", "aged-balance", "Aged-Balance"])
def test_a_command_has_hyphens_or_underscores(house, command):
    assert (house(command, "--json").code == 0) == (command != "Aged-Balance")


def test_the_common_options_may_stand_before_the_command(house):
    assert call("--json", "--today", "2026-11-24", "aged-balance").json == house("aged-balance", "--json").json


@pytest.mark.parametrize(
    "command",
    ["aged-balance", "create-customer", "import-data", "settings", "doctor", "export-data", "import-template", "demo"],
)
def test_every_command_accepts_the_common_options(shell, command):
    told = shell(command, "--help", today=None)
    assert told.code == 0
    for option in ("--json", "--yes", "--today", "--database"):
        assert option in told.out


# Exit codes and errors


@pytest.mark.parametrize(
    ("words", "code", "family"),
    [
        (("show-customer", "nobody"), 1, "NotFound"),
        (("show-invoice", "F-404"), 1, "NotFound"),
        (("undo", "--entry", "404", "--yes"), 1, "NotFound"),
        (("aged-balance", "--as-of", "yesterday"), 1, "Invalid"),
        (("list-invoices", "--status", "lost"), 1, "Invalid"),
        (("list-invoices", "--limit", "0"), 1, "Invalid"),
        (("list-invoices", "--amount-min", "12.345"), 1, "Invalid"),
        (("show-kpi", "--kpi", "happiness"), 1, "Invalid"),
        (("show-kpi", "--kpi", "dso", "--period", "2026-12-01/2026-11-01"), 1, "Invalid"),
        (("create-customer", "--number", "C-1", "--name", "Zola", "--stage", "friend", "--yes"), 1, "Invalid"),
        (("create-customer", "--number", "Dupont", "--name", "x", "--yes"), 1, "Refused"),
        (("create-customer", "--number", "C-1", "--name", "x", "--seal", "0" * 32), 1, "Stale"),
        (("import-data", "nothing.csv", "--yes"), 1, "NotFound"),
        (("import-template", "nothing"), 1, "Invalid"),
        (("export-data", "everything", "--out", "x.csv"), 1, "Invalid"),
        (("show-customer",), 2, "Usage"),
        (("create-customer", "--number", "C-1"), 2, "Usage"),
        (("aged-balance", "--nonsense"), 2, "Usage"),
        (("aged-balance", "one", "two"), 2, "Usage"),
        (("dance",), 2, "Usage"),
        (("import-data", "--yes"), 2, "Usage"),
        (("import-template",), 2, "Usage"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_an_error_has_its_family_its_sentence_and_its_exit_code(house, words, code, family):
    told = house(*words, "--json")
    assert told.code == code
    assert set(told.json) == {"error"}
    assert told.json["error"]["family"] == family
    assert told.json["error"]["message"]
    spoken = house(*words)
    assert spoken.code == code
    assert spoken.err.strip()
    assert "Traceback" not in spoken.err


def test_an_ambiguous_name_is_a_choice(house):
    for number in ("C-1", "C-2"):
        house("create-customer", "--number", number, "--name", "Zola", "--yes")
    told = house("show-customer", "zola", "--json")
    assert (told.code, told.json["error"]["family"]) == (1, "Ambiguous")
    assert told.json["error"]["candidates"] == ["C-1 Zola", "C-2 Zola"]


def test_a_name_that_is_close_is_offered(house):
    told = house("show-customer", "dupond", "--json")
    assert told.json["error"]["candidates"] == ["Dupont Dupont"]


def test_what_a_role_does_not_cover_is_not_allowed(house, tmp_path, monkeypatch):
    path = tmp_path / "users.csv"
    path.write_text("number;name;role\nU1;Tom;account_manager\n", "utf-8")
    house("import-data", path, "--yes")
    monkeypatch.setenv("CRM_USER", "U1")
    told = house("update-company", "--name", "Nous", "--yes", "--json")
    assert (told.code, told.json["error"]["family"]) == (4, "NotAllowed")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////proc/nowhere/a.db"])
def test_a_database_out_of_reach_is_an_outside_fault(shell, url):
    told = shell("aged-balance", "--database", url, "--json")
    assert (told.code, told.json["error"]["family"]) == (3, "OutsideFault")


def test_a_database_that_is_no_address_is_told(shell):
    told = shell("aged-balance", "--database", "mysql://a/b", "--json")
    assert (told.code, told.json["error"]["family"]) == (1, "Invalid")


def test_a_fault_nobody_foresaw_is_a_sentence_and_a_file(house, monkeypatch):
    from crm.receivables.actions import AgedBalance

    def perform(self: AgedBalance, context: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(AgedBalance, "perform", perform)
    told = house("aged-balance", "--json")
    assert told.code == 1
    message = told.json["error"]["message"]
    assert "ZeroDivisionError" in message
    log = Path(message.rsplit(" ", 1)[1])
    assert "by zero" in log.read_text("utf-8")
    log.unlink()


# Previews, seals, yes


def test_without_a_yes_nothing_is_kept(house):
    told = house("create-customer", "--number", "C-1", "--name", "Zola", "--json")
    assert set(told.json) == {"preview", "seal"}
    assert told.json["preview"]["changes"] == {"customer": {"insert": 1}}
    assert told.json["preview"]["name"] == "Zola"
    spoken = house("create-customer", "--number", "C-1", "--name", "Zola")
    assert told.json["seal"] in spoken.out
    assert house("show-customer", "C-1").code == 1


def test_a_printed_preview_is_committed_by_its_seal(house):
    words = ("create-customer", "--number", "C-1", "--name", "Zola")
    seal = house(*words, "--json").json["seal"]
    assert house(*words, "--seal", seal, "--json").json["name"] == "Zola"
    stale = house("create-customer", "--number", "C-2", "--name", "Zola", "--seal", seal, "--json")
    assert (stale.code, stale.json["error"]["family"]) == (1, "Stale")


def test_a_file_is_previewed_and_committed_by_its_seal(shell, tmp_path):
    path = tmp_path / "invoices.csv"
    path.write_text(INVOICES, "utf-8")
    told = shell("import-data", path, "--json").json
    assert told["preview"]["files"][0]["created"] == 6
    assert shell("list-invoices", "--json").json["invoices"] == []
    path.write_text(INVOICES.replace("80.50", "80.51"), "utf-8")
    assert shell("import-data", path, "--seal", told["seal"], "--json").json["error"]["family"] == "Stale"
    path.write_text(INVOICES, "utf-8")
    assert shell("import-data", path, "--seal", told["seal"], "--json").json["files"][0]["created"] == 6


@pytest.fixture
def two_files(tmp_path) -> tuple[Path, Path]:
    """Customers, and invoices of theirs."""
    customers, invoices = tmp_path / "customers.csv", tmp_path / "invoices.csv"
    customers.write_text("number;name\nC-1;Dupont\n", "utf-8")
    invoices.write_text("number;customer;issue_date;total_incl_tax\nF-1;Dupont;2026-09-01;1.00\n", "utf-8")
    return customers, invoices


def test_a_file_that_stands_on_another_is_looked_at_again(shell, two_files):
    seal = shell("import-data", *two_files, "--json").json["seal"]
    told = shell("import-data", *two_files, "--seal", seal, "--json")
    assert told.code == 1
    assert [(entry["file"], entry["created"], entry["refused"] is None) for entry in told.json["files"]] == [
        ("customers.csv", 1, True),
        ("invoices.csv", 0, False),
    ]
    assert [entry["created"] for entry in shell("import-data", *two_files, "--yes", "--json").json["files"]] == [0, 1]


def test_whoever_sits_there_is_asked_again_about_the_second_file(shell, two_files, monkeypatch):
    asked = []
    monkeypatch.setattr("crm.cli.files.confirmed", lambda: asked.append(1) or True)
    told = shell("import-data", *two_files)
    assert (told.code, len(asked)) == (0, 2)
    assert shell("list-invoices", "--json").json["invoices"][0]["customer"] == "C-1"


def test_undo_takes_back_one_s_last_commit(house):
    told = house("undo", "--yes", "--json").json
    assert told["undone"]["action"] == "import_data"
    assert house("list-invoices", "--json").json["invoices"] == []
    assert house("undo", "--yes", "--json").json["error"]["family"] == "NotFound"


def test_a_proposal_is_made_and_accepted(house):
    words = ("propose", "--action", "set_segment", "--fields", "customer=Dupont", "--fields", "segment=vip")
    (row,) = house(*words, "--subject", "Dupont", "--reason", "big", "--yes", "--json").json["proposals"]
    house("accept-proposal", row["id"], "--yes")
    assert house("show-customer", "dupont", "--json").json["segment"] == "vip"


# Days


def test_today_is_the_business_day(house):
    assert house("aged-balance", "--json", today="2026-12-25").json["as_of"] == "2026-12-25"
    told = house("aged-balance", "--json", today="2026-12-25T23:30").json
    assert (told["as_of"], told["currencies"]["EUR"]["not_due"]) == ("2026-12-25", "0.00")
    assert house("aged-balance", "--json", today="Christmas").json["error"]["family"] == "Invalid"


@pytest.mark.parametrize("option", ["--as-of", "--date"])
def test_the_state_at_a_date_under_both_names(house, option):
    told = house("aged-balance", option, "2026-09-30", "--json").json
    assert (told["as_of"], told["currencies"]["EUR"]["total"]) == ("2026-09-30", "1500.00")


# Files there and back


def exported(house: Shell, tmp_path: Path, dataset: str, kind: str = "csv", *more: str) -> Path:
    out = tmp_path / f"{dataset}.{kind}"
    told = house("export-data", "--dataset", dataset, "--format", kind, "--out", out, *more, "--json")
    assert told.code == 0, told
    assert told.json["file"] == str(out)
    return out


@pytest.fixture
def elsewhere(backend, monkeypatch, tmp_path) -> Any:
    """Another company on a database of its own."""
    database = backend.fresh()
    url = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    yield lambda *words: call(*words, "--database", url, "--today", "2026-11-24")
    backend.give_back(database)


CUSTOMERS = "number;name;aliases;regime;city;payment_terms;credit_limit;customer_since;discreet;contact_name;email\n"
CUSTOMERS += "Dupont;Dupont Frères;DPT|D&Co;B2B;Brest;45 EOM A;5000.00;2019-05-25;no;Anne;anne@dupont.example\n"
CUSTOMERS += "Martin;=1+1;;B2C;;;;;yes;;\n"
CUSTOMERS = CUSTOMERS.replace("=1+1", "'=1+1")


def test_what_is_exported_can_be_read_back(house, elsewhere, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text(CUSTOMERS, "utf-8")
    assert house("import-data", given, "--yes").code == 0
    for dataset in ("customers", "contacts", "invoices", "payments"):
        path = exported(house, tmp_path, dataset)
        (entry,) = elsewhere("import-data", path, "--yes", "--json").json["files"]
        assert entry["kind"] == f"{dataset}-csv"
        assert [problem for problem in entry["problems"] if problem["severity"] == "error"] == []
    for dataset in ("customers", "contacts"):
        there, back = (exported(shell, tmp_path, dataset).read_text("utf-8-sig") for shell in (house, elsewhere))
        assert there == back
    listed = [
        {line["number"]: line["total"] for line in shell("list-invoices", "--json").json["invoices"]}
        for shell in (house, elsewhere)
    ]
    assert listed[0] == listed[1]
    totals = [shell("aged-balance", "--json").json["currencies"]["EUR"]["total"] for shell in (house, elsewhere)]
    assert totals[0] == totals[1]


@pytest.mark.parametrize("dataset", ["customers", "contacts", "users", "invoices", "payments", "aged_balance"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_export_tells_count_and_totals(house, tmp_path, dataset, kind):
    out = tmp_path / f"out.{kind}"
    told = house("export-data", dataset, "--out", out, "--json").json
    assert (told["dataset"], told["format"], told["file"]) == (dataset, kind, str(out))
    rows = _rows(out)
    assert len(rows) == told["rows"]
    if dataset == "invoices":
        assert told["totals"]["total_incl_tax"] == {"EUR": "2080.50", "USD": "950.00"}


def _rows(path: Path) -> list[Any]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    if path.suffix == ".json":
        rows: list[Any] = json.loads(path.read_text("utf-8"))
        return rows
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    found = list(book.worksheets[0].iter_rows(min_row=2))
    book.close()
    return found


def test_a_pdf_is_a_pdf(house, tmp_path):
    assert exported(house, tmp_path, "aged_balance", "pdf").read_bytes().startswith(b"%PDF-")


def test_exports_run_nothing_in_a_spreadsheet(house, tmp_path):
    for place, name in enumerate(
        ("=1+1", "+SUM(A1)", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", '=HYPERLINK("http://x")')
    ):
        assert house("create-customer", "--number", f"X-{place}", "--name", name, "--yes").code == 0
    for row in csv.reader(io.StringIO(exported(house, tmp_path, "customers").read_text("utf-8-sig")), delimiter=";"):
        assert not any(cell.lstrip()[:1] in {"=", "+", "@", "\t"} or cell.startswith("-2") for cell in row)
    from openpyxl import load_workbook

    book = load_workbook(exported(house, tmp_path, "customers", "xlsx"))
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_an_export_goes_to_standard_output_too(house):
    told = house("export-data", "invoices")
    assert told.code == 0
    assert told.raw.startswith(b"\xef\xbb\xbfnumber;customer")


def test_with_json_an_export_needs_a_place(house):
    told = house("export-data", "invoices", "--json")
    assert (told.code, told.json["error"]["family"]) == (2, "Usage")


def test_a_narrowed_export(house, tmp_path):
    rows = _rows(exported(house, tmp_path, "invoices", "csv", "--customer", "Martin", "--status", "open"))
    assert [row["number"] for row in rows] == ["F-3"]
    assert _rows(exported(house, tmp_path, "aged_balance", "csv", "--as-of", "2026-01-01")) == []


def test_an_export_that_cannot_be_written_leaves_no_half_file(house, tmp_path):
    told = house("export-data", "invoices", "--out", tmp_path / "nowhere" / "x.csv", "--json")
    assert (told.code, told.json["error"]["family"]) == (3, "OutsideFault")


@pytest.mark.parametrize("kind", ["customers-csv", "contacts-csv", "users-csv", "invoices-csv", "payments-csv"])
def test_a_template_is_an_empty_file_with_its_columns(shell, tmp_path, kind):
    told = shell("import-template", kind)
    assert told.code == 0
    path = tmp_path / "template.csv"
    path.write_bytes(told.raw)
    (entry,) = shell("import-data", path, "--yes", "--json").json["files"]
    assert (entry["kind"], entry["read"], entry["problems"]) == (kind, 0, [])
    shape = shell("import-template", "--kind", kind, "--json").json
    assert told.out.strip().split(";") == shape["columns"]


# Settings and doctor


def test_settings_tell_meaning_and_origin_and_mask_secrets(shell, monkeypatch):
    monkeypatch.setenv("CRM_SMTP_PASSWORD", "s3cret-password")
    monkeypatch.setenv("CRM_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("CRM_SMTP_HOST", "mail.example")
    told = shell("settings", "--json")
    lines = {line["environment"]: line for line in told.json["settings"]}
    assert (lines["CRM_SMTP_HOST"]["value"], lines["CRM_SMTP_HOST"]["origin"]) == ("mail.example", "environment")
    assert lines["CRM_SMTP_PORT"]["origin"] == "default"
    assert lines["CRM_SMTP_PASSWORD"]["value"] == "••••"
    assert all(line["meaning"] for line in lines.values())
    for output in (told.out, shell("settings").out):
        assert "s3cret" not in output
        assert "kkkk" not in output


def test_settings_tell_who_we_are(shell):
    assert shell("settings", "--json").json["company"] is None
    shell("update-company", "--name", "Comptoir d'Armor", "--siren", "732829320", "--yes")
    shell("add-company-account", "FR1420041010050500013M02606", "--yes")
    told = shell("settings", "--json").json
    assert (told["company"]["name"], told["accounts"][0]["iban"]) == ("Comptoir d'Armor", "FR1420041010050500013M02606")


def test_the_doctor_says_in_plain_words_what_is_wrong(shell):
    told = shell("doctor", "--json").json
    assert told["healthy"]
    assert {"name", "state", "message", "next_step"} == set(told["checks"][0])
    broken = shell("doctor", "--database", "postgresql://nobody@127.0.0.1:1/nothing", "--json")
    assert (broken.code, broken.json["healthy"]) == (1, False)


def test_the_doctor_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", str(tmp_path))
    assert call("doctor", "--json").code == 0
    assert list(tmp_path.iterdir()) == []


# The database itself


def revision(url: str) -> str | None:
    database = Database(Settings(database_url=url).database_url)
    found = migrations.revision(database)
    database.dispose()
    return found


def told_revision(url: str, number: str) -> None:
    database = Database(Settings(database_url=url).database_url)
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})
        session.commit()
    database.dispose()


def test_a_missing_database_is_made_at_first_use(empty_url):
    assert call("db", "check", "--database", empty_url, "--json").json == {
        "revision": None,
        "expected": migrations.HEAD,
        "fits": False,
    }
    assert call("aged-balance", "--database", empty_url, "--json").json["currencies"] == {}
    assert revision(empty_url) == migrations.HEAD
    checked = call("db", "check", "--database", empty_url, "--json")
    assert (checked.code, checked.json["fits"]) == (0, True)


def test_a_database_that_a_server_lacks_is_made_at_first_use(backend, empty_url):
    if empty_url.startswith("sqlite"):
        pytest.skip("an embedded database has no server")
    url = f"{empty_url}_more"
    assert call("doctor", "--database", url, "--json").code == 0
    assert call("db", "check", "--database", url, "--json").json["revision"] is None
    assert call("aged-balance", "--database", url, "--json").code == 0
    backend.remove(url)


def test_two_programs_make_the_same_database_at_once(empty_url):
    words = [sys.executable, "-m", "crm.cli", "list-invoices", "--database", empty_url, "--json"]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _turn in range(2)]
    for program in running:
        out, err = program.communicate()
        assert (program.returncode, err) == (0, b""), out
        assert json.loads(out)["invoices"] == []


def test_a_folder_that_is_not_there_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", str(tmp_path / "a" / "b"))
    assert call("aged-balance", "--json").code == 0
    assert (tmp_path / "a" / "b" / "relance.db").is_file()


def test_a_database_of_a_newer_program_is_left_alone(empty_url):
    call("aged-balance", "--database", empty_url, "--json")
    told_revision(empty_url, "9999")
    told = call("aged-balance", "--database", empty_url, "--json")
    assert (told.code, told.json["error"]["family"]) == (1, "Refused")
    assert "9999" in told.json["error"]["message"]
    checked = call("db", "check", "--database", empty_url, "--json")
    assert (checked.code, checked.json["fits"]) == (1, False)
    upgraded = call("db", "upgrade", "--database", empty_url, "--json")
    assert (upgraded.code, upgraded.json["error"]["family"]) == (1, "Refused")
    assert revision(empty_url) == "9999"


@pytest.mark.parametrize("number", [number for number in migrations.revisions() if number != migrations.HEAD])
def test_an_older_database_asks_for_an_upgrade_which_backs_up_first(empty_url, number, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", str(tmp_path))
    database = Database(Settings(database_url=empty_url).database_url)
    migrations.upgrade(database, number)
    database.dispose()
    told = call("aged-balance", "--database", empty_url, "--json")
    assert (told.code, told.json["error"]["family"]) == (1, "Refused")
    assert "crm db upgrade" in told.json["error"]["next_step"]
    upgraded = call("db", "upgrade", "--database", empty_url, "--json").json
    assert (upgraded["from"], upgraded["to"]) == (number, migrations.HEAD)
    assert Path(upgraded["backup"]).stat().st_size > 0
    assert call("aged-balance", "--database", empty_url, "--json").code == 0


def test_an_upgrade_of_what_is_up_to_date_does_nothing(shell):
    assert shell("db", "upgrade", "--json", today=None).json == {
        "from": migrations.HEAD,
        "to": migrations.HEAD,
        "backup": None,
    }


# The example company


def test_the_example_company_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    monkeypatch.setattr("crm.demo.WHOLE", Size(customers=20, invoices=300, weeks=20))
    words = ("demo", "--no-open", "--today", "2026-11-24", "--json")
    first, second = call(*words).json, call(*words).json
    assert first == second
    assert first["invoices"] >= 300
    with sqlite3.connect(tmp_path / "demo.db") as kept:
        entries = kept.execute("SELECT count(*) FROM journal_entry").fetchone()
    kept.close()
    assert call(*words).code == 0
    with sqlite3.connect(tmp_path / "demo.db") as kept:
        assert kept.execute("SELECT count(*) FROM journal_entry").fetchone() == entries
    kept.close()
    told = call("aged-balance", "--database", first["database"], "--today", "2026-11-24", "--json").json
    assert {"EUR", "GBP"} == set(told["currencies"])
    assert not (tmp_path / "relance.db").exists(), "in a database of its own"


# Through a real shell


def test_a_pipe_that_closes_early_is_no_fault(tmp_path):
    env = {**os.environ, "CRM_DATA_FOLDER": str(tmp_path)}
    prepare(Settings(data_folder=tmp_path), today="2026-11-24", size=Size(customers=20, invoices=900, weeks=20))
    command = f"'{sys.executable}' -m crm.cli export-data invoices --database sqlite:///{tmp_path}/demo.db | head -n 1"
    told = subprocess.run(["sh", "-c", command], env=env, capture_output=True, check=True)
    assert told.stdout.startswith(b"\xef\xbb\xbfnumber;")
    assert b"Traceback" not in told.stderr
    assert b"Exception" not in told.stderr


def test_the_entry_point_answers(tmp_path):
    env = {**os.environ, "CRM_DATA_FOLDER": str(tmp_path)}
    script = Path(sys.executable).with_name("crm")
    told = subprocess.run([script, "list-invoices", "--json"], env=env, capture_output=True, check=True)
    assert json.loads(told.stdout)["invoices"] == []
    assert told.stderr == b""


def test_the_matching_is_judged_by_a_file_of_what_is_true(house, tmp_path):
    truth = tmp_path / "truth.csv"
    truth.write_text("payment;invoice;amount\nVIR-1;F-2;600.00\n", "utf-8")
    payments = tmp_path / "payments.csv"
    payments.write_text("reference;customer;date;amount;label\nVIR-1;Dupont;2026-11-20;600.00;F-2\n", "utf-8")
    house("import-data", payments, "--yes", "--json")
    found = house("match-payments", "--yes", "--json").json["matched"]
    assert [(one["code"], one["payments"], one["invoices"], one["residual"], one["full"]) for one in found] == [
        ("AA", ["VIR-1"], [{"number": "F-2", "amount": "600.00"}], "0.00", True)
    ]
    judged = house("evaluate-matching", "--truth", truth, "--json").json
    assert judged == {"precision": 1.0, "recall": 1.0, "exact_payments": 1.0, "proposed_recall": 1.0, "payments": 1}
    assert house("evaluate-matching", "--truth", tmp_path / "missing.csv", "--json").code == 1
