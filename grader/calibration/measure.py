"""Collects statistics, then gives them all their intervals from the same bootstrap samples."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from grader.agreement.arrays import Clusters
from grader.agreement.bootstrap import intervals
from grader.agreement.decision import proportion
from grader.agreement.statistic import Interval, Statistic
from grader.calibration.model import Estimate

K = TypeVar("K", bound=Hashable)

_TINY = 1e-9
_DIGITS = 6
"""More would be noise of the machine."""


@dataclass(frozen=True)
class Sampling:
    """How intervals are made: the number of bootstrap samples and their seed."""

    samples: int = 2000
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Counted:
    """A statistic with what it was taken from. None: it cannot be asked of these ratings.

    Attributes:
        share: it is a share, from 0 to 1.
        difference: it is the difference of two agreements, or of standardised means.
    """

    statistic: Statistic | None
    n: int
    clusters: int
    share: bool = False
    difference: bool = False


def counted(statistic: Statistic | None, shared: NDArray[Any], clusters: Clusters) -> Counted:
    """A statistic of the units where *shared* (units,) is true."""
    codes = clusters.codes[shared.astype(bool)]
    return Counted(statistic, len(codes), len(np.unique(codes)))


def weighted_mean(parts: Sequence[tuple[Statistic, float]]) -> Statistic | None:
    """The mean of statistics over the same clusters by fixed weights; None of none.

    Parts that cannot be estimated are left out, and the others' weights grow.
    """
    usable = [(s, w) for s, w in parts if w > 0 and s.value is not None]
    total = sum(w for _, w in usable)
    if not usable:
        return None
    return Statistic(
        tuple(replace(t, factor=t.factor * w / total) for s, w in usable for t in s.terms)
    )


def estimates(wanted: Mapping[K, Counted], how: Sampling) -> dict[K, Estimate]:
    """Every statistic as an estimate; draws are shared, so that differences are paired."""
    keys = {str(i): key for i, key in enumerate(wanted)}
    asked = {
        name: statistic
        for name, key in keys.items()
        if (statistic := wanted[key].statistic) is not None
    }
    found = intervals(asked, how.samples, how.seed)
    none = Interval(None, None, None)
    return {key: _estimate(found.get(name, none), wanted[key]) for name, key in keys.items()}


def _estimate(found: Interval, one: Counted) -> Estimate:
    if found.value is not None and found.low is None:
        found = _without_variation(found.value, one)
    value, low, high = (_rounded(v) for v in (found.value, found.low, found.high))
    return Estimate(value=value, low=low, high=high, n=one.n, clusters=one.clusters)


def _without_variation(value: float, one: Counted) -> Interval:
    """Limits where every bootstrap sample gives the same value.

    Perfect agreement, or none at all, of n candidates is no proof that the next one does not
    differ: the limit is that of a share of n out of n (Wilson 1927). Two perfect agreements
    differ by at most as much.
    """
    slack = 1.0 - (proportion(one.clusters, one.clusters).low or 0.0)
    if one.clusters < 2:
        return Interval(value, None, None)
    if one.difference and abs(value) < _TINY:
        return Interval(value, -slack, slack)
    if abs(value - 1.0) < _TINY:
        return Interval(value, 1.0 - slack, 1.0)
    if one.share and abs(value) < _TINY:
        return Interval(value, 0.0, slack)
    return Interval(value, None, None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
