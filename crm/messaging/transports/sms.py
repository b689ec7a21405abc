"""SMS by Twilio: one request a message, never repeated once its bytes may have left, and every answer placed.

The provider's own client does the talking; only its HTTP layer is ours. It sends to another root where the settings name
one, keeps the answer with its headers, and tells a request that never left from one that may have.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm.core.errors import Invalid, OutsideFault
from crm.core.i18n import _
from crm.core.settings import Settings
from crm.messaging.backoff import Answer, Verdict
from crm.messaging.models import Channel, OutgoingMessage
from crm.messaging.numbers import is_e164
from crm.messaging.segments import MOST_PARTS, measured
from crm.messaging.transports import Handed

if TYPE_CHECKING:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

STATUS_PATH = "/hooks/sms/status"
"""Where the provider tells what became of a message; `crm serve` answers there."""
INBOUND_PATH = "/hooks/sms/inbound"
"""Where it hands over SMS that come in."""
PATIENCE = 90.0
"""Seconds a whole request may take: less than the lease of a message that is being sent."""
_CONNECT_PATIENCE, _READ_PATIENCE = 10.0, 60.0
_LINES = 4
_SERVICE = "MG"
_REPLY_LENGTH = 300
_LONGEST_WAIT = timedelta(days=1)

_NO_SUCH_NUMBER = {21211, 21614, 21610, 21217, 21421}
"""Not a number, not a mobile, or its owner has said STOP to the provider itself: nothing more goes there by SMS."""
_OUR_FAULT = {20003, 20404, 21212, 21603, 21606, 21659, 21660, 21701}
"""Account or sender: no message can leave as things are."""
GONE = {30005, 30006, 21610, 21211, 21614}
"""Error codes of a status report that say the number itself is none for SMS."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A message ready to be handed over."""

    to: str
    body: str
    status_callback: str
    at: datetime
    """The machine's time when it was made ready."""


@dataclass(frozen=True)
class SmsTransport:
    """The way out for SMS: the provider of the settings."""

    settings: Settings
    patience: float = PATIENCE
    read_patience: float = _READ_PATIENCE
    connections: int = _LINES
    channel: str = field(default=Channel.SMS.value, init=False)

    def prepare(self, message: OutgoingMessage, at: datetime) -> Sms:
        """The number, the text, and where its status is told.

        Raises:
            Invalid: no text, no number in E.164, or more text than a provider takes.
        """
        body = message.text.strip()
        if not body:
            raise Invalid(_("An SMS without a text is not sent."))
        if not is_e164(message.recipient):
            raise Invalid(_("“{number}” is no telephone number.").format(number=message.recipient[:40]))
        if (parts := measured(body).count) > MOST_PARTS:
            raise Invalid(
                _("This SMS would be billed as {count} messages: the most is {most}.").format(
                    count=parts, most=MOST_PARTS
                )
            )
        root = self.settings.public_url
        return Sms(message.recipient, body, f"{root}{STATUS_PATH}?message={message.id}" if root else "", at)

    async def connect(self) -> "SmsLine":
        """Nothing is opened before the first request; the settings are looked at.

        Raises:
            OutsideFault: account, token or sender is missing: all wait.
        """
        check_settings(self.settings)
        return SmsLine(self.settings, self.patience, self.read_patience)


def check_settings(settings: Settings) -> None:
    """Refuse settings with which no SMS can leave.

    Raises:
        OutsideFault: account, token or sender is missing.
    """
    missing = [
        name
        for name, value in (
            ("CRM_SMS_ACCOUNT_SID", settings.sms_account_sid),
            ("CRM_SMS_AUTH_TOKEN", settings.sms_auth_token),
            ("CRM_SMS_FROM", settings.sms_from),
        )
        if not value
    ]
    if missing:
        raise OutsideFault(
            _("No SMS can leave: {names} are not told.").format(names=", ".join(missing)),
            permanent=True,
            next_step=_("crm settings lists every setting with its meaning."),
        )


