"""The one bar of the aged balance: how old the money is, with a legend where there is room for it."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from crm.core.money import shown
from crm.receivables.ageing import AGES, AgeingLine
from crm.tui.cells import ZERO, ageing_bar, percent
from crm.tui.words import bucket_name

_WIDEST_GAP = 6


class AgeingHead(Widget):
    """Bar and legend."""

    DEFAULT_CSS = "AgeingHead { height: 2; width: 1fr; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._line: AgeingLine | None = None

    def show(self, line: AgeingLine) -> None:
        """Show the ages of a line."""
        self._line = line
        self.refresh()

    def render(self) -> Content:
        """The bar, and the legend under it: a chart never stands without its figures."""
        width = self.size.width
        if self._line is None:
            return Content.styled("━" * width, "$rule")
        bar = ageing_bar(self._line.ages, width)
        return Content.assemble(bar, "\n", self._legend(self._line, width))

    def _legend(self, line: AgeingLine, width: int) -> Content:
        """Name, amount and share of each age, spread over the width; what has no room goes: amount, then share."""
        for amounts, shares, least in ((True, True, 3), (False, True, 1), (False, False, 1)):
            entries = [_entry(line, place, amounts=amounts, shares=shares) for place in range(len(AGES))]
            taken = sum(entry.cell_length for entry in entries)
            gap = (width - taken) // (len(entries) - 1)
            if gap >= least:
                break
        return Content(" " * max(1, min(gap, _WIDEST_GAP))).join(entries)


def _entry(line: AgeingLine, place: int, *, amounts: bool, shares: bool) -> Content:
    cents, whole = line.ages[place], sum(line.ages)
    parts = [("■ ", f"$fill{place}"), (bucket_name(AGES[place]), "$muted")]
    if not cents:
        return Content.assemble(*parts, (f" {ZERO}", "$rule"))
    if amounts:
        parts.append((f"  {shown(cents, line.currency, whole=True)}", ""))
    if shares and whole:
        parts.append((f" {percent(cents, whole)}", "$muted"))
    return Content.assemble(*parts)
