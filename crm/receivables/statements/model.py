"""What a bank statement says, whatever the format it came in, and what a format is.

Amounts are cents with their sign: money in is positive. A statement that adds up is one whose opening balance and
movements give its closing balance; one that does not is never handed out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, NamedTuple

from crm.core.i18n import _
from crm.core.money import shown
from crm.core.problems import Problem, Unreadable


class Balance(NamedTuple):
    """What stood on an account at the end of a day."""

    day: date
    cents: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of an account. Texts are empty where the bank does not say."""

    account: str
    """Its IBAN where it can be told, else bank, branch and account as the bank writes them; empty: not named."""
    booked: date
    cents: int
    currency: str
    label: str
    """All that is written about it, in the order of the file."""
    line: int
    """Where it stands: the physical line, in a workbook the row."""
    raw: str
    """As it is written in the file; of a table its cells."""
    fingerprint: str
    """Known again when the same file, or another of its kind, comes in once more; `sameness` looks further."""
    value_date: date | None = None
    counterparty_name: str = ""
    """Who paid, or was paid; in a return, whoever the payment was with."""
    ultimate_name: str = ""
    """For whom the counterparty paid, or was paid."""
    counterparty_iban: str = ""
    """Only ever one whose check digits are right."""
    counterparty_bic: str = ""
    end_to_end_id: str = ""
    """What the payer's order was named, from end to end."""
    structured_references: tuple[str, ...] = ()
    """Creditor references (ISO 11649 and national ones) that the payer gives."""
    documents: tuple[str, ...] = ()
    """Numbers of the documents that the payer says are paid."""
    mandate_id: str = ""
    bank_reference: str = ""
    """What the bank names the movement."""
    number: str = ""
    """Of the cheque, or of the entry."""
    operation_code: str = ""
    """The bank's own: ISO domain/family/sub-family, the CFONB interbank code, the type of MT940 or OFX."""
    purpose: str = ""
    return_reason: str = ""
    """Why the payment came back: an ISO code such as AC04, or the CFONB one."""
    reversal: bool = False
    """It takes back an earlier movement."""
    charges_cents: int = 0
    """What the bank kept of it, or took beside it."""
    batch_id: str = ""
    """Common to movements that the bank booked as one, and to that booking."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What became of one account between two balances, or the movements alone where the format knows no balances."""

    account: str
    currency: str
    lines: tuple[StatementLine, ...]
    line: int
    """Where it begins in the file."""
    number: str = ""
    page: str = ""
    opening: Balance | None = None
    closing: Balance | None = None

    @property
    def movements(self) -> int:
        """The sum of its lines."""
        return sum(line.cents for line in self.lines)

    @property
    def difference(self) -> int | None:
        """How far opening and movements miss the closing balance; None where one of the balances is not told."""
        if self.opening is None or self.closing is None:
            return None
        return self.closing.cents - self.opening.cents - self.movements

    def check(self) -> None:
        """Refuse what does not add up.

        Raises:
            Unreadable: opening and movements do not give the closing balance.
        """
        if self.difference and self.opening and self.closing:
            raise Unreadable(
                _(
                    "the statement does not add up: {opening} at the opening and {movements} of movements do not give"
                    " {closing} at the closing. The difference is {difference}."
                ).format(
                    opening=shown(self.opening.cents, self.currency),
                    movements=shown(self.movements, self.currency),
                    closing=shown(self.closing.cents, self.currency),
                    difference=shown(abs(self.difference), self.currency),
                ),
                line=self.line,
                next_step=_("Fetch the statement again from the bank; nothing of this file was kept."),
            )

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day it speaks of; None when it names none."""
        told = [line.booked for line in self.lines]
        told += [balance.day for balance in (self.opening, self.closing) if balance]
        return (min(told), max(told)) if told else None

    @property
    def signature(self) -> tuple[object, ...] | None:
        """The same for the same statement in another format; None where balances are missing."""
        if self.opening is None or self.closing is None:
            return None
        moved = tuple(sorted((line.booked, line.cents) for line in self.lines))
        return (self.account, self.currency, self.opening.cents, self.closing.cents, moved)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was read of a file."""

    kind: str
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()
    """What the reader should know; an error is a line that is not among the statements' lines."""
    ignored: int = 0
    """Entries left out because they are no movements: pending, refused, repeated."""

    @property
    def lines(self) -> tuple[StatementLine, ...]:
        """The lines of all statements."""
        return tuple(line for statement in self.statements for line in statement.lines)


@dataclass(frozen=True, slots=True)
class StatementFormat:
    """A format of bank statements: how it is recognised and read. A new one is one of these in a module of its own."""

    kind: str
    """Its name in the contract."""
    recognise: Callable[[bytes], bool]
    """Whether a file that begins so is of this format."""
    parse: Callable[[BinaryIO, str], Parsed]
    """The statements of a file. The stream is seekable and stays the caller's.

    Raises `Unreadable` for what cannot be trusted as a whole.
    """
