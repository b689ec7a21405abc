"""Statements that follow, and the same money in two formats."""

from datetime import date

import pytest
from camt_in import IBAN, camt, entry, payment
from cfonb_in import cfonb, more, move, new, old
from hypothesis import given
from hypothesis import strategies as st
from statements_in import parsed

from crm.receivables.statements.continuity import Following, Same, continuity, same_money
from crm.receivables.statements.model import Balance, Statement, StatementLine


def a_statement(opening: Balance | None, closing: Balance | None = None) -> Statement:
    return Statement(IBAN, "EUR", (), 1, opening=opening, closing=closing)


@pytest.mark.parametrize(
    ("previous", "opening", "following", "cents"),
    [
        (Balance(date(2026, 3, 31), 500), Balance(date(2026, 3, 31), 500), Following.FOLLOWS, 0),
        (Balance(date(2026, 3, 31), 500), Balance(date(2026, 4, 1), 500), Following.FOLLOWS, 0),
        (Balance(date(2026, 3, 31), 500), Balance(date(2026, 4, 7), 700), Following.GAP, 200),
        (Balance(date(2026, 3, 31), 500), Balance(date(2026, 3, 31), 400), Following.GAP, -100),
        (Balance(date(2026, 3, 31), 500), Balance(date(2026, 3, 15), 100), Following.OVERLAP, 0),
        (None, Balance(date(2026, 3, 15), 100), Following.UNKNOWN, 0),
        (Balance(date(2026, 3, 31), 500), None, Following.UNKNOWN, 0),
    ],
)
def test_a_statement_follows_the_one_before(
    previous: Balance | None, opening: Balance | None, following: Following, cents: int
) -> None:
    found = continuity(previous, a_statement(opening, Balance(date(2026, 4, 30), 0)))
    assert (found.following, found.cents) == (following, cents)
    assert bool(found.sentence) == (following in {Following.GAP, Following.OVERLAP})


def test_an_older_statement_is_an_overlap_even_if_the_amounts_are_equal() -> None:
    older = a_statement(Balance(date(2026, 2, 1), 500), Balance(date(2026, 2, 28), 500))
    assert continuity(Balance(date(2026, 3, 31), 500), older).following is Following.OVERLAP


CAMT = camt(
    entry("120.00", payment(payer="DUPONT SARL", said="F2026-113", name="E2E-1"), more="<AcctSvcrRef>A1</AcctSvcrRef>"),
    entry("120.00", payment(payer="MARTIN SA", said="F2026-114"), more="<AcctSvcrRef>A2</AcctSvcrRef>"),
    entry("-8.50", more="<AddtlNtryInf>COMMISSION CARTE</AddtlNtryInf>"),
    closing="231.50",
)
CFONB = cfonb(
    old(0),
    move(-850, "FRAIS BANCAIRES"),
    move(12000, "VIR RECU 9988 MARTIN SA"),
    move(12000, "VIR RECU 9977"),
    more("RCN", "E2E-1"),
    new(23150),
)


def test_the_same_statement_in_two_formats_has_one_signature() -> None:
    one, other = parsed(CAMT).statements[0], parsed(CFONB).statements[0]
    assert one.account == other.account
    assert one.signature == other.signature is not None


def test_the_same_money_in_two_formats_is_paired_line_by_line() -> None:
    found = same_money(parsed(CAMT).lines, parsed(CFONB).lines, whole_days=True)
    assert found == [Same((0,), (2,)), Same((1,), (1,)), Same((2,), (0,))]


def test_where_days_may_be_told_in_part_amounts_alone_pair_nothing() -> None:
    found = same_money(parsed(CAMT).lines, parsed(CFONB).lines, whole_days=False)
    assert found == [Same((0,), (2,)), Same((1,), (1,))]


def test_a_sum_and_its_parts_are_the_same_money() -> None:
    reference = "<AcctSvcrRef>B-77</AcctSvcrRef>"
    whole = parsed(camt(entry("350.00", more=reference), closing="350.00")).lines
    parts = parsed(
        camt(entry("350.00", payment("100.00", payer="A"), payment("250.00", payer="B"), more=reference), message="054")
    ).lines
    assert same_money(parts, whole, whole_days=False) == [Same((0, 1), (0,))]
    assert same_money(whole, parts, whole_days=False) == [Same((0,), (0, 1))]


def lines_of(amounts: list[int], labels: list[str]) -> list[StatementLine]:
    return [
        StatementLine(IBAN, date(2026, 3, 10), cents, "EUR", label, place, "", f"{label}{cents}{place}")
        for place, (cents, label) in enumerate(zip(amounts, labels, strict=True))
    ]


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["DUPONT", "MARTIN", ""])), max_size=12),
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["DUPONT", "MARTIN", ""])), max_size=12),
    st.booleans(),
)
def test_each_line_is_paired_once_and_with_its_amount(
    new: list[tuple[int, str]], known: list[tuple[int, str]], whole_days: bool
) -> None:
    ours = lines_of([cents for cents, _label in new], [label for _cents, label in new])
    theirs = lines_of([cents for cents, _label in known], [label for _cents, label in known])
    found = same_money(ours, theirs, whole_days=whole_days)
    for places in ([place for same in found for place in same.new], [place for same in found for place in same.known]):
        assert len(places) == len(set(places))
    for same in found:
        assert sum(ours[place].cents for place in same.new) == sum(theirs[place].cents for place in same.known)
    if whole_days:
        for cents in (1, 2, 3):
            paired = sum(ours[same.new[0]].cents == cents for same in found)
            assert paired == min(
                [line.cents for line in ours].count(cents), [line.cents for line in theirs].count(cents)
            )


def test_a_thousand_equal_lines_are_paired_at_once() -> None:
    ours, theirs = (lines_of([100] * 3_000, [f"VIR {who} {place}" for place in range(3_000)]) for who in ("A", "B"))
    assert len(same_money(ours, theirs, whole_days=True)) == 3_000


def test_the_order_of_lines_changes_no_fingerprint() -> None:
    entries = [entry("1.00"), entry("2.00", day="2026-03-05"), entry("1.00"), entry("-3.00", day="2026-03-20")]
    one, other = parsed(camt(*entries, closing="1.00")), parsed(camt(*reversed(entries), closing="1.00"))
    assert {line.fingerprint for line in one.lines} == {line.fingerprint for line in other.lines}


def test_a_movement_told_in_a_statement_and_in_a_notification_is_one() -> None:
    told = entry("8.00", payment(payer="DUPONT", said="F113", name="E2E-1"), more="<AcctSvcrRef>A1</AcctSvcrRef>")
    assert (
        parsed(camt(told, closing="8.00")).lines[0].fingerprint
        == parsed(camt(told, message="054")).lines[0].fingerprint
    )
