"""Every worked figure of the rules, as documents in a database, to the cent; and the traps beside them."""

from datetime import date, datetime, timedelta

import pytest
from build import LEA, a_credit_note, a_payment, ago, allocated, an_invoice, clean, imported
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.money import eur
from crm.core.periods import Period
from crm.followup.models import Reminder
from crm.ledger.actions.doubtful import MarkDoubtful
from crm.messaging.models import OutgoingMessage
from crm.portfolio.figures import ExplainKpi, KpiTrend, ListKpis, ShowKpi, sparkline
from crm.portfolio.kpis import MonthSales, Settled, count_back, fruit, settled_day
from crm.portfolio.recipes import Kpi
from crm.receivables.actions import OpenDispute, RecordPromise
from crm.receivables.models import Dispute, Instalment, Invoice

QUARTER = Period(date(2026, 9, 1), date(2026, 11, 30))
HEADER = "number;customer;kind;issue_date;due_date;total_incl_tax;paid_date;paid_amount"


def told(crm: Crm, kpi: str, **asked) -> dict:
    asked.setdefault("period", QUARTER)
    return crm.runner.read(ShowKpi(kpi=kpi, **asked), LEA).as_json()


def value(crm: Crm, kpi: str, **asked) -> str | None:
    return told(crm, kpi, **asked)["value"]


def file(crm: Crm, *lines: str) -> None:
    clean(imported(crm, "\n".join((HEADER, *lines)) + "\n", kind="invoices-csv"))


@pytest.fixture
def quarter(crm: Crm) -> Crm:
    """
    sales   Sep 150,000   Oct 180,000   Nov 220,000
    owed    450,000 at the end of November, of which 300,000 not due
    """
    file(
        crm,
        "F-9;Dupont;invoice;2026-09-10;2026-10-25;150000.00;;",
        "F-10;Dupont;invoice;2026-10-10;2026-12-09;180000.00;2026-11-02;100000.00",
        "F-11;Martin;invoice;2026-11-10;2026-12-25;220000.00;;",
    )
    return crm


@pytest.mark.parametrize(
    ("kpi", "figure"),
    [("dso", "74.45"), ("dso_countback", "71.00"), ("bpdso", "49.64"), ("add", "24.82"), ("total_receivables", "450000.00"),
     ("overdue_amount", "150000.00"), ("revenue", "550000.00")],
)  # fmt: skip  # read as a table: columns side by side
def test_the_quarter(quarter: Crm, kpi: str, figure: str) -> None:
    assert value(quarter, kpi) == figure


def test_days_of_sales_say_which_year_they_count(crm: Crm) -> None:
    file(
        crm,
        "F-0;Dupont;invoice;2025-11-30;2026-01-15;999.00;2026-01-15;",
        "F-1;Dupont;invoice;2026-02-10;2026-03-25;5550000.00;2026-03-25;",
        "F-2;Dupont;invoice;2026-11-10;2026-12-25;450000.00;;",
    )
    figure = told(crm, "days_of_sales")
    assert (figure["value"], figure["inputs"]["of_360"], figure["inputs"]["year_sales"]) == (
        "27.38",
        "27.00",
        "6000000.00",
    )
    assert "365" in figure["method"]


def test_what_a_day_of_dso_is_worth(crm: Crm) -> None:
    file(crm, "F-1;Dupont;invoice;2026-02-10;2026-03-25;2200000.00;;")
    assert told(crm, "days_of_sales")["inputs"]["day"] == "6027.40"


def test_collection_effectiveness(crm: Crm) -> None:
    """
    owed on 31 August 400,000; sales 500,000; owed at the end 450,000, of which 300,000 not due
    """
    file(
        crm,
        "F-1;Dupont;invoice;2026-07-10;2026-08-25;400000.00;2026-10-01;250000.00",
        "F-2;Dupont;invoice;2026-10-10;2026-11-20;200000.00;2026-11-20;",
        "F-3;Martin;invoice;2026-11-10;2026-12-25;300000.00;;",
    )
    figure = told(crm, "cei")
    assert (figure["value"], figure["unit"]) == ("75.00", "percent")
    assert figure["inputs"]["opening"] == "400000.00"


