"""A mean or a share from people's ratings of a part and a model's of all, valid whatever the model.

Prediction-powered inference (Angelopoulos et al. 2023, Science 382): the model's mean of all
answers, corrected by how much the model is off where people rated. A weight on the model, tuned on
the same data, keeps a useless model from widening the interval (PPI++, Angelopoulos, Duchi and
Zrnic 2023, arXiv 2311.01453). Ratings that were drawn with known unequal probabilities count by
their inverse (active statistical inference, Zrnic and Candès 2024, arXiv 2403.03208), normalised
(Hájek 1971). Strata are the questions (Fisch et al. 2024, arXiv 2406.04291), the clusters of the
variance the candidates.

With y of people, f of the model, w the inverse probabilities and W_h stratum h's share of answers:

    estimate = sum_h W_h (weight mean_all f + sum_rated w (y - weight f) / sum_rated w)

The variance is that of its linear terms, added up by cluster. tests/bench/saved_ratings.py counts
how often the intervals hold the true value.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from grader.errors import BadInput
from grader.stats.arrays import TINY, Clusters, Codes, Floats, each_alone, sum_by
from grader.stats.distributions import t_quantile, two_sided
from grader.stats.statistic import Interval, proportion

LEAST_IN_STRATUM = 5
"""Strata with fewer rated answers are joined: a mean of fewer is mostly noise."""
LEAST_OF_EACH = 5
"""With fewer ratings of either kind a share takes no weight on the model: too few to tune it."""
_NONE = Interval(None, None, None)
_Kind = Literal["points", "share"]


@dataclass(frozen=True, eq=False)
class RatedPart:
    """What people said of a part of the answers, and a model of all.

    Attributes:
        truth: (answers,) people's value, nan where nobody rated.
        predicted: (answers,) the model's, known for all.
        probability: (answers,) with which each answer came to be rated, above 0; only its ratios
            within a stratum matter. None: the same for all of a stratum.
        strata: (answers,) integers. None: no strata.
        clusters: whose answers are not independent. None: all are.
    """

    truth: Floats
    predicted: Floats
    probability: Floats | None = None
    strata: Codes | None = None
    clusters: Clusters | None = None

    def __post_init__(self) -> None:
        """Raises BadInput where lengths differ, a prediction is missing or a probability is 0."""
        given = [self.probability, self.strata, self.predicted]
        given += [self.clusters.codes if self.clusters else None]
        if any(one is not None and one.shape != self.truth.shape for one in given):
            raise BadInput(f"give each of the {len(self.truth)} answers one value of each kind")
        if not np.isfinite(self.predicted).all():
            raise BadInput("a prediction is missing: the model has to rate every answer")
        if self.probability is not None and not (self.probability > 0).all():
            raise BadInput("a probability of being rated is not above 0: its answer has no weight")

    @property
    def rated(self) -> int:
        """How many answers people rated."""
        return int(np.isfinite(self.truth).sum())

    @property
    def rated_clusters(self) -> int:
        """Of how many clusters they are."""
        return len(np.unique(self.units.codes[np.isfinite(self.truth)]))

    @property
    def units(self) -> Clusters:
        """The clusters; every answer its own where there are none."""
        return self.clusters or each_alone(len(self.truth))


@dataclass(frozen=True)
class PoweredEstimate:
    """An estimate with the interval that the ratings and the model give together.

    Attributes:
        interval: None for what cannot be estimated.
        se: standard error.
        weight: on the model: 0 leaves it out, 1 takes all that it says.
    """

    interval: Interval
    se: float | None
    weight: float


@dataclass(frozen=True, eq=False)
class _Terms:
    """The estimate's linear terms: estimate = start + weight x gain, error terms A + weight x B.

    of_truth, of_model: (clusters,) A and B.
    """

    start: float
    gain: float
    of_truth: Floats
    of_model: Floats


def powered_mean(
    part: RatedPart, weight: float | None = None, level: float = 0.95
) -> PoweredEstimate:
    """Returns the mean of people's values over all answers, with its interval.

    weight: on the model; None tunes it, 0 gives the ratings alone. Not estimable below two rated
    answers; no interval where nothing varies.
    """
    return _estimate(part, weight, level, "points")


def powered_share(
    part: RatedPart, weight: float | None = None, level: float = 0.95
) -> PoweredEstimate:
    """Returns the share of answers that people would let pass, 0 to 1; else as powered_mean.

    truth is 0 or 1. The interval is Wilson's, at the number of answers that the variance is worth;
    where all ratings are the same, at the number of rated clusters.
    """
    return _estimate(part, weight, level, "share")


def ratings_saved(alone: PoweredEstimate, powered: PoweredEstimate, part: RatedPart) -> int | None:
    """Returns how many more ratings would reach the same standard error without the model.

    They would be drawn evenly. Variance falls with the number of ratings, so it takes rated x the
    ratio of the variances. What unequal probabilities cost the ratings alone is not counted as
    saved. At least 0; None without a standard error.
    """
    if not alone.se or not powered.se:
        return None
    ratio = (alone.se / powered.se) ** 2 / _unevenness(part)
    return max(0, round(part.rated * (ratio - 1.0)))


def _estimate(part: RatedPart, weight: float | None, level: float, scale: _Kind) -> PoweredEstimate:
    if part.rated < 2:
        return PoweredEstimate(_NONE, None, 0.0)
    joined = replace(part, strata=joined_strata(part))
    terms = _terms(joined)
    rarer = _rarer(part) if scale == "share" else part.rated
    # Ratings that are all alike have no spread, but do not make the share certain
    if rarer == 0:
        clusters = part.rated_clusters
        alike = proportion(round(terms.start * clusters), clusters, level)
        return PoweredEstimate(alike, None, 0.0)
    if weight is None:
        weight = tuned_weight(joined, terms) if rarer >= LEAST_OF_EACH else 0.0
    value = terms.start + weight * terms.gain
    se = math.sqrt(float(((terms.of_truth + weight * terms.of_model) ** 2).sum()))
    if se <= TINY * max(1.0, abs(value)):
        return PoweredEstimate(Interval(value, None, None), None, weight)
    reach = se * t_quantile(two_sided(level), _freedom(joined, weight))
    if scale == "points":
        return PoweredEstimate(Interval(value, value - reach, value + reach), se, weight)
    return PoweredEstimate(_wilson(value, reach, terms.start), se, weight)


def _rarer(part: RatedPart) -> int:
    """How many ratings are of the rarer kind, of passes and fails."""
    passes = int(np.nansum(part.truth))
    return min(passes, part.rated - passes)


def joined_strata(part: RatedPart) -> Codes:
    """Returns strata as 0, 1 ..., those with fewer than LEAST_IN_STRATUM rated answers joined.

    What is joined and still has too few goes to the largest stratum.
    """
    if part.strata is None:
        return np.zeros(len(part.truth), dtype=np.int64)
    _, codes = np.unique(part.strata, return_inverse=True)
    rated = np.bincount(codes, np.isfinite(part.truth))
    few = rated < LEAST_IN_STRATUM
    if few.any() and not few.all() and rated[few].sum() < LEAST_IN_STRATUM:
        few[np.argmax(rated)] = True
    _, codes = np.unique(np.where(few[codes], -1, codes), return_inverse=True)
    return codes.astype(np.int64)


def _terms(part: RatedPart) -> _Terms:
    """The terms of a part whose strata are joined: each holds at least two rated answers."""
    codes, rated = np.asarray(part.strata), np.isfinite(part.truth)
    size = np.bincount(codes).astype(np.float64)
    weights = np.where(rated, 1.0 if part.probability is None else 1.0 / part.probability, 0.0)
    own = weights / np.bincount(codes, weights)[codes]
    share, truth = size / len(codes), np.where(rated, part.truth, 0.0)
    people = np.bincount(codes, own * truth)
    model = np.bincount(codes, own * part.predicted)
    of_all = np.bincount(codes, part.predicted) / size
    # As for a standard deviation, a rating's own pull on its mean hides some of what it is off:
    # n - 1 for even weights; for uneven ones, whose heavy few hide more, as leaving each out does.
    power = 0.5 if part.probability is None else 1.0
    pull = share[codes] * own / np.maximum(1.0 - own, 0.5) ** power
    of_truth = pull * (truth - people[codes])
    of_model = (part.predicted - of_all[codes]) / len(codes) - pull * (
        part.predicted - model[codes]
    )
    sums = sum_by(np.stack([of_truth, of_model], axis=1), part.units)
    return _Terms(float(share @ people), float(share @ (of_all - model)), sums[:, 0], sums[:, 1])


def tuned_weight(part: RatedPart, terms: _Terms) -> float:
    """Returns the weight on the model with the least variance, by the linear terms (PPI++, 6).

    At least 0, and at most what gives the mean of the unrated answers the weight 1.
    """
    unrated = len(part.truth) - part.rated
    # What says the same of all cancels out: there is nothing to tune
    constant = np.ptp(part.predicted) <= TINY * np.abs(part.predicted).max()
    if unrated == 0 or constant:
        return 0.0
    best = -float(terms.of_truth @ terms.of_model) / float(terms.of_model @ terms.of_model)
    return min(max(best, 0.0), len(part.truth) / unrated)


def _freedom(part: RatedPart, weight: float) -> float:
    """Degrees of freedom: the clusters that count, less the strata's means and a fitted weight."""
    spent = len(np.unique(np.asarray(part.strata))) + (weight > 0)
    return max(1.0, part.rated_clusters / _unevenness(part) - spent)


def _unevenness(part: RatedPart) -> float:
    """What unequal weights cost: 1 + their squared coefficient of variation (Kish 1965)."""
    if part.probability is None:
        return 1.0
    weights = 1.0 / part.probability[np.isfinite(part.truth)]
    return float((weights**2).mean() / weights.mean() ** 2)


def _wilson(value: float, reach: float, alone: float) -> Interval:
    """The shares that lie within reach of value, reach growing with share x (1 - share).

    Wilson's interval (1927) of as many answers as would have this reach (Franco et al. 2019). Near
    0 and 1, where the model may push the value, that number is taken at the ratings' own share.
    """
    value = min(max(value, 0.0), 1.0)
    a = reach**2 / max(value * (1.0 - value), alone * (1.0 - alone))
    middle = (value + a / 2.0) / (1.0 + a)
    half = math.sqrt(a * value * (1.0 - value) + a * a / 4.0) / (1.0 + a)
    return Interval(value, max(0.0, middle - half), min(1.0, middle + half))
