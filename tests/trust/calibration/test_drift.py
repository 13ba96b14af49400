"""Two gradings of the same answers: the same is a claim that must be shown."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from grader.errors import BadInput
from grader.record import Grade
from grader.trust.calibration.drift import Drift, Moved, compare
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.results import ModelGradings
from tests.trust.calibration.teams import Team, records

QUICK = Sampling(samples=200)


def drift(old: ModelGradings, new: ModelGradings, margin: float = 5.0) -> Drift:
    (found,) = compare(old, new, 60.0, margin, QUICK)
    return found


def graded(team: Team, seed: int = 1) -> ModelGradings:
    return records(team, seed)[0]


def changed(results: ModelGradings, change: Callable[[Grade], Grade]) -> ModelGradings:
    return replace(results, grades=tuple(change(g) for g in results.grades))


def test_the_same_gradings_are_shown_to_be_the_same() -> None:
    old = graded(Team(answers=60))
    found = drift(old, old)
    assert (found.moved, found.equivalent) == (Moved.SAME, True)
    assert (found.gained, found.lost, found.verdicts_changed) == (0, 0, 0)
    assert set(found.changed.values()) == {0}


def test_noise_around_the_same_mean_is_the_same_where_answers_are_many() -> None:
    # Other draws of the model's own noise: the answers themselves are those of the seed.
    old, new = (graded(Team(answers=400, severity=(), model_noise=noise)) for noise in (0.2, 0.21))
    assert drift(old, new).moved is Moved.SAME


def test_a_model_that_grows_lenient_has_moved() -> None:
    old, new = (graded(Team(answers=150, bias=bias)) for bias in (0.0, 0.5))
    found = drift(old, new)
    assert found.moved is Moved.MOVED
    assert found.shift.low is not None
    assert found.shift.low > 0
    assert found.gained > found.lost
    assert {(c.before, c.after) for c in found.changes} != set()


def test_too_few_answers_show_nothing_either_way() -> None:
    old, new = (graded(Team(answers=5, model_noise=noise)) for noise in (0.3, 0.6))
    found = drift(old, new, margin=0.5)
    assert found.moved is Moved.UNPROVEN


def test_several_answers_of_one_candidate_are_one_observation() -> None:
    old, new = (graded(Team(answers=90, per_candidate=9, bias=bias)) for bias in (0.0, 0.05))

    def alone(results: ModelGradings) -> ModelGradings:
        return changed(results, lambda g: g.model_copy(update={"candidate": None}))

    p_clustered = drift(old, new).equivalence_p
    p_alone = drift(alone(old), alone(new)).equivalence_p
    assert p_clustered is not None
    assert p_alone is not None
    assert p_clustered != p_alone


def test_what_changed_is_told() -> None:
    old = graded(Team(answers=10))

    def moved(grade: Grade) -> Grade:
        digests = grade.digests.model_copy(update={"rubric": "sha256:new", "prompt": "sha256:new"})
        judge = grade.judge.model_copy(update={"replied": "m-2"})
        return grade.model_copy(update={"digests": digests, "judge": judge})

    found = drift(old, changed(old, moved)).changed
    assert found == {"model": 0, "replied": 10, "rubric": 10, "prompt": 10, "text": 0}


def test_answers_in_one_file_only_or_with_another_text_are_counted_and_left_out() -> None:
    old = graded(Team(answers=10))
    new = replace(old, grades=old.grades[2:], names=old.names[2:])
    digests = old.grades[5].digests.model_copy(update={"answer": "sha256:other"})
    new = changed(
        new,
        lambda g: g.model_copy(update={"digests": digests}) if g.answer_id == "a5" else g,
    )
    found = drift(old, new)
    assert (found.only_before, found.only_after, found.changed["text"]) == (2, 0, 1)
    assert found.answers == 7


def test_two_lone_models_are_compared_whatever_their_names() -> None:
    old = graded(Team(answers=10))
    new = replace(old, names=tuple(("n",) for _ in old.names))
    found = drift(old, new)
    assert (found.before, found.after) == ("m", "n")


def test_of_several_models_each_is_compared_with_itself() -> None:
    old = graded(Team(answers=10))
    both = replace(old, grades=old.grades * 2, names=old.names + tuple(("n",) for _ in old.names))
    assert [d.before for d in compare(both, both, 60, 5, QUICK)] == ["m", "n"]
    other = replace(both, names=tuple(("x",) if n == ("n",) else ("y",) for n in both.names))
    with pytest.raises(BadInput, match="no model stands in both results"):
        compare(both, other, 60, 5, QUICK)


def test_results_without_a_common_answer_are_refused() -> None:
    old = graded(Team(answers=3))
    new = changed(old, lambda g: g.model_copy(update={"answer_id": g.answer_id + "x"}))
    with pytest.raises(BadInput, match="no answer was graded in both"):
        compare(old, new, 60, 5, QUICK)
