"""OFX: the download of online banking, version 1 (SGML, tags left open) and version 2 (XML).

Banks mix the two, so both are read by one reader of tags: what has text behind it is a value, the rest are aggregates of
known names. OFX gives the balance at the end and none at the beginning; nothing can be added up.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.problems import Unreadable, excerpt
from crm.receivables.statements.accounts import account_of, bic_of, french_account, iban_of
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.texts import content_of, decoded, given, joined, words
from crm.receivables.statements.values import cents_of, currency_of, day_of

KIND = "ofx"
_TAG = re.compile(r"<(/?)([A-Za-z0-9._\-]{1,64})\s*(/?)>([^<]*)")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_MAX_DEPTH = 32
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{0,6}(?:[.:][0-9]+)?(?:\s*\[[^\]]{0,20}\])?)?")
_ENCODING = re.compile(r"ENCODING[:=]\s*\"?([\w\-]+)", re.IGNORECASE)
_CHARSET = re.compile(r"CHARSET:\s*([\w\-]+)", re.IGNORECASE)
_HEAD = re.compile(rb"OFXHEADER|<OFX>", re.IGNORECASE)
_STATEMENTS = {"STMTRS", "CCSTMTRS"}
_INVESTMENTS = "INVSTMTRS"
_AGGREGATES = {
    *("OFX", "SIGNONMSGSRSV1", "SONRS", "STATUS", "FI", "BANKMSGSRSV1", "CREDITCARDMSGSRSV1", "INVSTMTMSGSRSV1"),
    *("STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS", "STMTRS", "CCSTMTRS", "INVSTMTRS", "BANKACCTFROM", "CCACCTFROM"),
    *("INVACCTFROM", "BANKTRANLIST", "STMTTRN", "LEDGERBAL", "AVAILBAL", "BALLIST", "BAL", "PAYEE", "BANKACCTTO"),
    *("CCACCTTO", "CURRENCY", "ORIGCURRENCY", "INVTRANLIST", "INVBANKTRAN"),
}
_ENDS = {"STMTTRN", "BANKTRANLIST", "STMTRS", "CCSTMTRS", "OFX"}
"""What must be closed: where its end is missing, something may be missing with it."""


@dataclass(slots=True)
class _Aggregate:
    """A named group of values and further groups."""

    tag: str
    start: int
    values: dict[str, str] = field(default_factory=dict)
    groups: list["_Aggregate"] = field(default_factory=list)
    end: int = 0

    def get(self, tag: str) -> str:
        """A value; empty where there is none."""
        return self.values.get(tag, "")

    def group(self, tag: str) -> "_Aggregate | None":
        """The first group of a name."""
        return next((group for group in self.groups if group.tag == tag), None)

    def walk(self) -> Iterator["_Aggregate"]:
        """This group and all within."""
        yield self
        for group in self.groups:
            yield from group.walk()


def parse(stream: BinaryIO, name: str) -> Parsed:
    """Read the statements of a file.

    Raises:
        Unreadable: see `StatementFormat.parse`; one unreadable movement is enough, as nothing shows what it was.
    """
    content = content_of(stream)
    text = decoded(content, encoding=_encoding(content[:2_000].decode("ascii", "replace")))
    return _Reader(text).read()


def _encoding(head: str) -> str:
    """What the header says, as Python names it; version 1 says USASCII and a code page where it means Windows-1252."""
    named = _ENCODING.search(head)
    if named and named[1].upper() not in {"USASCII", "NONE"}:
        return named[1]
    return ""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._counted, self._line = 0, 1
        self._assembly = Assembly(KIND, knows_balances=False)

    def read(self) -> Parsed:
        begin = self._text.upper().find("<OFX>")
        if begin < 0:
            raise Unreadable(_("The file holds no OFX."))
        declared = self._text.upper().find("<!DOCTYPE", 0, begin)
        if declared >= 0:
            raise Unreadable(
                _("the file declares a document type, which no bank does. It was not read further."),
                line=self._line_of(declared),
            )
        root = self._tree(begin)
        self._check_answer(root)
        for group in root.walk():
            if group.tag == _INVESTMENTS:
                raise Unreadable(
                    _("this is the statement of an investment account, not of a bank account."),
                    line=self._line_of(group.start),
                )
            if group.tag in _STATEMENTS:
                self._assembly.add(self._statement(group))
        return self._assembly.finish()

    def _line_of(self, place: int) -> int:
        """The line of a place; places are asked for in their order."""
        if place < self._counted:
            self._counted, self._line = 0, 1
        self._line += self._text.count("\n", self._counted, place)
        self._counted = place
        return self._line

    def _tree(self, begin: int) -> _Aggregate:
        """The groups within `<OFX>`."""
        body = self._text = _without_cdata(self._text)
        root: _Aggregate | None = None
        open_groups: list[_Aggregate] = []
        for found in _TAG.finditer(body, begin):
            closes, tag, alone, value = found[1], found[2].upper(), found[3], found[4]
            if tag in _AGGREGATES and not alone:
                if closes:
                    self._close(tag, found, open_groups)
                    continue
                group = _Aggregate(tag, found.start())
                if open_groups:
                    open_groups[-1].groups.append(group)
                elif root is None:
                    root = group
                else:
                    raise Unreadable(
                        _("something stands behind the end of the file."), line=self._line_of(found.start())
                    )
                open_groups.append(group)
                if len(open_groups) > _MAX_DEPTH:
                    raise Unreadable(_("the elements are nested too deep."), line=self._line_of(found.start()))
            elif not closes and open_groups:
                open_groups[-1].values.setdefault(tag, html.unescape(value).strip())
        if open_groups or root is None:
            raise Unreadable(
                _("the file is cut off here."),
                line=self._line_of(len(body)),
                next_step=_("Fetch it again from the bank, and compare its size."),
            )
        return root

    def _close(self, tag: str, found: re.Match[str], open_groups: list[_Aggregate]) -> None:
        """End a group, and those within that SGML leaves open."""
        while open_groups:
            group = open_groups.pop()
            group.end = found.start() + len(tag) + 3
            if group.tag == tag:
                return
            if group.tag in _ENDS:
                told = _("<{tag}> is never closed.")
                raise Unreadable(told.format(tag=group.tag), line=self._line_of(group.start))
        raise Unreadable(_("</{tag}> closes nothing.").format(tag=tag), line=self._line_of(found.start()))

    def _check_answer(self, root: _Aggregate) -> None:
        """A file may hold nothing but the bank's refusal."""
        for group in root.walk():
            if group.tag == "STATUS" and group.get("SEVERITY").upper() == "ERROR":
                raise Unreadable(
                    _("the bank gave no statement: “{message}” (code {code}).").format(
                        message=excerpt(group.get("MESSAGE"), 80), code=excerpt(group.get("CODE"))
                    ),
                    line=self._line_of(group.start),
                    next_step=_("Fetch the statement again from the bank."),
                )

    def _statement(self, group: _Aggregate) -> Draft:
        line = self._line_of(group.start)
        listed = group.group("BANKTRANLIST")
        entries = [entry for entry in listed.groups if entry.tag == "STMTTRN"] if listed else []
        try:
            currency = self._currency(group, entries, line)
        except Invalid as problem:
            raise Unreadable(problem.message, line=line) from None
        draft = Draft(_account(group, currency), currency, line)
        for entry in entries:
            place = self._line_of(entry.start)
            try:
                draft.movements.append(self._movement(entry, currency, place))
            except Unreadable:
                raise
            except Invalid as problem:
                raise Unreadable(problem.message, line=place) from None
        draft.closing = self._balance(group, currency)
        return draft

    def _currency(self, group: _Aggregate, entries: list[_Aggregate], line: int) -> str:
        """That of the account; where the bank leaves it empty, the one that all movements name."""
        if group.get("CURDEF"):
            return currency_of(group.get("CURDEF").upper())
        named = {found.get("CURSYM").upper() for entry in entries if (found := entry.group("CURRENCY"))}
        if len(named) != 1:
            raise Invalid(_("The statement names no currency."))
        currency = currency_of(named.pop())
        told = _("The account names no currency; that of its movements, {currency}, stands for it.")
        self._assembly.warn(line, told.format(currency=currency))
        return currency

    def _movement(self, entry: _Aggregate, currency: str, line: int) -> Movement:
        other = entry.group("CURRENCY")
        if other is not None and other.get("CURSYM").upper() not in {"", currency}:
            raise Invalid(
                _("a movement in {currency} on an account in {other}: they cannot be added up.").format(
                    currency=excerpt(other.get("CURSYM")), other=currency
                )
            )
        name, memo = entry.get("NAME"), entry.get("MEMO")
        # Where the memo repeats the name at its full length, the name adds nothing.
        label = joined(memo) if words(memo).startswith(words(name)) else joined(name, memo)
        payee = entry.group("PAYEE")
        kind = entry.get("TRNTYPE").upper()
        return Movement(
            booked=_day(entry.get("DTPOSTED"), "DTPOSTED"),
            cents=_cents(entry.get("TRNAMT"), currency),
            currency=currency,
            line=line,
            raw=self._text[entry.start : entry.end],
            label=joined(label, entry.get("PAYEEID")),
            value_date=_day(entry.get("DTAVAIL"), "DTAVAIL") if entry.get("DTAVAIL") else None,
            counterparty_name=words(payee.get("NAME")) if payee else "",
            counterparty_iban=iban_of(_account_in(entry.group("BANKACCTTO"), currency)),
            counterparty_bic=bic_of(_bank(entry.group("BANKACCTTO"))),
            bank_reference=given(entry.get("FITID")),
            number=_number(entry.get("CHECKNUM")),
            operation_code=kind,
            reversal=bool(entry.get("CORRECTFITID")),
        )

    def _balance(self, group: _Aggregate, currency: str) -> Balance | None:
        """The balance at the end. A bank may give none; a dated one without amount is damaged."""
        ledger = group.group("LEDGERBAL")
        if ledger is None or not (ledger.get("BALAMT") or ledger.get("DTASOF")):
            if ledger is not None:
                told = _("The bank leaves the balance empty.")
                self._assembly.warn(self._line_of(ledger.start), told)
            return None
        try:
            return Balance(_day(ledger.get("DTASOF"), "DTASOF"), _cents(ledger.get("BALAMT"), currency))
        except Invalid as problem:
            message = _("the balance cannot be read: {why}").format(why=problem.message)
            raise Unreadable(message, line=self._line_of(ledger.start)) from None


