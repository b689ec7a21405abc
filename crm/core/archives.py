"""Archives that come in: a ZIP or GZIP file is opened member by member, bounded in size, count and ratio.

Sizes are counted while reading: what an archive says about itself is only good for refusing it early.
"""

import gzip
import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from crm.core.i18n import _
from crm.core.problems import Unreadable

_BLOCK = 256 * 1024
_SPOOLED_BYTES = 4 << 20
_MAX_DIRECTORY = 2 << 20
_SMALL = 1 << 20
"""Below this size a high ratio is no danger."""
_ZIP, _EMPTY_ZIP, _GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
_OFFICE_PARTS = ("[Content_Types].xml", "mimetype")
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold."""

    members: int
    total: int
    """Bytes of all members together, unpacked."""
    ratio: int = 200
    """How many times larger than packed a member may be, once it is larger than a megabyte."""


ARCHIVE = Bounds(members=200, total=1 << 30)
WORKBOOK = Bounds(members=1000, total=512 << 20)


def is_archive(stream: BinaryIO) -> bool:
    """Whether this is a ZIP or GZIP archive; a workbook or another office document, though zipped, is a file.

    Raises:
        Unreadable: a ZIP file that is damaged.
    """
    stream.seek(0)
    head = stream.read(4)
    if head.startswith(_GZIP) or head == _EMPTY_ZIP:
        return True
    if head != _ZIP:
        return False
    names = set(open_zip(stream, ARCHIVE, counted=False).namelist())
    return not any(part in names for part in _OFFICE_PARTS)


def members(stream: BinaryIO, name: str, bounds: Bounds = ARCHIVE) -> Iterator[tuple[str, BinaryIO]]:
    """The files in an archive, one after the other, each with its bare name; what is no archive is its own only member.

    A member is a temporary file that closes when the next one is asked for. Folders and what macOS adds are left out.

    Raises:
        Unreadable: too much or too many, encrypted, damaged, empty, or archives inside the archive.
    """
    if not is_archive(stream):
        stream.seek(0)
        yield name, stream
        return
    stream.seek(0)
    if stream.read(2) == _GZIP:
        yield from _only_member(stream, name, bounds)
    else:
        yield from _zip_members(stream, bounds)


def open_zip(stream: BinaryIO, bounds: Bounds, *, counted: bool = True) -> zipfile.ZipFile:
    """A ZIP file whose directory keeps within the bounds.

    Raises:
        Unreadable: it does not, or is damaged or encrypted.
    """
    try:
        opened = zipfile.ZipFile(cast("BinaryIO", _Cautious(stream)))
    except _DAMAGED:
        raise _damaged() from None
    opened.fp = stream
    if counted:
        _check_directory(opened.infolist(), bounds)
    return opened


def _check_directory(entries: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    if len(entries) > bounds.members:
        raise _too_many(bounds)
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > bounds.total:
        raise _too_large(bounds)
    if total > _SMALL and total > bounds.ratio * packed:
        raise _bomb(bounds)
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Unreadable(_("The archive is protected by a password."), next_step=_("Unpack it and import its files."))


def _zip_members(stream: BinaryIO, bounds: Bounds) -> Iterator[tuple[str, BinaryIO]]:
    archive = open_zip(stream, bounds)
    wanted = [entry for entry in archive.infolist() if not _left_out(entry)]
    if not wanted:
        raise Unreadable(_("The archive holds no file."))
    left, given = bounds.total, dict[str, int]()
    for entry in wanted:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as target:
            member = cast("BinaryIO", target)
            try:
                packed = archive.open(entry)
            except _DAMAGED:
                raise _damaged() from None
            with packed:
                left -= _unpack(cast("BinaryIO", packed), member, entry.compress_size, left, bounds)
            _refuse_nested(member)
            yield _distinct(_bare_name(entry.filename), given), member


def _only_member(stream: BinaryIO, name: str, bounds: Bounds) -> Iterator[tuple[str, BinaryIO]]:
    packed_size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as target:
        member = cast("BinaryIO", target)
        with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
            _unpack(cast("BinaryIO", packed), member, packed_size, bounds.total, bounds)
        _refuse_nested(member)
        bare = _bare_name(name)
        yield bare[:-3] if bare.lower().endswith(".gz") and len(bare) > 3 else bare, member


def _unpack(packed: BinaryIO, target: BinaryIO, packed_size: int, room: int, bounds: Bounds) -> int:
    size = 0
    while block := _next_block(packed):
        size += len(block)
        if size > room:
            raise _too_large(bounds)
        if size > _SMALL and size > bounds.ratio * packed_size:
            raise _bomb(bounds)
        target.write(block)
    target.seek(0)
    return size


def _next_block(packed: BinaryIO) -> bytes:
    try:
        return packed.read(_BLOCK)
    except _DAMAGED:
        raise _damaged() from None


def _refuse_nested(member: BinaryIO) -> None:
    nested = is_archive(member)
    member.seek(0)
    if nested:
        raise Unreadable(_("The archive holds another archive."), next_step=_("Unpack it and import its files."))


def _left_out(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return entry.is_dir() or not parts or "__MACOSX" in parts or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _bare_name(name: str) -> str:
    bare = "".join(char for char in PurePosixPath(name.replace("\\", "/")).name if char.isprintable())
    return bare[:200] if bare.strip(". ") else _("unnamed")


def _distinct(name: str, given: dict[str, int]) -> str:
    """The name, numbered when another folder of the archive has had it before."""
    given[name] = given.get(name, 0) + 1
    return name if given[name] == 1 else f"{name} ({given[name]})"


class _Cautious(io.RawIOBase):
    """A stream that refuses to read the directory of an archive into memory when it is absurdly large."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise Unreadable(_("The archive holds too many files."))
        return self._stream.read(size)


def _too_many(bounds: Bounds) -> Unreadable:
    return Unreadable(_("The archive holds more than {count} files.").format(count=bounds.members))


def _too_large(bounds: Bounds) -> Unreadable:
    return Unreadable(_("Unpacked, the archive would hold more than {size} MB.").format(size=bounds.total >> 20))


def _bomb(bounds: Bounds) -> Unreadable:
    return Unreadable(
        _("Unpacked, the archive would be more than {ratio} times its size: it looks made to fill the disk.").format(
            ratio=bounds.ratio
        )
    )


def _damaged() -> Unreadable:
    return Unreadable(
        _("The archive is damaged or cut off."), next_step=_("Fetch or export it again, and compare its size.")
    )
