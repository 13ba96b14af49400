"""Intervals come from whole candidates, repeat with the seed and never claim certainty."""

import numpy as np
import pytest

from grader.stats import many_raters, scores, severity, two_raters
from grader.stats.arrays import Clusters, Floats, clusters_of
from grader.stats.bootstrap import draws, intervals, limits, replicates
from grader.stats.statistic import Interval

SCALE = (0, 1, 2)


def _ratings(answers: int = 60, seed: int = 1) -> Floats:
    random = np.random.default_rng(seed)
    worth = random.normal(size=answers)
    noisy = worth[:, None] + 0.5 * random.normal(size=(answers, 3))
    return np.digitize(noisy, [-0.5, 0.5]).astype(np.float64)


def _ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def test_draws_take_as_many_clusters_as_there_are_in_every_sample() -> None:
    blocks = list(draws(7, 500, seed=3))
    weights = np.concatenate(blocks)
    assert weights.shape == (500, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_the_same_seed_gives_the_same_limits_and_another_seed_others() -> None:
    ratings = _ratings()
    pairs = two_raters.pairs(ratings[:, 0], ratings[:, 1], SCALE)
    kappa = {"kappa": two_raters.kappa(pairs)}
    assert intervals(kappa, 500, seed=1) == intervals(kappa, 500, seed=1)
    assert intervals(kappa, 500, seed=1) != intervals(kappa, 500, seed=2)


def test_limits_do_not_depend_on_what_else_is_computed() -> None:
    ratings = _ratings()
    one = two_raters.kappa(two_raters.pairs(ratings[:, 0], ratings[:, 1], SCALE))
    other = two_raters.kappa(two_raters.pairs(ratings[:, 0], ratings[:, 2], SCALE))
    alone, together = intervals({"a": one}, 400), intervals({"b": other, "a": one}, 400)
    assert alone["a"] == together["a"]
    assert list(together) == ["b", "a"]


def test_resampling_by_weights_is_resampling_of_the_answers_themselves() -> None:
    ratings = _ratings(30)
    clusters = Clusters(np.arange(30) // 3, 10)
    first, second = ratings[:, 0], ratings[:, 1]
    found = replicates([two_raters.kappa(two_raters.pairs(first, second, SCALE, clusters))], 20, 5)
    for value, drawn in zip(found[0], np.concatenate(list(draws(10, 20, 5))), strict=True):
        rows = np.repeat(np.arange(30), drawn[clusters.codes].astype(int))
        by_hand = two_raters.kappa(two_raters.pairs(first[rows], second[rows], SCALE)).value
        assert value == pytest.approx(by_hand)


def test_rater_effects_by_weights_are_those_of_the_resampled_ratings() -> None:
    ratings = _ratings(20)
    ratings[::3, 0] = np.nan
    ratings[1::4, 2] = np.nan
    found = replicates(severity.rater_effects(ratings), 10, 2)
    for i, drawn in enumerate(np.concatenate(list(draws(20, 10, 2)))):
        rows = np.repeat(np.arange(20), drawn.astype(int))
        by_hand = [e.value for e in severity.rater_effects(ratings[rows])]
        assert [effect[i] for effect in found] == pytest.approx(by_hand)


def test_a_difference_is_paired() -> None:
    ratings = _ratings()
    machine = np.clip(ratings[:, 0] + 1, 0, 2)
    a = scores.mean_difference(scores.score_pairs(ratings[:, 0], machine))
    b = scores.mean_difference(scores.score_pairs(ratings[:, 1], machine))
    both = intervals({"a": a, "difference": a - b})
    direct = scores.mean_difference(scores.score_pairs(ratings[:, 0], ratings[:, 1]))
    same = intervals({"difference": direct})["difference"]
    assert _ends(both["difference"]) == pytest.approx(_ends(same))


def test_limits_of_a_mean_are_near_those_of_students_t() -> None:
    apart = np.random.default_rng(2).normal(size=80)
    found = scores.mean_difference(scores.score_pairs(np.zeros(80), apart))
    low, high = _ends(intervals({"mean": found}, 4000)["mean"])
    reach = 1.990 * apart.std(ddof=1) / np.sqrt(80)
    assert (low, high) == pytest.approx((apart.mean() - reach, apart.mean() + reach), abs=0.02)


def test_perfect_agreement_gets_no_limits_rather_than_false_certainty() -> None:
    pairs = two_raters.pairs([0, 1, 2, 0, 1], [0, 1, 2, 0, 1], SCALE)
    found = intervals({"exact": two_raters.exact_agreement(pairs)})
    assert found["exact"] == Interval(1.0, None, None)


def test_what_is_not_estimable_stays_so_beside_what_is() -> None:
    constant = two_raters.pairs([1, 1, 1], [1, 1, 1], SCALE)
    varied = two_raters.pairs([1, 0, 2], [1, 2, 2], SCALE)
    found = intervals({"none": two_raters.kappa(constant), "some": two_raters.kappa(varied)})
    assert found["none"] == Interval(None, None, None)
    assert found["some"].value is not None


def test_one_candidate_gives_a_value_without_limits() -> None:
    clusters = clusters_of(["ana"] * 4)
    pairs = two_raters.pairs([0, 1, 2, 0], [0, 1, 1, 0], SCALE, clusters)
    found = intervals({"kappa": two_raters.kappa(pairs)})["kappa"]
    assert found == Interval(two_raters.kappa(pairs).value, None, None)


def test_a_statistic_that_most_samples_lack_gets_no_limits() -> None:
    first, second = [1] * 29 + [0], [1] * 29 + [0]
    kappa = two_raters.kappa(two_raters.pairs(first, second, SCALE))
    assert intervals({"kappa": kappa})["kappa"] == Interval(1.0, None, None)


def test_statistics_of_different_clusters_may_be_asked_together() -> None:
    ratings = _ratings()
    by_answer = scores.mean_difference(scores.score_pairs(ratings[:, 0], ratings[:, 1]))
    grouped = Clusters(np.arange(60) // 4, 15)
    by_candidate = scores.mean_difference(scores.score_pairs(ratings[:, 0], ratings[:, 1], grouped))
    found = intervals({"answer": by_answer, "candidate": by_candidate})
    assert found["answer"].value == pytest.approx(found["candidate"].value)


def test_a_part_of_the_answers_keeps_the_clusters_of_all() -> None:
    ratings = _ratings()
    some = np.arange(0, 60, 2)
    clusters = Clusters(np.arange(60), 60).take(some)
    part = many_raters.gwet_ac(many_raters.panel(ratings[some], SCALE, clusters))
    assert part.clusters == 60
    alone = many_raters.gwet_ac(many_raters.panel(ratings[some], SCALE))
    assert part.value == pytest.approx(alone.value)


def test_no_limits_from_a_single_cluster() -> None:
    assert limits(1.0, np.array([1.0, 2.0]), clusters=1) == Interval(1.0, None, None)


def test_limits_of_coefficients_and_shares_stay_within_their_range() -> None:
    drawn = np.random.default_rng(0).normal(0.97, 0.05, 1000)
    assert (limits(0.97, drawn, 20, "points").high or 0.0) > 1.0
    for scale in ("coefficient", "share"):
        low, high = _ends(limits(0.97, drawn, 20, scale))
        assert 0.0 < low < 0.97 < high < 1.0


def test_a_statistic_of_free_scale_gets_widened_percentiles() -> None:
    drawn = np.random.default_rng(0).exponential(size=4000)
    low, high = _ends(limits(1.0, drawn, 1000))
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), rel=0.02)
    wider = _ends(limits(1.0, drawn, 10))
    assert wider[0] < low
    assert wider[1] > high


def test_no_statistics_have_no_intervals() -> None:
    assert intervals({}) == {}
