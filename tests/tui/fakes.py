"""A house without a database: the actions' own answers, made from a few lines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from crm.bootstrap import registry
from crm.core.actions import Action
from crm.core.calendar import Clock
from crm.core.consent import Actor, ActorKind
from crm.customers.actions import CompanyCard
from crm.ledger.actions.differences import ResidualList
from crm.receivables.actions import AgeingReport, BalanceExplanation, InvoiceCard, InvoiceList
from crm.receivables.actions.bank import BankLines
from crm.receivables.ageing import AGES, AgeingLine, Bucket, DocumentLine, bucket_of, standing
from crm.receivables.queries import ItemLine

TODAY = date(2026, 11, 24)
DAYS = {0: -12, 1: 21, 2: 47, 3: 71, 4: 96}
"""Age → days late of the fake invoices of that age."""


def a_customer(
    name: str,
    *ages: float,
    city: str = "Brest",
    unallocated: float = 0,
    number: str = "",
    currency: str = "EUR",
) -> AgeingLine:
    """A line of the aged balance: not due, 1–30, 31–60, 61–90, over 90, in units."""
    cents = [round(100 * age) for age in (*ages, 0, 0, 0, 0, 0)[:5]]
    oldest = max((DAYS[place] for place, part in enumerate(cents) if part and place), default=0)
    key = number or f"C-{sum(map(ord, name)) % 10_000:04}"
    return AgeingLine(key, name, city, currency, *cents, round(100 * unallocated), oldest)


CUSTOMERS = (
    a_customer("Transports Girard", 0, 0, 2140, 4300, 14280, city="Landerneau"),
    a_customer("Hôtel de la Plage", 3120, 2920, 5840, city="Roscoff"),
    a_customer("Menuiserie Caron", 1450.2, 0, 0, 6120.4, city="Quimper"),
    a_customer("Brasserie du Port", 0, 2412.4, 3400),
    a_customer("Maçonnerie Le Goff", 0, 0, 0, 0, 9240, city="Carhaix"),
    a_customer("Imprimerie Rivière", 0, 3724.8, city="Rennes"),
    a_customer("Primeurs Kermarrec", 0, 2870, city="Saint-Pol"),
    a_customer("Garage Lefèvre", 0, 2450),
    a_customer("Auberge du Menez", 0, 0, 980, 1420, city="Châteaulin"),
    a_customer("Électricité Morvan", 4980.1, 2318.55, city="Morlaix"),
    a_customer("Cave des Halles", 860, 1980),
    a_customer("Mairie de Plougastel", 7400, 0, 1600, city="Plougastel"),
    a_customer("Traiteur Kerjean", 0, 0, 1310),
    a_customer("Fleurs & Saisons", 0, 1150, unallocated=-400),
    a_customer("Pharmacie du Marché", 0, 812.4, city="Morlaix"),
    a_customer("Vitrerie Salaün", 2200, 640.5, city="Quimperlé"),
    a_customer("Pressing Atlantique", 210, 0, 640, city="Quimper"),
    a_customer("Boulangerie Dubois", 1890, 430),
    a_customer("Café de la Mairie", 320, 180, city="Crozon"),
    a_customer("Dupont Frères", 5210.4, 12.6, city="Lorient"),
    a_customer("Dupond Matériaux", 940, city="Vannes"),
    a_customer("Clinique Saint-Luc", 12450.3),
    a_customer("Nautique Services", 6780, city="Concarneau"),
    a_customer("Ambulances Hervé", 1175, city="Landivisiau"),
    a_customer("Scierie Abgrall", 3890, city="Huelgoat"),
    a_customer("Optique Lannion", 560, city="Lannion"),
    a_customer("Cordonnerie Ty Ler", 145),
)


def documents_of(line: AgeingLine, day: date) -> list[DocumentLine]:
    """One invoice for each age that holds something; the one of 31–60 days is partly in dispute."""
    found = []
    for place, cents in enumerate(line.ages):
        if cents:
            late = DAYS[place]
            due = day - timedelta(days=late)
            disputed = 31_950 if place == 2 and cents > 100_000 else 0
            paid = 50_000 if place == 3 else 0
            found.append(
                DocumentLine(
                    number=f"F2026-{(cents * 7 + place) % 10_000:04}",
                    customer=line.customer,
                    name=line.name,
                    kind="invoice",
                    issue_date=due - timedelta(days=30),
                    due_date=due,
                    currency=line.currency,
                    total=cents + paid,
                    open=cents,
                    disputed=disputed,
                    days_overdue=max(0, late),
                    standing=standing(cents, late, disputed=False),
                    assumed_due=place == 1,
                )
            )
    return found


@dataclass
class FakeRunner:
    """Answers the actions of the first screen; `faults` names those that fail, `seen` keeps what was asked."""

    lines: Sequence[AgeingLine] = CUSTOMERS
    company: str = "Armor Distribution"
    ever: bool = True
    faults: dict[str, Exception] = field(default_factory=dict)
    seen: list[Action[Any]] = field(default_factory=list)
    committed: list[Action[Any]] = field(default_factory=list)
    documents: Callable[[AgeingLine, date], list[DocumentLine]] = documents_of
    report_progress: Any = None

    def read(self, action: Action[Any], _actor: Actor) -> Any:
        """The answer, or the fault that was laid out for it."""
        self.seen.append(action)
        if (fault := self.faults.get(type(action).action_name())) is not None:
            raise fault
        return getattr(self, f"_{type(action).action_name()}")(action)

    def _list_bank_lines(self, _action: Any) -> BankLines:
        return BankLines(TODAY, (), {"to_decide": 0, "matched": 0, "aside": 0}, (), {}, {})

    def _list_residuals(self, _action: Any) -> ResidualList:
        return ResidualList(TODAY, ())

    def _aged_balance(self, action: Any) -> AgeingReport:
        return AgeingReport(action.as_of or TODAY, tuple(self.lines))

    def _documents(self, action: Any) -> list[DocumentLine]:
        day = action.as_of or TODAY
        wanted = [line for line in self.lines if action.customer in {None, line.customer}]
        return [document for line in wanted for document in self.documents(line, day)]

    def _list_invoices(self, action: Any) -> InvoiceList:
        if not self.lines and self.ever:
            return InvoiceList(TODAY, tuple(documents_of(CUSTOMERS[0], TODAY)))
        return InvoiceList(action.as_of or TODAY, tuple(self._documents(action)))

    def _explain_balance(self, action: Any) -> BalanceExplanation:
        line = next(line for line in self.lines if line.customer == action.customer)
        items = [
            ItemLine(
                document=found.number,
                kind="invoice",
                dated=found.issue_date,
                due=found.due_date,
                days_late=found.days_overdue or -12,
                total=found.total,
                open=found.open,
                customer=found.customer,
            )
            for found in self._documents(action)
            if action.bucket in {None, bucket_of(found.days_overdue)}
        ]
        if line.unallocated and action.bucket in {None, Bucket.UNALLOCATED}:
            items.append(
                ItemLine(
                    document="VIR-1102",
                    kind="payment",
                    dated=date(2026, 11, 2),
                    due=None,
                    days_late=0,
                    total=line.unallocated,
                    open=line.unallocated,
                    customer=line.customer,
                )
            )
        return BalanceExplanation(action.as_of or TODAY, action.currency, line.name, action.bucket, tuple(items))

    def _show_invoice(self, action: Any) -> InvoiceCard:
        found = next(
            document
            for line in self.lines
            for document in self.documents(line, action.as_of or TODAY)
            if document.number == action.invoice
        )
        return InvoiceCard(action.as_of or TODAY, found, ())

    def _show_company(self, _action: Any) -> CompanyCard:
        named: Any = SimpleNamespace(name=self.company) if self.company else None
        return CompanyCard(named, ())

    def preview(self, action: Action[Any], _actor: Actor) -> Any:
        """The action, looked at."""
        if (fault := self.faults.get(type(action).action_name())) is not None:
            raise fault
        return SimpleNamespace(action=action, result=None, changes=(), seal="0" * 32)

    def commit(self, preview: Any, _actor: Actor) -> Any:
        """The action, kept."""
        self.committed.append(preview.action)
        return SimpleNamespace(action=preview.action, result=SimpleNamespace(name=preview.action.name), entry_id=1)


@dataclass
class FakeCrm:
    """What the terminal is given."""

    runner: FakeRunner = field(default_factory=FakeRunner)
    theme: str = "ardoise"

    def __post_init__(self) -> None:
        self.registry = registry()
        self.settings = SimpleNamespace(theme=self.theme, data_folder=Path(tempfile.gettempdir()) / "relance-tests")
        self.clock = Clock.at(TODAY.isoformat())
        self.actor = Actor(ActorKind.PERSON, "Sophie", door="tui")


def big_book(count: int) -> list[AgeingLine]:
    """So many customers."""
    return [
        AgeingLine(f"C-{number:06}", f"Client {number:06}", "Brest", "EUR", *((number * 37 % 900_000,) * len(AGES)))
        for number in range(count)
    ]
