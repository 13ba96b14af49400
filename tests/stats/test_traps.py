"""The known traps of agreement statistics: each has cost somebody a wrong conclusion."""

import math

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats import intraclass, many_raters, prmse, scores, two_raters
from grader.stats.arrays import clusters_of
from grader.stats.bootstrap import intervals
from tests.stats.examples import data, pairs_of_table

SCALE = (0, 1, 2)


def test_a_level_that_nobody_used_still_counts_in_weighted_kappa() -> None:
    first, second = [8, 4, 6, 3], [9, 4, 5, 12]
    full = two_raters.kappa(two_raters.pairs(first, second, range(3, 13)), "quadratic").value
    assert full == pytest.approx(-0.0921, abs=5e-5)
    assert full != pytest.approx(-0.0556, abs=5e-3)


def test_a_scale_of_unequal_steps_is_weighed_by_its_values() -> None:
    first, second = [0, 1, 4, 4, 0, 1], [1, 1, 4, 0, 0, 4]
    weighted = two_raters.kappa(two_raters.pairs(first, second, (0, 1, 4)), "quadratic").value
    moments = scores.continuous_quadratic_kappa(scores.score_pairs(first, second)).value
    assert weighted == pytest.approx(moments)


def test_the_same_agreement_gives_a_low_kappa_where_one_level_dominates() -> None:
    balanced = pairs_of_table([[40, 9], [6, 45]])
    skewed = pairs_of_table([[80, 10], [5, 5]])
    same = {two_raters.exact_agreement(p).value for p in (balanced, skewed)}
    assert same == {0.85}
    kappas = [two_raters.kappa(p).value or 0.0 for p in (balanced, skewed)]
    assert kappas == pytest.approx([0.70, 0.32], abs=0.005)


def test_two_constant_raters_agree_wholly_but_kappa_and_alpha_are_not_estimable() -> None:
    ratings = np.ones((3, 2))
    found = two_raters.kappa(two_raters.pairs(ratings[:, 0], ratings[:, 1], SCALE))
    pairs = two_raters.pairs(ratings[:, 0], ratings[:, 1], SCALE)
    score_pairs = scores.score_pairs(ratings[:, 0], ratings[:, 1])
    assert two_raters.exact_agreement(pairs).value == 1.0
    assert found.value is None
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        assert many_raters.krippendorff_alpha(ratings, metric, SCALE).value is None
    assert many_raters.interval_alpha(ratings).value is None
    assert many_raters.gwet_ac(many_raters.panel(ratings, SCALE)).value == 1.0
    assert scores.pearson(score_pairs).value is None
    assert scores.continuous_quadratic_kappa(score_pairs).value is None
    assert scores.standardised_difference(score_pairs).value is None
    assert intraclass.icc(ratings).value is None
    assert prmse.prmse(ratings[:, 0], ratings).value is None


@pytest.mark.parametrize("constant", [0.1, 0.7, 1 / 3, 33.3])
def test_rounding_does_not_make_a_constant_rater_vary(constant: float) -> None:
    pairs = scores.score_pairs([constant] * 7, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0])
    assert scores.pearson(pairs).value is None
    assert scores.standardised_difference(pairs).value is None
    assert many_raters.interval_alpha(np.full((7, 3), constant)).value is None


def test_kappa_is_zero_where_only_one_rater_is_constant() -> None:
    assert two_raters.kappa(two_raters.pairs([1, 1, 1], [1, 2, 1], SCALE)).value == 0.0


@pytest.mark.parametrize("shared", [0, 1])
def test_fewer_than_two_shared_answers_are_not_enough(shared: int) -> None:
    first = np.array([1.0] * shared + [0.0, math.nan, 2.0, math.nan])
    second = np.array([2.0] * shared + [math.nan, 0.0, math.nan, 1.0])
    ratings = np.column_stack([first, second])
    pairs, moments = two_raters.pairs(first, second, SCALE), scores.score_pairs(first, second)
    assert two_raters.exact_agreement(pairs).value is None
    assert two_raters.kappa(pairs).value is None
    assert scores.mean_difference(moments).value is None
    assert scores.pearson(moments).value is None
    assert many_raters.krippendorff_alpha(ratings).value is None
    assert many_raters.gwet_ac(many_raters.panel(ratings, SCALE)).value is None
    assert intraclass.icc(ratings, "1,k").value is None


def test_ratings_that_are_all_missing_are_not_estimable() -> None:
    nothing = np.full((4, 3), np.nan)
    assert many_raters.krippendorff_alpha(nothing).value is None
    assert many_raters.interval_alpha(nothing).value is None
    assert many_raters.gwet_ac(many_raters.panel(nothing, SCALE)).value is None


def test_gwets_ordinal_weights_are_not_krippendorffs_ordinal_metric() -> None:
    ratings = np.array(data("krippendorff-c-4coders")["ratings"], dtype=float).T
    ordinal = many_raters.krippendorff_alpha(ratings, "ordinal").value
    assert ordinal == pytest.approx(0.8154, abs=5e-5)
    assert ordinal != pytest.approx(0.8336, abs=5e-3)
    weights = two_raters.agreement_weights((1, 2, 3, 4, 5), "ordinal")
    assert weights[0] == pytest.approx([1.0, 0.9, 0.7, 0.4, 0.0])


def test_answers_of_one_candidate_do_not_count_as_independent() -> None:
    random = np.random.default_rng(4)
    candidate = np.repeat(np.arange(25), 8)
    # Whom the second rater favours is a matter of the candidate: 25 facts, not 200.
    first = random.integers(0, 3, 200).astype(float)
    second = np.clip(first + random.integers(0, 2, 25)[candidate], 0, 2)
    widths = []
    for clusters in (clusters_of(candidate.tolist()), None):
        shift = scores.mean_difference(scores.score_pairs(first, second, clusters))
        found = intervals({"shift": shift})["shift"]
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
    assert widths[0] > 1.8 * widths[1]


def test_a_rating_off_the_scale_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"rating 3 is not on the scale \(0, 1, 2\)"):
        two_raters.pairs([0, 1, 3], [0, 1, 2], SCALE)
    with pytest.raises(BadInput, match="rating 9"):
        many_raters.panel([[0, 9]], SCALE)
    with pytest.raises(BadInput, match="ascending"):
        two_raters.pairs([0, 1], [0, 1], (1, 0))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match="one length"):
        scores.score_pairs([1, 2, 3], [1, 2])
    with pytest.raises(BadInput, match="answers x raters"):
        many_raters.krippendorff_alpha([1, 2, 3])
    with pytest.raises(BadInput, match="2 cluster ids for 3 answers"):
        scores.score_pairs([1, 2, 3], [1, 2, 3], clusters_of(["ana", "bo"]))
