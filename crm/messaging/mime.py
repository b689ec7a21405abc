"""The bytes of an e-mail, put together by hand: fifteen times faster than `EmailMessage`, and proved equal by its parser.

Nothing that could end a header line gets into one: such a value is refused before anything leaves. Addresses go over the
wire in ASCII where they can: an international domain by IDNA, an accent before the @ by SMTPUTF8.
"""

import hmac
import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr, quote
from functools import lru_cache
from urllib.parse import quote as percent

from crm.core.errors import Invalid
from crm.core.i18n import _

_MIXED = "=_mixed"
_ALTERNATIVE = "=_alternative"
# Neither can stand in a body: in quoted-printable "=" is followed by digits or the line's end, base64 has no "_".

_WORD_BYTES = 39
"""UTF-8 bytes in one encoded word, so that "Subject: " and it keep within the 76 characters of RFC 2047."""
_LONGEST_NAME = 80
_NEVER_IN_A_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN_TEXT = re.compile(r"[!-~](?:[ -~]{0,58}[!-~])?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+){0,9}")
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail says, before it is bytes."""

    message_id: str
    date: datetime
    sender: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    sender_name: str = ""
    recipient_name: str = ""
    reply_to: str = ""
    unsubscribe: str = ""
    """The page that ends messages of this kind; marketing only."""
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Assembled:
    """An e-mail as it goes over the wire: the envelope, and its bytes with CR LF at each line's end."""

    sender: str
    recipient: str
    data: bytes

    @property
    def international(self) -> bool:
        """Whether an address needs SMTPUTF8."""
        return not (self.sender.isascii() and self.recipient.isascii())


def assemble(mail: Mail) -> Assembled:
    """Put an e-mail together.

    Raises:
        Invalid: an address is not one, a header would hold a line's end, or a text is not Unicode.
    """
    sender, recipient = wire_address(mail.sender), wire_address(mail.recipient)
    parts = [f"{line}\r\n".encode() for line in _headers(mail, sender, recipient)]
    if mail.attachments:
        parts.append(f'Content-Type: multipart/mixed; boundary="{_MIXED}"\r\n\r\n--{_MIXED}\r\n'.encode())
        parts += [*_body(mail), *(piece for file in mail.attachments for piece in _attached(file))]
        parts.append(f"--{_MIXED}--\r\n".encode())
    else:
        parts += _body(mail)
    return Assembled(sender, recipient, b"".join(parts))


def message_id(dedupe_key: str, sender: str, secret: bytes) -> str:
    """The Message-ID of what a key stands for: the same each time it is asked, and nobody else's."""
    digest = hmac.new(secret, f"Message-ID\n{dedupe_key}".encode(), "sha256").hexdigest()[:40]
    return f"<{digest}@{wire_address(sender).rpartition('@')[2]}>"


@lru_cache(maxsize=2_048)
def wire_address(address: str) -> str:
    """An address as servers are told it: its domain in ASCII and lower case.

    Raises:
        Invalid: it is not a plain `name@domain`.
    """
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        raise _not_an_address(address)
    domain = domain.lower() if domain.isascii() else _idna(domain, address)
    if not _DOMAIN.fullmatch(domain):
        raise _not_an_address(address)
    return f"{local}@{domain}"


@lru_cache(maxsize=256)
def split_sender(text: str) -> tuple[str, str]:
    """`Atelier Morvan <compta@morvan.example>` → name and address; the name may be left out."""
    return parseaddr(text)


def _idna(domain: str, address: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise _not_an_address(address) from None


def _not_an_address(address: str) -> Invalid:
    return Invalid(_("“{text}” is not an e-mail address.").format(text=address.strip()[:60]))


def _headers(mail: Mail, sender: str, recipient: str) -> Iterator[str]:
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise Invalid(_("“{text}” is not a Message-ID.").format(text=mail.message_id[:60]))
    yield f"Date: {format_datetime(mail.date)}"
    yield f"From: {_mailbox(mail.sender_name, sender)}"
    yield f"To: {_mailbox(mail.recipient_name, recipient)}"
    if mail.reply_to:
        yield f"Reply-To: {wire_address(mail.reply_to)}"
    yield f"Subject: {_unstructured(mail.subject)}"
    yield f"Message-ID: {mail.message_id}"
    if mail.unsubscribe:
        yield f"List-Unsubscribe: <{_web_address(mail.unsubscribe)}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "MIME-Version: 1.0"


def _checked(value: str) -> str:
    if _NEVER_IN_A_HEADER.search(value):
        raise Invalid(_("“{text}” holds a line's end or a control character.").format(text=_visible(value)))
    return value.strip(" ")


def _visible(value: str) -> str:
    return _NEVER_IN_A_HEADER.sub("·", value)[:60]


def _web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[!-;=?-~]{1,400}", url):
        raise Invalid(_("“{text}” is not the address of a page.").format(text=_visible(url)))
    return url


def _unstructured(value: str) -> str:
    value = _checked(value)
    return value if not value or (_PLAIN_TEXT.fullmatch(value) and "=?" not in value) else _encoded(value)


def _mailbox(name: str, address: str) -> str:
    name = " ".join(_checked(name).split())
    if not name:
        return address
    if _PLAIN_NAME.fullmatch(name) and len(name) <= _LONGEST_NAME // 2:
        shown = name
    elif _PLAIN_TEXT.fullmatch(name) and "=?" not in name:
        shown = f'"{quote(name)}"'
    else:
        shown = _encoded(name)
    return f"{shown}\r\n <{address}>"


def _encoded(value: str) -> str:
    """A text as encoded words (RFC 2047), cut between characters."""
    data, words = value.encode(), []
    while len(data) > _WORD_BYTES:
        cut = _WORD_BYTES
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        words.append(data[:cut])
        data = data[cut:]
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in (*words, data))


def _body(mail: Mail) -> Iterator[bytes]:
    if not mail.html:
        yield from _written("plain", mail.text)
        return
    yield f'Content-Type: multipart/alternative; boundary="{_ALTERNATIVE}"\r\n\r\n--{_ALTERNATIVE}\r\n'.encode()
    yield from _written("plain", mail.text)
    yield f"--{_ALTERNATIVE}\r\n".encode()
    yield from _written("html", mail.html)
    yield f"--{_ALTERNATIVE}--\r\n".encode()


def _written(kind: str, text: str) -> Iterator[bytes]:
    try:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    except UnicodeEncodeError:
        raise Invalid(_("The text of the message holds characters that are none.")) from None
    yield f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    # The encoder copies the kind of line's end it finds first: there has to be one.
    yield b2a_qp(lines if lines.endswith(b"\r\n") else lines + b"\r\n", istext=True)


def _attached(file: Attachment) -> Iterator[bytes]:
    name = _checked(file.name)[-_LONGEST_NAME:]
    kind = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    plain = name.isascii() and '"' not in name and "\\" not in name
    told = f'filename="{name}"' if plain else f"filename*=utf-8''{percent(name, safe='')}"
    yield f"--{_MIXED}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n".encode()
    yield f"Content-Disposition: attachment;\r\n {told}\r\n\r\n".encode()
    yield encodebytes(file.content).replace(b"\n", b"\r\n")
