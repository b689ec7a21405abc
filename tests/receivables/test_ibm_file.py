"""The IBM file of receivables, read with a mapping: every figure counted again here, with nothing but csv and Decimal."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from build import LEA, TODAY

from crm.bootstrap import Crm
from crm.core.basics import ImportData, Undo
from crm.portfolio.figures import ShowKpi
from crm.receivables.actions import AgedBalance, ListInvoices

HERE = Path(__file__).parents[1] / "data" / "payments" / "ibm_accounts_receivable_300.csv"
WHOLE = Path(__file__).parents[3] / "shared" / "data" / "payments" / "ibm_accounts_receivable.csv"
MAPPING = {
    "number": "invoiceNumber",
    "customer": "customerID",
    "issue_date": "InvoiceDate",
    "due_date": "DueDate",
    "total_incl_tax": "InvoiceAmount",
    "disputed": "Disputed",
    "paid_date": "SettledDate",
}
COLUMNS = ("not_due", "1-30", "31-60", "61-90", "over_90")
DAYS = (date(2012, 12, 31), date(2013, 6, 30))

Row = dict[str, str]


@pytest.fixture(params=[HERE, WHOLE], ids=["excerpt", "whole"])
def path(request) -> Path:
    if not request.param.exists():
        pytest.skip("the whole file is not shipped with the project")
    return request.param


@pytest.fixture
def rows(path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def day_of(text: str) -> date:
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


def read(crm: Crm, path: Path):
    return crm.runner.run(ImportData(upload=crm.spool.take_path(path), kind="invoices-csv", map=MAPPING), LEA).result


def test_every_line_becomes_an_invoice_a_customer_and_a_payment(crm, path, rows):
    report = read(crm, path)
    disputed = sum(row["Disputed"] == "Yes" for row in rows)
    paid = sum(Decimal(row["InvoiceAmount"]) != 0 for row in rows)
    assert (report.read, report.created, report.errors, report.refused) == (len(rows), len(rows), 0, None)
    assert report.also_created == {
        "customers": len({row["customerID"] for row in rows}),
        "payments": paid,
        "disputes": disputed,
    }
    assert [problem.message for problem in report.problems] == [
        "Columns not used: countrycode, PaperlessDate, PaperlessBill, DaysToSettle, DaysLate."
    ]
    listed = crm.runner.read(ListInvoices(), LEA).as_json()["invoices"]
    assert sum(Decimal(line["total"]) for line in listed) == sum(Decimal(row["InvoiceAmount"]) for row in rows)
    assert {line["standing"] for line in listed} == {"paid"}
    assert crm.runner.read(AgedBalance(as_of=TODAY), LEA).as_json()["currencies"] == {}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_aged_balance_of_a_past_day_is_what_the_file_says(crm, path, rows, day):
    read(crm, path)
    owed: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if day_of(row["InvoiceDate"]) <= day < day_of(row["SettledDate"]):
            late = (day - day_of(row["DueDate"])).days
            column = next(
                (name for name, most in zip(COLUMNS, (0, 30, 60, 90), strict=False) if late <= most), "over_90"
            )
            owed[row["customerID"]][column] += Decimal(row["InvoiceAmount"])
    told = crm.runner.read(AgedBalance(as_of=day), LEA).as_json()
    found = {
        line["customer"]: {name: Decimal(line[name]) for name in COLUMNS if Decimal(line[name])}
        for line in told["customers"]
    }
    assert found == owed
    whole = sum((sum(columns.values()) for columns in owed.values()), Decimal())
    total = told["currencies"].get("EUR", {"total": "0", "unallocated": "0.00"})
    assert Decimal(total["total"]) == whole
    assert Decimal(total["unallocated"]) == 0


def test_the_figures_of_a_quarter(crm, path, rows):
    read(crm, path)
    start, end = date(2012, 1, 1), date(2012, 3, 31)
    sales = sum(Decimal(row["InvoiceAmount"]) for row in rows if start <= day_of(row["InvoiceDate"]) <= end)
    owed = sum(
        Decimal(row["InvoiceAmount"]) for row in rows if day_of(row["InvoiceDate"]) <= end < day_of(row["SettledDate"])
    )
    told = crm.runner.read(ShowKpi(kpi="dso", period=f"{start}/{end}"), LEA).as_json()
    assert (Decimal(told["inputs"]["sales"]), Decimal(told["inputs"]["receivables"])) == (sales, owed)
    assert Decimal(told["value"]) == (owed / sales * 91).quantize(Decimal("0.01"))


def test_the_file_again_changes_nothing_and_can_be_taken_back(crm, path, rows):
    read(crm, path)
    again = read(crm, path)
    assert (again.created, again.updated, again.duplicates) == (0, 0, len(rows))
    crm.runner.run(Undo(), LEA)
    assert crm.runner.read(ListInvoices(), LEA).lines == ()


def test_the_headings_alone_are_enough(crm, rows, path):
    report = crm.runner.run(ImportData(upload=crm.spool.take_path(path)), LEA).result
    assert (report.kind, report.created) == ("invoices-csv", len(rows))
