"""CAMT: batches, charges, returns, pages, and everything that must not be believed."""

import pytest
from camt_in import IBAN, balance, camt, entry, payment
from statements_in import cents, format_of, parsed, refusal

PAYER_IBAN = "FR7630006000011234567890189"


def test_a_batch_is_split_into_its_payments() -> None:
    batch = entry(
        "350.00",
        payment("100.00", payer="DUPONT SARL", iban=PAYER_IBAN, said="F2026-113", name="E2E-1"),
        payment("250.00", payer="MARTIN SA", said="F2026-114", name="NOTPROVIDED"),
        more="<AcctSvcrRef>B-77</AcctSvcrRef>",
    )
    first, second = parsed(camt(batch, closing="350.00")).lines
    assert (first.cents, first.counterparty_name, first.counterparty_iban) == (10000, "DUPONT SARL", PAYER_IBAN)
    assert (first.end_to_end_id, first.label) == ("E2E-1", "F2026-113")
    assert (second.cents, second.counterparty_name, second.end_to_end_id) == (25000, "MARTIN SA", "")
    assert first.batch_id == second.batch_id == "B-77"
    assert "MARTIN" not in first.raw
    assert "DUPONT" in first.raw
    assert second.line == first.line + 1


def test_charges_taken_from_a_batch_are_a_line_of_their_own() -> None:
    charges = '<Chrgs><Amt Ccy="EUR">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>'
    batch = entry("198.50", payment("100.00", payer="DUPONT"), payment("100.00", payer="MARTIN"), more=charges)
    found = parsed(camt(batch, closing="198.50"))
    assert cents(found) == [[10000, 10000, -150]]
    assert found.lines[2].charges_cents == 150


def test_charges_of_one_payment_are_told_beside_its_amount() -> None:
    charges = (
        '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">15.00</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">15.00</Amt>'
        "<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
    )
    found = parsed(camt(entry("485.00", payment("500.00", payer="DUPONT"), more=charges), closing="485.00"))
    assert [(line.cents, line.charges_cents) for line in found.lines] == [(48500, 1500)]
    assert found.problems == ()


def test_payments_that_do_not_sum_to_the_entry_stay_one_line() -> None:
    batch = entry("300.00", payment("100.00", payer="DUPONT"), payment("100.00", payer="MARTIN"))
    found = parsed(camt(batch, closing="300.00"))
    assert cents(found) == [[30000]]
    assert found.lines[0].counterparty_name == ""
    assert "sum to €200.00" in found.problems[0].message


