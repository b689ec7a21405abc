"""CAMT: statements (camt.053) and notifications (camt.054) of ISO 20022, every version.

A statement has balances and must add up; a notification has none. A batch is split into its payments where their amounts
give the amount that was booked, and stays one line where they do not. Intraday reports (camt.052) are refused: what they
announce is not booked yet and comes again. Only booked entries count.
"""

import re
from typing import BinaryIO
from xml.etree.ElementTree import Element

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.money import shown
from crm.core.problems import Unreadable, excerpt
from crm.receivables.statements.accounts import account_of
from crm.receivables.statements.assembly import Assembly, Draft, Movement
from crm.receivables.statements.camt_details import (
    Payment,
    charges_of,
    first_text,
    operation_of,
    parts_of,
    payment_of,
    text_at,
)
from crm.receivables.statements.model import Balance, Parsed, StatementFormat
from crm.receivables.statements.texts import given, joined, words
from crm.receivables.statements.values import cents_of, currency_of, iso_day
from crm.receivables.statements.xml_records import Closed, Opened, Record, XmlRecords

_STATEMENT, _NOTIFICATION, _REPORT = "BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", "BkToCstmrAcctRpt"
_KINDS = {_STATEMENT: "camt053", _NOTIFICATION: "camt054", _REPORT: "camt052"}
_CONTAINERS = {"Stmt", "Ntfctn"}
_PAGES = ("StmtPgntn", "NtfctnPgntn")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_INTERIM = "ITBD"
_BOOKED = "BOOK"
_MOST_REFERENCES = 200
"""On one line; a batch that stays whole may hold thousands."""
_ELEMENT = re.compile(rb"<(?:[\w.\-]+:)?(BkToCstmrStmt|BkToCstmrDbtCdtNtfctn|BkToCstmrAcctRpt)")
_SCHEMA = re.compile(rb"camt\.0(52|53|54)\.001\.\d\d")


def parse(stream: BinaryIO, name: str) -> Parsed:
    """Read a statement or a notification; which of the two is told by `kind`.

    Raises:
        Unreadable: see `StatementFormat.parse`; also an intraday report.
    """
    return _Reader(stream).read()


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._records = XmlRecords(stream, lambda name: _message(name) in _KINDS, part="TxDtls")
        self._assembly = Assembly("camt053")
        self._account: _Account | None = None
        self._kind = ""

    def read(self) -> Parsed:
        for event in self._records:
            if isinstance(event, Opened):
                self._open(event)
            elif self._account is None:
                continue
            elif isinstance(event, Closed):
                self._assembly.add(self._account.draft())
                self._account = None
            else:
                self._take(event, self._account)
        if not self._kind:
            raise Unreadable(_("The file is XML, but no bank statement: it holds neither camt.053 nor camt.054."))
        return self._assembly.finish()

    def _open(self, event: Opened) -> None:
        if not self._kind:
            self._kind = _KINDS[_message(self._records.message)]
            if self._kind == "camt052":
                raise Unreadable(
                    _("This is an intraday report (camt.052): what it announces is not booked yet, and comes again."),
                    next_step=_("Import the daily statement (camt.053) or the notifications (camt.054)."),
                )
            self._assembly = Assembly(self._kind, knows_balances=self._kind == "camt053")
        if event.tag in _CONTAINERS:
            self._account = _Account(event.line, self._assembly)

    def _take(self, record: Record, account: "_Account") -> None:
        try:
            account.take(record)
        except Unreadable:
            raise
        except Invalid as problem:
            raise Unreadable(problem.message, line=record.line) from None


