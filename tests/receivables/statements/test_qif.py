"""QIF: letters and carets, years of two digits, decimal commas."""

from datetime import date

import pytest
from statements_in import cents, parsed, refusal


def qif(*entries: str, head: str = "!Type:Bank") -> str:
    return "\n".join([head, *(f"{entry}\n^" for entry in entries), ""])


def test_a_french_download_is_read() -> None:
    found = parsed(qif("D31/03/2026\nT1 200,50\nPVIR DUPONT\nMF2026-113", "D02/04/2026\nT-12,00\nPCHQ\nN0001234"))
    assert cents(found) == [[120050, -1200]]
    first, second = found.lines
    assert (first.booked, first.label) == (date(2026, 3, 31), "VIR DUPONT F2026-113")
    assert (second.number, second.raw) == ("0001234", "D02/04/2026\nT-12,00\nPCHQ\nN0001234\n^")
    assert (first.line, second.line) == (2, 7)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("31/03/26", date(2026, 3, 31)),
        ("31.03.2026", date(2026, 3, 31)),
        ("31-03-99", date(1999, 3, 31)),
        ("3/31'26", date(2026, 3, 31)),
        (" 3/31'2026", date(2026, 3, 31)),
        ("2026-03-31", date(2026, 3, 31)),
    ],
)
def test_days_are_read_as_the_file_writes_them(written: str, day: date) -> None:
    assert parsed(qif(f"D{written}\nT1.00")).lines[0].booked == day


def test_accounts_are_named_before_their_movements() -> None:
    account = "!Account\nNFR76 1027 8022 0400 0123 4560 307\nTBank\n^\n"
    text = account + qif("D31/03/2026\nT1,00") + qif("D30/03/2026\nT2,00").replace("Bank", "Cat")
    found = parsed(text)
    assert [statement.account for statement in found.statements] == ["FR7610278022040001234560307"]
    assert cents(found) == [[100]]


def test_an_opening_balance_is_no_movement() -> None:
    found = parsed(qif("D01/03/2026\nT500,00\nPOpening Balance\nL[Compte]", "D31/03/2026\nT1,00"))
    assert found.statements[0].opening == (date(2026, 3, 1), 50000)
    assert cents(found) == [[100]]


def test_splits_do_not_replace_the_movement() -> None:
    found = parsed(qif("D31/03/2026\nT100,00\nPX\nSA\nEmore\n$60,00\nSB\n$40,00"))
    assert cents(found) == [[10000]]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (qif("D31/03/2026\nTabc"), 2, "“abc” is not an amount"),
        (qif("D31/02/2026\nT1,00"), 2, "“31/02/2026” is not a day of the calendar"),
        (qif("T1,00"), 2, "The date is missing"),
        (qif("D31/03/2026"), 2, "The amount is missing"),
        ("!Type:Bank\nD31/03/2026\nT1,00\n", 2, "cut off"),
        (qif("D31/03/2026\nT1,00", head="!Type:Invst"), 1, "investment account"),
        ("!Type:Cat\nNX\n^\n", 0, "holds no statement"),
    ],
)
def test_what_cannot_be_trusted_is_refused(text: str, line: int, reason: str) -> None:
    found = refusal(text)
    assert found.line == line
    assert reason in found.message
