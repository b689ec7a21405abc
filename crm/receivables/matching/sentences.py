"""Why a match is proposed and why it is left to a person, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from crm.core.i18n import _, mark, plural
from crm.core.money import shown
from crm.receivables.matching.evidence import Doubt
from crm.receivables.matching.facts import Residual, Rule
from crm.receivables.matching.payers import Guess, How

_MOST_NUMBERS = 4
_SURE_NAME = 0.9


def why_match(
    rule: Rule, numbers: Sequence[str], named: Sequence[str], residual: Residual, cents: int, currency: str, payer: str
) -> str:
    """The reasons, the strongest first: `Names F2026-0113, the amount is exact, the payer is known by its account.`"""
    said = []
    if named:
        said.append(_("names {numbers}").format(numbers=_listed(named)))
    said.append(_amount(rule, numbers, residual, cents, currency))
    if payer:
        said.append(payer)
    text = ", ".join(part for part in said if part)
    return f"{text[:1].upper()}{text[1:]}."


def _listed(numbers: Sequence[str]) -> str:
    rest = len(numbers) - _MOST_NUMBERS
    shown_ones = ", ".join(numbers[:_MOST_NUMBERS])
    return f"{shown_ones} {plural('and {count} more', 'and {count} more ones', rest)}" if rest > 0 else shown_ones


def _amount(rule: Rule, numbers: Sequence[str], residual: Residual, cents: int, currency: str) -> str:
    if residual is not Residual.NONE:
        return _difference(residual, abs(cents), currency)
    match rule:
        case Rule.AMOUNT_ALL:
            return plural(
                "the amount is all that is open ({count} document)",
                "the amount is all that is open ({count} documents)",
                len(numbers),
            )
        case Rule.AMOUNT_DUE:
            return plural(
                "the amount is all that is due ({count} document)",
                "the amount is all that is due ({count} documents)",
                len(numbers),
            )
        case Rule.AMOUNT_OLDEST:
            return plural(
                "the amount is the oldest document", "the amount is the oldest {count} documents", len(numbers)
            )
        case Rule.AMOUNT_RUN:
            return plural(
                "the amount is {count} document in a row", "the amount is {count} documents in a row", len(numbers)
            )
        case Rule.AMOUNT_MONTH:
            return plural(
                "the amount is a whole month ({count} document)",
                "the amount is a whole month ({count} documents)",
                len(numbers),
            )
        case Rule.REMITTANCE:
            return _("the deposit is the sum of {numbers}").format(numbers=_listed(numbers))
        case _ if len(numbers) > 1:
            return _("the amount is the sum of {numbers}").format(numbers=_listed(numbers))
        case _:
            return _("the amount is exact")


def _difference(residual: Residual, cents: int, currency: str) -> str:
    return _(_DIFFERENCES[residual]).format(amount=shown(cents, currency))


_DIFFERENCES = {
    Residual.DISCOUNT: mark("less {amount} of early-payment discount"),
    Residual.BANK_FEE: mark("less {amount}, as a bank fee would be"),
    Residual.ROUNDING: mark("but for {amount} of rounding"),
    Residual.RETENTION: mark("less {amount} of retention money"),
    Residual.PARTIAL: mark("in part: {amount} stays open"),
    Residual.ON_ACCOUNT: mark("nothing open has this amount: money on account"),
    Residual.OVERPAYMENT: mark("{amount} more than what is open"),
    Residual.DUPLICATE: mark("already settled: a second payment of the same"),
}


def payer_known(guess: Guess | None, name: str) -> str:
    """What the payer was recognised by."""
    if guess is None:
        return ""
    text = (
        mark("the name is like {name}") if guess.how is How.NAME and guess.strength < _SURE_NAME else _PAYERS[guess.how]
    )
    return _(text).format(name=name)


_PAYERS = {
    How.GIVEN: mark("the payer is given: {name}"),
    How.IBAN: mark("the account is that of {name}"),
    How.NUMBER: mark("the customer number is that of {name}"),
    How.SIREN: mark("the SIREN is that of {name}"),
    How.LEARNT: mark("the sender is known as {name}"),
    How.NAME: mark("the name is that of {name}"),
    How.GROUP: mark("the payer is of the same group as {name}"),
}


def why_not(doubt: Doubt) -> str:
    """Why a person decides."""
    text = _DOUBTS.get(doubt)
    return _(text) if text else ""


_DOUBTS = {
    Doubt.RULE: mark("Nothing tells for certain what it pays."),
    Doubt.OTHER_PAYER: mark("What it names and who pays are not the same customer."),
    Doubt.SAME_AMOUNT: mark("Another open invoice has the same amount."),
    Doubt.SEVERAL: mark("Another use of this money is nearly as plausible."),
    Doubt.UNKNOWN_NUMBER: mark("It names an invoice that is not among the open ones."),
    Doubt.SETTLED: mark("It names an invoice that is already settled."),
    Doubt.NOBODY: mark("Neither a number nor the payer is certain."),
    Doubt.PARTIAL: mark("The amount differs from what is open."),
    Doubt.GROUP: mark("Another company of the group pays, and the amount is not unique."),
    Doubt.WEAK: mark("The evidence is too weak to decide alone."),
}
