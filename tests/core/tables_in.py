"""Short ways to read a table in a test."""

import io

import pytest

from crm.core.tabular import ProblemList, Table, Unreadable, open_table


def table(content: bytes | str, name: str = "file.csv") -> Table:
    return open_table(io.BytesIO(content.encode() if isinstance(content, str) else content), name)


def read(content: bytes | str) -> tuple[list[tuple[int, list[str]]], ProblemList]:
    told = ProblemList()
    return list(table(content).rows(told)), told


def cells(content: bytes | str) -> list[list[str]]:
    """The rows of a table without any problem."""
    rows, told = read(content)
    assert told == []
    return [row for _line, row in rows]


def refusal(content: bytes | str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(content)
    return caught.value
