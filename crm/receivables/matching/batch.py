"""Many lines at once: each as if it were alone, then together, so that one invoice is paid once.

The outcome does not depend on the order in which the lines are given. What is named by number is settled before what is
only inferred, the earlier payment before the later; what one line settles is no longer open for the others. The names and
accounts of payers who named their invoices are known for the lines that name nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from crm.receivables.matching.differences import roundness
from crm.receivables.matching.engine import BEST, Matcher
from crm.receivables.matching.evidence import Doubt
from crm.receivables.matching.facts import Match, Money, Proposal, Residual, Rule
from crm.receivables.matching.learning import payer_key
from crm.receivables.matching.sentences import why_not
from crm.receivables.matching.vocabulary import INTERMEDIARIES
from crm.receivables.matching.writing import compact

Progress = Callable[[int, int], None]
_ROUNDS = 5
_GUESS = 0.1
_BY_NUMBER = (
    Rule.REFERENCE,
    Rule.REFERENCE_SOME,
    Rule.REFERENCE_DIFFERENCE,
    Rule.REFERENCE_PARTIAL,
    Rule.REFERENCE_OVER,
)
_BY_AMOUNT = (
    Rule.AMOUNT_SINGLE,
    Rule.AMOUNT_ALL,
    Rule.AMOUNT_DUE,
    Rule.AMOUNT_MONTH,
    Rule.AMOUNT_OLDEST,
    Rule.AMOUNT_RUN,
    Rule.AMOUNT_DIFFERENCE,
    Rule.AMOUNT_SUM,
)
_TURN = {rule: 0 if rule in _BY_NUMBER else turn for turn, rule in enumerate((*_BY_NUMBER, *_BY_AMOUNT))}
_BY_ANYBODY = (Rule.AMOUNT_ONLY, Rule.REMITTANCE)
_LEAN = 3
"""So many lines of one sender that name one customer's invoices to the cent outweigh what its name looks like."""
_MOST_OF_ACCOUNT = 4
"""An account that pays for more customers is an agent's, and tells nothing."""
_ALIKE = 2
"""So many documents of one customer, each of an amount that nothing else has, paid by one sender prove whose it is."""
_TEACHES = (Rule.REFERENCE, Rule.REFERENCE_SOME, Rule.REFERENCE_DIFFERENCE)


