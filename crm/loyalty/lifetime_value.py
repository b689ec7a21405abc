"""How many purchases a customer is still good for: BG/NBD, and what each is worth: Gamma-Gamma.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (2005) and The Gamma-Gamma Model of Monetary Value (2013).
The likelihoods are ours, on scipy: the libraries that offer them are unmaintained or bring a compiler's worth of weight.
A history is `x` repeat purchases (the first is left out), the age `t_x` at the last one and the age `T` now, in weeks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from crm.core.errors import Invalid
from crm.core.i18n import _

if TYPE_CHECKING:  # numpy and scipy take a second to import: only who fits or asks pays for it
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TOO_FEW = 200
"""Below so many customers a fit says nothing: the figures are not shown (domain: "a few hundred")."""
TOO_ALIKE = 0.3
"""Above this correlation of frequency and spend, the mean spend of Gamma-Gamma is not to be trusted."""
_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 5.0, 0.5, 2.0), (2.0, 20.0, 2.0, 5.0))
_ENDLESS = 600.0
"""A power of e beyond which a customer is gone as surely as numbers can say."""
_BOUNDS = (-9.0, 9.0)


class History(NamedTuple):
    """One customer's purchases in weeks."""

    repeats: int
    last: float
    age: float


@dataclass(frozen=True, slots=True)
class Histories:
    """Many customers, one place each in the three columns."""

    repeats: "Numbers"
    last: "Numbers"
    age: "Numbers"

    @classmethod
    def of(cls, rows: "list[History]") -> "Histories":
        """Columns of rows."""
        import numpy as np

        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    def __len__(self) -> int:
        return len(self.repeats)


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """Parameters of BG/NBD: rate of purchase Gamma(r, alpha), chance of leaving after each Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0

    def alive(self, told: Histories) -> "Numbers":
        """Probability of being still a customer; 1 for who bought once: an artefact of the model, never certainty."""
        import numpy as np

        x = told.repeats
        gone = self._gone(told)
        found: Numbers = np.where(x > 0, 1.0 / (1.0 + gone), 1.0)
        return found

    def expected(self, told: Histories, weeks: float) -> "Numbers":
        """Purchases expected in the weeks to come.

        Euler's transformation of the hypergeometric function takes the power of (1 − z) out of it: what remains has
        small parameters and stays finite for customers with hundreds of purchases.
        """
        import numpy as np
        from scipy.special import hyp2f1

        x, age = told.repeats, told.age
        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6
        z = weeks / (self.alpha + age + weeks)
        rest = (1.0 - z) ** (a - 1.0) * hyp2f1(a + self.b - 1.0 - self.r, a - 1.0, a + self.b + x - 1.0, z)
        most = (a + self.b + x - 1.0) / (a - 1.0) * (1.0 - rest)
        found: Numbers = most / (1.0 + np.where(x > 0, self._gone(told), 0.0))
        return found

    def interval(self, told: Histories, weeks: float, *, draws: int = 2_000) -> "tuple[Numbers, Numbers]":
        """The 5th and 95th percentile of the number of purchases to come, from the customer's own posterior.

        Given a rate and a chance of leaving, the number is the lesser of a Poisson and a geometric one: drawn exactly,
        with a fixed seed.
        """
        import numpy as np

        chance = np.random.default_rng(20_261_124)
        shape = (draws, len(told))
        here = chance.random(shape) < self.alive(told)
        rate = chance.gamma(self.r + told.repeats, 1.0 / (self.alpha + told.age), shape)
        leaving = np.clip(chance.beta(self.a, self.b + told.repeats, shape), 1e-12, 1.0)
        count = here * np.minimum(chance.poisson(rate * weeks), chance.geometric(leaving))
        low, high = np.percentile(count, (5, 95), axis=0, method="nearest")
        return low, high

    def _gone(self, told: Histories) -> "Numbers":
        import numpy as np

        x, last, age = told.repeats, told.last, told.age
        odds = self.a / (self.b + np.maximum(x, 1.0) - 1.0)
        power = (self.r + x) * np.log((self.alpha + age) / (self.alpha + last))
        found: Numbers = odds * np.exp(np.minimum(power, _ENDLESS))
        return found


@dataclass(frozen=True, slots=True)
class SpendModel:
    """Parameters of Gamma-Gamma: what a purchase of a customer is worth on average."""

    p: float
    q: float
    gamma: float
    correlation: float
    """Of number and mean spend of repeat purchases: the model supposes that there is nearly none."""

    @property
    def population_mean(self) -> float | None:
        """What a purchase of anyone is worth; None where the spread has no mean (q ≤ 1)."""
        return self.p * self.gamma / (self.q - 1.0) if self.q > 1.0 else None

    def mean(self, repeats: "Numbers", spend: "Numbers") -> "Numbers":
        """Expected worth of one purchase of each, from its repeat purchases and their mean."""
        found: Numbers = self.p * (self.gamma + repeats * spend) / (self.p * repeats + self.q - 1.0)
        return found


def fit_purchases(told: Histories, start: tuple[float, float, float, float] | None = None) -> PurchaseModel:
    """The parameters under which the histories are the most likely.

    Equal histories are counted once with their number, which makes 100,000 customers a matter of seconds.

    Raises:
        Invalid: nobody bought twice, so nothing can be learnt.
    """
    import numpy as np
    from scipy.special import betaln, gammaln, psi

    if not len(told) or not told.repeats.any():
        raise Invalid(_("Nobody has bought twice: there is nothing to learn from."))
    rows = np.column_stack((told.repeats, told.last, told.age))
    kinds, count = np.unique(rows, axis=0, return_counts=True)
    x, last, age = kinds.T
    again = x > 0

    def minus_log_likelihood(logs: "Numbers") -> "tuple[float, Numbers]":
        r, alpha, a, b = np.exp(logs)
        staying = betaln(a, b + x) - (r + x) * np.log(alpha + age)
        before = np.where(again, b + x - 1.0, 1.0)
        leaving = np.where(again, betaln(a + 1.0, before) - (r + x) * np.log(alpha + last), -np.inf)
        both = np.logaddexp(staying, leaving)
        each = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b) + both
        stay = np.exp(staying - both)
        leave = 1.0 - stay
        whole = psi(a + b + x)
        slope = np.array(
            (
                count
                @ (np.log(alpha) + psi(r + x) - psi(r) - stay * np.log(alpha + age) - leave * np.log(alpha + last)),
                count @ (r / alpha - (r + x) * (stay / (alpha + age) + leave / (alpha + last))),
                count @ (stay * psi(a) + leave * psi(a + 1.0) - whole - psi(a) + psi(a + b)),
                count @ (stay * psi(b + x) + leave * psi(before) - whole - psi(b) + psi(a + b)),
            )
        )
        return -float(count @ each), -slope * np.exp(logs)

    logs, least = _lowest(minus_log_likelihood, _STARTS if start is None else (start,))
    r, alpha, a, b = (float(value) for value in np.exp(logs))
    return PurchaseModel(r, alpha, a, b, -least)


def fit_spend(repeats: "Numbers", spend: "Numbers") -> SpendModel | None:
    """The spread of mean spends among who bought again; None with fewer than ten of them.

    Args:
        repeats: repeat purchases, one a customer.
        spend: their mean, in the currency's unit; those without any, or with nothing paid, are left out.
    """
    import numpy as np
    from scipy.special import gammaln, psi

    kept = (repeats > 0) & (spend > 0)
    x, m = repeats[kept], spend[kept]
    if len(x) < 10:
        return None
    scale = float(np.mean(m))
    m = m / scale

    def minus_log_likelihood(logs: "Numbers") -> "tuple[float, Numbers]":
        p, q, gamma = np.exp(logs)
        total = p * x + q
        each = gammaln(total) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1.0) * np.log(m)
        each = each + p * x * np.log(x) - total * np.log(gamma + m * x)
        slope = np.array(
            (
                np.sum(x * (psi(total) - psi(p * x) + np.log(m) + np.log(x) - np.log(gamma + m * x))),
                np.sum(psi(total) - psi(q) + np.log(gamma) - np.log(gamma + m * x)),
                np.sum(q / gamma - total / (gamma + m * x)),
            )
        )
        return -float(np.sum(each)), -slope * np.exp(logs)

    logs, _least = _lowest(minus_log_likelihood, ((6.0, 4.0, 0.5), (1.0, 1.5, 1.0), (2.0, 8.0, 4.0)))
    p, q, gamma = (float(value) for value in np.exp(logs))
    alike = float(np.corrcoef(x, m)[0, 1]) if np.ptp(x) and np.ptp(m) else 0.0
    return SpendModel(p, q, gamma * scale, alike)


def _lowest(
    function: "Callable[[Numbers], tuple[float, Numbers]]", starts: tuple[tuple[float, ...], ...]
) -> "tuple[Numbers, float]":
    """The lowest point reached from the starts, in logarithms of the parameters."""
    import numpy as np
    from scipy.optimize import minimize

    found = [
        minimize(
            function,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[_BOUNDS] * len(start),
            options={"maxiter": 2_000, "ftol": 1e-12, "gtol": 1e-6},
        )
        for start in starts
    ]
    best = min(found, key=lambda result: float(result.fun))
    return best.x, float(best.fun)
