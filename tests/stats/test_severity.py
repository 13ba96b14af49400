"""Severity in points: fair to raters who saw other answers, silent where nothing connects them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.stats.arrays import Floats
from grader.stats.severity import adjusted_scores, connected_subsets, rater_effects

NAN = np.nan


def _effects(ratings: Floats) -> list[float | None]:
    return [effect.value for effect in rater_effects(ratings)]


def test_effects_are_mean_differences_where_nothing_is_missing() -> None:
    ratings = np.array([[3.0, 4.0, 2.0], [5.0, 6.0, 4.0], [1.0, 3.0, 2.0]])
    means = ratings.mean(axis=0)
    assert _effects(ratings) == pytest.approx(list(means - means.mean()))


def test_a_rater_who_only_saw_weak_answers_is_not_called_severe() -> None:
    worth = np.array([10.0, 9.0, 8.0, 3.0, 2.0, 1.0])
    ratings = np.column_stack([worth, worth + 1.0])
    ratings[:2, 1] = NAN
    ratings[4:, 0] = NAN
    assert np.nanmean(ratings[:, 1]) < np.nanmean(ratings[:, 0])
    assert _effects(ratings) == pytest.approx([-0.5, 0.5])
    assert adjusted_scores(ratings) == pytest.approx(tuple(worth + 0.5))


def test_raters_are_compared_through_others() -> None:
    ratings = np.array([[1.0, 2.0, NAN], [4.0, 5.0, NAN], [NAN, 3.0, 6.0], [NAN, 1.0, 4.0]])
    assert connected_subsets(ratings) == ((0, 1, 2),)
    found = _effects(ratings)
    assert found == pytest.approx([-5 / 3, -2 / 3, 7 / 3])


def test_raters_who_share_no_answer_are_not_compared_but_named() -> None:
    ratings = np.array([[1.0, 2.0, NAN, NAN], [2.0, 2.0, NAN, NAN], [NAN, NAN, 3.0, 1.0]])
    assert connected_subsets(ratings) == ((0, 1), (2, 3))
    assert _effects(ratings) == [None] * 4
    assert adjusted_scores(ratings) == (None, None, None)
    assert _effects(ratings[:, [0, 1]]) == pytest.approx([-0.25, 0.25])


def test_one_rater_alone_has_no_severity() -> None:
    assert _effects(np.array([[1.0], [2.0]])) == [None]
    assert connected_subsets(np.array([[1.0, NAN], [2.0, NAN]])) == ((0,), (1,))


def test_an_answer_without_ratings_has_no_adjusted_score() -> None:
    assert adjusted_scores([[1.0, 2.0], [NAN, NAN], [3.0, 4.0]])[1] is None


@given(st.integers(0, 10_000))
def test_effects_solve_least_squares_with_answers_as_unknowns(seed: int) -> None:
    random = np.random.default_rng(seed)
    answers, raters = 12, 4
    ratings = random.normal(size=(answers, raters))
    ratings[random.random(ratings.shape) < 0.4] = np.nan
    if len(connected_subsets(ratings)) > 1:
        assert _effects(ratings) == [None] * raters
        return
    rows, columns = np.nonzero(np.isfinite(ratings))
    design = np.hstack([np.eye(answers)[rows], np.eye(raters)[columns]])
    solved = np.linalg.lstsq(design, ratings[rows, columns], rcond=None)[0][answers:]
    assert _effects(ratings) == pytest.approx(list(solved - solved.mean()), abs=1e-9)
