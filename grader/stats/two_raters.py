"""Two raters on one scale: agreement and kappa, from a count table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np

from grader.stats.arrays import (
    Clusters,
    Floats,
    Values,
    codes_of,
    divide,
    indicator,
    sum_by,
    vectors,
)
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


def pairs(
    first: Values, second: Values, levels: Sequence[float], clusters: Clusters | None = None
) -> Pairs:
    """Returns count tables of the answers (n,) that both rated. Raises BadInput off the scale.

    A table has levels x levels cells a cluster: for scores of many values use scores.score_pairs.
    """
    a, b = (codes_of(v, levels) for v in vectors(first, second))
    one_hot = indicator(a, len(levels))[:, :, None] * indicator(b, len(levels))[:, None, :]
    return Pairs(sum_by(one_hot.reshape(len(a), -1), clusters), tuple(levels))


@lru_cache(maxsize=64)
def agreement_weights(levels: tuple[float, ...], weighting: Weighting) -> Floats:
    """Returns the weight (levels, levels) of each pair as agreement, 1 on the diagonal.

    linear and quadratic by the levels' values (Cohen 1968: 1 - d / d_max, 1 - d^2 / d_max^2);
    ordinal by ranks as Gwet's Handbook of Inter-Rater Reliability (2014, 3.5), which is not
    Krippendorff's ordinal metric.
    """
    scale = np.asarray(levels, dtype=np.float64)
    # A single level has no largest distance to divide by
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
    """Returns the share of answers with the same level. Not estimable under 2 shared answers."""
    return _share(counts, np.eye(len(counts.levels)))


def adjacent_agreement(counts: Pairs) -> Statistic:
    """Returns the share of answers at most one level apart, as ETS RSMTool reports it."""
    ranks = np.arange(len(counts.levels))
    return _share(counts, (np.abs(np.subtract.outer(ranks, ranks)) <= 1).astype(float))


def kappa(counts: Pairs, weighting: Weighting = "nominal") -> Statistic:
    """Returns Cohen's kappa (1960), weighted (1968): (observed - chance) / (1 - chance).

    Not estimable under 2 shared answers and where chance agreement is 1 (both raters always gave
    one same level). 0 where one of them never varies: by definition, no sign of disagreement.
    """
    weights = agreement_weights(counts.levels, weighting)
    return statistic(counts.sums, partial(_kappa, weights=weights), "coefficient")


def quadratic_kappa(counts: Pairs) -> Statistic:
    """Returns quadratic weighted kappa over the full scale; edge cases as kappa."""
    return kappa(counts, "quadratic")


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
