"""What the accounting files say beside receivables: whether both agree, advances, and what we owe suppliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.errors import CrmError, NotFound
from crm.core.exchange import Wanted
from crm.core.i18n import _, mark
from crm.core.money import EURO, Money, plain
from crm.core.names import bare_name, name_key
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.receivables.fec.queries import (
    Advance,
    Beside,
    BookLine,
    Supplier,
    advances,
    beside_books,
    book_lines,
    suppliers,
    years,
)
from crm.receivables.queries import Whose, aged_lines


@dataclass(frozen=True, slots=True)
class YearChecked:
    """A year of the books beside the aged balance of its last entry. Cents."""

    starts: date
    last_entry: date
    file: str
    books: int
    """411 + 413 + 416."""
    aged: int
    advances: int
    """419, shown beside and in neither figure; negative: we owe it."""

    @property
    def difference(self) -> int:
        """What the aged balance has more than the books."""
        return self.aged - self.books


@dataclass(frozen=True, slots=True)
class BooksChecked:
    """Do the books and the aged balance agree, and what they differ by."""

    checked: tuple[YearChecked, ...]
    beside: tuple[Beside, ...]
    advances: tuple[Advance, ...]

    def as_json(self) -> dict[str, Any]:
        """Each year, the documents the books do not have, advances by customer."""
        return {
            "years": [
                {
                    "starts": year.starts.isoformat(),
                    "last_entry": year.last_entry.isoformat(),
                    "file": year.file,
                    "books": plain(year.books, EURO),
                    "aged_balance": plain(year.aged, EURO),
                    "difference": plain(year.difference, EURO),
                    "advances": plain(year.advances, EURO),
                }
                for year in self.checked
            ],
            "not_in_books": [
                {
                    "document": one.document,
                    "kind": one.kind,
                    "customer": one.customer,
                    "date": one.dated.isoformat(),
                    "amount": plain(one.cents, EURO),
                }
                for one in self.beside
            ],
            "advances": [
                {"customer": one.customer, "name": one.name, "amount": plain(one.cents, EURO)} for one in self.advances
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a year."""
        columns = (
            Column("starts", _("Year from"), Kind.DATE),
            Column("last_entry", _("Last entry"), Kind.DATE),
            Column("books", "411 + 413 + 416", Kind.MONEY),
            Column("aged_balance", _("Aged balance"), Kind.MONEY),
            Column("difference", _("Difference"), Kind.MONEY),
            Column("advances", "419", Kind.MONEY),
        )
        rows = tuple(
            (
                year.starts,
                year.last_entry,
                Money(year.books),
                Money(year.aged),
                Money(year.difference),
                Money(year.advances),
            )
            for year in self.checked
        )
        notes = tuple(
            _("{name} has advances or a credit balance of {amount} on 419.").format(
                name=one.name, amount=plain(-one.cents, EURO)
            )
            for one in self.advances
        ) + tuple(
            _("{document} of {day} ({name}) is not in the books: {amount}.").format(
                document=one.document, day=one.dated.isoformat(), name=one.name, amount=plain(one.cents, EURO)
            )
            for one in self.beside
        )
        formula = _("Balance of 411, 413 and 416 at the last entry, beside the aged balance of that day; 419 apart.")
        return Sheet(_("The books and the aged balance"), columns, rows, formula=formula, notes=notes)


class CheckAccounting(Action[BooksChecked]):
    """Whether the aged balance is that of the accounting files read, with advances (419) beside it."""

    effect = Effect.READ

    def perform(self, context: Context) -> BooksChecked:
        """Compare year by year; what the books do not have makes the difference."""
        session = context.session
        checked: list[YearChecked] = []
        books = taken = 0
        for year in years(session):
            books = year.receivable_cents + (0 if year.opened else books)
            taken = year.advance_cents + (0 if year.opened else taken)
            aged = sum(line.total for line in aged_lines(session, year.last_entry, Whose()) if line.currency == EURO)
            checked.append(YearChecked(year.starts, year.last_entry, year.file, books, aged, taken))
        last = checked[-1].last_entry if checked else context.today
        return BooksChecked(tuple(checked), beside_books(session, last) if checked else (), advances(session))


