"""What people should rate next: chances that are known, kept, and higher where more is open."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.errors import BadInput, Faulty
from grader.record import Grade, Verdict
from grader.scoring import total
from grader.trust.calibration.next_to_rate import EVEN, chances, draw, systematic
from grader.trust.calibration.prediction import predict
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.sampling_plan import SamplingPlan, read_plan, write_plan
from tests.trust.calibration.leanings import Leaning, graded, leaning
from tests.trust.calibration.teams import Team, records


def sure_and_unsure(count: int = 40) -> ModelGradings:
    """Answers a0, a1 ... of which every other is a toss-up at the middle of the scale."""
    sure = np.tile([0.97, 0.01, 0.01, 0.01], (6, 1))
    open_ = np.tile([0.45, 0.1, 0.44, 0.01], (6, 1))
    grades = tuple(graded(f"a{n}", open_ if n % 2 else sure) for n in range(count))
    results, _ = leaning(Leaning(1))
    return replace(results, grades=grades, names=tuple(("m",) for _ in grades))


def chance(plan: SamplingPlan, number: int) -> float:
    return plan.answers["q", f"a{number}"].probability


def test_as_many_as_wanted_are_drawn_and_the_chances_sum_to_them() -> None:
    plan = draw(sure_and_unsure(), (), 12, 60.0)
    assert len(plan.last) == 12
    assert sum(a.probability for a in plan.answers.values()) == pytest.approx(12)


def test_where_the_judge_is_unsure_the_chance_is_higher_and_nobody_has_none() -> None:
    plan = draw(sure_and_unsure(), (), 8, 60.0)
    assert chance(plan, 1) > 1.8 * chance(plan, 0)
    assert chance(plan, 0) >= EVEN * 8 / 40


def test_where_judges_differ_the_chance_is_higher() -> None:
    results, _ = records(Team(answers=20, points=3), 1)
    alike = results.grades[0]
    grades = tuple(
        replace_id(alike, f"a{n}", met=met) for n in range(20) for met in (True, n % 2 == 0)
    )
    names = tuple((name,) for _ in range(20) for name in ("m", "n"))
    plan = draw(replace(results, grades=grades, names=names), (), 5, 60.0)
    assert plan.answers["q0", "a1"].probability > plan.answers["q0", "a0"].probability


def replace_id(grade: Grade, answer: str, *, met: bool) -> Grade:
    """The record under another id, every key point met or none."""
    verdict = Verdict.MET if met else Verdict.MISSED
    points = tuple(p.model_copy(update={"verdict": verdict}) for p in grade.key_points)
    return grade.model_copy(
        update={"answer_id": answer, "key_points": points, "score": total(points)}
    )


def test_a_question_with_few_ratings_is_drawn_more() -> None:
    results, _ = records(Team(answers=40, questions=2), 1)
    same = tuple(g.model_copy(update={"score": results.grades[0].score}) for g in results.grades)
    rated = [("q0", f"a{n}") for n in range(0, 20, 2)]
    plan = draw(replace(results, grades=same), rated, 6, 60.0)
    by_question = [[a for (q, _), a in plan.answers.items() if q == name] for name in ("q0", "q1")]
    poor, rich = (min(a.probability for a in of) for of in (by_question[1], by_question[0]))
    assert poor > rich


def test_what_was_rated_before_is_not_drawn_and_has_a_chance_too() -> None:
    rated = [("q", "a0"), ("q", "a1")]
    plan = draw(sure_and_unsure(), rated, 38, 60.0)
    assert plan.answers["q", "a0"].drawn == 0
    assert len(plan.last) == 38
    assert all(a.probability == 1 for a in plan.answers.values())


def test_a_later_round_keeps_what_was_drawn_and_adds_to_the_chances() -> None:
    results = sure_and_unsure()
    first = draw(results, (), 10, 60.0)
    second = draw(results, first.last, 10, 60.0, before=first)
    assert second.rounds == 2
    assert not set(first.last) & set(second.last)
    assert sum(a.drawn is not None for a in second.answers.values()) == 20
    for key, answer in first.answers.items():
        assert second.answers[key].probability > answer.probability
        assert answer.drawn is None or second.answers[key].drawn == 1
    assert list(second.answers)[:10] == list(second.last)


def test_over_many_seeds_answers_are_drawn_as_often_as_their_chance_says() -> None:
    results = sure_and_unsure(12)
    runs = 150
    drawn = dict.fromkeys(results.keys, 0)
    expected = dict.fromkeys(results.keys, 0.0)
    for seed in range(runs):
        first = draw(results, (), 4, 60.0, seed)
        second = draw(results, first.last, 4, 60.0, seed, first)
        for key, answer in second.answers.items():
            drawn[key] += answer.drawn is not None
            expected[key] += answer.probability
    for key, count in drawn.items():
        assert count / runs == pytest.approx(expected[key] / runs, abs=0.13)
    share = sum(drawn[k] / expected[k] for k in drawn) / len(drawn)
    assert share == pytest.approx(1, abs=0.03)


def test_the_same_seed_draws_the_same_answers() -> None:
    results = sure_and_unsure()
    assert draw(results, (), 9, 60.0, 5) == draw(results, (), 9, 60.0, 5)
    assert draw(results, (), 9, 60.0, 5).last != draw(results, (), 9, 60.0, 6).last


def test_every_unit_is_drawn_with_exactly_its_chance() -> None:
    wanted = chances(np.array([1.0, 1.0, 2.0, 9.0, 0.0]), np.ones(5, dtype=bool), 3)
    assert wanted.sum() == pytest.approx(3)
    assert wanted.max() <= 1
    dice = np.random.default_rng(1)
    hits = np.mean([systematic(wanted, dice) for _ in range(4000)], axis=0)
    assert hits == pytest.approx(wanted, abs=0.03)


def test_more_than_there_are_draws_all_and_then_there_are_none_left() -> None:
    results = sure_and_unsure(6)
    plan = draw(results, (), 100, 60.0)
    assert len(plan.last) == 6
    with pytest.raises(BadInput, match="all 6 answers are rated or drawn"):
        draw(results, plan.last, 1, 60.0, before=plan)


def test_a_plan_for_other_answers_is_refused() -> None:
    plan = draw(sure_and_unsure(6), (), 2, 60.0)
    with pytest.raises(BadInput, match="stands in the results alone"):
        draw(sure_and_unsure(7), (), 2, 60.0, before=plan)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = draw(sure_and_unsure(), [("q", "a3")], 7, 60.0)
    write_plan(tmp_path / "plan.csv", plan)
    assert read_plan(tmp_path / "plan.csv") == plan


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("answer_id,question\na,q\n", ":1: no column drawn"),
        ("answer_id,question,drawn,probability\n", "holds no answers"),
        ("answer_id,question,drawn,probability\na,q,1,0\n", ":2: probability '0' is not"),
        ("answer_id,question,drawn,probability\na,q,1,nan\n", ":2: probability 'nan' is not"),
        ("answer_id,question,drawn,probability\na,q,yes,0.5\n", ":2: drawn 'yes' is not"),
        ("answer_id,question,drawn,probability\na,q,1,1\na,q,,1\n", ":3: answer 'a' stands twice"),
        ('answer_id,question,drawn,probability\n"a,q,1,1\n', "not CSV"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_by_line(rows: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises((BadInput, Faulty)) as told:
        read_plan(path)
    assert str(path) in str(told.value)
    assert why in str(told.value)


def test_a_plan_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_plan(tmp_path / "none.csv")


def test_a_record_foretells_by_its_probabilities() -> None:
    even = np.tile([0.5, 0.0, 0.5, 0.0], (6, 1))
    told = predict(graded("a", even), 50.0)
    assert told.score == pytest.approx(50, abs=0.1)
    assert 0.5 < told.passes < 0.7
    sure = predict(graded("a", np.tile([1.0, 0.0, 0.0, 0.0], (6, 1))), 50.0)
    assert (sure.variance, sure.passes) == (0, 1)


def test_a_record_without_probabilities_foretells_by_its_score_and_its_gaps() -> None:
    results, _ = records(Team(answers=1), 1)
    grade = results.grades[0]
    plain = predict(grade, grade.score.percent or 0.0)
    assert plain.score == grade.score.percent
    assert plain.passes == pytest.approx(0.5)
    gap = grade.score.model_copy(update={"percent": None, "low": 20.0, "high": 80.0})
    told = predict(grade.model_copy(update={"score": gap}), 50.0)
    assert told.score == 50
    assert told.passes == pytest.approx(0.5)
    assert told.variance > plain.variance
