"""Matching as it is asked for: everything at once, one line as a person decides, apart again, and money by hand."""

from datetime import date

import pytest
from build import (
    LEA,
    NIGHT,
    a_credit_note,
    a_customer,
    a_payment,
    ago,
    an_invoice,
    columns_of,
    counts,
    csv_upload,
    dump,
    imported,
    open_amounts,
)

from crm.core.basics import AcceptProposal, ListProposals, RefuseProposal, Undo
from crm.core.errors import Invalid, NotFound, Refused
from crm.ledger.actions.differences import ListResiduals
from crm.receivables.actions.bank import ForgetLearned, ListBankLines, ListLearned, SetAside, TakeUp
from crm.receivables.actions.evaluation import EvaluateMatching
from crm.receivables.actions.invoices import ShowInvoice
from crm.receivables.actions.matching import ConfirmMatch, MatchPayments, SettleDifference
from crm.receivables.actions.payments import ListPayments, RecordPayment, UnmatchPayment

HEAD = "Date;Libellé;Montant;Contrepartie;IBAN contrepartie;Référence\n"


def run(crm, action, actor=LEA):
    return crm.runner.run(action, actor).result


def bank(crm, *told: str) -> None:
    """Bank lines: `20/11/2026|VIR DUPONT F-1|120,00|DUPONT|IBAN|REF`, what is behind may be left out."""
    rows = [[*line.split("|"), "", "", ""][:6] for line in told]
    imported(crm, HEAD + "".join(";".join(row) + "\n" for row in rows), kind="bank-csv", name="banque.csv")


def matched(crm) -> list[tuple]:
    found = run(crm, MatchPayments()).as_json()
    return [
        (one["code"], one["customer"], [(i["number"], i["amount"]) for i in one["invoices"]])
        for one in found["matched"]
    ]


def lines(crm, **asked) -> list[dict]:
    return crm.runner.read(ListBankLines(**asked), LEA).as_json()["lines"]


def code_of(crm, invoice: str) -> str:
    uses = crm.runner.read(ShowInvoice(invoice=invoice), LEA).as_json()["settlements"]
    return uses[-1]["code"]


def state(crm) -> dict:
    """Every row but those of the journal and of proposals."""
    return {name: rows for name, rows in dump(crm).items() if "journal" not in name}


@pytest.fixture
def kerbrat(crm):
    """
    customer C-1 Menuiserie Kerbrat
    invoice  F2026-0113  120.00   late 40 days
    invoice  F2026-0114   80.00   late 12 days
    """
    a_customer(crm, "C-1", "Menuiserie Kerbrat")
    an_invoice(crm, "F2026-0113", customer="C-1", amount="120.00", days_late=40)
    an_invoice(crm, "F2026-0114", customer="C-1", amount="80.00", days_late=12)
    return crm


def test_what_is_certain_is_matched_with_a_code_and_the_date_of_the_later_document(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00|||R-1")
    assert matched(kerbrat) == [("AA", "C-1", [("F2026-0113", "120.00")])]
    (use,) = kerbrat.runner.read(ShowInvoice(invoice="F2026-0113"), LEA).as_json()["settlements"]
    assert (use["code"], use["date"]) == ("AA", "2026-11-20")
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}
    assert matched(kerbrat) == []


def test_a_preview_writes_nothing_and_commits_as_previewed(kerbrat):
    bank(
        kerbrat,
        "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00",
        "21/11/2026|URSSAF|-50,00",
        "21/11/2026|VIR KERBRAT|33,00",
    )
    before = dump(kerbrat)
    preview = kerbrat.runner.preview(MatchPayments(), LEA)
    assert dump(kerbrat) == before
    assert kerbrat.runner.commit(preview, LEA).result.as_json() == preview.result.as_json()


