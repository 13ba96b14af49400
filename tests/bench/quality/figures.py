"""What a grader's scores are worth beside people's: agreement, sureness, selective grading.

Scores run from 0 to 1. Every interval is a 95 % bootstrap interval over whole questions: answers to
one question are alike, and taking them for independent would make it too narrow.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grader.stats.arrays import Floats, clusters_of, divide
from grader.stats.bootstrap import intervals
from grader.stats.scores import (
    continuous_quadratic_kappa,
    mean_difference,
    pearson,
    score_pairs,
    standardised_difference,
)
from grader.stats.statistic import Interval, Statistic, statistic
from grader.stats.two_raters import exact_agreement, kappa, pairs

STEP = 0.2
"""Six levels, as `grade calibrate` rounds scores for exact agreement and kappa."""
_LEVELS = tuple(round(n * STEP, 6) for n in range(6))
_BINS = 10
_SAMPLES = 1000
_TINY = 1e-6
ROUNDED = 1e-3
"""Records round per cent: an interval holds a score that lies so near."""


@dataclass(frozen=True)
class Graded:
    """One answer's score by people and by a grader.

    Attributes:
        given: the grader's, None where it gave none.
        sure: how sure it is, on any scale that rises; None where it does not say.
        low, high: the interval that it states.
        stated: the probability of that interval, by its own probabilities.
        about: what figures are broken down by.
    """

    answer: str
    question: str
    people: float
    given: float | None
    sure: float | None = None
    low: float | None = None
    high: float | None = None
    stated: float | None = None
    about: Mapping[str, str] = field(default_factory=dict)


def agreement(rows: Sequence[Graded], samples: int = _SAMPLES) -> dict[str, Interval]:
    """Returns QWK, r, MAE, leniency (given less people's), SMD, exact agreement and kappa of the
    rows that have a score."""
    kept = [row for row in rows if row.given is not None]
    if not kept:
        return {}
    people = np.array([row.people for row in kept])
    given = np.array([row.given for row in kept], float)
    groups = clusters_of([row.question for row in kept])
    moments = score_pairs(people, given, groups)
    levels = pairs(_rounded(people), _rounded(given), _LEVELS, groups)
    found = {
        "QWK": continuous_quadratic_kappa(moments),
        "r": pearson(moments),
        "MAE": mean_of(abs(given - people), [row.question for row in kept]),
        "leniency": mean_difference(moments),
        "SMD": standardised_difference(moments),
        "exact": exact_agreement(levels),
        "kappa": kappa(levels),
    }
    return intervals(found, samples=samples)


def _rounded(scores: Floats) -> Floats:
    return np.asarray(np.round(np.floor(scores / STEP + 0.5 + _TINY) * STEP, 6))


def mean_of(values: Floats, questions: Sequence[str]) -> Statistic:
    """Returns the mean of values of answers to questions."""
    groups = clusters_of(questions)
    sums = np.stack(
        [np.bincount(groups.codes, v, groups.count) for v in (np.ones(len(values)), values)],
        axis=1,
        dtype=np.float64,
    )
    return statistic(sums, lambda s: divide(s[..., 1], s[..., 0]), "points")


def share_of(hits: Sequence[bool], questions: Sequence[str]) -> Interval:
    """Returns a share with its interval."""
    found = mean_of(np.array(hits, float), questions)
    share = Statistic(found.terms, "share")
    return intervals({"share": share}, samples=_SAMPLES)["share"]


@dataclass(frozen=True)
class Coverage:
    """How often stated intervals hold the settled score.

    Attributes:
        held: the share that do.
        stated: the mean probability that the grader's own probabilities give them.
        width: their mean width, 0 to 1.
    """

    held: Interval
    stated: float | None
    width: float
    answers: int


def coverage(rows: Iterable[Graded]) -> Coverage | None:
    """Returns the coverage of the rows that state an interval, None where none does."""
    kept = [
        (row, row.low, row.high) for row in rows if row.low is not None and row.given is not None
    ]
    if not kept:
        return None
    held = [low - ROUNDED <= row.people <= (high or 0.0) + ROUNDED for row, low, high in kept]
    stated = [row.stated for row, *_ in kept if row.stated is not None]
    return Coverage(
        held=share_of(held, [row.question for row, *_ in kept]),
        stated=float(np.mean(stated)) if stated else None,
        width=float(np.mean([(high or 0.0) - low for _, low, high in kept])),
        answers=len(kept),
    )


def calibration_error(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Returns the expected calibration error of probabilities: the mean distance of the stated from
    the observed share, over ten bins of equal width (Naeini et al. 2015)."""
    chances, hits = np.array(stated), np.array(right, float)
    place = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(chances[place == b].mean() - hits[place == b].mean()) * (place == b).mean()
        for b in range(_BINS)
        if (place == b).any()
    ]
    return float(sum(gaps))


