"""What is owed and what came in. Only facts: nothing here says "paid", "late" or "balance"."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Self

from sqlalchemy import BigInteger, Index, Table, Text, UniqueConstraint, false, text, true
from sqlmodel import Field, Session, col, select

from crm.core.db import Row, cents, key_of, table_of


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


class BankStatement(Row, table=True):
    """What a file told of one of our accounts: between two balances, or the movements alone where it tells none."""

    __tablename__ = "bank_statement"
    __table_args__ = (Index("bank_statement_of_account", "account", "currency", "last_day"),)

    account: str
    """Its IBAN where it can be told; empty: the file does not name it."""
    currency: str = "EUR"
    kind: str
    """The format of the file."""
    number: str = ""
    first_day: date | None = None
    last_day: date | None = None
    """The last day it speaks of: until then payments are known."""
    opening_day: date | None = None
    opening_cents: int | None = cents(default=None)
    closing_day: date | None = None
    closing_cents: int | None = cents(default=None)


class BankLine(Row, table=True):
    """A movement of one of our accounts, as the bank told it. Whether it is matched follows from the payments made of it."""

    __tablename__ = "bank_line"
    __table_args__ = (Index("bank_line_of_account", "account", "currency", "booked"),)

    statement_id: int = key_of("bank_statement", index=True)
    account: str
    currency: str = "EUR"
    booked: date
    value_date: date | None = None
    cents: int = cents()
    """Money in is positive."""
    label: str = Field(sa_type=Text)
    raw: str = Field(sa_type=Text)
    """As it is written in the file."""
    fingerprint: str = Field(index=True)
    counterparty_name: str = ""
    counterparty_iban: str = ""
    end_to_end_id: str = ""
    remittance: str = Field(default="", sa_type=Text)
    """Creditor references and numbers of documents that the payer gives, with blanks between them."""
    bank_reference: str = ""
    number: str = ""
    """Of the cheque, or of the entry."""
    operation_code: str = ""
    return_reason: str = ""
    takes_back: bool = False
    """The bank itself says that it takes an earlier line back."""
    batch_id: str = ""
    aside: str = Field(default="", index=True)
    """Why it is not for the customers' accounts; empty: it may be."""
    taken_apart: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """A person took back what was made of it, or took it up again: from now on it is only proposed."""


class BankMapping(Row, table=True):
    """Which column of a bank's table holds what, as it was told once: tables with the same headings are read alike."""

    __tablename__ = "bank_mapping"

    headings: str = Field(sa_type=Text)
    fields: str = Field(sa_type=Text)
    """Field → heading, as JSON."""


class LearnedFact(Row, table=True):
    """What a person's decision taught about bank lines; the latest word counts, until it is forgotten."""

    __tablename__ = "learned_fact"

    kind: str
    """iban, name or label."""
    pattern: str
    customer_id: int | None = key_of("customer", default=None, index=True)
    """None: such lines are not customers' money."""
    learned: date
    bank_line_id: int | None = key_of("bank_line", default=None)
    forgotten: date | None = None


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
    bank_line_id: int | None = key_of("bank_line", default=None, index=True)
    """The bank line it was made from; a deposit of several customers' cheques makes several."""
    reverses_id: int | None = key_of("payment", default=None, index=True)
    """The earlier payment that it takes back: a rejected direct debit, a bounced cheque."""

    @classmethod
    def marks(cls, session: Session, entry_id: int) -> Sequence[tuple[Table, str, Sequence[int]]]:
        """The bank lines of payments that are taken back: the matching only proposes a use of them from then on."""
        made = select(Payment.bank_line_id).where(Payment.entry_id == entry_id, col(Payment.bank_line_id).is_not(None))
        lines = sorted({line for line in session.exec(made) if line is not None})
        return ((table_of(BankLine), "taken_apart", lines),) if lines else ()


class Residual(Row, table=True):
    """A difference that a match left: why, and what was decided about it. The proposed entry is for the accountant."""

    __tablename__ = "residual"

    payment_id: int = key_of("payment", index=True)
    instalment_id: int | None = key_of("instalment", default=None, index=True)
    """What stays short; None: the payment is more than what was open."""
    currency: str = "EUR"
    cents: int = cents()
    """Short is positive, too much negative."""
    reason: str
    """discount, bank_fee, rounding, retention, overpayment, duplicate."""
    decision: str
    """keep_open or write_off."""
    entry: str = ""
    """The account of the proposed entry."""
    decided: date


class MatchCandidate(Row, table=True):
    """One way in which money that waits for a decision may be used; it belongs to a proposal."""

    __tablename__ = "match_candidate"

    proposal_id: int = key_of("proposal", index=True)
    rank: int
    customer_id: int | None = key_of("customer", default=None, index=True)
    certainty: float
    rule: str
    why: str = Field(sa_type=Text)
    residual_cents: int = cents(default=0)
    residual_reason: str = ""
    full: bool = False
    uses: str = Field(sa_type=Text)
    """As JSON: items, credits, and what is taken back or reopened."""
    reverses_id: int | None = key_of("payment", default=None)


LOSS, DIVIDEND = "loss", "dividend"
"""Reasons of a debt given up for good, and of what came back of it: no match, so none that is taken apart."""


