"""What a made-up company knows (customers, bills, earlier receipts), what its bank shows, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Customer:
    """A customer as the seller's file has it, and beside it what only the payer knows."""

    id: int
    number: str
    name: str
    aliases: list[str] = field(default_factory=list)
    ibans: list[str] = field(default_factory=list)
    siren: str = ""
    group: int | None = None
    city: str = ""
    domain: str = ""
    account: str = ""
    """The account it really pays from, which the seller may not know."""
    pays_as: str = ""
    """The name that its bank sends, which the seller may not know."""
    habit: str = "single"
    writing: str = "full"
    terms: int = 30
    lateness: int = 0


@dataclass(slots=True)
class Bill:
    """An invoice or, with negative cents, a credit note."""

    id: int
    number: str
    customer: int
    issued: date
    due: date
    cents: int
    open: int
    order: str = ""
    corrects: str = ""


@dataclass(slots=True)
class Earlier:
    """A receipt of before the statement, which may bounce."""

    id: int
    day: date
    cents: int
    customer: int
    account: str
    uses: tuple[tuple[int, int], ...]
    end_to_end: str = ""


@dataclass(slots=True)
class Entry:
    """A line of the statement and what it truly is."""

    id: int
    day: date
    cents: int
    label: str
    kind: str
    truth: tuple[tuple[int, int], ...] = ()
    """(bill, cents) that the money settles; empty when it settles nothing that is open."""
    nets: tuple[int, ...] = ()
    """Credit notes that lower it."""
    name: str = ""
    account: str = ""
    end_to_end: str = ""
    structured: str = ""
    reversal: bool = False
    reverses: int | None = None
    says: bool = False
    """The line names a bill in some writing."""
    foreign: bool = False
    """Not customers' money at all."""


@dataclass(slots=True)
class Statement:
    """One company's books and its bank statement."""

    seed: int
    bank: str
    customers: list[Customer]
    bills: list[Bill]
    earlier: list[Earlier]
    entries: list[Entry]
    own_names: tuple[str, ...]
    own_accounts: tuple[str, ...]
