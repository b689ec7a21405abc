"""Every sample file: what is read of it, or why it is not. The numbers were read from the files by eye."""

from datetime import date

import pytest
from statements_in import BANK, cents, format_of, parsed, refusal, sample

Balances = tuple[int | None, int | None]

READ: dict[str, tuple[str, list[tuple[str, str, Balances, list[tuple[str, int]]]], int]] = {
    # file: format, [(account, currency, (opening, closing), [(booked, cents)])], warnings
    "camt/camt053.v2.minimal.xml": (
        "camt053",
        [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])],
        1,
    ),
    "camt/camt053.v2.minimal.ultimate.xml": (
        "camt053",
        [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])],
        1,
    ),
    "camt/camt053.v2.with-party-ids.xml": (
        "camt053",
        [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])],
        1,
    ),
    "camt/camt053.v2.with-account-name.xml": (
        "camt053",
        [("CH2801234000123456789", "EUR", (None, None), [("2014-12-31", 885)])],
        1,
    ),
    "camt/camt053.v2.multi.statement.xml": (
        "camt053",
        [
            ("NL26VAYB8060476890", "EUR", (1815, 2700), [("2014-12-31", 885)]),
            ("NL26VAYB8060476890", "EUR", (2700, 2000), [("2014-12-31", -700)]),
        ],
        0,
    ),
    "camt/camt053.v3.xml": ("camt053", [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])], 2),
    "camt/camt053.v4.xml": ("camt053", [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])], 1),
    "camt/camt053.v8.xml": ("camt053", [("NL26VAYB8060476890", "EUR", (1815, None), [("2014-12-31", 885)])], 1),
    "camt/camt53.only-Dt-with-DtTm.xml": ("camt053", [("GB33BUKB20201555555555", "RON", (544209, None), [])], 1),
    "camt/camt054.v2.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        0,
    ),
    "camt/camt054.v2.with-account-name.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        1,
    ),
    "camt/camt054.v4.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        0,
    ),
    "camt/camt054.v8.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        0,
    ),
    "camt/camt054.v8-with-UETR.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        1,
    ),
    "camt/camt054.v8-with-financial-institution.xml": (
        "camt054",
        [("CH2801234000123456789", "SEK", (None, None), [("2007-10-18", -20000000)])],
        1,
    ),
    "cfonb120/simple-test.txt": ("cfonb120", [("FR7610278022040001234560307", "EUR", (1669565, 1669565), [])], 0),
    "cfonb120/test-unused-parts.txt": (
        "cfonb120",
        [
            ("FR7630087336080001234560156", "EUR", (1862, 1862), []),
            *[("FR7630087336080001234570147", "EUR", (0, 0), [])] * 6,
            ("FR7630087336000001234580161", "EUR", (1987572, 1987572), []),
        ],
        0,
    ),
    "mt940/cmxl_mt940.sta": (
        "mt940",
        [
            (
                "45050050/76198810",
                "DEM",
                (8434974, 8443704),
                [
                    ("2013-10-17", -680000),
                    ("2013-10-17", -62030),
                    ("2013-10-17", 1850000),
                    ("2013-10-15", -1422000),
                    ("2013-10-17", -150700),
                    ("2013-10-24", 420000),
                    ("2013-10-17", -1990000),
                    ("2013-10-17", -40000),
                    ("2013-10-18", 365674),
                    ("2013-10-19", 2304000),
                    ("2013-10-27", -586214),
                ],
            ),
            ("10020030/1234567", "EUR", (218795, 438795), [("2002-11-02", -80000), ("2002-11-02", 300000)]),
            (
                "BPHKPLPK/320000546101",
                "PLN",
                (4000000, 5004000),
                [("2003-10-20", 2000000), ("2003-10-20", -1000000), ("2003-10-20", 4000)],
            ),
        ],
        2,
    ),
    "mt940/jejik_generic.sta": (
        "mt940",
        [
            ("11111111", "EUR", (10000, 9000), [("2011-01-01", -1000)]),
            ("11111111", "EUR", (9000, 8000), [("2011-02-01", -1000)]),
        ],
        0,
    ),
    "mt940/jejik_rabobank-iban.sta": (
        "mt940",
        [
            ("NL71RABO0123456789", "EUR", (100000, 96500), [("2013-01-01", -2500), ("2013-01-02", -1000)]),
            ("NL71RABO0123456789", "EUR", (96500, 93000), [("2013-01-08", -2500), ("2013-01-09", -1000)]),
        ],
        4,
    ),
    "mt940/jejik_sns.sta": (
        "mt940",
        [
            ("0123456789", "EUR", (123456, 120956), [("2012-06-08", -2000), ("2012-06-08", -500)]),
            ("0123456789", "EUR", (120956, 120956), []),
        ],
        0,
    ),
    "mt940/self-provided_long_statement_number.sta": ("mt940", [("0067-00763/93984487", "TRY", (0, 0), [])], 0),
    "ofx/anzcc.ofx": ("ofx", [("1234123412341234", "AUD", (None, -12345), [("2017-05-08", -550)])], 0),
    "ofx/bank_medium.ofx": (
        "ofx",
        [
            (
                "160000100/00/12300 000012345678",
                "CAD",
                (None, 38234),
                [("2009-04-01", -660), ("2009-04-02", -31667), ("2009-04-03", -2200)],
            )
        ],
        0,
    ),
    "ofx/checking.ofx": (
        "ofx",
        [
            (
                "5472369148/1452687~7",
                "USD",
                (None, 10099),
                [("2011-03-31", 1), ("2011-04-05", -3451), ("2011-04-07", -2500)],
            )
        ],
        0,
    ),
    "ofx/multiple_accounts.ofx": (
        "ofx",
        [("123/00/9100", "USD", (None, 11100), []), ("123/00/9200", "USD", (None, 22200), [])],
        0,
    ),
    "ofx/ofx-v102-empty-tags.ofx": ("ofx", [("NPBS/12345678", "AUD", (None, None), [("2018-05-07", 1234)])], 2),
    "ofx/suncorp.ofx": ("ofx", [("SUNCORP/123456789", "AUD", (None, 123412), [("2013-12-15", -1685)])], 0),
}
_DAYS_OF_CFONB = [
    ("FR7610278022040001234560307", "EUR", (1669565, 1667286), [("2020-04-07", -2279)]),
    ("FR7610278022040002042760330", "EUR", (1667286, 1165275), [("2020-04-08", -2011), ("2020-04-08", -500000)]),
    ("FR7610278022040002042760330", "EUR", (1165275, 1165275), []),
    ("FR7610278022040002042760330", "EUR", (1165275, 1153500), [("2020-04-10", -11775)]),
    ("FR7610278022040002042760330", "EUR", (1153500, 1153500), []),
    ("FR7610278022040002042760330", "EUR", (1153500, 1148475), [("2020-04-14", -5025)]),
    ("FR7610278022040002042760330", "EUR", (1148475, 1148475), []),
    ("FR7610278022040002042760330", "EUR", (58435302, 58435302), []),
]
READ["cfonb120/complex-test.txt"] = ("cfonb120", _DAYS_OF_CFONB, 4)
READ["cfonb120/non-strict-test.txt"] = ("cfonb120", _DAYS_OF_CFONB, 5)

