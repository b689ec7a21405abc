"""The web application of `crm serve`: an explicit, short list of routes, each answer with its protecting headers."""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm import migrations
from crm.bootstrap import Crm
from crm.core.errors import OutsideFault
from crm.core.i18n import use_language
from crm.web.webhooks import sms_routes

if TYPE_CHECKING:
    import uvicorn

_PROTECTING = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_AT_ONCE = 64
"""Requests at once; more are told to come back."""


class Protected:
    """Gives every answer its protecting headers, errors included; what is kept on the way is in the program's language."""

    def __init__(self, inner: ASGIApp, language: str) -> None:
        self._inner, self._language = inner, language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""
        use_language(self._language)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _PROTECTING.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._inner(scope, receive, sent)


def application(crm: Crm) -> ASGIApp:
    """Everything that answers from outside."""

    async def health(request: Request) -> Response:
        return await run_in_threadpool(_health, crm)

    return Protected(Starlette(routes=[Route("/health", health), *sms_routes(crm)]), crm.settings.language)


def _health(crm: Crm) -> Response:
    """Whether the program is up and its database answers; nothing about either."""
    try:
        fits = migrations.revision(crm.database) == migrations.HEAD
    except OutsideFault:
        fits = False
    return JSONResponse({"status": "ok" if fits else "down"}, 200 if fits else 503)


def server(crm: Crm, host: str, port: int) -> "uvicorn.Server":
    """The server, ready to run."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            application(crm),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=5,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )
