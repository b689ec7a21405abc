"""`crm --help`: at most 1.5 × `python -c "import sqlmodel"`."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import Result, seconds

_ROUNDS = 7


def run() -> Iterator[Result]:
    """Both as whole processes, turn by turn."""
    help_command = [sys.executable, "-m", "crm.cli", "--help"]
    peer_command = [sys.executable, "-c", "import sqlmodel"]
    ours, peer = [], []
    for _ in range(_ROUNDS):
        ours.append(seconds(lambda: subprocess.run(help_command, check=True, capture_output=True)))
        peer.append(seconds(lambda: subprocess.run(peer_command, check=True, capture_output=True)))
    yield Result("crm --help", min(ours) / min(peer), 1.5, detail=f"{min(ours):.2f} s, peer {min(peer):.2f} s")
