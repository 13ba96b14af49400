"""One level of a panel as a table of values, and the statistics taken from it.

They get all their intervals from the same bootstrap samples.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from grader.stats.arrays import Clusters, Floats
from grader.stats.bootstrap import intervals
from grader.stats.statistic import Interval, Statistic, proportion
from grader.trust.calibration.panel import MISSING, SCALE, Panel
from grader.trust.calibration.values import Estimate, LevelName

TOP = 100.0


@dataclass(frozen=True, eq=False)
class ValueTable:
    """Values that raters gave to units.

    Attributes:
        values: units x R, steps of the scale (verdicts) or per cent (scores); NaN is missing.
        rounded: the same on ``levels``.
        levels: the whole scale, used or not.
        humans, models: columns.
    """

    name: LevelName
    values: Floats
    rounded: Floats
    levels: tuple[float, ...]
    clusters: Clusters
    humans: tuple[int, ...]
    models: tuple[int, ...]

    @cached_property
    def given(self) -> Floats:
        """Where there is a value, units x R: 1.0 or 0.0."""
        return np.isfinite(self.values).astype(np.float64)

    @cached_property
    def reference(self) -> Floats:
        """Mean of the people's values of each unit, (units,); NaN where nobody gave one."""
        people = self.values[:, list(self.humans)]
        count = np.isfinite(people).sum(axis=1)
        return np.asarray(
            np.where(count > 0, np.nansum(people, axis=1) / np.maximum(count, 1), np.nan)
        )


def verdicts(panel: Panel) -> ValueTable:
    """Verdicts on key points, from 0 (contradicted) to 3 (met)."""
    values = np.where(panel.verdicts == MISSING, np.nan, panel.verdicts.astype(np.float64))
    clusters = _clusters(panel, panel.candidate[panel.item_answer])
    levels = tuple(float(i) for i in range(len(SCALE)))
    return ValueTable(
        LevelName.VERDICT, values, values, levels, clusters, panel.humans, panel.models
    )


def scores(panel: Panel) -> ValueTable:
    """Scores of single answers, per cent."""
    return _of_scores(LevelName.QUESTION, panel, panel.scores, _clusters(panel, panel.candidate))


def whole(panel: Panel) -> ValueTable:
    """Scores of candidates over all their answers, per cent."""
    values = panel.whole()
    own = np.arange(len(values), dtype=np.int64)
    return _of_scores(LevelName.SCORE, panel, values, Clusters(own, len(values)))


def round_to(values: Floats, step: float) -> Floats:
    """Per cent rounded to multiples of *step*, halves upwards, at most 100."""
    return np.asarray(np.minimum(np.floor(values / step + 0.5) * step, TOP))


def _of_scores(name: LevelName, panel: Panel, values: Floats, clusters: Clusters) -> ValueTable:
    count = math.ceil(TOP / panel.step)
    levels = tuple(min(i * panel.step, TOP) for i in range(count + 1))
    rounded = round_to(values, panel.step)
    return ValueTable(name, values, rounded, levels, clusters, panel.humans, panel.models)


def _clusters(panel: Panel, codes: np.typing.NDArray[np.intp]) -> Clusters:
    return Clusters(codes.astype(np.int64), int(panel.candidate.max()) + 1)


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
    value, low, high = (rounded(v) for v in (found.value, found.low, found.high))
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


def rounded(value: float | None) -> float | None:
    """Returns a figure without the noise of binary fractions; None stays None."""
    return None if value is None else round(value, _DIGITS)
