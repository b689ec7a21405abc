"""Yes, no and another value for the proposal in sight: the same wherever one is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message

from crm.core.actions import Effect
from crm.core.basics import AcceptProposal, RefuseProposal
from crm.core.i18n import _
from crm.core.proposals import Proposal, restored
from crm.core.runner import Preview
from crm.tui.cards import proposal_card, receipt_of
from crm.tui.customer_verbs import CustomerVerbs
from crm.tui.keys import verb
from crm.tui.widgets.preview_card import Card, PreviewCard
from crm.tui.widgets.say_line import Choice, SayLine

if TYPE_CHECKING:
    from crm.bootstrap import Crm

WHY = "why"
"""What the say line asks after a no."""


class ProposalVerbs(CustomerVerbs):
    """A screen on which a proposal can be in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept"),
        verb("change"),
        verb("refuse"),
    ]

    @dataclass
    class Weighed(Message):
        """What a yes to a proposal would change is known."""

        proposal: Proposal
        card: Card
        preview: Preview[Any] | None

    @dataclass
    class Decided(Message):
        """A proposal was accepted or refused."""

        entry_id: int | None
        receipt: str

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self.proposal: Proposal | None = None
        """The proposal in sight."""
        self._weighed: Preview[Any] | None = None

    def weigh(self, proposal: Proposal | None, name: str = "") -> None:
        """Show what a yes to this one would change; nothing in sight without one."""
        self.proposal, self._weighed = proposal, None
        card = self.query_one(PreviewCard)
        card.display = proposal is not None and card.card is not None
        self.refresh_bindings()
        if proposal is None:
            return
        crm, today = self.crm, self.crm.clock.today()
        action = restored(proposal, crm.registry)

        def read() -> Message:
            names = {str(getattr(action, "customer", "")): name} if name else {}
            preview = None
            if action.effect is not Effect.SEND:
                preview = crm.runner.preview(AcceptProposal(proposal=proposal.id), crm.actor)
            return self.Weighed(proposal, proposal_card(proposal, action, preview, today, names), preview)

        self.in_background(read, topic="weigh")

    @on(Weighed)
    def _show_weighed(self, message: Weighed) -> None:
        if self.proposal is None or message.proposal.id != self.proposal.id:
            return
        self._weighed = message.preview
        card = self.query_one(PreviewCard)
        card.show(message.card)
        card.display = True
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Yes and no only where something is proposed."""
        if action in {"accept", "change", "refuse"}:
            return self.proposal is not None and not self.noticed
        return super().check_action(action, parameters)

    def action_accept(self) -> None:
        """Commit what the card shows; what would send something is looked at in its own place."""
        proposal, preview, crm = self.proposal, self._weighed, self.crm
        if proposal is None:
            return
        if preview is None:
            action = restored(proposal, crm.registry)
            if action.effect is Effect.SEND:
                self.shell.propose(type(action), action.model_dump())
            return
        self._weighed = None
        action = restored(proposal, crm.registry)

        def commit() -> Message:
            done = crm.runner.commit(preview, crm.actor)
            return self.Decided(done.entry_id, receipt_of(action, done.result.outcome, done.changes))

        self.record(commit, topic="decide")

    def action_change(self) -> None:
        """Give it other values, then look at it again."""
        proposal = self.proposal
        if proposal is None:
            return
        action = restored(proposal, self.crm.registry)
        self.shell.propose(type(action), action.model_dump(), ask=True, proposal=proposal.id)

    def action_refuse(self) -> None:
        """Ask why, then refuse it."""
        answers = (
            Choice("1", _("already paid")),
            Choice("2", _("misread")),
            Choice("3", _("not now")),
            Choice("enter", _("without a reason")),
        )
        self.say_line.choose(WHY, _("Why?"), answers)

    @on(SayLine.Chosen)
    def _refuse(self, message: SayLine.Chosen) -> None:
        proposal, crm = self.proposal, self.crm
        if message.topic != WHY or proposal is None:
            return
        self.end_question()
        reasons = {"1": _("already paid"), "2": _("misread"), "3": _("not now")}
        action = RefuseProposal(proposal=proposal.id, reason=reasons.get(message.key, ""))

        def commit() -> Message:
            done = crm.runner.commit(crm.runner.preview(action, crm.actor), crm.actor)
            return self.Decided(done.entry_id, _("Refused."))

        self.record(commit, topic="decide")

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self.shell.committed(message.entry_id, message.receipt)
        self.say_line.tell(f"{message.receipt} {_('z to undo')}", "✓", "$ok")
        self.action_refresh()
