"""Numbers of invoices in whatever writing."""

from datetime import date

import pytest
from stories import DUPONT, MARTIN, line, matcher, owed, settled

from crm.receivables.matching.numbering import Strength, creditor_reference, forms, take_apart

ISSUED = date(2026, 2, 10)


@pytest.mark.parametrize(
    "written",
    [
        "F2026-0113", "f2026-0113", "F2026-113", "F 2026 0113", "F2026/0113", "F20260113", "FACT 113", "FACTURE N°113", "F26-113",
        "2026-0113", "F2O26-O113", "RGT FACT 0113 DU 10/02/2026", "VOTRE FACTURE F2026-0113 1 250,00 EUR", "113/2026", "F 2 0 2 6 0 1 1 3",
        "PAIEMENTF2026-0113", "REF F2026.0113", "INV F2026_0113", "N.F2026-0113.", "SOLDE F-113",
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_a_number_is_read_in_any_writing(written: str) -> None:
    """Two invoices of the same amount: only the number tells them apart."""
    items = (owed("F2026-0113", 125_000), owed("F2026-0131", 125_000))
    assert settled(matcher(*items).propose(line(f"VIR MENUISERIE DUPONT {written}", 125_000)), *items) == {
        "F2026-0113": 125_000
    }


@pytest.mark.parametrize(
    "written",
    [
        "F2026-0113/0114/0117",
        "F2026-113, 114 ET 117",
        "FACT 113/114/117",
        "FACT 113 114 117",
        "F2026-0113 F2026-0114 F2026-0117",
        "FACTURES 0113+0114+0117",
    ],
)
def test_a_list_of_numbers_is_read(written: str) -> None:
    items = (
        owed("F2026-0113", 10_100),
        owed("F2026-0114", 20_200),
        owed("F2026-0115", 5_050),
        owed("F2026-0117", 30_300),
    )
    made = matcher(*items).propose(line(written, 60_600, name="DUPONT MENUISERIE"))
    assert settled(made, *items) == {"F2026-0113": 10_100, "F2026-0114": 20_200, "F2026-0117": 30_300}


@pytest.mark.parametrize("written", ["FACT F2026-0113 A 0117", "FACTURES 113 A 117", "F2026-0113 AU F2026-0117"])
def test_a_range_takes_what_lies_between(written: str) -> None:
    items = (
        owed("F2026-0113", 10_100),
        owed("F2026-0115", 20_300),
        owed("F2026-0117", 30_300),
        owed("F2026-0119", 99_900),
    )
    made = matcher(*items).propose(line(written, 60_700, name="DUPONT MENUISERIE"))
    assert settled(made, *items) == {"F2026-0113": 10_100, "F2026-0115": 20_300, "F2026-0117": 30_300}


def test_an_order_reference_names_its_invoice() -> None:
    items = (owed("F2026-0113", 125_000, order="BC-458712"), owed("F2026-0131", 125_000, order="BC-458799"))
    assert settled(matcher(*items).propose(line("CDE 458799", 125_000, name="MENUISERIE DUPONT")), *items) == {
        "F2026-0131": 125_000
    }


def test_the_end_to_end_identifier_is_read() -> None:
    items = (owed("F2026-0113", 125_000), owed("F2026-0131", 125_000))
    made = matcher(*items).propose(line("VIR SEPA", 125_000, name="X Y Z", end_to_end_id="F2026-0131"))
    assert settled(made, *items) == {"F2026-0131": 125_000}


def test_a_creditor_reference_is_checked_and_read() -> None:
    assert creditor_reference("RF18 5390 0754 7034") == "539007547034"
    assert creditor_reference("RF19 5390 0754 7034") == ""
    assert creditor_reference("F2026-0113") == ""


def test_dates_and_amounts_are_no_numbers() -> None:
    """Invoice 1203 must not be read in a date, nor 1250 in an amount."""
    items = (owed("1203", 125_000), owed("1250", 125_000))
    made = matcher(*items).propose(line("VIR MENUISERIE DUPONT DU 12/03/2026 1250,00 EUR", 125_000))
    assert made.committed is None
    assert len(made.candidates) == 2


def test_a_number_inside_another_is_not_read() -> None:
    parts = take_apart("F2026-0113", ISSUED)
    assert forms(parts)["F20260113"] is Strength.FULL
    items = (owed("F0113", 125_000, MARTIN), owed("F0200", 77_700, DUPONT))
    assert settled(matcher(*items).propose(line("VIR MENUISERIE DUPONT 85F0113", 125_000)), *items) == {}


@pytest.mark.parametrize(
    ("number", "year", "serial"),
    [
        ("F2026-0113", "2026", "0113"),
        ("20260113", "2026", "0113"),
        ("0113/2026", "2026", "0113"),
        ("FA00113", "", "00113"),
        ("FACT26020113", "26", "0113"),
        ("26-0113", "26", "0113"),
        ("113", "", "113"),
    ],
)
def test_a_number_is_taken_apart(number: str, year: str, serial: str) -> None:
    parts = take_apart(number, ISSUED)
    assert (parts.year, parts.serial) == (year, serial)
