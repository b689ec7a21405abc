"""A sheet as table columns: every answer of an action can be shown without a screen of its own."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.actions import Action
from crm.core.calendar import shown_date
from crm.core.money import Money
from crm.core.sheets import Cell, Column, Kind, Sheet, Value, bare
from crm.tui.cells import NB, amount, late_style, lateness
from crm.tui.widgets.sheet_table import TableColumn

_RIGHT = {Kind.MONEY, Kind.DAYS, Kind.COUNT, Kind.PERCENT}
_SHORTEST_TEXT = 24
"""Cells that a text is content with where the room is short; it grows to what it holds where there is room."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet; a total is bold."""

    values: tuple[Value | Cell, ...]
    total: bool = False


def sheet_rows(sheet: Sheet) -> list[SheetRow]:
    """The rows of a sheet, without its totals."""
    return [SheetRow(values) for values in sheet.rows]


def opening(row: SheetRow) -> Action[Any] | None:
    """The action that a figure of the row opens to; the last such figure speaks for the row."""
    return next((value.opens for value in reversed(row.values) if isinstance(value, Cell)), None)


def sheet_totals(sheet: Sheet) -> list[SheetRow]:
    """The totals of a sheet."""
    return [SheetRow(values, total=True) for values in sheet.totals]


def sheet_columns(sheet: Sheet, today: date) -> list[TableColumn[SheetRow]]:
    """The columns of a sheet, as wide as what they hold; texts give way first."""
    rows = (*sheet_rows(sheet), *sheet_totals(sheet))
    return [_column(column, place, rows, today) for place, column in enumerate(sheet.columns)]


def _column(column: Column, place: int, rows: tuple[SheetRow, ...], today: date) -> TableColumn[SheetRow]:
    def value(row: SheetRow) -> Value:
        return bare(row.values[place])

    def says(row: SheetRow) -> str:
        return value_words(value(row), column.kind, today)

    def style(row: SheetRow) -> str:
        if row.total:
            return "bold"
        found = value(row)
        if column.kind is Kind.DAYS and isinstance(found, int):
            return late_style(found)
        return "$muted" if column.kind is Kind.DATE else ""

    wide = max((len(says(row)) for row in rows), default=0)
    width = max(len(column.heading), min(wide, _SHORTEST_TEXT) if column.kind is Kind.TEXT else wide)
    leaves = place if column.kind in {Kind.TEXT, Kind.DATE} else 0
    return TableColumn(
        column.heading,
        width,
        says,
        style,
        right=column.kind in _RIGHT,
        most=wide if wide > width else 0,
        leaves=leaves,
        lead=place == 0,
    )


def value_words(value: Value, kind: Kind, today: date) -> str:
    """A value as on screen."""
    if value is None or value == "":
        return ""
    if isinstance(value, Money):
        return amount(value.cents, value.currency)
    if isinstance(value, date):
        return shown_date(value, today)
    if kind is Kind.DAYS and isinstance(value, int):
        return lateness(value)
    if kind is Kind.PERCENT:
        return f"{value}{NB}%"
    return str(value)


def sheet_words(row: SheetRow, sheet: Sheet, today: date) -> str:
    """A row as one text in small letters, for finding it."""
    texts = (
        value_words(bare(value), column.kind, today) for value, column in zip(row.values, sheet.columns, strict=True)
    )
    return " ".join(texts).lower()
