"""How the addresses of a customer fare, and what was said yes or no to: what stands beside each contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from crm.core.calendar import shown_date, zone
from crm.core.i18n import _, mark
from crm.customers.models import Consent, ConsentPurpose, Contact
from crm.messaging.models import DeadAddress, OutgoingMessage, State


class Health(StrEnum):
    """How an address fares."""

    FINE = "fine"
    BOUNCED = "bounced"
    """The last message to it did not arrive."""
    REFUSED = "refused"
    """Its owner wants no reminder there."""
    DEAD = "dead"
    """It does not exist: nothing goes there any more."""


HEALTH = {
    Health.FINE: "",
    Health.BOUNCED: mark("last message came back"),
    Health.REFUSED: mark("no reminders wanted there"),
    Health.DEAD: mark("address is dead"),
}
"""Health → how it is said; nothing where nothing is wrong."""
CONSENTS = {
    (ConsentPurpose.MARKETING, True): mark("yes to offers"),
    (ConsentPurpose.MARKETING, False): mark("no to offers"),
    (ConsentPurpose.REMINDERS, True): mark("yes to reminders"),
    (ConsentPurpose.REMINDERS, False): mark("no to reminders"),
}
"""What was said → in words."""


@dataclass(frozen=True, slots=True)
class Fares:
    """How the addresses of a customer fare."""

    states: Mapping[str, Health]
    """Address in lower case → its health, where something is wrong with it."""
    since: Mapping[str, date]
    """The day on which a dead address was found out."""
    consents: tuple[Consent, ...]
    """The latest word for each address and purpose, the oldest first."""

    def of(self, address: str) -> Health:
        """The health of an address."""
        return self.states.get(address.lower(), Health.FINE)

    def told(self, contacts: Sequence[Contact], day: date) -> list[tuple[str, str]]:
        """Each address with which something is wrong, and each person who is away, in words."""
        found = []
        for contact in contacts:
            ways = ((way, self.words(way, day)) for way in (contact.email, contact.phone) if way)
            found += [(way, said) for way, said in ways if said]
            if (back := away(contact, day)) is not None:
                found.append((contact.name, back))
        return found

    def words(self, address: str, day: date) -> str:
        """What is wrong with an address; empty: nothing."""
        said = HEALTH[self.of(address)]
        if (since := self.since.get(address.lower())) is not None:
            return _("address is dead since {day}").format(day=shown_date(since, day))
        return _(said) if said else ""

    def consent_words(self, day: date) -> list[str]:
        """What was said, to which address, when and how."""
        return [
            _("{address}: {said}, {day}, {source}").format(
                address=row.address,
                said=_(CONSENTS[ConsentPurpose(row.purpose), row.granted]),
                day=shown_date(row.day, day),
                source=row.source,
            )
            for row in self.consents
        ]

    def contacts_json(self, contacts: Sequence[Contact]) -> list[dict[str, Any]]:
        """Each contact with the health of its addresses."""
        return [
            {
                "name": contact.name,
                "role": contact.role,
                "email": contact.email,
                "email_health": self.of(contact.email).value if contact.email else None,
                "phone": contact.phone,
                "phone_health": self.of(contact.phone).value if contact.phone else None,
                "language": contact.language,
                "absent_until": contact.absent_until.isoformat() if contact.absent_until else None,
            }
            for contact in contacts
        ]

    def consents_json(self) -> list[dict[str, Any]]:
        """What was said, when and how."""
        return [
            {
                "channel": row.channel,
                "address": row.address,
                "purpose": row.purpose,
                "granted": row.granted,
                "date": row.day.isoformat(),
                "source": row.source,
            }
            for row in self.consents
        ]


def away(contact: Contact, day: date) -> str | None:
    """Until when a person is away; None: they are there."""
    if contact.absent_until is None or contact.absent_until <= day:
        return None
    return _("away until {day}").format(day=shown_date(contact.absent_until, day))


def fares(session: Session, ids: Sequence[int], contacts: Sequence[Contact], timezone: str) -> Fares:
    """How the addresses of these contacts fare; `ids` are their customer and whoever was merged into it."""
    addresses = sorted({way.lower() for contact in contacts for way in (contact.email, contact.phone) if way})
    said = session.exec(
        select(Consent)
        .where(or_(col(Consent.customer_id).in_(ids), col(Consent.address).in_(addresses)))
        .order_by(col(Consent.id))
    ).all()
    latest = {(row.address, row.purpose): row for row in said}
    states = _bounced(session, ids)
    for (address, purpose), row in latest.items():
        if purpose == ConsentPurpose.REMINDERS and not row.granted:
            states[address] = Health.REFUSED
    since: dict[str, date] = {}
    dead = session.exec(
        select(DeadAddress).where(col(DeadAddress.address).in_(addresses)).order_by(col(DeadAddress.id))
    )
    for gone in dead:
        states[gone.address] = Health.DEAD
        since[gone.address] = gone.since.astimezone(zone(timezone)).date()
    return Fares(states, since, tuple(latest.values()))


def _bounced(session: Session, ids: Sequence[int]) -> dict[str, Health]:
    """The addresses whose last message failed."""
    ended = (State.SENT.value, State.FAILED.value)
    last = (
        select(func.max(OutgoingMessage.id))
        .where(col(OutgoingMessage.customer_id).in_(ids), col(OutgoingMessage.state).in_(ended))
        .group_by(func.lower(col(OutgoingMessage.recipient)))
    )
    failed = select(OutgoingMessage.recipient).where(
        col(OutgoingMessage.id).in_(last), OutgoingMessage.state == State.FAILED.value
    )
    return {recipient.lower(): Health.BOUNCED for recipient in session.exec(failed.order_by(col(OutgoingMessage.id)))}
