"""What a message claims: the open amounts, the penalties and indemnities that come on top, and the rates behind them.

Pure. A rate that is not known leaves the amounts out and is told; nothing is ever added across currencies.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from crm.core.errors import CrmError, Refused
from crm.core.i18n import _, labelled
from crm.core.money import Money
from crm.followup.facts import CompanyFacts, CustomerFacts, ItemFacts, Occasion
from crm.law.interest import Penalties, penalties
from crm.law.rates import AppliedRate, applied_rate, clause_rate, rate_day
from crm.law.series import LEGAL, Law, LegalRate, Regime, half_year_end, half_year_label, half_year_start

FIRM, LAST, NOTICE = 2, 3, 4
"""Levels: the firm reminder names the rates, the last one counts them, the formal notice claims them."""
_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked for, in one currency."""

    items: tuple[ItemFacts, ...]
    """What the message lists, the earliest due first."""
    others: tuple[ItemFacts, ...]
    """What stands on the account beside it: not due yet, or at a notice before the due date already due."""
    zero: Money
    """Nothing, in the currency of the claim."""
    asked: Money
    """The sum of what is listed."""
    beside: Money
    """The sum of what stands beside it."""
    interest: tuple[Penalties, ...] = ()
    """The penalties of each item, where they are counted."""
    rates: tuple[AppliedRate, ...] = ()
    legal: LegalRate | None = None
    """The legal interest of the day, for a consumer's formal notice."""
    notes: tuple[str, ...] = ()
    """What a person should know before the message leaves."""

    def sum_of(self, amounts: Iterable[Money]) -> Money:
        """The sum of amounts in the currency of the claim; those in another are left out."""
        currency = self.zero.currency
        return Money(sum(amount.cents for amount in amounts if amount.currency == currency), currency)

    @property
    def penalties(self) -> Money:
        """Late-payment penalties up to the day."""
        return self.sum_of(each.interest for each in self.interest)

    @property
    def indemnities(self) -> Money:
        """One fixed indemnity for each invoice; none where the debt is in another currency."""
        one_each = {item.number: each.indemnity for item, each in zip(self.items, self.interest, strict=False)}
        return self.sum_of(one_each.values())

    @property
    def claimed(self) -> Money:
        """Principal, penalties and indemnities."""
        return self.asked + self.penalties + self.indemnities

    @property
    def invoices(self) -> tuple[ItemFacts, ...]:
        """The items with the instalments of one invoice taken together."""
        merged: dict[str, ItemFacts] = {}
        for item in self.items:
            known = merged.get(item.number)
            merged[item.number] = item if known is None else _together(known, item)
        return tuple(merged.values())


def _together(first: ItemFacts, other: ItemFacts) -> ItemFacts:
    """Two instalments of an invoice as one: its earliest due date, the sum of what is open."""
    net = first.net + other.net if first.net is not None and other.net is not None else None
    return replace(first, open=first.open + other.open, disputed=first.disputed + other.disputed, net=net)


def claim_of(
    company: CompanyFacts, customer: CustomerFacts, items: Sequence[ItemFacts], occasion: Occasion, law: Law
) -> Claim:
    """What a message of this occasion claims.

    Raises:
        Refused: nothing is left to ask for, or the items are in several currencies.
    """
    asked = sorted((item for item in items if item.open.cents > 0), key=lambda item: (item.due_date, item.number))
    late = tuple(item for item in asked if item.due_date < occasion.today)
    coming = tuple(item for item in asked if item.due_date >= occasion.today)
    listed, others = (late, coming) if occasion.level else (coming, late)
    if not listed:
        raise Refused(_("Nothing is left to ask of customer {number}.").format(number=customer.number))
    currencies = {amount.currency for item in asked for amount in (item.open, item.disputed, item.paid, item.total)}
    if len(currencies) > 1:
        raise Refused(
            _("Amounts in several currencies are never added."),
            next_step=_("Write one message for each currency."),
        )
    zero, sum_, beside = (_sum(some, listed[0].open.currency) for some in ((), listed, others))
    return _with_interest(Claim(listed, others, zero, sum_, beside), company, customer, occasion, law)


def _sum(items: Iterable[ItemFacts], currency: str) -> Money:
    return Money(sum(item.open.cents for item in items), currency)


def _with_interest(claim: Claim, company: CompanyFacts, customer: CustomerFacts, occasion: Occasion, law: Law) -> Claim:
    regime, level = customer.law, occasion.level
    try:
        if regime == "B2C":
            return _for_consumer(claim, occasion, law) if level >= NOTICE else claim
        if level >= LAST:
            return _counted(claim, company, regime, occasion.today, law)
        if level == FIRM and regime == "B2B":
            clause, told = _clause(company, regime)
            return replace(claim, rates=tuple(_rates(claim, regime, occasion.today, law, clause)), notes=told)
    except CrmError as problem:
        note = labelled(_("Written without rates and penalties"), problem.message)
        return replace(claim, notes=(note,))
    return claim


def _for_consumer(claim: Claim, occasion: Occasion, law: Law) -> Claim:
    row = law[LEGAL].row_on(half_year_start(occasion.today))
    return replace(claim, legal=row, notes=tuple(_uncertain([row], occasion.today, law)))


def _counted(claim: Claim, company: CompanyFacts, regime: Regime, today: date, law: Law) -> Claim:
    clause, told = _clause(company, regime)
    interest = tuple(
        penalties(item.open, item.due_date, today, regime, law, contract_rate=clause) for item in claim.items
    )
    rates = tuple(_rates(claim, regime, today, law, clause))
    notes = dict.fromkeys(told)
    for rate in rates:
        notes |= dict.fromkeys(_uncertain(rate.rows, rate.half_year, law))
    for each in interest:
        notes |= dict.fromkeys(each.notes)
    return replace(claim, interest=interest, rates=rates, notes=tuple(notes))


def _uncertain(rows: Sequence[LegalRate], day: date, law: Law) -> Iterator[str]:
    for row in rows:
        if not row.certain:
            yield _("A rate is to be confirmed: {label}, {half_year}.").format(
                label=law[row.series].label, half_year=half_year_label(day)
            )


def _clause(company: CompanyFacts, regime: Regime) -> tuple[Decimal | None, tuple[str, ...]]:
    """The rate of our terms, and what is to be said about one that cannot be read."""
    if not company.penalty_clause.strip() or regime != "B2B":
        return None, ()
    rate = clause_rate(company.penalty_clause)
    if rate is not None:
        return rate, ()
    note = _("The penalty rate of your terms, “{text}”, is not a rate: the legal one is counted.")
    return None, (note.format(text=company.penalty_clause[:60]),)


def _rates(claim: Claim, regime: Regime, today: date, law: Law, clause: Decimal | None) -> Iterator[AppliedRate]:
    """The rate of each half-year in which something listed was late, oldest first."""
    if regime == "B2G":
        began = {rate_day(regime, item.due_date + _DAY, today) for item in claim.items}
    else:
        began = set(_half_years(claim.items[0].due_date + _DAY, today))
    for half_year in sorted(began):
        yield applied_rate(regime, half_year, law, clause)


def _half_years(day: date, until: date) -> Iterator[date]:
    while day <= until:
        yield half_year_start(day)
        day = half_year_end(day) + _DAY
