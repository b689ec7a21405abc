"""Our own company, our customers, and what belongs to them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from crm.core.db import Row, cents, key_of


class Stage(StrEnum):
    """Where the relation stands."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    FORMER = "former"


class Regime(StrEnum):
    """Which law applies to a debt: stated by a person, never guessed from a name."""

    B2B = "B2B"
    B2C = "B2C"
    B2G = "B2G"
    TO_QUALIFY = "to_qualify"


class Segment(StrEnum):
    """The one list of segments."""

    LOYAL = "loyal"
    VIP = "vip"
    NEW = "new"
    PROMISING = "promising"
    INACTIVE = "inactive"
    AT_RISK = "at_risk"
    BIG_ACCOUNT = "big_account"
    BAD_PAYER = "bad_payer"
    STANDARD = "standard"


class HoldKind(StrEnum):
    """Why nothing is sent."""

    MANUAL = "manual"
    PROMISE = "promise"
    DISPUTE = "dispute"
    PLAN = "plan"
    INSOLVENCY = "insolvency"
    COMPLAINT = "complaint"


class Company(Row, table=True):
    """Who we are: one row."""

    __tablename__ = "company"

    name: str
    legal_form: str = ""
    siren: str = ""
    rcs_city: str = ""
    capital_cents: int | None = cents(default=None)
    address: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"
    vat_number: str = ""
    payment_terms: str = "30"
    penalty_clause: str = ""
    """The contract's yearly penalty rate in percent; empty: the legal default."""
    email: str = ""
    phone: str = ""
    sender_name: str = ""
    """Who signs our messages."""
    senior_sender_name: str = ""
    """Who signs from the last reminder on."""
    time_zone: str = "Europe/Paris"
    region: str = ""
    """Alsace-Moselle has two public holidays more; empty elsewhere."""


class Customer(Row, table=True):
    """Somebody we deal with."""

    __tablename__ = "customer"

    number: str = Field(unique=True)
    name: str
    name_key: str = Field(index=True)
    """The name without capitals, accents and signs, for finding it."""
    stage: str = Stage.CUSTOMER.value
    regime: str = Regime.TO_QUALIFY.value
    siren: str = ""
    siret: str = ""
    """The establishment: its SIREN and five digits more."""
    vat_number: str = ""
    country: str = "FR"
    address: str = ""
    postal_code: str = ""
    city: str = ""
    language: str = "fr"
    account_manager: str = Field(default="", index=True)
    """The number of the user in charge."""
    segment: str = ""
    segment_origin: str = ""
    """file, manual or computed."""
    payment_terms: str = ""
    """Empty: the company's."""
    credit_limit_cents: int | None = cents(default=None)
    customer_since: date | None = None
    discreet: bool = False
    """A consumer or sole trader: nothing about a debt in subjects, SMS or on envelopes."""
    root_id: int | None = key_of("customer", default=None, index=True)
    """The customer it was merged into, by a dated link: facts keep their own customer, answers speak of this one."""
    merged_on: date | None = None
    """The day of that link."""
    parent_id: int | None = key_of("customer", default=None, index=True)
    """The company whose group it belongs to."""


class CustomerAlias(Row, table=True):
    """Another name of a customer: a trade name, an abbreviation, the name on bank statements."""

    __tablename__ = "customer_alias"
    __table_args__ = (UniqueConstraint("customer_id", "name_key"),)

    customer_id: int = key_of("customer", index=True)
    name: str
    name_key: str = Field(index=True)


class AuxiliaryAccount(Row, table=True):
    """Which customer stands behind an account of the books: the auxiliary account, or the tail of the general one."""

    __tablename__ = "auxiliary_account"

    code: str = Field(unique=True)
    name: str
    customer_id: int = key_of("customer", index=True)


class Contact(Row, table=True):
    """A person at a customer's, and how to reach them."""

    __tablename__ = "contact"

    customer_id: int = key_of("customer", index=True)
    name: str
    role: str = ""
    """accounting, sales, signatory… as the file says."""
    email: str = Field(default="", index=True)
    phone: str = ""
    language: str = ""
    absent_until: date | None = None
    """Away before this day."""


class ConsentPurpose(StrEnum):
    """What somebody has said yes or no to."""

    MARKETING = "marketing"
    REMINDERS = "reminders"
    """By this address; the debt itself is never silenced: reminders take another way."""


class Consent(Row, table=True):
    """A yes or a no to being reached at an address, with its day and its proof; the latest counts."""

    __tablename__ = "consent"
    __table_args__ = (Index("consent_of_address", "channel", "address"),)

    customer_id: int | None = key_of("customer", default=None, index=True)
    channel: str
    address: str
    """E-mail address in lower case, or number in E.164."""
    purpose: str
    granted: bool
    day: date
    source: str
    """How it was said: `sms SM…`, a form, a call."""
    proof: str = ""
    """The words."""


class BankAccount(Row, table=True):
    """An account of ours (no customer) or of a customer."""

    __tablename__ = "bank_account"
    __table_args__ = (UniqueConstraint("iban", "customer_id"),)

    customer_id: int | None = key_of("customer", default=None, index=True)
    iban: str
    bic: str = ""
    label: str = ""


class Hold(Row, table=True):
    """Why nothing is sent to a customer, or about one invoice: one table answers it."""

    __tablename__ = "hold"

    customer_id: int = key_of("customer", index=True)
    invoice: str = ""
    """The number of the invoice; empty: the whole customer."""
    kind: str = HoldKind.MANUAL.value
    reason: str
    owner: str = ""
    since: date
    until: date | None = None
    lifted: date | None = None


class Document(Row, table=True):
    """A file kept in the spool: an invoice's PDF, a signed plan."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("sha256", "subject"),)

    sha256: str
    name: str
    size: int
    kind: str
    subject: str = Field(index=True)
    """What it belongs to: the number of an invoice."""
