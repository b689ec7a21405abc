"""What can be asked about a portfolio: its customers, and its key figures."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.card import CustomerCard, card_of
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import records_of
from crm.portfolio import (
    cadences,
    calendars,
    calling,
    digest,
    figures,
    groups,
    handover,
    history,
    news,
    objective_actions,
    search,
    tasks,
    trends,
)
from crm.portfolio.health import Fares, fares
from crm.portfolio.tasks import ListTasks as ListTasks
from crm.receivables.actions import AgedBalance, LimitationList, ListInvoices, ListLimitations, limitation_words
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.queries import Whose, aged_lines, whose


@dataclass(frozen=True, slots=True)
class CustomerList:
    """Customers, with what each owes on the day."""

    as_of: date
    rows: tuple[tuple[Customer, AgeingLine | None], ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "customers": [
                {
                    "customer": row.number,
                    "name": row.name,
                    "city": row.city,
                    "stage": row.stage,
                    "regime": row.regime,
                    "segment": row.segment,
                    "account_manager": row.account_manager,
                    "currency": line.currency if line else EURO,
                    "balance": plain(line.total, line.currency) if line else "0.00",
                    "overdue": plain(line.overdue, line.currency) if line else "0.00",
                }
                for row, line in self.rows
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a customer and currency."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("city", _("City")),
            Column("account_manager", _("Account manager")),
            Column("balance", _("Balance"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("days", _("Late"), Kind.DAYS),
        )
        rows = tuple(
            (
                row.number,
                row.name,
                row.city,
                row.account_manager,
                Cell(
                    Money(line.total if line else 0, line.currency if line else EURO),
                    AgedBalance(customer=row.number, as_of=self.as_of),
                ),
                Money(line.overdue if line else 0, line.currency if line else EURO),
                line.oldest_days if line else 0,
            )
            for row, line in self.rows
        )
        return Sheet(plural("{count} customer", "{count} customers", len(self.rows)), columns, rows, as_of=self.as_of)


class ListCustomers(Action[CustomerList]):
    """Customers, by name, with what each owes."""

    effect = Effect.READ

    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    query: str | None = Field(None, description="Words of the name, the number or the city")
    limit: int | None = Field(None, ge=1, description="How many at most")

    def perform(self, context: Context) -> CustomerList:
        """Read, filter, and set what they owe beside them."""
        statement = (
            select(Customer).where(col(Customer.root_id).is_(None)).order_by(col(Customer.name_key), col(Customer.id))
        )
        for column, value in ((Customer.segment, self.segment), (Customer.account_manager, self.assignee)):
            if value is not None:
                statement = statement.where(column == value)
        rows = list(context.session.exec(statement).all())
        if self.city is not None:
            rows = [row for row in rows if name_key(row.city) == name_key(self.city)]
        if self.query is not None:
            words = name_key(self.query).split()
            rows = [
                row
                for row in rows
                if all(word in f"{row.name_key} {name_key(row.number)} {name_key(row.city)}" for word in words)
            ]
        rows = rows[: self.limit]
        of = whose(rows[0]) if len(rows) == 1 else Whose(segment=self.segment, account_manager=self.assignee)
        owed: dict[str, list[AgeingLine]] = {}
        for line in aged_lines(context.session, context.today, of):
            owed.setdefault(line.customer, []).append(line)
        none: list[AgeingLine | None] = [None]
        pairs = [(row, line) for row in rows for line in (owed.get(row.number) or none)]
        return CustomerList(context.today, tuple(pairs))


@dataclass(frozen=True, slots=True)
class CustomerSheet:
    """A customer: who they are, what they owe, what comes next."""

    card: CustomerCard
    owed: tuple[AgeingLine, ...]
    as_of: date
    limitations: LimitationList
    """What nears its limitation, and what can no longer be claimed."""
    fares: Fares
    """How the addresses of its contacts fare, and what was said yes or no to."""
    records: tuple[str, ...] = ()
    """The numbers of the records that were merged into it."""

    def as_json(self) -> dict[str, Any]:
        """Identity, contacts, balance and overdue; amounts per currency when there are several."""
        sums = totals(self.owed)
        main = sums.get(EURO) or next(iter(sums.values()), AgeingLine("", "", "", EURO))
        return {
            **self.card.as_json(),
            "contacts": self.fares.contacts_json(self.card.contacts),
            "consents": self.fares.consents_json(),
            "records": list(self.records),
            "as_of": self.as_of.isoformat(),
            "currency": main.currency,
            "balance": plain(main.total, main.currency),
            "overdue": plain(main.overdue, main.currency),
            "currencies": {code: line.columns_json() for code, line in sums.items()},
            "limitations": self.limitations.as_json()["limitations"],
            "next_step": self._next_step(),
        }

    def as_sheet(self) -> Sheet:
        """One row a fact."""
        number = self.card.customer.number
        rows: list[tuple[Any, ...]] = []
        for line in self.owed:
            opens = AgedBalance(customer=number, as_of=self.as_of)
            rows.append((_("Balance"), Cell(Money(line.total, line.currency), opens)))
            late = ListInvoices(customer=number, status="overdue", as_of=self.as_of)
            rows.append((_("Overdue"), Cell(Money(line.overdue, line.currency), late)))
        if alarm := limitation_words(self.limitations.lines, self.as_of):
            rows.append((_("Limitation"), Cell(alarm, ListLimitations(customer=number, lapsed=True))))
        rows += self.card.rows()
        rows += [(_("Address"), f"{way} · {said}") for way, said in self.fares.told(self.card.contacts, self.as_of)]
        rows += [(_("Consent"), said) for said in self.fares.consent_words(self.as_of)]
        if self.records:
            rows.append((_("Also recorded as"), ", ".join(self.records)))
        rows.append((_("Next"), self._next_step()))
        return Sheet(self.card.customer.name, (Column("field", ""), Column("value", "")), tuple(rows), as_of=self.as_of)

    def _next_step(self) -> str:
        oldest = max((line.oldest_days for line in self.owed), default=0)
        if self.card.holds:
            return _("Held: {reason}").format(reason=self.card.holds[0].reason)
        if self.card.customer.regime == "to_qualify":
            return _("State the regime: business, consumer or public body")
        if oldest:
            return plural("Overdue for {count} day", "Overdue for {count} days", oldest)
        return _("Nothing is due") if not any(line.total for line in self.owed) else _("Wait for the due dates")


class ShowCustomer(Action[CustomerSheet]):
    """A customer: who they are, whom to reach, what they owe."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")

    def perform(self, context: Context) -> CustomerSheet:
        """Read the card, the addresses and the balance."""
        session = context.session
        row = find_customer(session, self.customer)
        card, ids = card_of(context, row), records_of(session, row.id)
        also = select(Customer.number).where(Customer.root_id == row.id).order_by(col(Customer.number))
        return CustomerSheet(
            card,
            aged_lines(session, context.today, whose(row)),
            context.today,
            ListLimitations(customer=row.number, lapsed=True).perform(context),
            fares(session, ids, card.contacts, context.settings.timezone),
            tuple(session.exec(also)),
        )


ACTIONS = (
    *figures.ACTIONS,
    ListCustomers,
    ShowCustomer,
    *groups.ACTIONS,
    *handover.ACTIONS,
    *tasks.ACTIONS,
    *cadences.ACTIONS,
    *calling.ACTIONS,
    *digest.ACTIONS,
    *news.ACTIONS,
    *objective_actions.ACTIONS,
    *search.ACTIONS,
    *trends.ACTIONS,
    *history.ACTIONS,
)
DATASETS = {"tasks": calendars.tasks_sheet, "objectives": objective_actions.objectives_sheet}
WRITERS = {("tasks", "ics"): calendars.tasks_calendar}
