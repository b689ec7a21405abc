"""What the accounting file says, line by line: the years read, customers' lines, suppliers' balances."""

from datetime import date

from sqlalchemy import false
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class AccountingYear(Row, table=True):
    """A financial year of which files were read. The balances are those of its lines, debit positive."""

    __tablename__ = "accounting_year"

    starts: date = Field(unique=True)
    last_entry: date
    opened: bool = False
    """Opening entries were read: the year's beginning is known and not assumed."""
    siren: str = ""
    file: str = ""
    """The last file read."""
    receivable_cents: int = cents(default=0)
    """411 + 413 + 416."""
    advance_cents: int = cents(default=0)
    """419, shown beside."""


class AccountingItem(Row, table=True):
    """One line on a customer's account, and the document or payment that stands for it here."""

    __tablename__ = "accounting_item"

    year_id: int = key_of("accounting_year", index=True)
    place: int
    """The line in the file."""
    party: str
    """The code of the auxiliary account."""
    account: str
    auxiliary: str = ""
    journal: str
    entry_number: str = ""
    dated: date
    issued: date
    """The document's own date."""
    piece: str = ""
    label: str = ""
    cents: int = cents()
    """Debit positive. Zero: the line has left the file."""
    code: str = ""
    """The matching code."""
    role: str
    rule: str
    """What told the role: accounts of the entry and journal."""
    customer_id: int = key_of("customer", index=True)
    instalment_id: int | None = key_of("instalment", default=None, index=True)
    payment_id: int | None = key_of("payment", default=None, index=True)
    linked: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The document was here before, from another file or a person: it is never changed by the books."""
    outside: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """It carries a matching code and something of it stays open: its other half is in no file read."""
    cleared: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """A person has said that this lettered item is owed all the same."""


class SupplierItem(Row, table=True):
    """What the books say we owe a supplier, in the last file of a year."""

    __tablename__ = "supplier_item"

    year_id: int = key_of("accounting_year", index=True)
    code: str
    account: str
    name: str
    name_key: str = Field(index=True)
    balance_cents: int = cents()
    """Positive: we owe it."""
    open_cents: int = cents()
    """Of lines without a matching code, or whose code does not balance; positive: we owe it."""
    open_count: int
    unbalanced: str = ""
    """Matching codes that do not balance, with cents and number of lines, as JSON; the empty code holds lines without one."""
    oldest: date | None = None
    """The date of the oldest open line that we owe."""
