"""What is to be decided about money: penalties, exposure, differences, doubtful debts. `u` leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.binding import BindingType

from crm.core.actions import Action
from crm.core.i18n import mark
from crm.core.money import EURO, Money, plain
from crm.core.sheets import Sheet
from crm.ledger.actions.differences import DecideResidual, ListResiduals
from crm.ledger.actions.doubtful import EndDoubt, Impair, ListDoubtful
from crm.ledger.actions.losses import WriteOffDebt
from crm.receivables.actions import ShowInvoice
from crm.receivables.actions.exposure import LiftOrderHold, ListExposure, PlaceOrderHold, ShowExposure
from crm.receivables.actions.penalties import (
    ClaimPenalties,
    KeepPenalties,
    ListPenalties,
    ShowPenalties,
    WaivePenalties,
)
from crm.tui.keys import verb
from crm.tui.screens.boards import BoardScreen
from crm.tui.screens.lists import Item

_FORMS = frozenset({"accept", "refuse", "later", "change"})
Form = tuple[type[Action[Any]], Mapping[str, Any]]


class DecisionsScreen(BoardScreen):
    """A list whose rows are decided about, each decision by a form of its own."""

    NEEDS_LIST = BoardScreen.NEEDS_LIST | _FORMS
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("later", "filter")
    """Verbs whose keys stand before those of the customer."""

    def form(self, key: str) -> Form | None:
        """The action that a verb leads to for the selected row, and what is known of it; none: the verb has no key."""
        raise NotImplementedError

    def _form(self, key: str) -> Form | None:
        found = self.form(key) if self.item else None
        return found if found is not None and self.may(found[0]) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A decision that does not fit the selected row, or is not this person's to take, has no key."""
        if action in _FORMS:
            return not self.noticed and self._form(action) is not None
        return super().check_action(action, parameters)

    def _decide(self, key: str) -> None:
        if (found := self._form(key)) is not None:
            kind, given = found
            self.shell.propose(kind, given, ask=True)

    def action_accept(self) -> None:
        """The decision that is a yes."""
        self._decide("accept")

    def action_refuse(self) -> None:
        """The decision that is a no."""
        self._decide("refuse")

    def action_later(self) -> None:
        """The decision that keeps it for later."""
        self._decide("later")

    def action_change(self) -> None:
        """The decision that alters how it stands."""
        self._decide("change")


class PenaltiesScreen(DecisionsScreen):
    """Late-payment penalties by invoice: claimed, waived or kept."""

    ABOUT = mark("What lateness has cost, invoice by invoice: claim it, waive it or keep it as a lever.")
    TITLE_WORDS = mark("Penalties")
    ITEMS = "penalties"
    EMPTY = (
        mark("No penalty has accrued."),
        mark("They run for businesses and public buyers from the day after the due date; a consumer owes none."),
    )
    NEXT = "exposure"
    AMOUNT = "left"
    LEAVES: ClassVar[Mapping[str, int]] = {
        "waived": 9,
        "claimed": 8,
        "open": 7,
        "indemnity": 6,
        "interest": 5,
        "customer": 1,
        "state": 2,
    }
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 18}
    VIEWS: ClassVar[Mapping[str, str]] = {
        "": mark("all of them"),
        "due": mark("to decide"),
        "accruing": mark("running"),
        "kept": mark("kept for later"),
        "claimed": mark("claimed"),
        "waived": mark("waived"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("claim")),
        verb("refuse", label=mark("waive")),
        verb("later", label=mark("keep")),
    ]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListPenalties.model_validate({"state": self._view or None})

    def arranged(self, sheet: Sheet, items: Sequence[Item]) -> tuple[Sheet, Sequence[Item]]:
        """With what is left in one amount; the indemnity is owed in euros, and is added to nothing else."""
        return sheet, [{**item, "left": _left(item)} for item in items]

    def form(self, key: str) -> Form | None:
        """Claim, waive or keep what is left of the selected invoice's."""
        if self.item["state"] not in {"accruing", "due", "kept"}:
            return None
        kinds: Mapping[str, type[Action[Any]]] = {
            "accept": ClaimPenalties, "refuse": WaivePenalties, "later": KeepPenalties,
        }  # fmt: skip  # read as a table: columns side by side
        return (kinds[key], {"invoice": self.item["invoice"]}) if key in kinds else None

    def opened(self) -> Action[Any] | None:
        """Each stretch of days with its rate, and what was decided."""
        return ShowPenalties(invoice=self.item["invoice"])


def _left(item: Item) -> str:
    together = item["currency"] == EURO
    cents = Money.of(item["interest_left"], item["currency"]).cents
    return plain(cents + (Money.of(item["indemnity_left"], EURO).cents if together else 0), item["currency"])