def test_collection_where_nothing_could_be_collected(crm: Crm) -> None:
    file(crm, "F-1;Dupont;invoice;2026-11-10;2026-12-25;300.00;;")
    assert value(crm, "cei") == "100.00"


def test_disputes_credit_notes_and_averages(crm: Crm) -> None:
    """
    600 invoices   750,000   of which 18 disputed, 42,000
    24 credit notes 15,600
    """
    amounts = ["2300.00"] * 17 + ["2900.00"] + ["1216.00"] * 581 + ["1504.00"]
    lines = [
        f"F-{place};Dupont;invoice;2026-10-{1 + place % 28:02d};2026-12-31;{amount};;"
        for place, amount in enumerate(amounts)
    ]
    file(crm, *lines, *(f"A-{n};Dupont;credit_note;2026-10-15;;-650.00;;" for n in range(24)))
    for place in range(18):
        crm.runner.run(OpenDispute(invoice=f"F-{place}", reason="price_error"), LEA)
    disputed = told(crm, "dispute_rate")
    assert (disputed["value"], disputed["inputs"]["by_value"]) == ("3.00", "5.60")
    assert (disputed["inputs"]["disputed"], disputed["inputs"]["disputed_amount"]) == (18, "42000.00")
    credited = told(crm, "credit_note_rate")
    assert (credited["value"], credited["inputs"]["by_value"]) == ("4.00", "2.08")
    assert (value(crm, "average_invoice"), value(crm, "average_credit_note")) == ("1250.00", "650.00")
    assert told(crm, "average_invoice")["unit"] == "EUR"


def test_the_unpaid_rate(crm: Crm) -> None:
    file(
        crm,
        "F-1;Dupont;invoice;2026-09-10;2026-10-25;63000.00;;",
        "F-2;Dupont;invoice;2026-10-10;2026-12-24;687000.00;;",
    )
    assert value(crm, "unpaid_rate") == "8.40"


def test_doubtful_debts(crm: Crm) -> None:
    file(
        crm,
        "F-1;Dupont;invoice;2026-05-10;2026-06-25;27000.00;;",
        "F-2;Martin;invoice;2026-10-10;2026-12-24;423000.00;;",
    )
    crm.runner.run(MarkDoubtful(invoice="F-1", reason="no answer", net=eur("22500.00")), LEA)
    figure = told(crm, "doubtful_rate")
    assert (figure["value"], figure["inputs"]) == (
        "6.00",
        {
            "doubtful": "27000.00",
            "receivables": "450000.00",
            "disputed": "0.00",
            "without_disputed": "6.00",
            "period": "2026-09-01/2026-11-30",
        },
    )


@pytest.fixture
def paid(crm: Crm) -> Crm:
    """
    F-1  1,200.00  12 days late      F-2  6,000.00  on its day
    F-3  2,400.00  30 days late      F-4  2,400.00  5 days early
    """
    for number, amount, days in (("F-1", "1200.00", 12), ("F-2", "6000.00", 0), ("F-3", "2400.00", 30), ("F-4", "2400.00", -5)):  # fmt: skip  # read as a table: columns side by side
        due = date(2026, 10, 10)
        file(crm, f"{number};Dupont;invoice;2026-09-10;{due};{amount};{due + timedelta(days)};")
    return crm


def test_the_average_delay_and_who_paid_on_time(paid: Crm) -> None:
    delay = told(paid, "average_delay")
    assert (delay["value"], delay["inputs"]["signed"], delay["inputs"]["unweighted"]) == ("7.20", "6.20", "9.25")
    punctual = told(paid, "on_time_share")
    assert (punctual["value"], punctual["inputs"]["by_value"]) == ("50.00", "70.00")


def test_an_invoice_in_part_paid_has_no_delay_yet(paid: Crm) -> None:
    file(paid, "F-5;Dupont;invoice;2026-09-10;2026-10-10;900.00;2026-11-20;899.00")
    assert told(paid, "average_delay")["inputs"]["invoices"] == 4


