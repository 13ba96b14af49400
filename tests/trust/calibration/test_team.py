"""The team's mean score and pass rate from some ratings and a model: what is told, and when."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.next_to_rate import draw
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings
from grader.trust.calibration.sampling_plan import PlannedAnswer, SamplingPlan
from grader.trust.calibration.team import Drawn
from grader.trust.calibration.team_values import TeamFigure
from grader.trust.calibration.team_words import team_lines
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.words import catalogue
from tests.bench.saved_ratings import KINDS, Kind, estimates, table, team
from tests.trust.calibration.teams import Team, records

FEWEST = load().least_answers


def rated(ratings: Ratings, answers: int) -> Ratings:
    """The ratings of the first answers alone."""
    return replace(ratings, rows=tuple(r for r in ratings.rows if int(r.answer_id[1:]) < answers))


def report(results: ModelGradings, ratings: Ratings, drawn: Drawn | None = None) -> Calibration:
    how = Sampling(samples=200)
    return analyse(Given(results, ratings, load(), mark=60.0, sampling=how, drawn=drawn))


def of(answers: int, drawn: Drawn | None = None, total: int = 120, people: int = 2) -> Calibration:
    results, ratings = records(Team(answers=total, severity=(0.0,) * people), 1)
    return report(results, rated(ratings, answers), drawn)


def figures(found: Calibration) -> tuple[TeamFigure, TeamFigure]:
    assert found.team is not None
    mean, share = found.team.figures
    return mean, share


def told(found: Calibration, language: str = "en") -> str:
    return "\n".join(line.text for line in team_lines(found, catalogue(language)))


def plan_of(results: ModelGradings, drawn: set[AnswerKey], chance: float) -> Drawn:
    answers = {key: PlannedAnswer(1 if key in drawn else None, chance) for key in results.keys}
    return Drawn(SamplingPlan(answers), "sha256:plan")


def test_with_a_good_model_the_interval_is_narrower_and_what_was_saved_is_told() -> None:
    found = of(40)
    mean, share = figures(found)
    for one in (mean, share):
        assert one.alone.low is not None
        assert one.powered.low is not None
        assert one.alone.high is not None
        assert one.powered.high is not None
        assert one.powered.high - one.powered.low < one.alone.high - one.alone.low
    assert mean.saved is not None
    assert mean.saved > 20
    assert f"That saved {mean.saved} ratings: 40 ratings did the work of" in told(found)


def test_a_random_model_saves_nothing_and_does_no_harm() -> None:
    results, ratings = records(Team(answers=120, model="random"), 1)
    found = report(results, rated(ratings, 40))
    mean, _ = figures(found)
    assert (mean.saved or 0) <= 4
    assert mean.powered.value == pytest.approx(mean.alone.value, abs=3)


def test_below_twenty_candidates_there_are_words_and_no_interval() -> None:
    found = of(FEWEST - 1)
    for one in figures(found):
        assert (one.alone.low, one.powered.high, one.saved) == (None, None, None)
    words = told(found)
    assert f"{FEWEST - 1} ratings of {FEWEST - 1} candidates: from {FEWEST} candidates on" in words
    assert "[" not in words.partition("Alternative")[0]
    assert figures(of(FEWEST))[0].powered.low is not None


def test_many_answers_of_few_candidates_have_no_interval_either() -> None:
    results, ratings = records(Team(answers=120, per_candidate=4), 1)
    assert figures(report(results, rated(ratings, 60)))[0].alone.low is None


def test_where_all_answers_are_rated_nothing_was_left_to_save() -> None:
    words = told(of(60, total=60))
    assert "All 60 answers are rated: there was nothing to save." in words
    assert "That saved" not in words


def test_ratings_count_by_the_chances_of_the_plan() -> None:
    results, ratings = records(Team(answers=120), 1)
    plan = draw(results, (), 40, 60.0)
    mine = tuple(r for r in ratings.rows if (r.question, r.answer_id) in plan.last)
    found = report(results, replace(ratings, rows=mine), Drawn(plan, "sha256:plan"))
    mean, _ = figures(found)
    assert mean.alone.n == 40
    weights = {k: 1 / plan.answers[k].probability for k in plan.last}
    people: dict[AnswerKey, float] = {(a.question, a.answer_id): a.mean for a in found.adjusted}
    expected = sum(weights[k] * people[k] for k in plan.last) / sum(weights.values())
    assert mean.alone.value == pytest.approx(expected, abs=0.1)
    assert "chances in the sampling plan" in told(found)
    assert "picked at random" not in told(found)


def test_what_the_plan_did_not_draw_is_left_out_and_counted() -> None:
    results, ratings = records(Team(answers=120), 1)
    keys: set[AnswerKey] = {("q0", f"a{n}") for n in range(30)}
    found = report(results, rated(ratings, 35), plan_of(results, keys, 0.25))
    assert figures(found)[0].alone.n == 30
    assert found.team is not None
    assert (found.team.unplanned, found.team.drawn) == (5, "sha256:plan")
    assert "5 answers that no plan drew left out." in told(found)


def test_answers_that_stand_in_no_plan_are_not_of_the_team() -> None:
    results, ratings = records(Team(answers=120), 1)
    plan = plan_of(results, set(results.keys[:30]), 0.5)
    first = {k: a for k, a in plan.plan.answers.items() if int(k[1][1:]) < 60}
    found = report(results, rated(ratings, 30), Drawn(SamplingPlan(first), ""))
    assert figures(found)[0].answers == 60


def test_every_model_has_figures_and_a_test_of_its_own() -> None:
    results, ratings = records(Team(answers=60), 1)
    twice = replace(
        results,
        grades=results.grades * 2,
        names=tuple((name,) for name in ("m", "n") for _ in results.grades),
    )
    found = report(twice, rated(ratings, 40)).team
    assert found is not None
    assert [f.model for f in found.figures] == ["m", "m", "n", "n"]
    assert [a.model for a in found.alternatives] == ["m", "n"]


def test_the_alternative_annotator_test_is_told_with_its_winning_rate() -> None:
    found = of(120, people=3)
    assert found.team is not None
    [one] = found.team.alternatives
    assert (one.people, one.won, one.passed) == (3, 3, True)
    assert "m wins against 3 of 3 people (rate 1.00;" in told(found)
    bad, ratings = records(Team(answers=120, model="random"), 1)
    assert "It may not take a person's place" in told(report(bad, ratings))


def test_one_person_alone_is_not_tested_against() -> None:
    found = of(60, people=1)
    assert found.team is not None
    assert found.team.alternatives == ()
    assert "Alternative annotator test" not in told(found)


def test_a_report_of_before_has_no_team_and_is_still_read() -> None:
    found = of(30)
    before = json.loads(found.to_json())
    del before["team"]
    again = Calibration.model_validate(before)
    assert again.team is None
    assert told(again) == ""
    assert Calibration.model_validate_json(found.to_json()).team == found.team


def test_both_languages_tell_the_same_numbers() -> None:
    found = of(40)

    def numbers(text: str) -> list[str]:
        return sorted(re.findall(r"\d+\.\d|\d+ %", text))

    assert numbers(told(found, "zh")) == numbers(told(found, "en"))


def test_an_ungraded_answer_still_counts_as_one_of_the_team() -> None:
    results, ratings = records(Team(answers=60), 1)
    gap = results.grades[50].score.model_copy(update={"percent": None, "low": 0.0, "high": 100.0})
    grades = (*results.grades[:50], results.grades[50].model_copy(update={"score": gap}))
    cut = replace(results, grades=(*grades, *results.grades[51:]))
    assert figures(report(cut, rated(ratings, 30)))[0].answers == 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_teams_have_intervals_that_hold(kind: Kind) -> None:
    """A few seeds of ``python -m tests.bench.saved_ratings``; of 16, fewer than 13 is unlikely."""
    held: dict[str, int] = {}
    runs: dict[str, int] = {}
    for (_, how, _), row in table(kind, [30], 8):
        held[how] = held.get(how, 0) + row.powered
        runs[how] = runs.get(how, 0) + row.runs
    assert runs == {"random": 16, "chosen": 16}
    assert min(held.values()) >= 13


def test_with_a_good_model_half_the_ratings_reach_the_same_width() -> None:
    shares = []
    for seed in range(4):
        one, _ = estimates(team("good", seed), 40, seed, chosen=True)
        assert one.saved is not None
        shares.append(40 / (40 + one.saved))
    assert np.median(shares) <= 0.5
