"""Tails and quantiles of the normal, chi-square, t and F distributions.

Series and continued fractions of the incomplete gamma and beta functions: Press et al.,
Numerical Recipes, 6.2 and 6.4. Quantiles by bisection; relative accuracy about 1e-12.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_EPS = 1e-16
_FLOOR = 1e-300


def normal_tail(z: float) -> float:
    """Returns P(Z > z) of the standard normal."""
    # 1 - P(Z <= z) would have no digits left far out
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def normal_quantile(p: float) -> float:
    """Returns the z with P(Z <= z) = p, 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


def chi_square_tail(x: float, df: float) -> float:
    """Returns P(X > x) of chi-square with df > 0 degrees of freedom."""
    if x <= 0.0:
        return 1.0
    a, half = df / 2.0, x / 2.0
    # By logarithms, since power and gamma function overflow
    factor = math.exp(a * math.log(half) - half - math.lgamma(a))
    # The series converges fast below, the fraction above (Numerical Recipes, 6.2)
    if half < a + 1.0:
        return 1.0 - factor * _gamma_series(a, half)
    return factor * _gamma_fraction(a, half)


def _gamma_series(a: float, x: float) -> float:
    term = total = 1.0 / a
    n = a
    while abs(term) > abs(total) * _EPS:
        n += 1.0
        term *= x / n
        total += term
    return total


def _gamma_fraction(a: float, x: float) -> float:
    return 1.0 / _lentz(x + 1.0 - a, lambda n: (-n * (n - a), x + 2.0 * n + 1.0 - a))


def _lentz(start: float, step: Callable[[int], tuple[float, float]]) -> float:
    """The continued fraction start + a1/(b1 + a2/(b2 + ...)), step(n) giving (an, bn)."""
    # Zeros are moved off, for they are divided by (modified Lentz, Numerical Recipes, 5.2)
    value = c = start or _FLOOR
    d = 0.0
    for n in range(1, 10_000):
        a, b = step(n)
        d = 1.0 / (b + a * d or _FLOOR)
        c = b + a / c or _FLOOR
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value


def beta_share(x: float, a: float, b: float) -> float:
    """Returns the regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a, b > 0."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    # The fraction converges slowly there, that of the other tail fast
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_share(1.0 - x, b, a)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log + a * math.log(x) + b * math.log1p(-x)) / a

    def step(n: int) -> tuple[float, float]:
        m, odd = divmod(n, 2)
        if odd:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    return front / _lentz(1.0, step)


@lru_cache(maxsize=4096)  # hundreds of intervals ask for the same few degrees of freedom
def beta_quantile(p: float, a: float, b: float) -> float:
    """Returns the x with I_x(a, b) = p, 0 <= p <= 1."""
    low, high = 0.0, 1.0
    # Until no float lies between the two
    while low < (middle := 0.5 * (low + high)) < high:
        if beta_share(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return high


def t_tail(t: float, df: float) -> float:
    """Returns P(T > t) of Student's t with df > 0 degrees of freedom."""
    half = 0.5 * beta_share(df / (df + t * t), df / 2.0, 0.5)
    return half if t >= 0 else 1.0 - half


def t_quantile(p: float, df: float) -> float:
    """Returns the t with P(T <= t) = p, 0 < p < 1."""
    if p < 0.5:
        return -t_quantile(1.0 - p, df)
    x = beta_quantile(2.0 * (1.0 - p), df / 2.0, 0.5)
    return math.sqrt(df * (1.0 - x) / x)


def two_sided(level: float) -> float:
    """Returns the probability below the upper limit of a central interval: 0.975 of 0.95."""
    return 0.5 + level / 2.0
