"""What always holds for a debt that is doubted, partly paid, lost in parts and taken back, whatever the amounts."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from build import LEA, a_customer, a_payment, ago, allocated, an_invoice, columns_of, open_amounts
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.basics import ExportData, Undo
from crm.core.money import plain
from crm.ledger.actions.doubtful import Impair, ListDoubtful, MarkDoubtful
from crm.ledger.actions.entries import ListEntries
from crm.ledger.actions.losses import RecordDividend, WriteOffDebt

SOME = settings(max_examples=12)


def accounts(crm) -> dict[str, Decimal]:
    """Account → debit less credit over all entries, where it is not nothing; each entry balances."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in crm.runner.read(ListEntries(), LEA).as_json()["entries"]:
        moved = [Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0) for line in entry["lines"]]
        assert sum(moved) == 0
        for line, cents in zip(entry["lines"], moved, strict=True):
            sums[line["account"]] += cents
    return {account: cents for account, cents in sums.items() if cents}


@SOME
@given(data=st.data(), total=st.integers(100, 10**7), recovery=st.integers(0, 100))
def test_a_debt_lost_in_parts_loses_no_cent_and_undo_brings_it_back(new_house, data, total, recovery):
    net = data.draw(st.integers(1, total))
    received = data.draw(st.integers(0, total - 2))
    first = data.draw(st.integers(1, total - received - 1))
    back = data.draw(st.integers(1, total - received))
    with new_house() as crm:
        a_customer(crm)
        an_invoice(crm, "F-1", amount=plain(total), total_excl_tax=plain(net), issue_date=date(2024, 1, 5))
        crm.runner.run(MarkDoubtful(invoice="F-1", reason="doubt", day=ago(60)), LEA)
        crm.runner.run(Impair(invoice="F-1", recovery=recovery, day=ago(60)), LEA)
        if received:
            a_payment(crm, "P-1", amount=plain(received), days_ago=30)
            allocated(crm, "P-1", "F-1", plain(received))
        lost = total - received
        before = state(crm)
        acts = [
            WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(9), duplicate_sent=ago(5), amount=plain(first)),
            WriteOffDebt(invoice="F-1", proof="liquidation", proof_day=ago(9), duplicate_sent=ago(5)),
            RecordDividend(invoice="F-1", amount=plain(back)),
        ]  # fmt: skip  # read as a table: columns side by side
        done = [crm.runner.run(act, LEA).entry_id for act in acts[:2]]
        told = accounts(crm)
        net_lost = net - (2 * received * net + total) // (2 * total) if received else net
        assert abs(told.get("6544", 0) * 100 - net_lost) <= 1
        assert told.get("6544", 0) + told.get("44571", 0) == Decimal(lost) / 100
        assert told.get("416", 0) == Decimal(received) / 100, "what came in is the bank's entry"
        assert "491" not in told
        assert "4458" not in told
        assert open_amounts(crm) == columns_of(crm) == {}
        done.append(crm.runner.run(acts[2], LEA).entry_id)
        assert open_amounts(crm) == columns_of(crm) == {}
        for entry_id in reversed(done):
            crm.runner.run(Undo(entry=entry_id), LEA)
        assert state(crm) == before


def state(crm) -> list:
    told = [crm.runner.read(action, LEA).as_json() for action in (ListDoubtful(), ListEntries())]
    return [*told, open_amounts(crm), columns_of(crm), columns_of(crm, as_of=ago(40))]


def test_entries_leave_as_a_file_line_by_line(crm):
    a_customer(crm)
    an_invoice(crm, "F-1", amount="120.00", total_excl_tax="100.00")
    crm.runner.run(MarkDoubtful(invoice="F-1", reason="doubt"), LEA)
    rows = list(crm.runner.read(ExportData(dataset="entries"), LEA).sheet.records())
    assert [(row["account"], str(row["debit"]), str(row["credit"])) for row in rows] == [
        ("416", "120.00", "0.00"), ("411", "0.00", "120.00")
    ]  # fmt: skip  # read as a table: columns side by side
    assert list(crm.runner.read(ExportData(dataset="entries", as_of=ago(1)), LEA).sheet.records()) == []
