"""Two raters on one scale: agreement and kappa, from a count table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np

from grader.errors import BadInput
from grader.stats.arrays import (
    Clusters,
    Floats,
    Values,
    codes_of,
    divide,
    floats,
    indicator,
    number,
    sum_by,
    vectors,
)
from grader.stats.distributions import normal_quantile, two_sided
from grader.stats.statistic import Statistic, statistic

Weighting = Literal["nominal", "linear", "quadratic", "ordinal"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Count tables of two raters, one a cluster: sums (clusters, levels x levels), row by row.

    Rows are the first rater's levels, columns the second's; levels ascend and are all of the
    scale, used or not.
    """

    sums: Floats
    levels: tuple[float, ...]

    @property
    def table(self) -> Floats:
        """The whole count table, (levels, levels)."""
        return _square(self.sums.sum(axis=0), len(self.levels))


@dataclass(frozen=True)
class Coefficient:
    """A chance-corrected coefficient with its large-sample standard error and limits.

    observed and expected are the (weighted) agreement found and the one expected by chance;
    n is the number of answers. None: not estimable.
    """

    value: float | None
    se: float | None
    low: float | None
    high: float | None
    observed: float | None
    expected: float | None
    n: int


def pairs(
    first: Values, second: Values, levels: Sequence[float], clusters: Clusters | None = None
) -> Pairs:
    """Count tables of the answers (n,) that both rated. Raises BadInput off the scale.

    A table has levels x levels cells a cluster: for scores of many values use scores.score_pairs.
    """
    a, b = (codes_of(v, levels) for v in vectors(first, second))
    one_hot = indicator(a, len(levels))[:, :, None] * indicator(b, len(levels))[:, None, :]
    return Pairs(sum_by(one_hot.reshape(len(a), -1), clusters), tuple(levels))


def pairs_of_table(table: Values, levels: Sequence[float] | None = None) -> Pairs:
    """Pairs of a published count table (levels, levels); levels default to 0, 1, 2, ..."""
    counts = floats(table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise BadInput(f"a count table of shape {counts.shape} is not square: list every level")
    return Pairs(counts.reshape(1, -1), tuple(levels or range(len(counts))))


@lru_cache(maxsize=64)
def agreement_weights(levels: tuple[float, ...], weighting: Weighting) -> Floats:
    """Weight (levels, levels) that each pair of levels counts as agreement, 1 on the diagonal.

    linear and quadratic by the levels' values (Cohen 1968: 1 - d / d_max, 1 - d^2 / d_max^2);
    ordinal by ranks as Gwet's Handbook of Inter-Rater Reliability (2014, 3.5), which is not
    Krippendorff's ordinal metric.
    """
    scale = np.asarray(levels, dtype=np.float64)
    if weighting == "nominal" or len(scale) < 2:
        return np.eye(len(scale))
    ranks = np.arange(len(scale), dtype=np.float64)
    place = ranks if weighting == "ordinal" else scale
    apart = np.abs(np.subtract.outer(place, place))
    if weighting == "quadratic":
        apart = apart**2
    elif weighting == "ordinal":
        apart = apart * (apart + 1.0) / 2.0
    return np.asarray(1.0 - apart / apart.max(), dtype=np.float64)


def exact_agreement(counts: Pairs) -> Statistic:
    """Share of answers with the same level. Not estimable under 2 shared answers."""
    return _share(counts, np.eye(len(counts.levels)))


def adjacent_agreement(counts: Pairs) -> Statistic:
    """Share of answers at most one level apart, as ETS RSMTool reports it."""
    ranks = np.arange(len(counts.levels))
    return _share(counts, (np.abs(np.subtract.outer(ranks, ranks)) <= 1).astype(float))


def kappa(counts: Pairs, weighting: Weighting = "nominal") -> Statistic:
    """Cohen's kappa (Cohen 1960), weighted (Cohen 1968): (observed - chance) / (1 - chance).

    Not estimable under 2 shared answers and where chance agreement is 1 (both raters always gave
    one same level). 0 where one of them never varies: by definition, no sign of disagreement.
    """
    weights = agreement_weights(counts.levels, weighting)
    return statistic(counts.sums, partial(_kappa, weights=weights), "coefficient")


def quadratic_kappa(counts: Pairs) -> Statistic:
    """Quadratic weighted kappa over the full scale; edge cases as kappa."""
    return kappa(counts, "quadratic")


def prevalence(counts: Pairs) -> tuple[float, ...] | None:
    """Share of each level over both raters (Byrt, Bishop and Carlin 1993): read beside kappa.

    Where one level dominates, kappa falls though agreement stays. None: no shared answer.
    """
    table = counts.table
    if table.sum() == 0:
        return None
    return tuple(float(s) for s in (table.sum(axis=0) + table.sum(axis=1)) / (2.0 * table.sum()))


def kappa_of(counts: Pairs, weighting: Weighting = "nominal", level: float = 0.95) -> Coefficient:
    """Kappa with the large-sample standard error of Fleiss, Cohen and Everitt (1969), as SAS.

    Wald limits value +- z x se, valid for answers that are independent; for several answers a
    candidate use kappa() with bootstrap.intervals. Edge cases as kappa.
    """
    table, weights = counts.table, agreement_weights(counts.levels, weighting)
    n = float(table.sum())
    value = kappa(counts, weighting).value
    if n < 2:
        return Coefficient(None, None, None, None, None, None, int(n))
    observed, expected = (number(x) for x in _observed_expected(table, weights))
    if value is None or observed is None or expected is None:
        return Coefficient(None, None, None, None, observed, expected, int(n))
    p = table / n
    by_row, by_column = weights @ p.sum(axis=0), p.sum(axis=1) @ weights
    spread = weights - (by_row[:, None] + by_column[None, :]) * (1.0 - value)
    variance = (p * spread**2).sum() - (value - expected * (1.0 - value)) ** 2
    se = float(np.sqrt(max(float(variance), 0.0) / n)) / (1.0 - expected)
    reach = normal_quantile(two_sided(level)) * se
    return Coefficient(value, se, value - reach, value + reach, observed, expected, int(n))


def cohen_kappa(
    first: Values,
    second: Values,
    levels: Sequence[float],
    weighting: Weighting = "nominal",
    level: float = 0.95,
) -> Coefficient:
    """Kappa of two columns of ratings (n,) with its standard error; see kappa_of."""
    return kappa_of(pairs(first, second, levels), weighting, level)


def _square(flat: Floats, levels: int) -> Floats:
    return flat.reshape(*flat.shape[:-1], levels, levels)


def _share(counts: Pairs, hits: Floats) -> Statistic:
    return statistic(counts.sums, partial(_weighted_share, hits=hits.ravel()), "share")


def _weighted_share(flat: Floats, hits: Floats) -> Floats:
    n = flat.sum(axis=-1)
    return np.where(n >= 2, divide(flat @ hits, n), np.nan)


def _observed_expected(tables: Floats, weights: Floats) -> tuple[Floats, Floats]:
    n = tables.sum(axis=(-1, -2))
    shares = divide(tables, n[..., None, None])
    rows, columns = shares.sum(axis=-1), shares.sum(axis=-2)
    observed = (shares * weights).sum(axis=(-1, -2))
    return observed, ((rows @ weights) * columns).sum(axis=-1)


def _kappa(flat: Floats, weights: Floats) -> Floats:
    tables = _square(flat, len(weights))
    observed, expected = _observed_expected(tables, weights)
    found = divide(observed - expected, 1.0 - expected)
    return np.where(tables.sum(axis=(-1, -2)) >= 2, found, np.nan)