@dataclass(frozen=True)
class Alone:
    """The largest share of answers that may be graded alone, the surest first.

    Attributes:
        together: so that all scores, a person's for the rest, have the QWK wanted.
        among: so that those graded alone have it among themselves.
    """

    together: float
    among: float


def graded_alone(rows: Sequence[Graded], wanted: float = 0.8) -> Alone:
    """Returns the share that may be graded alone at a QWK with people's scores.

    What has no score goes to a person. A share among fewer than ten answers counts for nothing:
    QWK of so few is chance.
    """
    order = sorted(rows, key=lambda row: (row.given is None, -(row.sure or 0.0), row.answer))
    scored = sum(row.given is not None for row in order)
    people = np.array([row.people for row in order])
    given = np.array([row.people if row.given is None else row.given for row in order])
    count = np.arange(1, len(order) + 1, dtype=np.float64)
    among = _prefix_qwk(people, given, count)
    together = _mixed_qwk(people, given)
    enough = (count >= _BINS) & (count <= scored)
    return Alone(
        _largest(together >= wanted, count, count <= scored, len(order)),
        _largest(among >= wanted, count, enough, len(order)),
    )


def quick_qwk(rows: Sequence[Graded]) -> float:
    """Returns the QWK of the rows that have a score, without an interval."""
    kept = [(row.people, row.given) for row in rows if row.given is not None]
    a, b = (np.array(each, float) for each in zip(*kept, strict=True))
    return continuous_quadratic_kappa(score_pairs(a, b)).value or 0.0


def _largest(
    holds: NDArray[np.bool_], count: Floats, allowed: NDArray[np.bool_], total: int
) -> float:
    passed = count[holds & allowed]
    return float(passed.max() / total) if len(passed) else 0.0


def _prefix_qwk(a: Floats, b: Floats, n: Floats) -> Floats:
    a, b, aa, bb, ab = (np.cumsum(v) for v in (a, b, a * a, b * b, a * b))
    return _qwk(a, b, aa, bb, ab, n)


def _mixed_qwk(people: Floats, given: Floats) -> Floats:
    """The QWK of all when the first k are the grader's and the others people's own."""
    n = np.full(len(people), float(len(people)))
    a, aa = (np.full(len(people), v.sum()) for v in (people, people * people))
    b, bb, ab = (
        np.cumsum(own) + (person.sum() - np.cumsum(person))
        for own, person in (
            (given, people),
            (given * given, people * people),
            (given * people, people * people),
        )
    )
    return _qwk(a, b, aa, bb, ab, n)


def _qwk(a: Floats, b: Floats, aa: Floats, bb: Floats, ab: Floats, n: Floats) -> Floats:
    both = ab / n - a * b / n**2
    apart = (aa - 2 * ab + bb) / n
    below = 2 * both + apart
    return np.where(below > _TINY, 2 * both / np.where(below > _TINY, below, 1), 0.0)


def resampled(
    rows: Sequence[Graded], figure: Callable[[Sequence[Graded]], float], samples: int = 300
) -> Interval:
    """Returns any figure with the interval of drawing whole questions."""
    by_question: dict[str, list[Graded]] = {}
    for row in rows:
        by_question.setdefault(row.question, []).append(row)
    groups = list(by_question.values())
    dice = np.random.default_rng(0)
    drawn = [
        figure([row for n in dice.integers(0, len(groups), len(groups)) for row in groups[n]])
        for _ in range(samples)
    ]
    low, high = (float(q) for q in np.quantile(drawn, [0.025, 0.975]))
    return Interval(figure(rows), low, high)


def parted(rows: Iterable[Graded], by: str) -> dict[str, list[Graded]]:
    """Returns the rows by what *by* says about them."""
    found: dict[str, list[Graded]] = {}
    for row in rows:
        if by in row.about:
            found.setdefault(row.about[by], []).append(row)
    return dict(sorted(found.items()))


def band(score: float) -> str:
    """Returns the band of a score: its ends, where judges do well, or its middle."""
    if score < STEP:
        return "below 20 %"
    return "20 to 80 %" if score <= 1 - STEP else "above 80 %"