REFUSED: dict[str, tuple[int, str]] = {
    # file: line, words of the reason
    "camt/camt052.v1.xml": (0, "intraday report"),
    "camt/camt052.v2.other-account.xml": (0, "intraday report"),
    "camt/camt052.v2.with-account-name.xml": (0, "intraday report"),
    "camt/camt052.v2.xml": (0, "intraday report"),
    "camt/camt052.v4.xml": (0, "intraday report"),
    "camt/camt052.v6.Amt-zero.xml": (0, "intraday report"),
    "camt/camt052.v6.xml": (0, "intraday report"),
    "camt/camt052.v8.xml": (0, "intraday report"),
    # 1.01 + 8.85 = 9.86
    "camt/camt053.v2.all-balance-types.xml": (10, "do not give €4.04 at the closing. The difference is €5.82"),
    # 18.15 + 8.85 = 27.00
    "camt/camt053.v2.five.decimals.xml": (25, "do not give €27.05 at the closing. The difference is €0.05"),
    "camt/camt053.v2.wrong.xml": (0, "holds no statement"),
    "cfonb120/cfonb240-complex-test.txt": (0, "CFONB 240"),
    # 3,236.28 − 9 − 11.59 − 11.63 − 11.80 − 13.45 − 15.49 − 107 − 141.48 = 2,914.84
    "mt940/jejik_abnamro.sta": (4, "do not give €876.84"),
    # −25.03 − 3.03 − 1.11 − 20 − 1.10 + 3.68 + 1 = −45.59
    "mt940/jejik_ing.sta": (4, "−€45.59 of movements do not give €3.47"),
    # The second of two: 3,058.98 − 7,260 + 500 = −3,701.02
    "mt940/jejik_knab.sta": (10, "do not give €798.98"),
    # The second of two: 229.20 − 79.90 + 10.10 = 159.40
    "mt940/jejik_postfinance.sta": (15, "The difference is 0.20\u00a0CHF"),
    # 473.17 − 1,213.28 = −740.11
    "mt940/jejik_rabobank.sta": (2, "do not give €395.82"),
    # 4,975.09 − 15.70 − 700 = 4,259.39
    "mt940/jejik_triodos.sta": (1, "The difference is €111.40"),
    "mt940/self-provided_february_30.sta": (6, "“30/02/16” is not a day of the calendar"),
    # 12,345.12 − 233.15 = 12,111.97
    "mt940/self-provided_overly_long_details.sta": (1, "do not give €12,345.98"),
    "mt940/self-provided_raphaelm.sta": (27, "“C020315105000,00” is not a balance"),
    "ofx/bank_small.ofx": (0, "holds no statement"),
    "ofx/error_message.ofx": (22, "“General Server Error” (code 2000)"),
    "ofx/fidelity-savings.ofx": (36, "investment account"),
    "ofx/malformed_date_missing.ofx": (33, "The date is missing"),
    "ofx/malformed_decimal_error.ofx": (34, "“201120000000” is not a day of the calendar"),
    "ofx/malformed_empty_balance.ofx": (37, "The amount is missing"),
}


