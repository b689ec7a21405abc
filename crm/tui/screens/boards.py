"""The boards: words given, objections, payment plans. `u` leads from one to the next, `f` to what else each can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from crm.core.actions import Action
from crm.core.i18n import _, mark
from crm.core.money import EURO, Money, shown
from crm.core.sheets import Sheet
from crm.receivables.actions import (
    ListDisputes,
    ListPaymentPlans,
    ListPromises,
    ResolveDispute,
    ShowPaymentPlan,
    ShowReliability,
    UpdateDispute,
    UpdatePromise,
)
from crm.receivables.actions.plan_document import WritePlanDocument
from crm.receivables.actions.plans import CancelPaymentPlan, SignPaymentPlan
from crm.tui.keys import verb
from crm.tui.screens.lists import Item, ListScreen
from crm.tui.screens.sheet_panel import SheetPanel

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class BoardScreen(ListScreen):
    """A list with several views of the same."""

    VIEWS: ClassVar[Mapping[str, str]] = {}
    """View → how it is called; the first is shown at first."""
    NEXT: ClassVar[str] = ""
    """The board that follows."""
    AMOUNT: ClassVar[str] = "amount"
    """The amount that is added up in the head."""
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"change", "explain"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("filter"),
        verb("change"),
        verb("explain"),
        verb("boards", label=mark("next board")),
    ]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._view = next(iter(self.VIEWS))

    @property
    def narrowed(self) -> bool:
        """Whether it shows another view than its first."""
        return self._view != next(iter(self.VIEWS))

    @property
    def nothing(self) -> str:
        """What an empty view says."""
        return _("Nothing here: f shows the rest.") if self.narrowed and not self._words else super().nothing

    def _head(self) -> Content:
        sums: dict[str, int] = {}
        for item in self._shown:
            money = Money.of(str(item.get(self.AMOUNT) or "0"), str(item.get("currency") or EURO))
            sums[money.currency] = sums.get(money.currency, 0) + money.cents
        amounts = ", ".join(shown(cents, currency) for currency, cents in sorted(sums.items()) if cents)
        parts: list[Any] = [super()._head(), "  ", (_(self.VIEWS[self._view]), "underline")]
        return Content.assemble(*parts, (f"  {amounts}" if amounts else "", "$muted"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is one view only, no key leads to the next."""
        if action == "filter" and len(self.VIEWS) < 2:
            return False
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """The next view."""
        views = list(self.VIEWS)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self.reload()

    def action_boards(self) -> None:
        """The next board, in the place of this one."""
        shell, following = self.shell, self.NEXT
        self.dismiss()
        self.app.call_later(shell.open_place, following)

    def opened(self) -> Action[Any] | None:
        """What explains the selected row."""
        raise NotImplementedError

    def explain(self) -> None:
        """Show what stands behind the selected row."""
        if self.item and (action := self.opened()) is not None:
            self.open_panel(SheetPanel(self.crm, action))


class PromisesScreen(BoardScreen):
    """Every promise by its day, and what became of it."""

    ABOUT = mark("Which words were given, for when, kept and not kept: m puts one off, x tells how far words are kept.")
    TITLE_WORDS = mark("Promises")
    ITEMS = "promises"
    EMPTY = (mark("No promise yet."), mark("Note one from a customer: + then p."))
    LEAVES: ClassVar[Mapping[str, int]] = {"received": 9, "invoice": 8, "status": 2, "by": 0, "customer": 1}
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 18}
    NEXT = "disputes"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "": mark("all of them"),
        "pending": mark("awaited"),
        "broken": mark("not kept"),
        "partly_kept": mark("partly kept"),
        "kept": mark("kept"),
    }

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListPromises.model_validate({"status": self._view or None})

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """The latest day first: what is awaited stands above what is over."""
        pairs = sorted(zip(sheet.rows, items, strict=True), key=lambda pair: str(pair[1]["by"]), reverse=True)
        return replace(sheet, rows=tuple(row for row, _item in pairs)), [item for _row, item in pairs]

    def action_change(self) -> None:
        """Put the selected one off, or alter it."""
        if self.item:
            self.shell.propose(UpdatePromise, {"promise": self.item["id"]}, ask=True)

    def opened(self) -> Action[Any] | None:
        """How far the customer's word can be relied on."""
        return ShowReliability(customer=self.subject.customer)


