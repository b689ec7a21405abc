"""Money: integer minor units and a currency. Nothing here ever adds two currencies or touches a float."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from crm.core.errors import Invalid
from crm.core.i18n import _, language

EURO = "EUR"
MAX_CENTS = 10**15
"""Ten thousand billion: no invoice is larger, and sums of a whole portfolio still fit 64 bits."""

_MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip  # read as a table: columns side by side
"""Minor digits that are not two (ISO 4217)."""

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009\t'")
_AMOUNT = re.compile(r"([+\-\u2212]?)([0-9]+)(?:[.,]([0-9]*))?")

_GROUPED = re.compile(r"[+\-\u2212]?[1-9][0-9]{0,2}((?:\.[0-9]{3})+|(?:,[0-9]{3})+)")


def minor_digits(currency: str) -> int:
    """How many digits stand behind the decimal sign of a currency (ISO 4217): 2 for most, 0 for yen, 3 for dinars."""
    return _MINOR_DIGITS.get(currency, 2)


@cache
def known_currency(code: str) -> bool:
    """Whether a three-letter code is a currency (ISO 4217, by Babel's list)."""
    from babel.numbers import list_currencies

    return code in list_currencies("en")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: integer minor units (cents for euros) and an ISO 4217 code."""

    cents: int
    currency: str = EURO

    @classmethod
    def parse(cls, text: str, currency: str = EURO) -> Self:
        """Read what a person types: `1 250,50 €`, `1250.5`, `-12,00`, `800 USD`.

        Raises:
            Invalid: not an amount, too many decimals for the currency, or absurdly large.
        """
        raw = text.strip()
        cleaned = raw.translate(_SPACES)
        for sign, code in (("€", "EUR"), ("$", "USD"), ("£", "GBP")):
            if sign in cleaned:
                cleaned, currency = cleaned.replace(sign, ""), code
        if not any(char.isdigit() for char in cleaned):
            raise Invalid(_("“{text}” is not an amount.").format(text=raw[:60]))
        if (named := re.search(r"[A-Za-z]{3}$|^[A-Za-z]{3}", cleaned)) is not None:
            currency = named.group().upper()
            cleaned = cleaned.replace(named.group(), "")
        if not known_currency(currency):
            raise Invalid(_("“{code}” is not a currency.").format(code=currency))
        found = _AMOUNT.fullmatch(_ungrouped(cleaned, minor_digits(currency)))
        if found is None:
            raise Invalid(_("“{text}” is not an amount.").format(text=raw[:60]))
        sign, whole, part = found.groups()
        minus = "-" if sign in {"-", "\u2212"} else ""
        return cls.of(Decimal(f"{minus}{whole}.{part or 0}"), currency)

    @classmethod
    def of(cls, value: Decimal | int | str, currency: str = EURO) -> Self:
        """From a decimal value; refuses more decimals than the currency has.

        Raises:
            Invalid: a fraction of a minor unit, or absurdly large.
        """
        try:
            scaled = Decimal(value).scaleb(minor_digits(currency))
            cents = int(scaled)
        except (ArithmeticError, ValueError):
            raise Invalid(_("“{text}” is not an amount.").format(text=str(value)[:60])) from None
        if cents != scaled:
            raise Invalid(_("“{text}” has more decimals than {currency} knows.").format(text=value, currency=currency))
        if abs(cents) > MAX_CENTS:
            raise Invalid(_("“{text}” is too large to be true.").format(text=str(value)[:60]))
        return cls(cents, currency)

    @property
    def decimal(self) -> Decimal:
        """The value as a decimal number."""
        return Decimal(self.cents).scaleb(-minor_digits(self.currency))

    def times(self, factor: Decimal) -> "Money":
        """This amount times a factor, rounded half up once to a minor unit."""
        return Money(int((self.cents * factor).quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.cents - other.cents, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.cents, self.currency)

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        """`1250.50`, as in JSON and CSV."""
        return plain(self.cents, self.currency)

    def __format__(self, spec: str) -> str:
        """Within a sentence, as a person reads it: `1 250,50 €`."""
        return shown(self.cents, self.currency)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Money:
            if isinstance(value, Money):
                return value
            if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
                raise ValueError(_("An amount is a decimal number."))
            try:
                return cls.parse(value) if isinstance(value, str) else cls.of(value)
            except Invalid as error:
                raise ValueError(error.message) from None

        return core_schema.no_info_plain_validator_function(
            read,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda money: str(money) if money.currency == EURO else f"{money!s} {money.currency}"
            ),
        )


def _ungrouped(text: str, digits: int) -> str:
    """The amount without the signs that group thousands; `digits` is how many decimals the currency has.

    Raises:
        Invalid: one sign before three digits, which could be thousands or decimals.
    """
    if "." in text and "," in text:
        return text.replace("," if text.rindex(".") > text.rindex(",") else ".", "")
    grouped = _GROUPED.fullmatch(text)
    once = grouped is not None and len(grouped[1]) == len(".000")
    if grouped is None or (once and digits == 3):
        return text
    if once and digits:
        raise Invalid(
            _("“{text}” can be read in two ways: thousands or decimals.").format(text=text[:60]),
            next_step=_("Write it with two decimals."),
        )
    return text.replace(",", "").replace(".", "")


def eur(value: Decimal | int | str) -> Money:
    """Euros from a decimal value: `eur("1250.50")`."""
    return Money.of(value, EURO)


def plain(cents: int, currency: str = EURO) -> str:
    """A decimal string with a point, as in JSON and CSV: `1250.50`."""
    digits = minor_digits(currency)
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    if digits == 0:
        return f"{sign}{cents}"
    whole, part = divmod(cents, 10**digits)
    return f"{sign}{whole}.{part:0{digits}}"


_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


def shown(cents: int, currency: str = EURO, *, whole: bool = False) -> str:
    """An amount as on screen: `12 450,30 €` with no-break spaces and a real minus; `whole` leaves the cents out.

    On screens only: letters use the narrow no-break space.
    """
    text = plain(abs(cents), currency)
    if whole:
        text = str(Decimal(text).quantize(Decimal(1), ROUND_HALF_UP))
    units, point, part = text.partition(".")
    symbol = _SYMBOLS.get(currency, currency)
    minus = "\u2212" if cents < 0 and Decimal(text) else ""
    if language() == "en":
        spelt = f"{int(units):,}{point}{part}"
        return f"{minus}{symbol}{spelt}" if symbol != currency else f"{minus}{spelt}\u00a0{currency}"
    grouped = f"{int(units):,}".replace(",", "\u00a0")
    return f"{minus}{grouped}{',' if point else ''}{part}\u00a0{symbol}"
