"""Precision, recall and calibration of the matching on made-up statements, by kind of case; and the fit of its weights.

From the root: `python tests/receivables/matching/measure_matching.py 201-230 [--customers 150 --lines 600] [--fit FILE]`.
Seeds 101-140 are for fitting, 141-170 for trying, 201 and on for judging.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import process_time

from bank_world import Line, world

from crm.receivables.matching.batch import settle
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Match

SPEAKS_FOR = (
    "odds",
    "full",
    "short",
    "brief",
    "serial",
    "bare_serial",
    "named_all",
    "exact",
    "lone_cheque",
    "explained",
    "payer_sure",
    "payer_likely",
    "payer_weak",
)
SPEAKS_AGAINST = (
    "contradicted", "unknown_number", "settled", "alike", "arbitrary", "partial", "over", "vague", "unsure", "doubt", "amount_only",
    "remittance", "legal_order", "duplicate", "on_account",
)  # fmt: skip


def is_right(match: Match | None, line: Line) -> bool:
    """Whether a match is the truth to the cent; where credit notes share in it, whether it settles just these invoices."""
    if match is None:
        return False
    if line.kind == "bounced":
        return match.reverses == line.reverses
    if line.kind == "credit_netted":
        used = {item for item, _cents in match.allocations} | {credit.item_id for credit in match.credits}
        return match.full and used == {item for item, _cents in line.truth}
    return bool(line.truth) and sorted(match.allocations) == sorted(line.truth)


@dataclass(slots=True)
class Score:
    """Counts of lines: all, with something to find, committed, committed rightly, rightly among the first three."""

    lines: int = 0
    findable: int = 0
    committed: int = 0
    right: int = 0
    proposed: int = 0

    def add(self, other: Score) -> None:
        self.lines += other.lines
        self.findable += other.findable
        self.committed += other.committed
        self.right += other.right
        self.proposed += other.proposed

    @property
    def precision(self) -> float:
        return self.right / self.committed if self.committed else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.findable if self.findable else 1.0

    @property
    def in_three(self) -> float:
        return self.proposed / self.findable if self.findable else 1.0


@dataclass(slots=True)
class Measure:
    """Scores by kind, and the evidence of each first proposal with whether it was right."""

    kinds: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    evidence: list[tuple[dict[str, float], float, bool]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> Score:
        whole = Score()
        for score in self.kinds.values():
            whole.add(score)
        return whole


def measure(seeds: range, customers: int = 150, lines: int = 600) -> Measure:
    """The matching judged on the worlds of some seeds."""
    made = Measure()
    for seed in seeds:
        made_up = world(seed, customers=customers, lines=lines)
        start = process_time()
        answers = settle(
            Matcher(made_up.items, made_up.payers, leeway=made_up.leeway), [line.money for line in made_up.lines]
        )
        made.seconds += process_time() - start
        for line in made_up.lines:
            answer = answers[line.money.id]
            findable = bool(line.truth) or line.kind == "bounced"
            made.kinds[line.kind].add(
                Score(
                    1,
                    findable,
                    answer.committed is not None,
                    is_right(answer.committed, line),
                    any(is_right(match, line) for match in answer.candidates),
                )
            )
            if answer.candidates and answer.candidates[0].evidence:
                first = answer.candidates[0]
                made.evidence.append((dict(first.evidence), first.certainty, is_right(first, line)))
    return made


def fit(evidence: list[tuple[dict[str, float], float, bool]]) -> dict[str, float]:
    """Weights of greatest likelihood with a ridge penalty; each keeps the sign of what it stands for."""
    import numpy as np
    from scipy.optimize import minimize

    names = (*SPEAKS_FOR, *SPEAKS_AGAINST)
    seen = np.array([[1.0, *(found.get(name, 0.0) for name in names)] for found, _certainty, _right in evidence])
    right = np.array([float(is_so) for _found, _certainty, is_so in evidence])

    def loss(weights):  # type: ignore[no-untyped-def]
        sums = seen @ weights
        miss = 1 / (1 + np.exp(-sums)) - right
        ridge = np.r_[0, weights[1:]]
        return (np.logaddexp(0, sums) - right * sums).sum() + 0.5 * (ridge**2).sum(), seen.T @ miss + ridge

    bounds = [(None, None), *((0, None) for _name in SPEAKS_FOR), *((None, 0) for _name in SPEAKS_AGAINST)]
    found = minimize(
        loss, np.zeros(seen.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 5_000}
    ).x
    return {
        name: round(float(weight), 3)
        for name, weight in zip(("base", *names), found, strict=True)
        if round(float(weight), 3)
    }


def report(made: Measure) -> str:
    """A table by kind of case, then the calibration."""
    rows = [f"{'kind':20}{'lines':>7}{'commit':>8}{'precision':>11}{'recall':>8}{'in 3':>7}"]
    for kind, score in [*sorted(made.kinds.items()), ("ALL", made.total)]:
        rows.append(
            f"{kind:20}{score.lines:7}{score.committed:8}{score.precision:11.5f}{score.recall:8.3f}{score.in_three:7.3f}"
        )
    edges = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.995, 1.01)
    for low, high in pairwise(edges):
        band = [(certainty, right) for _found, certainty, right in made.evidence if low <= certainty < high]
        if band:
            mean, share = (
                sum(certainty for certainty, _right in band) / len(band),
                sum(right for _certainty, right in band) / len(band),
            )
            rows.append(f"certainty {low:.3f} and on: {len(band):6} proposals, mean {mean:.4f}, right {share:.4f}")
    rows.append(
        f"{made.seconds:.1f} s of processor, {1_000 * made.seconds / max(1, made.total.lines):.3f} ms a line, indexes included"
    )
    return "\n".join(rows)


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("seeds", help="first-last")
    words.add_argument("--customers", type=int, default=150)
    words.add_argument("--lines", type=int, default=600)
    words.add_argument("--fit", type=Path)
    given = words.parse_args()
    first, last = map(int, given.seeds.split("-"))
    made = measure(range(first, last + 1), given.customers, given.lines)
    sys.stdout.write(report(made) + "\n")
    if given.fit:
        given.fit.write_text(json.dumps(fit(made.evidence), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
