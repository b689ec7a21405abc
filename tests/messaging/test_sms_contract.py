"""The provider's own description of its interface, served by a contract mock: what we send is what it asks for."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from letters import gone_live, mailing, queued, the_one
from pydantic import SecretStr
from servers import CI
from sms_provider import ACCOUNT, TOKEN

DESCRIPTION = Path(__file__).parent.parent / "data" / "sms" / "twilio_api_v2010_messages.json"
NO_MOCK = "CRM_TEST_PRISM names no prism of @stoplight/prism-cli, and none is on the PATH"


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of the mock, for as long as these stories last."""
    prism = os.environ.get("CRM_TEST_PRISM") or shutil.which("prism")
    if prism is None or shutil.which("node") is None:
        if CI:
            pytest.fail(NO_MOCK)
        pytest.skip(NO_MOCK)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [prism, "mock", "--host", "127.0.0.1", "--port", str(port), "--errors", str(DESCRIPTION)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Prism is listening" in line:
                break
        else:
            pytest.fail(f"The mock did not start: {''.join(said)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def texting(crm, mock, **options):
    told = {"sms_account_sid": ACCOUNT, "sms_auth_token": SecretStr(TOKEN), "sms_from": "+33939031234"}
    house = mailing(crm, live=False, **{**told, "sms_api_base": mock, "public_url": "https://r.example.fr", **options})
    gone_live(house, "sms")
    return house


def test_a_message_fits_the_description(crm, mock):
    house = texting(crm, mock)
    queued(house, "+33612345678", channel="sms", text="Atelier Morvan : la facture F-1 reste à régler, 1250,50 €.")
    assert house.dispatch() == {"sent": 1}, the_one(house).reason


def test_so_does_one_of_a_messaging_service(crm, mock):
    house = texting(crm, mock, sms_from="MG00000000000000000000000000000000")
    queued(house, "+33612345678", channel="sms", text="日本 🙂")
    assert house.dispatch() == {"sent": 1}, the_one(house).reason


def test_a_request_that_does_not_fit_it_is_refused(crm, mock):
    house = texting(crm, mock, sms_account_sid="not an account")
    queued(house, "+33612345678", channel="sms", text="Bonjour")
    assert house.dispatch() == {"failed": 1}
    assert "422" in the_one(house).reason


def test_what_the_description_lets_through_is_refused_by_us(crm, mock):
    house = texting(crm, mock)
    queued(house, "+33612345678", channel="sms", text=" ")
    assert house.dispatch() == {"failed": 1}
    assert the_one(house).reason == "An SMS without a text is not sent."
