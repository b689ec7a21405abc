"""Tables in text files: lines and separators, read by the standard reader over lines that are bounded."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from crm.core.dialects import DAMAGED, Survey, decoded, sample_of, separator_of, survey
from crm.core.formulas import looks_like_formula, unguarded
from crm.core.i18n import _
from crm.core.problems import Listener, Unreadable, excerpt
from crm.core.tables import Table

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=([;,\t|])"?\r?\n', re.IGNORECASE)
_GUARDED_STARTS = frozenset("=@+-'")
_GUARDED_START = re.compile(r"\n[=@+\-']")
"""In the cells of a record joined by line ends: one begins with a sign that needs a closer look."""
_END_OF_FILE = ["\x1a"]
"""What DOS programs still write as last line."""


class CsvTable(Table):
    """A text file of lines and separators."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._survey: Survey = survey(stream)
        sample = sample_of(stream, self._survey)
        announced = _SEPARATOR_LINE.match(sample)
        self.separator = announced[1] if announced else separator_of(sample)
        self.encoding = self._survey.encoding
        self._header_line = 0
        super().__init__(name, self._read_header(skip=1 if announced else 0))
        self._named = max(place for place, heading in enumerate(self.header, start=1) if heading)

    def _read_header(self, skip: int) -> list[str]:
        lines = _Lines(self._stream, self._survey)
        reader = csv.reader(chain.from_iterable(lines), delimiter=self.separator, strict=True)
        try:
            for cells in reader:
                lines.settled = reader.line_num
                if reader.line_num > skip and any(cell.strip("\ufeff \t") for cell in cells):
                    self._header_line = reader.line_num
                    return cells
        except csv.Error:
            raise Unreadable(_("the quotes of the header do not pair up."), line=lines.settled + 1) from None
        raise Unreadable(_("The file is empty."))

    def rows(self, listener: Listener) -> Iterator[tuple[int, list[str]]]:
        """See `Table.rows`."""
        lines = _Lines(self._stream, self._survey)
        reader = csv.reader(chain.from_iterable(lines), delimiter=self.separator, strict=True)
        line = 0
        while line < self._header_line:
            next(reader)
            lines.settled = line = reader.line_num
        guarded_start = _GUARDED_START.search
        width, damaged, careful = len(self.header), self._survey.damaged, self._survey.may_hold_formulas
        while True:
            try:
                for cells in reader:
                    start = line + 1
                    lines.settled = line = reader.line_num
                    if (
                        len(cells) != width
                        or not cells[0]
                        or damaged
                        or (careful and guarded_start("\n" + "\n".join(cells)))
                    ):
                        checked = self._checked(start, cells, lines, listener)
                        if checked is not None:
                            yield start, checked
                    else:
                        yield start, cells
                return
            except csv.Error as fault:
                self._tell_fault(str(fault), line + 1, reader.line_num, listener)
                lines.settled = line = reader.line_num

    def _checked(self, line: int, cells: list[str], lines: "_Lines", listener: Listener) -> list[str] | None:
        if cells == _END_OF_FILE:
            return None
        if len(cells) < self._named and any(cell.strip() for cell in cells):
            self._refuse_cut_off(line, len(cells), lines, listener)
        fitted = self._fitted(line, cells, listener)
        if fitted is None:
            return None
        for place, cell in enumerate(fitted):
            if DAMAGED in cell and self._survey.damaged:
                listener.error(
                    line,
                    _("The column “{column}” holds damaged characters: {text}.").format(
                        column=self.headings[place], text=excerpt(cell)
                    ),
                )
                return None
            if cell[:1] in _GUARDED_STARTS:
                if looks_like_formula(cell):
                    self._formula_told(line, place, cell, listener)
                    return None
                fitted[place] = unguarded(cell)
        return fitted

    def _refuse_cut_off(self, line: int, count: int, lines: "_Lines", listener: Listener) -> None:
        """A last line without line end that lacks cells, in a file whose other lines lack none: its end is missing."""
        if not lines.open_ended:
            lines.ragged = True
        elif lines.ragged:
            listener.warn(line, _("The last line is short and has no line end: the file may be cut off here."))
        else:
            raise Unreadable(
                _("the file is cut off here: {count} cells of {columns}, and no line end.").format(
                    count=count, columns=len(self.header)
                ),
                line=line,
                next_step=_("Export it again, and compare its size."),
            )

    @staticmethod
    def _tell_fault(fault: str, start: int, end: int, listener: Listener) -> None:
        """Wrong quotes within one line are that line's problem; beyond it nobody knows where the record ends."""
        if "expected after" in fault and end == start:
            listener.error(start, _("The quotes of this line do not pair up. Quotes inside a text are doubled."))
            return
        if "field limit" in fault and end == start:
            raise Unreadable(_("a cell of this line is too long for a table."), line=start) from None
        raise Unreadable(
            _("a quote opened here is never closed properly, so nothing after it can be trusted."),
            line=start,
            next_step=_("Close the quote, or double the quotes inside texts; if the file is cut off, export it again."),
        ) from None


class _Lines:
    """The lines of a file in chunks: one list a block, so that the loop over lines runs in C.

    No record may reach over a whole chunk: a quote left open would swallow the file.
    """

    def __init__(self, stream: BinaryIO, found: Survey) -> None:
        self.settled = 0
        """The last line of the last record that was read to its end."""
        self.open_ended = False
        """Whether what is read now is the last line, and has no line end."""
        self.ragged = False
        """Whether a line has had fewer cells than the header."""
        self._texts = decoded(stream, found.encoding, damaged=found.damaged)

    def __iter__(self) -> Iterator[list[str]]:
        given, asked_at, rest = 0, -1, ""
        for text in self._texts:
            rest += text
            end = rest.rfind("\n") + 1 or rest.rfind("\r", 0, -1) + 1
            if end:
                if self.settled == asked_at < given:
                    raise Unreadable(
                        _("this record is too long: a quote opened here is never closed."), line=self.settled + 1
                    )
                asked_at = self.settled
                lines = io.StringIO(rest[:end], newline="").readlines()
                given += len(lines)
                rest = rest[end:]
                yield lines
        if rest:
            self.open_ended = not rest.endswith("\r")
            yield io.StringIO(rest, newline="").readlines()
