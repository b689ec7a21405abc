"""Differences (écarts): why what was received is not what was owed, what may be decided, and the entry that follows."""

from __future__ import annotations

from enum import StrEnum

from crm.ledger import postings
from crm.ledger.postings import Lines, Split, Vat


class Cause(StrEnum):
    """Why there is a difference. The words of the matching are kept where it has one."""

    DISCOUNT = "discount"
    BANK_FEE = "bank_fee"
    ROUNDING = "rounding"
    RETENTION = "retention"
    EXCHANGE = "exchange"
    PENALTY = "penalty"
    CREDIT_NOTE = "credit_note"
    """One is missing: goods returned, a price to correct."""
    REBATE = "rebate"
    SHORT_PAYMENT = "short_payment"
    OVERPAYMENT = "overpayment"
    DUPLICATE = "duplicate"
    ADVANCE = "advance"
    WRONG_CUSTOMER = "wrong_customer"
    BOUNCED = "bounced"


class Decision(StrEnum):
    """What becomes of it."""

    KEEP_OPEN = "keep_open"
    WRITE_OFF = "write_off"
    DISPUTE = "dispute"
    REFUND = "refund"
    AWAIT_CREDIT_NOTE = "await_credit_note"


_ASKED = (Decision.KEEP_OPEN, Decision.WRITE_OFF, Decision.DISPUTE)
_OF_SHORT: dict[Cause, tuple[Decision, ...]] = {
    Cause.DISCOUNT: _ASKED,
    Cause.BANK_FEE: _ASKED,
    Cause.ROUNDING: (Decision.KEEP_OPEN, Decision.WRITE_OFF),
    Cause.EXCHANGE: (Decision.KEEP_OPEN, Decision.WRITE_OFF),
    Cause.PENALTY: _ASKED,
    Cause.RETENTION: (Decision.KEEP_OPEN, Decision.DISPUTE),
    Cause.CREDIT_NOTE: (Decision.AWAIT_CREDIT_NOTE, Decision.DISPUTE),
    Cause.REBATE: (Decision.AWAIT_CREDIT_NOTE, Decision.DISPUTE),
    Cause.SHORT_PAYMENT: (Decision.KEEP_OPEN, Decision.DISPUTE),
    Cause.WRONG_CUSTOMER: (Decision.KEEP_OPEN,),
    Cause.BOUNCED: (Decision.KEEP_OPEN,),
}
_OF_EXCESS: dict[Cause, tuple[Decision, ...]] = {
    Cause.OVERPAYMENT: (Decision.KEEP_OPEN, Decision.REFUND),
    Cause.DUPLICATE: (Decision.KEEP_OPEN, Decision.REFUND),
    Cause.ADVANCE: (Decision.KEEP_OPEN, Decision.REFUND),
    Cause.WRONG_CUSTOMER: (Decision.KEEP_OPEN, Decision.REFUND),
}


def decisions(cause: Cause, *, short: bool) -> tuple[Decision, ...]:
    """What may be decided about a difference; `short`: less came in than was owed. Nothing: the cause does not fit.

    A short payment that nobody explains is dunned, not written off; a missing credit note is issued, not written off.
    """
    return (_OF_SHORT if short else _OF_EXCESS).get(cause, ())


def proposed(cause: Cause, decision: Decision, cents: int, part: Split, *, vat: Vat = Vat.ON_INVOICE) -> Lines:
    """The entry that follows from a decision; none where nothing is to be posted yet.

    `cents` is the difference: short positive, too much negative. `part` is its size as what is without tax and the tax.
    """
    size = abs(cents)
    if decision is Decision.DISPUTE:
        return ()
    if decision is Decision.REFUND:
        return postings.refund(size)
    if decision is Decision.AWAIT_CREDIT_NOTE:
        return postings.rebate_to_grant(part) if cause is Cause.REBATE else postings.credit_note(part, vat=vat)
    if decision is Decision.KEEP_OPEN:
        return _kept(cause, size, part)
    return _written_off(cause, cents, part, vat)


def _kept(cause: Cause, size: int, part: Split) -> Lines:
    if cause is Cause.RETENTION:
        return postings.retention(size)
    if cause is Cause.ADVANCE:
        return postings.advance(part)
    if cause in {Cause.OVERPAYMENT, Cause.DUPLICATE}:
        return postings.credit_balance(size)
    return postings.bounced(size) if cause is Cause.BOUNCED else ()


def _written_off(cause: Cause, cents: int, part: Split, vat: Vat) -> Lines:
    if cause is Cause.DISCOUNT:
        return postings.discount(part, vat)
    if cause is Cause.BANK_FEE:
        return postings.bank_fee(cents)
    if cause is Cause.ROUNDING:
        return postings.rounding(cents)
    if cause is Cause.EXCHANGE:
        return postings.exchange(cents)
    if cause is Cause.PENALTY:
        return postings.contract_penalty(cents)
    return ()
