"""A year of 500 customers, day by day: what must never happen does not, whatever they do."""

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.core.calendar import is_working_day
from crm.followup.gate import Facts, Held, Verdict, Waiting, decide
from crm.followup.planning import Item
from crm.followup.policy import FORMAL_NOTICE, default_scenario

FIRST = date(2026, 1, 5)
SCENARIO = default_scenario()


@dataclass
class Invoice:
    key: int
    due: date
    cents: int
    paid_on: date | None
    disputed_from: date | None = None
    disputed: int = 0
    levels: list[tuple[date, int]] = field(default_factory=list)
    contacts: list[date] = field(default_factory=list)

    def item(self, today: date) -> Item | None:
        if self.due - timedelta(days=30) > today or (self.paid_on is not None and self.paid_on <= today):
            return None
        disputed = self.disputed if self.disputed_from is not None and self.disputed_from <= today else 0
        done = max((level for _day, level in self.levels), default=-1)
        last = self.contacts[-1] if self.contacts else None
        return Item(
            self.key,
            self.key,
            f"F{self.key}",
            "",
            self.due - timedelta(days=30),
            self.due,
            self.cents,
            None,
            self.cents,
            disputed,
            done,
            len(self.contacts),
            last,
        )


@dataclass
class Customer:
    key: int
    invoices: list[Invoice]
    habit: int | None
    promise: Waiting | None = None
    hold: Held | None = None
    contacts: list[date] = field(default_factory=list)
    explained: set[date] = field(default_factory=set)

    def facts(self, today: date) -> Facts:
        promise = (self.promise,) if self.promise and self.promise.by >= today else ()
        hold = (self.hold,) if self.hold and (self.hold.until is None or self.hold.until > today) else ()
        return Facts(
            f"Client {self.key}",
            "B2B",
            "a@b.example",
            "",
            True,
            "EUR",
            0,
            hold,
            promise,
            self.contacts[-1] if self.contacts else None,
        )


def a_world(seed: int, customers: int) -> tuple[random.Random, list[Customer]]:
    dice = random.Random(seed)
    people, serial = [], 0
    for key in range(customers):
        habit = dice.choice([None, -3, 0, 2, 5, 12, 25, 40, 70])
        invoices = []
        for _ in range(dice.randrange(1, 7)):
            serial += 1
            due = FIRST + timedelta(days=dice.randrange(-60, 330))
            paid = None if habit is None else due + timedelta(days=habit + dice.randrange(-2, 6))
            disputed = dice.random() < 0.1
            cents = dice.randrange(1_000, 900_000)
            invoices.append(
                Invoice(
                    serial,
                    due,
                    cents,
                    paid,
                    due + timedelta(days=dice.randrange(40)) if disputed else None,
                    dice.choice([cents, cents // 3]) if disputed else 0,
                )
            )
        people.append(Customer(key, invoices, habit))
    return dice, people


def live(seed: int, customers: int, days: int) -> list[Customer]:
    """Runs happen on most working days; promises, holds and missed runs come as they like."""
    dice, people = a_world(seed, customers)
    missed_until = FIRST
    for number in range(days):
        today = FIRST + timedelta(days=number)
        if dice.random() < 0.02:
            missed_until = today + timedelta(days=dice.randrange(12))
        for customer in people:
            roll = dice.random()
            if roll < 0.004:
                due = sum(invoice.cents for invoice in customer.invoices if invoice.item(today) and invoice.due < today)
                if due:
                    customer.promise = Waiting(
                        None, dice.choice([due, due // 2 + 1]), today + timedelta(days=dice.randrange(1, 15))
                    )
            elif roll < 0.006:
                customer.hold = Held("manual", "en attente", "", today + timedelta(days=dice.randrange(1, 30)))
        if today < missed_until or not is_working_day(today):
            continue
        for customer in people:
            a_run(customer, today)
    return people


def a_run(customer: Customer, today: date) -> None:
    pairs = [
        (invoice, item)
        for invoice in customer.invoices
        if (item := invoice.item(today)) is not None and item.due <= today + timedelta(days=5)
    ]
    if not pairs:
        return
    facts = customer.facts(today)
    decision = decide([item for _invoice, item in pairs], facts, SCENARIO, today)
    overdue = [item for _invoice, item in pairs if item.due < today]
    if decision is None:
        if overdue:
            customer.explained.add(today)
        return
    if decision.verdict is Verdict.HOLD:
        assert decision.reasons
        customer.explained.add(today)
        return
    check(decision, facts, customer, today)
    by_key = {invoice.key: invoice for invoice in customer.invoices}
    for due in decision.dues:
        invoice = by_key[due.item.instalment_id]
        invoice.contacts.append(today)
        if due.level is not None:
            invoice.levels.append((today, due.level))
    customer.contacts.append(today)


def check(decision, facts: Facts, customer: Customer, today: date) -> None:
    assert not facts.holds, "a held customer was written to"
    promised = sum(promise.cents for promise in facts.promises)
    open_now = sum(
        max(0, item.open - item.disputed)
        for invoice in customer.invoices
        if (item := invoice.item(today)) is not None and item.due < today
    )
    if decision.level > 0:
        assert decision.total <= max(0, open_now - promised), "a promised, disputed or paid amount was asked for"
    if customer.contacts:
        assert (today - customer.contacts[-1]).days >= SCENARIO.gap_days, "no gap"
    for due in decision.dues:
        assert 0 < due.cents <= due.item.open - due.item.disputed
        if due.level is not None:
            assert due.level > due.item.done, "a step twice, or a step back"
            assert due.item.due + timedelta(days=SCENARIO.step(due.level).offset) <= today, "a step before its day"
            if due.item.done <= 0:
                assert due.level <= 2, "a first contact above level 2"
    if decision.level == FORMAL_NOTICE:
        assert decision.verdict is Verdict.ASK


def everything_reached_or_explained(people: list[Customer], last: date) -> None:
    for customer in people:
        for invoice in customer.invoices:
            levels = [level for _day, level in invoice.levels]
            assert levels == sorted(set(levels)), "a step twice"
            unpaid_since = invoice.due + timedelta(days=3)
            if unpaid_since + timedelta(days=60) < last and (
                invoice.paid_on is None or invoice.paid_on > unpaid_since + timedelta(days=60)
            ):
                explained = any(day >= unpaid_since for day in customer.explained)
                assert invoice.contacts or explained, "an overdue invoice was neither spoken of nor explained"


def test_a_year_of_five_hundred_customers():
    people = live(seed=2026, customers=500, days=365)
    everything_reached_or_explained(people, FIRST + timedelta(days=365))
    sent = defaultdict(int)
    for customer in people:
        for invoice in customer.invoices:
            for _day, level in invoice.levels:
                sent[level] += 1
    assert all(sent[level] > 50 for level in range(5)), dict(sent)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_year_of_any_customers(seed):
    people = live(seed, customers=25, days=200)
    everything_reached_or_explained(people, FIRST + timedelta(days=200))


def test_a_day_planned_twice_plans_nothing_new():
    people = live(seed=7, customers=60, days=90)
    today = FIRST + timedelta(days=90)
    for customer in people:
        customer.promise = customer.hold = None
        a_run(customer, today)
        before = [
            replace(invoice, levels=list(invoice.levels), contacts=list(invoice.contacts))
            for invoice in customer.invoices
        ]
        a_run(customer, today)
        assert customer.invoices == before
