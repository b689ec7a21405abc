"""Servers that others wrote: aiosmtpd with passwords and encryption, and Postfix's `smtp-sink`."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from letters import addresses, mailing, queued, standing
from pydantic import SecretStr

from crm.core.errors import OutsideFault
from crm.messaging.dispatcher import Interrupted
from crm.messaging.transports.email import EmailTransport, try_server

PEM = Path(__file__).with_name("localhost.pem")
"""A certificate for localhost that only these tests trust, with its key."""


class Keeper:
    """Keeps what comes in; some recipients are unknown or come too early."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.early = {"early@x.example"}

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802  aiosmtpd's name
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        if address in self.early:
            self.early.discard(address)
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # named by its library
        self.kept.append(envelope)
        return "250 2.0.0 kept"


@contextmanager
def aiosmtpd(**options: Any) -> Iterator[tuple[Keeper, int]]:
    """A real server on a free port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keeper = Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield keeper, port
    finally:
        controller.stop()


def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


@pytest.fixture
def trusted(monkeypatch):
    """The machine trusts the certificate of these tests."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))


def only_lucie(server, session, envelope, mechanism, auth_data) -> AuthResult:
    right = isinstance(auth_data, LoginPassword) and auth_data == LoginPassword(b"lucie", b"s3cret")
    return AuthResult(success=right, handled=right)


def at_home(crm, port: int, **options: Any):
    return mailing(crm, smtp_host="localhost", smtp_port=port, **options)


def test_a_real_server_takes_greylists_and_refuses(crm):
    with aiosmtpd() as (keeper, port):
        home = at_home(crm, port)
        queued(home, *addresses(30), "gone@x.example", "early@x.example")
        assert home.dispatch() == {"sent": 30, "failed": 1, "retry": 1}
    assert sorted(envelope.rcpt_tos[0] for envelope in keeper.kept) == sorted(addresses(30))
    assert keeper.kept[0].content.count(b"\r\n.la facture reste") == 1, "a leading dot comes out as one"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it is, from the first byte
@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_it_logs_in_over_an_encrypted_line(crm, trusted, way):
    options: dict[str, Any] = {"authenticator": only_lucie, "auth_required": True}
    options |= (
        {"tls_context": server_side(), "require_starttls": True}
        if way == "starttls"
        else {"ssl_context": server_side()}
    )
    if way == "tls":
        options["auth_require_tls"] = False
    with aiosmtpd(**options) as (keeper, port):
        home = at_home(crm, port, smtp_tls=way, smtp_username="lucie", smtp_password=SecretStr("s3cret"))
        queued(home, *addresses(5))
        try_server(EmailTransport(home.settings, home.spool))
        assert keeper.kept == []
        assert home.dispatch() == {"sent": 5}
    assert len(keeper.kept) == 5


def test_a_wrong_password_is_told_and_nothing_leaves(crm, trusted):
    with aiosmtpd(authenticator=only_lucie, auth_required=True, tls_context=server_side()) as (keeper, port):
        home = at_home(crm, port, smtp_tls="starttls", smtp_username="lucie", smtp_password=SecretStr("wrong"))
        queued(home, *addresses(5))
        with pytest.raises(Interrupted, match=r"refuses the account lucie: 535 5\.7\.8"):
            home.dispatch()
        with pytest.raises(OutsideFault, match="refuses the account lucie"):
            try_server(EmailTransport(home.settings, home.spool))
    assert standing(home) == ["queued"] * 5
    assert keeper.kept == []


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(crm, way):
    options = {"tls_context": server_side()} if way == "starttls" else {"ssl_context": server_side()}
    with aiosmtpd(**options) as (keeper, port):
        home = at_home(crm, port, smtp_tls=way)
        queued(home, "anne@dubois.example")
        with pytest.raises(
            Interrupted,
            match=r"certificate of the mail server localhost:\d+ cannot be trusted: self.signed certificate",
        ):
            home.dispatch()
    assert standing(home) == ["queued"]
    assert keeper.kept == []


def test_a_certificate_of_another_server_is_not_believed(crm, trusted):
    with aiosmtpd(tls_context=server_side()) as (_keeper, port):
        home = mailing(crm, smtp_host="127.0.0.2", smtp_port=port, smtp_tls="starttls")
        queued(home, "anne@dubois.example")
        with pytest.raises(Interrupted):
            home.dispatch()
    assert standing(home) == ["queued"]


def test_postfix_takes_everything_once(crm, tmp_path):
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("smtp-sink of Debian's postfix is not on this machine")
        pytest.skip("smtp-sink of Debian's postfix is not on this machine")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    counters = tmp_path / "counters"
    with counters.open("w") as out:
        sink = subprocess.Popen([program, *user, "-c", f"127.0.0.1:{port}", "20"], stdout=out)
    try:
        _wait_for(port)
        home = at_home(crm, port)
        queued(home, *addresses(40))
        assert home.dispatch() == {"sent": 40}
        assert home.dispatch() == {}
    finally:
        sink.terminate()
        sink.wait()
    assert standing(home) == ["sent"] * 40
    assert counters.read_text().replace("\r", "\n").split()[-1] == "mesg=40"


def _wait_for(port: int) -> None:
    for _try in range(500):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    pytest.fail("smtp-sink does not come up")
