"""The mean score and pass rate that the team would give all answers, and what each model saves.

People rate a part, a model all: see :mod:`grader.stats.prediction_powered`. Questions are strata,
candidates clusters. Ratings that a sampling plan drew count by its probabilities; without a plan
they are taken as drawn at random within their question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grader.stats import alternative_annotator as alternative
from grader.stats.arrays import Clusters
from grader.stats.prediction_powered import (
    PoweredEstimate,
    RatedPart,
    powered_mean,
    powered_share,
    ratings_saved,
)
from grader.trust.calibration.measure import ValueTable, scores, verdicts
from grader.trust.calibration.outcome import as_decided
from grader.trust.calibration.panel import Floats, Panel
from grader.trust.calibration.prediction import Prediction, predictions
from grader.trust.calibration.results import AnswerKey, ModelGradings
from grader.trust.calibration.sampling_plan import SamplingPlan
from grader.trust.calibration.team_values import (
    AlternativeTest,
    TeamEstimates,
    TeamFigure,
    TeamFigureName,
)
from grader.trust.calibration.values import Estimate

_DIGITS = 6


@dataclass(frozen=True)
class Drawn:
    """The sampling plan that ratings were given by, with the digest of its file."""

    plan: SamplingPlan
    digest: str


def team_estimates(
    panel: Panel,
    results: ModelGradings,
    marks: Mapping[int, float],
    least: int,
    drawn: Drawn | None = None,
) -> TeamEstimates:
    """The figures with every model, and every model's alternative annotator test.

    The figures are the team's outcome, with what people decided after rating; the test is not.

    Args:
        marks: the pass mark by model's column.
        least: candidates with rated answers; of fewer there is no interval.
    """
    people = scores(as_decided(panel, results)).reference
    planned = _planned(panel, drawn)
    figures: list[TeamFigure] = []
    for column, mark in marks.items():
        told = predictions(results, mark).get(panel.raters[column].name, {})
        frame = np.array([key in told for key in panel.answers]) & (planned > 0)
        if frame.any():
            part = _part(panel, people, planned, frame, drawn)
            shown = [told[key] for key, inside in zip(panel.answers, frame, strict=True) if inside]
            figures += _figures(panel.raters[column].name, part, shown, mark, least)
    return TeamEstimates(
        figures=tuple(figures),
        alternatives=tuple(_alternatives(panel, marks)),
        least=least,
        drawn=drawn.digest if drawn else None,
        unplanned=_unplanned(panel.answers, people, drawn.plan) if drawn else 0,
    )


def _planned(panel: Panel, drawn: Drawn | None) -> Floats:
    """The chance of each answer to be rated; 0 for what stands in no plan, 1 without a plan."""
    if drawn is None:
        return np.ones(len(panel.answers))
    plan = drawn.plan.answers
    return np.array([plan[key].probability if key in plan else 0.0 for key in panel.answers])


def _unplanned(answers: tuple[AnswerKey, ...], people: Floats, plan: SamplingPlan) -> int:
    rated = [key for key, score in zip(answers, people, strict=True) if np.isfinite(score)]
    return sum(key not in plan.answers or plan.answers[key].drawn is None for key in rated)


def _part(
    panel: Panel,
    people: Floats,
    planned: Floats,
    frame: NDArray[np.bool_],
    drawn: Drawn | None,
) -> RatedPart:
    """People's scores inside the frame; what the plan did not draw counts as not rated."""
    truth = people.copy()
    if drawn is not None:
        plan = drawn.plan.answers
        for i, key in enumerate(panel.answers):
            if key not in plan or plan[key].drawn is None:
                truth[i] = np.nan
    codes = panel.candidate[frame].astype(np.int64)
    questions = list(panel.questions)
    strata = np.array([questions.index(q) for q, _ in panel.answers], dtype=np.int64)
    return RatedPart(
        truth=truth[frame],
        predicted=np.zeros(int(frame.sum())),
        probability=None if drawn is None else planned[frame],
        strata=strata[frame],
        clusters=Clusters(codes, int(panel.candidate.max()) + 1),
    )


def _figures(
    model: str, part: RatedPart, told: list[Prediction], mark: float, least: int
) -> Iterator[TeamFigure]:
    """The mean score and the pass rate."""
    score = replace(part, predicted=np.array([one.score for one in told]))
    both = powered_mean(score, 0.0), powered_mean(score)
    yield _figure(model, TeamFigureName.MEAN_SCORE, None, score, both, least)
    passes = np.where(np.isfinite(part.truth), (part.truth >= mark).astype(np.float64), np.nan)
    share = replace(part, truth=passes, predicted=np.array([one.passes for one in told]))
    both = powered_share(share, 0.0), powered_share(share)
    yield _figure(model, TeamFigureName.PASS_RATE, mark, share, both, least)


def _figure(
    model: str,
    name: TeamFigureName,
    mark: float | None,
    part: RatedPart,
    both: tuple[PoweredEstimate, PoweredEstimate],
    least: int,
) -> TeamFigure:
    enough = part.rated_clusters >= least
    alone, powered = (_estimate(one, part, enough=enough) for one in both)
    return TeamFigure(
        model=model,
        name=name,
        mark=mark,
        answers=len(part.truth),
        alone=alone,
        powered=powered,
        weight=round(both[1].weight, _DIGITS),
        saved=ratings_saved(*both, part) if enough else None,
    )


def _estimate(one: PoweredEstimate, part: RatedPart, *, enough: bool) -> Estimate:
    found = one.interval
    value, low, high = (
        None if v is None else round(v, _DIGITS) for v in (found.value, found.low, found.high)
    )
    if not enough:
        low = high = None
    return Estimate(value=value, low=low, high=high, n=part.rated, clusters=part.rated_clusters)


def _alternatives(panel: Panel, marks: Mapping[int, float]) -> Iterator[AlternativeTest]:
    tables = scores(panel), verdicts(panel)
    for column in marks:
        tests = ((table, _tested(table, column)) for table in tables)
        table, test = next(((t, one) for t, one in tests if one.people), (None, None))
        if table is None or test is None:
            continue
        yield AlternativeTest(
            model=panel.raters[column].name,
            level=table.name,
            people=len(test.people),
            won=sum(one.beaten for one in test.people),
            winning_rate=round(test.winning_rate or 0.0, _DIGITS),
            advantage=round(test.advantage or 0.0, _DIGITS),
            epsilon=alternative.EPSILON,
            passed=bool(test.passed),
        )


def _tested(table: ValueTable, model: int) -> alternative.AlternativeAnnotator:
    people = table.values[:, list(table.humans)]
    return alternative.alternative_annotator(people, table.values[:, model], table.clusters)
