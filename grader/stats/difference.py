"""Bland-Altman: bias and limits of agreement between two who scored the same answers."""

import math
from dataclasses import dataclass

import numpy as np

from grader.stats.arrays import Values, vectors
from grader.stats.distributions import t_quantile, two_sided
from grader.stats.statistic import Interval


@dataclass(frozen=True)
class BlandAltman:
    """Differences second minus first, in points.

    low and high: between which 95 in 100 differences lie, each with its own interval. slope: of
    the difference on the mean of both; above 0 the second spreads the scale, below 0 squeezes it.
    """

    bias: Interval
    sd: float | None
    low: Interval
    high: Interval
    slope: Interval
    n: int


def bland_altman(
    first: Values, second: Values, multiple: float = 1.96, level: float = 0.95
) -> BlandAltman:
    """Bias, limits bias +- multiple x SD, and their intervals (Bland and Altman 1986, 1999).

    The limits' standard error is SD x sqrt(1/n + multiple^2 / (2 (n - 1))) (1999, p. 142), t
    with n - 1 degrees of freedom. Not estimable under 2 shared answers; the slope under 3, or
    where the means do not vary.
    """
    a, b = vectors(first, second)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    n = len(a)
    none = Interval(None, None, None)
    if n < 2:
        return BlandAltman(none, None, none, none, none, n)
    apart = b - a
    bias, sd = float(apart.mean()), float(apart.std(ddof=1))
    t = t_quantile(two_sided(level), n - 1)
    reach = t * sd * math.sqrt(1.0 / n + multiple**2 / (2.0 * (n - 1)))
    low, high = (_around(bias + side * multiple * sd, reach) for side in (-1, 1))
    slope = regression_slope((a + b) / 2.0, apart, level)
    return BlandAltman(_around(bias, t * sd / math.sqrt(n)), sd, low, high, slope, n)


def regression_slope(x: Values, y: Values, level: float = 0.95) -> Interval:
    """Least squares slope of y on x with its t interval. Not estimable under 3 or x constant."""
    a, b = vectors(x, y)
    n = len(a)
    spread = float(((a - a.mean()) ** 2).sum()) if n else 0.0
    if n < 3 or spread <= 1e-12 * float((a**2).sum()):
        return Interval(None, None, None)
    slope = float(((a - a.mean()) * (b - b.mean())).sum()) / spread
    left = b - b.mean() - slope * (a - a.mean())
    se = math.sqrt(float((left**2).sum()) / (n - 2) / spread)
    return _around(slope, t_quantile(two_sided(level), n - 2) * se)


def _around(value: float, reach: float) -> Interval:
    return Interval(value, value - reach, value + reach)