def test_money_received_and_of_it_invoices_fully_settled(paid: Crm) -> None:
    a_payment(paid, "P-9", amount="75.00")
    a_payment(paid, "P-10", amount="-15.00")
    figure = told(paid, "collected_amount")
    assert (figure["value"], figure["unit"]) == ("12060.00", "EUR")
    assert figure["inputs"] == {
        "count": 5, "amount": "12075.00", "sent_back_count": 1, "sent_back": "15.00",
        "settled_count": 4, "settled_amount": "12000.00", "period": str(QUARTER),
    }  # fmt: skip  # read as a table: columns side by side
    assert (value(paid, "receipts"), told(paid, "receipts")["unit"]) == ("5", "count")


# Reminders and promises


def a_reminder(crm: Crm, invoice: str, level: int, day: date, asked: int, state: str = "sent") -> None:
    with crm.database.writing() as session:
        instalment = session.exec(select(Instalment).join(Invoice).where(Invoice.number == invoice)).one()
        key = f"{invoice}-{level}"
        message = OutgoingMessage(
            purpose="dunning", channel="email", recipient="a@dupont.example", message_id=key, dedupe_key=key, state=state,
            text="…", day=day, queued_at=datetime(2026, 1, 1).astimezone(),
        )  # fmt: skip  # read as a table: columns side by side
        session.add(message)
        session.flush()
        session.add(
            Reminder(instalment_id=instalment.id, message_id=message.id, level=level, day=day, asked_cents=asked)
        )
        session.commit()


def test_what_reminders_bring_in_fifteen_days(crm: Crm) -> None:
    """
    F-1  1,000.00  reminded 1 Oct, paid 16 Oct
    F-2    600.00  reminded 1 Oct, 200.00 paid 2 Oct, the rest 17 Oct
    F-3    400.00  its reminder failed
    """
    file(
        crm,
        "F-1;Dupont;invoice;2026-08-01;2026-09-01;1000.00;2026-10-16;",
        "F-2;Dupont;invoice;2026-08-01;2026-09-01;600.00;2026-10-02;200.00",
        "F-3;Dupont;invoice;2026-08-01;2026-09-01;400.00;2026-10-02;",
    )
    a_payment(crm, "P-9", amount="400.00", days_ago=38)
    allocated(crm, "P-9", "F-2", "400.00")
    for number, asked, state in (("F-1", 100_000, "sent"), ("F-2", 60_000, "sent"), ("F-3", 40_000, "failed")):
        a_reminder(crm, number, 1, date(2026, 10, 1), asked, state)
    figure = told(crm, "recovery_rate")
    assert (figure["value"], figure["inputs"]["levels"]) == ("75.00", {"1": {"asked": "1600.00", "paid": "1200.00"}})
    assert value(crm, "recovery_rate", as_of=date(2026, 10, 10)) == "12.50"


def test_promises_kept_by_count_and_value(crm: Crm) -> None:
    an_invoice(crm, "F-1", days_late=40, amount="300.00")
    an_invoice(crm, "F-2", days_late=40, amount="100.00")
    for invoice, amount in (("F-1", "300.00"), ("F-2", "100.00")):
        crm.runner.run(RecordPromise(invoice=invoice, customer="Dupont", by=ago(0), amount=eur(amount)), LEA)
    a_payment(crm, "P-1", amount="300.00", days_ago=0)
    allocated(crm, "P-1", "F-1", "300.00")
    figure = told(crm, "promise_kept_rate")
    assert (figure["value"], figure["inputs"]["by_value"], figure["inputs"]["broken"]) == ("50.00", "75.00", 1)


# Traps


def test_without_sales_a_figure_is_undefined(crm: Crm) -> None:
    file(crm, "F-1;Dupont;invoice;2026-05-10;2026-06-25;100.00;;")
    for kpi in ("dso", "bpdso", "add", "unpaid_rate", "average_delay", "on_time_share", "recovery_rate",
                "promise_kept_rate", "dispute_rate", "credit_note_rate", "average_invoice", "average_credit_note"):  # fmt: skip  # read as a table: columns side by side
        figure = told(crm, kpi)
        assert figure["value"] is None, kpi
        assert figure["method"].startswith("undefined: "), kpi


