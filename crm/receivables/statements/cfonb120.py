"""CFONB 120: the daily statement of French banks, in records of 120 characters.

01 is the old balance, 04 a movement, 05 what more is told of it, 07 the new balance. The last character of an amount holds
its last digit and the sign. Everything stands at its place, so a record is read by places and never by guessing.
"""

import re
from datetime import date
from typing import BinaryIO

from crm.core.errors import Invalid
from crm.core.i18n import _, plural
from crm.core.money import minor_digits
from crm.core.problems import Unreadable, excerpt
from crm.receivables.statements.accounts import french_account, iban_of
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.texts import appended, content_of, decoded, given, joined, lines_of, words
from crm.receivables.statements.values import currency_of, scaled_cents, short_day

KIND = "cfonb120"
WIDTH = 120
_SHORTEST = {"01": 104, "04": 104, "05": 48, "07": 104}
"""Up to here a record says something; spaces behind may have been cut off."""
_OLD, _MOVEMENT, _MORE, _NEW = _SHORTEST
_LAST_DIGIT = {
    **{sign: (str(digit), False) for digit, sign in enumerate("{ABCDEFGHI")},
    **{sign: (str(digit), True) for digit, sign in enumerate("}JKLMNOPQR")},
    # The French national set of ISO 646 shows braces as accented letters, and unsigned digits are positive.
    "é": ("0", False),
    "è": ("0", True),
    **{str(digit): (str(digit), False) for digit in range(10)},
}
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*0[1457][0-9]{5}.{4}[0-9]{5}[A-Z]{3}[0-9 ]", re.DOTALL)
_HEAD_240 = re.compile(rb"(?:\xef\xbb\xbf)?\s*3[149][0-9]{6}[0-9]{6}[^\r\n]{180,}")


def parse(stream: BinaryIO, name: str) -> Parsed:
    """Read the statements of a file; each must be whole and add up.

    Raises:
        Unreadable: see `StatementFormat.parse`.
    """
    content = content_of(stream)
    if _HEAD_240.match(content):
        raise Unreadable(
            _("This is a CFONB 240 file: it lists transfers or rejections, it is no statement."),
            next_step=_("Ask the bank for the statement in CFONB 120 or camt.053."),
        )
    reader = _Reader()
    for line, record in _records(decoded(content)):
        reader.take(line, record)
    return reader.finish()


def _records(text: str) -> list[tuple[int, str]]:
    """The records with their lines. Some banks write them one behind the other, without line ends."""
    lines = lines_of(text.removeprefix("\ufeff").rstrip("\x1a"))
    if len(lines) == 1 and len(text) > WIDTH and len(text) % WIDTH == 0:
        lines = [text[place : place + WIDTH] for place in range(0, len(text), WIDTH)]
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


class _Reader:
    def __init__(self) -> None:
        self._assembly = Assembly(KIND)
        self._open: _Statement | None = None
        self._loose: list[int] = []

    def take(self, line: int, record: str) -> None:
        """The next record.

        Raises:
            Unreadable: it is none, or stands where it cannot.
        """
        code = record[:2]
        if code not in _SHORTEST:
            raise Unreadable(_("“{text}” is no record of CFONB 120.").format(text=excerpt(record)), line=line)
        if len(record.rstrip()) > WIDTH or len(record) < _SHORTEST[code]:
            told = _("the record has {count} characters, not {width}.")
            raise Unreadable(told.format(count=len(record), width=WIDTH), line=line)
        try:
            self._sort(code, line, record.ljust(WIDTH))
        except Unreadable:
            raise
        except Invalid as problem:
            raise Unreadable(problem.message, line=line) from None

    def _sort(self, code: str, line: int, record: str) -> None:
        if code == _OLD:
            if self._open is not None:
                raise Unreadable(_("a statement begins here, but the one before has no new balance."), line=line)
            self._open = _Statement(line, record, self._assembly, self._loose)
        elif self._open is None:
            raise Unreadable(_("this record stands outside of a statement."), line=line)
        elif code == _MOVEMENT:
            self._open.move(line, record)
        elif code == _MORE:
            self._open.more(line, record)
        else:
            self._assembly.add(self._open.close(line, record))
            self._open = None

    def finish(self) -> Parsed:
        """The statements, once all records are read.

        Raises:
            Unreadable: the last statement has no end.
        """
        if self._open is not None:
            raise Unreadable(
                _("the statement that begins here has no new balance: the file is cut off."),
                line=self._open.line,
                next_step=_("Fetch it again from the bank, and compare its size."),
            )
        if self._loose:
            told = plural(
                "{count} movement has no entry number where the norm has digits (82 to 88); its amount stands at its place.",
                "{count} movements have no entry number where the norm has digits (82 to 88); their amounts stand at"
                " their places.",
                len(self._loose),
            )
            self._assembly.warn(self._loose[0], told)
        return self._assembly.finish()


