"""What the ledger keeps: entries with their lines, doubtful debts, and what was decided about differences."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Text
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class EntryKind(StrEnum):
    """Which act an entry comes from."""

    DIFFERENCE = "difference"
    DOUBTFUL = "doubtful"
    IMPAIRMENT = "impairment"
    LOSS = "loss"
    VAT_RECOVERY = "vat_recovery"
    DIVIDEND = "dividend"
    PENALTY = "penalty"


class DoubtfulFile(Row, table=True):
    """A debt that may not be paid, from the day it is doubted. What is set aside follows from its entries."""

    __tablename__ = "doubtful_file"

    invoice_id: int = key_of("invoice", index=True)
    opened: date
    reason: str = Field(sa_type=Text)
    net_cents: int = cents()
    """The whole invoice without tax: the measure of what is set aside."""
    vat: str
    """on_invoice, on_receipts or none."""
    recovery_percent: str = ""
    """What was last expected back, in percent; empty: nothing is set aside yet."""
    valued: date | None = None
    lost: date | None = None
    """The day it was given up."""
    proof: str = ""
    """liquidation, rescue_plan, insolvency, disappeared or cost."""
    proof_day: date | None = None
    duplicate_sent: date | None = None
    """The day the stamped duplicate left: from then on the tax may be deducted."""
    recovered: date | None = None
    """The day money last came back on what was given up."""
    closed: date | None = None
    """The day the doubt was over because the customer pays."""


class ResidualDecision(Row, table=True):
    """What was decided about a difference: the latest word about an invoice or a payment counts."""

    __tablename__ = "residual_decision"

    invoice_id: int | None = key_of("invoice", default=None, index=True)
    """What stays short."""
    payment_id: int | None = key_of("payment", default=None, index=True)
    """What is too much."""
    currency: str = "EUR"
    cents: int = cents()
    """Short is positive, too much negative."""
    cause: str
    decision: str
    vat: str = "on_invoice"
    """When the invoice's tax falls due: on_invoice, on_receipts or none."""
    owner: str = ""
    until: date | None = None
    note: str = Field(default="", sa_type=Text)
    decided: date
    write_off_id: int | None = key_of("write_off", default=None)


class LedgerEntry(Row, table=True):
    """An entry for the accounts. It is never edited: another one takes it back."""

    __tablename__ = "ledger_entry"

    day: date = Field(index=True)
    kind: str
    label: str
    currency: str = "EUR"
    customer_id: int = key_of("customer", index=True)
    invoice_id: int | None = key_of("invoice", default=None, index=True)
    file_id: int | None = key_of("doubtful_file", default=None, index=True)
    write_off_id: int | None = key_of("write_off", default=None, index=True)
    residual_id: int | None = key_of("residual", default=None, index=True)
    penalty_id: int | None = key_of("penalty_decision", default=None, index=True)
    """The claim of late-payment penalties that it records."""
    reverses_id: int | None = key_of("ledger_entry", default=None)
    """The entry that it takes back."""


class LedgerLine(Row, table=True):
    """One line of an entry: an amount on one side of an account."""

    __tablename__ = "ledger_line"

    ledger_entry_id: int = key_of("ledger_entry", index=True)
    account: str
    auxiliary: str = ""
    """The number of the customer, on accounts kept by customer."""
    debit_cents: int = cents(default=0)
    credit_cents: int = cents(default=0)
