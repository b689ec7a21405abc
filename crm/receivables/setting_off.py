"""A credit note set against the invoice that it corrects, without any money."""

from crm.core.runner import Context
from crm.receivables.lettered import Lettering
from crm.receivables.matchable import instalments_of, open_documents
from crm.receivables.matching.facts import CreditUse
from crm.receivables.models import Invoice

RULE = "credit_note"
"""What an allocation of a credit note alone bears as its rule."""


def set_off(context: Context, note: Invoice, invoice: Invoice, most: int) -> int:
    """Use what is left of a credit note for what is open of an invoice, the earliest due first; how much, in cents.

    `most` is how much of it at most.
    """
    ids = instalments_of(context.session, (note.number, invoice.number))
    items = open_documents(context.session, context.today, ids)
    notes = [item for item in items.values() if item.number == note.number and item.open_cents < 0]
    owed = sorted(
        (item for item in items.values() if item.number == invoice.number and item.open_cents > 0),
        key=lambda item: (item.due_date, item.id),
    )
    rest = {item.id: item.open_cents for item in owed}
    left, uses = most, []
    for credit in notes:
        there = -credit.open_cents
        for item in owed:
            taken = min(left, there, rest[item.id])
            if taken > 0:
                uses.append(CreditUse(credit.id, item.id, taken))
                rest[item.id] -= taken
                there -= taken
                left -= taken
    if uses:
        letters = Lettering(context, items)
        letters.set_off(uses, RULE)
        letters.close()
    return most - left
