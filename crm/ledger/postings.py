"""Entries of customer accounting: the correcting entry of each difference, as balanced lines of the French chart (PCG).

Money is cents of one currency, always positive on its side; dates and names are for whoever keeps the entry. Amounts with
tax are split into what is without tax and the tax in the proportion of the invoice. Source: PCG in the wording of ANC
2022-06; the discount lowers the tax by CGI 267 II-1° only where the buyer is told so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

BANK = "512"
CUSTOMERS = "411"
RETENTIONS = "4117"
DOUBTFUL = "416"
OVERPAID = "4197"
ADVANCES = "4191"
TO_CREDIT = "4198"
VAT_DUE = "44571"
VAT_TO_CREDIT = "44587"
VAT_WAITING = "4458"
"""Tax to be settled later: on receipts not yet had, on advances, or to be recovered once the duplicate is sent."""
SALES, SERVICES = "707", "706"
REBATES, REBATE_NOTES = "709", "7097"
DISCOUNTS = "665"
BANK_FEES = "6278"
SMALL_CHARGES, SMALL_INCOME = "658", "758"
EXCHANGE_LOSS, EXCHANGE_GAIN = "656", "756"
PENALTIES_PAID = "6581"

PARTNERS = frozenset({CUSTOMERS, RETENTIONS, DOUBTFUL, OVERPAID, ADVANCES})
"""The accounts that are kept by customer."""


class Vat(StrEnum):
    """When the tax of an invoice falls due."""

    ON_INVOICE = "on_invoice"
    """Goods, and services whose seller has chosen so: due already, to be recovered when the debt is lost."""
    ON_RECEIPTS = "on_receipts"
    """Services: due when paid; what is never paid was never due."""
    NONE = "none"
    """Exports and reverse charge."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an amount on one side of an account; `party` is the customer it is kept for, where it is."""

    account: str
    debit: int = 0
    credit: int = 0
    party: str = ""

    def turned(self) -> Line:
        """The same on the other side."""
        return Line(self.account, self.credit, self.debit, self.party)


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """An amount with tax, as what is without tax and the tax."""

    net: int
    vat: int

    @property
    def gross(self) -> int:
        """With tax."""
        return self.net + self.vat


def without_tax(gross: int, total: int, net: int) -> int:
    """The part without tax of some of an invoice, in its proportion, rounded half up to a cent.

    `total` and `net` are the invoice's.
    """
    if total == 0:
        return 0
    return (2 * gross * net + total) // (2 * total)


def split(gross: int, total: int, net: int, *, rest: int = 0) -> Split:
    """Some of an invoice as what is without tax and the tax; `rest` is what of it stays open afterwards.

    Parts taken one after the other down to nothing add up to the whole to the cent: each is what its rest leaves.
    """
    part = without_tax(gross + rest, total, net) - without_tax(rest, total, net)
    return Split(part, gross - part)


def total_debit(lines: Iterable[Line]) -> int:
    """What stands on the left."""
    return sum(line.debit for line in lines)


def balanced(lines: Iterable[Line]) -> bool:
    """Whether both sides are the same."""
    told = tuple(lines)
    return total_debit(told) == sum(line.credit for line in told)


def turned(lines: Iterable[Line]) -> Lines:
    """The entry that takes another one back."""
    return tuple(line.turned() for line in lines)


def joined(*entries: Iterable[Line]) -> Lines:
    """Several entries as one: each account once for a customer and side, in the order they come; nothing is set off."""
    sums: dict[tuple[str, str, bool], int] = {}
    for entry in entries:
        for line in entry:
            key = (line.account, line.party, line.debit > 0)
            sums[key] = sums.get(key, 0) + line.debit + line.credit
    return tuple(
        Line(account, amount if left else 0, 0 if left else amount, party)
        for (account, party, left), amount in sums.items()
        if amount
    )


def move(debit: str, credit: str, cents: int) -> Lines:
    """From one account to another; an amount below nothing goes the other way, none makes no entry."""
    if cents == 0:
        return ()
    if cents < 0:
        debit, credit, cents = credit, debit, -cents
    return (Line(debit, debit=cents), Line(credit, credit=cents))


def charged(account: str, part: Split, vat_account: str, credit: str) -> Lines:
    """A charge and its tax against a customer's account; what is nothing is left out."""
    lines = (Line(account, debit=part.net), Line(vat_account, debit=part.vat), Line(credit, credit=part.gross))
    return tuple(line for line in lines if line.debit or line.credit)


