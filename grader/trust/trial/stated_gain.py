"""What fitting a model's words for its confidence gains, on whole questions left out of the fit.

Expected calibration error (Naeini et al. 2015) by word is measured on halves of the questions with
a fit on the other half: where each question is left out alone, what is too high for one is too low
for the next, and the errors cancel. The Brier score (1950) has no such flaw; it has the interval.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, Field

from grader.judge.stated import STATED, StatedConfidence
from grader.judge.voting import SURE
from grader.trust.trial.report import CountedShare, TrialEstimate
from grader.trust.trial.stated_fit import StatedVerdict, check_counts, choose_threshold, fit_words
from grader.util.frozen import Frozen

_FOLDS = 10
_SPLITS = 40
_DRAWS = 2000


class WordFit(Frozen):
    """One word: how often it was right, and what it is taken for."""

    word: str
    usual: float
    """What the word is taken for where nothing was fitted."""
    right: CountedShare
    low: float | None
    high: float | None
    """95 % interval of the share, answers resampled; None where it cannot be told."""
    fitted: float


class AskedAgain(Frozen):
    """What asking again does, on questions left out of its choice."""

    samples: int
    """At most, of each verdict."""
    once: CountedShare
    """Right verdicts of the first sample alone."""
    again: CountedShare
    """Right verdicts where those below the threshold are asked again."""
    further: float
    """Samples beyond the first, a verdict."""


class StatedFit(Frozen):
    """What was fitted to one model, and what it gains on questions left out."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["stated-fit/1"] = Field(default="stated-fit/1", alias="schema")
    confidence: StatedConfidence
    verdicts: int
    answers: int
    questions: int
    words: tuple[WordFit, ...]
    error_before: float
    """Expected calibration error of the usual probabilities, 0 to 1: the mean of many halves of
    the questions."""
    error_after: float
    """The same with probabilities that were fitted on the other half."""
    score_change: TrialEstimate
    """How the Brier score, the mean squared distance of a probability from what came true, changes
    on questions left out of the fit, with its 95 % interval; below 0 is better."""
    sampling: AskedAgain | None
    """None where every answer was asked about once: the threshold is then the usual one."""


def fit_stated(verdicts: Sequence[StatedVerdict], model: str, seed: int = 0) -> StatedFit:
    """Returns what is fitted on all *verdicts*, and what such a fit gains on questions left out.

    Raises:
        BadInput: too few were stated.
    """
    questions = list(dict.fromkeys(v.question for v in verdicts))
    check_counts(len(verdicts), len(questions), "verdicts stated with a word")
    repeated = min(len(v.samples) for v in verdicts) > 1
    chances = fit_words(verdicts)
    below = choose_threshold(verdicts, chances) if repeated else SURE
    left_out = dict(_left_out(verdicts, questions, repeated=repeated))
    before, after = _halves_error(verdicts, questions, seed)
    return StatedFit(
        confidence=StatedConfidence(model=model, unsure_below=below, chances=chances),
        verdicts=len(verdicts),
        answers=len({v.answer for v in verdicts}),
        questions=len(questions),
        words=tuple(_word_fits(verdicts, chances)),
        error_before=before,
        error_after=after,
        score_change=_score_change(verdicts, questions, left_out, seed),
        sampling=_sampling(verdicts, left_out) if repeated else None,
    )


@dataclass(frozen=True)
class _Fold:
    """What was fitted without a question."""

    chances: dict[str, float]
    unsure_below: float


def _left_out(
    verdicts: Sequence[StatedVerdict], questions: Sequence[str], *, repeated: bool
) -> Iterable[tuple[str, _Fold]]:
    """For each question what is fitted on others alone."""
    folds = min(_FOLDS, len(questions))
    for fold in range(folds):
        out = {name for n, name in enumerate(questions) if n % folds == fold}
        used = [v for v in verdicts if v.question not in out]
        chances = fit_words(used)
        below = choose_threshold(used, chances) if repeated else SURE
        yield from ((name, _Fold(chances, below)) for name in out)