class ExposureScreen(DecisionsScreen):
    """What is outstanding at each customer beside the credit limit."""

    ABOUT = mark("What is outstanding beside what was agreed: stop new orders where it is too much.")
    TITLE_WORDS = mark("Exposure")
    ITEMS = "exposures"
    EMPTY = (mark("Nothing is outstanding."), mark("Whoever owes something stands here, those over their limit first."))
    NEXT = "residuals"
    AMOUNT = "exposure"
    LEAVES: ClassVar[Mapping[str, int]] = {"overdue": 8, "limit": 6, "customer": 9, "name": 0, "hold": 1}
    NARROWEST: ClassVar[Mapping[str, int]] = {"name": 20}
    VIEWS: ClassVar[Mapping[str, str]] = {"": mark("all of them"), "exceeded": mark("limit exceeded")}
    BINDINGS: ClassVar[list[BindingType]] = [verb("change", label=mark("stop or take orders"))]

    def question(self) -> Action[Any]:
        """All of them, or those over their limit."""
        return ListExposure(exceeded=self._view == "exceeded")

    def form(self, key: str) -> Form | None:
        """Take no new orders from the selected customer; or take them again."""
        kind = LiftOrderHold if self.item["order_hold"] else PlaceOrderHold
        return (kind, {"customer": self.item["customer"]}) if key == "change" else None

    def opened(self) -> Action[Any] | None:
        """The customer's exposure, currency by currency."""
        return ShowExposure(customer=self.item["customer"])


class ResidualsScreen(DecisionsScreen):
    """Differences between what was owed and what came in."""

    ABOUT = mark("Where less, or more, came in than was owed: say why, and decide what becomes of it.")
    TITLE_WORDS = mark("Differences")
    ITEMS = "residuals"
    EMPTY = (
        mark("No difference is open."),
        mark("A payment that does not come to what was owed leaves one here, until somebody decides."),
    )
    NEXT = "doubtful"
    LEAVES: ClassVar[Mapping[str, int]] = {"entry": 9, "owner": 8, "cause": 4, "until": 6, "customer": 5, "decision": 1}
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 16}
    VIEWS: ClassVar[Mapping[str, str]] = {
        "": mark("all of them"),
        "undecided": mark("to decide"),
        "late": mark("date passed"),
        "decided": mark("decided"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [verb("change", label=mark("decide"))]

    def question(self) -> Action[Any]:
        """Those of the view."""
        return ListResiduals.model_validate({"state": self._view or None})

    def form(self, key: str) -> Form | None:
        """Cause and decision of the selected one; what was written off is taken back by its act, not decided anew."""
        if key != "change" or self.item["decision"] == "write_off":
            return None
        return DecideResidual, residual_given(self.item)

    def opened(self) -> Action[Any] | None:
        """The invoice that stays short; else all the differences of the customer."""
        if self.item["invoice"]:
            return ShowInvoice(invoice=self.item["invoice"])
        return ListResiduals(customer=self.subject.customer)


def residual_given(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the form of a decision knows already: the invoice that stays short, or the payment that is too much."""
    about = {"invoice": item["invoice"]} if item["invoice"] else {"payment": item["payment"]}
    known = {name: item[name] for name in ("cause", "decision") if item.get(name)}
    return {**about, **known}


class DoubtfulScreen(DecisionsScreen):
    """Doubtful and lost debts: what is set aside, and what they are worth in the books."""

    ABOUT = mark("Debts whose payment is in doubt: value them, take them back, or give up what is proved lost.")
    TITLE_WORDS = mark("Doubtful debts")
    ITEMS = "doubtful"
    EMPTY = (mark("No debt is doubtful."), mark("Move one here from the customer's sheet, on its invoice: + then d."))
    NEXT = "penalties"
    AMOUNT = "open"
    LEAVES: ClassVar[Mapping[str, int]] = {"without_tax": 9, "recovery": 8, "state": 7, "book_value": 6, "customer": 1}
    NARROWEST: ClassVar[Mapping[str, int]] = {"customer": 16}
    VIEWS: ClassVar[Mapping[str, str]] = {"": mark("all of them")}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("impair")),
        verb("accept", label=mark("pays after all")),
        verb("refuse", label=mark("write off")),
    ]

    def question(self) -> Action[Any]:
        """All of them."""
        return ListDoubtful()

    def form(self, key: str) -> Form | None:
        """Value it, take it back, or give it up; what is lost already is none of these."""
        if self.item["lost"]:
            return None
        kinds: Mapping[str, type[Action[Any]]] = {"change": Impair, "accept": EndDoubt, "refuse": WriteOffDebt}
        return (kinds[key], {"invoice": self.item["invoice"]}) if key in kinds else None

    def opened(self) -> Action[Any] | None:
        """The invoice, its payments and what is open of it."""
        return ShowInvoice(invoice=self.item["invoice"])
