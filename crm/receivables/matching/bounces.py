"""Money that goes back: a rejected direct debit, a bounced cheque, a refund. Which receipt, or which credit note, it takes back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crm.core.i18n import _
from crm.receivables.matching.differences import roundness
from crm.receivables.matching.facts import Match, Money, OpenItem, Proposal, Receipt, Residual, Rule
from crm.receivables.matching.learning import name_pattern, payer_key
from crm.receivables.matching.writing import compact

_BOUNCED = re.compile(
    r"\b(REJET\w*|REJ|REJETE\w*|IMPAYE\w*|IMP PRLV|RETOUR (PRLV|PRELEVEMENT|VIR\w*|CHQ|CHEQUE)|PRLV RETOURNE|CHQ RETOURNE|CHEQUE RETOURNE|CONTRE ?PASS\w*|"
    r"R-TRANSACTION|RETURN|REVERSAL|ANNULATION (VIR|PRLV)\w*|AC0[146]|AM04|MD0[167]|MS0[23]|SANS PROVISION|OPPOSITION)\b"
)
_ITS_FEE = re.compile(
    r"\b(FRAIS|COMMISSIONS?|COMM?|COTISATION)\b( (SUR|DE|D|DU|POUR))* ?(REJET|REJ|IMPAYE|IMP|RETOUR|OPPOSITION|PRLV|PRELEVEMENT|CHQ|CHEQUE)"
)
"""What the bank takes for it is no payment that comes back."""
_REFUND = re.compile(r"\b(REMB\w*|REMBOURSEMENT|TROP PERCU|AVOIR|REFUND|RESTITUTION)\b")
_LATEST = timedelta(days=400)
"""A direct debit may be taken back for thirteen months."""
_USUAL = timedelta(days=75)
_PAYEE = 0.6
"""How surely the payee of a refund must be known."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An earlier receipt that a line may take back, and how surely."""

    receipt: Receipt
    weight: float


def receipt_of(money: Money, match: Match | None, *, made: bool) -> Receipt:
    """A payment as something that may bounce, with what it was used for; a match not made only tells whose it may be."""
    customer_id = match.customer_id if match is not None else money.customer_id
    uses = match.allocations if match is not None and made else ()
    return Receipt(
        money.id,
        money.date,
        money.cents,
        money.currency,
        customer_id,
        money.counterparty_iban,
        money.end_to_end_id,
        uses,
        payer_key(money),
    )


def is_bounce(money: Money, text: str) -> bool:
    """Whether a line takes an earlier receipt back: the bank says so, or its words do."""
    told = _BOUNCED.search(text) is not None and _ITS_FEE.search(text) is None
    return money.cents < 0 and (money.reversal or told)


def is_refund(text: str) -> bool:
    """Whether the words of an outgoing line speak of a refund."""
    return _REFUND.search(text) is not None


class ReceiptIndex:
    """Earlier receipts by amount."""

    def __init__(self, receipts: Iterable[Receipt]) -> None:
        self._by_amount: dict[tuple[str, int], list[Receipt]] = {}
        for receipt in receipts:
            self.add(receipt)

    def add(self, receipt: Receipt) -> None:
        """One more receipt."""
        self._by_amount.setdefault((receipt.currency, receipt.cents), []).append(receipt)

    def taken_back(self, money: Money, customers: dict[int, float], named: Sequence[int]) -> list[TakenBack]:
        """The receipts of the same amount that came before, the likeliest first."""
        found = []
        iban = compact(money.counterparty_iban)
        said = frozenset(name_pattern(f"{money.label} {money.counterparty_name}").split())
        for receipt in self._by_amount.get((money.currency, -money.cents), ()):
            age = money.date - receipt.date
            if age < timedelta(0) or age > _LATEST:
                continue
            weight = 1.0 if age <= _USUAL else 0.2
            if money.end_to_end_id and money.end_to_end_id == receipt.end_to_end_id:
                weight *= 1_000
            if iban and iban == compact(receipt.counterparty_iban):
                weight *= 100
            sure = customers.get(receipt.customer_id, 0.0) if receipt.customer_id is not None else 0.0
            if receipt.name and said.issuperset(name_pattern(receipt.name).split()):
                sure = 1.0
            weight *= 1 + 300 * sure
            if set(named) & {item for item, _cents in receipt.uses}:
                weight *= 1_000
            found.append(TakenBack(receipt, weight))
        return sorted(found, key=lambda back: (-back.weight, -back.receipt.date.toordinal(), back.receipt.id))


_ENOUGH = 20.0
"""How much likelier than the next a receipt must be to be taken back without asking."""


def bounce_of(money: Money, backs: Sequence[TakenBack], named: Sequence[OpenItem]) -> Proposal:
    """Which receipt a rejected line takes back; without one, the named items that it reopens."""
    if not backs:
        reopened = tuple((item.id, min(-money.cents, item.total_cents)) for item in named if item.total_cents > 0)
        why = _("A rejected payment: its receipt is not known.")
        candidates = tuple(
            _bounced(money, item_id_customer, (pair,), None, 0.5, why)
            for pair, item_id_customer in zip(reopened, (item.customer_id for item in named), strict=False)
        )
        return Proposal(candidates=candidates[:3], why_not=why)
    whole = sum(back.weight for back in backs) + 1
    candidates = tuple(
        _bounced(
            money,
            back.receipt.customer_id,
            back.receipt.uses,
            back.receipt.id,
            round(min(0.9999, back.weight / whole), 4),
            _("Takes back the receipt of {day}.").format(day=back.receipt.date.strftime("%d/%m/%Y")),
        )
        for back in backs[:3]
    )
    alone = len(backs) == 1 and roundness(money.cents) == 1 and money.date - backs[0].receipt.date <= _USUAL
    sure = alone or (backs[0].weight > 100 and (len(backs) == 1 or backs[0].weight > _ENOUGH * backs[1].weight))
    return Proposal(
        candidates[0] if sure else None,
        candidates,
        why_not="" if sure else _("Several receipts may be the one that is taken back."),
    )


def _bounced(
    money: Money,
    customer_id: int | None,
    uses: tuple[tuple[int, int], ...],
    receipt: int | None,
    certainty: float,
    why: str,
) -> Match:
    return Match(customer_id, (), (), 0, Residual.NONE, certainty, Rule.BOUNCE, why, receipt is not None, receipt, uses)


def refund_of(
    money: Money, notes: Sequence[tuple[OpenItem, int]], customers: dict[int, float], named: frozenset[int]
) -> Proposal | None:
    """Which open credit notes outgoing money pays back; None when none has its amount and a payee that is known or named."""
    fitting = [
        (customers.get(item.customer_id, 0.0) + (item.id in named), item)
        for item, cents in notes
        if cents == money.cents and (item.id in named or customers.get(item.customer_id, 0.0) >= _PAYEE)
    ]
    if not fitting:
        return None
    fitting.sort(key=lambda pair: (-pair[0], pair[1].issue_date, pair[1].id))
    candidates = tuple(
        Match(
            item.customer_id,
            ((item.id, money.cents),),
            (),
            0,
            Residual.NONE,
            round(min(0.99, strength / (len(fitting) + 0.01)), 4),
            Rule.REFUND,
            _("Pays back credit note {number}.").format(number=item.number),
            True,
        )
        for strength, item in fitting[:3]
    )
    sure = len(fitting) == 1 and fitting[0][0] >= _PAYEE + 1
    return Proposal(candidates[0] if sure else None, candidates)
