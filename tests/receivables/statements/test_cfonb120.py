"""CFONB 120: the sign in the last digit, records in their order, details by their qualifiers."""

import pytest
from cfonb_in import cfonb, more, move, new, old, record
from hypothesis import given
from hypothesis import strategies as st
from statements_in import cents, parsed, refusal

IBAN = "FR7610278022040001234560307"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0000000012345{", 123450),
        ("0000000012345A", 123451),
        ("0000000012345I", 123459),
        ("0000000012345}", -123450),
        ("0000000012345J", -123451),
        ("0000000012345R", -123459),
        ("0000000000000}", 0),
        ("0000000000000{", 0),
        # ISO 646-FR shows the braces as letters; an unsigned digit is positive.
        ("0000000012345é", 123450),
        ("0000000012345è", -123450),
        ("00000000123456", 123456),
        ("        12345A", 123451),
    ],
)
def test_the_last_character_holds_digit_and_sign(written: str, read: int) -> None:
    assert cents(parsed(cfonb(old(0), move(written), new(read)))) == [[read]]


@given(st.lists(st.integers(-(10**11), 10**11), max_size=8), st.integers(-(10**11), 10**11))
def test_what_is_written_is_read_back(amounts: list[int], opening: int) -> None:
    closing = opening + sum(amounts)
    found = parsed(cfonb(old(opening), *map(move, amounts), new(closing)))
    assert cents(found) == [amounts]
    assert [(statement.opening.cents, statement.closing.cents) for statement in found.statements] == [
        (opening, closing)
    ]  # type: ignore[union-attr]  # the file has one


@pytest.mark.parametrize(
    "written", ["0000000012345S", "0000000012345-", "00000000123 5A", "000000001.345A", "             "]
)
def test_other_amounts_refuse_the_file(written: str) -> None:
    found = refusal(cfonb(old(0), move(f"{written:14}"), new(0)))
    assert found.line == 2
    assert "is not an amount" in found.message


def test_decimals_are_told_in_the_record() -> None:
    assert cents(parsed(cfonb(old(0), move(12345, decimals="0"), new(1234500)))) == [[1234500]]
    assert cents(parsed(cfonb(old(0), move(123450, decimals="3"), new(12345)))) == [[12345]]
    assert "more decimals" in refusal(cfonb(old(0), move(123456, decimals="3"), new(12345))).message


def test_details_say_who_and_what_for() -> None:
    text = cfonb(
        old(0),
        move(12000, "VIR SEPA RECU"),
        more("NPY", "DUPONT SARL"),
        more("NPO", "DUPONT HOLDING"),
        more("LCC", "REGLEMENT F2026-113 ET F2026"),
        more("LC2", "-117"),
        more("RCN", f"{'E2E-2026-1':35}SALAIRE"),
        more("REF", "BANQUE-77"),
        more("FEE", "EUR200000000000150"),
        more("XYZ", "AUTRE CHOSE"),
        move(-500, "PRLV SEPA EDF"),
        more("NBE", "EDF"),
        more("RUM", f"{'MANDAT-1':35}RCUR"),
        new(11500),
    )
    came, went = parsed(text).lines
    assert (came.counterparty_name, came.ultimate_name) == ("DUPONT SARL", "DUPONT HOLDING")
    assert came.label == "VIR SEPA RECU REGLEMENT F2026-113 ET F2026 -117 AUTRE CHOSE SALAIRE"
    assert (came.end_to_end_id, came.bank_reference, came.charges_cents) == ("E2E-2026-1", "BANQUE-77", 150)
    assert (went.counterparty_name, went.mandate_id) == ("EDF", "MANDAT-1")
    assert came.raw.count("\n") == 8


def test_a_rejection_is_a_reversal_and_names_the_payer() -> None:
    text = cfonb(old(0), move(-12000, "REJET PRLV", reject="07"), more("NPY", "DUPONT SARL"), new(-12000))
    [line] = parsed(text).lines
    assert (line.cents, line.reversal, line.return_reason) == (-12000, True, "07")
    assert line.counterparty_name == "DUPONT SARL"


def test_accounts_are_known_by_their_iban() -> None:
    [line] = parsed(cfonb(old(0), move(100), new(100))).lines
    assert line.account == IBAN


def test_spaces_at_the_end_may_be_cut_off_and_records_stand_without_line_ends() -> None:
    whole = parsed(cfonb(old(0), move(100, tail="REF-1"), new(100)))
    cut = parsed("\n".join(line.rstrip() for line in (old(0), move(100, tail="REF-1"), new(100))))
    run_on = parsed(cfonb(old(0), move(100, tail="REF-1"), new(100), end=""))
    assert [line.fingerprint for line in whole.lines] == [line.fingerprint for line in cut.lines]
    assert [line.fingerprint for line in whole.lines] == [line.fingerprint for line in run_on.lines]
    assert whole.lines[0].bank_reference == "REF-1"


@pytest.mark.parametrize(
    ("records", "line", "reason"),
    [
        ([old(0), move(100)], 1, "has no new balance: the file is cut off"),
        ([old(0), move(100), old(100), new(100)], 3, "the one before has no new balance"),
        ([move(100), old(0), new(0)], 1, "outside of a statement"),
        ([old(0), new(0), move(100)], 3, "outside of a statement"),
        ([old(0), more("LIB", "X"), new(0)], 2, "none stands before it"),
        ([old(0), move(100), new(200)], 1, "does not add up"),
        ([old(0), move(100, day="300226"), new(100)], 2, "“30/02/26” is not a day of the calendar"),
        ([old(0), move(100, value="310426"), new(100)], 2, "“31/04/26” is not a day of the calendar"),
        ([old(0), move(100, day="1A0326"), new(100)], 2, "“1A/03/26” is not a date"),
        ([old(0, currency="EUX"), new(0, currency="EUX")], 1, "“EUX” is not a currency"),
        ([old(0), move(100, currency="USD"), new(100)], 2, "another account"),
        ([old(0), move(100).replace("00012345603", "00012345604"), new(100)], 2, "another account"),
        ([old(0), "99" + "0" * 118, new(0)], 2, "is no record"),
        ([old(0), move(100)[:80], new(100)], 2, "has 80 characters"),
        ([old(0), move(100) + "more", new(100)], 2, "has 124 characters"),
    ],
)
def test_what_cannot_be_trusted_is_refused_whole(records: list[str], line: int, reason: str) -> None:
    found = refusal(cfonb(old(0), new(0)) + cfonb(*records))
    assert found.line == line + 2
    assert reason in found.message


def test_a_file_cut_off_inside_of_a_statement_is_refused() -> None:
    text = cfonb(old(0), move(100), new(100), end="\n")
    for end in range(20, 2 * 121 + 104, 13):
        assert refusal(text[:end]).message


def test_movements_need_not_be_in_the_order_of_days() -> None:
    found = parsed(cfonb(old(0), move(100, day="200326"), move(200, day="100326"), new(300)))
    assert cents(found) == [[100, 200]]
    assert found.problems == ()


def test_days_outside_of_the_statement_are_told() -> None:
    found = parsed(cfonb(old(0), move(100, day="100426"), new(100)))
    assert "dated outside" in found.problems[0].message


def test_a_record_without_decimals_has_those_of_its_currency() -> None:
    text = (
        record("01", decimals=" ", day="010326", cents=100) + "\n" + record("07", decimals=" ", day="310326", cents=100)
    )
    assert parsed(text).statements[0].closing.cents == 100  # type: ignore[union-attr]  # the file has one
