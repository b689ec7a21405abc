"""Rates of being late in the words of a letter: how much a year, and on what ground. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from crm.core.i18n import _
from crm.core.templating import long
from crm.followup.blocks import rate_text
from crm.followup.claims import Claim
from crm.law.rates import AppliedRate
from crm.law.series import FLOOR, MARGIN, PUBLIC_MARGIN, Law, Regime, half_year_label

_MARGINS = (MARGIN, PUBLIC_MARGIN)


def rate_values(claim: Claim, regime: Regime, today: date, law: Law) -> dict[str, str]:
    """The values `rates.…` of a text; empty where a rate is not known or not to be named."""
    legal = claim.legal
    return {
        "penalty": _percents(claim.rates),
        "penalty_basis": _basis(claim.rates, law) if claim.rates else "",
        "legal": _("{rates} a year").format(rates=rate_text(legal.value)) if legal is not None else "",
        "legal_half_year": half_year_label(today) if regime == "B2C" and legal is not None else "",
    }


def _percents(rates: Sequence[AppliedRate]) -> str:
    """All rates in order, one that stays the same said once: `12,15 % puis 12,40 % l’an`."""
    texts = list(_changes(rates))
    if not texts:
        return ""
    *before, last = texts
    told = _("{first} then {last}").format(first=", ".join(before), last=last) if before else last
    return _("{rates} a year").format(rates=told)


def _changes(rates: Sequence[AppliedRate]) -> Iterator[str]:
    last = None
    for rate in rates:
        if rate.percent != last:
            last = rate.percent
            yield rate_text(last)


def _basis(rates: Sequence[AppliedRate], law: Law) -> str:
    """Where the rates come from: the ECB and a margin, or our terms of payment above their legal floor."""
    margin = next((row for row in rates[-1].rows if row.series in _MARGINS), None)
    if margin is None:
        if not any(rate.raised for rate in rates):
            return _("the rate of our terms of payment")
        floor = next(row for row in rates[-1].rows if row.series == FLOOR)
        text = _("the rate of our terms of payment, raised to its legal minimum: {times} times the legal interest")
        return text.format(times=f"{floor.value.normalize():f}")
    points = law[margin.series].shown(margin.value)
    if len(rates) > 2:
        return _("ECB rate on the first day of each half-year, plus {points}").format(points=points)
    return _("ECB rate of {days}, plus {points}").format(days=_days(rates), points=points)


def _days(rates: Sequence[AppliedRate]) -> str:
    """The days whose ECB rate counts; their common year is said once."""
    last = rates[-1].half_year
    if len(rates) == 1:
        return long(last)
    first = rates[0].half_year
    told = long(first)
    if first.year == last.year:
        told = told.removesuffix(f"\u00a0{last.year}")
    return _("{first} then of {last}").format(first=told, last=long(last))
