"""MT940: the statement of SWIFT, as banks all over Europe write it.

Fields begin with a tag between colons: :25: the account, :60F: the opening balance, :61: a movement, :86: what is told of
it, :62F: the closing balance. F is a whole statement, M one page of it; each page must add up. What :86: tells is read in
`mt940_details`.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.problems import Unreadable, excerpt
from crm.receivables.statements.accounts import account_of, looks_like_iban
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.mt940_details import tell
from crm.receivables.statements.texts import appended, content_of, decoded, given, joined, lines_of, words
from crm.receivables.statements.values import cents_of, currency_of, day_of, short_day

KIND = "mt940"
_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):")
_BLOCK = re.compile(r"\{[0-9]:[^{}]*\}|\{4:")
_END = re.compile(r"-?\}.*|-X{0,3}\s*")
"""What ends a message: the end of a block of SWIFT, a dash, a dash and three X."""
_BALANCE = re.compile(r"([CD])([0-9]{2})([0-9]{2})([0-9]{2})([A-Z]{3})([0-9]+(?:,[0-9]*)?)")
_MOVEMENT = re.compile(
    r"(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:(?P<booked_month>[0-9]{2})(?P<booked_day>[0-9]{2}))?"
    r"(?P<mark>[RE]?[CD])(?P<funds>[A-Z])?(?P<amount>[0-9]+(?:,[0-9]*)?)"
    r"(?P<type>[NSF][A-Z0-9]{3})(?P<references>.*)"
)
_CHARGES = re.compile(r"/CHGS/([A-Z]{3})([0-9]+,[0-9]*)")
_HEAD = re.compile(rb"^:20:.{0,2000}?^:(?:21|25|28C?|60[FM]|NS):", re.DOTALL | re.MULTILINE)
_REFERENCE = 16
_ELSEWHERE = {"EREF", "MARF", "PREF", "KREF", "MREF"}
"""Where the reference should stand, some banks write that it stands in :86:."""


@dataclass(frozen=True, slots=True)
class _Field:
    tag: str
    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The first line."""
        return self.lines[0].rstrip()


def parse(stream: BinaryIO, name: str) -> Parsed:
    """Read the statements of a file; each must have both balances and add up.

    Raises:
        Unreadable: see `StatementFormat.parse`.
    """
    reader = _Reader()
    for field in _fields(decoded(content_of(stream))):
        reader.take(field)
    return reader.finish()


def _fields(text: str) -> Iterator[_Field]:
    """The fields with their continuation lines; what stands before the first or between messages is left out."""
    tag, began, held = "", 0, list[str]()
    for number, written in enumerate(lines_of(text.removeprefix("\ufeff")), start=1):
        line = _BLOCK.sub("", written) if "{" in written else written
        found = _TAG.match(line)
        if tag and (found or _END.fullmatch(line)):
            yield _Field(tag, began, tuple(held))
            tag = ""
        if found:
            tag, began, held = found[1], number, [line[found.end() :]]
        elif tag:
            held.append(line)
    if tag:
        yield _Field(tag, began, tuple(held))


class _Reader:
    def __init__(self) -> None:
        self._assembly = Assembly(KIND)
        self._open: _Statement | None = None

    def take(self, field: _Field) -> None:
        """The next field.

        Raises:
            Unreadable: it cannot be read, or stands where it cannot.
        """
        try:
            self._sort(field)
        except Unreadable:
            raise
        except Invalid as problem:
            raise Unreadable(problem.message, line=field.line) from None

    def _sort(self, field: _Field) -> None:
        if field.tag == "20":
            self._close()
            self._open = _Statement(field.line, self._assembly)
        elif self._open is None:
            raise Unreadable(_("this field stands outside of a statement."), line=field.line)
        else:
            self._open.take(field)

    def _close(self) -> None:
        if self._open is not None:
            self._assembly.add(self._open.draft())
            self._open = None

    def finish(self) -> Parsed:
        """The statements, once all fields are read.

        Raises:
            Unreadable: the last one is cut off, or there is none.
        """
        self._close()
        return self._assembly.finish()


