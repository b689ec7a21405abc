"""The product judged on the made-up statements. `python -m benchmarks.matching.harness 1-20 [--unseen] [--wrong] [--missed KIND]`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter, process_time

from benchmarks.matching.book import Entry, Statement
from benchmarks.matching.cases import statement
from benchmarks.measure import Result
from crm.receivables.matching.batch import settle
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Leeway, Match, Money, OpenItem, Payer, Proposal, Receipt

SEEN, JUDGED = range(1, 31), range(9_001, 9_031)
"""Seeds looked at while improving, and seeds with further layouts, writings and kinds that were not."""


def matcher_of(made: Statement) -> Matcher:
    """The product's matcher for a company's books."""
    items = [
        OpenItem(
            bill.id, bill.number, bill.customer, bill.issued, bill.due, "EUR", bill.cents, bill.open,
            "credit_note" if bill.cents < 0 else "invoice", bill.order, bill.corrects,
        )
        for bill in made.bills
    ]  # fmt: skip  # read as a table: columns side by side
    payers = [
        Payer(
            customer.id,
            customer.number,
            customer.name,
            tuple(customer.aliases),
            tuple(customer.ibans),
            customer.siren,
            customer.group,
            (),
            customer.city,
        )
        for customer in made.customers
    ]
    receipts = [
        Receipt(one.id, one.day, one.cents, "EUR", one.customer, one.account, one.end_to_end, one.uses)
        for one in made.earlier
    ]
    return Matcher(
        items, payers, leeway=Leeway(own_names=made.own_names, own_ibans=made.own_accounts), receipts=receipts
    )


def money_of(entry: Entry) -> Money:
    """A line as the product reads it."""
    return Money(
        entry.id,
        entry.day,
        entry.cents,
        "EUR",
        entry.label,
        entry.name,
        entry.account,
        entry.end_to_end,
        entry.structured,
        reversal=entry.reversal,
    )


def is_right(match: Match | None, entry: Entry) -> bool:
    """Whether a match is the truth to the cent; where credit notes share in it, whether it settles just these bills."""
    if match is None:
        return False
    if entry.reverses is not None:
        return match.reverses == entry.reverses
    if entry.nets:
        used = {item for item, _cents in match.allocations} | {credit.item_id for credit in match.credits}
        return match.full and used == {bill for bill, _cents in entry.truth}
    return bool(entry.truth) and sorted(match.allocations) == sorted(entry.truth)


@dataclass(slots=True)
class Score:
    """Counts of lines."""

    lines: int = 0
    findable: int = 0
    committed: int = 0
    right: int = 0
    proposed: int = 0
    aside: int = 0

    def add(self, answer: Proposal, entry: Entry) -> None:
        """One more line."""
        self.lines += 1
        self.findable += bool(entry.truth) or entry.reverses is not None
        self.committed += answer.committed is not None
        self.right += is_right(answer.committed, entry)
        self.proposed += any(is_right(match, entry) for match in answer.candidates[:3])
        self.aside += answer.set_aside is not None

    def __iadd__(self, other: Score) -> Score:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def precision(self) -> float:
        """Right ones of what was committed."""
        return self.right / self.committed if self.committed else 1.0

    @property
    def recall(self) -> float:
        """Rightly committed of what has a truth."""
        return self.right / self.findable if self.findable else 1.0

    @property
    def in_three(self) -> float:
        """Right among the first three of what has a truth."""
        return self.proposed / self.findable if self.findable else 1.0

    def row(self, name: str) -> str:
        """A line of the table."""
        return (
            f"{name:28}{self.lines:7}{self.committed:8}{self.committed - self.right:7}{self.precision:11.5f}"
            f"{self.recall:8.3f}{self.in_three:7.3f}{self.aside:7}"
        )


@dataclass(slots=True)
class Measure:
    """Scores by kind, and certainties with whether they were right."""

    kinds: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    silent: Score = field(default_factory=Score)
    """Lines that name no bill."""
    certainties: list[tuple[float, bool]] = field(default_factory=list)
    evidence: list[tuple[dict[str, float], bool]] = field(default_factory=list)
    seconds: float = 0.0
    seen: list[tuple[Statement, Entry, Proposal]] = field(default_factory=list)

    @property
    def total(self) -> Score:
        """All kinds together."""
        whole = Score()
        for score in self.kinds.values():
            whole += score
        return whole

    def table(self) -> str:
        """By kind, then calibration."""
        rows = [
            f"{'kind':28}{'lines':>7}{'commit':>8}{'wrong':>7}{'precision':>11}{'recall':>8}{'in 3':>7}{'aside':>7}"
        ]
        rows += [score.row(kind) for kind, score in sorted(self.kinds.items())]
        rows += [self.silent.row("NO NUMBER"), self.total.row("ALL")]
        for low, high in pairwise((0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.995, 1.01)):
            band = [(certainty, right) for certainty, right in self.certainties if low <= certainty < high]
            if band:
                mean, share = (sum(column) / len(band) for column in zip(*band, strict=True))
                rows.append(f"certainty from {low:.3f}: {len(band):6} proposals, mean {mean:.4f}, right {share:.4f}")
        rows.append(
            f"{self.seconds:.1f} s, {1_000 * self.seconds / max(1, self.total.lines):.3f} ms a line, indexes included"
        )
        return "\n".join(rows)


def measure(
    seeds: Iterable[int], customers: int = 200, lines: int = 700, *, unseen: bool = False, keep: bool = False
) -> Measure:
    """The matching on the statements of some seeds."""
    found = Measure()
    for seed in seeds:
        made = statement(seed, customers, lines, unseen=unseen)
        begun = perf_counter()
        answers = settle(matcher_of(made), map(money_of, made.entries))
        found.seconds += perf_counter() - begun
        for entry in made.entries:
            answer = answers[entry.id]
            found.kinds[entry.kind].add(answer, entry)
            if not entry.says and not entry.foreign and entry.reverses is None:
                found.silent.add(answer, entry)
            if answer.candidates:
                first = answer.candidates[0]
                found.certainties.append((first.certainty, is_right(first, entry)))
                if first.evidence:
                    found.evidence.append((dict(first.evidence), is_right(first, entry)))
            if keep:
                found.seen.append((made, entry, answer))
    return found


def speed(lines: int) -> tuple[float, float]:
    """Seconds of processor for so many lines against as many open bills, and the slowest single line in milliseconds."""
    made = statement(7, lines // 4, lines)
    moneys = [money_of(entry) for entry in made.entries]
    begun = process_time()
    settle(matcher_of(made), moneys)
    whole = process_time() - begun
    matcher = matcher_of(made)
    matcher.propose(moneys[0])
    slowest = 0.0
    for money in moneys[:: max(1, lines // 2_000)]:
        begun = process_time()
        matcher.propose(money)
        slowest = max(slowest, process_time() - begun)
    return whole, 1_000 * slowest


def run() -> Iterator[Result]:
    """Quality on seeds looked at and on those not; speed at 10,000 and 100,000."""
    for name, seeds, unseen in (("seeds looked at", SEEN, False), ("held out, further kinds", JUDGED, True)):
        found = measure(seeds, unseen=unseen)
        print(found.table())
        total = found.total
        yield Result(
            f"matching, {name}: wrong of committed",
            100 * (1 - total.precision),
            0.1,
            " %",
            f"{total.committed} committed",
        )
        yield Result(f"matching, {name}: the same without a number", 100 * (1 - found.silent.precision), 0.1, " %")
        yield Result(f"matching, {name}: left to a person", 100 * (1 - total.recall), 15, " %")
        yield Result(f"matching, {name}: right one not among three", 100 * (1 - total.in_three), 3, " %")
    small, _slowest = speed(10_000)
    large, slowest = speed(100_000)
    yield Result("matching 100,000 lines with 125,000 items", large, 60, " s")
    yield Result("growth per line from 10,000 to 100,000", large / small / 10, 1.5)
    yield Result("the slowest line among 2,000", slowest, 20, " ms")


def _show(made: Statement, entry: Entry, answer: Proposal) -> str:
    numbers = {bill.id: f"{bill.number}={bill.cents}/{bill.open}@{bill.customer}" for bill in made.bills}
    names = {customer.id: customer.name for customer in made.customers}

    def said(uses: Iterable[tuple[int, int]]) -> str:
        return " ".join(f"{numbers[bill]}:{cents}" for bill, cents in uses)

    owner = {bill.customer for bill in made.bills if any(bill.id == one for one, _cents in entry.truth)}
    rows = [
        f"[{made.seed} {made.bank}] {entry.kind}: {entry.day} {entry.cents} “{entry.label}” n={entry.name!r} e2e={entry.end_to_end!r} {entry.structured}",
        f"    truth {said(entry.truth)} {[names[one] for one in owner]} aside={answer.set_aside} why_not={answer.why_not}",
    ]
    rows += [
        f"    {'*' if match is answer.committed else ' '} {match.certainty} {match.rule} {match.residual_reason} {said(match.allocations)} [{names.get(match.customer_id or 0)}] {match.why} {dict(match.evidence)}"
        for match in answer.candidates
    ]
    return "\n".join(rows)


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("seeds", help="first-last")
    words.add_argument("--unseen", action="store_true")
    words.add_argument("--wrong", action="store_true", help="show what was committed wrongly")
    words.add_argument("--missed", default="", help="show what was not committed, of kinds that begin so")
    given = words.parse_args()
    first, last = map(int, given.seeds.split("-"))
    found = measure(range(first, last + 1), unseen=given.unseen, keep=given.wrong or bool(given.missed))
    for made, entry, answer in found.seen:
        wrong = answer.committed is not None and not is_right(answer.committed, entry)
        missed = given.missed and entry.kind.startswith(given.missed) and answer.committed is None
        if (given.wrong and wrong) or missed:
            sys.stdout.write(_show(made, entry, answer) + "\n")
    sys.stdout.write(found.table() + "\n")


if __name__ == "__main__":
    main()
