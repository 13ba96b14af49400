"""Many-facet Rasch model by joint maximum likelihood: severity in logits, with misfit.

log(P(k) / P(k - 1)) = measure of the answer - difficulty of the key point - severity of the
rater - threshold k (Linacre 1989, Many-Facet Rasch Measurement). Estimates compare with other
JMLE programs only: pairwise or marginal estimators give other numbers.
"""

import math
from dataclasses import dataclass

import numpy as np

from grader.errors import BadInput
from grader.stats.arrays import Codes, Floats, Values, floats
from grader.stats.distributions import chi_square_tail

_ROUNDS = 5000


@dataclass(frozen=True)
class Element:
    """One rater, answer or key point: its measure in logits with standard error and fit.

    infit and outfit: mean squares (1 expected; above about 1.5 erratic, below about 0.5 too
    predictable). All None for an element with ratings all lowest or all highest, or with none:
    its measure is not finite.
    """

    measure: float | None
    se: float | None
    infit: float | None
    outfit: float | None


@dataclass(frozen=True)
class Separation:
    """How well the data tell elements apart (Facets manual, Table 7)."""

    separation: float
    strata: float
    reliability: float


@dataclass(frozen=True)
class Facet:
    """Elements in the order of the data; chi-square that all are equal; separation.

    chi_square, p and separation are None where fewer than 2 elements have a measure.
    """

    elements: tuple[Element, ...]
    chi_square: float | None
    df: int
    p: float | None
    separation: Separation | None


@dataclass(frozen=True)
class Rasch:
    """raters: severity (high is severe); answers: measure (high is good); items: difficulty.

    thresholds: step k between the k-th and the next level that was used. converged is False
    where the largest change of the last round was above 1e-8 logits.
    """

    raters: Facet
    answers: Facet
    items: Facet
    thresholds: tuple[float, ...]
    log_likelihood: float
    converged: bool


@dataclass
class _Model:
    """Ratings in use as indices, and the current measures."""

    places: tuple[Codes, Codes, Codes]
    scores: Codes
    measures: tuple[Floats, Floats, Floats]
    steps: Floats

    # A severe rater and a difficult item pull ratings down, a good answer up
    SIGNS = (-1.0, 1.0, -1.0)

    def probabilities(self) -> Floats:
        """(ratings, levels)."""
        logit = sum(
            sign * m[at] for sign, m, at in zip(self.SIGNS, self.measures, self.places, strict=True)
        )
        levels = np.arange(len(self.steps) + 1)
        height = np.outer(logit, levels) - np.concatenate([[0.0], np.cumsum(self.steps)])
        # Large logits overflow; what all levels share cancels out
        height -= height.max(axis=1, keepdims=True)
        weights = np.exp(height)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def rasch(ratings: Values) -> Rasch:
    """Fit ratings (raters, answers, items), missing as nan, whole levels of one scale.

    Answers, items and thresholds are centred, raters free. Levels that nobody used have no
    threshold and are closed up. Raises BadInput for another layout. The design must be
    connected (severity.connected_subsets): else measures of different subsets do not compare.
    """
    data = floats(ratings)
    if data.ndim != 3:
        raise BadInput(
            f"ratings have {data.ndim} dimensions: lay them out raters x answers x items"
        )
    kept = _without_extremes(data)
    model = _start(kept)
    converged = _fit(model) if len(model.scores) else False
    chance = model.probabilities()
    facets = [_facet(model, chance, axis, kept) for axis in range(3)]
    seen = chance[np.arange(len(model.scores)), model.scores]
    likelihood = float(np.log(seen).sum())
    steps = tuple(float(s) for s in model.steps)
    return Rasch(facets[0], facets[1], facets[2], steps, likelihood, converged)


def separation_of(separation: float) -> Separation:
    """Returns strata (4G + 1) / 3 and reliability G^2 / (1 + G^2) of G (Facets manual)."""
    g = separation
    return Separation(g, (4.0 * g + 1.0) / 3.0, g * g / (1.0 + g * g))


def separation(measures: Values, errors: Values) -> Separation | None:
    """Returns G = true SD / RMSE with what follows from it (Facets manual).

    True variance = variance (by n) - RMSE^2, at least 0. Not estimable under 2 elements, or
    without error.
    """
    found, se = floats(measures), floats(errors)
    noise = float((se**2).mean()) if len(found) >= 2 else 0.0
    if noise <= 0:
        return None
    return separation_of(math.sqrt(max(float(found.var()) - noise, 0.0) / noise))


