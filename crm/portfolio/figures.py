"""Key figures as they are asked for: one with its formula and inputs, its months, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.calendar import add_months
from crm.core.figures import decimal_shown, percent_shown
from crm.core.i18n import _
from crm.core.money import EURO, Money, plain
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.portfolio.explaining import ExplainKpi
from crm.portfolio.kpis import Sums, count_back, rounded
from crm.portfolio.recipes import RECIPES, Kpi, Raw, Recipe, Unit
from crm.portfolio.sums import Moment, Need, Scope, sums_of
from crm.receivables.actions.words import meant

_DEFAULT_DAYS = 90
_MONTHS = 12
Side = Literal["in", "out"]


def spelt(raw: Raw, unit: Unit, currency: str) -> str | int | None:
    """A figure as JSON has it: a decimal string, a count, null."""
    if raw is None:
        return None
    if unit is Unit.MONEY:
        return plain(int(raw), currency)
    return int(raw) if unit is Unit.COUNT else str(rounded(Decimal(raw)))


def shown_figure(raw: Raw, unit: Unit, currency: str) -> Value:
    """A figure as it is looked at; a dash where there is none."""
    if raw is None:
        return "—"
    if unit is Unit.MONEY:
        return Money(int(raw), currency)
    if unit is Unit.COUNT:
        return int(raw)
    number = rounded(Decimal(raw))
    if unit is Unit.PERCENT:
        return percent_shown(number)
    return f"{decimal_shown(number)}\u00a0{_('days')}" if unit is Unit.DAYS else decimal_shown(number)


@dataclass(frozen=True, slots=True)
class KpiValue:
    """A key figure that can be argued with: formula, inputs, method."""

    kpi: Kpi
    moment: Moment
    currency: str
    sums: Sums
    customer: str | None
    disputed: Side = "in"

    @property
    def recipe(self) -> Recipe:
        """How it is made."""
        return RECIPES[self.kpi]

    @property
    def counted(self) -> Sums:
        """The sums it is made of: with what is disputed, or without."""
        return self.sums.without_disputed if self.disputed == "out" and self.recipe.of_balance else self.sums

    @property
    def raw(self) -> Raw:
        """The figure; None: undefined."""
        return self.recipe.value(self.counted)

    @property
    def other(self) -> Raw:
        """The figure with what is disputed on the other side."""
        return self.recipe.value(self.sums if self.disputed == "out" else self.sums.without_disputed)

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        recipe = self.recipe
        sides = {}
        if recipe.of_balance:
            name = "with_disputed" if self.disputed == "out" else "without_disputed"
            sides = {
                "disputed": plain(self.sums.disputed, self.currency),
                name: self._written(self.other, recipe.unit),
            }
        levels = {
            str(one.level): {"asked": plain(one.asked, self.currency), "paid": plain(one.paid, self.currency)}
            for one in self.sums.dunned
        }
        return {
            "kpi": self.kpi.value,
            "value": self._written(self.raw, recipe.unit),
            "unit": self.currency if recipe.unit is Unit.MONEY else recipe.unit.value,
            "formula": _(recipe.formula),
            "inputs": {
                **{one.name: spelt(one.value(self.counted), one.unit, self.currency) for one in recipe.inputs},
                **sides,
                **({"levels": levels} if levels else {}),
                "period": str(self.moment.period),
            },
            "method": self.method(),
            "as_of": self.moment.as_of.isoformat(),
        }

    def _written(self, raw: Raw, unit: Unit) -> str | None:
        told = spelt(raw, unit, self.currency)
        return None if told is None else str(told)

    def method(self) -> str:
        """What is to be known about how it was counted, or why there is none."""
        if self.raw is None:
            return _(self.recipe.undefined)
        told = [_(self.recipe.method)]
        if self.kpi is Kpi.DSO_COUNTBACK and self._short_history():
            days = decimal_shown(str(self.raw))
            told.insert(0, _("≥ {days} days: receivables are more than all sales that are known.").format(days=days))
        if self.kpi is Kpi.RECOVERY_RATE and self.moment.as_of - timedelta(days=15) < self.moment.period.end:
            told.append(_("The last reminders have not had their 15 days yet."))
        if self.recipe.of_balance and self.sums.disputed:
            told.append(_("What is disputed is left out.") if self.disputed == "out" else _("What is disputed is in."))
        return " ".join(told)

    def _short_history(self) -> bool:
        told = count_back(self.counted.receivables, self.counted.months)
        return told is not None and told.exhausted

    def as_sheet(self) -> Sheet:
        """The figure, then what it is made of; the figure opens to its lines."""
        recipe = self.recipe
        opens = ExplainKpi(
            kpi=self.kpi, period=self.moment.period, as_of=self.moment.as_of, currency=self.currency,
            customer=self.customer, disputed=self.disputed,
        )  # fmt: skip  # read as a table: columns side by side
        rows: list[tuple[Value | Cell, ...]] = [
            (_(recipe.label), Cell(shown_figure(self.raw, recipe.unit, self.currency), opens))
        ]
        rows += [
            (_(one.label), shown_figure(one.value(self.counted), one.unit, self.currency)) for one in recipe.inputs
        ]
        if recipe.of_balance:
            label = _("With what is disputed") if self.disputed == "out" else _("Without what is disputed")
            rows.append((_("In dispute"), Money(self.sums.disputed, self.currency)))
            rows.append((label, shown_figure(self.other, recipe.unit, self.currency)))
        return Sheet(
            title=_("Key figure"),
            columns=(Column("what", ""), Column("value", "")),
            rows=tuple(rows),
            formula=_(recipe.formula),
            as_of=self.moment.as_of,
            notes=(self.method(),),
        )


class ShowKpi(Action[KpiValue]):
    """A key figure with its formula and inputs: DSO, overdue, receipts, delays, disputes."""

    effect = Effect.READ

    kpi: Kpi = Field(description="Which figure, such as dso, overdue_rate or average_delay")
    period: Period | None = Field(None, description="start/end, both included; the last 90 days if left out")
    as_of: date | None = Field(None, description="What was known on this day; the end of the period if left out")
    disputed: Side = Field("in", description="What is disputed: in, out")
    currency: str = Field(EURO, description="Currency")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> KpiValue:
        """Sum and divide."""
        moment = moment_of(context.today, self.period, self.as_of)
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        (sums,) = sums_of(context.session, [moment], Scope(self.currency, of), RECIPES[self.kpi].needs)
        return KpiValue(self.kpi, moment, self.currency, sums, self.customer, self.disputed)


def moment_of(today: date, period: Period | None, as_of: date | None) -> Moment:
    """A period and the day it is known on; without a period the last ninety days."""
    day = as_of or (period.end if period else today)
    return Moment(period or Period(day - timedelta(days=_DEFAULT_DAYS - 1), day), day)


def month_ends(today: date, count: int) -> list[date]:
    """The last days of the months before, then today."""
    firsts = [add_months(today.replace(day=1), -back) for back in range(count - 1)]
    return [*(first - timedelta(days=1) for first in reversed(firsts)), today]


def month_moments(today: date, count: int, months: int) -> list[Moment]:
    """A moment for each of the latest months, each as known on its last day; its period covers so many months."""
    return [Moment(Period(add_months(day.replace(day=1), 1 - months), day), day) for day in month_ends(today, count)]


@dataclass(frozen=True, slots=True)
class KpiMonths:
    """A key figure month by month, the oldest first, each as it was known at the end of its month."""

    kpi: Kpi
    currency: str
    values: tuple[KpiValue, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a month."""
        told = [value.as_json() for value in self.values]
        return {
            "kpi": self.kpi.value,
            "unit": told[-1]["unit"],
            "formula": told[-1]["formula"],
            "months": [
                {
                    "as_of": one["as_of"],
                    "value": one["value"],
                    "period": one["inputs"]["period"],
                    "inputs": one["inputs"],
                }
                for one in told
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a month; a figure opens to what it is made of."""
        recipe = RECIPES[self.kpi]
        columns = (
            Column("as_of", _("Month"), Kind.DATE),
            Column("value", _(recipe.label), Kind.MONEY if recipe.unit is Unit.MONEY else Kind.TEXT),
        )
        rows = tuple(
            (
                value.moment.as_of,
                Cell(
                    shown_figure(value.raw, recipe.unit, self.currency),
                    ShowKpi(
                        kpi=self.kpi, period=value.moment.period, as_of=value.moment.as_of, currency=self.currency,
                        customer=value.customer, disputed=value.disputed,
                    ),
                ),
            )
            for value in self.values
        )  # fmt: skip  # read as a table: columns side by side
        note = _("Each month as it was known on its last day.")
        return Sheet(_(recipe.label), columns, rows, formula=_(recipe.formula), notes=(note,))


class KpiTrend(Action[KpiMonths]):
    """A key figure month by month, each as it was known at the end of its month."""

    effect = Effect.READ

    kpi: Kpi = Field(description="Which figure, such as dso, overdue_rate or average_delay")
    months: int = Field(_MONTHS, ge=2, le=60, description="How many months back")
    as_of: date | None = Field(None, description="State on this day; today if left out")
    disputed: Side = Field("in", description="What is disputed: in, out")
    currency: str = Field(EURO, description="Currency")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> KpiMonths:
        """Read all months at once."""
        recipe = RECIPES[self.kpi]
        moments = month_moments(self.as_of or context.today, self.months, recipe.months)
        of = meant(context.session, self.customer, None, self.segment, self.assignee)
        found = sums_of(context.session, moments, Scope(self.currency, of), recipe.needs)
        values = tuple(
            KpiValue(self.kpi, moment, self.currency, sums, self.customer, self.disputed)
            for moment, sums in zip(moments, found, strict=True)
        )
        return KpiMonths(self.kpi, self.currency, values)


@dataclass(frozen=True, slots=True)
class KpiBoard:
    """All key figures of one currency with their months."""

    as_of: date
    currency: str
    figures: tuple[KpiMonths, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a figure: its value now, and month by month."""
        return {
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "kpis": [
                {
                    **figure.values[-1].as_json(),
                    "months": [
                        {"as_of": v.moment.as_of.isoformat(), "value": v.as_json()["value"]} for v in figure.values
                    ],
                }
                for figure in self.figures
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a figure: now, a month ago, twelve months in small; the figure opens to what it is made of."""
        columns = (
            Column("kpi", _("Key figure")),
            Column("value", _("Now")),
            Column("before", _("Month before")),
            Column("months", _("Months")),
            Column("period", _("Period")),
        )
        rows = tuple(self._row(figure) for figure in self.figures)
        note = _("Each month as it was known on its last day.")
        return Sheet(_("Key figures"), columns, rows, as_of=self.as_of, notes=(note,))

    def _row(self, figure: KpiMonths) -> tuple[Value | Cell, ...]:
        recipe, now, before = RECIPES[figure.kpi], figure.values[-1], figure.values[-2]
        opens = ShowKpi(
            kpi=figure.kpi, period=now.moment.period, as_of=now.moment.as_of, currency=self.currency,
            customer=now.customer, disputed=now.disputed,
        )  # fmt: skip  # read as a table: columns side by side
        return (
            _(recipe.label),
            Cell(shown_figure(now.raw, recipe.unit, self.currency), opens),
            shown_figure(before.raw, recipe.unit, self.currency),
            sparkline([value.raw for value in figure.values]),
            _("as of the day") if recipe.months == 1 and recipe.lines in {"items", "late_items", "doubtful"} else (
                _("three months") if recipe.months > 1 else _("month")
            ),
        )  # fmt: skip  # read as a table: columns side by side


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[Raw]) -> str:
    """Values as a line of small bars between their least and their most; a dot where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return "·" * len(values)
    low, high = min(known), max(known)
    span = high - low

    def bar(value: Raw) -> str:
        if value is None:
            return "·"
        place = int(Decimal(value - low) * (len(_BARS) - 1) / Decimal(span)) if span else 0
        return _BARS[place]

    return "".join(bar(value) for value in values)


class ListKpis(Action[KpiBoard]):
    """All key figures at once, with their latest months."""

    effect = Effect.READ

    months: int = Field(_MONTHS, ge=2, le=60, description="How many months back")
    as_of: date | None = Field(None, description="State on this day; today if left out")
    disputed: Side = Field("in", description="What is disputed: in, out")
    currency: str = Field(EURO, description="Currency")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> KpiBoard:
        """Read what figures of one length of period need, together."""
        day = self.as_of or context.today
        scope = Scope(self.currency, meant(context.session, self.customer, None, self.segment, self.assignee))
        figures: dict[Kpi, KpiMonths] = {}
        for length in sorted({recipe.months for recipe in RECIPES.values()}):
            told = {kpi: recipe for kpi, recipe in RECIPES.items() if recipe.months == length}
            moments = month_moments(day, self.months, length)
            needs: frozenset[Need] = frozenset().union(*(recipe.needs for recipe in told.values()))
            found = sums_of(context.session, moments, scope, needs)
            for kpi in told:
                values = tuple(
                    KpiValue(kpi, moment, self.currency, sums, self.customer, self.disputed)
                    for moment, sums in zip(moments, found, strict=True)
                )
                figures[kpi] = KpiMonths(kpi, self.currency, values)
        return KpiBoard(day, self.currency, tuple(figures[kpi] for kpi in Kpi))


ACTIONS = (ShowKpi, KpiTrend, ListKpis, ExplainKpi)
