"""The first screen on the example company: at most 2 × an empty Textual app, from the start of the process to the picture.

The frame stands while the house is opened behind it; when the figures stand is measured too, against a limit of its own.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping

from benchmarks.measure import Result, company
from crm import demo
from crm.receivables.actions import AgedBalance

_ROUNDS = 5
_PATIENCE = 60
_SHOWN = 12
"""So much of a name stands in the list, however narrow its column."""
_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("empty and ready")
Empty().run()
"""


def run() -> Iterator[Result]:
    """Both as whole processes in a terminal of 140 × 40, turn by turn."""
    with company() as (crm, folder):
        demo.make(crm)
        shown = crm.runner.read(AgedBalance(), crm.actor).lines[0].name[:_SHOWN].encode()
        database = crm.settings.resolved_database_url()
        crm.close()
        environment = {"CRM_DATABASE_URL": database, "CRM_DATA_FOLDER": str(folder), "CRM_LANGUAGE": "en"}
        ours = [sys.executable, "-m", "crm.cli"]
        frames, figures, empty = [], [], []
        _until([*ours, "invoices"], environment, shown)
        for _ in range(_ROUNDS):
            empty.append(_until([sys.executable, "-c", _EMPTY], {}, b"empty and ready"))
            frames.append(_until(ours, environment, b"Relance"))
            figures.append(_until([*ours, "invoices"], environment, shown))
        peer = min(empty)
        detail = f"{min(frames):.2f} s, empty app {peer:.2f} s"
        yield Result("first screen of the example company", min(frames) / peer, 2, detail=detail)
        yield Result("its figures", min(figures) / peer, 4, detail=f"{min(figures):.2f} s")


def _until(command: list[str], environment: Mapping[str, str], words: bytes) -> float:
    """Seconds from the start of a command in a terminal until it shows some words."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,  # the terminal is drawn on it
        env={**os.environ, "TERM": "xterm-256color", **environment},
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    try:
        while words not in seen:
            ready, _, _ = select.select([master], [], [], _PATIENCE)
            if not ready:
                raise TimeoutError(f"{command} did not show {words!r}")
            seen += os.read(master, 1 << 16)
        return time.perf_counter() - begun
    finally:
        process.kill()
        process.wait()
        os.close(master)


if __name__ == "__main__":
    for result in run():
        print(result)