def _without_extremes(data: Floats) -> Floats:
    """The ratings less those of elements that only ever got the lowest or the highest level."""
    kept = data.copy()
    # Anew each time: without one element another one may be extreme
    while np.isfinite(kept).any():
        low, high = np.nanmin(kept), np.nanmax(kept)
        before = int(np.isfinite(kept).sum())
        for axis in range(3):
            rest = tuple(a for a in range(3) if a != axis)
            there = np.isfinite(kept)
            extreme = ((kept == low) | ~there).all(axis=rest) | ((kept == high) | ~there).all(
                axis=rest
            )
            np.moveaxis(kept, axis, 0)[extreme] = np.nan
        if np.isfinite(kept).sum() == before:
            break
    return kept


def _start(kept: Floats) -> _Model:
    there = np.isfinite(kept)
    raters, answers, items = np.nonzero(there)
    levels, scores = np.unique(kept[there], return_inverse=True)
    zeros = [np.zeros(size) for size in kept.shape]
    steps = np.zeros(max(len(levels) - 1, 0))
    places = (raters.astype(np.int64), answers.astype(np.int64), items.astype(np.int64))
    return _Model(places, scores.astype(np.int64), (zeros[0], zeros[1], zeros[2]), steps)


def _fit(model: _Model) -> bool:
    """Newton's steps, one facet after the other, until nothing moves; whether it came to that."""
    for _ in range(_ROUNDS):
        change = _move_steps(model)
        for axis in (1, 2, 0):
            change = max(change, _move_facet(model, axis))
        if change < 1e-8:
            return True
    return False


def _move_facet(model: _Model, axis: int) -> float:
    measures, at = model.measures[axis], model.places[axis]
    expected, variance = _moments(model.probabilities())
    left = np.bincount(at, model.scores - expected, len(measures))
    spread = np.bincount(at, variance, len(measures))
    used = spread > 0
    move = np.where(used, model.SIGNS[axis] * left / np.where(used, spread, 1.0), 0.0)
    # Far from the maximum Newton's step goes too far
    move = np.clip(move, -1.0, 1.0)
    # Only differences can be estimated: one facet is left to carry the level
    if axis != 0:
        move[used] -= (measures + move)[used].mean()
    measures += move
    return float(np.abs(move).max(initial=0.0))


def _move_steps(model: _Model) -> float:
    """Newton on the thresholds, all together: P(level >= k) against how often it was seen."""
    chance = model.probabilities()
    above = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1][:, 1:]
    seen = np.array([(model.scores >= k).sum() for k in range(1, chance.shape[1])])
    ranks = np.arange(above.shape[1])
    # At least j and at least k is at least the higher of the two
    joint = above.sum(axis=0)[np.maximum.outer(ranks, ranks)]
    curvature = joint - above.T @ above
    move = np.clip(np.linalg.lstsq(curvature, above.sum(axis=0) - seen, rcond=None)[0], -1.0, 1.0)
    move -= (model.steps + move).mean()
    model.steps += move
    return float(np.abs(move).max(initial=0.0))


def _moments(chance: Floats) -> tuple[Floats, Floats]:
    """Expected level and its variance, each (ratings,)."""
    levels = np.arange(chance.shape[1])
    expected = chance @ levels
    apart = levels - expected[:, None]
    return expected, (chance * apart**2).sum(axis=1)


def _facet(model: _Model, chance: Floats, axis: int, kept: Floats) -> Facet:
    at, size = model.places[axis], kept.shape[axis]
    expected, variance = _moments(chance)
    squares = (model.scores - expected) ** 2
    n = np.bincount(at, minlength=size)
    spread = np.bincount(at, variance, size)
    infit = np.bincount(at, squares, size)
    outfit = np.bincount(at, squares / np.where(variance > 0, variance, 1.0), size)
    elements = tuple(
        Element(
            float(model.measures[axis][i]),
            # The variance of its ratings is the information on a measure
            float(1.0 / math.sqrt(spread[i])),
            float(infit[i] / spread[i]),
            float(outfit[i] / n[i]),
        )
        if spread[i] > 0
        else Element(None, None, None, None)
        for i in range(size)
    )
    return _compared(elements)


def _compared(elements: tuple[Element, ...]) -> Facet:
    known = [(e.measure, e.se) for e in elements if e.measure is not None and e.se is not None]
    if len(known) < 2:
        return Facet(elements, None, 0, None, None)
    measures, se = (np.array(column) for column in zip(*known, strict=True))
    weights = 1.0 / se**2
    middle = (weights * measures).sum() / weights.sum()
    chi_square, df = float((weights * (measures - middle) ** 2).sum()), len(known) - 1
    return Facet(
        elements, chi_square, df, chi_square_tail(chi_square, df), separation(measures, se)
    )
