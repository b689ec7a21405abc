"""What the rows above and below a bank's table say of the account: its number, and its balances."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.core.amount_cells import AmountReader
from crm.core.errors import Invalid
from crm.core.names import name_key
from crm.receivables.statements.accounts import account_of, french_account

_MOST = 20_000
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_BANK = re.compile(r"code (?:de la )?banque\W{0,5}(\d{5})\b", re.IGNORECASE)
_BRANCH = re.compile(r"code (?:de l\W?)?(?:agence|guichet)\W{0,5}(\d{5})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?:n°|num[ée]ro|compte)[^\d\n]{0,40}?(\d[\d ]{4,21}[A-Z]?\d{0,4})\b", re.IGNORECASE)
_DAY = re.compile(r"\b(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\b", re.ASCII)
_AMOUNT = re.compile(r"[+\-\u2212]?\s?\d[\d \u00a0\u202f.,]*")
_CURRENCY = re.compile(r"\s*(?:EUR|EUROS?|€)\s*$", re.IGNORECASE)
_BEFORE = ("debut", "initial", "precedent", "ancien", "ouverture")
_ACCOUNT_DIGITS = 11


@dataclass(frozen=True, slots=True)
class BalanceTold:
    """A balance outside of the table; its day is not always told."""

    cents: int
    day: date | None


def account_above(rows: Sequence[Sequence[str]]) -> str:
    """The account that the rows name, as `account_of` writes it; empty where they name none."""
    text = " ; ".join(" ; ".join(cell for cell in row if cell.strip()) for row in rows)[:_MOST]
    if iban := _IBAN.search(text):
        return account_of(iban[0])
    bank, branch, number = (pattern.search(text) for pattern in (_BANK, _BRANCH, _NUMBER))
    if number is None:
        return ""
    digits = number[1].replace(" ", "")
    if bank and branch and len(digits) <= _ACCOUNT_DIGITS:
        return french_account(bank[1], branch[1], digits.rjust(_ACCOUNT_DIGITS, "0"))
    return account_of(digits)


def balances_around(
    rows: Sequence[Sequence[str]], amounts: AmountReader, digits: int
) -> tuple[BalanceTold | None, BalanceTold | None]:
    """Opening and closing balance where rows tell them: "Solde en fin de période;…;1 234,56", "Solde au 31/03/2026 …"."""
    opening: BalanceTold | None = None
    closing: BalanceTold | None = None
    for cells in rows:
        for place, cell in enumerate(cells):
            said = name_key(cell)
            if not said.startswith("solde") or "franc" in said:
                continue
            found = _balance_in(cell, cells[place + 1 :], amounts, digits)
            if found is None:
                continue
            if any(word in said for word in _BEFORE):
                opening = opening or found
            else:
                closing = closing or found
    return opening, closing


def bare_amount(text: str) -> str:
    """An amount without its currency; a plus sign says nothing."""
    bare = _CURRENCY.sub("", text.strip())
    return bare[1:].strip() if bare.startswith("+") else bare


def _balance_in(cell: str, behind: Sequence[str], amounts: AmountReader, digits: int) -> BalanceTold | None:
    day = None
    if found := _DAY.search(cell):
        try:
            day = date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            return None
        cell = cell[found.end() :]
    texts = [token.strip() for token in _AMOUNT.findall(cell)][-1:]
    texts += [bare_amount(text) for text in behind if text.strip()][:1]
    for text in texts:
        try:
            return BalanceTold(amounts.cents(text, digits), day)
        except Invalid:
            continue
    return None
