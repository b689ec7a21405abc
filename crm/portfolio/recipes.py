"""Every key figure: how it is called, counted, told and opened. Words are English here and translated where they are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from crm.core.i18n import mark
from crm.portfolio import kpis
from crm.portfolio.kpis import Sums
from crm.portfolio.sums import Need


class Kpi(StrEnum):
    """The key figures of the contract, as people look for them: what is owed, what comes in, what goes wrong."""

    TOTAL_RECEIVABLES = "total_receivables"
    OVERDUE_AMOUNT = "overdue_amount"
    OVERDUE_RATE = "overdue_rate"
    UNPAID_RATE = "unpaid_rate"
    DSO = "dso"
    DSO_COUNTBACK = "dso_countback"
    BPDSO = "bpdso"
    ADD = "add"
    DAYS_OF_SALES = "days_of_sales"
    CEI = "cei"
    COLLECTED_AMOUNT = "collected_amount"
    RECEIPTS = "receipts"
    AVERAGE_DELAY = "average_delay"
    ON_TIME_SHARE = "on_time_share"
    RECOVERY_RATE = "recovery_rate"
    PROMISE_KEPT_RATE = "promise_kept_rate"
    DISPUTE_RATE = "dispute_rate"
    CREDIT_NOTE_RATE = "credit_note_rate"
    AVERAGE_INVOICE = "average_invoice"
    AVERAGE_CREDIT_NOTE = "average_credit_note"
    DOUBTFUL_RATE = "doubtful_rate"
    REVENUE = "revenue"
    NPS = "nps"
    CSAT = "csat"
    RESPONSE_RATE = "response_rate"
    RETENTION_RATE = "retention_rate"
    CHURN_RATE = "churn_rate"


class Unit(StrEnum):
    """What a figure is counted in."""

    DAYS = "days"
    PERCENT = "percent"
    POINTS = "points"
    COUNT = "count"
    MONEY = "money"


Raw = Decimal | int | None
"""A figure: cents where its unit is money, a count, or a decimal number."""


@dataclass(frozen=True, slots=True)
class Input:
    """What a figure is made of, under its name in JSON."""

    name: str
    label: str
    value: Callable[[Sums], Raw]
    unit: Unit = Unit.MONEY


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a figure is made."""

    label: str
    unit: Unit
    formula: str
    value: Callable[[Sums], Raw]
    needs: frozenset[Need]
    inputs: tuple[Input, ...]
    undefined: str = ""
    """Why there is none, where there is none."""
    method: str = ""
    months: int = 1
    """A point of its trend covers so many calendar months up to the end of one."""
    lines: str = "documents"
    """What opens it: items, late_items, documents, invoices, receipts, settled, disputed, credit_notes, doubtful, promises, reminders."""
    less_is_better: bool | None = None
    """None: neither."""

    @property
    def of_balance(self) -> bool:
        """Whether what is in dispute may be left out of it."""
        return Need.BALANCE in self.needs


_TAXED = mark("Tax included, credit notes and unallocated money deducted, at the end of the period.")
_NO_SALES = mark("undefined: no sales in the period")
_NOTHING_OWED = mark("undefined: nothing is owed")
_NOT_ASKED = mark("undefined: no satisfaction survey has been answered yet")
_NO_HISTORY = mark("undefined: which customers stay and leave is not followed yet")
_BALANCE = frozenset({Need.BALANCE})
_RATIO = frozenset({Need.BALANCE, Need.DOCUMENTS})
_ISSUED = frozenset({Need.DOCUMENTS})

