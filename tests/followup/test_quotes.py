"""Quotes are chased by a small scenario of their own, through the gate and the outbox of all messages."""

from datetime import date, timedelta

import pytest
from build import LEA, NIGHT, TODAY, a_customer, ago, an_invoice
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm.core.basics import Undo
from crm.core.calendar import Clock
from crm.customers.actions import PlaceHold, UpdateCompany
from crm.customers.interactions import LogInteraction
from crm.customers.models import HoldKind
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.quotes import PreviewQuoteFollowup, RunQuoteFollowup
from crm.followup.gate import Held, Verdict
from crm.followup.quote_reads import still_open
from crm.followup.quotes import GAP, OFFSETS, QuoteCase, decide_quote, next_step
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.orders.actions.quotes import AnswerQuote, RecordQuote
from crm.orders.quotes import QuoteFacts

SENT = date(2026, 11, 2)


def on(days: int) -> date:
    return SENT + timedelta(days)


def case(**told) -> QuoteCase:
    facts = QuoteFacts(
        SENT, **{name: told.pop(name) for name in ("valid_until", "replied", "answered", "answer") if name in told}
    )
    return QuoteCase(facts, address="anne@dupont.example", **told)


# The scenario, pure


def test_three_reminders_each_at_its_day_and_then_no_more():
    assert [next_step(case(), on(days)) for days in (2, 3, 9)] == [None, 1, 1]
    assert next_step(case(done=1, last=on(3)), on(10)) == 2
    assert next_step(case(done=2, last=on(10)), on(20)) == 3
    over = decide_quote(case(done=3, last=on(20)), on(40))
    assert (over.verdict, over.step) == (Verdict.HOLD, 0)


def test_a_quote_noted_late_gets_the_first_reminder_first_and_the_next_after_the_gap():
    assert decide_quote(case(), on(15)).step == 1
    soon = decide_quote(case(done=1, last=on(15)), on(15) + GAP - timedelta(1))
    assert [reason.code for reason in soon.reasons] == ["recent"]
    assert decide_quote(case(done=1, last=on(15)), on(15) + GAP).verdict is Verdict.SEND


def test_a_quote_of_two_months_ago_is_looked_at_by_a_person_first():
    assert decide_quote(case(), on(60)).verdict is Verdict.ASK


@pytest.mark.parametrize(
    "told",
    [
        {"answered": on(2), "answer": "accepted"},
        {"answered": on(2), "answer": "refused"},
        {"answered": on(2), "answer": "expired"},
        {"replied": on(2)},
        {"valid_until": on(3)},
    ],
)
def test_an_answer_a_discussion_or_the_last_day_ends_it(told):
    decision = decide_quote(case(**told), on(4))
    assert (decision.verdict, decision.step) == (Verdict.HOLD, 0)


def test_whoever_spoke_with_the_customer_meanwhile_goes_on():
    assert decide_quote(case(spoken=on(-1)), on(4)).verdict is Verdict.SEND, "the visit that led to the quote"
    assert decide_quote(case(spoken=on(3)), on(4)).verdict is Verdict.HOLD
    assert decide_quote(case(spoken=on(3)), on(10)).verdict is Verdict.ASK, "never again by itself"


@given(
    days=st.integers(-5, 90),
    done=st.integers(0, 3),
    since=st.integers(0, 30),
    spoken=st.none() | st.integers(-5, 60),
    contacts=st.lists(st.integers(0, 6), max_size=5),
    held=st.booleans(),
)
def test_nothing_leaves_by_itself_too_early_too_often_or_past_a_hold(days, done, since, spoken, contacts, held):
    today = on(days)
    told = case(
        done=done,
        last=today - timedelta(since) if done else None,
        spoken=None if spoken is None else on(spoken),
        contacts=[today - timedelta(ago) for ago in contacts],
        holds=[Held("manual", "no", "", None)] if held else [],
    )
    decision = decide_quote(told, today)
    if decision.verdict is Verdict.SEND:
        assert decision.step == done + 1 <= len(OFFSETS)
        assert days >= OFFSETS[done]
        assert not held
        assert 0 not in contacts
        assert len(set(contacts)) < 3
        assert not done or since >= GAP.days
        assert spoken is None or on(spoken) <= (told.last or SENT)


# In the house