def test_a_payment_of_several_invoices_is_one_group(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113 F2026-0114|200,00")
    assert matched(kerbrat) == [("AA", "C-1", [("F2026-0113", "120.00"), ("F2026-0114", "80.00")])]


def test_a_part_payment_is_written_small_and_completed_in_capitals(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113", amount="50"))
    assert code_of(kerbrat, "F2026-0113") == "aa"
    run(kerbrat, RecordPayment(invoice="F2026-0113", amount="70"))
    assert code_of(kerbrat, "F2026-0113") == "AA"
    run(kerbrat, RecordPayment(invoice="F2026-0114", amount="80"))
    assert code_of(kerbrat, "F2026-0114") == "AB"


def test_a_payment_that_joins_two_groups_gives_them_the_older_code(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113", amount="50"))
    run(kerbrat, RecordPayment(invoice="F2026-0114", amount="50"))
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113 F2026-0114|100,00")
    matched(kerbrat)
    assert (code_of(kerbrat, "F2026-0113"), code_of(kerbrat, "F2026-0114")) == ("AA", "AA")
    assert open_amounts(kerbrat) == {}


def test_a_credit_note_lowers_what_is_paid(kerbrat):
    a_credit_note(kerbrat, "AV-9", customer="C-1", amount="-20.00", original_invoice="F2026-0113")
    bank(kerbrat, "22/11/2026|VIR MENUISERIE KERBRAT F2026-0113 AV-9|100,00")
    assert matched(kerbrat) == [("AA", "C-1", [("F2026-0113", "120.00"), ("AV-9", "-20.00")])]
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}


def test_what_is_not_customers_money_is_set_aside_and_taken_up_again(kerbrat):
    bank(kerbrat, "21/11/2026|PRLV URSSAF BRETAGNE|-50,00", "21/11/2026|VIR SOCIETE INCONNUE|33,00")
    run(kerbrat, MatchPayments())
    assert [line["aside"] for line in lines(kerbrat, state="aside")] == ["social"]
    (unknown,) = lines(kerbrat)
    run(kerbrat, SetAside(line=unknown["id"]))
    assert lines(kerbrat) == []
    bank(kerbrat, "22/11/2026|VIR SOCIETE INCONNUE|34,00")
    run(kerbrat, MatchPayments())
    assert sorted(line["aside"] for line in lines(kerbrat, state="aside")) == ["learnt", "person", "social"]
    run(kerbrat, TakeUp(line=unknown["id"]))
    assert [line["id"] for line in lines(kerbrat)] == [unknown["id"]]
    with pytest.raises(Refused):
        run(kerbrat, TakeUp(line=unknown["id"]))


@pytest.fixture
def doubtful(kerbrat):
    """Two invoices of one amount, and a payment that names neither."""
    an_invoice(kerbrat, "F2026-0115", customer="C-1", amount="300.00", days_late=3)
    an_invoice(kerbrat, "F2026-0116", customer="C-1", amount="300.00", days_late=9)
    bank(kerbrat, "20/11/2026|VIR REGLEMENT|300,00|MENUISERIE KERBRAT|FR7630006000011234567890189|R-7")
    run(kerbrat, MatchPayments())
    return kerbrat


def test_what_is_doubtful_waits_with_its_best_uses(doubtful):
    (line,) = lines(doubtful)
    assert [one["invoices"][0]["number"] for one in line["candidates"]] == ["F2026-0115", "F2026-0116"]
    assert line["why_not"]
    (proposal,) = doubtful.runner.read(ListProposals(), LEA).rows
    assert (proposal.action, proposal.subject) == ("confirm_match", f"bank-line/{line['id']}")
    before = counts(doubtful)
    run(doubtful, MatchPayments(), NIGHT)
    assert counts(doubtful) == before


def test_yes_to_a_proposal_is_its_first_use(doubtful):
    (proposal,) = doubtful.runner.read(ListProposals(), LEA).rows
    run(doubtful, AcceptProposal(proposal=proposal.id))
    assert "F2026-0115" not in open_amounts(doubtful)
    assert doubtful.runner.read(ListProposals(), LEA).rows == ()
    run(doubtful, Undo())
    assert "F2026-0115" in open_amounts(doubtful)
    assert len(doubtful.runner.read(ListProposals(), LEA).rows) == 1


def test_another_use_may_be_chosen_and_teaches_the_account(doubtful):
    (line,) = lines(doubtful)
    run(doubtful, ConfirmMatch(line=line["id"], candidate=2))
    assert "F2026-0116" not in open_amounts(doubtful)
    learned = doubtful.runner.read(ListLearned(), LEA).as_json()["learned"]
    assert {one["kind"]: one["customer"] for one in learned} == {"iban": "C-1", "name": "C-1"}
    run(doubtful, ForgetLearned(fact=learned[0]["id"]))
    assert len(doubtful.runner.read(ListLearned(), LEA).as_json()["learned"]) == 1


def test_money_may_be_split_by_hand(doubtful):
    (line,) = lines(doubtful)
    run(doubtful, ConfirmMatch(line=line["id"], invoices=("F2026-0113", "F2026-0116=150,00")))
    assert open_amounts(doubtful)["F2026-0116"] == "150.00"
    assert columns_of(doubtful)["unallocated"] == "-30.00"


def test_another_customer_may_be_named_and_the_law_orders_the_use(doubtful):
    a_customer(doubtful, "C-2", "Garage Abgrall")
    an_invoice(doubtful, "F2026-0200", customer="C-2", amount="250.00", days_late=20)
    an_invoice(doubtful, "F2026-0201", customer="C-2", amount="250.00", days_late=60)
    (line,) = lines(doubtful)
    found = run(doubtful, ConfirmMatch(line=line["id"], customer="C-2")).as_json()["matched"][0]
    assert [(one["number"], one["amount"]) for one in found["invoices"]] == [
        ("F2026-0201", "250.00"),
        ("F2026-0200", "50.00"),
    ]
    assert (found["rule"], found["code"]) == ("legal_order", "aa")
    assert "1342-10" in found["why"]


def test_a_no_is_not_asked_again(doubtful):
    (proposal,) = doubtful.runner.read(ListProposals(), LEA).rows
    run(doubtful, RefuseProposal(proposal=proposal.id))
    run(doubtful, MatchPayments())
    assert doubtful.runner.read(ListProposals(), LEA).rows == ()


def test_what_was_settled_meanwhile_is_refused(doubtful):
    (line,) = lines(doubtful)
    run(doubtful, RecordPayment(invoice="F2026-0115"))
    with pytest.raises(Refused, match="F2026-0115"):
        run(doubtful, ConfirmMatch(line=line["id"]))
    with pytest.raises(NotFound):
        run(doubtful, ConfirmMatch(line=line["id"], candidate=9))
    with pytest.raises(Invalid):
        run(doubtful, ConfirmMatch())


def test_a_discount_that_is_recognised_stays_open_until_somebody_accepts_it(kerbrat):
    """
    invoice F2026-0113  120.00
    bank                117.60   two percent less
    """
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|117,60|||R-1")
    run(kerbrat, MatchPayments())
    assert open_amounts(kerbrat)["F2026-0113"] == "2.40"
    assert code_of(kerbrat, "F2026-0113") == "aa"
    run(kerbrat, SettleDifference(invoice="F2026-0113", reason="discount"))
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}
    assert code_of(kerbrat, "F2026-0113") == "AA"
    with pytest.raises(Refused):
        run(kerbrat, SettleDifference(invoice="F2026-0113", reason="discount"))
    with pytest.raises(Refused):
        run(kerbrat, SettleDifference(invoice="F2026-0114", reason="discount"))


def test_a_difference_with_its_reason_is_written_off_with_the_entry_for_it(kerbrat):
    bank(kerbrat, "20/11/2026|VIR REGLEMENT DIVERS|111,60|||R-1")
    run(kerbrat, MatchPayments())
    (line,) = lines(kerbrat)
    run(kerbrat, ConfirmMatch(line=line["id"], invoices=("F2026-0113",), reason="bank_fee"))
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}
    assert code_of(kerbrat, "F2026-0113") == "AA"
    (residual,) = dump(kerbrat)["residual"]
    assert {"bank_fee", "write_off", "6278", 840} <= set(residual)
    told = kerbrat.runner.read(ListResiduals(period="2026-11-01/2026-11-30"), LEA).as_json()
    assert [(one["cause"], one["decision"], one["count"], one["amount"]) for one in told["causes"]] == [
        ("bank_fee", "write_off", 1, "8.40")
    ]
    assert told["residuals"][0]["entry"][0]["account"] == "6278"
    run(kerbrat, UnmatchPayment(invoice="F2026-0113"))
    assert open_amounts(kerbrat)["F2026-0113"] == "120.00"


