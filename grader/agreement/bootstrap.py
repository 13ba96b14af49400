"""Cluster bootstrap: whole candidates are drawn, with all their answers, many statistics at once.

Drawing answers instead of candidates would take answers of one person for independent and make
intervals too narrow. The limits are BCa (Efron 1987), with the tail widened from normal to t and
by n / (n - 1), the correction for few clusters of Hesterberg (2015, What Teachers Should Know
About the Bootstrap, 4.4). tests/bench/coverage.py compares the methods: this one covers the true
value nearest to 95 in 100 from 50 answers on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grader.agreement.arrays import Codes, Floats, Formula
from grader.agreement.statistic import Interval, Statistic, Term
from grader.agreement.tails import normal_quantile, normal_tail, t_quantile, two_sided

# Cells of one block of weights: 1.5 million floats are 12 MB.
_BLOCK = 1_500_000
# Below this share of samples in which the statistic exists, limits would describe another one.
_ENOUGH = 0.9


def draws(clusters: int, samples: int, seed: int) -> Iterator[Floats]:
    """Blocks (samples of the block, clusters) of how often each cluster was drawn."""
    random = np.random.default_rng(seed)
    rows = max(1, _BLOCK // max(clusters, 1))
    for start in range(0, samples, rows):
        block = min(rows, samples - start)
        drawn: Codes = random.integers(0, clusters, (block, clusters))
        drawn += np.arange(block)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=block * clusters)
        yield counts.reshape(block, clusters).astype(np.float64)


@dataclass
class _Sums:
    """What statistics share in one block of samples: each sum and each formula taken once.

    weights: (samples, clusters), or the slice of clusters of which each is left out once.
    """

    weights: Floats | slice
    totals: dict[int, Floats] = field(default_factory=dict)
    values: dict[tuple[int, Formula], Floats] = field(default_factory=dict)

    def of(self, term: Term) -> Floats:
        name = id(term.sums)
        if name not in self.totals:
            self.totals[name] = (
                term.sums.sum(axis=0) - term.sums[self.weights]
                if isinstance(self.weights, slice)
                else self.weights @ term.sums
            )
        key = (name, term.formula)
        if key not in self.values:
            self.values[key] = term.formula(self.totals[name])
        return term.at(self.values[key])


def replicates(statistics: Sequence[Statistic], samples: int, seed: int) -> list[Floats]:
    """For each statistic its value in each bootstrap sample, (samples,), nan where it has none.

    The statistics have the same clusters and see the same draws.
    """
    blocks = [
        _block(statistics, _Sums(weights))
        for weights in draws(statistics[0].clusters, samples, seed)
    ]
    return [np.concatenate(of_one) for of_one in zip(*blocks, strict=True)]


def _left_out(statistics: Sequence[Statistic]) -> list[Floats]:
    """For each statistic its value with each cluster left out, (clusters,)."""
    rows = 512
    blocks = [
        _block(statistics, _Sums(slice(start, start + rows)))
        for start in range(0, statistics[0].clusters, rows)
    ]
    return [np.concatenate(of_one) for of_one in zip(*blocks, strict=True)]


def _block(statistics: Sequence[Statistic], shared: _Sums) -> list[Floats]:
    zero = np.zeros(())
    return [sum((shared.of(term) for term in s.terms), zero) for s in statistics]


def _taking_part(statistic: Statistic) -> NDArray[np.bool_]:
    """Which clusters have any data for the statistic."""
    parts = [np.any(term.sums != 0, axis=1) for term in statistic.terms]
    return np.asarray(np.logical_or.reduce(parts), dtype=np.bool_)


def _acceleration(left_out: Floats) -> float:
    """Efron 1987, (7.3) by the jackknife."""
    d = left_out.mean() - left_out
    spread = float((d**2).sum())
    return float((d**3).sum()) / (6.0 * spread**1.5) if spread > 0 else 0.0


def limits(value: float, drawn: Floats, left_out: Floats, level: float = 0.95) -> Interval:
    """BCa limits of a value, from its bootstrap replicates and leave-one-out values.

    drawn: (samples,), left_out: (clusters,). No limits (None) with fewer than two clusters,
    where fewer than 0.9 of the samples give a value, and where all give the same one: then the
    data hold no trace of the uncertainty, and [v, v] would claim that there is none.
    """
    found = drawn[np.isfinite(drawn)]
    one_out = left_out[np.isfinite(left_out)]
    n = len(one_out)
    if n < 2 or len(found) < _ENOUGH * len(drawn) or np.ptp(found) <= 1e-12:
        return Interval(value, None, None)
    slack = 1e-12 * max(1.0, abs(value))
    below = np.mean(found < value - slack) + 0.5 * np.mean(np.abs(found - value) <= slack)
    edge = 0.5 / len(found)
    bias = normal_quantile(min(max(float(below), edge), 1.0 - edge))
    a = _acceleration(one_out)
    reach = float(np.sqrt(n / (n - 1.0))) * t_quantile(two_sided(level), n - 1)

    def place(z: float) -> float:
        bent = 1.0 - a * (bias + z)
        # Past its pole the correction means nothing: take the outermost replicate.
        return 1.0 - normal_tail(bias + (bias + z) / bent) if bent > 0 else float(z > 0)

    low, high = np.quantile(found, [place(-reach), place(reach)])
    return Interval(value, float(low), float(high))


def intervals(
    statistics: Mapping[str, Statistic], samples: int = 2000, seed: int = 0, level: float = 0.95
) -> dict[str, Interval]:
    """Each statistic with its bootstrap confidence interval.

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
    drawn, left = replicates(chosen, samples, seed), _left_out(chosen)
    for name, one, of_samples, of_rest in zip(names, chosen, drawn, left, strict=True):
        value = estimates[name]
        if value is not None:
            result[name] = limits(value, of_samples, of_rest[_taking_part(one)], level)
    return result