class _Never(Exception):
    """The request did not leave: nobody was there, or the connection was not to be trusted."""

    def __init__(self, why: str, *, ours: bool = False) -> None:
        super().__init__(why)
        self.ours = ours


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer of the provider."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def told(self) -> Mapping[str, Any]:
        """Its JSON object; empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def wait(self, now: datetime) -> timedelta | None:
        """How long the provider asks to be left alone, at most a day; None: it does not say."""
        asked = self.headers.get("Retry-After", "").strip()
        if not asked:
            return None
        try:
            pause = timedelta(seconds=int(asked))
        except (ValueError, OverflowError):
            try:
                moment = parsedate_to_datetime(asked)
            except ValueError:
                return None
            pause = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        return min(max(pause, timedelta(seconds=1)), _LONGEST_WAIT)


def _http_client(settings: Settings, read_patience: float) -> "TwilioHttpClient":
    """The provider's HTTP client, at the root of the settings, that remembers what it heard."""
    import requests
    from twilio.http.http_client import TwilioHttpClient
    from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError, SSLError

    root = settings.sms_api_base

    class HouseClient(TwilioHttpClient):  # type: ignore[misc]  # the library brings no types
        answered: Heard | None = None

        def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
            self.answered = None
            try:
                response = super().request(method, _rooted(url, root), *arguments, **options)
            except requests.exceptions.SSLError as fault:
                raise _Never(str(fault), ours=True) from fault
            except requests.exceptions.ConnectTimeout as fault:
                raise _Never(_("no answer")) from fault
            except requests.exceptions.ConnectionError as fault:
                cause = fault.args[0] if fault.args else None
                reason: HTTPError | object = cause.reason if isinstance(cause, MaxRetryError) else cause
                if isinstance(reason, NameResolutionError):
                    raise _Never(_("a server of this name is not known")) from fault
                if isinstance(reason, NewConnectionError):
                    raise _Never(_("nobody answers at this port")) from fault
                if isinstance(reason, SSLError):
                    raise _Never(str(reason), ours=True) from fault
                raise
            self.answered = Heard(response.status_code, response.text, response.headers or {})
            return response

    client = HouseClient()
    # Its constructor compares the patience with zero, and there are two of them.
    client.timeout = (_CONNECT_PATIENCE, read_patience)
    return client


def _rooted(url: str, root: str) -> str:
    """The address of a request at another root."""
    if not root:
        return url
    _scheme, _slashes, rest = url.partition("://")
    return f"{root}/{rest.partition('/')[2]}"


@dataclass
class SmsLine:
    """One request after the other to the provider, each in a thread: its client knows no other way."""

    settings: Settings
    patience: float
    read_patience: float
    usable: bool = True

    @cached_property
    def _http(self) -> "TwilioHttpClient":
        return _http_client(self.settings, self.read_patience)

    @cached_property
    def _client(self) -> "Client":
        from twilio.rest import Client

        secret = self.settings.sms_auth_token
        token = secret.get_secret_value() if secret else ""
        return Client(self.settings.sms_account_sid, token, http_client=self._http)

    @property
    def server(self) -> str:
        """The provider as people know it."""
        return self.settings.sms_api_base.partition("://")[2] or "api.twilio.com"

    async def send(self, prepared: Sms) -> Handed:
        """Hand one message over; what is not certain is said to be so."""
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.to_thread(self._sent, prepared)
        except TimeoutError:
            # The thread is left behind, and its connection with it.
            self.usable = False
            return self._uncertain(_("no answer"))

    def _sent(self, sms: Sms) -> Handed:
        heard = self._asked(sms)
        if isinstance(heard, Handed):
            return heard
        told = heard.told
        code, said = _number(told.get("code") or told.get("error_code")), str(told.get("message") or "")
        answer = Answer(heard.status, _shown(" ".join(filter(None, (str(code or ""), said)))))
        if 200 <= heard.status < 300:
            return self._taken(heard, told, answer, code)
        return Handed(
            verdict := _verdict(heard.status, code),
            answer,
            self._in_words(verdict, answer),
            wait=heard.wait(sms.at) if verdict is Verdict.RETRY else None,
        )

    def _asked(self, sms: Sms) -> "Heard | Handed":
        """The provider's answer, or what is known without one."""
        import requests
        from twilio.base.exceptions import TwilioException

        service = self.settings.sms_from.startswith(_SERVICE)
        sender = {"messaging_service_sid" if service else "from_": self.settings.sms_from}
        http: Any = self._http
        http.answered = None
        try:
            self._client.messages.create(
                to=sms.to,
                body=sms.body,
                **sender,
                **({"status_callback": sms.status_callback} if sms.status_callback else {}),
            )
        except _Never as fault:
            verdict = Verdict.STOP if fault.ours else Verdict.RETRY
            told = _("The SMS provider {server} cannot be reached: {why}.").format(
                server=self.server, why=_shown(str(fault))
            )
            return Handed(verdict, Answer(None, _shown(str(fault))), told)
        except (TwilioException, requests.exceptions.RequestException, OSError, ValueError, TypeError) as fault:
            # An answer that its client cannot read is still an answer.
            if http.answered is None:
                return self._uncertain(_shown(str(fault)) or type(fault).__name__)
        heard: Heard = http.answered
        return heard

    def _taken(self, heard: Heard, told: Mapping[str, Any], answer: Answer, code: int | None) -> Handed:
        sid, status = str(told.get("sid") or ""), str(told.get("status") or "")
        if not sid:
            return self._uncertain(_shown(heard.text))
        if status in {"failed", "undelivered", "canceled"}:
            verdict = Verdict.DEAD if code in _NO_SUCH_NUMBER else Verdict.FAILED
            return Handed(verdict, answer, self._in_words(verdict, answer), provider_id=sid)
        words = _("Taken over by {server}: {answer}").format(server=self.server, answer=sid)
        return Handed(Verdict.SENT, Answer(heard.status, sid), words, provider_id=sid)

    def _uncertain(self, why: str) -> Handed:
        told = _("No answer came after the message had been handed to {server}: it may have arrived ({answer})")
        return Handed(Verdict.UNCERTAIN, Answer(None, why), told.format(server=self.server, answer=why))

    def _in_words(self, verdict: Verdict, answer: Answer) -> str:
        match verdict:
            case Verdict.RETRY:
                told = _("{server} asks to come back later: {answer}")
            case Verdict.DEAD:
                told = _("{server} sends no SMS to this number: {answer}")
            case Verdict.STOP:
                told = _("{server} does not accept us as the sender: {answer}")
            case _:
                told = _("{server} refuses the message: {answer}")
        return told.format(server=self.server, answer=" ".join(filter(None, (str(answer.code or ""), answer.text))))

    async def close(self) -> None:
        """Let go of the connection."""
        if "_http" in self.__dict__ and self._http.session is not None:
            self._http.session.close()


