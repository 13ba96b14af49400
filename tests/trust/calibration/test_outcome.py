"""What was decided counts in the team's outcome and never in the agreement of model and people."""

from datetime import UTC, datetime

import numpy as np

from grader.decision import with_decisions
from grader.record import Override, Verdict
from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.outcome import as_decided
from grader.trust.calibration.panel import build
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.thresholds import load
from tests.trust.calibration.teams import Team, records

NOON = datetime(2026, 11, 23, tzinfo=UTC)


def settle(results: ModelGradings, verdict: Verdict) -> ModelGradings:
    """Every key point of every answer decided alike."""
    grades = tuple(
        with_decisions(
            grade,
            *(
                Override(key_point=p.id, verdict=verdict, by="Ana", reason="so", at=NOON)
                for p in grade.key_points
            ),
        )
        for grade in results.grades
    )
    return ModelGradings(
        grades, results.points, results.names, results.questions_of, results.schemes
    )


def report(results: ModelGradings, ratings: Ratings) -> Calibration:
    given = Given(results, ratings, load(), mark=60.0, sampling=Sampling(200, 0))
    return analyse(given)


def test_agreement_is_of_what_was_given_and_the_outcome_of_what_was_decided() -> None:
    results, ratings = records(Team(answers=40, points=3), 1)
    before = report(results, ratings)
    after = report(settle(results, Verdict.MET), ratings)
    assert after.levels == before.levels
    assert after.decisions == before.decisions
    assert after.severity == before.severity
    assert before.team is not None
    assert after.team is not None
    assert after.team.alternatives == before.team.alternatives
    assert [f.alone.value for f in after.team.figures] == [100.0, 1.0]
    assert before.team.figures[0].alone.value != 100.0


def test_a_disagreement_keeps_the_models_verdict_beside_the_decided_one() -> None:
    results, ratings = records(Team(answers=40, points=3), 1)
    before = report(results, ratings).disagreements
    after = report(settle(results, Verdict.PARTIAL), ratings).disagreements
    assert before
    assert [p.model for d in after for p in d.points] == [p.model for d in before for p in d.points]
    assert {p.decided for d in before for p in d.points} == {None}
    assert {p.decided for d in after for p in d.points} == {Verdict.PARTIAL}


def test_models_and_what_nobody_rated_stay_as_they_are() -> None:
    results, ratings = records(Team(answers=6, points=3), 1)
    panel = build(results, ratings)
    decided = as_decided(panel, settle(results, Verdict.MET))
    models = list(panel.models)
    assert np.array_equal(decided.scores[:, models], panel.scores[:, models])
    assert np.array_equal(decided.verdicts < 0, panel.verdicts < 0)
    assert as_decided(panel, results) is panel
