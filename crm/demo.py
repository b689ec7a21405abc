"""The example company: a few months of a small wholesaler, made by the product's own actions, dated from today."""

import io
import random
from collections.abc import Iterator
from datetime import date, timedelta

from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.settings import Settings
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.receivables.actions import ListInvoices

_SEED = 2026
_CUSTOMERS = (
    # number, name, city, regime, terms, habit in days (None: does not pay), invoices
    ("C-0101", "Transports Girard", "Landerneau", "B2B", "45 EOM A", None, 5),
    ("C-0102", "Maçonnerie Le Goff", "Quimper", "B2B", "30", None, 3),
    ("C-0103", "Menuiserie Caron", "Rennes", "B2B", "30", 62, 6),
    ("C-0104", "Auberge du Menez", "Crozon", "B2B", "30", 55, 6),
    ("C-0105", "Hôtel de la Plage", "Bénodet", "B2B", "30", 40, 9),
    ("C-0106", "Brasserie du Port", "Brest", "B2B", "30", 34, 9),
    ("C-0107", "Mairie de Plougastel", "Plougastel-Daoulas", "B2G", "30", 28, 6),
    ("C-0108", "Traiteur Kerjean", "Morlaix", "B2B", "30", 31, 7),
    ("C-0109", "Pressing Atlantique", "Lorient", "B2B", "30", 21, 6),
    ("C-0110", "Imprimerie Rivière", "Vannes", "B2B", "60", 14, 8),
    ("C-0111", "Primeurs Kermarrec", "Saint-Pol-de-Léon", "B2B", "30", 12, 10),
    ("C-0112", "Garage Lefèvre", "Nantes", "B2B", "45 EOM B", 9, 7),
    ("C-0113", "Électricité Morvan", "Brest", "B2B", "30", 7, 9),
    ("C-0114", "Cave des Halles", "Rennes", "B2B", "30", 6, 7),
    ("C-0115", "Fleurs & Saisons", "Quimper", "B2B", "30", 4, 8),
    ("C-0116", "Pharmacie du Marché", "Dinan", "B2B", "30", 2, 9),
    ("C-0117", "Vitrerie Salaün", "Lannion", "B2B", "60", 0, 6),
    ("C-0118", "Boulangerie Dubois", "Saint-Malo", "B2B", "30", -2, 12),
    ("C-0119", "Nautique Services", "Concarneau", "B2B", "30", -4, 8),
    ("C-0120", "Scierie Abgrall", "Carhaix", "B2B", "60", 1, 6),
    ("C-0121", "Jeanne Tanguy", "Douarnenez", "B2C", "0", 15, 2),
    ("C-0122", "Northwind Trading Ltd", "Bristol", "B2B", "60", 18, 4),
)


def database_url(settings: Settings) -> str:
    """The example's own database, beside the real one."""
    return f"sqlite:///{settings.data_folder.absolute() / 'demo.db'}"


def make(crm: Crm) -> int:
    """Make the company unless it is there; returns how many documents it has."""
    known = crm.runner.read(ListInvoices(), crm.actor).lines
    if known:
        return len(known)
    today = crm.clock.today()
    crm.runner.run(
        UpdateCompany(
            name="Comptoir d'Armor", legal_form="SARL", siren="732829320", rcs_city="Brest", address="12 quai de la Douane",
            postal_code="29200", city="Brest", payment_terms="30", email="compta@comptoir-armor.example", sender_name="Sophie Le Bihan",
        ),
        crm.actor,
    )  # fmt: skip
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606", label="Compte courant"), crm.actor)
    for name, lines in (("equipe.csv", _team()), ("clients.csv", _customers()), ("factures.csv", _documents(today))):
        upload = crm.spool.take(io.BytesIO("\n".join(lines).encode()), name)
        crm.runner.run(ImportData(upload=upload), crm.actor)
    return len(crm.runner.read(ListInvoices(), crm.actor).lines)


def _team() -> Iterator[str]:
    yield "number;name;email;role"
    yield "U1;Sophie Le Bihan;sophie@comptoir-armor.example;manager"
    yield "U2;Lucie Kervella;lucie@comptoir-armor.example;account_manager"


def _customers() -> Iterator[str]:
    yield "number;name;city;country;regime;payment_terms;account_manager;contact_name;email"
    for place, (number, name, city, regime, terms, _habit, _count) in enumerate(_CUSTOMERS):
        country = "GB" if city == "Bristol" else "FR"
        yield f"{number};{name};{city};{country};{regime};{terms};U{1 + place % 2};Comptabilité;compta@{number.lower()}.example"


def _documents(today: date) -> Iterator[str]:
    dice = random.Random(_SEED)  # noqa: S311  an example, the same every time
    yield "number;customer;kind;issue_date;due_date;total_incl_tax;currency;paid_date;disputed;dispute_reason;original_invoice"
    serial = 600
    rows = []
    for number, _name, city, _regime, _terms, habit, count in _CUSTOMERS:
        for place in range(count):
            issued = today - timedelta(days=8 + place * (230 // count) + dice.randrange(12))
            due = issued + timedelta(days=30)
            paid = due + timedelta(days=habit + dice.randrange(-3, 4)) if habit is not None else None
            amount = dice.randrange(18_000, 620_000) / 100
            rows.append(
                (
                    issued,
                    number,
                    due,
                    amount,
                    "USD" if city == "Bristol" else "EUR",
                    paid if paid and paid <= today else None,
                )
            )
    for issued, number, due, amount, currency, paid in sorted(rows):
        serial += 1
        disputed = "yes" if serial % 41 == 0 and paid is None else ""
        yield (
            f"F{issued.year}-{serial:04};{number};invoice;{issued};{due};{amount:.2f};{currency};{paid or ''};{disputed};"
            f"{'damaged_goods' if disputed else ''};"
        )
    yield f"AV{today.year}-0012;C-0115;credit_note;{today - timedelta(days=9)};;-400.00;EUR;;;;"
