"""Archives that come in: every member, and never more than was agreed."""

import gzip
import io
import zipfile
from typing import BinaryIO

import pytest

from crm.core.archives import ARCHIVE, Bounds, is_archive, members
from crm.core.problems import Unreadable


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


def zipped(*parts: tuple[str, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream


def unpacked(stream: BinaryIO, name: str = "file", bounds: Bounds = ARCHIVE) -> list[tuple[str, bytes]]:
    return [(member, content.read()) for member, content in members(stream, name, bounds)]


def refusal(stream: BinaryIO, bounds: Bounds = ARCHIVE) -> str:
    with pytest.raises(Unreadable) as caught:
        unpacked(stream, "file", bounds)
    return caught.value.message


def test_a_zip_is_opened_member_by_member_under_bare_names() -> None:
    archive = zipped(
        ("january/", b""),
        ("january/invoices.csv", b"number;name\n"),
        ("february\\invoices.csv", b"number\n"),
        ("../../etc/passwd", b"root"),
        ("__MACOSX/january/._invoices.csv", b"\0\5"),
        ("january/.DS_Store", b"\0"),
        ("..", b"dots"),
    )
    assert unpacked(archive) == [
        ("invoices.csv", b"number;name\n"),
        ("invoices.csv (2)", b"number\n"),
        ("passwd", b"root"),
        ("unnamed", b"dots"),
    ]


def test_a_gzip_is_opened_under_its_name_without_the_ending() -> None:
    assert unpacked(io.BytesIO(gzip.compress(b"number;name\n")), "invoices.csv.gz") == [
        ("invoices.csv", b"number;name\n")
    ]


def test_what_is_no_archive_is_its_own_only_member() -> None:
    assert unpacked(io.BytesIO(b"number;name\n"), "invoices.csv") == [("invoices.csv", b"number;name\n")]
    assert unpacked(io.BytesIO(b""), "empty.csv") == [("empty.csv", b"")]


def test_a_workbook_is_a_file_alone_and_within_an_archive() -> None:
    workbook = zipped(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")).getvalue()
    assert not is_archive(io.BytesIO(workbook))
    assert unpacked(io.BytesIO(workbook), "customers.xlsx") == [("customers.xlsx", workbook)]
    assert unpacked(zipped(("customers.xlsx", workbook))) == [("customers.xlsx", workbook)]


def test_a_member_closes_when_the_next_is_asked_for() -> None:
    opened = members(zipped(("a", b"1"), ("b", b"2")), "file.zip")
    _name, first = next(opened)
    next(opened)
    assert first.closed


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    assert "times its size" in refusal(zipped(("zeros", bytes(8 << 20))))
    assert "times its size" in refusal(io.BytesIO(gzip.compress(bytes(8 << 20))))


def test_a_bomb_that_lies_about_its_size_goes_no_further_than_it_said() -> None:
    """The directory says one byte; what is read is bounded by that, and then its checksum is wrong."""
    archive = zipped(("zeros", bytes(8 << 20)), ("padding", bytes(range(256)) * 200))
    content = archive.getvalue().replace((8 << 20).to_bytes(4, "little"), (1).to_bytes(4, "little"))
    assert "damaged" in refusal(io.BytesIO(content))


def test_small_files_may_be_of_one_letter() -> None:
    assert unpacked(zipped(("zeros", bytes(1 << 20))))[0][1] == bytes(1 << 20)


def test_size_and_number_are_bounded() -> None:
    bounds = Bounds(members=2, total=1000)
    assert "more than 2 files" in refusal(zipped(("a", b""), ("b", b""), ("c", b"")), bounds)
    assert "would hold more than" in refusal(zipped(("a", b"x" * 600), ("b", b"x" * 600)), bounds)
    assert "would hold more than" in refusal(io.BytesIO(gzip.compress(b"x" * 1001)), bounds)
    assert "more than 200 files" in refusal(zipped(*((str(n), b"") for n in range(201))))


def test_a_directory_too_large_for_memory_is_not_read() -> None:
    archive = zipped(*((f"{n}" + "x" * 60_000, b"") for n in range(40)))
    assert "too many" in refusal(archive)


def test_archives_within_archives_are_refused() -> None:
    inner = zipped(("a", b"1")).getvalue()
    assert "another archive" in refusal(zipped(("inner.zip", inner)))
    assert "another archive" in refusal(zipped(("inner.gz", gzip.compress(b"1"))))
    assert "another archive" in refusal(io.BytesIO(gzip.compress(gzip.compress(b"1"))))


def test_a_password_is_said() -> None:
    content = bytearray(zipped(("a", b"1")).getvalue())
    content[6] |= 1
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1
    assert "password" in refusal(io.BytesIO(bytes(content)))


@pytest.mark.parametrize("stream", [zipped(), zipped(("folder/", b""), ("__MACOSX/a", b"1"))])
def test_an_archive_without_files(stream: io.BytesIO) -> None:
    assert "holds no file" in refusal(stream)


def test_archives_cut_off_or_damaged() -> None:
    whole = zipped(("a", bytes(range(256)) * 400)).getvalue()
    assert "cut off" in refusal(io.BytesIO(whole[:-10]))
    middle = whole.index(b"PK\x01\x02") // 2
    assert "damaged" in refusal(io.BytesIO(whole[:middle] + b"\xff\xff\xff\xff" + whole[middle + 4 :]))
    packed = gzip.compress(bytes(range(256)) * 400)
    assert "cut off" in refusal(io.BytesIO(packed[:-10]))
    assert "damaged" in refusal(io.BytesIO(packed[:10] + b"\xff\xff" + packed[12:]))
    assert "damaged" in refusal(io.BytesIO(b"\x1f\x8b"))
    assert "damaged" in refusal(io.BytesIO(b"PK\x03\x04 and no more"))
