"""A FEC as it is found in practice: columns by name, fields padded or not, any line end, three encodings. Pure.

What is tolerated is counted and told by `checks`; what makes the file doubtful as a whole raises `Unreadable`.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.problems import Unreadable, excerpt

_BLOCK = 1 << 20
_MAX_LINE = 1 << 20
_SEPARATORS = ("\t", "|", ";")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
NAMES = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip  # read as a table: columns side by side
"""The eighteen columns of A47 A-1."""
_SYNONYMS = {
    "journallibelle": "journallib", "ecriturenumero": "ecriturenum", "comptelibelle": "comptelib", "compauxlibelle": "compauxlib",
    "ecriturelibelle": "ecriturelib", "ecriturelettrage": "ecriturelet", "datelettrage": "datelet", "montantdev": "montantdevise",
    "comptnum": "comptenum", "numcompte": "comptenum", "dateecriture": "ecrituredate",
}  # fmt: skip  # read as a table: columns side by side
_NEEDED = ("journalcode", "ecrituredate", "comptenum", "ecriturelib")
_KNOWN = frozenset(name.lower() for name in NAMES) | {"montant", "sens"}
_AMOUNT = re.compile(r"([+-]?)([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]*)(?:[,.]([0-9]*))?(-?)")
_COMMA, _POINT = re.compile(r"[0-9],[0-9]{1,4}(?![0-9])"), re.compile(r"[0-9]\.[0-9]{2}(?![0-9])")
_SIDES = {"d": 1, "debit": 1, "1": 1, "+1": 1, "+": 1, "c": -1, "credit": -1, "-1": -1, "-": -1}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are, and what the first line says of the file's make."""

    separator: str
    width: int
    places: Mapping[str, int]
    """Name in lower case → place. `debit` and `credit`, or `montant` and `sens`."""
    extra: tuple[str, ...]
    missing: tuple[str, ...]
    quoted: bool

    @property
    def signed(self) -> bool:
        """Whether amounts come as Montant and Sens."""
        return "debit" not in self.places

    @classmethod
    def read(cls, line: str) -> "Header | None":
        """The header in a line; None when it is none of a FEC."""
        found: Header | None = None
        for separator in _SEPARATORS:
            cells = [cell.strip().strip('"') for cell in line.split(separator)]
            places: dict[str, int] = {}
            extra = []
            for place, cell in enumerate(cells):
                name = name_key(cell).replace(" ", "")
                name = _SYNONYMS.get(name, name)
                if name in _KNOWN and name not in places:
                    places[name] = place
                elif cell:
                    extra.append(excerpt(cell))
            if all(name in places for name in _NEEDED) and (
                {"debit", "credit"} <= places.keys() or {"montant", "sens"} <= places.keys()
            ):
                amounts = {"debit", "credit"} if "debit" in places else set()
                missing = tuple(
                    name
                    for name in NAMES
                    if name.lower() not in places and (amounts or name not in ("Debit", "Credit"))
                )
                found = cls(separator, len(cells), places, tuple(extra), missing, line.lstrip("\ufeff").startswith('"'))
                break
        return found


def header_of(head: bytes) -> Header | None:
    """The header in the first bytes of a file; None when it is no FEC."""
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    for line in re.split(r"\r\n|\n|\r", text[:20_000]):
        if line.strip():
            return Header.read(line)
    return None


def lines_of(stream: BinaryIO) -> Iterator[list[str]]:
    """The lines of a file, some thousand at a time, without their ends. UTF-8, else Windows-1252 from the first byte that is not.

    Raises:
        Unreadable: a NUL, or a line without end.
    """
    stream.seek(0)
    first = stream.read(4)
    mark, encoding = next(((mark, name) for mark, name in _BOMS if first.startswith(mark)), (b"", "utf-8"))
    stream.seek(len(mark))
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest, done = "", 0
    while True:
        block = stream.read(_BLOCK)
        before = decoder.getstate()[0]
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            # All that came before was plain ASCII or well-formed: from here on the file is in the encoding of Windows.
            decoder = codecs.getincrementaldecoder("cp1252")("replace")
            text = decoder.decode(before + block, final=not block)
        if "\0" in text:
            raise Unreadable(
                _("it holds a NUL character: this is not a text file, or it is damaged."),
                line=done + rest.count("\n") + text[: text.index("\0")].count("\n") + 1,
            )
        text = rest + text
        # A carriage return at the very end may be half of a line end.
        held = "\r" if block and text.endswith("\r") else ""
        if "\r" in text:
            text = (text[:-1] if held else text).replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        rest = lines.pop() + held
        if len(rest) > _MAX_LINE:
            raise Unreadable(_("this line is longer than a million characters: this is no table."), line=done + 1)
        done += len(lines)
        if lines:
            yield lines
        if not block:
            if rest.strip("\x1a \r"):
                yield [rest]
            return


class Amounts:
    """Cents of amounts as a FEC writes them: decimal comma (or point, when the whole file has it), zero-padded, signed."""

    def __init__(self, sample: str) -> None:
        commas, points = len(_COMMA.findall(sample)), len(_POINT.findall(sample))
        self.decimal = "." if points > commas else ","
        self.kept: dict[str, int] = {"": 0, "0,00": 0, "0": 0}
        """Text → cents, for those met lately."""

    def __call__(self, text: str) -> int:
        """The cents of one cell.

        Raises:
            ValueError: it is no amount.
        """
        found = self.kept.get(text)
        if found is None:
            if len(self.kept) > 200_000:
                self.kept.clear()
            found = self.kept[text] = self._read(text)
        return found

    def _read(self, text: str) -> int:
        text = text.strip()
        if not text:
            return 0
        match = _AMOUNT.fullmatch(text)
        other = "." if self.decimal == "," else ","
        if match is None or other in text or not (match[2] or match[3]):
            raise ValueError(text)
        sign, whole, part, behind = match.groups()
        part = part or ""
        if part[2:].strip("0"):
            raise ValueError(text)
        for space in " \u00a0\u202f":
            whole = whole.replace(space, "")
        cents = int((whole or "0") + (part + "00")[:2])
        if cents > 10**15:
            raise ValueError(text)
        return -cents if sign == "-" or behind else cents

    def side(self, text: str) -> int:
        """1 for a debit, -1 for a credit.

        Raises:
            ValueError: neither.
        """
        found = _SIDES.get(text.strip().lower())
        if found is None:
            raise ValueError(text)
        return found


class Days:
    """Dates of eight digits."""

    def __init__(self) -> None:
        self.kept: dict[str, date | None] = {}
        """Text → day, for each that was met."""

    def __call__(self, text: str) -> date | None:
        """The day; None when it is none."""
        if text in self.kept:
            return self.kept[text]
        plain = text.strip()
        found = None
        if len(plain) == 8 and plain.isascii() and plain.isdigit():
            try:
                found = date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
            except ValueError:
                found = None
        if found is not None and not 1980 <= found.year <= 2200:
            found = None
        self.kept[text] = found
        return found
