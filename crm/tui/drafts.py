"""What is still being written, kept as readable files until it is published or given up: each person's own, on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crm.core.errors import OutsideFault
from crm.core.i18n import _

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_SAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one kind."""

    folder: Path
    ending: str

    @classmethod
    def of(cls, crm: Crm, kind: str, ending: str) -> Drafts:
        """Those of the person at work."""
        who = _SAFE.sub("_", crm.actor.user or crm.actor.name) or "_"
        return cls(Path(crm.settings.data_folder) / "drafts" / who / kind, ending)

    def _file(self, name: str) -> Path:
        return self.folder / f"{_SAFE.sub('_', name)}.{self.ending}"

    def read(self, name: str) -> str | None:
        """A draft as it was left; None: there is none."""
        try:
            return self._file(name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            return None  # whoever damaged it has taken it away: what counts is what was published

    def names(self) -> tuple[str, ...]:
        """Which there are, in order."""
        try:
            return tuple(sorted(file.stem for file in self.folder.glob(f"*.{self.ending}")))
        except OSError:
            return ()

    def keep(self, name: str, text: str) -> None:
        """Keep a draft: the earlier one stays whole until the new one is.

        Raises:
            OutsideFault: the folder cannot be written.
        """
        file = self._file(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = file.with_suffix(".new")
            beside.write_text(text, "utf-8")
            beside.replace(file)
        except OSError as problem:
            raise OutsideFault(
                _("The draft cannot be kept in {folder}.").format(folder=self.folder), next_step=str(problem.strerror)
            ) from problem

    def drop(self, name: str) -> None:
        """Give a draft up."""
        self._file(name).unlink(missing_ok=True)
