"""May a model take a person's place: the published procedure, by hand and at its edges."""

import math

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats.alternative_annotator import (
    AlternativeAnnotator,
    alternative_annotator,
    benjamini_yekutieli,
)
from grader.stats.arrays import Clusters, Floats


def team(noise: float, answers: int = 60, people: int = 4, seed: int = 1) -> tuple[Floats, Floats]:
    """People's scores with a noise of 10, and a model's with its own."""
    dice = np.random.default_rng(seed)
    true = dice.uniform(0, 100, answers)
    return (
        true[:, None] + dice.normal(0, 10, (answers, people)),
        true + dice.normal(0, noise, answers),
    )


def test_the_shares_are_counted_as_by_hand() -> None:
    people: list[list[float | None]] = [[0, 0, 3], [1, 2, 2], [5, 5, None], [7, None, None]]
    model = [0, 2, 9, 7]
    found = alternative_annotator(people, model, least=2)
    # Left out 0: the model is as near, nearer, further; the fourth answer has nobody else.
    first = found.people[0]
    assert (first.answers, first.model, first.person) == (3, 2 / 3, 2 / 3)
    # Left out 2: of both answers the model is as near or nearer, the person nearer in none alone.
    last = found.people[2]
    assert (last.answers, last.model, last.person) == (2, 1.0, 0.5)


def test_p_is_that_of_the_one_sided_t_test() -> None:
    people, model = team(10)
    found = alternative_annotator(people, model, epsilon=0.2)
    first = found.people[0]
    stats = pytest.importorskip("scipy.stats")
    others = people[:, 1:]

    def far(values: Floats) -> Floats:
        return np.asarray(np.sqrt(((others - values[:, None]) ** 2).mean(axis=1)))

    own, left = far(model), far(people[:, 0])
    difference = (left <= own).astype(float) - (own <= left).astype(float)
    expected = stats.ttest_1samp(difference, 0.2, alternative="less").pvalue
    assert first.p == pytest.approx(expected, rel=1e-9)


def test_a_model_as_good_as_people_passes_and_a_random_one_does_not() -> None:
    good = alternative_annotator(*team(8, answers=200))
    assert (good.winning_rate, good.passed) == (1.0, True)
    assert (good.advantage or 0) > 0.5
    bad = alternative_annotator(*team(60, answers=200))
    assert (bad.winning_rate, bad.passed) == (0.0, False)


def test_a_model_that_says_what_a_person_says_wins_where_all_agree() -> None:
    same = np.repeat(np.arange(40.0)[:, None], 3, axis=1)
    found = alternative_annotator(same, np.arange(40.0))
    assert (found.advantage, found.winning_rate) == (1.0, 1.0)


def test_copies_of_answers_by_one_candidate_prove_no_more() -> None:
    people, model = team(14, answers=40)
    once = alternative_annotator(people, model)
    clusters = Clusters(np.repeat(np.arange(40), 3), 40)
    thrice = alternative_annotator(np.repeat(people, 3, axis=0), np.repeat(model, 3), clusters)
    assert thrice.people[0].p == pytest.approx(once.people[0].p, rel=1e-9)


@pytest.mark.parametrize(
    "people",
    [np.full((50, 3), np.nan), np.arange(50.0)[:, None], np.ones((29, 3)), np.ones((0, 2))],
    ids=["no ratings", "one person", "too few answers", "nothing"],
)
def test_who_cannot_be_compared_is_not_tested(people: Floats) -> None:
    found = alternative_annotator(people, np.ones(len(people)))
    assert found == AlternativeAnnotator((), None, None)
    assert found.passed is None


def test_a_model_of_other_answers_is_told() -> None:
    with pytest.raises(BadInput, match="give one each"):
        alternative_annotator(np.ones((3, 2)), [1, 2])


def test_the_false_discovery_rate_is_that_of_the_worked_example() -> None:
    # m = 4, harmonic sum 25/12: the thresholds are 0.006, 0.012, 0.018 and 0.024.
    assert benjamini_yekutieli([0.001, 0.017, 0.2, 0.013]) == [True, True, False, True]
    assert benjamini_yekutieli([0.007, 0.019, 0.2, 0.025]) == [False] * 4
    assert benjamini_yekutieli([]) == []
    assert benjamini_yekutieli([math.nextafter(0.05, 0)]) == [True]
