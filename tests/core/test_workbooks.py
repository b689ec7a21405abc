"""Workbooks that come in: values as text, formulas told, hostile files refused."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
from tables_in import cells, read, refusal, table

from crm.core.errors import Invalid
from crm.core.tabular import ProblemList


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


def workbook(*rows: list[object], prepare: Callable[..., None] = lambda _book: None) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    prepare(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rebuilt(content: bytes, changes: dict[str, Callable[[str], str]]) -> bytes:
    """A workbook with some of its parts rewritten."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename in changes:
                text = changes[part.filename](text.decode()).encode()
            new.writestr(part.filename, text)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_of_a_workbook_become_text() -> None:
    content = workbook(
        [None, None],
        ["Number", "Value"],
        ["int", 411001.0],
        ["cents", 1234.56],
        ["noise", 0.1 + 0.2],
        ["half", 0.5],
        ["thousandths", 1.234],
        ["large", 12345678901.25],
        ["day", date(2026, 3, 31)],
        ["time", datetime.fromisoformat("2026-03-31 10:20")],
        ["yes", True],
        ["error", "#REF!"],
        [None, None],
        ["text", "001"],
    )
    opened = table(content)
    assert opened.header == ("number", "value")
    told = ProblemList()
    rows = list(opened.rows(told))
    assert told == []
    assert {row[0]: row[1] for _line, row in rows} == {
        "int": "411001",
        "cents": "1234.56",
        "noise": "0.30",
        "half": "0.50",
        "thousandths": "1.2340",
        "large": "12345678901.25",
        "day": "2026-03-31",
        "time": "2026-03-31 10:20:00",
        "yes": "yes",
        "error": "#REF!",
        "text": "001",
    }
    assert rows[0][0] == 3
    assert rows[-1][0] == 14


def test_number_cells_are_read_whatever_the_sign_of_text_cells() -> None:
    opened = table(workbook(["number", "amount"], ["1", 1234.5], ["2", "1.234,56"], ["3", 1.234], ["4", 7]))
    reading = opened.decide(amounts=[1])
    assert reading.amounts.decimal == ","
    assert reading.problems == ()
    values = [row[1] for _line, row in opened.rows(ProblemList())]
    assert [reading.amounts.cents(values[n]) for n in (0, 1, 3)] == [123450, 123456, 700]
    with pytest.raises(Invalid):
        reading.amounts.cents(values[2])


def test_a_formula_in_a_workbook_is_told_and_a_text_that_looks_like_one_is_not() -> None:
    def as_text(book: object) -> None:
        book.active["B3"].data_type = "s"  # type: ignore[attr-defined]  # made at run time

    rows, told = read(workbook(["number", "amount"], ["1", "=1+1"], ["2", "=1+1"], ["3", 5], prepare=as_text))
    assert [row for _line, row in rows] == [["2", "=1+1"], ["3", "5"]]
    assert [problem.line for problem in told] == [2]


def test_a_wide_row_of_a_workbook_is_told() -> None:
    rows, told = read(workbook(["number", "name"], ["1", "a", "b"], ["2", "c", None]))
    assert [row for _line, row in rows] == [["2", "c"]]
    assert [problem.line for problem in told] == [2]


def test_declared_sizes_of_a_workbook_are_not_believed() -> None:
    content = rebuilt(
        workbook(["number", "name"], ["1", "a"]), {SHEET: lambda xml: xml.replace('ref="A1:B2"', 'ref="A1:XFD1048576"')}
    )
    assert cells(content) == [["1", "a"]]


def test_a_row_number_beyond_the_end_of_a_sheet_is_refused() -> None:
    content = rebuilt(
        workbook(["number", "name"], ["1", "a"], ["2", "b"]),
        {SHEET: lambda xml: xml.replace('<row r="3"', '<row r="99999999999"')},
    )
    assert "more rows" in refusal(content).message


def test_an_empty_workbook() -> None:
    assert "empty" in refusal(workbook()).message


def test_a_workbook_cut_off_or_damaged() -> None:
    content = workbook(["number", "name"], *([str(n), "a"] for n in range(100)))
    assert "cut off" in refusal(content[: len(content) // 2]).message
    assert refusal(rebuilt(content, {SHEET: lambda xml: xml[: len(xml) // 2]})).line > 1
    assert "damaged" in refusal(rebuilt(content, {"xl/workbook.xml": lambda _xml: "<a"})).message


def test_entities_in_a_workbook_are_not_expanded() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    content = rebuilt(workbook(["number"], ["1"]), {SHEET: lambda xml: bomb + xml[xml.index("<worksheet") :]})
    assert "damaged" in refusal(content).message


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"xl/workbook.xml": b"", SHEET: b"0" * (4 << 20)}, "times its size"),
        ({"xl/workbook.xml": b""} | {f"part{n}": b"" for n in range(1001)}, "more than 1000"),
        ({"xl/workbook.bin": b""}, "XLSB"),
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "OpenDocument"),
        ({"[Content_Types].xml": b"", "word/document.xml": b""}, "Word"),
        ({"invoices.csv": b"number"}, "ZIP"),
    ],
)
def test_a_zip_that_is_no_workbook_or_a_bomb(parts: dict[str, bytes], words: str) -> None:
    assert words in refusal(zipped(parts)).message
