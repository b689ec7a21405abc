"""A thank-you after payment: whom it would be bad manners to thank, and what it says. Pure; `today` is an argument.

One per customer and settled episode, never advertising. It thanks; it asks for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.core.errors import Invalid, Refused
from crm.core.i18n import Language, _, plural
from crm.core.templating import Templates, money, sms
from crm.followup import blocks, wording
from crm.followup.facts import CompanyFacts, ContactFacts, CustomerFacts, Received, SenderFacts
from crm.followup.policy import FORMAL_NOTICE
from crm.followup.slots import Slot
from crm.messaging import rendering, segments

WITHIN = timedelta(days=14)
"""A payment older than this is not thanked for any more: late thanks read like a mistake."""
_NAMED = 3
"""So many invoices are named one by one; more are counted."""


class Manners(StrEnum):
    """What becomes of a thank-you."""

    SEND = "send"
    ASK = "ask"
    WAIT = "wait"
    """Not today; perhaps on another."""
    LEAVE = "leave"
    """Not at all."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A customer who has paid what was reminded of, as good manners see them."""

    mode: str
    """What the scenario says: automatic, confirm or never."""
    highest: int
    """The highest level the customer was reminded at."""
    overdue: bool
    disputed: bool
    holds: Sequence[str]
    """What holds the customer, in words."""
    address: str
    contact_today: bool
    contacts: int
    """On how many days of the last week something left for the customer."""


def manners(settled: Settled, most_contacts: int) -> tuple[Manners, str]:
    """Whether to thank, and why not."""
    if settled.mode == "never":
        return Manners.LEAVE, _("The scenario thanks nobody.")
    if settled.overdue:
        return Manners.LEAVE, _("Something else is overdue: a thank-you would be misread.")
    if settled.disputed:
        return Manners.LEAVE, _("Something is in dispute: a thank-you would be misread.")
    if settled.holds:
        return Manners.LEAVE, _("Held: {reason}").format(reason=settled.holds[0])
    if not settled.address:
        return Manners.LEAVE, _("No address is known that works.")
    if settled.contact_today:
        return Manners.WAIT, _("Another message has gone to this customer today: one a day is enough.")
    if settled.contacts >= most_contacts:
        return Manners.WAIT, _("{count} messages within a week already: no more for now.").format(
            count=settled.contacts
        )
    if settled.highest >= FORMAL_NOTICE:
        return Manners.ASK, _("After a formal notice a person reads the thank-you first.")
    if settled.mode == "confirm":
        return Manners.ASK, _("The scenario has thank-yous confirmed by a person.")
    return Manners.SEND, ""


def in_time(received: date, today: date) -> bool:
    """Whether a payment is recent enough to be thanked for."""
    return today - WITHIN <= received <= today


def thanked(
    templates: Templates,
    company: CompanyFacts,
    customer: CustomerFacts,
    contact: ContactFacts,
    sender: SenderFacts,
    received: Received,
    slot: Slot,
    *,
    source: str = "",
) -> wording.Composed:
    """The thank-you, from its reference wording or from a `source` that a user edited.

    Raises:
        Refused: a name is missing, or a subject or SMS would give away the amount.
        Invalid: the template cannot be filled in.
    """
    if (gap := wording.company_gap(company)) is not None:
        raise gap
    speaking = wording.spoken_in(customer.speaks)
    values = {
        **speaking.run(wording.people, company, customer, contact, sender),
        "payment": {
            "amount": received.amount,
            "date": received.on,
            "allocated_to": speaking.run(_settled, received.invoices),
        },
        "one": len(received.invoices) == 1,
    }
    if slot.short:
        message = wording.short_message(templates, source or slot.file, values, speaking, own=bool(source))
    else:
        made = {"signature": lambda: blocks.signature(company, sender)}
        spoken: Language = customer.speaks
        message = (
            rendering.render_source(templates, source, values, made, spoken)
            if source
            else rendering.render(templates, slot.file, values, made, spoken)
        )
    others_read = message.text if slot.short else message.subject
    forms = speaking.run(lambda: (money(received.amount), segments.plain(money(received.amount)), sms(received.amount)))
    if customer.quiet and any(form in others_read for form in forms):
        raise Refused(
            _("The subject or SMS names an amount: others may read what a consumer receives."),
            next_step=_("Leave the amount out of it."),
        )
    if not message.text.strip():
        raise Invalid(_("The text is empty."))
    return wording.Composed(message, tuple(wording.text_notes(slot, message)))


def _settled(invoices: Sequence[str]) -> str:
    if len(invoices) == 1:
        return _("invoice {number}").format(number=invoices[0])
    if len(invoices) <= _NAMED:
        named = ", ".join(invoices[:-1])
        return _("invoices {numbers} and {last}").format(numbers=named, last=invoices[-1])
    return plural("your {count} invoice", "your {count} invoices", len(invoices))
