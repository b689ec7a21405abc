"""Late-payment penalties: exact for each stretch of days, summed, rounded once. Pure: facts and law in, figures out.

Days are counted from the due date (excluded) to the day of payment (included). A stretch ends with each half-year and
with each payment. A payment settles interest first, then principal (C. civ. 1343-1); interest bears no interest.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from crm.core.errors import Invalid, Refused
from crm.core.i18n import _
from crm.core.money import EURO, Money, plain, shown
from crm.core.sheets import Column, Kind, Sheet
from crm.law.rates import AppliedRate, applied_rate, rate_day, rate_notes
from crm.law.series import (
    INDEMNITY,
    PUBLIC_INDEMNITY,
    Law,
    LegalRate,
    Regime,
    decimals,
    half_year_end,
    half_year_label,
    percent,
    spelt,
)

_DAY = timedelta(1)
_MAX_RATE = Decimal(100)


@dataclass(frozen=True, slots=True)
class DatedPayment:
    """A part payment: its day, the day the money was at our disposal, and its amount."""

    day: date
    amount: Money

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-06-30=4000`.

        Raises:
            Invalid: not a day and an amount.
        """
        day, sign, amount = text.partition("=")
        try:
            if not sign:
                raise ValueError(text)
            return cls(date.fromisoformat(day.strip()), Money.parse(amount))
        except ValueError:
            raise Invalid(
                _("“{text}” is not a payment: a day and an amount are written {example}.").format(
                    text=text[:60], example="2026-06-30=4000"
                )
            ) from None

    def __str__(self) -> str:
        """`2026-06-30=4000.00`, as on the command line."""
        currency = "" if self.amount.currency == EURO else f" {self.amount.currency}"
        return f"{self.day.isoformat()}={self.amount!s}{currency}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(text: str) -> DatedPayment:
            try:
                return cls.parse(text)
            except Invalid as error:
                raise ValueError(error.message) from None

        def shape(value: Any) -> str:
            return "object" if isinstance(value, Mapping) else "payment" if isinstance(value, cls) else "text"

        fields = {
            "date": core_schema.typed_dict_field(core_schema.date_schema()),
            "amount": core_schema.typed_dict_field(handler.generate_schema(Money)),
        }
        written: dict[Hashable, CoreSchema] = {
            "text": core_schema.no_info_after_validator_function(read, core_schema.str_schema()),
            "object": core_schema.no_info_after_validator_function(
                lambda given: cls(given["date"], given["amount"]),
                core_schema.typed_dict_schema(fields, extra_behavior="forbid"),
            ),
        }
        made: dict[Hashable, CoreSchema] = {**written, "payment": core_schema.is_instance_schema(cls)}
        return core_schema.json_or_python_schema(
            json_schema=core_schema.tagged_union_schema(written, shape),
            python_schema=core_schema.tagged_union_schema(made, shape),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of days with one rate and one base."""

    start: date
    """The first day counted."""
    end: date
    """The last day counted."""
    days: int
    rate: Decimal
    """Percent a year."""
    base_cents: int
    year_days: int
    """Days of a year of interest."""
    exact: Fraction
    """The interest in minor units, not rounded."""

    @property
    def interest_cents(self) -> int:
        """The interest rounded for display. What is owed is rounded on the sum."""
        return rounded(self.exact)


@dataclass(frozen=True, slots=True)
class Penalties:
    """What a debt paid late has cost its debtor, and how that was counted."""

    due: date
    paid: date
    segments: tuple[Segment, ...]
    interest: Money
    """All interest, whether paid or not."""
    interest_paid: Money
    """What part payments have settled of it."""
    principal_left: Money
    """What the part payments left of the amount."""
    indemnity: Money
    """The fixed sum for recovery costs: euros, whatever the currency of the debt."""
    sources: tuple[str, ...]
    """One sentence for each row of the law that was used."""
    notes: tuple[str, ...]

    @property
    def total(self) -> Money:
        """Interest and indemnity; interest alone where the debt is not in the currency of the indemnity."""
        return self.interest + self.indemnity if self.interest.currency == self.indemnity.currency else self.interest

    @property
    def exact(self) -> Fraction:
        """The interest in minor units, not rounded at all."""
        return sum((segment.exact for segment in self.segments), Fraction())

    def as_json(self) -> Mapping[str, Any]:
        """The contract's object of `compute-penalties`; a debt that is not in euros names both currencies."""
        currency = self.interest.currency
        foreign = (
            {}
            if currency == self.indemnity.currency
            else {"currency": currency, "indemnity_currency": self.indemnity.currency}
        )
        return {
            "segments": [
                {
                    "from": segment.start.isoformat(),
                    "to": segment.end.isoformat(),
                    "days": segment.days,
                    "rate": decimals(segment.rate),
                    "base": plain(segment.base_cents, currency),
                    "interest": plain(segment.interest_cents, currency),
                }
                for segment in self.segments
            ],
            "interest": str(self.interest),
            "interest_paid": str(self.interest_paid),
            "principal_left": str(self.principal_left),
            "indemnity": str(self.indemnity),
            "total": str(self.total),
            **foreign,
            "sources": [*self.sources, *self.notes],
        }

    def as_sheet(self) -> Sheet:
        """One line for each stretch of days, then the sums."""
        currency = self.interest.currency

        def total(label: str, amount: Money) -> tuple[str, None, None, None, None, None, Money]:
            return (label, None, None, None, None, None, amount)

        return Sheet(
            title=_("Late-payment penalties"),
            columns=(
                Column("half_year", _("Half-year")),
                Column("from", _("First day"), Kind.DATE),
                Column("to", _("Last day"), Kind.DATE),
                Column("days", _("Days"), Kind.COUNT),
                Column("rate", _("Rate"), Kind.PERCENT),
                Column("base", _("Base"), Kind.MONEY),
                Column("interest", _("Interest"), Kind.MONEY),
            ),
            rows=tuple(
                (
                    half_year_label(segment.start),
                    segment.start,
                    segment.end,
                    segment.days,
                    decimals(segment.rate),
                    Money(segment.base_cents, currency),
                    Money(segment.interest_cents, currency),
                )
                for segment in self.segments
            ),
            totals=(
                total(_("Interest"), self.interest),
                total(_("Settled by part payments"), self.interest_paid),
                total(_("Recovery indemnity"), self.indemnity),
                total(_("Interest and indemnity"), self.total),
                total(_("Principal left"), self.principal_left),
            ),
            formula=self._formula(),
            as_of=self.paid,
            notes=(*self.notes, *self.sources),
        )

    def _formula(self) -> str:
        if not self.segments:
            return ""
        text = _(
            "Open amount × rate × days ÷ {year_days} (usage), exact for each line, "
            "rounded once on the sum up to each payment."
        )
        return text.format(year_days=self.segments[0].year_days)


def rounded(exact: Fraction) -> int:
    """Minor units, half up. Interest is never negative."""
    return int(exact + Fraction(1, 2))


@dataclass(slots=True)
class _Debt:
    """A debt while it is followed from its due date on. Minor units."""

    currency: str
    regime: Regime
    law: Law
    contract_rate: Decimal | None
    due: date
    reached: date | None
    """The day up to which interest has run; None where it does not run."""
    principal: int
    interest_first: bool = True
    late: bool = False
    """Something was still open after the due date."""
    accrued: Fraction = field(default_factory=Fraction)
    """Interest that no payment has settled yet."""
    settled: int = 0
    """Interest that payments have settled."""
    segments: list[Segment] = field(default_factory=list)
    rates: dict[date, AppliedRate] = field(default_factory=dict)

    def wait(self, until: date) -> None:
        """Let the days up to one pass, that day included."""
        if self.principal == 0:
            return
        self.late = self.late or until > self.due
        if self.reached is None or until <= self.reached:
            return
        for start, end in _half_years(self.reached, until):
            self._run(start, end)
        self.reached = until

    def _run(self, start: date, end: date) -> None:
        began = self.segments[0].start if self.segments else start
        rate = self._rate(rate_day(self.regime, began, start))
        days = (end - start).days + 1
        exact = Fraction(self.principal) * Fraction(rate.percent) * days / (100 * rate.year_days)
        self.segments.append(Segment(start, end, days, rate.percent, self.principal, rate.year_days, exact))
        self.accrued += exact

    def _rate(self, half_year: date) -> AppliedRate:
        if half_year not in self.rates:
            self.rates[half_year] = applied_rate(self.regime, half_year, self.law, self.contract_rate)
        return self.rates[half_year]

    def receive(self, payment: DatedPayment) -> None:
        """Let a payment settle interest, then principal."""
        cents, interest = payment.amount.cents, rounded(self.accrued) if self.interest_first else 0
        if cents > interest + self.principal:
            raise Refused(
                _("The payment of {amount} on {day} is more than what was owed on that day, {owed}.").format(
                    amount=shown(cents, self.currency),
                    day=spelt(payment.day),
                    owed=shown(interest + self.principal, self.currency),
                ),
                next_step=_("What was paid too much is recorded apart."),
            )
        if cents < interest:
            self.settled += cents
            self.accrued -= cents
        elif not self.interest_first:
            self.principal -= cents
        else:
            # Settled to the cent: the fraction of a cent that rounding left is nobody's claim.
            self.settled += interest
            self.accrued = Fraction()
            self.principal -= cents - interest


def penalties(
    amount: Money,
    due: date,
    paid: date,
    regime: Regime,
    law: Law,
    *,
    contract_rate: Decimal | None = None,
    payments: Sequence[DatedPayment] = (),
    notice_received: date | None = None,
    interest_first: bool = True,
) -> Penalties:
    """What an amount due on one day and paid on another costs its debtor.

    `payments` are part payments on the way; those after `paid` do not count yet. They settle interest first, as a claim
    counts them; in the books, where interest is kept apart, they lower the principal (`interest_first=False`). For a consumer interest runs from the
    day the formal notice was received, and there is no indemnity.

    Raises:
        Invalid: an amount, a currency or a rate that cannot be meant.
        Refused: a legal value that is not known, or a payment of more than what was owed.
    """
    _check(amount, payments, contract_rate)
    began = _began(regime, due, notice_received)
    debt = _Debt(amount.currency, regime, law, contract_rate, due, began, amount.cents, interest_first)
    for payment in sorted(payments, key=lambda payment: payment.day):
        if payment.day <= paid:
            debt.wait(payment.day)
            debt.receive(payment)
    debt.wait(paid)
    indemnity = _indemnity(regime, due, law) if debt.late else None
    return Penalties(
        due=due,
        paid=paid,
        segments=tuple(debt.segments),
        interest=Money(debt.settled + rounded(debt.accrued), amount.currency),
        interest_paid=Money(debt.settled, amount.currency),
        principal_left=Money(debt.principal, amount.currency),
        indemnity=Money.of(indemnity.value, EURO) if indemnity else Money(0, EURO),
        sources=_sources(debt, indemnity),
        notes=tuple(_notes(debt, paid, payments, indemnity)),
    )


def _check(amount: Money, payments: Iterable[DatedPayment], contract_rate: Decimal | None) -> None:
    if amount.cents <= 0:
        raise Invalid(_("Penalties are counted on an amount above zero."))
    for payment in payments:
        if payment.amount.currency != amount.currency:
            raise Invalid(
                _(
                    "The amount is in {currency}, the payment of {day} in {other}: both are given in one currency."
                ).format(currency=amount.currency, day=spelt(payment.day), other=payment.amount.currency)
            )
        if payment.amount.cents <= 0:
            raise Invalid(_("The payment of {day} is not above zero.").format(day=spelt(payment.day)))
    if contract_rate is not None and not (contract_rate.is_finite() and 0 <= contract_rate <= _MAX_RATE):
        raise Invalid(
            _("The rate of a contract lies between {low} and {high}.").format(
                low=percent(Decimal(0)), high=percent(_MAX_RATE)
            )
        )


def _began(regime: Regime, due: date, notice_received: date | None) -> date | None:
    """The day after which interest runs; None where it does not run."""
    if regime != "B2C":
        return due
    return max(due, notice_received) if notice_received is not None else None


def _half_years(after: date, until: date) -> Iterator[tuple[date, date]]:
    """The days after one day until another, cut at the ends of half-years: first and last day of each stretch."""
    while after < until:
        start = after + _DAY
        after = min(until, half_year_end(start))
        yield start, after


def _indemnity(regime: Regime, due: date, law: Law) -> LegalRate | None:
    """The indemnity for being late from the day after the due date; none for a consumer, or before the law had it."""
    if regime == "B2C":
        return None
    return law[INDEMNITY if regime == "B2B" else PUBLIC_INDEMNITY].find(due + _DAY)


def _sources(debt: _Debt, indemnity: LegalRate | None) -> tuple[str, ...]:
    rows = dict.fromkeys(row for rate in debt.rates.values() for row in rate.rows)
    if indemnity is not None:
        rows[indemnity] = None
    return tuple(debt.law[row.series].cite(row) for row in rows)


def _notes(debt: _Debt, paid: date, payments: Iterable[DatedPayment], indemnity: LegalRate | None) -> Iterator[str]:
    yield from rate_notes(debt.regime, debt.contract_rate, debt.rates.values())
    if debt.segments and debt.segments[-1].start > half_year_end(debt.segments[0].start) and len(debt.rates) == 1:
        yield _("The rate stays that of the half-year in which interest began to run (CCP R2192-31).")
    if debt.reached is None and debt.late:
        yield _("No formal notice was received: a consumer owes no interest yet.")
    for payment in payments:
        if payment.day > paid:
            yield _("The payment of {amount} on {day} comes later and is not counted.").format(
                amount=shown(payment.amount.cents, debt.currency), day=spelt(payment.day)
            )
    if indemnity is not None and debt.currency != EURO:
        yield _("The indemnity is due in euros and is not added to a total in {currency}.").format(
            currency=debt.currency
        )
