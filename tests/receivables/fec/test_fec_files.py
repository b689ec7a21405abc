"""The ways in which programs write the accounting file, and the files that are refused."""

import io
from datetime import date
from pathlib import Path

import pytest
from build import LEA, columns_of, imported, open_amounts
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers_in import Entered, Posted, a_fec, credit_note, customer, opening, receipt, sale
from sqlmodel import select

from crm.core.exchange import FileRefused
from crm.core.problems import Unreadable
from crm.core.runner import Cancelled
from crm.receivables.actions import AgedBalance
from crm.receivables.fec.gathering import gather
from crm.receivables.fec.models import AccountingItem

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 10), date(2026, 3, 10)
NAME = "123456789FEC20261231.txt"
WHOLE = Path(__file__).parents[4] / "shared" / "data" / "fec" / "000000001FEC20220831.txt"
ENTRIES = (
    opening(JAN, customer("DUP", 50_000), customer("LÉA", 7_700)),
    sale("F1", "DUP", 1200, FEB, code="A"),
    sale("F2", "LÉA", 240, FEB, code="A"),
    receipt("V1", "DUP", 1200, MAR, code="A"),
    receipt("V2", "LÉA", 100, MAR, code="A"),
    credit_note("A1", "DUP", 60, MAR),
)
OPEN = {"AN DUP": "500.00", "AN LÉA": "77.00", "F2": "140.00", "A1": "-60.00"}
WAYS = {
    "tab": {},
    "bar": {"separator": "|"},
    "trailing separators": {"trailing": 2},
    "padded fields": {"padded": True},
    "padded amounts": {"zeros": True},
    "line feeds": {"end": "\n"},
    "carriage returns": {"end": "\r"},
    "windows": {"encoding": "cp1252"},
    "iso": {"encoding": "iso8859-15"},
    "byte order mark": {"encoding": "utf-8-sig"},
    "sixteen bits": {"encoding": "utf-16"},
    "amount and side": {"signed": True},
    "more columns": {"extra": ("DateRglt", "ModeRglt", "NatOp")},
    "small journals": {"lower": True},
    "codes without a day": {"dated_codes": False},
    "bar, padded, signed": {"separator": "|", "padded": True, "signed": True, "zeros": True, "trailing": 1},
}


@pytest.mark.parametrize("way", WAYS)
def test_however_it_is_written_it_says_the_same(crm, way):
    report = imported(crm, a_fec(*ENTRIES, **WAYS[way]), name="export.txt")
    assert (report.kind, report.refused, report.created, report.errors) == ("fec", None, 7, 0)
    assert open_amounts(crm) == OPEN
    names = [line["name"] for line in crm.runner.read(AgedBalance(), LEA).as_json()["customers"]]
    assert sorted(names) == ["Maison Dup", "Maison Léa"]


def test_without_entry_numbers_entries_are_told_apart_by_their_balance(crm):
    report = imported(crm, a_fec(*ENTRIES, numbered=False), name=NAME)
    assert report.created == 7
    assert open_amounts(crm) == OPEN


def test_an_account_for_each_customer_and_no_auxiliary_one(crm):
    report = imported(crm, a_fec(*ENTRIES, auxiliary=False), name=NAME)
    assert report.also_created == {"customers": 2}
    told = crm.runner.read(AgedBalance(), LEA).as_json()["customers"]
    assert sorted((line["customer"], line["name"], line["total"]) for line in told) == [
        ("DUP", "Maison Dup", "440.00"),
        ("LÉA", "Maison Léa", "217.00"),
    ]


def test_mixed_line_ends_and_short_last_columns(crm):
    text = a_fec(*ENTRIES, end="\n").decode()
    lines = text.split("\n")
    mixed = "\r\n".join(lines[:3]) + "\n" + "\r".join(line.rstrip("\t") for line in lines[3:])
    imported(crm, mixed.encode(), name=NAME)
    assert open_amounts(crm) == OPEN


def test_codes_are_the_customers_own(crm):
    imported(crm, a_fec(*ENTRIES), name=NAME)
    assert "F1" not in open_amounts(crm), "code A of one customer is settled, that of the other is not"


