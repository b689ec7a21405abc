"""Statements through the import: nothing twice, gaps told, what does not add up refused whole, and nothing matched."""

from pathlib import Path

import pytest
from build import a_customer, an_invoice, columns_of, counts, dump, imported
from camt_in import camt, entry, payment
from cfonb_in import cfonb, move, new, old
from statements_in import BANK

from crm.core.exchange import FileRefused

CAMT = camt(
    entry("120.00", payment(payer="DUPONT SARL", iban="FR7630006000011234567890189", said="FACTURE F-1", name="E2E-1")),
    entry("-15.00", more="<AddtlNtryInf>FRAIS TENUE DE COMPTE</AddtlNtryInf>", day="2026-03-12"),
    opening="100.00",
    closing="205.00",
)
CFONB = cfonb(
    old(10_000),
    move(12_000, "VIR DUPONT SARL"),
    move(-1_500, "FRAIS COMPTE", operation="62", day="120326"),
    new(20_500),
)
BANK_CSV = """
    Date;Libellé;Débit;Crédit
    10/03/2026;VIR DUPONT SARL F-1;;120,00
    12/03/2026;FRAIS COMPTE;15,00;
"""


def lines(crm) -> list[dict]:
    with crm.database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM bank_line ORDER BY id").mappings()
        return [dict(row) for row in rows]


def told(report) -> tuple[int, ...]:
    assert report.read == report.created + report.updated + report.duplicates + report.ignored + report.errors
    return (report.read, report.created, report.updated, report.duplicates, report.ignored)


def test_a_statement_keeps_its_lines_and_matches_nothing(crm):
    an_invoice(crm, amount="120.00")
    report = imported(crm, CAMT, name="releve.xml")
    assert report.kind == "camt053"
    assert told(report) == (2, 2, 0, 0, 0)
    assert dict(report.also_created) == {"statements": 1}
    assert columns_of(crm) == {"1-30": "120.00", "total": "120.00"}
    assert "payment" not in counts(crm)
    assert "allocation" not in counts(crm)
    first = lines(crm)[0]
    assert (first["cents"], first["counterparty_iban"], first["end_to_end_id"]) == (
        12_000,
        "FR7630006000011234567890189",
        "E2E-1",
    )
    assert "FACTURE F-1" in first["raw"]


def test_the_same_file_twice_creates_nothing(crm):
    imported(crm, CAMT)
    before = dump(crm)
    assert told(imported(crm, CAMT)) == (2, 0, 0, 2, 0)
    after = dump(crm)
    assert {table: rows for table, rows in after.items() if not table.startswith("journal")} == {
        table: rows for table, rows in before.items() if not table.startswith("journal")
    }


def test_the_same_statement_in_another_format_doubles_nothing_and_completes_what_is_known(crm):
    assert told(imported(crm, CFONB)) == (2, 2, 0, 0, 0)
    assert told(imported(crm, CAMT)) == (2, 0, 1, 1, 0)
    assert told(imported(crm, CFONB)) == (2, 0, 0, 2, 0)
    assert told(imported(crm, CAMT)) == (2, 0, 0, 2, 0)
    found = lines(crm)
    assert [line["cents"] for line in found] == [12_000, -1_500]
    assert found[0]["counterparty_iban"] == "FR7630006000011234567890189"


def test_a_table_that_does_not_name_its_account_means_the_only_one_there_is(crm):
    imported(crm, CAMT)
    assert told(imported(crm, BANK_CSV, name="banque.csv")) == (2, 0, 0, 2, 0)


def test_a_mapping_told_once_is_remembered_for_the_same_headings(crm):
    odd = "Jour op;Texte;Combien\n10/03/2026;VIR DUPONT;120,00\n"
    assert told(imported(crm, odd, kind="bank-csv", date="Jour op", label="Texte", amount="Combien")) == (1, 1, 0, 0, 0)
    later = "Jour op;Texte;Combien\n11/03/2026;VIR MARTIN;80,00\n"
    assert told(imported(crm, later, kind="bank-csv")) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("opening", "days", "says"),
    [
        ("210.00", "2026-04-02", "missing between"),
        ("150.00", "2026-03-10", "days come again"),
        ("205.00", "2026-04-02", ""),
    ],
)
def test_gaps_and_overlaps_are_told(crm, monkeypatch, opening, days, says):
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    imported(crm, CAMT)
    cents = int(float(opening) * 100)
    day = days[8:10] + days[5:7] + days[2:4]
    later = cfonb(old(cents, day=day), move(5_000, "VIR MARTIN", day="030426"), new(cents + 5_000, day="050426"))
    report = imported(crm, later)
    said = [problem.message for problem in report.problems if problem.line]
    assert len(said) == bool(says)
    assert says in "".join(said)


def test_a_statement_that_does_not_add_up_is_refused_whole(crm):
    with pytest.raises(FileRefused) as caught:
        imported(crm, CAMT.replace(">205.00<", ">206.00<"))
    assert caught.value.report.as_json()["read"] == 0
    assert "bank_line" not in counts(crm)


def test_the_parts_of_a_batch_take_the_place_of_its_sum(crm):
    batch = "<NtryRef>LOT-7</NtryRef><AcctSvcrRef>LOT-7</AcctSvcrRef>"
    whole = camt(entry("200.00", more=batch), opening="0.00", closing="200.00")
    parts = camt(
        entry("200.00", payment("120.00", payer="DUPONT"), payment("80.00", payer="MARTIN"), more=batch), message="054"
    )
    imported(crm, whole)
    report = imported(crm, parts)
    assert told(report) == (2, 2, 0, 0, 0)
    assert [(line["cents"], line["aside"]) for line in lines(crm)] == [(20_000, "in_parts"), (12_000, ""), (8_000, "")]
    assert told(imported(crm, whole)) == (1, 0, 0, 1, 0)
    assert told(imported(crm, parts)) == (2, 0, 0, 2, 0)


REFUSED = (
    "camt/camt053.v2.wrong.xml",
    "mt940/self-provided_february_30.sta",
    "ofx/malformed_date_missing.ofx",
    "ofx/malformed_decimal_error.ofx",
    "ofx/malformed_empty_balance.ofx",
)


def _samples() -> list[Path]:
    return sorted(path for path in BANK.glob("*/*") if path.suffix in {".xml", ".txt", ".sta", ".ofx"})


@pytest.mark.parametrize("path", _samples(), ids=lambda path: path.name)
def test_every_sample_is_kept_once_or_refused_whole(crm, path):
    try:
        report = imported(crm, path.read_bytes(), name=path.name)
    except FileRefused:
        assert "bank_line" not in counts(crm)
        return
    assert str(path.relative_to(BANK)) not in REFUSED
    assert told(report)[1] == len(lines(crm))
    if path.name == "non-strict-test.txt":
        assert report.problems
    again = imported(crm, path.read_bytes(), name=path.name)
    assert told(again)[1:3] == (0, 0)


def test_a_customers_file_is_not_taken_for_a_banks(crm):
    a_customer(crm)
    report = imported(crm, "reference;customer;date;amount;label\nP-1;Dupont;2026-03-10;120.00;VIR\n")
    assert report.kind == "payments-csv"
