"""Scores against scores: the figures of textbooks, and limits that stay honest."""

from typing import get_args

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats import intraclass, prmse, scores
from grader.stats.arrays import Floats
from tests.stats.examples import data


def test_raters_who_differ_in_severity_alone_agree_but_for_that() -> None:
    ratings = [[1, 2], [2, 3], [5, 6]]
    assert intraclass.icc(ratings, "3,1").value == pytest.approx(1.0)
    assert (intraclass.icc(ratings, "2,1").value or 1.0) < 1.0


def test_answers_that_lack_a_rating_are_left_out_of_the_intraclass_correlation() -> None:
    ratings = np.array(data("shrout-fleiss-1979")["ratings"], dtype=float)
    more = np.vstack([ratings, [[np.nan, 2, 2, 2]]])
    for form in get_args(intraclass.Form):
        whole = intraclass.icc(ratings, form).value
        assert intraclass.icc(more, form).value == pytest.approx(whole)
    assert intraclass.icc(more, "2,1").value == pytest.approx(0.2898, abs=5e-4)


def test_prmse_takes_any_number_of_humans_an_answer() -> None:
    random = np.random.default_rng(0)
    true: Floats = random.normal(3.0, 1.0, 4000)
    humans = true[:, None] + random.normal(0.0, 0.7, (4000, 3))
    humans[random.random(humans.shape) < 0.3] = np.nan
    machine = true + random.normal(0.0, 0.5, 4000)
    assert prmse.prmse(machine, humans).value == pytest.approx(0.75, abs=0.03)


def test_prmse_needs_answers_that_two_humans_scored() -> None:
    assert prmse.prmse([1, 2, 3], [[1, None], [None, 3], [2, None]]).value is None
    with pytest.raises(BadInput, match="2 machine scores for 1 answers"):
        prmse.prmse([1, 2], [[1, 2]])


def test_a_group_like_the_rest_has_no_difference_of_standardised_means() -> None:
    human, machine = [1, 2, 3, 4, 1, 2, 3, 4], [2, 3, 4, 5, 2, 3, 4, 5]
    inside = [True] * 4 + [False] * 4
    same = scores.difference_of_standardised_means(human, machine, inside)
    assert same.value == pytest.approx(0.0)
    empty = scores.difference_of_standardised_means(human, machine, [False] * 8)
    assert empty.value is None
