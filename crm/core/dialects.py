"""How a text file is written: what it really is, its encoding, its separator. Decided before any line is read.

The file is gone through once, block by block, so that what cannot be trusted (a NUL, a line without end) is known early
and costs no memory.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crm.core.i18n import _
from crm.core.problems import Unreadable

BLOCK_BYTES = 256 * 1024
MAX_LINE = 1 << 20
"""Longest line that is read, in characters; a longer one is no table."""
DAMAGED = "\ufffd"
"""Stands for bytes that are no character."""
_SAMPLE_BYTES = 64 * 1024
_SAMPLE_ROWS = 200
_SEPARATORS = (";", "\t", "|", ",")
"""In order of trust: the comma comes last, because it also stands in amounts and prose."""
_BEFORE_CELL, _FORMULA_SIGN, _NUMBER_SIGN = b"\1\2\3"
_FIRST_SIGNS = bytes(
    _BEFORE_CELL
    if code in b';,\t|"\r\n'
    else _FORMULA_SIGN
    if code in b"=@'"
    else _NUMBER_SIGN
    if code in b"+-"
    else code
    for code in range(256)
)
"""A table for `bytes.translate`, by which the cells that begin with a telling sign are found at the speed of C."""

_UTF8 = "utf-8"
_WINDOWS = "cp1252"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_BINARY = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
    (b"\x1f\x8b", "GZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ", "XZ"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3\0", "SQLite"),
    (b"{\\rtf", "RTF"),
)
_MARKUP = ((b"<?xml", "XML"), (b"<!doctype html", "HTML"), (b"<html", "HTML"), (b"<table", "HTML"))
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Survey:
    """What going once through a text file has shown."""

    encoding: str
    damaged: bool
    """Some bytes are no characters; they are read as U+FFFD."""
    may_hold_formulas: bool
    """Some cell may be a formula, or guarded against being taken for one."""


def refuse_foreign(head: bytes) -> None:
    """Refuse what is recognisably something else than a table.

    Raises:
        Unreadable: empty, or of another kind.
    """
    if not head:
        raise Unreadable(_("The file is empty."))
    if head.startswith(_OLD_EXCEL):
        raise Unreadable(
            _("This is an old Excel or Office file (.xls)."),
            next_step=_("Open it in Excel and save it as .xlsx or CSV."),
        )
    start = head[:256].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    for mark, kind in (*_BINARY, *_MARKUP):
        if head.startswith(mark) or (mark.startswith(b"<") and start.startswith(mark)):
            raise Unreadable(
                _("This is a file of type {kind}, not a table.").format(kind=kind),
                next_step=_("Export the data as CSV or .xlsx and import that file."),
            )


def survey(stream: BinaryIO) -> Survey:
    """Go once through a text file and settle its encoding.

    Raises:
        Unreadable: it holds a NUL or a line without end, or is in no encoding that is read here.
    """
    stream.seek(0)
    head = stream.read(4)
    encoding = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    try:
        return _gone_through(stream, encoding or _UTF8).survey
    except UnicodeDecodeError:
        passage = _gone_through(stream, encoding or _UTF8, damaged=True)
    if encoding or passage.good > passage.bad:
        return passage.survey
    try:
        return _gone_through(stream, _WINDOWS).survey
    except UnicodeDecodeError:
        raise Unreadable(
            _("the text is neither UTF-8 nor Windows-1252: some of its bytes are no characters."),
            line=_line_of_undecodable(stream),
            next_step=_("Save the file again as “CSV UTF-8”."),
        ) from None


def separator_of(sample: str) -> str:
    """The separator of a table, from its header and first rows: the one that gives most rows the width of the header.

    Quotes are respected, and a decimal comma does not count: a header holds none.
    """
    best, best_score = _SEPARATORS[0], (False, 0.0, 1)
    for separator in _SEPARATORS:
        rows = _sample_rows(sample, separator)
        if not rows or len(rows[0]) < 2:
            continue
        width, others = len(rows[0]), rows[1:]
        alike = sum(len(row) == width for row in others) / len(others) if others else 1.0
        whole_quotes = not any(cell.count('"') % 2 for row in rows for cell in row)
        score = (whole_quotes, round(alike, 1), width)
        if score > best_score:
            best, best_score = separator, score
    return best


def sample_of(stream: BinaryIO, found: Survey) -> str:
    """The first lines of a file, the last of them whole."""
    stream.seek(0)
    raw = stream.read(_SAMPLE_BYTES)
    text = codecs.getincrementaldecoder(found.encoding)("replace").decode(raw)
    if len(raw) < _SAMPLE_BYTES:
        return text
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[: end or None]


def decoded(stream: BinaryIO, encoding: str, *, damaged: bool = False) -> Iterator[str]:
    """The whole text, block by block.

    Raises:
        UnicodeDecodeError: some bytes are no characters, and `damaged` does not allow for them.
    """
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("replace" if damaged else "strict")
    while block := stream.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _sample_rows(sample: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            if any(row):
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        # A quote left open is told when the rows are read, with its line; what came before it is enough here.
        pass
    return rows


@dataclass(frozen=True, slots=True)
class _Passage:
    survey: Survey
    good: int
    """Characters beyond ASCII that are well formed."""
    bad: int
    """Characters that are not; one cut off by the end of the file does not count."""


def _gone_through(stream: BinaryIO, encoding: str, *, damaged: bool = False) -> _Passage:
    lines = unfinished = good = bad = 0
    formulas = encoding == "utf-16"
    decoder = codecs.getincrementaldecoder(encoding)("replace" if damaged else "strict")
    stream.seek(0)
    block = text = None
    while block != b"":
        before, block = block[-1:] if block else b"\n", stream.read(BLOCK_BYTES)
        formulas = formulas or _may_hold_formula(before + block)
        text = decoder.decode(block, final=not block)
        if "\0" in text:
            raise _not_text(lines + _breaks(text[: text.index("\0")]) + 1)
        first = _first_break(text)
        if unfinished + (len(text) if first < 0 else first) > MAX_LINE:
            raise Unreadable(_("this line is longer than a million characters: this is no table."), line=lines + 1)
        unfinished = unfinished + len(text) if first < 0 else len(text) - _last_break(text) - 1
        lines += _breaks(text)
        if damaged:
            wrong = text.count(DAMAGED)
            bad += wrong
            good += len(text) - len(text.encode("ascii", "ignore")) - wrong
    return _Passage(Survey(encoding, damaged, formulas), good, bad - (text == DAMAGED))


def _may_hold_formula(block: bytes) -> bool:
    calls = any(sign in block for sign in (b"(", b"|", b"!"))
    if not calls and not any(sign in block for sign in (b"=", b"@", b"'")):
        return False
    starts = block.translate(_FIRST_SIGNS)
    return bytes((_BEFORE_CELL, _FORMULA_SIGN)) in starts or (calls and bytes((_BEFORE_CELL, _NUMBER_SIGN)) in starts)


def _not_text(line: int) -> Unreadable:
    return Unreadable(
        _("it holds a NUL character: this is not a text file, or it is damaged."),
        line=line,
        next_step=_("Export the data again, as CSV UTF-8 or .xlsx."),
    )


def _breaks(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _first_break(text: str) -> int:
    found = text.find("\n")
    return found if found >= 0 else text.find("\r")


def _last_break(text: str) -> int:
    found = text.rfind("\n")
    return found if found >= 0 else text.rfind("\r")


def _line_of_undecodable(stream: BinaryIO) -> int:
    lines = 0
    for text in decoded(stream, _WINDOWS, damaged=True):
        if DAMAGED in text:
            return lines + _breaks(text[: text.index(DAMAGED)]) + 1
        lines += _breaks(text)
    return lines
