"""The boards of sales: quotes that wait for an answer, opportunities by stage. `u` leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from crm.core.actions import Action
from crm.core.i18n import _, mark
from crm.core.money import EURO, Money, shown
from crm.followup.actions.quotes import PreviewQuoteFollowup, RunQuoteFollowup
from crm.orders.actions.opportunities import (
    CloseOpportunity,
    ListOpportunities,
    ShowPipeline,
    UpdateOpportunity,
)
from crm.orders.actions.orders import ConvertQuote
from crm.orders.actions.quotes import AnswerQuote, ListQuotes
from crm.orders.pipeline import STAGES
from crm.tui.keys import verb
from crm.tui.screens.boards import BoardScreen


class QuotesScreen(BoardScreen):
    """Quotes, and what was said to each."""

    ABOUT = mark(
        "Which quotes wait for an answer: m notes it, r chases one, o makes an order of it, x tells what is next."
    )
    TITLE_WORDS = mark("Quotes")
    ITEMS = "quotes"
    EMPTY = (
        mark("No quote waits for an answer."),
        mark("Note one from a customer: + then v, d; f shows those answered."),
    )
    NEXT = "opportunities"
    LEAVES: ClassVar[Mapping[str, int]] = {"order": 9, "valid_until": 8, "number": 7, "subject": 6, "sent": 5}
    NARROWEST: ClassVar[Mapping[str, int]] = {"subject": 14, "name": 18}
    VIEWS: ClassVar[Mapping[str, str]] = {
        "open": mark("waiting for an answer"),
        "accepted": mark("accepted ones"),
        "refused": mark("refused ones"),
        "expired": mark("expired ones"),
        "": mark("all of them"),
    }
    NEEDS_LIST = BoardScreen.NEEDS_LIST | {"accept"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("note the answer")),
        verb("accept", label=mark("order")),
    ]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListQuotes.model_validate({"status": self._view or None})

    @property
    def _open(self) -> bool:
        return self.item.get("status") in {"sent", "discussed"}

    def action_change(self) -> None:
        """Note what the customer answered."""
        if self._open:
            self.shell.propose(AnswerQuote, {"quote": self.item["number"]}, ask=True)

    def action_accept(self) -> None:
        """Make an order of the selected one."""
        if self.item and not self.item["order"] and self.item["status"] != "refused":
            self.shell.propose(ConvertQuote, {"quote": self.item["number"]}, ask=True)

    def action_remind(self) -> None:
        """Chase the selected one, its message shown first."""
        if self._open:
            self.shell.propose(RunQuoteFollowup, {"quote": self.item["number"]})

    def opened(self) -> Action[Any] | None:
        """What its follow-up says, and why it waits."""
        return PreviewQuoteFollowup(quote=self.item["number"])


class OpportunitiesScreen(BoardScreen):
    """Sales under way by stage, in value and weighted."""

    ABOUT = mark(
        "Which sales may come, by stage: m moves one on, n ends it, x adds up the stages and why sales were lost."
    )
    TITLE_WORDS = mark("Opportunities")
    ITEMS = "opportunities"
    EMPTY = (mark("No sale is under way."), mark("Note one from a customer: + then v, o; f shows those that ended."))
    NEXT = "promises"
    LEAVES: ClassVar[Mapping[str, int]] = {
        "id": 10,
        "owner": 9,
        "probability": 8,
        "weighted": 7,
        "expected": 6,
        "next_step": 5,
        "subject": 4,
    }
    NARROWEST: ClassVar[Mapping[str, int]] = {"subject": 14, "name": 18, "next_step": 14}
    VIEWS: ClassVar[Mapping[str, str]] = {
        "open": mark("under way, by stage"),
        **{stage.value: words for stage, words in STAGES.items()},
        "won": mark("won ones"),
        "lost": mark("lost ones"),
    }
    NEEDS_LIST = BoardScreen.NEEDS_LIST | {"refuse"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("move on")),
        verb("refuse", label=mark("close it")),
    ]

    def question(self) -> Action[Any]:
        """Those of the view."""
        over = self._view in {"open", "won", "lost"}
        return ListOpportunities.model_validate(
            {"status": self._view} if over else {"status": "open", "stage": self._view}
        )

    def _head(self) -> Content:
        """With what the sales under way are worth by their probability."""
        weighted: dict[str, int] = {}
        for item in self._shown:
            money = Money.of(str(item["weighted"]), str(item.get("currency") or EURO))
            weighted[money.currency] = weighted.get(money.currency, 0) + money.cents
        if self._view in {"won", "lost"} or not any(weighted.values()):
            return super()._head()
        amounts = ", ".join(shown(cents, currency) for currency, cents in sorted(weighted.items()) if cents)
        return Content.assemble(super()._head(), (_(", weighted {amount}").format(amount=amounts), "$muted"))

    @property
    def _under_way(self) -> bool:
        return self.item.get("status") == "open"

    def action_change(self) -> None:
        """Move the selected one on."""
        if self._under_way:
            self.shell.propose(UpdateOpportunity, {"opportunity": self.item["id"]}, ask=True)

    def action_refuse(self) -> None:
        """Say how the selected one ended."""
        if self._under_way:
            self.shell.propose(CloseOpportunity, {"opportunity": self.item["id"]}, ask=True)

    def opened(self) -> Action[Any] | None:
        """The stages together, and why sales end."""
        return ShowPipeline()