def test_each_sample_is_spoken_of() -> None:
    kept = {str(path.relative_to(BANK)) for path in BANK.glob("*/*") if path.parent.name != "LICENSES"}
    assert kept == set(READ) | set(REFUSED)
    assert not set(READ) & set(REFUSED)


@pytest.mark.parametrize("name", sorted(READ))
def test_what_is_read(name: str) -> None:
    kind, expected, warnings = READ[name]
    content = sample(name)
    assert format_of(content).kind == kind
    found = parsed(content)
    assert found.kind == kind
    assert [
        (
            statement.account,
            statement.currency,
            (statement.opening and statement.opening.cents, statement.closing and statement.closing.cents),
            [(line.booked.isoformat(), line.cents) for line in statement.lines],
        )
        for statement in found.statements
    ] == expected
    assert len(found.problems) == warnings
    assert all(problem.severity == "warning" for problem in found.problems)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused(name: str) -> None:
    line, reason = REFUSED[name]
    found = refusal(sample(name))
    assert found.line == line
    assert reason in found.message


@pytest.mark.parametrize("name", sorted(READ))
def test_lines_can_be_told_apart_and_are_kept_as_written(name: str) -> None:
    content = sample(name)
    lines = parsed(content).lines
    text = content.decode().replace("\r\n", "\n")
    assert len({line.fingerprint for line in lines}) == len(lines)
    for line in lines:
        assert line.raw.splitlines()[0] in text.splitlines()[line.line - 1]


@pytest.mark.parametrize("name", sorted(READ))
def test_the_same_file_gives_the_same_fingerprints(name: str) -> None:
    assert parsed(sample(name)) == parsed(sample(name))


def test_a_loose_file_is_read_whole_and_told() -> None:
    strict, loose = parsed(sample("cfonb120/complex-test.txt")), parsed(sample("cfonb120/non-strict-test.txt"))
    assert cents(strict) == cents(loose)
    assert next(problem for problem in loose.problems if problem not in strict.problems).line == 6


def test_the_gap_of_the_cfonb_sample_is_told() -> None:
    last = parsed(sample("cfonb120/complex-test.txt")).problems[-1]
    assert last.line == 25
    assert "from €11,484.75 to €584,353.02" in last.message


def test_who_paid_and_why() -> None:
    line = parsed(sample("camt/camt053.v2.minimal.xml")).lines[0]
    assert (line.counterparty_name, line.counterparty_iban) == ("NAME NAME", "NL56AGDH9619008421")
    assert line.structured_references == ("4654654654654654",)
    assert line.value_date == date(2015, 1, 2)
    assert line.operation_code == "544"
    ultimate = parsed(sample("camt/camt053.v2.minimal.ultimate.xml")).lines[0]
    assert (ultimate.counterparty_name, ultimate.counterparty_iban) == ("DEBTOR NAME NM", "")


