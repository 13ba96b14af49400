"""Scores against scores: the figures of textbooks, and limits that stay honest."""

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats import difference, intraclass, prmse, scores
from grader.stats.arrays import Floats
from tests.stats.examples import data


def test_the_intervals_of_shrout_and_fleiss_are_those_of_other_programs() -> None:
    found = intraclass.intraclass(data("shrout-fleiss-1979")["ratings"])
    one, mean = found.single, found.mean
    limits = [
        (i.low, i.high)
        for forms in (one, mean)
        for i in (forms.one_way, forms.two_way_random, forms.two_way_fixed)
    ]
    # pingouin 0.6.1, which prints two digits.
    published = [
        (-0.13, 0.72),
        (0.02, 0.76),
        (0.34, 0.95),
        (-0.88, 0.91),
        (0.07, 0.93),
        (0.68, 0.99),
    ]
    for ends, expected in zip(limits, published, strict=True):
        assert ends == pytest.approx(expected, abs=0.0051)


def test_raters_without_any_error_have_no_interval_for_consistency() -> None:
    found = intraclass.intraclass([[1, 2], [2, 3], [5, 6]])
    assert found.single.two_way_fixed.value == pytest.approx(1.0)
    assert found.single.two_way_fixed.low is None
    assert (found.single.two_way_random.value or 1.0) < 1.0


def test_answers_that_lack_a_rating_are_left_out_of_the_intraclass_correlation() -> None:
    ratings = np.array(data("shrout-fleiss-1979")["ratings"], dtype=float)
    more = np.vstack([ratings, [[np.nan, 2, 2, 2]]])
    assert intraclass.intraclass(more) == intraclass.intraclass(ratings)
    assert intraclass.icc(more, "2,1").value == pytest.approx(0.2898, abs=5e-4)


def test_bland_altman_limits_have_wider_intervals_than_the_bias() -> None:
    meters = data("bland-altman-1986-pefr")
    found = difference.bland_altman(meters["method2"], meters["method1"])
    assert (found.low.value, found.high.value) == pytest.approx((-78.10, 73.86), abs=0.01)
    # Bland and Altman 1986, p. 309: the bias from -22.0 to 17.8.
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.11)
    spread = [(i.high or 0.0) - (i.low or 0.0) for i in (found.bias, found.low, found.high)]
    assert spread[1] == pytest.approx(spread[2])
    assert spread[1] > 1.5 * spread[0]


def test_a_judge_that_squeezes_the_scale_has_a_slope_below_zero() -> None:
    human: Floats = np.arange(0.0, 101.0, 5.0)
    found = difference.bland_altman(human, 50 + 0.5 * (human - 50))
    assert found.slope.value == pytest.approx(-0.5 / 0.75)
    assert found.bias.value == pytest.approx(0.0)


def test_too_few_answers_have_no_limits_of_agreement() -> None:
    assert difference.bland_altman([1, None], [1, 2]).bias.value is None
    two = difference.bland_altman([1, 2], [1, 3])
    assert two.bias.value == 0.5
    assert two.slope.value is None
    assert difference.regression_slope([], []).value is None


def test_spearman_uses_mid_ranks() -> None:
    first, second = [1, 2, 2, 3, 5], [2, 1, 3, 3, 9]
    ranks = scores.score_pairs([1, 2.5, 2.5, 4, 5], [2, 1, 3.5, 3.5, 5])
    assert scores.spearman(first, second).value == pytest.approx(scores.pearson(ranks).value)
    perfect = scores.spearman([1, 2, 3, 4, 5], [1, 4, 9, 16, 25])
    assert perfect.value == pytest.approx(1.0)
    assert perfect.low is None


def test_spearmans_limits_are_those_of_bonett_and_wright() -> None:
    random = np.random.default_rng(3)
    first = random.normal(size=60)
    found = scores.spearman(first, first + random.normal(size=60))
    assert found.value is not None
    reach = 1.959964 * np.sqrt((1 + found.value**2 / 2) / 57)
    ends = np.tanh([np.arctanh(found.value) - reach, np.arctanh(found.value) + reach])
    assert (found.low, found.high) == pytest.approx(tuple(ends))


def test_prmse_takes_any_number_of_humans_an_answer() -> None:
    random = np.random.default_rng(0)
    true: Floats = random.normal(3.0, 1.0, 4000)
    humans = true[:, None] + random.normal(0.0, 0.7, (4000, 3))
    humans[random.random(humans.shape) < 0.3] = np.nan
    machine = true + random.normal(0.0, 0.5, 4000)
    found = prmse.true_score(machine, humans)
    assert found.error_variance == pytest.approx(0.49, abs=0.03)
    assert found.true_variance == pytest.approx(1.0, abs=0.06)
    assert found.prmse == pytest.approx(0.75, abs=0.03)
    assert prmse.prmse(machine, humans).value == found.prmse


def test_prmse_needs_answers_that_two_humans_scored() -> None:
    found = prmse.true_score([1, 2, 3], [[1, None], [None, 3], [2, None]])
    assert found.prmse is found.error_variance is None
    with pytest.raises(BadInput, match="2 machine scores for 1 answers"):
        prmse.true_score([1, 2], [[1, 2]])


def test_a_group_like_the_rest_has_no_difference_of_standardised_means() -> None:
    human, machine = [1, 2, 3, 4, 1, 2, 3, 4], [2, 3, 4, 5, 2, 3, 4, 5]
    inside = [True] * 4 + [False] * 4
    same = scores.difference_of_standardised_means(human, machine, inside)
    assert same.value == pytest.approx(0.0)
    empty = scores.difference_of_standardised_means(human, machine, [False] * 8)
    assert empty.value is None


def test_correlation_without_human_noise_needs_humans_who_correlate() -> None:
    assert scores.disattenuated(0.6, 0.81) == pytest.approx(2 / 3)
    assert scores.disattenuated(0.6, 0.0) is None
    assert scores.disattenuated(None, 0.8) is None


def test_the_standard_deviation_leaves_missing_scores_out() -> None:
    assert scores.standard_deviation([1, None, 3]) == pytest.approx(np.sqrt(2))
    assert scores.standard_deviation([1, None]) is None
