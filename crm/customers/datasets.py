"""Customers and contacts as data sets, in the columns of their imports: what is exported can be read back."""

from sqlmodel import col, select

from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.models import Contact, Customer, CustomerAlias, Regime
from crm.customers.queries import find_customer
from crm.customers.visible import CUSTOMER, merged, records_of

_CUSTOMER_COLUMNS = (
    "number", "name", "aliases", "siren", "vat_number", "regime", "country", "address", "postal_code", "city", "language",
    "account_manager", "segment", "payment_terms", "credit_limit", "customer_since", "discreet",
)  # fmt: skip  # read as a table: columns side by side
_KINDS = {"credit_limit": Kind.MONEY, "customer_since": Kind.DATE}


def _columns(*keys: str) -> tuple[Column, ...]:
    return tuple(Column(key, key, _KINDS.get(key, Kind.TEXT)) for key in keys)


def customers_sheet(context: Context, wanted: Wanted) -> Sheet:
    """Every customer, or the one asked for; the name of whoever was merged into one is another name of it."""
    statement = select(Customer).where(col(Customer.root_id).is_(None)).order_by(col(Customer.number))
    if wanted.customer:
        statement = statement.where(Customer.id == find_customer(context.session, wanted.customer).id)
    root = merged(context.session)
    aliases: dict[int, list[str]] = {}
    for alias in context.session.exec(select(CustomerAlias).order_by(col(CustomerAlias.id))):
        aliases.setdefault(root.get(alias.customer_id, alias.customer_id), []).append(alias.name)
    for row in context.session.exec(
        select(Customer).where(col(Customer.root_id).is_not(None)).order_by(col(Customer.id))
    ):
        aliases.setdefault(root[row.id], []).append(row.name)
    aliases = {key: list(dict.fromkeys(names)) for key, names in aliases.items()}
    rows = tuple(
        (
            row.number,
            row.name,
            "|".join(aliases.get(row.id, ())),
            row.siren,
            row.vat_number,
            "" if row.regime == Regime.TO_QUALIFY else row.regime,
            row.country,
            row.address,
            row.postal_code,
            row.city,
            row.language,
            row.account_manager,
            row.segment,
            row.payment_terms,
            None if row.credit_limit_cents is None else Money(row.credit_limit_cents),
            row.customer_since,
            "yes" if row.discreet else "no",
        )
        for row in context.session.exec(statement)
    )
    return Sheet(_("Customers"), _columns(*_CUSTOMER_COLUMNS), rows)


def contacts_sheet(context: Context, wanted: Wanted) -> Sheet:
    """Every contact, or those of the customer asked for."""
    statement = (
        select(CUSTOMER.c.number, Contact)
        .join(CUSTOMER, CUSTOMER.c.id == col(Contact.customer_id))
        .order_by(CUSTOMER.c.number, col(Contact.id))
    )
    if wanted.customer:
        theirs = records_of(context.session, find_customer(context.session, wanted.customer).id)
        statement = statement.where(col(Contact.customer_id).in_(theirs))
    rows = tuple(
        (number, c.name, c.role, c.email, c.phone, c.language) for number, c in context.session.exec(statement)
    )
    return Sheet(_("Contacts"), _columns("customer", "name", "role", "email", "phone", "language"), rows)
