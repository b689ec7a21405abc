"""Identifiers checked by libraries: SIREN, VAT number, IBAN, e-mail. Each check gives the normal form or refuses."""

from crm.core.errors import Invalid
from crm.core.i18n import _


def siren(text: str) -> str:
    """A SIREN, nine digits (a SIRET gives its SIREN); its check digit is verified.

    Raises:
        Invalid: it is not one.
    """
    from stdnum.fr import siren as checked

    digits = "".join(char for char in text if not char.isspace() and char not in ".-")
    number = digits[:9] if len(digits) == 14 else digits
    # La Poste's establishments and numbers given abroad do not follow the check digit; a SIREN always does.
    if not checked.is_valid(number):
        raise Invalid(_("“{text}” is not a SIREN number.").format(text=text.strip()[:30]))
    return number


def siret(text: str) -> str:
    """A SIRET, fourteen digits: an establishment of a company; its check digit is verified.

    Raises:
        Invalid: it is not one.
    """
    from stdnum.exceptions import ValidationError
    from stdnum.fr import siret as checked

    try:
        number: str = checked.validate(text)
    except ValidationError:
        raise Invalid(_("“{text}” is not a SIRET number.").format(text=text.strip()[:30])) from None
    return number


def vat_number(text: str) -> str:
    """A European VAT number with its country; its check digits are verified where the country has them.

    Raises:
        Invalid: it is not one.
    """
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError

    try:
        number: str = vat.validate(text)
    except ValidationError:
        raise Invalid(_("“{text}” is not a European VAT number.").format(text=text.strip()[:30])) from None
    return number


def iban(text: str) -> tuple[str, str]:
    """An IBAN and the BIC its bank code tells, empty where it does not.

    Raises:
        Invalid: its check digits or its length are wrong.
    """
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        account = IBAN(text)
    except (SchwiftyException, ValueError):
        raise Invalid(_("“{text}” is not an IBAN.").format(text=text.strip()[:40])) from None
    return str(account), str(account.bic or "")


def email(text: str) -> str:
    """An e-mail address in its normal form; nothing is asked of the network.

    Raises:
        Invalid: it cannot be an address.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Invalid(_("“{text}” is not an e-mail address.").format(text=text.strip()[:60])) from None


def country(text: str) -> str:
    """A country by its two letters (ISO 3166); empty is France.

    Raises:
        Invalid: no such country.
    """
    code = text.strip().upper() or "FR"
    if len(code) == 2 and code.isalpha() and code.isascii():
        return code
    named = {"FRANCE": "FR", "BELGIQUE": "BE", "BELGIUM": "BE", "SUISSE": "CH", "SWITZERLAND": "CH", "LUXEMBOURG": "LU", "ALLEMAGNE": "DE", "GERMANY": "DE", "ESPAGNE": "ES", "SPAIN": "ES", "ITALIE": "IT", "ITALY": "IT", "ROYAUME-UNI": "GB", "UNITED KINGDOM": "GB"}  # fmt: skip  # read as a table: columns side by side
    if code in named:
        return named[code]
    raise Invalid(
        _("“{text}” is not a country: its two letters are expected, such as FR or BE.").format(text=text.strip()[:30])
    )
