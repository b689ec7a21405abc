"""Files that go out: harmless in a spreadsheet, and read back exactly by our own reader."""

import csv
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.core import spreadsheets
from crm.core.errors import Refused
from crm.core.money import Money, eur
from crm.core.sheets import Column, Kind, Sheet
from crm.core.spreadsheets import write_csv, write_json, write_sheet, write_xlsx
from crm.core.tabular import ProblemList, open_table

COLUMNS = (
    Column("number", "Numéro"),
    Column("name", "Nom"),
    Column("total", "Montant", Kind.MONEY),
    Column("due", "Échéance", Kind.DATE),
    Column("days", "Jours", Kind.DAYS),
    Column("share", "Part", Kind.PERCENT),
)
ROW = ("F-1", "Crème & Cie; Lyon", eur("-1250.50"), date(2026, 3, 31), 12, "3.00")
HOSTILE = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "+SUM(A1)",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\uff1d1",
    "'=1",
    "''=1",
    "-",
    "+33 6 12",
]


def as_csv(*rows: tuple[Any, ...], columns: tuple[Column, ...] = COLUMNS) -> bytes:
    stream = io.BytesIO()
    assert write_csv(stream, columns, rows) == len(rows)
    return stream.getvalue()


def as_xlsx(*rows: tuple[Any, ...], columns: tuple[Column, ...] = COLUMNS, **options: Any) -> bytes:
    stream = io.BytesIO()
    assert write_xlsx(stream, "Sheet", columns, rows, **options) == len(rows)
    return stream.getvalue()


def read_back(content: bytes) -> list[list[str]]:
    told = ProblemList()
    rows = [cells for _line, cells in open_table(io.BytesIO(content), "export").rows(told)]
    assert told == []
    return rows


def raw_cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]


def loaded(content: bytes) -> Any:
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content)).active


def test_csv_as_french_excel_opens_it() -> None:
    assert (
        as_csv(ROW, ("F-2", None, eur("0"), None, 0, None))
        == (
            "\ufeffnumber;name;total;due;days;share\r\n"
            'F-1;"Crème & Cie; Lyon";-1250.50;2026-03-31;12;3.00\r\n'
            "F-2;;0.00;;0;\r\n"
        ).encode()
    )


def test_json_is_a_list_of_records() -> None:
    stream = io.BytesIO()
    assert write_json(stream, COLUMNS, [ROW, ("=1+1", None, Money(5, "JPY"), None, 0, None)]) == 2
    assert json.loads(stream.getvalue()) == [
        {
            "number": "F-1",
            "name": "Crème & Cie; Lyon",
            "total": "-1250.50",
            "due": "2026-03-31",
            "days": 12,
            "share": "3.00",
        },
        {"number": "=1+1", "name": None, "total": "5", "due": None, "days": 0, "share": None},
    ]


def test_json_of_nothing_is_an_empty_list() -> None:
    stream = io.BytesIO()
    assert write_json(stream, COLUMNS, []) == 0
    assert json.loads(stream.getvalue()) == []


def test_xlsx_holds_numbers_dates_and_texts() -> None:
    sheet = loaded(as_xlsx(ROW))
    assert [cell.value for cell in sheet[1]] == ["number", "name", "total", "due", "days", "share"]
    values = [cell.value for cell in sheet[2]]
    assert values[:3] == ["F-1", "Crème & Cie; Lyon", -1250.5]
    assert values[3].date() == date(2026, 3, 31)
    assert values[4:] == [12, 3]
    assert sheet["C2"].number_format == "#,##0.00"
    assert read_back(as_xlsx(ROW)) == [["F-1", "Crème & Cie; Lyon", "-1250.50", "2026-03-31", "12", "3"]]


def test_xlsx_may_show_headings() -> None:
    assert [cell.value for cell in loaded(as_xlsx(ROW, headings=True))[1]][:2] == ["Numéro", "Nom"]


