"""A year of 300 customers over all channels and overrides: whoever they are and whatever they follow, what must never happen does not.

The rules between days are those of `test_year`; here customers differ by law, by what reaches them, by their own scenario, by
an invoice that follows another, and complaints and other messages come as they like.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from test_year import FIRST, Customer, a_world

from crm.core.calendar import is_working_day
from crm.followup.gate import Displeased, Facts, Verdict, Weight, decide
from crm.followup.policy import FORMAL_NOTICE, Scenario, shipped
from crm.followup.slots import Tone
from crm.followup.ways import Reach

ALL = [scenario for scenario, _text in shipped().values()]
MIXED = replace(
    ALL[0],
    name="mixed",
    steps=tuple(
        replace(step, channels=channels)
        for step, channels in zip(
            ALL[0].steps,
            (("email",), ("sms", "email"), ("phone", "letter"), ("letter", "phone"), ("registered_letter",)),
            strict=True,
        )
    ),
)
"""Every channel there is."""
SCENARIOS = [*ALL, MIXED, MIXED, ALL[0].later(10)]


class Life:
    """A customer of `test_year` who has a law, ways to be reached, and a scenario of their own."""

    def __init__(self, customer: Customer, dice: random.Random) -> None:
        self.customer, self.dice = customer, dice
        self.scenario = dice.choice(SCENARIOS)
        first = customer.invoices[0].key
        self.own = {first: dice.choice(SCENARIOS)} if dice.random() < 0.2 else None
        self.regime = dice.choice(["B2B", "B2B", "B2C", "B2G", "to_qualify"])
        self.email = "a@b.example" if dice.random() < 0.7 else ""
        self.reach = Reach(
            "+33612345678" if dice.random() < 0.5 else "", dice.random() < 0.1, dice.random() < 0.5,
            "+33298000000" if dice.random() < 0.5 else "",
        )  # fmt: skip  # read as a table: columns side by side
        self.tone = dice.choice([Tone.STANDARD, Tone.GOOD_PAYER, Tone.STRICT])
        self.displeased: Displeased | None = None
        self.others: list[date] = []

    def facts(self, today: date) -> Facts:
        lately = {day for day in (*self.customer.contacts, *self.others) if today - timedelta(7) < day <= today}
        other = max((day for day in self.others if day <= today), default=None)
        return replace(
            self.customer.facts(today), regime=self.regime, email=self.email, address_fault="Aucune adresse.",
            reach=self.reach, tone=self.tone, contacts=tuple(sorted(lately)), other_contact=other,
            displeased=self.displeased,
        )  # fmt: skip  # read as a table: columns side by side

    def happens(self, today: date) -> None:
        roll = self.dice.random()
        if roll < 0.003:
            self.displeased = Displeased(self.dice.choice(["complaint", "detractor"]), today, "Trop lent.")
        elif roll < 0.006:
            self.displeased = None
        elif roll < 0.02:
            self.others.append(today)

    def follows(self, invoice: int) -> Scenario:
        return (self.own or {}).get(invoice, self.scenario)

    def run(self, today: date, seen: Counter[str]) -> None:
        pairs = [(invoice, item) for invoice in self.customer.invoices if (item := invoice.item(today)) is not None]
        if not pairs:
            return
        facts = self.facts(today)
        decision = decide([item for _invoice, item in pairs], facts, self.scenario, today, self.own)
        if decision is None:
            return
        seen[decision.verdict] += 1
        if decision.verdict is Verdict.HOLD:
            assert decision.reasons, "held without a reason"
            seen.update(reason.code for reason in decision.reasons)
            return
        self.check(decision, facts, today)
        seen[decision.channel] += 1
        by_key = {invoice.key: invoice for invoice in self.customer.invoices}
        for due in decision.dues:
            invoice = by_key[due.item.instalment_id]
            if decision.level > 0:
                invoice.contacts.append(today)
            if due.level is not None:
                invoice.levels.append((today, due.level))
        self.customer.contacts.append(today)

    def check(self, decision, facts: Facts, today: date) -> None:
        assert not facts.holds
        assert not any(reason.weight is Weight.HOLD for reason in decision.reasons)
        assert len({*facts.contacts, today}) <= 3, "a fourth message within a week"
        assert today not in self.others, "two messages on a day"
        if self.customer.contacts:
            gap = (today - self.customer.contacts[-1]).days
            assert gap >= decision.scenario.gap_before(decision.step), "no gap"
            assert self.regime != "B2G" or gap >= 30, "a public body twice in a month"
        if facts.displeased and decision.level > 0:
            assert decision.verdict is Verdict.ASK
            assert facts.displeased.kind == "detractor" or (today - facts.displeased.day).days >= 7
        if self.regime == "B2G" and decision.level > 2:
            assert decision.verdict is Verdict.ASK
        if decision.level == FORMAL_NOTICE:
            assert (decision.verdict, decision.channel) == (Verdict.ASK, "registered_letter")
        reached = {
            "email": bool(facts.email), "sms": bool(self.reach.mobile), "letter": facts.postal_address,
            "registered_letter": facts.postal_address, "phone": bool(self.reach.phone),
        }  # fmt: skip  # read as a table: columns side by side
        assert reached[decision.channel], "by a way that reaches nobody"
        for due in decision.dues:
            assert 0 < due.cents <= due.item.open - due.item.disputed
            if due.level is not None:
                step = self.follows(due.item.invoice_id).step(due.level)
                assert due.level > due.item.done, "a step twice, or a step back"
                assert due.item.due + timedelta(days=step.offset) <= today, "a step before its day"
                assert due.item.done > 0 or due.level <= 2, "a first contact above level 2"


def live(seed: int, customers: int, days: int) -> Counter[str]:
    dice, people = a_world(seed, customers)
    lives = [Life(customer, dice) for customer in people]
    seen: Counter[str] = Counter()
    for number in range(days):
        today = FIRST + timedelta(days=number)
        for life in lives:
            life.happens(today)
            if is_working_day(today):
                life.run(today, seen)
    for life in lives:
        for invoice in life.customer.invoices:
            levels = [level for _day, level in invoice.levels]
            assert levels == sorted(set(levels)), "a step twice"
    return seen


def test_a_year_over_all_channels_and_overrides():
    seen = live(seed=2026, customers=300, days=365)
    for met in ("email", "sms", "phone", "letter", "registered_letter", Verdict.SEND, Verdict.ASK, Verdict.HOLD):
        assert seen[met] > 20, (met, seen)
    for code in ("recent_contact", "complaint", "no_address", "contact_today", "public_month"):
        assert seen[code] > 0, (code, seen)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=8)
def test_any_year_over_all_channels(seed):
    live(seed, customers=20, days=150)
