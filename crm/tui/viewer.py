"""Handing a file to the program that shows it, where this machine has one: over a bare line it only stays on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def opener(system: str, environment: Mapping[str, str]) -> str:
    """The command that opens a file on a system; empty where nobody would see it."""
    if system == "darwin":
        return "open"
    if system.startswith("win"):
        return "explorer"
    seen = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return "xdg-open" if seen else ""


def shown(file: Path) -> bool:
    """Open a file in the machine's own viewer; tells whether there is one."""
    command = shutil.which(opener(sys.platform, os.environ) or "-")
    if command is None:
        return False
    quiet = subprocess.DEVNULL
    subprocess.Popen(  # noqa: S603  a command of the system and a file of ours, without a shell
        [command, str(file)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    return True
