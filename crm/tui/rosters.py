"""The list of customers as columns and words. Pure: rows of a search in, table columns out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.customers.models import Regime
from crm.portfolio.search import CustomerRow
from crm.tui.cells import ageing_bar, amount, late_style, lateness
from crm.tui.headlines import customer_sentence
from crm.tui.risk_views import risk_style, risk_words
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.words import choice_words

FILTERS: dict[str, str] = {
    "": mark("all"),
    "overdue": mark("overdue"),
    "proposed": mark("a yes awaited"),
    "promised": mark("promises"),
    "held": mark("held"),
    "no_regime": mark("no regime yet"),
    "no_address": mark("no e-mail address"),
    "mine": mark("mine"),
}
"""Ready filter → how it is called."""
ORDERS: dict[str, str] = {
    "overdue": mark("most overdue first"),
    "late": mark("latest first"),
    "balance": mark("largest balance first"),
    "name": mark("by name"),
}
"""Order → how it is called."""
_BAR = 10


def customer_columns(
    rows: Sequence[CustomerRow], sort: str, today: date, *, narrow: bool
) -> list[TableColumn[CustomerRow]]:
    """Who, where, how much, how old, how late, what next; narrow: without town, balance and segment."""
    owed = max([12, *(len(shown(row.owed.total, row.owed.currency)) for row in rows)])
    overdue = max([12, *(len(shown(row.owed.overdue, row.owed.currency)) for row in rows)])
    names = max([20, *(len(row.name) for row in rows)])
    columns: list[TableColumn[CustomerRow]] = [
        TableColumn(
            _("Customer"),
            20 if narrow else 24,
            lambda row: row.name or row.number,
            most=min(names, 40),
            lead=True,
            marked=sort == "name",
        ),
        TableColumn(_("City"), 12, lambda row: row.city, "$muted", most=18, leaves=6),
        TableColumn(
            _("Balance"),
            owed,
            lambda row: amount(row.owed.total, row.owed.currency),
            right=True,
            leaves=2,
            marked=sort == "balance",
        ),
        TableColumn(
            _("Overdue"),
            overdue,
            lambda row: amount(row.owed.overdue, row.owed.currency),
            right=True,
            marked=sort == "overdue",
        ),
        TableColumn(_("Age"), _BAR, lambda row: ageing_bar(row.owed.ages, _BAR, "━"), leaves=1),
        TableColumn(
            _("Late"),
            7,
            lambda row: lateness(row.owed.oldest_days) if row.owed.overdue > 0 else "",
            lambda row: late_style(row.owed.oldest_days),
            right=True,
            marked=sort == "late",
        ),
        TableColumn(_("Risk"), 9, lambda row: risk_words(row.risk), lambda row: risk_style(row.risk), leaves=4),
        TableColumn(_("Segment"), 12, lambda row: choice_words(row.segment) if row.segment else "", "$muted", leaves=5),
        TableColumn(
            _("Next"), 14, lambda row: next_words(row, today), next_style, most=48, before=1, leaves=1 if narrow else 0
        ),
    ]
    gone = {_("City"), _("Balance"), _("Segment"), _("Risk")} if narrow else set()
    if all(row.risk is None for row in rows):
        gone.add(_("Risk"))
    if not any(row.segment for row in rows):
        gone.add(_("Segment"))
    if not any(next_words(row, today) for row in rows):
        gone.add(_("Next"))
    return [column for column in columns if column.heading not in gone]


def next_words(row: CustomerRow, today: date) -> str:
    """What comes next for a customer, from facts alone."""
    if row.proposal:
        return "◆ " + row.proposal
    if row.hold:
        return "■ " + row.hold
    if row.promise:
        return _("promise for {day}").format(day=shown_date(row.promise, today))
    if row.broken:
        return "✗ " + _("promise of {day} not kept").format(day=shown_date(row.broken, today))
    if row.regime == Regime.TO_QUALIFY.value:
        return _("regime to be stated")
    return ""


def next_style(row: CustomerRow) -> str:
    """What waits for a yes is blue, what was not kept warm, what is held quiet."""
    if row.proposal:
        return "$accent"
    if row.hold:
        return "$muted"
    if row.promise:
        return ""
    return "$late2" if row.broken else "$muted"


def customers_title(sort: str, text: str, only: str, total: int | None, shown_rows: int) -> Content:
    """`Clients  en retard · 20 · les plus échus d'abord · « morl »`."""
    count = str(total) if total is not None else f"{shown_rows}+" if shown_rows else ""
    parts: list[tuple[str, str]] = [(_("Customers"), "bold"), ("  ", "")]
    if only:
        parts += [(_(FILTERS[only]), "underline"), (" ", "")]
    parts.append((" · ".join(filter(None, (count, _(ORDERS[sort])))), "$muted"))
    if text:
        parts += [(" · ", "$muted"), (text, "underline")]
    return Content.assemble(*parts)


def roster_sentence(row: CustomerRow, today: date) -> str:
    """A customer in a sentence: what the list says by place and colour."""
    line = row.owed
    if line.total or line.overdue:
        told = customer_sentence(replace(line, customer=row.number, name=row.name))
    else:
        told = _("{name}: owes nothing.").format(name=row.name or row.number)
    return f"{told} {next_words(row, today)}".strip()