def _verdict(status: int, code: int | None) -> Verdict:
    if status == 429 or status >= 500:
        return Verdict.RETRY
    if code in _NO_SUCH_NUMBER:
        return Verdict.DEAD
    if code in _OUR_FAULT or status in {401, 403, 404, 405} or 300 <= status < 400:
        return Verdict.STOP
    return Verdict.FAILED


def _number(value: object) -> int | None:
    return int(str(value)) if str(value).isdigit() else None


def _shown(text: str) -> str:
    """A provider's words on one line: they are data, and may hold anything."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_REPLY_LENGTH]


def genuine(token: str, url: str, told: Any, signature: str) -> bool:
    """Whether a request to our webhook is the provider's: its signature is made of the address, the fields and our token.

    `told` are the fields (anything with `getlist`), or the body as text where the address carries its digest.
    """
    from twilio.request_validator import RequestValidator

    return bool(token and signature) and RequestValidator(token).validate(url, told, signature)


def try_account(settings: Settings) -> str:
    """Ask the provider for our own account: nothing is sent. Returns the account's name.

    Raises:
        OutsideFault: settings are missing, the provider is away, or refuses us.
    """
    check_settings(settings)
    line = SmsLine(settings, PATIENCE, _CONNECT_PATIENCE)
    http: Any = line._http
    try:
        line._client.api.v2010.accounts(settings.sms_account_sid).fetch()
    except _Never as fault:
        raise OutsideFault(
            _("The SMS provider {server} cannot be reached: {why}.").format(server=line.server, why=_shown(str(fault)))
        ) from fault
    except Exception as fault:  # the provider's client raises many kinds; the answer it heard tells which
        heard: Heard | None = http.answered
        if heard is None or not 200 <= heard.status < 300:
            why = (
                f"{heard.status} {_shown(str(heard.told.get('message', '')))}".strip() if heard else _shown(str(fault))
            )
            raise OutsideFault(
                _("The SMS provider {server} refuses the account: {why}.").format(server=line.server, why=why),
                permanent=heard is not None,
                next_step=_("Check CRM_SMS_ACCOUNT_SID and CRM_SMS_AUTH_TOKEN, then: crm doctor."),
            ) from fault
    finally:
        http.session.close()
    answered: Heard = http.answered
    return str(answered.told.get("friendly_name") or settings.sms_account_sid)
