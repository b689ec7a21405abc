"""Key figures as rows: now, twelve months in small, and what has changed. Pure: an answer in, a sheet out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from crm.core.calendar import add_months
from crm.core.figures import decimal_shown
from crm.core.i18n import _
from crm.core.money import shown
from crm.core.sheets import Column, Sheet
from crm.portfolio.figures import KpiBoard, KpiMonths, shown_figure, sparkline
from crm.portfolio.kpis import rounded
from crm.portfolio.recipes import RECIPES, Kpi, Raw, Unit
from crm.tui.cells import NB

_MINUS = "\u2212"
_NIGHT = timedelta(days=1)
_OF_THE_DAY = {"items", "late_items", "doubtful"}
"""What a figure is counted from where it is one of a day, not of a month."""


def change_words(before: Raw, now: Raw, unit: Unit, currency: str) -> str:
    """`▲ +3,20 jours`, `▼ −1 200 €`, `=`; nothing where one of the two is undefined. Shares change by points."""
    if before is None or now is None:
        return ""
    moved = Decimal(now) - Decimal(before)
    if not moved:
        return "="
    arrow, sign = ("▲", "+") if moved > 0 else ("▼", _MINUS)
    size = abs(moved)
    if unit is Unit.MONEY:
        told = shown(int(size), currency, whole=True)
    elif unit is Unit.COUNT:
        told = str(int(size))
    else:
        told = decimal_shown(rounded(size))
        told += NB + {Unit.DAYS: _("days"), Unit.PERCENT: _("pts")}[unit] if unit is not Unit.POINTS else ""
    return f"{arrow} {sign}{told}"


def verdict(figure: KpiMonths) -> str:
    """`better`, `worse`, or nothing where the figure has no good side or has not moved.

    What is added up over a month is not held against a whole one before its last day.
    """
    before, now = figure.values[-2].raw, figure.values[-1].raw
    recipe, day = RECIPES[figure.kpi], figure.values[-1].moment.as_of
    less = recipe.less_is_better
    runs = recipe.months == 1 and recipe.lines not in _OF_THE_DAY and add_months(day.replace(day=1), 1) > day + _NIGHT
    if runs and now is not None:
        return _("month under way")
    if less is None or before is None or now is None or before == now:
        return ""
    return _("better") if (now < before) is less else _("worse")


def says_something(board: KpiBoard) -> bool:
    """Whether any amount of any month is more than nothing; a share can be whole of nothing at all."""
    amounts = [figure for figure in board.figures if RECIPES[figure.kpi].unit is Unit.MONEY]
    return any(value.raw for figure in amounts for value in figure.values)


def kpi_sheet(board: KpiBoard) -> tuple[Sheet, list[Mapping[str, Any]]]:
    """One row a figure, and what each row asks when it is opened; no row where there is nothing to count yet."""
    columns = (
        Column("kpi", _("Key figure")),
        Column("value", _("Now")),
        Column("months", _("12 months")),
        Column("change", _("Since last month")),
        Column("verdict", ""),
    )
    figures = board.figures if says_something(board) else ()
    rows = tuple(_row(figure, board.currency) for figure in figures)
    asked = [_asked(figure) for figure in figures]
    return Sheet(_("Key figures"), columns, rows, as_of=board.as_of), asked


def _row(figure: KpiMonths, currency: str) -> tuple[Any, ...]:
    recipe, now, before = RECIPES[figure.kpi], figure.values[-1].raw, figure.values[-2].raw
    return (
        _(recipe.label),
        shown_figure(now, recipe.unit, currency),
        sparkline([value.raw for value in figure.values]),
        change_words(before, now, recipe.unit, currency),
        verdict(figure),
    )


def _asked(figure: KpiMonths) -> Mapping[str, Any]:
    now = figure.values[-1]
    kpi: Kpi = figure.kpi
    return {
        "kpi": kpi,
        "period": now.moment.period,
        "as_of": now.moment.as_of,
        "currency": figure.currency,
        "disputed": now.disputed,
    }
