"""Files handed over by a door, kept by their SHA-256: an action names a file and can never open a path.

What a commit refers to (an invoice's PDF) stays; the rest is swept after a while.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from crm.core.errors import NotFound, OutsideFault, cause
from crm.core.i18n import _

_BLOCK = 1 << 20


class Upload(BaseModel):
    """A file in the spool: its name as the person knows it, its SHA-256 and size. A folder has `members` instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="File name")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the content")
    size: int = Field(default=0, ge=0, description="Bytes")
    members: tuple["Upload", ...] = Field(default=(), description="The files of a folder")


class Spool:
    """A folder of files named by their content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, stream: BinaryIO, name: str) -> Upload:
        """Copy a stream into the spool.

        Raises:
            OutsideFault: the disk is full or the folder cannot be written.
        """
        digest, size = hashlib.sha256(), 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as target:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
            place = self._place(digest.hexdigest())
            place.parent.mkdir(exist_ok=True, mode=0o700)
            Path(target.name).replace(place)
        except OSError as fault:
            raise OutsideFault(_("“{name}” cannot be copied: {why}.").format(name=name, why=cause(fault))) from fault
        return Upload(name=_shown(name), sha256=digest.hexdigest(), size=size)

    def take_path(self, path: Path) -> Upload:
        """Copy a file, or the files of a folder, into the spool.

        Raises:
            NotFound: nothing is there, or nothing in it.
            OutsideFault: it cannot be read.
        """
        if not path.exists():
            raise NotFound(_("There is no file “{name}”.").format(name=path))
        if path.is_dir():
            members = [
                self.take_path(child)
                for child in sorted(path.iterdir())
                if child.is_file() and not child.name.startswith(".")
            ]
            if not members:
                raise NotFound(_("The folder “{name}” holds no file.").format(name=path))
            return Upload(name=_shown(path.name or str(path)), members=tuple(members))
        try:
            with path.open("rb") as stream:
                return self.take(stream, path.name)
        except OSError as fault:
            raise OutsideFault(_("“{name}” cannot be read: {why}.").format(name=path, why=cause(fault))) from fault

    @contextmanager
    def open(self, upload: Upload) -> Iterator[BinaryIO]:
        """The content of a spooled file.

        Raises:
            NotFound: it has been swept.
        """
        place = self._place(upload.sha256)
        if not upload.sha256 or not place.is_file():
            raise NotFound(_("“{name}” is no longer at hand: hand it over again.").format(name=upload.name))
        with place.open("rb") as stream:
            yield stream

    def sweep(self, keep: set[str], older_than: float) -> int:
        """Remove files that no record refers to and that were last touched before a moment (seconds since 1970)."""
        swept = 0
        for place in self._folder.glob("??/*"):
            if place.name not in keep and place.stat().st_mtime < older_than:
                place.unlink()
                swept += 1
        return swept

    def free_bytes(self) -> int:
        """Room left on the disk."""
        folder = self._folder
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _shown(name: str) -> str:
    """The names of old disks and archives may hold bytes that are no character."""
    return name.encode("utf-8", "replace").decode()
