"""Files that go out: rows as CSV, XLSX or JSON, streamed, with nothing in them that a spreadsheet would run.

CSV is what French Excel opens with a double click (UTF-8 with a mark, semicolons) and what our own reader reads back
exactly. Amounts are decimal strings with a point, dates ISO; in XLSX they are numbers and dates.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from crm.core.errors import Refused
from crm.core.formulas import guarded, would_run
from crm.core.i18n import _
from crm.core.money import Money, minor_digits
from crm.core.sheets import Cell, Column, Kind, Sheet, Value, bare

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Rows = Iterable[Sequence[Value | Cell]]

MAX_SHEET_ROWS = 1_048_575
"""Rows that fit under the header of a worksheet."""
_MAX_CELL = 32_767
_NO_CHARACTER = "\ufffd"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_PERCENT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def write_sheet(stream: BinaryIO, sheet: Sheet, written_as: Literal["csv", "xlsx", "json"]) -> int:
    """Write a sheet's rows; the count of them."""
    if written_as == "xlsx":
        return write_xlsx(stream, sheet.title, sheet.columns, sheet.rows)
    write = write_csv if written_as == "csv" else write_json
    return write(stream, sheet.columns, sheet.rows)


def write_csv(stream: BinaryIO, columns: Sequence[Column], rows: Rows) -> int:
    """Write a table as CSV; the count of rows.

    The header holds the columns' keys. Texts that a spreadsheet might run are marked with an apostrophe.
    """
    with _text_of(stream, "utf-8-sig") as text:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([column.key for column in columns])
        count = 0
        for row in rows:
            writer.writerow([_csv_cell(bare(value)) for value in row])
            count += 1
    return count


def write_json(stream: BinaryIO, columns: Sequence[Column], rows: Rows) -> int:
    """Write a table as a JSON list of objects, one a line; the count of rows."""
    keys = [column.key for column in columns]
    with _text_of(stream, "utf-8") as text:
        text.write("[")
        count = 0
        for row in rows:
            record = dict(zip(keys, (_json_value(bare(value)) for value in row), strict=True))
            text.write((",\n" if count else "\n") + json.dumps(record, ensure_ascii=False))
            count += 1
        text.write("\n]\n")
    return count


def write_xlsx(stream: BinaryIO, title: str, columns: Sequence[Column], rows: Rows, *, headings: bool = False) -> int:
    """Write a table as a workbook of one sheet; the count of rows.

    The header holds the columns' keys, or their headings as shown. Texts are stored as texts, never as formulas.

    Raises:
        Refused: more rows than a sheet holds.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    try:
        count = _fill(sheet, columns, rows, headings=headings)
    except BaseException:
        sheet.close()
        raise
    book.save(stream)
    return count


def _fill(sheet: "WriteOnlyWorksheet", columns: Sequence[Column], rows: Rows, *, headings: bool) -> int:
    cells, kinds = _sheet_cells(sheet), [column.kind for column in columns]
    sheet.append([cells(column.heading if headings else column.key, Kind.TEXT) for column in columns])
    count = 0
    for row in rows:
        if count == MAX_SHEET_ROWS:
            raise Refused(
                _("A worksheet holds {count} rows at most.").format(count=MAX_SHEET_ROWS),
                next_step=_("Export as CSV, or a part of the data."),
            )
        sheet.append([cells(bare(value), kind) for value, kind in zip(row, kinds, strict=True)])
        count += 1
    return count


@contextmanager
def _text_of(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The stream as text, left open for its owner."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="", write_through=False)
    try:
        yield text
    finally:
        text.detach()


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value.replace("\0", _NO_CHARACTER))
    return value.isoformat() if isinstance(value, date) else str(value)


def _json_value(value: Value) -> Any:
    if isinstance(value, Money):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _sheet_cells(sheet: "WriteOnlyWorksheet") -> Callable[[Value, Kind], Any]:
    """What makes the cells of a sheet: values with their format, texts as they are."""
    from openpyxl.cell import WriteOnlyCell

    def made(value: Any, number_format: str) -> Any:
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = number_format
        return cell

    def cell_of(value: Value, kind: Kind) -> Any:
        if isinstance(value, Money):
            return made(value.decimal, _money_format(value.currency))
        if isinstance(value, date):
            return made(value, "dd/mm/yyyy")
        if not isinstance(value, str):
            return value
        if kind is Kind.PERCENT and _PERCENT.fullmatch(value):
            return made(Decimal(value), "0.00")
        cell = WriteOnlyCell(sheet, _clean(value))
        # Set after the value, from which openpyxl would otherwise conclude on a formula or an error.
        cell.data_type = "s"
        if would_run(value):
            cell.quotePrefix = True
        return cell

    return cell_of


def _clean(text: str) -> str:
    """A text as a worksheet can hold it: no control characters, and the longest it takes."""
    text = _CONTROL.sub(_NO_CHARACTER, text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"


def _money_format(currency: str) -> str:
    digits = minor_digits(currency)
    return "#,##0" + ("." + "0" * digits if digits else "")


def _sheet_name(title: str) -> str:
    return _NOT_IN_SHEET_NAMES.sub(" ", title).strip()[:31] or "1"
