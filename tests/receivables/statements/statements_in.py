"""Short ways to read a statement in a test."""

import io
from pathlib import Path

import pytest

from crm.core.problems import Unreadable
from crm.receivables.statements.formats import recognise
from crm.receivables.statements.model import Parsed, StatementFormat

BANK = Path(__file__).parents[2] / "data" / "bank"
HEAD = 64 * 1024


def sample(path: str) -> bytes:
    """A file of the samples."""
    return (BANK / path).read_bytes()


def format_of(content: bytes) -> StatementFormat:
    """The format that recognises a file."""
    found = recognise(content[:HEAD])
    assert found is not None
    return found


def parsed(content: bytes | str) -> Parsed:
    """What is read of a file, by the format that recognises it."""
    content = content.encode() if isinstance(content, str) else content
    return format_of(content).parse(io.BytesIO(content), "file")


def refusal(content: bytes | str) -> Unreadable:
    """Why a file is refused."""
    with pytest.raises(Unreadable) as caught:
        parsed(content)
    return caught.value


def cents(found: Parsed) -> list[list[int]]:
    """The amounts of each statement."""
    return [[line.cents for line in statement.lines] for statement in found.statements]


def told(found: Parsed) -> list[tuple[int, str]]:
    """Line and severity of each problem."""
    return [(problem.line, problem.severity) for problem in found.problems]
