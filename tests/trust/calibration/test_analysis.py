"""The report on teams whose truth is known, and on the odd teams that there are."""

from dataclasses import replace

import pytest

from grader.record import Verdict
from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.rasch_words import rasch_rows
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import LevelAgreement, LevelName, StatisticName, Trust
from grader.trust.calibration.words import catalogue
from tests.trust.calibration.teams import Team, records

QUICK = Sampling(samples=200)


def report(team: Team, seed: int = 1, *, rasch: bool = False) -> Calibration:
    return of(*records(team, seed), rasch=rasch)


def of(results: ModelGradings, ratings: Ratings, *, rasch: bool = False) -> Calibration:
    return analyse(Given(results, ratings, load(), sampling=QUICK, rasch=rasch))


def level(found: Calibration, name: LevelName, question: str | None = None) -> LevelAgreement:
    return next(one for one in found.levels if (one.name, one.question) == (name, question))


def test_known_severities_are_found_within_their_intervals() -> None:
    found = report(Team(answers=300, severity=(0.0, 0.5, -0.5)))
    by_name = {one.rater: one.points for one in found.severity}
    lenient, severe = by_name["rater-1"], by_name["rater-2"]
    assert lenient.low is not None
    assert lenient.low > 5
    assert severe.high is not None
    assert severe.high < -5
    people = [by_name[f"rater-{i}"].value or 0.0 for i in range(3)]
    assert sum(people) == pytest.approx(0, abs=1e-4)


def test_raters_on_shifts_are_compared_through_the_answers_that_they_share() -> None:
    found = report(Team(answers=300, severity=(0.0, 0.5, -0.5, 0.0), shared=2))
    by_name = {one.rater: one.points.value or 0.0 for one in found.severity}
    assert by_name["rater-1"] > 5 > -5 > by_name["rater-2"]
    fair = {(one.mean - one.adjusted) for one in found.adjusted}
    assert max(fair) > 2


def test_raters_who_share_no_answer_are_not_compared() -> None:
    results, ratings = records(Team(answers=20, severity=(0.0, 0.0)), 1)
    alone = [r for r in ratings.rows if (r.rater == "rater-0") == (int(r.answer_id[1:]) < 10)]
    found = of(results, replace(ratings, rows=tuple(alone)))
    scores = level(found, LevelName.QUESTION)
    assert scores.human[StatisticName.QWK].value is None
    assert scores.models[0].degradation[StatisticName.QWK].value is None
    assert found.decisions[0].trust is not Trust.ALONE
    assert found.adjusted == ()


def test_one_person_alone_gets_a_report_that_asks_for_a_second() -> None:
    found = report(Team(answers=40, severity=(0.0,)))
    decision = found.decisions[0]
    assert (decision.trust, decision.humans) == (Trust.NOT_ENOUGH_DATA, 1)
    assert level(found, LevelName.VERDICT).models[0].agreement[StatisticName.QWK].value is not None


def test_a_person_who_always_says_the_same_is_not_estimable_and_breaks_nothing() -> None:
    results, ratings = records(Team(answers=30, severity=(0.0, 0.0)), 1)
    rows = tuple(
        replace(r, verdict=Verdict.MET) if r.rater == "rater-1" else r for r in ratings.rows
    )
    found = of(results, replace(ratings, rows=rows))
    scores = level(found, LevelName.QUESTION)
    assert scores.human[StatisticName.PEARSON].value is None
    assert scores.human[StatisticName.QWK].value == 0


def test_everybody_always_saying_the_same_is_no_agreement_beyond_chance() -> None:
    results, ratings = records(Team(answers=30, severity=(0.0, 0.0)), 1)
    rows = tuple(replace(r, verdict=Verdict.MET) for r in ratings.rows)
    found = of(results, replace(ratings, rows=rows))
    human = level(found, LevelName.VERDICT).human
    assert human[StatisticName.KAPPA].value is None
    assert human[StatisticName.ALPHA_ORDINAL].value is None
    exact = human[StatisticName.EXACT]
    assert exact.value == 1
    assert exact.low is not None
    assert 0.8 < exact.low < 1, "30 agreements are no proof that the next one agrees"


def test_levels_that_nobody_used_still_belong_to_the_scale() -> None:
    # All verdicts are met or missed: two steps apart, never adjacent.
    results, ratings = records(Team(answers=30, severity=(0.0, 0.0)), 1)
    rows = tuple(
        replace(r, verdict=Verdict.MET if r.verdict is Verdict.MET else Verdict.MISSED)
        for r in ratings.rows
    )
    human = level(of(results, replace(ratings, rows=rows)), LevelName.VERDICT).human
    assert human[StatisticName.ADJACENT].value == human[StatisticName.EXACT].value
    assert human[StatisticName.EXACT].value != 1


