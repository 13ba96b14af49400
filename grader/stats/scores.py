"""Two columns of scores: difference, correlation, agreement, standardised differences.

Definitions are those of ETS RSMTool 12 (Williamson, Xi and Breyer 2012), whose own run on 200
essays the tests hold.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from grader.stats.arrays import Clusters, Floats, Values, divide, floats, sum_by, vectors
from grader.stats.statistic import Statistic, statistic


@dataclass(frozen=True, eq=False)
class ScorePairs:
    """Moments of scores that two gave the same answers; the reference (a human) is first.

    sums: (clusters, 6): n, a, b, aa, bb, ab, each score less shift.
    """

    sums: Floats
    shift: float


@dataclass(frozen=True)
class Population:
    """Means and standard deviations that scores are standardised with."""

    first_mean: float
    first_sd: float
    second_mean: float
    second_sd: float


def score_pairs(first: Values, second: Values, clusters: Clusters | None = None) -> ScorePairs:
    """Returns the moments of the answers (n,) that both scored."""
    a, b = vectors(first, second)
    both = np.isfinite(a) & np.isfinite(b)
    # Differences and spreads do not depend on the origin; near zero, squares keep more digits
    shift = float(np.concatenate([a[both], b[both]]).mean()) if both.any() else 0.0
    a, b = np.where(both, a - shift, 0.0), np.where(both, b - shift, 0.0)
    rows = np.column_stack([both.astype(np.float64), a, b, a * a, b * b, a * b])
    return ScorePairs(sum_by(rows, clusters), shift)


def mean_difference(found: ScorePairs) -> Statistic:
    """Returns the mean of second minus first, in points. Not estimable under 2 shared answers."""
    return statistic(found.sums, _mean_difference, "points")


def pearson(found: ScorePairs) -> Statistic:
    """Returns Pearson's correlation.

    Not estimable under 2 shared answers or with a constant rater.
    """
    return statistic(found.sums, _pearson, "coefficient")


def continuous_quadratic_kappa(found: ScorePairs) -> Statistic:
    """Returns the QWK of scores of any value.

    2 cov / (var + var + (mean difference)^2), by n (RSMTool). Equals quadratic weighted kappa on
    whole points of a full scale. Not estimable under 2 shared answers and where both gave one and
    the same score throughout.
    """
    return statistic(found.sums, _continuous_kappa, "coefficient")


def standardised_difference(
    found: ScorePairs, by: Literal["first", "pooled"] | float = "first", ddof: int = 1
) -> Statistic:
    """Returns the SMD: (mean of second - mean of first) / SD, as RSMTool.

    by: "first" for machine against human (the human's SD), "pooled" for human against human
    (root of the mean variance), or a known SD. Not estimable under 2 shared answers or where
    that SD is 0.
    """
    return statistic(found.sums, partial(_standardised, by=by, ddof=ddof), "points")


def difference_of_standardised_means(
    first: Values,
    second: Values,
    member: Values,
    population: Population | None = None,
    clusters: Clusters | None = None,
    ddof: int = 1,
) -> Statistic:
    """Returns the DSM: mean over a group of z_second - z_first, standardised on all (RSMTool).

    member: (n,) booleans, who is of the group. population: means and SDs to use instead of the
    whole set's. Not estimable with an empty group or constant scores.
    """
    # Not yet added up by cluster: it is answers that belong to the group
    whole = score_pairs(first, second)
    inside = floats(member)[:, None]
    sums = sum_by(np.hstack([whole.sums, whole.sums[:, :3] * inside]), clusters)
    formula = partial(_dsm, population=population, shift=whole.shift, ddof=ddof)
    return statistic(sums, formula, "points")


def _shared(sums: Floats, found: Floats) -> Floats:
    return np.where(sums[..., 0] >= 2, found, np.nan)


def _mean_difference(sums: Floats) -> Floats:
    return _shared(sums, divide(sums[..., 2] - sums[..., 1], sums[..., 0]))


def _variances(sums: Floats, ddof: int) -> tuple[Floats, Floats, Floats]:
    """Variances of first and second and their covariance; exact zeros kept as zeros."""
    n, a, b, aa, bb, ab = (sums[..., i] for i in range(6))
    free = np.where(n > ddof, n - ddof, np.nan)
    first, second = aa - a * divide(a, n), bb - b * divide(b, n)
    first = np.where(first > 1e-12 * aa, first, 0.0)
    second = np.where(second > 1e-12 * bb, second, 0.0)
    return first / free, second / free, (ab - a * divide(b, n)) / free


def _pearson(sums: Floats) -> Floats:
    first, second, both = _variances(sums, 0)
    found = divide(both, np.sqrt(first) * np.sqrt(second), 0.0)
    # Rounding may carry it beyond 1, where the bootstrap has no Fisher z for it
    return _shared(sums, np.clip(found, -1.0, 1.0))


def _continuous_kappa(sums: Floats) -> Floats:
    first, second, both = _variances(sums, 0)
    apart = first + second + _mean_difference(sums) ** 2
    return _shared(sums, divide(2.0 * both, apart, 0.0))


def _standardised(sums: Floats, by: str | float, ddof: int) -> Floats:
    first, second, _ = _variances(sums, ddof)
    variance = first if by == "first" else (first + second) / 2.0
    sd = np.sqrt(variance) if isinstance(by, str) else np.full_like(variance, by)
    return _shared(sums, divide(_mean_difference(sums), sd, 0.0))


def _dsm(sums: Floats, population: Population | None, shift: float, ddof: int) -> Floats:
    n, a, b = (sums[..., i] for i in range(3))
    inside, first, second = (sums[..., i] for i in range(6, 9))
    first_variance, second_variance, _ = _variances(sums, ddof)
    places = [divide(a, n), np.sqrt(first_variance), divide(b, n), np.sqrt(second_variance)]
    if population is not None:
        p = population
        # Given on the scale of the scores, while the sums are less the shift
        fixed = (p.first_mean - shift, p.first_sd, p.second_mean - shift, p.second_sd)
        places = [np.full_like(n, x) for x in fixed]
    z_first = divide(divide(first, inside) - places[0], places[1], 0.0)
    z_second = divide(divide(second, inside) - places[2], places[3], 0.0)
    return _shared(sums, z_second - z_first)
