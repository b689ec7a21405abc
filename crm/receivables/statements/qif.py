"""QIF: the oldest download of online banking. One letter begins each line, `^` ends each movement.

It names no currency (euros are taken), often no account, and no balances. Order of dates and decimal sign are settled for
the whole file, as for tables.
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from crm.core.amount_cells import AmountReader, SignTally
from crm.core.date_cells import DateReader, DateTally
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.money import EURO, minor_digits
from crm.core.names import name_key
from crm.core.problems import Unreadable
from crm.receivables.statements.accounts import account_of
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.texts import content_of, decoded, joined, lines_of, words

KIND = "qif"
_BANK = {"bank", "ccard", "cash", "oth a", "oth l"}
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*!(?:Type:|Account|Option:|Clear:)", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{1,2})(['/.\-])(\d{2})", re.ASCII)
_LONG_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{1,2})['/.\-](\d{4})", re.ASCII)
_CENTURY_TURN = 70
_OPENINGS = {"opening balance", "solde initial", "solde d ouverture", "solde precedent"}


@dataclass(slots=True)
class _Entry:
    """One movement as written: the values by their letters."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def get(self, letter: str) -> str:
        """A value; empty where there is none."""
        return self.values.get(letter, "")


@dataclass(slots=True)
class _Account:
    line: int
    name: str
    entries: list[_Entry] = field(default_factory=list)


def parse(stream: BinaryIO, name: str) -> Parsed:
    """Read the movements of a file.

    Raises:
        Unreadable: see `StatementFormat.parse`; one unreadable movement is enough, as nothing shows what it was.
    """
    accounts = _Reader(decoded(content_of(stream))).read()
    assembly = Assembly(KIND, knows_balances=False)
    dates, amounts = DateTally(), SignTally()
    for account in accounts:
        for entry in account.entries:
            entry.values["D"] = _four_digit_year(entry.get("D"))
            dates.add([entry.get("D")])
            amounts.add([entry.get("T") or entry.get("U")])
    for message in (*dates.warnings(), *amounts.warnings()):
        assembly.warn(0, message)
    reading = _Reading(DateReader(dates.order), AmountReader(amounts.decimal))
    for account in accounts:
        assembly.add(reading.draft(account))
    return assembly.finish()


class _Reader:
    """Lines into entries, by account."""

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text.removeprefix("\ufeff").rstrip("\x1a\n\r "))
        self._accounts: list[_Account] = []
        self._section = ""
        self._named = ""
        self._entry: _Entry | None = None

    def read(self) -> list[_Account]:
        """The accounts of the file.

        Raises:
            Unreadable: cut off, or not QIF.
        """
        for number, line in enumerate(self._lines, start=1):
            if line.startswith("!"):
                self._refuse_open()
                self._begin(number, line[1:].strip())
            elif line.startswith("^"):
                self._end()
            elif line.strip():
                self._value(number, line)
        self._refuse_open()
        return self._accounts

    def _begin(self, number: int, title: str) -> None:
        kind, _colon, what = title.partition(":")
        self._section = ""
        if kind.strip().lower() == "account":
            self._section = "account"
        elif kind.strip().lower() == "type":
            if what.strip().lower() == "invst":
                raise Unreadable(
                    _("this is the statement of an investment account, not of a bank account."), line=number
                )
            if what.strip().lower() in _BANK:
                self._section = "bank"
                self._accounts.append(_Account(number, self._named))

    def _value(self, number: int, line: str) -> None:
        if not self._section and not self._accounts and number == 1:
            raise Unreadable(_("The file is no QIF."))
        if self._entry is None:
            self._entry = _Entry(number)
        # Splits (S, E, $) repeat letters; the movement itself is told first.
        self._entry.values.setdefault(line[0].upper(), line[1:].strip())
        self._entry.lines.append(line)

    def _end(self) -> None:
        entry, self._entry = self._entry, None
        if entry is None:
            return
        if self._section == "account":
            self._named = entry.get("N")
        elif self._section == "bank":
            self._accounts[-1].entries.append(entry)

    def _refuse_open(self) -> None:
        if self._entry is not None and self._section:
            raise Unreadable(
                _("the movement that begins here has no end (^): the file is cut off."), line=self._entry.line
            )
        self._entry = None


@dataclass(frozen=True, slots=True)
class _Reading:
    dates: DateReader
    amounts: AmountReader

    def draft(self, account: _Account) -> Draft:
        """The statement of one account.

        Raises:
            Unreadable: one of its movements cannot be read.
        """
        draft = Draft(account_of(account.name), EURO, account.line)
        for place, entry in enumerate(account.entries):
            try:
                movement = self._movement(entry)
            except Invalid as problem:
                raise Unreadable(problem.message, line=entry.line) from None
            if place == 0 and name_key(entry.get("P")) in _OPENINGS:
                draft.opening = Balance(movement.booked, movement.cents)
            else:
                draft.movements.append(movement)
        return draft

    def _movement(self, entry: _Entry) -> Movement:
        if not entry.get("D"):
            raise Invalid(_("The date is missing ({field}).").format(field="D"))
        written = entry.get("T") or entry.get("U")
        if not written:
            raise Invalid(_("The amount is missing."))
        return Movement(
            booked=self.dates.read(entry.get("D")),
            cents=self.amounts.cents(written, minor_digits(EURO)),
            currency=EURO,
            line=entry.line,
            raw="\n".join([*entry.lines, "^"]),
            label=joined(entry.get("P"), entry.get("M")),
            number=words(entry.get("N")) if any(char.isdigit() for char in entry.get("N")) else "",
            operation_code=words(entry.get("N")) if not any(char.isdigit() for char in entry.get("N")) else "",
        )


def _four_digit_year(text: str) -> str:
    """`31/12/26`, `12/31'26` and `1/ 2'2026` with a year of four digits and slashes."""
    bare = text.replace(" ", "")
    if found := _LONG_YEAR.fullmatch(bare):
        return "/".join(found.groups())
    if found := _SHORT_YEAR.fullmatch(bare):
        first, second, mark, year = found.groups()
        century = "20" if mark == "'" or int(year) < _CENTURY_TURN else "19"
        return f"{first}/{second}/{century}{year}"
    return text


def _recognise(head: bytes) -> bool:
    return _HEAD.match(head.replace(b"\0", b"").removeprefix(b"\xff\xfe")) is not None


QIF = StatementFormat(KIND, _recognise, parse)