class _Account:
    """One statement or notification while it is read."""

    def __init__(self, line: int, assembly: Assembly) -> None:
        self._line = line
        self._assembly = assembly
        self._draft = Draft("", "", line)
        self._created = ""
        self._balances: list[tuple[str, str, Balance]] = []
        self._sums: Element | None = None
        self._entries = 0

    def take(self, record: Record) -> None:
        """One child of the statement.

        Raises:
            Invalid: it cannot be read.
        """
        element = record.element
        match record.tag:
            case "Id":
                self._draft.number = self._draft.number or (element.text or "")
            case "ElctrncSeqNb":
                self._draft.number = (element.text or "").strip() or self._draft.number
            case "CreDtTm":
                self._created = text_at(element)
            case "Acct":
                self._take_account(element)
            case "Bal":
                self._take_balance(element)
            case "TxsSummry":
                self._sums = element
            case "Ntry":
                self._entries += 1
                self._take_entry(record)
            case tag if tag in _PAGES:
                self._draft.page = text_at(element, "PgNb")

    def draft(self) -> Draft:
        """The whole of it, once all is read.

        Raises:
            Unreadable: it does not hold what it says it holds.
        """
        draft = self._draft
        currencies = [currency for _code, currency, _balance in self._balances]
        booked = [movement.currency for movement in draft.movements]
        draft.currency = draft.currency or (booked + currencies + [""])[0]
        draft.opening, draft.closing = self._choose_balances()
        self._check_sums()
        if not draft.currency:
            # A notification without entries names no currency, and needs none.
            draft.currency = "EUR"
        return draft

    def _take_account(self, element: Element) -> None:
        written = first_text(element, ("Id", "IBAN"), ("Id", "Othr", "Id"), ("Id", "PrtryAcct", "Id"), ("Id", "BBAN"))
        self._draft.account = account_of(written)
        if currency := text_at(element, "Ccy"):
            self._draft.currency = currency_of(currency)

    def _take_balance(self, element: Element) -> None:
        code = first_text(element, ("Tp", "CdOrPrtry", "Cd"), ("Tp", "CdOrPrtry", "Prtry"), ("Tp", "Cd"))
        cents, currency = _amount(parts_of(element))
        self._balances.append((code, currency, Balance(iso_day(_day(element.find("Dt"))), cents)))

    def _choose_balances(self) -> tuple[Balance | None, Balance | None]:
        """Booked balances of the account's currency; on the pages of a long statement the interim ones."""
        ours: dict[str, list[Balance]] = {}
        foreign = False
        for code, currency, balance in self._balances:
            if currency == self._draft.currency:
                ours.setdefault(code, []).append(balance)
            elif code in (*_OPENING, *_CLOSING):
                foreign = True
        if foreign:
            told = _("A balance is in another currency than the account ({currency}): the sum could not be checked.")
            self._draft.why_unchecked = told.format(currency=self._draft.currency)
        opening = next((ours[code][0] for code in _OPENING if code in ours), None)
        closing = next((ours[code][-1] for code in _CLOSING if code in ours), None)
        interim = ours.get(_INTERIM, [])
        if opening is None and interim and (closing is not None or len(interim) > 1):
            opening = interim[0]
        if closing is None and interim and interim[-1] is not opening:
            closing = interim[-1]
        return opening, closing

    def _check_sums(self) -> None:
        """A count that the bank gives must be right, unless the balances have shown that nothing is missing."""
        counted = text_at(self._sums, "TtlNtries", "NbOfNtries") if self._sums is not None else ""
        if not counted.isdecimal() or int(counted) == self._entries:
            return
        told = _("the bank counts {said} entries here, the file holds {count}.").format(
            said=int(counted), count=self._entries
        )
        if self._draft.opening is None or self._draft.closing is None:
            raise Unreadable(told, line=self._line, next_step=_("Fetch the statement again from the bank."))
        self._assembly.warn(self._line, told, kind="count")

    def _take_entry(self, record: Record) -> None:
        status = first_text(record.element.find("Sts"), ("Cd",), ("Prtry",), ()) or _BOOKED
        if status == _BOOKED:
            self._draft.movements += self._movements(record)
            return
        cents, currency = _amount(parts_of(record.element))
        told = _("An entry of {amount} is not booked yet ({status}); it comes again once it is.")
        message = told.format(amount=shown(cents, currency), status=excerpt(status))
        self._assembly.ignore(record.line, message, kind="status")

    def _movements(self, record: Record) -> list[Movement]:
        entry = record.element
        whole = self._whole(record)
        details = [detail for group in entry.findall("NtryDtls") for detail in group.findall("TxDtls")]
        payments = [payment_of(detail, whole, self._draft.account, self._assembly) for detail in details]
        if len(payments) < 2:
            if payments:
                self._check_amount(payments, whole)
                _complete(whole, payments[0])
            return [whole]
        whole.batch_id = whole.bank_reference or whole.batch_id or payments[0].batch
        sums = [payment.cents for payment in payments if payment.cents is not None]
        charged = whole.charges_cents if sum(sums) - whole.charges_cents == whole.cents else 0
        if len(sums) == len(payments) and sum(sums) - charged == whole.cents:
            return self._split(record, whole, payments, charged)
        self._check_amount(payments, whole)
        reference = whole.bank_reference
        for payment in payments:
            _complete(whole, payment)
        _agreed(whole, payments)
        whole.bank_reference = reference
        return [whole]

    def _whole(self, record: Record) -> Movement:
        """What the entry itself says."""
        parts = parts_of(record.element)
        cents, currency = _amount(parts)
        booked, value = _day(parts.get("BookgDt")), _day(parts.get("ValDt"))
        if not booked and not value:
            booked = self._created
            told = _("An entry has no date; the day its file was made, {day}, stands for it.")
            self._assembly.warn(record.line, told.format(day=iso_day(booked)), kind="no date")
        reference = given(text_at(parts.get("AcctSvcrRef"))) or given(text_at(parts.get("NtryRef")))
        details = parts.get("NtryDtls")
        batch = details.find("Btch") if details is not None else None
        return Movement(
            booked=iso_day(booked or value),
            cents=cents,
            currency=currency,
            line=record.line,
            raw=record.raw,
            label=words(text_at(parts.get("AddtlNtryInf"))),
            value_date=iso_day(value) if value else None,
            bank_reference=reference,
            operation_code=operation_of(parts.get("BkTxCd")),
            reversal=text_at(parts.get("RvslInd")) in {"true", "1"},
            charges_cents=charges_of(record.element, currency) if "Chrgs" in parts else 0,
            batch_id=given(reference or first_text(batch, ("PmtInfId",), ("MsgId",))) if batch is not None else "",
        )

    def _split(self, record: Record, whole: Movement, payments: list[Payment], charged: int) -> list[Movement]:
        """One line a payment; what the bank kept of the sum is a line of its own, so that all add up to what was booked."""
        lines = []
        for payment, (line, raw) in zip(payments, _texts_of(record, payments), strict=True):
            part = Movement(
                booked=whole.booked,
                cents=payment.cents or 0,
                currency=whole.currency,
                line=line,
                raw=raw,
                value_date=whole.value_date,
                bank_reference=whole.bank_reference,
                operation_code=whole.operation_code,
                reversal=whole.reversal,
                batch_id=whole.batch_id,
            )
            _complete(part, payment)
            part.label = joined(part.label, whole.label)
            lines.append(part)
        if charged:
            label = joined(whole.label, _("Bank charges"))
            lines.append(
                Movement(
                    booked=whole.booked,
                    cents=-charged,
                    currency=whole.currency,
                    line=record.line,
                    raw=record.raw,
                    label=label,
                    value_date=whole.value_date,
                    bank_reference=whole.bank_reference,
                    operation_code=whole.operation_code,
                    charges_cents=charged,
                    batch_id=whole.batch_id,
                )
            )
        return lines

    def _check_amount(self, payments: list[Payment], whole: Movement) -> None:
        """Tell payments that do not give the amount booked, unless charges or another currency explain it."""
        sums = [payment.cents for payment in payments if payment.cents is not None]
        charges = whole.charges_cents or sum(payment.charges for payment in payments)
        if len(sums) == len(payments) and abs(sum(sums) - whole.cents) not in {0, charges}:
            told = _("The payments of an entry sum to {sum}, not to the {amount} that were booked; it stays one line.")
            message = told.format(sum=shown(sum(sums), whole.currency), amount=shown(whole.cents, whole.currency))
            self._assembly.warn(whole.line, message, kind="sum")