@pytest.mark.parametrize("kpi", ["nps", "csat", "response_rate", "retention_rate", "churn_rate"])
def test_what_is_not_measured_yet_says_so(quarter: Crm, kpi: str) -> None:
    figure = told(quarter, kpi)
    assert figure["value"] is None
    assert "yet" in figure["method"]


def test_a_history_too_short_for_counting_back_is_told(crm: Crm) -> None:
    """Money is owed from before the first sale that is known: an opening balance is no sale."""
    months = (MonthSales(30, 100), MonthSales(31, 100))
    told_of = count_back(1_000, months)
    assert told_of is not None
    assert (told_of.days, told_of.exhausted) == (61, True)
    assert count_back(10, ()) is None
    file(crm, "F-1;Dupont;invoice;2026-11-10;2026-12-25;100.00;;")
    a_payment(crm, "P-1", amount="-40.00")
    figure = told(crm, "dso_countback")
    assert figure["value"] == "30.00"
    assert figure["method"].startswith("≥ 30.00 days")


def test_a_month_of_credit_notes_uses_up_nothing_but_its_days_pass() -> None:
    found = count_back(50, (MonthSales(30, -20), MonthSales(31, 100)))
    assert found is not None
    assert (found.days, found.exhausted) == (45.5, False)


def test_credit_notes_lower_sales_and_what_is_owed(quarter: Crm) -> None:
    a_credit_note(quarter, "AV-1", customer="Martin", amount="-50000.00", days_ago=4)
    figure = told(quarter, "dso")
    assert (figure["inputs"]["sales"], figure["inputs"]["receivables"]) == ("500000.00", "400000.00")
    assert figure["value"] == "72.80"


def test_what_is_disputed_is_told_on_both_sides_never_silently(quarter: Crm) -> None:
    quarter.runner.run(OpenDispute(invoice="F-9", reason="price_error", amount=eur("50000.00")), LEA)
    both = told(quarter, "dso")
    assert (both["value"], both["inputs"]["disputed"], both["inputs"]["without_disputed"]) == (
        "74.45",
        "50000.00",
        "66.18",
    )
    assert "disputed is in" in both["method"]
    out = told(quarter, "dso", disputed="out")
    assert (out["value"], out["inputs"]["with_disputed"]) == ("66.18", "74.45")
    assert "left out" in out["method"]
    assert value(quarter, "overdue_amount", disputed="out") == "100000.00"
    assert value(quarter, "bpdso", disputed="out") == "49.64"


def test_an_invoice_disputed_twice_counts_once(quarter: Crm) -> None:
    with quarter.database.writing() as session:
        key = session.exec(select(Invoice).where(Invoice.number == "F-9")).one().id
        session.add(Dispute(invoice_id=key, cents=10_000, opened=ago(20), noted=ago(20), resolved=ago(10)))
        session.add(Dispute(invoice_id=key, cents=20_000, opened=ago(5), noted=ago(5)))
        session.commit()
    figure = told(quarter, "dispute_rate")
    assert (figure["inputs"]["disputed"], figure["inputs"]["disputed_amount"]) == (1, "300.00")


def test_currencies_stand_apart(quarter: Crm) -> None:
    an_invoice(quarter, "U-1", amount="70.00", currency="USD", days_late=5)
    assert value(quarter, "total_receivables") == "450000.00"
    assert (value(quarter, "overdue_rate", currency="USD"), told(quarter, "revenue", currency="USD")["unit"]) == (
        "100.00",
        "USD",
    )


# Months