class _Statement:
    """One statement while it is read."""

    def __init__(self, line: int, record: str, assembly: Assembly, loose: list[int]) -> None:
        self.line = line
        self._assembly = assembly
        self._loose = loose
        """The lines whose entry number is not as the norm has it."""
        self._bank = record[2:7]
        self._place = record[11:19] + record[21:32]
        currency = currency_of(record[16:19])
        account = french_account(self._bank.strip(), record[11:16].strip(), record[21:32].strip())
        self._draft = Draft(account, currency, line, opening=Balance(_day(record), _amount(record, currency)))
        self._details: list[tuple[str, str]] = []

    def move(self, line: int, record: str) -> None:
        """A movement begins.

        Raises:
            Invalid: it cannot be read.
        """
        self._complete()
        self._check_account(line, record)
        currency = self._draft.currency
        if not record[81:88].isdigit():
            self._loose.append(line)
        reason = record[40:42].strip()
        value = record[42:48].strip("0 ")
        self._draft.movements.append(
            Movement(
                booked=_day(record),
                cents=_amount(record, currency),
                currency=currency,
                line=line,
                raw=record.rstrip(),
                label=words(record[48:79]),
                value_date=short_day(record[46:48], record[44:46], record[42:44]) if value else None,
                bank_reference=given(record[104:120].strip("0 ") and record[104:120]),
                number=record[81:88].strip("0 ") and record[81:88].strip(),
                operation_code=record[32:34].strip(),
                return_reason=reason,
                reversal=bool(reason),
            )
        )

    def more(self, line: int, record: str) -> None:
        """More of the movement before.

        Raises:
            Unreadable: there is none.
        """
        if not self._draft.movements:
            raise Unreadable(_("this record completes a movement, but none stands before it."), line=line)
        self._details.append((record[45:48], record[48:118].rstrip()))
        movement = self._draft.movements[-1]
        movement.raw = appended(movement.raw, record.rstrip())

    def close(self, line: int, record: str) -> Draft:
        """The statement, with its new balance.

        Raises:
            Invalid: the balance cannot be read, or is of another account.
        """
        self._complete()
        self._check_account(line, record)
        self._draft.closing = Balance(_day(record), _amount(record, self._draft.currency))
        return self._draft

    def _check_account(self, line: int, record: str) -> None:
        if record[11:19] + record[21:32] != self._place:
            raise Unreadable(_("this record is of another account than the statement it stands in."), line=line)
        if record[2:7] != self._bank:
            told = _("The record names bank {bank}, its statement bank {other}.")
            self._assembly.warn(line, told.format(bank=record[2:7], other=self._bank), kind="bank")

    def _complete(self) -> None:
        if self._details:
            _tell(self._draft.movements[-1], self._details, self._assembly)
            self._details = []


_LABELS = ("LIB", "LCC", "LC2", "LCS")
_PAYER, _PAID = ("NPY", "NPO", "CPY"), ("NBE", "NBU", "CBE")
_READ = {*_LABELS, *_PAYER, *_PAID, "RCN", "REF", "RUM", "RET", "FEE", "IPY", "IPO", "IBE", "IBU", "MMO"}
_REFERENCE = 35


def _tell(movement: Movement, details: list[tuple[str, str]], assembly: Assembly) -> None:
    """What the records 05 tell of a movement, by their qualifiers; what they do not name is kept as text.

    Raises:
        Invalid: an amount among them is none.
    """
    told: dict[str, str] = {}
    for qualifier, text in details:
        told[qualifier] = joined(told[qualifier], text) if qualifier in told else text
    more = [text for qualifier, text in details if qualifier in _LABELS or qualifier not in _READ]
    movement.label = joined(movement.label, *more, told.get("RCN", "")[_REFERENCE:], told.get("RET", ""))
    if "RET" in told:
        movement.return_reason = told["RET"][:4].strip() or movement.return_reason
        movement.reversal = True
    name, ultimate, account = _PAYER if (movement.cents >= 0) != movement.reversal else _PAID
    movement.counterparty_name = told.get(name, "") or told.get(ultimate, "")
    movement.ultimate_name = told.get(ultimate, "") if name in told else ""
    movement.counterparty_iban = iban_of(told.get(account, "")[:_REFERENCE].strip())
    movement.end_to_end_id = given(told.get("RCN", "")[:_REFERENCE])
    movement.mandate_id = given(told.get("RUM", "")[:_REFERENCE])
    movement.bank_reference = movement.bank_reference or given(told.get("REF", "")[:_REFERENCE])
    if "FEE" in told:
        movement.charges_cents = _charges(told["FEE"], movement, assembly)


def _charges(text: str, movement: Movement, assembly: Assembly) -> int:
    """Currency, decimals and amount of what the bank took."""
    decimals, digits = text[3:4], text[4:18].strip()
    if text[:3] != movement.currency or not decimals.isdigit() or digits[-1:] not in _LAST_DIGIT:
        told = _("The bank's charges cannot be read: {text}.")
        assembly.warn(movement.line, told.format(text=excerpt(text)), kind="charges")
        return 0
    last, _negative = _LAST_DIGIT[digits[-1]]
    return scaled_cents(digits[:-1] + last, int(decimals), movement.currency)


def _day(record: str) -> date:
    return short_day(record[38:40], record[36:38], record[34:36])


def _amount(record: str, currency: str) -> int:
    """The amount at 91 to 104; how many decimals it has stands at 20."""
    written, decimals = record[90:104], record[19]
    last, negative = _LAST_DIGIT.get(written[-1], ("", False))
    if not last or not (decimals.isdigit() or decimals == " "):
        raise Invalid(_("“{text}” is not an amount of CFONB.").format(text=excerpt(written)))
    digits = (written[:-1] + last).lstrip(" ") or "0"
    return scaled_cents(
        digits, minor_digits(currency) if decimals == " " else int(decimals), currency, negative=negative
    )


def _recognise(head: bytes) -> bool:
    return bool(_HEAD.match(head) or _HEAD_240.match(head))


CFONB120 = StatementFormat(KIND, _recognise, parse)
