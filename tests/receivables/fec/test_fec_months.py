"""The accounting file, month after month: what is open is right, nothing is doubled, what was done here stays."""

from datetime import date

from build import LEA, a_payment, allocated, columns_of, counts, imported, open_amounts
from ledgers_in import Posted, a_fec, credit_note, customer, opening, receipt, sale

from crm.core.basics import Undo
from crm.customers.actions import UpdateCompany
from crm.followup.actions.assumptions import ReviewAssumptions
from crm.followup.actions.dunning import PreviewDunning
from crm.portfolio.actions import ListTasks
from crm.receivables.actions import ListPromises, OpenDispute, RecordPromise

JAN, FEB, MAR, JUN, DEC = date(2026, 1, 1), date(2026, 2, 10), date(2026, 3, 10), date(2026, 6, 10), date(2026, 12, 31)
NEXT = date(2027, 1, 1)
NAME = "123456789FEC20261231.txt"
OPENING = opening(JAN, customer("DUP", 50_000), customer("LEA", 7_700))
YEAR = (
    OPENING,
    sale("F1", "DUP", 1200, FEB),
    sale("F2", "DUP", 240, MAR),
    sale("F3", "LEA", 600, MAR),
    credit_note("A1", "LEA", 60, MAR),
)


def taken(crm, *entries, name=NAME, **how):
    report = imported(crm, a_fec(*entries, **how), name=name)
    assert report.refused is None, report.refused
    assert report.read == report.created + report.updated + report.duplicates + report.ignored
    return report


def test_what_is_lettered_is_settled_and_the_rest_is_open(crm):
    report = taken(
        crm,
        OPENING,
        sale("F1", "DUP", 1200, FEB, code="A"),
        sale("F2", "DUP", 240, MAR),
        receipt("V1", "DUP", 1200, MAR, code="A"),
    )
    assert (report.kind, report.created, report.also_created) == ("fec", 5, {"customers": 2})
    assert open_amounts(crm) == {"AN DUP": "500.00", "AN LEA": "77.00", "F2": "240.00"}
    assert columns_of(crm, as_of=FEB)["total"] == "1777.00", "as of a day, what was paid later is still open"
    assert columns_of(crm)["total"] == "817.00"


def test_the_same_file_twice_creates_nothing(crm):
    taken(crm, *YEAR)
    before = counts(crm)
    report = taken(crm, *YEAR)
    assert (report.created, report.updated) == (0, 0)
    assert counts(crm) == before


def test_a_later_file_of_the_year_brings_entries_and_letters(crm):
    taken(crm, *YEAR)
    paid = [entry.lettered("A") if entry.piece in {"F1"} else entry for entry in YEAR]
    report = taken(crm, *paid, receipt("V1", "DUP", 1200, JUN, code="A"))
    assert (report.created, report.updated) == (1, 1)
    assert open_amounts(crm) == {"AN DUP": "500.00", "AN LEA": "77.00", "F2": "240.00", "F3": "600.00", "A1": "-60.00"}


def test_letters_that_are_taken_off_open_the_invoice_again(crm):
    paid = receipt("V1", "DUP", 1200, JUN)
    taken(crm, *(entry.lettered("A") if entry.piece == "F1" else entry for entry in YEAR), paid.lettered("A"))
    assert "F1" not in open_amounts(crm)
    taken(crm, *YEAR, paid)
    assert open_amounts(crm)["F1"] == "1200.00"
    assert columns_of(crm)["unallocated"] == "-1260.00", "the payment and the credit note wait"


def test_an_older_export_takes_no_letter_off(crm):
    paid = receipt("V1", "DUP", 1200, JUN, code="A")
    taken(crm, *(entry.lettered("A") if entry.piece == "F1" else entry for entry in YEAR), paid)
    before = open_amounts(crm)
    report = taken(crm, *YEAR)
    assert (report.created, report.updated) == (0, 0)
    assert open_amounts(crm) == before


