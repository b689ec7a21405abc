"""The accounting file through the command line: the year, the same year later, the next one. Nothing is doubled."""

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "receivables" / "fec"))

from ledgers_in import a_fec, customer, opening, receipt, sale

YEAR, NEXT = "552081317FEC20261231.txt", "552081317FEC20271231.txt"
SALES = (
    opening(date(2026, 1, 1), customer("DUBOIS", 30_000)),
    sale("F1", "DUBOIS", 1200, date(2026, 9, 3)),
    sale("F2", "DUBOIS", 600, date(2026, 10, 1)),
    sale("F3", "MORVAN", 240, date(2026, 10, 9)),
)


@pytest.fixture
def books(shell, tmp_path):
    """Hand a file of entries over and look at what became of it."""

    def handed_over(name, *entries, **words):
        path = tmp_path / name
        path.write_bytes(a_fec(*entries))
        told = shell("import-data", path, "--yes", "--json", **words)
        assert told.code == 0, told.err
        (file,) = told.json["files"]
        assert file["refused"] is None
        return file

    return handed_over


def total(shell, day):
    return shell("aged-balance", "--as-of", day, "--json").json["currencies"]["EUR"]["total"]


def test_a_year_the_same_year_later_and_the_next(shell, books):
    first = books(YEAR, *SALES)
    assert (first["kind"], first["created"], first["also_created"]) == ("fec", 4, {"customers": 2})
    assert total(shell, "2026-11-24") == "2340.00"

    promised = shell("record-promise", "--customer", "DUBOIS", "--by", "2026-12-04", "--amount", "600", "--yes")
    assert promised.code == 0
    owed = shell("list-debtors-without-address", "--json").json["customers"]
    assert [one["customer"] for one in owed] == ["DUBOIS", "MORVAN"]

    paid = (receipt("V1", "DUBOIS", 1200, date(2026, 11, 30), code="A"), receipt("V2", "MORVAN", 40, date(2026, 12, 2)))
    later = books(YEAR, *(entry.lettered("A") if entry.piece == "F1" else entry for entry in SALES), *paid)
    assert (later["created"], later["updated"], later["duplicates"]) == (2, 1, 3)
    assert total(shell, "2026-12-31") == "1100.00"
    assert len(shell("list-promises", "--json").json["promises"]) == 1

    brought = opening(date(2027, 1, 1), customer("DUBOIS", 90_000), customer("MORVAN", 20_000, code="B"))
    new = books(NEXT, brought, receipt("V3", "MORVAN", 200, date(2027, 1, 12), code="B"), sale("F4", "MORVAN", 60, date(2027, 1, 15)))  # fmt: skip  # read as a table: columns side by side
    assert (new["created"], new["updated"], new["also_created"]) == (4, 0, {})
    assert total(shell, "2026-12-31") == "1100.00", "the year before stays as it was"
    assert total(shell, "2027-01-31") == "960.00"
    numbers = [line["number"] for line in shell("list-invoices", "--as-of", "2027-01-31", "--json").json["invoices"]]
    assert sorted(numbers) == ["AN DUBOIS", "F1", "F2", "F3", "F4"], "no opening balance became a second debt"

    years = shell("check-accounting", "--json").json["years"]
    assert [(year["books"], year["difference"]) for year in years] == [("1100.00", "0.00"), ("960.00", "0.00")]
    for name, entries in ((YEAR, (*SALES,)), (NEXT, (brought,))):
        again = books(name, *entries)
        assert again["created"] == 0
    assert total(shell, "2027-01-31") == "960.00"
    assert shell("verify-journal", "--json").json["holds"]


def test_a_file_in_an_archive_and_a_preview(shell, tmp_path):
    import gzip

    path = tmp_path / f"{YEAR}.gz"
    path.write_bytes(gzip.compress(a_fec(*SALES)))
    preview = shell("import-data", path, "--json")
    assert preview.json["preview"]["files"][0]["created"] == 4
    assert shell("aged-balance", "--json").json["customers"] == []
    sealed = shell("import-data", path, "--seal", preview.json["seal"], "--json")
    assert sealed.code == 0
    assert total(shell, "2026-11-24") == "2340.00"
