"""Why: what is decided about a customer's reminders today, in sentences, and when the next step comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.i18n import _
from crm.core.money import shown
from crm.followup.actions.dunning import VERDICTS
from crm.followup.actions.why import ExplainDunning, Explanation, Why
from crm.followup.gate import Verdict
from crm.tui.cells import clean
from crm.tui.days import dated
from crm.tui.panel import SidePanel
from crm.tui.widgets.notice import Notice, Told

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_SIGNS = {Verdict.ASK: ("◆", "$accent"), Verdict.SEND: ("✓", "$ok"), Verdict.HOLD: ("■", "$late2")}


class WhyPanel(SidePanel):
    """The answer to "why is nothing sent to them?"."""

    DEFAULT_CSS = """
    WhyPanel Notice { display: none; }
    WhyPanel.-noticed VerticalScroll { display: none; }
    WhyPanel.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar = []

    @dataclass
    class Explained(Message):
        """The answer has arrived."""

        explanation: Explanation

    def __init__(self, crm: Crm, customer: str) -> None:
        super().__init__(crm)
        self._customer = customer

    def body(self) -> ComposeResult:
        """Sentences, one a line."""
        with VerticalScroll(can_focus=True):
            yield Static(id="answer", markup=False)
        yield Notice()

    def on_mount(self) -> None:
        """Ask."""
        self.ask(ExplainDunning(customer=self._customer), self.Explained, topic="why")

    @on(Explained)
    def _show(self, message: Explained) -> None:
        self.query_one("#answer", Static).update(explained(message.explanation))

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self.query_one(Notice).say(Told(message.error.message, message.error.next_step, failed=True))
        self.add_class("-noticed")

    @property
    def words(self) -> str:
        """What it says."""
        return str(self.query_one("#answer", Static).render())


def explained(explanation: Explanation) -> Content:
    """The answer, one block a currency."""
    day = _("on {day}").format(day=dated(explanation.as_of))
    parts: list[Content | tuple[str, str]] = [(clean(explanation.name), "bold"), (f"  {day}", "$muted")]
    for why in explanation.answers:
        parts += [("\n\n", ""), _block(why)]
    return Content.assemble(*parts)


def _block(why: Why) -> Content:
    sign, style = _SIGNS[why.verdict] if why.verdict else ("·", "$muted")
    verdict = _(VERDICTS[why.verdict]) if why.verdict else _("nothing is due now")
    overdue = _("{amount} overdue").format(amount=shown(why.total, why.currency))
    parts: list[tuple[str, str]] = [
        (f"{sign} ", style),
        (verdict[:1].upper() + verdict[1:], "bold"),
        (f"  {overdue}", "$muted"),
        ("\n", ""),
    ]
    for sentence in why.sentences:
        parts += [("\n", ""), (f"{clean(sentence)}", "")]
    return Content.assemble(*parts)