class _Statement:
    """One statement while it is read."""

    def __init__(self, line: int, assembly: Assembly) -> None:
        self._assembly = assembly
        self._draft = Draft("", "", line)
        self._told: list[str] = []
        self._interim = False

    def take(self, field: _Field) -> None:
        """The next field.

        Raises:
            Invalid: it cannot be read.
        """
        draft = self._draft
        match field.tag:
            case "25" | "25P":
                draft.account = account_of(field.text)
            case "28" | "28C":
                draft.number, _slash, draft.page = words(field.text).partition("/")
            case "60F" | "60M":
                draft.currency, draft.opening = _balance(field)
            case "61":
                self._move(field)
            case "62F" | "62M":
                self._complete()
                draft.closing = self._closing(field)
            case "86" | "NS" if draft.closing is None and draft.movements:
                self._more(field)
            case "34F" | "13D" | "90D" | "90C":
                self._interim = True
            case _:
                pass

    def draft(self) -> Draft:
        """The whole of it.

        Raises:
            Unreadable: it has no opening or no closing balance.
        """
        self._complete()
        if self._draft.opening is None and self._interim:
            raise Unreadable(
                _("this is an intraday report (MT942): what it announces is not booked yet, and comes again."),
                line=self._draft.line,
                next_step=_("Import the daily statement (MT940)."),
            )
        if self._draft.opening is None or self._draft.closing is None:
            raise Unreadable(
                _("the statement that begins here lacks a balance: the file is cut off, or not whole."),
                line=self._draft.line,
                next_step=_("Fetch it again from the bank, and compare its size."),
            )
        return self._draft

    def _move(self, field: _Field) -> None:
        self._complete()
        if self._draft.opening is None and not self._interim:
            raise Unreadable(_("a movement stands before the opening balance."), line=field.line)
        if self._draft.closing is not None:
            raise Unreadable(_("a movement stands behind the closing balance."), line=field.line)
        found = _MOVEMENT.fullmatch(field.text)
        if found is None:
            raise Invalid(_("“{text}” is not a movement of MT940.").format(text=excerpt(field.text)))
        value = short_day(found["year"], found["month"], found["day"])
        cents = cents_of(found["amount"], self._draft.currency, ",")
        if found["mark"][0] == "E":
            told = _("A movement is expected, not booked; it comes again once it is.")
            self._assembly.ignore(field.line, told, kind="expected")
            return
        own, _slashes, bank = found["references"].partition("//")
        reference = _reference(own[:_REFERENCE])
        supplement = joined(*field.lines[1:])
        self._draft.movements.append(
            Movement(
                booked=_booked(value, found["booked_month"], found["booked_day"]),
                # A reversal of a credit is a debit, and the other way round.
                cents=cents if found["mark"] in {"C", "RD"} else -cents,
                currency=self._draft.currency,
                line=field.line,
                raw=_raw(field),
                label=joined(reference, own[_REFERENCE:], supplement),
                value_date=value,
                counterparty_iban=self._assembly.iban(supplement, field.line) if looks_like_iban(supplement) else "",
                bank_reference=given(bank) or reference,
                operation_code=found["type"],
                reversal=found["mark"][0] == "R",
                charges_cents=_charges(supplement, self._draft.currency),
            )
        )

    def _more(self, field: _Field) -> None:
        self._told.extend(field.lines)
        movement = self._draft.movements[-1]
        movement.raw = appended(movement.raw, _raw(field))

    def _complete(self) -> None:
        if self._told:
            tell(self._draft.movements[-1], self._told, self._assembly)
            self._told = []

    def _closing(self, field: _Field) -> Balance:
        currency, balance = _balance(field)
        if currency != self._draft.currency:
            raise Unreadable(
                _("the closing balance is in {currency}, the opening balance in {other}.").format(
                    currency=currency, other=self._draft.currency or "?"
                ),
                line=field.line,
            )
        return balance


def _balance(field: _Field) -> tuple[str, Balance]:
    found = _BALANCE.fullmatch(field.text)
    if found is None:
        raise Invalid(_("“{text}” is not a balance of MT940.").format(text=excerpt(field.text)))
    side, year, month, day, code, amount = found.groups()
    currency = currency_of(code)
    cents = cents_of(amount, currency, ",")
    return currency, Balance(short_day(year, month, day), cents if side == "C" else -cents)


def _booked(value: date, month: str | None, day: str | None) -> date:
    """The booking day, which names no year: the one nearest to the value date."""
    if not month or not day:
        return value
    written = f"{day}/{month}"
    near: list[date] = []
    for year in (value.year, value.year - 1, value.year + 1):
        with suppress(Invalid):
            near.append(day_of(str(year), month, day, written))
    if not near:
        raise Invalid(_("“{text}” is not a day of the calendar.").format(text=written))
    return min(near, key=lambda booked: abs(booked - value))


def _reference(text: str) -> str:
    """What the account's owner or the payer named the movement; a single letter names nothing."""
    bare = given(text)
    return "" if len(bare) < 2 or bare in _ELSEWHERE else bare


def _charges(text: str, currency: str) -> int:
    found = _CHARGES.search(text)
    return cents_of(found[2], currency, ",") if found and found[1] == currency else 0


def _raw(field: _Field) -> str:
    return f":{field.tag}:" + "\n".join(field.lines).rstrip()


def _recognise(head: bytes) -> bool:
    return _HEAD.search(head.replace(b"\r", b"\n")) is not None


MT940 = StatementFormat(KIND, _recognise, parse)