def test_where_one_verdict_dominates_ac1_stays_and_kappa_falls() -> None:
    found = report(Team(answers=200, severity=(1.2, 1.2), noise=0.5))
    human = level(found, LevelName.VERDICT).human
    names = (StatisticName.KAPPA, StatisticName.AC1, StatisticName.EXACT)
    kappa, ac1, exact = (human[name].value or 0 for name in names)
    assert kappa < 0.6 < ac1 < exact


def test_intervals_resample_candidates_not_answers() -> None:
    team = Team(answers=240, per_candidate=8)
    results, ratings = records(team, 3)
    alone = replace(
        results, grades=tuple(g.model_copy(update={"candidate": None}) for g in results.grades)
    )
    clustered = level(of(results, ratings), LevelName.QUESTION).models[0].agreement
    naive = level(of(alone, ratings), LevelName.QUESTION).models[0].agreement
    one, other = clustered[StatisticName.BIAS], naive[StatisticName.BIAS]
    assert (one.clusters, other.clusters) == (30, 240)
    assert one.value == other.value
    assert (one.low, one.high) != (other.low, other.high)


def test_whole_scores_of_candidates_are_a_level_of_their_own() -> None:
    found = report(Team(answers=90, per_candidate=3, questions=3))
    whole = level(found, LevelName.SCORE)
    assert (whole.n, whole.clusters) == (30, 30)
    assert level(found, LevelName.QUESTION, "q1").n == 30
    assert [d.question for d in found.decisions] == [None, "q0", "q1", "q2"]


def test_a_model_beside_people_is_degraded_by_its_own_noise() -> None:
    found = report(Team(answers=200, noise=0.2, model_noise=1.5))
    own = level(found, LevelName.QUESTION).models[0]
    degradation = own.degradation[StatisticName.QWK]
    assert degradation.high is not None
    assert degradation.high < -0.05


def test_scores_alone_are_enough() -> None:
    results, ratings = records(Team(answers=40), 1)
    rows = []
    for grade in results.grades:
        for rater in ("ana", "ben"):
            row = replace(
                ratings.rows[0], answer_id=grade.answer_id, rater=rater, key_point=None,
                verdict=None, score=grade.score.percent,
            )  # fmt: skip
            rows.append(row)
    found = of(results, replace(ratings, rows=tuple(rows)))
    scores = level(found, LevelName.QUESTION)
    assert scores.models[0].agreement[StatisticName.QWK].value == 1
    assert found.points == ()
    assert {(pair.first, pair.second) for pair in found.pairs} == {
        ("ana", "ben"), ("ana", "m"), ("ben", "m")
    }  # fmt: skip


def test_too_few_key_points_for_scores_are_decided_on_verdicts() -> None:
    results, ratings = records(Team(answers=60), 1)
    some = tuple(r for r in ratings.rows if r.key_point in {"p0", "p1"})
    decision = of(results, replace(ratings, rows=some)).decisions[0]
    assert decision.answers == 60
    assert decision.checks[0].estimate.n == 120


def test_the_same_input_gives_the_same_bytes() -> None:
    team = Team(answers=40)
    assert report(team).to_json() == report(team).to_json()


def test_the_report_survives_a_round_trip_through_json() -> None:
    found = report(Team(answers=40))
    assert Calibration.model_validate_json(found.to_json()) == found


def test_the_rasch_model_orders_raters_as_the_additive_one_does() -> None:
    found = report(Team(answers=80, severity=(0.0, 0.6, -0.6)), rasch=True)
    logit = {one.rater: one.logit or 0.0 for one in found.severity}
    # Severity in logits is high for the severe.
    assert logit["rater-1"] < logit["rater-0"] < logit["rater-2"]
    assert all(one.infit is not None for one in found.severity)
    told = {row[0]: row[1:3] for row in rasch_rows(found, catalogue("en"))}
    assert told["rater-2"] == ("severe", "as expected")
    assert told["rater-1"] == ("lenient", "as expected")
    assert next(row[0] for row in rasch_rows(found, catalogue("en"))) == "rater-2"


def test_the_rasch_model_names_erratic_and_too_regular_raters_and_those_it_cannot_tell() -> None:
    found = report(Team(answers=20), rasch=True)
    first, second, third, *rest = found.severity
    odd = [
        first.model_copy(update={"infit": 1.8}),
        second.model_copy(update={"infit": 0.3}),
        third.model_copy(update={"logit": None, "infit": None}),
    ]
    told = {
        row[0]: " ".join(row[1:3])
        for row in rasch_rows(found.model_copy(update={"severity": (*odd, *rest)}), catalogue("en"))
    }
    assert "erratic" in told[first.rater]
    assert "too regular" in told[second.rater]
    assert "cannot be told" in told[third.rater]
