"""Contacts as business cards (vCard): written as 3.0, which every address book reads; read in 2.1, 3.0 and 4.0."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from crm.core.errors import CrmError, Invalid
from crm.core.exchange import FileReport, Source, Wanted
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.tabular import ColumnSpec, Table
from crm.customers.contacts_csv import take_contact
from crm.customers.models import Contact, Customer
from crm.customers.queries import find_customer
from crm.customers.visible import as_one, records_of

if TYPE_CHECKING:
    import vobject

KIND = "vcard"
_CUSTOMER = "x-relance-customer"
"""The customer's number, in a field of our own: read back it says whose the card is, whatever the company is called."""
_MOST_BYTES = 20_000_000
_BEGIN = re.compile(r"^BEGIN:VCARD\s*$", re.IGNORECASE)
_END = re.compile(r"^END:VCARD\s*$", re.IGNORECASE)


def cards_of(context: Context, wanted: Wanted) -> bytes:
    """Every contact as a card, or those of the customer asked for."""
    statement = (
        select(Customer, Contact)
        .join(Contact, col(Contact.customer_id) == Customer.id)
        .order_by(col(Customer.number), col(Contact.id))
    )
    if wanted.customer:
        statement = statement.where(
            col(Contact.customer_id).in_(
                records_of(context.session, find_customer(context.session, wanted.customer).id)
            )
        )
    return "".join(
        _card(as_one(context.session, customer.id), contact) for customer, contact in context.session.exec(statement)
    ).encode()


def _card(customer: Customer, contact: Contact) -> str:
    from vobject import vCard
    from vobject.vcard import Address, Name

    card: Any = vCard()
    name = contact.name or customer.name
    first, _blank, last = name.rpartition(" ")
    card.add("fn").value = name
    card.add("n").value = Name(family=last, given=first)
    card.add("org").value = [customer.name or customer.number]
    card.add("uid").value = f"contact-{contact.id}@relance"
    card.add(_CUSTOMER).value = customer.number
    if contact.role:
        card.add("title").value = contact.role
    if contact.email:
        card.add("email").value = contact.email
        card.email.type_param = "WORK"
    if contact.phone:
        card.add("tel").value = contact.phone
        card.tel.type_param = "WORK"
    if customer.address or customer.city:
        card.add("adr").value = Address(
            street=customer.address, city=customer.city, code=customer.postal_code, country=customer.country
        )
        card.adr.type_param = "WORK"
    return str(card.serialize())


class VCards:
    """A file of business cards: each a person, at the customer whose number it carries, else at its organisation."""

    kind = KIND
    columns: tuple[ColumnSpec, ...] = ()

    def score(self, source: Source, table: Table | None) -> int:
        """By the first line of a card."""
        return 1_000 if b"BEGIN:VCARD" in source.head[:4096].upper() else 0

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Add or update each person.

        Raises:
            Invalid: no card is in it, or it is too large to be a file of contacts.
        """
        with source.open() as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Invalid(_("This file is too large for business cards."))
        for line, text in _cards(_decoded(data)):
            report.read += 1
            try:
                take_contact(context, line, _told(text), report)
            except CrmError as problem:
                report.error(line, problem.message)
        if not report.read:
            raise Invalid(_("There is no business card in this file."))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _cards(text: str) -> Iterator[tuple[int, str]]:
    """Each card with the line on which it begins: one that is damaged does not hide the others."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if _BEGIN.match(line):
            begun, lines = number, []
        if begun:
            lines.append(line)
            if _END.match(line):
                yield begun, "\r\n".join(lines) + "\r\n"
                begun = 0
    if begun:
        yield begun, "\r\n".join(lines) + "\r\n"


def _told(text: str) -> dict[str, str]:
    """What a card says, in the columns of contacts.

    Raises:
        Invalid: it cannot be read.
    """
    import vobject

    try:
        card = vobject.readOne(text)
    except Exception as fault:  # the library lets whatever goes wrong in its depths through
        raise Invalid(_("This business card cannot be read.")) from fault
    if card is None:
        raise Invalid(_("This business card cannot be read."))
    organisation = _first(card, "org")
    return {
        "customer": _first(card, _CUSTOMER) or organisation,
        "name": _first(card, "fn"),
        "role": _first(card, "title") or _first(card, "role"),
        "email": _first(card, "email").removeprefix("mailto:"),
        "phone": _first(card, "tel").removeprefix("tel:"),
        "language": "",
    }


def _first(card: "vobject.base.Component", name: str) -> str:
    """The first value of a property; of a list its first part."""
    found = card.contents.get(name)
    if not found:
        return ""
    value = found[0].value
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value).strip()