def roles(crm):
    with crm.database.reading() as session:
        rows = session.exec(select(AccountingItem).order_by(AccountingItem.id)).all()
        return [(row.account[:3], row.role) for row in rows]


def entry(journal, *lines, piece="P1", day=MAR):
    return Entered(journal, f"{journal}{piece}", day, piece, lines)


def dup(cents, account="411000", code=""):
    return customer("DUP", cents, account, code)


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (entry("VT", dup(120), Posted("706000", -100), Posted("445710", -20)), ["invoice"]),
        (entry("VT", Posted("709700", 100), Posted("445710", 20), dup(-120)), ["credit_note"]),
        (entry("BNP", Posted("512100", 120), dup(-120)), ["payment"]),
        (entry("CA", Posted("530000", 120), dup(-120)), ["payment"]),
        (entry("BQ", dup(-12_000), Posted("512000", 11_760), Posted("665000", 200), Posted("445710", 40)), ["payment"]),
        (entry("OD", dup(-240), Posted("665000", 200), Posted("445710", 40)), ["discount"]),
        (entry("OD", dup(-240), Posted("654400", 200), Posted("445710", 40)), ["loss"]),
        (entry("BQ", dup(120), Posted("512000", -120)), ["returned"]),
        (entry("OD", dup(120, "416000"), dup(-120)), ["transfer", "transfer"]),
        (entry("LCR", dup(120, "413000"), dup(-120)), ["transfer", "transfer"]),
        (entry("OD", dup(-120), Posted("401000", 120, "FOU")), ["offset"]),
        (entry("BQ", Posted("512000", 600), dup(-600, "419100")), ["payment"]),
        (entry("OD", dup(600, "419100"), dup(-600)), ["other", "advance_used"]),
        (
            entry("VE", dup(120), Posted("707000", -100), Posted("445710", -20), Posted("530000", 120), dup(-120)),
            ["invoice", "payment"],
        ),
    ],
)
def test_counterparts_tell_what_a_line_is(crm, posted, expected):
    imported(crm, a_fec(posted), name=NAME)
    assert [role for _account, role in roles(crm)] == expected


@pytest.mark.parametrize(
    ("journal", "label"),
    [("AN", ""), ("ANO", ""), ("RAN", ""), ("OUV", ""), ("OD", "A nouveau au 01/01/2026"), ("OD", "Solde d'ouverture")],
)
def test_balances_brought_forward_are_no_sales(crm, journal, label):
    brought = Entered(journal, "1", JAN, "", (dup(50_000), Posted("101000", -50_000)), label)
    imported(crm, a_fec(brought), name=NAME)
    assert roles(crm) == [("411", "opening")]


def test_a_debt_moved_to_doubtful_customers_is_the_same_debt(crm):
    imported(
        crm,
        a_fec(
            sale("F1", "DUP", 120, FEB, code="A"),
            entry("OD", dup(12_000, "416000"), dup(-12_000, code="A"), piece="OD1"),
        ),
        name=NAME,
    )
    assert open_amounts(crm) == {"F1": "120.00"}, "dunning goes on from the invoice's own due date"


def test_advances_stand_beside_and_not_within(crm):
    report = imported(
        crm,
        a_fec(entry("BQ", Posted("512000", 60_000), dup(-60_000, "419100")), sale("F1", "DUP", 1200, FEB)),
        name=NAME,
    )
    assert columns_of(crm)["total"] == "1200.00"
    assert any("419 = −€600.00" in problem.message for problem in report.problems), report.problems


def test_a_negative_debit_is_a_credit(crm):
    text = a_fec(sale("F1", "DUP", 120, FEB)).decode()
    turned = text.replace("120,00\t0,00", "0,00\t-120,00").replace("0,00\t100,00", "-100,00\t0,00")
    turned = turned.replace("0,00\t20,00", "-20,00\t0,00")
    imported(crm, turned.encode(), name=NAME)
    assert open_amounts(crm) == {"F1": "120.00"}


