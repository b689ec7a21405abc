"""A customer as it is shown: identity, contacts and holds, in words and as JSON."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.i18n import _, mark
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.customers.models import Contact, Customer, Hold, Regime, Stage
from crm.customers.queries import contacts_of, holds_of
from crm.customers.visible import as_one
from crm.law.terms import PaymentTerms

REGIMES = {
    Regime.B2B.value: mark("business"),
    Regime.B2C.value: mark("consumer"),
    Regime.B2G.value: mark("public body"),
    Regime.TO_QUALIFY.value: mark("to be qualified"),
}
"""Regime → how it is said."""
STAGES = {
    Stage.PROSPECT.value: mark("prospect"),
    Stage.CUSTOMER.value: mark("customer"),
    Stage.FORMER.value: mark("former customer"),
}
"""Stage → how it is said."""


def payment_words(text: str) -> str:
    """Payment terms as they are said; nothing where none are told."""
    return PaymentTerms.parse(text).shown() if text else ""


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """Who a customer is: identity, contacts and holds. What they owe is another room's."""

    customer: Customer
    contacts: tuple[Contact, ...]
    holds: tuple[Hold, ...]
    parent: Customer | None = None
    """The company whose group it belongs to."""

    def as_json(self) -> dict[str, Any]:
        """Identity, contacts, holds."""
        row = self.customer
        told = row.model_dump(
            mode="json",
            exclude=set(row.bookkeeping)
            | {"number", "name_key", "credit_limit_cents", "root_id", "merged_on", "parent_id"},
        )
        return {
            "customer": row.number,
            **told,
            "credit_limit": None if row.credit_limit_cents is None else str(Money(row.credit_limit_cents)),
            "parent": self.parent.number if self.parent else None,
            "contacts": [
                {"name": c.name, "role": c.role, "email": c.email, "phone": c.phone, "language": c.language} for c in self.contacts
            ],
            "holds": [
                {"kind": h.kind, "invoice": h.invoice, "reason": h.reason, "since": h.since.isoformat(), "until": h.until.isoformat() if h.until else None}
                for h in self.holds
            ],
        }  # fmt: skip  # read as a table: columns side by side

    def rows(self) -> list[tuple[str, str | Money | date | None]]:
        """Label and value, only what is known: identity, contacts, holds."""
        told = self.identity_rows()
        told += [(c.role or _("Contact"), " · ".join(filter(None, (c.name, c.email, c.phone)))) for c in self.contacts]
        told += [(_("Held"), hold.reason) for hold in self.holds]
        return [(label, value) for label, value in told if value is not None and value != ""]

    def identity_rows(self) -> list[tuple[str, str | Money | date | None]]:
        """Label and value of who the customer is, only what is known."""
        row = self.customer
        told: list[tuple[str, str | Money | date | None]] = [
            (_("Number"), row.number),
            (_("Stage"), _(STAGES[row.stage]) if row.stage != Stage.CUSTOMER else ""),
            (_("Group of"), self.parent.name if self.parent else ""),
            (_("Regime"), _(REGIMES[row.regime])),
            (_("SIREN"), row.siren),
            (_("SIRET"), row.siret),
            (_("VAT number"), row.vat_number),
            (
                _("Address"),
                ", ".join(filter(None, (row.address, f"{row.postal_code} {row.city}".strip(), row.country))),
            ),
            (_("Payment terms"), payment_words(row.payment_terms)),
            (_("Credit limit"), None if row.credit_limit_cents is None else Money(row.credit_limit_cents)),
            (_("Customer since"), row.customer_since),
            (_("Account manager"), row.account_manager),
            (_("Segment"), row.segment),
        ]
        return [(label, value) for label, value in told if value is not None and value != ""]

    def as_sheet(self) -> Sheet:
        """One row a fact."""
        return Sheet(self.customer.name, (Column("field", ""), Column("value", "")), tuple(self.rows()))


def card_of(context: Context, customer: Customer) -> CustomerCard:
    """The card of a customer on the context's day."""
    held = holds_of(context.session, customer.id, context.today)
    parent = as_one(context.session, customer.parent_id) if customer.parent_id is not None else None
    return CustomerCard(customer, tuple(contacts_of(context.session, customer.id)), tuple(held), parent)
