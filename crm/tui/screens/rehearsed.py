"""What one customer would have got and would get, by each scenario of a rehearsal, and one of the messages word for word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark, plural
from crm.followup.actions.rehearsing import Rehearsal, RehearsedMessage, ShowRehearsedMessage
from crm.followup.policy import LEVELS
from crm.followup.rehearsal import Sent
from crm.tui.base import sentence
from crm.tui.cells import amount, clean
from crm.tui.keys import verb
from crm.tui.panel import SidePanel
from crm.tui.reminders import WAYS
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and by which scenario."""

    scenario: str
    tone: str
    sent: Sent


def of_customer(found: Rehearsal, customer: str) -> list[Told]:
    """All that a customer gets, by day, both scenarios together."""
    rows = []
    for side in found.sides:
        tones = {step.level: side.scenario.tone_of(step) for step in side.scenario.steps}
        rows += [
            Told(side.scenario.called, tones.get(sent.level, ""), sent)
            for sent in (*side.past, *side.coming)
            if sent.customer == customer
        ]
    return sorted(rows, key=lambda row: (row.sent.day, row.scenario))


def sign_of(sent: Sent) -> tuple[str, str]:
    """Whether a message was needless, or waits for a yes; and its colour."""
    return ("≠", "$late2") if sent.needless else ("◆", "$accent") if sent.confirmed else ("", "")


class RehearsedPanel(SidePanel):
    """One customer of a rehearsal."""

    ABOUT = mark("All that one customer would have got and would get, word for word; nothing leaves.")
    DEFAULT_CSS = """
    RehearsedPanel SheetTable { height: auto; max-height: 45%; margin: 1 0; }
    RehearsedPanel.-short SheetTable { margin: 0; max-height: 8; }
    RehearsedPanel VerticalScroll { height: 1fr; background: $raised; padding: 1 2; }
    RehearsedPanel.-short VerticalScroll { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("view", "sheet", label=mark("the customer's sheet"), told=mark("open the customer's sheet")),
    ]

    @dataclass
    class Read(Message):
        """The text of the selected message."""

        told: RehearsedMessage

    def __init__(self, crm: Crm, found: Rehearsal, sent: Sent) -> None:
        super().__init__(crm)
        self._found = found
        self._sent = sent
        self._rows = of_customer(found, sent.customer)

    def body(self) -> ComposeResult:
        """Who, the messages, and the words of one of them."""
        count = plural("{count} message", "{count} messages", len(self._rows))
        yield Static(Content.assemble((clean(self._sent.name), "bold"), (f"  {count}", "$muted")), markup=False)
        yield SheetTable[Told]()
        with VerticalScroll(can_focus=True):
            yield Static(id="text", markup=False)

    def on_mount(self) -> None:
        """Show them, the one that was opened selected."""
        today, several = self.crm.clock.today(), len(self._found.sides) > 1
        sums = [len(amount(row.sent.total, row.sent.currency)) for row in self._rows]
        columns: list[TableColumn[Told]] = [
            TableColumn("", 1, lambda row: sign_of(row.sent)[0], lambda row: sign_of(row.sent)[1]),
            TableColumn(_("Day"), 8, lambda row: shown_date(row.sent.day, today), "$muted", most=13),
            TableColumn(_("Step"), 18, lambda row: _(LEVELS[row.sent.level]), most=34, lead=True),
            TableColumn(_("Channel"), 9, lambda row: _(WAYS[row.sent.channel]), "$muted", leaves=2),
            TableColumn(
                _("Amount"), max([8, *sums]), lambda row: amount(row.sent.total, row.sent.currency), right=True
            ),
        ]
        if several:
            columns.insert(2, TableColumn(_("Scenario"), 10, lambda row: row.scenario, "$muted", most=16, leaves=1))
        table = self._table
        table.opens = False
        place = next((at for at, row in enumerate(self._rows) if row.sent is self._sent), 0)
        table.show(self._rows, columns, cursor=place)
        table.focus()

    @property
    def _table(self) -> SheetTable[Told]:
        return self.query_one(SheetTable)

    @on(SheetTable.Highlighted)
    def _selected(self, message: SheetTable.Highlighted[Told]) -> None:
        row = message.row
        asked = ShowRehearsedMessage(
            customer=row.sent.customer,
            level=row.sent.level,
            day=row.sent.day,
            channel=row.sent.channel,
            tone=None if row.tone in {"", "standard"} else row.tone,
        )
        self.ask(asked, self.Read, topic="text")

    @on(Read)
    def _read(self, message: Read) -> None:
        told = message.told
        subject = [Content.styled(clean(told.subject), "bold"), Content("")] if told.subject else []
        lines = [*subject, *(Content(clean(line)) for line in told.text.splitlines())]
        self._show(Content("\n").join(lines))

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self._show(Content.assemble(("✗ ", "bold $late3"), (sentence(message.error), "")))

    def _show(self, content: Content) -> None:
        self.query_one("#text", Static).update(content)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_sheet(self) -> None:
        """Open the customer's sheet."""
        self.dismiss()
        self.app.call_later(self.shell.open_customer, self._sent.customer)
