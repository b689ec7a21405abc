"""The terminal with real keys, through tmux: from the first question to a reminder at the mail server.

Waits for what the screen says, never for seconds to pass.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "messaging"))

from post_office import post_office

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
TODAY = date(2026, 11, 24)
_PATIENCE = 60
_NO_TMUX = "tmux is not on this machine: the terminal was not driven with real keys"


class Terminal:
    """A program in a tmux window of its own."""

    def __init__(
        self, folder: Path, environment: dict[str, str], *command: str, size: tuple[int, int] = (140, 40)
    ) -> None:
        self._socket = str(folder / "tmux.sock")
        wide, high = map(str, size)
        sized = {**environment, "COLUMNS": wide, "LINES": high}
        told = [part for name, value in sized.items() for part in ("-e", f"{name}={value}")]
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", wide, "-y", high, *told, *command)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", self._socket, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-l", text)

    @property
    def picture(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    def sees(self, *words: str) -> None:
        """Wait until the screen says all of these."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            picture = self.picture
            if all(word in picture for word in words):
                return
        pytest.fail(f"{words} never stood on the screen:\n{self.picture}")

    def ends(self) -> None:
        """Wait until the program has left."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if subprocess.run(["tmux", "-S", self._socket, "has-session"], capture_output=True, check=False).returncode:
                return
        pytest.fail(f"The program did not leave:\n{self.picture}")

    def close(self) -> None:
        """End it."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def tmux() -> None:
    """tmux, or why not."""
    if shutil.which("tmux") is None:
        if CI:
            pytest.fail(_NO_TMUX)
        pytest.skip(_NO_TMUX)


@pytest.fixture
def environment(tmp_path: Path, tmux: None) -> dict[str, str]:
    """A machine on which nothing was set but where the data stand."""
    (tmp_path / "settings.toml").write_text("")
    return {
        "CRM_DATA_FOLDER": str(tmp_path / "data"),
        "CRM_SETTINGS_FILE": str(tmp_path / "settings.toml"),
        "CRM_LANGUAGE": "en",
        "CRM_MAIL_FROM": "compta@armor.example",
        "LANG": "C.UTF-8",
        "TERM": "tmux-256color",
    }


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    """A customer with one overdue invoice, as two files."""
    due = TODAY - timedelta(days=20)
    (tmp_path / "clients.csv").write_text(
        "number;name;city;regime;contact_name;email\nC-1;Dubois Frères;Brest;B2B;Anne Dubois;anne@dubois.example\n"
    )
    (tmp_path / "factures.csv").write_text(
        f"number;customer;issue_date;due_date;total_incl_tax\nF-1;C-1;{due - timedelta(days=30)};{due};430.00\n"
    )
    return tmp_path


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str], invoices: Path) -> Iterator[Terminal]:
    """The terminal on a new machine."""
    window = Terminal(tmp_path, environment, sys.executable, "-m", "crm.cli", "--today", TODAY.isoformat())
    yield window
    window.close()


def test_from_the_first_question_to_a_reminder_in_the_outbox(
    terminal: Terminal, environment: dict[str, str], invoices: Path
) -> None:
    terminal.sees("1 of 5")
    terminal.type("Armor Distribution")
    terminal.press("Enter")
    terminal.sees("o yes", "Armor Distribution")
    terminal.press("o")
    terminal.sees("2 of 5")
    terminal.type("FR1420041010050500013M02606")
    terminal.press("Enter")
    terminal.sees("bank account: 1 added", "o yes")
    terminal.press("o")
    for name in ("clients.csv", "factures.csv"):
        terminal.sees("3 of 5")
        terminal.press("i")
        terminal.type(f"{invoices}/{name}")
        terminal.press("Enter")
        terminal.sees("o import", name)
        terminal.press("o")
    terminal.sees("3 of 5")
    terminal.press("Enter")
    terminal.sees("4 of 5")
    terminal.press("Enter")
    terminal.sees("5 of 5")
    terminal.press("Enter")
    terminal.sees("Reminders of the day")

    terminal.press("2")
    terminal.sees("Dubois Frères", "€430.00")
    terminal.press("C-p")
    terminal.type("go live")
    terminal.press("Enter")
    terminal.sees("Channel")
    terminal.press("Right", "Enter")
    terminal.sees("o yes", "mail")
    terminal.press("o")
    terminal.sees("✓")

    terminal.press("5")
    terminal.sees("Dubois Frères", "anne@dubois.example", "o read on")
    terminal.press("o")
    terminal.sees("o send")
    terminal.press("o", "C-q")
    terminal.ends()

    with post_office() as office:
        server = {"CRM_SMTP_HOST": "127.0.0.1", "CRM_SMTP_PORT": str(office.port), "CRM_SMTP_TLS": "none"}
        dispatched = subprocess.run(
            [sys.executable, "-m", "crm.cli", "dispatch", "--once", "--json", "--today", TODAY.isoformat()],
            env={**os.environ, **environment, **server},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert '"sent": 1' in dispatched
        (message,) = office.messages
    assert "anne@dubois.example" in str(message["To"])
    assert "F-1" in str(make_header(decode_header(message["Subject"])))
