"""MT940: signs, days without a year, and the shapes of what is told."""

from datetime import date

import pytest
from statements_in import cents, parsed, refusal


def mt940(
    *movements: str, opening: str = "C260301EUR0,00", closing: str, account: str = "FR7610278022040001234560307"
) -> str:
    return "\r\n".join(
        [":20:X", f":25:{account}", ":28C:12/1", f":60F:{opening}", *movements, f":62F:{closing}", "-", ""]
    )


@pytest.mark.parametrize(
    ("mark", "sign", "reversal"),
    [("C", 1, False), ("D", -1, False), ("RC", -1, True), ("RD", 1, True), ("CR", 1, False)],
)
def test_marks_give_the_sign(mark: str, sign: int, reversal: bool) -> None:
    closing = f"{'C' if sign > 0 else 'D'}260331EUR12,34"
    [line] = parsed(mt940(f":61:2603100310{mark}12,34NTRFNONREF", closing=closing)).lines
    assert (line.cents, line.reversal) == (sign * 1234, reversal)


def test_expected_movements_do_not_count() -> None:
    found = parsed(mt940(":61:260310EC12,34NTRFNONREF", ":61:260310C1,00NTRFNONREF", closing="C260331EUR1,00"))
    assert cents(found) == [[100]]
    assert found.ignored == 1


@pytest.mark.parametrize(
    ("value", "booked", "day"),
    [
        ("261231", "0102", date(2027, 1, 2)),
        ("270102", "1231", date(2026, 12, 31)),
        ("260310", "0311", date(2026, 3, 11)),
        ("260310", "", date(2026, 3, 10)),
        ("280228", "0229", date(2028, 2, 29)),
    ],
)
def test_the_booking_day_is_the_nearest_one(value: str, booked: str, day: date) -> None:
    [line] = parsed(mt940(f":61:{value}{booked}C1,00NTRFNONREF", closing="C270331EUR1,00")).lines
    assert line.booked == day


def test_subfields_are_joined_across_line_ends() -> None:
    movement = (
        ":61:2603100310C120,00NTRFNONREF//B-1\r\n:86:166?00SEPA-GUTSCHRIFT?20EREF+E2E-1?21SVWZ+FACTURE F2026-113 ET ?"
        "\r\n22F2026-117?30BNPAFRPP?31FR76300060000112345678901\r\n89?32DUPONT SA?33RL?34000"
    )
    [line] = parsed(mt940(movement, closing="C260331EUR120,00")).lines
    assert line.label == "SEPA-GUTSCHRIFT FACTURE F2026-113 ET F2026-117 E2E-1"
    assert (line.counterparty_name, line.counterparty_iban) == ("DUPONT SARL", "FR7630006000011234567890189")
    assert (line.end_to_end_id, line.counterparty_bic, line.bank_reference) == ("E2E-1", "BNPAFRPP", "B-1")
    assert line.operation_code == "NTRF 166"


def test_a_question_mark_in_prose_is_no_subfield() -> None:
    movement = ":61:260310C1,00NTRFNONREF\r\n:86:166?00VIR?20FACTURE 12? OUI?32DUPONT"
    [line] = parsed(mt940(movement, closing="C260331EUR1,00")).lines
    assert line.label == "VIR FACTURE 12? OUI"


def test_code_words_are_read() -> None:
    movement = (
        ":61:260310C1,00NTRFEREF//B-2\r\n:86:/TRTP/SEPA OVERBOEKING/IBAN/FR7630006000011234567890189/BIC/BNPAFRPP"
        "/NAME/DUPONT SARL/REMI/F2026-113/EREF/NOTPROVIDED"
    )
    [line] = parsed(mt940(movement, closing="C260331EUR1,00")).lines
    assert (line.label, line.counterparty_name, line.end_to_end_id) == ("F2026-113", "DUPONT SARL", "")
    assert line.counterparty_iban == "FR7630006000011234567890189"


