"""The command line, called in this process as the shell would."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode()

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        import json

        return json.loads(self.out)


def call(*words: object) -> Told:
    """Run the command line in this process, as the shell would."""
    from crm.cli.app import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    code: object = 0
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([str(word) for word in words])
    except SystemExit as left:
        code = left.code
    finally:
        sys.stdin = stdin
    assert isinstance(code, int)
    return Told(code, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]  # made over a buffer just above
