"""What the matching sees and what it answers: plain values. Money is cents, and never crosses a currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

Kind = Literal["invoice", "credit_note"]
Evidence = Mapping[str, float]


class Residual(StrEnum):
    """Why what was received differs from what was open."""

    NONE = ""
    DISCOUNT = "discount"
    BANK_FEE = "bank_fee"
    ROUNDING = "rounding"
    RETENTION = "retention"
    PARTIAL = "partial"
    ON_ACCOUNT = "on_account"
    OVERPAYMENT = "overpayment"
    DUPLICATE = "duplicate"


class Aside(StrEnum):
    """Why a line is not for the customers' accounts."""

    OUTGOING = "outgoing"
    SALARY = "salary"
    SOCIAL = "social"
    TAX = "tax"
    LOAN = "loan"
    INTERNAL = "internal"
    CARD_PURCHASE = "card_purchase"
    BANK_FEES = "bank_fees"
    INTEREST = "interest"
    INSURANCE = "insurance"
    SUPPLIER_REFUND = "supplier_refund"
    PAYOUT = "payout"
    LEARNT = "learnt"
    NOTHING = "nothing"


class Rule(StrEnum):
    """What a match rests on: stable codes, kept with each allocation."""

    REFERENCE = "reference"
    """The label names exactly what the amount settles."""
    REFERENCE_SOME = "reference_some"
    """The label names some of it; the amount completes it."""
    REFERENCE_DIFFERENCE = "reference_difference"
    """The label names it; the amount differs by an explained difference."""
    REFERENCE_PARTIAL = "reference_partial"
    REFERENCE_OVER = "reference_over"
    AMOUNT_SINGLE = "amount_single"
    """The payer is known and one invoice has exactly this amount."""
    AMOUNT_ALL = "amount_all"
    AMOUNT_DUE = "amount_due"
    AMOUNT_OLDEST = "amount_oldest"
    AMOUNT_RUN = "amount_run"
    AMOUNT_MONTH = "amount_month"
    AMOUNT_SUM = "amount_sum"
    AMOUNT_DIFFERENCE = "amount_difference"
    """The payer is known; the amount differs from one invoice by an explained difference."""
    AMOUNT_ONLY = "amount_only"
    """Nobody is named: only the amount speaks."""
    REMITTANCE = "remittance"
    """Several customers' cheques in one deposit."""
    LEGAL_ORDER = "legal_order"
    """Nothing is said: the order of article 1342-10 of the Civil Code."""
    DUPLICATE = "duplicate"
    ON_ACCOUNT = "on_account"
    BOUNCE = "bounce"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An instalment as it stands: what it is for and what is left of it. A credit note's cents are negative.

    Settled ones (nothing open) may be given too: a label that names one tells a duplicate payment.
    """

    id: int
    number: str
    customer_id: int
    issue_date: date
    due_date: date
    currency: str
    total_cents: int
    open_cents: int
    kind: Kind = "invoice"
    order_reference: str = ""
    corrects: str = ""
    """The number of the invoice a credit note corrects."""


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer as a bank line may show it."""

    customer_id: int
    number: str
    name: str
    aliases: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    siren: str = ""
    group_id: int | None = None
    """The same for companies that pay for each other."""
    email_domains: tuple[str, ...] = ()
    city: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """A bank line or payment whose use is looked for; negative when money went out."""

    id: int
    date: date
    cents: int
    currency: str
    label: str
    counterparty_name: str = ""
    counterparty_iban: str = ""
    end_to_end_id: str = ""
    structured_reference: str = ""
    method: str = ""
    customer_id: int | None = None
    """The customer where it is known beforehand."""
    reversal: bool = False
    """The bank itself says that this takes an earlier line back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An earlier payment and what it was used for: what a bounce takes back."""

    id: int
    date: date
    cents: int
    currency: str
    customer_id: int | None = None
    counterparty_iban: str = ""
    end_to_end_id: str = ""
    uses: tuple[tuple[int, int], ...] = ()
    """(item, cents)."""
    name: str = ""
    """Who sent it, as its line showed the sender."""


@dataclass(frozen=True, slots=True)
class Leeway:
    """What the house accepts as an explained difference, and who the house is."""

    discount_rates: tuple[int, ...] = (50, 100, 150, 200, 250, 300)
    """Early-payment discounts met, in hundredths of a percent."""
    retention_rate: int = 500
    fee_cents: int = 5_000
    """The largest bank fee deducted on the way."""
    rounding_cents: int = 100
    own_names: tuple[str, ...] = ()
    own_ibans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditUse:
    """A credit note used for an invoice. Cents, positive."""

    credit_id: int
    item_id: int
    cents: int


@dataclass(frozen=True, slots=True)
class Match:
    """One way a payment may be used. `certainty` is calibrated: of a hundred matches at 0.9, ninety are right."""

    customer_id: int | None
    """None for a deposit of several customers' cheques."""
    allocations: tuple[tuple[int, int], ...]
    """(item, cents of the payment)."""
    credits: tuple[CreditUse, ...]
    residual_cents: int
    """What stays open of the items (positive), or of the payment (negative)."""
    residual_reason: Residual
    certainty: float
    rule: Rule
    why: str
    full: bool
    """Items and payment are used up to the last cent."""
    reverses: int | None = None
    """The earlier payment that this line takes back."""
    reopens: tuple[tuple[int, int], ...] = ()
    """(item, cents) that are owed again from their original due date."""
    evidence: Evidence = field(default_factory=dict, compare=False, repr=False)
    """What the certainty was computed from."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer for one line: a certain match, or the best three, or why it is none of the customers'."""

    committed: Match | None = None
    candidates: tuple[Match, ...] = ()
    set_aside: Aside | None = None
    why_not: str = ""
    """Why it is left to a person."""