def test_what_comes_back_names_the_payer_again() -> None:
    returned = entry(
        "-120.00",
        payment("120.00", payer="DUPONT SARL", more="<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
        more="<RvslInd>true</RvslInd>",
    )
    [line] = parsed(camt(returned, closing="-120.00")).lines
    assert (line.cents, line.reversal, line.return_reason) == (-12000, True, "AC04")
    assert line.counterparty_name == "DUPONT SARL"


def test_money_out_names_who_was_paid_and_never_ourselves() -> None:
    details = (
        f"<TxDtls><RltdPties><Dbtr><Nm>NOUS</Nm></Dbtr><DbtrAcct><Id><IBAN>{IBAN}</IBAN></Id></DbtrAcct>"
        f"<Cdtr><Nm>EDF</Nm></Cdtr><CdtrAcct><Id><IBAN>{PAYER_IBAN}</IBAN></Id></CdtrAcct></RltdPties></TxDtls>"
    )
    out, in_ = parsed(camt(entry("-80.00", details), entry("80.00", details), closing="0.00")).lines
    assert (out.counterparty_name, out.counterparty_iban) == ("EDF", PAYER_IBAN)
    # A refund that keeps the roles of the payment: our own name is still not the counterparty's.
    assert in_.counterparty_name == "EDF"


def test_references_to_documents_are_kept() -> None:
    said = (
        "<RmtInf><Strd><RfrdDocInf><Nb>F2026-113</Nb></RfrdDocInf></Strd>"
        "<Strd><RfrdDocInf><Nb>F2026-117</Nb></RfrdDocInf>"
        "<CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    [line] = parsed(camt(entry("80.00", f"<TxDtls>{said}</TxDtls>"), closing="80.00")).lines
    assert line.documents == ("F2026-113", "F2026-117")
    assert line.structured_references == ("RF18539007547034",)
    assert line.label == "RF18539007547034 F2026-113 F2026-117"


def test_a_wrong_iban_is_told_and_left_out() -> None:
    found = parsed(camt(entry("80.00", payment(payer="DUPONT", iban="FR7630006000011234567890188")), closing="80.00"))
    assert found.lines[0].counterparty_iban == ""
    assert "not a correct IBAN" in found.problems[0].message


def test_only_booked_entries_count() -> None:
    found = parsed(camt(entry("80.00"), entry("33.00", status="PDNG"), closing="80.00"))
    assert cents(found) == [[8000]]
    assert found.ignored == 1
    assert "not booked yet (PDNG)" in found.problems[0].message


def test_pages_of_a_long_statement_follow_each_other() -> None:
    first = balance("OPBD", "10.00", "2026-03-01") + balance("ITBD", "30.00", "2026-03-10") + entry("20.00")
    last = balance("ITBD", "30.00", "2026-03-10") + balance("CLBD", "25.00", "2026-03-31") + entry("-5.00")
    text = camt(first, last).replace(last, f"</Stmt><Stmt><Id>S-1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{last}")
    found = parsed(text)
    assert [statement.difference for statement in found.statements] == [0, 0]
    assert found.problems == ()


def test_zeros_beyond_cents_say_nothing_other_digits_are_refused() -> None:
    assert cents(parsed(camt(entry("8.85000"), closing="8.850"))) == [[885]]
    assert "more decimals than EUR knows" in refusal(camt(entry("8.85001"), closing="8.85")).message


def test_yen_and_dinars_have_their_own_decimals() -> None:
    yen = camt(entry("2700", currency="JPY"), message="054").replace("<Ccy>EUR</Ccy>", "<Ccy>JPY</Ccy>")
    assert cents(parsed(yen)) == [[2700]]
    dinars = camt(entry("1.234", currency="TND"), message="054").replace("<Ccy>EUR</Ccy>", "<Ccy>TND</Ccy>")
    assert cents(parsed(dinars)) == [[1234]]


def test_nothing_is_nothing_whatever_its_sign() -> None:
    assert cents(parsed(camt(entry("-0.00"), closing="-0.00"))) == [[0]]


def test_a_statement_that_comes_twice_in_a_file_is_read_once() -> None:
    text = camt(entry("80.00"), closing="80.00")
    statement = text[text.index("<Stmt>") : text.index("</Stmt>") + len("</Stmt>")]
    found = parsed(text.replace(statement, f"{statement}\n{statement}"))
    assert cents(found) == [[8000]]
    assert found.ignored == 1


def test_twice_the_same_movement_is_two_movements() -> None:
    first, second = parsed(camt(entry("8.00"), entry("8.00"), closing="16.00")).lines
    assert first.fingerprint != second.fingerprint


def test_later_versions_and_prefixes_are_read_alike() -> None:
    plain = camt(entry("80.00", payment(payer="DUPONT")), closing="80.00", version="13")
    prefixed = plain.replace("<", "<n:").replace("<n:/", "</n:").replace("<n:?", "<?").replace(" xmlns=", " xmlns:n=")
    assert [line.counterparty_name for line in parsed(prefixed).lines] == ["DUPONT"]
    assert parsed(prefixed).statements[0].closing == parsed(plain).statements[0].closing


def test_a_count_that_is_wrong_refuses_a_notification() -> None:
    count = "<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries></TxsSummry>"
    assert "counts 3 entries here, the file holds 1" in refusal(camt(count, entry("8.00"), message="054")).message
    # Balances that fit have shown that nothing is missing.
    assert len(parsed(camt(count, entry("8.00"), closing="8.00")).problems) == 1


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (entry("8.00").replace("BookgDt", "Nothing").replace("2026-03-10", "2026-02-30"), None),
        (entry("8.00", day="2026-02-30"), "“2026-02-30” is not a day of the calendar"),
        (entry("8.00", day="10.03.2026"), "“10.03.2026” is not a date"),
        (entry("8,00"), "“8,00” is not an amount"),
        (entry("8.0.0"), "“8.0.0” is not an amount"),
        (entry("1e3"), "“1e3” is not an amount"),
        (entry("٣.00"), "“٣.00” is not an amount"),
        (entry("9" * 30), "too large to be true"),
        (entry("8.00", currency="EUX"), "“EUX” is not a currency"),
        (entry("8.00", currency="USD"), "a movement in USD on an account in EUR"),
        (entry("8.00").replace("CRDT", "PLUS"), "neither credit nor debit"),
        (entry("8.00").replace('<Amt Ccy="EUR">8.00</Amt>', ""), "The amount is missing"),
    ],
)
def test_what_cannot_be_read_refuses_the_file(records: str, reason: str | None) -> None:
    text = camt(records, closing="8.00")
    if reason is None:
        assert "the day its file was made, 2026-03-31" in parsed(text).problems[0].message
    else:
        assert reason in refusal(text).message


