"""What every statistic needs of its arrays: types, missing values, scales, clusters."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.errors import BadInput

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Values = ArrayLike | Sequence[float | None] | Sequence[Sequence[float | None]]
"""Numbers as an array or as lists; None and nan are missing."""
Formula = Callable[[Floats], Floats]

# Denominators below this share of the whole are rounding noise of an exact zero.
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Clusters:
    """To which cluster (a candidate) each unit (an answer) belongs.

    codes: (units,) integers 0 .. count - 1. Units of one cluster are resampled together.
    """

    codes: Codes
    count: int

    def take(self, index: NDArray[np.intp] | Sequence[int]) -> "Clusters":
        """Returns the clusters of some units, numbered as before, so that draws stay paired."""
        return Clusters(self.codes[np.asarray(index)], self.count)


def clusters_of(ids: Sequence[Hashable]) -> Clusters:
    """Returns clusters from one id a unit, numbered in order of first appearance."""
    numbers: dict[Hashable, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) for name in ids]
    return Clusters(np.array(codes, dtype=np.int64), len(numbers))


def each_alone(units: int) -> Clusters:
    """Returns clusters of which every unit is its own."""
    return Clusters(np.arange(units, dtype=np.int64), units)


def sum_by(rows: Floats, clusters: Clusters | None) -> Floats:
    """Returns rows (units, features) added up to (clusters, features)."""
    if clusters is None:
        return rows
    if len(clusters.codes) != len(rows):
        raise BadInput(f"{len(clusters.codes)} cluster ids for {len(rows)} answers: give one each")
    columns = [np.bincount(clusters.codes, column, clusters.count) for column in rows.T]
    return np.stack(columns, axis=1) if columns else np.zeros((clusters.count, 0))


def floats(values: Values) -> Floats:
    """Returns numbers as an array, missing as nan."""
    return np.asarray(cast("ArrayLike", values), dtype=np.float64)


def matrix(ratings: Values) -> Floats:
    """Returns ratings as (answers, raters), missing as nan. Raises BadInput for another shape."""
    found = floats(ratings)
    if found.ndim != 2:
        raise BadInput(f"ratings have {found.ndim} dimensions: lay them out answers x raters")
    return found


def vectors(first: Values, second: Values) -> tuple[Floats, Floats]:
    """Returns two columns of ratings of the same answers, missing as nan.

    Raises BadInput where they have another shape or not the same length.
    """
    a, b = floats(first), floats(second)
    if a.ndim != 1 or a.shape != b.shape:
        raise BadInput(f"ratings of shapes {a.shape} and {b.shape}: give two lists of one length")
    return a, b


def codes_of(values: Floats, levels: Sequence[float]) -> Codes:
    """Returns the index of each value in the ascending levels, -1 for a missing one.

    Raises BadInput for a value off the scale, and for a scale that does not ascend.
    """
    scale = np.asarray(levels, dtype=np.float64)
    if scale.ndim != 1 or not len(scale) or np.any(np.diff(scale) <= 0):
        raise BadInput(f"the scale {tuple(levels)} must list its levels once each, ascending")
    # nan and values above the scale come to lie behind its last level
    place = np.minimum(np.searchsorted(scale, values), len(scale) - 1)
    missing = np.isnan(values)
    off = ~missing & (scale[place] != values)
    if off.any():
        raise BadInput(f"rating {values[off][0]:g} is not on the scale {tuple(levels)}")
    return np.where(missing, -1, place).astype(np.int64)


def indicator(codes: Codes, levels: int) -> Floats:
    """Returns a one-hot last axis of length levels; all zero where the code is -1."""
    return np.asarray(codes[..., None] == np.arange(levels), dtype=np.float64)


def divide(above: Floats, below: Floats, scale: Floats | float = 1.0) -> Floats:
    """Returns above / below, nan where below is zero up to rounding (relative to scale)."""
    solid = np.abs(below) > TINY * np.abs(scale)
    # Both sides of a where are computed: 1 keeps the division from warning
    safe = np.where(solid, below, 1.0)
    return np.asarray(np.where(solid, above / safe, np.nan), dtype=np.float64)


def number(value: float | Floats) -> float | None:
    """Returns a plain float, or None where it is not finite: not estimable."""
    found = float(value)
    return found if math.isfinite(found) else None