def _without_cdata(text: str) -> str:
    """What stands in CDATA as ordinary text, its signs escaped."""
    parts = []
    done = 0
    while (start := text.find(_CDATA, done)) >= 0 and (end := text.find(_CDATA_END, start)) >= 0:
        parts += [text[done:start], html.escape(text[start + len(_CDATA) : end], quote=False)]
        done = end + len(_CDATA_END)
    return "".join([*parts, text[done:]])


def _account(group: _Aggregate, currency: str) -> str:
    return _account_in(group.group("BANKACCTFROM") or group.group("CCACCTFROM"), currency)


def _account_in(group: _Aggregate | None, currency: str) -> str:
    """The account: an IBAN, or what makes one in France, or what the bank writes."""
    if group is None:
        return ""
    bank, branch, number = (words(group.get(tag)) for tag in ("BANKID", "BRANCHID", "ACCTID"))
    if iban := iban_of(number):
        return iban
    bare = number.replace(" ", "")
    if currency == "EUR" and len(bank) == len(branch) == 5 and len(bare) in {11, 13}:
        return french_account(bank, branch, bare[:11])
    return account_of("/".join(filter(None, (bank, branch, number))))


def _bank(group: _Aggregate | None) -> str:
    return group.get("BANKID") if group is not None else ""


def _number(text: str) -> str:
    return words(text) if text.strip("0 ") else ""


def _day(text: str, tag: str) -> date:
    if not text:
        raise Invalid(_("The date is missing ({field}).").format(field=tag))
    found = _DAY.fullmatch(text)
    if found is None:
        raise Invalid(_("“{text}” is not a date.").format(text=excerpt(text)))
    return day_of(found[1], found[2], found[3], text)


def _cents(text: str, currency: str) -> int:
    if not text:
        raise Invalid(_("The amount is missing."))
    return cents_of(text, currency, "," if "," in text and "." not in text else ".", signed=True)


def _recognise(head: bytes) -> bool:
    return _HEAD.search(head.replace(b"\0", b"")[:4_000]) is not None


OFX = StatementFormat(KIND, _recognise, parse)
