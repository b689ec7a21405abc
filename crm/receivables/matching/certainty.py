"""How sure a match is: a logistic sum of evidence with fixed weights, so that of a hundred at 0.9 about ninety are right.

The weights are data (`data/certainty.json`), fitted on made-up statements with known truth; the file says which.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from math import exp

from crm.receivables.matching.facts import Evidence

COMMIT = 0.99
"""From here on a match is made without asking."""
_MOST = 0.9999
"""Nothing about a bank line is ever quite certain."""


@cache
def weights() -> dict[str, float]:
    """The weight of each kind of evidence; `base` is counted once."""
    text = files("crm.receivables.matching").joinpath("data/certainty.json").read_text("utf-8")
    return {name: float(weight) for name, weight in json.loads(text)["weights"].items()}


def certainty(evidence: Evidence) -> float:
    """The probability that a match with this evidence is right; evidence that has no weight counts for nothing."""
    known = weights()
    total = known["base"] + sum(known.get(name, 0.0) * value for name, value in evidence.items())
    return round(min(_MOST, 1 / (1 + exp(-max(-30.0, min(30.0, total))))), 4)
