"""Did anything change between two passes over the same answers (models, rubrics, months)?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.stats.arrays import Floats, Values, vectors
from grader.stats.distributions import chi_square_tail, t_quantile, t_tail, two_sided
from grader.stats.statistic import Interval
from grader.stats.two_raters import Pairs


@dataclass(frozen=True)
class ChiSquare:
    """A chi-square with its degrees of freedom and p; all None where nothing could change it."""

    value: float | None
    df: int
    p: float | None


@dataclass(frozen=True)
class McNemar:
    """Flips of a yes/no: gained (no to yes) and lost, exact p and both chi-squares."""

    gained: int
    lost: int
    exact_p: float | None
    plain: ChiSquare
    corrected: ChiSquare


@dataclass(frozen=True)
class Shift:
    """Mean of after minus before in points, its interval, p that it is 0; n answers in both."""

    mean: Interval
    p: float | None
    n: int


@dataclass(frozen=True)
class Equivalence:
    """TOST: p, and whether the shift lies within the margin both ways. None: not estimable."""

    p: float | None
    equivalent: bool | None
    margin: float


def mcnemar(before: Values, after: Values) -> McNemar:
    """Returns McNemar's test (1947) of paired yes/no (n,), exact and as chi-square with 1 df.

    Exact by the binomial; corrected takes 1 off the difference (Edwards 1948). With no flips:
    exact p is 1 and the chi-squares are None.
    """
    a, b = vectors(before, after)
    both = np.isfinite(a) & np.isfinite(b)
    yes, still = a[both] != 0, b[both] != 0
    return mcnemar_of(int((~yes & still).sum()), int((yes & ~still).sum()))


def mcnemar_of(gained: int, lost: int) -> McNemar:
    """Returns McNemar's test of the two counts of flips; see mcnemar."""
    n = gained + lost
    if n == 0:
        return McNemar(0, 0, 1.0, ChiSquare(None, 1, None), ChiSquare(None, 1, None))
    fewer = sum(math.comb(n, i) for i in range(min(gained, lost) + 1))
    # Of as many gained as lost the middle counts twice
    exact = min(1.0, 2 * fewer / 2**n)
    plain = (gained - lost) ** 2 / n
    # A difference of 0 would become one of 1
    corrected = max(abs(gained - lost) - 1, 0) ** 2 / n
    return McNemar(gained, lost, exact, _tested(plain, 1), _tested(corrected, 1))


def stuart_maxwell(counts: Pairs) -> ChiSquare:
    """Are the shares of the levels the same in both passes? Stuart (1955), Maxwell (1970).

    Levels that neither pass used, and levels that no answer entered or left, say nothing and
    take no degree of freedom; without any other the test is not estimable.
    """
    shift, covariance = _margins(counts.table)
    # The differences add up to 0: their covariance has no inverse, but a pseudoinverse
    df = int(np.linalg.matrix_rank(covariance)) if len(shift) else 0
    if df == 0:
        return ChiSquare(None, 0, None)
    return _tested(float(shift @ np.linalg.pinv(covariance, hermitian=True) @ shift), df)


def paired_shift(before: Values, after: Values, level: float = 0.95) -> Shift:
    """Returns the mean shift of scores (n,) with t interval and t test, n - 1 df (Student 1908).

    For independent answers; with several a candidate use scores.mean_difference and the
    bootstrap. Not estimable under 2 shared answers. If all shift alike the limits are the shift.
    """
    apart = _differences(before, after)
    n = len(apart)
    if n < 2:
        return Shift(Interval(None, None, None), None, n)
    mean, se = float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(n)
    reach = t_quantile(two_sided(level), n - 1) * se
    p = 2.0 * t_tail(abs(mean) / se, n - 1) if se > 0 else float(mean == 0)
    return Shift(Interval(mean, mean - reach, mean + reach), p, n)


def equivalence(before: Values, after: Values, margin: float, alpha: float = 0.05) -> Equivalence:
    """Two one-sided t tests (Schuirmann 1987): is the mean shift within +-margin points?

    "No significant change" is no proof of none; this is. p is the larger of both; equivalent
    where p < alpha. Not estimable under 2 shared answers.
    """
    apart = _differences(before, after)
    n = len(apart)
    if n < 2:
        return Equivalence(None, None, margin)
    mean, se = float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(n)
    # Of the two tests that of the nearer margin has the larger p
    room = margin - abs(mean)
    p = t_tail(room / se, n - 1) if se > 0 else float(room <= 0)
    return Equivalence(p, p < alpha, margin)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Returns p values adjusted for the false discovery rate, in their order.

    Benjamini and Hochberg 1995.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    # From the largest down, so that no smaller p is adjusted to more than a larger one
    adjusted[order] = np.minimum.accumulate(np.minimum(p[order] * len(p) / ranks, 1.0))
    return tuple(float(x) for x in adjusted)


def _differences(before: Values, after: Values) -> Floats:
    a, b = vectors(before, after)
    apart = b - a
    return apart[np.isfinite(apart)]


def _margins(table: Floats) -> tuple[Floats, Floats]:
    """Differences of the margins and their covariance, without levels that nothing moved."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    moved = rows + columns - 2.0 * np.diag(table) > 0
    covariance = np.diag(rows + columns) - table - table.T
    return (rows - columns)[moved], covariance[np.ix_(moved, moved)]


def _tested(value: float, df: int) -> ChiSquare:
    return ChiSquare(value, df, chi_square_tail(value, df))