def test_each_month_is_as_it_was_known_at_its_end(quarter: Crm) -> None:
    """F-10 was paid in part in November: October still shows it whole."""
    trend = quarter.runner.read(KpiTrend(kpi="total_receivables", as_of=date(2026, 11, 30), months=4), LEA).as_json()
    assert [(month["as_of"], month["value"]) for month in trend["months"]] == [
        ("2026-08-31", "0.00"),
        ("2026-09-30", "150000.00"),
        ("2026-10-31", "330000.00"),
        ("2026-11-30", "450000.00"),
    ]


def test_months_say_what_the_figure_of_their_last_day_says(quarter: Crm) -> None:
    quarter.runner.run(OpenDispute(invoice="F-9", reason="price_error"), LEA)
    for kpi in Kpi:
        trend = quarter.runner.read(KpiTrend(kpi=kpi, months=3, as_of=date(2026, 11, 30)), LEA).as_json()
        for month in trend["months"]:
            alone = told(quarter, kpi, period=Period.parse(month["period"]), as_of=date.fromisoformat(month["as_of"]))
            assert (month["value"], month["inputs"]) == (alone["value"], alone["inputs"]), (kpi, month["as_of"])


def test_the_board_says_what_each_trend_says(quarter: Crm) -> None:
    board = quarter.runner.read(ListKpis(months=3), LEA).as_json()
    assert [one["kpi"] for one in board["kpis"]] == [kpi.value for kpi in Kpi]
    for one in board["kpis"]:
        trend = quarter.runner.read(KpiTrend(kpi=one["kpi"], months=3), LEA).as_json()
        assert [month["value"] for month in one["months"]] == [month["value"] for month in trend["months"]]


def test_a_line_of_bars() -> None:
    assert sparkline([1, 2, None, 3]) == "▁▄·█"
    assert sparkline([None, None]) == "··"
    assert sparkline([5, 5]) == "▁▁"


# Lines behind a figure


@pytest.mark.parametrize(
    ("kpi", "name"),
    [("total_receivables", "receivables"), ("overdue_amount", "overdue"), ("revenue", None), ("collected_amount", None),
     ("dispute_rate", "disputed_amount"), ("average_invoice", "invoices_amount"), ("doubtful_rate", "doubtful"),
     ("average_delay", "amount")],
)  # fmt: skip  # read as a table: columns side by side
def test_the_lines_of_a_figure_add_up_to_it(quarter: Crm, kpi: str, name: str | None) -> None:
    quarter.runner.run(OpenDispute(invoice="F-9", reason="price_error"), LEA)
    file(quarter, "F-7;Dupont;invoice;2026-09-10;2026-10-10;900.00;2026-11-20;")
    figure = told(quarter, kpi)
    lines = quarter.runner.read(ExplainKpi(kpi=kpi, period=QUARTER), LEA)
    assert lines.as_json()["total"] == (figure["inputs"][name] if name else figure["value"])
    assert len(lines.as_sheet().rows) == lines.as_json()["count"]


def test_lines_without_what_is_disputed(quarter: Crm) -> None:
    quarter.runner.run(OpenDispute(invoice="F-9", reason="price_error", amount=eur("50000.00")), LEA)
    lines = quarter.runner.read(ExplainKpi(kpi="overdue_amount", period=QUARTER, disputed="out"), LEA).as_json()
    assert (lines["total"], lines["count"]) == ("100000.00", 1)


# The pure part


def test_when_an_invoice_is_settled() -> None:
    paid, back, again = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
    moves = [(paid, 100), (back, -100), (again, 100)]
    assert settled_day(100, moves, paid) == paid
    assert settled_day(100, moves, back) is None
    assert settled_day(100, moves, again) == again
    assert settled_day(100, [(paid, 60)], again) is None


def test_the_latest_instalment_tells_how_late_an_invoice_was() -> None:
    assert (Settled(((100, -3), (200, 9))).days, Settled(((100, -3), (200, 9))).cents) == (9, 300)


def test_no_more_comes_of_a_reminder_than_it_asked_for() -> None:
    sent = date(2026, 10, 1)
    assert fruit(100, sent, [(sent, 40), (sent + timedelta(15), 90), (sent + timedelta(16), 500)]) == 100
    assert fruit(100, sent, [(sent - timedelta(1), 40)]) == 0
