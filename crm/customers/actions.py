"""What can be asked about our company, customers and their contacts."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.customers import identity
from crm.customers.card import CustomerCard, card_of, payment_words
from crm.customers.contacts_csv import ContactsCsv
from crm.customers.customers_csv import CustomersCsv
from crm.customers.datasets import contacts_sheet, customers_sheet
from crm.customers.models import BankAccount, Company, Contact, Customer, Hold, HoldKind, Regime, Segment, Stage
from crm.customers.queries import contacts_of, find_customer, holds_of, our_accounts, the_company
from crm.customers.vcards import VCards, cards_of
from crm.law.terms import PaymentTerms

CustomerRef = Annotated[str, Field(min_length=1, max_length=200)]
"""A customer by number or name."""


@dataclass(frozen=True, slots=True)
class CompanyCard:
    """Who we are, as far as it has been told."""

    company: Company | None
    accounts: tuple[BankAccount, ...]

    @property
    def known(self) -> bool:
        """Whether the company has a name yet."""
        return self.company is not None

    @property
    def name(self) -> str:
        """Its name; empty when not told."""
        return self.company.name if self.company else ""

    def as_json(self) -> dict[str, Any]:
        """Every field told, and the accounts."""
        if self.company is None:
            return {"company": None, "accounts": []}
        told = self.company.model_dump(exclude=set(self.company.bookkeeping) | {"capital_cents"})
        capital = self.company.capital_cents
        return {
            "company": {**told, "capital": None if capital is None else str(Money(capital))},
            "accounts": [{"iban": row.iban, "bic": row.bic, "label": row.label} for row in self.accounts],
        }

    def as_sheet(self) -> Sheet:
        """One row a field."""
        columns = (Column("field", ""), Column("value", ""))
        if self.company is None:
            return Sheet(_("Our company"), columns, (), notes=(_("Not told yet: crm update-company --name “…”."),))
        shown = {
            _("Name"): self.company.name,
            _("Legal form"): self.company.legal_form,
            _("SIREN"): self.company.siren,
            _("Registered in"): self.company.rcs_city,
            _("Capital"): None if self.company.capital_cents is None else Money(self.company.capital_cents),
            _("Address"): ", ".join(
                filter(None, (self.company.address, f"{self.company.postal_code} {self.company.city}".strip()))
            ),
            _("VAT number"): self.company.vat_number,
            _("Payment terms"): payment_words(self.company.payment_terms),
            _("Penalty rate of the contract, in percent"): self.company.penalty_clause,
            _("E-mail"): self.company.email,
            _("Telephone"): self.company.phone,
            _("Signs our messages"): self.company.sender_name,
            _("Signs from the last reminder on"): self.company.senior_sender_name,
        }
        rows: list[tuple[str, str | Money | None]] = [(label, value) for label, value in shown.items() if value]
        rows += [(_("Account"), f"{row.iban} {row.label}".strip()) for row in self.accounts]
        return Sheet(_("Our company"), columns, tuple(rows))


def _card(context: Context) -> CompanyCard:
    return CompanyCard(the_company(context.session), tuple(our_accounts(context.session)))


class ShowCompany(Action[CompanyCard]):
    """Who we are: the identity our letters carry."""

    effect = Effect.READ

    def perform(self, context: Context) -> CompanyCard:
        """Read it."""
        return _card(context)


class UpdateCompany(Action[CompanyCard]):
    """Tell who we are: name, SIREN, address, payment terms, who signs."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    name: str | None = Field(None, min_length=1, description="Name of our company")
    legal_form: str | None = Field(None, description="SARL, SAS, EI…")
    siren: str | None = Field(None, description="SIREN, nine digits")
    rcs_city: str | None = Field(None, description="City of the commercial register")
    capital: Money | None = Field(None, description="Share capital")
    address: str | None = Field(None, description="Street and number")
    postal_code: str | None = Field(None, description="Postal code")
    city: str | None = Field(None, description="City")
    country: str | None = Field(None, description="Country, two letters")
    vat_number: str | None = Field(None, description="VAT number")
    payment_terms: str | None = Field(None, description="30, 60, 45 EOM A, 45 EOM B")
    penalty_clause: str | None = Field(None, description="Penalty rate of the contract, in percent a year")
    email: str | None = Field(None, description="Our e-mail address")
    phone: str | None = Field(None, description="Our telephone")
    sender_name: str | None = Field(None, description="Who signs our messages")
    senior_sender_name: str | None = Field(None, description="Who signs from the last reminder on")
    region: str | None = Field(None, description="Alsace-Moselle where its public holidays apply")

    def perform(self, context: Context) -> CompanyCard:
        """Check each identifier and keep it.

        Raises:
            Invalid: a SIREN, VAT number, address or term is not one, or the first time no name is given.
        """
        company = the_company(context.session)
        if company is None:
            if not self.name:
                raise Invalid(_("The first time, the company's name is needed."))
            company = Company(name=self.name)
        for name, value in self._checked().items():
            if getattr(company, name) != value:
                setattr(company, name, value)
        context.session.add(company)
        context.session.flush()
        return _card(context)

    def _checked(self) -> dict[str, Any]:
        told = self.model_dump(exclude_none=True, exclude={"capital"})
        checks = {
            "siren": identity.siren,
            "vat_number": identity.vat_number,
            "email": identity.email,
            "country": identity.country,
        }
        for name, check in checks.items():
            if told.get(name):
                told[name] = check(told[name])
        if told.get("payment_terms"):
            told["payment_terms"] = str(PaymentTerms.parse(told["payment_terms"]))
        if told.get("penalty_clause"):
            told["penalty_clause"] = _percent(told["penalty_clause"])
        if self.capital is not None:
            refuse_if(self.capital.currency != "EUR", _("The capital is told in euros."))
            told["capital_cents"] = self.capital.cents
        return told


