"""The list of the day as columns and heads. Pure: items in, table columns out."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from crm.core.i18n import _
from crm.core.money import EURO, shown
from crm.tui.cells import amount, clean, late_style, lateness
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.worklist import GROUPS, Air, Head, Row, WorkItem


def work_columns(rows: Sequence[Row]) -> list[TableColumn[Row]]:
    """Glyph, who, what, amount, lateness."""

    def of(row: Row) -> WorkItem:
        assert isinstance(row, WorkItem)
        return row

    money = max([12, *(len(amount(*_cents(row))) for row in rows if isinstance(row, WorkItem))])
    names = max([18, *(len(row.name) for row in rows if isinstance(row, WorkItem))])
    return [
        TableColumn("", 1, lambda row: of(row).glyph, lambda row: of(row).style),
        TableColumn("", 18, lambda row: of(row).name, most=min(names, 32), lead=True),
        TableColumn("", 20, lambda row: clean(of(row).what), "$muted", most=80, leaves=2),
        TableColumn("", money, lambda row: amount(*_cents(of(row))) if of(row).money else "", right=True, before=1),
        TableColumn(
            "",
            7,
            lambda row: lateness(of(row).days) if of(row).days else "",
            lambda row: late_style(of(row).days),
            right=True,
            leaves=1,
        ),
    ]


def _cents(item: WorkItem) -> tuple[int, str]:
    return (item.money.cents, item.money.currency) if item.money else (0, EURO)


def head_content(row: Row) -> Content | None:
    """A group's heading and count; nothing where an item stands."""
    if isinstance(row, Air):
        return Content("")
    if isinstance(row, Head):
        return Content.assemble((_(GROUPS[row.group]), "bold"), (f"  {row.count}", "$muted"))
    return None


def head_sum(row: Row) -> Content:
    """What a group is worth."""
    return Content.styled(shown(row.cents), "$muted") if isinstance(row, Head) and row.cents else Content("")