class WriteOff(Row, table=True):
    """An amount of an invoice given up: a document of its own, the invoice stays as issued. What of it stands is allocated."""

    __tablename__ = "write_off"

    invoice_id: int = key_of("invoice", index=True)
    day: date
    currency: str = "EUR"
    cents: int = cents()
    reason: str
    """A cause of a difference, loss, or dividend: then the amount is negative."""


class PenaltyDecision(Row, table=True):
    """What was decided about penalties and indemnity of an invoice; what has accrued follows from facts and law.

    A claim is a document of its own, with its reference; the invoice stays as issued.
    """

    __tablename__ = "penalty_decision"

    invoice_id: int = key_of("invoice", index=True)
    decision: str
    """claim, waive or keep."""
    decided: date
    until: date
    """The day up to which interest was counted."""
    currency: str = "EUR"
    interest_cents: int = cents()
    indemnity_cents: int = cents()
    """Euros, whatever the currency of the invoice."""
    reference: str = Field(default="", index=True)
    """Of the claim."""
    reason: str = Field(default="", sa_type=Text)
    author: str = ""


class OrderHold(Row, table=True):
    """No new orders for a customer until further notice: told to whoever takes them; reminders go on."""

    __tablename__ = "order_hold"

    customer_id: int = key_of("customer", index=True)
    reason: str = Field(sa_type=Text)
    owner: str = ""
    since: date
    lifted: date | None = None
    lifted_because: str = Field(default="", sa_type=Text)


UNDO = "undo"
"""The rule of an allocation that takes another back."""


class Allocation(Row, table=True):
    """Money or a credit note used for an instalment, on a date. Undone by a reversing row, never by deletion.

    Exactly one of `payment_id`, `credit_id` (the instalment of a credit note), `residual_id` (a difference that a match
    wrote off) and `write_off_id` is set. A reversing row has the negative amount and the same date, so that every balance as of any day is as it was.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        Index("allocation_credit", "credit_id"),
        *(
            Index(f"allocation_{name}", f"{name}_id", sqlite_where=text(told), postgresql_where=text(told))
            for name, told in (
                ("residual", "residual_id IS NOT NULL"),
                ("write_off", "write_off_id IS NOT NULL"),
                ("reverses", "reverses_id IS NOT NULL"),
            )
        ),
    )

    instalment_id: int = key_of("instalment", index=True)
    payment_id: int | None = key_of("payment", default=None, index=True)
    credit_id: int | None = key_of("instalment", default=None)
    residual_id: int | None = key_of("residual", default=None)
    write_off_id: int | None = key_of("write_off", default=None)
    cents: int = cents()
    value_date: date
    """The later of the two documents' dates."""
    code: str = ""
    """The matching code: AA… full, aa… partial."""
    rule: str = ""
    """Which rule or person made it."""
    reverses_id: int | None = key_of("allocation", default=None)

    def reversal(self) -> Self:
        """The row that takes this one back. What takes a reversing row back is an allocation like any other."""
        return type(self)(
            instalment_id=self.instalment_id,
            payment_id=self.payment_id,
            credit_id=self.credit_id,
            residual_id=self.residual_id,
            write_off_id=self.write_off_id,
            cents=-self.cents,
            value_date=self.value_date,
            code=self.code,
            rule=UNDO,
            reverses_id=self.id if self.reverses_id is None else None,
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
    """accepted, rejected or partial."""
    owner: str = ""
    note: str = ""
    deadline: date | None = None
    """The day by which its owner answers."""
    credit_cents: int | None = Field(default=None, sa_type=BigInteger)
    """The credit note that is expected; positive."""
    credit_number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The credit note that was issued for it."""
    accepted_cents: int | None = Field(default=None, sa_type=BigInteger)
    """What of it was found right when it was resolved."""


class OwnReason(Row, table=True):
    """A reason of disputes that the company has added, or one of the contract's that it has retired."""

    __tablename__ = "own_reason"

    code: str = Field(unique=True)
    label: str = ""
    """In the company's words; empty: one of the contract's, which has its own."""
    retired: date | None = None
    """No new dispute takes it from this day on; older ones keep it."""


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
    replaces_id: int | None = key_of("promise", default=None, index=True)
    """The promise that this one puts off or alters."""


class PaymentPlan(Row, table=True):
    """An agreement to pay what is open in instalments. Respected or broken follows from dated allocations."""

    __tablename__ = "payment_plan"

    customer_id: int = key_of("customer", index=True)
    currency: str = "EUR"
    made: date
    grace_days: int
    """So many days after an unpaid instalment's day it is broken, and all of it due again."""
    signed: date | None = None
    """The day the customer signed it: an acknowledgement of the debt (C. civ. 2240)."""
    signed_file: str = ""
    ended: date | None = None
    """The day it was cancelled: from then on everything is due as before."""
    ended_reason: str = ""
    contact: str = ""
    note: str = Field(default="", sa_type=Text)


class PlanInstalment(Row, table=True):
    """What a plan asks for on a day."""

    __tablename__ = "plan_instalment"

    plan_id: int = key_of("payment_plan", index=True)
    rank: int
    due_date: date
    cents: int = cents()


class PlanCover(Row, table=True):
    """An open instalment of an invoice that a plan replaces, whole or in part; the instalment itself stays as it is."""

    __tablename__ = "plan_cover"

    plan_id: int = key_of("payment_plan", index=True)
    instalment_id: int = key_of("instalment", index=True)
    open_cents: int = cents()
    """What was open of it when the plan was made."""
    cents: int = cents()
    """What of that the plan covers."""
