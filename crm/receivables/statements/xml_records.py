"""XML files of banks as a stream of records, each with its line and its own text. Nothing in them can do harm.

There is no document type, hence no entity of any kind; nothing is fetched; depth and size are bounded; memory holds one
record at a time. Namespaces and their prefixes are left out: a record is known by its local names.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType, errors

from crm.core.i18n import _
from crm.core.problems import Unreadable
from crm.receivables.statements.texts import MAX_BYTES, too_large

MAX_DEPTH = 64
MAX_RECORD = 64 << 20
_CHUNK = 256 * 1024
_CUT_OFF = {errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN, errors.XML_ERROR_UNCLOSED_CDATA_SECTION}
_VERSION = re.compile(r"\b((?:camt|pain|pacs)\.\d{3})\.\d{3}\.(\d{2})\b")


@dataclass(frozen=True, slots=True)
class Opened:
    """A container begins; its records follow."""

    tag: str
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """A child of a container, whole."""

    tag: str
    element: Element
    line: int
    raw: str
    parts: tuple[tuple[int, str], ...]
    """Line and own text of the parts that were asked for, in their order."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A container ends."""

    tag: str


Event = Opened | Record | Closed


class _LocalNames(dict[str, str]):
    """Names without their prefix."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


class XmlRecords:
    """Reads one file. A message element, told by `is_message`, holds containers, which hold records.

    `part` names the elements inside of records whose own text is kept.
    """

    def __init__(self, stream: BinaryIO, is_message: Callable[[str], bool], part: str) -> None:
        self._stream = stream
        self._is_message = is_message
        self._part = part
        self.message = ""
        """The message element, once it was met."""
        self.schema = ""
        """The message and version that its namespace names: `camt.053.02`."""
        self._parser = self._prepared()
        self._names = _LocalNames()
        self._depth = 0
        self._record_depth = MAX_DEPTH + 1
        self._tree: TreeBuilder | None = None
        self._began = (0, 0)
        self._parts: list[tuple[int, int, int]] = []
        """Line, first and last byte of the parts of the record."""
        self._events: list[Event] = []
        self._bytes = bytearray()
        self._offset = 0
        self._encoding = "utf-8"

    def __iter__(self) -> Iterator[Event]:
        """The events of the file, in order.

        Raises:
            Unreadable: not well-formed, cut off, too deep or too large, or with a document type.
        """
        self._stream.seek(0)
        size = 0
        while chunk := self._stream.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise too_large()
            self._bytes += chunk
            self._parse(chunk, last=False)
            yield from self._events
            self._events.clear()
            self._forget()
        self._parse(b"", last=True)
        yield from self._events

    def _prepared(self) -> XMLParserType:
        parser = ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        return parser

    def _parse(self, chunk: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except ExpatError as fault:
            reason = _("this is no well-formed XML.")
            if errors.messages[fault.code] in _CUT_OFF:
                reason = _("the file is cut off here.")
            raise Unreadable(
                reason, line=fault.lineno, next_step=_("Fetch it again from the bank, and compare its size.")
            ) from None
        except (ValueError, LookupError):
            raise Unreadable(_("The file names an encoding that is not known.")) from None

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._encoding = encoding or "utf-8"

    def _doctype(self, *_details: object) -> None:
        raise Unreadable(
            _("the file declares a document type, which no bank does. It was not read further."),
            line=self._parser.CurrentLineNumber,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise Unreadable(_("the elements are nested too deep."), line=self._parser.CurrentLineNumber)
        local = self._names[name]
        if self._tree is not None:
            self._tree.start(local, attributes)
            if local == self._part:
                self._parts.append((self._parser.CurrentLineNumber, self._parser.CurrentByteIndex, 0))
        elif depth == self._record_depth:
            self._began = (self._parser.CurrentLineNumber, self._parser.CurrentByteIndex)
            self._tree = TreeBuilder()
            self._tree.start(local, attributes)
            self._parser.CharacterDataHandler = self._tree.data
        else:
            self._structure(local, depth, attributes)

    def _structure(self, local: str, depth: int, attributes: dict[str, str]) -> None:
        for value in attributes.values():
            if not self.schema and (found := _VERSION.search(value)):
                self.schema = f"{found[1]}.{found[2]}"
        if depth == self._record_depth - 1:
            self._events.append(Opened(local, self._parser.CurrentLineNumber))
        elif depth < self._record_depth and self._is_message(local):
            self.message = self.message or local
            self._record_depth = depth + 2

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if self._tree is not None:
            local = self._names[name]
            self._tree.end(local)
            if local == self._part and self._parts:
                line, start, _end = self._parts[-1]
                self._parts[-1] = (line, start, self._here())
            if depth == self._record_depth:
                self._finish(local, self._tree)
        elif depth == self._record_depth - 1:
            self._events.append(Closed(self._names[name]))
        elif depth == self._record_depth - 2:
            self._record_depth = MAX_DEPTH + 1

    def _finish(self, local: str, tree: TreeBuilder) -> None:
        line, start = self._began
        parts = tuple((line, self._between(start, end)) for line, start, end in self._parts)
        self._events.append(Record(local, tree.close(), line, self._between(start, self._here()), parts))
        self._tree = None
        self._parts = []
        self._parser.CharacterDataHandler = None

    def _here(self) -> int:
        """Where the element that ends here has its last byte."""
        return self._bytes.find(b">", self._parser.CurrentByteIndex - self._offset) + 1 + self._offset

    def _between(self, start: int, end: int) -> str:
        return bytes(self._bytes[start - self._offset : end - self._offset]).decode(self._encoding, "replace")

    def _forget(self) -> None:
        """Drop the bytes that no open record needs any more."""
        needed = self._began[1] if self._tree is not None else max(self._offset, self._parser.CurrentByteIndex)
        if self._tree is not None and self._offset + len(self._bytes) - needed > MAX_RECORD:
            raise Unreadable(_("one entry is larger than a whole statement should be."), line=self._began[0])
        del self._bytes[: needed - self._offset]
        self._offset = needed
