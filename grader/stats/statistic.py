"""A statistic as a formula of sums over clusters, so that resampling it is a matrix product.

Every statistic of this package that can be resampled depends on the data through sums only
(cells of a count table, moments, normal equations). A bootstrap sample weights the clusters,
so its sums are weights @ sums, and thousands of samples are one product.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from grader.stats.arrays import Floats, Formula, number
from grader.stats.distributions import normal_quantile, two_sided

Scale = Literal["points", "coefficient", "share", "free"]
"""What an interval is symmetric on: points as they are (means and differences), coefficients
(at most 1, such as kappa) as Fisher's z, shares as log odds; free: nothing is assumed."""


@dataclass(frozen=True)
class Interval:
    """A value and its confidence limits; None where it is not estimable."""

    value: float | None
    low: float | None
    high: float | None


def proportion(hits: int, n: int, level: float = 0.95) -> Interval:
    """Returns hits / n with Wilson's interval (1927); None at n = 0.

    It is sound near 0 and 1 and for small n.
    """
    if n == 0:
        return Interval(None, None, None)
    z = normal_quantile(two_sided(level))
    share, shrink = hits / n, 1.0 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    reach = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) / shrink
    # Exact at the ends, where rounding leaves a trace
    low = 0.0 if hits == 0 else middle - reach
    return Interval(share, low, 1.0 if hits == n else middle + reach)


@dataclass(frozen=True, eq=False)
class Term:
    """factor x formula(sums); formulas of many parts (an effect a rater) name the part.

    sums: (clusters, features). formula: (..., features) -> (...) or (..., parts),
    nan where not estimable.
    """

    sums: Floats
    formula: Formula
    part: int | None = None
    factor: float = 1.0

    def at(self, values: Floats) -> Floats:
        """Returns this term's share of formula values."""
        return self.factor * (values if self.part is None else values[..., self.part])


@dataclass(frozen=True, eq=False)
class Statistic:
    """A sum of terms over the same clusters, and the scale that its interval is made on."""

    terms: tuple[Term, ...]
    scale: Scale = "free"

    @cached_property
    def value(self) -> float | None:
        """The estimate from all clusters, None where it is not estimable."""
        totals = [t.at(t.formula(t.sums.sum(axis=0))) for t in self.terms]
        return number(np.asarray(sum(totals, np.float64(0))))

    @property
    def clusters(self) -> int:
        """How many clusters there are to draw from."""
        return len(self.terms[0].sums)

    def __sub__(self, other: "Statistic") -> "Statistic":
        """The difference, resampled in pairs: both see the same draw."""
        taken = tuple(replace(t, factor=-t.factor) for t in other.terms)
        return Statistic(self.terms + taken, "points")


def statistic(sums: Floats, formula: Formula, scale: Scale = "free") -> Statistic:
    """Returns a statistic of one term."""
    return Statistic((Term(sums, formula),), scale)
