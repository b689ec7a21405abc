"""What every format must bear alike: lines in any order, nothing with a minus sign, a DOCTYPE that would fetch or expand."""

import pytest
from camt_in import camt, entry
from cfonb_in import cfonb, move, new, old
from statements_in import cents, parsed, refusal
from test_mt940 import mt940
from test_ofx import movement, ofx
from test_qif import qif

TABLE = "Date;Libellé;Montant\n"
LATER_FIRST = {
    "camt053": camt(entry("2.00", day="2026-03-20"), entry("1.00", day="2026-03-10"), closing="3.00"),
    "cfonb120": cfonb(old(0), move(200, day="200326"), move(100, day="100326"), new(300)),
    "mt940": mt940(":61:260320C2,00NTRFNONREF", ":61:260310C1,00NTRFNONREF", closing="C260331EUR3,00"),
    "ofx": ofx(movement("2.00", "20260320"), movement("1.00", "20260310")),
    "qif": qif("D20/03/2026\nT2,00", "D10/03/2026\nT1,00"),
    "bank-csv": f"{TABLE}20/03/2026;VIR A;2,00\n10/03/2026;VIR B;1,00\n",
}
NOTHING = {
    "camt053": camt(entry("-0.00"), closing="-0.00"),
    "cfonb120": cfonb(old(0), move("0000000000000}"), new(0)),
    "mt940": mt940(":61:260310D0,00NTRFNONREF", closing="D260331EUR0,00"),
    "ofx": ofx(movement("-0.00")),
    "qif": qif("D10/03/2026\nT-0,00"),
    "bank-csv": f"{TABLE}10/03/2026;FRAIS OFFERTS;-0,00\n11/03/2026;VIR B;1,00\n",
}


@pytest.mark.parametrize("kind", sorted(LATER_FIRST))
def test_lines_out_of_order_are_all_read_with_their_days(kind: str) -> None:
    found = parsed(LATER_FIRST[kind])
    assert found.kind == kind
    assert sorted((line.booked.day, line.cents) for line in found.lines) == [(10, 100), (20, 200)]


@pytest.mark.parametrize("kind", sorted(NOTHING))
def test_nothing_with_a_minus_sign_is_nothing(kind: str) -> None:
    found = parsed(NOTHING[kind])
    assert found.kind == kind
    assert cents(found)[0][0] == 0
    assert str(cents(found)[0][0]) == "0"


@pytest.mark.parametrize(
    "doctype", ['<!DOCTYPE OFX [<!ENTITY a "b">]>', '<!DOCTYPE OFX SYSTEM "http://127.0.0.1:1/x">']
)
def test_a_document_type_refuses_an_ofx_of_the_second_version(doctype: str) -> None:
    body = ofx(movement()).partition("\n\n")[2]
    second = f'<?xml version="1.0"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n{body}'
    assert cents(parsed(second)) == [[12000]]
    found = refusal(second.replace("<?OFX", f"{doctype}\n<?OFX", 1))
    assert (found.line, "declares a document type" in found.message) == (2, True)