def test_a_corrected_amount_and_an_entry_that_left(crm):
    taken(crm, *YEAR)
    corrected = [sale("F1", "DUP", 1320, FEB) if entry.piece == "F1" else entry for entry in YEAR]
    report = taken(crm, *(entry for entry in corrected if entry.piece != "F2"))
    assert report.updated == 1
    assert open_amounts(crm)["F1"] == "1320.00"
    assert "F2" not in open_amounts(crm)
    assert columns_of(crm)["total"] == "2437.00"


def test_the_opening_entries_of_next_year_stand_for_what_is_here(crm):
    taken(crm, *YEAR)
    before = open_amounts(crm)
    detailed = opening(
        NEXT,
        customer("DUP", 50_000),
        customer("DUP", 120_000),
        customer("DUP", 24_000),
        customer("LEA", 61_700),
    )
    report = taken(crm, detailed, sale("F4", "DUP", 120, date(2027, 1, 8)), name="123456789FEC20271231.txt")
    assert report.created == 5
    assert open_amounts(crm, date(2027, 1, 31)) == {**before, "F4": "120.00"}


def test_a_payment_of_next_year_lettered_with_the_opening_line_settles_the_invoice(crm):
    taken(crm, *YEAR)
    lump = opening(NEXT, customer("DUP", 194_000, code="B"), customer("LEA", 61_700))
    taken(crm, lump, receipt("V9", "DUP", 1940, date(2027, 1, 20), code="B"), name="123456789FEC20271231.txt")
    assert open_amounts(crm, date(2027, 1, 31)) == {"AN LEA": "77.00", "F3": "600.00", "A1": "-60.00"}
    assert columns_of(crm, as_of=DEC)["total"] == "2557.00", "the year before stays as it was"


def test_an_opening_that_differs_is_made_up_for_and_told(crm):
    taken(crm, *YEAR)
    report = taken(
        crm, opening(NEXT, customer("DUP", 74_000), customer("LEA", 61_700)), name="123456789FEC20271231.txt"
    )
    assert columns_of(crm, as_of=NEXT)["total"] == "1357.00"
    assert any("differs" in problem.message for problem in report.problems)
    told = crm.runner.read(ListTasks(), LEA).as_json()["tasks"]
    assert ["differs" in task["note"] for task in told] == [True]
    # The rest of the first year comes in afterwards: nothing is left to make up for.
    taken(crm, *YEAR, receipt("V2", "DUP", 1200, date(2026, 12, 20)))
    assert columns_of(crm, as_of=NEXT)["total"] == "1357.00"
    assert columns_of(crm, as_of=DEC)["total"] == "1357.00"


def test_the_year_before_may_come_in_later(crm):
    taken(crm, opening(NEXT, customer("DUP", 144_000)), name="123456789FEC20271231.txt")
    assert open_amounts(crm, NEXT) == {"AN DUP": "1440.00"}
    taken(crm, sale("F1", "DUP", 1200, FEB), sale("F2", "DUP", 240, MAR))
    assert open_amounts(crm, NEXT) == {"F1": "1200.00", "F2": "240.00"}


def test_one_lump_for_all_customers_opens_no_second_debt(crm):
    taken(crm, *YEAR)
    taken(
        crm, opening(NEXT, Posted("411000", 255_700)), sale("F4", "LEA", 12, date(2027, 1, 8)),
        name="123456789FEC20271231.txt",
    )  # fmt: skip  # read as a table: columns side by side
    assert columns_of(crm, as_of=date(2027, 1, 31))["total"] == "2569.00"
    assert open_amounts(crm, date(2027, 1, 31))["F1"] == "1200.00"


def test_promises_disputes_and_matches_made_here_stay(crm):
    taken(crm, *YEAR, receipt("V1", "DUP", 240, JUN))
    crm.runner.run(RecordPromise(invoice="F1", by=date(2026, 12, 4)), LEA)
    crm.runner.run(OpenDispute(invoice="F3", reason="price_error"), LEA)
    allocated(crm, "V1", "F2", "240.00")
    before = open_amounts(crm)
    assert "F2" not in before
    other = receipt("V3", "DUP", 36, JUN)
    taken(crm, *YEAR, receipt("V1", "DUP", 240, JUN), other)
    assert open_amounts(crm) == before
    assert len(crm.runner.read(ListPromises(), LEA).as_json()["promises"]) == 1


