"""What is owed and what came in. Only facts: nothing here says "paid", "late" or "balance"."""

from datetime import date
from enum import StrEnum
from typing import Self

from sqlalchemy import Index, UniqueConstraint, true
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class DocumentKind(StrEnum):
    """An invoice adds to what is owed, a credit note lowers it."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Method(StrEnum):
    """How money came in."""

    TRANSFER = "transfer"
    CHECK = "check"
    CARD = "card"
    DIRECT_DEBIT = "direct_debit"
    CASH = "cash"
    BILL_OF_EXCHANGE = "bill_of_exchange"


class DisputeReason(StrEnum):
    """What a customer objects to."""

    MISSING_GOODS = "missing_goods"
    DAMAGED_GOODS = "damaged_goods"
    PRICE_ERROR = "price_error"
    WRONG_QUANTITY = "wrong_quantity"
    DUPLICATE_INVOICE = "duplicate_invoice"
    SERVICE_NOT_RENDERED = "service_not_rendered"
    LATE_DELIVERY = "late_delivery"
    WRONG_RECIPIENT = "wrong_recipient"
    MISSING_PO = "missing_po"
    OTHER = "other"


class Invoice(Row, table=True):
    """An invoice or a credit note as issued; never edited. A credit note's amounts are negative."""

    __tablename__ = "invoice"

    number: str = Field(unique=True)
    customer_id: int = key_of("customer", index=True)
    kind: str = DocumentKind.INVOICE.value
    issue_date: date
    currency: str = "EUR"
    total_cents: int = cents()
    """Tax included."""
    net_cents: int | None = cents(default=None)
    """Without tax, where known."""
    order_reference: str = ""
    original_number: str = ""
    """The invoice a credit note corrects."""
    sale: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    """False: a debt that is no sale of its day, such as an opening balance or a payment that bounced."""


class Instalment(Row, table=True):
    """The atom of what is owed: one due date, one amount."""

    __tablename__ = "instalment"

    invoice_id: int = key_of("invoice", index=True)
    due_date: date
    cents: int = cents()
    assumed: bool = False
    """The due date comes from terms, not from the document."""


class Payment(Row, table=True):
    """Money that came in (or went back: negative). Its customer may not be known yet."""

    __tablename__ = "payment"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    reference: str = Field(index=True)
    source: str
    """The kind of file or the action it came from."""
    source_key: str
    """What tells it apart within its source: bank references are not unique."""
    customer_id: int | None = key_of("customer", default=None, index=True)
    received: date
    currency: str = "EUR"
    cents: int = cents()
    method: str = ""
    label: str = ""


class Allocation(Row, table=True):
    """Money or a credit note used for an instalment, on a date. Undone by a reversing row, never by deletion.

    Exactly one of `payment_id` and `credit_id` (the instalment of a credit note) is set. A reversing row has the negative
    amount and the same date, so that every balance as of any day is as it was.
    """

    __tablename__ = "allocation"
    __table_args__ = (Index("allocation_credit", "credit_id"),)

    instalment_id: int = key_of("instalment", index=True)
    payment_id: int | None = key_of("payment", default=None, index=True)
    credit_id: int | None = key_of("instalment", default=None)
    cents: int = cents()
    value_date: date
    """The later of the two documents' dates."""
    code: str = ""
    """The matching code: AA… full, aa… partial."""
    rule: str = ""
    """Which rule or person made it."""
    reverses_id: int | None = key_of("allocation", default=None)

    def reversal(self) -> Self | None:
        """The row that takes this one back."""
        return type(self)(
            instalment_id=self.instalment_id,
            payment_id=self.payment_id,
            credit_id=self.credit_id,
            cents=-self.cents,
            value_date=self.value_date,
            code=self.code,
            rule="undo",
            reverses_id=self.id,
        )


class Dispute(Row, table=True):
    """An objection to an invoice or a part of it, until it is resolved by an act of its own."""

    __tablename__ = "dispute"

    invoice_id: int = key_of("invoice", index=True)
    cents: int | None = cents(default=None)
    """The part in dispute; None: all of it."""
    reason: str = DisputeReason.OTHER.value
    opened: date | None = None
    """None: the file does not say when; never taken as known before it was read."""
    noted: date
    """The day we learnt of it."""
    resolved: date | None = None
    outcome: str = ""
    owner: str = ""
    note: str = ""


class Promise(Row, table=True):
    """A word given: an amount by a day. Kept or broken follows from dated allocations and is never stored."""

    __tablename__ = "promise"

    customer_id: int = key_of("customer", index=True)
    invoice_id: int | None = key_of("invoice", default=None, index=True)
    """None: whatever of the customer is due."""
    currency: str = "EUR"
    cents: int = cents()
    by: date
    made: date
    contact: str = ""
    source: str = ""
    """Where it was said: chat, call, reply, file."""
    note: str = ""
    ended: date | None = None
    """The day a later word or remark ended the wait; kept or broken still follows from money."""
