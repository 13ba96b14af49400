"""The many-facet Rasch model reproduces every total, and says where no measure exists."""

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats.arrays import Floats
from grader.stats.rasch import Rasch, rasch, separation, separation_of
from tests.stats.examples import data


def _guilford() -> Floats:
    return np.array(data("guilford-creativity-mfrm")["ratings"], dtype=np.float64)


def _expected(found: Rasch, low: int, shape: tuple[int, ...]) -> Floats:
    """Expected rating of every cell, from the measures alone."""
    raters, answers, items = (
        np.array([np.nan if e.measure is None else e.measure for e in facet.elements])
        for facet in (found.raters, found.answers, found.items)
    )
    logit = answers[None, :, None] - items[None, None, :] - raters[:, None, None]
    levels = np.arange(len(found.thresholds) + 1)
    height = logit[..., None] * levels - np.concatenate([[0.0], np.cumsum(found.thresholds)])
    weights = np.exp(height)
    expected: Floats = low + (weights * levels).sum(axis=-1) / weights.sum(axis=-1)
    assert expected.shape == shape
    return expected


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_expected_totals_are_the_observed_ones_for_every_element(missing: float) -> None:
    ratings = _guilford()
    ratings[np.random.default_rng(0).random(ratings.shape) < missing] = np.nan
    found = rasch(ratings)
    assert found.converged
    left = np.where(np.isnan(ratings), 0.0, ratings - _expected(found, 1, ratings.shape))
    for rest in ((1, 2), (0, 2), (0, 1)):
        assert left.sum(axis=rest) == pytest.approx(0.0, abs=1e-5)


def test_answers_items_and_thresholds_are_centred() -> None:
    found = rasch(_guilford())
    for facet in (found.answers, found.items):
        assert sum(e.measure or 0.0 for e in facet.elements) == pytest.approx(0.0, abs=1e-9)
    assert sum(found.thresholds) == pytest.approx(0.0, abs=1e-9)


def test_an_answer_with_only_the_highest_rating_has_no_finite_measure() -> None:
    ratings = np.concatenate([_guilford(), np.full((3, 1, 5), 9.0)], axis=1)
    found, without = rasch(ratings), rasch(_guilford())
    assert found.answers.elements[-1].measure is None
    measures = [e.measure for e in found.raters.elements]
    assert measures == pytest.approx([e.measure for e in without.raters.elements], abs=1e-6)


def test_a_rater_without_ratings_has_no_measure() -> None:
    ratings = np.concatenate([_guilford(), np.full((1, 7, 5), np.nan)])
    found = rasch(ratings)
    assert found.raters.elements[-1].se is None
    assert found.raters.df == 2


@pytest.mark.parametrize("fill", [1.0, np.nan])
def test_ratings_without_variation_have_no_measures_at_all(fill: float) -> None:
    found = rasch(np.full((2, 3, 2), fill))
    assert not found.converged
    assert found.raters.chi_square is None
    assert all(e.measure is None for e in found.raters.elements)


def test_a_level_that_nobody_used_is_closed_up() -> None:
    ratings = _guilford()
    apart = np.where(ratings > 4, ratings + 1, ratings)
    assert rasch(apart).log_likelihood == pytest.approx(rasch(ratings).log_likelihood)


def test_separation_of_measures() -> None:
    found = separation([-1.0, 0.0, 1.0], [0.5, 0.5, 0.5])
    assert found is not None
    assert found == separation_of(np.sqrt((2 / 3 - 0.25) / 0.25))
    assert found.reliability == pytest.approx((2 / 3 - 0.25) / (2 / 3))
    assert separation([1.0], [0.5]) is None
    assert separation([1.0, 1.0], [0.5, 0.5]) == separation_of(0.0)


def test_another_layout_is_refused() -> None:
    with pytest.raises(BadInput, match="raters x answers x items"):
        rasch(np.zeros((2, 3)))
