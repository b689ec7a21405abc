"""Text files that come in: what is decided for a file, what is told of a line, what refuses the whole."""

import io

import pytest
from tables_in import cells, read, refusal, table

from crm.core.tabular import ProblemList, Unreadable, open_table


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(encoding: str) -> None:
    text = "Numéro;Société\r\nC-1;Crème brûlée œuvre\r\n"
    opened = table(text.encode(encoding))
    assert opened.header == ("numero", "societe")
    assert opened.headings == ("Numéro", "Société")
    assert [row for _line, row in opened.rows(ProblemList())] == [["C-1", "Crème brûlée œuvre"]]


def test_the_encoding_is_that_of_the_whole_file() -> None:
    """An accent in Windows-1252 far beyond the first block decides like one on the first line."""
    lines = ["number;name", *(f"C-{n};Dupont" for n in range(40_000)), "C-X;Lévêque"]
    opened = table("\n".join(lines).encode("cp1252"))
    assert opened.encoding == "cp1252"
    assert [row for _line, row in opened.rows(ProblemList())][-1] == ["C-X", "Lévêque"]


def test_damaged_bytes_in_utf8_are_told_line_by_line() -> None:
    rows, told = read("number;name\nC-1;Crème\nC-2;Bé".encode() + b"\xe9b\xe9" + "\nC-3;Noël\n".encode())
    assert [row[0] for _line, row in rows] == ["C-1", "C-3"]
    assert [(problem.line, problem.severity) for problem in told] == [(3, "error")]


def test_bytes_that_are_no_character_refuse_the_file() -> None:
    refused = refusal(b"number;name\nC-1;Dupont\nC-2;Cr\x8fme\n")
    assert refused.line == 3
    assert "UTF-8" in refused.message


def test_a_utf8_file_cut_within_a_character_is_not_taken_for_windows() -> None:
    opened = table("number;name\nC-1;Société\nC-2;Soci".encode() + b"\xc3")
    assert opened.encoding == "utf-8"


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    content = "\n".join(
        separator.join(row) for row in (["number", "amount", "name"], ["1", "12.50", "a"], ["2", "3", "b"])
    )
    assert cells(content) == [["1", "12.50", "a"], ["2", "3", "b"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("number;amount\n1;12,50\n2;13,70\n", [["1", "12,50"], ["2", "13,70"]]),
        ("number;name, town\n1;Dupont, Lyon\n", [["1", "Dupont, Lyon"]]),
        ('number,"name; full"\n1,"a;b"\n2,"c;d"\n', [["1", "a;b"], ["2", "c;d"]]),
        ("number;aliases\n1;a|b|c\n2;d|e\n", [["1", "a|b|c"], ["2", "d|e"]]),
        ('sep=,\nnumber,name\n1,"a"\n', [["1", "a"]]),
        ("number\n1,50\n", [["1,50"]]),
        ("PK;name\n1;a\n", [["1", "a"]]),
    ],
)
def test_what_stands_in_cells_does_not_confuse_the_separator(content: str, expected: list[list[str]]) -> None:
    assert cells(content) == expected