def _percent(text: str) -> str:
    from decimal import Decimal, InvalidOperation

    try:
        rate = Decimal(text.replace(",", ".").replace("%", "").strip())
    except InvalidOperation:
        raise Invalid(_("“{text}” is not a rate in percent.").format(text=text[:30])) from None
    if not 0 < rate <= 100:
        raise Invalid(_("A yearly rate lies between 0 and 100 percent."))
    return str(rate)


class AddCompanyAccount(Action[CompanyCard]):
    """Add a bank account of ours, by its IBAN."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    iban: str = Field(description="IBAN")
    label: str = Field("", description="What we call it")

    def perform(self, context: Context) -> CompanyCard:
        """Check the IBAN and keep it.

        Raises:
            Invalid: it is not an IBAN.
            Refused: it is there already.
        """
        number, bic = identity.iban(self.iban)
        refuse_if(any(row.iban == number for row in our_accounts(context.session)), _("This account is there already."))
        context.session.add(BankAccount(iban=number, bic=bic, label=self.label))
        context.session.flush()
        return _card(context)


class CreateCustomer(Action[CustomerCard]):
    """Add a customer or a prospect."""

    effect = Effect.WRITE

    number: str = Field(min_length=1, max_length=64, description="Customer number")
    name: str = Field(min_length=1, max_length=200, description="Name")
    stage: Stage = Field(Stage.CUSTOMER, description="prospect, customer or former")
    regime: Regime = Field(Regime.TO_QUALIFY, description="B2B, B2C or B2G: which law applies")

    def perform(self, context: Context) -> CustomerCard:
        """Add the row.

        Raises:
            Refused: the number is taken.
        """
        taken = context.session.exec(select(Customer).where(Customer.number == self.number)).first()
        if taken is not None:
            raise Refused(_("Number {number} is taken by {name}.").format(number=self.number, name=taken.name))
        row = Customer(
            number=self.number,
            name=self.name,
            name_key=name_key(self.name),
            stage=self.stage.value,
            regime=self.regime.value,
        )
        context.session.add(row)
        context.session.flush()
        return card_of(context, row)


class UpdateCustomer(Action[CustomerCard]):
    """Change what is known of a customer: regime, terms, limit, address, stage."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    name: str | None = Field(None, min_length=1, max_length=200, description="New name")
    stage: Stage | None = Field(None, description="prospect, customer or former")
    regime: Regime | None = Field(None, description="B2B, B2C or B2G: which law applies")
    siren: str | None = Field(None, description="SIREN, nine digits")
    siret: str | None = Field(None, description="SIRET, fourteen digits: which establishment")
    vat_number: str | None = Field(None, description="VAT number")
    country: str | None = Field(None, description="Country, two letters")
    address: str | None = Field(None, description="Street and number")
    postal_code: str | None = Field(None, description="Postal code")
    city: str | None = Field(None, description="City")
    language: str | None = Field(None, pattern="^(fr|en)$", description="fr or en")
    payment_terms: str | None = Field(None, description="30, 60, 45 EOM A, 45 EOM B; empty: ours")
    credit_limit: Money | None = Field(None, description="Credit limit")
    discreet: bool | None = Field(None, description="Nothing about a debt where others may read it")

    def perform(self, context: Context) -> CustomerCard:
        """Check each identifier and keep it.

        Raises:
            Invalid: an identifier or a term is not one.
        """
        row = find_customer(context.session, self.customer)
        told = self._checked()
        siren = told.get("siren", row.siren)
        if siret := told.get("siret", ""):
            refuse_if(
                bool(siren) and not siret.startswith(siren),
                _("SIRET {siret} is not an establishment of SIREN {siren}.").format(siret=siret, siren=siren),
            )
            told["siren"] = siret[:9]
        elif row.siret and not row.siret.startswith(siren):
            told["siret"] = ""  # the establishment of another company
        for field, value in told.items():
            if getattr(row, field) != value:
                setattr(row, field, value)
        context.session.add(row)
        context.session.flush()
        return card_of(context, row)

    def _checked(self) -> dict[str, Any]:
        told = self.model_dump(mode="json", exclude_none=True, exclude={"customer", "credit_limit"})
        checks = {
            "siren": identity.siren,
            "siret": identity.siret,
            "vat_number": identity.vat_number,
            "country": identity.country,
        }
        for field, check in checks.items():
            if told.get(field):
                told[field] = check(told[field])
        if told.get("payment_terms"):
            told["payment_terms"] = str(PaymentTerms.parse(told["payment_terms"]))
        if "name" in told:
            told["name_key"] = name_key(told["name"])
        if self.credit_limit is not None:
            refuse_if(
                self.credit_limit.currency != "EUR" or self.credit_limit.cents < 0,
                _("A credit limit is in euros and not negative."),
            )
            told["credit_limit_cents"] = self.credit_limit.cents
        return told


