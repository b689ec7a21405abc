"""The yearly rate of being late in a half-year: which legal values make it, for whom.

Between businesses the contract's rate, not below its legal floor, else the ECB rate and a margin (C. com. L441-10 II);
for a public buyer the ECB rate and another margin (CCP R2192-31); for a consumer legal interest (C. civ. 1231-6).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from crm.core.i18n import _
from crm.law.series import (
    ECB,
    FLOOR,
    LEGAL,
    MARGIN,
    PUBLIC_MARGIN,
    YEAR_DAYS,
    Law,
    LegalRate,
    Regime,
    half_year_label,
    half_year_start,
    percent,
)


@dataclass(frozen=True, slots=True)
class AppliedRate:
    """The yearly rate of a half-year and the rows it comes from."""

    half_year: date
    percent: Decimal
    year_days: int
    rows: tuple[LegalRate, ...]
    raised: bool = False
    """The contract's rate was below the legal floor, which takes its place."""


_MOST = Decimal(100)


def clause_rate(text: str) -> Decimal | None:
    """The yearly rate that our terms state, in percent; None where they state none that can be read."""
    written = text.strip().rstrip("%").strip().replace(",", ".")
    try:
        rate = Decimal(written)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and 0 <= rate <= _MOST else None


def rate_day(regime: Regime, began: date, day: date) -> date:
    """The day whose values serve on a day, for interest that began to run on another.

    Each half-year has the values of its first day; a public buyer keeps those of the half-year in which it all began.
    """
    return half_year_start(began if regime == "B2G" else day)


def applied_rate(regime: Regime, half_year: date, law: Law, contract_rate: Decimal | None = None) -> AppliedRate:
    """The rate of being late in the half-year that begins on a day. Only a business is held to a contract's rate.

    Raises:
        Refused: a value of that day is not known; the sentence names it.
    """
    year_days = int(law[YEAR_DAYS].value_on(half_year))
    if regime == "B2C":
        legal = law[LEGAL].row_on(half_year)
        return AppliedRate(half_year, legal.value, year_days, (legal,))
    if regime == "B2B" and contract_rate is not None:
        legal, multiple = law[LEGAL].row_on(half_year), law[FLOOR].row_on(half_year)
        floor = legal.value * multiple.value
        return AppliedRate(
            half_year, max(contract_rate, floor), year_days, (legal, multiple), raised=contract_rate < floor
        )
    margin = law[MARGIN if regime == "B2B" else PUBLIC_MARGIN].row_on(half_year)
    ecb = law[ECB].row_on(half_year)
    return AppliedRate(half_year, ecb.value + margin.value, year_days, (ecb, margin))


def rate_notes(regime: Regime, contract_rate: Decimal | None, rates: Iterable[AppliedRate]) -> Iterator[str]:
    """What is to be said about a contract's rate that was not applied as it stands."""
    if contract_rate is None:
        return
    if regime == "B2C":
        yield _("The contract's rate is left aside: from a consumer only the legal interest is counted.")
    if regime == "B2G":
        yield _("The contract's rate is left aside: the rate of a public buyer is set by law.")
    for rate in rates:
        if rate.raised:
            yield _(
                "The contract's rate of {rate} is below the legal floor, {floor} in the {half_year}: "
                "the floor is counted. A judge may apply the ECB rate and its margin instead."
            ).format(
                rate=percent(contract_rate), floor=percent(rate.percent), half_year=half_year_label(rate.half_year)
            )
