"""What is wrong with a file that came in: one of its lines (a value), or the file as a whole (an exception)."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from crm.core.errors import Invalid
from crm.core.i18n import _

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line; the other lines go on."""

    line: int
    """The physical line where the record starts, from 1 (in a workbook the row number); 0 is the file as a whole."""
    message: str
    severity: Severity = "error"

    def as_json(self) -> dict[str, Any]:
        """The contract's object."""
        return {"line": self.line, "severity": self.severity, "message": self.message}


class Unreadable(Invalid):
    """The file cannot be trusted as a whole, and nothing of it is kept. The message names the line, if there is one."""

    def __init__(self, reason: str, *, line: int = 0, next_step: str = "") -> None:
        message = _("Line {line}: {reason}").format(line=line, reason=reason) if line else reason
        super().__init__(message, next_step)
        self.line = line


def excerpt(text: str, length: int = 40) -> str:
    """The beginning of a text from a file as it may be shown: no sign in it can steer a terminal."""
    if len(text) <= length and text.isprintable():
        return text.strip()
    return "".join(char if char.isprintable() else " " for char in text[:length]).strip()


class Listener(Protocol):
    """Who is told of the lines that are not as they should be: the report of an import, or a `ProblemList`."""

    def error(self, line: int, message: str) -> None:
        """The line is not taken over, for this reason."""
        ...

    def warn(self, line: int, message: str) -> None:
        """The line is taken over; the reader should know this."""
        ...


class ProblemList(list[Problem]):
    """The simplest listener: it keeps what it is told."""

    def error(self, line: int, message: str) -> None:
        """Keep an error."""
        self.append(Problem(line, message, "error"))

    def warn(self, line: int, message: str) -> None:
        """Keep a warning."""
        self.append(Problem(line, message, "warning"))
