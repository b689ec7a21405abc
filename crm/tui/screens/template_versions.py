"""The versions of a text: what each changed, on which day and by whom; any can be taken again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.followup.actions.templates import RestoreTemplate, TemplateCard
from crm.followup.texts import Wording
from crm.tui.keys import verb
from crm.tui.panel import SidePanel
from crm.tui.template_views import changed_lines
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it stands in the list; 0: the reference wording."""

    number: int
    name: str
    day: str
    by: str
    told: Wording
    counts: bool


def kept_versions(card: TemplateCard, spelled: dict[int, str]) -> list[Kept]:
    """The versions of a text, the newest first, the reference wording last; `spelled`: version → its day in words."""
    found = [
        Kept(
            row.version,
            _("version {number}").format(number=row.version) if row.text else _("reference wording"),
            spelled[row.version],
            row.by,
            Wording(row.subject, row.text) if row.text else card.reference,
            place == 0,
        )
        for place, row in enumerate(card.versions)
    ]
    return [*found, Kept(0, _("reference wording"), "", "", card.reference, not found)]


class VersionsPanel(SidePanel):
    """Closes with the version to be taken again: its number, 0 for the reference wording."""

    ABOUT = mark("What a text said before, and who changed it.")
    DEFAULT_CSS = """
    VersionsPanel SheetTable { height: auto; max-height: 10; margin: 1 0; }
    VersionsPanel.-short SheetTable { max-height: 6; margin: 0; }
    VersionsPanel VerticalScroll { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("take it again"), told=mark("take this version again, shown as a card first")),
    ]

    def __init__(self, crm: Crm, card: TemplateCard) -> None:
        super().__init__(crm)
        self._card = card

    def body(self) -> ComposeResult:
        """The versions, and what the selected one would change."""
        yield Static(Content.styled(_("Versions of this text"), "bold"), markup=False)
        yield SheetTable[Kept]()
        with VerticalScroll(can_focus=True):
            yield Static(id="change", markup=False)

    def on_mount(self) -> None:
        """Show them, the newest first."""
        today = self.crm.clock.today()
        rows = kept_versions(self._card, {row.version: shown_date(row.day, today) for row in self._card.versions})
        columns: list[TableColumn[Kept]] = [
            TableColumn(_("Version"), 20, lambda row: row.name, most=26, lead=True),
            TableColumn(_("Day"), 8, lambda row: row.day, "$muted", most=14),
            TableColumn(_("By"), 8, lambda row: row.by, "$muted", most=20),
            TableColumn("", 9, lambda row: _("in force") if row.counts else "", "$ok"),
        ]
        table = self._table
        table.opens = False
        table.show(rows, columns)
        table.focus()

    @property
    def _table(self) -> SheetTable[Kept]:
        return self.query_one(SheetTable)

    @on(SheetTable.Highlighted)
    def _selected(self, message: SheetTable.Highlighted[Kept]) -> None:
        row, now = message.row, self._card.wording
        if row.told == now:
            lines = [Content(line) for line in now.source.splitlines()]
            head = _("This is the text in force.")
        else:
            lines = changed_lines(now.source, row.told.source)
            head = _("Taken again, it would change this:")
        self.query_one("#change", Static).update(
            Content("\n").join([Content.styled(head, "$muted"), Content(""), *lines])
        )
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What counts already is not taken again."""
        if action == "accept":
            row = self._table.selected if self.is_mounted else None
            return row is not None and row.told != self._card.wording and self.may(RestoreTemplate)
        return super().check_action(action, parameters)

    def action_accept(self) -> None:
        """Take the selected version again."""
        if (row := self._table.selected) is not None:
            self.dismiss(row.number)
