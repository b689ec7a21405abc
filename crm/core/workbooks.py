"""Workbooks that come in: the first sheet of an .xlsx file as a table, read row by row.

Numbers come as decimal text without the noise of floats, dates as ISO text, formulas are told as such: what a workbook
shows for a formula was calculated elsewhere, at another time.
"""

import warnings
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from crm.core.archives import WORKBOOK, open_zip
from crm.core.i18n import _
from crm.core.problems import Listener, Unreadable
from crm.core.tables import Table

if TYPE_CHECKING:
    from zipfile import ZipFile

MAX_ROWS = 1_048_576
_MAX_TEXTS = 128 << 20
"""Bytes of the table of texts, which is the one part that must be held in memory."""
_FORMULA = "f"
_EXACT = 1e15
"""Beyond it a float has no decimals."""


class WorkbookTable(Table):
    """The first sheet of a workbook."""

    typed: ClassVar[bool] = True

    def __init__(self, stream: BinaryIO, name: str) -> None:
        with open_zip(stream, WORKBOOK) as parts:
            _check_parts(parts)
        self._sheet = _first_sheet(stream)
        self._header_line = 0
        super().__init__(name, self._read_header())

    def _read_header(self) -> list[str]:
        for line, cells in self._records():
            texts = [_text(cell.value) for cell in cells]
            if any(text.strip() for text in texts):
                self._header_line = line
                return _without_empty_end(texts)
        raise Unreadable(_("The first sheet of the workbook is empty."))

    def rows(self, listener: Listener) -> Iterator[tuple[int, list[str]]]:
        """See `Table.rows`."""
        for line, cells in self._records():
            if line <= self._header_line:
                continue
            fitted = self._fitted(line, [_text(cell.value) for cell in cells], listener)
            if fitted is None:
                continue
            formulas = (place for place, cell in enumerate(cells[: len(fitted)]) if cell.data_type == _FORMULA)
            place = next(formulas, None)
            if place is None:
                yield line, fitted
            else:
                self._formula_told(line, place, fitted[place], listener)

    def _records(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        line = 0
        rows = iter(self._sheet.iter_rows(max_row=MAX_ROWS + 1))
        while True:
            try:
                cells = next(rows, None)
            except Exception:
                raise _damaged(line + 1) from None
            if cells is None:
                return
            line += 1
            if line > MAX_ROWS:
                raise Unreadable(_("The sheet has more rows than a workbook can have."))
            yield line, cells


def _check_parts(parts: "ZipFile") -> None:
    names = set(parts.namelist())
    if "xl/workbook.xml" in names:
        for part in parts.infolist():
            if part.filename.endswith("sharedStrings.xml") and part.file_size > _MAX_TEXTS:
                raise Unreadable(_("The workbook holds too much text."), next_step=_("Save the sheet as CSV UTF-8."))
        return
    if "xl/workbook.bin" in names:
        kind = "XLSB"
    elif "mimetype" in names:
        kind = "OpenDocument"
    elif "[Content_Types].xml" in names:
        kind = "Word, PowerPoint"
    else:
        kind = "ZIP"
    raise Unreadable(
        _("This is a file of type {kind}, not a table.").format(kind=kind),
        next_step=_("Export the data as CSV or .xlsx and import that file."),
    )


def _first_sheet(stream: BinaryIO) -> Any:
    from openpyxl import load_workbook

    # What openpyxl warns of (styles, extensions, odd dates) concerns no value that is read here.
    warnings.filterwarnings("ignore", module="openpyxl")
    stream.seek(0)
    try:
        sheets = load_workbook(stream, read_only=True, data_only=False, keep_links=False).worksheets
        first: Any = sheets[0] if sheets else None
    except Exception:
        raise _damaged(0) from None
    if first is None:
        raise Unreadable(_("The workbook has no sheet."))
    # Declared sizes may be wrong, by mistake or on purpose.
    first.reset_dimensions()
    return first


def _damaged(line: int) -> Unreadable:
    return Unreadable(
        _("the workbook is damaged or cut off.") if line else _("The workbook is damaged or cut off."),
        line=line,
        next_step=_("Open it in Excel, save it again as .xlsx, and import that file."),
    )


def _without_empty_end(texts: list[str]) -> list[str]:
    while texts and not texts[-1].strip():
        texts.pop()
    return texts


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == 0
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(getattr(value, "text", value))


def _number(value: float) -> str:
    """Fifteen digits, as workbooks show them. Fractions get two decimals or at least four: three could be thousands."""
    exact = Decimal(format(value, ".15g"))
    if abs(value) < _EXACT:
        exact = round(exact, 8).normalize()
    text = f"{exact:f}"
    decimals = len(text.partition(".")[2])
    if decimals in {1, 3}:
        text += "0"
    return "0" if exact == 0 else text
