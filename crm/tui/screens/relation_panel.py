"""The whole sheet of a customer, without figures: identity, every contact, consents, the relation. It scrolls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.consent import Actor
from crm.core.runner import Runner
from crm.loyalty.actions.segments import ListSegments
from crm.orders.actions.opportunities import ListOpportunities
from crm.orders.actions.quotes import ListQuotes
from crm.portfolio.actions import CustomerSheet, ShowCustomer
from crm.portfolio.groups import ShowGroup
from crm.tui.cells import clean
from crm.tui.panel import SidePanel
from crm.tui.relation_facts import Relation, consent_lines, relation_lines, whole_contacts, whole_identity
from crm.tui.widgets.notice import Notice, Told

if TYPE_CHECKING:
    from crm.bootstrap import Crm


def relation_of(runner: Runner, actor: Actor, number: str) -> Relation:
    """Ask for what is known of a customer beyond what they owe."""
    return Relation(
        runner.read(ListSegments(customer=number), actor),
        runner.read(ListOpportunities(customer=number, status="open"), actor),
        runner.read(ListQuotes(customer=number, status="open"), actor),
        runner.read(ShowGroup(customer=number), actor),
    )


def whole_sheet(sheet: CustomerSheet, relation: Relation, today: date) -> Content:
    """Everything of the panel, block by block."""
    blocks = [
        [Content.styled(clean(sheet.card.customer.name), "bold")],
        whole_identity(sheet, relation),
        whole_contacts(sheet.card.contacts, sheet.fares, today),
        consent_lines(sheet.fares, today),
        relation_lines(relation, sheet),
    ]
    return Content("\n\n").join(Content("\n").join(block) for block in blocks if block)


class RelationPanel(SidePanel):
    """Who the customer is, and how the relation stands."""

    DEFAULT_CSS = """
    RelationPanel Notice { display: none; }
    RelationPanel.-noticed #scroll { display: none; }
    RelationPanel.-noticed Notice { display: block; margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar = []

    @dataclass
    class Arrived(Message):
        """What is known has arrived."""

        sheet: CustomerSheet
        relation: Relation

    def __init__(self, crm: Crm, number: str) -> None:
        super().__init__(crm)
        self._number = number

    def body(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(id="scroll", can_focus=True):
            yield Static(id="whole", markup=False)
        yield Notice()

    def on_mount(self) -> None:
        """Ask for it."""
        read, who, number = self.crm.runner, self.crm.actor, self._number

        def ask() -> Message:
            return self.Arrived(read.read(ShowCustomer(customer=number), who), relation_of(read, who, number))

        self.in_background(ask, topic="whole")

    @on(Arrived)
    def _show(self, message: Arrived) -> None:
        told = whole_sheet(message.sheet, message.relation, self.crm.clock.today())
        self.query_one("#whole", Static).update(told)

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self.query_one(Notice).say(Told(message.error.message, message.error.next_step, failed=True))
        self.add_class("-noticed")
