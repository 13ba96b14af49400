"""Who is lenient, who is severe: additive rater effects in points, ratings may be missing.

rating = answer + rater + noise, by least squares (Searle 1971, Linear Models, ch. 7: the two-way
layout without interaction, answers eliminated). Effects are centred: the raters' mean is 0.
"""

from functools import partial

import numpy as np

from grader.stats.arrays import Clusters, Floats, Values, matrix, sum_by
from grader.stats.statistic import Statistic, Term


def connected_subsets(ratings: Values) -> tuple[tuple[int, ...], ...]:
    """Returns the raters (columns) that answers in common connect, largest subset first.

    Only raters of one subset can be compared: with none of their answers shared, severe raters
    and weak answers look the same. A rater without ratings is a subset alone.
    """
    there = np.isfinite(matrix(ratings))
    left, subsets = set(range(there.shape[1])), []
    while left:
        found, fresh = set(), {min(left)}
        while fresh:
            found |= fresh
            answers = there[:, sorted(found)].any(axis=1)
            fresh = set(np.flatnonzero(there[answers].any(axis=0)).tolist()) - found
        subsets.append(tuple(sorted(found)))
        left -= found
    return tuple(sorted(subsets, key=lambda s: (-len(s), s)))


def rater_effects(ratings: Values, clusters: Clusters | None = None) -> tuple[Statistic, ...]:
    """Returns how many points above the panel each rater (column) gives.

    Above 0 is lenient, below severe. ratings: (answers, raters). Not estimable, for any rater,
    where the raters are not all connected (see connected_subsets, and call for one subset's
    columns) or are fewer than 2.
    """
    found = matrix(ratings)
    there = np.isfinite(found).astype(np.float64)
    # The raters' effects do not depend on the level of an answer: take its mean out first.
    given = np.maximum(there.sum(axis=1), 1.0)
    mean = np.where(there > 0, found, 0.0).sum(axis=1) / given
    right = np.where(there > 0, found - mean[:, None], 0.0)
    raters = found.shape[1]
    # Normal equations with the answers eliminated: an answer of m ratings couples raters by 1 / m
    pairs = -there[:, :, None] * there[:, None, :] / given[:, None, None]
    pairs[:, np.arange(raters), np.arange(raters)] += there
    rows = sum_by(np.hstack([pairs.reshape(len(found), -1), right]), clusters)
    # One object for all raters: the bootstrap takes a formula once a block
    formula = partial(_effects, raters=raters)
    return tuple(Statistic((Term(rows, formula, part=j),), "points") for j in range(raters))


def adjusted_scores(ratings: Values) -> tuple[float | None, ...]:
    """Returns each answer's mean rating with its raters' effects taken off, in points.

    The score that the whole panel would have given on average. None for an answer without
    ratings, and for all where effects are not estimable.
    """
    found = matrix(ratings)
    effects = [one.value for one in rater_effects(found)]
    fair = found - np.array([np.nan if e is None else e for e in effects])
    there = np.isfinite(fair)
    counts = there.sum(axis=1)
    totals = np.where(there, fair, 0.0).sum(axis=1)
    return tuple(float(t / n) if n else None for t, n in zip(totals, counts, strict=True))


def _effects(sums: Floats, raters: int) -> Floats:
    """Least squares effects (..., raters) from the normal equations; nan where not connected."""
    square = sums[..., : raters * raters].reshape(*sums.shape[:-1], raters, raters)
    right = sums[..., raters * raters :]
    values, axes = np.linalg.eigh(square)
    if raters < 2:
        return np.full_like(right, np.nan)
    # One eigenvalue is 0 (all raters shifted alike); a second means that they fall apart.
    whole = values[..., 1] > 1e-9 * np.maximum(values[..., -1], 1e-300)
    solid = np.where(whole[..., None], values[..., 1:], np.nan)
    along = np.einsum("...ij,...i->...j", axes[..., 1:], right) / solid
    effects = np.einsum("...ij,...j->...i", axes[..., 1:], along)
    return np.asarray(effects - effects.mean(axis=-1, keepdims=True), dtype=np.float64)
