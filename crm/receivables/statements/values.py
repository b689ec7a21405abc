"""Amounts and days as bank formats write them: exactly so, or not at all."""

from datetime import date

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.money import MAX_CENTS, known_currency, minor_digits
from crm.core.problems import excerpt

_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_CENTURY_TURN = 70
"""Years of two digits from here on are of the twentieth century."""
_NO_MONEY = {"XXX", "XTS"}
"""ISO 4217 keeps them for "no currency" and for tests."""


def currency_of(code: str) -> str:
    """A currency.

    Raises:
        Invalid: no such currency.
    """
    if len(code) != 3 or not known_currency(code) or code in _NO_MONEY:
        raise Invalid(_("“{code}” is not a currency.").format(code=excerpt(code)))
    return code


def cents_of(text: str, currency: str, decimal: str = ".", *, signed: bool = False) -> int:
    """An amount in minor units. Zeros beyond the currency's decimals say nothing; other digits there are refused.

    Raises:
        Invalid: not an amount, more decimals than the currency has, or absurdly large.
    """
    bare = text.strip()
    sign = bare[:1] if signed and bare[:1] in {"+", "-"} else ""
    whole, _point, part = bare[len(sign) :].partition(decimal)
    if not (whole + part).isdecimal() or not bare.isascii():
        raise Invalid(_("“{text}” is not an amount.").format(text=excerpt(text)))
    digits = minor_digits(currency)
    if len(part) > digits:
        if part[digits:].strip("0"):
            told = _("“{text}” has more decimals than {currency} knows.")
            raise Invalid(told.format(text=excerpt(text), currency=currency))
        part = part[:digits]
    return _bounded(f"{whole}{part:0<{digits}}", text, negative=sign == "-")


def scaled_cents(digits: str, decimals: int, currency: str, *, negative: bool = False) -> int:
    """An amount from digits whose last `decimals` are behind the decimal sign.

    Raises:
        Invalid: not digits, more decimals than the currency has, or absurdly large.
    """
    if not digits.isdecimal() or not digits.isascii():
        raise Invalid(_("“{text}” is not an amount.").format(text=excerpt(digits)))
    wanted = minor_digits(currency)
    if decimals > wanted and digits[wanted - decimals :].strip("0"):
        told = _("“{text}” has more decimals than {currency} knows.")
        raise Invalid(told.format(text=excerpt(digits), currency=currency))
    plain = digits[: wanted - decimals] if decimals > wanted else digits + "0" * (wanted - decimals)
    return _bounded(plain, digits, negative=negative)


def _bounded(plain: str, text: str, *, negative: bool) -> int:
    if len(plain.lstrip("0")) > len(str(MAX_CENTS)) or (cents := int(plain or "0")) > MAX_CENTS:
        raise Invalid(_("“{text}” is too large to be true.").format(text=excerpt(text)))
    return -cents if negative else cents


def iso_day(text: str) -> date:
    """The day of `2026-03-31` or `2026-03-31T18:43:50+02:00`, as the bank's clock had it.

    Raises:
        Invalid: not a day.
    """
    day, behind = text.strip()[:10], text.strip()[10:]
    if len(day) == 10 and day[4] == day[7] == "-" and (not behind or behind[0] in "TZ+-"):
        return day_of(day[:4], day[5:7], day[8:], text)
    raise Invalid(_("“{text}” is not a date.").format(text=excerpt(text)))


def short_day(year: str, month: str, day: str) -> date:
    """A day whose year has two digits.

    Raises:
        Invalid: not a day.
    """
    written = f"{day}/{month}/{year}"
    if not year.isdecimal() or not year.isascii():
        raise Invalid(_("“{text}” is not a date.").format(text=excerpt(written)))
    return day_of(f"{19 if int(year) >= _CENTURY_TURN else 20}{year}", month, day, written)


def day_of(year: str, month: str, day: str, written: str) -> date:
    """A day of the calendar.

    Raises:
        Invalid: no such day, or none that a statement can speak of.
    """
    if not (year + month + day).isdecimal() or not (year + month + day).isascii():
        raise Invalid(_("“{text}” is not a date.").format(text=excerpt(written)))
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise Invalid(_("The year {year} of “{text}” is impossible.").format(year=year, text=excerpt(written)))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Invalid(_("“{text}” is not a day of the calendar.").format(text=excerpt(written))) from None
