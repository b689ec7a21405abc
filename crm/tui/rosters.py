"""The list of customers as columns and words. Pure: rows of a search in, table columns out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.customers.models import Regime
from crm.portfolio.search import CustomerRow
from crm.receivables.ageing import AgeingLine, Bucket
from crm.tui.cells import ageing_bar, amount, late_style, lateness
from crm.tui.headlines import customer_sentence
from crm.tui.risk_views import risk_style, risk_words
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.words import choice_words

FILTERS: dict[str, str] = {
    "": mark("all customers"),
    "overdue": mark("with overdue invoices"),
    "proposed": mark("a yes awaited"),
    "promised": mark("promises"),
    "held": mark("reminders suspended"),
    "no_regime": mark("no regime yet"),
    "no_address": mark("no e-mail address"),
    "mine": mark("mine"),
}
"""Ready filter → how it is called."""
ORDERS: dict[str, str] = {
    "overdue": mark("most overdue first"),
    "late": mark("latest first"),
    "balance": mark("largest balance first"),
    "contact": mark("next contact first"),
    "name": mark("by name"),
}
"""Order → how it is called."""
LEAD = "name"
"""The column that always stands first."""
COLUMNS: dict[str, str] = {
    LEAD: mark("Customer"),
    "city": mark("City"),
    "balance": mark("Balance"),
    "overdue": mark("Overdue"),
    "age": mark("Age"),
    "late": mark("Late"),
    "risk": mark("Risk"),
    "segment": mark("Segment"),
    "exchange": mark("Last exchange"),
    "next": mark("Next"),
    "contact": mark("Next contact"),
    "number": mark("Number"),
    "regime": mark("Regime"),
    "not_due": mark("Not due"),
}
"""Column → its heading. When the room is short they leave in this order: number, city, regime, segment, risk, last exchange, not due,
balance."""
USUAL_COLUMNS = ("city", "balance", "overdue", "age", "late", "risk", "segment", "next", "contact")
"""What stands behind the name until a person chooses."""
NARROW_COLUMNS = ("overdue", "age", "late", "next")
_BAR, _NARROW_BAR = 10, 6


def _narrow(sort: str) -> tuple[str, ...]:
    """What stands behind the name where it is narrow: the next contact in the place of the next step when one sorts by it."""
    return NARROW_COLUMNS if sort != "contact" else ("overdue", "late", "contact")


def usual_columns(rows: Sequence[CustomerRow]) -> tuple[str, ...]:
    """What stands behind the name until a person chooses: risk once anybody has been scored, contacts once one is planned."""
    silent = set()
    if all(row.risk is None for row in rows):
        silent.add("risk")
    if not any(_planned(row) for row in rows):
        silent.add("contact")
    return tuple(name for name in USUAL_COLUMNS if name not in silent)


def _planned(row: CustomerRow) -> bool:
    """A date that only the cadence asks for is no news until one sorts by it."""
    return row.contact is not None and row.contact.task is not None


def customer_columns(
    rows: Sequence[CustomerRow], sort: str, today: date, *, narrow: bool, chosen: Sequence[str] = ()
) -> list[TableColumn[CustomerRow]]:
    """The columns a person has chosen, in that order; without a choice who, where, how much, how old, how late, what next.

    Without a choice, town, balance and segment are left out where it is narrow, and columns with nothing to say everywhere.
    """
    kinds = _kinds(rows, sort, today, narrow=narrow)
    if chosen:
        return [kinds[name] for name in (LEAD, *chosen) if name in kinds]
    silent = set()
    if not any(row.segment for row in rows):
        silent.add("segment")
    if all(row.risk is None for row in rows):
        silent.add("risk")
    if sort != "contact" and not any(_planned(row) for row in rows):
        silent.add("contact")
    if not any(next_words(row, today) for row in rows):
        silent.add("next")
    return [kinds[name] for name in (LEAD, *(_narrow(sort) if narrow else USUAL_COLUMNS)) if name not in silent]


def _kinds(rows: Sequence[CustomerRow], sort: str, today: date, *, narrow: bool) -> dict[str, TableColumn[CustomerRow]]:
    def money(name: str, cents: Callable[[AgeingLine], int], leaves: int = 0) -> TableColumn[CustomerRow]:
        width = max([12, *(len(shown(cents(row.owed), row.owed.currency)) for row in rows)])
        return TableColumn(
            _(COLUMNS[name]),
            width,
            lambda row: amount(cents(row.owed), row.owed.currency),
            right=True,
            leaves=leaves,
            marked=sort == name,
        )

    def words(
        name: str, width: int, says: Callable[[CustomerRow], str], leaves: int, most: int = 0
    ) -> TableColumn[CustomerRow]:
        return TableColumn(_(COLUMNS[name]), width, says, "$muted", most=most, leaves=leaves)

    bar = _NARROW_BAR if narrow else _BAR
    names = max([20, *(len(row.name) for row in rows)])

    def contact_style(row: CustomerRow) -> str:
        return "$late2" if row.contact is not None and row.contact.day < today else "$muted"

    return {
        LEAD: TableColumn(
            _(COLUMNS[LEAD]),
            18 if narrow else 24,
            lambda row: row.name or row.number,
            most=min(names, 40),
            lead=True,
            marked=sort == LEAD,
        ),
        "number": words("number", 8, lambda row: row.number, 11),
        "city": words("city", 12, lambda row: row.city, 10, 18),
        "regime": words("regime", 12, lambda row: choice_words(row.regime) if row.regime else "", 9),
        "segment": words("segment", 12, lambda row: choice_words(row.segment) if row.segment else "", 8),
        "exchange": words(
            "exchange", 15, lambda row: shown_date(row.exchange, today) if row.exchange else "", leaves=6
        ),
        "not_due": money("not_due", lambda line: line.cents(Bucket.NOT_DUE), 5),
        "balance": money("balance", lambda line: line.total, 4),
        "overdue": money("overdue", lambda line: line.overdue),
        "age": TableColumn(_(COLUMNS["age"]), bar, lambda row: ageing_bar(row.owed.ages, bar, "━"), leaves=3),
        "late": TableColumn(
            _(COLUMNS["late"]),
            7,
            lambda row: lateness(row.owed.oldest_days) if row.owed.overdue > 0 else "",
            lambda row: late_style(row.owed.oldest_days),
            right=True,
            marked=sort == "late",
        ),
        "risk": TableColumn(
            _(COLUMNS["risk"]), 10, lambda row: risk_words(row.risk), lambda row: risk_style(row.risk), leaves=7
        ),
        "next": TableColumn(
            _(COLUMNS["next"]),
            23 if narrow else 24,
            lambda row: next_words(row, today),
            next_style,
            most=48,
            before=1,
            leaves=2,
        ),
        "contact": TableColumn(
            _(COLUMNS["contact"]),
            20 if sort == "contact" else 16,
            lambda row: row.contact.words(today) if row.contact else "",
            contact_style,
            most=24,
            leaves=2 if sort == "contact" else 8,
            marked=sort == "contact",
        ),
    }


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