@dataclass(frozen=True, slots=True)
class PayableList:
    """What we owe suppliers, as the last accounting file says. Cents, positive: we owe it."""

    lines: tuple[Supplier, ...]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(line.balance for line in self.lines)

    @property
    def as_of(self) -> date | None:
        """The last entry of the file; None when it holds no supplier."""
        return max((line.as_of for line in self.lines), default=None)

    def as_json(self) -> dict[str, Any]:
        """One object a supplier."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "suppliers": [
                {
                    "supplier": line.code,
                    "name": line.name,
                    "account": line.account,
                    "balance": plain(line.balance, EURO),
                    "open": plain(line.open, EURO),
                    "open_count": line.open_count,
                    "oldest": line.oldest.isoformat() if line.oldest else None,
                    "unbalanced_codes": list(line.unbalanced_codes),
                }
                for line in self.lines
            ],
            "total": plain(self.total, EURO),
        }

    def as_sheet(self) -> Sheet:
        """One row a supplier."""
        columns = (
            Column("supplier", _("Account")),
            Column("name", _("Supplier")),
            Column("balance", _("We owe"), Kind.MONEY),
            Column("open_count", _("Open lines"), Kind.COUNT),
            Column("oldest", _("Oldest"), Kind.DATE),
            Column("unbalanced", _("Codes that do not balance")),
        )
        rows = tuple(
            (line.code, line.name, Money(line.balance), line.open_count, line.oldest, ", ".join(line.unbalanced_codes))
            for line in self.lines
        )
        return Sheet(
            _("What we owe suppliers"),
            columns,
            rows,
            totals=(("", _("Total"), Money(self.total), None, None, ""),),
            formula=_("Balance of the suppliers' accounts (401, 403, 404) in the last accounting file."),
            as_of=self.as_of,
        )


class ListPayables(Action[PayableList]):
    """What we owe suppliers by the last accounting file, or what we owe a customer who is one."""

    effect = Effect.READ
    aliases = {"customer": "supplier"}  # noqa: RUF012  a constant table, never altered

    supplier: str | None = Field(
        None, min_length=1, max_length=200, description="A supplier or customer: name or account"
    )

    def perform(self, context: Context) -> PayableList:
        """Look balances up.

        Raises:
            NotFound: the books know no such supplier.
        """
        every = suppliers(context.session)
        if self.supplier is None:
            return PayableList(tuple(line for line in every if line.balance or line.open))
        wanted = {bare_name(self.supplier)}
        try:
            customer = find_customer(context.session, self.supplier)
        except CrmError:
            customer = None
        if customer is not None:
            wanted.add(bare_name(customer.name))
        found = _named(every, self.supplier, wanted)
        if not found:
            if customer is not None:
                return PayableList(())
            raise NotFound(_("The accounting files know no supplier “{name}”.").format(name=self.supplier))
        return PayableList(found)


def _named(every: Sequence[Supplier], text: str, wanted: set[str]) -> tuple[Supplier, ...]:
    exact = tuple(line for line in every if line.code == text or bare_name(line.name) in wanted)
    words = set(name_key(text).split())
    return exact or tuple(line for line in every if words and words <= set(line.name_key.split()))


ROLES = {
    "invoice": mark("invoice"),
    "credit_note": mark("credit note"),
    "payment": mark("payment"),
    "opening": mark("opening balance"),
    "returned": mark("money that came back"),
    "discount": mark("discount"),
    "loss": mark("loss or difference"),
    "transfer": mark("moved to another account"),
    "offset": mark("offset with a supplier"),
    "advance_used": mark("advance used"),
    "advance_made": mark("moved to 419"),
    "difference": mark("difference of an opening"),
    "other": mark("other entry"),
}
"""Role of a line → how it is said."""


@dataclass(frozen=True, slots=True)
class BookLines:
    """The lines of the books on a customer's account, and what each was taken for."""

    name: str
    lines: tuple[BookLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a line."""
        return {
            "lines": [
                {
                    "date": line.dated.isoformat(),
                    "journal": line.journal,
                    "entry": line.number,
                    "account": line.account,
                    "piece": line.piece,
                    "label": line.label,
                    "amount": plain(line.cents, EURO),
                    "code": line.code,
                    "role": line.role,
                    "rule": line.rule,
                    "document": line.document,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a line."""
        columns = (
            Column("date", _("Date"), Kind.DATE),
            Column("journal", _("Journal")),
            Column("account", _("Account")),
            Column("piece", _("Document")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("code", _("Code")),
            Column("role", _("Taken for")),
            Column("rule", _("Rule")),
        )
        rows = tuple(
            (
                line.dated,
                line.journal,
                line.account,
                line.document or line.piece,
                Money(line.cents),
                line.code,
                _(ROLES[line.role]),
                line.rule,
            )
            for line in self.lines
        )
        formula = _("Rule: the side (D, C) and the account on the other side of the entry, then the journal.")
        return Sheet(self.name, columns, rows, formula=formula)


class ListAccountingLines(Action[BookLines]):
    """The lines of the accounting files on a customer's account, and what each was taken for and why."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")

    def perform(self, context: Context) -> BookLines:
        """List them in the order of the books."""
        row = find_customer(context.session, self.customer)
        merged = select(Customer.id).where(Customer.root_id == row.id).order_by(col(Customer.id))
        ids = [row.id, *context.session.exec(merged)]
        return BookLines(row.name, book_lines(context.session, ids))


def _payables(context: Context, wanted: Wanted) -> Sheet:
    return ListPayables(supplier=wanted.customer).perform(context).as_sheet()


ACTIONS = (CheckAccounting, ListAccountingLines, ListPayables)
DATASETS = {"payables": _payables}
