"""Bank lines as the workbench shows them, set aside and taken up again, and what was learnt from decisions about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.basics import Number
from crm.core.db import table_of
from crm.core.errors import NotFound, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.proposals import Proposal
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.receivables import matchable
from crm.receivables.actions.words import RESIDUALS
from crm.receivables.matching.aside import aside_sentence
from crm.receivables.matching.facts import Aside, Match, OpenItem
from crm.receivables.models import BankLine, LearnedFact, Payment
from crm.receivables.payments_read import AccountFreshness, BankRow, bank_rows, freshness, recorded_rows, states
from crm.receivables.proposing import CONFIRM, candidates_of, items_of
from crm.receivables.settling import Settling
from crm.receivables.statements_in import IN_PARTS
from crm.receivables.teaching import teach

State = Literal["to_decide", "matched", "aside"]
BY_PERSON = "person"
"""`BankLine.aside` of what a person set aside."""
_LINE, _PAYMENT = table_of(BankLine), table_of(Payment)
_KINDS = {"iban": mark("account"), "name": mark("sender"), "label": mark("label")}


def aside_words(reason: str) -> str:
    """Why a line is set aside, in words."""
    if reason == IN_PARTS:
        return _("Its parts stand one by one.")
    if reason == BY_PERSON:
        return _("Set aside by a person.")
    return aside_sentence(Aside(reason))


@dataclass(frozen=True, slots=True)
class LineCard:
    """A bank line or a recorded payment, and how it may be used."""

    row: BankRow
    proposal_id: int | None
    why_not: str
    candidates: Sequence[Match]

    @property
    def asked(self) -> dict[str, int]:
        """By what `ConfirmMatch` knows it."""
        return {"payment" if self.row.recorded else "line": self.row.id}


@dataclass(frozen=True, slots=True)
class BankLines:
    """Bank lines, and payments without one of which the use is to be decided, as they stand on a day, with counts of all of them and how fresh each account is."""

    as_of: date
    cards: tuple[LineCard, ...]
    counts: Mapping[str, int]
    accounts: tuple[AccountFreshness, ...]
    items: Mapping[int, OpenItem]
    customers: Mapping[int, tuple[str, str]]

    def as_json(self) -> dict[str, Any]:
        """One object a line."""
        return {
            "lines": [self._shape(card) for card in self.cards],
            "counts": dict(self.counts),
            "accounts": [
                {
                    "account": one.account,
                    "label": one.label,
                    "known_until": one.known_until.isoformat(),
                    "stale": one.stale,
                }
                for one in self.accounts
            ],
        }

    def _shape(self, card: LineCard) -> dict[str, Any]:
        row = card.row
        return {
            "id": None if row.recorded else row.id,
            "payment": row.id if row.recorded else row.payment_id,
            "reference": row.reference,
            "account": row.account,
            "date": row.booked.isoformat(),
            "amount": plain(row.cents, row.currency),
            "currency": row.currency,
            "label": row.label,
            "counterparty": row.counterparty,
            "customer": row.customer,
            "code": row.code or None,
            "aside": row.aside or None,
            "why_not": card.why_not or None,
            "candidates": [self._candidate(match, row.currency) for match in card.candidates],
        }

    def _candidate(self, match: Match, currency: str) -> dict[str, Any]:
        return {
            "customer": None if match.customer_id is None else self.customers[match.customer_id][0],
            "rule": match.rule.value,
            "certainty": match.certainty,
            "invoices": [
                {"number": number, "amount": plain(cents, currency)} for number, cents in self.documents(match)
            ],
            "residual": plain(match.residual_cents, currency),
            "residual_reason": match.residual_reason.value or None,
            "why": match.why,
        }

    def documents(self, match: Match) -> list[tuple[str, int]]:
        """Number and cents of what a use settles; negative where it opens it again or uses a credit note."""
        told: dict[str, int] = {}
        for item, cents in (*match.allocations, *((item, -cents) for item, cents in match.reopens)):
            told[self.items[item].number] = told.get(self.items[item].number, 0) + cents
        for use in match.credits:
            told[self.items[use.item_id].number] = told.get(self.items[use.item_id].number, 0) + use.cents
            told[self.items[use.credit_id].number] = told.get(self.items[use.credit_id].number, 0) - use.cents
        return list(told.items())

    def as_sheet(self) -> Sheet:
        """One row a line."""
        columns = (
            Column("id", _("Number"), Kind.COUNT),
            Column("payment", _("Payment"), Kind.COUNT),
            Column("date", _("Date"), Kind.DATE),
            Column("label", _("Label")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("code", _("Code")),
            Column("what", _("What for")),
        )
        rows = tuple(
            (
                None if card.row.recorded else card.row.id,
                card.row.id if card.row.recorded else card.row.payment_id,
                card.row.booked,
                card.row.label,
                Money(card.row.cents, card.row.currency),
                card.row.code,
                self._what(card),
            )
            for card in self.cards
        )
        notes = tuple(
            _("{account}: known until {day}").format(account=one.label or one.account, day=one.known_until.isoformat())
            for one in self.accounts
        )
        recorded = sum(card.row.recorded for card in self.cards)
        title = plural("{count} bank line", "{count} bank lines", len(rows) - recorded)
        if recorded:
            title += ", " + plural("{count} recorded payment", "{count} recorded payments", recorded)
        return Sheet(title, columns, rows, as_of=self.as_of, notes=notes)

    def _what(self, card: LineCard) -> str:
        if card.row.aside:
            return aside_words(card.row.aside)
        if card.candidates:
            best = card.candidates[0]
            numbers = ", ".join(number for number, _cents in self.documents(best))
            return f"{numbers or _(RESIDUALS[best.residual_reason])} ({best.certainty:.0%})"
        return card.row.customer or ""


class ListBankLines(Action[BankLines]):
    """Bank lines: what waits for a decision, what is matched, what is set aside; recorded payments that wait too."""

    effect = Effect.READ

    state: State | None = Field(None, description="to_decide, matched, aside; to_decide if left out")
    line: Number | None = Field(None, description="Only the line of this number")
    limit: int = Field(200, ge=1, le=100_000, description="How many lines")

    def perform(self, context: Context) -> BankLines:
        """Read the lines, with what is proposed for each."""
        session, day = context.session, context.today
        rows = bank_rows(session, day, self._wanted(), self.limit)
        proposals = _proposals(session, [row.id for row in rows])
        about = _about_payments(session)
        recorded = recorded_rows(session, about, day)
        waits = self.line is None and self.state in (None, "to_decide")
        pairs = [(row, proposals.get(row.id)) for row in rows]
        pairs += [(row, about[row.id]) for row in recorded] if waits else []
        pairs.sort(key=lambda pair: pair[0].booked, reverse=True)
        del pairs[self.limit :]
        found = candidates_of(session, [proposal.id for _row, proposal in pairs if proposal is not None])
        cards = tuple(_card(row, proposal, found) for row, proposal in pairs)
        counts = states(session, day)
        ids = {item for card in cards for match in card.candidates for item in items_of(match)}
        customers = {match.customer_id for card in cards for match in card.candidates if match.customer_id is not None}
        return BankLines(
            day,
            cards,
            {**counts, "to_decide": counts["to_decide"] + len(recorded)},
            freshness(session, day),
            matchable.open_documents(session, day, sorted(ids)) if ids else {},
            matchable.customer_words(session, customers),
        )

    def _wanted(self) -> Any:
        if self.line is not None:
            return _LINE.c.id == self.line
        match self.state:
            case "matched":
                return select(_PAYMENT.c.id).where(_PAYMENT.c.bank_line_id == _LINE.c.id).exists()
            case "aside":
                return _LINE.c.aside != ""
            case _:
                return matchable.undecided()


def _proposals(session: Any, line_ids: Sequence[int]) -> dict[int, Proposal]:
    found: dict[int, Proposal] = {}
    for start in range(0, len(line_ids), 5_000):
        subjects = {f"bank-line/{line_id}": line_id for line_id in line_ids[start : start + 5_000]}
        query = select(Proposal).where(
            Proposal.action == CONFIRM, col(Proposal.closed_at).is_(None), col(Proposal.subject).in_(subjects)
        )
        found.update({subjects[row.subject]: row for row in session.exec(query)})
    return found


def _about_payments(session: Any) -> dict[int, Proposal]:
    """The open proposals about payments, by the payment."""
    query = (
        select(Proposal)
        .where(
            Proposal.action == CONFIRM, col(Proposal.closed_at).is_(None), col(Proposal.subject).startswith("payment/")
        )
        .order_by(col(Proposal.id))
    )
    return {int(row.subject.partition("/")[2]): row for row in session.exec(query)}


def _card(row: BankRow, proposal: Proposal | None, found: Mapping[int, Sequence[Match]]) -> LineCard:
    if proposal is None:
        return LineCard(row, None, "", ())
    return LineCard(row, proposal.id, proposal.reason, found.get(proposal.id, ()))


class SetAside(Action[BankLines]):
    """Set a bank line aside: it is not customers' money."""

    effect = Effect.WRITE

    line: Number = Field(description="Number of the bank line")
    learn: bool = Field(True, description="Set lines like it aside from now on")

    def perform(self, context: Context) -> BankLines:
        """Set it aside; lines like it are set aside too from then on.

        Raises:
            NotFound: no such line waits for a decision.
        """
        waiting = matchable.waiting_lines(context.session, context.today, [self.line])
        if not waiting:
            raise NotFound(_("Nothing under number {number} waits for a decision.").format(number=self.line))
        row = context.session.get_one(BankLine, self.line)
        row.aside = BY_PERSON
        context.session.add(row)
        Settling(context, matchable.World({}, {}, [], {})).close_proposals(waiting)
        if self.learn:
            teach(context, waiting[0], None)
        context.session.flush()
        return ListBankLines(line=self.line).perform(context)


