"""Explain: the lines behind a figure of the aged balance; the customer's other columns are one key away."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from crm.core.i18n import _, mark
from crm.receivables.actions import ExplainBalance
from crm.receivables.ageing import AgeingLine, Bucket
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.words import bucket_name

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class ExplainPanel(SheetPanel):
    """A customer's figure, opened."""

    DEFAULT_CSS = """
    ExplainPanel #columns { margin: 1 0 0 0; height: auto; }
    ExplainPanel.-short #columns { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "turn(1)", mark("next column")),
        Binding("left", "turn(-1)", mark("column before"), show=False),
    ]

    def __init__(self, crm: Crm, line: AgeingLine, as_of: date, bucket: Bucket | None = None) -> None:
        self._line = line
        self._choices: list[Bucket | None] = [None, *(choice for choice in Bucket if line.cents(choice))]
        self._place = self._choices.index(bucket) if bucket in self._choices else 0
        super().__init__(crm, self._question(as_of), as_of)

    def _question(self, as_of: date) -> ExplainBalance:
        return ExplainBalance(
            customer=self._line.customer,
            bucket=self._choices[self._place],
            currency=self._line.currency,
            as_of=as_of,
        )

    def choices(self) -> ComposeResult:
        """The columns that hold something."""
        yield Static(self._columns(), id="columns", markup=False)

    def _columns(self) -> Content:
        names = [bucket_name(bucket) if bucket else _("Total") for bucket in self._choices]
        return Content("   ").join(
            Content.styled(name, "bold underline" if place == self._place else "$muted")
            for place, name in enumerate(names)
        )

    def action_turn(self, step: int) -> None:
        """Open the column before, or the next."""
        self._place = (self._place + step) % len(self._choices)
        self.query_one("#columns", Static).update(self._columns())
        self.look_up(self._question(self._as_of))