GOOD = a_fec(*ENTRIES).decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD.replace("1200,00\t0,00\tA", "1200,01\t0,00\tA", 1), "balance"),
        (GOOD.replace("1200,00\t0,00\tA", "12OO,00\t0,00\tA", 1), "12OO,00"),
        (GOOD.replace("\t20260210\t411000", "\t2026-02-10\t411000", 1), "2026-02-10"),
        (GOOD.replace("CompteNum", "Compte"), "kind"),
        (GOOD[: GOOD.rindex("\t411000")], "cut off"),
        (GOOD.replace("Facture F1\t1200", "Facture F1\tx\ty\t1200", 1), ""),
        (GOOD.splitlines()[0] + "\r\n", "no entry"),
    ],
    ids=["unbalanced", "amount", "date", "header", "cut off", "separators in the label", "empty"],
)  # fmt: skip  # read as a table: columns side by side
def test_what_cannot_be_trusted_is_refused_whole_and_the_rest_is_not(crm, text, why):
    if why:
        with pytest.raises(FileRefused) as refused:
            imported(crm, text.encode(), name=NAME)
        assert why in str(refused.value.report.refused)
        assert columns_of(crm) == {}
    else:
        imported(crm, text.encode(), name=NAME)
        assert open_amounts(crm) == OPEN


def test_the_report_is_one_a_bookkeeper_would_like(crm):
    doubled = (sale("F7", "DUP", 10, FEB), sale("F7", "DUP", 10, FEB))
    gap = Entered("VE", "VE9", MAR, "F9", (dup(600), Posted("707000", -600)))
    report = imported(crm, a_fec(*doubled, gap), name="grand livre.txt")
    told = " ".join(problem.message for problem in report.problems)
    for word in ("2 entries balance", "411 + 413 + 416 = €26.00", "SIREN", "twice in the sales: F7", "no due dates"):
        assert word in told
    assert all(problem.severity == "warning" for problem in report.problems)


def test_it_can_be_stopped_and_then_nothing_was_recorded(crm):
    crm.runner.report_progress = lambda _what, _done, _total: False
    with pytest.raises(Cancelled):
        imported(crm, a_fec(*ENTRIES), name=NAME)
    crm.runner.report_progress = None
    assert columns_of(crm) == {}


CELLS = st.text(alphabet="0123456789,.-+ AFDéœ€|;\"'/\r\x85\u2028²", max_size=12)


@given(data=st.data())
@settings(max_examples=150)
def test_whatever_stands_in_the_cells_is_read_or_refused(data):
    rows = [line.split("\t") for line in GOOD.splitlines()]
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(CELLS)
    text = "\n".join("\t".join(row) for row in rows)
    try:
        found = gather(io.BytesIO(text.encode()), lambda _count: None)
    except Unreadable:
        return
    assert found.findings.debit == found.findings.credit
    assert sum(found.findings.sums.values()) == sum(line.cents for line in found.lines)


@pytest.mark.skipif(not WHOLE.exists(), reason="the real file is not shipped with the project")
def test_the_real_ledger_comes_to_its_control_figures(crm):
    report = imported(crm, WHOLE.read_bytes(), name=WHOLE.name)
    assert (report.read, report.created, report.ignored) == (4821, 538, 4283)
    assert report.also_created == {"customers": 17}
    assert columns_of(crm, as_of=date(2022, 8, 31))["total"] == "52517.24"
    assert columns_of(crm)["total"] == "52517.24"
    again = imported(crm, WHOLE.read_bytes(), name=WHOLE.name)
    assert (again.created, again.updated, again.duplicates) == (0, 0, 538)
    told = " ".join(problem.message for problem in report.problems)
    assert "15 matching codes do not balance" in told
    assert "1837 entries balance: €9,413,869.96" in told


@pytest.mark.skipif(not WHOLE.exists(), reason="the real file is not shipped with the project")
def test_the_real_ledger_without_auxiliary_accounts_and_in_other_clothes(crm):
    rows = [line.split("\t") for line in WHOLE.read_text("utf-8").splitlines()]
    for row in rows[1:]:
        if row[6]:
            row[4], row[5], row[6], row[7] = row[4][:3] + row[6], row[7], "", ""
        row[2] = ""
    imported(crm, "\n".join("|".join(row) for row in rows).encode("cp1252"), name="export.txt")
    assert columns_of(crm, as_of=date(2022, 8, 31))["total"] == "52517.24"
