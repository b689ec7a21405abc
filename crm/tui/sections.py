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
)
"""The sections that exist, by digit."""


def section_of(digit: str) -> Section | None:
    """The section of a digit."""
    return next((section for section in SECTIONS if section.digit == digit), None)