def _word_fits(
    verdicts: Sequence[StatedVerdict], chances: Mapping[str, float]
) -> Iterable[WordFit]:
    from grader.stats.arrays import clusters_of
    from grader.stats.bootstrap import intervals
    from grader.stats.two_raters import exact_agreement, pairs

    for word, usual in STATED.items():
        own = [v for v in verdicts if v.word == word]
        right = [float(v.right) for v in own]
        counted = CountedShare(right=int(sum(right)), of=len(own))
        low = high = None
        if own:
            whole = pairs(right, [1.0] * len(own), [0.0, 1.0], clusters_of([v.answer for v in own]))
            found = intervals({word: exact_agreement(whole)})[word]
            low, high = _rounded(found.low), _rounded(found.high)
        yield WordFit(
            word=word, usual=usual, right=counted, low=low, high=high, fitted=chances[word]
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _halves_error(
    verdicts: Sequence[StatedVerdict], questions: Sequence[str], seed: int
) -> tuple[float, float]:
    """The mean calibration error of halves of the questions, before, and after a fit on the other
    half."""
    dice = random.Random(seed)  # noqa: S311 - draws questions
    before = after = 0.0
    for _ in range(_SPLITS):
        half = set(dice.sample(questions, len(questions) // 2))
        for inside in (True, False):
            measured = [v for v in verdicts if (v.question in half) is inside]
            fitted = fit_words(v for v in verdicts if (v.question in half) is not inside)
            before += calibration_error(measured, STATED)
            after += calibration_error(measured, fitted)
    return round(before / (2 * _SPLITS), 4), round(after / (2 * _SPLITS), 4)


def calibration_error(verdicts: Sequence[StatedVerdict], chances: Mapping[str, float]) -> float:
    """Returns how far, 0 to 1, probabilities and shares of right verdicts lie apart: the mean of
    the words, each counted as often as it was stated."""
    apart = dict.fromkeys(STATED, 0.0)
    for verdict in verdicts:
        apart[verdict.word] += verdict.right - chances[verdict.word]
    return sum(map(abs, apart.values())) / len(verdicts)


def _score_change(
    verdicts: Sequence[StatedVerdict],
    questions: Sequence[str],
    left_out: Mapping[str, _Fold],
    seed: int,
) -> TrialEstimate:
    """The change of the Brier score, of each question by a fit on others, questions resampled."""
    import numpy as np

    from grader.stats.bootstrap import draws, limits

    place = {name: n for n, name in enumerate(questions)}
    lost, counts = np.zeros(len(questions)), np.zeros(len(questions))
    for verdict in verdicts:
        fitted, usual = left_out[verdict.question].chances[verdict.word], STATED[verdict.word]
        lost[place[verdict.question]] += (verdict.right - fitted) ** 2 - (
            verdict.right - usual
        ) ** 2
        counts[place[verdict.question]] += 1
    drawn = [(weights @ lost) / (weights @ counts) for weights in draws(len(place), _DRAWS, seed)]
    value = float(lost.sum() / counts.sum())
    found = limits(value, np.concatenate(drawn), len(place), "points")
    return TrialEstimate(value=round(value, 4), low=_rounded(found.low), high=_rounded(found.high))


def _sampling(verdicts: Sequence[StatedVerdict], left_out: Mapping[str, _Fold]) -> AskedAgain:
    again = further = 0
    for verdict in verdicts:
        fold = left_out[verdict.question]
        right, samples = verdict.right, 0
        if fold.chances[verdict.word] < fold.unsure_below:
            right, samples = verdict.asked_again
        again, further = again + right, further + samples
    return AskedAgain(
        samples=max(len(v.samples) for v in verdicts),
        once=CountedShare(right=sum(v.right for v in verdicts), of=len(verdicts)),
        again=CountedShare(right=again, of=len(verdicts)),
        further=round(further / len(verdicts), 3),
    )
