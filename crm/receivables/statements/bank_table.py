"""Tables that banks let people download (CSV, XLSX): recognised headings of French banks, or a mapping once said.

Where a balance is told (in each line, or above and below the table) it must agree with the movements. A line that cannot
be read is told with its number; the others go on, unless the balances show that something is missing.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import BinaryIO

from crm.core.amount_cells import AmountReader, SignTally
from crm.core.date_cells import DateReader, DateTally
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.money import EURO, minor_digits, shown
from crm.core.names import name_key
from crm.core.problems import ProblemList, Unreadable, excerpt
from crm.receivables.statements.accounts import account_of
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.bank_above import account_above, balances_around, bare_amount
from crm.receivables.statements.bank_headings import BankTable, open_bank_table, recognise
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.texts import given, joined, words
from crm.receivables.statements.values import currency_of

KIND = "bank-csv"
_SHORT_YEAR = re.compile(r"\s*(\d{1,2}[/.\-]\d{1,2}[/.\-])(\d{2})\s*", re.ASCII)
_EURO_SIGNS = {"": EURO, "€": EURO, "EURO": EURO, "EUROS": EURO}
_NOT_BOOKED = {
    *("pending", "en attente", "en cours", "a venir", "en cours de traitement", "prevu", "processing"),
    *("declined", "refuse", "refusee", "rejete", "annule", "annulee", "reverted", "failed", "cancelled", "canceled"),
}
_AMOUNT_CELLS = ("amount", "debit", "credit")


def parse(stream: BinaryIO, name: str, mapping: Mapping[str, str] | None = None, account: str = "") -> Parsed:
    """Read a bank's table. `mapping` says which column holds what (field → heading); `account` names the account where
    the table does not.

    Raises:
        Unreadable: see `StatementFormat.parse`; also balances that the movements do not give.
    """
    opened = open_bank_table(stream, name, mapping or {})
    return _Reader(opened, account).read()


@dataclass(slots=True)
class _Row:
    line: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(slots=True)
class _Told:
    """A movement and the balance behind it."""

    movement: Movement
    balance: int | None


@dataclass(slots=True)
class _Account:
    """The movements of one account, in the order of the file."""

    line: int
    told: list[_Told] = field(default_factory=list)


class _Reader:
    def __init__(self, opened: BankTable, account: str) -> None:
        self._opened = opened
        self._account = account_of(account) if account else account_above(opened.above)
        self._assembly = Assembly(KIND, knows_balances=False)
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._debits_negative = False
        self._balances = AmountReader(None)
        self._aside: list[list[str]] = [*opened.above]
        """Rows that tell of the account, above and below the movements."""

    def read(self) -> Parsed:
        """The statements of the table."""
        if unknown := self._opened.columns.unknown:
            self._assembly.warn(
                self._opened.offset + 1, _("Columns not used: {names}.").format(names=", ".join(unknown))
            )
        rows = self._rows()
        dates, amounts = self._reading(rows)
        before: _Told | None = None
        for row in rows:
            if before is not None and _goes_on(row):
                before.movement.label = joined(before.movement.label, row["label"], row["details"])
                continue
            try:
                before = self._take(row, dates, amounts) or before
            except Invalid as problem:
                self._assembly.error(row.line, problem.message)
        for (account, currency), found in self._accounts.items():
            self._assembly.add(self._draft(account, currency, found, amounts))
        if not self._accounts:
            self._add_empty()
        return self._assembly.finish()

    def _rows(self) -> list[_Row]:
        """The rows of movements; rows that begin with "Solde" tell of the account."""
        told = ProblemList()
        places = {name: place for name, place in self._opened.columns.positions.items() if place is not None}
        rows = []
        for line, cells in self._opened.table.rows(told):
            row = _Row(line + self._opened.offset, {name: cells[place].strip() for name, place in places.items()})
            if _tells_balance(cells, row["date"]):
                self._aside.append(cells)
                continue
            row.cells["raw"] = ";".join(cells)
            rows.append(row)
        for problem in told:
            self._assembly.error(problem.line + self._opened.offset, problem.message)
        return rows

    def _reading(self, rows: Sequence[_Row]) -> tuple[DateReader, AmountReader]:
        """How dates and amounts are written, settled for the whole table."""
        typed = self._opened.table.typed
        dates, signs, balances = DateTally(), SignTally(typed=typed), SignTally(typed=typed)
        debits: Counter[bool] = Counter()
        for row in rows:
            for name in ("date", "value_date"):
                if name in row.cells:
                    row.cells[name] = _long_year(row.cells[name])
            dates.add([row["date"], row["value_date"]])
            for name in (*_AMOUNT_CELLS, "balance"):
                if name in row.cells:
                    row.cells[name] = bare_amount(row.cells[name])
            signs.add([row[name] for name in _AMOUNT_CELLS])
            balances.add([row["balance"]])
            if row["debit"].strip("0,. "):
                debits[row["debit"][:1] in {"-", "\u2212"}] += 1
        for message in (*dates.warnings(), *signs.warnings()):
            self._assembly.warn(0, message)
        self._debits_negative = debits[True] > debits[False]
        # A bank may write the balance with another decimal sign than the amounts.
        self._balances = AmountReader(balances.decimal or signs.decimal, typed=typed)
        return DateReader(dates.order), AmountReader(signs.decimal, typed=typed)

    def _take(self, row: _Row, dates: DateReader, amounts: AmountReader) -> _Told | None:
        """One movement.

        Raises:
            Invalid: it cannot be read.
        """
        if name_key(row["status"]) in _NOT_BOOKED:
            told = _("A movement is not booked ({status}); it comes again once it is.")
            self._assembly.ignore(row.line, told.format(status=excerpt(row["status"])), kind="status")
            return None
        currency = _EURO_SIGNS.get(row["currency"].upper()) or currency_of(row["currency"].upper())
        digits = minor_digits(currency)
        if not row["date"]:
            raise Invalid(_("The date is missing ({field}).").format(field=_("date")))
        told_number = row["number"]
        movement = Movement(
            booked=dates.read(row["date"]),
            cents=self._cents(row, amounts, digits),
            currency=currency,
            line=row.line,
            raw=row["raw"],
            label=joined(row["label"], row["details"], row["more"], row["counterparty"], self._remitted(row)),
            value_date=dates.read(row["value_date"]) if row["value_date"] else None,
            counterparty_name=words(row["counterparty"]),
            counterparty_iban=self._assembly.iban(row["iban"], row.line),
            bank_reference=given(row["reference"]),
            number=words(told_number) if told_number.strip("0 ") else "",
            operation_code=words(row["operation"]),
        )
        balance = self._balances.cents(row["balance"], digits) if row["balance"] else None
        account = account_of(row["account"]) if row["account"] else self._account
        found = self._accounts.setdefault((account, currency), _Account(row.line))
        found.told.append(_Told(movement, balance))
        return found.told[-1]

    def _remitted(self, row: _Row) -> str:
        """Where a table has no other words, its reference is what the payer wrote."""
        return row["reference"] if self._opened.columns.positions["label"] is None else ""

    def _cents(self, row: _Row, amounts: AmountReader, digits: int) -> int:
        if row["amount"]:
            return amounts.cents(row["amount"], digits)
        debit = amounts.cents(row["debit"], digits) if row["debit"] else 0
        credit = amounts.cents(row["credit"], digits) if row["credit"] else 0
        if not row["debit"] and not row["credit"]:
            raise Invalid(_("The amount is missing."))
        if debit and credit:
            raise Invalid(_("The line has a debit and a credit."))
        return credit + (debit if self._debits_negative else -debit)

    def _draft(self, account: str, currency: str, found: _Account, amounts: AmountReader) -> Draft:
        draft = Draft(account, currency, found.line, movements=[told.movement for told in found.told])
        days = [told.movement.booked for told in found.told]
        # The balance before the first movement is that of the evening before.
        first, last = min(days) - timedelta(days=1), max(days)
        running = _running(found.told, currency)
        if running is not None:
            draft.opening, draft.closing = Balance(first, running[0]), Balance(last, running[1])
        elif len(self._accounts) == 1:
            opening, closing = balances_around(self._aside, amounts, minor_digits(currency))
            draft.opening = Balance(first, opening.cents) if opening else None
            draft.closing = Balance(max(closing.day or last, last), closing.cents) if closing else _repeated(found.told)
        return draft

    def _add_empty(self) -> None:
        """A table with a header and no movement is a statement all the same, unless all its lines are unreadable."""
        self._assembly.add(Draft(self._account, EURO, self._opened.offset + 1))


def _running(told: Sequence[_Told], currency: str) -> tuple[int, int] | None:
    """Opening and closing balance where each line tells the balance behind it, whichever way the lines are ordered.

    Raises:
        Unreadable: the balances and the movements disagree.
    """
    if not told or any(line.balance is None for line in told) or _repeated(told) is not None:
        return None
    forward = _broken(told)
    if forward is None:
        return _ends(told)
    backward = _broken(told[::-1])
    if backward is None:
        return _ends(told[::-1])
    line = max(forward, backward, key=lambda place: place[0])[1]
    raise Unreadable(
        _(
            "the balance {balance} is not the one before with the movement of {amount}: a line is missing or changed."
        ).format(balance=shown(line.balance or 0, currency), amount=shown(line.movement.cents, currency)),
        line=line.movement.line,
        next_step=_("Fetch the table again from the bank, with all its lines in their order."),
    )


def _broken(told: Sequence[_Told]) -> tuple[int, _Told] | None:
    """The first line whose balance does not follow from the one before, and how many do before it."""
    for place in range(1, len(told)):
        line, before = told[place], told[place - 1]
        if line.balance != (before.balance or 0) + line.movement.cents:
            return place, line
    return None


def _ends(told: Sequence[_Told]) -> tuple[int, int]:
    return (told[0].balance or 0) - told[0].movement.cents, told[-1].balance or 0


def _repeated(told: Sequence[_Told]) -> Balance | None:
    """Some banks repeat today's balance in every line."""
    balances = {line.balance for line in told}
    if len(told) < 2 or len(balances) != 1 or not any(line.movement.cents for line in told[1:]):
        return None
    cents = balances.pop()
    return None if cents is None else Balance(max(line.movement.booked for line in told), cents)


def _long_year(text: str) -> str:
    found = _SHORT_YEAR.fullmatch(text)
    return f"{found[1]}20{found[2]}" if found else text


def _tells_balance(cells: Sequence[str], day: str) -> bool:
    first = next((cell for cell in cells if cell.strip()), "")
    return name_key(first).startswith("solde") and (not day or day == first.strip())


def _goes_on(row: _Row) -> bool:
    """Whether a row only carries on the text of the one before."""
    written = any(row[name] for name in ("label", "details"))
    return written and not any(row[name] for name in ("date", "value_date", "balance", *_AMOUNT_CELLS))


BANK_TABLE = StatementFormat(KIND, recognise, parse)
