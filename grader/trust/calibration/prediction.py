"""What a record foretells of people's score: its mean, how far off it may be, the chance to pass.

Estimates that lean on these are valid whatever is foretold (see grader.stats.prediction_powered):
a better guess only makes them narrower. So guesses for records without probabilities are coarse.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from grader.record import Grade
from grader.scoring import earned_chances, scheme_of
from grader.stats.distributions import normal_tail
from grader.trust.calibration.results import AnswerKey, ModelGradings

_UNSURE = 10.0
"""Per cent: how far a score without probabilities is taken to lie from people's, one SD."""
_PER_SD = 4.0
"""An interval of what is still possible counts as two standard deviations either way."""


@dataclass(frozen=True)
class Prediction:
    """What one record foretells.

    Attributes:
        score: per cent.
        variance: of people's score about it, per cent squared.
        passes: chance that people's score is at or above the pass mark.
    """

    score: float
    variance: float
    passes: float


def predict(grade: Grade, mark: float) -> Prediction:
    """What *grade* foretells at the pass mark *mark*, per cent.

    By the verdicts' probabilities where it has them all; else by its score, and by the middle of
    what is possible where key points are ungraded.
    """
    score = grade.score
    if score.expected is not None:
        return _by_chances(grade, score.expected, mark)
    value = (score.low + score.high) / 2 if score.percent is None else score.percent
    variance = _UNSURE**2 + ((score.high - score.low) / _PER_SD) ** 2
    return Prediction(value, variance, 1.0 - normal_tail((value - mark) / math.sqrt(variance)))


def _by_chances(grade: Grade, expected: float, mark: float) -> Prediction:
    penalty = sum(m.penalty for m in grade.misconceptions if m.asserted)
    scheme, points = scheme_of(grade), grade.key_points
    most = scheme.earned([p.id for p in points], [p.weight for p in points])
    chances = [
        (100 * max(0.0, earned * scheme.scale(most) - penalty) / grade.score.out_of, chance)
        for earned, chance in earned_chances(points, scheme).items()
    ]
    whole = sum(chance for _, chance in chances)
    variance = sum(c * (percent - expected) ** 2 for percent, c in chances) / whole
    # A record's per cent are rounded to one decimal: so is what reaches the mark.
    passes = sum(c for percent, c in chances if round(percent, 1) >= mark) / whole
    return Prediction(expected, variance, passes)


def predictions(results: ModelGradings, mark: float) -> Mapping[str, dict[AnswerKey, Prediction]]:
    """What the records foretell, by the name of the model (repeats apart) and the answer."""
    told: dict[str, dict[AnswerKey, Prediction]] = {}
    for grade, names in zip(results.grades, results.names, strict=True):
        one = predict(grade, mark)
        for name in names:
            told.setdefault(name, {})[grade.question, grade.answer_id] = one
    return told
