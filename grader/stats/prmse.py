"""PRMSE: how much of the true score's variance the machine's score predicts.

The true score is what humans would give on average; their noise is estimated from answers that
two or more scored. Loukina et al. (2020, Using PRMSE to evaluate automated scoring systems in
the presence of label noise) and ETS RSMTool, which allow any number of humans an answer.
"""

from functools import partial

import numpy as np

from grader.errors import BadInput
from grader.stats.arrays import Clusters, Floats, Values, divide, floats, matrix, sum_by
from grader.stats.statistic import Statistic, statistic


def prmse(
    machine: Values,
    humans: Values,
    error_variance: float | None = None,
    clusters: Clusters | None = None,
) -> Statistic:
    """Returns the PRMSE of machine scores (answers,) against human scores (answers, raters).

    error_variance: that of one human's score, if known; else estimated from answers with two
    human scores or more. Answers without a machine or a human score are left out. Not estimable
    without the error variance, under 2 answers, or where humans show no true variance.
    """
    sums = sum_by(_rows(machine, humans), clusters)
    return statistic(sums, partial(_prmse, error_variance=error_variance))


def _rows(machine: Values, humans: Values) -> Floats:
    """1, c, c^2, sum h, c mean(h)^2, c (mean(h) - m)^2, within squares, c - 1; c scores each."""
    system, scores = floats(machine), matrix(humans)
    if system.shape != scores.shape[:1]:
        raise BadInput(f"{system.size} machine scores for {len(scores)} answers: give one each")
    there = np.isfinite(scores) & np.isfinite(system)[:, None]
    # Nothing below depends on the origin of the scale; near zero, squares keep more digits.
    origin = float(scores[there].mean()) if there.any() else 0.0
    h = np.where(there, scores - origin, 0.0)
    m = np.where(np.isfinite(system), system - origin, 0.0)
    c = there.sum(axis=1).astype(np.float64)
    mean = h.sum(axis=1) / np.maximum(c, 1.0)
    within = (np.where(there, h - mean[:, None], 0.0) ** 2).sum(axis=1)
    rated = (c > 0).astype(np.float64)
    return np.column_stack(
        [rated, c, c**2, c * mean, c * mean**2, c * (mean - m) ** 2, within, c - rated]
    )


def _parts(sums: Floats, error_variance: float | None) -> tuple[Floats, Floats, Floats]:
    """Error variance of one score, variance of true scores, mean square error against them."""
    n, c, c2, h, h2, apart, within, free = (sums[..., i] for i in range(8))
    error = divide(within, free)
    if error_variance is not None:
        error = np.full_like(n, error_variance)
    spread = h2 - divide(h**2, c)
    # Variance between answers of a one-way layout, unbiased for unequal numbers of scores
    true = divide(spread - (n - 1.0) * error, c - divide(c2, c))
    # A mean of c scores is off by error / c and counts c times: error for each answer
    return error, np.where(n >= 2, true, np.nan), divide(apart - n * error, c)


def _prmse(sums: Floats, error_variance: float | None) -> Floats:
    _, true, square = _parts(sums, error_variance)
    return np.where(true > 1e-12, 1.0 - divide(square, true), np.nan)
