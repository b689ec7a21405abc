"""The money of the days to come: a column two rows high for each day, its amount and its name beneath."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from crm.core.i18n import _
from crm.core.money import shown
from crm.portfolio.trends import PaymentCalendar
from crm.tui.cells import fit, two_rows
from crm.tui.days import day_of_week

_GAP = 2
_BAR = 4


class DayColumns(Widget):
    """A small chart; it never stands without its figures."""

    DEFAULT_CSS = "DayColumns { height: 5; width: 1fr; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._calendar: PaymentCalendar | None = None

    def show(self, calendar: PaymentCalendar) -> None:
        """Show these days."""
        self._calendar = calendar
        self.refresh()

    def render(self) -> Content:
        """Head, two rows of columns, amounts, days; as many days as there is room for."""
        calendar = self._calendar
        if calendar is None:
            return Content("")
        sums = [day.promised + day.due for day in calendar.days]
        figures = [shown(cents, calendar.currency, whole=True) if cents else "·" for cents in sums]
        names = [day_of_week(day.day).rsplit(" ", 1)[0] for day in calendar.days]
        width = max(len(text) for text in (*figures, *names)) + _GAP
        room = max(1, (self.size.width - 16) // width)
        upper, lower = two_rows(sums[:room], width, _BAR)
        total = shown(sum(sums[:room]), calendar.currency, whole=True)
        amounts = "".join(fit(text, width, right=True) for text in figures[:room])
        days = "".join(fit(text, width, right=True) for text in names[:room])
        return Content.assemble(
            (_("Money expected"), "bold"),
            ("  " + _("promises and due dates"), "$muted"),
            "\n",
            upper,
            "\n",
            lower,
            "\n",
            amounts,
            (f"{total:>16}", "bold"),
            "\n",
            (days, "$muted"),
        )

    @property
    def words(self) -> str:
        """What it says."""
        return self.render().plain