def test_versions_name_parties_in_their_own_places() -> None:
    third, eighth = (parsed(sample(f"camt/camt053.v{version}.xml")).lines[0] for version in (3, 8))
    assert (third.counterparty_name, third.counterparty_bic) == ("NAME NAME", "KREDBEBB")
    assert third.operation_code == "PMNT/RCDT/DMCT 025132131"
    assert (eighth.counterparty_name, eighth.end_to_end_id) == ("NAME NAME", "MUELL/FINP/RA12345")
    assert eighth.bank_reference == "AAAASESS-FP-CN_98765/01"
    bank = parsed(sample("camt/camt054.v8-with-financial-institution.xml")).lines[0]
    assert bank.counterparty_name == "Example Creditor 3 - V1"


def test_a_batch_whose_payments_give_another_sum_stays_whole() -> None:
    for version in (4, 8):
        [line] = parsed(sample(f"camt/camt054.v{version}.xml")).lines
        assert line.cents == -20000000
        assert line.structured_references == (
            "ISR ref number V1",
            "ISR ref number V2",
            "Ref number V3 block 1",
            "Ref number V3 block 2",
        )
        assert line.counterparty_name == line.end_to_end_id == ""
        assert line.batch_id == line.bank_reference == "ACSR160617103200001"


def test_details_of_cfonb_complete_the_movement() -> None:
    lines = parsed(sample("cfonb120/complex-test.txt")).lines
    assert lines[0].label == "PRLV SEPA ONLINE SAS DEDIBOX 3706114"
    assert lines[0].operation_code == "B1"
    assert lines[3].label == "FACTURE SGT20022040001692 DONT TVA 11 39EUR"
    assert (lines[3].number, lines[3].value_date) == ("0001692", date(2020, 4, 1))
    assert lines[4].label == "PRLV SEPA OVH SAS PAYMENT ORDER 124359169 ERS INF ORDER 124359169"
    assert lines[4].raw.count("\n") == 2


def test_details_of_mt940_are_read_in_their_shape() -> None:
    lines = parsed(sample("mt940/cmxl_mt940.sta")).lines
    assert lines[0].label == "16703074 999PN5477SCHECK-NR. 0000016703074"
    assert (lines[11].label, lines[11].counterparty_name) == ("DAUERAUFTRAG Miete November", "MUELLER")
    assert (lines[11].booked, lines[11].value_date) == (date(2002, 11, 2), date(2002, 11, 1))
    assert lines[13].counterparty_iban == "PL08106000760000777777777777"
    assert lines[13].counterparty_name == "HUTA SZKLA TOPIC UL PRZEMYSLOWA 67 32-669 WROCLAW"
    assert lines[15].label == "Interest credit Uznanie kwotą odsetek Odsetki od lokaty nr 101000022086"
    coded = parsed(sample("mt940/jejik_rabobank-iban.sta")).lines
    assert coded[0].end_to_end_id == "01-01-2013 12:00 0030000987654321"
    assert coded[0].counterparty_name == "CONTRA ACCOUNT HOLDER"
    assert (coded[1].label, coded[1].counterparty_name) == ("P001234567 Reference 201301234", "JOHN DOE")


def test_overly_long_details_are_read_once_the_balance_is_right() -> None:
    content = sample("mt940/self-provided_overly_long_details.sta").replace(b"12345,98", b"12111,97")
    [line] = parsed(content).lines
    assert line.end_to_end_id == "123/123/12345-----L1101234567890123"
    assert line.mandate_id == "BYA12345678901"
    assert line.counterparty_name == "Finanzamt Muenchen Abteilung Erhebung"
    assert line.ultimate_name == "Finanzamt Sentinel"
    assert line.counterparty_iban == ""
    assert "STEUERNR 123/123/12345 KOERPST 3VJ.17 233,15EUR" in line.label


def test_names_and_memos_of_ofx_are_one_label() -> None:
    assert parsed(sample("ofx/suncorp.ofx")).lines[0].label == "EFTPOS WDL HANDYWAY ALDI STORE GEELONG WEST VICAU"
    check = parsed(sample("ofx/checking.ofx")).lines[2]
    assert (check.number, check.bank_reference, check.operation_code) == ("319", "0000488", "CHECK")
