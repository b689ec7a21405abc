"""What an account or a bank is called: IBAN and BIC, checked by a library, and what banks write instead."""

import re
from functools import lru_cache

_REMEMBERED = 20_000
_LONGEST_IBAN, _SHORTEST_IBAN = 34, 15
_BARE = re.compile(r"[\s.\-]")
_RIB = re.compile(r"([0-9]{5})[ /]?([0-9]{5})[ /]?([0-9A-Z]{11})[ /]?([0-9]{2})?")
"""How French accounts are written: bank, branch, account and perhaps its key."""
_FRENCH = re.compile(r"[0-9]{5}/[0-9]{5}/[0-9A-Z]{11}")
_WITH_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?/(.+)")
_WITH_CURRENCY = re.compile(r"(.*[0-9])\s*[A-Z]{3}")


@lru_cache(maxsize=_REMEMBERED)
def iban_of(text: str) -> str:
    """An IBAN in its bare form; empty when its length or check digits are wrong, or when it is none."""
    bare = _BARE.sub("", text).upper()
    if not _SHORTEST_IBAN <= len(bare) <= _LONGEST_IBAN or not bare.isalnum() or not bare.isascii():
        return ""
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        return str(IBAN(bare))
    except (SchwiftyException, ValueError):
        return ""


@lru_cache(maxsize=_REMEMBERED)
def bic_of(text: str) -> str:
    """A BIC in its bare form; empty when it cannot be one."""
    bare = text.strip().upper()
    if len(bare) not in {8, 11}:
        return ""
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    try:
        return str(BIC(bare))
    except (SchwiftyException, ValueError):
        return ""


@lru_cache(maxsize=_REMEMBERED)
def french_account(bank: str, branch: str, number: str) -> str:
    """The IBAN of a French account known by bank, branch and number; these three when they make none."""
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    number = number.upper()
    if _FRENCH.fullmatch(f"{bank}/{branch}/{number}"):
        try:
            return str(IBAN.generate("FR", bank_code=bank, branch_code=branch, account_code=number))
        except (SchwiftyException, ValueError):
            pass
    return "/".join(part for part in (bank, branch, number) if part)


def account_of(text: str) -> str:
    """What an account is called, from what a bank writes: its IBAN where it can be told, else what is written."""
    written = " ".join(text.split()).upper()
    behind_bic = _WITH_BIC.fullmatch(written)
    before_currency = _WITH_CURRENCY.fullmatch(written)
    for part in (written, behind_bic and behind_bic[1], before_currency and before_currency[1]):
        if part and (iban := iban_of(part)):
            return iban
        if part and (rib := _RIB.fullmatch(part)):
            return french_account(*rib.group(1, 2, 3))
    return written


def looks_like_iban(text: str) -> bool:
    """Whether a text was meant to be an IBAN, right or wrong."""
    return re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", _BARE.sub("", text).upper()) is not None
