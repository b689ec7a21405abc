"""From what a format has read to statements that hold: currencies, balances, dates, names of accounts, fingerprints.

Formats fill drafts; here they become statements, or the file is refused. Nothing in between is handed out.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from crm.core.errors import Invalid
from crm.core.i18n import _, plural
from crm.core.names import name_key
from crm.core.problems import Problem, ProblemList, Severity, Unreadable, excerpt
from crm.receivables.statements.accounts import bic_of, iban_of, looks_like_iban
from crm.receivables.statements.continuity import Following, continuity
from crm.receivables.statements.model import Balance, Parsed, Statement, StatementLine
from crm.receivables.statements.texts import joined, kept, words
from crm.receivables.statements.values import currency_of

_ALIKE = 20
"""So many problems of one kind are told one by one, the others as a count."""


@dataclass(slots=True)
class Movement:
    """A line in the making; what its fields mean is said at `StatementLine`."""

    booked: date
    cents: int
    currency: str
    line: int
    raw: str
    label: str = ""
    value_date: date | None = None
    counterparty_name: str = ""
    ultimate_name: str = ""
    counterparty_iban: str = ""
    counterparty_bic: str = ""
    end_to_end_id: str = ""
    structured_references: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    mandate_id: str = ""
    bank_reference: str = ""
    number: str = ""
    operation_code: str = ""
    purpose: str = ""
    return_reason: str = ""
    reversal: bool = False
    charges_cents: int = 0
    batch_id: str = ""


@dataclass(slots=True)
class Draft:
    """A statement in the making."""

    account: str
    currency: str
    line: int
    number: str = ""
    page: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    why_unchecked: str = ""
    """Why a balance that is told does not count."""
    movements: list[Movement] = field(default_factory=list)


class Assembly:
    """The statements of one file, as they are finished one after the other."""

    def __init__(self, kind: str, *, knows_balances: bool = True) -> None:
        self._kind = kind
        self._knows_balances = knows_balances
        self._statements: list[Statement] = []
        self._problems = ProblemList()
        self._alike: Counter[str] = Counter()
        self._seen: Counter[tuple[object, ...]] = Counter()
        self._signatures: dict[tuple[object, ...], int] = {}
        self._last: dict[tuple[str, str], Statement] = {}
        self.ignored = 0
        """Entries that are no movements."""

    def warn(self, line: int, message: str, *, kind: str = "") -> None:
        """The reader should know this. Of the same `kind` of warning only the first are told in full."""
        self._tell(line, message, kind, "warning")

    def error(self, line: int, message: str) -> None:
        """This line is not among the statement's lines, for this reason."""
        self._problems.append(Problem(line, message, "error"))

    def _tell(self, line: int, message: str, kind: str, severity: Severity) -> None:
        if kind:
            self._alike[kind] += 1
            if self._alike[kind] > _ALIKE:
                return
        self._problems.append(Problem(line, message, severity))

    def ignore(self, line: int, message: str, *, kind: str) -> None:
        """This entry is no movement, for this reason."""
        self.ignored += 1
        self.warn(line, message, kind=kind)

    def iban(self, written: str, line: int) -> str:
        """What stands where an IBAN should; a wrong one is told and left out."""
        found = iban_of(written) if written else ""
        if written and not found:
            told = _("“{iban}” is not a correct IBAN: its check digits or its length are wrong. It was left out.")
            self.warn(line, told.format(iban=excerpt(written)), kind="iban")
        return found

    def bic(self, written: str, line: int) -> str:
        """A BIC from the file; a wrong one is told and left out."""
        found = bic_of(written) if written else ""
        if written and not found:
            told = _("“{bic}” is not a correct BIC. It was left out.")
            self.warn(line, told.format(bic=excerpt(written)), kind="bic")
        return found

    def add(self, draft: Draft) -> None:
        """Finish a statement.

        Raises:
            Unreadable: it mixes currencies, or does not add up.
        """
        self._check_currency(draft)
        statement = self._finished(draft)
        statement.check()
        if self._repeated(statement):
            return
        self._check_account(statement)
        self._check_days(statement, draft.why_unchecked)
        self._check_following(statement)
        self._statements.append(statement)

    def finish(self) -> Parsed:
        """What was read of the file.

        Raises:
            Unreadable: not one statement.
        """
        if not self._statements:
            raise Unreadable(_("The file holds no statement."))
        for kind, count in self._alike.items():
            if kind and count > _ALIKE:
                message = plural("{count} more remark like these.", "{count} more remarks like these.", count - _ALIKE)
                self._problems.append(Problem(0, message, "warning"))
        return Parsed(self._kind, tuple(self._statements), tuple(self._problems), self.ignored)

    @staticmethod
    def _check_currency(draft: Draft) -> None:
        try:
            currency_of(draft.currency)
        except Invalid as problem:
            raise Unreadable(problem.message, line=draft.line) from None
        for movement in draft.movements:
            if movement.currency != draft.currency:
                raise Unreadable(
                    _("a movement in {currency} on an account in {other}: they cannot be added up.").format(
                        currency=movement.currency, other=draft.currency
                    ),
                    line=movement.line,
                )

    def _finished(self, draft: Draft) -> Statement:
        return Statement(
            account=draft.account,
            currency=draft.currency,
            lines=tuple(self._line(draft.account, movement) for movement in draft.movements),
            line=draft.line,
            number=words(draft.number),
            page=words(draft.page),
            opening=draft.opening,
            closing=draft.closing,
        )

    def _line(self, account: str, draft: Movement) -> StatementLine:
        label = words(draft.label) or joined(draft.counterparty_name, draft.ultimate_name)
        same = (
            account,
            draft.booked,
            draft.cents,
            draft.currency,
            draft.end_to_end_id or draft.bank_reference or draft.number,
            name_key(label),
        )
        self._seen[same] += 1
        return StatementLine(
            account=account,
            booked=draft.booked,
            cents=draft.cents,
            currency=draft.currency,
            label=label,
            line=draft.line,
            raw=kept(draft.raw),
            fingerprint=_fingerprint(same, self._seen[same]),
            value_date=draft.value_date,
            counterparty_name=words(draft.counterparty_name),
            ultimate_name=words(draft.ultimate_name),
            counterparty_iban=draft.counterparty_iban,
            counterparty_bic=draft.counterparty_bic,
            end_to_end_id=draft.end_to_end_id,
            structured_references=draft.structured_references,
            documents=draft.documents,
            mandate_id=draft.mandate_id,
            bank_reference=draft.bank_reference,
            number=draft.number,
            operation_code=draft.operation_code,
            purpose=draft.purpose,
            return_reason=draft.return_reason,
            reversal=draft.reversal,
            charges_cents=draft.charges_cents,
            batch_id=draft.batch_id,
        )

    def _repeated(self, statement: Statement) -> bool:
        """Whether the file holds this very statement twice; its lines then came once."""
        signature = statement.signature
        if not statement.lines or signature is None:
            return False
        first = self._signatures.setdefault(signature, statement.line)
        if first == statement.line:
            return False
        told = _("The same statement stands at line {line} already; it was read once.")
        self.warn(statement.line, told.format(line=first), kind="repeated")
        self.ignored += len(statement.lines)
        return True

    def _check_account(self, statement: Statement) -> None:
        if not iban_of(statement.account) and looks_like_iban(statement.account):
            told = _("The account “{iban}” is not a correct IBAN: its check digits or its length are wrong.")
            self.warn(statement.line, told.format(iban=excerpt(statement.account)), kind="account")

    def _check_days(self, statement: Statement, why_unchecked: str) -> None:
        opening, closing = statement.opening, statement.closing
        if opening is None or closing is None:
            if self._knows_balances:
                missing = _("A balance is missing, so that opening + movements = closing could not be checked.")
                self.warn(statement.line, why_unchecked or missing, kind="balance")
            return
        if closing.day < opening.day:
            told = _("The closing balance is dated {closing}, before the opening balance of {opening}.")
            self.warn(statement.line, told.format(closing=closing.day, opening=opening.day), kind="order")
            return
        outside = sum(not opening.day <= line.booked <= closing.day for line in statement.lines)
        if outside:
            told = plural(
                "{count} movement is dated outside the days of its statement.",
                "{count} movements are dated outside the days of their statement.",
                outside,
            )
            self.warn(statement.line, told, kind="outside")

    def _check_following(self, statement: Statement) -> None:
        account = (statement.account, statement.currency)
        before = self._last.get(account)
        if statement.closing is not None:
            self._last[account] = statement
        if before is not None:
            found = continuity(before.closing, statement)
            if found.following in {Following.GAP, Following.OVERLAP}:
                self.warn(statement.line, found.sentence, kind="following")


def _fingerprint(same: tuple[object, ...], count: int) -> str:
    written = "\x1f".join(map(str, (*same, count)))
    return hashlib.blake2b(written.encode("utf-8", "replace"), digest_size=16).hexdigest()