def _amount(parts: dict[str, Element]) -> tuple[int, str]:
    """The amount of an entry or balance with its sign.

    Raises:
        Invalid: it has none, or no side.
    """
    amount, side = parts.get("Amt"), text_at(parts.get("CdtDbtInd"))
    if amount is None:
        raise Invalid(_("The amount is missing."))
    if side not in {"CRDT", "DBIT"}:
        raise Invalid(_("An amount says neither credit nor debit."))
    currency = currency_of(amount.get("Ccy", ""))
    cents = cents_of(amount.text or "", currency)
    return (cents if side == "CRDT" else -cents), currency


def _day(element: Element | None) -> str:
    return first_text(element, ("Dt",), ("DtTm",))


def _texts_of(record: Record, payments: list[Payment]) -> list[tuple[int, str]]:
    """Line and text of each payment; those of the entry where they cannot be told apart."""
    if len(record.parts) == len(payments):
        return list(record.parts)
    return [(record.line, record.raw)] * len(payments)


def _complete(line: Movement, payment: Payment) -> None:
    """Add what a payment tells to a line; what the line already has stays."""
    line.label = joined(line.label, payment.label)
    line.counterparty_name = line.counterparty_name or payment.name
    line.ultimate_name = line.ultimate_name or payment.ultimate_name
    line.counterparty_iban = line.counterparty_iban or payment.iban
    line.counterparty_bic = line.counterparty_bic or payment.bic
    line.end_to_end_id = line.end_to_end_id or payment.end_to_end_id
    line.mandate_id = line.mandate_id or payment.mandate_id
    line.bank_reference = payment.bank_reference or line.bank_reference
    line.number = line.number or payment.number
    line.operation_code = payment.operation_code or line.operation_code
    line.purpose = line.purpose or payment.purpose
    line.return_reason = line.return_reason or payment.return_reason
    line.charges_cents = line.charges_cents or payment.charges
    line.batch_id = line.batch_id or payment.batch
    line.structured_references = _together(line.structured_references, payment.references)
    line.documents = _together(line.documents, payment.documents)