class Batch:
    """The lines of a run and what was found for each."""

    def __init__(self, matcher: Matcher, lines: Iterable[Money], progress: Progress | None = None) -> None:
        self._matcher = matcher
        self._lines = sorted(lines, key=lambda money: (money.date, money.id))
        self._progress = progress
        self._asked = 0
        self._senders: dict[int, list[tuple[str, str]]] = {}
        self.outcome: dict[int, Proposal] = {}

    def run(self) -> dict[int, Proposal]:
        """The proposal of every line, by its id; what is committed is used up in the matcher."""
        self._settle([money for money in self._lines if money.cents >= 0])
        self._settle(self._take_back())
        self._spread()
        return self.outcome

    def _settle(self, asking: Sequence[Money]) -> None:
        for round_ in range(_ROUNDS):
            for money in asking:
                self._ask(money)
            if round_ > 0:
                self._hold_contended(asking)
            touched, late = self._make(asking)
            asking = self._to_ask_again(touched, late, self._learn())
            if not asking:
                break

    def _take_back(self) -> list[Money]:
        """Answer the lines that went out, now that the receipts are known; the lines that what they reopen may concern."""
        for money in self._lines:
            if money.cents > 0 and self.outcome[money.id].committed is None:
                self._matcher.receive(money, next(iter(self.outcome[money.id].candidates), None))
        out = [money for money in self._lines if money.cents < 0]
        reopened: set[int] = set()
        for money in out:
            self._ask(money)
            match = self.outcome[money.id].committed
            if match is not None:
                self._matcher.use(match, money)
                reopened |= self._matcher.customers_of(match)
        unsaid = {
            money.id for money in self._lines if reopened and money.cents > 0 and not _answered(self.outcome[money.id])
        }
        return self._to_ask_again(reopened, unsaid, set())

    def _ask(self, money: Money) -> None:
        self.outcome[money.id] = self._matcher.propose(money)
        self._asked += 1
        if self._progress is not None and self._asked <= len(self._lines):
            self._progress(self._asked, len(self._lines))

    def _make(self, asked: Sequence[Money]) -> tuple[set[int], set[int]]:
        """Use up what is certain: numbers before amounts, early before late. Customers touched, and lines that came too late."""
        certain = [(money, match) for money in asked if (match := self.outcome[money.id].committed) is not None]
        certain.sort(key=lambda pair: (_TURN.get(pair[1].rule, 0), pair[0].date, pair[0].id))
        touched: set[int] = set()
        late: set[int] = set()
        for money, match in certain:
            if self._matcher.holds(match):
                self._matcher.use(match, money)
                touched.update(self._matcher.customers_of(match))
            else:
                late.add(money.id)
        return touched, late

    def _hold_contended(self, asked: Sequence[Money]) -> None:
        """What was only inferred from what is left over waits, while another undecided line may be for the same."""
        wanted: Counter[int] = Counter()
        by_somebody: Counter[int] = Counter()
        for money in self._lines:
            answer = self.outcome.get(money.id)
            if answer is not None and answer.committed is None:
                wanting = [match for match in answer.candidates if _wants(match)]
                wanted.update({item for match in wanting for item, _cents in match.allocations})
                by_somebody.update(
                    {item for match in wanting if match.rule in _BY_ANYBODY for item, _cents in match.allocations}
                )
        for money in asked:
            answer = self.outcome[money.id]
            match = answer.committed
            if (
                match is not None
                and match.rule in _BY_AMOUNT
                and any(
                    wanted[item] > (by_somebody[item] if match.evidence.get("payer_sure") else 0)
                    for item, _cents in match.allocations
                )
            ):
                self.outcome[money.id] = replace(answer, committed=None, why_not=why_not(Doubt.SEVERAL))

    def _learn(self) -> set[tuple[str, str]]:
        """Accounts and names of payers who named their invoices exactly, where all such lines agree; what is new of it."""
        owners: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        leaning: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        owing: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
        for money in self._lines:
            answer = self.outcome.get(money.id)
            match = next(iter(answer.candidates), None) if answer is not None else None
            if answer is None or match is None or match.customer_id is None:
                continue
            if _speaks_by_amount(money, match):
                for key in self._identities(money):
                    owing[key].add((match.customer_id, min(item for item, _cents in match.allocations)))
            if match.rule not in _TEACHES:
                continue
            if answer.committed is not None and match.residual_reason is not Residual.PARTIAL:
                taught = owners
            elif answer.committed is None and match.residual_reason is Residual.NONE and match.rule is Rule.REFERENCE:
                taught = leaning
            else:
                continue
            for key in self._identities(money):
                taught[key][match.customer_id] += 1
        agreed = self._agreed(owners, leaning)
        for key, customer_id in self._agreed_by_amounts(owing).items():
            if key not in owners:
                agreed.setdefault(key, customer_id)
        news = self._matcher.hear(agreed)
        for key, count in sorted(owners.items()):
            if key[0] == "iban" and 1 < len(count) <= _MOST_OF_ACCOUNT:
                for customer_id in sorted(count):
                    news |= self._matcher.hear({key: customer_id})
        return news

    def _agreed_by_amounts(self, owing: dict[tuple[str, str], set[tuple[int, int]]]) -> dict[tuple[str, str], int]:
        """Senders of whom several lines have each just what one document of one customer alone comes to: no chance does that."""
        agreed: dict[tuple[str, str], int] = {}
        for key, found in owing.items():
            customers = {customer_id for customer_id, _item in found}
            if len(customers) == 1 and len(found) >= _ALIKE and self._enough(key, next(iter(customers)), len(found)):
                agreed[key] = next(iter(customers))
        return agreed

    def _agreed(
        self, owners: dict[tuple[str, str], Counter[int]], leaning: dict[tuple[str, str], Counter[int]]
    ) -> dict[tuple[str, str], int]:
        """Senders of whom all lines speak alike: by what was committed, or by several exact numbers that one doubt held back."""
        agreed: dict[tuple[str, str], int] = {}
        for key, count in owners.items():
            if len(count) == 1 and self._enough(key, *next(iter(count.items()))):
                agreed[key] = next(iter(count))
        for key, count in leaning.items():
            both = count + owners.get(key, Counter())
            if len(both) == 1 and both.total() >= _LEAN and self._enough(key, *next(iter(both.items()))):
                agreed.setdefault(key, next(iter(both)))
        return agreed

    def _enough(self, key: tuple[str, str], customer_id: int, lines: int) -> bool:
        """Whether so many lines prove a sender: a name quite unlike the customer's must be seen twice, who pays for many never."""
        kind, name = key
        if kind == "iban":
            return True
        if not INTERMEDIARIES.isdisjoint(name.split()):
            return False
        return lines > 1 or self._matcher.resembles(name, customer_id)

    def _identities(self, money: Money) -> list[tuple[str, str]]:
        """What tells the payer of a line again: its account, its name."""
        known = self._senders.get(money.id)
        if known is None:
            found = [("iban", compact(money.counterparty_iban)), ("name", payer_key(money))]
            known = self._senders[money.id] = [key for key in found if key[1]]
        return known

    def _to_ask_again(self, touched: set[int], late: set[int], taught: set[tuple[str, str]]) -> list[Money]:
        again = []
        for money in self._lines:
            if money.cents <= 0:
                continue
            answer = self.outcome[money.id]
            if money.id in late:
                again.append(money)
            elif answer.committed is None and answer.set_aside is None:
                concerned = any(self._matcher.customers_of(match) & touched for match in answer.candidates)
                if concerned or (taught and any(key in taught for key in self._identities(money))):
                    again.append(money)
        return again

    def _spread(self) -> None:
        """Undecided lines that ask for the same: the earlier gets the older first, so that proposals do not all name one."""
        claimed: Counter[int] = Counter()
        open_lines = [money for money in self._lines if self._undecided(self.outcome[money.id])]
        for money in open_lines:
            claimed.update(
                {item for match in self.outcome[money.id].candidates[:1] for item, _cents in match.allocations}
            )
        lent: list[Match] = []
        for money in open_lines:
            answer = self.outcome[money.id]
            if not any(claimed[item] > 1 for item, _cents in answer.candidates[0].allocations):
                continue
            fresh = self._matcher.propose(money).candidates
            self.outcome[money.id] = replace(answer, candidates=_merged(fresh, answer.candidates))
            if fresh and self._matcher.holds(fresh[0]):
                self._matcher.lend(fresh[0])
                lent.append(fresh[0])
        for match in reversed(lent):
            self._matcher.give_back(match)

    def _undecided(self, answer: Proposal) -> bool:
        return (
            answer.committed is None
            and bool(answer.candidates)
            and answer.candidates[0].rule in _BY_AMOUNT
            and bool(answer.candidates[0].allocations)
        )