class DisputesScreen(BoardScreen):
    """What customers object to, by age and by owner."""

    ABOUT = mark("What customers object to, since when, and who answers: l resolves one, m gives it to somebody else.")
    TITLE_WORDS = mark("Disputes")
    ITEMS = "disputes"
    EMPTY = (mark("No dispute is open."), mark("Open one from an invoice or a customer: l."))
    LEAVES: ClassVar[Mapping[str, int]] = {
        "reason": 9,
        "invoice": 8,
        "status": 7,
        "deadline": 3,
        "owner": 2,
        "customer": 1,
    }
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 16}
    NEXT = "plans"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "age": mark("by age"),
        "owner": mark("by owner"),
        "late": mark("answer overdue"),
        "resolved": mark("resolved"),
    }

    def question(self) -> Action[Any]:
        """Those of the view."""
        match self._view:
            case "owner":
                return ListDisputes(status="open", sort="owner")
            case "late":
                return ListDisputes(status="open", late=True)
            case "resolved":
                return ListDisputes(status="resolved")
            case _:
                return ListDisputes(status="open")

    def action_dispute(self) -> None:
        """Resolve the selected one."""
        if self.item and self.item["status"] == "open":
            self.shell.propose(ResolveDispute, {"invoice": self.item["invoice"]}, ask=True)

    def action_change(self) -> None:
        """Give the selected one another owner, day or credit note."""
        if self.item and self.item["status"] == "open":
            self.shell.propose(UpdateDispute, {"invoice": self.item["invoice"]}, ask=True)

    def opened(self) -> Action[Any] | None:
        """All the disputes of the customer, with their share of what was invoiced."""
        return ListDisputes(customer=self.subject.customer)


class PlansScreen(BoardScreen):
    """Payment plans, and whether each is respected."""

    ABOUT = mark("Which payment plans are under way, missed, respected or broken: m signs one, v reads its document.")
    TITLE_WORDS = mark("Payment plans")
    ITEMS = "plans"
    EMPTY = (mark("No payment plan yet."), mark("Agree on one from a customer: + then é."))
    NEXT = "quotes"
    AMOUNT = "left"
    VIEWS: ClassVar[Mapping[str, str]] = {
        "": mark("all of them"),
        "active": mark("under way"),
        "overdue": mark("instalment missed"),
        "broken": mark("broken off"),
        "kept": mark("respected"),
    }
    NEEDS_LIST = BoardScreen.NEEDS_LIST | {"view", "refuse"}
    BINDINGS: ClassVar[list[BindingType]] = [verb("view"), verb("refuse", label=mark("cancel"))]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListPaymentPlans.model_validate({"status": self._view or None})

    def action_change(self) -> None:
        """Record the signature of the selected one."""
        if self.item and not self.item["signed"]:
            self.shell.propose(SignPaymentPlan, {"plan": self.item["id"]}, ask=True)

    def action_refuse(self) -> None:
        """Cancel the selected one."""
        if self.item:
            self.shell.propose(CancelPaymentPlan, {"plan": self.item["id"]}, ask=True)

    def action_view(self) -> None:
        """Read the words of the document to be signed."""
        if self.item:
            self.open_panel(SheetPanel(self.crm, WritePlanDocument(plan=self.item["id"])))

    def opened(self) -> Action[Any] | None:
        """The plan: what it replaces, its instalments, and what came in."""
        return ShowPaymentPlan(plan=self.item["id"])