def test_a_creditor_reference_is_told_apart() -> None:
    movement = ":61:260310C1,00NTRFNONREF\r\n:86:/CNTP/FR7630006000011234567890189/BNPAFRPP/DUPONT///REMI/STRD/CUR/RF18539007547034/"
    [line] = parsed(mt940(movement, closing="C260331EUR1,00")).lines
    assert line.structured_references == ("RF18539007547034",)
    assert line.counterparty_name == "DUPONT"


def test_prose_goes_on_where_lines_are_full() -> None:
    movement = ":61:260310C1,00NTRFNONREF\r\n:86:" + "A" * 65 + "\r\nB\r\nC"
    assert parsed(mt940(movement, closing="C260331EUR1,00")).lines[0].label == "A" * 65 + "B C"


@pytest.mark.parametrize(
    "account",
    [
        "FR7610278022040001234560307",
        "FR76 1027 8022 0400 0123 4560 307",
        "CMCIFR2A/FR7610278022040001234560307",
        "10278/02204/00012345603",
        "10278022040001234560307",
        "FR7610278022040001234560307EUR",
    ],
)
def test_one_account_however_it_is_written(account: str) -> None:
    assert (
        parsed(mt940(closing="C260331EUR0,00", account=account)).statements[0].account == "FR7610278022040001234560307"
    )


def test_blocks_of_swift_are_left_out() -> None:
    body = mt940(":61:260310C1,00NTRFNONREF", closing="C260331EUR1,00").removesuffix("-\r\n")
    found = parsed("{1:F01BNPAFRPPAXXX0000000000}{2:O9400000}{4:\r\n" + body + "-}{5:{CHK:0}}\r\n")
    assert cents(found) == [[100]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (mt940(":61:260230C1,00NTRFNONREF", closing="C260331EUR1,00"), "“30/02/26” is not a day of the calendar"),
        (mt940(":61:2603100230C1,00NTRFNONREF", closing="C260331EUR1,00"), "“30/02” is not a day of the calendar"),
        (mt940(":61:260310X1,00NTRFNONREF", closing="C260331EUR1,00"), "is not a movement"),
        (mt940(":61:260310C1.00NTRFNONREF", closing="C260331EUR1,00"), "is not a movement"),
        (mt940(":61:260310C1,005NTRFNONREF", closing="C260331EUR1,00"), "more decimals"),
        (mt940(":61:260310C1,00NTRFNONREF", closing="C260331EUR2,00"), "does not add up"),
        (mt940(closing="C260331USD0,00"), "the closing balance is in USD, the opening balance in EUR"),
        (mt940(opening="C260301EUX0,00", closing="C260331EUX0,00"), "“EUX” is not a currency"),
        (mt940(":61:260310C1,00NTRFNONREF", closing="C260331EUR1,00").partition(":62F")[0], "lacks a balance"),
        (mt940(closing="C260331EUR0,00").replace("-\r\n", ":61:260310C1,00NTRF\r\n"), "behind the closing balance"),
        (":20:X\n:25:1\n:61:260310C1,00NTRFNONREF\n:62F:C260331EUR1,00\n", "before the opening balance"),
        (":20:X\n:25:1\n:28C:1\n:34F:EUR0,00\n:13D:2603101200+0100\n:61:260310C1,00NTRFNONREF\n", "MT942"),
    ],
)
def test_what_cannot_be_trusted_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(text).message


def test_nothing_is_nothing_whatever_its_sign() -> None:
    found = parsed(mt940(":61:260310D0,00NTRFNONREF", opening="D260301EUR0,", closing="D260331EUR0,"))
    assert cents(found) == [[0]]


def test_two_pages_are_two_balanced_parts() -> None:
    first = mt940(":61:260310C1,00NTRFA1", closing="C260310EUR1,00").replace(":62F:", ":62M:")
    second = mt940(":61:260311C2,00NTRFA2", opening="C260310EUR1,00", closing="C260331EUR3,00").replace(
        ":60F:", ":60M:"
    )
    found = parsed(first + second.replace("12/1", "12/2"))
    assert [(statement.number, statement.page) for statement in found.statements] == [("12", "1"), ("12", "2")]
    assert found.problems == ()
