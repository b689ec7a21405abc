"""How to: what is done outside the terminal screens, with the command to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.core.errors import CrmError
from crm.core.i18n import _
from crm.tui.cells import clean
from crm.tui.panel import SidePanel

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class HowToPanel(SidePanel):
    """A title, a few sentences, and commands that stand out."""

    BINDINGS: ClassVar = []

    def __init__(self, crm: Crm, title: str, steps: list[tuple[str, str]]) -> None:
        super().__init__(crm)
        self._title = title
        self._steps = steps

    @classmethod
    def importing(cls, crm: Crm) -> Self:
        """How a file comes in."""
        steps = [
            (_("In a shell, give the file to Relance:"), "crm import-data 552081317FEC20261231.txt"),
            (
                _(
                    "It is recognised by its content: the file of entries (FEC), or invoices, customers and payments "
                    "in CSV or XLSX. You see what comes in before anything is written."
                ),
                "",
            ),
            (_("An empty file with its columns, to fill in:"), "crm import-template invoices-csv"),
            (_("The same file given twice creates nothing twice. F5 reads the balance again."), ""),
        ]
        return cls(crm, _("Import a file"), steps)

    @classmethod
    def example(cls, crm: Crm) -> Self:
        """How the example company is opened."""
        steps = [
            (_("Quit with ctrl+q, then type:"), "crm demo"),
            (_("The example company opens in a database of its own. Yours stays as it is, and nothing is sent."), ""),
        ]
        return cls(crm, _("See the example company"), steps)

    @classmethod
    def fault(cls, crm: Crm, error: CrmError) -> Self:
        """What a fault looks like from inside, to be read out to whoever helps."""
        cause = error.__cause__
        steps = [
            (clean(error.message), ""),
            (_("To pass on to whoever looks after the program:"), f"{type(cause).__name__}: {clean(str(cause))[:300]}"),
        ]
        return cls(crm, _("What happened"), steps)

    def body(self) -> ComposeResult:
        """The steps, one under the other."""
        with VerticalScroll(can_focus=True):
            yield Static(self._content(), markup=False)

    @property
    def words(self) -> str:
        """What it says."""
        return self._content().plain

    def _content(self) -> Content:
        parts: list[tuple[str, str]] = [(self._title, "bold")]
        for sentence, command in self._steps:
            parts += [("\n\n", ""), (sentence, "")]
            if command:
                parts += [("\n\n  ", ""), (f" {command} ", "bold on $raised")]
        return Content.assemble(*parts)
