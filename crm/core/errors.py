"""Seven families of error. Each carries a sentence for the reader and, where there is one, the next step.

Doors map a family once: to an exit code, a notification, a question in the chat.
"""

import errno
from collections.abc import Sequence
from typing import ClassVar

from crm.core.i18n import _, mark

_CAUSES = {
    errno.ENOENT: mark("no such file or folder"),
    errno.EACCES: mark("it is not open to you"),
    errno.EPERM: mark("it is not open to you"),
    errno.EROFS: mark("the disk can only be read"),
    errno.ENOSPC: mark("the disk is full"),
    errno.EISDIR: mark("it is a folder"),
    errno.ENOTDIR: mark("its folder is a file"),
    errno.ENAMETOOLONG: mark("its name is too long"),
}


class CrmError(Exception):
    """Something that is told to the person, never shown as a traceback."""

    family: ClassVar[str] = "Error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class NotFound(CrmError):
    """What was named does not exist; `candidates` are the closest names."""

    family = "NotFound"

    def __init__(self, message: str, candidates: Sequence[str] = (), next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.candidates = tuple(candidates)


class Ambiguous(CrmError):
    """Several things answer to the name: a choice for the person, never a silent pick."""

    family = "Ambiguous"

    def __init__(self, message: str, candidates: Sequence[str], next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.candidates = tuple(candidates)


class Invalid(CrmError):
    """A value is not of its kind; `line` says where in a text it is wrong, 0 where that is not known."""

    family = "Invalid"

    def __init__(self, message: str, next_step: str = "", *, line: int = 0) -> None:
        super().__init__(message, next_step)
        self.line = line


class Refused(CrmError):
    """A business rule forbids it."""

    family = "Refused"


class Stale(CrmError):
    """What was previewed is no longer what would be committed."""

    family = "Stale"


class NotAllowed(CrmError):
    """This actor may not do it."""

    family = "NotAllowed"
    exit_code = 4


class OutsideFault(CrmError):
    """Something outside failed: a server, the network, a disk. `permanent` tells whether trying again can help."""

    family = "OutsideFault"
    exit_code = 3

    def __init__(self, message: str, *, permanent: bool = False, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.permanent = permanent


def cause(fault: OSError) -> str:
    """Why the machine could not read or write something, in the language in use."""
    known = _CAUSES.get(fault.errno or 0)
    return _(known) if known else fault.strerror or str(fault)


def refuse_if(condition: bool, message: str, next_step: str = "") -> None:
    """Raise `Refused` with the message when the condition holds."""
    if condition:
        raise Refused(message, next_step)
