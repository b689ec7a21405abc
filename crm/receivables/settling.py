"""A run of the matching over money that waits: what is certain is written, what is doubtful proposed, the rest told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from crm.core.i18n import _
from crm.core.proposals import close as close_proposal
from crm.core.runner import Context
from crm.receivables.fec.state import SOURCE as BOOKS
from crm.receivables.lettered import KEEP_OPEN, WORTH_A_ROW, WRITE_OFF, Left, Lettering, Posting
from crm.receivables.matchable import Unlinked, Waiting, World
from crm.receivables.matching import batch
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Aside, CreditUse, Match, Money, OpenItem, Proposal, Residual
from crm.receivables.models import BankLine, Payment
from crm.receivables.proposing import open_about, propose_all

_METHODS = re.compile(
    r"\b(?:(?P<check>ch[eè]ques?|chqs?)|(?P<direct_debit>pr[eé]l[eè]vements?|prlv)|(?P<card>cb|cartes?)|(?P<cash>esp[eè]ces)"
    r"|(?P<bill_of_exchange>lcr|traite|effets?)|(?P<transfer>vir|virements?|virt|sepa|sct))\b",
    re.IGNORECASE,
)
"""The first word of a label that says how money came in."""
_WITHIN_DAYS = 10
"""Money recorded otherwise and a bank line of the same amount so near are probably the same."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One way in which money was used, or may be."""

    waiting: Waiting
    match: Match
    customer_id: int | None
    invoices: tuple[tuple[str, int], ...]
    """Number and cents: what settles an invoice, negative for a credit note that is used."""
    code: str = ""
    why_not: str = ""
    rank: int = 1


@dataclass(slots=True)
class Outcome:
    """What became of all the money looked at."""

    matched: list[Settled] = field(default_factory=list)
    proposed: list[Settled] = field(default_factory=list)
    """The best use of each; further ones have a rank above 1."""
    aside: list[tuple[Waiting, Aside]] = field(default_factory=list)
    unmatched: list[Waiting] = field(default_factory=list)


