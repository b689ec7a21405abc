"""A group of companies as one: what each owes, and what is outstanding at all of them together."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.joining import group_of
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.receivables.actions.exposure import ExposureLine, ShowExposure, exposure_lines
from crm.receivables.queries import Whose


@dataclass(frozen=True, slots=True)
class Group:
    """The companies of a group on a day, its head first, each with its exposures."""

    as_of: date
    members: tuple[tuple[Customer, tuple[ExposureLine, ...]], ...]

    def sums(self) -> dict[str, tuple[int, int]]:
        """Currency → exposure and overdue of all together."""
        found: dict[str, tuple[int, int]] = {}
        for _member, lines in self.members:
            for line in lines:
                exposure, overdue = found.get(line.currency, (0, 0))
                found[line.currency] = exposure + line.exposure, overdue + line.overdue
        return dict(sorted(found.items()))

    @property
    def limit(self) -> int | None:
        """What is agreed for all together: the limit of the head, else the sum of those agreed. Cents."""
        own = self.members[0][0].credit_limit_cents
        agreed = [row.credit_limit_cents for row, _lines in self.members if row.credit_limit_cents is not None]
        return own if own is not None else sum(agreed) if agreed else None

    def as_json(self) -> dict[str, Any]:
        """Each company, and the sums."""
        limit = self.limit
        return {
            "head": self.members[0][0].number,
            "as_of": self.as_of.isoformat(),
            "companies": [
                {
                    "customer": row.number,
                    "name": row.name,
                    "currencies": {
                        line.currency: {
                            "exposure": plain(line.exposure, line.currency),
                            "overdue": plain(line.overdue, line.currency),
                        }
                        for line in lines
                    },
                }
                for row, lines in self.members
            ],
            "currencies": {
                code: {"exposure": plain(exposure, code), "overdue": plain(overdue, code)}
                for code, (exposure, overdue) in self.sums().items()
            },
            "credit_limit": None if limit is None else plain(limit, EURO),
        }

    def as_sheet(self) -> Sheet:
        """One row a company and currency, then the sums."""
        columns = (
            Column("customer", _("Customer")),
            Column("exposure", _("Exposure"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
        )
        rows: list[tuple[Any, ...]] = []
        for row, lines in self.members:
            opens = ShowExposure(customer=row.number)
            told = [
                (row.name, Cell(Money(line.exposure, line.currency), opens), Money(line.overdue, line.currency))
                for line in lines
            ]
            rows += told or [(row.name, None, None)]
        rows += [
            (_("Together"), Money(exposure, code), Money(overdue, code))
            for code, (exposure, overdue) in self.sums().items()
        ]
        limit = self.limit
        notes = () if limit is None else (_("Limit of the group: {amount}.").format(amount=Money(limit)),)
        count = plural("{count} company", "{count} companies", len(self.members))
        return Sheet(f"{self.members[0][0].name} · {count}", columns, tuple(rows), notes=notes, as_of=self.as_of)


class ShowGroup(Action[Group]):
    """Show the companies of a customer's group, and what is outstanding at all of them together."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Any company of the group: name or number")

    def perform(self, context: Context) -> Group:
        """Read every company's exposure."""
        members = group_of(context.session, find_customer(context.session, self.customer))
        of = Whose(customer_ids=tuple(row.id for row in members))
        lines = exposure_lines(context.session, context.today, of)
        told = ((row, tuple(line for line in lines if line.customer == row.number)) for row in members)
        return Group(context.today, tuple(told))


ACTIONS = (ShowGroup,)
