"""Matching (lettrage): all that waits at once, or one line as a person decides; and taking a match apart again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlmodel import select

from crm.core.actions import Action, Effect
from crm.core.basics import Number
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.receivables import matchable
from crm.receivables.actions.promises import named
from crm.receivables.lettered import ENTRIES, KEEP_OPEN, WRITE_OFF, Left
from crm.receivables.matchable import Waiting, World
from crm.receivables.matching.aside import aside_sentence
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Match, OpenItem, Residual, Rule
from crm.receivables.matching.imputation import impute
from crm.receivables.models import Payment
from crm.receivables.proposing import candidates_of, items_of, open_about
from crm.receivables.settling import Outcome, Settled, Settling
from crm.receivables.teaching import teach

Reason = Literal["discount", "bank_fee", "rounding", "retention"]
_WRITTEN_OFF = frozenset({Residual.DISCOUNT, Residual.BANK_FEE, Residual.ROUNDING})


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What was matched, what is proposed, what is left. Amounts in cents."""

    as_of: date
    outcome: Outcome
    customers: dict[int, tuple[str, str]]

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "matched": [self._shape(one) for one in self.outcome.matched],
            "proposed": [self._shape(one) for one in self._best],
            "unmatched": [one.reference for one in self.outcome.unmatched],
            "set_aside": [{"payment": one.reference, "reason": kind.value} for one, kind in self.outcome.aside],
        }

    @property
    def _best(self) -> list[Settled]:
        return [one for one in self.outcome.proposed if one.rank == 1]

    def _shape(self, one: Settled) -> dict[str, Any]:
        money = one.waiting.money
        return {
            "code": one.code or None,
            "customer": self.customers[one.customer_id][0] if one.customer_id in self.customers else None,
            "rule": one.match.rule.value,
            "certainty": one.match.certainty,
            "payments": [one.waiting.reference],
            "invoices": [{"number": number, "amount": plain(cents, money.currency)} for number, cents in one.invoices],
            "residual": plain(one.match.residual_cents, money.currency),
            "residual_reason": one.match.residual_reason.value or None,
            "full": one.code.isupper() if one.code else one.match.full,
            "amount": plain(money.cents, money.currency),
            "currency": money.currency,
            "date": money.date.isoformat(),
            "line": one.waiting.line_id,
            "why": one.match.why,
            "why_not": one.why_not or None,
        }

    def as_sheet(self) -> Sheet:
        """One row a payment: what is matched first, then what waits for a yes."""
        columns = (
            Column("date", _("Received"), Kind.DATE),
            Column("label", _("Label")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("customer", _("Customer")),
            Column("invoices", _("Settles")),
            Column("code", _("Code")),
            Column("why", _("Why")),
        )
        rows = [self._row(one, one.code) for one in self.outcome.matched]
        rows += [self._row(one, f"{one.match.certainty:.0%}") for one in self._best]
        rows += [
            (
                one.money.date,
                one.money.label,
                Money(one.money.cents, one.money.currency),
                "",
                "",
                "",
                aside_sentence(kind),
            )
            for one, kind in self.outcome.aside
        ]
        return Sheet(self.sentence(), columns, tuple(rows), as_of=self.as_of)

    def _row(self, one: Settled, mark_: str) -> tuple[Any, ...]:
        money = one.waiting.money
        name = self.customers[one.customer_id][1] if one.customer_id in self.customers else ""
        why = " ".join(filter(None, (one.match.why, one.why_not)))
        numbers = ", ".join(number for number, _cents in one.invoices)
        return (money.date, money.label, Money(money.cents, money.currency), name, numbers, mark_, why)

    def sentence(self) -> str:
        """How many of each."""
        found = self.outcome
        parts = [
            plural("{count} payment matched", "{count} payments matched", len(found.matched)),
            plural("{count} to decide", "{count} to decide", len(self._best)),
        ]
        if found.aside:
            parts.append(plural("{count} set aside", "{count} set aside", len(found.aside)))
        if found.unmatched:
            parts.append(plural("{count} without an idea", "{count} without an idea", len(found.unmatched)))
        return ", ".join(parts)


def report(context: Context, outcome: Outcome) -> MatchReport:
    """An outcome with the names of its customers."""
    wanted = {one.customer_id for one in (*outcome.matched, *outcome.proposed) if one.customer_id is not None}
    return MatchReport(context.today, outcome, dict(matchable.customer_words(context.session, wanted)))


class MatchPayments(Action[MatchReport]):
    """Match the money that came in with what it pays."""

    effect = Effect.WRITE

    customer: CustomerRef | None = Field(None, description="Only money of this customer: name or number")
    invoice: str | None = Field(None, description="Use money of its customer for this invoice")
    amount: Money | None = Field(
        None, description="Only money of this amount, used as the law orders where nothing is said"
    )

    def perform(self, context: Context) -> MatchReport:
        """Match what is certain, propose what is doubtful; with an invoice or an amount, match just that.

        Raises:
            NotFound, Refused: there is no such money, or nothing to use it for.
        """
        everything = matchable.world(context.session, context.today)
        if self.invoice is not None or (self.amount is not None and self.customer is not None):
            return report(context, self._just(context, everything))
        if self.amount is not None:
            raise Invalid(_("Name a customer or an invoice."))
        customer = find_customer(context.session, self.customer) if self.customer else None
        only = (customer.root_id or customer.id) if customer else None
        return report(context, Settling(context, everything).all(only))

    def _just(self, context: Context, everything: World) -> Outcome:
        """A person names what is meant: the money of the customer goes to the invoice, or to what the law says."""
        customer, invoice = named(context.session, self.customer, self.invoice)
        owner = customer.root_id or customer.id
        wanted = [
            item
            for item in everything.items.values()
            if item.customer_id == owner and item.open_cents > 0 and (invoice is None or item.number == invoice.number)
        ]
        refuse_if(not wanted, _("Nothing is open here."))
        money = self._money(everything, owner, wanted[0].currency)
        settling = Settling(context, everything)
        for one in money:
            items = [replace(item, open_cents=item.open_cents - settling.taken(item.id)) for item in wanted]
            uses = impute(items, one.money.cents, context.today)
            if uses:
                settling.use(one, by_hand(one, owner, uses, everything.items, named_invoice=invoice is not None))
        settling.close()
        settling.close_proposals(money)
        return settling.outcome

    def _money(self, everything: World, owner: int, currency: str) -> list[Waiting]:
        cents = self.amount.cents if self.amount else None
        found = [
            one
            for one in everything.waiting.values()
            if one.money.currency == currency
            and one.money.cents > 0
            and one.payment_id is not None
            and one.money.customer_id == owner
            and cents in (None, one.money.cents)
        ]
        lines = [
            one
            for one in everything.waiting.values()
            if one.line_id is not None and one.money.cents == cents and one.money.currency == currency
        ]
        if not found and len(lines) == 1:
            return lines
        if not found:
            raise NotFound(
                _("No money of this customer waits for a use."),
                candidates=[f"{one.line_id} {one.money.label}" for one in lines[:5]],
                next_step=_("A bank line is decided by its number: crm confirm-match --line NUMBER."),
            )
        return found[:1] if cents is not None else found


def by_hand(
    one: Waiting, owner: int, uses: Sequence[tuple[int, int]], items: Mapping[int, OpenItem], *, named_invoice: bool
) -> Match:
    """A use that a person chose, or that the law orders where nobody has."""
    rest = one.money.cents - sum(cents for _item, cents in uses)
    short = sum(items[item].open_cents - cents for item, cents in uses)
    residual = Residual.OVERPAYMENT if rest else Residual.PARTIAL if short else Residual.NONE
    why = (
        _("Chosen by a person.")
        if named_invoice
        else _("Nothing is said of what it pays: what is due first, the oldest first (Civil Code, article 1342-10).")
    )
    rule = Rule.REFERENCE if named_invoice else Rule.LEGAL_ORDER
    return Match(owner, tuple(uses), (), -rest or short, residual, 1.0, rule, why, not (rest or short))


class ConfirmMatch(Action[MatchReport]):
    """Decide what a bank line or a payment is used for."""

    effect = Effect.WRITE

    line: Number | None = Field(None, description="Number of the bank line")
    payment: Number | None = Field(
        None, description="Number of a payment that is recorded; with a line: the line is this payment"
    )
    candidate: int = Field(1, ge=1, le=9, description="Which of the proposed uses")
    customer: CustomerRef | None = Field(None, description="It is this customer's: name or number")
    invoices: tuple[str, ...] = Field((), description="What it pays: INVOICE, or INVOICE=AMOUNT, one after the other")
    reason: Reason | None = Field(None, description="Why the amount differs: discount, bank_fee, rounding, retention")
    keep_open: bool = Field(False, description="Keep the difference open instead of writing it off")
    learn: bool = Field(True, description="Remember whose account and name these are")

    def perform(self, context: Context) -> MatchReport:
        """Write it down as decided; what it taught is kept.

        Raises:
            NotFound: there is no such line, or no such candidate.
            Invalid: what it pays is not told, or an amount cannot be read.
            Refused: more is used than there is, or than is open.
        """
        one = self._waiting(context)
        if self.line is not None and self.payment is not None:
            return self._same(context, one)
        everything, match = self._decided(context, one)
        if match.reverses is not None:
            taken = select(Payment.id).where(Payment.reverses_id == match.reverses // 2)
            refuse_if(
                context.session.exec(taken).first() is not None,
                _("The payment that it would take back has been taken back already."),
            )
        self._check(everything, one, match)
        settling = Settling(context, everything)
        settling.use(one, match, self._decisions(everything, match))
        settling.close()
        settling.close_proposals([one], "accepted")
        if self.learn and match.customer_id is not None and one.money.cents > 0:
            teach(context, one, match.customer_id)
        return report(context, settling.outcome)

    def _waiting(self, context: Context) -> Waiting:
        if self.line is None and self.payment is None:
            raise Invalid(_("Name a bank line or a payment."))
        found = (
            matchable.waiting_lines(context.session, context.today, [self.line])
            if self.line is not None
            else matchable.waiting_payments(context.session, context.today, payment_id=self.payment)
        )
        if not found:
            raise NotFound(
                _("Nothing under number {number} waits for a decision.").format(number=self.line or self.payment)
            )
        return found[0]

    def _same(self, context: Context, one: Waiting) -> MatchReport:
        """The line is a payment that was recorded before it came."""
        row = context.session.get(Payment, self.payment)
        if row is None or row.bank_line_id is not None:
            raise NotFound(_("There is no payment {number} without a bank line.").format(number=self.payment))
        refuse_if(
            (row.cents, row.currency) != (one.money.cents, one.money.currency),
            _("The payment is of {amount}, the line of {other}.").format(
                amount=Money(row.cents, row.currency), other=Money(one.money.cents, one.money.currency)
            ),
        )
        row.bank_line_id = one.line_id
        context.session.add(row)
        Settling(context, World({}, {}, [], {})).close_proposals([one], "accepted")
        return report(context, Outcome())

    def _decided(self, context: Context, one: Waiting) -> tuple[World, Match]:
        """The use that is meant, and what of the world it touches."""
        session, day = context.session, context.today
        customer = find_customer(session, self.customer) if self.customer else None
        if self.invoices:
            numbers = [told.partition("=")[0].strip() for told in self.invoices]
            ids = matchable.instalments_of(session, numbers)
            small = World(matchable.open_documents(session, day, ids), {}, [], {})
            return small, self._told(small, one, customer)
        if customer is not None:
            everything = matchable.world(session, day)
            return everything, self._theirs(everything, one, customer.root_id or customer.id)
        match = self._proposed(context, one)
        return World(matchable.open_documents(session, day, sorted(items_of(match))), {}, [], {}), match

    def _proposed(self, context: Context, one: Waiting) -> Match:
        proposal = open_about(context.session, one.subject)
        found = candidates_of(context.session, [proposal.id]).get(proposal.id, []) if proposal else []
        if len(found) < self.candidate:
            raise NotFound(
                _("No use number {number} is proposed for it.").format(number=self.candidate),
                next_step=_("Say which invoices it pays, or which customer it is from."),
            )
        return found[self.candidate - 1]

    def _told(self, everything: World, one: Waiting, customer: Customer | None) -> Match:
        """What a person names, one invoice after the other."""
        uses = self._told_uses(everything, one, customer)
        owners = {everything.items[item].customer_id for item, _cents in uses}
        owner = owners.pop() if len(owners) == 1 else None
        rest = one.money.cents - sum(cents for _item, cents in uses)
        short = sum(everything.items[item].open_cents - cents for item, cents in uses)
        residual = Residual.PARTIAL if short else Residual.NONE
        if self.reason:
            residual = Residual(self.reason)
        elif rest:
            residual = Residual.OVERPAYMENT
        told = -rest if rest else short
        return Match(owner, uses, (), told, residual, 1.0, Rule.REFERENCE, _("Chosen by a person."), told == 0)

    def _theirs(self, everything: World, one: Waiting, owner: int) -> Match:
        """The best use of money whose customer is named: what the matching finds, else the order of the law."""
        matcher = Matcher(everything.items.values(), everything.payers.values(), everything.learned, everything.leeway)
        money = replace(one.money, customer_id=owner)
        answer = matcher.propose(money)
        if answer.committed is not None:
            return answer.committed
        best = next((match for match in answer.candidates if match.customer_id == owner), None)
        if best is not None and best.residual_reason in (Residual.NONE, *_WRITTEN_OFF):
            return best
        theirs = [item for item in everything.items.values() if item.customer_id == owner]
        theirs = [item for item in theirs if item.currency == money.currency]
        uses = impute(theirs, max(0, money.cents), money.date)
        return by_hand(one, owner, uses, everything.items, named_invoice=False)

    def _told_uses(self, everything: World, one: Waiting, customer: Customer | None) -> tuple[tuple[int, int], ...]:
        left = one.money.cents
        uses: list[tuple[int, int]] = []
        for told in self.invoices:
            number, sign, amount = (part.strip() for part in told.partition("="))
            items = [item for item in everything.items.values() if item.number == number and item.open_cents > 0]
            if not items:
                raise NotFound(_("Nothing is open on invoice {number}.").format(number=number))
            self._refuse_foreign(items[0], one, customer)
            wanted = Money.parse(amount, one.money.currency).cents if sign else None
            for item in sorted(items, key=lambda item: (item.due_date, item.id)):
                cents = min(item.open_cents, left, item.open_cents if wanted is None else wanted)
                wanted = None if wanted is None else wanted - cents
                left -= cents
                if cents > 0:
                    uses.append((item.id, cents))
            refuse_if(
                bool(wanted),
                _("Less than {amount} is open on invoice {number}, or left of the money.").format(
                    amount=amount, number=number
                ),
            )
        refuse_if(not uses, _("Nothing of this money is left for it."))
        return tuple(uses)

    @staticmethod
    def _refuse_foreign(item: OpenItem, one: Waiting, customer: Customer | None) -> None:
        refuse_if(
            item.currency != one.money.currency,
            _("Invoice {number} is in {currency}.").format(number=item.number, currency=item.currency),
        )
        if customer is not None and item.customer_id != (customer.root_id or customer.id):
            raise Refused(_("Invoice {number} is not {name}'s.").format(number=item.number, name=customer.name))

    def _check(self, everything: World, one: Waiting, match: Match) -> None:
        """What was proposed may have been settled since.

        Raises:
            Refused: it was.
        """
        items = everything.items
        used: dict[int, int] = {}
        for item, cents in match.allocations:
            used[item] = used.get(item, 0) + cents
        for use in match.credits:
            used[use.item_id] = used.get(use.item_id, 0) + use.cents
            used[use.credit_id] = used.get(use.credit_id, 0) - use.cents
        gone = [item for item, cents in used.items() if item not in items or abs(items[item].open_cents) < abs(cents)]
        refuse_if(
            bool(gone),
            _("What it would pay has been settled since: {numbers}.").format(
                numbers=", ".join(items[item].number for item in gone if item in items)
            ),
            _("Match anew: crm match-payments."),
        )
        opened = [item for item, cents in match.reopens if items[item].total_cents - items[item].open_cents < cents]
        refuse_if(
            bool(opened),
            _("Not so much of it is settled that it could be taken back: {numbers}.").format(
                numbers=", ".join(items[item].number for item in opened)
            ),
        )
        spent = sum(cents for _item, cents in match.allocations)
        refuse_if(abs(spent) > abs(one.money.cents), _("More would be used than there is."))

    def _decisions(self, everything: World, match: Match) -> dict[int, Left] | None:
        """What becomes of what stays short: a reason that is told, or accepted with the candidate, writes it off."""
        reason = Residual(self.reason) if self.reason else match.residual_reason
        if reason not in ENTRIES or match.residual_cents < 0:
            return None
        decision = KEEP_OPEN if self.keep_open or reason not in _WRITTEN_OFF else WRITE_OFF
        found: dict[int, Left] = {}
        for item, _cents in match.allocations:
            taken = sum(cents for used, cents in match.allocations if used == item)
            taken += sum(use.cents for use in match.credits if use.item_id == item)
            short = everything.items[item].open_cents - taken
            if short > 0:
                found[item] = Left(item, short, reason, decision)
        return found


class SettleDifference(Action[MatchReport]):
    """Write off what a payment left open of an invoice, with its reason."""

    effect = Effect.WRITE

    invoice: str = Field(min_length=1, description="Invoice number")
    reason: Literal["discount", "bank_fee", "rounding"] = Field(description="discount, bank_fee, rounding")

    def perform(self, context: Context) -> MatchReport:
        """Write it off; the entry for it is proposed to the accountant.

        Raises:
            NotFound: no such invoice.
            Refused: nothing is open, or nothing has been paid of it: that is no difference.
        """
        _customer, invoice = named(context.session, None, self.invoice)
        everything = matchable.world(context.session, context.today)
        number = invoice.number if invoice else self.invoice
        items = [item for item in everything.items.values() if item.number == number]
        short = [item for item in items if item.open_cents > 0]
        refuse_if(not short, _("Nothing is open on invoice {number}.").format(number=number))
        paid = {item: receipt for receipt in everything.receipts for item, _cents in receipt.uses}
        refuse_if(
            any(item.id not in paid for item in short),
            _("Nothing has been paid of invoice {number} yet.").format(number=number),
        )
        settling = Settling(context, everything)
        for item in short:
            receipt = paid[item.id]
            left = Left(item.id, item.open_cents, Residual(self.reason), WRITE_OFF)
            settling.leave(receipt.id // 2, receipt.date, item.currency, left)
        settling.close()
        return report(context, settling.outcome)


ACTIONS = (MatchPayments, ConfirmMatch, SettleDifference)