@pytest.fixture
def house(crm):
    a_customer(crm, "C-1", "Dupont", email="anne@dupont.example", contact_name="Mme Anne Dupont", regime="B2B")
    crm.runner.run(_company(), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    return crm


def _company():
    return UpdateCompany(name="Comptoir d'Armor", siren="732829320", city="Brest", sender_name="Sophie Le Bihan")


def a_quote(crm, number="D-1", days=4, **more):
    crm.runner.run(
        RecordQuote(customer="C-1", number=number, amount="480", sent=ago(days), subject="Étagères", **more), LEA
    )


def later(crm, days):
    crm.clock = crm.runner.clock = Clock.at((TODAY + timedelta(days)).isoformat(), crm.settings.timezone)


def verdicts(crm, **asked):
    return [line["verdict"] for line in crm.runner.read(PreviewQuoteFollowup(**asked), LEA).as_json()["messages"]]


def test_the_night_chases_a_quote_once_a_step_until_it_is_answered(house):
    a_quote(house, valid_until=ago(-40))
    told = house.runner.read(PreviewQuoteFollowup(), LEA).as_json()["messages"]
    assert [(line["quote"], line["step"], line["to"], line["total"]) for line in told] == [
        ("D-1", 1, "anne@dupont.example", "480.00")
    ]
    assert "Étagères" in told[0]["text"]
    assert "480,00" in told[0]["text"]
    assert told[0]["text"].endswith("Comptoir d'Armor, SIREN 732\u00a0829\u00a0320, Brest\n")
    assert house.runner.run(RunQuoteFollowup(), NIGHT).result.counts["send"] == 1
    assert verdicts(house) == [], "the same step never twice"
    later(house, 7)
    assert house.runner.run(RunQuoteFollowup(), NIGHT).result.lines[0].decision.step == 2
    house.runner.run(AnswerQuote(quote="D-1", answer="accepted", reason="price"), LEA)
    later(house, 20)
    assert verdicts(house) == []
    assert (
        "accepted" in house.runner.read(PreviewQuoteFollowup(quote="D-1"), LEA).as_json()["messages"][0]["reasons"][0]
    )


def test_a_doubtful_one_waits_for_a_person_whose_yes_sends_it(house):
    a_quote(house, days=12)
    house.runner.run(LogInteraction(customer="C-1", outcome="reached", note="will see", date=ago(8)), LEA)
    assert verdicts(house) == ["ask"]
    house.runner.run(RunQuoteFollowup(), NIGHT)
    assert verdicts(house) == ["ask"], "the night leaves it"
    house.runner.run(RunQuoteFollowup(), LEA)
    assert verdicts(house) == ["hold"], "the next one after the gap"


def test_one_message_a_day_whatever_it_is_about(house):
    a_quote(house)
    a_quote(house, "D-2", days=5)
    an_invoice(house, customer="C-1", days_late=4)
    assert verdicts(house) == ["send", "hold"], "of two quotes the one sent first"
    house.runner.run(RunDunning(), LEA)
    assert verdicts(house) == ["hold", "hold"], "a payment reminder has gone"


def test_a_reminder_of_money_waits_where_a_quote_was_chased(house):
    a_quote(house)
    an_invoice(house, customer="C-1", days_late=4)
    house.runner.run(RunQuoteFollowup(), LEA)
    line = house.runner.read(PreviewDunning(), LEA).lines[0]
    assert line.verdict is Verdict.HOLD


def test_the_last_look_keeps_back_what_is_answered_held_or_spoken_of_since(house):
    a_quote(house)
    house.runner.run(RunQuoteFollowup(), LEA)

    def kept_back(day=TODAY):
        with house.database.reading() as session:
            messages = session.exec(select(OutgoingMessage).where(OutgoingMessage.purpose == "quote")).all()
            return list(still_open(session, messages, day).values())

    assert kept_back() == []
    done = house.runner.run(PlaceHold(customer="C-1", reason="insolvent", kind=HoldKind.INSOLVENCY), LEA)
    assert len(kept_back()) == 1
    house.runner.run(Undo(entry=done.entry_id), LEA)
    assert kept_back() == []
    house.runner.run(AnswerQuote(quote="D-1", answer="refused", reason="price"), LEA)
    assert len(kept_back()) == 1
