"""Signed links that expire: a token names a subject for one purpose until a day, and nobody can make or change one.

The same input gives the same token, so that a message renders the same twice. A token keeps nothing secret: its
subject can be read by whoever holds it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date

from crm.core.calendar import long_date
from crm.core.errors import Invalid, NotAllowed
from crm.core.i18n import _

MAX_SUBJECT = 200
"""Bytes of a subject."""
_MARK = 16  # half of a SHA-256: 128 bits that nobody guesses, in a link that stays short
_DAY = 3
_MAX_TOKEN = -(-(_MARK + _DAY + MAX_SUBJECT) * 4 // 3)


class LinkRefused(NotAllowed):
    """A link that was not made here, was changed, or is for something else; which of them is not told."""

    def __init__(self) -> None:
        super().__init__(
            _("This link does not work."),
            next_step=_("Take it whole from the message you received, or ask us for a new one."),
        )


class LinkExpired(NotAllowed):
    """A link that was good until a day that has passed."""

    def __init__(self, expires: date) -> None:
        super().__init__(
            _("This link was good until {day}.").format(day=long_date(expires)),
            next_step=_("Ask us for a new one: it takes a moment."),
        )
        self.expires = expires


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes and opens tokens with one secret."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("links are signed with a secret")

    def token(self, purpose: str, subject: str, expires: date) -> str:
        """A token for a subject, good for one purpose, up to and including a day.

        Raises:
            Invalid: the subject is longer than a link may carry.
        """
        named = subject.encode()
        if len(named) > MAX_SUBJECT:
            raise Invalid(_("“{text}” is too long for a link.").format(text=subject[:60]))
        content = expires.toordinal().to_bytes(_DAY) + named
        return _spelt(self._mark(purpose, content) + content)

    def open(self, token: str, purpose: str, today: date) -> str:
        """The subject of a token.

        Raises:
            LinkRefused: not a token of ours for this purpose.
            LinkExpired: its last day has passed.
        """
        raw = _read(token)
        mark, content = raw[:_MARK], raw[_MARK:]
        if len(content) < _DAY or not hmac.compare_digest(mark, self._mark(purpose, content)):
            raise LinkRefused
        expires = date.fromordinal(int.from_bytes(content[:_DAY]))
        if today > expires:
            raise LinkExpired(expires)
        return content[_DAY:].decode()

    def _mark(self, purpose: str, content: bytes) -> bytes:
        # A key of its own for each purpose: no content of one can pass for that of another.
        key = hmac.digest(self.secret, f"link for {purpose}".encode(), "sha256")
        return hmac.digest(key, content, "sha256")[:_MARK]


def _spelt(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _read(token: str) -> bytes:
    if not 0 < len(token) <= _MAX_TOKEN:
        raise LinkRefused
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise LinkRefused from None
    if _spelt(raw) != token:  # the decoder skips foreign characters and spare bits: one content, one token
        raise LinkRefused
    return raw
