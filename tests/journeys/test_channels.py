"""The channels through the command line: live one by one, printed, posted, examined without sending anything."""

from pathlib import Path

import pytest

CUSTOMERS = """number;name;regime;contact_name;phone;email;address;postal_code;city
C-1;Dupont;B2B;Mme Durand;06 12 34 56 78;;3 rue du Four;35000;Rennes
"""
INVOICES = """number;customer;issue_date;due_date;total_incl_tax
F-1;C-1;2026-08-01;2026-09-20;1250.50
"""


@pytest.fixture
def office(shell, tmp_path):
    """A company with one customer who has a mobile and no e-mail address."""
    for name, text in (("customers.csv", CUSTOMERS), ("invoices.csv", INVOICES)):
        (tmp_path / name).write_text(text)
        assert shell("import-data", tmp_path / name, "--yes").code == 0
    told = ("--name", "Atelier Morvan", "--phone", "0240123456")
    assert shell("update-company", *told, "--yes").code == 0
    return shell


def test_a_customer_without_an_address_is_reminded_by_sms_once_it_is_live(office):
    assert office("preview-dunning", "--json").json["counts"]["send"] == 0
    assert office("go-live", "--channel", "sms", "--yes", "--json").json["live"] is True
    (message,) = office("preview-dunning", "--json").json["messages"]
    assert (message["channel"], message["to"], message["verdict"]) == ("sms", "+33612345678", "send")
    assert office("run-dunning", "--yes").code == 0
    (line,) = office("list-messages", "--json").json["messages"]
    assert (line["channel"], line["state"]) == ("sms", "queued")
    shown = office("show-message", "--message", line["id"], "--json").json
    assert (shown["segments"], shown["alphabet"]) == (1, "GSM-7")


@pytest.mark.parametrize("channel", ["sms", "letter", "registered_letter", "phone", "screen"])
def test_each_channel_goes_live_by_itself(shell, channel):
    shell("go-live", "--channel", channel, "--yes")
    assert shell("show-outbox", "--json").json["live"] == [channel]


def test_the_doctor_looks_at_each_channel(shell, monkeypatch, tmp_path):
    found = {check["name"]: check for check in shell("doctor", "--json", today=None).json["checks"]}
    assert found["SMS"]["state"] == found["Letters"]["state"] == "ok"
    monkeypatch.setenv("CRM_LETTER_FOLDER", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CRM_SMS_ACCOUNT_SID", "AC1")
    told = shell("doctor", "--json", today=None)
    found = {check["name"]: check for check in told.json["checks"]}
    assert told.code == 1
    assert found["SMS"]["state"] == found["Letters"]["state"] == "failed"
    assert "CRM_SMS_AUTH_TOKEN" in found["SMS"]["message"]


def test_settings_lists_the_folder_of_letters(shell):
    names = {line["environment"] for line in shell("settings", "--json").json["settings"]}
    assert {
        "CRM_LETTER_FOLDER",
        "CRM_SMS_ACCOUNT_SID",
        "CRM_SMS_AUTH_TOKEN",
        "CRM_SMS_FROM",
        "CRM_SMS_API_BASE",
    } <= names


def test_no_letter_to_print_is_told(shell, tmp_path):
    told = shell("print-letters", "--out", tmp_path / "letters.pdf")
    assert told.code == 1
    assert list(Path(tmp_path).glob("*.pdf")) == []


def test_a_formal_notice_is_printed_posted_and_received(office, tmp_path):
    office("go-live", "--channel", "sms", "--yes")
    office("go-live", "--channel", "registered_letter", "--yes")
    for day in ("2026-11-02", "2026-11-10"):
        assert office("run-dunning", "--yes", today=day).code == 0
    days = {"2026-11-18": 4, "2026-11-24": 4}
    for day in days:
        office("run-dunning", "--yes", today=day)
    letters = [
        line for line in office("list-messages", "--json").json["messages"] if line["channel"] == "registered_letter"
    ]
    assert len(letters) == 1
    out = tmp_path / "letters.pdf"
    told = office("print-letters", "--out", out, "--json").json
    assert told["letters"] == [letters[0]["id"]]
    assert out.read_bytes().startswith(b"%PDF-")
    assert Path(told["list"]).read_bytes().startswith(b"%PDF-")
    posted = office("record-posting", "--message", letters[0]["id"], "--tracking", "1A 2", "--yes", "--json").json
    assert (posted["tracking"], posted["told_by"]) == ("1A 2", "sms")
    received = office(
        "record-reception", "--message", letters[0]["id"], "--date", "2026-11-27", "--yes", "--json", today="2026-11-28"
    )
    assert received.json["received"] == "2026-11-27"
    assert office("print-letters", "--out", out).code == 1, "what is posted is not printed again"
