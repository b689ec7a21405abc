"""A house with a real database and a small believable company, made once and copied for each story."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from crm import migrations
from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.basics import ImportData, Propose
from crm.core.calendar import Clock
from crm.core.consent import Actor, ActorKind
from crm.core.db import Database
from crm.core.money import eur
from crm.core.settings import Settings
from crm.customers.actions import AddCompanyAccount, PlaceHold, UpdateCompany, UpdateCustomer
from crm.receivables.actions import OpenDispute, RecordPromise

TODAY = date(2026, 11, 24)
SOPHIE = Actor(ActorKind.PERSON, "Sophie Martin", role="admin", door="tui", user="U1")

CUSTOMERS = """
number;name;city;regime;siren;payment_terms;account_manager;contact_name;email;phone;segment
C-1;Transports Girard;Landerneau;B2B;552081317;45 EOM A;U1;Michel Girard;compta@girard.example;0298410000;big_account
C-2;Hôtel de la Plage;Roscoff;B2B;;30;U1;Paul Guivarc'h;p.guivarch@hotelplage.example;;loyal
C-3;Menuiserie Caron;Quimper;B2B;;30;U2;Hélène Caron;compta@caron.example;;standard
C-4;Brasserie du Port;Brest;B2B;;30;U1;Karine Le Bihan;k.lebihan@brasserie.example;;loyal
C-5;Électricité Morvan;Morlaix;B2B;;30;U2;;morvan@elec.example;;
C-6;Dupont Frères;Lorient;B2B;;60;U1;;dupont@freres.example;;vip
C-7;Dupond Matériaux;Vannes;B2B;;60;U1;;dupond@materiaux.example;;
C-8;Mairie de Plougastel;Plougastel;B2G;;30;U2;;mairie@plougastel.example;;
C-9;Jeanne Tanguy;Brest;B2C;;0;U1;;jeanne@tanguy.example;;
C-10;Northwind Trading;Bristol;B2B;;30;U1;;ap@northwind.example;;
"""

INVOICES = (
    # number, customer, days late (negative: days to come), amount, days after the due date it was paid on, currency
    ("F-101", "C-1", 96, "9800.00", None, "EUR"),
    ("F-102", "C-1", 70, "4300.00", None, "EUR"),
    ("F-103", "C-1", 35, "2140.00", None, "EUR"),
    ("F-201", "C-2", 58, "5840.00", None, "EUR"),
    ("F-202", "C-2", 24, "2920.00", None, "EUR"),
    ("F-203", "C-2", -27, "3120.00", None, "EUR"),
    ("F-204", "C-2", 200, "1800.00", 12, "EUR"),
    ("F-205", "C-2", 120, "2200.00", 19, "EUR"),
    ("F-301", "C-3", 67, "6120.40", None, "EUR"),
    ("F-401", "C-4", 34, "3400.00", None, "EUR"),
    ("F-402", "C-4", 12, "2412.40", None, "EUR"),
    ("F-501", "C-5", 19, "2318.55", None, "EUR"),
    ("F-601", "C-6", 3, "12.60", None, "EUR"),
    ("F-602", "C-6", -6, "5210.40", None, "EUR"),
    ("F-701", "C-7", -6, "940.00", None, "EUR"),
    ("F-801", "C-8", 41, "1600.00", None, "EUR"),
    ("F-901", "C-9", 15, "212.00", None, "EUR"),
    ("F-110", "C-10", 18, "5201.03", None, "USD"),
)


def _documents() -> str:
    lines = ["number;customer;issue_date;due_date;total_incl_tax;currency;paid_date"]
    for number, customer, late, amount, paid_after, currency in INVOICES:
        due = TODAY - timedelta(days=late)
        paid = due + timedelta(days=paid_after) if paid_after is not None else ""
        lines.append(f"{number};{customer};{due - timedelta(days=30)};{due};{amount};{currency};{paid}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Homes:
    """Databases: an empty one, and one with the company in it, each copied for whoever asks."""

    folder: Path

    @property
    def empty(self) -> Path:
        """A database with every table and no row."""
        return self.folder / "empty.db"

    @property
    def full(self) -> Path:
        """A database with the company."""
        return self.folder / "full.db"

    def opened(self, folder: Path, *, full: bool = True, language: str = "fr") -> Crm:
        """A house of one's own."""
        path = folder / "home.db"
        shutil.copyfile(self.full if full else self.empty, path)
        return house(path, folder, TODAY, language=language)


def house(path: Path, folder: Path, day: date, *, language: str = "fr") -> Crm:
    """The application on a file, on a day that stands still."""
    settings = Settings(
        database_url=f"sqlite:///{path}", data_folder=folder, templates_folder=folder / "templates", language=language
    )
    crm = Crm(settings, Clock.at(day.isoformat()), door="tui")
    crm.__dict__["actor"] = SOPHIE
    return crm


def built(folder: Path) -> Homes:
    """Make both databases."""
    homes = Homes(folder)
    database = Database(f"sqlite:///{homes.empty}")
    migrations.upgrade(database)
    database.dispose()
    shutil.copyfile(homes.empty, homes.full)
    _move_in(homes)
    return homes


def _move_in(homes: Homes) -> None:
    for back, action in _acts():
        crm = house(homes.full, homes.folder, TODAY - timedelta(days=back))
        crm.runner.run(action(crm) if callable(action) else action, SOPHIE)
        crm.close()


def _file(name: str, text: str) -> Any:
    return lambda crm: ImportData(upload=crm.spool.take(io.BytesIO(text.strip().encode()), name))


def _acts() -> list[tuple[int, Action[Any] | Any]]:
    """Days back → what was done then, the oldest first."""
    users = "number;name;email;role\nU1;Sophie Martin;sophie@armor.example;manager\nU2;Lucie Kervella;lucie@armor.example;account_manager"
    promise = {"customer": "C-4", "by": str(TODAY + timedelta(days=3)), "amount": "3400.00"}
    return [
        (300, UpdateCompany(name="Armor Distribution", payment_terms="30", sender_name="Sophie Martin", email="compta@armor.example")),
        (300, AddCompanyAccount(iban="FR1420041010050500013M02606")),
        (300, _file("equipe.csv", users)),
        (300, _file("clients.csv", CUSTOMERS)),
        (90, UpdateCustomer(customer="C-2", credit_limit=eur("15000"))),
        (90, UpdateCustomer(customer="C-1", credit_limit=eur("15000"))),
        (0, _file("factures.csv", _documents())),
        (6, RecordPromise(customer="C-1", by=TODAY - timedelta(days=1), amount=eur("3500.00"), contact="M. Girard")),
        (2, RecordPromise(customer="C-3", by=TODAY, amount=eur("1200.00"))),
        (1, PlaceHold(customer="C-2", reason="échéancier en discussion", until=TODAY + timedelta(days=16))),
        (1, OpenDispute(invoice="F-801", reason="price_error", amount=eur("320.00"))),
        (0, Propose(action="record_promise", fields=promise, subject="C-4", reason="promet 3 400 € vendredi")),
        (0, Propose(action="open_dispute", fields={"invoice": "F-501", "reason": "missing_goods", "amount": "412.80"}, subject="C-5", reason="conteste 2 cartons manquants")),
        (0, _file("nouveaux.csv", "number;name;city\nC-11;Librairie du Coin;Rennes")),
    ]  # fmt: skip  # read as a table: columns side by side