class Settling:
    """One run. Give it the world, then settle what waits, or what a person decided."""

    def __init__(self, context: Context, world: World) -> None:
        self._context = context
        self._world = world
        self._letters = Lettering(context, world.items)
        self._made: dict[int, list[int]] = {}
        """Key of money → the payments made of it."""
        self._named: list[tuple[Settled, int]] = []
        self._owners: list[tuple[int, int]] = []
        self.outcome = Outcome()

    def all(self, only_customer: int | None = None) -> Outcome:
        """Everything that waits, or what of it is one customer's."""
        world, context = self._world, self._context
        matcher = Matcher(world.items.values(), world.payers.values(), world.learned, world.leeway, world.receipts)
        self._link_recorded()
        self._link_booked(matcher)
        found = batch.settle(
            matcher,
            [one.money for one in world.waiting.values()],
            lambda done, total: context.progress(_("payments"), done, total),
        )
        doubtful: list[tuple[Waiting, Sequence[Match], str]] = []
        decided: list[str] = []
        taken_back = {
            answer.committed.reverses for answer in found.values() if answer.committed and answer.committed.reverses
        }
        for key in sorted(found, key=lambda key: (world.waiting[key].money.cents < 0, key)):
            one, answer = world.waiting[key], self._careful(world.waiting[key], found[key])
            if only_customer is not None and not _concerns(answer, only_customer, world.items):
                continue
            if answer.committed is not None:
                self.use(one, answer.committed)
                decided.append(one.subject)
            elif answer.set_aside is not None:
                self.outcome.aside.append((one, answer.set_aside))
                decided.append(one.subject)
            elif key in taken_back:
                decided.append(one.subject)
            elif answer.candidates:
                doubtful.append((one, answer.candidates, answer.why_not))
                self._propose(one, answer)
            else:
                self.outcome.unmatched.append(one)
        self.close()
        self._set_aside()
        propose_all(context, doubtful, decided)
        return self.outcome

    def _link_recorded(self) -> None:
        """A payment that was recorded before its bank line came, and that the line names, is that line."""
        payments: dict[tuple[str, int, str], list[int]] = {}
        for payment in self._world.unlinked:
            payments.setdefault((payment.currency, payment.cents, payment.reference), []).append(payment.id)
        links = []
        for key, one in list(self._world.waiting.items()):
            if one.line_id is None:
                continue
            for name in dict.fromkeys((one.reference, one.money.end_to_end_id)):
                known = payments.get((one.money.currency, one.money.cents, name))
                if name and known:
                    links.append((known.pop(), one.line_id))
                    del self._world.waiting[key]
                    break
        if links:
            self._context.update_many(Payment, ("bank_line_id",), links)

    def _link_booked(self, matcher: Matcher) -> None:
        """A line of a customer whose payment the books brought in already, near that day and of that amount, is that payment.

        A line that cites what is still open is another one.
        """
        booked: dict[tuple[int | None, str, int], list[Unlinked]] = {}
        for payment in self._world.unlinked:
            if payment.source == BOOKS and payment.owner is not None:
                booked.setdefault((payment.owner, payment.currency, payment.cents), []).append(payment)
        amounts = {(currency, cents) for _owner, currency, cents in booked}
        links = []
        for key, one in sorted(self._world.waiting.items()):
            money = one.money
            if one.line_id is None or money.cents <= 0 or (money.currency, money.cents) not in amounts:
                continue
            near = [
                payment
                for payment in booked.get((matcher.payer_of(money), money.currency, money.cents), ())
                if abs((payment.received - money.date).days) <= _WITHIN_DAYS
            ]
            committed = matcher.propose(money).committed if near else None
            cites_open = (
                committed is not None and committed.allocations and committed.rule.value.startswith("reference")
            )
            if near and not cites_open:
                meant = min(near, key=lambda payment: (abs((payment.received - money.date).days), payment.id))
                booked[meant.owner, meant.currency, meant.cents].remove(meant)
                links.append((meant.id, one.line_id))
                del self._world.waiting[key]
        if links:
            self._context.update_many(Payment, ("bank_line_id",), links)
            linked = {payment_id for payment_id, _line in links}
            self._world.unlinked = [payment for payment in self._world.unlinked if payment.id not in linked]

    def _careful(self, one: Waiting, answer: Proposal) -> Proposal:
        """What a person took apart or up again, and what may be recorded twice, is never decided without asking."""
        match = answer.committed
        if one.taken_apart and answer.set_aside is not None:
            return Proposal()
        if match is None:
            return answer
        if one.taken_apart:
            return replace(answer, committed=None, why_not=_("An earlier match of it was taken back."))
        if one.line_id is not None and one.money.cents > 0 and self._recorded(one.money, match.customer_id):
            return replace(
                answer, committed=None, why_not=_("A payment of this amount is recorded already: it may be this one.")
            )
        return answer

    def _recorded(self, money: Money, customer_id: int | None) -> bool:
        return any(
            receipt.cents == money.cents
            and receipt.currency == money.currency
            and receipt.customer_id == customer_id
            and abs((receipt.date - money.date).days) <= _WITHIN_DAYS
            and receipt.id in self._world.without_line
            for receipt in self._world.receipts
        )

    def use(self, one: Waiting, match: Match, decisions: Mapping[int, Left] | None = None) -> None:
        """Write one use down; `decisions` say what becomes of what stays short, by instalment."""
        if match.reverses is not None or match.reopens:
            self._take_back(one, match)
            return
        shares = self._shares(match)
        for owner, (uses, notes) in shares.items():
            cents = one.money.cents if len(shares) == 1 else sum(cents for _item, cents in uses)
            payment_id = self._payment(one, owner, cents)
            left = self._left(match, uses, notes, decisions)
            posting = Posting(payment_id, one.money.date, one.money.currency, uses, notes, left, match.rule.value)
            self._letters.post(posting)
            told = Settled(one, match, owner, _invoices(uses, notes, self._world.items))
            self._named.append((told, payment_id))

    def keep(self, one: Waiting, customer_id: int) -> None:
        """Money whose customer is known, and nothing of its use."""
        self._payment(one, customer_id, one.money.cents)
        self.outcome.unmatched.append(one)

    def leave(self, payment_id: int, received: date, currency: str, left: Left) -> None:
        """Decide about a difference that an earlier payment left."""
        self._letters.post(Posting(payment_id, received, currency, (), (), (left,), left.reason.value))

    def _shares(self, match: Match) -> dict[int | None, tuple[tuple[tuple[int, int], ...], tuple[CreditUse, ...]]]:
        """The uses of a match by whose they are: a payment is one customer's."""
        if match.customer_id is not None or not match.allocations:
            return {match.customer_id: (match.allocations, match.credits)}
        items = self._world.items
        owners = dict.fromkeys(items[item].customer_id for item, _cents in match.allocations)
        return {
            owner: (
                tuple(use for use in match.allocations if items[use[0]].customer_id == owner),
                tuple(use for use in match.credits if items[use.item_id].customer_id == owner),
            )
            for owner in owners
        }

    def _payment(self, one: Waiting, customer_id: int | None, cents: int, reverses: int | None = None) -> int:
        """The payment that money is, made of its bank line where it is none yet."""
        if one.payment_id is not None:
            if one.money.customer_id is None and customer_id is not None:
                self._owners.append((one.payment_id, customer_id))
            return one.payment_id
        made = self._made.setdefault(one.money.id, [])
        key = self._letters.payment(
            reference=one.reference,
            source=one.source,
            source_key=one.fingerprint if one.line_id is None else f"{one.fingerprint}/{one.line_id}/{len(made) + 1}",
            customer_id=customer_id,
            received=one.money.date,
            currency=one.money.currency,
            cents=cents,
            method=one.money.method or method_of(one.money.label),
            label=one.money.label,
            bank_line_id=one.line_id,
            reverses_id=reverses,
        )
        made.append(key)
        return key

    def _take_back(self, one: Waiting, match: Match) -> None:
        """A payment bounced: money that went out takes its uses back, and what it settled is owed from its original due date."""
        reverses = self._taken_back(match)
        payment_id = self._payment(one, match.customer_id, one.money.cents, reverses)
        uses = tuple((item, -cents) for item, cents in match.reopens)
        self._letters.post(Posting(payment_id, one.money.date, one.money.currency, uses, rule=match.rule.value))
        told = Settled(one, match, match.customer_id, _invoices(uses, (), self._world.items))
        self._named.append((told, payment_id))

    def _taken_back(self, match: Match) -> int | None:
        """The payment that a match takes back; one that was not yet made of its bank line is made now."""
        if match.reverses is None:
            return None
        if match.reverses % 2:
            return match.reverses // 2
        made = self._made.get(match.reverses)
        if made:
            return made[0]
        receipt = self._world.waiting[match.reverses]
        return self._payment(receipt, match.customer_id, receipt.money.cents)

    def _left(
        self,
        match: Match,
        uses: Sequence[tuple[int, int]],
        notes: Sequence[CreditUse],
        decisions: Mapping[int, Left] | None,
    ) -> tuple[Left, ...]:
        """What stays short of each item, with its reason; without a decision, only cents of rounding are written off."""
        if decisions is not None:
            return tuple(decisions.values())
        reason = match.residual_reason
        if reason not in WORTH_A_ROW:
            return ()
        if match.residual_cents < 0:
            return (Left(None, match.residual_cents, reason, KEEP_OPEN),)
        small = reason is Residual.ROUNDING and match.residual_cents <= self._world.leeway.rounding_cents
        found = []
        for item, _cents in uses:
            taken = sum(cents for used, cents in uses if used == item)
            taken += sum(use.cents for use in notes if use.item_id == item)
            short = self._world.items[item].open_cents - self._letters.moved(("item", item)) - taken
            if short > 0:
                found.append(Left(item, short, reason, WRITE_OFF if small else KEEP_OPEN))
        return tuple(found)

    def taken(self, item_id: int) -> int:
        """What this run has used of an item already."""
        return self._letters.moved(("item", item_id))

    def close_proposals(self, money: Iterable[Waiting], outcome: str = "withdrawn") -> None:
        """What was proposed for money that is decided waits no longer."""
        for one in money:
            if (row := open_about(self._context.session, one.subject)) is not None:
                close_proposal(row, self._context.now, outcome, _("It has been settled."))
                self._context.session.add(row)

    def close(self) -> None:
        """Write everything that was used, and give it its codes."""
        codes = self._letters.close()
        if self._owners:
            self._context.update_many(Payment, ("customer_id",), self._owners)
        self.outcome.matched = [replace(told, code=codes.get(payment_id, "")) for told, payment_id in self._named]

    def _set_aside(self) -> None:
        lines = [(one.line_id, kind.value) for one, kind in self.outcome.aside if one.line_id is not None]
        if lines:
            self._context.update_many(BankLine, ("aside",), lines)

    def _propose(self, one: Waiting, answer: Proposal) -> None:
        for rank, match in enumerate(answer.candidates, start=1):
            uses = match.allocations or tuple((item, -cents) for item, cents in match.reopens)
            told = _invoices(uses, match.credits, self._world.items)
            self.outcome.proposed.append(
                Settled(one, match, match.customer_id, told, why_not=answer.why_not, rank=rank)
            )


def _concerns(answer: Proposal, customer_id: int, items: Mapping[int, OpenItem]) -> bool:
    """Whether what was found for money is about a customer."""
    found = (answer.committed,) if answer.committed is not None else answer.candidates
    return any(
        match.customer_id == customer_id
        or any(items[item].customer_id == customer_id for item, _cents in match.allocations)
        for match in found
    )


def _invoices(
    uses: Iterable[tuple[int, int]], notes: Iterable[CreditUse], items: Mapping[int, OpenItem]
) -> tuple[tuple[str, int], ...]:
    """What each document is settled by: number and cents."""
    told: dict[str, int] = {}
    for item, cents in uses:
        told[items[item].number] = told.get(items[item].number, 0) + cents
    for use in notes:
        told[items[use.item_id].number] = told.get(items[use.item_id].number, 0) + use.cents
        told[items[use.credit_id].number] = told.get(items[use.credit_id].number, 0) - use.cents
    return tuple(told.items())


def method_of(label: str) -> str:
    """How money came in, from the bank's words; empty where they do not say."""
    found = _METHODS.search(label)
    return (found.lastgroup or "") if found else ""
