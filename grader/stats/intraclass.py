"""Intraclass correlation: the six forms of Shrout and Fleiss (1979), with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from grader.stats.arrays import Clusters, Floats, Values, divide, matrix, number, sum_by
from grader.stats.distributions import f_quantile, two_sided
from grader.stats.statistic import Interval, Statistic, statistic

Form = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]
Limits = tuple[float | None, float | None]

ONE: tuple[Form, ...] = ("1,1", "2,1", "3,1")
MEAN: tuple[Form, ...] = ("1,k", "2,k", "3,k")


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of the answers x raters layout: between answers, within, raters, error."""

    between: float
    within: float
    raters: float
    error: float
    answers: int
    k: int


@dataclass(frozen=True)
class Forms:
    """one_way: each answer has raters of its own. two_way_random: the raters stand for others,
    and their severity counts as error; two_way_fixed: it does not.

    two_way_random far below two_way_fixed tells of raters who differ in severity.
    """

    one_way: Interval
    two_way_random: Interval
    two_way_fixed: Interval


@dataclass(frozen=True)
class Intraclass:
    """The six coefficients: of one rater's score (single), of the mean of all k (mean)."""

    single: Forms
    mean: Forms
    mean_squares: MeanSquares | None


def intraclass(ratings: Values, level: float = 0.95) -> Intraclass:
    """ICC(1,1), (2,1), (3,1), (1,k), (2,k), (3,k) of ratings (answers, raters), F intervals.

    Shrout and Fleiss (1979), table 4 and p. 424 f. Answers that lack a rating are left out. Not
    estimable under 2 complete answers or 2 raters, or where no rating varies; no limits where
    raters agree without any error.
    """
    found = _complete(matrix(ratings))
    n, k = found.shape
    if n < 2 or k < 2 or np.ptp(found) == 0:
        none = Forms(*[Interval(None, None, None)] * 3)
        return Intraclass(none, none, None)
    sums = _rows(found).sum(axis=0)
    between, within, raters, error = (float(s) for s in _mean_squares(sums, k))
    squares = MeanSquares(between, within, raters, error, n, k)
    one = [number(_coefficient(sums, form, k)) for form in ONE]
    mean = [number(_coefficient(sums, form, k)) for form in MEAN]
    limits = _limits(squares, one[1], level)
    stepped = [(_step_up(low, k), _step_up(high, k)) for low, high in limits]
    return Intraclass(_forms(one, limits), _forms(mean, stepped), squares)


def icc(ratings: Values, form: Form = "2,1", clusters: Clusters | None = None) -> Statistic:
    """One coefficient of Shrout and Fleiss (1979) for the bootstrap; edge cases as intraclass."""
    found = matrix(ratings)
    complete = np.asarray(np.all(np.isfinite(found), axis=1))
    rows = _rows(np.where(complete[:, None], found - _centre(found), 0.0))
    rows[:, 0] = complete
    formula = partial(_coefficient, form=form, k=found.shape[1])
    return statistic(sum_by(rows, clusters), formula, "coefficient")


def _forms(values: Sequence[float | None], limits: Sequence[Limits]) -> Forms:
    one, random, fixed = (Interval(v, *pair) for v, pair in zip(values, limits, strict=True))
    return Forms(one, random, fixed)


def _complete(found: Floats) -> Floats:
    kept = found[np.all(np.isfinite(found), axis=1)]
    return np.asarray(kept - _centre(kept), dtype=np.float64)


def _centre(found: Floats) -> float:
    """A common origin: it changes no coefficient and keeps digits in the sums of squares."""
    return float(np.nanmean(found)) if np.isfinite(found).any() else 0.0


def _rows(found: Floats) -> Floats:
    """(answers, 3 + raters): 1, row total squared, sum of squares, each rater's rating."""
    total = found.sum(axis=1)
    return np.column_stack([np.ones(len(found)), total**2, (found**2).sum(axis=1), found])


def _mean_squares(sums: Floats, k: int) -> tuple[Floats, Floats, Floats, Floats]:
    n, row_squares, squares, raters = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    centre = divide(raters.sum(axis=-1) ** 2, n * k)
    free = np.where(n >= 2, n - 1.0, np.nan)
    between = row_squares / k - centre
    between_raters = divide((raters**2).sum(axis=-1), n) - centre
    within = squares - row_squares / k
    slack = 1e-12 * np.abs(squares)
    within = np.where(within > slack, within, 0.0)
    error = np.where(within - between_raters > slack, within - between_raters, 0.0)
    several = max(k - 1, 1)
    return between / free, within / (n * several), between_raters / several, error / free / several


def _coefficient(sums: Floats, form: Form, k: int) -> Floats:
    n = sums[..., 0]
    if k < 2:
        return np.full_like(n, np.nan)
    # One row too few makes the rest nan on its way.
    between, within, raters, error = _mean_squares(np.where(n[..., None] >= 2, sums, np.nan), k)
    inner = within if form[0] == "1" else error
    severity = divide(raters - error, n) if form[0] == "2" else np.zeros_like(n)
    if form[2] == "k":
        return divide(between - inner, between + severity, 0.0)
    return divide(between - inner, between + (k - 1) * inner + k * severity, 0.0)


def _limits(m: MeanSquares, two_way: float | None, level: float) -> tuple[Limits, Limits, Limits]:
    n, k = m.answers, m.k
    one_way = _one_factor(m.between, m.within, (n - 1, n * (k - 1)), k, level)
    fixed = _one_factor(m.between, m.error, (n - 1, (n - 1) * (k - 1)), k, level)
    return one_way, _two_way_limits(m, two_way, level), fixed


def _one_factor(between: float, noise: float, df: tuple[int, int], k: int, level: float) -> Limits:
    if noise <= 0:
        return None, None
    f, p = between / noise, two_sided(level)
    low, high = f / f_quantile(p, *df), f * f_quantile(p, *reversed(df))
    return (low - 1.0) / (low + k - 1.0), (high - 1.0) / (high + k - 1.0)


def _two_way_limits(m: MeanSquares, value: float | None, level: float) -> Limits:
    """Shrout and Fleiss 1979, p. 424: Satterthwaite's degrees of freedom."""
    if m.error <= 0 or value is None:
        return None, None
    n, k, ratio = m.answers, m.k, m.raters / m.error
    rest = n * (1.0 + (k - 1) * value) - k * value
    above = (k - 1) * (n - 1) * (k * value * ratio + rest) ** 2
    below = (n - 1) * k**2 * value**2 * ratio**2 + rest**2
    # No degrees of freedom: the data say nothing of the raters' part.
    df = above / below if below > 0 else 0.0
    if df < 1e-6:
        return None, None
    p = two_sided(level)
    low_f, high_f = f_quantile(p, n - 1, df), f_quantile(p, df, n - 1)
    noise = k * m.raters + (k * n - k - n) * m.error
    low_rest, high_rest = low_f * noise + n * m.between, noise + n * high_f * m.between
    return (
        number(n * (m.between - low_f * m.error) / low_rest) if low_rest else None,
        number(n * (high_f * m.between - m.error) / high_rest) if high_rest else None,
    )


def _step_up(one: float | None, k: int) -> float | None:
    """Spearman and Brown: the mean of k raters from one."""
    if one is None:
        return None
    below = 1.0 + (k - 1) * one
    return k * one / below if below > 0 else None