def test_a_match_that_the_books_letter_otherwise_stays_and_is_told(crm):
    paid = receipt("V1", "DUP", 240, JUN)
    taken(crm, *YEAR, sale("F9", "DUP", 240, JUN), paid)
    allocated(crm, "V1", "F2", "240.00")
    lettered = [entry.lettered("C") if entry.piece == "F2" else entry for entry in YEAR]
    report = taken(crm, *lettered, sale("F9", "DUP", 240, JUN, code="B"), paid.lettered("B"))
    assert any("letter them apart" in problem.message for problem in report.problems)
    assert "F2" not in open_amounts(crm)
    assert open_amounts(crm)["F9"] == "240.00"


def test_invoices_and_bank_payments_that_are_here_are_not_doubled(crm):
    imported(crm, "number;name\nC-7;Maison Dup\n")
    imported(crm, "number;customer;issue_date;due_date;total_incl_tax\nF1;C-7;2026-02-10;2026-04-30;1200.00\n")
    a_payment(crm, "VIR 77", customer="C-7", days_ago=166, amount="1200.00")
    report = taken(crm, sale("F1", "DUP", 1200, FEB, code="A"), receipt("V1", "DUP", 1200, JUN, code="A"))
    assert report.also_created == {}
    assert columns_of(crm) == {}
    assert counts(crm)["invoice"] == counts(crm)["payment"] == 1


def test_a_list_of_payments_read_after_the_books_doubles_none(crm):
    taken(crm, sale("F1", "DUP", 1200, FEB), receipt("V1", "DUP", 1200, JUN))
    rows = "reference;customer;date;amount\nVIR-1;DUP;2026-06-12;1200.00\nVIR-2;DUP;2026-06-12;1200.00\n"
    for created, known in ((1, 1), (0, 2)):
        report = imported(crm, rows)
        assert (report.created, report.duplicates) == (created, known)
    assert columns_of(crm)["unallocated"] == "-2400.00", "the second payment is another one"


def test_a_lettered_item_whose_payment_is_outside_asks_before_a_reminder(crm):
    crm.runner.run(UpdateCompany(name="Comptoir", sender_name="Léa"), LEA)
    imported(crm, "number;name;regime;contact_name;email\nDUP;Maison Dup;B2B;Ana;ana@dup.example\n")
    taken(crm, sale("F1", "DUP", 1200, date(2026, 10, 5), code="ZZ"), sale("F3", "LEA", 10, MAR))
    (message,) = (
        one for one in crm.runner.read(PreviewDunning(), LEA).as_json()["messages"] if one["customer"] == "DUP"
    )
    assert message["verdict"] == "ask"
    assert any("Lettered, payment outside this file" in str(reason) for reason in message["reasons"])
    told = crm.runner.read(ReviewAssumptions(kind="settled_outside"), LEA).as_json()["assumptions"]
    assert [(one["customer"], one["invoices"]) for one in told] == [("DUP", ["F1"])]


def test_a_second_file_can_be_taken_back(crm):
    taken(crm, *YEAR)
    before = open_amounts(crm), columns_of(crm)
    taken(crm, *(entry.lettered("A") if entry.piece == "F1" else entry for entry in YEAR), receipt("V1", "DUP", 1200, JUN, code="A"))  # fmt: skip  # read as a table: columns side by side
    assert (open_amounts(crm), columns_of(crm)) != before
    crm.runner.run(Undo(), LEA)
    assert (open_amounts(crm), columns_of(crm)) == before
    taken(crm, *(entry.lettered("A") if entry.piece == "F1" else entry for entry in YEAR), receipt("V1", "DUP", 1200, JUN, code="A"))  # fmt: skip  # read as a table: columns side by side
    assert "F1" not in open_amounts(crm)
