"""Yes to several proposals at once: one card with their number, total and titles; each is committed on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message

from crm.core.basics import AcceptProposal
from crm.core.errors import CrmError
from crm.core.i18n import _, plural
from crm.core.money import shown
from crm.core.proposals import Proposal, restored
from crm.tui.panel import SidePanel
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.preview_card import Card, CardField, PreviewCard
from crm.tui.widgets.progress import ProgressLine
from crm.tui.words import card_title

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class AllProposalsPanel(SidePanel):
    """One card for all."""

    DEFAULT_CSS = """
    AllProposalsPanel ProgressLine, AllProposalsPanel Notice { display: none; }
    AllProposalsPanel.-working ProgressLine { display: block; }
    AllProposalsPanel.-noticed PreviewCard { display: none; }
    AllProposalsPanel.-noticed Notice { display: block; }
    """

    @dataclass
    class Decided(Message):
        """So many were accepted; these were not, for these reasons."""

        accepted: int
        refused: Sequence[str]

    def __init__(self, crm: Crm, proposals: Sequence[Proposal], cents: int) -> None:
        super().__init__(crm)
        self._proposals = proposals
        self._cents = cents
        self._accepted = 0

    def body(self) -> ComposeResult:
        """The card."""
        with VerticalScroll(can_focus=False):
            yield PreviewCard()
        yield ProgressLine()
        yield Notice()

    def on_mount(self) -> None:
        """Count, total, titles."""
        count = len(self._proposals)
        fields = [CardField(_("At stake"), shown(self._cents), strong=True)] if self._cents else []
        for proposal in self._proposals:
            title = card_title(type(restored(proposal, self.crm.registry)))
            fields.append(CardField(proposal.subject, f"{title}. {proposal.reason}"))
        card = self.query_one(PreviewCard)
        title = plural("Accept {count} proposal", "Accept {count} proposals", count)
        card.show(Card(title, tuple(fields), (_("each is recorded on its own and can be undone"),), changes=False))
        card.focus()

    @on(PreviewCard.Declined)
    def _declined(self) -> None:
        self.dismiss(0)

    @on(PreviewCard.Accepted)
    def _accept(self) -> None:
        progress = self.query_one(ProgressLine)
        progress.begin(_("Recording…"))
        self.add_class("-working")
        runner, actor = self.crm.runner, self.crm.actor
        proposals = self._proposals

        def commit() -> Message:
            accepted, refused = 0, []
            for place, proposal in enumerate(proposals, start=1):
                if not progress.told(_("proposals"), place, len(proposals)):
                    break
                try:
                    runner.commit(runner.preview(AcceptProposal(proposal=proposal.id), actor), actor)
                    accepted += 1
                except CrmError as error:
                    refused.append(f"{proposal.subject}: {error.message}")
            return self.Decided(accepted, refused)

        self.record(commit, topic="decide")

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self._accepted = message.accepted
        if not message.refused:
            self.dismiss(message.accepted)
            return
        self.remove_class("-working")
        title = plural("{count} was not accepted.", "{count} were not accepted.", len(message.refused))
        notice = self.query_one(Notice)
        notice.say(Told(title, "\n".join(message.refused), (Offer("escape", _("back"), "screen.close"),), failed=True))
        self.add_class("-noticed")
        notice.focus()

    def action_close(self) -> None:
        """Stop what is at work; else go back."""
        if self.has_class("-working"):
            self.query_one(ProgressLine).stop()
        else:
            self.dismiss(self._accepted)