_RECEIVABLES = Input("receivables", mark("Receivables"), lambda sums: sums.receivables)
_OVERDUE = Input("overdue", mark("Overdue"), lambda sums: sums.overdue)
_NOT_DUE = Input("not_due", mark("Not due"), lambda sums: sums.not_due)
_SALES = Input("sales", mark("Sales"), lambda sums: sums.sales)
_DAYS = Input("days", mark("Days"), lambda sums: sums.days, Unit.COUNT)
_OF_SALES = (_RECEIVABLES, _OVERDUE, _SALES, _DAYS)
_INVOICES = (
    Input("invoices", mark("Invoices issued"), lambda sums: sums.invoices.count, Unit.COUNT),
    Input("invoices_amount", mark("What they come to"), lambda sums: sums.invoices.cents),
)
_CREDIT_NOTES = (
    Input("credit_notes", mark("Credit notes issued"), lambda sums: sums.credit_notes.count, Unit.COUNT),
    Input("credit_notes_amount", mark("What the credit notes come to"), lambda sums: sums.credit_notes.cents),
)
_MONEY_IN = (
    Input("count", mark("Receipts"), lambda sums: sums.receipts.count, Unit.COUNT),
    Input("amount", mark("Money received"), lambda sums: sums.receipts.cents),
    Input("sent_back_count", mark("Payments that went back"), lambda sums: sums.sent_back.count, Unit.COUNT),
    Input("sent_back", mark("Money that went back"), lambda sums: sums.sent_back.cents),
    Input("settled_count", mark("Invoices settled in full"), lambda sums: len(sums.settled), Unit.COUNT),
    Input("settled_amount", mark("Amount settled in full"), lambda sums: kpis.settled_sum(sums.settled).cents),
)
_SETTLED = (
    Input("invoices", mark("Invoices settled in full"), lambda sums: len(sums.settled), Unit.COUNT),
    Input("amount", mark("Amount settled in full"), lambda sums: kpis.settled_sum(sums.settled).cents),
)
_PROMISES = (
    Input("kept", mark("Kept"), lambda sums: sums.kept.count, Unit.COUNT),
    Input("partly_kept", mark("Partly kept"), lambda sums: sums.partly_kept.count, Unit.COUNT),
    Input("broken", mark("Broken"), lambda sums: sums.broken.count, Unit.COUNT),
    Input("kept_amount", mark("Amount of those kept"), lambda sums: sums.kept.cents),
    Input(
        "by_value",
        mark("Kept, by value"),
        lambda sums: kpis.percent(sums.kept.cents, sums.kept.cents + sums.partly_kept.cents + sums.broken.cents),
        Unit.PERCENT,
    ),
)


def _countback(sums: Sums) -> Decimal | None:
    told = kpis.count_back(sums.receivables, sums.months)
    return told.days if told else None


def _not_yet(label: str, unit: Unit, formula: str, why: str) -> Recipe:
    return Recipe(label, unit, formula, lambda sums: None, frozenset(), (), why)