class TakeUp(Action[BankLines]):
    """Take up a bank line that was set aside: it may be a customer's money."""

    effect = Effect.WRITE

    line: Number = Field(description="Number of the bank line")

    def perform(self, context: Context) -> BankLines:
        """Let it wait for a decision again; what was learnt from setting it aside is forgotten.

        Raises:
            NotFound: there is no such line.
            Refused: it is not set aside, or its parts stand one by one.
        """
        row = context.session.get(BankLine, self.line)
        if row is None:
            raise NotFound(_("There is no bank line {number}.").format(number=self.line))
        refuse_if(not row.aside, _("Bank line {number} is not set aside.").format(number=self.line))
        refuse_if(
            row.aside == IN_PARTS, _("The parts of bank line {number} stand one by one.").format(number=self.line)
        )
        row.aside = ""
        row.taken_apart = True
        context.session.add(row)
        taught = select(LearnedFact).where(LearnedFact.bank_line_id == row.id, col(LearnedFact.forgotten).is_(None))
        for fact in context.session.exec(taught).all():
            fact.forgotten = context.today
            context.session.add(fact)
        context.session.flush()
        return ListBankLines(line=self.line).perform(context)


@dataclass(frozen=True, slots=True)
class LearnedList:
    """What decisions about bank lines have taught."""

    rows: tuple[LearnedFact, ...]
    customers: Mapping[int, tuple[str, str]]

    def as_json(self) -> dict[str, Any]:
        """One object a fact."""
        return {
            "learned": [
                {
                    "id": row.id,
                    "kind": row.kind,
                    "pattern": row.pattern,
                    "customer": self.customers[row.customer_id][0] if row.customer_id is not None else None,
                    "learned": row.learned.isoformat(),
                    "forgotten": row.forgotten.isoformat() if row.forgotten else None,
                }
                for row in self.rows
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a fact."""
        columns = (
            Column("id", _("Number"), Kind.COUNT),
            Column("kind", _("Kind")),
            Column("pattern", _("What is recognised")),
            Column("customer", _("Customer")),
            Column("learned", _("Since"), Kind.DATE),
        )
        rows = tuple(
            (
                row.id,
                _(_KINDS[row.kind]),
                row.pattern,
                self.customers[row.customer_id][1] if row.customer_id is not None else _("not a customer’s money"),
                row.learned,
            )
            for row in self.rows
        )
        return Sheet(_("Learnt from your decisions"), columns, rows)


class ListLearned(Action[LearnedList]):
    """What your decisions about bank lines have taught."""

    effect = Effect.READ

    def perform(self, context: Context) -> LearnedList:
        """Read what counts today: the latest word about each, unless it is forgotten."""
        query = select(LearnedFact).where(col(LearnedFact.forgotten).is_(None)).order_by(col(LearnedFact.id))
        latest = {(row.kind, row.pattern): row for row in context.session.exec(query)}
        rows = [row for row in latest.values() if row.customer_id is not None or row.kind != "iban"]
        return _learned_list(context, rows)


class ForgetLearned(Action[LearnedList]):
    """Forget something that a decision about a bank line taught."""

    effect = Effect.WRITE

    fact: Number = Field(description="Its number")

    def perform(self, context: Context) -> LearnedList:
        """Forget it, and older words about the same.

        Raises:
            NotFound: there is no such thing, or it is forgotten already.
        """
        row = context.session.get(LearnedFact, self.fact)
        if row is None or row.forgotten is not None:
            raise NotFound(_("Nothing was learnt under number {number}.").format(number=self.fact))
        same = select(LearnedFact).where(
            LearnedFact.kind == row.kind,
            LearnedFact.pattern == row.pattern,
            LearnedFact.id <= row.id,
            col(LearnedFact.forgotten).is_(None),
        )
        for fact in context.session.exec(same).all():
            fact.forgotten = context.today
            context.session.add(fact)
        return _learned_list(context, [row])


def _learned_list(context: Context, rows: Sequence[LearnedFact]) -> LearnedList:
    wanted = {row.customer_id for row in rows if row.customer_id is not None}
    return LearnedList(tuple(rows), matchable.customer_words(context.session, wanted))


ACTIONS = (ListBankLines, SetAside, TakeUp, ListLearned, ForgetLearned)
