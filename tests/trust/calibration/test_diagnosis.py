"""Key points that were made ambiguous, misread, easy or unstable are found to be so."""

from dataclasses import replace

from grader.record import Evidence, Grade, Verdict
from grader.scoring import total
from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import Calibration, PassEffect, PointDiagnosis, PointLabel
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.thresholds import load
from tests.trust.calibration.teams import Team, records

MET, PARTIAL, MISSED = Verdict.MET, Verdict.PARTIAL, Verdict.MISSED
TEAM = Team(answers=30, points=2, severity=(0.0, 0.0), noise=0.0, model_noise=0.0)


def of(results: ModelGradings, ratings: Ratings, mark: float | None = None) -> Calibration:
    made = Given(results, ratings, load(), mark=mark, sampling=Sampling(samples=200))
    return analyse(made)


def point(found: Calibration, name: str = "p0") -> PointDiagnosis:
    return next(p for p in found.points if p.id == name)


def regraded(grade: Grade, name: str, verdict: Verdict, quote: str = "") -> Grade:
    evidence = (Evidence(text=quote, start=0, end=len(quote)),) if quote else ()
    points = tuple(
        p.model_copy(update={"verdict": verdict, "evidence": evidence}) if p.id == name else p
        for p in grade.key_points
    )
    return grade.model_copy(update={"key_points": points, "score": total(points)})


def rated(ratings: Ratings, rater: str, verdict: Verdict, note: str = "") -> Ratings:
    """*rater* says *verdict* on p0 of every answer."""
    rows = tuple(
        replace(r, verdict=verdict, note=note) if (r.rater, r.key_point) == (rater, "p0") else r
        for r in ratings.rows
    )
    return replace(ratings, rows=rows)


def test_a_key_point_that_all_read_alike_is_clear() -> None:
    assert point(of(*records(TEAM, 1)), "p1").labels == (PointLabel.CLEAR,)


def test_a_key_point_that_people_split_over_is_ambiguous_with_both_voices() -> None:
    results, ratings = records(TEAM, 1)
    split = rated(rated(ratings, "rater-0", MET, "padding is named"), "rater-1", PARTIAL, "no +1")
    found = point(of(results, split))
    assert PointLabel.AMBIGUOUS in found.labels
    assert found.reword == "partial"
    assert {(q.rater, q.verdict, q.text) for q in found.quotations} == {
        ("rater-0", MET, "padding is named"),
        ("rater-1", PARTIAL, "no +1"),
    }


def test_a_key_point_that_only_the_model_reads_otherwise_is_misread() -> None:
    results, ratings = records(TEAM, 1)
    grades = tuple(regraded(g, "p0", MET, "any words") for g in results.grades)
    agreed = rated(rated(ratings, "rater-0", MISSED, "not said"), "rater-1", MISSED)
    found = point(of(replace(results, grades=grades), agreed))
    assert found.labels == (PointLabel.MISREAD, PointLabel.TOO_HARD)
    assert found.reword == "met"
    assert ("m", MET, "any words") in {(q.rater, q.verdict, q.text) for q in found.quotations}


def test_what_everybody_makes_is_too_easy() -> None:
    results, ratings = records(TEAM, 1)
    grades = tuple(regraded(g, "p0", MET) for g in results.grades)
    easy = rated(rated(ratings, "rater-0", MET), "rater-1", MET)
    assert point(of(replace(results, grades=grades), easy)).labels == (PointLabel.TOO_EASY,)


def test_repeats_of_a_model_that_differ_are_unstable() -> None:
    results, ratings = records(TEAM, 1)
    again = tuple(
        regraded(g, "p0", MISSED if g.key_points[0].verdict is MET else MET) for g in results.grades
    )
    both = replace(
        results, grades=results.grades + again, names=results.names + (("m #2",),) * len(again)
    )
    found = point(of(both, ratings))
    assert PointLabel.UNSTABLE in found.labels
    assert found.flips.value == 1


def test_a_few_ratings_say_nothing_about_a_key_point() -> None:
    results, ratings = records(replace(TEAM, answers=3), 1)
    assert point(of(results, ratings)).labels == (PointLabel.TOO_FEW,)


def test_disagreements_that_change_who_passes_come_first() -> None:
    found = of(*records(replace(TEAM, answers=120, points=6, model_noise=1.0), 2), mark=60)
    effects = [d.effect for d in found.disagreements]
    assert effects == sorted(effects, key=list(PassEffect).index)
    assert effects[0] is PassEffect.FALSE_PASS
    first = found.disagreements[0]
    assert first.model_score is not None
    assert first.model_score >= 60 > sum(first.human_scores.values()) / len(first.human_scores)


def test_an_answer_on_which_all_agree_is_no_disagreement() -> None:
    assert of(*records(TEAM, 1)).disagreements == ()
