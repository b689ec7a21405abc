"""What the SMS provider tells us: status reports and SMS that come in. Only what carries its signature is heard."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crm.bootstrap import Crm
from crm.core.consent import Actor, ActorKind
from crm.messaging.inbound import ReceiveSms
from crm.messaging.receipts import Receipt, note_receipt
from crm.messaging.transports.sms import INBOUND_PATH, STATUS_PATH, genuine

_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 100
_SIGNATURE = "X-Twilio-Signature"
_SILENT_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""To an SMS that came in: nothing is answered by itself."""

Fields = ImmutableMultiDict[str, str]


def sms_routes(crm: Crm) -> Sequence[Route]:
    """The provider's routes."""

    async def status(request: Request) -> Response:
        fields = await _heard(crm, request)
        if isinstance(fields, Response):
            return fields
        await run_in_threadpool(_note, crm, fields, request.query_params.get("message", ""))
        return Response(status_code=204)

    async def inbound(request: Request) -> Response:
        fields = await _heard(crm, request)
        if isinstance(fields, Response):
            return fields
        await run_in_threadpool(_receive, crm, fields)
        return Response(_SILENT_ANSWER, media_type="text/xml")

    return [Route(STATUS_PATH, status, methods=["POST"]), Route(INBOUND_PATH, inbound, methods=["POST"])]


async def _heard(crm: Crm, request: Request) -> Fields | Response:
    """The fields of a request that is the provider's; else the refusal."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BODY:
            return PlainTextResponse("Too much.", 413)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return PlainTextResponse("These are no fields of a form.", 400)
    fields = ImmutableMultiDict(pairs)
    secret = crm.settings.sms_auth_token
    token = secret.get_secret_value() if secret else ""
    if not genuine(token, _address(crm, request), fields, request.headers.get(_SIGNATURE, "")):
        return PlainTextResponse("This is not signed by the provider.", 403)
    return fields


def _address(crm: Crm, request: Request) -> str:
    """The address the provider has signed: ours as customers know it, whatever a proxy made of it on the way."""
    root = crm.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{root}{request.url.path}{query}"


def _note(crm: Crm, fields: Fields, message: str) -> None:
    error = fields.get("ErrorCode", "")
    receipt = Receipt(
        sid=fields.get("MessageSid") or fields.get("SmsSid", ""),
        to=fields.get("To", ""),
        status=fields.get("MessageStatus") or fields.get("SmsStatus", ""),
        error=int(error) if error.isascii() and error.isdigit() else None,
        message=int(message) if message.isascii() and message.isdigit() and len(message) < 19 else None,
    )
    note_receipt(crm.database, receipt, crm.clock.machine_now())


def _receive(crm: Crm, fields: Fields) -> None:
    sid, sender = fields.get("MessageSid") or fields.get("SmsSid", ""), fields.get("From", "")
    if sid and sender:
        action = ReceiveSms(sid=sid[:64], sender=sender[:40], text=fields.get("Body", "")[:2000])
        crm.runner.run(action, Actor(ActorKind.SCHEDULER, "SMS", door="web"))
