"""How things move: a customer's year, month by month; the money of the days to come."""

from datetime import date

import pytest
from build import LEA, TODAY, a_customer, ago, an_invoice

from crm.bootstrap import Crm
from crm.core.money import eur
from crm.portfolio.trends import CustomerTrend, ShowPaymentCalendar
from crm.receivables.actions import AgedBalance, RecordPromise
from crm.receivables.actions.plans import CreatePaymentPlan
from crm.receivables.plans import Frequency


@pytest.fixture
def year(crm: Crm) -> Crm:
    """
    F-1  due 1 Aug  paid 11 Aug  100.00
    F-2  due 1 Aug  paid 31 Aug  300.00
    F-3  due 2 Nov  open          50.00
    """
    a_customer(crm, "C-1", "Dupont")
    for number, late, amount, paid in (
        ("F-1", 115, "100.00", ago(105)),
        ("F-2", 115, "300.00", ago(85)),
        ("F-3", 22, "50.00", ""),
    ):
        an_invoice(crm, number, customer="C-1", days_late=late, amount=amount, paid_date=paid)
    return crm


def test_the_balance_of_each_month_is_that_of_the_aged_balance_on_its_last_day(year: Crm) -> None:
    months = year.runner.read(CustomerTrend(customer="C-1"), LEA).months
    assert len(months) == 12
    assert months[-1].day == TODAY
    assert months[-2].day == date(2026, 10, 31)
    for month in months:
        total = year.runner.read(AgedBalance(customer="C-1", as_of=month.day), LEA).totals.get("EUR")
        assert month.balance == (total.total if total else 0)
        assert month.overdue == (total.overdue if total else 0)


def test_the_delay_is_weighted_by_what_was_paid(year: Crm) -> None:
    delays = {month.day: month.delay for month in year.runner.read(CustomerTrend(customer="C-1"), LEA).months}
    assert delays[date(2026, 8, 31)] == 25
    assert delays[date(2026, 7, 31)] is None
    assert [delay for delay in delays.values() if delay is not None] == [25]


def test_what_is_promised_and_what_falls_due_by_working_day(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-1", customer="C-1", days_late=30, amount="80.00")
    an_invoice(crm, "F-2", customer="C-1", days_late=-1, amount="20.00")
    an_invoice(crm, "F-3", customer="C-1", days_late=-4, amount="7.00")
    crm.runner.run(RecordPromise(customer="C-1", by=date(2026, 11, 27), amount=eur("80.00")), LEA)
    days = {day.day: (day.promised, day.due) for day in crm.runner.read(ShowPaymentCalendar(), LEA).days}
    assert list(days) == [
        date(2026, 11, 24),
        date(2026, 11, 25),
        date(2026, 11, 26),
        date(2026, 11, 27),
        date(2026, 11, 30),
    ]
    assert days[date(2026, 11, 25)] == (0, 2_000)
    assert days[date(2026, 11, 27)] == (8_000, 0)
    assert days[date(2026, 11, 30)] == (0, 700)


def test_what_a_plan_covers_falls_due_on_the_plans_days(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-1", customer="C-1", days_late=30, amount="80.00")
    an_invoice(crm, "F-2", customer="C-1", days_late=-1, amount="20.00")
    plan = CreatePaymentPlan(
        numbers=("F-1", "F-2"), installments=2, first=date(2026, 11, 27), frequency=Frequency.WEEKLY
    )
    crm.runner.run(plan, LEA)
    days = {day.day: day.due for day in crm.runner.read(ShowPaymentCalendar(days=9), LEA).days}
    assert {day: due for day, due in days.items() if due} == {date(2026, 11, 27): 5_000, date(2026, 12, 4): 5_000}


def test_a_plan_that_covers_a_part_leaves_the_rest_on_its_own_day(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-2", customer="C-1", days_late=-1, amount="20.00")
    crm.runner.run(CreatePaymentPlan(invoice="F-2", amount=eur("15.00"), installments=1, first=date(2026, 11, 30)), LEA)
    days = {day.day: day.due for day in crm.runner.read(ShowPaymentCalendar(), LEA).days}
    assert (days[date(2026, 11, 25)], days[date(2026, 11, 30)]) == (500, 1_500)


def test_both_answer_as_json_and_as_a_sheet(year: Crm) -> None:
    for action in (CustomerTrend(customer="C-1"), ShowPaymentCalendar(days=3)):
        answer = year.runner.read(action, LEA)
        assert len(answer.as_sheet().rows) == len(
            next(value for value in answer.as_json().values() if isinstance(value, list))
        )
