"""What people decide with a score in hand: a word of their own, a credit limit. A score never decides alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef, UpdateCustomer
from crm.customers.queries import find_customer
from crm.risk.kept import overrides
from crm.risk.models import RiskOverride
from crm.risk.stakes import Band, Limit, band, credit_limit
from crm.risk.words import BANDS, percent

_WHY = {
    "sales": mark("months of sales for this risk"),
    "policy": mark("the limit of the credit policy"),
    "insured": mark("the insured limit"),
}
_ADVICE = {
    Band.LOW: mark("usual terms"),
    Band.MODERATE: mark("to be watched"),
    Band.HIGH: mark("deposit or guarantee"),
    Band.VERY_HIGH: mark("payment in advance"),
}


@dataclass(frozen=True)
class OverrideNote:
    """A person's word as it was kept."""

    row: RiskOverride
    customer: str
    name: str

    def as_json(self) -> dict[str, Any]:
        """The word beside the model's."""
        return {
            "customer": self.customer,
            "probability_late": self.row.late,
            "baseline": self.row.said,
            "author": self.row.author,
            "reason": self.row.reason,
            "until": self.row.until.isoformat(),
        }

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (Column("said", _("The model said")), Column("late", _("Instead")), Column("until", _("Until"), Kind.DATE), Column("reason", _("Reason")))  # fmt: skip  # read as a table: columns side by side
        row = (percent(self.row.said), percent(self.row.late), self.row.until, self.row.reason)
        return Sheet(_("{name}: another word on the risk").format(name=self.name), columns, (row,))


class OverrideRisk(Action[OverrideNote]):
    """Say how likely a customer is to pay late, instead of the model, for a time and with a reason."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    percent: int = Field(ge=0, le=100, description="Probability of a late payment, in percent")
    reason: str = Field(min_length=3, max_length=500, description="Shown to colleagues")
    until: date | None = Field(None, description="Last day it counts; 90 days if left out")

    def perform(self, context: Context) -> OverrideNote:
        """Keep it beside what the model says today; later both are held against what came.

        Raises:
            Invalid: it would end before today.
        """
        from crm.risk.scoring import scored

        row = find_customer(context.session, self.customer)
        until = self.until or context.today + timedelta(days=90)
        if until < context.today:
            raise Invalid(_("The last day lies before today."))
        found = scored(context.session, context.today)
        place = found.portfolio.place_of(row.root_id or row.id)
        assert place is not None, "every customer stands in the portfolio"
        word = RiskOverride(
            customer_id=row.root_id or row.id, day=context.today, until=until, late=self.percent / 100,
            said=round(float(found.customers.late[place]), 4), author=context.actor.name, reason=self.reason,
        )  # fmt: skip  # read as a table: columns side by side
        context.session.add(word)
        context.session.flush()
        return OverrideNote(word, row.number, row.name)


@dataclass(frozen=True, slots=True)
class LimitNote:
    """A credit limit as proposed. Cents of euros."""

    customer: str
    name: str
    limit: Limit
    late: float
    monthly_sales: int
    exposure: int
    present: int | None

    @property
    def over(self) -> int:
        """What is open beyond the proposed limit."""
        return max(self.exposure - self.limit.cents, 0)

    def as_json(self) -> dict[str, Any]:
        """The limit and what it was made of."""
        return {
            "customer": self.customer,
            "limit": plain(self.limit.cents, EURO),
            "decided_by": self.limit.why,
            "band": band(self.late).value,
            "probability_late": round(self.late, 4),
            "monthly_sales": plain(self.monthly_sales, EURO),
            "exposure": plain(self.exposure, EURO),
            "over": plain(self.over, EURO),
            "present": None if self.present is None else plain(self.present, EURO),
        }

    def as_sheet(self) -> Sheet:
        """One row."""
        columns = (
            Column("limit", _("Proposed limit"), Kind.MONEY),
            Column("why", _("The least of")),
            Column("exposure", _("Exposure"), Kind.MONEY),
            Column("over", _("Beyond it"), Kind.MONEY),
            Column("advice", _("Terms")),
        )
        row = (
            Money(self.limit.cents, EURO), _(_WHY[self.limit.why]), Money(self.exposure, EURO), Money(self.over, EURO),
            _(_ADVICE[band(self.late)]),
        )  # fmt: skip  # read as a table: columns side by side
        return Sheet(
            _("Credit limit of {name}").format(name=self.name), columns, (row,), notes=(_(BANDS[band(self.late)]),)
        )


class ProposeCreditLimit(Action[LimitNote]):
    """Propose a credit limit: the least of policy, insurance, and some months of sales by risk."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    policy: Money | None = Field(None, description="The limit of the credit policy")
    insured: Money | None = Field(None, description="The limit of the credit insurer")

    def perform(self, context: Context) -> LimitNote:
        """Reckon it and put it up for a yes: a person decides.

        Raises:
            NotFound: no such customer.
        """
        from crm.risk.answers import stakes_of
        from crm.risk.scoring import scored

        row = find_customer(context.session, self.customer)
        found = scored(context.session, context.today)
        of = found.portfolio
        place = of.place_of(row.root_id or row.id)
        assert place is not None, "every customer stands in the portfolio"
        word = overrides(context.session, context.today).get(int(of.customers[place]))
        late = word.late if word is not None else float(found.customers.late[place])
        year = (of.book.customer == place) & (of.book.issued >= context.today.toordinal() - 365)
        monthly = round(float(of.book.amount[year].sum()) * 100 / 12)
        limit = credit_limit(
            late, monthly, self.policy.cents if self.policy else None, self.insured.cents if self.insured else None
        )
        exposure = sum(stake.exposure for stake in stakes_of(found, place) if stake.currency == EURO)
        note = LimitNote(row.number, row.name, limit, late, monthly, exposure, row.credit_limit_cents)
        number = plural("{count} invoice over a year", "{count} invoices over a year", int(year.sum()))
        why = _("From {number} and {late} likely to pay late.").format(number=number, late=percent(late))
        action = UpdateCustomer(customer=row.number, credit_limit=Money(limit.cents, EURO))
        context.propose(action, why=why, subject=row.number)
        return note


ACTIONS = (OverrideRisk, ProposeCreditLimit)
