"""A sheet as text, for a terminal or a pipe."""

from collections.abc import Sequence
from datetime import date

from crm.core.calendar import shown_date
from crm.core.figures import percent_shown
from crm.core.i18n import _
from crm.core.money import Money, shown
from crm.core.sheets import Cell, Column, Kind, Sheet, Value, bare

_RIGHT = {Kind.MONEY, Kind.DAYS, Kind.COUNT, Kind.PERCENT}
_MAX_WIDTH = 48


def sheet_text(sheet: Sheet, today: date) -> str:
    """Title, table, totals, formula and notes."""
    as_of = f" · {_('as of {day}').format(day=shown_date(sheet.as_of, today))}" if sheet.as_of else ""
    lines = [sheet.title + as_of]
    if sheet.rows:
        lines += ["", *_table(sheet, today)]
    lines += ["", sheet.formula] if sheet.formula else []
    lines += list(sheet.notes)
    return "\n".join(line.rstrip() for line in lines)


def _table(sheet: Sheet, today: date) -> list[str]:
    rows = [_cells(row, sheet.columns, today) for row in sheet.rows]
    sums = [_cells(row, sheet.columns, today) for row in sheet.totals]
    heads = [column.heading for column in sheet.columns]
    widths = [max(len(row[place]) for row in (heads, *rows, *sums)) for place in range(len(heads))]
    lines = [_line(heads, widths, sheet.columns)] if any(heads) else []
    lines += [_line(row, widths, sheet.columns) for row in rows]
    if sums:
        lines.append(_line(["─" * width for width in widths], widths, sheet.columns))
        lines += [_line(row, widths, sheet.columns) for row in sums]
    return lines


def _cells(row: Sequence[Value | Cell], columns: Sequence[Column], today: date) -> list[str]:
    """The texts of a row; a long one is cut where something stands behind it."""
    texts = [_shown(value, column, today) for value, column in zip(row, columns, strict=True)]
    return [
        text[: _MAX_WIDTH - 1] + "…" if len(text) > _MAX_WIDTH and column.kind is Kind.TEXT else text
        for text, column in zip(texts[:-1], columns, strict=False)
    ] + texts[-1:]


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    return "  ".join(
        cell.rjust(width) if column.kind in _RIGHT else cell.ljust(width)
        for cell, width, column in zip(cells, widths, columns, strict=True)
    )


def _shown(value: Value | Cell, column: Column, today: date) -> str:
    plain = bare(value)
    if plain is None or plain == "":
        return ""
    if isinstance(plain, Money):
        return shown(plain.cents, plain.currency) if plain else "·"
    if isinstance(plain, date):
        return shown_date(plain, today)
    if column.kind is Kind.DAYS:
        return _days(int(str(plain)))
    if column.kind is Kind.PERCENT:
        return percent_shown(str(plain))
    # A name is data: nothing in it may move the cursor or start a new line.
    return "".join(char if char.isprintable() or char == "\u00a0" else " " for char in str(plain))


def _days(days: int) -> str:
    if days == 0:
        return ""
    return _("{sign}{days} d").format(sign="+" if days > 0 else "−", days=abs(days))
