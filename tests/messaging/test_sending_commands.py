"""`crm dispatch` and `crm worker`: what they print, how they end."""

import json
import os
import signal
import subprocess
import sys

import pytest
from letters import mailing, queued, standing
from post_office import HANG_UP, post_office

from crm.bootstrap import Crm
from crm.core.calendar import Clock
from crm.core.settings import Settings


@pytest.fixture
def mail_to(shell, monkeypatch):
    """Lets the commands mail to a port; gives the same house as they open."""

    def told(port: int):
        for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("TLS", "none"), ("CONNECTIONS", "2")):
            monkeypatch.setenv(f"CRM_SMTP_{name}", value)
        monkeypatch.setenv("CRM_MAIL_FROM", "Atelier Morvan <compta@morvan.example>")
        crm = Crm(Settings.load(), Clock.at("2026-11-24"))
        return mailing(crm, live=False)

    return told


def test_once_delivers_what_is_due_and_counts(shell, mail_to):
    with post_office({"RCPT": ["250 ok", "550 5.1.1 unknown", "451 later"]}) as office:
        house = mail_to(office.port)
        assert shell("go-live", "--channel", "email", "--yes").code == 0
        queued(house, "a@x.example", "b@x.example", "c@x.example")
        done = shell("dispatch", "--once", "--json")
        assert (done.code, done.json) == (0, {"sent": 1, "failed": 1, "retry": 1, "uncertain": 0, "held": 0})
        assert shell("dispatch", "--once").out.strip() == "0 messages sent"
        listed = shell("list-messages", "--json").json["messages"]
        assert sorted(line["state"] for line in listed) == ["failed", "retry", "sent"]


def test_a_server_that_is_away_ends_it_with_exit_code_3(shell, mail_to):
    with post_office() as office:
        pass
    house = mail_to(office.port)
    shell("go-live", "--channel", "email", "--yes")
    queued(house, "a@x.example")
    done = shell("dispatch", "--once", "--json")
    assert done.code == 3
    assert done.json["error"]["family"] == "OutsideFault"
    assert "waits in the outbox" in done.json["error"]["message"]
    assert standing(house) == ["queued"]


def test_the_doctor_tries_the_mail_server_and_sends_nothing(shell, mail_to):
    def found() -> dict[str, str]:
        checks = shell("doctor", "--json").json["checks"]
        return next(check for check in checks if check["name"] == "E-mail")

    assert found()["state"] == "warning"
    with post_office() as office:
        mail_to(office.port)
        assert found()["state"] == "ok"
    assert office.seen["MAIL"] == 0
    assert found()["state"] == "failed"
    with post_office({"EHLO": HANG_UP}) as office:
        mail_to(office.port)
        assert found()["state"] == "failed"


@pytest.mark.parametrize("command", [["dispatch"], ["worker"]])
def test_until_stopped_means_until_a_signal_comes(shell, mail_to, command):
    with post_office() as office:
        house = mail_to(office.port)
        shell("go-live", "--channel", "email", "--yes")
        queued(house, "a@x.example", "b@x.example")
        program = subprocess.Popen(
            [sys.executable, "-m", "crm.cli", *command, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
        )  # fmt: skip  # read as a table: columns side by side
        try:
            office.wait_for(2)
            program.send_signal(signal.SIGTERM)
            out, err = program.communicate(timeout=60)
        finally:
            program.kill()
    assert program.returncode == 0, err
    assert json.loads(out)["sent"] == 2
    assert standing(house) == ["sent", "sent"]
