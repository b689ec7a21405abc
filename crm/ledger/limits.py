"""Who may give up how much: by role, counted on everything given up of one invoice."""

from __future__ import annotations

from crm.core.consent import Actor, ActorKind
from crm.core.money import EURO
from crm.core.settings import Settings

_WITHOUT_LIMIT = frozenset({"manager", "admin"})


def limit_cents(actor: Actor, settings: Settings, currency: str = EURO) -> int | None:
    """Up to how many cents; None: any amount.

    Machines have the smallest limit. Limits are in euros: what is owed in another currency is for those without one.
    """
    role = actor.role if actor.kind is ActorKind.PERSON else ""
    if role in _WITHOUT_LIMIT:
        return None
    if currency != EURO:
        return 0
    return 100 * (settings.write_off_limit_accountant if role == "accountant" else settings.write_off_limit)
