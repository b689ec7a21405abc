"""The parts of the house that have a digit. A new one is one line here; no screen is loaded before it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from crm.core.i18n import mark


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its digit, its word on the command line, its name, and where its screen stands."""

    digit: str
    word: str
    name: str
    screen: str
    """`module:Class` of the screen."""
    waiting: str = ""
    """`module:function` that counts what waits there, given the house; empty: nothing ever does."""
    needs: str = ""
    """The action without which there is nothing to show."""

    def screen_kind(self) -> Any:
        """The class of its screen."""
        return _found(self.screen)

    def count_waiting(self, crm: Any) -> int:
        """How many things wait there for a person. Reads: from a thread only."""
        return int(_found(self.waiting)(crm)) if self.waiting else 0


def _found(place: str) -> Any:
    module, _sign, name = place.partition(":")
    return getattr(import_module(module), name)


SECTIONS = (
    Section("1", "today", mark("Today"), "crm.tui.screens.today:TodayScreen"),
    Section("2", "customers", mark("Customers"), "crm.tui.screens.customers:CustomersScreen"),
    Section("3", "invoices", mark("Invoices"), "crm.tui.screens.invoices:InvoicesScreen"),
    Section(
        "4",
        "reconcile",
        mark("Matching"),
        "crm.tui.screens.reconcile:ReconcileScreen",
        "crm.tui.reconciling:count_waiting",
    ),
    Section(
        "5",
        "reminders",
        mark("Reminders"),
        "crm.tui.screens.followup:FollowupScreen",
        "crm.tui.reminders:count_waiting",
    ),
)
"""The sections that exist, by digit."""


PLACES = (
    Section("", "proposals", mark("What waits for your yes"), "crm.tui.screens.today:ProposalsScreen"),
    Section("", "promises", mark("Promises"), "crm.tui.screens.boards:PromisesScreen"),
    Section("", "disputes", mark("Disputes"), "crm.tui.screens.boards:DisputesScreen"),
    Section("", "plans", mark("Payment plans"), "crm.tui.screens.boards:PlansScreen"),
    Section("", "quotes", mark("Quotes"), "crm.tui.screens.deals:QuotesScreen", needs="list_quotes"),
    Section(
        "",
        "opportunities",
        mark("Opportunities"),
        "crm.tui.screens.deals:OpportunitiesScreen",
        needs="list_opportunities",
    ),
    Section("", "kpis", mark("Key figures"), "crm.tui.screens.kpis:KpisScreen", needs="list_kpis"),
    Section("", "penalties", mark("Penalties"), "crm.tui.screens.decisions:PenaltiesScreen", needs="list_penalties"),
    Section("", "exposure", mark("Exposure"), "crm.tui.screens.decisions:ExposureScreen", needs="list_exposure"),
    Section("", "residuals", mark("Differences"), "crm.tui.screens.decisions:ResidualsScreen", needs="list_residuals"),
    Section("", "doubtful", mark("Doubtful debts"), "crm.tui.screens.decisions:DoubtfulScreen", needs="list_doubtful"),
    Section("", "limitations", mark("Limitation"), "crm.tui.screens.lists:LimitationsScreen"),
    Section("", "tasks", mark("Tasks"), "crm.tui.screens.aims:TasksScreen"),
    Section("", "losing-touch", mark("Losing touch"), "crm.tui.screens.aims:LosingTouchScreen"),
    Section("", "objectives", mark("Objectives"), "crm.tui.screens.aims:ObjectivesScreen"),
    Section("", "journal", mark("Journal"), "crm.tui.screens.lists:JournalScreen"),
    Section(
        "",
        "no-address",
        mark("Debtors without an address"),
        "crm.tui.screens.readiness:NoAddressScreen",
        needs="list_debtors_without_address",
    ),
    Section(
        "",
        "assumptions",
        mark("What is assumed"),
        "crm.tui.screens.readiness:AssumptionsScreen",
        needs="review_assumptions",
    ),
    Section("", "risk", mark("Risk"), "crm.tui.screens.risk:RiskScreen", needs="list_at_risk"),
    Section("", "risk-model", mark("Risk model"), "crm.tui.screens.risk:RiskModelScreen", needs="show_risk_model"),
    Section("", "scenarios", mark("Scenarios"), "crm.tui.screens.scenarios:ScenariosScreen", needs="list_scenarios"),
    Section("", "scenario", mark("The standard scenario, step by step"), "crm.tui.screens.scenario:ScenarioScreen"),
    Section(
        "",
        "templates",
        mark("Texts of the reminders"),
        "crm.tui.screens.templates:TemplatesScreen",
        needs="list_templates",
    ),
    Section("", "template", mark("The text of the first reminder"), "crm.tui.screens.template:TemplateScreen"),
    Section("", "rehearsal", mark("Rehearsal of the reminders"), "crm.tui.screens.rehearsal:RehearsalScreen"),
    Section("", "outbox", mark("Outbox"), "crm.tui.screens.outbox:OutboxScreen"),
    Section("", "import", mark("Import a file"), "crm.tui.screens.importing:ImportScreen"),
    Section("", "settings", mark("Settings"), "crm.tui.screens.settings:SettingsScreen"),
    Section("", "first-steps", mark("First steps"), "crm.tui.screens.welcome:WelcomeScreen"),
)
"""Screens without a digit, reached by name from the palette."""


def place_of(word: str) -> Section | None:
    """The screen without a digit that has this word."""
    return next((place for place in PLACES if place.word == word), None)


def section_of(digit: str) -> Section | None:
    """The section of a digit."""
    return next((section for section in SECTIONS if section.digit == digit), None)