def sale(part: Split, vat: Vat = Vat.ON_INVOICE) -> Lines:
    """An invoice as issued: goods, or services whose tax is due on receipts only and waits until then."""
    waits = vat is Vat.ON_RECEIPTS
    lines = (
        Line(CUSTOMERS, debit=part.gross),
        Line(SERVICES if waits else SALES, credit=part.net),
        Line(VAT_WAITING if waits else VAT_DUE, credit=part.vat),
    )
    return tuple(line for line in lines if line.debit or line.credit)


def receipt(cents: int, account: str = CUSTOMERS) -> Lines:
    """Money that came in; below nothing: it went back."""
    return move(BANK, account, cents)


def tax_on_receipt(cents: int) -> Lines:
    """The tax of services that waited for the money is due with it; below nothing: the money went back, and waits again."""
    return move(VAT_WAITING, VAT_DUE, cents)


def discount(part: Split, vat: Vat = Vat.ON_INVOICE) -> Lines:
    """A discount for early payment: the tax goes down with it, where it was due."""
    return charged(DISCOUNTS, part, VAT_WAITING if vat is Vat.ON_RECEIPTS else VAT_DUE, CUSTOMERS)


def bank_fee(cents: int) -> Lines:
    """A fee deducted on the way and borne by us."""
    return move(BANK_FEES, CUSTOMERS, cents)


def rounding(cents: int) -> Lines:
    """A few cents: short is positive, too much negative."""
    return move(SMALL_CHARGES, CUSTOMERS, cents) if cents > 0 else move(CUSTOMERS, SMALL_INCOME, -cents)


def exchange(cents: int) -> Lines:
    """The rate moved between invoice and payment: a loss is positive, a gain negative. Commercial debts: 656 and 756."""
    return move(EXCHANGE_LOSS, CUSTOMERS, cents) if cents > 0 else move(CUSTOMERS, EXCHANGE_GAIN, -cents)


def contract_penalty(cents: int) -> Lines:
    """A penalty that the buyer withheld and that we accept."""
    return move(PENALTIES_PAID, CUSTOMERS, cents)


def retention(cents: int) -> Lines:
    """Retention money: still owed, due later, on an account of its own."""
    return move(RETENTIONS, CUSTOMERS, cents)


def refund(cents: int) -> Lines:
    """Money paid too much or twice, paid back."""
    return move(CUSTOMERS, BANK, cents)


def credit_balance(cents: int) -> Lines:
    """A customer's credit at closing, shown among debts."""
    return move(CUSTOMERS, OVERPAID, cents)


def advance(part: Split) -> Lines:
    """Money for an order to come, moved off the customer's account; its tax is due at once, on goods too since 2023."""
    return joined(move(CUSTOMERS, ADVANCES, part.gross), move(VAT_WAITING, VAT_DUE, part.vat))


def wrong_customer(cents: int, credited: str, owed: str) -> Lines:
    """A payment posted to one customer that was another's: a new entry, never a change of the old one."""
    return (Line(CUSTOMERS, debit=cents, party=credited), Line(CUSTOMERS, credit=cents, party=owed))


def bounced(cents: int, fee: int = 0) -> Lines:
    """A direct debit or cheque that comes back unpaid, and what the bank takes for it."""
    return joined(move(CUSTOMERS, BANK, cents), move(BANK_FEES, BANK, fee))


def rebate_to_grant(part: Split) -> Lines:
    """A rebate promised and not yet credited, at closing."""
    return charged(REBATES, part, VAT_TO_CREDIT, TO_CREDIT)


def credit_note(part: Split, *, rebate: bool = False, vat: Vat = Vat.ON_INVOICE) -> Lines:
    """A credit note as issued: for goods returned, or a rebate on goods for resale."""
    waits = vat is Vat.ON_RECEIPTS
    account = REBATE_NOTES if rebate else SERVICES if waits else SALES
    return charged(account, part, VAT_WAITING if waits else VAT_DUE, CUSTOMERS)


def penalties_claimed(interest: int, indemnity: int, account: str) -> Lines:
    """Late-payment penalties and indemnities claimed by a document; no tax. The account of interest is house policy."""
    return joined(move(CUSTOMERS, account, interest), move(CUSTOMERS, SMALL_INCOME, indemnity))
