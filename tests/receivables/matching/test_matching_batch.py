"""Many lines together."""

from dataclasses import replace
from datetime import date

from stories import DUPONT, MARTIN, line, matcher, owed, settled

from crm.receivables.matching.batch import settle
from crm.receivables.matching.facts import Rule


def test_one_invoice_is_paid_once() -> None:
    """The same payment twice: the earlier settles, the later is a second payment."""
    item, other = owed("F2026-0113", 84_217), owed("F2026-0114", 12_000)
    first = line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT", day=date(2026, 3, 2))
    again = replace(first, id=first.id + 100_000, date=date(2026, 3, 9))
    answers = settle(matcher(item, other), [again, first])
    assert settled(answers[first.id], item, other) == {"F2026-0113": 84_217}
    assert answers[again.id].committed is None
    assert answers[again.id].candidates[0].rule is Rule.DUPLICATE


def test_what_is_named_is_settled_before_what_is_inferred() -> None:
    """Two invoices of one amount: the line that names one leaves the other for the line that names none."""
    items = (owed("F2026-0113", 84_217), owed("F2026-0114", 84_217))
    silent = line("VIR", 84_217, name="MENUISERIE DUPONT", day=date(2026, 3, 2))
    naming = line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT", day=date(2026, 3, 12))
    answers = settle(matcher(*items), [silent, naming])
    assert settled(answers[naming.id], *items) == {"F2026-0113": 84_217}
    assert settled(answers[silent.id], *items) == {"F2026-0114": 84_217}


def test_an_account_shown_by_one_line_is_known_for_the_next() -> None:
    items = (owed("F2026-0113", 84_217), owed("F2026-0114", 61_350), owed("F2026-0115", 61_350, MARTIN))
    naming = line("FACT F2026-0113", 84_217, name="SCI LES LILAS", iban="FR7699")
    silent = line("VIREMENT", 61_350, name="SCI LES LILAS", iban="FR7699")
    answers = settle(matcher(*items), [silent, naming])
    assert settled(answers[silent.id], *items) == {"F2026-0114": 61_350}


def test_a_bounce_reopens_and_the_next_payment_settles() -> None:
    item, other = owed("F2026-0113", 84_217), owed("F2026-0114", 12_000)
    first = line("PRLV F2026-0113", 84_217, name="MENUISERIE DUPONT", day=date(2026, 3, 2))
    bounce = line("REJET PRLV MENUISERIE DUPONT", -84_217, day=date(2026, 3, 6))
    again = line("FACT F2026-0113", 84_217, name="MENUISERIE DUPONT", day=date(2026, 3, 20))
    answers = settle(matcher(item, other), [first, bounce, again])
    assert answers[bounce.id].committed is not None
    assert answers[bounce.id].committed.reverses == first.id
    assert settled(answers[again.id], item, other) == {"F2026-0113": 84_217}


def test_twins_are_proposed_the_older_to_the_earlier() -> None:
    """Two like payments for two like invoices: nothing is certain, and the proposals do not both name one invoice."""
    items = (
        owed("F1001", 60_000, issued=date(2026, 1, 10)),
        owed("F1002", 60_000, issued=date(2026, 1, 12)),
        owed("F1003", 7_777, MARTIN),
    )
    early = line("VIR", 60_000, name="MENUISERIE DUPONT", day=date(2026, 3, 2))
    late = line("VIR", 60_000, name="MENUISERIE DUPONT", day=date(2026, 3, 12))
    answers = settle(matcher(*items), [late, early])
    assert answers[early.id].committed is None
    assert answers[late.id].committed is None
    assert answers[early.id].candidates[0].allocations != answers[late.id].candidates[0].allocations


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    settle(
        matcher(owed("F1001", 84_217)),
        [line("VIR", 1_000), line("VIR", 2_000)],
        lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]
    assert DUPONT.customer_id == 1
