"""Send, ask or hold, with reasons."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crm.followup.gate import Facts, Held, Verdict, Waiting, decide
from crm.followup.planning import Item
from crm.followup.policy import default_scenario
from crm.followup.slots import Tone

TODAY = date(2026, 11, 24)
FACTS = Facts("Boulangerie Dubois", "B2B", "compta@dubois.example", "", True, "EUR", 0, (), (), None)


def an_item(days_late: int, *, done: int = -1, cents: int = 12_000, key: int = 1, disputed: int = 0) -> Item:
    due = TODAY - timedelta(days=days_late)
    return Item(key, key, f"F-{key}", "", due - timedelta(days=30), due, cents, None, cents, disputed, done, 0, None)


def decided(*items: Item, **facts):
    return decide(items, replace(FACTS, **facts), default_scenario(), TODAY)


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_an_overdue_amount_without_a_doubt_is_sent():
    decision = decided(an_item(4))
    assert (decision.verdict, decision.level, decision.total, decision.reasons) == (Verdict.SEND, 1, 12_000, ())


def test_nothing_reached_is_no_decision():
    assert decided(an_item(1)) is None


def test_a_formal_notice_is_always_asked_for_and_goes_by_registered_letter():
    decision = decided(an_item(45, done=3))
    assert (decision.verdict, decision.channel) == (Verdict.ASK, "registered_letter")
    assert "formal_notice" in codes(decision)


def test_a_disputed_invoice_holds_and_its_undisputed_part_is_due():
    assert decided(an_item(4, disputed=12_000)).verdict is Verdict.HOLD
    part = decided(an_item(4, disputed=4_000))
    assert (part.verdict, part.total, codes(part)) == (Verdict.SEND, 8_000, ["dispute"])


def test_a_promise_of_everything_holds_and_a_partial_one_asks_for_the_rest():
    friday = date(2026, 11, 27)
    whole = decided(an_item(20, key=1), an_item(4, key=2), promises=(Waiting(None, 24_000, friday),))
    assert (whole.verdict, codes(whole)) == (Verdict.HOLD, ["promise"])
    part = decided(an_item(20, key=1), an_item(4, key=2), promises=(Waiting(None, 15_000, friday),))
    assert (part.verdict, part.total) == (Verdict.ASK, 9_000)
    assert [due.item.number for due in part.dues] == ["F-2"], "the oldest items are held up to the amount"


def test_a_promise_for_one_invoice_leaves_the_others_alone():
    decision = decided(an_item(20, key=1), an_item(4, key=2), promises=(Waiting(1, 12_000, date(2026, 11, 27)),))
    assert [due.item.number for due in decision.dues] == ["F-2"]


def test_a_hold_on_the_customer_holds_and_one_on_an_invoice_leaves_it_out():
    assert decided(an_item(4), holds=(Held("manual", "procédure en cours", "", None),)).verdict is Verdict.HOLD
    decision = decided(an_item(20, key=1), an_item(4, key=2), holds=(Held("manual", "avoir attendu", "F-1", None),))
    assert (decision.verdict, decision.total) == (Verdict.SEND, 12_000)


@pytest.mark.parametrize(("free", "verdict"), [(12_000, Verdict.HOLD), (20_000, Verdict.HOLD), (5_000, Verdict.ASK)])
def test_money_that_is_not_matched_yet_makes_us_wait_or_ask(free, verdict):
    assert decided(an_item(4), free_money=free).verdict is verdict


def test_without_an_address_nothing_is_sent():
    decision = decided(an_item(4), email="", address_fault="Aucune adresse.")
    assert (decision.verdict, [reason.text for reason in decision.reasons]) == (Verdict.HOLD, ["Aucune adresse."])


def test_a_recent_message_holds_the_next_one():
    decision = decided(an_item(15, done=1), last_contact=TODAY - timedelta(days=3))
    assert (decision.verdict, codes(decision)) == (Verdict.HOLD, ["recent_contact"])


def test_a_public_body_is_asked_about_beyond_level_two():
    assert decided(an_item(15, done=1), regime="B2G").verdict is Verdict.SEND
    assert decided(an_item(30, done=2), regime="B2G").verdict is Verdict.ASK


def test_an_unstated_regime_asks_before_the_law_is_spoken_of():
    assert decided(an_item(15, done=1), regime="to_qualify").verdict is Verdict.SEND
    assert decided(an_item(30, done=2), regime="to_qualify").verdict is Verdict.ASK


@pytest.mark.parametrize("name", ["", "   ", "Dubois\r\nBcc: x@y.example"])
def test_a_customer_without_a_usable_name_is_held(name):
    assert decided(an_item(4), name=name).verdict is Verdict.HOLD


def test_an_item_whose_payment_is_outside_the_file_asks():
    item = an_item(4)._replace(settled_outside=True)
    assert decided(item).verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("code", "level", "fires", "spares", "verdict"),
    [
        (
            "public_month",
            2,
            {"regime": "B2G", "last_contact": TODAY - timedelta(29)},
            {"regime": "B2G", "last_contact": TODAY - timedelta(30)},
            Verdict.HOLD,
        ),
        ("contact_today", 1, {"other_contact": TODAY}, {"other_contact": TODAY - timedelta(1)}, Verdict.HOLD),
        (
            "contact_budget",
            1,
            {"contacts": tuple(TODAY - timedelta(days) for days in (1, 2, 3))},
            {"contacts": (TODAY - timedelta(1), TODAY - timedelta(2))},
            Verdict.HOLD,
        ),
        ("call_first", 3, {"tone": Tone.GOOD_PAYER}, {"tone": Tone.STRICT}, Verdict.ASK),
    ],
)
def test_how_often_and_whom_to_call_first(code, level, fires, spares, verdict):
    item = an_item({1: 4, 2: 16, 3: 31}[level], done=level - 1)
    fired = decided(item, **fires)
    told = next(reason for reason in fired.reasons if reason.code == code)
    assert fired.verdict is verdict
    assert told.text.endswith(".")
    assert code not in codes(decided(item, **spares))


def test_every_reason_is_a_sentence():
    decision = decided(
        an_item(45, done=3, disputed=1_000), regime="to_qualify", free_money=500, postal_address=False,
        holds=(Held("manual", "en attente", "", date(2026, 12, 1)),), promises=(Waiting(None, 100, date(2026, 11, 30)),),
    )  # fmt: skip  # read as a table: columns side by side
    assert all(reason.text.endswith((".", "?", "attente")) for reason in decision.reasons)
