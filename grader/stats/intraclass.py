"""Intraclass correlation: the six forms of Shrout and Fleiss (1979)."""

from functools import partial
from typing import Literal

import numpy as np

from grader.stats.arrays import Clusters, Floats, Values, divide, matrix, sum_by
from grader.stats.statistic import Statistic, statistic

Form = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]


def icc(ratings: Values, form: Form = "2,1", clusters: Clusters | None = None) -> Statistic:
    """Returns a coefficient of Shrout and Fleiss (1979) of ratings (answers, raters).

    Forms 1: each answer has raters of its own. 2: the raters stand for others, and their severity
    counts as error; 3: it does not. k: of the mean of all raters. Answers that lack a rating are
    left out. Not estimable under 2 complete answers or 2 raters, or where no rating varies.
    """
    found = matrix(ratings)
    complete = np.asarray(np.all(np.isfinite(found), axis=1))
    rows = _rows(np.where(complete[:, None], found - _centre(found), 0.0))
    # An incomplete answer is all zeros by now, and must not count as one either
    rows[:, 0] = complete
    formula = partial(_coefficient, form=form, k=found.shape[1])
    return statistic(sum_by(rows, clusters), formula, "coefficient")


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
    # Rounding must not make constant ratings vary
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