def test_one_statement_that_does_not_add_up_refuses_them_all() -> None:
    good = camt(entry("80.00"), closing="80.00")
    bad = good[good.index("<Stmt>") : good.index("</Stmt>") + len("</Stmt>")].replace("80.00", "81.00", 1)
    assert "does not add up" in refusal(good.replace("</Stmt>", f"</Stmt>{bad}")).message


LAUGHS = '<!DOCTYPE D [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "doctype",
    [
        LAUGHS,
        '<!DOCTYPE D SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE D [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE Document>",
    ],
)
def test_a_document_type_is_refused_before_anything_is_expanded(doctype: str) -> None:
    text = camt(entry("8.00", payment(said="&b;")), closing="8.00").replace("\n", f"\n{doctype}", 1)
    assert "declares a document type" in refusal(text).message


def test_unknown_entities_are_refused() -> None:
    assert "no well-formed XML" in refusal(camt(entry("8.00", payment(said="&evil;")), closing="8.00")).message


def test_depth_is_bounded() -> None:
    deep = "<x>" * 10_000 + "</x>" * 10_000
    assert "nested too deep" in refusal(camt(entry("8.00", more=deep), closing="8.00")).message


def test_a_file_cut_off_anywhere_is_refused() -> None:
    text = camt(entry("80.00", payment(payer="DUPONT")), closing="80.00")
    for length in range(text.index("<Bal>"), len(text), 37):
        assert refusal(text[:length]).message


def test_text_may_come_in_other_encodings() -> None:
    text = camt(entry("80.00", payment(payer="ÉLECTRICITÉ DU MORVAN")), closing="80.00")
    for encoding in ("ISO-8859-1", "windows-1252"):
        found = parsed(text.replace("UTF-8", encoding).encode(encoding))
        assert found.lines[0].counterparty_name == "ÉLECTRICITÉ DU MORVAN"
        assert "ÉLECTRICITÉ" in found.lines[0].raw
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert format_of(wide).kind == "camt053"
    assert parsed(wide).lines[0].counterparty_name == "ÉLECTRICITÉ DU MORVAN"


def test_signs_that_steer_a_terminal_do_not_come_through() -> None:
    [line] = parsed(camt(entry("8.00", payment(said="a\u009b31mb\u202ec")), closing="8.00")).lines
    assert line.label == "a 31mb c"


def test_other_xml_is_no_statement() -> None:
    import io

    from crm.core.problems import Unreadable
    from crm.receivables.statements.camt import parse

    with pytest.raises(Unreadable, match="no bank statement"):
        parse(io.BytesIO(b"<a><b/></a>"), "x")