def test_lines_are_physical_lines_where_records_start() -> None:
    rows, _told = read('number;text\n1;"two\nlines"\n\n2;b\n;\n3;"x\r\ny"\n4;d')
    assert [(line, row[0]) for line, row in rows] == [(2, "1"), (5, "2"), (7, "3"), (9, "4")]
    assert rows[0][1] == ["1", "two\nlines"]
    assert rows[2][1] == ["3", "x\r\ny"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(end: str) -> None:
    assert cells(end.join(["number;name", "1;a", "", "2;b", ""])) == [["1", "a"], ["2", "b"]]


def test_lines_hold_across_blocks() -> None:
    """Line ends fall on either side of the borders of the blocks that the file is read by."""
    wanted = [[str(n), "x" * (n % 97), f'say "{n}"\r\nthen'] for n in range(9_000)]
    content = "number;text;note\r\n" + "".join(
        f'{number};{text};"{note.replace(chr(34), chr(34) * 2)}"\r\n' for number, text, note in wanted
    )
    rows, told = read(content)
    assert told == []
    assert [row for _line, row in rows] == wanted
    assert rows[-1][0] == 2 * len(wanted)


def test_vertical_tabs_and_unicode_separators_end_no_line() -> None:
    assert cells("number;note\n1;a\x0bb\x0cc\x85d\u2028e\n") == [["1", "a\x0bb\x0cc\x85d\u2028e"]]


def test_a_header_alone_has_no_rows() -> None:
    assert cells("number;name\n") == []
    assert cells("number;name") == []


def test_short_rows_are_padded_and_empty_surplus_is_dropped() -> None:
    assert cells("number;name;town\n1;a\n2;b;c;;\n") == [["1", "a", ""], ["2", "b", "c"]]


def test_a_row_wider_than_the_header_is_told() -> None:
    rows, told = read("number,name\n1,a\n2,b,SARL\n3,c\n")
    assert [row[0] for _line, row in rows] == ["1", "3"]
    assert [(problem.line, problem.severity) for problem in told] == [(3, "error")]
    assert told[0].as_json() == {"line": 3, "severity": "error", "message": told[0].message}


def test_the_end_of_file_sign_of_dos_is_no_row() -> None:
    assert cells("number;name\r\n1;a\r\n\x1a") == [["1", "a"]]


def test_an_empty_file() -> None:
    assert "empty" in refusal(b"").message
    assert "empty" in refusal("\ufeff \n\n").message


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x7fELF\x02", "ELF"),
        (b'<?xml version="1.0"?><Document/>', "XML"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html></html>", "HTML"),
        (b"\x1f\x8b\x08", "GZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, ".xls"),
    ],
)
def test_another_kind_of_file_is_named(head: bytes, kind: str) -> None:
    assert kind in refusal(head).message


def test_binary_without_a_known_head() -> None:
    assert refusal(bytes(range(256)) * 20).line == 1


def test_a_nul_is_told_with_its_line() -> None:
    refused = refusal("number;name\n" + "1;a\n" * 100_000 + "2;b\0c\n")
    assert refused.line == 100_002
    assert "Line 100002" in refused.message
    assert "NUL" in refused.message


class Endless(io.RawIOBase):
    """A file of one byte repeated without end; counts what is read of it."""

    def __init__(self, head: bytes, byte: bytes) -> None:
        self.head, self.byte, self.place, self.served = head, byte, 0, 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET
        self.place = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "never the whole file"
        content = (self.head[self.place : self.place + size] + self.byte * size)[:size]
        self.place += size
        self.served += size
        return content


@pytest.mark.parametrize("byte", [b"a", b";", b'"', b"\xe9", b"\xff", b"\xc3", b" "])
@pytest.mark.parametrize("head", [b"", b"number;name\n1;a\n", b'number;name\n1;"'])
def test_a_line_without_end_is_refused_after_a_few_megabytes(head: bytes, byte: bytes) -> None:
    endless = Endless(head, byte)
    with pytest.raises(Unreadable) as caught:
        open_table(endless, "endless.csv")
    assert caught.value.line == head.count(b"\n") + 1
    assert endless.served < 8 << 20


def test_a_quote_left_open_refuses_the_file_with_its_line() -> None:
    refused = refusal('number;name\n1;a\n2;"b\n' + "3;c\n" * 10)
    assert refused.line == 3


def test_a_quote_left_open_does_not_swallow_a_long_file() -> None:
    opened = table('number;name\n1;a\n2;"b\n' + "3;c\n" * 500_000)
    with pytest.raises(Unreadable) as caught:
        list(opened.rows(ProblemList()))
    assert caught.value.line == 3


def test_a_record_of_many_quoted_lines_does_not_swallow_a_long_file() -> None:
    opened = table('number;name\n1;a\n2;"\n' + '";"\n' * 600_000)
    with pytest.raises(Unreadable) as caught:
        list(opened.rows(ProblemList()))
    assert caught.value.line == 3


def test_quotes_that_do_not_pair_up_within_a_line_are_its_problem() -> None:
    rows, told = read('number;name\n1;"Le "Phare" SARL"\n2;12" disc\n')
    assert [row for _line, row in rows] == [["2", '12" disc']]
    assert [problem.line for problem in told] == [2]


def test_quotes_that_do_not_pair_up_over_several_lines_refuse_the_file() -> None:
    """The quote opened on line 3 closes where line 5 opens its own; what is between belongs to nobody."""
    refused = refusal('number;name\n"1";"a"\n"2";"b\n3;c\n"4";"d"\n"5";"e"\n')
    assert refused.line == 3


def test_a_cell_too_long_refuses_the_file() -> None:
    assert refusal("number;name\n1;" + "x" * 200_000 + "\n").line == 2


def test_a_file_cut_off_in_a_line_is_refused() -> None:
    refused = refusal("number;name;town\n1;a;b\n2;c")
    assert refused.line == 3
    assert "cut off" in refused.message


def test_a_file_whose_rows_are_short_anyway_is_only_doubted() -> None:
    rows, told = read("number;name;town\n1;a\n2;c")
    assert len(rows) == 2
    assert [(problem.line, problem.severity) for problem in told] == [(3, "warning")]


def test_a_last_line_without_line_end_is_fine_when_complete() -> None:
    assert cells("number;name\n1;a\n2;b") == [["1", "a"], ["2", "b"]]


def test_too_many_columns() -> None:
    assert "500" in refusal(";".join(f"c{n}" for n in range(501)) + "\n").message


def test_a_formula_in_a_cell_is_the_problem_of_its_line() -> None:
    rows, told = read("number;name\n1;\"=cmd|' /C calc'!A0\"\n2;-12\n3;+33 6 12\n4;-1+cmd|'x'!A0\n")
    assert [row for _line, row in rows] == [["2", "-12"], ["3", "+33 6 12"]]
    assert [problem.line for problem in told] == [2, 5]
    assert "=cmd" in told[0].message
    assert "name" in told[0].message


def test_a_formula_is_seen_wherever_it_stands_in_a_long_file() -> None:
    lines = ["number;name"] + [f"{n};Dupont" for n in range(60_000)]
    lines[40_000] = "=A1;x"
    lines[50_000] = "7;=1"
    _rows, told = read("\n".join(lines) + "\n")
    assert [problem.line for problem in told] == [40_001, 50_001]
