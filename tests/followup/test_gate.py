"""Send, ask or hold, with reasons."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.i18n import use_language
from crm.followup.gate import Displeased, Facts, Held, Verdict, Waiting, Weight, decide
from crm.followup.planning import Item
from crm.followup.policy import Mode, Scenario, default_scenario
from crm.followup.reasons import WHAT_TO_DO, what_to_do
from crm.followup.slots import Tone
from crm.followup.ways import Reach

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


# Every reason

PLANNED = an_item(4)
"""An overdue item at level 1."""
EVERY_REASON = {
    "dispute": ([an_item(4, disputed=4_000)], {}),
    "promise": ([PLANNED], {"promises": (Waiting(None, 12_000, date(2026, 11, 27)),)}),
    "promise_broken": ([PLANNED], {"broken": (Waiting(None, 12_000, date(2026, 11, 20)),)}),
    "plan_broken": ([PLANNED], {"plan_broken": date(2026, 11, 20)}),
    "hold": ([PLANNED], {"holds": (Held("manual", "en attente", "", None),)}),
    "plan": ([PLANNED], {"holds": (Held("plan", "échéancier à signer", "", None),)}),
    "insolvency": ([PLANNED], {"holds": (Held("insolvency", "redressement judiciaire", "", None),)}),
    "complaint": ([PLANNED], {"displeased": Displeased("complaint", TODAY - timedelta(2), "Livré en retard.")}),
    "detractor": ([PLANNED], {"displeased": Displeased("detractor", TODAY - timedelta(2), "Trop lent.")}),
    "no_name": ([PLANNED], {"name": ""}),
    "bad_name": ([PLANNED], {"name": "Dubois\nSARL"}),
    "unapplied_money": ([PLANNED], {"free_money": 500}),
    "undecided_money": ([PLANNED], {"perhaps": 500}),
    "stale_bank": ([PLANNED], {"stale_bank": TODAY - timedelta(9)}),
    "also_supplier": ([PLANNED], {"owed": "Nous devons 80,00 € à ce client."}),
    "settled_outside": ([PLANNED._replace(settled_outside=True)], {}),
    "public_month": ([an_item(16, done=1)], {"regime": "B2G", "last_contact": TODAY - timedelta(20)}),
    "contact_today": ([PLANNED], {"other_contact": TODAY}),
    "contact_budget": ([PLANNED], {"contacts": tuple(TODAY - timedelta(days) for days in (1, 2, 3))}),
    "recent_contact": ([an_item(15, done=1)], {"last_contact": TODAY - timedelta(3)}),
    "call_first": ([an_item(31, done=2)], {"tone": Tone.GOOD_PAYER}),
    "no_address": ([PLANNED], {"email": "", "address_fault": "L’adresse a@b.example n’existe plus."}),
    "no_postal_address": ([an_item(46, done=3)], {"postal_address": False}),
    "other_contact": ([PLANNED], {"instead_of": "ancienne@dubois.example"}),
    "other_channel": ([PLANNED], {"email": "", "address_fault": "Aucune adresse.", "reach": Reach(letter=True)}),
    "stopped": ([PLANNED], {"email": "", "reach": Reach(stopped=True, phone="+33612345678")}),
    "formal_notice": ([an_item(46, done=3)], {}),
    "to_confirm": ([PLANNED], {"mode": Mode.CONFIRM}),
    "by_hand": ([PLANNED], {"mode": Mode.MANUAL}),
    "public_body": ([an_item(31, done=2)], {"regime": "B2G"}),
    "regime": ([an_item(31, done=2)], {"regime": "to_qualify"}),
}
"""Code → what brings it about."""
WRITTEN = {"text"}
"""What is found out only when the text is written: `test_run` reaches it."""


def with_mode(mode: Mode | None) -> Scenario:
    standard = default_scenario()
    if mode is None:
        return standard
    return replace(standard, steps=tuple(replace(step, mode=mode) for step in standard.steps))


def test_every_reason_is_reached_says_it_in_french_and_what_to_do():
    use_language("fr")
    for code, (items, told) in EVERY_REASON.items():
        facts = replace(FACTS, **{key: value for key, value in told.items() if key != "mode"})
        decision = decide(items, facts, with_mode(told.get("mode")), TODAY)
        found = {reason.code: reason for reason in decision.reasons}
        assert code in found, (code, list(found))
        reason = found[code]
        assert reason.text[0].isupper() or reason.text[0].isdigit(), reason
        assert reason.text.endswith((".", "?")) or facts.holds, "a hold ends with a person's own words"
        assert what_to_do(code) != WHAT_TO_DO[code], f"{code}: what to do is not said in French"
        if reason.weight is Weight.HOLD:
            assert decision.verdict is Verdict.HOLD
        if reason.weight is Weight.ASK:
            assert decision.verdict is not Verdict.SEND
    assert set(WHAT_TO_DO) == set(EVERY_REASON) | WRITTEN


HOLDING = ("hold", "insolvency", "complaint", "no_name", "bad_name", "contact_today", "contact_budget", "no_address")


@given(
    data=st.data(), late=st.integers(-5, 200), done=st.integers(-1, 4), cents=st.integers(1, 10**6),
    others=st.sets(st.sampled_from(sorted(set(EVERY_REASON) - {"to_confirm", "by_hand", *HOLDING}))),
)  # fmt: skip  # read as a table: columns side by side
def test_nothing_held_ever_leaves(data, late, done, cents, others):
    """Whatever else is known of a customer: with a reason that holds, nothing leaves; nothing else is asked for by itself."""
    code = data.draw(st.sampled_from(HOLDING))
    told = {}
    for each in (*sorted(others), code):
        told |= EVERY_REASON[each][1]
    if code == "no_address":
        told |= {"email": "", "reach": Reach()}
    decision = decide([an_item(late, done=done, cents=cents)], replace(FACTS, **told), default_scenario(), TODAY)
    by_mail = decision is None or decision.channel == "email"
    level = decision.level if decision else 0
    if decision is not None and (code != "no_address" or by_mail) and (code != "complaint" or level > 0):
        assert decision.verdict is Verdict.HOLD
    for weight, verdict in ((Weight.HOLD, Verdict.HOLD), (Weight.ASK, Verdict.ASK)):
        if decision is not None and any(reason.weight is weight for reason in decision.reasons):
            assert decision.verdict in (verdict, Verdict.HOLD)
            break
