"""OFX: open tags and closed ones, accounts of French banks, files that hold no statement."""

from datetime import date

import pytest
from statements_in import cents, parsed, refusal

SGML_HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
ACCOUNT = "<BANKACCTFROM><BANKID>10278<BRANCHID>02204<ACCTID>00012345603<ACCTTYPE>CHECKING</BANKACCTFROM>"


def movement(amount: str = "120.00", day: str = "20260310", name: str = "VIR DUPONT", more: str = "") -> str:
    return f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>F1<NAME>{name}{more}</STMTTRN>\n"


def ofx(
    *movements: str,
    currency: str = "EUR",
    account: str = ACCOUNT,
    ledger: str = "<LEDGERBAL><BALAMT>500.00<DTASOF>20260331</LEDGERBAL>",
) -> str:
    return (
        f"{SGML_HEAD}<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>\n"
        f"<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>{currency}{account}<BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n"
        f"{''.join(movements)}</BANKTRANLIST>{ledger}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def test_a_french_download_is_read() -> None:
    found = parsed(ofx(movement(), movement("-12,50", name="PRLV EDF &amp; CIE")).encode("cp1252"))
    statement = found.statements[0]
    assert statement.account == "FR7610278022040001234560307"
    assert statement.closing == (date(2026, 3, 31), 50000)
    assert cents(found) == [[12000, -1250]]
    assert statement.lines[1].label == "PRLV EDF & CIE"
    assert statement.lines[0].line == 9
    assert statement.lines[0].raw == movement().strip()


def test_accents_come_in_the_code_page_the_header_names() -> None:
    assert parsed(ofx(movement(name="Électricité")).encode("cp1252")).lines[0].label == "Électricité"
    wide = ofx(movement(name="Électricité")).replace("ENCODING:USASCII", "ENCODING:UTF-8")
    assert parsed(wide.encode()).lines[0].label == "Électricité"


@pytest.mark.parametrize(
    "day", ["20260310", "20260310120000", "20260310120000.000[-5:EST]", "20260310120000[+1:CET]", "202603101200"]
)
def test_days_with_times_and_zones(day: str) -> None:
    assert parsed(ofx(movement(day=day))).lines[0].booked == date(2026, 3, 10)


def test_a_name_repeated_in_the_memo_is_said_once() -> None:
    assert parsed(ofx(movement(name="VIR DUPO", more="<MEMO>VIR DUPONT F113"))).lines[0].label == "VIR DUPONT F113"
    assert parsed(ofx(movement(more="<MEMO>F113"))).lines[0].label == "VIR DUPONT F113"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ofx(movement("abc")), "“abc” is not an amount"),
        (ofx(movement("")), "The amount is missing"),
        (ofx(movement("1.005")), "more decimals"),
        (ofx(movement("$120")), "“$120” is not an amount"),
        (ofx(movement("1,200.00")), "is not an amount"),
        (ofx(movement(day="20260230")), "“20260230” is not a day of the calendar"),
        (ofx(movement(day="")), "The date is missing"),
        (ofx(movement(), currency="EUX"), "“EUX” is not a currency"),
        (ofx(movement(), currency=""), "names no currency"),
        (ofx(movement(more="<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>")), "cannot be added up"),
        (ofx(movement(), ledger="<LEDGERBAL><BALAMT>x<DTASOF>20260331</LEDGERBAL>"), "the balance cannot be read"),
        (ofx(movement()).replace("</STMTTRN>", ""), "<STMTTRN> is never closed"),
        (ofx(movement()).replace("</OFX>", ""), "cut off"),
        (ofx(movement()).replace("<BANKTRANLIST>", ""), "<STMTRS> is never closed"),
        (ofx() + "<OFX></OFX>", "behind the end"),
        (SGML_HEAD + "<OFX>" * 40, "nested too deep"),
    ],
)
def test_what_cannot_be_trusted_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(text).message


def test_a_file_cut_off_anywhere_is_refused() -> None:
    text = ofx(movement(), movement("-5.00"))
    for length in range(text.index("<OFX>") + 5, len(text) - 2, 11):
        assert refusal(text[:length]).message


def test_negative_zero_is_zero() -> None:
    assert cents(parsed(ofx(movement("-0.00")))) == [[0]]
