"""A bank statement comes in, is matched, what is doubtful is decided, and the next reminders leave the payers alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Told

CUSTOMERS = """number;name;regime;address;postal_code;city;contact_name;email
C-1;Menuiserie Kerbrat;B2B;1 rue du Port;29200;Brest;Anne;anne@kerbrat.example
C-2;Garage Abgrall;B2B;2 rue du Port;29200;Brest;Yves;yves@abgrall.example
C-3;Imprimerie Salaün;B2B;3 rue du Port;29200;Brest;Luc;luc@salaun.example
"""
INVOICES = """number;customer;issue_date;due_date;total_incl_tax
F2026-0113;C-1;2026-10-10;2026-11-09;120.00
F2026-0200;C-2;2026-10-11;2026-11-10;250.00
F2026-0201;C-2;2026-10-12;2026-11-11;250.00
F2026-0300;C-3;2026-10-13;2026-11-12;90.00
"""
STATEMENT = """:20:STARTUMS
:25:FR7630006000011234567890189
:28C:00001/001
:60F:C261120EUR1000,00
:61:2611231123C120,00NTRFNONREF//BANK-1
:86:VIR SEPA MENUISERIE KERBRAT F2026-0113
:61:2611231123C250,00NTRFNONREF//BANK-2
:86:VIR SEPA GARAGE ABGRALL
:61:2611231123D310,00NDDTNONREF//BANK-3
:86:PRLV URSSAF BRETAGNE
:62F:C261123EUR1060,00
-
"""
Shell = Callable[..., Told]


@pytest.fixture
def house(shell: Shell, tmp_path: Path) -> Shell:
    """A company with three debtors."""
    for name, text in (("customers.csv", CUSTOMERS), ("invoices.csv", INVOICES), ("statement.sta", STATEMENT)):
        (tmp_path / name).write_text(text, "utf-8")
    assert shell("update-company", "--name", "Comptoir d'Armor", "--yes").code == 0
    assert shell("import-data", tmp_path / "customers.csv", tmp_path / "invoices.csv", "--yes").code == 0
    return shell


def verdicts(house: Shell) -> dict[str, str]:
    """Customer → what becomes of its reminder today."""
    return {one["customer"]: one["verdict"] for one in house("preview-dunning", "--json").json["messages"]}


def test_from_the_statement_to_reminders_that_leave_payers_alone(house, tmp_path):
    assert verdicts(house) == {"C-1": "send", "C-2": "send", "C-3": "send"}

    (file,) = house("import-data", tmp_path / "statement.sta", "--yes", "--json").json["files"]
    assert (file["kind"], file["read"], file["created"]) == ("mt940", 3, 3)
    assert house("aged-balance", "--json").json["currencies"]["EUR"]["total"] == "710.00"

    found = house("match-payments", "--yes", "--json").json
    assert [(one["customer"], one["code"]) for one in found["matched"]] == [("C-1", "AA")]
    assert [(one["customer"], one["amount"]) for one in found["proposed"]] == [("C-2", "250.00")]
    assert [one["reason"] for one in found["set_aside"]] == ["social"]
    assert verdicts(house) == {"C-2": "ask", "C-3": "send"}
    (asked,) = [one for one in house("preview-dunning", "--json").json["messages"] if one["customer"] == "C-2"]
    assert any("250" in str(reason) for reason in asked["reasons"])

    (line,) = house("list-bank-lines", "--json").json["lines"]
    decided = house("confirm-match", "--line", line["id"], "--candidate", "1", "--yes", "--json").json["matched"]
    assert [(one["customer"], one["full"]) for one in decided] == [("C-2", True)]
    assert house("list-bank-lines", "--json").json["counts"] == {"to_decide": 0, "matched": 2, "aside": 1}

    (left,) = [one for one in house("preview-dunning", "--json").json["messages"] if one["customer"] == "C-2"]
    assert left["total"] == "250.00"
    run = house("run-dunning", "--yes", "--json").json["messages"]
    assert {one["customer"] for one in run} == {"C-2", "C-3"}
    assert house("aged-balance", "--json").json["currencies"]["EUR"]["total"] == "340.00"


def test_the_night_matches_before_it_reminds(house, tmp_path):
    house("import-data", tmp_path / "statement.sta", "--yes")
    steps = house("nightly", "--json").json["steps"]
    assert [step["action"] for step in steps] == [
        *("match_payments", "record_entries", "score_risk", "refresh_segments", "run_dunning", "send_thanks"),
        *("run_quote_followup", "note_night", "send_digest"),
    ]
    assert all(step["problem"] is None for step in steps)
    queued = {one["customer"] for one in house("list-messages", "--json").json["messages"]}
    assert queued == {"C-3"}


def test_an_old_statement_lets_a_person_decide(house, tmp_path):
    old = (
        STATEMENT.replace("261123", "261110")
        .replace("1123C", "1110C")
        .replace("1123D", "1110D")
        .replace("261120", "261109")
    )
    (tmp_path / "old.sta").write_text(old, "utf-8")
    house("import-data", tmp_path / "old.sta", "--yes")
    assert verdicts(house) == {"C-1": "ask", "C-2": "ask", "C-3": "ask"}
    (text,) = {one["text"] for one in house("preview-dunning", "--json").json["messages"] if one["customer"] == "C-3"}
    assert "10 novembre 2026" in text or "10/11/2026" in text
