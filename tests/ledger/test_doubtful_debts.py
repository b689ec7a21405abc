"""A customer who does not pay, told from the first doubt to the last dividend, and taken back again."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from build import LEA, TODAY, TOM, a_customer, a_payment, ago, allocated, an_invoice, columns_of, dump, open_amounts

from crm.core.basics import Undo
from crm.core.consent import Actor, ActorKind
from crm.core.errors import Invalid, NotAllowed, Refused
from crm.customers.actions import PlaceHold
from crm.ledger.actions.doubtful import EndDoubt, Impair, ListDoubtful, MarkDoubtful
from crm.ledger.actions.entries import ListEntries, RecordEntries
from crm.ledger.actions.losses import (
    DuplicateList,
    PrepareVatDuplicates,
    RecordDividend,
    RecordVatDuplicate,
    WriteOffDebt,
)
from crm.portfolio.figures import ShowKpi
from crm.receivables.actions import AgedBalance, ListInvoices, ShowInvoice
from crm.receivables.actions.payments import ListPayments, UnmatchPayment
from crm.receivables.actions.plans import CreatePaymentPlan, ShowPaymentPlan

ACCOUNTANT = Actor(ActorKind.PERSON, "Inès", role="accountant")


def run(crm, action, actor=LEA):
    return crm.runner.run(action, actor).result


def entry(answer) -> list[str]:
    """The last entry an act made: `416 D 12000.00`."""
    return [_spelt(line) for line in answer.as_json()["entries"][-1]["lines"]]


def _spelt(line: dict) -> str:
    return f"{line['account']} D {line['debit']}" if line["debit"] else f"{line['account']} C {line['credit']}"


def worth(crm, **asked) -> dict:
    (line,) = crm.runner.read(ListDoubtful(**asked), LEA).as_json()["doubtful"]
    return line


@pytest.fixture
def unpaid(crm):
    """Issued in 2024 for 12,000 with tax, 10,000 without."""
    a_customer(crm, "C-1", "Dupont")
    an_invoice(
        crm, "F-1", amount="12000.00", total_excl_tax="10000.00", issue_date=date(2024, 3, 1), due_date=date(2024, 4, 1)
    )
    return crm


@pytest.fixture
def doubted(unpaid):
    """The worked case up to its third year."""
    run(unpaid, MarkDoubtful(invoice="F-1", reason="receivership", day=date(2024, 12, 31)))
    run(unpaid, Impair(invoice="F-1", recovery="40", day=date(2024, 12, 31)))
    run(unpaid, Impair(invoice="F-1", recovery="25", day=date(2025, 12, 31)))
    a_payment(unpaid, "P-1", amount="3600.00", days_ago=20)
    allocated(unpaid, "P-1", "F-1", "3600.00")
    return unpaid


def test_a_doubtful_debt_is_moved_with_its_tax_and_impaired_without(unpaid):
    moved = run(unpaid, MarkDoubtful(invoice="F-1", reason="receivership"))
    assert entry(moved) == ["416 D 12000.00", "411 C 12000.00"]
    assert entry(run(unpaid, Impair(invoice="F-1", recovery="40"))) == ["68174 D 6000.00", "491 C 6000.00"]
    told = worth(unpaid)
    assert (told["open"], told["set_aside"], told["book_value"]) == ("12000.00", "6000.00", "6000.00")
    assert entry(run(unpaid, Impair(invoice="F-1", recovery="25"))) == ["68174 D 1500.00", "491 C 1500.00"]


def test_it_is_owed_and_dunned_as_before(unpaid):
    before = columns_of(unpaid)
    run(unpaid, MarkDoubtful(invoice="F-1", reason="receivership"))
    assert columns_of(unpaid) == before
    assert open_amounts(unpaid) == {"F-1": "12000.00"}


def test_what_is_lost_leaves_the_balance_with_its_tax_and_releases_what_was_set_aside(doubted):
    lost = run(
        doubted,
        WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), duplicate_sent=ago(5)),
    )
    assert entry(lost) == [
        "6544 D 7000.00", "44571 D 1400.00", "416 C 8400.00", "491 D 7500.00", "78174 C 7500.00"
    ]  # fmt: skip  # read as a table: columns side by side
    assert open_amounts(doubted) == {}
    assert columns_of(doubted) == {}
    told = worth(doubted)
    assert (told["open"], told["set_aside"], told["lost_without_tax"]) == ("0.00", "0.00", "7000.00")


def test_a_judgment_is_about_all_that_was_owed_and_is_to_be_noted(doubted):
    lost = run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), amount="100"))
    assert "place-hold" in lost.as_sheet().notes[-1]
    run(doubted, PlaceHold(customer="C-1", reason="liquidation", kind="insolvency"))
    again = run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), amount="100"))
    assert not any("place-hold" in note for note in again.as_sheet().notes)


def test_the_past_stays_as_it_was(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    assert columns_of(doubted, as_of=ago(1))["over_90"] == "8400.00"
    assert worth(doubted, as_of=date(2024, 12, 31))["book_value"] == "6000.00"


def test_the_invoice_is_settled_by_what_was_given_up_and_shows_it(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    card = doubted.runner.read(ShowInvoice(invoice="F-1"), LEA)
    last = card.as_json()["settlements"][-1]
    assert (last["kind"], last["document"], last["amount"], last["code"]) == ("write_off", "loss", "8400.00", "AA")
    assert card.as_json()["standing"] == "paid"
    assert card.as_sheet().rows


def test_money_that_was_never_received_is_no_receipt(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    payments = doubted.runner.read(ListPayments(), LEA).as_json()["payments"]
    assert [one["amount"] for one in payments] == ["3600.00"]


def test_tax_waits_for_the_stamped_duplicate(doubted):
    lost = run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    assert "4458 D 1400.00" in entry(lost)
    (told,) = doubted.runner.read(PrepareVatDuplicates(), LEA).as_json()["duplicates"]
    assert told["stamp"] == (
        "Facture demeurée impayée pour la somme de 7000,00\u00a0€ (prix net) et pour la somme de 1400,00\u00a0€ "
        "(TVA correspondante) qui ne peut faire l’objet d’une déduction (article\u00a0272 du CGI)"
    )
    assert told["deduct_until"] == "2028-12-31"
    assert len(DuplicateList(TODAY, ()).as_sheet().notes) == 1
    assert "CIBS" in DuplicateList(date(2027, 1, 1), ()).as_sheet().notes[-1]
    sent = run(doubted, RecordVatDuplicate(invoice="F-1"))
    assert entry(sent) == ["44571 D 1400.00", "4458 C 1400.00"]
    assert doubted.runner.read(PrepareVatDuplicates(), LEA).as_json()["duplicates"] == []
    with pytest.raises(Refused, match="waits"):
        run(doubted, RecordVatDuplicate(invoice="F-1"))


def test_services_taxed_on_receipts_have_nothing_to_recover(unpaid):
    lost = run(unpaid, WriteOffDebt(invoice="F-1", proof="disappeared", proof_day=ago(10), vat="on_receipts"))
    assert entry(lost) == ["6544 D 10000.00", "4458 D 2000.00", "411 C 12000.00"]
    assert unpaid.runner.read(PrepareVatDuplicates(), LEA).as_json()["duplicates"] == []


def test_an_invoice_of_the_year_is_lost_on_another_account_without_a_doubt_before(crm):
    a_customer(crm)
    an_invoice(crm, "F-1", amount="12000.00", total_excl_tax="10000.00")
    lost = run(crm, WriteOffDebt(invoice="F-1", proof="cost", proof_day=TODAY, duplicate_sent=TODAY))
    assert entry(lost) == ["6541 D 10000.00", "44571 D 2000.00", "411 C 12000.00"]


def test_a_dividend_is_income_and_leaves_nothing_open_or_free(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), duplicate_sent=ago(5)))
    back = run(doubted, RecordDividend(invoice="F-1", amount="1200"))
    assert entry(back) == ["512 D 1200.00", "7583 C 1000.00", "44571 C 200.00"]
    assert columns_of(doubted) == {}
    payments = doubted.runner.read(ListPayments(), LEA).as_json()["payments"]
    assert [(one["amount"], one["unallocated"]) for one in payments] == [("1200.00", "0.00"), ("3600.00", "0.00")]
    with pytest.raises(Refused, match="7,200"):
        run(doubted, RecordDividend(invoice="F-1", amount="7200.01"))


def test_a_dividend_that_the_bank_told_first_is_used_for_the_loss(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10), day=ago(8)))
    a_payment(doubted, "P-2", amount="600.00", days_ago=2)
    number = next(
        one["id"] for one in doubted.runner.read(ListPayments(), LEA).as_json()["payments"] if one["reference"] == "P-2"
    )
    back = run(doubted, RecordDividend(invoice="F-1", payment=number, received=ago(2)))
    assert entry(back) == ["512 D 600.00", "7583 C 500.00", "4458 C 100.00"]
    assert columns_of(doubted) == {}


def test_a_part_may_be_lost_while_the_rest_stays_in_doubt(doubted):
    lost = run(
        doubted,
        WriteOffDebt(invoice="F-1", proof="rescue_plan", proof_day=ago(10), amount="4800", duplicate_sent=ago(5)),
    )
    assert entry(lost) == [
        "6544 D 4000.00", "44571 D 800.00", "416 C 4800.00", "491 D 5250.00", "78174 C 5250.00"
    ]  # fmt: skip  # read as a table: columns side by side
    assert worth(doubted)["set_aside"] == "2250.00", "three quarters of 3,000"
    assert open_amounts(doubted) == {"F-1": "3600.00"}


def test_a_customer_who_pays_after_all_is_no_longer_doubted(doubted):
    back = run(doubted, EndDoubt(invoice="F-1"))
    assert entry(back) == ["411 D 8400.00", "416 C 8400.00", "491 D 7500.00", "78174 C 7500.00"]
    assert doubted.runner.read(ListDoubtful(), LEA).as_json()["doubtful"] == []
    run(doubted, MarkDoubtful(invoice="F-1", reason="again"))
    assert worth(doubted)["set_aside"] == "0.00"


def test_what_is_lost_breaks_the_plan_and_was_never_paid(doubted):
    plan = run(doubted, CreatePaymentPlan(invoice="F-1", installments=2)).as_json()["plan"]
    run(doubted, WriteOffDebt(invoice="F-1", proof="insolvency", proof_day=ago(2)))
    told = doubted.runner.read(ShowPaymentPlan(plan=plan["id"]), LEA)
    shown = told.as_json()["plan"]
    assert (shown["status"], shown["paid"], shown["left"]) == ("broken", "0.00", "0.00")
    assert shown["lost"] == shown["amount"] == plan["amount"]
    assert [one["paid"] for one in shown["instalments"]] == ["0.00", "0.00"]
    assert {row[-1] for row in told.as_sheet().rows} == {"lost"}


def test_every_entry_ever_kept_balances(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    run(doubted, RecordVatDuplicate(invoice="F-1"))
    run(doubted, RecordDividend(invoice="F-1", amount="1200"))
    told = doubted.runner.read(ListEntries(), LEA).as_json()
    assert told["totals"]["EUR"]["debit"] == told["totals"]["EUR"]["credit"]
    assert [one["kind"] for one in told["entries"]] == [
        "doubtful", "impairment", "impairment", "loss", "vat_recovery", "dividend"
    ]  # fmt: skip  # read as a table: columns side by side
    narrowed = doubted.runner.read(ListEntries(account="491", period="2025-01-01/2025-12-31"), LEA).as_json()
    assert [one["date"] for one in narrowed["entries"]] == ["2025-12-31"]
    assert all(
        line["auxiliary"] == ("C-1" if line["account"] in {"411", "416"} else "")
        for one in told["entries"]
        for line in one["lines"]
    )


# Who may, and what is refused


def test_an_accountant_gives_up_to_a_limit_and_a_manager_more(unpaid):
    loss = WriteOffDebt(invoice="F-1", proof="cost", proof_day=ago(1), amount="300")
    run(unpaid, loss, ACCOUNTANT)
    with pytest.raises(NotAllowed, match="500"):
        run(unpaid, loss, ACCOUNTANT)
    run(unpaid, loss, LEA)
    with pytest.raises(NotAllowed):
        run(unpaid, loss, TOM)


def test_what_makes_no_sense_is_refused(unpaid):
    with pytest.raises(Refused, match="no doubtful debt"):
        run(unpaid, Impair(invoice="F-1", recovery="40"))
    with pytest.raises(Refused, match="ahead"):
        run(unpaid, MarkDoubtful(invoice="F-1", reason="doubt", day=ago(-1)))
    with pytest.raises(Refused, match="younger"):
        run(unpaid, MarkDoubtful(invoice="F-1", reason="doubt", day=date(2024, 1, 1)))
    with pytest.raises(Refused, match="proof"):
        run(unpaid, WriteOffDebt(invoice="F-1", proof="cost", proof_day=ago(-1)))
    with pytest.raises(Refused, match="not given up"):
        run(unpaid, RecordDividend(invoice="F-1", amount="10"))
    run(unpaid, MarkDoubtful(invoice="F-1", reason="doubt"))
    with pytest.raises(Refused, match="already"):
        run(unpaid, MarkDoubtful(invoice="F-1", reason="doubt"))
    run(unpaid, Impair(invoice="F-1", recovery="40"))
    with pytest.raises(Refused, match="set aside already"):
        run(unpaid, Impair(invoice="F-1", recovery="40.00"))
    with pytest.raises(Refused, match="later entries"):
        run(unpaid, Impair(invoice="F-1", recovery="30", day=ago(1)))


def test_the_amount_without_tax_is_asked_for_where_nobody_told_it(crm):
    a_customer(crm)
    an_invoice(crm, "F-1", amount="120.00")
    with pytest.raises(Invalid, match="without tax"):
        run(crm, MarkDoubtful(invoice="F-1", reason="doubt"))
    run(crm, MarkDoubtful(invoice="F-1", reason="doubt", net="100"))
    run(crm, Impair(invoice="F-1", recovery="0"))
    assert worth(crm)["set_aside"] == "100.00"


def test_without_tax_all_of_it_is_at_stake(crm):
    a_customer(crm)
    an_invoice(crm, "F-1", amount="120.00")
    run(crm, MarkDoubtful(invoice="F-1", reason="doubt", vat="none"))
    lost = run(crm, WriteOffDebt(invoice="F-1", proof="cost", proof_day=TODAY))
    assert entry(lost) == ["6541 D 120.00", "416 C 120.00"]


# Taken back


def test_each_act_is_taken_back_and_everything_is_as_before(doubted):
    acts = [
        WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)),
        RecordVatDuplicate(invoice="F-1"),
        RecordDividend(invoice="F-1", amount="1200"),
    ]
    told = [state(doubted)]
    entries = []
    for act in acts:
        entries.append(doubted.runner.run(act, LEA).entry_id)
        told.append(state(doubted))
    with pytest.raises(Refused):
        doubted.runner.run(Undo(entry=entries[0]), LEA)
    for entry_id in reversed(entries):
        told.pop()
        doubted.runner.run(Undo(entry=entry_id), LEA)
        assert state(doubted) == told[-1]


def state(crm) -> list:
    """Every answer; of what settles the invoice, what each document comes to: undone uses stay in its history."""
    asked = (AgedBalance(), ListInvoices(), ListDoubtful(), ListEntries(), ListPayments(), ShowKpi(kpi="dso"))
    settled: Counter = Counter()
    for use in crm.runner.read(ShowInvoice(invoice="F-1"), LEA).as_json()["settlements"]:
        settled[use["document"], use["code"]] += Decimal(use["amount"])
    return [*(crm.runner.read(action, LEA).as_json() for action in asked), {k: v for k, v in settled.items() if v}]


def test_what_the_outlook_was_is_not_taken_back_under_a_loss(doubted):
    number = doubted.runner.run(Impair(invoice="F-1", recovery="10"), LEA).entry_id
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    with pytest.raises(Refused, match="stand on"):
        doubted.runner.run(Undo(entry=number), LEA)


def test_taking_a_match_apart_leaves_the_loss(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    run(doubted, UnmatchPayment(invoice="F-1"))
    assert open_amounts(doubted) == {"F-1": "3600.00"}
    before = dump(doubted)
    run(doubted, RecordEntries())
    assert dump(doubted) == before, "the loss stands, and so does its entry"


def test_money_that_came_back_is_not_taken_apart_as_a_match(doubted):
    run(doubted, WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(10)))
    run(doubted, RecordDividend(invoice="F-1", amount="1200"))
    with pytest.raises(Refused, match="came back"):
        run(doubted, UnmatchPayment(invoice="F-1"))
