"""E-mail by aiosmtplib: pooled connections, checked certificates, and every fault placed before or after the final dot."""

import asyncio
import errno
import json
import socket
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, cast

from crm.core.errors import Invalid, OutsideFault
from crm.core.i18n import _
from crm.core.settings import Settings
from crm.core.spool import Spool, Upload
from crm.messaging.backoff import Answer, Stage, Verdict, judge
from crm.messaging.mime import Assembled, Attachment, Mail, assemble, split_sender, wire_address
from crm.messaging.models import Channel, OutgoingMessage, Purpose
from crm.messaging.transports import Handed

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponse
    from aiosmtplib.protocol import SMTPProtocol

PATIENCE = 100.0
"""Seconds a whole hand-over may take: less than the lease of a message that is being sent."""
_CONNECT_PATIENCE = 30.0
_FAREWELL_PATIENCE = 5.0
LISTENING = 0.001
"""Seconds to listen before the final dot: most servers that hang up in the middle of a text are heard by then."""
_UNKNOWN_METHOD = 504
_CLOSING = 421
_REPLY_LENGTH = 300


@dataclass(frozen=True)
class EmailTransport:
    """The way out for e-mail: the mail server of the settings."""

    settings: Settings
    spool: Spool
    trust: ssl.SSLContext | None = None
    """Which certificates are believed; None: those the machine trusts."""
    patience: float = PATIENCE
    listening: float = LISTENING
    channel: str = field(default=Channel.EMAIL.value, init=False)

    @property
    def connections(self) -> int:
        """As many as the settings allow."""
        return self.settings.smtp_connections

    @property
    def server(self) -> str:
        """The server as people know it."""
        return f"{self.settings.smtp_host}:{self.settings.smtp_port}"

    def prepare(self, message: OutgoingMessage, at: datetime) -> "Parcel":
        """The bytes of a message, its files read from the spool.

        Raises:
            Invalid: an address is not one, or a header holds a line's end.
            NotFound: a file is no longer at hand.
        """
        name, address = split_sender(message.sender_address or self.settings.mail_from)
        marketing = message.purpose == Purpose.CAMPAIGN.value
        mail = assemble(
            Mail(
                message_id=message.message_id,
                date=at,
                sender=address,
                sender_name=message.sender_name or name,
                recipient=message.recipient,
                recipient_name=message.recipient_name,
                reply_to=message.reply_to,
                subject=message.subject,
                text=message.text,
                html=message.html,
                unsubscribe=message.unsubscribe if marketing else "",
                attachments=[self._read(told) for told in json.loads(message.attachments)],
            )
        )
        return Parcel(mail, own_sender=address != split_sender(self.settings.mail_from)[1])

    def _read(self, told: dict[str, str]) -> Attachment:
        with self.spool.open(Upload(name=told["name"], sha256=told["sha256"])) as stream:
            return Attachment(told["name"], told.get("media_type", ""), stream.read())

    async def connect(self) -> "EmailLine":
        """Connect, encrypt as the settings ask, and log in.

        Raises:
            OutsideFault: no server is told, it is away, it refuses us, or its certificate cannot be trusted.
        """
        from aiosmtplib import SMTP

        self._check_settings()
        encrypted = self.settings.smtp_tls == "tls"
        client = SMTP(
            hostname=self.settings.smtp_host,
            port=self.settings.smtp_port,
            timeout=min(_CONNECT_PATIENCE, self.patience),
            use_tls=encrypted,
            start_tls=False,
            tls_context=self._trusted if self.settings.smtp_tls != "none" else None,
            local_hostname=_our_name(),
        )
        await self._step(client, Stage.TLS if encrypted else Stage.CONNECT, client.connect())
        if self.settings.smtp_tls == "starttls":
            await self._step(client, Stage.TLS, client.starttls())
        await self._step(client, Stage.CONNECT, _greeted(client))
        if self.settings.smtp_username:
            await self._step(client, Stage.LOGIN, self._login(client))
        return EmailLine(client, self.server, self.patience, self.listening)

    def _check_settings(self) -> None:
        """Without a server or a sender no message is at fault: all wait."""
        complete = _("Give CRM_SMTP_HOST, CRM_SMTP_PORT and CRM_MAIL_FROM their values.")
        if not self.settings.smtp_host:
            told = _("No mail server is told: nothing can leave by e-mail.")
            raise OutsideFault(told, permanent=True, next_step=complete)
        try:
            wire_address(split_sender(self.settings.mail_from)[1])
        except Invalid:
            told = _("“{text}” is no sender of e-mails.").format(text=self.settings.mail_from[:60])
            raise OutsideFault(told, permanent=True, next_step=complete) from None

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return self.trust or ssl.create_default_context()

    async def _step(self, client: "SMTP", stage: Stage, doing: Awaitable[object]) -> None:
        from aiosmtplib import SMTPException

        try:
            await doing
        except (SMTPException, OSError, ValueError) as fault:
            client.close()
            raise self._told(stage, fault) from fault

    def _told(self, stage: Stage, fault: Exception) -> OutsideFault:
        cause = fault.__cause__ if isinstance(fault.__cause__, ssl.SSLError) else fault
        why, answered = _why(cause), not isinstance(fault, (ConnectionError, TimeoutError))
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = _("The certificate of the mail server {server} cannot be trusted: {why}.")
            return OutsideFault(said.format(server=self.server, why=cause.verify_message), permanent=True)
        if isinstance(cause, ssl.SSLError) or (stage is Stage.TLS and answered):
            return OutsideFault(
                _("The mail server {server} refuses the encrypted connection: {why}.").format(
                    server=self.server, why=why
                ),
                permanent=True,
                next_step=_("CRM_SMTP_TLS says how the connection is protected: tls, starttls or none."),
            )
        if stage is Stage.LOGIN and answered:
            return OutsideFault(
                _("The mail server {server} refuses the account {account}: {why}.").format(
                    server=self.server, account=self.settings.smtp_username, why=why
                ),
                permanent=True,
                next_step=_("Check CRM_SMTP_USERNAME and CRM_SMTP_PASSWORD, then: crm doctor."),
            )
        return OutsideFault(
            _("The mail server {server} does not let us in: {why}.").format(server=self.server, why=why),
            next_step=_(
                "Messages wait meanwhile; none is lost or sent twice. Check CRM_SMTP_HOST and the network: they leave once it answers."
            ),
        )

    async def _login(self, client: "SMTP") -> None:
        """One try with one method: a wrong password tried three times over eight connections locks an account."""
        from aiosmtplib import SMTPAuthenticationError, SMTPException

        secret = self.settings.smtp_password
        password = secret.get_secret_value() if secret else ""
        plain_first = ("plain", "login", "cram-md5")
        wanted = plain_first if self.settings.smtp_tls != "none" else plain_first[::-1]
        offered = [method for method in wanted if method in client.server_auth_methods]
        if not offered:
            raise SMTPException(_("it offers no way to log in"))
        ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        for method in offered:
            try:
                await ways[method](self.settings.smtp_username, password)
            except SMTPAuthenticationError as refusal:
                if refusal.code != _UNKNOWN_METHOD or method == offered[-1]:
                    raise
            else:
                return


