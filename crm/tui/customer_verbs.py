"""The verbs that a selected customer has, the same on every screen where one can be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType

from crm.core.actions import Action
from crm.core.i18n import _, labelled, mark
from crm.tui.base import NoticedScreen
from crm.tui.keys import verb
from crm.tui.widgets.say_line import Choice, SayLine

ADD, NEXT = "add", "next"
"""What the say line offers here: what can be added, and what follows an act."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An action that a verb leads to: the first of these names that the house knows."""

    names: tuple[str, ...]
    keys: str = ""
    label: str = ""
    then: tuple[Offered, ...] = ()
    """What there is to choose between once it is chosen; empty: the form of its action opens."""
    about: str = ""
    """customer: whatever invoice is selected; invoice: only where one is."""


_VERBS = {
    "call": Offered(("record_call", "log_interaction")),
    "write": Offered(("send_message",)),
    "remind": Offered(("explain_dunning",)),
    "dispute": Offered(("open_dispute",)),
    "pause": Offered(("pause_dunning", "place_hold")),
    "give": Offered(("assign_customer",)),
}
_ADDED = (
    Offered(("record_promise",), "p", mark("promise")),
    Offered(("create_payment_plan",), "é,e", mark("payment plan")),
    Offered(("create_task",), "t", mark("task")),
    Offered(("set_objective",), "o", mark("objective")),
    Offered(("set_next_contact",), "r", mark("next contact")),
    Offered(("complete_task",), "f", mark("task done")),
    Offered(("log_interaction",), "x", mark("exchange")),
    Offered(("add_note",), "n", mark("note")),
    Offered(("update_contact",), "c", mark("contact")),
    Offered(("assign_scenario",), "s", mark("scenario"), about="customer"),
    Offered(("assign_scenario",), "f", mark("scenario of this invoice"), about="invoice"),
    Offered(
        ("update_customer", "set_segment", "merge_customers", "join_group"),
        "i",
        mark("identity"),
        (
            Offered(("update_customer",), "i", mark("identity")),
            Offered(("set_segment",), "s", mark("segment")),
            Offered(("merge_customers",), "m", mark("same customer as…")),
            Offered(("join_group",), "g", mark("group")),
        ),
    ),
    Offered(("mark_doubtful",), "d", mark("doubtful debt")),
    Offered(("place_order_hold",), "h", mark("hold on orders")),
    Offered(("decide_residual",), "g", mark("difference")),
    Offered(
        ("claim_penalties", "waive_penalties", "keep_penalties"),
        "r",
        mark("penalties"),
        (
            Offered(("claim_penalties",), "r", mark("claim")),
            Offered(("waive_penalties",), "a", mark("waive")),
            Offered(("keep_penalties",), "g", mark("keep")),
        ),
    ),
    Offered(
        ("record_quote", "open_opportunity", "record_order"),
        "v",
        mark("sale"),
        (
            Offered(("record_quote",), "d", mark("quote")),
            Offered(("open_opportunity",), "o", mark("opportunity")),
            Offered(("record_order",), "c", mark("order")),
        ),
    ),
)
_FOLLOWING = {
    "log_interaction": (
        Offered(("record_promise",), "p", mark("promise")),
        Offered(("open_dispute",), "l", mark("dispute")),
        Offered(("create_task",), "t", mark("task")),
        Offered(("pause_dunning", "place_hold"), "s", mark("suspend")),
    ),
}
"""Action → what usually comes next."""


class CustomerVerbs(NoticedScreen):
    """A screen on which a customer can be selected."""

    NEEDS_LIST = frozenset({*_VERBS, "add"})
    _invoice = ""
    """The invoice that was selected when something was offered: the question takes the focus away from it."""
    ADDED: ClassVar[tuple[Offered, ...]] = _ADDED
    """What can be added to the customer."""
    _offers: tuple[Offered, ...] = ()
    """What the say line offers now."""
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("call"),
        verb("write"),
        verb("remind"),
        verb("dispute"),
        verb("pause"),
        verb("give", show=False),
        verb("add"),
        verb("boards", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A verb that leads nowhere, or is about nobody, has no key."""
        if action in self.offered:
            return True
        if action in _VERBS or action == "add":
            about = bool(self.subject.customer) and not self.noticed
            return about and (action == "add" or self.action_of(_VERBS[action]) is not None)
        return super().check_action(action, parameters)

    def action_of(self, offer: Offered) -> type[Action[Any]] | None:
        """The action of an offer that this house knows and this person may do."""
        for name in offer.names:
            if name in self.crm.registry and self.may(kind := self.crm.registry.get(name)):
                return kind
        return None

    def lead_to(self, offer: Offered, **given: Any) -> None:
        """Open the form of an offer's action, about the customer."""
        kind = self.action_of(offer)
        if kind is not None:
            self.propose(kind, ask=True, **{name: value for name, value in given.items() if name in kind.model_fields})

    def action_call(self) -> None:
        """Open the call: figures, script, what it came to, and what comes next."""
        self.shell.open_call(self.subject.customer)

    def action_write(self) -> None:
        """Write to the customer."""
        self.lead_to(_VERBS["write"], channel="email")

    def action_remind(self) -> None:
        """Show why nothing is sent to the customer, or what will be."""
        self.shell.explain_dunning(self.subject.customer)

    def action_dispute(self) -> None:
        """The customer objects to an invoice."""
        self.lead_to(_VERBS["dispute"])

    def action_pause(self) -> None:
        """Stop reminding the customer for a while."""
        self.lead_to(_VERBS["pause"])

    def action_give(self) -> None:
        """Give the customer to a colleague."""
        self.lead_to(_VERBS["give"])

    def action_boards(self) -> None:
        """Open the boards: promises, disputes, payment plans, quotes, opportunities."""
        self.shell.open_place("promises")

    def action_add(self) -> None:
        """Offer what can be added to the customer."""
        self._offer(ADD, _("Add:"), self.ADDED)

    def followed(self, action: Action[Any]) -> None:
        """After a call comes what was said in it."""
        following = _FOLLOWING.get(type(action).action_name(), ())
        if following and self.subject.customer:
            self._offer(NEXT, _("And then?"), following)

    def _offer(self, topic: str, label: str, offers: tuple[Offered, ...]) -> None:
        self._offers = offers
        self._invoice = self.subject.invoice
        there = [
            Choice(offer.keys, _(offer.label))
            for offer in offers
            if self.action_of(offer) is not None and (offer.about != "invoice" or self.subject.invoice)
        ]
        self.say_line.choose(topic, label, there)

    @on(SayLine.Chosen)
    def _chosen_verb(self, message: SayLine.Chosen) -> None:
        if message.topic not in {ADD, NEXT}:
            return
        self.end_question()
        chosen = next(offer for offer in self._offers if offer.keys.split(",")[0] == message.key)
        if chosen.then:
            self._offer(message.topic, labelled(_(chosen.label), ""), chosen.then)
        else:
            about = {"customer": {"invoice": ""}, "invoice": {"invoice": self._invoice}}
            self.lead_to(chosen, **about.get(chosen.about, {}))

    @on(SayLine.Left)
    def _left_question(self) -> None:
        self.end_question()

    def end_question(self) -> None:
        """Take the question away, and give the focus back to what it was about."""
        self.say_line.end_question()
        self.focus_list()

    def focus_list(self) -> None:
        """Put the focus on the list of the screen."""
