"""Compiles the translations while the package is built, so that the wheel carries them ready to use."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogs(root: Path) -> list[Path]:
    """Write the `.mo` file beside every `.po` file below `crm/locale`; returns the files written."""
    written = []
    for source in sorted((root / "crm" / "locale").rglob("*.po")):
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parts[-3])
        target = source.with_suffix(".mo")
        with target.open("wb") as compiled:
            write_mo(compiled, catalog)
        written.append(target)
    return written


class CatalogHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling leaves its configuration type open
    """Runs before every wheel, editable ones included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogs and add them to the wheel, although git ignores them."""
        for target in compile_catalogs(Path(self.root)):
            build_data["artifacts"].append("/" + target.relative_to(self.root).as_posix())
