"""Any number of raters, ratings may be missing.

Krippendorff's alpha for four metrics: Krippendorff (2011), Computing Krippendorff's
Alpha-Reliability; (2019), Content Analysis, ch. 12. Gwet's AC1 and AC2 are
(observed - chance) / (1 - chance), observed over answers with two ratings or more; sums and names
as in Gwet, Handbook of Inter-Rater Reliability (4th ed. 2014), chapters 2, 3 and 5, whose figures
the tests hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from grader.stats.arrays import (
    Clusters,
    Floats,
    Values,
    codes_of,
    divide,
    indicator,
    matrix,
    sum_by,
)
from grader.stats.statistic import Statistic, statistic
from grader.stats.two_raters import Weighting, agreement_weights

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(
    ratings: Values,
    metric: Metric = "ordinal",
    levels: Sequence[float] | None = None,
    clusters: Clusters | None = None,
) -> Statistic:
    """Returns alpha of ratings (answers, raters): 1 - observed / expected disagreement.

    An answer with one rating pairs with nothing and is dropped. levels (the scale, checked when
    given) default to the values found: levels that nobody used do not change alpha. For scores
    of many values use interval_alpha, which needs no table of levels. Not estimable with fewer
    than 2 answers that two rated, and where all ratings in pairs are the same (no disagreement
    to expect). 0 is chance agreement, below 0 systematic disagreement.
    """
    found = matrix(ratings)
    scale = tuple(levels) if levels is not None else _used(found)
    counts = indicator(codes_of(found, scale), len(scale)).sum(axis=1)
    raters = counts.sum(axis=1)
    several = raters >= 2
    # m ratings make m (m - 1) pairs and shall count m: each pair weighs 1 / (m - 1)
    share = np.where(several, 1.0 / np.maximum(raters - 1.0, 1.0), 0.0)[:, None, None]
    # Less the pairs of each rating with itself
    paired = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(scale))
    rows = np.hstack([several[:, None].astype(float), (share * paired).reshape(len(found), -1)])
    formula = partial(_alpha, scale=np.array(scale), metric=metric)
    return statistic(sum_by(rows, clusters), formula, "coefficient")


def interval_alpha(ratings: Values, clusters: Clusters | None = None) -> Statistic:
    """Returns alpha with the interval metric for scores of any values, from sums of squares.

    The same number as krippendorff_alpha(..., "interval"), and the same edge cases.
    """
    found = matrix(ratings)
    # Alpha does not move with the origin; sums of squares keep more digits near zero.
    shifted = found - (np.nanmean(found) if np.isfinite(found).any() else 0.0)
    n = np.isfinite(found).sum(axis=1).astype(np.float64)
    several = n >= 2
    total, squares = np.nansum(shifted, axis=1), np.nansum(shifted**2, axis=1)
    within = 2.0 * (n * squares - total**2) / np.maximum(n - 1.0, 1.0)
    rows = np.column_stack([np.ones(len(found)), n, total, squares, within]) * several[:, None]
    return statistic(sum_by(rows, clusters), _interval_alpha, "coefficient")


def _used(found: Floats) -> tuple[float, ...]:
    values = np.unique(found[np.isfinite(found)])
    # Without ratings any level will do: a scale has one at least
    return tuple(float(v) for v in values) or (0.0,)


def _alpha(sums: Floats, scale: Floats, metric: Metric) -> Floats:
    levels = len(scale)
    pairs = sums[..., 1:].reshape(*sums.shape[:-1], levels, levels)
    each = pairs.sum(axis=-1)
    n = each.sum(axis=-1)
    apart = _squared_distance(each, scale, metric)
    # Sums over a few levels only: as products they cost a third of multiply and sum.
    observed = np.einsum("...ij,...ij->...", pairs, apart)
    expected = np.einsum("...i,...ij,...j->...", each, apart, each)
    # n - 1: by chance too, a rating is paired with another one
    found = 1.0 - divide((n - 1.0) * observed, expected)
    return np.where(sums[..., 0] >= 2, found, np.nan)


def _squared_distance(each: Floats, scale: Floats, metric: Metric) -> Floats:
    """delta^2 between levels: (levels, levels), with leading axes for the ordinal metric."""
    if metric == "nominal":
        return 1.0 - np.eye(len(scale))
    if metric == "ratio":
        above = np.subtract.outer(scale, scale)
        below = np.add.outer(scale, scale)
        # Two zeros do not differ
        return np.asarray(np.where(below == 0, 0.0, above / np.where(below == 0, 1.0, below)) ** 2)
    place = scale
    if metric == "ordinal":
        # The sum of counts between two levels, less half of each, is a difference of mid-ranks.
        place = np.cumsum(each, axis=-1) - each / 2.0
    return np.asarray((place[..., :, None] - place[..., None, :]) ** 2, dtype=np.float64)


def _interval_alpha(sums: Floats) -> Floats:
    answers, n, total, squares, within = (sums[..., i] for i in range(5))
    expected = 2.0 * (n * squares - total**2)
    found = 1.0 - divide((n - 1.0) * within, expected, n * squares)
    return np.where(answers >= 2, found, np.nan)


@dataclass(frozen=True, eq=False)
class LevelCounts:
    """How many raters gave each answer each level: counts (answers, levels)."""

    counts: Floats
    levels: tuple[float, ...]
    clusters: Clusters | None = None


def panel(
    ratings: Values, levels: Sequence[float], clusters: Clusters | None = None
) -> LevelCounts:
    """Returns the panel of ratings (answers, raters) on a full scale. Raises BadInput off it."""
    codes = codes_of(matrix(ratings), levels)
    return LevelCounts(indicator(codes, len(levels)).sum(axis=1), tuple(levels), clusters)


def gwet_ac(found: LevelCounts, weighting: Weighting = "nominal") -> Statistic:
    """Returns Gwet's AC1 (nominal) or AC2 (other weights), Gwet 2008 and 2014.

    Chance is the agreement of raters who guess on hard answers only, so AC stays near the
    agreement where one level dominates and kappa collapses. Estimable with constant raters (1).
    Not estimable under 2 answers with two ratings each.
    """
    formula = partial(_gwet, weights=agreement_weights(found.levels, weighting))
    return statistic(_sums(found, weighting), formula, "coefficient")


def _pair_agreement(counts: Floats, weights: Floats) -> Floats:
    """For each answer the weighted share of its pairs of ratings that agree."""
    raters = counts.sum(axis=1)
    # Less the agreement of each rating with itself
    agreeing = (counts * (counts @ weights - 1.0)).sum(axis=1)
    return np.asarray(agreeing / np.maximum(raters * (raters - 1.0), 1.0), dtype=np.float64)


def _sums(found: LevelCounts, weighting: Weighting) -> Floats:
    """(clusters, 3 + levels): answers rated, answers rated twice, their agreement, level shares."""
    weights = agreement_weights(found.levels, weighting)
    raters = found.counts.sum(axis=1)
    several = (raters >= 2).astype(np.float64)
    agreed = several * _pair_agreement(found.counts, weights)
    shares = found.counts / np.maximum(raters, 1.0)[:, None]
    rated = (raters >= 1).astype(np.float64)
    return sum_by(np.column_stack([rated, several, agreed, shares]), found.clusters)


def _observed(sums: Floats) -> Floats:
    return np.where(sums[..., 1] >= 2, divide(sums[..., 2], sums[..., 1]), np.nan)


def _gwet(sums: Floats, weights: Floats) -> Floats:
    expected = _gwet_chance(divide(sums[..., 3:], sums[..., :1]), weights)
    return divide(_observed(sums) - expected, 1.0 - expected)


def _gwet_chance(shares: Floats, weights: Floats) -> Floats:
    q = len(weights)
    spread = (shares * (1.0 - shares)).sum(axis=-1)
    return np.asarray(weights.sum() / max(q * (q - 1.0), 1.0) * spread, dtype=np.float64)
