"""`payments-csv`: money that came in. Nothing is matched by reading it."""

import pytest
from build import LEA, a_customer, ago, an_invoice, clean, columns_of, counts, dump, imported

from crm.core.basics import ExportData

HEAD = "reference;customer;date;amount;currency;method;label"


def one(crm, line: str, head: str = HEAD):
    return imported(crm, f"{head}\n{line}\n", kind="payments-csv")


def payments(crm) -> list[dict]:
    sheet = crm.runner.read(ExportData(dataset="payments"), LEA).sheet
    return [{name: str(value) if value is not None else None for name, value in row.items()} for row in sheet.records()]


def test_a_payment_settles_nothing_by_itself(crm):
    an_invoice(crm, amount="120.00")
    report = clean(one(crm, "VIR-1;Dupont;20/11/2026;1 120,50;EUR;Virement;FACTURE F-1"))
    assert (report.created, dict(report.also_created)) == (1, {})
    assert columns_of(crm) == {"1-30": "120.00", "unallocated": "-1120.50", "total": "-1000.50"}
    assert payments(crm) == [
        {
            "reference": "VIR-1",
            "customer": "Dupont",
            "name": "Dupont",
            "date": "2026-11-20",
            "amount": "1120.50",
            "unallocated": "1120.50",
            "currency": "EUR",
            "method": "transfer",
            "label": "FACTURE F-1",
        }
    ]


def test_the_payer_may_be_left_out_and_told_later(crm):
    a_customer(crm)
    one(crm, "P-1;;2026-11-20;50.00;;;")
    assert payments(crm)[0]["customer"] == ""
    assert one(crm, "P-1;C-1;2026-11-20;50.00;;Chèque;encaissé").updated == 1
    assert one(crm, "P-1;;2026-11-20;50.00;;;").duplicates == 1, "an empty cell takes nothing away"
    (row,) = payments(crm)
    assert (row["customer"], row["method"], row["label"]) == ("C-1", "check", "encaissé")


def test_money_that_went_back_is_negative(crm):
    a_customer(crm)
    one(crm, "P-1;C-1;2026-11-20;-50.00;;;")
    assert columns_of(crm) == {"unallocated": "50.00", "total": "50.00"}


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("VIR", "transfer"),
        ("Prélèvement", "direct_debit"),
        ("CB", "card"),
        ("espèces", "cash"),
        ("LCR", "bill_of_exchange"),
        ("cheque", "check"),
        ("direct_debit", "direct_debit"),
        ("bill of exchange", "bill_of_exchange"),
    ],
)
def test_ways_of_paying_are_understood(crm, word, method):
    one(crm, f"P-1;;2026-11-20;50.00;;{word};")
    assert payments(crm)[0]["method"] == method


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (";Dupont;2026-11-20;50.00;;;", "reference"),
        ("P-1;Nobody;2026-11-20;50.00;;;", "Nobody"),
        ("P-1;;2026-11-20;;;;", "amount"),
        ("P-1;;;50.00;;;", "date"),
        ("P-1;;0202-11-20;50.00;;;", "0202"),
        ("P-1;;2026-11-20;1,234.56-;;;", "1,234.56-"),
        ("P-1;;2026-11-20;50.00;EURO;;", "EURO"),
        ("P-1;;2026-11-20;50.00;;barter;", "barter"),
        ("P-1;;2026-11-20;=1+1;;;", "=1+1"),
        (f"{'P' * 201};;2026-11-20;1.00;;;", "200"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(crm, line, told):
    report = one(crm, f"P-8;;2026-11-20;5.00;;;\n{line}\nP-9;;2026-11-20;5.00;;;")
    assert (report.read, report.created, report.errors) == (3, 2, 1)
    (problem,) = [problem for problem in report.problems if problem.severity == "error"]
    assert problem.line == 3
    assert told in problem.message


def test_several_customers_of_a_name_are_a_problem_not_a_pick(crm):
    a_customer(crm, "C-1", "Dupont")
    a_customer(crm, "C-2", "DUPONT")
    assert one(crm, "P-1;Dupont;2026-11-20;50.00;;;").errors == 1


def test_a_reference_is_one_payment(crm):
    a_customer(crm)
    report = one(crm, "P-1;C-1;2026-11-20;50.00;;;\nP-1;C-1;2026-11-20;50.00;;;\nP-1;C-1;2026-11-21;50.00;;;")
    assert (report.created, report.duplicates, report.errors) == (1, 1, 1)
    assert report.problems[0].line == 4
    for line in ("P-1;C-1;2026-11-20;50.01;;;", "P-1;C-1;2026-11-19;50.00;;;", "P-1;C-1;2026-11-20;50.00;USD;;"):
        assert one(crm, line).errors == 1
    a_customer(crm, "C-2", "Martin")
    assert one(crm, "P-1;C-2;2026-11-20;50.00;;;").errors == 1
    assert counts(crm)["payment"] == 1


def test_the_same_file_again_changes_nothing(crm):
    a_customer(crm)
    text = f"{HEAD}\nP-1;C-1;2026-11-20;50.00;;VIR;x\nP-2;;2026-11-21;60.00;;;\n"
    clean(imported(crm, text))
    before = dump(crm)
    report = imported(crm, text)
    assert (report.created, report.duplicates) == (0, 2)
    assert dump(crm) == before


def test_many_payments_are_one_act(crm):
    a_customer(crm)
    rows = "".join(f"P-{place};C-1;{ago(place % 300)};1.50;;;\n" for place in range(12_000))
    report = imported(crm, f"{HEAD}\n{rows}")
    assert report.created == 12_000
    assert columns_of(crm)["unallocated"] == "-18000.00"