def test_the_decimals_of_a_currency() -> None:
    sheet = loaded(as_xlsx(("a", "", Money(1500, "JPY"), None, 0, ""), ("b", "", Money(1234, "TND"), None, 0, "")))
    assert [(sheet[f"C{n}"].value, sheet[f"C{n}"].number_format) for n in (2, 3)] == [
        (1500, "#,##0"),
        (1.234, "#,##0.000"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_marks_what_would_run(text: str) -> None:
    content = as_csv((text, text), columns=COLUMNS[:2])
    assert raw_cells(content) == [["'" + text, "'" + text]]
    assert read_back(content) == [[text, text]]


@pytest.mark.parametrize("text", ["-12.50", "+12", "-3,5", "a=b", "l'été", "'quoted'", "12-13", ""])
def test_csv_leaves_numbers_and_prose(text: str) -> None:
    assert raw_cells(as_csv(("F-1", text), columns=COLUMNS[:2])) == [["F-1", text]]


@pytest.mark.parametrize("text", [*HOSTILE, "#REF!", "TRUE", "2026-03-31", "001"])
def test_xlsx_keeps_texts_as_texts(text: str) -> None:
    content = as_xlsx(("F-1", text), columns=COLUMNS[:2])
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    cell = loaded(content)["B2"]
    assert (cell.data_type, cell.value) == ("s", text.replace("\r", "\n"))


def test_xlsx_tells_excel_that_a_hostile_text_is_a_text() -> None:
    sheet = loaded(as_xlsx(("F-1", "=1+1"), ("F-2", "Dupont"), columns=COLUMNS[:2]))
    assert sheet["B2"].quotePrefix
    assert not sheet["B3"].quotePrefix


def test_what_no_sheet_can_hold_is_replaced_not_lost() -> None:
    rows = read_back(as_xlsx(("a\0b\x0bc\ud800", "x" * 40_000), columns=COLUMNS[:2]))
    assert rows[0][0] == "a\ufffdb\ufffdc\ufffd"
    assert len(rows[0][1]) == 32_767
    assert rows[0][1].endswith("…")
    assert read_back(as_csv(("a\0b\ud800", "x" * 40_000), columns=COLUMNS[:2])) == [["a\ufffdb?", "x" * 40_000]]


def test_a_sheet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_SHEET_ROWS", 2)
    with pytest.raises(Refused):
        write_xlsx(io.BytesIO(), "Sheet", COLUMNS, [ROW] * 3)


def test_any_title_names_a_sheet() -> None:
    stream = io.BytesIO()
    write_xlsx(stream, "Balance [âgée]: 01/02*?" + "x" * 50, COLUMNS, [])
    assert loaded(stream.getvalue()).title == "Balance  âgée   01 02  xxxxxxxxx"[:31]
    write_xlsx(io.BytesIO(), "/", COLUMNS, [])


@pytest.mark.parametrize("written_as", ["csv", "xlsx", "json"])
def test_a_sheet_in_each_format(written_as: Any) -> None:
    stream = io.BytesIO()
    assert write_sheet(stream, Sheet("Factures", COLUMNS, (ROW,)), written_as) == 1
    assert not stream.closed
    content = stream.getvalue()
    if written_as == "json":
        assert json.loads(content)[0]["number"] == "F-1"
    else:
        assert read_back(content)[0][0] == "F-1"


def test_rows_are_streamed() -> None:
    """A row is asked for only when the one before it is written."""
    stream = io.BytesIO()
    sizes = []

    def rows() -> Any:
        for n in range(3_000):
            sizes.append(len(stream.getvalue()))
            yield (f"F-{n}", "Dupont", eur(n), None, n, None)

    assert write_csv(stream, COLUMNS, rows()) == 3_000
    assert sizes[-1] > sizes[0]


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0", codec="utf-8"), max_size=15)
HOSTILE_CELLS = st.text(st.sampled_from("=+-@'\"\t\r\n ;,|a1(!."), max_size=8)


@given(st.lists(st.tuples(CELLS | HOSTILE_CELLS, CELLS | HOSTILE_CELLS), max_size=10))
@example([("\x1a", "")])
@example([("\ufeff", "\ufffd")])
def test_csv_is_read_back_exactly(rows: list[tuple[str, str]]) -> None:
    wanted = [("x", *row) for row in rows]
    columns = (Column("key", "Clé"), *COLUMNS[:2])
    assert read_back(as_csv(*wanted, columns=columns)) == [list(row) for row in wanted]


XML_CELLS = st.text(
    st.characters(min_codepoint=32, blacklist_categories=["Cs"], blacklist_characters="\ufffe\uffff", codec="utf-8"),
    max_size=15,
).filter(lambda text: "x005F_" not in text)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(XML_CELLS, HOSTILE_CELLS.map(lambda text: text.replace("\r", "\n"))), max_size=5))
def test_xlsx_is_read_back_exactly(rows: list[tuple[str, str]]) -> None:
    wanted = [("x", *row) for row in rows]
    columns = (Column("key", "Clé"), *COLUMNS[:2])
    assert read_back(as_xlsx(*wanted, columns=columns)) == [list(row) for row in wanted]