RECIPES = {
    Kpi.TOTAL_RECEIVABLES: Recipe(
        mark("Receivables"), Unit.MONEY, mark("total of the aged balance"), lambda sums: sums.receivables,
        _RATIO, _OF_SALES, method=_TAXED, lines="items", less_is_better=True,
    ),
    Kpi.OVERDUE_AMOUNT: Recipe(
        mark("Overdue"), Unit.MONEY, mark("columns of the aged balance past their due date"), lambda sums: sums.overdue,
        _RATIO, _OF_SALES, method=_TAXED, lines="late_items", less_is_better=True,
    ),
    Kpi.OVERDUE_RATE: Recipe(
        mark("Share overdue"), Unit.PERCENT, mark("overdue / receivables × 100"), kpis.overdue_rate,
        _RATIO, _OF_SALES, _NOTHING_OWED, _TAXED, lines="items", less_is_better=True,
    ),
    Kpi.UNPAID_RATE: Recipe(
        mark("Unpaid rate"), Unit.PERCENT, mark("overdue at the end / sales of the period × 100"), kpis.unpaid_rate,
        _RATIO, _OF_SALES, _NO_SALES, _TAXED, months=3, lines="late_items", less_is_better=True,
    ),
    Kpi.DSO: Recipe(
        mark("DSO"), Unit.DAYS, mark("receivables / sales × days"), kpis.dso,
        _RATIO, _OF_SALES, _NO_SALES, _TAXED, months=3, lines="items", less_is_better=True,
    ),
    Kpi.DSO_COUNTBACK: Recipe(
        mark("DSO, count-back"), Unit.DAYS,
        mark("receivables use up the sales of the latest months, the days of each are added"), _countback,
        _RATIO,
        (_RECEIVABLES, Input("months", mark("Months of sales known"), lambda sums: len(sums.months), Unit.COUNT)),
        mark("undefined: no sales are known"), mark("Calendar months back from the last day, whatever the period."),
        lines="items", less_is_better=True,
    ),
    Kpi.BPDSO: Recipe(
        mark("Best possible DSO"), Unit.DAYS, mark("receivables not due / sales × days"), kpis.bpdso,
        _RATIO, (_NOT_DUE, *_OF_SALES), _NO_SALES, _TAXED, months=3, lines="items", less_is_better=True,
    ),
    Kpi.ADD: Recipe(
        mark("Average days delinquent"), Unit.DAYS, mark("overdue / sales × days: DSO less best possible DSO"), kpis.add,
        _RATIO, (*_OF_SALES, _NOT_DUE), _NO_SALES,
        mark("Overdue as in the aged balance: unallocated money is not taken off it."),
        months=3, lines="late_items", less_is_better=True,
    ),
    Kpi.DAYS_OF_SALES: Recipe(
        mark("Days of sales in hand"), Unit.DAYS, mark("receivables / sales of twelve months × 365"), kpis.days_of_sales,
        _RATIO,
        (
            _RECEIVABLES,
            Input("year_sales", mark("Sales of twelve months"), lambda sums: sums.year_sales),
            Input("day", mark("Sales of a day"), lambda sums: kpis.day_of_sales(sums.year_sales)),
            Input("of_360", mark("With a year of 360 days"), lambda sums: kpis.days_of_sales(sums, 360), Unit.DAYS),
        ),
        mark("undefined: no sales in the twelve months"),
        mark("The twelve months up to the last day, whatever the period; a year of 365 days."),
        lines="items", less_is_better=True,
    ),
    Kpi.CEI: Recipe(
        mark("Collection effectiveness"), Unit.PERCENT,
        mark("(opening + sales − receivables) / (opening + sales − not due) × 100"), kpis.cei,
        frozenset({Need.BALANCE, Need.OPENING, Need.DOCUMENTS, Need.RECEIPTS}),
        (
            Input("opening", mark("Receivables on the eve"), lambda sums: sums.opening), _SALES, _RECEIVABLES, _NOT_DUE,
            Input("written_off", mark("Given up, counted as gone"), lambda sums: sums.written_off),
        ),
        mark("undefined: more is not due than there was to collect"), _TAXED, lines="items", less_is_better=False,
    ),
    Kpi.COLLECTED_AMOUNT: Recipe(
        mark("Money received"), Unit.MONEY, mark("receipts of the period less what went back"),
        lambda sums: sums.receipts.cents - sums.sent_back.cents,
        frozenset({Need.RECEIPTS, Need.SETTLED}), _MONEY_IN, method=mark("By the day the money came, allocated or not."),
        lines="receipts", less_is_better=False,
    ),
    Kpi.RECEIPTS: Recipe(
        mark("Receipts"), Unit.COUNT, mark("payments received in the period"), lambda sums: sums.receipts.count,
        frozenset({Need.RECEIPTS, Need.SETTLED}), _MONEY_IN,
        method=mark("Payments that went back are told apart, not taken off the count."), lines="receipts",
    ),
    Kpi.AVERAGE_DELAY: Recipe(
        mark("Average delay"), Unit.DAYS, mark("Σ amount × days late / Σ amount, of invoices settled in full"),
        lambda sums: kpis.average_delay(sums.settled), frozenset({Need.SETTLED}),
        (
            *_SETTLED,
            Input("signed", mark("With early days taken off"), lambda sums: kpis.signed_delay(sums.settled), Unit.DAYS),
            Input("unweighted", mark("Each invoice counting alike"), lambda sums: kpis.unweighted_delay(sums.settled), Unit.DAYS),
        ),
        mark("undefined: no invoice was settled in full in the period"),
        mark("Weighted by amount; early counts 0; from due date to the day it was settled."),
        lines="settled", less_is_better=True,
    ),
    Kpi.ON_TIME_SHARE: Recipe(
        mark("Paid on time"), Unit.PERCENT, mark("invoices settled by their due date / invoices settled × 100"),
        lambda sums: kpis.percent(kpis.on_time(sums.settled).count, len(sums.settled)), frozenset({Need.SETTLED}),
        (
            *_SETTLED,
            Input("on_time", mark("Settled on time"), lambda sums: kpis.on_time(sums.settled).count, Unit.COUNT),
            Input("by_value", mark("By value"), lambda sums: kpis.percent(
                kpis.on_time(sums.settled).cents, kpis.settled_sum(sums.settled).cents), Unit.PERCENT),
        ),
        mark("undefined: no invoice was settled in full in the period"), mark("By count; by value beside it."),
        lines="settled", less_is_better=False,
    ),
    Kpi.RECOVERY_RATE: Recipe(
        mark("Recovery after reminders"), Unit.PERCENT,
        mark("paid within 15 days of a reminder / asked for by it × 100"), lambda sums: kpis.recovery_rate(sums.dunned),
        frozenset({Need.DUNNED}),
        (
            Input("asked", mark("Asked for"), lambda sums: sum(one.asked for one in sums.dunned)),
            Input("paid", mark("Paid within 15 days"), lambda sums: sum(one.paid for one in sums.dunned)),
        ),
        mark("undefined: no reminder left in the period"),
        mark("Reminders that left in the period, at each level they reached; only what was paid by the last day."),
        lines="reminders", less_is_better=False,
    ),
    Kpi.PROMISE_KEPT_RATE: Recipe(
        mark("Promises kept"), Unit.PERCENT, mark("kept / (kept + partly kept + broken) × 100"),
        lambda sums: kpis.percent(sums.kept.count, sums.kept.count + sums.partly_kept.count + sums.broken.count),
        frozenset({Need.PROMISES}), _PROMISES, mark("undefined: no promise came to its term in the period"),
        mark("Promises whose day lies in the period; by count, by value beside it."), lines="promises", less_is_better=False,
    ),
    Kpi.DISPUTE_RATE: Recipe(
        mark("Disputed invoices"), Unit.PERCENT, mark("disputed invoices / invoices issued × 100"),
        lambda sums: kpis.percent(sums.disputes.count, sums.invoices.count), frozenset({Need.DOCUMENTS, Need.DISPUTES}),
        (
            Input("disputed", mark("Disputed"), lambda sums: sums.disputes.count, Unit.COUNT),
            Input("disputed_amount", mark("Amount disputed"), lambda sums: sums.disputes.cents), *_INVOICES,
            Input("by_value", mark("By value"), lambda sums: kpis.percent(
                sums.disputes.cents, sums.invoices.cents), Unit.PERCENT),
        ),
        mark("undefined: no invoice was issued in the period"),
        mark("Disputes about invoices issued in the period, each invoice once, resolved ones too."),
        lines="disputed", less_is_better=True,
    ),
    Kpi.CREDIT_NOTE_RATE: Recipe(
        mark("Credit notes"), Unit.PERCENT, mark("credit notes / invoices issued × 100"),
        lambda sums: kpis.percent(sums.credit_notes.count, sums.invoices.count), _ISSUED,
        (
            *_CREDIT_NOTES, *_INVOICES,
            Input("by_value", mark("By value"), lambda sums: kpis.percent(
                sums.credit_notes.cents, sums.invoices.cents), Unit.PERCENT),
        ),
        mark("undefined: no invoice was issued in the period"), mark("By count; by value beside it."),
        lines="credit_notes", less_is_better=True,
    ),
    Kpi.AVERAGE_INVOICE: Recipe(
        mark("Average invoice"), Unit.MONEY, mark("total of invoices issued / their number"),
        lambda sums: kpis.mean(sums.invoices), _ISSUED, _INVOICES,
        mark("undefined: no invoice was issued in the period"), mark("Tax included."), lines="invoices",
    ),
    Kpi.AVERAGE_CREDIT_NOTE: Recipe(
        mark("Average credit note"), Unit.MONEY, mark("total of credit notes issued / their number"),
        lambda sums: kpis.mean(sums.credit_notes), _ISSUED, _CREDIT_NOTES,
        mark("undefined: no credit note was issued in the period"), mark("Tax included."), lines="credit_notes",
    ),
    Kpi.DOUBTFUL_RATE: Recipe(
        mark("Doubtful debts"), Unit.PERCENT, mark("doubtful debts / receivables × 100"), kpis.doubtful_rate,
        frozenset({Need.BALANCE, Need.DOUBTFUL}),
        (Input("doubtful", mark("Doubtful"), lambda sums: sums.doubtful), _RECEIVABLES), _NOTHING_OWED,
        mark("Tax included, before what is set aside."), lines="doubtful", less_is_better=True,
    ),
    Kpi.REVENUE: Recipe(
        mark("Sales of the period"), Unit.MONEY, mark("invoices less credit notes issued"), lambda sums: sums.sales,
        _ISSUED, (*_INVOICES, *_CREDIT_NOTES), method=mark("Tax included."), less_is_better=False,
    ),
    Kpi.NPS: _not_yet(
        mark("NPS"), Unit.POINTS, mark("share of promoters less share of detractors"), _NOT_ASKED
    ),
    Kpi.CSAT: _not_yet(mark("CSAT"), Unit.PERCENT, mark("satisfied answers / answers × 100"), _NOT_ASKED),
    Kpi.RESPONSE_RATE: _not_yet(
        mark("Response rate"), Unit.PERCENT, mark("answers / invitations × 100"), _NOT_ASKED
    ),
    Kpi.RETENTION_RATE: _not_yet(
        mark("Customers who stay"), Unit.PERCENT, mark("(customers at the end − new ones) / customers at the start × 100"),
        _NO_HISTORY,
    ),
    Kpi.CHURN_RATE: _not_yet(
        mark("Customers who leave"), Unit.PERCENT, mark("100 less the share of customers who stay"), _NO_HISTORY
    ),
}  # fmt: skip  # read as a table: columns side by side
"""Key figure → how it is made."""
