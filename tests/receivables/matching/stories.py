"""Short builders for stories about bank lines: who owes what, and what the bank says."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Leeway, Money, OpenItem, Payer, Proposal, Receipt
from crm.receivables.matching.learning import Learned

DAY = date(2026, 3, 20)
DUPONT = Payer(1, "C00001", "Menuiserie Dupont SARL", aliases=("Dupont Agencement",), city="Lyon")
MARTIN = Payer(2, "C00002", "Boulangerie Martin", ibans=("FR7630006000011234567890189",), city="Nantes")
MAIRIE = Payer(3, "C00003", "Mairie de Saint-Malo", siren="213500789")
ALIZE = Payer(4, "C00004", "Alizé Conseil SAS", group_id=9)
ALIZE_FORMATION = Payer(5, "C00005", "Alizé Formation SAS", group_id=9)
EVERYBODY = (DUPONT, MARTIN, MAIRIE, ALIZE, ALIZE_FORMATION)
_ids = count(1)


def owed(
    number: str,
    cents: int,
    payer: Payer = DUPONT,
    *,
    issued: date = date(2026, 2, 10),
    days: int = 30,
    open_cents: int | None = None,
    currency: str = "EUR",
    order: str = "",
    corrects: str = "",
) -> OpenItem:
    """An open invoice, or a credit note when negative."""
    kind = "credit_note" if cents < 0 else "invoice"
    left = cents if open_cents is None else open_cents
    return OpenItem(
        next(_ids),
        number,
        payer.customer_id,
        issued,
        issued + timedelta(days=days),
        currency,
        cents,
        left,
        kind,
        order,
        corrects,
    )


def line(
    label: str, cents: int, *, name: str = "", iban: str = "", day: date = DAY, currency: str = "EUR", **more: object
) -> Money:
    """A bank line."""
    return Money(next(_ids), day, cents, currency, label, name, iban, **more)  # type: ignore[arg-type]  # fields by their names


def matcher(
    *items: OpenItem,
    payers: tuple[Payer, ...] = EVERYBODY,
    learned: Learned | None = None,
    receipts: tuple[Receipt, ...] = (),
) -> Matcher:
    """A matcher of the house Atelier Relance."""
    return Matcher(items, payers, learned, Leeway(own_names=("Atelier Relance",)), receipts)


def settled(proposal: Proposal, *items: OpenItem) -> dict[str, int]:
    """What was committed, by number; empty when nothing was."""
    return shown(proposal, 0, *items) if proposal.committed else {}


def shown(proposal: Proposal, place: int, *items: OpenItem) -> dict[str, int]:
    """What the candidate of a place would settle, by number."""
    numbers = {item.id: item.number for item in items}
    return {numbers[item]: cents for item, cents in proposal.candidates[place].allocations}