def settle(matcher: Matcher, lines: Iterable[Money], progress: Progress | None = None) -> dict[int, Proposal]:
    """The proposal of every line, by its id; what is committed is used up in the matcher."""
    return Batch(matcher, lines, progress).run()


def _speaks_by_amount(money: Money, match: Match) -> bool:
    """Whether a line has the amount of one open document and of no other, or of a whole account or month, and no round one."""
    return (
        match.rule in (Rule.AMOUNT_ONLY, Rule.AMOUNT_SINGLE)
        and match.residual_reason is Residual.NONE
        and bool(match.allocations)
        and not match.evidence.get("alike")
        and roundness(money.cents) == 1
    )


def _wants(match: Match) -> bool:
    """Whether a candidate is more than a guess at what money on account might be for."""
    return match.certainty >= _GUESS and match.residual_reason not in (Residual.PARTIAL, Residual.OVERPAYMENT)


def _answered(answer: Proposal) -> bool:
    return bool(answer.committed or answer.candidates or answer.set_aside)


def _merged(fresh: Sequence[Match], before: Sequence[Match]) -> tuple[Match, ...]:
    """The fresh best, then by turns what both say, each use once; nothing is surer than it was before."""
    most = before[0].certainty
    merged: list[Match] = []
    for match in (*fresh[:1], *before[:1], *fresh[1:], *before[1:]):
        if all(match.allocations != other.allocations or match.customer_id != other.customer_id for other in merged):
            merged.append(
                match if match.certainty <= most else replace(match, certainty=most, evidence=before[0].evidence)
            )
    return tuple(sorted(merged[:BEST], key=lambda match: -match.certainty))
