"""May a message go to an address, and from when on: dead addresses and the hours of a channel. Whether one is owed is not asked here."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from crm.core.calendar import PARIS, Opening, PublicHolidays, next_opening, within_hours
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.places import Place, Together
from crm.messaging.mime import wire_address
from crm.messaging.models import Channel

_WEEK = range(5)
_BY_DAY, _BY_MAIL, _SATURDAY = (time(9), time(19)), (time(8), time(19)), (time(9), time(13))
_BY_VOICE: Opening = {**dict.fromkeys(_WEEK, _BY_DAY), 5: _SATURDAY}
HOURS: Mapping[str, Opening] = {
    Channel.EMAIL.value: dict.fromkeys(_WEEK, _BY_MAIL),
    Channel.SMS.value: _BY_VOICE,
    Channel.PHONE.value: _BY_VOICE,
}
"""When something may reach a customer, by channel; no law sets it, it is what we think decent. Letters know no hours."""

RINGING = frozenset({Channel.SMS.value})
"""Channels that ring where they arrive: the dispatcher keeps their hours too, whenever a message was due."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The gate's answer: free to go, `not_before` a moment, or not at all with the reason."""

    not_before: datetime | None = None
    refused: str = ""

    @property
    def open(self) -> bool:
        """Whether the message may go, now or later."""
        return not self.refused


def passage(
    channel: str,
    address: str,
    moment: datetime,
    *,
    dead: Mapping[str, str],
    tz: str = PARIS,
    days_off: Container[date] | None = None,
) -> Passage:
    """Whether a message may go to an address, and from when on; `dead` are addresses in lower case with the reason."""
    if not address:
        return Passage(refused=_("No address is known."))
    if channel == Channel.EMAIL.value:
        try:
            wire_address(address)
        except Invalid as problem:
            return Passage(refused=problem.message)
    if (why := dead.get(address.lower())) is not None:
        return Passage(refused=_("Nothing goes to {address} any more: {reason}").format(address=address, reason=why))
    opening, holidays = HOURS.get(channel), PublicHolidays() if days_off is None else days_off
    if opening is None or within_hours(moment, tz, opening, holidays):
        return Passage()
    return Passage(not_before=next_opening(moment, tz, opening, holidays))


def opening_at(place: Place) -> Opening:
    """When a reminder may reach somebody at a place, by whatever channel: on its working days, never by night or on a Sunday.

    It is the rule for an SMS to a consumer as well: neither in the evening nor on a Sunday (house policy).
    """
    return place.opening(_BY_DAY, _SATURDAY)


def earliest_at(place: Place, ours: Place, moment: datetime) -> datetime | None:
    """From when on something may reach a place, on no day off there or here; None: now."""
    opening, days_off = opening_at(place), Together(ours, place)
    if within_hours(moment, place.tz, opening, days_off):
        return None
    return next_opening(moment, place.tz, opening, days_off)


def may_ring(channel: str, moment: datetime, tz: str) -> bool:
    """Whether a channel's hours are open at a moment."""
    return within_hours(moment, tz, HOURS[channel], PublicHolidays())
