"""Telephone numbers as providers want them: E.164, read with the customer's country where they are national."""

import re
from functools import lru_cache

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.places import Place, place_of

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """Whether a number is written as providers want it: `+33612345678`."""
    return _E164.fullmatch(number) is not None


@lru_cache(maxsize=4096)
def e164(number: str, country: str) -> str:
    """A number with its country: `06 12 34 56 78` of `FR` → `+33612345678`.

    Raises:
        Invalid: it is no number that a telephone could dial.
    """
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country.upper() or "FR")
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Invalid(_("“{number}” is no telephone number.").format(number=number[:40]))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def place_of_number(number: str, tz: str) -> Place | None:
    """Where a number in E.164 rings, as far as its country tells; None: in mainland France, whose hours are kept anyway."""
    if number.startswith("+33") or not is_e164(number):
        return None
    import phonenumbers

    country = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return place_of(country, tz=tz) if country else None


@lru_cache(maxsize=4096)
def mobile(number: str, country: str) -> str:
    """The number in E.164 if it is a mobile's; empty otherwise."""
    import phonenumbers

    try:
        found = e164(number, country)
    except Invalid:
        return ""
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return found if phonenumbers.number_type(phonenumbers.parse(found)) in kinds else ""
