"""Before the first run: whom a reminder cannot reach, and what is assumed about what they owe."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Literal

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound
from crm.core.exchange import Wanted
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain, shown
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer, Hold
from crm.customers.queries import default_terms, find_customer
from crm.followup.queries import addressees, offset_sentence
from crm.law.terms import PaymentTerms, due_date
from crm.receivables.actions.words import meant
from crm.receivables.fec.models import AccountingItem
from crm.receivables.fec.queries import OpenItem, open_assumptions, owed_to
from crm.receivables.models import Instalment, Invoice
from crm.receivables.queries import aged_lines

_AT_ONCE = 500
KINDS = {
    "due_dates": mark("Due dates from terms"),
    "settled_outside": mark("Lettered, payment outside this file"),
    "opening_balances": mark("Opening balances without detail"),
    "unallocated": mark("Received, used for nothing yet"),
    "also_supplier": mark("Customer and supplier"),
}
"""Kind of assumption → how it is said."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A customer who owes something and whom no e-mail reaches. Cents."""

    customer: str
    name: str
    city: str
    siren: str
    currency: str
    overdue: int
    total: int
    why: str


@dataclass(frozen=True, slots=True)
class UnreachableList:
    """Debtors without a usable e-mail address, the largest amount first."""

    as_of: date
    lines: tuple[Unreachable, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a customer and currency."""
        return {
            "as_of": self.as_of.isoformat(),
            "customers": [
                {
                    "customer": line.customer,
                    "name": line.name,
                    "city": line.city,
                    "siren": line.siren,
                    "currency": line.currency,
                    "overdue": plain(line.overdue, line.currency),
                    "total": plain(line.total, line.currency),
                    "reason": line.why,
                }
                for line in self.lines
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer and currency."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("city", _("City")),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("total", _("Total"), Kind.MONEY),
            Column("reason", _("Why")),
        )
        rows = tuple(
            (
                line.customer,
                line.name,
                line.city,
                Money(line.overdue, line.currency),
                Money(line.total, line.currency),
                line.why,
            )
            for line in self.lines
        )
        return Sheet(
            _("Debtors without an e-mail address"),
            columns,
            rows,
            formula=_("Customers who owe something and have no e-mail address that works."),
            as_of=self.as_of,
        )


class ListDebtorsWithoutAddress(Action[UnreachableList]):
    """Who owes us something and has no e-mail address that a reminder could go to."""

    effect = Effect.READ

    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> UnreachableList:
        """Look for an address of each debtor."""
        lines = [
            line
            for line in aged_lines(context.session, context.today, meant(context.session, None, assignee=self.assignee))
            if line.customer and sum(line.ages) > 0
        ]
        people = _people(context, {line.customer for line in lines})
        found = [
            Unreachable(
                line.customer,
                line.name,
                line.city,
                people[line.customer].siren,
                line.currency,
                line.overdue,
                line.total,
                people[line.customer].fault,
            )
            for line in lines
            if people[line.customer].contact is None
        ]
        found.sort(key=lambda one: (one.currency, -one.total, one.name, one.customer))
        return UnreachableList(context.today, tuple(found))


def _people(context: Context, numbers: set[str]) -> dict[str, Any]:
    found = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        ids = context.session.exec(select(Customer.id).where(col(Customer.number).in_(part))).all()
        found.update({who.number: who for who in addressees(context.session, ids).values()})
    return found


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that is taken for true about a customer, and what hangs on it. Cents."""

    kind: str
    customer: str
    name: str
    currency: str
    cents: int
    sentence: str
    invoices: tuple[str, ...]
    terms: str = ""
    """The terms that due dates were counted by."""


@dataclass(frozen=True, slots=True)
class AssumptionList:
    """What is assumed, to be looked at before anything leaves."""

    as_of: date
    lines: tuple[Assumption, ...]

    def as_json(self) -> dict[str, Any]:
        """Each assumption, and how many there are of each kind."""
        return {
            "as_of": self.as_of.isoformat(),
            "assumptions": [
                {
                    "kind": line.kind,
                    "customer": line.customer,
                    "name": line.name,
                    "currency": line.currency,
                    "amount": plain(line.cents, line.currency),
                    "count": len(line.invoices),
                    "invoices": list(line.invoices),
                    "terms": line.terms,
                    "sentence": line.sentence,
                }
                for line in self.lines
            ],
            "counts": {kind: sum(line.kind == kind for line in self.lines) for kind in KINDS},
        }

    def as_sheet(self) -> Sheet:
        """One row an assumption."""
        columns = (
            Column("customer", _("Customer")),
            Column("kind", _("Assumed")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("sentence", _("In words")),
        )
        rows = tuple(
            (line.name or line.customer, _(KINDS[line.kind]), Money(line.cents, line.currency), line.sentence)
            for line in self.lines
        )
        return Sheet(
            _("What is assumed"),
            columns,
            rows,
            formula=_("confirm_assumptions settles them: by customer, by invoice or all of a kind."),
            as_of=self.as_of,
        )


class ReviewAssumptions(Action[AssumptionList]):
    """What is assumed about open items: due dates, payments outside the books, lump opening balances."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    kind: Literal["due_dates", "settled_outside", "opening_balances", "unallocated", "also_supplier"] | None = Field(
        None, description="Only this kind of assumption"
    )

    def perform(self, context: Context) -> AssumptionList:
        """Gather them, kind by kind, the largest amount first."""
        session, day = context.session, context.today
        of = meant(session, self.customer)
        items = open_assumptions(session, day, of)
        aged = [line for line in aged_lines(session, day, of) if line.customer]
        usual = default_terms(session)
        found = [
            *_gathered("due_dates", [item for item in items if item.assumed], usual),
            *_gathered("settled_outside", [item for item in items if item.outside], usual),
            *_gathered("opening_balances", [item for item in items if item.opening], usual),
        ]
        for line in aged:
            if line.unallocated < 0 and sum(line.ages) > 0:
                text = _("{amount} came in or were credited, and are set against nothing.").format(
                    amount=shown(-line.unallocated, line.currency)
                )
                found.append(
                    Assumption("unallocated", line.customer, line.name, line.currency, -line.unallocated, text, ())
                )
        found += _offsets(context, [(line.customer, sum(line.ages)) for line in aged if line.currency == "EUR"])
        order = list(KINDS)
        found.sort(key=lambda one: (order.index(one.kind), one.currency, -one.cents, one.name, one.customer))
        return AssumptionList(day, tuple(one for one in found if self.kind in (None, one.kind)))


def _gathered(kind: str, items: Iterable[OpenItem], usual: str) -> list[Assumption]:
    found = []
    for (customer, currency), group in groupby(items, lambda item: (item.customer, item.currency)):
        own = list(group)
        terms = own[0].terms or usual
        found.append(
            Assumption(
                kind,
                customer,
                own[0].name,
                currency,
                sum(item.open for item in own),
                _sentence(kind, own, terms),
                tuple(item.number for item in own),
                terms if kind == "due_dates" else "",
            )
        )
    return found


def _sentence(kind: str, items: Sequence[OpenItem], terms: str) -> str:
    count = len(items)
    if kind == "due_dates":
        told = plural("{count} due date counted by the terms", "{count} due dates counted by the terms", count)
        return _("{told} “{terms}”: the file gives none.").format(told=told, terms=terms)
    if kind == "settled_outside":
        return plural(
            "{count} item is lettered in the books, and its payment is in no file read: is it paid?",
            "{count} items are lettered in the books, and their payment is in no file read: are they paid?",
            count,
        )
    return _("An opening balance: the file does not say which invoices it is made of.")


def _offsets(context: Context, owing: Sequence[tuple[str, int]]) -> list[Assumption]:
    """Customers who owe us and whom we owe."""
    session = context.session
    numbers = [number for number, cents in owing if cents > 0]
    rows: dict[int, Customer] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(Customer).where(col(Customer.number).in_(numbers[start : start + _AT_ONCE]))
        rows.update({row.id: row for row in session.exec(query)})
    owed = owed_to(session, {row.id: row.name for row in rows.values()})
    return [
        Assumption(
            "also_supplier",
            rows[key].number,
            rows[key].name,
            "EUR",
            sum(supplier.balance for supplier in found),
            offset_sentence(found),
            (),
        )
        for key, found in owed.items()
    ]


class ConfirmAssumptions(Action[AssumptionList]):
    """Settle what was assumed: due dates by terms, or whether lettered items are paid or still owed."""

    effect = Effect.WRITE

    kind: Literal["due_dates", "settled_outside"] = Field(description="due_dates or settled_outside")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number; everybody if left out")
    invoice: str | None = Field(None, description="Only this invoice")
    terms: str | None = Field(None, description="For due_dates: count them anew by these terms, kept for the customer")
    answer: Literal["paid", "owed"] | None = Field(
        None, description="For settled_outside: paid holds reminders about it, owed lets them go"
    )

    def perform(self, context: Context) -> AssumptionList:
        """Write the answer; what is still assumed of the kind comes back.

        Raises:
            Invalid: the answer is missing, or terms are given for everybody.
            NotFound: nothing of the kind is assumed there.
        """
        session = context.session
        items = [
            item
            for item in open_assumptions(session, context.today, meant(session, self.customer))
            if (item.assumed if self.kind == "due_dates" else item.outside) and self.invoice in (None, item.number)
        ]
        if not items:
            raise NotFound(_("Nothing of this kind is assumed there."))
        if self.kind == "due_dates":
            self._due_dates(context, items)
        else:
            self._outside(context, items)
        session.flush()
        return ReviewAssumptions(customer=self.customer, kind=self.kind).perform(context)

    def _due_dates(self, context: Context, items: Sequence[OpenItem]) -> None:
        session = context.session
        terms = PaymentTerms.parse(self.terms) if self.terms else None
        if terms is not None:
            if self.customer is None:
                raise Invalid(_("Name the customer whose terms these are."))
            if self.invoice is None:
                row = find_customer(session, self.customer)
                row.payment_terms = str(self.terms)
                session.add(row)
        rows = []
        for part in _parts([item.number for item in items]):
            query = select(Instalment, Invoice).join(Invoice).where(col(Invoice.number).in_(part), Instalment.assumed)
            rows += [
                (one.id, due_date(document.issue_date, terms) if terms else one.due_date, False)
                for one, document in session.exec(query.order_by(col(Instalment.id)))
            ]
        context.update_many(Instalment, ("due_date", "assumed"), rows)

    def _outside(self, context: Context, items: Sequence[OpenItem]) -> None:
        if self.answer is None:
            raise Invalid(_("Say whether it is paid or owed (answer)."))
        session = context.session
        if self.answer == "paid":
            for item in items:
                session.add(
                    Hold(
                        customer_id=item.customer_id,
                        invoice=item.number,
                        reason=_("Lettered in the books: paid outside the files read"),
                        owner=context.actor.name,
                        since=context.today,
                    )
                )
        rows: list[tuple[int, bool, bool]] = []
        for part in _parts([item.number for item in items]):
            query = (
                select(AccountingItem.id)
                .join(Instalment, col(Instalment.id) == AccountingItem.instalment_id)
                .join(Invoice)
                .where(col(Invoice.number).in_(part), AccountingItem.outside)
            )
            rows += [(key, False, True) for key in session.exec(query.order_by(col(AccountingItem.id)))]
        context.update_many(AccountingItem, ("outside", "cleared"), rows)


def _parts(numbers: Sequence[str]) -> Iterable[Sequence[str]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _unreachable(context: Context, wanted: Wanted) -> Sheet:
    """In the columns of `contacts-csv`, to be filled in and read back; the amounts stand beside."""
    keys = ("customer", "name", "email", "phone", "role", "company", "siren", "overdue", "total", "currency")
    kinds = {"overdue": Kind.MONEY, "total": Kind.MONEY}
    rows = tuple(
        (line.customer, "", "", "", "", line.name, line.siren, Money(line.overdue, line.currency), Money(line.total, line.currency), line.currency)
        for line in ListDebtorsWithoutAddress().perform(context).lines
        if wanted.customer in (None, line.customer)
    )  # fmt: skip  # read as a table: columns side by side
    title = _("Debtors without an e-mail address")
    return Sheet(title, tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in keys), rows, as_of=context.today)


ACTIONS = (ListDebtorsWithoutAddress, ReviewAssumptions, ConfirmAssumptions)
DATASETS = {"debtors_without_address": _unreachable}