class UpdateContact(Action[CustomerCard]):
    """Change or add a customer's contact: address, telephone, role."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    contact_name: str | None = Field(
        None, min_length=1, description="Name of the person; the first contact if left out"
    )
    email: str | None = Field(None, description="E-mail address")
    phone: str | None = Field(None, description="Telephone")
    address: str | None = Field(None, description="Street and number of the customer")
    role: str | None = Field(None, description="accounting, sales, signatory…")
    absent_until: date | None = Field(None, description="Away until this day; a day gone by: back again")

    def perform(self, context: Context) -> CustomerCard:
        """Update the contact of that name, else add one.

        Raises:
            Invalid: nothing to change, or the address is not one.
        """
        told: dict[str, Any] = {
            "email": identity.email(self.email) if self.email else None,
            "phone": self.phone,
            "role": self.role,
            "absent_until": self.absent_until,
        }
        told = {field: value for field, value in told.items() if value is not None}
        if not told and self.address is None and self.contact_name is None:
            raise Invalid(_("Say what to change: a name, an e-mail address, a telephone, an address or a role."))
        row = find_customer(context.session, self.customer)
        if self.address is not None:
            row.address = self.address
            context.session.add(row)
        if told or self.contact_name:
            contact = self._contact(context, row)
            for field, value in told.items():
                setattr(contact, field, value)
            context.session.add(contact)
        context.session.flush()
        return card_of(context, row)

    def _contact(self, context: Context, row: Customer) -> Contact:
        known = contacts_of(context.session, row.id)
        if self.contact_name is None:
            return known[0] if known else Contact(customer_id=row.id, name=row.name)
        wanted = name_key(self.contact_name)
        named = [contact for contact in known if name_key(contact.name) == wanted]
        return named[0] if named else Contact(customer_id=row.id, name=self.contact_name)


class SetSegment(Action[CustomerCard]):
    """Put a customer in a segment by hand."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    segment: Segment = Field(
        description="loyal, vip, new, promising, inactive, at_risk, big_account, bad_payer, standard"
    )

    def perform(self, context: Context) -> CustomerCard:
        """Keep the segment with its origin."""
        row = find_customer(context.session, self.customer)
        row.segment, row.segment_origin = self.segment.value, "manual"
        context.session.add(row)
        context.session.flush()
        return card_of(context, row)


class PlaceHold(Action[CustomerCard]):
    """Hold everything that would be sent to a customer, or about one invoice."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    reason: str = Field(min_length=3, description="Shown to colleagues")
    until: date | None = Field(None, description="First day on which it no longer holds; open if left out")
    invoice: str = Field("", description="Only about this invoice")
    kind: HoldKind = Field(HoldKind.MANUAL, description="manual, promise, dispute, plan, insolvency, complaint")

    def perform(self, context: Context) -> CustomerCard:
        """Add the hold from today on.

        Raises:
            Refused: the day is past.
        """
        refuse_if(self.until is not None and self.until <= context.today, _("A hold ends after today."))
        row = find_customer(context.session, self.customer)
        hold = Hold(
            customer_id=row.id, invoice=self.invoice, kind=self.kind.value, reason=self.reason, owner=context.actor.name, since=context.today, until=self.until
        )  # fmt: skip  # read as a table: columns side by side
        context.session.add(hold)
        context.session.flush()
        return card_of(context, row)


class LiftHold(Action[CustomerCard]):
    """End the holds on a customer, or on one invoice."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    invoice: str = Field("", description="Only the holds about this invoice")

    def perform(self, context: Context) -> CustomerCard:
        """End them today.

        Raises:
            NotFound: nothing holds.
        """
        row = find_customer(context.session, self.customer)
        held = [
            hold
            for hold in holds_of(context.session, row.id, context.today)
            if not self.invoice or hold.invoice == self.invoice
        ]
        if not held:
            raise NotFound(_("Nothing is held for {name}.").format(name=row.name))
        for hold in held:
            hold.lifted = context.today
            context.session.add(hold)
        context.session.flush()
        return card_of(context, row)


ACTIONS = (
    ShowCompany,
    UpdateCompany,
    AddCompanyAccount,
    CreateCustomer,
    UpdateCustomer,
    UpdateContact,
    SetSegment,
    PlaceHold,
    LiftHold,
)
IMPORTERS = (CustomersCsv(), ContactsCsv(), VCards())
DATASETS = {"customers": customers_sheet, "contacts": contacts_sheet}
WRITERS = {("contacts", "vcf"): cards_of}
