"""What an answer of a mail server means, and when to try again.

What matters is how far the message got. Before its final dot is on the wire a server cannot have taken it: trying again
does no harm. From the dot on only an answer tells; without one nobody knows. An answer about us rather than about the
message (password, encryption, sender) stops the whole run: everything goes back to the outbox.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """How far a conversation with the server got."""

    CONNECT = 1
    TLS = 2
    LOGIN = 3
    SENDER = 4
    RECIPIENT = 5
    DATA = 6
    """The server was asked to take the text, or the text was on its way."""
    DOT = 7
    """The final dot may have left: the message may be taken."""


class Verdict(StrEnum):
    """What becomes of the message."""

    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    DEAD = "dead"
    """Failed, and nothing goes to this address any more."""
    UNCERTAIN = "uncertain"
    STOP = "stop"
    """It goes back to the outbox, and so does every other: the fault is ours or the server's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer; `code` is None when there was none."""

    code: int | None
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced code (RFC 3463) the text begins with, or nothing."""
        found = _ENHANCED.match(self.text)
        return found[0] if found else ""

    @property
    def shown(self) -> str:
        """Both codes: `550 5.1.1`."""
        return f"{self.code or ''} {self.enhanced}".strip()


_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_NO_SUCH_ADDRESS = re.compile(r"5\.(?:1\.(?:[0-36]|10)|2\.1)\b")
_LOGIN_WANTED = 530
_NO_SUCH_MAILBOX = {550, 551, 553}

_MINUTES = (1, 5, 15, 60)
_THEN_MINUTES = 240
GIVE_UP_AFTER = timedelta(days=3)


def judge(stage: Stage, answer: Answer) -> Verdict:
    """What an answer at a stage means for the message."""
    code = answer.code
    if stage <= Stage.LOGIN or code == _LOGIN_WANTED:
        return Verdict.STOP
    if code is None or not 200 <= code < 600:
        return Verdict.UNCERTAIN if stage is Stage.DOT else Verdict.RETRY
    if code < 400:
        return Verdict.SENT if stage is Stage.DOT and code < 300 else _out_of_step(stage)
    if code < 500:
        return Verdict.RETRY
    if stage is Stage.SENDER:
        return Verdict.STOP
    if stage is Stage.RECIPIENT and _is_dead(answer):
        return Verdict.DEAD
    return Verdict.FAILED


def _out_of_step(stage: Stage) -> Verdict:
    """An answer that belongs to another question: it proves nothing."""
    return Verdict.UNCERTAIN if stage is Stage.DOT else Verdict.RETRY


def _is_dead(answer: Answer) -> bool:
    # A refusal by policy (5.7.1) or a full mailbox (5.2.2) says nothing against the address itself.
    if answer.enhanced:
        return _NO_SUCH_ADDRESS.match(answer.enhanced) is not None
    return answer.code in _NO_SUCH_MAILBOX


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts: 1, 5, 15, 60 minutes, then every 4 hours; None after three days."""
    wait = timedelta(minutes=_MINUTES[attempts - 1] if attempts <= len(_MINUTES) else _THEN_MINUTES)
    return wait if _waited_before(attempts) + wait <= GIVE_UP_AFTER else None


def _waited_before(attempts: int) -> timedelta:
    early = min(attempts - 1, len(_MINUTES))
    return timedelta(minutes=sum(_MINUTES[:early]) + _THEN_MINUTES * (attempts - 1 - early))


def pause_after(failures: int) -> timedelta:
    """How long a worker leaves a server alone that has not let it in so many times in a row: 10 s, doubled up to 5 minutes."""
    return timedelta(seconds=min(10 << (min(failures, 10) - 1), 300))
