"""How a document is posted from the day it is issued: the sale, each receipt, the tax that waits for it. Pure.

What the ledger keeps besides (differences, doubtful debts, losses) stands between these in the order of days. Money is
cents of the document's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.ledger.postings import Lines, Split, Vat, credit_note, joined, receipt, sale, split, tax_on_receipt


class Draft(StrEnum):
    """What an entry that is not kept comes from."""

    SALE = "sale"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as issued. Cents, above nothing."""

    day: date
    part: Split
    vat: Vat
    credit: bool = False
    rebate: bool = False
    """Of a credit note: for a rebate, not for goods that came back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money used for an invoice; below nothing: it bounced. Cents."""

    day: date
    cents: int
    account: str
    """On which account the debt stood that day."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """An entry that follows from a document or from money."""

    day: date
    kind: Draft
    lines: Lines


def drafted(document: Issued, receipts: Iterable[Receipt] = ()) -> Sequence[Drafted]:
    """The entries of a document in the order of their days.

    The tax of services moves with the money in the proportion of the invoice: paid in full, all of it has moved.
    """
    part, vat = document.part, document.vat
    if document.credit:
        return (Drafted(document.day, Draft.CREDIT_NOTE, credit_note(part, rebate=document.rebate, vat=vat)),)
    found = [Drafted(document.day, Draft.SALE, sale(part, vat))]
    paid = 0
    for one in sorted(receipts, key=lambda one: one.day):
        tax = split(one.cents, part.gross, part.net, rest=part.gross - paid - one.cents).vat
        paid += one.cents
        lines = joined(receipt(one.cents, one.account), tax_on_receipt(tax) if vat is Vat.ON_RECEIPTS else ())
        found.append(Drafted(one.day, Draft.RECEIPT if one.cents > 0 else Draft.BOUNCE, lines))
    return found
