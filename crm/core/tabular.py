"""Tables that come in: CSV or the first sheet of a workbook, told apart by content. Pure: no database, memory flat.

Everything about a file is decided for the whole file before a line is taken over: encoding and separator when it is
opened, the order of dates and the decimal sign by `Table.decide`. Lines that are not as they should be are told to a
listener and the others go on; what makes the rest doubtful raises `Unreadable`. This module is the door to the others:

- `dialects`: what a text file really is; `csv_tables`, `workbooks`: the two kinds of table; `tables`: what they share;
- `columns`: which column holds what; `date_cells`, `amount_cells`: what a cell says; `formulas`, `problems`.
"""

from typing import BinaryIO

from crm.core.amount_cells import AmountReader
from crm.core.columns import ColumnSpec, Matched, canonical, match_columns
from crm.core.csv_tables import CsvTable
from crm.core.date_cells import DateOrder, DateReader
from crm.core.dialects import refuse_foreign
from crm.core.problems import Listener, Problem, ProblemList, Unreadable
from crm.core.tables import Reading, Table
from crm.core.workbooks import WorkbookTable

__all__ = [
    "AmountReader",
    "ColumnSpec",
    "CsvTable",
    "DateOrder",
    "DateReader",
    "Listener",
    "Matched",
    "Problem",
    "ProblemList",
    "Reading",
    "Table",
    "Unreadable",
    "WorkbookTable",
    "canonical",
    "match_columns",
    "open_table",
]

_HEAD_BYTES = 4096
_ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")


def open_table(stream: BinaryIO, name: str) -> Table:
    """Open a CSV file or a workbook; the stream is seekable and stays the caller's.

    Raises:
        Unreadable: empty, of another kind, damaged, or in no encoding that is read here.
    """
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    if head.startswith(_ZIPPED):
        return WorkbookTable(stream, name)
    refuse_foreign(head)
    return CsvTable(stream, name)
