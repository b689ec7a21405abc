"""Statement files as text: what the bytes say, lines with their numbers, words without what steers a terminal."""

import codecs
import re
from typing import BinaryIO

from crm.core.i18n import _
from crm.core.problems import Unreadable

MAX_BYTES = 256 << 20
"""The largest file that is read; a hundred thousand lines take a tenth of it."""
MAX_TEXT = 4_000
MAX_RAW = 64_000
_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def content_of(stream: BinaryIO) -> bytes:
    """All of a file.

    Raises:
        Unreadable: empty, or larger than a statement is.
    """
    stream.seek(0)
    content = stream.read(MAX_BYTES + 1)
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    if len(content) > MAX_BYTES:
        raise too_large()
    return content


def too_large() -> Unreadable:
    """For a file that no bank makes."""
    return Unreadable(_("The file is larger than {size} MB: this is no bank statement.").format(size=MAX_BYTES >> 20))


def decoded(content: bytes, *, encoding: str = "") -> str:
    """The text of a file: in the encoding it names, else UTF-8, else Windows-1252 with what is no character marked.

    Raises:
        Unreadable: it is not a text.
    """
    marked = next((codec for mark, codec in _MARKS if content.startswith(mark)), "")
    text = ""
    for codec in filter(None, (marked, encoding, "utf-8")):
        try:
            text = content.decode(codec)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    else:
        text = content.decode("cp1252", "replace")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(_("it holds a NUL character: this is not a text file, or it is damaged."), line=line)
    return text


def beginning_of(head: bytes) -> str:
    """The text of the first bytes of a file, whose last character may be cut in two."""
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), "utf-8")
    try:
        return codecs.getincrementaldecoder(marked)().decode(head).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def lines_of(text: str) -> list[str]:
    """The lines, whatever they end with; only line ends of files count, not those of typography."""
    return _LINE_END.split(text)


def words(text: str) -> str:
    """A text in one line, its spaces single, nothing in it that is not printed, and not without end."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT]


def joined(*parts: str) -> str:
    """Texts one after the other; what one of them has already said is not said again."""
    said = ""
    for part in map(words, parts):
        if part and part not in said:
            said = f"{said} {part}" if said else part
            if len(said) >= MAX_TEXT:
                return said[:MAX_TEXT]
    return said


def kept(raw: str) -> str:
    """What is kept of the text a line was made of: all of it, unless it is a novel."""
    raw = raw.rstrip("\r\n")
    return raw if len(raw) <= MAX_RAW else raw[:MAX_RAW] + "…"


def appended(raw: str, more: str) -> str:
    """The raw text with what belongs to it, as long as it is kept at all."""
    return f"{raw}\n{more}" if len(raw) <= MAX_RAW else raw


def given(reference: str) -> str:
    """A reference, unless it is one of the words by which banks say that there is none."""
    bare = words(reference)
    if len(bare) <= _LONGEST_NONE and _SIGNS.sub("", bare).upper() in _NO_REFERENCE:
        return ""
    return bare


_SIGNS = re.compile(r"[\s_\-./]")
_NO_REFERENCE = {"", "NOTPROVIDED", "NONREF", "NOREF", "NONE", "NOTAVAILABLE", "NOTSPECIFIED", "NONFOURNI", "UNKNOWN"}
_LONGEST_NONE = 16