def test_a_difference_may_stay_open(kerbrat):
    bank(kerbrat, "20/11/2026|VIR REGLEMENT DIVERS|111,60|||R-1")
    run(kerbrat, MatchPayments())
    (line,) = lines(kerbrat)
    run(kerbrat, ConfirmMatch(line=line["id"], invoices=("F2026-0113",), reason="bank_fee", keep_open=True))
    assert open_amounts(kerbrat)["F2026-0113"] == "8.40"
    assert code_of(kerbrat, "F2026-0113") == "aa"


def test_cents_of_rounding_are_nobodys_debt(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|119,98|||R-1")
    run(kerbrat, MatchPayments())
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}
    assert code_of(kerbrat, "F2026-0113") == "AA"


def test_taking_apart_opens_both_sides_and_is_not_done_again_alone(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00")
    run(kerbrat, MatchPayments())
    run(kerbrat, UnmatchPayment(invoice="F2026-0113"))
    assert open_amounts(kerbrat) == {"F2026-0113": "120.00", "F2026-0114": "80.00"}
    assert columns_of(kerbrat)["unallocated"] == "-120.00"
    assert matched(kerbrat) == []
    run(kerbrat, MatchPayments(invoice="F2026-0113", amount="120"))
    assert code_of(kerbrat, "F2026-0113") == "AB"
    with pytest.raises(NotFound):
        run(kerbrat, UnmatchPayment(invoice="F2026-0114"))


def test_undoing_the_taking_apart_lets_it_be_taken_apart_again(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113", amount="120"))
    for _again in range(2):
        run(kerbrat, UnmatchPayment(customer="C-1"))
        assert open_amounts(kerbrat)["F2026-0113"] == "120.00"
        run(kerbrat, Undo())
        assert "F2026-0113" not in open_amounts(kerbrat)
    assert code_of(kerbrat, "F2026-0113") == "AA"


def test_of_several_payments_the_amount_tells_which(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113"))
    run(kerbrat, RecordPayment(invoice="F2026-0114"))
    with pytest.raises(Invalid):
        run(kerbrat, UnmatchPayment(customer="C-1"))
    run(kerbrat, UnmatchPayment(customer="C-1", amount="80"))
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}


def test_a_rejected_direct_debit_opens_the_invoice_at_its_own_due_date(kerbrat):
    """
    bank  10/11  120.00  "PRLV KERBRAT F2026-0113"
    bank  18/11 -120.00  "REJET PRLV KERBRAT F2026-0113 AM04"
    """
    bank(kerbrat, "10/11/2026|PRLV MENUISERIE KERBRAT F2026-0113|120,00|||R-1")
    run(kerbrat, MatchPayments())
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}
    bank(kerbrat, "18/11/2026|REJET PRLV MENUISERIE KERBRAT F2026-0113 AM04|-120,00|||R-2")
    (back,) = run(kerbrat, MatchPayments()).as_json()["matched"]
    assert (back["rule"], back["invoices"]) == ("bounce", [{"number": "F2026-0113", "amount": "-120.00"}])
    assert columns_of(kerbrat) == {"1-30": "80.00", "31-60": "120.00", "total": "200.00"}
    assert open_amounts(kerbrat, as_of=date(2026, 11, 12)) == {"F2026-0114": "80.00"}
    assert code_of(kerbrat, "F2026-0113") == "aa"
    with pytest.raises(Refused):
        run(kerbrat, UnmatchPayment(invoice="F2026-0113"))
    assert run(kerbrat, MatchPayments()).as_json()["proposed"] == []
    bank(kerbrat, "23/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00|||R-3")
    assert matched(kerbrat) == [("AA", "C-1", [("F2026-0113", "120.00")])]


def test_a_bounce_in_the_same_run_as_its_payment(kerbrat):
    bank(
        kerbrat,
        "10/11/2026|PRLV MENUISERIE KERBRAT F2026-0113|120,00|||R-1",
        "18/11/2026|REJET PRLV MENUISERIE KERBRAT F2026-0113 AM04|-120,00|||R-2",
    )
    assert [one[2] for one in matched(kerbrat)] == [[("F2026-0113", "120.00")], [("F2026-0113", "-120.00")]]
    assert open_amounts(kerbrat) == {"F2026-0113": "120.00", "F2026-0114": "80.00"}
    run(kerbrat, Undo())
    assert "payment" not in counts(kerbrat)


def test_money_recorded_by_hand_settles_the_invoice_that_is_named(kerbrat):
    found = run(kerbrat, RecordPayment(invoice="F2026-0114", received=ago(2), method="check", reference="CHQ 0004412"))
    assert found.as_json()["matched"][0]["invoices"] == [{"number": "F2026-0114", "amount": "80.00"}]
    (paid,) = kerbrat.runner.read(ListPayments(method="check"), LEA).as_json()["payments"]
    assert (paid["reference"], paid["amount"], paid["unallocated"]) == ("CHQ 0004412", "80.00", "0.00")
    with pytest.raises(Refused):
        run(kerbrat, RecordPayment(invoice="F2026-0113", received=ago(-1)))


def test_money_recorded_without_its_invoice_is_matched_where_that_is_certain_else_kept(kerbrat):
    run(kerbrat, RecordPayment(customer="Kerbrat", amount="55"))
    assert columns_of(kerbrat)["unallocated"] == "-55.00"
    lines_ = kerbrat.runner.read(ListPayments(status="unallocated"), LEA).as_json()["payments"]
    assert [line["unallocated"] for line in lines_] == ["55.00"]
    run(kerbrat, MatchPayments(customer="Kerbrat", amount="55"))
    assert open_amounts(kerbrat) == {"F2026-0113": "65.00", "F2026-0114": "80.00"}


def test_a_line_that_was_recorded_before_it_came_is_not_a_second_payment(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113", received=ago(5), reference="CHQ-4412"))
    bank(kerbrat, "20/11/2026|REMISE CHEQUE|120,00|||CHQ-4412")
    assert matched(kerbrat) == []
    assert lines(kerbrat) == []
    assert columns_of(kerbrat) == {"1-30": "80.00", "total": "80.00"}


def test_a_line_like_a_recorded_payment_waits_and_a_person_says_that_it_is_it(kerbrat):
    run(kerbrat, RecordPayment(invoice="F2026-0113", received=ago(5)))
    an_invoice(kerbrat, "F2026-0117", customer="C-1", amount="120.00", days_late=1)
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0117|120,00")
    assert matched(kerbrat) == []
    (line,) = lines(kerbrat)
    run(kerbrat, ConfirmMatch(line=line["id"], payment=1))
    assert lines(kerbrat) == []
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00", "F2026-0117": "120.00"}


FEC = """
JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise
VE|Ventes|1|20261002|411000|Clients|TANGUY|Tanguy Nautisme|FA-900|20261002|Facture FA-900|600,00|0,00|A|20261105|||
VE|Ventes|1|20261002|707000|Ventes|||FA-900|20261002|Facture FA-900|0,00|600,00|||||
BQ|Banque|2|20261105|512000|Banque|||VIR|20261105|Virement Tanguy|600,00|0,00|||||
BQ|Banque|2|20261105|411000|Clients|TANGUY|Tanguy Nautisme|VIR|20261105|Virement Tanguy|0,00|600,00|A|20261105|||
BQ|Banque|3|20261109|512000|Banque|||VIR|20261109|Virement Tanguy|250,00|0,00|||||
BQ|Banque|3|20261109|411000|Clients|TANGUY|Tanguy Nautisme|VIR|20261109|Virement Tanguy|0,00|250,00|||||
"""


def test_a_line_of_a_payment_that_the_books_brought_is_no_second_one(kerbrat):
    imported(kerbrat, FEC, kind="fec", name="123456782FEC20261231.txt")
    before = open_amounts(kerbrat), columns_of(kerbrat)
    bank(kerbrat, "04/11/2026|VIR TANGUY NAUTISME FA-900|600,00", "09/11/2026|VIR TANGUY NAUTISME|250,00")
    assert matched(kerbrat) == []
    assert lines(kerbrat) == []
    assert (open_amounts(kerbrat), columns_of(kerbrat)) == before
    bank(kerbrat, "12/11/2026|VIR TANGUY NAUTISME|600,00")
    assert matched(kerbrat) == [], "the money of the books is spent: this is another payment, of nothing that is open"
    assert len(lines(kerbrat)) == 1


def test_a_line_that_cites_what_is_open_is_not_the_payment_of_the_books(kerbrat):
    imported(kerbrat, FEC, kind="fec", name="123456782FEC20261231.txt")
    an_invoice(kerbrat, "FA-901", customer="TANGUY", amount="600.00", days_late=5)
    bank(kerbrat, "06/11/2026|VIR TANGUY NAUTISME FA-901|600,00")
    assert matched(kerbrat) == []
    (line,) = lines(kerbrat)
    assert "FA-901" in str(line)


def test_payments_from_files_are_matched_too(kerbrat):
    a_payment(kerbrat, "VIR-9", customer="C-1", amount="120.00", label="F2026-0113")
    assert matched(kerbrat) == [("AA", "C-1", [("F2026-0113", "120.00")])]


def test_only_one_customers_money_is_matched_when_asked(kerbrat):
    a_customer(kerbrat, "C-2", "Garage Abgrall")
    an_invoice(kerbrat, "F2026-0200", customer="C-2", amount="250.00")
    bank(kerbrat, "20/11/2026|VIR ABGRALL F2026-0200|250,00", "20/11/2026|VIR KERBRAT F2026-0113|120,00")
    found = run(kerbrat, MatchPayments(customer="C-2")).as_json()["matched"]
    assert [one["customer"] for one in found] == ["C-2"]
    assert "F2026-0113" in open_amounts(kerbrat)


def test_the_money_that_came_in_is_listed_with_lines_nobody_has_decided_about(kerbrat):
    bank(kerbrat, "20/11/2026|VIR SOCIETE INCONNUE|33,00|||R-5", "19/11/2026|FRAIS|-2,00")
    a_payment(kerbrat, "VIR-9", customer="C-1", amount="10.00")
    listed = kerbrat.runner.read(ListPayments(), LEA).as_json()["payments"]
    assert [(one["reference"], one["customer"], one["unallocated"]) for one in listed] == [
        ("VIR-9", "C-1", "10.00"),
        ("R-5", None, "33.00"),
    ]


def test_the_matching_is_judged_against_what_is_true(kerbrat):
    a_customer(kerbrat, "C-2", "Garage Abgrall")
    an_invoice(kerbrat, "F2026-0200", customer="C-2", amount="250.00", days_late=9)
    an_invoice(kerbrat, "F2026-0201", customer="C-2", amount="250.00", days_late=3)
    bank(
        kerbrat,
        "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113 F2026-0114|200,00|||R-1",
        "20/11/2026|VIR GARAGE ABGRALL|250,00|||R-2",
    )
    run(kerbrat, MatchPayments())
    truth = "payment;invoice;amount\nR-1;F2026-0113;120.00\nR-1;F2026-0114;80.00\nR-2;F2026-0200;250.00\nR-2;F2026-0113;1.00\n"
    found = kerbrat.runner.read(EvaluateMatching(truth=csv_upload(kerbrat, truth)), LEA).as_json()
    assert found == {"precision": 1.0, "recall": 0.5, "exact_payments": 0.5, "proposed_recall": 0.75, "payments": 2}


def test_undoing_a_run_gives_everything_back(kerbrat):
    bank(
        kerbrat,
        "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00",
        "21/11/2026|URSSAF|-50,00",
        "21/11/2026|VIR KERBRAT|33,00",
    )
    before = state(kerbrat)
    run(kerbrat, MatchPayments())
    assert state(kerbrat) != before
    run(kerbrat, Undo())
    after = state(kerbrat)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert open_amounts(kerbrat) == {"F2026-0113": "120.00", "F2026-0114": "80.00"}


def test_what_a_person_undid_is_only_proposed_from_then_on(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00", "21/11/2026|URSSAF|-50,00")
    run(kerbrat, MatchPayments())
    run(kerbrat, Undo())
    again = run(kerbrat, MatchPayments(), NIGHT).as_json()
    assert again["matched"] == []
    (asked,) = again["proposed"]
    assert [one["number"] for one in asked["invoices"]] == ["F2026-0113"]
    assert "taken back" in asked["why_not"]
    run(kerbrat, ConfirmMatch(line=asked["line"]))
    assert open_amounts(kerbrat) == {"F2026-0114": "80.00"}


def test_an_undone_run_lets_the_import_be_undone_too(kerbrat):
    bank(kerbrat, "20/11/2026|VIR MENUISERIE KERBRAT F2026-0113|120,00")
    run(kerbrat, MatchPayments())
    run(kerbrat, Undo())
    run(kerbrat, Undo())
    assert lines(kerbrat) == []


def test_what_was_never_settled_cannot_bounce(kerbrat):
    bank(kerbrat, "18/11/2026|REJET PRLV MENUISERIE KERBRAT F2026-0113 AM04|-120,00|||R-2")
    run(kerbrat, MatchPayments())
    (line,) = lines(kerbrat)
    assert line["candidates"]
    with pytest.raises(Refused, match="F2026-0113"):
        run(kerbrat, ConfirmMatch(line=line["id"]))
