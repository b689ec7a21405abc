"""Payment plans: what is open in instalments, respected or broken; ageing follows the plan, limitation the invoice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, allocated, an_invoice, columns_of
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.basics import Undo
from crm.core.calendar import Clock
from crm.core.errors import Ambiguous, Invalid, NotFound, Refused
from crm.core.money import plain
from crm.law.queries import series
from crm.portfolio.explaining import ExplainKpi
from crm.portfolio.figures import ShowKpi
from crm.receivables.actions import (
    AgedBalance,
    CreatePaymentPlan,
    ExplainBalance,
    ListInvoices,
    ListPaymentPlans,
    OpenDispute,
    ShowInvoice,
    ShowPaymentPlan,
)
from crm.receivables.actions.penalties import ListPenalties
from crm.receivables.actions.plans import CancelPaymentPlan, SignPaymentPlan
from crm.receivables.limitations import limitation_lines
from crm.receivables.plans import (
    Cover,
    Frequency,
    Plan,
    PlanStatus,
    Rate,
    due_day,
    equal_parts,
    laid_out,
    parts_of,
)
from crm.receivables.queries import Whose


def at(crm, day: date):
    """The same company on another day."""
    return replace(crm, clock=Clock.at(day.isoformat()))


@pytest.fixture
def house(crm):
    """A customer who owes 1000 for 70 days and 500 for 50."""
    a_customer(crm, "C-1", "Dupont", regime="B2B")
    an_invoice(crm, "F-1", days_late=70, amount="1000.00")
    an_invoice(crm, "F-2", days_late=50, amount="500.00")
    return crm


def planned(crm, on: date | None = None, **more):
    """A plan made on a day; three months from now unless said otherwise."""
    action = CreatePaymentPlan(**({"customer": "Dupont", "installments": 3} | more))
    return at(crm, on or TODAY).runner.run(action, LEA).result.as_json()["plan"]


def shown(crm, day: date | None = None, **asked):
    asked = asked or {"customer": "Dupont"}
    return at(crm, day or TODAY).runner.read(ShowPaymentPlan(**asked), LEA).as_json()["plan"]


def paid(crm, amount: str, days_ago: int, invoice: str = "F-1", reference: str = "P-1") -> None:
    a_payment(crm, reference, days_ago=days_ago, amount=amount)
    allocated(crm, reference, invoice, amount)


def rates(plan) -> list[tuple[str, str]]:
    return [(rate["due_date"], rate["amount"]) for rate in plan["instalments"]]


# How it is made


def test_what_is_overdue_is_split_into_equal_instalments(house):
    plan = planned(house, first=date(2026, 12, 5))
    assert (plan["amount"], plan["status"]) == ("1500.00", "active")
    assert rates(plan) == [("2026-12-05", "500.00"), ("2027-01-05", "500.00"), ("2027-02-05", "500.00")]
    assert [(one["number"], one["amount"]) for one in plan["invoices"]] == [("F-1", "1000.00"), ("F-2", "500.00")]


def test_cents_are_distributed_exactly(house):
    plan = planned(house, installments=7)
    assert [amount for _due, amount in rates(plan)] == ["214.29"] * 4 + ["214.28"] * 3
    house.runner.run(Undo(), LEA)
    plan = planned(house, installments=None, instalment_amount="400")
    assert [amount for _due, amount in rates(plan)] == ["400.00", "400.00", "400.00", "300.00"]


def test_some_invoices_or_a_part_of_what_is_owed(house):
    plan = planned(house, customer=None, numbers=("F-2",))
    assert (plan["amount"], [one["number"] for one in plan["invoices"]]) == ("500.00", ["F-2"])
    house.runner.run(Undo(), LEA)
    plan = planned(house, amount="1200")
    assert [(one["number"], one["amount"]) for one in plan["invoices"]] == [("F-1", "1000.00"), ("F-2", "200.00")]


@pytest.mark.parametrize(
    ("frequency", "second"),
    [("weekly", "2027-02-07"), ("biweekly", "2027-02-14"), ("monthly", "2027-02-28"), ("quarterly", "2027-04-30")],
)
def test_how_often(house, frequency, second):
    plan = planned(house, frequency=frequency, first=date(2027, 1, 31))
    assert [due for due, _amount in rates(plan)][:2] == ["2027-01-31", second]


def test_the_31st_stays_the_31st():
    assert [due_day(date(2027, 1, 31), Frequency.MONTHLY, place) for place in range(3)] == [
        date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31),
    ]  # fmt: skip  # read as a table: columns side by side


def test_what_is_in_dispute_stays_out_of_it(house):
    house.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount="300"), LEA)
    assert planned(house)["amount"] == "1200.00"


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        ({"installments": None}, Invalid),
        ({"instalment_amount": "100"}, Invalid),
        ({"customer": None}, Invalid),
        ({"first": ago(1)}, Refused),
        ({"amount": "1500.01"}, Refused),
        ({"installments": None, "instalment_amount": "1"}, Refused),
        ({"customer": None, "invoice": "F-9"}, NotFound),
        ({"amount": "100 USD"}, Refused),
    ],
)
def test_what_is_no_plan_is_refused(house, asked, family):
    with pytest.raises(family):
        planned(house, **asked)


def test_an_invoice_is_in_one_plan_at_a_time(house):
    planned(house, customer=None, invoice="F-1")
    with pytest.raises(Refused, match="F-1"):
        planned(house, customer=None, invoice="F-1")
    assert planned(house)["invoices"][0]["number"] == "F-2", "what is left of the customer's"
    with pytest.raises(Ambiguous):
        shown(house)
    assert shown(house, invoice="F-2")["amount"] == "500.00"


# What follows it: the aged balance, the list of invoices


def test_ageing_follows_the_instalments_and_adds_up_as_before(house):
    assert columns_of(house) == {"61-90": "1000.00", "31-60": "500.00", "total": "1500.00"}
    planned(house, on=ago(10), first=ago(4))
    assert columns_of(house) == {"1-30": "500.00", "not_due": "1000.00", "total": "1500.00"}
    assert columns_of(house, as_of=ago(11)) == {"31-60": "1500.00", "total": "1500.00"}, "before it was made"


def test_the_list_of_invoices_counts_the_days_of_the_plan(house):
    planned(house, on=ago(10), first=ago(4))
    lines = {line.number: line for line in house.runner.read(ListInvoices(), LEA).lines}
    assert (lines["F-1"].days_overdue, lines["F-1"].due_date) == (4, ago(4))
    assert (lines["F-2"].days_overdue, lines["F-2"].standing.value) == (0, "not_due")
    assert lines["F-1"].open == 100_000, "the debt is what it was"
    assert house.runner.read(AgedBalance(), LEA).lines[0].oldest_days == 4


def test_a_figure_opens_to_the_instalments_it_is_made_of(house):
    planned(house, on=ago(10), first=ago(4))
    late = house.runner.read(ExplainBalance(customer="Dupont", bucket="1-30"), LEA)
    assert [(line.document, line.open) for line in late.lines] == [("F-1", 50_000)]
    assert house.runner.read(ExplainBalance(customer="Dupont", bucket="not_due"), LEA).total == 100_000
    assert house.runner.read(ExplainBalance(customer="Dupont"), LEA).total == 150_000


def test_what_the_plan_leaves_out_is_due_as_before(house):
    planned(house, amount="1200", first=date(2026, 12, 5))
    assert columns_of(house) == {"31-60": "300.00", "not_due": "1200.00", "total": "1500.00"}


def test_a_dispute_of_a_part_stays_beside_the_plan(house):
    house.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount="300"), LEA)
    planned(house, first=date(2026, 12, 5))
    (line,) = [line for line in house.runner.read(ListInvoices(), LEA).lines if line.number == "F-1"]
    assert (line.open, line.disputed) == (100_000, 30_000)
    assert columns_of(house)["total"] == "1500.00"


# Respected or broken


def test_money_pays_the_instalments_in_their_order_whatever_invoice_it_is_set_against(house):
    planned(house, on=ago(10), first=ago(4))
    paid(house, "500", days_ago=5, invoice="F-2")
    plan = shown(house)
    assert (plan["status"], plan["paid"], plan["left"]) == ("active", "500.00", "1000.00")
    assert [rate["paid"] for rate in plan["instalments"]] == ["500.00", "0.00", "0.00"]
    assert columns_of(house) == {"not_due": "1000.00", "total": "1000.00"}


def test_a_missed_instalment_is_overdue_in_its_days_of_grace_then_the_plan_is_broken(house):
    planned(house, on=ago(60), first=ago(10), grace_days=8)
    assert shown(house, ago(10))["status"] == "active"
    assert (shown(house, ago(9))["status"], shown(house, ago(9))["missed"]) == ("overdue", ago(10).isoformat())
    assert shown(house, ago(2))["status"] == "overdue"
    assert (shown(house, ago(1))["status"], shown(house, ago(1))["broken_since"]) == ("broken", ago(1).isoformat())


def test_a_broken_plan_makes_everything_due_again_from_its_own_days(house):
    planned(house, on=ago(30), first=ago(10))
    assert columns_of(house, as_of=ago(2)) == {"1-30": "500.00", "not_due": "1000.00", "total": "1500.00"}
    assert columns_of(house) == {"61-90": "1000.00", "31-60": "500.00", "total": "1500.00"}


def test_money_that_comes_in_the_days_of_grace_saves_it_and_later_money_does_not(house):
    planned(house, on=ago(30), first=ago(10))
    paid(house, "500", days_ago=1)
    assert shown(house)["status"] == "broken"
    paid(house, "500", days_ago=3, reference="P-2")
    assert shown(house)["status"] == "active", "it was in time: the statement came later than the money"


def test_all_of_it_paid_it_is_respected(house):
    planned(house, on=ago(30), first=ago(20), frequency="weekly")
    paid(house, "1000", days_ago=21)
    paid(house, "500", days_ago=15, invoice="F-2", reference="P-2")
    plan = shown(house)
    assert (plan["status"], plan["left"], plan["next"]) == ("kept", "0.00", None)


def test_a_cancelled_plan_leaves_everything_as_it_was(house):
    planned(house, on=ago(10), first=ago(-5))
    house.runner.run(CancelPaymentPlan(customer="Dupont", reason="sold the business"), LEA)
    assert shown(house)["status"] == "cancelled"
    assert columns_of(house) == {"61-90": "1000.00", "31-60": "500.00", "total": "1500.00"}
    assert columns_of(house, as_of=ago(1))["not_due"] == "1500.00"
    with pytest.raises(Refused):
        house.runner.run(CancelPaymentPlan(customer="Dupont"), LEA)
    assert planned(house)["status"] == "active", "another may follow"


def test_a_payment_that_is_taken_back_is_due_again(house):
    planned(house, on=ago(10), first=ago(4))
    paid(house, "500", days_ago=5)
    house.runner.run(Undo(), LEA)
    assert shown(house)["status"] == "overdue"


def test_plans_are_listed_by_where_they_stand(house):
    a_customer(house, "C-2", "Martin")
    an_invoice(house, "F-9", customer="Martin", days_late=30, amount="100.00")
    planned(house, on=ago(10), first=ago(4))
    planned(house, on=ago(30), customer="Martin", first=ago(20))
    plans = house.runner.read(ListPaymentPlans(), LEA).as_json()["plans"]
    assert [(plan["customer"], plan["status"]) for plan in plans] == [("C-1", "overdue"), ("C-2", "broken")]
    assert len(house.runner.read(ListPaymentPlans(status="broken"), LEA).lines) == 1
    assert house.runner.read(ListPaymentPlans(customer="Martin", status="active"), LEA).lines == []


# The signature


def test_a_signature_is_recorded_once_with_the_name_of_its_scan(house):
    planned(house, on=ago(10), first=ago(-5))
    house.runner.run(SignPaymentPlan(customer="Dupont", signed=ago(3), file="plan-dupont.pdf"), LEA)
    plan = shown(house)
    assert (plan["signed"], plan["signed_file"]) == (ago(3).isoformat(), "plan-dupont.pdf")
    with pytest.raises(Refused):
        house.runner.run(SignPaymentPlan(customer="Dupont"), LEA)


@pytest.mark.parametrize("day", [ago(-1), ago(11)])
def test_a_signature_has_a_day_of_the_plans_life(house, day):
    planned(house, on=ago(10), first=ago(-5))
    with pytest.raises(Refused):
        house.runner.run(SignPaymentPlan(customer="Dupont", signed=day), LEA)


def test_a_signed_plan_interrupts_limitation_and_an_unsigned_one_does_not(house):
    an_invoice(house, "F-0", days_late=1700, amount="200.00")

    def last_day():
        with house.database.reading() as session:
            lines = limitation_lines(session, TODAY, Whose(), series(session), within=36_500)
        return next(line for line in lines if line.invoice == "F-0")

    before = last_day()
    assert before.since == before.due == ago(1700), "limitation keeps the original due date"
    planned(house, on=ago(10), customer=None, invoice="F-0", first=ago(-5))
    assert last_day().last_day == before.last_day
    house.runner.run(SignPaymentPlan(invoice="F-0", signed=ago(3)), LEA)
    after = last_day()
    assert (after.since, after.due) == (ago(3), ago(1700))
    assert after.last_day.year == ago(3).year + 5


# Laws


@given(cents=st.integers(1, 10_000_000), count=st.integers(1, 120), each=st.integers(1, 1_000_000))
def test_instalments_sum_to_what_they_replace(cents, count, each):
    equal = equal_parts(cents, count)
    assert sum(equal) == cents
    assert max(equal) - min(equal) <= 1
    given_size = parts_of(cents, each)
    assert sum(given_size) == cents
    assert all(part == each for part in given_size[:-1])


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, Sequence[date]]:
    """Any plan, with money before and after its days on any of its invoices."""
    days = st.integers(-5, 80)
    covers = []
    for key in range(draw(st.integers(1, 4))):
        whole = draw(st.integers(1, 2000))
        uses, left = [], whole
        for day in sorted(draw(st.lists(days, max_size=3))):
            cents = draw(st.integers(-300, 600))
            cents = max(min(cents, left), left - whole)
            uses.append((TODAY + timedelta(day), cents))
            left -= cents
        covers.append(Cover(key, key, f"F-{key}", ago(draw(st.integers(1, 90))), whole, whole, draw(st.integers(1, whole)), tuple(uses)))  # fmt: skip  # read as a table: columns side by side
    covers.sort(key=lambda cover: (cover.due, cover.instalment_id))
    total = sum(cover.cents for cover in covers)
    parts = [part for part in equal_parts(total, draw(st.integers(1, 5))) if part]
    first = TODAY + timedelta(draw(st.integers(0, 20)))
    schedule = tuple(
        Rate(place, place + 1, due_day(first, Frequency.WEEKLY, place), part) for place, part in enumerate(parts)
    )
    ended = draw(st.one_of(st.none(), st.integers(0, 80)))
    plan = Plan(
        TODAY, draw(st.integers(0, 10)), None if ended is None else TODAY + timedelta(ended), schedule, tuple(covers)
    )
    return plan, [TODAY + timedelta(day) for day in range(0, 90, 6)]


@settings(max_examples=200)
@given(plans())
def test_a_plan_lays_out_what_is_open_and_nothing_else(told):
    """On every day: slices add up per invoice and per instalment; nothing is negative, lost or counted twice."""
    plan, days = told
    for day in days:
        slices = list(plan.slices(day))
        assert all(piece.cents > 0 for piece in slices)
        assert sum(piece.cents for piece in slices) == plan.total - plan.paid(day)
        for rate, left in plan.left(day):
            assert sum(piece.cents for piece in slices if piece.rate == rate) == left
        for cover in plan.covers:
            mine = [piece for piece in slices if piece.instalment_id == cover.instalment_id]
            assert sum(piece.cents for piece in mine) == cover.cents - cover.paid(day)
            parts = laid_out(cover.open_on(day), cover.due, mine)
            assert sum(cents for _due, cents, _slice in parts) == cover.open_on(day)
            assert all(cents > 0 for _due, cents, _slice in parts)


@settings(max_examples=200)
@given(plans())
def test_a_broken_plan_is_never_respected_again(told):
    plan, days = told
    broken = False
    for day in days:
        status = plan.status(day)
        assert not broken or status is PlanStatus.BROKEN
        broken = status is PlanStatus.BROKEN
        assert plan.in_force(day) == (status in {PlanStatus.ACTIVE, PlanStatus.OVERDUE})


@settings(max_examples=20)
@given(data=st.data())
def test_the_aged_balance_has_the_same_total_with_a_plan_and_without(new_house, data):
    with new_house() as crm:
        for place in range(3):
            late = data.draw(st.integers(1, 120))
            an_invoice(crm, f"F-{place}", days_late=late, amount=plain(data.draw(st.integers(100, 90_000))))
        before = columns_of(crm)
        planned(crm, installments=data.draw(st.integers(1, 9)), first=ago(-data.draw(st.integers(0, 40))))
        after = columns_of(crm)
        assert after["total"] == before["total"]
        assert set(after) == {"not_due", "total"}
        for bucket in ("not_due", "1-30", "31-60", "61-90", "over_90"):
            figure = crm.runner.read(ExplainBalance(bucket=bucket), LEA)
            assert plain(figure.total) == after.get(bucket, "0.00")


def test_an_invoice_tells_its_disputes_and_its_plan(house):
    at(house, ago(5)).runner.run(OpenDispute(invoice="F-1", reason="price_error", amount="300"), LEA)
    plan = planned(house, first=date(2026, 12, 5))
    told = house.runner.read(ShowInvoice(invoice="F-1"), LEA)
    (dispute,) = told.as_json()["disputes"]
    assert (dispute["amount"], dispute["reason"], dispute["status"]) == ("300.00", "price_error", "open")
    assert told.as_json()["plan"] == {"id": plan["id"], "status": "active", "signed": None, "next": "2026-12-05"}
    assert any("price" in note for note in told.as_sheet().notes)
    assert any(f"payment plan {plan['id']}" in note for note in told.as_sheet().notes)
    before = house.runner.read(ShowInvoice(invoice="F-1", as_of=ago(6)), LEA).as_json()
    assert (before["disputes"], before["plan"]) == ([], None)
    assert house.runner.read(ShowInvoice(invoice="F-2"), LEA).as_json()["disputes"] == []


# Penalties and key figures


def test_penalties_count_from_the_original_due_date_under_a_plan(house):
    before = penalties(house)
    planned(house, on=ago(30), first=ago(-10))
    assert penalties(house) == before
    assert before[0][0]["from"] == ago(69).isoformat(), "the day after F-1 was due"
    assert sum(segment["days"] for segment in before[0]) == 70


def penalties(crm) -> list[list[dict]]:
    return [one["segments"] for one in crm.runner.read(ListPenalties(), LEA).as_json()["penalties"]]


def test_delay_and_punctuality_go_by_the_original_due_date(house):
    planned(house, on=ago(30), first=ago(10), frequency="weekly", installments=1)
    paid(house, "1000", days_ago=10)
    paid(house, "500", days_ago=10, invoice="F-2", reference="P-2")
    assert shown(house)["status"] == "kept"
    assert figure(house, "average_delay") == "53.33", "60 days of 1,000 and 40 of 500"
    assert figure(house, "on_time_share") == "0.00", "as agreed is not on time"


def test_what_is_overdue_is_the_same_in_the_aged_balance_and_in_the_key_figures(house):
    an_invoice(house, "F-3", days_late=15, amount="300.00")
    planned(house, on=ago(10), first=ago(4), numbers=("F-1", "F-2"))
    assert columns_of(house) == {"1-30": "800.00", "not_due": "1000.00", "total": "1800.00"}
    told = house.runner.read(ShowKpi(kpi="overdue_rate"), LEA).as_json()
    assert (told["inputs"]["overdue"], told["inputs"]["receivables"]) == ("800.00", "1800.00")
    assert house.runner.read(ExplainKpi(kpi="add"), LEA).as_json()["total"] == "800.00"
    house.runner.run(CancelPaymentPlan(customer="Dupont"), LEA)
    assert house.runner.read(ShowKpi(kpi="overdue_rate"), LEA).as_json()["inputs"]["overdue"] == "1800.00"


def figure(crm, kpi: str) -> str | None:
    return crm.runner.read(ShowKpi(kpi=kpi), LEA).as_json()["value"]
