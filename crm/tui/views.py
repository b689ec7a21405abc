"""What a person keeps of the list of customers, searches under a name and columns: small files of this machine, no record of the business."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_VIEWS, _COLUMNS = "views.json", "columns.json"


@dataclass(frozen=True, slots=True)
class View:
    """What a list of customers is narrowed to, and its order."""

    name: str = ""
    text: str = ""
    only: str = ""
    sort: str = ""


def kept_views(folder: Path) -> list[View]:
    """The views kept in a folder; a file that cannot be read holds none."""
    try:
        found = json.loads((folder / _VIEWS).read_text("utf-8"))
        return [View(**{name: str(value) for name, value in view.items()}) for view in found]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def keep_views(folder: Path, views: Iterable[View]) -> None:
    """Write the views anew."""
    _write(folder, _VIEWS, [asdict(view) for view in views])


def kept_columns(folder: Path, user: str) -> tuple[str, ...]:
    """The columns a person has chosen, in their order; none: no choice was made, or the file cannot be read."""
    found = _columns(folder).get(user, ())
    return tuple(map(str, found)) if isinstance(found, list) else ()


def keep_columns(folder: Path, user: str, columns: Iterable[str]) -> None:
    """Keep a person's choice; none takes it back."""
    chosen = {**_columns(folder), user: list(columns)}
    _write(folder, _COLUMNS, {name: columns for name, columns in chosen.items() if columns})


def _columns(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _COLUMNS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(folder: Path, name: str, content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{name}.new"
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=2), "utf-8")
    draft.replace(folder / name)
