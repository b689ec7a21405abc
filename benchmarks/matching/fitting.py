"""Fits the weights of certainty on made-up statements: `python -m benchmarks.matching.fitting 101-140 FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.matching.harness import measure

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
)  # fmt: skip  # read as a table: columns side by side


def fit(evidence: list[tuple[dict[str, float], bool]]) -> dict[str, float]:
    """Weights of greatest likelihood with a ridge penalty; each keeps the sign of what it stands for."""
    import numpy as np
    from scipy.optimize import minimize

    names = (*SPEAKS_FOR, *SPEAKS_AGAINST)
    seen = np.array([[1.0, *(found.get(name, 0.0) for name in names)] for found, _right in evidence])
    right = np.array([float(is_so) for _found, is_so in evidence])

    def loss(weights):  # type: ignore[no-untyped-def]  # a script's helper, its types are plain from its use
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


def main(seeds: str, file: str) -> None:
    """The command: put fitted weights into the file of weights."""
    first, last = map(int, seeds.split("-"))
    path = Path(file)
    kept = json.loads(path.read_text("utf-8"))
    kept["weights"] = fit(measure(range(first, last + 1)).evidence)
    kept["fitted_on"] = f"made-up statements of seeds {seeds} (benchmarks/matching)"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
