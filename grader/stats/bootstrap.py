"""Cluster bootstrap: whole candidates are drawn, with all their answers, many statistics at once.

Drawing answers instead of candidates would take answers of one person for independent and make
intervals too narrow. The limits are value +- t x bootstrap standard error (Efron and Tibshirani
1993, 12.2), made on Fisher's z for coefficients and on log odds for shares, and widened by
sqrt(n / (n - 1)), the bootstrap's narrowness for n clusters (Hesterberg 2015, What Teachers Should
Know About the Bootstrap, 4.4). A statistic of free scale gets percentiles, widened alike.
tests/bench/coverage.py counts how often they hold the true value, beside plain percentiles.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.stats.arrays import Codes, Floats, Formula
from grader.stats.distributions import normal_tail, t_quantile, two_sided
from grader.stats.statistic import Interval, Scale, Statistic, Term

# Cells of one block of weights: 1.5 million floats are 12 MB.
_BLOCK = 1_500_000
# Below this share of samples in which the statistic exists, limits would describe another one.
_ENOUGH = 0.9


def draws(clusters: int, samples: int, seed: int) -> Iterator[Floats]:
    """Yields blocks (samples of the block, clusters) of how often each cluster was drawn."""
    random = np.random.default_rng(seed)
    rows = max(1, _BLOCK // max(clusters, 1))
    for start in range(0, samples, rows):
        block = min(rows, samples - start)
        drawn: Codes = random.integers(0, clusters, (block, clusters))
        # Numbers of its own for each sample, so that all are counted in one pass
        drawn += np.arange(block)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=block * clusters)
        yield counts.reshape(block, clusters).astype(np.float64)


@dataclass
class _Sums:
    """What statistics share in one block of samples: each sum and each formula taken once."""

    weights: Floats
    totals: dict[int, Floats] = field(default_factory=dict)
    values: dict[tuple[int, Formula], Floats] = field(default_factory=dict)

    def of(self, term: Term) -> Floats:
        # Arrays have no hash; these live longer than the block, so no id comes twice
        name = id(term.sums)
        if name not in self.totals:
            self.totals[name] = self.weights @ term.sums
        key = (name, term.formula)
        if key not in self.values:
            self.values[key] = term.formula(self.totals[name])
        return term.at(self.values[key])


def replicates(statistics: Sequence[Statistic], samples: int, seed: int) -> list[Floats]:
    """Returns each statistic's value in each bootstrap sample, (samples,), nan where it has none.

    The statistics have the same clusters and see the same draws.
    """
    blocks = [
        _block(statistics, _Sums(weights))
        for weights in draws(statistics[0].clusters, samples, seed)
    ]
    return [np.concatenate(of_one) for of_one in zip(*blocks, strict=True)]


def _block(statistics: Sequence[Statistic], shared: _Sums) -> list[Floats]:
    zero = np.zeros(())
    return [sum((shared.of(term) for term in s.terms), zero) for s in statistics]


def _taking_part(statistic: Statistic) -> int:
    """How many clusters have any data for the statistic."""
    parts = [np.any(term.sums != 0, axis=1) for term in statistic.terms]
    return int(np.logical_or.reduce(parts).sum())


def limits(
    value: float, drawn: Floats, clusters: int, scale: Scale = "free", level: float = 0.95
) -> Interval:
    """Returns limits of a value from its bootstrap replicates.

    drawn: (samples,); clusters: how many had data. No limits (None) with fewer than two
    clusters, where fewer than 0.9 of the samples give a value, and where all give the same one:
    then the data hold no trace of the uncertainty, and [v, v] would claim that there is none.
    """
    found = drawn[np.isfinite(drawn)]
    enough = clusters >= 2 and len(found) >= _ENOUGH * len(drawn)
    if not enough or np.ptp(found) <= 1e-12 * max(1.0, abs(value)):
        return Interval(value, None, None)
    wider = math.sqrt(clusters / (clusters - 1.0)) * t_quantile(two_sided(level), clusters - 1)
    reach = wider * float(found.std(ddof=1))
    if scale == "points":
        return Interval(value, value - reach, value + reach)
    if scale == "coefficient" and abs(value) < 1.0:
        # By the delta method: dz / dvalue = 1 / (1 - value^2)
        z, spread = math.atanh(value), reach / (1.0 - value**2)
        return Interval(value, math.tanh(z - spread), math.tanh(z + spread))
    if scale == "share" and 0.0 < value < 1.0:
        # Log odds are twice Fisher's z of 2 x share - 1.
        z, spread = math.atanh(2.0 * value - 1.0), reach / (2.0 * value * (1.0 - value))
        return Interval(value, *(0.5 + 0.5 * math.tanh(z + s) for s in (-spread, spread)))
    # Percentiles as far out as the widened t would be as a z (Hesterberg 2015)
    low, high = np.quantile(found, [normal_tail(wider), 1.0 - normal_tail(wider)])
    return Interval(value, float(low), float(high))


def intervals(
    statistics: Mapping[str, Statistic], samples: int = 2000, seed: int = 0, level: float = 0.95
) -> dict[str, Interval]:
    """Returns each statistic with its bootstrap confidence interval.

    Statistics with the same number of clusters see the same draws, in every run with the seed:
    differences are paired and figures repeat to the last bit on one machine.
    """
    found: dict[str, Interval] = {}
    for clusters in sorted({s.clusters for s in statistics.values()}):
        names = [name for name, s in statistics.items() if s.clusters == clusters]
        found.update(_of_one_size({n: statistics[n] for n in names}, samples, seed, level))
    return {name: found[name] for name in statistics}


def _of_one_size(
    statistics: Mapping[str, Statistic], samples: int, seed: int, level: float
) -> dict[str, Interval]:
    estimates = {name: s.value for name, s in statistics.items()}
    names = [name for name, value in estimates.items() if value is not None]
    chosen = [statistics[name] for name in names]
    result = {name: Interval(None, None, None) for name in statistics}
    if not chosen or chosen[0].clusters < 2:
        return result | {n: Interval(v, None, None) for n, v in estimates.items()}
    drawn = replicates(chosen, samples, seed)
    for name, one, of_samples in zip(names, chosen, drawn, strict=True):
        value = estimates[name]
        if value is not None:
            result[name] = limits(value, of_samples, _taking_part(one), one.scale, level)
    return result
