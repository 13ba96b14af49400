"""Any number of raters, ratings may be missing: Fleiss, Conger, Brennan-Prediger, Gwet AC1/AC2.

All are (observed - chance) / (1 - chance) with the same observed agreement over answers with two
ratings or more, and differ in chance; sums and names as in Gwet, Handbook of Inter-Rater
Reliability (4th ed. 2014), chapters 2, 3 and 5, whose figures the tests hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from grader.agreement.arrays import (
    Clusters,
    Floats,
    Values,
    codes_of,
    divide,
    indicator,
    matrix,
    number,
    sum_by,
)
from grader.agreement.categorical import Coefficient, Weighting, agreement_weights
from grader.agreement.statistic import Statistic, statistic
from grader.agreement.tails import t_quantile, two_sided

Chance = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, eq=False)
class Panel:
    """How many raters gave each answer each level: counts (answers, levels)."""

    counts: Floats
    levels: tuple[float, ...]
    clusters: Clusters | None = None


def panel(ratings: Values, levels: Sequence[float], clusters: Clusters | None = None) -> Panel:
    """The panel of ratings (answers, raters) on a full scale. Raises BadInput off the scale."""
    codes = codes_of(matrix(ratings), levels)
    return Panel(indicator(codes, len(levels)).sum(axis=1), tuple(levels), clusters)


def percent_agreement(found: Panel, weighting: Weighting = "nominal") -> Statistic:
    """Mean over answers of the share of pairs of raters that agree (weighted).

    Not estimable under 2 answers with two ratings each.
    """
    return statistic(_sums(found, weighting), _observed, "share")


def gwet_ac(found: Panel, weighting: Weighting = "nominal") -> Statistic:
    """Gwet's AC1 (nominal) or AC2 (other weights), Gwet 2008 and 2014.

    Chance is the agreement of raters who guess on hard answers only, so AC stays near the
    agreement where one level dominates and kappa collapses. Estimable with constant raters (1).
    Not estimable under 2 answers with two ratings each.
    """
    return _coefficient(found, weighting, _gwet_chance)


def fleiss_kappa(found: Panel, weighting: Weighting = "nominal") -> Statistic:
    """Fleiss' kappa (Fleiss 1971), extended to missing ratings as in Gwet's Handbook.

    Not estimable where chance agreement is 1 (one level only) and under 2 shared answers.
    """
    return _coefficient(found, weighting, _fleiss_chance)


def brennan_prediger(found: Panel, weighting: Weighting = "nominal") -> Statistic:
    """Brennan and Prediger's coefficient (1981): chance is equal for every level of the scale."""
    return _coefficient(found, weighting, _uniform_chance)


def conger_kappa(
    ratings: Values,
    levels: Sequence[float],
    weighting: Weighting = "nominal",
    clusters: Clusters | None = None,
) -> Statistic:
    """Conger's kappa (1980): Cohen's kappa for many raters, each with levels shares of their own.

    Not estimable with one rater, where chance agreement is 1, and under 2 shared answers.
    """
    codes = codes_of(matrix(ratings), levels)
    one_hot = indicator(codes, len(levels))
    found = Panel(one_hot.sum(axis=1), tuple(levels), clusters)
    by_rater = sum_by(one_hot.reshape(len(codes), -1), clusters)
    sums = np.hstack([_sums(found, weighting), by_rater])
    weights = agreement_weights(found.levels, weighting)
    formula = partial(_conger, weights=weights, raters=codes.shape[1])
    return statistic(sums, formula, "coefficient")


def gwet_ac_of(found: Panel, weighting: Weighting = "nominal", level: float = 0.95) -> Coefficient:
    """AC1 or AC2 with standard error and limits (Gwet 2008, 2014: linearised variance, t limits).

    Limits are cut at 1. Valid for independent answers; for several answers a candidate use
    gwet_ac() with bootstrap.intervals. n counts answers with a rating.
    """
    counts = found.counts[found.counts.sum(axis=1) > 0]
    n, weights = len(counts), agreement_weights(found.levels, weighting)
    totals = _sums(Panel(counts, found.levels), weighting).sum(axis=0)
    value, observed = gwet_ac(found, weighting).value, number(_observed(totals))
    if value is None or observed is None or n < 2:
        return Coefficient(None, None, None, None, observed, None, n)
    shares = totals[3:] / n
    expected = float(_gwet_chance(shares, weights))
    raters = counts.sum(axis=1)
    several = raters >= 2
    agreed = np.where(several, _pair_agreement(counts, weights), 0.0)
    each = n / several.sum() * (agreed - expected * several) / (1.0 - expected)
    q = len(weights)
    chance = weights.sum() / (q * (q - 1.0)) * (counts @ (1.0 - shares)) / raters
    linear = each - 2.0 * (1.0 - value) * (chance - expected) / (1.0 - expected)
    se = float(np.sqrt(((linear - value) ** 2).sum() / (n * (n - 1.0))))
    reach = t_quantile(two_sided(level), n - 1) * se
    return Coefficient(value, se, value - reach, min(1.0, value + reach), observed, expected, n)


def _pair_agreement(counts: Floats, weights: Floats) -> Floats:
    """For each answer the weighted share of its pairs of ratings that agree."""
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts @ weights - 1.0)).sum(axis=1)
    return np.asarray(agreeing / np.maximum(raters * (raters - 1.0), 1.0), dtype=np.float64)


def _sums(found: Panel, weighting: Weighting) -> Floats:
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


def _coefficient(found: Panel, weighting: Weighting, chance: Chance) -> Statistic:
    weights = agreement_weights(found.levels, weighting)
    formula = partial(_corrected, weights=weights, chance=chance)
    return statistic(_sums(found, weighting), formula, "coefficient")


def _corrected(sums: Floats, weights: Floats, chance: Chance) -> Floats:
    shares = divide(sums[..., 3:], sums[..., :1])
    expected = chance(shares, weights)
    return divide(_observed(sums) - expected, 1.0 - expected)


def _gwet_chance(shares: Floats, weights: Floats) -> Floats:
    q = len(weights)
    spread = (shares * (1.0 - shares)).sum(axis=-1)
    return np.asarray(weights.sum() / max(q * (q - 1.0), 1.0) * spread, dtype=np.float64)


def _fleiss_chance(shares: Floats, weights: Floats) -> Floats:
    return np.asarray(((shares @ weights) * shares).sum(axis=-1), dtype=np.float64)


def _uniform_chance(shares: Floats, weights: Floats) -> Floats:
    return np.full(shares.shape[:-1], weights.mean())


def _conger(sums: Floats, weights: Floats, raters: int) -> Floats:
    levels = len(weights)
    flat = sums[..., 3 + levels :]
    counts = flat.reshape(*flat.shape[:-1], raters, levels)
    shares = divide(counts, counts.sum(axis=-1, keepdims=True))
    mean = shares.mean(axis=-2)
    apart = shares - mean[..., None, :]
    # The covariance of the raters' shares, over raters, weighted: Gwet 2014, (2.29).
    between = ((apart @ weights) * apart).sum(axis=(-1, -2)) / max(raters - 1, 1)
    expected = ((mean @ weights) * mean).sum(axis=-1) - between / raters
    found = divide(_observed(sums) - expected, 1.0 - expected)
    return found if raters > 1 else np.full_like(found, np.nan)
