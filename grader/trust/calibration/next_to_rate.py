"""Which answers people should rate next: those that would tell most, each by a known chance.

Active statistical inference (Zrnic and Candès 2024, arXiv 2403.03208): the best chance to draw an
answer is in proportion to how far off the model is expected to be on it. That is expected where the
judge's probabilities are spread, where judges differ, where the pass is a toss-up, and of questions
with few ratings so far. Part of the chance is spread evenly, so that a judge who is wrong about
being sure costs little, and every answer has a floor.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from grader.errors import BadInput
from grader.stats.arrays import Floats
from grader.trust.calibration.prediction import Prediction, predictions
from grader.trust.calibration.results import AnswerKey, ModelGradings
from grader.trust.calibration.sampling_plan import PlannedAnswer, SamplingPlan

EVEN = 0.5
"""Share of the chances that is spread evenly: no weight is above twice that of an even draw."""


def draw(
    results: ModelGradings,
    rated: Sequence[AnswerKey],
    count: int,
    mark: float,
    seed: int = 0,
    before: SamplingPlan | None = None,
) -> SamplingPlan:
    """A plan with *count* more answers drawn, those first; all that are left where these are fewer.

    Args:
        rated: what people rated so far. Without an earlier plan it is taken as drawn at random.
        mark: the pass mark, per cent.
        before: the plan so far, whose draws stay; its probabilities are added to.

    Raises:
        BadInput: nothing is left to draw, or the earlier plan is of other answers.
    """
    keys = results.keys
    earlier = _started(keys, rated) if before is None else _same_answers(before, keys)
    free = np.array([earlier[key].drawn is None for key in keys])
    if not free.any():
        raise BadInput(f"all {len(keys)} answers are rated or drawn: there is none left to draw")
    round_ = 1 if before is None else before.rounds + 1
    chance = chances(_worth(results, keys, rated, mark), free, count)
    chosen = np.zeros(len(keys), dtype=bool)
    chosen[free] = systematic(chance[free], np.random.default_rng([seed, round_]))
    planned = {
        key: _drawn(earlier[key], float(chance[i]), round_ if chosen[i] else None)
        for i, key in enumerate(keys)
    }
    return SamplingPlan({key: planned[key] for key in sorted(keys, key=_latest_first(planned))})


def _drawn(before: PlannedAnswer, chance: float, in_round: int | None) -> PlannedAnswer:
    """An answer after one more round, which drew from what was left with this chance."""
    probability = before.probability + (1.0 - before.probability) * chance
    drawn = before.drawn if in_round is None else in_round
    return PlannedAnswer(drawn, min(1.0, probability))


def _latest_first(planned: Mapping[AnswerKey, PlannedAnswer]) -> Callable[[AnswerKey], int]:
    def place(key: AnswerKey) -> int:
        number = planned[key].drawn
        return 1 if number is None else -number

    return place


def _started(
    keys: Sequence[AnswerKey], rated: Sequence[AnswerKey]
) -> dict[AnswerKey, PlannedAnswer]:
    known = set(rated)
    share = len(known) / len(keys)
    return {key: PlannedAnswer(0 if key in known else None, share) for key in keys}


def _same_answers(
    before: SamplingPlan, keys: Sequence[AnswerKey]
) -> dict[AnswerKey, PlannedAnswer]:
    if odd := [*(set(keys) ^ before.answers.keys())]:
        there = "plan" if odd[0] in before.answers else "results"
        raise BadInput(
            f"answer {odd[0][1]!r} to {odd[0][0]} stands in the {there} alone: draw from the"
            " answers that the earlier plan was made for, or begin a new one without --drawn"
        )
    return dict(before.answers)


def chances(worth: Floats, free: NDArray[np.bool_], count: int) -> Floats:
    """The chance of every answer, (answers,), such that those of the *free* ones sum to *count*.

    In proportion to *worth* and partly even, at most 1. The others' is what they would have had.
    """
    left = int(free.sum())
    if count >= left:
        return np.ones(len(worth))
    total = float(worth[free].sum())
    wanted = worth / total if total > 0 else np.full(len(worth), 1.0 / left)
    parts = EVEN / left + (1.0 - EVEN) * wanted
    low, high = 0.0, 1.0 / float(parts.min())
    while low < (middle := 0.5 * (low + high)) < high:
        if np.minimum(1.0, middle * parts[free]).sum() < count:
            low = middle
        else:
            high = middle
    return np.asarray(np.minimum(1.0, high * parts))


def systematic(chance: Floats, dice: np.random.Generator) -> NDArray[np.bool_]:
    """Draws as many as the chances, (answers,), sum to, each with exactly its own chance.

    Systematic sampling in random order (Madow 1949): a comb of steps of 1 over their sum.
    """
    order = dice.permutation(len(chance))
    ends = np.cumsum(chance[order])
    ends[-1] = round(float(ends[-1]))
    teeth = np.floor(ends + dice.random())
    chosen = np.zeros(len(chance), dtype=bool)
    chosen[order] = np.diff(teeth, prepend=0.0) > 0
    return chosen


def _worth(
    results: ModelGradings, keys: Sequence[AnswerKey], rated: Sequence[AnswerKey], mark: float
) -> Floats:
    """How far off the models may be on each answer, (answers,), on average about 1.

    Of score and pass alike, and more for questions with fewer ratings than their share.
    """
    told = predictions(results, mark).values()
    by_answer = [[one[key] for one in told if key in one] for key in keys]
    score = _relative([_variance(each) for each in by_answer])
    toss_up = _relative([_of_pass(each) for each in by_answer])
    answers, so_far = (Counter(q for q, _ in of) for of in (keys, set(rated)))
    fair = len(set(rated)) / len(keys)
    lacking = [(fair * answers[q] + 1.0) / (so_far[q] + 1.0) for q, _ in keys]
    return np.asarray(np.sqrt((score + toss_up) * np.array(lacking)))


def _variance(told: Sequence[Prediction]) -> float:
    """Expected squared error of a score: within each judge, and of the judges about their mean."""
    apart = float(np.var([one.score for one in told]))
    return apart + sum(one.variance for one in told) / len(told)


def _of_pass(told: Sequence[Prediction]) -> float:
    passes = sum(one.passes for one in told) / len(told)
    return passes * (1.0 - passes)


def _relative(values: Sequence[float]) -> Floats:
    """Values over their mean; ones where all are 0."""
    mean = sum(values) / len(values)
    return np.array(values) / mean if mean > 0 else np.ones(len(values))
