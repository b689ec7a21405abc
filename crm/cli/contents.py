"""The list of commands that `crm --help` shows, kept in `contents.json` so that help loads not one room.

Written anew from the registry by `make docs`; a test proves that it is current.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from crm.core.i18n import mark, use_language

_FILE = Path(__file__).with_name("contents.json")
_INSTALLATION = mark("Installation")

Contents = Mapping[str, Mapping[str, str]]
"""Title → command → what it does, in English."""


def contents() -> Contents:
    """The list as it was kept."""
    kept: Contents = json.loads(_FILE.read_text("utf-8"))
    return kept


def gathered() -> Contents:
    """The list as it is: the actions by room, then the commands of the installation itself."""
    use_language("en")
    from crm.bootstrap import ROOM_TITLES, registry
    from crm.cli import files, screens, sending, system

    found: dict[str, dict[str, str]] = {}
    for kind in registry():
        found.setdefault(ROOM_TITLES[kind.action_room()], {})[kind.action_command()] = kind.action_summary()
    acted = {name for commands in found.values() for name in commands}
    own = (
        command
        for command in (*files.COMMANDS, *sending.COMMANDS, *system.COMMANDS, *screens.COMMANDS)
        if command.name not in acted
    )
    found[_INSTALLATION] = {str(command.name): str(command.help) for command in own}
    return found


if __name__ == "__main__":
    _FILE.write_text(json.dumps(gathered(), indent=2, ensure_ascii=False) + "\n", "utf-8")
