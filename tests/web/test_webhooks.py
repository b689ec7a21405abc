"""What the SMS provider tells us, over a real socket: only what it has signed is heard, and each thing once."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from build import TODAY, a_customer, counts
from pydantic import SecretStr
from sqlmodel import col, select
from starlette.datastructures import ImmutableMultiDict

from crm.bootstrap import Crm
from crm.customers.consents import refusals
from crm.customers.models import Consent, Customer
from crm.customers.tasks import Task
from crm.messaging.inbound import is_stop
from crm.messaging.models import DeadAddress, Delivery, InboundMessage, OutgoingMessage
from crm.messaging.transports.sms import genuine
from crm.web.app import server

VECTORS = json.loads((Path(__file__).parent.parent / "data/sms/twilio_webhook_signature_vectors.json").read_text())
PUBLIC, TOKEN, ANNE = "https://r.example.fr", "12345", "+33612345678"


@dataclass
class Door:
    """The web door, open on a free port of loopback."""

    crm: Crm
    port: int

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]  # read before the line is closed
        line.close()
        return answer

    def told(self, path: str, fields: Mapping[str, str], *, token: str = TOKEN, root: str = PUBLIC) -> Any:
        """A request as the provider would make it."""
        return self.ask(
            "POST",
            path,
            urlencode(fields).encode(),
            Content_Type="application/x-www-form-urlencoded",
            X_Twilio_Signature=signed(root + path, fields, token),
        )


def signed(url: str, fields: Mapping[str, str], token: str) -> str:
    whole = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()).decode()


@contextmanager
def opened(crm: Crm, **options: Any) -> Iterator[Door]:
    told = {"public_url": PUBLIC, "sms_auth_token": SecretStr(TOKEN), **options}
    crm.settings = crm.settings.model_copy(update=told)
    running = server(crm, "127.0.0.1", 0)
    ready = threading.Event()
    startup = running.startup

    async def started(*given: Any, **more: Any) -> None:
        await startup(*given, **more)
        ready.set()

    running.startup = started  # type: ignore[method-assign]  # to know when it listens, without waiting
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield Door(crm, running.servers[0].sockets[0].getsockname()[1])
    finally:
        running.should_exit = True
        thread.join(30)


@pytest.fixture
def door(crm: Crm) -> Iterator[Door]:
    with opened(crm) as found:
        yield found


def sent(crm: Crm, number: str = ANNE, *, state: str = "sent", purpose: str = "dunning", sid: str = "SM1") -> int:
    """An SMS of ours that the provider has."""
    with crm.database.writing() as session:
        owner = session.exec(select(Customer.id)).first()
        serial = len(session.exec(select(OutgoingMessage.id)).all())
        row = OutgoingMessage(
            purpose=purpose, customer_id=owner, channel="sms", recipient=number, text="Bonjour", day=TODAY, state=state,
            queued_at=datetime(2026, 11, 24, tzinfo=UTC), message_id=f"<{serial}@x>", dedupe_key=f"story/{serial}",
            attempts=1,
        )  # fmt: skip  # read as a table: columns side by side
        session.add(row)
        session.flush()
        session.add(
            Delivery(message_id=row.id, attempt=1, at=row.queued_at, outcome=state, provider_id=sid if sid else "")
        )
        session.commit()
        return row.id


def state(crm: Crm) -> tuple[str, str]:
    with crm.database.reading() as session:
        row = session.exec(select(OutgoingMessage)).one()
        return row.state, row.reason


def rows(crm: Crm, kind: Any) -> list[Any]:
    with crm.database.reading() as session:
        return list(session.exec(select(kind).order_by(col(kind.id))).all())


# The signature


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_signatures_are_those_the_provider_publishes(vector):
    told = vector["body"] if "body" in vector else ImmutableMultiDict([tuple(pair) for pair in vector["params"]])
    assert genuine(VECTORS["auth_token"], vector["url"], told, vector["signature"]) is vector["valid"]


def test_without_a_token_or_a_signature_nothing_is_genuine():
    first = VECTORS["vectors"][0]
    told = ImmutableMultiDict([tuple(pair) for pair in first["params"]])
    assert not genuine("", first["url"], told, first["signature"])
    assert not genuine("12345", first["url"], told, "")


def test_a_wrong_signature_is_refused_and_changes_nothing(door):
    key = sent(door.crm)
    before = counts(door.crm)
    fields = {"MessageSid": "SM1", "MessageStatus": "failed", "To": ANNE}
    path = f"/hooks/sms/status?message={key}"
    assert door.told(path, fields, token="wrong").status == 403
    assert door.told(path, fields, root="https://other.example").status == 403
    assert door.ask("POST", path, urlencode(fields).encode()).status == 403
    other = signed(PUBLIC + path, {**fields, "MessageStatus": "delivered"}, TOKEN)
    assert door.ask("POST", path, urlencode(fields).encode(), X_Twilio_Signature=other).status == 403
    assert counts(door.crm) == before


def test_without_our_own_token_everything_is_refused(crm):
    with opened(crm, sms_auth_token=None) as door:
        assert door.told("/hooks/sms/inbound", {"MessageSid": "SM9", "From": ANNE, "Body": "STOP"}).status == 403


def test_without_a_public_address_the_one_that_was_called_is_signed(crm):
    with opened(crm, public_url="") as door:
        fields = {"MessageSid": "SM9", "From": ANNE, "Body": "Bonjour"}
        assert door.told("/hooks/sms/inbound", fields, root=f"http://127.0.0.1:{door.port}").status == 200


# What is no request of the provider's


def test_a_body_without_end_is_cut_off(door):
    assert door.ask("POST", "/hooks/sms/status", b"a=" + b"b" * 70_000).status == 413


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=%ff", b"&".join(b"a%d=1" % place for place in range(200))])
def test_what_is_no_form_is_told_so(door, body):
    assert door.ask("POST", "/hooks/sms/inbound", body).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/hooks/sms/status", 405),
        ("GET", "/", 404),
        ("GET", "/health/..%2f..%2fetc/passwd", 404),
        ("POST", "/actions/undo", 404),
        ("POST", "/hooks/sms/inbound", 403),
    ],
)
def test_there_are_few_routes_and_each_answer_is_protected(door, method, path, status):
    answer = door.ask(method, path)
    assert answer.status == status
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Server" not in answer.headers


def test_health_says_whether_the_database_answers_and_nothing_else(door):
    assert json.loads(door.ask("GET", "/health").body) == {"status": "ok"}


# Status reports


def report(door, key, status, error="", sid="SM1", to=ANNE):
    fields = {"MessageSid": sid, "MessageStatus": status, "To": to, **({"ErrorCode": error} if error else {})}
    assert door.told(f"/hooks/sms/status?message={key}", fields).status == 204


def test_a_delivery_is_noted_once(door):
    key = sent(door.crm)
    for status in ("sent", "delivered", "delivered", "sent"):
        report(door, key, status)
    assert state(door.crm) == ("sent", "Delivered.")
    assert [each.outcome for each in rows(door.crm, Delivery)] == ["sent", "delivered"]


@pytest.mark.parametrize(("error", "marked"), [("30005", True), ("30006", True), ("30003", False), ("", False)])
def test_what_did_not_arrive_has_failed_and_a_number_that_is_none_is_marked(door, error, marked):
    key = sent(door.crm)
    report(door, key, "undelivered", error)
    report(door, key, "failed", error)
    found, why = state(door.crm)
    assert found == "failed"
    assert why == f"Not delivered: {f'undelivered {error}'.strip()}."
    assert [each.outcome for each in rows(door.crm, Delivery)] == ["sent", "undelivered"]
    assert [each.address for each in rows(door.crm, DeadAddress)] == ([ANNE] if marked else [])


@pytest.mark.parametrize("status", ["queued", "sent", "delivered"])
def test_a_report_settles_a_doubt(door, status):
    key = sent(door.crm, state="uncertain", sid="")
    report(door, key, status)
    assert state(door.crm)[0] == "sent"


def test_a_report_finds_its_message_by_the_provider_s_number_too(door):
    sent(door.crm)
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": ANNE}
    assert door.told("/hooks/sms/status", fields).status == 204
    assert state(door.crm)[1] == "Delivered."


def test_a_report_of_another_s_message_changes_nothing(door):
    key = sent(door.crm)
    before = counts(door.crm)
    report(door, key, "failed", "30005", to="+33600000000")
    report(door, 999, "failed", "30005")
    report(door, key, "read")
    assert door.told("/hooks/sms/status?message=1%27+OR+1=1", {"MessageStatus": "failed"}).status == 204
    assert counts(door.crm) == before


# What comes in


def came_in(door, text, sid="SM7", sender=ANNE):
    answer = door.told("/hooks/sms/inbound", {"MessageSid": sid, "From": sender, "To": "+33939031234", "Body": text})
    assert answer.status == 200
    assert answer.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def test_stop_said_to_a_reminder_moves_reminders_and_tells_a_person(door):
    a_customer(door.crm, "C-1", "Dupont", account_manager="")
    sent(door.crm)
    came_in(door, "STOP")
    consents = [(row.purpose, row.granted, row.address, row.source) for row in rows(door.crm, Consent)]
    assert consents == [
        ("marketing", False, ANNE, "sms SM7"),
        ("reminders", False, ANNE, "sms SM7"),
    ]
    (task,) = rows(door.crm, Task)
    assert task.note == "Dupont answers STOP to a reminder: reminders take another way from now on. Agree on one?"
    with door.crm.database.reading() as session:
        assert refusals(session, "sms")["reminders"] == {ANNE}


def test_stop_said_to_advertising_silences_no_reminder(door):
    a_customer(door.crm, "C-1", "Dupont")
    sent(door.crm, purpose="campaign")
    came_in(door, "Stop.")
    assert [row.purpose for row in rows(door.crm, Consent)] == ["marketing"]


def test_the_same_message_twice_is_once(door):
    a_customer(door.crm, "C-1", "Dupont")
    sent(door.crm)
    came_in(door, "STOP")
    before = {table: number for table, number in counts(door.crm).items() if "journal" not in table}
    came_in(door, "STOP")
    came_in(door, "something else under the same number")
    after = {table: number for table, number in counts(door.crm).items() if "journal" not in table}
    assert after == before


def test_any_other_message_is_kept_and_shown_to_a_person(door):
    a_customer(door.crm, "C-1", "Dupont", phone="06 12 34 56 78")
    came_in(door, "Stop, j'ai payé hier par virement")
    (kept,) = rows(door.crm, InboundMessage)
    assert kept.customer_id is not None, "known by the contact's number"
    assert rows(door.crm, Consent) == []
    (task,) = rows(door.crm, Task)
    assert task.note == "SMS from Dupont: read it and answer.\n\nStop, j'ai payé hier par virement"


def test_a_number_of_nobody_is_kept_too(door):
    came_in(door, "Allô ?", sender="+33699999999")
    (kept,) = rows(door.crm, InboundMessage)
    assert (kept.customer_id, kept.sender) == (None, "+33699999999")


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop !", "STOP SMS", "ARRÊT", "Arretez", "STOPALL", "désabonnement"]
)
def test_these_mean_stop(text):
    assert is_stop(text)


@pytest.mark.parametrize("text", ["", "stopper la livraison de mardi svp", "Non stop", "Stop, j'ai payé hier", "ok"])
def test_these_do_not(text):
    assert not is_stop(text)
