"""An SMS provider on loopback that does as it is told: it refuses, asks to wait, breaks off, falls silent, repeats itself."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from json import dumps
from typing import Any
from urllib.parse import parse_qs

from pydantic import SecretStr

ACCOUNT = "AC00000000000000000000000000000000"
TOKEN = "12345"
RESET = "reset"
"""The request is read, then the connection is torn down."""
SILENCE = "silence"
NONSENSE = "nonsense"
"""An answer 201 that is no JSON."""


@dataclass(frozen=True)
class Says:
    """An answer: status, the provider's error code, and headers."""

    status: int
    code: int | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


Answer = Says | str


@dataclass
class SmsProvider:
    """Takes every message, but for what `answers` says: the first for the first request, and so on; then it is itself again."""

    answers: list[Answer] = field(default_factory=list)
    taken: list[dict[str, str]] = field(default_factory=list)
    """What it has taken over, field by field: it alone knows."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request."""
    same_sid: bool = False
    base: str = ""

    def __post_init__(self) -> None:
        self._serial, self._hush = count(1), threading.Event()

    def settings(self, **more: Any) -> dict[str, Any]:
        """What the house is told of it."""
        usual = {
            "sms_account_sid": ACCOUNT,
            "sms_auth_token": SecretStr(TOKEN),
            "sms_from": "+33939031234",
            "sms_api_base": self.base,
        }
        return {**usual, **more}

    def _answer(self, handler: "_Handler") -> None:
        told = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        self.seen.append((handler.command, handler.path))
        answer = self.answers.pop(0) if self.answers else Says(201)
        if answer == SILENCE:
            self._hush.wait(30)
            handler.close_connection = True
            return
        fields = {name: values[0] for name, values in parse_qs(told, keep_blank_values=True).items()}
        if answer in (RESET, NONSENSE) or (isinstance(answer, Says) and answer.status == 201):
            self.taken.append(fields)
        if answer == RESET:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            return
        if answer == NONSENSE:
            answer = Says(201, body="<html>Welcome to the hotel's network</html>")
        assert isinstance(answer, Says)
        sid = f"SM{1 if self.same_sid else next(self._serial):032}"
        if answer.status == 201:
            shape: dict[str, Any] = {"sid": sid, "status": "queued", "error_code": answer.code, "num_segments": "1"}
        elif answer.status == 200:
            shape = {"sid": ACCOUNT, "friendly_name": "Atelier Morvan", "status": "active"}
        else:
            shape = {"status": answer.status, "code": answer.code, "message": answer.message}
        body = (dumps(shape) if answer.body is None else answer.body).encode()
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: SmsProvider

    def do_POST(self) -> None:
        self.provider._answer(self)

    do_GET = do_POST  # noqa: N815  the name http.server calls

    def log_message(self, *args: object) -> None:
        """Nobody listens."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request: Any) -> None:
        """Close without a farewell, so that what is torn down looks torn down."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection torn down on purpose is no fault."""


@contextmanager
def sms_provider(*answers: Answer, same_sid: bool = False) -> Iterator[SmsProvider]:
    """A provider for as long as the story lasts."""
    provider = SmsProvider(list(answers), same_sid=same_sid)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": provider}))
    provider.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider._hush.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


def numbers(taken: Sequence[Mapping[str, str]]) -> list[str]:
    """To whom messages went, in order of the numbers."""
    return sorted(fields["To"] for fields in taken)
