"""From files to a message on a real mail server, through the command line: seen before it leaves, sent once, explained."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "messaging"))

from post_office import post_office

CUSTOMERS = """number;name;regime;contact_name;email
C-1;Boulangerie Dubois;B2B;Mme Durand;compta@dubois.example
C-2;Garage Lefèvre;B2B;M. Lefèvre;compta@lefevre.example
C-3;Sans Adresse;B2B;;
"""
INVOICES = """number;customer;issue_date;due_date;total_incl_tax
F-1;C-1;2026-10-20;2026-11-19;1250.50
F-2;C-2;2026-09-30;2026-10-30;800.00
F-3;C-3;2026-10-20;2026-11-19;90.00
F-4;C-1;2026-11-20;2026-12-20;300.00
"""


@pytest.fixture
def house(shell, tmp_path, monkeypatch):
    """A company whose customers owe it something."""
    monkeypatch.setenv("CRM_MAIL_FROM", "compta@morvan.example")
    monkeypatch.setenv("CRM_SMTP_TLS", "none")
    for name, text in (("customers.csv", CUSTOMERS), ("invoices.csv", INVOICES)):
        (tmp_path / name).write_text(text, "utf-8")
        assert shell("import-data", tmp_path / name, "--yes").code == 0
    assert shell("update-company", "--name", "Atelier Morvan", "--sender-name", "Lucie Bernard", "--yes").code == 0
    return shell


def at(monkeypatch, office):
    monkeypatch.setenv("CRM_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("CRM_SMTP_PORT", str(office.port))


def states(shell, **more):
    return sorted(message["state"] for message in shell("list-messages", "--json").json["messages"])


def test_nothing_leaves_before_it_is_switched_on(house, monkeypatch):
    with post_office() as office:
        at(monkeypatch, office)
        run = house("run-dunning", "--yes", "--json").json
        assert run["counts"] == {"send": 2, "ask": 0, "hold": 1}
        assert states(house) == ["rehearsed", "rehearsed"]
        assert house("dispatch", "--once", "--json").json == {
            "sent": 0,
            "failed": 0,
            "retry": 0,
            "uncertain": 0,
            "held": 0,
        }
        assert house("go-live", "--channel", "email", "--yes").code == 0
        assert house("dispatch", "--once", "--json").json["sent"] == 0
        assert office.taken == []


def test_what_is_previewed_is_what_arrives_once(house, monkeypatch):
    house("go-live", "--channel", "email", "--yes")
    seen = {message["customer"]: message for message in house("preview-dunning", "--json").json["messages"]}
    assert seen["C-3"]["verdict"] == "hold"
    assert (seen["C-1"]["level"], seen["C-1"]["invoices"], seen["C-1"]["total"]) == (1, ["F-1"], "1250.50")
    assert (seen["C-2"]["level"], seen["C-2"]["total"]) == (2, "800.00")
    house("run-dunning", "--yes", "--json")
    with post_office() as office:
        at(monkeypatch, office)
        assert house("dispatch", "--once", "--json").json["sent"] == 2
        assert house("dispatch", "--once", "--json").json["sent"] == 0
        assert house("run-dunning", "--yes", "--json").json["counts"]["send"] == 0
        assert house("dispatch", "--once", "--json").json["sent"] == 0
    arrived = {message["To"].partition("<")[2].strip(">") or message["To"]: message for message in office.messages}
    assert set(arrived) == {"compta@dubois.example", "compta@lefevre.example"}
    text = arrived["compta@dubois.example"].get_payload(0).get_payload(decode=True).decode()
    assert text.replace("\r\n", "\n").strip() == seen["C-1"]["text"].strip()
    assert arrived["compta@dubois.example"]["List-Unsubscribe"] is None
    assert set(office.ids.values()) == {1}


def test_a_server_that_is_down_loses_nothing(house, monkeypatch):
    house("go-live", "--channel", "email", "--yes")
    house("run-dunning", "--yes")
    with post_office() as office:
        closed = office.port
    monkeypatch.setenv("CRM_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("CRM_SMTP_PORT", str(closed))
    told = house("dispatch", "--once", "--json")
    assert told.code in {0, 3}
    assert set(states(house)) <= {"queued", "retry"}


def test_an_address_that_does_not_exist_is_never_written_to_again(house, monkeypatch):
    house("go-live", "--channel", "email", "--yes")
    house("run-dunning", "--yes")
    with post_office({"RCPT compta@dubois.example": "550 5.1.1 no such user"}) as office:
        at(monkeypatch, office)
        counts = house("dispatch", "--once", "--json").json
    assert (counts["sent"], counts["failed"]) == (1, 1)
    (held,) = [
        message for message in house("preview-dunning", "--json").json["messages"] if message["customer"] == "C-1"
    ]
    assert (held["verdict"], held["to"]) == ("hold", "")
    assert "compta@dubois.example" in " ".join(held["reasons"])


def test_money_that_came_in_between_holds_the_message(house, monkeypatch, tmp_path):
    house("go-live", "--channel", "email", "--yes")
    house("run-dunning", "--yes")
    paid = INVOICES.replace("total_incl_tax", "total_incl_tax;paid_date").replace("1250.50", "1250.50;2026-11-23")
    (tmp_path / "again.csv").write_text(paid, "utf-8")
    assert house("import-data", tmp_path / "again.csv", "--yes").code == 0
    with post_office() as office:
        at(monkeypatch, office)
        counts = house("dispatch", "--once", "--json").json
        assert (counts["sent"], counts["held"]) == (1, 1)
        assert len(office.taken) == 1


def test_why_is_nothing_sent_is_a_command(house):
    answer = house("explain-dunning", "--customer", "C-3", "--json").json["answers"][0]
    assert answer["verdict"] == "hold"
    assert answer["reasons"]


def test_the_night_sends_what_is_ready_and_leaves_proposals(house, monkeypatch, tmp_path):
    house("go-live", "--channel", "email", "--yes")
    (tmp_path / "money.csv").write_text("reference;customer;date;amount\nV-1;C-2;2026-11-23;100.00\n", "utf-8")
    house("import-data", tmp_path / "money.csv", "--yes")
    assert house("nightly", "--json").code == 0
    assert [message["customer"] for message in house("list-messages", "--json").json["messages"]] == ["C-1"]
    waiting = {one["action"]: one for one in house("list-proposals", "--json").json["proposals"]}
    assert set(waiting) == {"run_dunning", "confirm_match"}
    assert waiting["run_dunning"]["fields"]["customer"] == "C-2"
    assert house("nightly", "--date", "2026-11-24", today=None).code == 0
    assert house("nightly", "--date", "2026-11-25").code == 2