@dataclass(frozen=True, slots=True)
class Parcel:
    """An e-mail ready to be handed over."""

    mail: Assembled
    own_sender: bool
    """Whether its sender is another than that of the settings: refused, only this message is at fault."""


async def _greeted(client: "SMTP") -> None:
    from aiosmtplib import SMTPHeloError

    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _our_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and name.isprintable() and name and " " not in name else "localhost"


def _why(fault: BaseException) -> str:
    cause = fault.__cause__ or fault
    if isinstance(fault, TimeoutError):
        return _("no answer")
    if isinstance(cause, socket.gaierror):
        return _("a server of this name is not known")
    # Where a name has several addresses, asyncio tells all their faults in one text.
    if isinstance(cause, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(cause):
        return _("nobody answers at this port")
    code, text = getattr(fault, "code", None), str(getattr(fault, "message", "") or fault)
    return _shown(f"{code} {text}" if code else text).rstrip(".") or type(fault).__name__


def _shown(text: str) -> str:
    """A server's words on one line: they are data, and may hold anything."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:_REPLY_LENGTH]


@dataclass
class EmailLine:
    """One conversation with the mail server."""

    client: "SMTP"
    server: str
    patience: float
    listening: float
    used: bool = False

    @property
    def usable(self) -> bool:
        """Whether the server is still there."""
        return self.client.is_connected

    async def send(self, prepared: Parcel) -> Handed:
        """Hand one message over; what is not certain is said to be so."""
        from aiosmtplib import SMTPException

        said, late = _Said(), False
        try:
            async with asyncio.timeout(self.patience):
                await self._converse(prepared.mail, said)
        except (SMTPException, OSError, ValueError) as fault:
            # An answer that is no SMTP counts as none.
            said.answer, late = Answer(None, _why(fault)), isinstance(fault, TimeoutError)
            self.client.close()
        verdict = judge(said.stage, said.answer)
        if verdict is Verdict.STOP and prepared.own_sender and said.stage is Stage.SENDER:
            verdict = Verdict.FAILED
        if verdict is not Verdict.SENT:
            await self._recover(said.answer)
        unbegun = self.used and said.stage is Stage.SENDER and not late and said.answer.code in (None, _CLOSING)
        self.used = True
        answer = Answer(said.answer.code, _shown(said.answer.text))
        return Handed(verdict, answer, self._in_words(verdict, said), unbegun)

    async def _converse(self, mail: Assembled, said: "_Said") -> None:
        options = []
        if mail.international:
            if not self.client.supports_extension("smtputf8"):
                said.stage = Stage.RECIPIENT
                said.answer = Answer(553, _("5.6.7 the server takes no address with an accent before the @"))
                return
            options = [b"SMTPUTF8", b"BODY=8BITMIME"]
        if not await self._asked(said, Stage.SENDER, b"MAIL", f"FROM:<{mail.sender}>".encode(), *options):
            return
        if not await self._asked(said, Stage.RECIPIENT, b"RCPT", f"TO:<{mail.recipient}>".encode()):
            return
        if not await self._asked(said, Stage.DATA, b"DATA", wanted=3):
            return
        await self._write(mail.data)
        await self._asked(said, Stage.DOT, b".")

    async def _asked(self, said: "_Said", stage: Stage, *command: bytes, wanted: int = 2) -> bool:
        """Say one line and hear the answer; True to go on. Once the line is out, the stage is reached."""
        protocol = self._protocol
        said.stage = stage
        response: SMTPResponse = await protocol.execute_command(*command)
        said.answer = Answer(response.code, response.message)
        return response.code // 100 == wanted

    @property
    def _protocol(self) -> "SMTPProtocol":
        protocol = self.client.protocol
        if protocol is None or not protocol.is_connected:
            raise ConnectionResetError(_("the connection was closed"))
        return protocol

    async def _write(self, data: bytes) -> None:
        """Write the text and see it off: the final dot is only said over a connection that has taken everything before it."""
        protocol = self._protocol
        transport = cast("asyncio.WriteTransport", protocol.transport)
        transport.set_write_buffer_limits(high=0)
        protocol.write(data.replace(b"\r\n.", b"\r\n.."))
        await protocol._drain_helper()
        # From the dot on nobody would know whether the message was taken.
        await asyncio.sleep(self.listening)

    async def _recover(self, answer: Answer) -> None:
        """Bring the server back to where the next message can begin, or hang up."""
        from aiosmtplib import SMTPException

        if not self.usable or answer.code == _CLOSING:
            self.client.close()
            return
        with suppress(SMTPException, OSError):
            await self.client.rset(timeout=min(_CONNECT_PATIENCE, self.patience))
            return
        self.client.close()

    def _in_words(self, verdict: Verdict, said: "_Said") -> str:
        answer = " ".join(filter(None, (str(said.answer.code or ""), _shown(said.answer.text))))
        match verdict:
            case Verdict.SENT:
                told = _("Taken over by {server}: {answer}")
            case Verdict.RETRY if said.answer.code is None:
                told = _("The connection to {server} was lost before the message was handed over: {answer}")
            case Verdict.RETRY:
                told = _("{server} asks to come back later: {answer}")
            case Verdict.DEAD:
                told = _("{server} knows no such address: {answer}")
            case Verdict.UNCERTAIN:
                told = _("No answer came after the message had been handed to {server}: it may have arrived ({answer})")
            case Verdict.STOP:
                told = _("{server} does not accept us as the sender: {answer}")
            case _:
                told = _("{server} refuses the message: {answer}")
        return told.format(server=self.server, answer=answer)

    async def close(self) -> None:
        """Say goodbye, and wait only a little for the answer."""
        from aiosmtplib import SMTPException

        with suppress(SMTPException, OSError):
            await self.client.quit(timeout=_FAREWELL_PATIENCE)
        self.client.close()


@dataclass
class _Said:
    """How far the conversation got, and the last answer."""

    stage: Stage = Stage.SENDER
    answer: Answer = field(default_factory=lambda: Answer(None))


def try_server(transport: EmailTransport) -> None:
    """Connect, encrypt, log in and leave: nothing is sent.

    Raises:
        OutsideFault: one of them failed.
    """

    async def tried() -> None:
        line = await transport.connect()
        await line.close()

    asyncio.run(tried())
