"""Debts that may never be paid: what is set aside for them, what is lost, and what comes back, as balanced entries.

Two branches. A delay: the debt moves from 411 to 416 with its tax, and the part without tax that is not expected back is
set aside (491). A loss: it leaves the books (6541 for an invoice of the year, 6544 for an older one), its tax is recovered
and what was set aside released. Source: PCG 491, 654, 6817, 7583, 7817; CGI 272-1 and 39-1-5°. Money is cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from crm.ledger.postings import (
    BANK,
    CUSTOMERS,
    DOUBTFUL,
    VAT_DUE,
    VAT_WAITING,
    Line,
    Lines,
    Split,
    Vat,
    charged,
    joined,
    move,
)

IMPAIRMENT = "491"
IMPAIRMENT_CHARGE, IMPAIRMENT_RELEASE = "68174", "78174"
LOSSES = "654"
LOSS_OF_THE_YEAR, LOSS_OF_EARLIER_YEARS = "6541", "6544"
RECOVERED = "7583"


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a doubtful debt is worth: what is owed of it with and without tax, and what is set aside. Cents."""

    gross: int
    net: int
    set_aside: int

    @property
    def book_value(self) -> int:
        """What stands in the balance sheet: the debt with its tax, less what is set aside."""
        return self.gross - self.set_aside


def to_doubtful(cents: int) -> Lines:
    """The whole debt, tax included, moves among the doubtful ones."""
    return move(DOUBTFUL, CUSTOMERS, cents)


def from_doubtful(cents: int) -> Lines:
    """The doubt is gone: what is still owed moves back."""
    return move(CUSTOMERS, DOUBTFUL, cents)


def required(net: int, recovery: Decimal) -> int:
    """What has to be set aside: the part without tax that is not expected back, rounded half up.

    `recovery` is the share expected, from 0 to 1.

    Raises:
        ValueError: it is no share.
    """
    if not 0 <= recovery <= 1:
        raise ValueError(f"a share lies between 0 and 1: {recovery}")
    return int((net * (1 - recovery)).quantize(Decimal(1), ROUND_HALF_UP))


def adjusted(needed: int, set_aside: int) -> Lines:
    """From what is set aside to what has to be: a charge, a release, or no entry."""
    if needed >= set_aside:
        return move(IMPAIRMENT_CHARGE, IMPAIRMENT, needed - set_aside)
    return move(IMPAIRMENT, IMPAIRMENT_RELEASE, set_aside - needed)


def loss_account(invoiced: date, lost: date) -> str:
    """6541 or 6544: by the year of the invoice. Financial years are calendar years here."""
    return LOSS_OF_THE_YEAR if invoiced.year == lost.year else LOSS_OF_EARLIER_YEARS


def loss(part: Split, account: str, vat: Vat, *, doubtful: bool, duplicate_sent: bool) -> Lines:
    """What is given up for good.

    Tax that was due is recovered once the stamped duplicate has been sent; until then it waits. Tax due on receipts was
    never paid: it is taken off where it waits, and there is nothing to recover.
    """
    recovered = vat is Vat.ON_INVOICE and duplicate_sent
    return charged(account, part, VAT_DUE if recovered else VAT_WAITING, DOUBTFUL if doubtful else CUSTOMERS)


def vat_recovered(cents: int) -> Lines:
    """The duplicate has been sent: the tax that waited is deducted."""
    return move(VAT_DUE, VAT_WAITING, cents)


def dividend(part: Split, *, vat_waits: bool = False) -> Lines:
    """Money on a debt already given up: income without tax, and the tax is due again.

    `vat_waits`: the tax had not been recovered yet, so there is less of it to recover.
    """
    vat_account = VAT_WAITING if vat_waits else VAT_DUE
    lines = (Line(BANK, debit=part.gross), Line(RECOVERED, credit=part.net), Line(vat_account, credit=part.vat))
    return tuple(line for line in lines if line.debit or line.credit)


def given_up(
    part: Split, account: str, vat: Vat, *, set_aside: int, needed: int = 0, doubtful: bool, duplicate_sent: bool
) -> Lines:
    """A loss in one entry with the release of what was set aside for it; `needed` for what is not lost yet."""
    return joined(
        loss(part, account, vat, doubtful=doubtful, duplicate_sent=duplicate_sent), adjusted(needed, set_aside)
    )
