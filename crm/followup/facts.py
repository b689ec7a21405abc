"""What a message about money has to know: plain facts, which the caller loads. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from crm.core.i18n import Language
from crm.core.money import Money
from crm.law.series import Regime
from crm.receivables.plans import Agreed

Civility = Literal["madam", "sir"]

_CIVILITIES: dict[str, Civility] = {
    **dict.fromkeys(("madame", "mme", "mademoiselle", "mlle", "mrs", "ms", "miss"), "madam"),
    **dict.fromkeys(("monsieur", "m", "mr"), "sir"),
}
_PARTICLES = frozenset({"da", "de", "del", "della", "des", "di", "du", "la", "le", "van", "von", "zu", "el", "ben"})


class Account(NamedTuple):
    """A bank account of ours."""

    iban: str
    bic: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """Who we are."""

    name: str
    legal_form: str = ""
    capital: Money | None = None
    siren: str = ""
    registry: str = ""
    """Where we are registered: `RCS Nantes`."""
    address: str = ""
    """In one line."""
    city: str = ""
    phone: str = ""
    email: str = ""
    ibans: tuple[tuple[str, str, str], ...] = ()
    """Our accounts as (IBAN, BIC, label); the first one is named in messages."""
    representative: str = ""
    representative_role: str = ""
    penalty_clause: str = ""
    """The yearly penalty rate of our terms in percent; empty: the legal default."""
    mediator: str = ""
    """The consumer mediator we belong to."""

    @property
    def account(self) -> Account | None:
        """The account that customers pay to."""
        return Account(*self.ibans[0]) if self.ibans else None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Whom we write to."""

    number: str
    name: str
    regime: str
    """B2B, B2C, B2G or to_qualify, which is written to as B2C."""
    language: str = "fr"
    address: str = ""
    siren: str = ""
    discreet: bool = False
    """A sole trader: discreet as with a consumer, whatever the regime."""

    @property
    def law(self) -> Regime:
        """The law that the texts follow."""
        return "B2B" if self.regime == "B2B" else "B2G" if self.regime == "B2G" else "B2C"

    @property
    def quiet(self) -> bool:
        """Whether a subject says nothing of money: others may read it."""
        return self.discreet or self.law == "B2C"

    @property
    def speaks(self) -> Language:
        """The language we write in."""
        return "en" if self.language.lower().startswith("en") else "fr"


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The person a message is for; all of it may be unknown."""

    name: str = ""
    email: str = ""
    title: str = ""
    """Madame, Monsieur, Mme, M., Ms, Mr; else what the name begins with counts."""

    @property
    def civility(self) -> Civility | None:
        """How the person is addressed; None when that is not known."""
        return _civility(self.title) or _civility(self.name.partition(" ")[0])

    @property
    def bare_name(self) -> str:
        """The name without a title."""
        first, _space, rest = self.name.strip().partition(" ")
        return rest.strip() if rest and _civility(first) else self.name.strip()

    @property
    def surname(self) -> str:
        """The family name: what stands in capitals, what a particle begins, else the last word."""
        words = self.bare_name.split()
        capitals = [word for word in words if word.isupper() and len(word) > 1]
        if 0 < len(capitals) < len(words):
            return " ".join(capitals)
        begins = next((place for place, word in enumerate(words[1:], 1) if word.lower() in _PARTICLES), len(words) - 1)
        return " ".join(words[begins:]) if words else ""


def _civility(word: str) -> Civility | None:
    return _CIVILITIES.get(word.strip().rstrip(".").lower())


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """Who signs."""

    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An invoice, or one instalment of it, that a message asks for."""

    number: str
    order_reference: str
    issue_date: date
    due_date: date
    total: Money
    paid: Money
    """What has been received of the total."""
    open: Money
    """What the message asks for; a disputed part stands apart."""
    disputed: Money
    days_late: int
    net: Money | None = None
    """What is open without VAT, where known."""


class Received(NamedTuple):
    """The payment that a thank-you is for."""

    amount: Money
    on: date
    invoices: tuple[str, ...]
    """What it settled."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and when a message is written."""

    level: int
    today: date
    bank_as_of: date
    """The day up to which payments were seen."""
    reply_by: date
    pay_by: date
    next_step: date | None
    """The day of the step that follows."""
    previous_count: int = 0
    """Reminders that left before about the same items."""
    previous_last_on: date | None = None
    unanswered: bool = False
    notice_days: int = 10
    """How long a formal notice gives, from its receipt."""
    plan: Agreed | None = None
    """The instalment of a payment plan that it is about: missed, or to come."""
    posted_on: date | None = None
    """The day on which the registered letter was posted; with it the message says so, without it is the letter."""
    tracking: str = ""
    """The letter's number."""
    validated: bool = False
    """A person has read the letter: it is a draft no longer."""

    @property
    def silent(self) -> bool:
        """Whether an earlier message, whose day is known, had no answer."""
        return self.unanswered and self.previous_count > 0 and self.previous_last_on is not None
