"""Key figures of any ledger, against the same figures counted by hand from its lines."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from build import LEA, clean, imported
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import FIRST, LAST, Line, column_of, file_of, ledgers

from crm.core.periods import Period
from crm.portfolio.figures import ExplainKpi, KpiTrend, ShowKpi
from crm.portfolio.kpis import Sums, add, bpdso, dso
from crm.portfolio.recipes import Kpi

SOME = settings(max_examples=15)
CENT = Decimal("0.01")
PERIODS = st.builds(
    lambda start, days: Period(start, start + timedelta(days)),
    st.dates(FIRST, LAST), st.integers(20, 200),
)  # fmt: skip  # read as a table: columns side by side


def owed(ledger: Iterable[Line], day: date) -> dict[str, int]:
    """The columns of the aged balance in cents, and their total."""
    sums = {"not_due": 0, "overdue": 0, "unallocated": 0}
    for line in ledger:
        used = line.used() if line.paid_on and line.used_on() <= day else 0
        if line.issued <= day:
            column = column_of(line, day)
            sums[column if column in sums else "overdue"] += line.cents - used
        if line.paid_on and line.paid_on <= day:
            sums["unallocated"] -= line.paid - used
    return {**sums, "total": sum(sums.values())}


def by_hand(ledger: list[Line], period: Period) -> dict[str, Decimal | None]:
    """What the figures come to."""
    now, before = owed(ledger, period.end), owed(ledger, period.start - timedelta(days=1))
    issued = [line for line in ledger if period.start <= line.issued <= period.end]
    invoices = [line.cents for line in issued if line.cents >= 0]
    notes = [-line.cents for line in issued if line.cents < 0]
    sales = sum(invoices) - sum(notes)
    money = [line.paid for line in ledger if line.paid_on and period.start <= line.paid_on <= period.end]
    settled = [
        (line.cents, (line.used_on() - line.due).days)
        for line in ledger
        if line.cents > 0 and line.paid_on and line.paid >= line.cents and period.start <= line.used_on() <= period.end
    ]
    collectible = before["total"] + sales - now["not_due"]
    collected = before["total"] + sales - now["total"]
    return {
        "total_receivables": Decimal(now["total"]) / 100,
        "overdue_amount": Decimal(now["overdue"]) / 100,
        "overdue_rate": share(now["overdue"], now["total"]),
        "unpaid_rate": share(now["overdue"], sales),
        "dso": ratio(now["total"] * period.days, sales),
        "bpdso": ratio(now["not_due"] * period.days, sales),
        "add": ratio(now["overdue"] * period.days, sales),
        "cei": Decimal(100) if collectible == 0 and collected >= 0 else share(collected, collectible),
        "collected_amount": Decimal(sum(money)) / 100,
        "receipts": Decimal(sum(1 for cents in money if cents > 0)),
        "average_delay": ratio(sum(c * max(0, d) for c, d in settled), sum(c for c, _d in settled)),
        "on_time_share": share(sum(1 for _c, d in settled if d <= 0), len(settled)),
        "credit_note_rate": share(len(notes), len(invoices)),
        "average_invoice": ratio(sum(invoices), len(invoices) * 100),
        "average_credit_note": ratio(sum(notes), len(notes) * 100),
        "revenue": Decimal(sales) / 100,
        "dispute_rate": share(0, len(invoices)),
    }


def ratio(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(CENT, ROUND_HALF_UP) if whole > 0 else None


def share(part: int, whole: int) -> Decimal | None:
    return ratio(part * 100, whole)


@SOME
@given(ledger=ledgers(), period=PERIODS)
def test_figures_are_what_the_lines_say(new_house, ledger, period):
    mine = [line for line in ledger if line.currency == "EUR"]
    with new_house() as crm:
        clean(imported(crm, file_of(ledger)))
        for kpi, expected in by_hand(mine, period).items():
            told = crm.runner.read(ShowKpi(kpi=kpi, period=period), LEA).as_json()
            found = None if told["value"] is None else Decimal(told["value"])
            assert found == expected, (kpi, told)
            assert expected is not None or told["method"].startswith("undefined")


@SOME
@given(ledger=ledgers(), day=st.dates(FIRST, LAST))
def test_a_month_is_not_altered_by_what_comes_later(new_house, ledger, day):
    """What was issued and paid after a month's end, left out of the ledger altogether, changes no figure of it."""

    def month(lines: list[Line]) -> list[tuple[str, str | None]]:
        with new_house() as crm:
            if lines:
                clean(imported(crm, file_of(lines)))
            asked = [KpiTrend(kpi=kpi, as_of=day, months=2) for kpi in Kpi]
            return [(one.kpi, crm.runner.read(one, LEA).as_json()["months"][-1]["value"]) for one in asked]

    known = [line for line in ledger if line.issued <= day and (line.paid_on is None or line.paid_on <= day)]
    later = [line for line in ledger if line.issued > day and (line.paid_on is None or line.paid_on > day)]
    assert month(known) == month(known + later)


@SOME
@given(ledger=ledgers(), period=PERIODS)
def test_lines_behind_a_figure_add_up_to_it(new_house, ledger, period):
    with new_house() as crm:
        clean(imported(crm, file_of(ledger)))
        for kpi in ("total_receivables", "overdue_amount", "collected_amount", "revenue"):
            figure = crm.runner.read(ShowKpi(kpi=kpi, period=period), LEA).as_json()["value"]
            assert crm.runner.read(ExplainKpi(kpi=kpi, period=period), LEA).as_json()["total"] == figure


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, 400))
def test_lateness_is_what_parts_a_dso_from_the_best_one(not_due, overdue, sales, days):
    sums = Sums(not_due + overdue, overdue, sales, days, not_due=not_due)
    whole, best, late = dso(sums), bpdso(sums), add(sums)
    assert whole is not None
    assert best is not None
    assert late is not None
    assert abs(whole - best - late) <= CENT
