"""Searches that a person keeps under a name: a small file of this machine, no record of the business."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


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
        found = json.loads((folder / "views.json").read_text("utf-8"))
        return [View(**{name: str(value) for name, value in view.items()}) for view in found]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def keep_views(folder: Path, views: Iterable[View]) -> None:
    """Write the views anew."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "views.json.new"
    draft.write_text(json.dumps([asdict(view) for view in views], ensure_ascii=False, indent=2), "utf-8")
    draft.replace(folder / "views.json")