def _together(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[:_MOST_REFERENCES] if more else known


def _agreed(line: Movement, payments: list[Payment]) -> None:
    """On a line that stands for several payments, only what they agree on is its own."""

    def one(values: set[str]) -> str:
        return values.pop() if len(values) == 1 else ""

    line.counterparty_name = one({payment.name for payment in payments})
    line.ultimate_name = one({payment.ultimate_name for payment in payments})
    line.counterparty_iban = one({payment.iban for payment in payments})
    line.counterparty_bic = one({payment.bic for payment in payments})
    line.end_to_end_id = one({payment.end_to_end_id for payment in payments})
    line.mandate_id = one({payment.mandate_id for payment in payments})
    line.number = one({payment.number for payment in payments})
    line.return_reason = one({payment.return_reason for payment in payments})


def _message(name: str) -> str:
    """The message element without the version that early ones carried."""
    return re.sub(r"V\d\d$", "", name)


def _recognise(head: bytes, *messages: str) -> bool:
    plain = head.replace(b"\0", b"")
    if not plain.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return False
    if found := _ELEMENT.search(plain):
        return found[1].decode() in messages
    schema = _SCHEMA.search(plain)
    return schema is not None and f"camt0{schema[1].decode()}" in {_KINDS[message] for message in messages}


CAMT053 = StatementFormat("camt053", lambda head: _recognise(head, _STATEMENT, _REPORT), parse)
CAMT054 = StatementFormat("camt054", lambda head: _recognise(head, _NOTIFICATION), parse)
